// SPDX-License-Identifier: MIT
/*
 * VRAM as device-private pages: struct pages for all of it, memory for them from TTM in chunks of 2
 * MiB.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "nouveau_drv.h"
#include "nouveau_bo.h"
#include "nouveau_dmem.h"

#include "svm.h"
#include "svm_migrate.h"
#include "trace.h"

/**
 * DOC: Device memory
 *
 * One &struct dev_pagemap covers all of VRAM from the beginning, so that a page's VRAM address is
 * arithmetic: its distance from the first one. Only part of these pages may be used at a time: a 2
 * MiB chunk of VRAM is ours while a buffer object holds it. Such an object is made when a migration
 * finds no room in those that there are, and given back soon after its last page was freed. A chunk
 * is used as one folio of order 9 or as 512 pages; the bitmap of pages in use does not care which,
 * and so does not notice when a folio is split.
 *
 * Locking: &nouveau_dmem.lock is a spinlock and protects chunks, bitmaps and lists. A page is freed
 * wherever its last reference is dropped, also under spinlocks: dmem_folio_free() only clears bits,
 * and leaves the rest to a worker.
 *
 * Eviction has one way. The buffer objects of chunks are on TTM's list like all others, moved to
 * its end when the GPU takes faults on their pages (dmem_touch()). Whoever needs VRAM, be it a
 * buffer object or another chunk, makes TTM evict what was not used for longest. For a chunk, TTM
 * asks nouveau_dmem_evict() (patches/0010), which migrates its pages to RAM, under the reservation
 * of the buffer object. Only an empty chunk leaves VRAM, and TTM never copies one. If a page cannot
 * be moved now, TTM takes another object.
 *
 * The life of a page: free; set aside by dmem_room_get(); a locked folio with one reference, from
 * dmem_room_take(), that a migration fills and hands to the process; mapped, perhaps by several
 * processes; the source of a migration to RAM, or unmapped by its last process; freed. A page has
 * no owner but the processes that map it, so nothing has to be told when a file is closed or a
 * process forks.
 */

/* How often to try again when pages are locked by somebody, and how long to wait in between. */
#define EVICT_TRIES	3
#define EVICT_LOCK_MS	5
#define EMPTY_TRIES	100
#define EMPTY_MS	20

/* How many chunks to try to empty when page tables need VRAM. */
#define SHRINK_TRIES	8

/* Empty chunks are given back after this, so that the next migration may find them still there. */
#define REAP_DELAY	HZ

/* How many chunks to look at for room before VRAM is taken for another one. */
#define ROOM_SEARCH	64

/* TTM's list is touched at most so often for a chunk. */
#define TOUCH_DELAY	(HZ / 20)

/**
 * struct dmem_chunk - 2 MiB of VRAM
 * @index: VRAM address >> SVM_BLOCK_SHIFT
 * @bo: holds the VRAM
 * @head: in &nouveau_dmem.room, .full or .gone
 * @used: pages in use or set aside
 * @nr_used: how many
 * @busy: pages set aside, and others who need the chunk to stay
 * @evicting: is being emptied: nothing is allocated here
 * @touched: when it was last moved in TTM's list, in jiffies
 * @mm: who had room made here last; only the struct is held
 * @addr: and for which block
 */
struct dmem_chunk {
	unsigned int index;
	struct nouveau_bo *bo;
	struct list_head head;
	DECLARE_BITMAP(used, SVM_BLOCK_PAGES);
	unsigned int nr_used;
	unsigned int busy;
	bool evicting;
	unsigned long touched;
	struct mm_struct *mm;
	unsigned long addr;
};

/**
 * struct nouveau_dmem - the device memory of one device
 * @drm: device
 * @pagemap: struct pages for all of VRAM
 * @copy: copy channel
 * @lock: protects the rest
 * @chunks: by VRAM address >> SVM_BLOCK_SHIFT
 * @nr_chunks: length of @chunks
 * @room: chunks with free pages
 * @full: chunks without, or which are being emptied
 * @gone: emptied chunks, not in @chunks any more, whose buffer object is to be dropped
 * @nr_used: pages in use or set aside
 * @closed: nothing may be set aside any more
 * @reap: gives back empty chunks
 * @read_lock: one dmem_read() at a time
 */
struct nouveau_dmem {
	struct nouveau_drm *drm;
	struct dev_pagemap pagemap;
	struct svm_copy *copy;
	spinlock_t lock;	/* see above */
	struct dmem_chunk **chunks;
	unsigned int nr_chunks;
	struct list_head room;
	struct list_head full;
	struct list_head gone;
	u64 nr_used;
	bool closed;
	struct delayed_work reap;
	struct mutex read_lock;	/* see above */
};

/* Tells our buffer objects from all others. They are not GEM objects, so nothing is called. */
static const struct drm_gem_object_funcs dmem_bo_funcs;

static struct nouveau_dmem *page_dmem(struct page *page)
{
	return container_of(page_pgmap(page), struct nouveau_dmem, pagemap);
}

