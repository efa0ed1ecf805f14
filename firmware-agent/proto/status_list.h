/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_list.h - the list behind status.h; include that one.
 *
 * X(name, module letters, index, class, what the operator is to do).  Only
 * the tool expands the sentences; firmware carries none of them.
 */
#ifndef IMEILOCK_PROTO_STATUS_LIST_H
#define IMEILOCK_PROTO_STATUS_LIST_H

#define STATUS_LIST_IMEI(X)                                                    \
	X(IMEI_FORMAT, 'I', 'M', 1, RETRY,                                     \
	  "This is not an IMEI of 15 digits. Scan or type it again.")          \
	X(IMEI_CHECK, 'I', 'M', 2, RETRY,                                      \
	  "The check digit does not fit the number. Scan or type it again; "   \
	  "if the label says so, keep the label and call the engineer.")       \
	X(IMEI_SPARE, 'I', 'M', 3, RETRY,                                      \
	  "The number ends in the spare digit 0, as networks show it. Take "   \
	  "the number from the label or the phone.")                           \
	X(IMEI_ZERO, 'I', 'M', 4, RETRY,                                       \
	  "An IMEI of zeros is no IMEI. Scan or type it again.")               \
	X(IMEI_SVN, 'I', 'M', 5, RETRY,                                        \
	  "Software version 99 is reserved. Give one from 00 to 98.")          \
	X(IMEI_CARRIER, 'I', 'M', 6, RETRY,                                    \
	  "This carrier has no such form of the number. Choose another.")      \
	X(IMEI_TWICE, 'I', 'M', 7, STOP,                                       \
	  "The number stands in the list before already. Keep the list and "   \
	  "the labels, and call the engineer.")

#define STATUS_LIST_CODING(X)                                                  \
	X(CBOR_SPACE, 'C', 'B', 1, BUG,                                        \
	  "An object did not fit its buffer. Report this.")                    \
	X(CBOR_FORMAT, 'C', 'B', 2, RETRY,                                     \
	  "Bytes arrived that are not well-formed CBOR. Run again.")           \
	X(CBOR_ORDER, 'C', 'B', 3, RETRY,                                      \
	  "Bytes arrived that are not deterministic CBOR. Run again.")         \
	X(CBOR_DEPTH, 'C', 'B', 4, RETRY,                                      \
	  "Bytes arrived that are nested too deep. Run again.")                \
	X(CBOR_TRAILING, 'C', 'B', 5, RETRY,                                   \
	  "Bytes arrived behind the end of an object. Run again.")             \
	X(CBOR_TYPE, 'C', 'B', 6, RETRY,                                       \
	  "An object arrived with a part missing or of another type. "         \
	  "Run again.")                                                        \
	X(COSE_FORMAT, 'C', 'O', 1, STOP,                                      \
	  "This is not a signed object. Take the file or unit to the "         \
	  "engineer.")                                                         \
	X(COSE_TYPE, 'C', 'O', 2, STOP,                                        \
	  "This signed object is of another kind than the one expected. "      \
	  "Take it to the engineer.")                                          \
	X(CRYPTO_FAILED, 'C', 'R', 1, BUG,                                     \
	  "The cryptographic library failed. Report this.")                    \
	X(CRYPTO_SIGNATURE, 'C', 'R', 2, STOP,                                 \
	  "A signature is not valid. Keep the unit and call the engineer.")    \
	X(CRYPTO_SCALAR, 'C', 'R', 3, BUG,                                     \
	  "A private key is out of range. Report this.")                       \
	X(PEM_FORMAT, 'C', 'R', 4, STOP,                                       \
	  "This file does not hold one P-256 public key as PEM. Give the "     \
	  "right file.")

