/* SPDX-License-Identifier: MIT */
/* Reads a field of a launch descriptor bit by bit, as clc0c0qmd.h's MW(hi:lo) counts them. */
#ifndef QMD_GET_H
#define QMD_GET_H

#include <stdint.h>

static inline uint64_t qmd_get(const void *qmd, unsigned int hi, unsigned int lo)
{
	const uint8_t *bytes = (const uint8_t *)qmd;
	uint64_t v = 0;
	unsigned int i;

	for (i = lo; i <= hi; i++)
		v |= (uint64_t)(bytes[i / 8] >> i % 8 & 1) << (i - lo);
	return v;
}

#endif