/* Also for a page that is free, and does not say whose it is. */
static u64 pfn_addr(struct nouveau_dmem *dmem, unsigned long pfn)
{
	return PFN_PHYS(pfn) - dmem->pagemap.range.start;
}

/**
 * dmem_page_addr() - where a page is
 * @page: page of ours
 *
 * Return: its VRAM address.
 */
u64 dmem_page_addr(struct page *page)
{
	return pfn_addr(page_dmem(page), page_to_pfn(page));
}

static struct page *addr_page(struct nouveau_dmem *dmem, u64 addr)
{
	return pfn_to_page(PHYS_PFN(dmem->pagemap.range.start + addr));
}

static struct page *chunk_page(struct nouveau_dmem *dmem, struct dmem_chunk *chunk, unsigned int i)
{
	return addr_page(dmem, ((u64)chunk->index << SVM_BLOCK_SHIFT) + ((u64)i << PAGE_SHIFT));
}

static unsigned int page_slot(struct page *page)
{
	return (dmem_page_addr(page) >> PAGE_SHIFT) % SVM_BLOCK_PAGES;
}

static struct dmem_chunk *page_chunk(struct page *page)
{
	struct nouveau_dmem *dmem = page_dmem(page);

	lockdep_assert_held(&dmem->lock);
	return dmem->chunks[dmem_page_addr(page) >> SVM_BLOCK_SHIFT];
}

/**
 * dmem_page_drm() - the device of a page
 * @page: page of ours
 *
 * Return: device.
 */
struct nouveau_drm *dmem_page_drm(struct page *page)
{
	return page_dmem(page)->drm;
}

/**
 * dmem_copy() - the channel that copies to and from these pages
 * @dmem: device memory
 *
 * Return: channel.
 */
struct svm_copy *dmem_copy(struct nouveau_dmem *dmem)
{
	return dmem->copy;
}

/**
 * dmem_resident() - VRAM in use
 * @dmem: device memory, may be NULL
 *
 * Return: bytes.
 */
u64 dmem_resident(struct nouveau_dmem *dmem)
{
	return dmem ? READ_ONCE(dmem->nr_used) << PAGE_SHIFT : 0;
}

/* Into the list where it belongs now, to the worker if it is empty. */
static void chunk_sort(struct nouveau_dmem *dmem, struct dmem_chunk *chunk)
{
	lockdep_assert_held(&dmem->lock);
	if (chunk->evicting || chunk->nr_used == SVM_BLOCK_PAGES)
		list_move(&chunk->head, &dmem->full);
	else
		list_move(&chunk->head, &dmem->room);
	if (!chunk->nr_used && !chunk->evicting)
		queue_delayed_work(system_dfl_wq, &dmem->reap, REAP_DELAY);
}

static void slots_set(struct nouveau_dmem *dmem, struct dmem_chunk *chunk, unsigned int first,
		      unsigned int nr)
{
	bitmap_set(chunk->used, first, nr);
	chunk->nr_used += nr;
	dmem->nr_used += nr;
}

static void slots_clear(struct nouveau_dmem *dmem, struct dmem_chunk *chunk, unsigned int first,
			unsigned int nr)
{
	bitmap_clear(chunk->used, first, nr);
	chunk->nr_used -= nr;
	dmem->nr_used -= nr;
	chunk_sort(dmem, chunk);
}

static void dmem_folio_free(struct folio *folio)
{
	struct page *page = &folio->page;
	struct nouveau_dmem *dmem = page_dmem(page);
	unsigned int nr = folio_nr_pages(folio);

	/* These are not the second page of anything when it is used alone the next time. */
	if (nr > 1)
		folio_page(folio, 1)->flags.f &= ~PAGE_FLAGS_SECOND;

	spin_lock(&dmem->lock);
	slots_clear(dmem, page_chunk(page), page_slot(page), nr);
	spin_unlock(&dmem->lock);
}

static void dmem_folio_split(struct folio *head, struct folio *tail)
{
	if (!tail)
		return;
	tail->pgmap = head->pgmap;
	tail->mapping = head->mapping;
	folio_set_zone_device_data(tail, folio_zone_device_data(head));
}

static const struct dev_pagemap_ops dmem_pagemap_ops = {
	.folio_free = dmem_folio_free,
	.folio_split = dmem_folio_split,
	.migrate_to_ram = svm_migrate_cpu_fault,
};

static void chunk_free(struct dmem_chunk *chunk)
{
	nouveau_bo_fini(chunk->bo);
	if (chunk->mm)
		mmdrop(chunk->mm);
	kfree(chunk);
}

/* From here on its VRAM is somebody else's. */
static void chunk_detach(struct nouveau_dmem *dmem, struct dmem_chunk *chunk)
{
	lockdep_assert_held(&dmem->lock);
	WARN_ON_ONCE(chunk->nr_used || chunk->busy);
	dmem->chunks[chunk->index] = NULL;
	list_move(&chunk->head, &dmem->gone);
}