#define STATUS_LIST_WIRE(X)                                                    \
	X(FRAME_MORE, 'F', 'R', 1, NONE, "A message is still arriving.")       \
	X(FRAME_CRC, 'F', 'R', 2, RETRY,                                       \
	  "The cable garbled a message. Check the plug and run again.")        \
	X(FRAME_SIZE, 'F', 'R', 3, RETRY,                                      \
	  "A message came that was too long, or in pieces. Check the "         \
	  "plug and run again.")                                               \
	X(MSG_SESSION, 'M', 'S', 1, RETRY,                                     \
	  "The unit restarted by itself. Run again.")                          \
	X(MSG_SEQUENCE, 'M', 'S', 2, RETRY,                                    \
	  "A request arrived out of order. Run again.")                        \
	X(MSG_REUSED, 'M', 'S', 3, BUG,                                        \
	  "A request number was used for two requests. Report this.")          \
	X(MSG_UNKNOWN, 'M', 'S', 4, STOP,                                      \
	  "The agent does not know this request; it may be verify-only. "      \
	  "Load the factory build that fits this tool.")                       \
	X(MSG_PROTOCOL, 'M', 'S', 5, STOP,                                     \
	  "The agent speaks another protocol version. Load the build that "    \
	  "fits this tool.")                                                   \
	X(MSG_REPLY, 'M', 'S', 6, RETRY,                                       \
	  "The unit's reply does not belong to the request. Run again.")       \
	X(MSG_FORMAT, 'M', 'S', 7, RETRY,                                      \
	  "A message could not be read. Run again.")                           \
	X(LINK_OPEN, 'L', 'K', 1, RETRY,                                       \
	  "No unit answers at this port. Check plug and power, run again.")    \
	X(LINK_CLOSED, 'L', 'K', 2, RETRY,                                     \
	  "The unit went away in the middle of the work. Plug it in and "      \
	  "run again.")                                                        \
	X(LINK_TIMEOUT, 'L', 'K', 3, RETRY,                                    \
	  "The unit did not answer in time. Run again.")                       \
	X(LINK_ADDRESS, 'L', 'K', 4, STOP,                                     \
	  "The port's address is not one that this tool knows. Mend it in "    \
	  "the station file.")                                                 \
	X(LINK_TAPE, 'L', 'K', 5, STOP,                                        \
	  "The recording does not fit what was sent. Record it anew.")         \
	X(LINK_TWO_DEVICES, 'L', 'K', 6, STOP,                                 \
	  "Two devices are plugged in where only one can be named. Use "       \
	  "another port of this computer, and mend the station file.")         \
	X(LINK_FOREIGN, 'L', 'K', 7, RETRY,                                    \
	  "What is plugged in here does not show imeilock's agent. Plug in a " \
	  "unit with the factory build, and run again.")                       \
	X(LINK_DESCRIPTORS, 'L', 'K', 8, REWORK,                               \
	  "What the unit says of itself on USB cannot be right. Red bin.")     \
	X(LINK_PERMISSION, 'L', 'K', 9, STOP,                                  \
	  "This user may not open the port. Install the udev rules, plug the " \
	  "unit or the adapter in anew, and run again.")                       \
	X(LINK_BUSY, 'L', 'K', 10, STOP,                                       \
	  "Another program has the port. End it, and run again.")              \
	X(LINK_CLAIM, 'L', 'K', 11, RETRY,                                     \
	  "The unit's USB interface could not be taken. Plug the unit in "     \
	  "anew, and run again.")                                              \
	X(LINK_STALLED, 'L', 'K', 12, RETRY,                                   \
	  "The unit's USB interface has stopped. Plug the unit in anew, and "  \
	  "run again.")                                                        \
	X(LINK_TTY, 'L', 'K', 13, STOP,                                        \
	  "What is at this address is no serial port. Mend the address in "    \
	  "the station file.")                                                 \
	X(LINK_BAUD, 'L', 'K', 14, STOP,                                       \
	  "This serial port cannot do the baud rate or flow control of its "   \
	  "address. Mend the address, or take another adapter.")

