// SPDX-License-Identifier: MIT
/*
 * fence.c - knowing that work is done: words in memory that the host unit writes, and syncobjs.
 *
 * Host's semaphore release (clc06f.h, SEMAPHOREA to D) waits until the engine is idle, and writes 4
 * bytes. A word of 64 bits is written as two halves, the low one first: a reader sees then, for
 * a moment, a value that is too low, never one that is too high.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <drm/drm.h>

#include "internal.h"
#include "methods.h"

#define SPINS		200u
#define SLEEP_MIN_NS	20000
#define SLEEP_MAX_NS	1000000

/* ---- time ---- */

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t deadline_of(int64_t timeout_ns)
{
	int64_t now = now_ns();

	if (timeout_ns < 0 || timeout_ns > INT64_MAX - now)
		return INT64_MAX;
	return now + timeout_ns;
}

void waiter_init(struct waiter *w, int64_t timeout_ns)
{
	w->deadline = deadline_of(timeout_ns);
	w->turns = 0;
}

/* Sleeps get longer, so that a wait costs little; the first turns do not sleep. */
int waiter_turn(struct waiter *w)
{
	struct timespec t = { 0 };
	int64_t left = w->deadline - now_ns(), ns = SLEEP_MIN_NS;

	if (left <= 0)
		return -ETIME;
	if (w->turns++ < SPINS)
		return 0;
	ns <<= (w->turns - SPINS) / 8 < 6 ? (w->turns - SPINS) / 8 : 6;
	if (ns > SLEEP_MAX_NS)
		ns = SLEEP_MAX_NS;
	t.tv_nsec = ns < left ? ns : left;
	nanosleep(&t, NULL);
	return 0;
}

/* ---- the GPU's side ---- */

COMPOTE_PUBLIC int compote_push_release(struct compote_push *push, uint32_t *word, uint32_t value)
{
	uint64_t addr = addr_of(word);
	uint32_t data[4] = {
		(uint32_t)(addr >> 32), (uint32_t)addr, value,
		SEMAPHORE_RELEASE | SEMAPHORE_RELEASE_4,
	};
	int ret = push_begin(push, UINT32_MAX);

	if (ret)
		return ret;
	if (!word || addr % 4)
		return push_fail(push, -EINVAL);
	if (addr >= LOW_LIMIT)
		return push_fail(push, -ERANGE);
	push_range(push, addr, 4, COMPOTE_RANGE_WRITE);
	return compote_push_methods(push, SUBCHANNEL_HOST, HOST_SEMAPHORE_A, data, 4);
}

COMPOTE_PUBLIC int compote_push_fence(struct compote_push *push, struct compote_fence *fence,
				      uint64_t value)
{
	uint32_t *half;
	int ret = push_begin(push, UINT32_MAX);

	if (ret)
		return ret;
	if (!fence || fence->kind != COMPOTE_FENCE_MEMORY || fence->space != push->space)
		return push_fail(push, -EINVAL);
	half = (uint32_t *)fence->word;
	ret = compote_push_release(push, half, (uint32_t)value);
	if (!ret && value >> 32)
		ret = compote_push_release(push, half + 1, (uint32_t)(value >> 32));
	return ret;
}

/* ---- life ---- */

static int create_syncobj(struct compote_fence *f)
{
	struct drm_syncobj_create c = { 0 };
	int ret = device_ioctl_retry(f->space->dev, DRM_IOCTL_SYNCOBJ_CREATE, &c);

	if (!ret)
		f->syncobj = c.handle;
	return ret;
}

COMPOTE_PUBLIC int compote_fence_create(struct compote_space *space, uint32_t kind,
					struct compote_fence **fence)
{
	struct compote_fence *f;
	int ret;

