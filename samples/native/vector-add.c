// SPDX-License-Identifier: MIT
/* Vector add without OpenCL: a kernel, a launch of it, and what malloc returned. */
#include "native/native.h"

#include <stdint.h>
#include <stdlib.h>

static const char source[] =
#include "native/vector-add.sm61.inc"
;

/* As the kernel has them. */
struct arguments {
	const int *a, *b;
	int *sum;
	uint32_t n;
};

int main(int argc, char **argv)
{
	struct native s = {
		.name = "vector-add-native",
		.summary = "Adds two malloc'd vectors where they are.",
		.size = 65536,
		.size_is = "numbers in each vector",
		.size_max = 1 << 26,
	};

	native_open(&s, argc, argv);

	size_t n = s.size, bytes = n * sizeof(int), wrong = 0;
	int *a = sample_malloc(bytes), *b = sample_malloc(bytes), *sum = sample_malloc(bytes);

	for (size_t i = 0; i < n; i++) {
		a[i] = i;
		b[i] = 3 * i + 1;
	}

	struct compote_kernel *kernel = native_kernel(&s, source, "vector_add");
	struct arguments args = { a, b, sum, n };
	struct compote_push *push;

	native_start(&s);
	DO(compote_push_create(s.space, COMPOTE_ENGINE_COMPUTE, &push));
	native_launch(push, kernel, n, 256, 1, 1, &args);
	DO(compote_push_finish(push));
	native_wait(&s, native_submit(&s, push));
	native_stop(&s);

	for (size_t i = 0; i < n; i++)
		wrong += sum[i] != a[i] + b[i];

	compote_push_destroy(push);
	compote_kernel_free(kernel);
	free(a);
	free(b);
	free(sum);
	return native_report(&s, !wrong, "%zu of %zu sums equal the CPU's", n - wrong, n);
}
