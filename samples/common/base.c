// SPDX-License-Identifier: MIT
/*
 * What every sample needs, whichever way it gets at the device: exit statuses, memory, the time,
 * and how to end.
 */
#define _GNU_SOURCE	/* program_invocation_short_name */
#include "base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void sample_fail(int status, const char *why, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, why);
	vfprintf(stderr, why, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

void *sample_malloc(size_t bytes)
{
	void *p = malloc(bytes);

	if (!p)
		sample_fail(SAMPLE_USAGE, "out of memory (%zu bytes)", bytes);
	return p;
}

double sample_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

size_t sample_size(const char *text, size_t step, size_t max)
{
	char *end;
	unsigned long n;

	if (!step)
		step = 1;
	errno = 0;
	n = strtoul(text, &end, 0);
	if (errno || end == text || *end || strchr(text, '-') || !n || n % step || n > max)
		sample_fail(SAMPLE_USAGE, "--size %s: not a multiple of %zu from %zu to %zu", text,
			    step, step, max);
	return n;
}

void sample_result(const char *name, bool right, const char *compared, va_list args, double took,
		   const char *device)
{
	printf("%s: %s, ", name, right ? "ok" : "WRONG");
	vprintf(compared, args);
	printf(", %.1f ms on %s\n", took * 1e3, device);
}