static void dmem_reap(struct nouveau_dmem *dmem)
{
	struct dmem_chunk *chunk, *next;
	LIST_HEAD(gone);

	spin_lock(&dmem->lock);
	list_for_each_entry_safe(chunk, next, &dmem->room, head) {
		if (!chunk->nr_used && !chunk->busy)
			chunk_detach(dmem, chunk);
	}
	list_splice_init(&dmem->gone, &gone);
	spin_unlock(&dmem->lock);

	list_for_each_entry_safe(chunk, next, &gone, head)
		chunk_free(chunk);
}

static void dmem_reap_work(struct work_struct *work)
{
	dmem_reap(container_of(to_delayed_work(work), struct nouveau_dmem, reap));
}

/* A new chunk is in use when its buffer object is known to be in VRAM, and tagged as ours. */
static int chunk_publish(struct nouveau_dmem *dmem, struct dmem_chunk *chunk)
{
	struct ttm_buffer_object *bo = &chunk->bo->bo;
	int ret = -ENOSPC;
	u64 addr;

	dma_resv_assert_held(bo->base.resv);
	if (!bo->resource || bo->resource->mem_type != TTM_PL_VRAM)
		return -ENOSPC;
	addr = (u64)bo->resource->start << PAGE_SHIFT;
	/* Boards with unequal memory partitions have some VRAM far away from the rest. */
	if (!IS_ALIGNED(addr, SVM_BLOCK_SIZE) || addr >> SVM_BLOCK_SHIFT >= dmem->nr_chunks)
		return -ENXIO;

	chunk->index = addr >> SVM_BLOCK_SHIFT;
	chunk->touched = jiffies;
	spin_lock(&dmem->lock);
	if (!dmem->closed && !WARN_ON_ONCE(dmem->chunks[chunk->index])) {
		dmem->chunks[chunk->index] = chunk;
		list_add(&chunk->head, &dmem->room);
		chunk->busy = 1;
		ret = 0;
	}
	spin_unlock(&dmem->lock);
	return ret;
}

/* Takes 2 MiB from TTM, which may evict others. The caller drops @busy. */
static struct dmem_chunk *chunk_new(struct nouveau_dmem *dmem)
{
	struct dmem_chunk *chunk;
	int ret;

	if (READ_ONCE(dmem->closed))
		return NULL;
	chunk = kzalloc_obj(*chunk);
	if (!chunk)
		return NULL;
	INIT_LIST_HEAD(&chunk->head);
	ret = nouveau_bo_new(&dmem->drm->client, SVM_BLOCK_SIZE, SVM_BLOCK_SIZE,
			     NOUVEAU_GEM_DOMAIN_VRAM, 0, 0, NULL, NULL, &chunk->bo);
	if (ret) {
		kfree(chunk);
		return NULL;
	}

	ret = ttm_bo_reserve(&chunk->bo->bo, false, false, NULL);
	if (!ret) {
		chunk->bo->bo.base.funcs = &dmem_bo_funcs;
		ret = chunk_publish(dmem, chunk);
		if (ret)
			chunk->bo->bo.base.funcs = NULL;
		ttm_bo_unreserve(&chunk->bo->bo);
	}
	if (ret) {
		chunk_free(chunk);
		return NULL;
	}
	return chunk;
}

static void room_add(struct nouveau_dmem *dmem, struct dmem_room *room, unsigned int i,
		     struct dmem_chunk *chunk, unsigned int slot, unsigned int nr)
{
	unsigned int n;

	slots_set(dmem, chunk, slot, nr);
	chunk->busy += nr;
	for (n = 0; n < nr; n++)
		room->page[i + n] = chunk_page(dmem, chunk, slot + n);
	room->nr += nr;
	chunk_sort(dmem, chunk);
}

/*
 * A run of free pages for the region. From 64 KiB on it lies in its 64 KiB like the region lies in
 * its own, so that the GPU can map it with big pages.
 */
static bool room_in_chunk(struct nouveau_dmem *dmem, struct dmem_room *room,
			  struct svm_region region, struct dmem_chunk *chunk)
{
	unsigned int nr = region.end - region.first;
	unsigned long mask = nr < SVM_GROUP_PAGES ? 0 : SVM_GROUP_PAGES - 1;
	unsigned long slot;

	lockdep_assert_held(&dmem->lock);
	if (SVM_BLOCK_PAGES - chunk->nr_used < nr)
		return false;
	slot = bitmap_find_next_zero_area_off(chunk->used, SVM_BLOCK_PAGES, 0, nr, mask,
					      -region.first & mask);
	if (slot + nr > SVM_BLOCK_PAGES)
		return false;
	room_add(dmem, room, region.first, chunk, slot, nr);
	room->whole = nr == SVM_BLOCK_PAGES;
	return true;
}

