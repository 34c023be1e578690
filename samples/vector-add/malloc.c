// SPDX-License-Identifier: MIT
/* Vector add, the new way: the kernel gets the pointers that malloc returned. */
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "vector-add/vector-add.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "vector-add-malloc",
		.summary = "Adds two malloc'd vectors where they are.",
		.size = 65536,
		.size_is = "numbers in each vector",
		.size_max = 1 << 26,
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	size_t n = s.size, bytes = n * sizeof(int), wrong = 0;
	int *a = sample_malloc(bytes), *b = sample_malloc(bytes), *sum = sample_malloc(bytes);

	for (size_t i = 0; i < n; i++) {
		a[i] = i;
		b[i] = 3 * i + 1;
	}

	cl_kernel kernel = sample_kernel(&s, source, "vector_add");

	sample_start(&s);
	CL(clSetKernelArgSVMPointer(kernel, 0, a));
	CL(clSetKernelArgSVMPointer(kernel, 1, b));
	CL(clSetKernelArgSVMPointer(kernel, 2, sum));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clFinish(s.queue));
	sample_stop(&s);

	for (size_t i = 0; i < n; i++)
		wrong += sum[i] != a[i] + b[i];

	CL(clReleaseKernel(kernel));
	free(a);
	free(b);
	free(sum);
	return sample_report(&s, !wrong, "%zu of %zu sums equal the CPU's", n - wrong, n);
}
