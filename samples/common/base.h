/* SPDX-License-Identifier: MIT */
/*
 * What every sample needs, whichever way it gets at the device: exit statuses, memory, the time,
 * and how to end.
 */
#ifndef BASE_H
#define BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The exit statuses of all programs here. */
enum {
	SAMPLE_OK = 0,
	SAMPLE_WRONG = 1,	/* the device's result differs from the CPU's */
	SAMPLE_USAGE = 2,	/* bad option, unreadable file */
	SAMPLE_CALL = 3,	/* a call failed, or the device reported an error */
	SAMPLE_DEVICE = 4,	/* no such device, or it cannot do what the program needs */
};

/* Memory from malloc, or the end of the program. */
void *sample_malloc(size_t bytes);

/* Seconds since some time in the past. */
double sample_time(void);

/* The number that an option --size asks for: a multiple of @step (0: any), @max at most. */
size_t sample_size(const char *text, size_t step, size_t max);

/* Prints "NAME: ok, " or "NAME: WRONG, ", what was compared, the time and the device. */
void sample_result(const char *name, bool right, const char *compared, va_list args, double took,
		   const char *device);

/* One line on stderr, and the end of the program. */
void sample_fail(int status, const char *why, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif
