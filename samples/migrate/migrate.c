// SPDX-License-Identifier: MIT
/*
 * Memory that is moved to VRAM and back, at the same address all the time.
 *
 * clEnqueueSVMMigrateMem is a hint about where memory should be: the program computes the same
 * with and without it. To VRAM the driver moves pages when asked. Back it moves them at the latest
 * when the CPU touches them; the program asks as well, and then touches each page.
 *
 * OpenCL allows the call for memory from clSVMAlloc only. With rusticl on a device with system SVM
 * that is whole pages of the process's ordinary heap.
 */
#include "sample.h"

static const char source[] =
#include "migrate/scale.cl.inc"
;

static size_t count_wrong(const int *data, size_t n, int rounds)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int expected = i;

		for (int r = 0; r < rounds; r++)
			expected = expected * 3 + 1;
		wrong += (unsigned int)data[i] != expected;
	}
	return wrong;
}

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "migrate",
		.summary = "Moves memory to the device's memory and back.",
		.size = 65536,
		.size_is = "numbers to move",
		.size_max = 1 << 26,
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	size_t n = s.size, bytes = n * sizeof(int), wrong;
	int *data = clSVMAlloc(s.context, CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER, bytes,
			       0);
	const void *where = data;

	if (!data)
		sample_fail(SAMPLE_USAGE, "out of memory");
	for (size_t i = 0; i < n; i++)
		data[i] = i;

	cl_kernel kernel = sample_kernel(&s, source, "scale");

	sample_start(&s);
	CL(clSetKernelArgSVMPointer(kernel, 0, data));
	CL(clSetKernelArg(kernel, 1, sizeof(cl_int), &(cl_int){ 3 }));

	/* To VRAM, and compute there. */
	CL(clEnqueueSVMMigrateMem(s.queue, 1, &where, &bytes, 0, 0, NULL, NULL));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));

	/* Back to RAM. */
	CL(clEnqueueSVMMigrateMem(s.queue, 1, &where, &bytes, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL,
				  NULL));
	CL(clFinish(s.queue));
	wrong = count_wrong(data, n, 1);

	/* And once more without asking: the kernel finds the pages in RAM. */
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clFinish(s.queue));
	sample_stop(&s);
	wrong += count_wrong(data, n, 2);

	CL(clReleaseKernel(kernel));
	clSVMFree(s.context, data);
	return sample_report(&s, !wrong, "%zu of %zu numbers equal the CPU's, in VRAM and in RAM",
			     2 * n - wrong, 2 * n);
}
