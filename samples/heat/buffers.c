// SPDX-License-Identifier: MIT
/*
 * Heat spreading in a plate, the old way: the two planes are buffer objects, one is copied in at
 * the start, one out at the end.
 */
#include "heat/plate.h"
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "heat/heat.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "heat-buffers",
		.summary = "Spreads heat in a plate that is copied to the device and back.",
		.size = 128,
		.size_is = "cells along each side of the plate",
		.size_max = 8192,
		.operand_is = "PICTURE.png",
	};

	sample_open(&s, argc, argv);

	size_t n = s.size, cells = n * n, bytes = cells * sizeof(float), wrong;
	float *plate = sample_malloc(bytes);

	plate_init(plate, n);

	cl_kernel kernel = sample_kernel(&s, source, "heat");
	cl_int err;

	sample_start(&s);
	cl_mem from = clCreateBuffer(s.context, CL_MEM_READ_WRITE, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem to = clCreateBuffer(s.context, CL_MEM_READ_WRITE, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");

	CL(clEnqueueWriteBuffer(s.queue, from, CL_FALSE, 0, bytes, plate, 0, NULL, NULL));
	CL(clSetKernelArg(kernel, 2, sizeof(cl_int), &(cl_int){ n }));
	for (int i = 0; i < STEPS; i++) {
		cl_mem done = to;

		CL(clSetKernelArg(kernel, 0, sizeof(from), &from));
		CL(clSetKernelArg(kernel, 1, sizeof(to), &to));
		CL(clEnqueueNDRangeKernel(s.queue, kernel, 2, NULL, (size_t[]){ n, n }, NULL, 0,
					  NULL, NULL));
		to = from;
		from = done;
	}
	CL(clEnqueueReadBuffer(s.queue, from, CL_TRUE, 0, bytes, plate, 0, NULL, NULL));
	sample_stop(&s);

	wrong = plate_check(plate, n);
	if (s.operand && !plate_write_png(plate, n, s.operand))
		sample_fail(SAMPLE_USAGE, "cannot write %s", s.operand);

	CL(clReleaseMemObject(from));
	CL(clReleaseMemObject(to));
	CL(clReleaseKernel(kernel));
	free(plate);
	return sample_report(&s, !wrong, "%zu of %zu cells after %d steps equal the CPU's",
			     cells - wrong, cells, STEPS);
}
