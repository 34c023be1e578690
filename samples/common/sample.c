// SPDX-License-Identifier: MIT
/*
 * What every sample needs and no sample is about: options, the choice of a device, building a
 * kernel, checking errors, and the one line that each prints at the end.
 */
#include "sample.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLATFORMS = 16, MAX_DEVICES = 16 };

const char *sample_strerror(cl_int err)
{
#define NAME(error) case error: return #error
	switch (err) {
	NAME(CL_SUCCESS);
	NAME(CL_DEVICE_NOT_FOUND);
	NAME(CL_DEVICE_NOT_AVAILABLE);
	NAME(CL_COMPILER_NOT_AVAILABLE);
	NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE);
	NAME(CL_OUT_OF_RESOURCES);
	NAME(CL_OUT_OF_HOST_MEMORY);
	NAME(CL_BUILD_PROGRAM_FAILURE);
	NAME(CL_MAP_FAILURE);
	NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	NAME(CL_INVALID_VALUE);
	NAME(CL_INVALID_PLATFORM);
	NAME(CL_INVALID_DEVICE);
	NAME(CL_INVALID_CONTEXT);
	NAME(CL_INVALID_COMMAND_QUEUE);
	NAME(CL_INVALID_MEM_OBJECT);
	NAME(CL_INVALID_PROGRAM_EXECUTABLE);
	NAME(CL_INVALID_KERNEL_NAME);
	NAME(CL_INVALID_ARG_INDEX);
	NAME(CL_INVALID_ARG_VALUE);
	NAME(CL_INVALID_ARG_SIZE);
	NAME(CL_INVALID_KERNEL_ARGS);
	NAME(CL_INVALID_WORK_GROUP_SIZE);
	NAME(CL_INVALID_WORK_ITEM_SIZE);
	NAME(CL_INVALID_OPERATION);
	NAME(CL_INVALID_BUFFER_SIZE);
	}
#undef NAME
	return "OpenCL error";
}

void sample_check(cl_int err, const char *call)
{
	if (err != CL_SUCCESS)
		sample_fail(SAMPLE_CALL, "%s: %s (%d)", call, sample_strerror(err), err);
}

void sample_start(struct sample *s)
{
	s->started = sample_time();
}

void sample_stop(struct sample *s)
{
	s->took = sample_time() - s->started;
}

static void help(const struct sample *s)
{
	printf("Usage: %s [options]%s%s%s\n%s\n\n", s->name, s->operand_is ? " [" : "",
	       s->operand_is ? s->operand_is : "", s->operand_is ? "]" : "", s->summary);
	if (s->size_is)
		printf("  -s, --size N         %s (default %zu)\n", s->size_is, s->size);
	printf("  -p, --platform TEXT  use a platform with TEXT in its name\n"
	       "  -d, --device TEXT    use a device with TEXT in its name\n"
	       "  -v, --verbose        say more\n"
	       "  -h, --help           this text\n\n"
	       "Exit status: 0 right, 1 wrong result, 2 bad usage, 3 an OpenCL call failed,\n"
	       "4 no device that can do this.\n");
}

static bool has_system_svm(cl_device_id device)
{
	cl_device_svm_capabilities svm = 0;

	/* A device older than OpenCL 2.0 does not know the question. */
	clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL);
	return svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM;
}

static bool pick_from(struct sample *s, cl_platform_id platform, cl_device_type type,
		      const char *wanted)
{
	cl_device_id devices[MAX_DEVICES];
	cl_uint n = 0;

	if (clGetDeviceIDs(platform, type, MAX_DEVICES, devices, &n) != CL_SUCCESS)
		return false;
	for (cl_uint i = 0; i < n && i < MAX_DEVICES; i++) {
		char name[sizeof(s->device_name)] = "";

		clGetDeviceInfo(devices[i], CL_DEVICE_NAME, sizeof(name) - 1, name, NULL);
		if (wanted && !strstr(name, wanted))
			continue;
		if (s->system_svm && !has_system_svm(devices[i]))
			continue;
		s->device = devices[i];
		memcpy(s->device_name, name, sizeof(name));
		return true;
	}
	return false;
}