static bool room_in_chunks(struct nouveau_dmem *dmem, struct dmem_room *room,
			   struct svm_region region)
{
	struct dmem_chunk *chunk;
	unsigned int tries = ROOM_SEARCH;
	bool found = false;

	spin_lock(&dmem->lock);
	list_for_each_entry(chunk, &dmem->room, head) {
		if (dmem->closed || !tries--)
			break;
		found = room_in_chunk(dmem, room, region, chunk);
		if (found)
			break;
	}
	spin_unlock(&dmem->lock);
	return found;
}

static bool room_in_new(struct nouveau_dmem *dmem, struct dmem_room *room,
			struct svm_region region)
{
	struct dmem_chunk *chunk = chunk_new(dmem);
	bool found;

	if (!chunk)
		return false;
	spin_lock(&dmem->lock);
	chunk->busy--;
	found = !dmem->closed && room_in_chunk(dmem, room, region, chunk);
	if (!found)
		chunk_sort(dmem, chunk);
	spin_unlock(&dmem->lock);
	return found;
}

/* What is left, page by page. */
static void room_anywhere(struct nouveau_dmem *dmem, struct dmem_room *room,
			  struct svm_region region)
{
	struct dmem_chunk *chunk;
	unsigned int slot;

	spin_lock(&dmem->lock);
	while (region.first < region.end && !dmem->closed) {
		chunk = list_first_entry_or_null(&dmem->room, typeof(*chunk), head);
		if (!chunk)
			break;
		slot = find_first_zero_bit(chunk->used, SVM_BLOCK_PAGES);
		room_add(dmem, room, region.first++, chunk, slot, 1);
	}
	spin_unlock(&dmem->lock);
}

/**
 * dmem_room_get() - set pages aside
 * @dmem: device memory
 * @room: result, as many pages as there are
 * @region: for which pages of a block
 *
 * May make TTM evict, so it takes reservations, and waits. Holds none and no spinlock when it
 * returns.
 */
void dmem_room_get(struct nouveau_dmem *dmem, struct dmem_room *room, struct svm_region region)
{
	memset(room, 0, sizeof(*room));
	if (room_in_chunks(dmem, room, region) || room_in_new(dmem, room, region))
		return;
	room_anywhere(dmem, room, region);
}

/**
 * dmem_room_take() - make a folio of what was set aside
 * @dmem: device memory
 * @room: what was set aside
 * @i: for which page of the block
 * @order: 0, or 9 for all of @room, which must be whole then
 *
 * Return: its first page, locked, with one reference; NULL if there is none.
 */
struct page *dmem_room_take(struct nouveau_dmem *dmem, struct dmem_room *room, unsigned int i,
			    unsigned int order)
{
	struct page *page = room->page[i];
	unsigned int nr = 1 << order;

	if (!page || (order && !(room->whole && room->nr == nr)))
		return NULL;

	/* Not page_folio(): a page that was in a folio of order 9 still points at its head. */
	zone_device_folio_init((struct folio *)page, &dmem->pagemap, order);
	folio_set_zone_device_data((struct folio *)page, NULL);
	memset(&room->page[i], 0, nr * sizeof(room->page[0]));
	room->nr -= nr;

	spin_lock(&dmem->lock);
	page_chunk(page)->busy -= nr;
	spin_unlock(&dmem->lock);
	return page;
}

/**
 * dmem_room_put() - give back what was not taken
 * @dmem: device memory
 * @room: what was set aside
 */
void dmem_room_put(struct nouveau_dmem *dmem, struct dmem_room *room)
{
	struct dmem_chunk *chunk;
	unsigned int i, slot;
	u64 addr;

	if (!room->nr)
		return;
	spin_lock(&dmem->lock);
	for (i = 0; i < SVM_BLOCK_PAGES; i++) {
		if (!room->page[i])
			continue;
		addr = pfn_addr(dmem, page_to_pfn(room->page[i]));
		chunk = dmem->chunks[addr >> SVM_BLOCK_SHIFT];
		slot = (addr >> PAGE_SHIFT) % SVM_BLOCK_PAGES;
		chunk->busy--;
		slots_clear(dmem, chunk, slot, 1);
		room->page[i] = NULL;
	}
	room->nr = 0;
	spin_unlock(&dmem->lock);
}

/**
 * dmem_room_for() - remember whom the room is for
 * @dmem: device memory
 * @room: what was set aside, in one chunk
 * @mm: process
 * @addr: a block of it
 *
 * Only a hint, for eviction: see evict_from_process().
 */
void dmem_room_for(struct nouveau_dmem *dmem, struct dmem_room *room, struct mm_struct *mm,
		   unsigned long addr)
{
	struct dmem_chunk *chunk;
	unsigned int i = 0;

	while (i < SVM_BLOCK_PAGES && !room->page[i])
		i++;
	if (i == SVM_BLOCK_PAGES)
		return;
	mmgrab(mm);
	spin_lock(&dmem->lock);
	chunk = dmem->chunks[pfn_addr(dmem, page_to_pfn(room->page[i])) >> SVM_BLOCK_SHIFT];
	swap(chunk->mm, mm);
	chunk->addr = addr;
	spin_unlock(&dmem->lock);
	if (mm)
		mmdrop(mm);
}

