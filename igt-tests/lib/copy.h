/* SPDX-License-Identifier: MIT */
/*
 * copy.h - channels of a copy engine, whose jobs may wait for a gate that the CPU opens. What they
 * are made of is the test's to move about: ring, commands, source and destination are mappings of
 * their own.
 */
#ifndef COPY_H
#define COPY_H

#include "hmm.h"

#define COPY_BYTES	(64 * 1024u)
#define COPY_ENTRIES	64

enum part { PART_PUSH, PART_RING, PART_SOURCE, PART_TARGET, PARTS };

struct copy {
	int fd;
	uint32_t channel, oclass;
	uint32_t *part[PARTS];
	volatile uint32_t *words;	/* a page below 2^40: [0] the gate, [1] the fence */
	uint32_t *at;			/* end of the commands */
	hmm_range ranges[COPY_ENTRIES + 16];
	unsigned int nr_ranges;
	hmm_sync in, out;		/* used if their handle is not 0 */
	uint32_t seed;			/* of what the last job copies */
	uint64_t job;
};

size_t part_bytes(enum part part);

/* Ring and commands low (below 2^40) or high; 0 or a negative errno. */
int copy_try_open(struct copy *c, int fd, bool low_ring, bool low_push, int eventfd);
void copy_open(struct copy *c, int fd);
int copy_destroy(struct copy *c);
/* Destroys the channel if it is there, and all its memory. */
void copy_close(struct copy *c);

/* A job, by its pieces. */
void job_begin(struct copy *c);
void job_range(struct copy *c, const volatile void *p, size_t bytes, uint32_t flags);
void job_word(struct copy *c, uint32_t word);
void job_gate(struct copy *c, uint32_t value);
void job_fence(struct copy *c, uint32_t value);
/* Without ranges. */
void job_copy(struct copy *c, const void *target, const void *source, uint32_t bytes);
int job_submit(struct copy *c);

/* Source to target, a new pattern each time, then the fence; behind a gate of the same value. */
void job_whole(struct copy *c, uint32_t fence, bool gate);
bool copied(const struct copy *c);
void open_gate(struct copy *c, uint32_t value);

hmm_status copy_status(const struct copy *c);
bool wait_fence(const struct copy *c, uint32_t value);
/* Until its last job is done, or it was stopped. */
hmm_status wait_over(const struct copy *c, double seconds);
/* A job comes to its end, and has copied. */
void copy_works(struct copy *c);

#endif
