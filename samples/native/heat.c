// SPDX-License-Identifier: MIT
/*
 * Heat spreading in a plate without OpenCL. Two steps, there and back, are built once, and
 * submitted as often as it takes.
 */
#include "heat/plate.h"
#include "native/native.h"

#include <stdint.h>
#include <stdlib.h>

static const char source[] =
#include "native/heat.sm61.inc"
;

/* As the kernel has them. */
struct arguments {
	const float *from;
	float *to;
	uint32_t n;
};

int main(int argc, char **argv)
{
	struct native s = {
		.name = "heat-native",
		.summary = "Spreads heat in a malloc'd plate, and writes a picture of it.",
		.size = 128,
		.size_is = "cells along each side of the plate",
		.size_max = 8192,
		.operand_is = "PICTURE.png",
	};

	native_open(&s, argc, argv);

	size_t n = s.size, cells = n * n, wrong;
	float *plate = sample_malloc(cells * sizeof(float));
	float *other = sample_malloc(cells * sizeof(float));

	plate_init(plate, n);

	struct compote_kernel *kernel = native_kernel(&s, source, "heat");
	struct arguments there = { plate, other, n }, back = { other, plate, n };
	struct compote_push *push;
	uint64_t job = 0;

	native_start(&s);
	DO(compote_push_create(s.space, COMPOTE_ENGINE_COMPUTE, &push));
	native_launch(push, kernel, n, 32, n, 8, &there);
	native_launch(push, kernel, n, 32, n, 8, &back);
	DO(compote_push_finish(push));
	for (int i = 0; i < STEPS; i += 2)
		job = native_submit(&s, push);
	native_wait(&s, job);
	native_stop(&s);

	wrong = plate_check(plate, n);
	if (s.operand && !plate_write_png(plate, n, s.operand))
		sample_fail(SAMPLE_USAGE, "cannot write %s", s.operand);

	compote_push_destroy(push);
	compote_kernel_free(kernel);
	free(plate);
	free(other);
	return native_report(&s, !wrong, "%zu of %zu cells after %d steps equal the CPU's",
			     cells - wrong, cells, STEPS);
}
