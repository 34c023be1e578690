// SPDX-License-Identifier: MIT
/*
 * push.c - building push buffers: methods, the memory that they touch, and finishing.
 *
 * Commands are in segments of low memory, which never move: a method lies in one segment. Method
 * headers are those of clc06f.h (open-gpu-doc).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "methods.h"
#include "nouveau_hmm_drm.h"

#define SEGMENT_WORDS		1024u
#define SEGMENT_WORDS_MAX	(256u << 10)

_Static_assert(SEGMENT_WORDS_MAX * 4 <= DRM_NOUVEAU_HMM_PUSH_MAX, "a segment is a push range");
_Static_assert(sizeof(struct compote_range) == sizeof(struct drm_nouveau_hmm_range), "range");
_Static_assert(COMPOTE_RANGE_PUSH == DRM_NOUVEAU_HMM_RANGE_PUSH, "range");
_Static_assert(COMPOTE_RANGE_WRITE == DRM_NOUVEAU_HMM_RANGE_WRITE, "range");

int push_fail(struct compote_push *push, int error)
{
	if (!push->error)
		push->error = error;
	return push->error;
}

int push_begin(struct compote_push *push, uint32_t engine)
{
	if (!push)
		return -EINVAL;
	if (push->error)
		return push->error;
	if (push->finished)
		return push_fail(push, -EBUSY);
	if (engine != UINT32_MAX && engine != push->engine)
		return push_fail(push, -EOPNOTSUPP);
	return 0;
}

/* ---- memory ---- */

int push_alloc(struct compote_push *push, size_t size, void **memory)
{
	void **owned = realloc(push->owned, (push->nr_owned + 1) * sizeof(*owned));
	int ret;

	if (!owned)
		return push_fail(push, -ENOMEM);
	push->owned = owned;
	ret = lowmem_alloc(&push->space->low, size, 0, false, memory);
	if (ret)
		return push_fail(push, ret);
	owned[push->nr_owned++] = *memory;
	return 0;
}