/**
 * dmem_touch() - the GPU uses a page
 * @page: a page of ours that is in use
 *
 * Keeps TTM from evicting its chunk soon. May be called with a &svm_block.lock held.
 */
void dmem_touch(struct page *page)
{
	struct nouveau_dmem *dmem = page_dmem(page);
	struct ttm_buffer_object *bo;
	struct dmem_chunk *chunk;

	spin_lock(&dmem->lock);
	chunk = page_chunk(page);
	if (!chunk || chunk->evicting || time_before(jiffies, chunk->touched + TOUCH_DELAY)) {
		spin_unlock(&dmem->lock);
		return;
	}
	chunk->touched = jiffies;
	chunk->busy++;
	spin_unlock(&dmem->lock);

	/* If this fails somebody is at it; it is on the list in any case. */
	bo = &chunk->bo->bo;
	if (dma_resv_trylock(bo->base.resv)) {
		ttm_bo_move_to_lru_tail_unlocked(bo);
		dma_resv_unlock(bo->base.resv);
	}

	spin_lock(&dmem->lock);
	chunk->busy--;
	chunk_sort(dmem, chunk);
	spin_unlock(&dmem->lock);
}

/**
 * dmem_let_go() - drop lock and reference of a huge page that are another's
 * @dmem: device memory
 * @page: its first page
 *
 * For the time until dmem_hold_again(), its chunk and the pagemap stay.
 */
void dmem_let_go(struct nouveau_dmem *dmem, struct page *page)
{
	percpu_ref_get(&dmem->pagemap.ref);
	spin_lock(&dmem->lock);
	page_chunk(page)->busy++;
	spin_unlock(&dmem->lock);
	unlock_page(page);
	put_page(page);
}

/* If nobody uses the first page of a chunk, make it a locked page with one reference. */
static bool hold_unused(struct nouveau_dmem *dmem, struct dmem_chunk *chunk, struct page *page)
{
	bool free;

	spin_lock(&dmem->lock);
	free = !test_bit(0, chunk->used);
	if (free) {
		slots_set(dmem, chunk, 0, 1);
		chunk_sort(dmem, chunk);
	}
	spin_unlock(&dmem->lock);
	if (free)
		zone_device_folio_init((struct folio *)page, &dmem->pagemap, 0);
	return free;
}

/**
 * dmem_hold_again() - take back what dmem_let_go() dropped
 * @dmem: device memory
 * @page: first page of a chunk
 *
 * The page may have been freed, and may be in use for something else. Whatever it is, it is locked
 * and has a reference then, as the one expects who gave them to us.
 */
void dmem_hold_again(struct nouveau_dmem *dmem, struct page *page)
{
	u64 addr = pfn_addr(dmem, page_to_pfn(page));
	struct dmem_chunk *chunk;

	spin_lock(&dmem->lock);
	chunk = dmem->chunks[addr >> SVM_BLOCK_SHIFT];
	spin_unlock(&dmem->lock);

	for (;;) {
		if (folio_try_get((struct folio *)page)) {
			folio_lock((struct folio *)page);
			break;
		}
		if (hold_unused(dmem, chunk, page))
			break;
		/* It is being freed, or set aside for a migration. */
		usleep_range(20, 50);
	}

	spin_lock(&dmem->lock);
	chunk->busy--;
	chunk_sort(dmem, chunk);
	spin_unlock(&dmem->lock);
	percpu_ref_put(&dmem->pagemap.ref);
}

/**
 * dmem_read() - read VRAM by the CPU
 * @page: first page in VRAM, in use and locked
 * @to: first page in RAM
 * @npages: how many, in one chunk
 *
 * Slow. For when there is no copy engine any more and data must not be lost. A chunk with pages in
 * use does not move, so this needs no reservation.
 *
 * Return: 0 or a negative errno.
 */
int dmem_read(struct page *page, struct page *to, unsigned int npages)
{
	struct nouveau_dmem *dmem = page_dmem(page);
	struct ttm_bo_kmap_obj map;
	struct dmem_chunk *chunk;
	unsigned int i;
	bool iomem;
	void *from;
	int ret;

	spin_lock(&dmem->lock);
	chunk = page_chunk(page);
	spin_unlock(&dmem->lock);

	mutex_lock(&dmem->read_lock);
	ret = ttm_bo_kmap(&chunk->bo->bo, page_slot(page), npages, &map);
	if (!ret) {
		from = ttm_kmap_obj_virtual(&map, &iomem);
		for (i = 0; i < npages; i++) {
			void *dst = kmap_local_page(to + i);

			memcpy_fromio(dst, (void __force __iomem *)from + i * PAGE_SIZE, PAGE_SIZE);
			kunmap_local(dst);
		}
		ttm_bo_kunmap(&map);
	}
	mutex_unlock(&dmem->read_lock);
	return ret;
}

