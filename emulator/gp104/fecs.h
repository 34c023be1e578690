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
 * that became fatal is reported. On silicon the driver has done with FECS by then; its reads are
 * slow here, so PFIFO keeps the report for so long. (A choice of this emulator.)
 */
bool fecs_ctxsw_stopped(const struct gp104 *g);

#endif
