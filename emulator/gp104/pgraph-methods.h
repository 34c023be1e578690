/* SPDX-License-Identifier: MIT */
/*
 * pgraph-methods.h - the methods of the graphics classes, by name.
 */
#ifndef PGRAPH_METHODS_H
#define PGRAPH_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The classes of a GP104's graphics engine (nouveau gp104.c, gp104_gr.sclass). */
enum gr_class {
	GR_3D,		/* c197 */
	GR_COMPUTE,	/* c1c0 */
	GR_2D,		/* 902d */
	GR_I2M,		/* a140 */
	GR_CLASSES
};

#define GR_METHOD_WORDS	0x1000		/* methods 0x0000 .. 0x3ffc */

struct gr_method {
	uint16_t addr;
	uint16_t count, stride;		/* stride in bytes */
	const char *name;
};

/* Which graphics class has this number: an enum gr_class, or -1. */
int gr_class_of(uint16_t number);
uint16_t gr_class_number(enum gr_class c);
const char *gr_class_name(enum gr_class c);

/* The method at this address, or NULL when the class has none. *index: element of an array. */
const struct gr_method *gr_method_find(enum gr_class c, uint32_t addr, unsigned int *index);

#endif
