/* SPDX-License-Identifier: MIT */
/*
 * vbios.h - makes the board's VBIOS image, and the form of the program in it.
 */
#ifndef VBIOS_H
#define VBIOS_H

#include <stddef.h>
#include <stdint.h>

/* The image is small: the driver reads it word by word. */
#define VBIOS_SIZE	4096

/*
 * The devinit application for the PMU is no falcon code: where code would start there is a tag, and
 * pmu.c does the work. The data segment is the real one's as far as drivers use it (nouveau
 * gm200_devinit_post): at VBIOS_DEVINIT_ARGS + 8 a pointer, behind it where tables (+ 8) and scripts
 * (+ 0x10) go in DMEM.
 */
#define VBIOS_APP_TAG		"gp104app"
#define VBIOS_APP_DEVINIT	4
#define VBIOS_DEVINIT_ARGS	0x10
#define VBIOS_DEVINIT_PTRS	0x20
#define VBIOS_DEVINIT_TABLES	0x100
#define VBIOS_DEVINIT_SCRIPTS	0x200

/* Opcodes of the init scripts (nouveau bios/init.c), those that the devinit application knows. */
enum vbios_op {
	VBIOS_INIT_NV_REG = 0x6e,	/* register, mask to keep, bits to set */
	VBIOS_INIT_DONE = 0x71,
	VBIOS_INIT_TIME = 0x74,		/* microseconds, 16 bits */
	VBIOS_INIT_ZM_REG = 0x7a,	/* register, value */
};

void vbios_build(uint8_t image[VBIOS_SIZE]);

#endif
