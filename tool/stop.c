/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tool/lang.h"

static atomic_int is_stopping;
/* In a language that a signal's handler does not look up. */
static const char *stop_text;
static void (*stop_restore)(bool is_end);

static void
end_by(int number)
{
	if (stop_restore != NULL)
		stop_restore(true);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void
take_signal(int number)
{
	ssize_t n;

	if (atomic_exchange(&is_stopping, 1) != 0) {
		end_by(number);
		return;
	}
	if (stop_restore != NULL) {
		stop_restore(false);
		return;
	}
	n = write(STDERR_FILENO, stop_text, strlen(stop_text));
	(void)n;
}

static void
catch_one(int number)
{
	struct sigaction action, before;

	/* whoever started us may want us to live on without a terminal */
	if (number == SIGHUP && (sigaction(number, NULL, &before) != 0 ||
				 before.sa_handler == SIG_IGN))
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = take_signal;
	action.sa_flags = SA_RESTART;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(number, &action, NULL);
}

void
stop_catch(void (*restore)(bool is_end))
{
	stop_restore = restore;
	stop_text = lang("\nStopping after the running steps; again to break "
			 "off.\n");
	catch_one(SIGINT);
	catch_one(SIGTERM);
	catch_one(SIGHUP);
}

void
stop_ask(void)
{
	atomic_store(&is_stopping, 1);
}

bool
stop_is_asked(void)
{
	return atomic_load(&is_stopping) != 0;
}
