/* SPDX-License-Identifier: MIT */
/*
 * pbus.h - the bus interface: errors of register accesses.
 */
#ifndef PBUS_H
#define PBUS_H

#include "gp104.h"

/* A register access went nowhere: remember it for the guest and raise the interrupt. */
void pbus_fault(struct gp104 *g, uint32_t addr, uint32_t data, bool write);

extern const struct unit pbus_unit;

#endif
