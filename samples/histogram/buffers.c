// SPDX-License-Identifier: MIT
/*
 * Histogram of a mapped file, the old way: the file goes into a buffer object, the counters come
 * out of one.
 */
#include "histogram/file.h"
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "histogram/histogram.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "histogram-buffers",
		.summary = "Counts the byte values of a mapped file that is copied to the device.",
		.size = 65536,
		.size_is = "bytes of text made up if no FILE is given",
		.size_max = 1 << 28,
		.operand_is = "FILE",
	};

	sample_open(&s, argc, argv);

	size_t bytes = s.size, threads = 4096, count_bytes = VALUES * sizeof(int), wrong;
	const unsigned char *data = file_map(s.operand, &bytes);
	unsigned int *count = sample_malloc(count_bytes);

	cl_kernel kernel = sample_kernel(&s, source, "histogram");
	cl_int err;

	sample_start(&s);
	cl_mem device_data = clCreateBuffer(s.context, CL_MEM_READ_ONLY, bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem device_count = clCreateBuffer(s.context, CL_MEM_READ_WRITE, count_bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");

	CL(clEnqueueWriteBuffer(s.queue, device_data, CL_FALSE, 0, bytes, data, 0, NULL, NULL));
	CL(clEnqueueFillBuffer(s.queue, device_count, &(cl_uint){ 0 }, sizeof(cl_uint), 0,
			       count_bytes, 0, NULL, NULL));
	CL(clSetKernelArg(kernel, 0, sizeof(device_data), &device_data));
	CL(clSetKernelArg(kernel, 1, sizeof(cl_uint), &(cl_uint){ bytes }));
	CL(clSetKernelArg(kernel, 2, sizeof(device_count), &device_count));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &threads, NULL, 0, NULL, NULL));
	CL(clEnqueueReadBuffer(s.queue, device_count, CL_TRUE, 0, count_bytes, count, 0, NULL,
			       NULL));
	sample_stop(&s);

	wrong = file_check(data, bytes, count);

	CL(clReleaseMemObject(device_data));
	CL(clReleaseMemObject(device_count));
	CL(clReleaseKernel(kernel));
	file_unmap(data, bytes);
	free(count);
	return sample_report(&s, !wrong, "%zu of %d counts of %zu bytes equal the CPU's",
			     VALUES - wrong, VALUES, bytes);
}
