/* SPDX-License-Identifier: MIT */
/*
 * What every sample needs and no sample is about: options, the choice of a device, building a
 * kernel, checking errors, and the one line that each prints at the end.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include "base.h"

struct sample {
	/* Set by the program before sample_open(). */
	const char *name;
	const char *summary;	/* for --help */
	const char *size_is;	/* what --size counts */
	size_t size;		/* the default, then what --size asked for */
	size_t size_step;	/* --size has to be a multiple of this ... */
	size_t size_max;	/* ... and no more than this */
	const char *operand_is;	/* what the optional operand is; NULL if there is none */
	bool system_svm;	/* needs CL_DEVICE_SVM_FINE_GRAIN_SYSTEM */

	/* Set by sample_open(). */
	const char *operand;	/* NULL if none was given */
	bool verbose;
	char device_name[128];
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;

	double started, took;	/* seconds */
};

/* Reads the options, picks a device and opens it. Does not come back if that fails. */
void sample_open(struct sample *s, int argc, char **argv);

/*
 * Builds @source as OpenCL C 1.2, which every device has, prints the log if that fails, and
 * returns its kernel @name.
 */
cl_kernel sample_kernel(const struct sample *s, const char *source, const char *name);

/* The time between these two is what the sample reports. */
void sample_start(struct sample *s);
void sample_stop(struct sample *s);

/* Prints the result line, closes the device and returns the exit status. */
int sample_report(struct sample *s, bool right, const char *compared, ...)
	__attribute__((format(printf, 3, 4)));

/* Ends the program with the text of the call if @err is an error. */
void sample_check(cl_int err, const char *call);
#define CL(call) sample_check((call), #call)

const char *sample_strerror(cl_int err);

#endif
