/* SPDX-License-Identifier: MIT */
/*
 * prom.h - the board's flash memory.
 */
#ifndef PROM_H
#define PROM_H

#include "gp104.h"

/* The VBIOS image, for the PCI expansion ROM. */
const void *prom_image(struct gp104 *g, size_t *size);

extern const struct unit prom_unit;

#endif
