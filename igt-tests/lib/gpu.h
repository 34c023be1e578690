/* SPDX-License-Identifier: MIT */
/*
 * gpu.h - a GPU that works on plain pointers: a compute channel, and a few small programs.
 *
 * With the ioctls of nouveau_hmm_drm.h, all that it needs (ring, commands, code, descriptor,
 * constants) is memory of the process. Without, as on upstream nouveau, it is in a buffer object,
 * and the channel is one of CHANNEL_ALLOC: the same tests run there.
 */
#ifndef GPU_H
#define GPU_H

#include "hmm.h"

/* What a thread i of count does with the word at p + i * stride. */
enum gpu_op {
	GPU_LOAD,	/* out[i] = it */
	GPU_STORE,	/* it = value + i */
	GPU_ADD,	/* it += value */
	GPU_ATOMIC,	/* the same, atomically */

	/* The other atomics: */
	GPU_ATOMIC_INC,		/* it = it >= value ? 0 : it + 1 */
	GPU_ATOMIC_DEC,		/* it = it == 0 || it > value ? value : it - 1 */
	GPU_ATOMIC_MIN,		/* with value + i, as the next ones */
	GPU_ATOMIC_MAX,
	GPU_ATOMIC_AND,
	GPU_ATOMIC_OR,
	GPU_ATOMIC_XOR,
	GPU_ATOMIC_ADD64,	/* the 64-bit word += value */
	GPU_ATOMIC_EXCHANGE,	/* out[i] = it, it = value + i */
	GPU_ATOMIC_CAS,		/* it += value, as a loop of compare and swap */
	GPU_OPS,
};

struct gpu_job {
	enum gpu_op op;
	const volatile void *p;
	uint32_t stride;	/* 0: all the same word */
	uint32_t count;
	uint32_t value;
	uint32_t *out; /* of GPU_LOAD, _EXCHANGE; NULL where what is read does not matter */
};

struct gpu {
	int fd;
	uint64_t cutout;	/* of its mirror */
	bool own;		/* of nouveau_hmm_drm.h */
	bool lost;		/* a job did not come to its end: nothing runs on it any more */
	uint32_t channel, oclass, syncobj;
	uint32_t bo;		/* its handle, or 0 */
	uint64_t job;		/* the last one */
	size_t push_words;	/* its commands */
	void *ring;
	char *low;		/* what the units in front of the SMs read: */
	uint64_t at;		/* its address for them, below 2^40 */
	uint32_t *sink;		/* where loads go that nobody asked for */
	size_t sink_bytes;
};

/* That of this process, with a file of its own; a new one when a subtest has lost its channel. */
struct gpu *gpu(void);

/* Failure is the test's. The file belongs to the caller. */
void gpu_open(struct gpu *gpu, const struct mirror *mirror);
void gpu_close(struct gpu *gpu);

/* Runs it to its end: 0, -EIO (the channel was stopped), -ETIME, or what the submission says. */
int gpu_run(struct gpu *gpu, const struct gpu_job *job);
/* The two halves of it. One job at a time. */
int gpu_submit(struct gpu *gpu, const struct gpu_job *job);
int gpu_wait(struct gpu *gpu, double seconds);
/* Not upstream: */
/* The last job once more, while it may still run. */
int gpu_submit_again(struct gpu *gpu);
hmm_status gpu_status(const struct gpu *gpu);

/* Whole arrays of words. */
int gpu_read(struct gpu *gpu, const volatile uint32_t *p, size_t words, uint32_t *out);
int gpu_fill(struct gpu *gpu, volatile uint32_t *p, size_t words, uint32_t value);
int gpu_add(struct gpu *gpu, volatile uint32_t *p, size_t words, uint32_t value);
/*
 * The GPU adds to each word, the CPU takes it off again: what was there is there if no write of the
 * GPU was lost. Failure is the test's.
 */
void gpu_changes(struct gpu *gpu, volatile uint32_t *p, size_t words);
/* One word of each page; what it writes is what was there, or 0. */
int gpu_touch(struct gpu *gpu, const volatile void *p, size_t bytes, enum gpu_op op);

#endif
