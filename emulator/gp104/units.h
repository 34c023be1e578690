/* SPDX-License-Identifier: MIT */
/*
 * units.h - the units' entry points, one line per file; only units.c needs them.
 */
#ifndef GP104_UNITS_H
#define GP104_UNITS_H

struct unit;

#endif
