// SPDX-License-Identifier: MIT
/*
 * Linked lists, the new way: malloc built them, and the GPU follows their pointers. Nothing is
 * flattened, nothing is copied.
 */
#include "linked-list/lists.h"
#include "sample.h"

#include <stdlib.h>

static const char source[] =
#include "linked-list/list.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "linked-list-malloc",
		.summary = "Sums malloc'd linked lists by following their pointers on the device.",
		.size = 16384,
		.size_is = "nodes in all lists together",
		.size_max = 1 << 24,
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	struct list *lists = sample_malloc(LISTS * sizeof(*lists));
	int *sums = sample_malloc(LISTS * sizeof(*sums));
	size_t n = LISTS, wrong = 0;

	lists_build(lists, s.size);

	cl_kernel kernel = sample_kernel(&s, source, "list_sum");

	sample_start(&s);
	CL(clSetKernelArgSVMPointer(kernel, 0, lists));
	CL(clSetKernelArgSVMPointer(kernel, 1, sums));
	/* It will follow pointers that are not arguments. */
	CL(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof(cl_bool),
			       &(cl_bool){ CL_TRUE }));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clFinish(s.queue));
	sample_stop(&s);

	for (size_t i = 0; i < LISTS; i++)
		wrong += sums[i] != list_sum(&lists[i]);

	CL(clReleaseKernel(kernel));
	lists_free(lists);
	free(lists);
	free(sums);
	return sample_report(&s, !wrong, "%zu of %zu lists' sums equal the CPU's", n - wrong, n);
}