/* Pages of a chunk, as an array of their numbers. */
static unsigned int chunk_pfns(struct nouveau_dmem *dmem, struct dmem_chunk *chunk,
			       unsigned long *pfns)
{
	unsigned int i, n = 0;

	lockdep_assert_held(&dmem->lock);
	for_each_set_bit(i, chunk->used, SVM_BLOCK_PAGES)
		pfns[n++] = page_to_pfn(chunk_page(dmem, chunk, i));
	return n;
}

static struct dmem_chunk *chunk_of_bo(struct nouveau_dmem *dmem, struct ttm_buffer_object *bo)
{
	struct dmem_chunk *chunk;
	u64 index;

	lockdep_assert_held(&dmem->lock);
	if (!bo->resource || bo->resource->mem_type != TTM_PL_VRAM)
		return NULL;
	index = (u64)bo->resource->start >> (SVM_BLOCK_SHIFT - PAGE_SHIFT);
	if (index >= dmem->nr_chunks)
		return NULL;
	chunk = dmem->chunks[index];
	return chunk && &chunk->bo->bo == bo ? chunk : NULL;
}

/*
 * Whoever has the lock for writing may wait for a reservation that the caller
 * has, so it is not waited for as long as it takes; but all chunks of a process
 * are behind the same lock, and it is not out of VRAM because of an mmap().
 */
static bool lock_for_eviction(struct mm_struct *mm)
{
	unsigned long timeout = jiffies + msecs_to_jiffies(EVICT_LOCK_MS);

	while (!mmap_read_trylock(mm)) {
		if (time_after(jiffies, timeout))
			return false;
		usleep_range(100, 500);
	}
	return true;
}

/*
 * Through the process that had the chunk last, a block goes to RAM with one notification of its
 * notifiers; page by page, each page is one. Also, only there a huge page can be split. TTM's
 * reservation is held, so mmap_lock can only be tried.
 */
static void evict_from_process(struct nouveau_dmem *dmem, struct dmem_chunk *chunk)
{
	struct svm_moved moved = {};
	struct mm_struct *mm;
	unsigned long addr;

	spin_lock(&dmem->lock);
	mm = chunk->mm;
	addr = chunk->addr;
	if (mm && !mmget_not_zero(mm))
		mm = NULL;
	spin_unlock(&dmem->lock);
	if (!mm)
		return;
	if (lock_for_eviction(mm)) {
		svm_migrate_to_ram(dmem->drm, mm, addr, addr + SVM_BLOCK_SIZE, &moved);
		mmap_read_unlock(mm);
	}
	mmput_async(mm);
}

/*
 * A huge page may leave as one only if no process can zap it meanwhile (see "A migration"), as none
 * runs before suspend. Before the driver is unloaded there is no choice: the few that
 * evict_from_process() did not reach, because only a child of that process still has them, must go.
 */
static bool chunk_is_huge(struct nouveau_dmem *dmem, unsigned long first)
{
	return folio_test_large(page_folio(pfn_to_page(first))) && !READ_ONCE(dmem->closed);
}

/* Return: pages left, or a negative errno. */
static int chunk_evict(struct nouveau_dmem *dmem, struct dmem_chunk *chunk)
{
	unsigned long *pfns;
	unsigned int tries, nr = 0;
	int ret = 0;

	pfns = kmalloc_array(SVM_BLOCK_PAGES, sizeof(*pfns), GFP_KERNEL);
	if (!pfns)
		return -ENOMEM;
	for (tries = 0; tries < EVICT_TRIES; tries++) {
		evict_from_process(dmem, chunk);
		spin_lock(&dmem->lock);
		nr = chunk_pfns(dmem, chunk, pfns);
		spin_unlock(&dmem->lock);
		if (!nr)
			break;
		if (chunk_is_huge(dmem, pfns[0]))
			continue;
		ret = svm_migrate_evict(dmem->drm, pfns, nr);
		cond_resched();
	}
	kfree(pfns);
	return nr ? (ret < 0 ? ret : nr) : 0;
}

/**
 * nouveau_dmem_owns() - is this the buffer object of a chunk?
 * @bo: any buffer object, only looked at
 *
 * Return: true if so.
 */
bool nouveau_dmem_owns(struct ttm_buffer_object *bo)
{
	return bo->base.funcs == &dmem_bo_funcs;
}

/**
 * nouveau_dmem_evict() - empty a chunk
 * @bo: buffer object of a chunk, reserved
 *
 * Migrates all pages in it to RAM. After success it belongs to nobody: its VRAM may be taken away.
 *
 * Return: 0, or -EBUSY if there still are pages in it.
 */
