/* SPDX-License-Identifier: MIT */
/*
 * ptimer.h - the clock of the GPU.
 */
#ifndef PTIMER_H
#define PTIMER_H

#include "gp104.h"

/* Nanoseconds as PTIMER counts them: semaphore time stamps, fault time stamps. */
uint64_t ptimer_now(struct gp104 *g);

extern const struct unit ptimer_unit;

#endif
