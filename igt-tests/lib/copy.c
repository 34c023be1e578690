// SPDX-License-Identifier: MIT
/* copy.c - see copy.h. Methods: clc06f.h (host) and clc0b5.h (copy), of open-gpu-doc. */
#include "igt.h"
#include "copy.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SUBC_COPY 4

size_t part_bytes(enum part part)
{
	return part == PART_PUSH || part == PART_RING ? PAGE : COPY_BYTES;
}

int copy_try_open(struct copy *c, int fd, bool low_ring, bool low_push, int eventfd)
{
	hmm_create args = {
		.ring_entries = COPY_ENTRIES, .engine = DRM_NOUVEAU_HMM_ENGINE_COPY,
		.flags = eventfd < 0 ? 0 : DRM_NOUVEAU_HMM_CHANNEL_EVENTFD, .eventfd = eventfd,
	};
	int ret;

	*c = (struct copy) { .fd = fd };
	for (enum part p = 0; p < PARTS; p++) {
		bool low = p == PART_RING ? low_ring : p == PART_PUSH && low_push;

		c->part[p] = low ? map_low(part_bytes(p), PROT_READ | PROT_WRITE)
				 : map_small(part_bytes(p));
	}
	c->words = map_low(PAGE, PROT_READ | PROT_WRITE);
	args.ring = U(c->part[PART_RING]);
	ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &args);
	c->channel = ret ? 0 : args.channel;
	c->oclass = args.oclass;
	return ret;
}

void copy_open(struct copy *c, int fd)
{
	igt_assert_eq(copy_try_open(c, fd, false, false, -1), 0);
}

int copy_destroy(struct copy *c)
{
	hmm_destroy args = { .channel = c->channel };

	c->channel = 0;
	return call(c->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, &args);
}

void copy_close(struct copy *c)
{
	if (c->channel)
		copy_destroy(c);
	for (enum part p = 0; p < PARTS; p++)
		munmap(c->part[p], part_bytes(p));
	munmap((void *)c->words, PAGE);
}

/* ---- jobs ---- */

void job_word(struct copy *c, uint32_t word)
{
	*c->at++ = word;
}

static void method(struct copy *c, unsigned int subchannel, unsigned int mthd, unsigned int n)
{
	job_word(c, 1u << 29 | n << 16 | subchannel << 13 | mthd >> 2);
}

static void address(struct copy *c, const volatile void *p)
{
	job_word(c, (uint32_t)(U(p) >> 32));
	job_word(c, (uint32_t)U(p));
}

void job_range(struct copy *c, const volatile void *p, size_t bytes, uint32_t flags)
{
	c->ranges[c->nr_ranges++] = (hmm_range) { U(p), bytes, flags, 0 };
}

void job_begin(struct copy *c)
{
	c->at = c->part[PART_PUSH];
	c->nr_ranges = 0;
	c->in = c->out = (hmm_sync) { 0 };
	job_range(c, c->part[PART_PUSH], 0, DRM_NOUVEAU_HMM_RANGE_PUSH);
	job_range(c, c->words, 8, DRM_NOUVEAU_HMM_RANGE_WRITE);
	method(c, SUBC_COPY, 0, 1);
	job_word(c, c->oclass);
}

static void semaphore(struct copy *c, const volatile uint32_t *word, uint32_t value,
		      uint32_t operation)
{
	method(c, 0, 0x10, 4);
	address(c, word);
	job_word(c, value);
	job_word(c, operation);
}

/* Acquire; others may run meanwhile. */
void job_gate(struct copy *c, uint32_t value)
{
	semaphore(c, &c->words[0], value, 1u << 12 | 1);
}

/* Release of 4 bytes when the engine is idle. */
void job_fence(struct copy *c, uint32_t value)
{
	semaphore(c, &c->words[1], value, 1u << 24 | 2);
}

void job_copy(struct copy *c, const void *target, const void *source, uint32_t bytes)
{
	method(c, SUBC_COPY, 0x400, 4);
	address(c, source);
	address(c, target);
	method(c, SUBC_COPY, 0x418, 1);
	job_word(c, bytes);
	method(c, SUBC_COPY, 0x300, 1);
	job_word(c, 0x186);	/* NON_PIPELINED, FLUSH_ENABLE, both sides PITCH */
}

int job_submit(struct copy *c)
{
	hmm_submit args = {
		.channel = c->channel,
		.ranges = U(c->ranges),
		.nr_ranges = c->nr_ranges,
		.in = U(&c->in),
		.nr_in = !!c->in.handle,
		.out = U(&c->out),
		.nr_out = !!c->out.handle,
	};
	int ret;

	c->ranges[0].length = (uint64_t)(c->at - c->part[PART_PUSH]) * 4;
	ret = call(c->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT, &args);
	if (!ret)
		c->job = args.job;
	return ret;
}

void job_whole(struct copy *c, uint32_t fence, bool gate)
{
	pattern(c->part[PART_SOURCE], COPY_BYTES, ++c->seed);
	job_begin(c);
	if (gate)
		job_gate(c, fence);
	job_copy(c, c->part[PART_TARGET], c->part[PART_SOURCE], COPY_BYTES);
	job_range(c, c->part[PART_SOURCE], COPY_BYTES, 0);
	job_range(c, c->part[PART_TARGET], COPY_BYTES, DRM_NOUVEAU_HMM_RANGE_WRITE);
	job_fence(c, fence);
}

bool copied(const struct copy *c)
{
	return wrong(c->part[PART_TARGET], COPY_BYTES, c->seed) == 0;
}

void open_gate(struct copy *c, uint32_t value)
{
	c->words[0] = value;
}

/* ---- waiting ---- */

hmm_status copy_status(const struct copy *c)
{
	hmm_status status = { .channel = c->channel };

	igt_assert_eq(call(c->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS, &status), 0);
	return status;
}

bool wait_fence(const struct copy *c, uint32_t value)
{
	double until = deadline(20);

	while (c->words[1] != value && now() < until)
		usleep(100);
	return c->words[1] == value;
}

hmm_status wait_over(const struct copy *c, double seconds)
{
	double until = deadline(seconds);
	hmm_status s;

	do {
		s = copy_status(c);
		if (s.stopped || s.done == s.submitted)
			break;
		usleep(1000);
	} while (now() < until);
	return s;
}

void copy_works(struct copy *c)
{
	uint32_t fence = (1u << 30) + c->seed;

	job_whole(c, fence, false);
	igt_assert_eq(job_submit(c), 0);
	igt_assert(wait_fence(c, fence));
	igt_assert(copied(c));
	igt_assert_eq_u32(copy_status(c).stopped, DRM_NOUVEAU_HMM_CHANNEL_RUNS);
}
