/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

/* Cadence UART.  Its baud rate is as the boot loader left it. */
#define CR 0x00
#define MR 0x04
#define IER 0x08
#define IDR 0x0c
#define IMR 0x10
#define ISR 0x14
#define RXWM 0x20
#define SR 0x2c
#define FIFO 0x30

#define CR_ENABLE 0x14
#define MR_8N1 0x20
#define RX_FILLED (1u << 0) /* in ISR: RXWM bytes are there */
#define RX_EMPTY (1u << 1)
#define TX_EMPTY (1u << 3) /* in SR and ISR */
#define TX_FULL (1u << 4)
#define TX_ACTIVE (1u << 11)

#define QUEUE_LEN 256

/* Filled by the interrupt, emptied by the program; len is for both. */
struct queue {
	uint8_t buf[QUEUE_LEN];
	unsigned int first;
	volatile unsigned int len;
};

static struct queue queue[UARTS];

static const uint64_t base[UARTS] = {
	[UART_AGENT] = DEVICE(0xff000000),
	[UART_AT] = DEVICE(0xff010000),
};

static void
interrupts_off(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}

static void
interrupts_on(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

/* Interrupts are off: one that is pending ends the sleep all the same, so none
 * is missed between a test and the sleep. */
static void
sleep(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

void
uart_init(void)
{
	for (unsigned int i = 0; i < UARTS; i++) {
		reg_write(base[i] + CR, CR_ENABLE);
		reg_write(base[i] + MR, MR_8N1);
		reg_write(base[i] + RXWM, 1);
		reg_write(base[i] + IDR, UINT32_MAX);
		reg_write(base[i] + IER, RX_FILLED);
	}
	interrupts_on();
}

static void
receive(enum uart uart)
{
	struct queue *q = &queue[uart];

	while ((reg_read(base[uart] + SR) & RX_EMPTY) == 0) {
		if (q->len == QUEUE_LEN) {
			/* The rest waits in the FIFO until uart_take. */
			reg_write(base[uart] + IDR, RX_FILLED);
			return;
		}
		q->buf[(q->first + q->len) % QUEUE_LEN] =
			(uint8_t)reg_read(base[uart] + FIFO);
		q->len++;
	}
}

void
uart_interrupt(enum uart uart)
{
	uint32_t pending = reg_read(base[uart] + ISR) &
			   reg_read(base[uart] + IMR);

	if ((pending & TX_EMPTY) != 0)
		reg_write(base[uart] + IDR, TX_EMPTY);
	receive(uart);
	reg_write(base[uart] + ISR, pending);
}

void
uart_wait(void)
{
	interrupts_off();
	if (queue[UART_AGENT].len == 0 && queue[UART_AT].len == 0)
		sleep();
	interrupts_on();
}

bool
uart_take(enum uart uart, uint8_t *byte)
{
	struct queue *q = &queue[uart];

	if (q->len == 0)
		return false;
	interrupts_off();
	*byte = q->buf[q->first];
	q->first = (q->first + 1) % QUEUE_LEN;
	q->len--;
	reg_write(base[uart] + IER, RX_FILLED);
	interrupts_on();
	return true;
}

/* Sleep until the FIFO is empty, or for one interrupt of another kind. */
static void
wait_sent(enum uart uart)
{
	interrupts_off();
	reg_write(base[uart] + ISR, TX_EMPTY);
	if ((reg_read(base[uart] + SR) & TX_EMPTY) == 0) {
		reg_write(base[uart] + IER, TX_EMPTY);
		sleep();
	}
	interrupts_on();
}

void
uart_send(enum uart uart, struct bytes data)
{
	for (size_t i = 0; i < data.len; i++) {
		while ((reg_read(base[uart] + SR) & TX_FULL) != 0)
			wait_sent(uart);
		reg_write(base[uart] + FIFO, data.ptr[i]);
	}
}

void
uart_flush(enum uart uart)
{
	while ((reg_read(base[uart] + SR) & TX_EMPTY) == 0)
		wait_sent(uart);
	/* The last byte is still being shifted out: too short to sleep. */
	while ((reg_read(base[uart] + SR) & TX_ACTIVE) != 0)
		;
}
