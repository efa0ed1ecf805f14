/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

/* Cadence SPI controller 0, with a flash of 4 KiB sectors at select line 0. */
#define SPI DEVICE(0xff040000)
#define SPI_CR (SPI + 0x00)
#define SPI_ISR (SPI + 0x04)
#define SPI_ER (SPI + 0x14)
#define SPI_TXD (SPI + 0x1c)
#define SPI_RXD (SPI + 0x20)

#define CR_MASTER (1u << 0)
#define CR_BAUD_16 (3u << 3)
#define CR_SELECT_0 (0xeu << 10) /* a low bit selects */
#define CR_SELECT_NONE (0xfu << 10)
#define CR_MANUAL_SELECT (1u << 14)
#define CR_BASE (CR_MASTER | CR_BAUD_16 | CR_MANUAL_SELECT)
#define ISR_RX_READY (1u << 4)

#define CMD_WRITE_STATUS 0x01
#define CMD_PROGRAM 0x02
#define CMD_READ 0x03
#define CMD_READ_STATUS 0x05
#define CMD_WRITE_ENABLE 0x06
#define CMD_ERASE_4K 0x20
#define STATUS_BUSY 0x01
#define COMMAND_LEN 4 /* with its address */
#define PAGE_LEN 256  /* one program command stays within a page */

static void
select(bool is_selected)
{
	reg_write(SPI_CR,
		  CR_BASE | (is_selected ? CR_SELECT_0 : CR_SELECT_NONE));
}

/* One byte out and one in; false when the controller does not answer. */
static bool
swap_byte(uint8_t out, uint8_t *in)
{
	reg_write(SPI_TXD, out);
	if (!reg_wait(SPI_ISR, ISR_RX_READY))
		return false;
	*in = (uint8_t)reg_read(SPI_RXD);
	return true;
}

/* One selection: command out, then data out, then an answer in. */
static enum status
transfer(struct bytes command, struct bytes data, uint8_t *answer,
	 size_t answer_len)
{
	uint8_t in;
	bool is_good = true;

	reg_write(SPI_ER, 1);
	select(true);
	for (size_t i = 0; i < command.len && is_good; i++)
		is_good = swap_byte(command.ptr[i], &in);
	for (size_t i = 0; i < data.len && is_good; i++)
		is_good = swap_byte(data.ptr[i], &in);
	for (size_t i = 0; i < answer_len && is_good; i++)
		is_good = swap_byte(0, &answer[i]);
	select(false);
	return is_good ? ST_OK : ST_PORT_REFUSED;
}

static enum status
wait_ready(void)
{
	const uint8_t command = CMD_READ_STATUS;
	uint8_t status = STATUS_BUSY;

	for (unsigned int i = 0; i < POLL_MAX; i++) {
		enum status st = transfer(bytes_of(&command, 1),
					  bytes_of(NULL, 0), &status, 1);

		if (st != ST_OK || (status & STATUS_BUSY) == 0)
			return st;
	}
	return ST_PORT_REFUSED;
}

/* A command that changes the flash: write enable before, waiting after. */
static enum status
change(struct bytes command, struct bytes data)
{
	const uint8_t enable = CMD_WRITE_ENABLE;
	enum status st =
		transfer(bytes_of(&enable, 1), bytes_of(NULL, 0), NULL, 0);

	if (st == ST_OK)
		st = transfer(command, data, NULL, 0);
	return st == ST_OK ? wait_ready() : st;
}

static void
put_command(uint8_t command[COMMAND_LEN], uint8_t code, size_t address)
{
	command[0] = code;
	command[1] = (uint8_t)(address >> 16);
	command[2] = (uint8_t)(address >> 8);
	command[3] = (uint8_t)address;
}

static bool
is_inside(unsigned int sector, size_t offset, size_t len)
{
	return sector < PORT_STORE_SECTORS && offset <= NOR_SECTOR_SIZE &&
	       len <= NOR_SECTOR_SIZE - offset;
}

void
nor_init(void)
{
	const uint8_t open[] = {CMD_WRITE_STATUS, 0};

	/* If it fails, so does the first program command, and is seen. */
	(void)change(bytes_of(open, sizeof(open)), bytes_of(NULL, 0));
}

enum status
nor_read(void *ctx, unsigned int sector, size_t offset, void *out, size_t len)
{
	uint8_t command[COMMAND_LEN];

	(void)ctx;
	if (!is_inside(sector, offset, len))
		return ST_PORT_REFUSED;
	put_command(command, CMD_READ, sector * NOR_SECTOR_SIZE + offset);
	return transfer(bytes_of(command, sizeof(command)), bytes_of(NULL, 0),
			out, len);
}

enum status
nor_erase(void *ctx, unsigned int sector)
{
	uint8_t command[COMMAND_LEN];

	(void)ctx;
	if (!is_inside(sector, 0, NOR_SECTOR_SIZE))
		return ST_PORT_REFUSED;
	put_command(command, CMD_ERASE_4K, sector * NOR_SECTOR_SIZE);
	return change(bytes_of(command, sizeof(command)), bytes_of(NULL, 0));
}

enum status
nor_program(void *ctx, unsigned int sector, size_t offset, struct bytes data)
{
	(void)ctx;
	if (!is_inside(sector, offset, data.len))
		return ST_PORT_REFUSED;
	while (data.len > 0) {
		size_t room = PAGE_LEN - offset % PAGE_LEN;
		size_t part = data.len < room ? data.len : room;
		uint8_t command[COMMAND_LEN];
		enum status st;

		put_command(command, CMD_PROGRAM,
			    sector * NOR_SECTOR_SIZE + offset);
		st = change(bytes_of(command, sizeof(command)),
			    bytes_of(data.ptr, part));
		if (st != ST_OK)
			return st;
		offset += part;
		data = bytes_of(data.ptr + part, data.len - part);
	}
	return ST_OK;
}
