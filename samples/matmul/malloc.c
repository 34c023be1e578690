// SPDX-License-Identifier: MIT
/* Matrix multiply with local memory and barriers, the new way: pointers from malloc. */
#include "matmul/matrix.h"
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "matmul/matmul.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "matmul-malloc",
		.summary = "Multiplies two malloc'd matrices where they are.",
		.size = 128,
		.size_is = "rows and columns of each matrix",
		.size_step = TILE,
		.size_max = 2048,
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	size_t n = s.size, elements = n * n, bytes = elements * sizeof(float), wrong;
	float *a = sample_malloc(bytes), *b = sample_malloc(bytes), *c = sample_malloc(bytes);

	matrix_init(a, b, n);

	cl_kernel kernel = sample_kernel(&s, source, "matmul");

	sample_start(&s);
	CL(clSetKernelArgSVMPointer(kernel, 0, a));
	CL(clSetKernelArgSVMPointer(kernel, 1, b));
	CL(clSetKernelArgSVMPointer(kernel, 2, c));
	CL(clSetKernelArg(kernel, 3, sizeof(cl_int), &(cl_int){ n }));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 2, NULL, (size_t[]){ n, n },
				  (size_t[]){ TILE, TILE }, 0, NULL, NULL));
	CL(clFinish(s.queue));
	sample_stop(&s);

	wrong = matrix_check(a, b, c, n);

	CL(clReleaseKernel(kernel));
	free(a);
	free(b);
	free(c);
	return sample_report(&s, !wrong, "%zu of %zu elements equal the CPU's", elements - wrong,
			     elements);
}
