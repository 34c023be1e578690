// SPDX-License-Identifier: MIT
/*
 * Vector add, the old way: three buffer objects, and the data copied into two of them and out of
 * the third.
 */
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "vector-add/vector-add.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "vector-add-buffers",
		.summary = "Adds two vectors that are copied to the device and back.",
		.size = 65536,
		.size_is = "numbers in each vector",
		.size_max = 1 << 26,
	};

	sample_open(&s, argc, argv);

	size_t n = s.size, bytes = n * sizeof(int), wrong = 0;
	int *a = sample_malloc(bytes), *b = sample_malloc(bytes), *sum = sample_malloc(bytes);

	for (size_t i = 0; i < n; i++) {
		a[i] = i;
		b[i] = 3 * i + 1;
	}

	cl_kernel kernel = sample_kernel(&s, source, "vector_add");
	cl_int err;

	sample_start(&s);
	cl_mem device_a = clCreateBuffer(s.context, CL_MEM_READ_ONLY, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem device_b = clCreateBuffer(s.context, CL_MEM_READ_ONLY, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem device_sum = clCreateBuffer(s.context, CL_MEM_WRITE_ONLY, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");

	CL(clEnqueueWriteBuffer(s.queue, device_a, CL_FALSE, 0, bytes, a, 0, NULL, NULL));
	CL(clEnqueueWriteBuffer(s.queue, device_b, CL_FALSE, 0, bytes, b, 0, NULL, NULL));
	CL(clSetKernelArg(kernel, 0, sizeof(device_a), &device_a));
	CL(clSetKernelArg(kernel, 1, sizeof(device_b), &device_b));
	CL(clSetKernelArg(kernel, 2, sizeof(device_sum), &device_sum));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clEnqueueReadBuffer(s.queue, device_sum, CL_TRUE, 0, bytes, sum, 0, NULL, NULL));
	sample_stop(&s);

	for (size_t i = 0; i < n; i++)
		wrong += sum[i] != a[i] + b[i];

	CL(clReleaseMemObject(device_a));
	CL(clReleaseMemObject(device_b));
	CL(clReleaseMemObject(device_sum));
	CL(clReleaseKernel(kernel));
	free(a);
	free(b);
	free(sum);
	return sample_report(&s, !wrong, "%zu of %zu sums equal the CPU's", n - wrong, n);
}