#define STATUS_LIST_DEVICE(X)                                                  \
	X(OTP_PROGRAM, 'O', 'T', 1, RETRY, "A fuse did not take. Run again.")  \
	X(OTP_READ, 'O', 'T', 2, RETRY,                                        \
	  "The fuses could not be read. Run again.")                           \
	X(OTP_FIELD_LOST, 'O', 'T', 3, REWORK,                                 \
	  "Both copies of a field are spoiled; this chip cannot be "           \
	  "finished. Red bin.")                                                \
	X(OTP_LOCK, 'O', 'T', 4, RETRY, "A lock did not take. Run again.")     \
	X(OTP_INEXACT, 'O', 'T', 5, REWORK,                                    \
	  "The fuses do not hold exactly what was planned. Red bin.")          \
	X(OTP_VOID, 'O', 'T', 6, REWORK,                                       \
	  "The fuses hold no state that this product makes. Red bin.")         \
	X(OTP_CORRECTED, 'O', 'T', 7, REWORK,                                  \
	  "A fuse word needed correction; it may fade. Red bin.")              \
	X(OTP_DONE, 'O', 'T', 8, NONE, "Nothing is left to burn.")             \
	X(AGENT_LOCKED, 'A', 'G', 1, REWORK,                                   \
	  "The unit is locked; nothing can change it. Red bin.")               \
	X(AGENT_STATE, 'A', 'G', 2, RETRY,                                     \
	  "The unit is not in the state that this step needs. Run again.")     \
	X(AGENT_NO_PERMIT, 'A', 'G', 3, RETRY,                                 \
	  "The unit has no ticket since its last start. Run again.")           \
	X(AGENT_MISMATCH, 'A', 'G', 4, STOP,                                   \
	  "The record does not fit the fuses. Keep the unit and call the "     \
	  "engineer.")                                                         \
	X(AGENT_CERTIFICATE, 'A', 'G', 5, STOP,                                \
	  "The unit does not accept this station's certificate: another "      \
	  "root, role, class, model or an old epoch. Call the engineer.")      \
	X(AGENT_CLASS, 'A', 'G', 6, STOP,                                      \
	  "The unit takes nothing of the other class: development "            \
	  "and production do not mix. Call the engineer.")                     \
	X(AGENT_CHIP, 'A', 'G', 7, STOP,                                       \
	  "The ticket is for another chip. Keep the unit and call the "        \
	  "engineer.")                                                         \
	X(AGENT_KEY, 'A', 'G', 8, STOP,                                        \
	  "The ticket is for another device key. Keep the unit and call the "  \
	  "engineer.")                                                         \
	X(AGENT_NONCE, 'A', 'G', 9, RETRY,                                     \
	  "The ticket answers an old question. Run again.")                    \
	X(AGENT_INTERVAL, 'A', 'G', 10, STOP,                                  \
	  "The number is outside this station's certificate. Call the "        \
	  "engineer.")                                                         \
	X(AGENT_PINNED, 'A', 'G', 11, STOP,                                    \
	  "The chip already carries another identity. Keep the unit and "      \
	  "call the engineer.")                                                \
	X(AGENT_NO_RECORD, 'A', 'G', 12, RETRY,                                \
	  "The unit has no record. Run again.")                                \
	X(AGENT_CHIP_ID, 'A', 'G', 13, REWORK,                                 \
	  "The chip id is not plausible. Red bin.")                            \
	X(AGENT_LOCK_FAILED, 'A', 'G', 14, REWORK,                             \
	  "The lock does not hold: a fuse could still be burnt. Red bin.")     \
	X(AGENT_NOT_LOCKED, 'A', 'G', 15, RETRY,                               \
	  "The unit is not locked. Run again at the line; a unit that has "    \
	  "left the line goes back to it.")                                    \
	X(AGENT_STORE, 'A', 'G', 16, RETRY,                                    \
	  "The unit's record store did not take the object. Run again.")       \
	X(AGENT_IDENTITY, 'A', 'G', 17, STOP,                                  \
	  "The ticket's identity does not fit the model's slots. Call the "    \
	  "engineer.")                                                         \
	X(AGENT_NONE_STORED, 'A', 'G', 18, RETRY,                              \
	  "The unit does not hold this object. Run again.")                    \
	X(AGENT_PROGRESS, 'A', 'G', 19, NONE, "Work is going on.")             \
	X(AGENT_STATUS_ONLY, 'A', 'G', 20, NONE,                               \
	  "The port's lock can be shown by its status only.")                  \
	X(AGENT_RANDOM, 'A', 'G', 21, RETRY,                                   \
	  "The unit's random source failed. Run again.")                       \
	X(AGENT_PORT, 'A', 'G', 22, BUG,                                       \
	  "The port declares what this agent cannot serve. Report this.")      \
	X(AGENT_FUSES, 'A', 'G', 23, STOP,                                     \
	  "The unit was asked to burn a further fuse that it cannot burn, "    \
	  "and was not locked. Keep the unit and call the engineer.")          \
	X(PORT_POWER, 'P', 'O', 1, RETRY, "The unit lost power. Run again.")   \
	X(PORT_REFUSED, 'P', 'O', 2, RETRY,                                    \
	  "The hardware refused the access. Run again.")                       \
	X(PORT_FILE, 'P', 'O', 3, STOP,                                        \
	  "The virtual handset cannot use its files. Check the folder.")       \
	X(PORT_USB, 'P', 'O', 4, STOP,                                         \
	  "The virtual handset has no USB port. Load vhci-hcd, start it as "   \
	  "root, and free a port.")                                            \
	X(BOOT_UNDECIDED, 'B', 'O', 1, RETRY,                                  \
	  "The unit's boot check did not finish. Run again.")                  \
	X(BOOT_RECORD_ABSENT, 'B', 'O', 2, RETRY,                              \
	  "The unit has lost its record; it is put back. Run again.")          \
	X(BOOT_DIGEST, 'B', 'O', 3, STOP,                                      \
	  "The record does not fit the digest in the fuses. Call the "         \
	  "engineer.")                                                         \
	X(BOOT_RECORD, 'B', 'O', 4, STOP,                                      \
	  "The record is not valid under the root. Call the engineer.")

