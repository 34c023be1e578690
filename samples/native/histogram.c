// SPDX-License-Identifier: MIT
/*
 * Histogram of a mapped file without OpenCL: the kernel reads the file's pages in the page cache,
 * and counts with atomics in memory from the C library.
 */
#include "histogram/file.h"
#include "native/native.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char source[] =
#include "native/histogram.sm61.inc"
;

/* As the kernel has them. */
struct arguments {
	const unsigned char *data;
	unsigned int *count;
	uint32_t bytes, threads;
};

int main(int argc, char **argv)
{
	struct native s = {
		.name = "histogram-native",
		.summary = "Counts the byte values of a mapped file where they are.",
		.size = 65536,
		.size_is = "bytes of text made up if no FILE is given",
		.size_max = 1 << 28,
		.operand_is = "FILE",
	};

	native_open(&s, argc, argv);

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

	struct compote_kernel *kernel = native_kernel(&s, source, "histogram");
	struct arguments args = { data, count, bytes, threads };
	struct compote_push *push;

	native_start(&s);
	DO(compote_push_create(s.space, COMPOTE_ENGINE_COMPUTE, &push));
	native_launch(push, kernel, threads, 256, 1, 1, &args);
	DO(compote_push_finish(push));
	native_wait(&s, native_submit(&s, push));
	native_stop(&s);

	wrong = file_check(data, bytes, count);

	compote_push_destroy(push);
	compote_kernel_free(kernel);
	file_unmap(data, bytes);
	free(count);
	return native_report(&s, !wrong, "%zu of %d counts of %zu bytes equal the CPU's",
			     VALUES - wrong, VALUES, bytes);
}
