// SPDX-License-Identifier: MIT
/*
 * lowmem.c - memory below 2^40: a heap of reserved addresses, cut into arenas of 2 MiB, and large
 * pieces that are mappings of their own.
 *
 * An arena is either given out in granules of 256 bytes or, with others behind it, as a whole. What
 * is given out is noted beside the memory, not in it: the GPU writes there. Code is always in the
 * heap: the compute class reaches 4 GiB from one address (SET_PROGRAM_REGION).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

#define ARENA_BYTES	(UINT64_C(2) << 20)
#define GRANULE		256u
#define GRANULES	(ARENA_BYTES / GRANULE)
#define SMALL_MAX	(ARENA_BYTES / 2)
#define HEAP_PIECE_MAX	(UINT64_C(64) << 20)	/* larger ones do not go into the heap */

#define INSIDE		0xffffu			/* granule of a piece, not its first */

struct arena {
	uint32_t whole;				/* first of so many arenas; INSIDE: not the first */
	uint32_t used;				/* granules */
	uint16_t run[GRANULES];			/* length of the piece that begins there; 0: free */
};

struct large {
	struct large *next;
	void *at;
	size_t bytes;
};

/* ---- addresses ---- */

/* 0, -EEXIST: something is there, or another error. */
static int map_at(uint64_t addr, size_t size, int prot)
{
	void *want = (void *)(uintptr_t)addr, *got;

	got = mmap(want, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		   MAP_FIXED_NOREPLACE, -1, 0);
	if (got == MAP_FAILED)
		return -errno;
	if (got == want)
		return 0;
	munmap(got, size);	/* kernels before 4.17 take the address for a hint */
	return -EEXIST;
}

static int map_between(uint64_t from, uint64_t to, uint64_t step, size_t size, int prot,
		       void **memory)
{
	uint64_t at;
	int ret;

	for (at = from; at + size <= to; at += step) {
		ret = map_at(at, size, prot);
		if (!ret) {
			*memory = (void *)(uintptr_t)at;
			return 0;
		}
		if (ret != -EEXIST && ret != -EPERM)
			return ret;
	}
	return -ENOSPC;
}

/*
 * Usually nearly all of the 1 TiB is free. Under the address sanitizer only what is below 2 GiB is:
 * its shadow lies above.
 */
int lowmem_map(size_t size, uint64_t align, int prot, void **memory)
{
	uint64_t step = UINT64_C(256) << 20;
	int ret;

	if (align > step || size > LOW_LIMIT)
		return -ENOSPC;
	ret = map_between(UINT64_C(16) << 30, LOW_LIMIT, step, size, prot, memory);
	if (ret == -ENOSPC)
		ret = map_between(UINT64_C(64) << 20, UINT64_C(2) << 30, UINT64_C(16) << 20, size,
				  prot, memory);
	if (!ret)
		madvise(*memory, size, MADV_DONTFORK);
	return ret;
}

/* ---- arenas ---- */

static uint64_t nr_arenas(const struct lowmem *low)
{
	return low->heap_bytes / ARENA_BYTES;
}

static void *arena_memory(const struct lowmem *low, uint64_t n)
{
	return (void *)(uintptr_t)(low->heap + n * ARENA_BYTES);
}

/* Makes @count arenas from the first free place. */
static int arenas_new(struct lowmem *low, uint64_t count, uint64_t *first)
{
	uint64_t n, run = 0;

	for (n = 0; n < nr_arenas(low) && run < count; n++)
		run = low->arenas[n] ? 0 : run + 1;
	if (run < count)
		return -ENOSPC;
	*first = n - count;
	if (mprotect(arena_memory(low, *first), count * ARENA_BYTES, PROT_READ | PROT_WRITE))
		return -errno;
	for (n = 0; n < count; n++) {
		struct arena *a = calloc(1, sizeof(*a));

		if (!a) {
			while (n--) {
				free(low->arenas[*first + n]);
				low->arenas[*first + n] = NULL;
			}
			return -ENOMEM;
		}
		low->arenas[*first + n] = a;
	}
	return 0;
}

static void arenas_drop(struct lowmem *low, uint64_t first, uint64_t count)
{
	uint64_t n;

	madvise(arena_memory(low, first), count * ARENA_BYTES, MADV_DONTNEED);
	for (n = first; n < first + count; n++) {
		free(low->arenas[n]);
		low->arenas[n] = NULL;
	}
}

/* First granule of a free piece, or -1. */
static long find_granules(const struct arena *a, uint32_t count, uint32_t align)
{
	uint32_t at = 0, n;

	while (at + count <= GRANULES) {
		for (n = 0; n < count && !a->run[at + n]; n++)
			;
		if (n == count)
			return at;
		n += at;
		while (n < GRANULES && a->run[n])
			n += a->run[n] == INSIDE ? 1 : a->run[n];
		at = (uint32_t)align_up(n, align);
	}
	return -1;
}

static void *take_granules(struct lowmem *low, uint64_t n, uint32_t count, uint32_t align)
{
	struct arena *a = low->arenas[n];
	long at;
	char *p;

	if (!a || a->whole || a->used + count > GRANULES)
		return NULL;
	at = find_granules(a, count, align);
	if (at < 0)
		return NULL;
	memset(&a->run[at], 0xff, count * sizeof(a->run[0]));
	a->run[at] = (uint16_t)count;
	a->used += count;
	p = (char *)arena_memory(low, n) + (size_t)at * GRANULE;
	memset(p, 0, (size_t)count * GRANULE);
	return p;
}

