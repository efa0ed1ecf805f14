/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_list.h - every key of a profile and what it means; for template.c.
 *
 * X(key, kind, required, range, what a new profile for development has, the
 *   same for production, meaning).  NULL is the model's name.  The tables of
 * profiles/FORMAT.md say the same, and a test holds the two together.
 */
#ifndef IMEILOCK_TOOL_PROFILE_KEY_LIST_H
#define IMEILOCK_TOOL_PROFILE_KEY_LIST_H

#define PROFILE_KEY_LIST(X)                                                    \
	X("model", "text", "yes", "1 to 31 bytes of printable ASCII", NULL,    \
	  NULL,                                                                \
	  "The model as its agent says it. A station takes a unit when "       \
	  "exactly one armed profile has its model, class and layout.")        \
	X("class", "word", "yes", "development, production", "development",    \
	  "production",                                                        \
	  "What units of this profile are for. It must equal that of the "     \
	  "agent, the ledger and the certificate.")                            \
	X("layout", "number", "yes", "1 to 1", "1", "1",                       \
	  "Layout version of the OTP image.")                                  \
	X("slots", "number", "yes", "1 to 4", "1", PROFILE_FILL_IN,            \
	  "Modem slots that get an IMEI, one for each transceiver that "       \
	  "can be active by itself.")                                          \
	X("root", "text", "no", "1 to 255 bytes of printable ASCII",           \
	  "root.pem", "root.pem",                                              \
	  "File with the public key of the root that the firmware was "        \
	  "built with. It must be the station's; a relative path begins "      \
	  "at the profile.")                                                   \
	X("min_epoch", "number", "yes", "0 to 4294967295", "0", "0",           \
	  "A station whose certificate is of an older epoch is not "           \
	  "armed.")                                                            \
	X("time_budget_s", "number", "yes", "5 to 3600", "60", "60",           \
	  "Seconds for one unit, all in all.")                                 \
	X("reset_s", "number", "no", "1 to 600", "10", "10",                   \
	  "Seconds within which a unit on USB, which leaves the bus when "     \
	  "it is reset, is there again; they are part of time_budget_s, "      \
	  "twice. Without it: 10.")                                            \
	X("low_water_units", "number", "no", "0 to 1000000", "1000", "1000",   \
	  "Warn when the ledger has numbers for fewer units of the "           \
	  "model. 0, or without it: never.")                                   \
	X("final_process", "text", "yes", "1 to 31 bytes of printable ASCII",  \
	  "final assembly", PROFILE_FILL_IN,                                   \
	  "What the maker declares to be the final production process. "       \
	  "It stands in each record.")                                         \
	X("tacs", "list", "no", "1 to 32 TACs of 8 digits", "[00101700]",      \
	  "[35000000]",                                                        \
	  "The TACs of the model in the order in which their numbers are "     \
	  "used; test TACs for development, live ones for production. "        \
	  "Without it: any.")                                                  \
	X("links", "list", "no", "unix, pty, usb, serial", "[usb, serial]",    \
	  "[usb, serial]",                                                     \
	  "Kinds of address by which a unit of this model may be "             \
	  "reached. Without it: any.")                                         \
	X("usb", "list", "no", "1 to 16 ids such as 1209:0001",                \
	  "['1209:0001']", "['FILL-IN']",                                      \
	  "Vendor and product ids under which the model's agent shows up "     \
	  "on USB: a slot is learned by them, and udev's rules are made of "   \
	  "them.")                                                             \
	X("serial_baud", "number", "no", "300 to 4000000", "921600", "921600", \
	  "Baud rate of the model's serial lines. An address that says "       \
	  "another is refused. Without it: the address decides.")              \
	X("serial_rtscts", "truth", "no", "true, false", "false", "false",     \
	  "The agent's serial line has flow control by RTS and CTS.")          \
	X("serial_adapters", "list", "no", "1 to 16 ids such as 1209:0001",    \
	  "['0403:6011']", "['0403:6011']",                                    \
	  "Vendor and product ids of the USB adapters that the line's "        \
	  "serial cables have.")                                               \
	X("lock_fuses", "list", "no", "debug_closed, secure_boot",             \
	  "[debug_closed, secure_boot]", "[debug_closed, secure_boot]",        \
	  "Further fuses that the unit burns at the lock, before the lock "    \
	  "itself. What they give is not demanded before, but of the "         \
	  "evidence at the end. Without it: none.")                            \
	X("demand", "group", "yes", "", "", "",                                \
	  "What a unit must declare about itself, or it is refused.")          \
	X("demand.permanent_lock", "truth", "yes", "true, false", "true",      \
	  "true",                                                              \
	  "The lock of the OTP is one that nothing opens again, not even "     \
	  "a reset.")                                                          \
	X("demand.secure_boot", "truth", "yes", "true, false", "false",        \
	  "true", "Secure boot is on.")                                        \
	X("demand.debug_closed", "truth", "yes", "true, false", "false",       \
	  "true",                                                              \
	  "Debug access is closed for ever (RFC 9711 dbgstat 3 or 4).")        \
	X("demand.random_source", "truth", "yes", "true, false", "false",      \
	  "true",                                                              \
	  "The chip has a random source of its own, so its secret is its "     \
	  "own.")                                                              \
	X("demand.secret_hidden", "truth", "yes", "true, false", "false",      \
	  "true",                                                              \
	  "Nothing but the agent can read the secret once it is locked.")

#endif
