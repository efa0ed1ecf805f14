/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include "agent/agent.h"

static struct agent agent;
static struct frame_reader reader;
static uint8_t wire[FRAME_WIRE_MAX];
static struct at_reader at_reader;

int main(void);

static void
send_message(void *ctx, struct bytes message)
{
	size_t len;

	(void)ctx;
	if (frame_encode(wire, sizeof(wire), &len, message) == ST_OK)
		uart_send(UART_AGENT, bytes_of(wire, len));
}

static void
take_agent_byte(uint8_t byte)
{
	struct bytes message, reply;

	/* Noise is dropped here: the host's time-out repeats the request. */
	if (frame_reader_take(&reader, byte, &message) != ST_OK)
		return;
	agent_handle(&agent, message, &reply);
	if (reply.len > 0)
		send_message(NULL, reply);
	if (agent.is_reset_due) {
		uart_flush(UART_AGENT);
		PORT.reset(PORT.ctx);
	}
}

static void
take_at_byte(uint8_t byte)
{
	char answer[AT_ANSWER_MAX];
	struct bytes line;
	size_t len;

	if (!at_reader_take(&at_reader, byte, &line))
		return;
	at_answer(answer, &len, &PORT, 0, line);
	uart_send(UART_AT, bytes_of(answer, len));
}

int
main(void)
{
	uint8_t byte;

	uart_init(); /* first: what comes before it is lost */
	gic_init();
	nor_init();
	random_init();
	heap_init();
	frame_reader_init(&reader);
	if (agent_init(&agent, &PORT, &TRUST) != ST_OK)
		return 1; /* start.S parks the core */
	agent.progress = send_message;
	for (;;) {
		uart_wait();
		while (uart_take(UART_AGENT, &byte))
			take_agent_byte(byte);
		while (uart_take(UART_AT, &byte))
			take_at_byte(byte);
	}
}
