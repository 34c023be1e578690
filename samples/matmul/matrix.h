/* SPDX-License-Identifier: MIT */
/* The matrices to multiply, and the CPU's product. */
#ifndef MATRIX_H
#define MATRIX_H

#include <stddef.h>

enum { TILE = 16 };	/* as in matmul.cl */

/* Small whole numbers: all sums are exact in a float, in whatever order they are added. */
void matrix_init(float *a, float *b, size_t n);

/* How many elements of @c differ from those of @a * @b. */
size_t matrix_check(const float *a, const float *b, const float *c, size_t n);

#endif
