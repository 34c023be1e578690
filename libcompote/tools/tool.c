// SPDX-License-Identifier: MIT
/*
 * What the tools share: exit statuses, how to end, numbers and sizes as text.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compote.h"
#include "tool.h"

void tool_fail(int status, const char *why, ...)
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

void tool_usage(void)
{
	fprintf(stderr, "Try '%s --help'.\n", program_invocation_short_name);
	exit(TOOL_USAGE);
}

void tool_version(void)
{
	uint32_t v = compote_version();

	printf("%s (libcompote) %u.%u\n", program_invocation_short_name, v >> 16, v & 0xffff);
	exit(TOOL_OK);
}

void *tool_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		tool_fail(TOOL_CALL, "out of memory");
	return p;
}

bool tool_number(const char *text, int base, uint64_t max, uint64_t *n)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, base);
	if (errno || end == text || *end || strchr(text, '-') || v > max)
		return false;
	*n = v;
	return true;
}

struct tool_text tool_bytes(uint64_t bytes)
{
	static const char * const unit[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	struct tool_text t;
	double v = (double)bytes;
	unsigned int u = 0;

	while (v >= 1024 && u < 5) {
		v /= 1024;
		u++;
	}
	snprintf(t.s, sizeof(t.s), v == (double)(uint64_t)v ? "%.0f %s" : "%.1f %s", v, unit[u]);
	return t;
}
