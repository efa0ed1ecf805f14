/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of the Cortex-A53 at EL1, and its exception vectors.  The vectors of a
 * lower exception level are left out: nothing runs there.
 */
	.section .text.start, "ax"

	.macro vector target
	.balign 0x80
	b \target
	.endm

	.balign 0x800
vectors:
	b start			/* with SP_EL0: not used, entry of the image */
	vector fault
	vector fault
	vector fault
	vector fault		/* with SP_EL1: synchronous */
	vector interrupt
	vector fault
	vector fault

	.balign 0x80
	.global start
start:
	msr daifset, #0xf
	adrp x0, vectors
	add x0, x0, :lo12:vectors
	msr vbar_el1, x0
	ldr x0, =stack_top
	mov sp, x0

	/* What the stack has touched can be told from the paint. */
	ldr x0, =stack_start
	ldr x1, =stack_top
	ldr x2, =0xa5a5a5a5a5a5a5a5
paint:
	stp x2, x2, [x0], #16
	cmp x0, x1
	b.lo paint

	ldr x0, =bss_start
	ldr x1, =bss_end
clear:
	cmp x0, x1
	b.hs cleared
	stp xzr, xzr, [x0], #16
	b clear
cleared:
	bl mmu_on
	bl main
	/* No session, no answers: as a unit without power. */
park:
	wfi
	b park

	/* A fault is a bug or an attack: the unit starts anew, and the host
	 * sees another session. */
fault:
	msr daifset, #0xf
	bl psci_reset

	.balign 16
interrupt:
	stp x29, x30, [sp, #-176]!
	stp x0, x1, [sp, #16]
	stp x2, x3, [sp, #32]
	stp x4, x5, [sp, #48]
	stp x6, x7, [sp, #64]
	stp x8, x9, [sp, #80]
	stp x10, x11, [sp, #96]
	stp x12, x13, [sp, #112]
	stp x14, x15, [sp, #128]
	stp x16, x17, [sp, #144]
	str x18, [sp, #160]
	bl gic_interrupt
	ldr x18, [sp, #160]
	ldp x16, x17, [sp, #144]
	ldp x14, x15, [sp, #128]
	ldp x12, x13, [sp, #112]
	ldp x10, x11, [sp, #96]
	ldp x8, x9, [sp, #80]
	ldp x6, x7, [sp, #64]
	ldp x4, x5, [sp, #48]
	ldp x2, x3, [sp, #32]
	ldp x0, x1, [sp, #16]
	ldp x29, x30, [sp], #176
	eret
