/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - a byte stream to a unit: four functions, one file a kind.
 *
 * To add a link: write link_NAME.c with a struct link_ops, add a row to
 * link_kinds in link.c, its name to kinds.h and a line to CMakeLists.txt, and
 * pass tests/conform/test_link.c.  Addresses are "kind:rest":
 *
 *   unix:PATH             a socket that the unit listens on
 *   usb:PORT              the agent's interface of what is plugged in there
 *   serial:TTY[@BAUD[+rtscts]]   a serial port; TTY is a path below /dev, or
 *                         PORT#N, the port number N of what is plugged in there
 *   pty:PATH              a terminal that is none, such as an emulator's
 *   fault:SPEC:ADDRESS    another link with cuts, repeats, noise, delays
 *   tape:record=FILE:ADDRESS, tape:replay=FILE   record and replay
 *
 * PORT is a physical USB port, as link/usb_port.h names it.
 */
#ifndef IMEILOCK_TOOL_LINK_LINK_H
#define IMEILOCK_TOOL_LINK_LINK_H

#include "proto/bytes.h"
#include "proto/status.h"

/* A point in time on the monotonic clock, handed down and never extended. */
struct deadline {
	int64_t at_ms;
};

/* What deadlines are counted by: a clock that nobody sets. */
int64_t deadline_now_ms(void);
struct deadline deadline_in(int64_t ms);
/* The earlier of the two: now + ms, and outer. */
struct deadline deadline_within(struct deadline outer, int64_t ms);
int64_t deadline_left_ms(struct deadline deadline); /* 0 when it has passed */

struct link;

/* What can be told of an address without opening it. */
enum link_presence {
	LINK_UNKNOWN, /* only asking the unit tells */
	LINK_ABSENT,
	LINK_PRESENT,
};

struct link_ops {
	const char *kind; /* the address's first word, without colon */
	/* *out has ops set; rest is what follows the colon. */
	MUST_CHECK enum status (*open)(struct link **out, const char *rest,
				       struct deadline deadline);
	/* All of data, or an error. */
	MUST_CHECK enum status (*send)(struct link *link, struct bytes data,
				       struct deadline deadline);
	/* At least one byte, at most size. */
	MUST_CHECK enum status (*receive)(struct link *link, uint8_t *buf,
					  size_t size, size_t *len,
					  struct deadline deadline);
	void (*close)(struct link *link);
	/* As link_look; NULL: LINK_UNKNOWN, always. */
	enum link_presence (*look)(const char *rest, uint64_t *instance);
};

/* What every kind's own struct begins with. */
struct link {
	const struct link_ops *ops;
	uint64_t sent;	   /* bytes, counted by link_send */
	uint64_t received; /* bytes, counted by link_receive */
	uint32_t byte_us;  /* what a byte takes; 0 if the kind cannot tell */
};

/*
 * What SPEC and FILE of the fault and tape kinds mean stands in link/kinds.h.
 *   ST_LINK_ADDRESS     no such kind, or the rest makes no sense
 *   ST_LINK_OPEN        nobody is there
 *   ST_LINK_PERMISSION  this user may not open it
 *   ST_LINK_BUSY        another program has it
 *   ST_LINK_TTY         no serial port is there, but something else
 *   ST_LINK_BAUD        the port cannot do what the address asks for
 *   ST_LINK_FOREIGN, ST_LINK_DESCRIPTORS, ST_LINK_TWO_DEVICES, ST_LINK_CLAIM
 *                       of USB: somebody is there, but no agent to talk to
 */
MUST_CHECK enum status link_open(struct link **out, const char *address,
				 struct deadline deadline);
/* ST_LINK_CLOSED, ST_LINK_STALLED (of USB), ST_LINK_TIMEOUT (some of data may
 * have gone out) */
MUST_CHECK enum status link_send(struct link *link, struct bytes data,
				 struct deadline deadline);
MUST_CHECK enum status link_receive(struct link *link, uint8_t *buf,
				    size_t size, size_t *len,
				    struct deadline deadline);
void link_close(struct link *link); /* NULL is allowed */

/*
 * Is anything there?  Cheap, opens nothing, disturbs nobody.  For LINK_PRESENT
 * *instance changes whenever what was there has been unplugged; else it is 0.
 */
enum link_presence link_look(const char *address, uint64_t *instance);

#endif