static int list_add(struct range_list *l, const struct compote_range *r)
{
	if (l->n == l->room) {
		uint32_t room = l->room ? l->room * 2 : 16;
		struct compote_range *v = realloc(l->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->room = room;
	}
	l->v[l->n++] = *r;
	return 0;
}

static bool same_range(const struct compote_range *a, const struct compote_range *b)
{
	return a->addr == b->addr && a->length == b->length && a->flags == b->flags;
}

/* In whole pages: that is what the driver looks at, and so neighbours become one range. */
int push_range(struct compote_push *push, uint64_t addr, uint64_t length, uint32_t flags)
{
	uint64_t start = addr & ~(uint64_t)(GPU_PAGE - 1);
	struct compote_range r = {
		.addr = start,
		.length = align_up(addr + length, GPU_PAGE) - start,
		.flags = flags,
	};
	int ret;

	if (!length || addr + length < addr || addr + length > GPU_LIMIT)
		return push_fail(push, -EINVAL);
	if (push->data.n && same_range(&push->data.v[push->data.n - 1], &r))
		return 0;
	ret = list_add(&push->data, &r);
	return ret ? push_fail(push, ret) : 0;
}

COMPOTE_PUBLIC int compote_push_range(struct compote_push *push, const void *addr, size_t length,
				      uint32_t flags)
{
	int ret = push_begin(push, UINT32_MAX);

	if (ret)
		return ret;
	if (flags & ~COMPOTE_RANGE_WRITE)
		return push_fail(push, -EINVAL);
	return push_range(push, addr_of(addr), length, flags);
}

/* ---- words ---- */

static int add_segment(struct compote_push *push, size_t words)
{
	size_t n = push->nr_segments;
	size_t room = n ? push->segments[n - 1].room * 2 : SEGMENT_WORDS;
	struct segment *s = realloc(push->segments, (n + 1) * sizeof(*s));
	void *memory;
	int ret;

	if (!s)
		return push_fail(push, -ENOMEM);
	push->segments = s;
	if (room > SEGMENT_WORDS_MAX)
		room = SEGMENT_WORDS_MAX;
	while (room < words)
		room *= 2;
	ret = lowmem_alloc(&push->space->low, room * 4, 0, false, &memory);
	if (ret)
		return push_fail(push, ret);
	s[n].words = memory;
	s[n].used = 0;
	s[n].room = room;
	push->nr_segments++;
	return 0;
}

/* Room for @n words in one segment. */
static uint32_t *take_words(struct compote_push *push, size_t n)
{
	struct segment *s = push->nr_segments ? &push->segments[push->nr_segments - 1] : NULL;
	uint32_t *words;

	if (!s || s->room - s->used < n) {
		if (add_segment(push, n))
			return NULL;
		s = &push->segments[push->nr_segments - 1];
	}
	words = s->words + s->used;
	s->used += n;
	return words;
}

static int add_method(struct compote_push *push, unsigned int kind, unsigned int subchannel,
		      uint32_t method, const uint32_t *data, uint32_t count)
{
	uint32_t *w;

	if (subchannel > 7 || method >= 0x4000 || method & 3 || !count ||
	    count > HEADER_COUNT_MAX || !data)
		return push_fail(push, -EINVAL);
	w = take_words(push, 1 + (size_t)count);
	if (!w)
		return push->error;
	w[0] = HEADER(kind, count, subchannel, method);
	memcpy(w + 1, data, count * sizeof(*data));
	return 0;
}

COMPOTE_PUBLIC int compote_push_methods(struct compote_push *push, unsigned int subchannel,
					uint32_t method, const uint32_t *data, uint32_t count)
{
	int ret = push_begin(push, UINT32_MAX);

	return ret ? ret : add_method(push, HEADER_INCREMENTING, subchannel, method, data, count);
}

COMPOTE_PUBLIC int compote_push_methods_fixed(struct compote_push *push, unsigned int subchannel,
					      uint32_t method, const uint32_t *data, uint32_t count)
{
	int ret = push_begin(push, UINT32_MAX);
	uint32_t n;

	if (!ret && !data)
		ret = push_fail(push, -EINVAL);
	if (ret)
		return ret;
	do {
		n = count < HEADER_COUNT_MAX ? count : HEADER_COUNT_MAX;
		ret = add_method(push, HEADER_FIXED, subchannel, method, data, n);
		count -= n;
		data += n;
	} while (!ret && count);
	return ret;
}

COMPOTE_PUBLIC int compote_push_methods_once(struct compote_push *push, unsigned int subchannel,
					     uint32_t method, const uint32_t *data, uint32_t count)
{
	int ret = push_begin(push, UINT32_MAX);

	return ret ? ret : add_method(push, HEADER_ONCE, subchannel, method, data, count);
}

COMPOTE_PUBLIC int compote_push_method(struct compote_push *push, unsigned int subchannel,
				       uint32_t method, uint32_t value)
{
	int ret = push_begin(push, UINT32_MAX);
	uint32_t *w;

	if (ret)
		return ret;
	if (value > HEADER_COUNT_MAX)
		return add_method(push, HEADER_INCREMENTING, subchannel, method, &value, 1);
	if (subchannel > 7 || method >= 0x4000 || method & 3)
		return push_fail(push, -EINVAL);
	w = take_words(push, 1);
	if (!w)
		return push->error;
	w[0] = HEADER(HEADER_IMMEDIATE, value, subchannel, method);
	return 0;
}

/* ---- commands of every engine, and data in the push buffer ---- */

/* Host waits for the engine; copies and grids flush what they wrote at their end. */
COMPOTE_PUBLIC int compote_push_barrier(struct compote_push *push)
{
	int ret = push_begin(push, UINT32_MAX);

	if (!ret && push->engine == COMPOTE_ENGINE_COMPUTE) {
		compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_WAIT_FOR_IDLE, 0);
		ret = compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_INVALIDATE_NO_WFI,
					  CP_INVALIDATE_DATA | CP_INVALIDATE_CONSTANT);
	} else if (!ret) {
		ret = compote_push_method(push, SUBCHANNEL_HOST, HOST_WFI, 0);
	}
	return ret;
}

