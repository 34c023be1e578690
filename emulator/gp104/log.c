// SPDX-License-Identifier: MIT
/*
 * log.c - traces, errors of the guest, and the list of what the emulator was asked and does not know.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gp104.h"

#define MAX_UNKNOWN	512
#define MAX_GUEST_ERRORS 200	/* printed; all are counted */

static struct {
	char what[96];
	uint64_t count;
} seen[MAX_UNKNOWN];
static size_t nseen;
static bool seen_overflow;

bool trace_on(struct gp104 *g, const char *unit)
{
	const char *list = g->cfg.trace;
	size_t len = strlen(unit);

	if (!list)
		return false;
	if (!strcmp(list, "all"))
		return true;
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == len && !memcmp(list, unit, n))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

void trace(struct gp104 *g, const char *unit, const char *fmt, ...)
{
	uint64_t us = gp104_now() / 1000;
	va_list ap;

	if (!trace_on(g, unit))
		return;
	flockfile(stderr);
	fprintf(stderr, "[%5llu.%06llu] %s: ", (unsigned long long)(us / 1000000),
		(unsigned long long)(us % 1000000), unit);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void guest_error(struct gp104 *g, const char *unit, const char *fmt, ...)
{
	va_list ap;

	if (g->stats.guest_errors++ >= MAX_GUEST_ERRORS)
		return;
	flockfile(stderr);
	fprintf(stderr, "gp104: guest error: %s: ", unit);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void unknown(struct gp104 *g, const char *kind, const char *fmt, ...)
{
	char what[sizeof(seen[0].what)];
	va_list ap;
	size_t i;
	int n;

	n = snprintf(what, sizeof(what), "%s ", kind);
	va_start(ap, fmt);
	vsnprintf(what + n, sizeof(what) - (size_t)n, fmt, ap);
	va_end(ap);
	for (i = 0; i < nseen; i++) {
		if (!strcmp(seen[i].what, what)) {
			seen[i].count++;
			return;
		}
	}
	if (nseen == MAX_UNKNOWN) {
		seen_overflow = true;
		return;
	}
	memcpy(seen[nseen].what, what, sizeof(what));
	seen[nseen++].count = 1;
	fprintf(stderr, "gp104: unknown %s\n", what);
}

size_t unknown_count(void)
{
	return nseen;
}

const char *unknown_get(size_t i, uint64_t *count)
{
	*count = seen[i].count;
	return seen[i].what;
}

void unknown_print_all(void)
{
	size_t i;

	for (i = 0; i < nseen; i++)
		fprintf(stderr, "gp104: unknown %s: %llu times\n", seen[i].what,
			(unsigned long long)seen[i].count);
	if (seen_overflow)
		fprintf(stderr, "gp104: more kinds of unknowns than the %d listed\n", MAX_UNKNOWN);
}