#define STATUS_LIST_SIGNER(X)                                                  \
	X(HSM_CONNECT, 'H', 'S', 1, STOP,                                      \
	  "The signer is not running. Arm the station.")                       \
	X(HSM_REQUEST, 'H', 'S', 2, BUG,                                       \
	  "The signer does not accept the request. Report this.")              \
	X(HSM_TOKEN_ABSENT, 'H', 'S', 3, STOP,                                 \
	  "The token is not there. Plug it in and run again; if the signer "   \
	  "has ended, arm the station.")                                       \
	X(HSM_TOKEN_CHANGED, 'H', 'S', 4, STOP,                                \
	  "This is another token, or it was initialised anew. The "            \
	  "engineer finds the way back in the recovery guide.")                \
	X(HSM_PIN, 'H', 'S', 5, STOP,                                          \
	  "The token does not accept the PIN. It was tried once and is not "   \
	  "tried again. The engineer finds the right PIN, removes the file "   \
	  "pin-refused in the signer's folder, and runs again.")               \
	X(HSM_PIN_LOCKED, 'H', 'S', 6, STOP,                                   \
	  "The token has locked its PIN. Call the engineer.")                  \
	X(HSM_KEY_ABSENT, 'H', 'S', 7, STOP,                                   \
	  "The token holds no such key. Make one with 'key request'.")         \
	X(HSM_KEY_TWICE, 'H', 'S', 8, STOP,                                    \
	  "The token holds two keys that match. Call the engineer.")           \
	X(HSM_KEY_UNFIT, 'H', 'S', 9, STOP,                                    \
	  "The key is not a P-256 key that may sign and never leaves its "     \
	  "token. Call the engineer.")                                         \
	X(HSM_TOKEN_FAILED, 'H', 'S', 10, RETRY,                               \
	  "The token failed. Run again; if it stays so, call the engineer.")   \
	X(HSM_SIGNATURE, 'H', 'S', 11, STOP,                                   \
	  "The token made a signature that is not valid. Call the engineer.")  \
	X(HSM_CERTIFICATE, 'H', 'S', 12, STOP,                                 \
	  "The certificate does not fit this key, ledger, class or root. "     \
	  "Install the right one.")                                            \
	X(HSM_INTERVAL, 'H', 'S', 13, STOP,                                    \
	  "The number is outside the certificate's intervals. Call the "       \
	  "engineer.")                                                         \
	X(HSM_IMEI_TAKEN, 'H', 'S', 14, STOP,                                  \
	  "The signer has this number for another chip. Call the engineer.")   \
	X(HSM_CHIP_TAKEN, 'H', 'S', 15, STOP,                                  \
	  "The signer knows this chip with another key or number. Call the "   \
	  "engineer.")                                                         \
	X(HSM_CLASS, 'H', 'S', 16, STOP,                                       \
	  "The signer's key or token is of the other class: "                  \
	  "development and production do not mix. Call the engineer.")         \
	X(HSM_NO_TICKET, 'H', 'S', 17, STOP,                                   \
	  "There is no ticket for this record. Call the engineer.")            \
	X(HSM_READBACK, 'H', 'S', 18, STOP,                                    \
	  "What was read back is not what was ticketed. Keep the unit and "    \
	  "call the engineer.")                                                \
	X(HSM_REGISTER, 'H', 'S', 19, STOP,                                    \
	  "The signer's register cannot be written or is damaged. Call the "   \
	  "engineer.")                                                         \
	X(HSM_REGISTER_OLD, 'H', 'S', 20, STOP,                                \
	  "The signer's register is an old copy. Do not go on; the "           \
	  "engineer finds the way back in the recovery guide.")                \
	X(HSM_LEDGER_OLD, 'H', 'S', 21, STOP,                                  \
	  "The ledger is an old copy. Do not go on; the engineer finds "       \
	  "the way back in the recovery guide.")                               \
	X(HSM_OVERLAP, 'H', 'S', 22, STOP,                                     \
	  "The interval overlaps one that was certified for another ledger. "  \
	  "Choose another.")                                                   \
	X(HSM_TEST_TAC, 'H', 'S', 23, STOP,                                    \
	  "A test TAC is not for production. Choose another.")                 \
	X(HSM_REPLY, 'H', 'S', 24, STOP,                                       \
	  "The signer went away in the middle of the work. Arm the station "   \
	  "again and run again.")                                              \
	X(HSM_ROLE, 'H', 'S', 25, STOP,                                        \
	  "This token's key does not have the role that this needs.")          \
	X(HSM_EXISTS, 'H', 'S', 26, STOP,                                      \
	  "There is a key of this name already. Nothing was made.")            \
	X(HSM_MARK, 'H', 'S', 27, STOP,                                        \
	  "The token's mark cannot be read or moved. Call the engineer.")      \
	X(HSM_SKIPPED, 'H', 'S', 28, STOP,                                     \
	  "The signer was restored from an old copy, and this number may "     \
	  "have gone to another chip. Call the engineer.")                     \
	X(HSM_BUSY, 'H', 'S', 29, STOP,                                        \
	  "Another signer works with this folder or socket. Close it first.")  \
	X(HSM_FOLDER, 'H', 'S', 30, STOP,                                      \
	  "The signer's folder is not there, or others may enter it. Give "    \
	  "it to the signer's user alone (mode 0700).")                        \
	X(HSM_ADDRESS, 'H', 'S', 31, STOP,                                     \
	  "The token's address names no module and token, several tokens, "    \
	  "or a kind that this build does not have. Mend it; it reads like "   \
	  "pkcs11:token=LABEL?module-path=FILE.")                              \
	X(HSM_LINES, 'H', 'S', 32, STOP,                                       \
	  "The signer has as many line keys as it can hold. Use another "      \
	  "folder and token.")                                                 \
	X(HSM_PIN_ABSENT, 'H', 'S', 33, STOP,                                  \
	  "No PIN was given to the signer, or it is too long. Give the right " \
	  "one and run again.")                                                \
	X(HSM_PIN_EXPIRED, 'H', 'S', 34, STOP,                                 \
	  "The token's PIN has expired. The engineer sets a new one with the " \
	  "token's own tool, removes the file pin-refused in the signer's "    \
	  "folder, and runs again.")                                           \
	X(HSM_KEY_LOST, 'H', 'S', 35, STOP,                                    \
	  "The key that the register knows is not in the token: it was "       \
	  "removed, or the token was initialised anew. Call the engineer.")    \
	X(HSM_NOT_HARDWARE, 'H', 'S', 36, STOP,                                \
	  "Production needs a key in hardware, and this token is none. Use "   \
	  "another token.")                                                    \
	X(HSM_MECHANISM, 'H', 'S', 37, STOP,                                   \
	  "The token does not sign with ECDSA, or its policy forbids it. The " \
	  "engineer sets the policy, or takes another token.")                 \
	X(HSM_CERT_OLD, 'H', 'S', 38, STOP,                                    \
	  "The certificate is older than the one that was installed, or than " \
	  "the profile demands. Install the newest.")                          \
	X(HSM_CERT_LEDGER, 'H', 'S', 39, STOP,                                 \
	  "The certificate is for another ledger. Install the one that was "   \
	  "made for this station's request.")                                  \
	X(HSM_CERT_REVOKED, 'H', 'S', 40, STOP,                                \
	  "The root has revoked this certificate. Do not go on; call the "     \
	  "engineer.")                                                         \
	X(HSM_REVOCATION, 'H', 'S', 41, STOP,                                  \
	  "The revocation notice is not valid under the root, or names a "     \
	  "certificate that the root did not give. Check the file.")           \
	X(HSM_MODULE, 'H', 'S', 42, STOP,                                      \
	  "The token's module cannot be loaded. Install it, or mend the "      \
	  "module-path of the address.")

