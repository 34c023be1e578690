// SPDX-License-Identifier: MIT
/*
 * How fast OpenCL devices run three plain loops: integer, float fused multiply-add, load and
 * store. Runs on every device that it is asked for in one go, so that they can be compared.
 *
 * What is counted is operations in the source times work-items; a device may need more than one
 * instruction for an operation, or fewer. Loop control is not counted.
 *
 * mad(), not fma(): where the device has no fused multiply-add, fma() is a slow function of the
 * OpenCL library, and mad() a multiplication and an addition. Halving is exact, so that the result
 * is the same either way.
 */
#include "sample.h"

#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	THREADS = 4096,
	WORDS = 8,		/* of memory for each work-item */
	OPS = 16,		/* counted operations in one turn of each loop */
	MAX_TURNS = 1 << 22,
	MAX_DEVICES = 16,
	CHECKED = 5,		/* the work-item whose result is compared with the CPU's */
};

static const char source[] =
	"#define TWICE(x) x x\n"
	"#define EIGHT(x) TWICE(TWICE(TWICE(x)))\n"
	"kernel void integer(volatile global uint *data, uint turns)\n"
	"{\n"
	"	uint x = get_global_id(0), y = x * 3 + 1;\n"
	"	for (uint i = 0; i < turns; i++) {\n"
	"		EIGHT(x += y; y ^= x;)\n"
	"	}\n"
	"	data[get_global_id(0)] = x + y;\n"
	"}\n"
	"kernel void float_mad(volatile global uint *data, uint turns)\n"
	"{\n"
	"	float x = get_global_id(0), y = x + 1.0f;\n"
	"	for (uint i = 0; i < turns; i++) {\n"
	"		EIGHT(x = mad(x, 0.5f, 1.0f); y = mad(y, 0.5f, 2.0f);)\n"
	"	}\n"
	"	data[get_global_id(0)] = as_uint(x + y);\n"
	"}\n"
	"kernel void load_store(volatile global uint *data, uint turns)\n"
	"{\n"
	"	uint n = get_global_size(0), at = get_global_id(0), x = at;\n"
	"	data[at] = x;\n"
	"	for (uint i = 0; i < turns; i++) {\n"
	"		data[at + 1 * n] = data[at + 0 * n];\n"
	"		data[at + 2 * n] = data[at + 1 * n];\n"
	"		data[at + 3 * n] = data[at + 2 * n];\n"
	"		data[at + 4 * n] = data[at + 3 * n];\n"
	"		data[at + 5 * n] = data[at + 4 * n];\n"
	"		data[at + 6 * n] = data[at + 5 * n];\n"
	"		data[at + 7 * n] = data[at + 6 * n];\n"
	"		data[at + 0 * n] = data[at + 7 * n] + 1;\n"
	"	}\n"
	"}\n";

static const char *const loops[] = { "integer", "float_mad", "load_store" };
enum { LOOPS = sizeof(loops) / sizeof(loops[0]) };

