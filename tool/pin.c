/* SPDX-License-Identifier: Apache-2.0 */
/* Questions on the terminal, and the PIN's way to the signer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "tool/cmd.h"

#define PIN_MAX 63

/* Signals that end the process wait until the terminal is as it was; the
 * descriptor tells of them. */
static int
hold_signals(sigset_t *before)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGQUIT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &stops, before);
	return signalfd(-1, &stops, SFD_CLOEXEC);
}

/* Wait until there is something to read. */
static bool
is_stopped(int fd, int stop)
{
	struct pollfd wait[] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};

	while (poll(wait, 2, -1) < 0 && errno == EINTR)
		;
	return wait[1].revents != 0;
}

/* One line without its end, straight from the descriptor: a PIN must not stay
 * in a buffer of stdio. */
static enum status
read_line(int fd, int stop, char *out, size_t size)
{
	size_t len = 0;
	char c;
	ssize_t n;

	for (;;) {
		if (is_stopped(fd, stop)) {
			bytes_wipe(out, size);
			return ST_STATION_STOPPED;
		}
		n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == '\n')
			break;
		if (len + 1 < size)
			out[len] = c;
		len++;
	}
	bytes_wipe(&c, 1);
	if (len == 0 || len >= size) {
		bytes_wipe(out, size);
		return ST_USAGE;
	}
	out[len] = '\0';
	return ST_OK;
}

static enum status
ask_on(int fd, int stop, const char *question, bool is_echoed, char *out,
       size_t size)
{
	struct termios before, quiet;
	enum status st;

	if (tcgetattr(fd, &before) != 0)
		return ST_USAGE;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	/* before the question: what is typed at once must not be seen, either */
	if (!is_echoed && tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
		return ST_USAGE;
	st = dprintf(fd, "%s", question) > 0 ? read_line(fd, stop, out, size)
					     : ST_USAGE;
	if (!is_echoed) {
		(void)tcsetattr(fd, TCSAFLUSH, &before);
		(void)dprintf(fd, "\n");
	}
	return st;
}

enum status
cmd_ask(struct cli *cli, const char *question, bool is_echoed, char *out,
	size_t size)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	int stop;
	sigset_t before;
	enum status st;

	memset(out, 0, size);
	if (fd < 0) {
		cmd_detail(cli, "no terminal to ask on; --pin-fd hands over a "
				"PIN without one, --confirm the words");
		return ST_USAGE;
	}
	stop = hold_signals(&before);
	st = stop < 0 ? ST_STATION_FILE
		      : ask_on(fd, stop, question, is_echoed, out, size);
	if (st == ST_USAGE)
		cmd_detail(cli, "nothing was typed, or too much");
	if (stop >= 0)
		(void)close(stop);
	(void)close(fd);
	/* a signal that came is delivered here */
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return st;
}

/* A pipe that holds the PIN and its end. */
static enum status
pipe_pin(const char *pin, int *fd)
{
	size_t len = strlen(pin);
	int ends[2];
	bool is_sent;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ST_STATION_FILE;
	is_sent = write(ends[1], pin, len) == (ssize_t)len;
	(void)close(ends[1]);
	if (!is_sent) {
		(void)close(ends[0]);
		return ST_STATION_FILE;
	}
	*fd = ends[0];
	return ST_OK;
}

enum status
cmd_pin(struct cli *cli, const struct cmd_token *token, int *fd)
{
	char pin[PIN_MAX + 1];
	enum status st;

	if (token->token == NULL) {
		cmd_detail(cli, "--token is missing");
		return ST_USAGE;
	}
	if (token->pin_fd >= 0) {
		*fd = token->pin_fd;
		if (fcntl(*fd, F_GETFD) >= 0)
			return ST_OK;
		cmd_detail(cli, "descriptor %d is not open", *fd);
		return ST_USAGE;
	}
	st = cmd_ask(cli, "PIN: ", false, pin, sizeof(pin));
	if (st == ST_OK)
		st = pipe_pin(pin, fd);
	bytes_wipe(pin, sizeof(pin));
	return st;
}

enum status
cmd_no_token(struct cli *cli, const struct cmd_token *token)
{
	if (token->token == NULL && token->pin_fd < 0)
		return ST_OK;
	cmd_detail(cli,
		   "the station's signer is a service, which has its token "
		   "and PIN: leave --token and --pin-fd out");
	return ST_USAGE;
}

enum status
cmd_signer(struct hsm **out, struct cli *cli, const char *folder,
	   const struct cmd_token *token)
{
	struct hsm_start how = {.folder = folder, .token = token->token};
	pid_t pid;
	enum status st = cmd_pin(cli, token, &how.pin_fd);

	*out = NULL;
	return st == ST_OK ? hsm_start(out, &pid, &how) : st;
}