static int alloc_small(struct lowmem *low, size_t size, size_t align, void **memory)
{
	uint32_t count = (uint32_t)(align_up(size, GRANULE) / GRANULE);
	uint64_t n;
	int ret;

	for (n = 0; n < nr_arenas(low); n++) {
		*memory = take_granules(low, n, count, (uint32_t)(align / GRANULE));
		if (*memory)
			break;
	}
	if (n == nr_arenas(low)) {
		ret = arenas_new(low, 1, &n);
		if (ret)
			return ret;
		*memory = take_granules(low, n, count, (uint32_t)(align / GRANULE));
	}
	low->used += (uint64_t)count * GRANULE;
	return 0;
}

static int alloc_whole(struct lowmem *low, size_t size, void **memory)
{
	uint64_t count = align_up(size, ARENA_BYTES) / ARENA_BYTES, first, n;
	int ret = arenas_new(low, count, &first);

	if (ret)
		return ret;
	low->arenas[first]->whole = (uint32_t)count;
	for (n = 1; n < count; n++)
		low->arenas[first + n]->whole = INSIDE;
	low->used += count * ARENA_BYTES;
	*memory = arena_memory(low, first);
	return 0;
}

static int alloc_large(struct lowmem *low, size_t size, size_t align, void **memory)
{
	struct large *l = calloc(1, sizeof(*l));
	int ret;

	if (!l)
		return -ENOMEM;
	l->bytes = align_up(size, GPU_PAGE);
	ret = lowmem_map(l->bytes, align, PROT_READ | PROT_WRITE, &l->at);
	if (ret) {
		free(l);
		return ret;
	}
	l->next = low->large;
	low->large = l;
	low->used += l->bytes;
	*memory = l->at;
	return 0;
}

int lowmem_alloc(struct lowmem *low, size_t size, size_t align, bool code, void **memory)
{
	void *p = NULL;
	int ret;

	if (!size || (align && !is_power_of_two(align)) || align > ARENA_BYTES)
		return -EINVAL;
	if (align < GRANULE)
		align = GRANULE;
	if (size > LOW_LIMIT)
		return -ENOSPC;
	pthread_mutex_lock(&low->lock);
	if (size <= SMALL_MAX && align <= SMALL_MAX)
		ret = alloc_small(low, size, align, &p);
	else if (code || size <= HEAP_PIECE_MAX)
		ret = alloc_whole(low, size, &p);
	else
		ret = -ENOSPC;
	if (ret == -ENOSPC && !code)
		ret = alloc_large(low, size, align, &p);
	pthread_mutex_unlock(&low->lock);
	if (!ret)
		*memory = p;
	return ret;
}

/* ---- freeing ---- */

static void free_in_heap(struct lowmem *low, uint64_t offset)
{
	uint64_t n = offset / ARENA_BYTES;
	uint32_t at = (uint32_t)(offset % ARENA_BYTES / GRANULE), count;
	struct arena *a = low->arenas[n];

	if (!a || a->whole == INSIDE)
		return;
	if (a->whole) {
		low->used -= a->whole * ARENA_BYTES;
		arenas_drop(low, n, a->whole);
		return;
	}
	count = a->run[at];
	if (!count || count == INSIDE)
		return;
	memset(&a->run[at], 0, count * sizeof(a->run[0]));
	a->used -= count;
	low->used -= (uint64_t)count * GRANULE;
	if (!a->used && n)	/* the first one stays, so that pairs of calls are cheap */
		arenas_drop(low, n, 1);
}

static void free_large(struct lowmem *low, void *memory)
{
	struct large **link, *l;

	for (link = &low->large; (l = *link); link = &l->next) {
		if (l->at != memory)
			continue;
		*link = l->next;
		low->used -= l->bytes;
		munmap(l->at, l->bytes);
		free(l);
		return;
	}
}

void lowmem_free(struct lowmem *low, void *memory)
{
	uint64_t addr = addr_of(memory);

	if (!memory)
		return;
	pthread_mutex_lock(&low->lock);
	if (addr >= low->heap && addr - low->heap < low->heap_bytes)
		free_in_heap(low, addr - low->heap);
	else
		free_large(low, memory);
	pthread_mutex_unlock(&low->lock);
}

uint64_t lowmem_used(struct lowmem *low)
{
	uint64_t used;

	pthread_mutex_lock(&low->lock);
	used = low->used;
	pthread_mutex_unlock(&low->lock);
	return used;
}

/* ---- life ---- */

int lowmem_init(struct lowmem *low)
{
	static const size_t sizes[] = { 1u << 30, 256u << 20, 64u << 20 };
	void *heap = NULL;
	int ret = -ENOSPC;
	size_t i;

	memset(low, 0, sizeof(*low));
	for (i = 0; i < ARRAY_SIZE(sizes) && ret == -ENOSPC; i++) {
		ret = lowmem_map(sizes[i], ARENA_BYTES, PROT_NONE, &heap);
		low->heap_bytes = sizes[i];
	}
	if (ret)
		return ret;
	low->heap = addr_of(heap);
	low->arenas = calloc(nr_arenas(low), sizeof(*low->arenas));
	if (!low->arenas) {
		munmap(heap, low->heap_bytes);
		return -ENOMEM;
	}
	pthread_mutex_init(&low->lock, NULL);
	return 0;
}

void lowmem_fini(struct lowmem *low)
{
	uint64_t n;

	for (n = 0; n < nr_arenas(low); n++)
		free(low->arenas[n]);
	free(low->arenas);
	while (low->large)
		free_large(low, low->large->at);
	munmap((void *)(uintptr_t)low->heap, low->heap_bytes);
	pthread_mutex_destroy(&low->lock);
}