int nouveau_dmem_evict(struct ttm_buffer_object *bo)
{
	struct nouveau_drm *drm = container_of(bo->bdev, struct nouveau_drm, ttm.bdev);
	struct nouveau_dmem *dmem = drm->dmem;
	struct dmem_chunk *chunk;
	unsigned int before;

	dma_resv_assert_held(bo->base.resv);
	if (!dmem)
		return 0;

	spin_lock(&dmem->lock);
	chunk = chunk_of_bo(dmem, bo);
	if (!chunk || chunk->busy) {
		spin_unlock(&dmem->lock);
		return chunk ? -EBUSY : 0;
	}
	before = chunk->nr_used;
	chunk->evicting = true;
	chunk_sort(dmem, chunk);
	spin_unlock(&dmem->lock);

	if (before)
		chunk_evict(dmem, chunk);

	spin_lock(&dmem->lock);
	trace_svm_evict((u64)chunk->index << SVM_BLOCK_SHIFT, before - chunk->nr_used,
			chunk->nr_used);
	chunk->evicting = false;
	if (chunk->nr_used || chunk->busy) {
		chunk_sort(dmem, chunk);
		spin_unlock(&dmem->lock);
		return -EBUSY;
	}
	chunk_detach(dmem, chunk);
	spin_unlock(&dmem->lock);
	queue_delayed_work(system_dfl_wq, &dmem->reap, 0);
	if (before)
		svm_count_device(drm->svm, SVM_CHUNKS_EVICTED, 1);
	return 0;
}

/* The chunk that the GPU has not used for longest, with a reference on its buffer object. */
static struct ttm_buffer_object *oldest_chunk(struct nouveau_dmem *dmem)
{
	struct dmem_chunk *chunk, *oldest = NULL;
	unsigned int i;

	spin_lock(&dmem->lock);
	for (i = 0; i < dmem->nr_chunks; i++) {
		chunk = dmem->chunks[i];
		if (chunk && !chunk->busy && !chunk->evicting &&
		    (!oldest || time_before(chunk->touched, oldest->touched)))
			oldest = chunk;
	}
	if (oldest) {
		/* Should it not go, the next try takes another. */
		oldest->touched = jiffies;
		kref_get(&oldest->bo->bo.kref);
	}
	spin_unlock(&dmem->lock);
	return oldest ? &oldest->bo->bo : NULL;
}

/**
 * dmem_shrink() - give 2 MiB of VRAM back
 * @dmem: device memory, may be NULL
 *
 * For page tables: nvkm takes these from VRAM without asking TTM, which may have given all of it
 * to us. Waits for no reservation, and for nothing but our copies: the faults that wait for the
 * page table may hold everything else up.
 *
 * Return: 0; -EBUSY if somebody holds a reservation of what could leave VRAM, try again; -ENOSPC if
 * nothing of ours can.
 */
int dmem_shrink(struct nouveau_dmem *dmem)
{
	struct ttm_buffer_object *bo;
	bool reserved = false;
	unsigned int tries;
	int ret = -ENOSPC;

	if (!dmem)
		return -ENOSPC;
	for (tries = 0; tries < SHRINK_TRIES && ret; tries++) {
		bo = oldest_chunk(dmem);
		if (!bo)
			break;
		if (dma_resv_trylock(bo->base.resv)) {
			ret = nouveau_dmem_evict(bo) ? -ENOSPC : 0;
			dma_resv_unlock(bo->base.resv);
		} else {
			reserved = true;
		}
		ttm_bo_fini(bo);
	}
	if (!ret)
		dmem_reap(dmem);
	return ret && reserved ? -EBUSY : ret;
}

/* A chunk that still is there, with a reference on its buffer object. */
static struct ttm_buffer_object *any_chunk(struct nouveau_dmem *dmem, unsigned int from)
{
	struct ttm_buffer_object *bo = NULL;

	spin_lock(&dmem->lock);
	for (; from < dmem->nr_chunks && !bo; from++) {
		if (dmem->chunks[from]) {
			bo = &dmem->chunks[from]->bo->bo;
			kref_get(&bo->kref);
		}
	}
	spin_unlock(&dmem->lock);
	return bo;
}

/* One pass over all chunks. Return: true if none is left. */
static bool empty_once(struct nouveau_dmem *dmem)
{
	struct ttm_buffer_object *bo;
	unsigned int index = 0;
	bool empty = true;

	while ((bo = any_chunk(dmem, index))) {
		/* Its resource can only change when it is empty. */
		ttm_bo_reserve(bo, false, false, NULL);
		if (bo->resource && bo->resource->mem_type == TTM_PL_VRAM)
			index = ((u64)bo->resource->start << PAGE_SHIFT >> SVM_BLOCK_SHIFT) + 1;
		if (nouveau_dmem_evict(bo))
			empty = false;
		ttm_bo_unreserve(bo);
		ttm_bo_fini(bo);
	}
	return empty;
}

