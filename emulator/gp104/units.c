// SPDX-License-Identifier: MIT
/*
 * units.c - which hardware units the board has, in the order in which they start and take their turns.
 */
#include "gp104.h"
#include "units.h"

const struct unit *const gp104_units[] = {
};

const size_t gp104_nunits = ARRAY_SIZE(gp104_units);
