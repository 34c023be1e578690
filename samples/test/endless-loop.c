// SPDX-License-Identifier: MIT
/*
 * A kernel that waits for memory to change that nobody changes. To be killed from outside once it
 * has said "running"; it ends by itself only if the device reports an error (status 3).
 *
 * It waits for a number that is not found by chance: when the process is dead its page is free, the
 * GPU may still read it (upstream nouveau keeps it mapped), and the next owner writes what it likes.
 */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char source[] =
	"kernel void wait(volatile global int *flag)\n"
	"{\n"
	"	flag[1] = 1;\n"
	"	while (flag[0] != 0x5eed5eed)\n"
	"		;\n"
	"}\n";

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "endless-loop",
		.summary = "Makes the device wait for ever. Kill it.",
		.size = 32,
		.size_is = "work-items that wait",
		.size_max = 1 << 20,
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	size_t page = sysconf(_SC_PAGESIZE);
	volatile int *flag = aligned_alloc(page, page);
	cl_kernel kernel = sample_kernel(&s, source, "wait");

	if (!flag)
		sample_fail(SAMPLE_USAGE, "out of memory");
	memset((void *)flag, 0, page);
	CL(clSetKernelArgSVMPointer(kernel, 0, (void *)flag));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &s.size, NULL, 0, NULL, NULL));
	CL(clFlush(s.queue));
	while (!flag[1])
		usleep(10000);
	printf("endless-loop: running\n");
	fflush(stdout);
	CL(clFinish(s.queue));
	sample_fail(SAMPLE_WRONG, "a loop without end has ended");
}
