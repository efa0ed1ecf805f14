/* SPDX-License-Identifier: Apache-2.0 */
#include "link/link.h"

#include "link/kinds.h"

static const struct link_ops *const link_kinds[] = {
	&link_unix_ops,
	&link_fault_ops,
	&link_tape_ops,
};

enum status
link_open(struct link **out, const char *address, struct deadline deadline)
{
	*out = NULL;
	for (size_t i = 0; i < sizeof(link_kinds) / sizeof(link_kinds[0]);
	     i++) {
		size_t len = strlen(link_kinds[i]->kind);

		if (strncmp(address, link_kinds[i]->kind, len) == 0 &&
		    address[len] == ':')
			return link_kinds[i]->open(out, address + len + 1,
						   deadline);
	}
	return ST_LINK_ADDRESS;
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
