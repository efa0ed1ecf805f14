/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board.h - the zcu102's devices, for the files of this folder only.
 *
 * One core, no operating system.  Interrupts serve the UARTs alone.
 */
#ifndef IMEILOCK_ZCU102_BOARD_H
#define IMEILOCK_ZCU102_BOARD_H

#include "boot/boot.h"
#include "port/port.h"

/* ------------------------------------------------------------ registers */

/* Devices are seen at the top of the address space (mmu.c). */
#define DEVICE(physical) (UINT64_C(0xffffffff00000000) | (physical))

static inline void
reg_write(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static inline uint32_t
reg_read(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

/* How often a register is looked at before a device counts as dead. */
#define POLL_MAX 1000000

/* True once one of the bits is set; false when it takes too long. */
MUST_CHECK bool reg_wait(uint64_t address, uint32_t bits);

/* ------------------------------------------------------- memory, reset */

/* Map code, data and devices, and turn on the caches.  Called by start.S. */
void mmu_on(void);

/* Restart the chip.  Memory keeps what the loader does not write again. */
_Noreturn void psci_reset(void);

/* ----------------------------------------------------------- interrupts */

#define GIC_UART_0 53
#define GIC_UART_1 54

/* Route both UARTs to this core; they are not yet enabled there. */
void gic_init(void);
/* Serve what is pending.  Called by start.S. */
void gic_interrupt(void);

/* ----------------------------------------------------------------- UART */

enum uart { UART_AGENT, UART_AT, UARTS };

/* Start to receive on both; what is there already is kept. */
void uart_init(void);
/* Serve one UART.  Called by gic_interrupt. */
void uart_interrupt(enum uart uart);
/* Sleep until one of the two has received something. */
void uart_wait(void);
/* Take one byte that was received; false if there is none. */
bool uart_take(enum uart uart, uint8_t *byte);
/* Queue all bytes, sleeping while the queue is full. */
void uart_send(enum uart uart, struct bytes data);
/* Sleep until everything queued is on the wire. */
void uart_flush(enum uart uart);

/* -------------------------------------- functions of the port (port.h) */

enum status chip_id_read(void *ctx, struct chip_id *out);

enum status efuse_read(void *ctx, unsigned int word, uint32_t *value,
		       enum word_health *health);
enum status efuse_reload(void *ctx);
enum status efuse_lock_read(void *ctx, unsigned int unit, bool *is_locked);
enum status efuse_canary_read(void *ctx, unsigned int unit, uint32_t *value);

/* In the factory build only. */
enum status efuse_program(void *ctx, unsigned int word, uint32_t value);
enum status efuse_lock(void *ctx, unsigned int unit);
enum status efuse_canary_program(void *ctx, unsigned int unit);

#define NOR_SECTOR_SIZE 4096
/* Open the flash's write protection, which is closed after power-up. */
void nor_init(void);
enum status nor_read(void *ctx, unsigned int sector, size_t offset, void *out,
		     size_t len);
enum status nor_erase(void *ctx, unsigned int sector);
enum status nor_program(void *ctx, unsigned int sector, size_t offset,
			struct bytes data);

/* Count this start, so that the same seed gives other bytes. */
void random_init(void);
/* ST_AGENT_RANDOM: the launcher gave no seed. */
enum status random_bytes(void *ctx, void *out, size_t len);

/* Give Mbed TLS its memory; before anything of crypto.h. */
void heap_init(void);

/* The port of this build: port_factory.c or port_verify.c. */
extern const struct port PORT;
extern const struct port_info PORT_INFO;
/* Made at build time from the root's public key. */
extern const struct boot_trust TRUST;

/* The parts that the declared tables share. */
enum port_debug board_debug(void *ctx);
bool board_is_secure_boot(void *ctx);
void board_reset(void *ctx);

#endif