/* Take everything to RAM. Pages that somebody has locked are tried again, for some seconds. */
static int dmem_empty(struct nouveau_dmem *dmem)
{
	unsigned int tries;

	for (tries = 0; tries < EMPTY_TRIES; tries++) {
		if (empty_once(dmem)) {
			dmem_reap(dmem);
			return 0;
		}
		msleep(EMPTY_MS);
	}
	NV_ERROR(dmem->drm, "svm: %llu KiB do not leave VRAM\n", dmem_resident(dmem) >> 10);
	return -EBUSY;
}

static void dmem_close(struct nouveau_dmem *dmem, bool closed)
{
	spin_lock(&dmem->lock);
	dmem->closed = closed;
	spin_unlock(&dmem->lock);
}

/**
 * nouveau_dmem_suspend() - take everything to RAM
 * @drm: device
 *
 * Return: 0, or -EBUSY if something is left in VRAM: then the device must not sleep.
 */
int nouveau_dmem_suspend(struct nouveau_drm *drm)
{
	int ret;

	if (!drm->dmem)
		return 0;
	dmem_close(drm->dmem, true);
	ret = dmem_empty(drm->dmem);
	if (ret)
		dmem_close(drm->dmem, false);
	return ret;
}

/**
 * nouveau_dmem_resume() - use VRAM again
 * @drm: device
 *
 * Nothing was left there, so nothing has to be found again.
 */
void nouveau_dmem_resume(struct nouveau_drm *drm)
{
	if (drm->dmem)
		dmem_close(drm->dmem, false);
}

static void dmem_free(struct nouveau_dmem *dmem)
{
	svm_copy_fini(&dmem->copy);
	mutex_destroy(&dmem->read_lock);
	kvfree(dmem->chunks);
	kfree(dmem);
}

/**
 * nouveau_dmem_fini() - end the use of VRAM
 * @drm: device
 *
 * Pages of processes that still run, and of those that are about to end, go to RAM.
 */
void nouveau_dmem_fini(struct nouveau_drm *drm)
{
	struct nouveau_dmem *dmem = drm->dmem;

	if (!dmem)
		return;
	dmem_close(dmem, true);
	/* If something is left, memunmap_pages() waits until its processes free or touch it. */
	dmem_empty(dmem);
	memunmap_pages(&dmem->pagemap);
	release_mem_region(dmem->pagemap.range.start, range_len(&dmem->pagemap.range));

	cancel_delayed_work_sync(&dmem->reap);
	dmem_reap(dmem);
	WARN_ON(any_chunk(dmem, 0));
	/* No batch of faults asks for its VRAM. */
	mutex_lock(&drm->svm->fault_lock);
	drm->dmem = NULL;
	mutex_unlock(&drm->svm->fault_lock);
	dmem_free(dmem);
}

static int pagemap_init(struct nouveau_dmem *dmem)
{
	u64 size = (u64)dmem->nr_chunks << SVM_BLOCK_SHIFT;
	struct device *dev = dmem->drm->dev->dev;
	struct resource *res;
	void *addr;

	res = request_free_mem_region(&iomem_resource, size, "nouveau-svm");
	if (IS_ERR(res))
		return PTR_ERR(res);
	dmem->pagemap.type = MEMORY_DEVICE_PRIVATE;
	dmem->pagemap.range.start = res->start;
	dmem->pagemap.range.end = res->end;
	dmem->pagemap.nr_range = 1;
	dmem->pagemap.ops = &dmem_pagemap_ops;
	dmem->pagemap.owner = svm_owner(dmem->drm);
	addr = memremap_pages(&dmem->pagemap, dev_to_node(dev));
	if (IS_ERR(addr)) {
		release_mem_region(res->start, resource_size(res));
		return PTR_ERR(addr);
	}
	return 0;
}

/**
 * nouveau_dmem_init() - begin to use VRAM for processes' memory
 * @drm: device
 *
 * Where it cannot be, &nouveau_drm.dmem stays NULL, and everything stays in RAM.
 */
void nouveau_dmem_init(struct nouveau_drm *drm)
{
	struct nouveau_dmem *dmem;
	int ret;

	if (!drm->svm)
		return;
	dmem = kzalloc_obj(*dmem);
	if (!dmem)
		return;
	dmem->drm = drm;
	spin_lock_init(&dmem->lock);
	mutex_init(&dmem->read_lock);
	INIT_LIST_HEAD(&dmem->room);
	INIT_LIST_HEAD(&dmem->full);
	INIT_LIST_HEAD(&dmem->gone);
	INIT_DELAYED_WORK(&dmem->reap, dmem_reap_work);
	dmem->nr_chunks = drm->client.device.info.ram_size >> SVM_BLOCK_SHIFT;
	dmem->chunks = kvcalloc(dmem->nr_chunks, sizeof(*dmem->chunks), GFP_KERNEL);

	ret = dmem->chunks ? svm_copy_init(drm, &dmem->copy) : -ENOMEM;
	if (!ret)
		ret = pagemap_init(dmem);
	if (ret) {
		NV_WARN(drm, "svm: no device memory (%d)\n", ret);
		dmem_free(dmem);
		return;
	}
	drm->dmem = dmem;
}
