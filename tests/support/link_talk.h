/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_talk.h - a link to a peer that sends back what it gets, for tests of
 * links.  A first byte of its own makes the peer do something else.
 */
#ifndef IMEILOCK_TESTS_LINK_TALK_H
#define IMEILOCK_TESTS_LINK_TALK_H

#include "link/link.h"
#include "support/pace.h"
#include "support/peer.h"
#include "support/usb_bridge.h"

#define SHORT_MS 50
#define LONG_MS 5000

#define SAY_CLOSE 'C'  /* the peer closes at once */
#define SAY_SILENT 'S' /* it answers nothing */
#define SAY_BULK 'B'   /* it sends BULK bytes */
#define BULK 300000

struct talk {
	struct peer peer;
	struct usb_bridge bridge; /* between both, if the pattern has $U */
	struct link *link;
	char address[3 * FOLDER_PATH_MAX];
	struct pace pace; /* where the pattern has $T or $S */
	bool is_paced;
	char terminal[PACE_PATH_MAX + 1];
};

/* Start the peer and open the link; in pattern $D is the peer's folder, $A
 * its address, $U the address of a USB device that it stands behind, $T a
 * terminal that leads to it, and $S an adapter's serial port that does.  The
 * latter is on a bed that stays (support/serial_bed.h): no $U after it. */
void talk_open(struct talk *talk, const char *pattern);
void talk_close(struct talk *talk);

void send_bytes(struct link *link, const void *data, size_t len);
/* Until len bytes have come. */
void receive_bytes(struct link *link, uint8_t *out, size_t len);
/* What one receive says. */
enum status receive_status(struct link *link, int64_t ms);

#endif
