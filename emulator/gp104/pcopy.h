/* SPDX-License-Identifier: MIT */
/*
 * pcopy.h - the copy engines (classes C0B5 and C1B5).
 */
#ifndef PCOPY_H
#define PCOPY_H

#include "gp104.h"

/* A turn of this runlist's copy engines, outside of the engine thread; as struct unit's run(). */
int64_t pcopy_turn(struct gp104 *g, unsigned int runlist);

extern const struct unit pcopy_unit;

#endif
