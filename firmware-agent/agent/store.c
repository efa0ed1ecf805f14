/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store.h"

#include "proto/crc.h"

#define MAGIC UINT32_C(0x31534c49) /* "ILS1" */
/* magic, sequence, then length and CRC of each object, then the CRC of all */
#define HEADER_LEN (4 + 4 + 8 * STORED_COUNT + 4)

static void
put32(uint8_t *out, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t
get32(const uint8_t *in)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 4; i++)
		value |= (uint32_t)in[i] << 8 * i;
	return value;
}

/* The sequence of a sector whose header is whole, or 0; the last one there is
 * counts as none, since no other could follow it. */
static enum status
read_header(uint8_t header[HEADER_LEN], uint32_t *sequence,
	    const struct port *port, unsigned int sector)
{
	struct bytes covered = bytes_of(header, HEADER_LEN - 4);
	enum status st =
		port->store_read(port->ctx, sector, 0, header, HEADER_LEN);

	*sequence = 0;
	if (st != ST_OK)
		return st == ST_PORT_POWER ? st : ST_OK;
	if (get32(header) == MAGIC &&
	    get32(header + HEADER_LEN - 4) == crc32_of(covered))
		*sequence = get32(header + 4);
	if (*sequence == UINT32_MAX)
		*sequence = 0;
	return ST_OK;
}

/* The objects of one sector; *is_whole is false if any is damaged. */
static enum status
read_objects(struct store_view *out, bool *is_whole, uint8_t *buf,
	     const uint8_t *header, const struct port *port,
	     unsigned int sector)
{
	size_t used = 0;

	*is_whole = false;
	memset(out->object, 0, sizeof(out->object));
	for (unsigned int i = 0; i < STORED_COUNT; i++) {
		const uint8_t *entry = header + 8 + 8 * i;
		size_t len = get32(entry);
		enum status st;

		if (len > STORE_OBJECTS_MAX - used)
			return ST_OK;
		st = port->store_read(port->ctx, sector, HEADER_LEN + used,
				      buf + used, len);
		if (st != ST_OK)
			return st == ST_PORT_POWER ? st : ST_OK;
		out->object[i] = bytes_of(buf + used, len);
		if (crc32_of(out->object[i]) != get32(entry + 4))
			return ST_OK;
		used += len;
	}
	*is_whole = true;
	return ST_OK;
}

static enum status
load_sector(struct store_view *out, bool *is_whole, uint8_t *buf,
	    const struct port *port, unsigned int sector)
{
	uint8_t header[HEADER_LEN];
	enum status st = read_header(header, &out->sequence, port, sector);

	out->sector = sector;
	*is_whole = false;
	if (st != ST_OK || out->sequence == 0)
		return st;
	return read_objects(out, is_whole, buf, header, port, sector);
}

enum status
store_load(struct store_view *out, uint8_t buf[STORE_OBJECTS_MAX],
	   const struct port *port)
{
	uint8_t header[HEADER_LEN];
	uint32_t sequence[PORT_STORE_SECTORS];
	unsigned int newest, i;

	for (i = 0; i < PORT_STORE_SECTORS; i++) {
		enum status st = read_header(header, &sequence[i], port, i);

		if (st != ST_OK)
			return st;
	}
	newest = sequence[1] > sequence[0] ? 1 : 0;
	for (i = 0; i < PORT_STORE_SECTORS; i++) {
		bool is_whole;
		enum status st =
			load_sector(out, &is_whole, buf, port, newest ^ i);

		if (st != ST_OK || is_whole)
			return st;
	}
	memset(out, 0, sizeof(*out));
	return ST_OK;
}

static enum status
program_objects(uint8_t header[HEADER_LEN],
		const struct bytes object[STORED_COUNT],
		const struct port *port, unsigned int sector)
{
	size_t used = 0;

	for (unsigned int i = 0; i < STORED_COUNT; i++) {
		enum status st;

		put32(header + 8 + 8 * i, (uint32_t)object[i].len);
		put32(header + 12 + 8 * i, crc32_of(object[i]));
		if (object[i].len == 0)
			continue;
		if (object[i].len > STORE_OBJECTS_MAX - used)
			return ST_AGENT_STORE;
		st = port->store_program(port->ctx, sector, HEADER_LEN + used,
					 object[i]);
		if (st != ST_OK)
			return st;
		used += object[i].len;
	}
	return ST_OK;
}

enum status
store_save(const struct store_view *old,
	   const struct bytes object[STORED_COUNT], const struct port *port)
{
	unsigned int sector = old->sequence == 0 ? 0 : old->sector ^ 1;
	uint8_t header[HEADER_LEN];
	enum status st = port->store_erase(port->ctx, sector);

	if (st == ST_OK)
		st = program_objects(header, object, port, sector);
	if (st != ST_OK)
		return st == ST_PORT_POWER ? st : ST_AGENT_STORE;
	put32(header, MAGIC);
	put32(header + 4, old->sequence + 1);
	put32(header + HEADER_LEN - 4,
	      crc32_of(bytes_of(header, HEADER_LEN - 4)));
	st = port->store_program(port->ctx, sector, 0,
				 bytes_of(header, HEADER_LEN));
	return st == ST_OK || st == ST_PORT_POWER ? st : ST_AGENT_STORE;
}