/* A GPU if there is one that will do, else whatever there is. */
static void pick_device(struct sample *s, const char *wanted_platform, const char *wanted_device)
{
	static const cl_device_type order[] = { CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ALL };
	cl_platform_id platforms[MAX_PLATFORMS];
	cl_uint n = 0;

	if (clGetPlatformIDs(MAX_PLATFORMS, platforms, &n) != CL_SUCCESS)
		n = 0;
	for (size_t t = 0; t < sizeof(order) / sizeof(order[0]); t++) {
		for (cl_uint i = 0; i < n && i < MAX_PLATFORMS; i++) {
			char name[128] = "";

			clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof(name) - 1, name,
					  NULL);
			if (wanted_platform && !strstr(name, wanted_platform))
				continue;
			if (pick_from(s, platforms[i], order[t], wanted_device))
				return;
		}
	}
	sample_fail(SAMPLE_DEVICE, "no OpenCL device%s%s%s", wanted_device ? " named " : "",
		    wanted_device ? wanted_device : "",
		    s->system_svm ? " with fine-grained system SVM" : "");
}

void sample_open(struct sample *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "platform", required_argument, NULL, 'p' },
		{ "device", required_argument, NULL, 'd' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *platform = NULL, *device = NULL;
	cl_int err;
	int c;

	while ((c = getopt_long(argc, argv, "s:p:d:vh", options, NULL)) != -1) {
		switch (c) {
		case 's':
			if (!s->size_is)
				sample_fail(SAMPLE_USAGE, "takes no --size");
			s->size = sample_size(optarg, s->size_step, s->size_max);
			break;
		case 'p':
			platform = optarg;
			break;
		case 'd':
			device = optarg;
			break;
		case 'v':
			s->verbose = true;
			break;
		case 'h':
			help(s);
			exit(SAMPLE_OK);
		default:
			exit(SAMPLE_USAGE);
		}
	}
	if (optind < argc && s->operand_is)
		s->operand = argv[optind++];
	if (optind < argc)
		sample_fail(SAMPLE_USAGE, "what is '%s'? See --help", argv[optind]);

	pick_device(s, platform, device);
	s->context = clCreateContext(NULL, 1, &s->device, NULL, NULL, &err);
	sample_check(err, "clCreateContext");
	s->queue = clCreateCommandQueueWithProperties(s->context, s->device, NULL, &err);
	sample_check(err, "clCreateCommandQueueWithProperties");
}

static void print_build_log(cl_program p, cl_device_id device)
{
	size_t bytes = 0;
	char *log;

	clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes);
	if (!bytes)
		return;
	log = sample_malloc(bytes);
	clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_LOG, bytes, log, NULL);
	fputs(log, stderr);
	free(log);
}

cl_kernel sample_kernel(const struct sample *s, const char *source, const char *name)
{
	double started = sample_time();
	cl_program p;
	cl_kernel kernel;
	cl_int err;

	p = clCreateProgramWithSource(s->context, 1, &source, NULL, &err);
	sample_check(err, "clCreateProgramWithSource");
	err = clBuildProgram(p, 1, &s->device, "-cl-std=CL1.2", NULL, NULL);
	if (err != CL_SUCCESS)
		print_build_log(p, s->device);
	sample_check(err, "clBuildProgram");
	kernel = clCreateKernel(p, name, &err);
	sample_check(err, "clCreateKernel");
	CL(clReleaseProgram(p));
	if (s->verbose)
		printf("%s: kernel %s built in %.1f ms\n", s->name, name,
		       (sample_time() - started) * 1e3);
	return kernel;
}

int sample_report(struct sample *s, bool right, const char *compared, ...)
{
	va_list args;

	va_start(args, compared);
	sample_result(s->name, right, compared, args, s->took, s->device_name);
	va_end(args);
	CL(clReleaseCommandQueue(s->queue));
	CL(clReleaseContext(s->context));
	return right ? SAMPLE_OK : SAMPLE_WRONG;
}
