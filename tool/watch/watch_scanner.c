/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that hears a scanner, or a keyboard in its place. */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "watch/label.h"
#include "watch/watch_state.h"

#define HEAR_MS 200
#define REOPEN_MS 1000

struct watch_scanner {
	struct watch_run *run;
	pthread_t thread;
	int input; /* -1: a link to the scanner */
	atomic_bool is_stopping;
	atomic_bool is_deaf;
	struct label_lines lines;
};

static void
take_bytes(struct watch_scanner *self, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *line = label_lines_take(&self->lines, bytes[i]);

		if (line != NULL)
			watch_scan(self->run, line);
	}
}

/* A keyboard wedge, or a test: lines on the input. */
static void
hear_input(struct watch_scanner *self)
{
	struct pollfd input = {.fd = self->input, .events = POLLIN};
	char bytes[128];
	ssize_t got = 1;

	while (got > 0 && !atomic_load(&self->is_stopping)) {
		if (poll(&input, 1, HEAR_MS) <= 0)
			continue;
		got = read(self->input, bytes, sizeof(bytes));
		if (got > 0)
			take_bytes(self, bytes, (size_t)got);
	}
}

/* A scanner that was unplugged is waited for. */
static void
hear_link(struct watch_scanner *self, const char *address)
{
	struct link *link = NULL;
	uint8_t bytes[128];

	while (!atomic_load(&self->is_stopping)) {
		size_t len = 0;
		enum status st = ST_OK;

		if (link == NULL)
			st = link_open(&link, address, deadline_in(HEAR_MS));
		if (st == ST_OK)
			st = link_receive(link, bytes, sizeof(bytes), &len,
					  deadline_in(HEAR_MS));
		take_bytes(self, (const char *)bytes, len);
		if (st == ST_OK || st == ST_LINK_TIMEOUT)
			continue;
		link_close(link);
		link = NULL;
		(void)poll(NULL, 0, REOPEN_MS);
	}
	link_close(link);
}

static void *
run_scanner(void *arg)
{
	struct watch_scanner *self = arg;

	if (self->input < 0)
		hear_link(self, self->run->how.scanner);
	else
		hear_input(self);
	atomic_store(&self->is_deaf, true);
	return NULL;
}

struct watch_scanner *
watch_scanner_start(struct watch_run *run, int input)
{
	struct watch_scanner *self = calloc(1, sizeof(*self));
	sigset_t all, before;
	int failed;

	if (self == NULL)
		return NULL;
	self->run = run;
	self->input = input;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&self->thread, NULL, run_scanner, self);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed == 0)
		return self;
	free(self);
	return NULL;
}

bool
watch_scanner_is_deaf(struct watch_scanner *self)
{
	return self == NULL || atomic_load(&self->is_deaf);
}

void
watch_scanner_end(struct watch_scanner *self)
{
	if (self == NULL)
		return;
	atomic_store(&self->is_stopping, true);
	(void)pthread_join(self->thread, NULL);
	free(self);
}
