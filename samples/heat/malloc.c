// SPDX-License-Identifier: MIT
/* Heat spreading in a plate, the new way: the two planes are two pointers from malloc. */
#include "heat/plate.h"
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "heat/heat.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "heat-malloc",
		.summary = "Spreads heat in a malloc'd plate, and writes a picture of it.",
		.size = 128,
		.size_is = "cells along each side of the plate",
		.size_max = 8192,
		.operand_is = "PICTURE.png",
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	size_t n = s.size, cells = n * n, wrong;
	float *from = sample_malloc(cells * sizeof(float));
	float *to = sample_malloc(cells * sizeof(float));

	plate_init(from, n);

	cl_kernel kernel = sample_kernel(&s, source, "heat");

	sample_start(&s);
	CL(clSetKernelArg(kernel, 2, sizeof(cl_int), &(cl_int){ n }));
	for (int i = 0; i < STEPS; i++) {
		float *done = to;

		CL(clSetKernelArgSVMPointer(kernel, 0, from));
		CL(clSetKernelArgSVMPointer(kernel, 1, to));
		CL(clEnqueueNDRangeKernel(s.queue, kernel, 2, NULL, (size_t[]){ n, n }, NULL, 0,
					  NULL, NULL));
		to = from;
		from = done;
	}
	CL(clFinish(s.queue));
	sample_stop(&s);

	wrong = plate_check(from, n);
	if (s.operand && !plate_write_png(from, n, s.operand))
		sample_fail(SAMPLE_USAGE, "cannot write %s", s.operand);

	CL(clReleaseKernel(kernel));
	free(from);
	free(to);
	return sample_report(&s, !wrong, "%zu of %zu cells after %d steps equal the CPU's",
			     cells - wrong, cells, STEPS);
}
