// SPDX-License-Identifier: MIT
/*
 * Commands that are built once and submitted ten thousand times: each submit is one system call.
 * Every time the GPU adds one to each of some numbers.
 */
#include "native/native.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBERS = 256 };

static const char source[] =
#include "native/replay.sm61.inc"
;

/* As the kernel has them. */
struct arguments {
	uint32_t *numbers;
	uint32_t n;
};

int main(int argc, char **argv)
{
	struct native s = {
		.name = "replay",
		.summary = "Builds a launch once, and submits it many times.",
		.size = 10000,
		.size_is = "times that it is submitted",
		.size_max = 1 << 30,
	};

	native_open(&s, argc, argv);

	uint32_t *numbers = calloc(NUMBERS, sizeof(*numbers)), wrong = 0;

	if (!numbers)
		sample_fail(SAMPLE_USAGE, "out of memory");

	struct compote_kernel *kernel = native_kernel(&s, source, "count");
	struct arguments args = { numbers, NUMBERS };
	struct compote_push *push;
	uint64_t job = 0;

	DO(compote_push_create(s.space, COMPOTE_ENGINE_COMPUTE, &push));
	native_launch(push, kernel, NUMBERS, NUMBERS, 1, 1, &args);
	DO(compote_push_finish(push));
	native_start(&s);
	for (size_t i = 0; i < s.size; i++)
		job = native_submit(&s, push);
	native_wait(&s, job);
	native_stop(&s);

	for (int i = 0; i < NUMBERS; i++)
		wrong += numbers[i] != s.size;
	printf("%s: %.1f us per submit of %zu bytes of commands, the launch included\n", s.name,
	       s.took / s.size * 1e6, compote_push_bytes(push));

	compote_push_destroy(push);
	compote_kernel_free(kernel);
	free(numbers);
	return native_report(&s, !wrong, "%u of %d numbers were counted up %zu times",
			     NUMBERS - wrong, NUMBERS, s.size);
}
