// SPDX-License-Identifier: MIT
/* The matrices to multiply, and the CPU's product. */
#include "matmul/matrix.h"
#include "base.h"

#include <stdlib.h>
#include <string.h>

void matrix_init(float *a, float *b, size_t n)
{
	for (size_t i = 0; i < n * n; i++) {
		a[i] = (int)((i * 7 + i / n) % 17) - 8;
		b[i] = (int)((i * 5 + i / n * 3) % 13) - 6;
	}
}

size_t matrix_check(const float *a, const float *b, const float *c, size_t n)
{
	float *row = sample_malloc(n * sizeof(*row));
	size_t wrong = 0;

	for (size_t y = 0; y < n; y++) {
		memset(row, 0, n * sizeof(*row));
		for (size_t k = 0; k < n; k++)
			for (size_t x = 0; x < n; x++)
				row[x] += a[y * n + k] * b[k * n + x];
		for (size_t x = 0; x < n; x++)
			wrong += c[y * n + x] != row[x];
	}
	free(row);
	return wrong;
}
