/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

/* Arm GIC-400 (GICv2): distributor, then CPU interface. */
#define GICD DEVICE(0xf9010000)
#define GICD_CTLR (GICD + 0x000)
#define GICD_ISENABLER (GICD + 0x100)
#define GICD_IPRIORITYR (GICD + 0x400)
#define GICD_ITARGETSR (GICD + 0x800)
#define GICC DEVICE(0xf9020000)
#define GICC_CTLR (GICC + 0x00)
#define GICC_PMR (GICC + 0x04)
#define GICC_IAR (GICC + 0x0c)
#define GICC_EOIR (GICC + 0x10)

#define ID_MASK 0x3ff
#define PRIORITY 0x80

static void
put_byte(uint64_t base, unsigned int id, uint32_t value)
{
	uint64_t word = base + (id & ~3u);
	unsigned int shift = 8 * (id & 3);
	uint32_t kept = reg_read(word) & ~(UINT32_C(0xff) << shift);

	reg_write(word, kept | value << shift);
}

static void
route(unsigned int id)
{
	put_byte(GICD_IPRIORITYR, id, PRIORITY);
	put_byte(GICD_ITARGETSR, id, 1);
	reg_write(GICD_ISENABLER + 4 * (id / 32), UINT32_C(1) << (id % 32));
}

void
gic_init(void)
{
	route(GIC_UART_0);
	route(GIC_UART_1);
	reg_write(GICC_PMR, 0xff);
	reg_write(GICC_CTLR, 1);
	reg_write(GICD_CTLR, 1);
}

void
gic_interrupt(void)
{
	uint32_t taken = reg_read(GICC_IAR);
	uint32_t id = taken & ID_MASK;

	if (id == GIC_UART_0)
		uart_interrupt(UART_AGENT);
	else if (id == GIC_UART_1)
		uart_interrupt(UART_AT);
	else
		return; /* spurious: it wants no end */
	reg_write(GICC_EOIR, taken);
}
