/* SPDX-License-Identifier: MIT */
/*
 * What the rooms of the library share. Each function is in the file that is named above it.
 */
#ifndef COMPOTE_INTERNAL_H
#define COMPOTE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common.h"
#include "compote.h"

#define GPU_PAGE	4096u
#define LOW_LIMIT	(UINT64_C(1) << 40)	/* of host and of the compute class */
#define GPU_LIMIT	(UINT64_C(1) << 49)
#define WINDOW_BYTES	(UINT64_C(16) << 20)	/* of the shared and the local memory window */

static inline uint64_t align_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) & ~(to - 1);
}

static inline bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

static inline uint64_t addr_of(const volatile void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* ---- device.c ---- */

struct compote_device {
	atomic_uint refs;
	atomic_bool has_space;
	int fd;
	struct compote_device_info info;
	void *cutout;			/* kept free while the file is open */
	size_t cutout_bytes;
};

struct compote_device *device_get(struct compote_device *dev);
void device_put(struct compote_device *dev);
/* 0: not known. */
uint32_t device_multiprocessors(const struct compote_device *dev);
/* ioctl() that returns a negative errno. */
int device_ioctl(const struct compote_device *dev, unsigned long request, void *arg);
/* The same, again after signals: for requests that have done nothing when they return EINTR. */
int device_ioctl_retry(const struct compote_device *dev, unsigned long request, void *arg);

/* ---- lowmem.c ---- */

struct lowmem {
	pthread_mutex_t lock;
	uint64_t heap;			/* reserved addresses, cut into arenas; code is only here */
	size_t heap_bytes;
	struct arena **arenas;		/* by number; NULL: free */
	struct large *large;		/* mappings of their own */
	uint64_t used;
};

int lowmem_init(struct lowmem *low);
void lowmem_fini(struct lowmem *low);
int lowmem_alloc(struct lowmem *low, size_t size, size_t align, bool code, void **memory);
void lowmem_free(struct lowmem *low, void *memory);
uint64_t lowmem_used(struct lowmem *low);
/* Maps fresh memory below 2^40, aligned to a multiple of 4096. */
int lowmem_map(size_t size, uint64_t align, int prot, void **memory);

/* ---- space.c ---- */

struct compote_space {
	atomic_uint refs;
	struct compote_device *dev;
	struct lowmem low;
};

struct compote_space *space_get(struct compote_space *space);
void space_put(struct compote_space *space);
/* Windows through which generic addresses reach shared and local memory: 16 MiB each. */
uint64_t space_shared_window(const struct compote_space *space);
uint64_t space_local_window(const struct compote_space *space);

/* ---- channel.c ---- */

struct compote_channel {
	struct compote_space *space;
	uint32_t id, engine, class;
	void *ring;			/* ours, or NULL */
	pthread_mutex_t lock;		/* of what follows */
	_Atomic uint64_t local_per_sm;	/* bytes */
	struct setup *setups;		/* jobs of our own, and their memory */
};

int channel_submit(struct compote_channel *ch, const struct compote_range *ranges, uint32_t nr,
		   const struct compote_submit_options *options, uint64_t *job);
/* -EIO if it was stopped. */
int channel_check(struct compote_channel *ch);

/* ---- push.c ---- */

struct segment {
	uint32_t *words;
	size_t used, room;		/* in words */
};

struct range_list {
	struct compote_range *v;
	uint32_t n, room;
};

struct compote_push {
	struct compote_space *space;
	uint32_t engine;
	int error;
	bool finished;
	bool launched;			/* caches are clean for what was loaded before the job */
	uint64_t local_per_sm;		/* what its launches need */
	struct segment *segments;
	size_t nr_segments;
	struct range_list data;		/* memory beside the commands */
	struct range_list job;		/* finished: what a submit hands over */
	void **owned;			/* low memory that ends with it */
	size_t nr_owned;
};

/* Keeps the first error. */
int push_fail(struct compote_push *push, int error);
/* Can something be appended? For any engine: UINT32_MAX. */
int push_begin(struct compote_push *push, uint32_t engine);
/* Low memory that lasts as long as the commands. */
int push_alloc(struct compote_push *push, size_t size, void **memory);
int push_range(struct compote_push *push, uint64_t addr, uint64_t length, uint32_t flags);

/* ---- qmd.c ---- */

#define QMD_WORDS	64
#define QMD_BYTES	256

struct qmd {
	uint32_t program_offset;	/* from the program region's start */
	uint32_t grid[3], block[3];
	uint32_t shared_bytes, local_bytes, crs_bytes;
	uint32_t registers, barriers;
	struct {
		uint64_t addr;		/* multiple of 256; 0: not there */
		uint32_t bytes;
	} bank[COMPOTE_BANKS];
};

void qmd_build(uint32_t words[QMD_WORDS], const struct qmd *qmd);

/* ---- kernel.c ---- */

struct compote_kernel {
	struct compote_space *space;
	void *code;
	size_t code_bytes;
	uint32_t entry;			/* offset in code */
	uint32_t registers, shared_bytes, local_bytes, crs_bytes, barriers;
	uint32_t param_base, param_bytes;
	void *constants;		/* initial contents of bank 0, not for the GPU */
	size_t constants_bytes;
	struct compote_bank banks[COMPOTE_BANKS];	/* of the others: in low memory */
};

/* Local memory that one SM needs when its 64 warps run such a kernel. */
uint64_t kernel_local_per_sm(const struct compote_kernel *kernel);

/* ---- fence.c ---- */

struct compote_fence {
	struct compote_space *space;
	uint32_t kind;
	uint32_t syncobj;
	uint64_t *word;
};

/* A wait with a limit that gets slower with time. */
struct waiter {
	int64_t deadline;		/* CLOCK_MONOTONIC, or COMPOTE_FOREVER */
	unsigned int turns;
};

void waiter_init(struct waiter *w, int64_t timeout_ns);
/* Waits a little; -ETIME when it is time to give up. */
int waiter_turn(struct waiter *w);
/* End of a wait as an absolute time of CLOCK_MONOTONIC; INT64_MAX: never. */
int64_t deadline_of(int64_t timeout_ns);

#endif
