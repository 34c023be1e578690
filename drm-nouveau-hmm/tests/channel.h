/* SPDX-License-Identifier: MIT */
/*
 * channel.h - channels whose commands are in the process's memory, without any library: a copy
 * engine's, whose jobs may wait for a gate that the CPU opens.
 *
 * Method headers: open-gpu-doc, clc06f.h; methods: clc06f.h (host) and clc0b5.h (copy).
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "ioctl.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define ENTRIES 64
#define RING_BYTES (ENTRIES * 8ul)
#define SUBC_COPY 4

/* A channel, and the job that is being put together for it. */
struct chan {
	int fd;
	uint32_t id;
	uint32_t oclass;
	void *ring;
	uint32_t *push;		/* a page */
	volatile uint32_t *words;	/* a page below 2^40: [0] gate, [1] fence */
	uint32_t *w;		/* end of the commands */
	struct drm_nouveau_hmm_range ranges[16];
	unsigned int nr_ranges;
	struct drm_nouveau_hmm_sync in, out;	/* used if their handle is not 0 */
	uint64_t job;
};

static inline int chan_create(struct chan *c, int fd, void *ring, int eventfd)
{
	struct drm_nouveau_hmm_channel_create args = {
		.ring = U(ring), .ring_entries = ENTRIES, .engine = DRM_NOUVEAU_HMM_ENGINE_COPY,
		.flags = eventfd < 0 ? 0 : DRM_NOUVEAU_HMM_CHANNEL_EVENTFD, .eventfd = eventfd,
	};
	int ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &args);

	if (ret)
		return ret;
	*c = (struct chan) { .fd = fd, .ring = ring, .id = args.channel, .oclass = args.oclass };
	return 0;
}

static inline int chan_destroy(struct chan *c)
{
	struct drm_nouveau_hmm_channel_destroy args = { .channel = c->id };

	return call(c->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, &args);
}

static inline struct drm_nouveau_hmm_channel_status chan_status(struct chan *c)
{
	struct drm_nouveau_hmm_channel_status args = { .channel = c->id };

	args.error = call(c->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS, &args) ?: args.error;
	return args;
}

/* ---- commands ---- */

static inline void method(struct chan *c, unsigned int subc, unsigned int mthd, unsigned int n)
{
	*c->w++ = 1u << 29 | n << 16 | subc << 13 | mthd >> 2;
}

static inline void add_range(struct chan *c, const volatile void *p, size_t bytes, uint32_t flags)
{
	c->ranges[c->nr_ranges++] = (struct drm_nouveau_hmm_range) { U(p), bytes, flags, 0 };
}

static inline void job_begin(struct chan *c)
{
	c->w = c->push;
	c->nr_ranges = 0;
	c->in = c->out = (struct drm_nouveau_hmm_sync) { 0 };
	add_range(c, c->push, 0, DRM_NOUVEAU_HMM_RANGE_PUSH);
	add_range(c, c->words, 8, DRM_NOUVEAU_HMM_RANGE_WRITE);
	method(c, SUBC_COPY, 0, 1);
	*c->w++ = c->oclass;
}

static inline void add_semaphore(struct chan *c, const volatile uint32_t *word, uint32_t value,
				 uint32_t operation)
{
	method(c, 0, 0x10, 4);
	*c->w++ = (uint32_t)(U(word) >> 32);
	*c->w++ = (uint32_t)U(word);
	*c->w++ = value;
	*c->w++ = operation;
}

/* Acquire, others may run meanwhile. */
static inline void add_gate(struct chan *c, uint32_t value)
{
	add_semaphore(c, &c->words[0], value, 1u << 12 | 1);
}

/* Release of 4 bytes when the engine is idle. */
static inline void add_fence(struct chan *c, uint32_t value)
{
	add_semaphore(c, &c->words[1], value, 1u << 24 | 2);
}

/* Without ranges: these are the caller's. */
static inline void add_copy(struct chan *c, const void *dst, const void *src, uint32_t bytes)
{
	method(c, SUBC_COPY, 0x400, 4);
	*c->w++ = (uint32_t)(U(src) >> 32);
	*c->w++ = (uint32_t)U(src);
	*c->w++ = (uint32_t)(U(dst) >> 32);
	*c->w++ = (uint32_t)U(dst);
	method(c, SUBC_COPY, 0x418, 1);
	*c->w++ = bytes;
	method(c, SUBC_COPY, 0x300, 1);
	*c->w++ = 0x186;	/* NON_PIPELINED, FLUSH_ENABLE, both sides PITCH */
}

/* A copy of a whole range that the job names. */
static inline void add_whole_copy(struct chan *c, void *dst, const void *src, uint32_t bytes)
{
	add_copy(c, dst, src, bytes);
	add_range(c, src, bytes, 0);
	add_range(c, dst, bytes, DRM_NOUVEAU_HMM_RANGE_WRITE);
}

static inline int submit(struct chan *c)
{
	struct drm_nouveau_hmm_channel_submit args = {
		.channel = c->id, .ranges = U(c->ranges), .nr_ranges = c->nr_ranges,
		.in = U(&c->in), .nr_in = !!c->in.handle, .out = U(&c->out), .nr_out = !!c->out.handle,
	};
	int ret;

	c->ranges[0].length = (uint64_t)(c->w - c->push) * 4;
	ret = call(c->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT, &args);
	if (!ret)
		c->job = args.job;
	return ret;
}

/* ---- waiting ---- */

static inline bool wait_word(const volatile uint32_t *word, uint32_t value, double seconds)
{
	double until = now() + seconds;

	while (*word != value && now() < until)
		usleep(100);
	return *word == value;
}

static inline bool wait_fence(struct chan *c, uint32_t value)
{
	return wait_word(&c->words[1], value, 20);
}

/* Until the channel says that its last job is done, or that it was stopped. */
static inline struct drm_nouveau_hmm_channel_status wait_over(struct chan *c, double seconds)
{
	struct drm_nouveau_hmm_channel_status s;
	double until = now() + seconds;

	do {
		s = chan_status(c);
		if (s.stopped || s.done == s.submitted)
			break;
		usleep(1000);
	} while (now() < until);
	return s;
}

static inline void open_gate(struct chan *c, uint32_t value)
{
	c->words[0] = value;
}

#endif
