// SPDX-License-Identifier: MIT
/*
 * Which pages to map around a fault, and which to bring back with the one that
 * the CPU touched.
 */
#ifdef __KERNEL__
#include <linux/bitmap.h>
#include <linux/minmax.h>
#endif

#include "policy.h"

/**
 * DOC: Density
 *
 * Both decisions climb the tree of aligned halves of a block, from 64 KiB to 2
 * MiB: a step up is taken while more than half of the larger region is already
 * where the pages shall be, the new ones included. A program that walks through
 * memory thus asks for 64 KiB, 64 KiB, 128 KiB, 256 KiB and so on, and one that
 * jumps around never gets more than 64 KiB at a time. (nvidia-uvm decides by
 * the same tree, with 51 %.)
 */

static unsigned int pages_in(const unsigned long *map, struct svm_region r)
{
	unsigned int page, n = 0;

	for (page = r.first; page < r.end; page++)
		n += test_bit(page, map);
	return n;
}

static struct svm_region aligned(unsigned int page, unsigned int pages)
{
	struct svm_region r;

	r.first = page - page % pages;
	r.end = r.first + pages;
	return r;
}

static struct svm_region clip(struct svm_region r, struct svm_region limit)
{
	if (r.first < limit.first)
		r.first = limit.first;
	if (r.end > limit.end)
		r.end = limit.end;
	return r;
}

/*
 * The largest region around the group of @page that is more than half in @map,
 * that group counted as in.
 */
static struct svm_region grow(const unsigned long *map, unsigned int page)
{
	struct svm_region group = aligned(page, SVM_GROUP_PAGES), best = group, r;
	unsigned int missing = SVM_GROUP_PAGES - pages_in(map, group);
	unsigned int pages;

	for (pages = 2 * SVM_GROUP_PAGES; pages <= SVM_BLOCK_PAGES; pages *= 2) {
		r = aligned(page, pages);
		if (2 * (pages_in(map, r) + missing) > pages)
			best = r;
	}
	return best;
}

/**
 * svm_policy_fault_around() - pages to map when some are asked for
 * @mapped: pages that the GPU maps already
 * @wanted: pages that it asks for, at least one
 * @stream: the block before this one, or the one behind it, is mapped for the most part
 * @limit: do not leave this
 *
 * A program that went through the neighbour goes on through this block: it gets all of it.
 *
 * Return: a region with all of @wanted in it, which are in @limit.
 */
struct svm_region svm_policy_fault_around(const unsigned long *mapped, const unsigned long *wanted,
					  bool stream, struct svm_region limit)
{
	struct svm_region all = { SVM_BLOCK_PAGES, 0 }, r;
	DECLARE_BITMAP(dense, SVM_BLOCK_PAGES);
	unsigned int page;

	if (stream)
		return limit;

	/* Each group that is asked for will be there as a whole. */
	bitmap_copy(dense, mapped, SVM_BLOCK_PAGES);
	for_each_set_bit(page, wanted, SVM_BLOCK_PAGES)
		bitmap_set(dense, page - page % SVM_GROUP_PAGES, SVM_GROUP_PAGES);

	for_each_set_bit(page, wanted, SVM_BLOCK_PAGES) {
		r = grow(dense, page);
		if (r.first < all.first)
			all.first = r.first;
		if (r.end > all.end)
			all.end = r.end;
	}
	return clip(all, limit);
}

/**
 * svm_policy_bring_back() - pages to take to RAM with the one that the CPU touched
 * @in_ram: pages of the block that are not in VRAM
 * @page: the page, not in @in_ram
 * @limit: do not leave this
 *
 * Return: a region with @page in it, which is in @limit.
 */
struct svm_region svm_policy_bring_back(const unsigned long *in_ram, unsigned int page,
					struct svm_region limit)
{
	return clip(grow(in_ram, page), limit);
}
