// SPDX-License-Identifier: MIT
/*
 * Claims of channels on pages that must stay mapped until a job is done, and second addresses of
 * blocks for units that address 40 bits only.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "nouveau_drv.h"

#include "channel.h"
#include "pte.h"
#include "svm.h"
#include "trace.h"

/**
 * DOC: Pages that jobs hold
 *
 * Nothing is pinned. A claim (&struct svm_hold) says that the pages of a region of a block are
 * needed by a channel until its job @seq is done; the GPU writes the number of the last job that is
 * done to RAM, so whether a claim still holds is a comparison.
 *
 * Submission: first all pages are made present and mapped (svm_hold_map(), which takes mmap_lock
 * and may take long), then the claims are renewed for the new job, under the lock of each block
 * (svm_hold_arm()), and if one of them was unmapped in between, all is begun again. No lock of the
 * process's memory is taken from the first renewed claim to the doorbell.
 *
 * A notifier first makes mmu_interval_read_retry() true, so that nobody maps or claims anything
 * new, then waits for the jobs that claim what it has to unmap (svm_holds_wait()), a second at
 * most. Then their channels are stopped. Either way it unmaps: what is still running gets a fatal
 * fault, and never reads memory that is somebody else's.
 */

#define HOLD_TIMEOUT	HZ

static bool is_busy(struct svm_hold *hold)
{
	lockdep_assert_held(&hold->block->lock);
	return hold->seq > svm_channel_done(hold->chan) &&
	       !svm_channel_stopped(hold->chan);
}

static bool overlaps(struct svm_hold *hold, unsigned int first, unsigned int end)
{
	return hold->region.first < end && hold->region.end > first;
}

static struct svm_hold *find_busy(struct svm_block *block, unsigned int first, unsigned int end)
{
	struct svm_hold *hold;

	list_for_each_entry(hold, &block->holds, head)
		if (overlaps(hold, first, end) && is_busy(hold))
			return hold;
	return NULL;
}

/**
 * svm_holds_busy() - does a job need any of these pages?
 * @block: block, locked
 * @first: first page
 * @end: behind the last one
 *
 * Return: true if so.
 */
bool svm_holds_busy(struct svm_block *block, unsigned int first, unsigned int end)
{
	return find_busy(block, first, end);
}

/**
 * svm_holds_find() - the first block in which a job needs pages
 * @svmm: space
 * @start: first address to look at
 * @end: behind the last one
 *
 * Return: its first address in the range, or @end.
 */
unsigned long svm_holds_find(struct nouveau_svmm *svmm, unsigned long start, unsigned long end)
{
	struct svm_block *block;
	unsigned long addr, next;
	bool busy;

	for (addr = start; addr < end; addr = next) {
		next = min(end, (addr & SVM_BLOCK_MASK) + SVM_BLOCK_SIZE);
		block = svm_block_find(svmm, addr);
		if (!block)
			continue;
		mutex_lock(&block->lock);
		busy = svm_holds_busy(block, (addr - block->start) >> PAGE_SHIFT,
				      DIV_ROUND_UP(next - block->start, PAGE_SIZE));
		mutex_unlock(&block->lock);
		svm_block_put(block);
		if (busy)
			return addr;
	}
	return end;
}

/**
 * svm_holds_wait() - wait until no job needs these pages, or stop its channel
 * @block: block, locked; the lock is dropped meanwhile
 * @first: first page
 * @end: behind the last one
 *
 * The caller has made mmu_interval_read_retry() of the block true. May be called from reclaim.
 */
void svm_holds_wait(struct svm_block *block, unsigned int first, unsigned int end)
{
	unsigned long timeout = jiffies + HOLD_TIMEOUT;
	u64 begin = ktime_get_ns();
	unsigned int us = 10;
	struct svm_hold *hold;

	lockdep_assert_held(&block->lock);
	if (!find_busy(block, first, end))
		return;
	block->waiting++;
	while ((hold = find_busy(block, first, end))) {
		if (time_after(jiffies, timeout)) {
			svm_channel_revoke(hold->chan, block->start +
					   max(first, hold->region.first) * PAGE_SIZE);
			continue;
		}
		mutex_unlock(&block->lock);
		usleep_range(us, us + us / 2);
		us = min(us + us / 2, 1000U);
		mutex_lock(&block->lock);
	}
	block->waiting--;
	svm_count(block->svmm, SVM_JOB_WAITS, 1);
	trace_svm_wait(block->svmm, block->start + first * PAGE_SIZE,
		       block->start + end * PAGE_SIZE, ktime_get_ns() - begin);
}

