/* SPDX-License-Identifier: MIT */
/*
 * inject.h - what goes wrong on request (--inject), so that a driver's handling of it can be tested.
 *
 * Only what hardware does as well, reported as it reports it: a copy that fails, a fault packet whose
 * VALID bit comes late, a small fault buffer.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>
#include <stdint.h>

#define INJECT_COPIES 16

enum inject_kind {
	INJECT_NONE,
	INJECT_CE_ERROR,	/* the copy engine refuses the launch: LAUNCHERR */
	INJECT_CE_FAULT,	/* the copy ends half-way with an MMU fault, fatal to the channel */
};

/*
 * The @nth copy after the counters were asked for @after times (0: since the start) goes wrong, and
 * again after each @every times more (0: never).
 */
struct inject_copy {
	enum inject_kind kind;
	uint32_t nth, after, every;
	uint32_t seen;		/* copies so far */
};

struct inject {
	struct inject_copy copy[INJECT_COPIES];
	unsigned int ncopies;
	uint32_t late_ms, late_every;	/* fault packets: VALID comes so late, on each n-th; 0: never */
	uint32_t fault_entries;		/* size of the fault buffer; 0: the hardware's */
};

/* ce-error=N[@M[+P]], ce-fault=N[@M[+P]], fault-late=MS[:N], fault-entries=N; with commas between them. */
bool inject_parse(struct inject *in, const char *text);

/* A copy begins, @marks times after the counters were asked for: what becomes of it? */
enum inject_kind inject_copy(struct inject *in, unsigned int marks);

#endif
