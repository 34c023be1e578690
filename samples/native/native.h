/* SPDX-License-Identifier: MIT */
/*
 * What every native sample needs and none is about: options, the device with its mirror of this
 * process and a channel, assembling a kernel, checking errors, and the lines at the end.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <compote.h>
#include <compote-program.h>

#include "base.h"

struct native {
	/* Set by the program before native_open(). */
	const char *name;
	const char *summary;	/* for --help */
	const char *size_is;	/* what --size counts */
	size_t size;		/* the default, then what --size asked for */
	size_t size_max;	/* no more than this */
	const char *operand_is;	/* what the optional operand is; NULL if there is none */

	/* Set by native_open(). */
	const char *operand;	/* NULL if none was given */
	bool verbose;
	char device_name[16];
	struct compote_device *device;
	struct compote_space *space;
	struct compote_channel *channel;

	double started, took;	/* seconds */
};

/* Reads the options, opens the device and makes a channel. Does not come back if that fails. */
void native_open(struct native *s, int argc, char **argv);

/* Assembles @source and returns its kernel @name, where the GPU can execute it. */
struct compote_kernel *native_kernel(const struct native *s, const char *source, const char *name);

/* Appends a launch with @args, for @x times @y threads at least, in blocks of @bx times @by. */
void native_launch(struct compote_push *push, const struct compote_kernel *kernel, size_t x,
		   size_t bx, size_t y, size_t by, const void *args);

/* Submits, and waits only if the ring is full. Returns the job's number. */
uint64_t native_submit(const struct native *s, const struct compote_push *push);

/* Waits until the job is done; the end of the program if the channel was stopped. */
void native_wait(const struct native *s, uint64_t job);

/* The time between these two is what the sample reports. */
void native_start(struct native *s);
void native_stop(struct native *s);

/* Prints what the GPU did and the result, closes all and returns the exit status. */
int native_report(struct native *s, bool right, const char *compared, ...)
	__attribute__((format(printf, 3, 4)));

/* Ends the program with the text of the call if @err is an error. */
void native_check(int err, const char *call);
#define DO(call) native_check((call), #call)

#endif