/**
 * svm_holds_unmapped() - pages have been taken out of the GPU's reach
 * @block: block, locked
 * @first: first page
 * @end: behind the last one
 */
void svm_holds_unmapped(struct svm_block *block, unsigned int first, unsigned int end)
{
	struct svm_hold *hold;

	lockdep_assert_held(&block->lock);
	list_for_each_entry(hold, &block->holds, head)
		if (overlaps(hold, first, end))
			hold->valid = false;
}

/* ---- second addresses ---- */

static int alias_get(struct svm_hold *hold)
{
	struct svm_block *block = hold->block;
	int ret = 0;

	mutex_lock(&block->svmm->lock);
	if (READ_ONCE(block->dead))
		ret = -EBUSY;
	else if (!block->alias.start)
		ret = svm_pt_alias_init(block);
	if (!ret) {
		block->alias.users++;
		hold->alias = block->alias.start;
	}
	mutex_unlock(&block->svmm->lock);
	return ret;
}

/* The block may have ended before, and its alias with it. */
static void alias_put(struct svm_hold *hold)
{
	struct svm_block *block = hold->block;

	if (!hold->alias)
		return;
	mutex_lock(&block->svmm->lock);
	if (!--block->alias.users)
		svm_pt_alias_fini(block);
	mutex_unlock(&block->svmm->lock);
}

/**
 * svm_hold_alias() - where the host unit finds an address
 * @hold: claim on its page
 * @addr: address in the process
 * @gpu: result, valid as long as the claim and its block
 *
 * Return: 0, -ENOMEM, -ENOSPC if too many blocks have a second address, -EBUSY if the block ended.
 */
int svm_hold_alias(struct svm_hold *hold, u64 addr, u64 *gpu)
{
	struct svm_block *block = hold->block;
	int ret = 0;

	*gpu = addr;
	if (block->start + SVM_BLOCK_SIZE <= SVM_HOST_LIMIT)
		return 0;
	if (!hold->alias)
		ret = alias_get(hold);
	*gpu = hold->alias + (addr - block->start);
	return ret;
}

/* ---- the claims of a channel ---- */

/* Not in a block whose memory went as a whole: other memory may have come. */
static struct svm_hold *find_hold(struct svm_channel *chan, u64 base, struct svm_region region,
				  bool write)
{
	struct svm_hold *hold;

	hash_for_each_possible(chan->holds, hold, node, base >> SVM_BLOCK_SHIFT)
		if (hold->block->start == base && hold->write == write &&
		    !READ_ONCE(hold->block->dead) &&
		    hold->region.first == region.first && hold->region.end == region.end)
			return hold;
	return NULL;
}

static void drop(struct svm_hold *hold)
{
	mutex_lock(&hold->block->lock);
	list_del(&hold->head);
	mutex_unlock(&hold->block->lock);
	hash_del(&hold->node);
	hold->chan->nr_holds--;
	alias_put(hold);
	svm_block_put(hold->block);
	kfree(hold);
}

/* Before page tables are made for it: a range may be terabytes of nothing. */
static bool is_mapped(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	bool mapped;

	mmap_read_lock(mm);
	mapped = find_vma_intersection(mm, start, end);
	mmap_read_unlock(mm);
	return mapped;
}

static struct svm_hold *new_hold(struct svm_channel *chan, u64 base, struct svm_region region,
				 bool write)
{
	struct svm_hold *hold;

	if (!is_mapped(chan->svmm->mm, base + region.first * PAGE_SIZE,
		       base + region.end * PAGE_SIZE))
		return ERR_PTR(-EFAULT);
	hold = kzalloc_obj(*hold, GFP_KERNEL_ACCOUNT);
	if (!hold)
		return ERR_PTR(-ENOMEM);
	hold->block = svm_block_get_or_new(chan->svmm, base + region.first * PAGE_SIZE);
	if (IS_ERR(hold->block)) {
		struct svm_block *error = hold->block;

		kfree(hold);
		return ERR_CAST(error);
	}
	hold->chan = chan;
	hold->region = region;
	hold->write = write;
	hold->seq = svm_channel_done(chan);
	hold->old = hold->seq;
	hash_add(chan->holds, &hold->node, base >> SVM_BLOCK_SHIFT);
	chan->nr_holds++;
	mutex_lock(&hold->block->lock);
	list_add(&hold->head, &hold->block->holds);
	mutex_unlock(&hold->block->lock);
	return hold;
}

/**
 * svm_hold_get() - a claim, not for any job yet
 * @chan: channel, locked
 * @start: address
 * @end: behind the last byte, in the same block
 * @write: the pages must be writable
 *
 * Return: a claim of the channel's, or -ENOMEM, -EFAULT, -ENODEV.
 */
