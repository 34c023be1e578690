// SPDX-License-Identifier: MIT
/*
 * A kernel that follows a pointer to memory that is no longer mapped. The device has to stop it
 * and say so: status 3 if OpenCL reports an error (right), 1 if it claims that all went well.
 * The address is on standard output, to be looked for in the kernel log.
 */
#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char source[] =
	"struct wild {\n"
	"	global const int *pointer;\n"
	"};\n"
	"kernel void follow(global const struct wild *wild, global int *value)\n"
	"{\n"
	"	value[get_global_id(0)] = *wild->pointer;\n"
	"}\n";

/* An address where nothing is, nor will be: reserved, so that nothing else gets it. */
static int *unmapped(size_t page)
{
	void *p = mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		sample_fail(SAMPLE_USAGE, "mmap: %s", strerror(errno));
	return p;
}

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "wild-pointer",
		.summary = "Makes the device follow a pointer to memory that is not there.",
		.size = 1,
		.size_is = "work-items that do so",
		.size_max = 1 << 20,
		.system_svm = true,
	};

	sample_open(&s, argc, argv);

	int **wild = sample_malloc(sizeof(*wild)), *value = sample_malloc(s.size * sizeof(*value));
	cl_kernel kernel = sample_kernel(&s, source, "follow");
	cl_int status = CL_COMPLETE;
	cl_event done;

	*wild = unmapped(sysconf(_SC_PAGESIZE));
	printf("wild-pointer: following %p\n", (void *)*wild);
	fflush(stdout);

	CL(clSetKernelArgSVMPointer(kernel, 0, wild));
	CL(clSetKernelArgSVMPointer(kernel, 1, value));
	CL(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof(cl_bool),
			       &(cl_bool){ CL_TRUE }));
	CL(clEnqueueNDRangeKernel(s.queue, kernel, 1, NULL, &s.size, NULL, 0, NULL, &done));
	CL(clWaitForEvents(1, &done));
	CL(clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL));
	sample_check(status < 0 ? status : CL_SUCCESS, "the kernel");
	CL(clFinish(s.queue));
	sample_fail(SAMPLE_WRONG, "the device followed %p and reported no error", (void *)*wild);
}
