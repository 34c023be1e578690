// SPDX-License-Identifier: MIT
/*
 * Histogram of a mapped file, the new way: the kernel reads the file's pages in the page cache,
 * and counts with atomics in memory from the C library.
 */
#include "histogram/file.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char source[] =
#include "histogram/histogram.cl.inc"
;

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "histogram-malloc",
		.summary = "Counts the byte values of a mapped file where they are.",
		.size = 65536,
		.size_is = "bytes of text made up if no FILE is given",
		.size_max = 1 << 28,
		.operand_is = "FILE",
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	size_t bytes = s.size, threads = 4096, page = sysconf(_SC_PAGESIZE), wrong;
	const unsigned char *data = file_map(s.operand, &bytes);
	/*
	 * A page of its own: while the GPU does atomics on a page of RAM the driver keeps the CPU
	 * off it, so a neighbour on the heap that is in use would make the page go to and fro.
	 */
	unsigned int *count = aligned_alloc(page, page);

	if (!count)
		sample_fail(SAMPLE_USAGE, "out of memory");
	memset(count, 0, page);

	cl_kernel kernel = sample_kernel(&s, source, "histogram");

	sample_start(&s);
	CL(clSetKernelArgSVMPointer(kernel, 0, data));
	CL(clSetKernelArg(kernel, 1, sizeof(cl_uint), &(cl_uint){ bytes }));
	CL(clSetKernelArgSVMPointer(kernel, 2, count));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &threads, NULL, 0, NULL, NULL));
	CL(clFinish(s.queue));
	sample_stop(&s);

	wrong = file_check(data, bytes, count);

	CL(clReleaseKernel(kernel));
	file_unmap(data, bytes);
	free(count);
	return sample_report(&s, !wrong, "%zu of %d counts of %zu bytes equal the CPU's",
			     VALUES - wrong, VALUES, bytes);
}