struct svm_hold *svm_hold_get(struct svm_channel *chan, u64 start, u64 end, bool write)
{
	u64 base = start & SVM_BLOCK_MASK;
	struct svm_region region = {
		.first = (start - base) >> PAGE_SHIFT,
		.end = DIV_ROUND_UP(end - base, PAGE_SIZE),
	};
	struct svm_hold *hold = find_hold(chan, base, region, write);

	lockdep_assert_held(&chan->lock);
	return hold ?: new_hold(chan, base, region, write);
}

/**
 * svm_holds_drop_all() - give up all claims
 * @chan: channel, locked, which is off the GPU
 */
void svm_holds_drop_all(struct svm_channel *chan)
{
	struct hlist_node *next;
	struct svm_hold *hold;
	int bucket;

	lockdep_assert_held(&chan->lock);
	chan->ring_hold = NULL;
	hash_for_each_safe(chan->holds, bucket, next, hold, node)
		drop(hold);
}

/**
 * svm_holds_drop_idle() - give up all claims of jobs that are done, but for the ring's
 * @chan: channel, locked
 *
 * It may be stopped, and then not be off the GPU yet: jobs that are not done keep theirs.
 */
void svm_holds_drop_idle(struct svm_channel *chan)
{
	struct hlist_node *next;
	struct svm_hold *hold;
	int bucket;

	lockdep_assert_held(&chan->lock);
	hash_for_each_safe(chan->holds, bucket, next, hold, node)
		if (hold != chan->ring_hold && hold->seq <= svm_channel_done(chan))
			drop(hold);
}

/* Under the block's lock: is all of it mapped? */
static bool check_mapped(struct svm_hold *hold)
{
	enum svm_access access = hold->write ? SVM_WRITE : SVM_READ;
	unsigned int page;

	lockdep_assert_held(&hold->block->lock);
	for (page = hold->region.first; page < hold->region.end; page++)
		if (!svm_pte_allows(hold->block->pt.pte[page], access))
			return false;
	hold->valid = true;
	return true;
}

/**
 * svm_hold_map() - make the pages of a claim present and mapped
 * @hold: claim
 * @missing: the first page that cannot be had
 *
 * Takes mmap_lock. The caller holds a reference on the memory.
 *
 * Return: 0, -EFAULT if they cannot be had, -EBUSY if the CPU kept changing them, -ENOMEM.
 */
int svm_hold_map(struct svm_hold *hold, u64 *missing)
{
	struct svm_block *block = hold->block;
	struct svm_region r = hold->region;
	struct svm_request *req;
	bool mapped;
	int ret;

	mutex_lock(&block->lock);
	mapped = !block->waiting && (hold->valid || check_mapped(hold));
	mutex_unlock(&block->lock);
	if (mapped)
		return 0;

	req = kzalloc_obj(*req);
	if (!req)
		return -ENOMEM;
	req->region = r;
	bitmap_set(req->read, r.first, r.end - r.first);
	if (hold->write)
		bitmap_set(req->write, r.first, r.end - r.first);
	ret = svm_block_serve(block, req);
	if (!ret && !bitmap_empty(req->failed, SVM_BLOCK_PAGES)) {
		ret = req->error == -ENOMEM ? -ENOMEM : -EFAULT;
		*missing = block->start + find_first_bit(req->failed, SVM_BLOCK_PAGES) * PAGE_SIZE;
	}
	kfree(req);
	if (ret)
		return ret == -EAGAIN ? -EBUSY : ret;

	/* New entries need no invalidate, but ones that became writable do. */
	svm_pt_invalidate(block->svmm);
	mutex_lock(&block->lock);
	check_mapped(hold);
	mutex_unlock(&block->lock);
	return 0;
}

/**
 * svm_hold_arm() - renew a claim for a job
 * @hold: claim
 * @seq: the job
 *
 * Return: true; false if the pages are not mapped any more.
 */
bool svm_hold_arm(struct svm_hold *hold, u64 seq)
{
	bool armed;

	mutex_lock(&hold->block->lock);
	armed = hold->valid && !hold->block->waiting && !hold->block->dead;
	if (armed && hold->seq != seq) {
		hold->old = hold->seq;
		hold->seq = seq;
	}
	mutex_unlock(&hold->block->lock);
	return armed;
}

/**
 * svm_hold_disarm() - the job does not come about
 * @hold: claim
 */
void svm_hold_disarm(struct svm_hold *hold)
{
	mutex_lock(&hold->block->lock);
	hold->seq = hold->old;
	mutex_unlock(&hold->block->lock);
}