/* LAUNCH_DMA of the compute class, and the data behind it (as in Mesa's nve4_compute.c). */
COMPOTE_PUBLIC int compote_push_inline(struct compote_push *push, void *dst, const void *data,
				       size_t bytes)
{
	uint64_t addr = addr_of(dst);
	uint32_t where[4] = { (uint32_t)bytes, 1, (uint32_t)(addr >> 32), (uint32_t)addr };
	uint32_t *w, words = (uint32_t)(bytes / 4);
	int ret = push_begin(push, COMPOTE_ENGINE_COMPUTE);

	if (ret)
		return ret;
	if (!data || !bytes || bytes % 4 || addr % 4 || bytes > 32760)
		return push_fail(push, -EINVAL);
	if (push_range(push, addr, bytes, COMPOTE_RANGE_WRITE))
		return push->error;
	compote_push_methods(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_LINE_LENGTH_IN, where, 4);
	w = push->error ? NULL : take_words(push, 2 + words);
	if (!w)
		return push->error;
	w[0] = HEADER(HEADER_ONCE, 1 + words, COMPOTE_SUBCHANNEL_COMPUTE, CP_LAUNCH_DMA);
	w[1] = CP_LAUNCH_DMA_PITCH | CP_LAUNCH_DMA_FLUSH;
	memcpy(w + 2, data, bytes);
	return 0;
}

/* ---- finishing ---- */

static int by_kind_and_address(const void *a, const void *b)
{
	const struct compote_range *x = a, *y = b;

	if (x->flags != y->flags)
		return x->flags < y->flags ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int add_segments(struct compote_push *push)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < push->nr_segments; i++) {
		struct compote_range r = {
			.addr = addr_of(push->segments[i].words),
			.length = push->segments[i].used * 4,
			.flags = COMPOTE_RANGE_PUSH,
		};

		if (r.length)
			ret = list_add(&push->job, &r);
	}
	return ret;
}

/* Ranges of one kind that touch or overlap become one. */
static int add_data(struct compote_push *push)
{
	struct range_list *l = &push->job;
	uint32_t first = l->n, i;
	int ret = 0;

	qsort(push->data.v, push->data.n, sizeof(*push->data.v), by_kind_and_address);
	for (i = 0; !ret && i < push->data.n; i++) {
		const struct compote_range *r = &push->data.v[i];
		struct compote_range *last = l->n > first ? &l->v[l->n - 1] : NULL;
		uint64_t end = r->addr + r->length;

		if (!last || last->flags != r->flags || r->addr > last->addr + last->length)
			ret = list_add(l, r);
		else if (end > last->addr + last->length)
			last->length = end - last->addr;
	}
	return ret;
}

COMPOTE_PUBLIC int compote_push_finish(struct compote_push *push)
{
	int ret = push_begin(push, UINT32_MAX);

	if (ret)
		return ret;
	ret = add_segments(push);
	if (!ret && push->data.n)
		ret = add_data(push);
	if (!ret && push->job.n > DRM_NOUVEAU_HMM_RANGES)
		ret = -E2BIG;
	if (ret)
		return push_fail(push, ret);
	push->finished = true;
	return 0;
}

COMPOTE_PUBLIC size_t compote_push_bytes(const struct compote_push *push)
{
	size_t words = 0, i;

	for (i = 0; push && i < push->nr_segments; i++)
		words += push->segments[i].used;
	return words * 4;
}

/* ---- life ---- */

COMPOTE_PUBLIC int compote_push_create(struct compote_space *space, uint32_t engine,
				       struct compote_push **push)
{
	struct compote_push *p;

	if (!space || !push || engine > COMPOTE_ENGINE_COPY)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->space = space_get(space);
	p->engine = engine;
	*push = p;
	return 0;
}

/* All but the first @keep segments, and what belongs to the commands. */
static void drop(struct compote_push *push, size_t keep)
{
	while (push->nr_owned)
		lowmem_free(&push->space->low, push->owned[--push->nr_owned]);
	while (push->nr_segments > keep)
		lowmem_free(&push->space->low, push->segments[--push->nr_segments].words);
	push->data.n = 0;
	push->job.n = 0;
}

/* The last segment is the largest: it is kept, for most of what is built anew is like the old. */
COMPOTE_PUBLIC int compote_push_reset(struct compote_push *push)
{
	struct segment last;

	if (!push)
		return -EINVAL;
	if (push->nr_segments > 1) {
		last = push->segments[push->nr_segments - 1];
		push->segments[push->nr_segments - 1] = push->segments[0];
		push->segments[0] = last;
	}
	drop(push, 1);
	if (push->nr_segments)
		push->segments[0].used = 0;
	push->error = 0;
	push->finished = false;
	push->launched = false;
	push->local_per_sm = 0;
	return 0;
}

COMPOTE_PUBLIC void compote_push_destroy(struct compote_push *push)
{
	if (!push)
		return;
	drop(push, 0);
	free(push->owned);
	free(push->segments);
	free(push->data.v);
	free(push->job.v);
	space_put(push->space);
	free(push);
}
