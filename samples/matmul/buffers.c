// SPDX-License-Identifier: MIT
/*
 * Matrix multiply with local memory and barriers, the old way: buffer objects, two copied in and
 * one copied out.
 */
#include "matmul/matrix.h"
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "matmul/matmul.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "matmul-buffers",
		.summary = "Multiplies two matrices that are copied to the device.",
		.size = 128,
		.size_is = "rows and columns of each matrix",
		.size_step = TILE,
		.size_max = 2048,
	};

	sample_open(&s, argc, argv);

	size_t n = s.size, elements = n * n, bytes = elements * sizeof(float), wrong;
	float *a = sample_malloc(bytes), *b = sample_malloc(bytes), *c = sample_malloc(bytes);

	matrix_init(a, b, n);

	cl_kernel kernel = sample_kernel(&s, source, "matmul");
	cl_int err;

	sample_start(&s);
	cl_mem device_a = clCreateBuffer(s.context, CL_MEM_READ_ONLY, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem device_b = clCreateBuffer(s.context, CL_MEM_READ_ONLY, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem device_c = clCreateBuffer(s.context, CL_MEM_WRITE_ONLY, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");

	CL(clEnqueueWriteBuffer(s.queue, device_a, CL_FALSE, 0, bytes, a, 0, NULL, NULL));
	CL(clEnqueueWriteBuffer(s.queue, device_b, CL_FALSE, 0, bytes, b, 0, NULL, NULL));
	CL(clSetKernelArg(kernel, 0, sizeof(device_a), &device_a));
	CL(clSetKernelArg(kernel, 1, sizeof(device_b), &device_b));
	CL(clSetKernelArg(kernel, 2, sizeof(device_c), &device_c));
	CL(clSetKernelArg(kernel, 3, sizeof(cl_int), &(cl_int){ n }));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 2, NULL, (size_t[]){ n, n },
				  (size_t[]){ TILE, TILE }, 0, NULL, NULL));
	CL(clEnqueueReadBuffer(s.queue, device_c, CL_TRUE, 0, bytes, c, 0, NULL, NULL));
	sample_stop(&s);

	wrong = matrix_check(a, b, c, n);

	CL(clReleaseMemObject(device_a));
	CL(clReleaseMemObject(device_b));
	CL(clReleaseMemObject(device_c));
	CL(clReleaseKernel(kernel));
	free(a);
	free(b);
	free(c);
	return sample_report(&s, !wrong, "%zu of %zu elements equal the CPU's", elements - wrong,
			     elements);
}
