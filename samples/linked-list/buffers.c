// SPDX-License-Identifier: MIT
/*
 * Linked lists, the old way: a pointer means nothing to the device, so the program flattens the
 * lists into an array, and copies that.
 */
#include "linked-list/lists.h"
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "linked-list/array.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "linked-list-buffers",
		.summary = "Sums linked lists that are flattened and copied to the device.",
		.size = 16384,
		.size_is = "nodes in all lists together",
		.size_max = 1 << 24,
	};

	sample_open(&s, argc, argv);

	struct list *lists = sample_malloc(LISTS * sizeof(*lists));
	int *sums = sample_malloc(LISTS * sizeof(*sums));
	size_t n = LISTS, wrong = 0;

	lists_build(lists, s.size);

	cl_kernel kernel = sample_kernel(&s, source, "array_sum");
	size_t value_bytes = s.size * sizeof(int), start_bytes = (LISTS + 1) * sizeof(int);
	size_t sum_bytes = LISTS * sizeof(int);
	cl_int err;

	sample_start(&s);
	int *values = sample_malloc(value_bytes), *start = sample_malloc(start_bytes);
	int used = 0;

	for (size_t i = 0; i < LISTS; i++) {
		start[i] = used;
		for (struct node *node = lists[i].first; node; node = node->next)
			values[used++] = node->value;
	}
	start[LISTS] = used;

	cl_mem device_values = clCreateBuffer(s.context, CL_MEM_READ_ONLY, value_bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem device_start = clCreateBuffer(s.context, CL_MEM_READ_ONLY, start_bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	cl_mem device_sums = clCreateBuffer(s.context, CL_MEM_WRITE_ONLY, sum_bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");

	CL(clEnqueueWriteBuffer(s.queue, device_values, CL_FALSE, 0, value_bytes, values, 0, NULL,
				NULL));
	CL(clEnqueueWriteBuffer(s.queue, device_start, CL_FALSE, 0, start_bytes, start, 0, NULL,
				NULL));
	CL(clSetKernelArg(kernel, 0, sizeof(device_values), &device_values));
	CL(clSetKernelArg(kernel, 1, sizeof(device_start), &device_start));
	CL(clSetKernelArg(kernel, 2, sizeof(device_sums), &device_sums));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clEnqueueReadBuffer(s.queue, device_sums, CL_TRUE, 0, sum_bytes, sums, 0, NULL, NULL));
	sample_stop(&s);

	for (size_t i = 0; i < LISTS; i++)
		wrong += sums[i] != list_sum(&lists[i]);

	CL(clReleaseMemObject(device_values));
	CL(clReleaseMemObject(device_start));
	CL(clReleaseMemObject(device_sums));
	CL(clReleaseKernel(kernel));
	lists_free(lists);
	free(values);
	free(start);
	free(lists);
	free(sums);
	return sample_report(&s, !wrong, "%zu of %zu lists' sums equal the CPU's", n - wrong, n);
}
