/* SPDX-License-Identifier: Apache-2.0 */
#include "link/link.h"

#include "link/kinds.h"

static const struct link_ops *const link_kinds[] = {
	&link_unix_ops, &link_fault_ops, &link_tape_ops,
	&link_usb_ops,	&link_pty_ops,	 &link_serial_ops,
};

/* NULL if there is none; *rest is what follows the colon. */
static const struct link_ops *
find_kind(const char *address, const char **rest)
{
	for (size_t i = 0; i < sizeof(link_kinds) / sizeof(link_kinds[0]);
	     i++) {
		size_t len = strlen(link_kinds[i]->kind);

		if (strncmp(address, link_kinds[i]->kind, len) == 0 &&
		    address[len] == ':') {
			*rest = address + len + 1;
			return link_kinds[i];
		}
	}
	return NULL;
}

enum status
link_open(struct link **out, const char *address, struct deadline deadline)
{
	const char *rest;
	const struct link_ops *ops = find_kind(address, &rest);

	*out = NULL;
	return ops == NULL ? ST_LINK_ADDRESS : ops->open(out, rest, deadline);
}

enum link_presence
link_look(const char *address, uint64_t *instance)
{
	const char *rest;
	const struct link_ops *ops = find_kind(address, &rest);

	*instance = 0;
	return ops == NULL || ops->look == NULL ? LINK_UNKNOWN
						: ops->look(rest, instance);
}

enum status
link_send(struct link *link, struct bytes data, struct deadline deadline)
{
	enum status st = link->ops->send(link, data, deadline);

	if (st == ST_OK)
		link->sent += data.len;
	return st;
}

enum status
link_receive(struct link *link, uint8_t *buf, size_t size, size_t *len,
	     struct deadline deadline)
{
	enum status st = link->ops->receive(link, buf, size, len, deadline);

	if (st == ST_OK)
		link->received += *len;
	else
		*len = 0;
	return st;
}

void
link_close(struct link *link)
{
	if (link != NULL)
		link->ops->close(link);
}
