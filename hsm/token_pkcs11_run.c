/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hsm/log.h"
#include "hsm/token_pkcs11_session.h"

#define RELOADS_MAX 3
#define BACKOFF_FIRST_MS 100 /* four times as long each time */

/* ----------------------------------------------------- what a value means */

enum rv_class {
	RV_STOP,   /* trying again cannot help, or must not be done */
	RV_RENEW,  /* a new session, and find the key again, once */
	RV_RELOAD, /* finalise, load anew, back off */
};

static enum rv_class
rv_class(CK_RV rv)
{
	switch (rv) {
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_OPERATION_ACTIVE:
		return RV_RENEW;
	case CKR_DEVICE_REMOVED:
	case CKR_DEVICE_ERROR:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_GENERAL_ERROR:
	case CKR_FUNCTION_FAILED:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
		return RV_RELOAD;
	default:
		return RV_STOP;
	}
}

/* --------------------------------------------------------------- mending */

/* What one operation went through. */
struct attempt {
	uint64_t round; /* of the token, as last seen */
	CK_RV rv;	/* of what failed last */
	bool is_renewed;
	unsigned int reloads;
	uint64_t given_up; /* of the token, when it began */
};

static void
wait_for_change(struct token *token)
{
	pthread_cond_wait(&token->is_changed, &token->lock);
}

static void
back_off(unsigned int reloads)
{
	unsigned int times = reloads < RELOADS_MAX ? reloads : RELOADS_MAX;
	long ms = BACKOFF_FIRST_MS << (2 * (times - 1));
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&wait, NULL);
}

/* Finalise once nobody is in the module any more, and bring it up again: one
 * thread does, the others wait and have what comes of it. */
static void
mend(struct token *token)
{
	token->is_mending = true;
	while (token->busy > 0)
		wait_for_change(token);
	p11_drop_module(token);
	if (token->reloads > 0) {
		pthread_mutex_unlock(&token->lock);
		back_off(token->reloads);
		pthread_mutex_lock(&token->lock);
	}
	token->up = p11_come_up(&token->session[0]);
	token->up_rv = token->session[0].rv;
	if (token->up != ST_OK)
		p11_drop_module(token);
	token->must_reload = false;
	token->round++;
	token->is_mending = false;
	pthread_cond_broadcast(&token->is_changed);
}

/* Another operation, under way at the same time, tried as often as it may. */
static enum status
give_up_too(struct token *token, struct attempt *attempt)
{
	attempt->rv = token->given_up_rv;
	attempt->reloads = RELOADS_MAX;
	return ST_HSM_TOKEN_FAILED;
}

/* Bring the module up where it is not.  Whoever waited for another's try that
 * failed takes it for its own. */
static enum status
be_up(struct token *token, struct attempt *attempt)
{
	for (;;) {
		bool is_news;

		while (token->is_mending)
			wait_for_change(token);
		if (token->module != NULL && !token->must_reload)
			return ST_OK;
		if (attempt->given_up != token->given_up)
			return give_up_too(token, attempt);
		is_news = attempt->round != token->round;
		if (token->module != NULL || !is_news)
			mend(token);
		attempt->round = token->round;
		attempt->rv = token->up_rv;
		if (token->up != ST_OK)
			return token->up;
	}
}

/* -------------------------------------------------------------- sessions */

/* One that is not in use: an open one first. */
static struct p11_session *
find_free(struct token *token, unsigned int *open)
{
	struct p11_session *found = NULL;

	*open = 0;
	for (unsigned int i = 0; i < P11_SESSIONS_MAX; i++) {
		struct p11_session *session = &token->session[i];

		*open += session->is_open;
		if (!session->is_busy &&
		    (found == NULL || (session->is_open && !found->is_open)))
			found = session;
	}
	return found;
}

/* A token that opens no further session is used with those that it has. */
static enum status
open_another(struct token *token, struct p11_session *session,
	     unsigned int open)
{
	enum status status = p11_open_session(session);

	if (status != ST_HSM_TOKEN_FAILED || open == 0)
		return status;
	signer_log("token: no more than %u sessions", open);
	token->session_limit = open;
	return ST_OK;
}

static enum status
take_session(struct token *token, struct attempt *attempt,
	     struct p11_session **out)
{
	for (;;) {
		struct p11_session *session;
		unsigned int open;
		enum status status = be_up(token, attempt);

		if (status != ST_OK)
			return status;
		session = find_free(token, &open);
		if (session == NULL ||
		    (!session->is_open && open >= token->session_limit)) {
			wait_for_change(token);
			continue;
		}
		if (!session->is_open)
			status = open_another(token, session, open);
		attempt->rv = session->rv;
		if (status != ST_OK)
			return status;
		if (!session->is_open)
			continue;
		session->is_busy = true;
		token->busy++;
		attempt->round = token->round;
		*out = session;
		return ST_OK;
	}
}

/* What one session lost, those that lie idle have lost as well, and those in use
 * that were opened before. */
static void
lose_sessions(struct token *token, const struct p11_session *session)
{
	token->must_log_in |= session->rv == CKR_USER_NOT_LOGGED_IN;
	if (session->epoch != token->epoch)
		return;
	token->epoch++;
	for (unsigned int i = 0; i < P11_SESSIONS_MAX; i++)
		if (!token->session[i].is_busy)
			p11_drop_session(&token->session[i]);
}