#define STATUS_LIST_LEDGER(X)                                                  \
	X(LEDGER_OPEN, 'L', 'E', 1, STOP,                                      \
	  "The ledger cannot be opened. The engineer finds the way back "      \
	  "in the recovery guide.")                                            \
	X(LEDGER_BUSY, 'L', 'E', 2, RETRY,                                     \
	  "Another process holds the ledger. Run again.")                      \
	X(LEDGER_FAILED, 'L', 'E', 3, STOP,                                    \
	  "The ledger could not be written: disk full, read-only or "          \
	  "damaged. Call the engineer.")                                       \
	X(LEDGER_SCHEMA, 'L', 'E', 4, STOP,                                    \
	  "The ledger is of another schema version. Use the tool that made "   \
	  "it.")                                                               \
	X(LEDGER_ID, 'L', 'E', 5, STOP,                                        \
	  "This is another ledger than the certificate names. Call the "       \
	  "engineer.")                                                         \
	X(LEDGER_MOVE, 'L', 'E', 6, BUG,                                       \
	  "The ledger refused a move of a number. Report this.")               \
	X(LEDGER_EMPTY, 'L', 'E', 7, STOP,                                     \
	  "No number is left for this model. Add a TAC interval.")             \
	X(LEDGER_TAKEN, 'L', 'E', 8, STOP,                                     \
	  "The number is already used. Keep the label and call the "           \
	  "engineer.")                                                         \
	X(LEDGER_CHIP_KEY, 'L', 'E', 9, STOP,                                  \
	  "This chip is known with another key. Keep the unit: the line "      \
	  "stops. Call the engineer.")                                         \
	X(LEDGER_CHIP_FEWER, 'L', 'E', 10, STOP,                               \
	  "This chip was seen with more fuses burnt. Keep the unit: the "      \
	  "line stops. Call the engineer.")                                    \
	X(LEDGER_SCRAPPED, 'L', 'E', 11, REWORK,                               \
	  "This chip was scrapped. Red bin.")                                  \
	X(LEDGER_QUARANTINED, 'L', 'E', 12, STOP,                              \
	  "This unit's number is quarantined. Keep the unit and call the "     \
	  "engineer.")                                                         \
	X(LEDGER_NONE, 'L', 'E', 13, RETRY,                                    \
	  "The ledger does not know this. Check what was typed.")              \
	X(LEDGER_OVERLAP, 'L', 'E', 14, STOP,                                  \
	  "The interval overlaps one that the ledger has. Choose another.")    \
	X(LEDGER_CHAIN, 'L', 'E', 15, STOP,                                    \
	  "The ledger's events do not form an unbroken chain. Call the "       \
	  "engineer.")                                                         \
	X(LEDGER_EXISTS, 'L', 'E', 16, STOP,                                   \
	  "There is a ledger here already. Nothing was made.")                 \
	X(LEDGER_TEST_TAC, 'L', 'E', 17, STOP,                                 \
	  "A test TAC is not for production, nor a live one for "              \
	  "development. Choose another.")                                      \
	X(LEDGER_INTERVAL, 'L', 'E', 18, STOP,                                 \
	  "An interval goes from its first to its last number within one "     \
	  "TAC. Check what was typed.")                                        \
	X(LEDGER_TAC_MODEL, 'L', 'E', 19, STOP,                                \
	  "This TAC serves another model. Choose another.")                    \
	X(LEDGER_KEY_TWICE, 'L', 'E', 20, STOP,                                \
	  "Another chip has this unit's key: one of them is a copy, or the "   \
	  "random source is broken. Keep the unit: the line stops. Call "      \
	  "the engineer.")                                                     \
	X(LEDGER_MODEL, 'L', 'E', 21, STOP,                                    \
	  "This chip is known as another model. Keep the unit and call "       \
	  "the engineer.")                                                     \
	X(LEDGER_SUMS, 'L', 'E', 22, STOP,                                     \
	  "The states of a TAC's numbers do not add up. Keep the ledger and "  \
	  "call the engineer.")                                                \
	X(LEDGER_NOT_QUARANTINED, 'L', 'E', 23, RETRY,                         \
	  "This unit is not quarantined. Nothing was changed; check what "     \
	  "was typed.")                                                        \
	X(LEDGER_SECOND, 'L', 'E', 24, RETRY,                                  \
	  "This needs a reason, and a second person who is not the "           \
	  "operator. Nothing was changed.")                                    \
	X(LEDGER_BACKUP, 'L', 'E', 25, STOP,                                   \
	  "This file is a backup of a ledger: it can be read, and never "      \
	  "worked with. Call the engineer.")                                   \
	X(LEDGER_BOARD_TAKEN, 'L', 'E', 26, RETRY,                             \
	  "Another unit has this board's barcode. Scan it again; if it "       \
	  "stays so, keep the board and call the engineer.")                   \
	X(LEDGER_BOARD_OTHER, 'L', 'E', 27, RETRY,                             \
	  "The ledger knows this unit with another board's barcode. Scan "     \
	  "it again; if it stays so, keep the board and call the engineer.")   \
	X(LEDGER_REPLACED, 'L', 'E', 28, STOP,                                 \
	  "One of these chips stands in another replacement already. "         \
	  "Nothing was changed; call the engineer.")                           \
	X(LEDGER_ROWS, 'L', 'E', 29, STOP,                                     \
	  "The ledger's rows do not say what its events say. Keep the "        \
	  "ledger and call the engineer.")                                     \
	X(LEDGER_LABEL_OUTSIDE, 'L', 'E', 30, STOP,                            \
	  "The number on the label is none of this station's for an armed "    \
	  "model. Nothing was burnt; keep the label and call the engineer.")   \
	X(LEDGER_LABEL_PAIR, 'L', 'E', 31, RETRY,                              \
	  "The numbers on the label are not those of one unit, or its first "  \
	  "one was not scanned. Nothing was burnt; scan the whole label "      \
	  "again.")                                                            \
	X(LEDGER_LABEL_VOID, 'L', 'E', 32, RETRY,                              \
	  "The number on the label was quarantined or scrapped. Nothing was "  \
	  "burnt; destroy the label and take the next one.")                   \
	X(LEDGER_LABEL_OTHER, 'L', 'E', 33, RETRY,                             \
	  "The ledger knows this unit with another number than the label's. "  \
	  "Nothing was burnt; scan the label that belongs to the unit.")