/* What the work-item CHECKED leaves in data[CHECKED]. */
static uint32_t expected(size_t loop, uint32_t turns)
{
	uint32_t x = CHECKED, y = x * 3 + 1;
	float f = CHECKED, g = f + 1;
	uint32_t bits;

	switch (loop) {
	case 0:
		for (uint64_t i = 0; i < turns * 8ull; i++) {
			x += y;
			y ^= x;
		}
		return x + y;
	case 1:
		/* Both settle long before this many steps. */
		for (uint64_t i = 0; i < turns * 8ull && i < 10000; i++) {
			f = fmaf(f, 0.5f, 1.0f);
			g = fmaf(g, 0.5f, 2.0f);
		}
		f += g;
		memcpy(&bits, &f, sizeof(bits));
		return bits;
	default:
		return CHECKED + turns;
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static double run(const struct sample *s, cl_kernel kernel, cl_uint turns)
{
	double started = now();

	CL(clSetKernelArg(kernel, 1, sizeof(turns), &turns));
	CL(clEnqueueNDRangeKernel(s->queue, kernel, 1, NULL, &(size_t){ THREADS }, NULL, 0, NULL,
				  NULL));
	CL(clFinish(s->queue));
	return now() - started;
}

/* Million operations per second: more turns until they take long enough to be measured. */
static double measure(const struct sample *s, size_t loop, double seconds)
{
	size_t bytes = THREADS * WORDS * sizeof(uint32_t);
	cl_kernel kernel = sample_kernel(s, source, loops[loop]);
	cl_uint turns = 4;
	uint32_t result;
	double took;
	cl_int err;
	cl_mem data = clCreateBuffer(s->context, CL_MEM_READ_WRITE, bytes, NULL, &err);

	sample_check(err, "clCreateBuffer");
	CL(clSetKernelArg(kernel, 0, sizeof(data), &data));
	run(s, kernel, turns);	/* the first run also compiles */
	while ((took = run(s, kernel, turns)) < seconds && turns < MAX_TURNS)
		turns *= took < seconds / 16 ? 8 : 2;
	CL(clEnqueueReadBuffer(s->queue, data, CL_TRUE, CHECKED * sizeof(result), sizeof(result),
			       &result, 0, NULL, NULL));
	if (result != expected(loop, turns))
		sample_fail(SAMPLE_WRONG, "%s on %s: %#x instead of %#x after %u turns",
			    loops[loop], s->device_name, result, expected(loop, turns), turns);
	CL(clReleaseMemObject(data));
	CL(clReleaseKernel(kernel));
	return (double)turns * OPS * THREADS / took / 1e6;
}

static void measure_device(cl_device_id device, const char *name, double seconds)
{
	struct sample s = { .name = "opencl-loops", .device = device };
	cl_int err;

	snprintf(s.device_name, sizeof(s.device_name), "%s", name);
	s.context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	sample_check(err, "clCreateContext");
	s.queue = clCreateCommandQueueWithProperties(s.context, device, NULL, &err);
	sample_check(err, "clCreateCommandQueueWithProperties");
	for (size_t loop = 0; loop < LOOPS; loop++) {
		printf("%10.0f  ", measure(&s, loop, seconds));
		fflush(stdout);
	}
	printf("%s\n", name);
	CL(clReleaseCommandQueue(s.queue));
	CL(clReleaseContext(s.context));
}

/* Measures the devices of @platform with @wanted in their name; returns how many. */
static int measure_platform(cl_platform_id platform, const char *wanted, double seconds)
{
	cl_device_id devices[MAX_DEVICES];
	cl_uint n = 0;
	int measured = 0;

	if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MAX_DEVICES, devices, &n) != CL_SUCCESS)
		return 0;
	for (cl_uint i = 0; i < n && i < MAX_DEVICES; i++) {
		char name[128] = "";

		CL(clGetDeviceInfo(devices[i], CL_DEVICE_NAME, sizeof(name) - 1, name, NULL));
		if (wanted && !strstr(name, wanted))
			continue;
		measure_device(devices[i], name, seconds);
		measured++;
	}
	return measured;
}

static const char usage[] =
	"Usage: opencl-loops [options]\n"
	"Prints million operations per second, all work-items together, for three loops:\n"
	"integer add and xor, float multiply-add, load and store.\n\n"
	"  -p, --platform TEXT  only platforms with TEXT in their name\n"
	"  -d, --device TEXT    only devices with TEXT in their name\n"
	"  -t, --seconds T      how long each measured run lasts at least (default 0.2)\n"
	"  -h, --help           this text\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "platform", required_argument, NULL, 'p' },
		{ "device", required_argument, NULL, 'd' },
		{ "seconds", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *platform = NULL, *device = NULL;
	cl_platform_id platforms[MAX_DEVICES];
	double seconds = 0.2;
	int c, measured = 0;
	cl_uint n = 0;
	char *end;

	while ((c = getopt_long(argc, argv, "p:d:t:h", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			platform = optarg;
			break;
		case 'd':
			device = optarg;
			break;
		case 't':
			seconds = strtod(optarg, &end);
			if (end == optarg || *end || !(seconds > 0 && seconds <= 60))
				sample_fail(SAMPLE_USAGE, "--seconds %s: not above 0 and up to 60",
					    optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return SAMPLE_OK;
		default:
			return SAMPLE_USAGE;
		}
	}
	if (optind < argc)
		sample_fail(SAMPLE_USAGE, "what is '%s'? See --help", argv[optind]);

	if (clGetPlatformIDs(MAX_DEVICES, platforms, &n) != CL_SUCCESS)
		n = 0;
	for (size_t loop = 0; loop < LOOPS; loop++)
		printf("%10s  ", loops[loop]);
	printf("million operations per second on\n");
	for (cl_uint i = 0; i < n && i < MAX_DEVICES; i++) {
		char name[128] = "";

		CL(clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof(name) - 1, name, NULL));
		if (!platform || strstr(name, platform))
			measured += measure_platform(platforms[i], device, seconds);
	}
	if (!measured)
		sample_fail(SAMPLE_DEVICE, "no such OpenCL device");
	return SAMPLE_OK;
}
