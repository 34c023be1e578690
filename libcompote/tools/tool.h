/* SPDX-License-Identifier: MIT */
/*
 * What the tools share: exit statuses, how to end, numbers and sizes as text.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same as those of the samples. */
enum {
	TOOL_OK = 0,
	TOOL_WRONG = 1,		/* not what was asked for */
	TOOL_USAGE = 2,		/* bad option or argument, unreadable file */
	TOOL_CALL = 3,		/* a call of the library or of the kernel failed */
	TOOL_DEVICE = 4,	/* no such device, or it cannot do this */
};

/* A line on stderr, and the end. */
void tool_fail(int status, const char *why, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* For getopt's '?': where to read more, and the end. */
void tool_usage(void) __attribute__((noreturn));

/* For --version. */
void tool_version(void) __attribute__((noreturn));

/* Memory, or the end. */
void *tool_alloc(size_t n, size_t size);

/* All of @text as a number of @base (0: as in C), @max at most; false if it is none. */
bool tool_number(const char *text, int base, uint64_t max, uint64_t *n);

/* "4 KiB", "2.5 GiB". */
struct tool_text {
	char s[24];
};

struct tool_text tool_bytes(uint64_t bytes);

#endif
