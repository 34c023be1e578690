/* SPDX-License-Identifier: MIT */
/*
 * fecs.h - what other units may ask of the context-switch firmware.
 */
#ifndef FECS_H
#define FECS_H

#include <stdbool.h>

struct gp104;

/*
 * The driver has stopped context switches and not yet allowed them again. nouveau cancels a fault
 * in between (gp100_vmm_fault_cancel), and resets the engine, FECS with it, as soon as the fault
 * that became fatal is reported. Silicon reports it late enough for the driver to be done with FECS;
 * the reads of a driver here are slower than the report, so PFIFO keeps it until then.
 */
bool fecs_ctxsw_stopped(const struct gp104 *g);

#endif