	if (!space || !fence || kind > COMPOTE_FENCE_SYNCOBJ)
		return -EINVAL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->space = space_get(space);
	f->kind = kind;
	if (kind == COMPOTE_FENCE_MEMORY)
		ret = lowmem_alloc(&space->low, sizeof(*f->word), 0, false, (void **)&f->word);
	else
		ret = create_syncobj(f);
	if (ret) {
		space_put(space);
		free(f);
		return ret;
	}
	*fence = f;
	return 0;
}

COMPOTE_PUBLIC void compote_fence_destroy(struct compote_fence *fence)
{
	struct drm_syncobj_destroy d = { 0 };

	if (!fence)
		return;
	d.handle = fence->syncobj;
	if (fence->kind == COMPOTE_FENCE_SYNCOBJ)
		device_ioctl_retry(fence->space->dev, DRM_IOCTL_SYNCOBJ_DESTROY, &d);
	lowmem_free(&fence->space->low, fence->word);
	space_put(fence->space);
	free(fence);
}

COMPOTE_PUBLIC int compote_fence_reset(struct compote_fence *fence)
{
	struct drm_syncobj_array a = { .count_handles = 1 };

	if (!fence)
		return -EINVAL;
	if (fence->kind == COMPOTE_FENCE_MEMORY) {
		__atomic_store_n(fence->word, 0, __ATOMIC_RELEASE);
		return 0;
	}
	a.handles = addr_of(&fence->syncobj);
	return device_ioctl_retry(fence->space->dev, DRM_IOCTL_SYNCOBJ_RESET, &a);
}

COMPOTE_PUBLIC uint64_t *compote_fence_word(struct compote_fence *fence)
{
	return fence ? fence->word : NULL;
}

COMPOTE_PUBLIC uint32_t compote_fence_syncobj(const struct compote_fence *fence)
{
	return fence ? fence->syncobj : 0;
}

/* ---- the CPU's side ---- */

static bool reached(const struct compote_fence *f, uint64_t value)
{
	return __atomic_load_n(f->word, __ATOMIC_ACQUIRE) >= value;
}

/* The channel is asked only now and then: that is a system call. */
static int wait_memory(struct compote_fence *f, uint64_t value, struct compote_channel *ch,
		       int64_t timeout_ns)
{
	struct waiter w;
	int ret;

	waiter_init(&w, timeout_ns);
	for (;;) {
		if (reached(f, value))
			return 0;
		ret = waiter_turn(&w);
		if (!ret && (!ch || w.turns <= SPINS || w.turns % 16))
			continue;
		if (ch && channel_check(ch))
			return reached(f, value) ? 0 : -EIO;
		if (ret)
			return reached(f, value) ? 0 : ret;
	}
}

/* The fence of a job that was stopped is signalled too: the channel knows better. */
static int wait_syncobj(struct compote_fence *f, struct compote_channel *ch, int64_t timeout_ns)
{
	struct drm_syncobj_wait w = {
		.handles = addr_of(&f->syncobj),
		.timeout_nsec = deadline_of(timeout_ns),
		.count_handles = 1,
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
	};
	int ret = device_ioctl_retry(f->space->dev, DRM_IOCTL_SYNCOBJ_WAIT, &w);

	return ret || !ch ? ret : channel_check(ch);
}

COMPOTE_PUBLIC int compote_fence_wait(struct compote_fence *fence, uint64_t value,
				      struct compote_channel *channel, int64_t timeout_ns)
{
	if (!fence)
		return -EINVAL;
	if (fence->kind == COMPOTE_FENCE_MEMORY)
		return wait_memory(fence, value, channel, timeout_ns);
	return wait_syncobj(fence, channel, timeout_ns);
}

COMPOTE_PUBLIC int compote_word_wait(const uint32_t *word, uint32_t value, int64_t timeout_ns)
{
	struct waiter w;
	int ret = 0;

	if (!word)
		return -EINVAL;
	waiter_init(&w, timeout_ns);
	for (;;) {
		if ((int32_t)(__atomic_load_n(word, __ATOMIC_ACQUIRE) - value) >= 0)
			return 0;
		if (ret)
			return ret;
		ret = waiter_turn(&w);
	}
}