static void
give_back(struct token *token, struct p11_session *session, bool is_good)
{
	if (is_good)
		token->reloads = 0;
	else if (rv_class(session->rv) == RV_RENEW)
		lose_sessions(token, session);
	session->is_busy = false;
	token->busy--;
	if (session->epoch != token->epoch)
		p11_drop_session(session);
	pthread_cond_broadcast(&token->is_changed);
}

/* --------------------------------------------------------------- running */

static enum status
run_now(struct token *token, struct attempt *attempt, p11_op op, void *arg)
{
	struct p11_session *session;
	enum status status = take_session(token, attempt, &session);

	if (status != ST_OK)
		return status;
	pthread_mutex_unlock(&token->lock);
	status = op == NULL ? ST_OK : op(session, arg);
	pthread_mutex_lock(&token->lock);
	attempt->rv = session->rv;
	give_back(token, session, status != ST_HSM_TOKEN_FAILED);
	return status;
}

/* The module is to be brought up anew; of those that failed together the first
 * counts for all. */
static bool
may_reload(struct token *token, struct attempt *attempt)
{
	if (!token->must_reload)
		token->reloads++;
	token->must_reload = true;
	if (attempt->reloads++ < RELOADS_MAX && token->reloads <= RELOADS_MAX)
		return true;
	if (attempt->given_up == token->given_up) {
		token->given_up++;
		token->given_up_rv = attempt->rv;
	}
	return false;
}

/* False if there is to be no other try; then the next operation starts from
 * nothing. */
static bool
may_retry(struct token *token, struct attempt *attempt)
{
	switch (rv_class(attempt->rv)) {
	case RV_RENEW:
		if (attempt->is_renewed)
			break;
		attempt->is_renewed = true;
		return true;
	case RV_RELOAD:
		return may_reload(token, attempt);
	case RV_STOP:
	default:
		break;
	}
	token->must_reload = true;
	return false;
}

static void
begin(struct token *token, struct attempt *attempt)
{
	*attempt = (struct attempt){.rv = CKR_OK};
	pthread_mutex_lock(&token->lock);
	attempt->round = token->round;
	attempt->given_up = token->given_up;
	token->running++;
}

static enum status
end(struct token *token, const struct attempt *attempt, enum status status)
{
	token->running--;
	/* who comes later does not wait for what others failed at */
	if (token->running == 0)
		token->reloads = 0;
	pthread_mutex_unlock(&token->lock);
	return status != ST_HSM_TOKEN_FAILED ? status
					     : p11_rv_status(attempt->rv);
}

enum status
p11_run(struct token *token, p11_op op, void *arg)
{
	struct attempt attempt;
	enum status status;

	begin(token, &attempt);
	status = run_now(token, &attempt, op, arg);
	while (status == ST_HSM_TOKEN_FAILED && may_retry(token, &attempt)) {
		signer_log("token: trying again");
		status = run_now(token, &attempt, op, arg);
	}
	return end(token, &attempt, status);
}

enum status
p11_run_once(struct token *token, p11_op op, void *arg)
{
	struct attempt attempt;
	enum status status;

	begin(token, &attempt);
	status = run_now(token, &attempt, op, arg);
	if (status == ST_HSM_TOKEN_FAILED)
		token->must_reload = true;
	return end(token, &attempt, status);
}

/* --------------------------------------------------------------- opening */

static enum status
parse_address(struct token *token, const char *address)
{
	token->uri = p11_kit_uri_new();
	if (token->uri == NULL)
		return ST_STATION_MEMORY;
	if (p11_kit_uri_parse(address, P11_KIT_URI_FOR_ANY, token->uri) !=
		    P11_KIT_URI_OK ||
	    p11_kit_uri_any_unrecognized(token->uri) ||
	    p11_kit_uri_get_module_path(token->uri) == NULL)
		return ST_HSM_ADDRESS;
	/* a PIN in an address would be seen in the list of processes */
	if (p11_kit_uri_get_pin_value(token->uri) != NULL ||
	    p11_kit_uri_get_pin_source(token->uri) != NULL)
		return ST_HSM_ADDRESS;
	return ST_OK;
}

static enum status
open_all(struct token *token, const char *address, const char *serial,
	 const char *pin)
{
	enum status status = parse_address(token, address);

	if (status != ST_OK)
		return status;
	if (serial != NULL)
		snprintf(token->serial, sizeof(token->serial), "%s", serial);
	status = pin_copy(&token->pin, pin);
	if (status != ST_OK)
		return status;
	return p11_run(token, NULL, NULL);
}

enum status
p11_open(struct token **out, const char *address, const char *serial,
	 const char *pin)
{
	struct token *token = calloc(1, sizeof(*token));
	enum status status;

	*out = NULL;
	if (token == NULL)
		return ST_STATION_MEMORY;
	pthread_mutex_init(&token->lock, NULL);
	pthread_cond_init(&token->is_changed, NULL);
	for (unsigned int i = 0; i < P11_SESSIONS_MAX; i++)
		token->session[i].token = token;
	token->pin_state = ST_OK;
	status = open_all(token, address, serial, pin);
	if (status != ST_OK) {
		p11_close(token);
		return status;
	}
	*out = token;
	return ST_OK;
}

void
p11_close(struct token *token)
{
	if (token == NULL)
		return;
	p11_drop_module(token);
	pin_close(token->pin);
	p11_kit_uri_free(token->uri);
	pthread_cond_destroy(&token->is_changed);
	pthread_mutex_destroy(&token->lock);
	free(token);
}