#define STATUS_LIST_STATION(X)                                                 \
	X(PROFILE_FORMAT, 'P', 'F', 1, STOP,                                   \
	  "The profile cannot be read. Mend the line that is named.")          \
	X(PROFILE_NONE, 'P', 'F', 2, STOP,                                     \
	  "No armed profile fits this unit. Call the engineer.")               \
	X(PROFILE_SEVERAL, 'P', 'F', 3, STOP,                                  \
	  "Several armed profiles fit this unit. Disarm all but one.")         \
	X(PROFILE_DEMAND, 'P', 'F', 4, REWORK,                                 \
	  "The unit lacks a property that its profile demands. Red bin.")      \
	X(PROFILE_SLOTS, 'P', 'F', 5, STOP,                                    \
	  "The profile's slots differ from those of the unit's identity. "     \
	  "Call the engineer.")                                                \
	X(PROFILE_LINK, 'P', 'F', 6, STOP,                                     \
	  "The unit is reached by a kind of link, or at a baud rate, that "    \
	  "its profile does not allow. Mend the station file or the profile.") \
	X(PROFILE_TACS, 'P', 'F', 7, STOP,                                     \
	  "The ledger's intervals do not follow the profile's list of TACs. "  \
	  "Mend the profile's tacs, or call the engineer.")                    \
	X(PROFILE_OVERLAP, 'P', 'F', 8, STOP,                                  \
	  "Two profiles claim the same units or the same TAC. Keep one of "    \
	  "them, or mend the other.")                                          \
	X(PROFILE_FUSES, 'P', 'F', 9, STOP,                                    \
	  "The profile burns a further fuse at the lock that this unit "       \
	  "cannot burn. Mend the profile, or call the engineer.")              \
	X(STATION_FOLDER, 'S', 'T', 1, STOP,                                   \
	  "This is no station folder. Give one with --station, or run "        \
	  "'station init'.")                                                   \
	X(STATION_NOT_ARMED, 'S', 'T', 2, STOP,                                \
	  "The station is not armed. Run 'station arm'.")                      \
	X(STATION_ENDED, 'S', 'T', 3, STOP,                                    \
	  "The station's time or count is used up. Arm it again.")             \
	X(STATION_ELSEWHERE, 'S', 'T', 4, STOP,                                \
	  "This unit was begun with another ledger. Take it to where it "      \
	  "began.")                                                            \
	X(STATION_UNKNOWN_UNIT, 'S', 'T', 5, STOP,                             \
	  "This unit is not blank and this ledger does not know it. Keep it "  \
	  "and call the engineer.")                                            \
	X(STATION_REPEATED, 'S', 'T', 6, REWORK,                               \
	  "This unit failed three times for causes of its own. Red bin.")      \
	X(STATION_CLASS, 'S', 'T', 7, STOP,                                    \
	  "Development and production do not mix. Call the engineer.")         \
	X(STATION_IDENTITY, 'S', 'T', 8, STOP,                                 \
	  "The unit's identity is not the one that the ledger holds for it. "  \
	  "Keep the unit and call the engineer.")                              \
	X(STATION_FILE, 'S', 'T', 9, STOP,                                     \
	  "A file cannot be read or written. Check the path and the disk.")    \
	X(STATION_BUSY, 'S', 'T', 10, RETRY,                                   \
	  "Another imeilock works at this station. Wait and run again.")       \
	X(STATION_ARMED, 'S', 'T', 11, STOP,                                   \
	  "The station is armed. Close it first.")                             \
	X(STATION_TIME_BUDGET, 'S', 'T', 12, RETRY,                            \
	  "The unit took longer than its time. Run again.")                    \
	X(STATION_MEMORY, 'S', 'T', 13, STOP,                                  \
	  "The station is out of memory. Call the engineer.")                  \
	X(STATION_STOPPED, 'S', 'T', 14, RETRY,                                \
	  "The run was stopped as asked. Run again.")                          \
	X(STATION_EXISTS, 'S', 'T', 15, STOP,                                  \
	  "There is a file of this name already; it was kept. Choose another " \
	  "name.")                                                             \
	X(STATION_PATH, 'S', 'T', 16, STOP,                                    \
	  "The path of the station's folder is too long. Choose a shorter "    \
	  "one.")                                                              \
	X(STATION_SCAN, 'S', 'T', 17, RETRY,                                   \
	  "This is neither a slot's code nor a label. Scan it again.")         \
	X(STATION_SCAN_SLOT, 'S', 'T', 18, RETRY,                              \
	  "It cannot be told which slot the label is for. Scan the code of "   \
	  "a slot that is free, then the label.")                              \
	X(STATION_LABEL, 'S', 'T', 19, RETRY,                                  \
	  "This label is not that of the unit in the slot. Destroy it, print " \
	  "the unit's own, and scan that one.")                                \
	X(STATION_LABEL_LEFT, 'S', 'T', 20, RETRY,                             \
	  "The unit was taken out before it was begun with its label. Plug "   \
	  "it in again, and scan slot and label again.")                       \
	X(VERIFY_AT, 'V', 'F', 1, REWORK,                                      \
	  "AT+CGSN shows another number than the fuses. Red bin.")             \
	X(VERIFY_TOKEN, 'V', 'F', 2, STOP,                                     \
	  "The unit's statement about itself is not valid. Keep the unit "     \
	  "and call the engineer.")                                            \
	X(VERIFY_RECORD, 'V', 'F', 3, STOP,                                    \
	  "The unit's record is not valid under the root. Keep the unit and "  \
	  "call the engineer.")                                                \
	X(VERIFY_CANARY, 'V', 'F', 4, REWORK,                                  \
	  "A canary fuse could be burnt: the lock is not real. Red bin.")      \
	X(VERIFY_CLASS, 'V', 'F', 5, STOP,                                     \
	  "This is a development unit. It is accepted only with "              \
	  "--accept-development.")                                             \
	X(VERIFY_AT_FORM, 'V', 'F', 6, RETRY,                                  \
	  "AT+CGSN was not answered with one number. Run again.")              \
	X(VERIFY_PROBE, 'V', 'F', 7, REWORK,                                   \
	  "The locked unit took a request that it must refuse. Red bin.")      \
	X(VERIFY_EVIDENCE, 'V', 'F', 8, STOP,                                  \
	  "The unit's evidence does not fit what was read. Keep the unit "     \
	  "and call the engineer.")                                            \
	X(VERIFY_AT_ABSENT, 'V', 'F', 9, STOP,                                 \
	  "No AT port is given for a slot that has an IMEI. Connect it and "   \
	  "give its address.")                                                 \
	X(VERIFY_DEMAND, 'V', 'F', 10, STOP,                                   \
	  "The unit's evidence lacks what production or its profile demands. " \
	  "Keep the unit and call the engineer.")                              \
	X(VERIFY_AT_OTHER, 'V', 'F', 11, STOP,                                 \
	  "The AT port shows the number of another unit: the cables are "      \
	  "crossed. Mend the fixture or the station file, then run again.")    \
	X(VERIFY_RESET, 'V', 'F', 12, RETRY,                                   \
	  "The unit did not restart when asked to. Run again.")                \
	X(VERIFY_TWICE, 'V', 'F', 13, STOP,                                    \
	  "Two units show the same IMEI or the same chip id. Keep both and "   \
	  "call the engineer.")                                                \
	X(VERIFY_NOT_SHOWN, 'V', 'F', 14, STOP,                                \
	  "The record fits the numbers that AT+CGSN shows; that they are "     \
	  "locked was not shown. Verify the unit over its agent.")             \
	X(VERIFY_REVOKED, 'V', 'F', 15, STOP,                                  \
	  "The certificate behind the unit's record is revoked. Keep the "     \
	  "unit and call the engineer.")                                       \
	X(USAGE, 'U', 'S', 1, RETRY,                                           \
	  "The command was not understood. See --help.")                       \
	X(SLOT_TWO, 'S', 'L', 1, RETRY,                                        \
	  "Two devices were plugged in at once. Unplug both, run again, and "  \
	  "plug in one.")                                                      \
	X(SLOT_TAKEN, 'S', 'L', 2, RETRY,                                      \
	  "This port is another slot's already. Run again and plug the unit "  \
	  "into the slot that is asked for, or remove the other slot first.")  \
	X(SLOT_NOTHING, 'S', 'L', 3, RETRY,                                    \
	  "Nothing that fits the profile was plugged in. Check cable, power "  \
	  "and the profile's ids, and run again.")

#define STATUS_LIST(X)                                                         \
	STATUS_LIST_IMEI(X)                                                    \
	STATUS_LIST_CODING(X)                                                  \
	STATUS_LIST_WIRE(X)                                                    \
	STATUS_LIST_DEVICE(X)                                                  \
	STATUS_LIST_SIGNER(X)                                                  \
	STATUS_LIST_LEDGER(X)                                                  \
	STATUS_LIST_STATION(X)

#endif
