// SPDX-License-Identifier: MIT
/*
 * Blocks: 2 MiB of a space, and how their pages come to the GPU and go.
 */
#include <linux/hmm.h>
#include <linux/jiffies.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/pci-p2pdma.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "nouveau_drv.h"

#include "channel.h"
#include "pte.h"
#include "svm.h"
#include "svm_migrate.h"
#include "trace.h"

/**
 * DOC: A block and its notifier
 *
 * A block exists where the GPU has faulted. It watches its 2 MiB with one
 * interval notifier for as long as it lives; nothing is inserted or removed per
 * fault, and memory that the GPU never touched has no notifier.
 *
 * svm_block_serve() asks hmm_range_fault() for the whole block without the
 * block's lock, then takes the lock and, if no notifier came in between, enters
 * what it wants into &svm_pt.pte and into the page tables. A notifier takes the
 * same lock, clears entries and page tables, invalidates the TLBs and only then
 * lets the CPU go on. An entry in &svm_pt.pte is therefore always true: entries
 * are added from what hmm_range_fault() says, and only ever removed by
 * notifiers, or when the space is unmapped as a whole.
 *
 * hmm_range_fault() does not see everything that we map (a device-exclusive
 * entry looks absent to it), so a page that it calls absent is left alone.
 *
 * Every migration is honoured, by whomever: pages that we migrate ourselves are
 * unmapped by their notifier like any other.
 */

static const struct mmu_interval_notifier_ops block_ops;

static void block_free(struct kref *ref)
{
	struct svm_block *block = container_of(ref, struct svm_block, ref);

	hmm_dma_map_free(svm_device(block->svmm->svm), &block->map);
	mutex_destroy(&block->lock);
	nouveau_svmm_put(block->svmm);
	kvfree_rcu(block, rcu);
}

/**
 * svm_block_put() - drop a reference
 * @block: block
 */
void svm_block_put(struct svm_block *block)
{
	kref_put(&block->ref, block_free);
}

/**
 * svm_block_find() - the block of an address
 * @svmm: space
 * @addr: address
 *
 * Takes no lock.
 *
 * Return: the block, with a reference, or NULL.
 */
struct svm_block *svm_block_find(struct nouveau_svmm *svmm, unsigned long addr)
{
	struct svm_block *block;

	rcu_read_lock();
	block = xa_load(&svmm->blocks, addr >> SVM_BLOCK_SHIFT);
	if (block && !kref_get_unless_zero(&block->ref))
		block = NULL;
	rcu_read_unlock();
	return block;
}

/*
 * What of the block is not in the cut-out. A cut-out inside the block hides
 * what lies behind it.
 */
static struct svm_region mirrored(struct nouveau_svmm *svmm, unsigned long start)
{
	unsigned long end = start + SVM_BLOCK_SIZE;
	unsigned long first = start, last = end;

	if (svmm->cutout.start < end && svmm->cutout.end > start) {
		if (svmm->cutout.start > start)
			last = svmm->cutout.start;
		else
			first = min(svmm->cutout.end, end);
	}
	return (struct svm_region) { (first - start) >> PAGE_SHIFT, (last - start) >> PAGE_SHIFT };
}

static struct svm_block *block_new(struct nouveau_svmm *svmm, unsigned long start)
{
	struct svm_block *block;
	int ret;

	block = kvzalloc_obj(*block);
	if (!block)
		return ERR_PTR(-ENOMEM);
	block->svmm = svmm;
	block->start = start;
	block->limit = mirrored(svmm, start);
	INIT_LIST_HEAD(&block->holds);
	kref_init(&block->ref);
	mutex_init(&block->lock);

	ret = hmm_dma_map_alloc(svm_device(svmm->svm), &block->map, SVM_BLOCK_PAGES, PAGE_SIZE);
	if (ret)
		goto err;
	ret = svm_pt_init(block);
	if (ret)
		goto err_map;
	ret = mmu_interval_notifier_insert(&block->notifier, svmm->mm, start, SVM_BLOCK_SIZE,
					   &block_ops);
	if (ret)
		goto err_pt;
	nouveau_svmm_get(svmm);
	return block;

err_pt:
	svm_pt_fini(block);
err_map:
	hmm_dma_map_free(svm_device(svmm->svm), &block->map);
err:
	kvfree(block);
	return ERR_PTR(ret);
}

/* The notifier may still come until it is removed; after that nobody writes the page tables. */
static void block_end(struct svm_block *block)
{
	svm_block_unmap(block);
	mmu_interval_notifier_remove(&block->notifier);
	svm_pt_alias_fini(block);
	svm_pt_fini(block);
	svm_block_put(block);
}

static bool is_dead(struct svm_block *block)
{
	bool dead;

	mutex_lock(&block->lock);
	dead = block->dead;
	mutex_unlock(&block->lock);
	return dead;
}

static void reap_locked(struct nouveau_svmm *svmm, struct svm_block *block)
{
	lockdep_assert_held(&svmm->lock);

	/* From here on a service that holds a reference finds it dead. */
	mutex_lock(&block->lock);
	block->dead = true;
	mutex_unlock(&block->lock);
	xa_erase(&svmm->blocks, block->start >> SVM_BLOCK_SHIFT);
	block_end(block);
}

/**
 * svm_block_reap() - end the blocks whose memory is gone
 * @svmm: space
 * @all: end all of them
 */
void svm_block_reap(struct nouveau_svmm *svmm, bool all)
{
	struct svm_block *block;
	unsigned long index;

	mutex_lock(&svmm->lock);
	xa_for_each(&svmm->blocks, index, block)
		if (all || is_dead(block))
			reap_locked(svmm, block);
	mutex_unlock(&svmm->lock);
}

static struct svm_block *get_or_new_locked(struct nouveau_svmm *svmm, unsigned long addr)
{
	unsigned long index = addr >> SVM_BLOCK_SHIFT;
	struct svm_block *block = xa_load(&svmm->blocks, index);
	int ret;

	if (svmm->closed)
		return ERR_PTR(-ENODEV);
	if (block && is_dead(block)) {
		reap_locked(svmm, block);
		block = NULL;
	}
	if (!block) {
		block = block_new(svmm, addr & SVM_BLOCK_MASK);
		if (IS_ERR(block))
			return block;
		ret = xa_err(xa_store(&svmm->blocks, index, block, GFP_KERNEL));
		if (ret) {
			block_end(block);
			return ERR_PTR(ret);
		}
	}
	kref_get(&block->ref);
	return block;
}

/**
 * svm_block_get_or_new() - the block of an address, made if need be
 * @svmm: space; the caller holds a reference on its memory
 * @addr: address
 *
 * Return: the block, with a reference; -EFAULT if the address is not mirrored,
 * -ENOMEM, or -ENODEV if the space is closed.
 */
struct svm_block *svm_block_get_or_new(struct nouveau_svmm *svmm, unsigned long addr)
{
	struct svm_block *block;

	if (addr >= TASK_SIZE_MAX || (addr >= svmm->cutout.start && addr < svmm->cutout.end))
		return ERR_PTR(-EFAULT);

	block = svm_block_find(svmm, addr);
	if (block && !READ_ONCE(block->dead))
		return block;
	if (block)
		svm_block_put(block);

	mutex_lock(&svmm->lock);
	block = get_or_new_locked(svmm, addr);
	mutex_unlock(&svmm->lock);
	return block;
}

static unsigned long page_addr(struct svm_block *block, unsigned int page)
{
	return block->start + page * PAGE_SIZE;
}

/* What the GPU shall see of a page, once svm_pt_update() has said so. */
static void set_page_pte(struct svm_block *block, unsigned int page, u64 pte)
{
	u64 old = block->pt.pte[page];

	lockdep_assert_held(&block->lock);
	block->nr_vram += svm_pte_vram(pte) - svm_pte_vram(old);
	block->nr_ram += svm_pte_ram(pte) - svm_pte_ram(old);
	WRITE_ONCE(block->pt.pte[page], pte);
}

/* Takes pages out of the GPU's reach. Returns how many were in it. */
static unsigned int unmap_pages(struct svm_block *block, unsigned int first, unsigned int end)
{
	DECLARE_BITMAP(ram, SVM_BLOCK_PAGES) = {};
	unsigned int page, n = 0;

	lockdep_assert_held(&block->lock);

	for (page = first; page < end; page++) {
		u64 pte = block->pt.pte[page];

		if (!pte)
			continue;
		if (svm_pte_ram(pte))
			__set_bit(page, ram);
		set_page_pte(block, page, 0);
		n++;
	}
	if (!n)
		return 0;

	svm_holds_unmapped(block, first, end);
	svm_pt_update(block, first, end);
	svm_pt_invalidate(block->svmm);
	for_each_set_bit(page, ram, SVM_BLOCK_PAGES)
		hmm_dma_unmap_pfn(svm_device(block->svmm->svm), &block->map, page);
	svm_count(block->svmm, SVM_PAGES_UNMAPPED, n);
	return n;
}

/**
 * svm_block_unmap() - take all of a block out of the GPU's reach
 * @block: block
 *
 * Waits for jobs that need it, or stops their channels.
 */
void svm_block_unmap(struct svm_block *block)
{
	mutex_lock(&block->lock);
	svm_holds_wait(block, 0, SVM_BLOCK_PAGES);
	unmap_pages(block, 0, SVM_BLOCK_PAGES);
	mutex_unlock(&block->lock);
}

static bool block_invalidate(struct mmu_interval_notifier *notifier,
			     const struct mmu_notifier_range *range, unsigned long seq)
{
	struct svm_block *block = container_of(notifier, struct svm_block, notifier);
	unsigned long start = max(range->start, block->start);
	unsigned long end = min(range->end, block->start + SVM_BLOCK_SIZE);
	unsigned int first = (start - block->start) >> PAGE_SHIFT;
	unsigned int last = DIV_ROUND_UP(end - block->start, PAGE_SIZE);
	bool may_wait = mmu_notifier_range_blockable(range);
	struct nouveau_svmm *svmm = block->svmm;
	unsigned int pages;

	/* We are making a page exclusive ourselves, and map it next. */
	if (range->event == MMU_NOTIFY_EXCLUSIVE && range->owner == svm_owner(svmm->svm->drm))
		return true;

	if (may_wait)
		mutex_lock(&block->lock);
	else if (!mutex_trylock(&block->lock))
		return false;
	if (!may_wait && svm_holds_busy(block, first, last)) {
		mutex_unlock(&block->lock);
		return false;
	}

	mmu_interval_set_seq(notifier, seq);
	svm_holds_wait(block, first, last);
	pages = unmap_pages(block, first, last);
	if (range->event == MMU_NOTIFY_UNMAP && end - start == SVM_BLOCK_SIZE && !block->dead) {
		block->dead = true;
		queue_work(system_freezable_wq, &svmm->reaper);
	}
	mutex_unlock(&block->lock);

	svm_count(svmm, pages ? SVM_NOTIFIERS : SVM_NOTIFIERS_IDLE, 1);
	trace_svm_invalidate(svmm, start, end, range->event, pages);
	return true;
}

static const struct mmu_interval_notifier_ops block_ops = {
	.invalidate = block_invalidate,
};

/* Must the CPU's page tables be changed before the GPU can do this? */
static bool needs(struct svm_block *block, unsigned int page, unsigned long flags)
{
	u64 pte = READ_ONCE(block->pt.pte[page]);

	return flags && !svm_pte_allows(pte, flags & HMM_PFN_REQ_WRITE ? SVM_WRITE : SVM_READ);
}

static unsigned long wanted(struct svm_block *block, struct svm_request *req, unsigned int page)
{
	unsigned long flags = 0;

	if (test_bit(page, req->read))
		flags |= HMM_PFN_REQ_FAULT;
	if (test_bit(page, req->write))
		flags |= HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
	return needs(block, page, flags) ? flags : 0;
}

/* Pages to fault in, and which of them writable. */
struct wants {
	DECLARE_BITMAP(pages, SVM_BLOCK_PAGES);
	DECLARE_BITMAP(write, SVM_BLOCK_PAGES);
};

static void want(struct wants *wants, unsigned int page, unsigned long flags)
{
	if (flags)
		__set_bit(page, wants->pages);
	if (flags & HMM_PFN_REQ_WRITE)
		__set_bit(page, wants->write);
}

/* Anonymous memory around what was asked for: no page of it can fail but for want of memory. */
static void add_population(struct svm_block *block, struct svm_request *req, struct wants *wants)
{
	bool write = !bitmap_empty(req->write, SVM_BLOCK_PAGES);
	unsigned long addr = page_addr(block, req->region.first);
	unsigned long end = page_addr(block, req->region.end);
	struct vm_area_struct *vma;

	while (addr < end && (vma = find_vma_intersection(block->svmm->mm, addr, end))) {
		unsigned long stop = min(end, vma->vm_end);
		unsigned long flags = HMM_PFN_REQ_FAULT;
		unsigned int page;

		addr = max(addr, vma->vm_start);
		if (write && (vma->vm_flags & VM_WRITE))
			flags |= HMM_PFN_REQ_WRITE;
		if (!vma_is_anonymous(vma) || !(vma->vm_flags & VM_READ))
			addr = stop;
		for (; addr < stop; addr += PAGE_SIZE) {
			page = (addr - block->start) >> PAGE_SHIFT;
			if (needs(block, page, flags))
				want(wants, page, flags);
		}
	}
}

/*
 * Does not fault: what is there? Of a huge page in VRAM hmm_range_fault() says the first page's pfn
 * for where the range begins, wherever that is. So the range is all of the huge page.
 */
static int take_note(struct svm_block *block, struct svm_request *req, struct hmm_range *range)
{
	memset(req->pfns, 0, sizeof(req->pfns));
	range->start = block->start;
	range->end = block->start + SVM_BLOCK_SIZE;
	range->hmm_pfns = req->pfns;
	range->default_flags = 0;
	return hmm_range_fault(range);
}

/* Is a page as it is wanted? What is in VRAM is: break_cow() sees to the rest. */
static bool is_there(unsigned long pfn, bool write)
{
	if (!(pfn & HMM_PFN_VALID) || pfn & HMM_PFN_ERROR)
		return false;
	return !write || pfn & HMM_PFN_WRITE || is_device_private_page(hmm_pfn_to_page(pfn));
}

/* Leaves only what was not found. Return: false if that is nothing. */
static bool want_missing(struct svm_request *req, struct wants *wants)
{
	unsigned int page;

	for_each_set_bit(page, wants->pages, SVM_BLOCK_PAGES)
		if (is_there(req->pfns[page], test_bit(page, wants->write)))
			__clear_bit(page, wants->pages);
	return !bitmap_empty(wants->pages, SVM_BLOCK_PAGES);
}

/*
 * Faults in what is missing. When hmm_range_fault() finds one page missing it calls the CPU's fault
 * handler for all that follow in the range, whatever they are: for one in VRAM, that brings it to
 * RAM. So it is given runs of pages that are missing.
 */
static int fault_in(struct svm_block *block, struct svm_request *req, struct hmm_range *range,
		    struct svm_region r, const struct wants *wants)
{
	unsigned int page, end;
	int ret;

	for (page = find_next_bit(wants->pages, r.end, r.first); page < r.end;
	     page = find_next_bit(wants->pages, r.end, end)) {
		bool write = test_bit(page, wants->write);

		end = find_next_zero_bit(wants->pages, r.end, page);
		end = write ? find_next_zero_bit(wants->write, end, page) :
			      find_next_bit(wants->write, end, page);
		range->start = page_addr(block, page);
		range->end = page_addr(block, end);
		range->hmm_pfns = req->pfns + page;
		range->default_flags = HMM_PFN_REQ_FAULT | (write ? HMM_PFN_REQ_WRITE : 0);
		ret = hmm_range_fault(range);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * hmm_range_fault() takes our own device-private pages for good even if they
 * are not writable, as after fork() or mprotect(). The CPU's fault handler
 * breaks COW: it brings the page to RAM first. Then look again: -EBUSY.
 */
static int break_cow(struct svm_block *block, unsigned int page)
{
	unsigned long addr = page_addr(block, page);
	struct vm_area_struct *vma;

	vma = find_vma_intersection(block->svmm->mm, addr, addr + PAGE_SIZE);
	if (!vma)
		return -EFAULT;
	if (!(vma->vm_flags & VM_WRITE))
		return -EPERM;
	if (handle_mm_fault(vma, addr, FAULT_FLAG_WRITE | FAULT_FLAG_REMOTE, NULL) & VM_FAULT_ERROR)
		return -EFAULT;
	return -EBUSY;
}

/* Is all there that was wanted? */
static int check_found(struct svm_block *block, struct svm_request *req, struct svm_region r)
{
	unsigned int page = r.first;
	unsigned long flags, pfn;
	bool write;

	for_each_set_bit_from(page, req->read, r.end) {
		flags = wanted(block, req, page);
		write = flags & HMM_PFN_REQ_WRITE;
		pfn = req->pfns[page];
		if (!flags)
			continue;
		if (!is_there(pfn, write))
			return -EBUSY;
		if (write && !(pfn & HMM_PFN_WRITE))
			return break_cow(block, page);
	}
	return 0;
}

/*
 * One look at the CPU's page tables, with mmap_lock held: fault in what is
 * wanted of [r.first, r.end) and is not there, then take note of what is. -EBUSY: look
 * again.
 */
static int look(struct svm_block *block, struct svm_request *req, struct hmm_range *range,
		struct svm_region r, bool populate)
{
	struct wants wants = {};
	unsigned int page;
	int ret;

	ret = take_note(block, req, range);
	if (ret)
		return ret;
	for (page = r.first; page < r.end; page++)
		want(&wants, page, wanted(block, req, page));
	if (populate)
		add_population(block, req, &wants);
	if (want_missing(req, &wants)) {
		ret = fault_in(block, req, range, r, &wants) ?: take_note(block, req, range);
		if (ret)
			return ret;
	}
	return check_found(block, req, r);
}

/* Enters a page that was found. Returns true if the GPU can do more than before. */
static bool enter_page(struct svm_block *block, struct svm_request *req, unsigned int page)
{
	struct device *dev = svm_device(block->svmm->svm);
	struct pci_p2pdma_map_state p2p = {};
	unsigned long pfn = req->pfns[page];
	bool write = pfn & HMM_PFN_WRITE;
	u64 old = block->pt.pte[page], pte;
	dma_addr_t addr;

	if (!(pfn & HMM_PFN_VALID) || pfn & HMM_PFN_ERROR)
		return false;
	if (svm_pte_allows(old, write ? SVM_WRITE : SVM_READ))
		return false;

	if (is_device_private_page(hmm_pfn_to_page(pfn))) {
		pte = svm_pte(dmem_page_addr(hmm_pfn_to_page(pfn)), true, write, write);
	} else {
		/* If it only becomes writable, the DMA mapping stays. */
		if (!old)
			block->map.pfn_list[page] = pfn;
		addr = hmm_dma_map_pfn(dev, &block->map, page, &p2p);
		if (dma_mapping_error(dev, addr))
			return false;
		/* The GPU's writes leave no trace in the CPU's page tables. */
		if (write)
			set_page_dirty(hmm_pfn_to_page(pfn));
		pte = svm_pte(addr, false, write, false);
	}
	set_page_pte(block, page, pte);
	return true;
}

/*
 * Pages to enter: the region, what was asked for, and all of a page that the
 * CPU maps by one entry.
 */
static struct svm_region what_to_enter(struct svm_block *block, struct svm_request *req,
				       struct svm_region r)
{
	unsigned int page;

	r.first = max(r.first, req->region.first);
	r.end = min(r.end, req->region.end);
	for (page = r.first; page < r.end; page++)
		if ((req->pfns[page] & HMM_PFN_VALID) &&
		    hmm_pfn_to_map_order(req->pfns[page]) >= SVM_BLOCK_SHIFT - PAGE_SHIFT)
			return block->limit;
	return r;
}

/* Keep the VRAM that was found: once for each chunk, not for each page. */
static void touch_chunks(struct svm_request *req, struct svm_region r)
{
	unsigned long chunk, last = 0;
	unsigned int page;

	for (page = r.first; page < r.end; page++) {
		struct page *vram = hmm_pfn_to_page(req->pfns[page]);

		if (!(req->pfns[page] & HMM_PFN_VALID) || !is_device_private_page(vram))
			continue;
		chunk = page_to_pfn(vram) / SVM_BLOCK_PAGES;
		if (chunk != last)
			dmem_touch(vram);
		last = chunk;
	}
}

static int enter(struct svm_block *block, struct svm_request *req, struct svm_region looked)
{
	struct svm_region r = what_to_enter(block, req, looked);
	unsigned int page, n = 0;

	/* One page was looked at: the others may not be as they are wanted. */
	if (looked.end - looked.first == 1)
		r = looked;
	for (page = r.first; page < r.end; page++)
		n += enter_page(block, req, page);
	if (n) {
		touch_chunks(req, r);
		svm_pt_update(block, r.first, r.end);
		svm_count(block->svmm, SVM_PAGES_MAPPED, n);
		trace_svm_map(block->svmm, page_addr(block, r.first), page_addr(block, r.end), n);
	}

	/* Only DMA mapping can have failed. */
	page = r.first;
	for_each_set_bit_from(page, req->read, r.end)
		if (wanted(block, req, page))
			return -ENOMEM;
	return 0;
}

/*
 * Looks at pages [r.first, r.end) and enters them. -EBUSY if the CPU kept
 * changing its mind, -EAGAIN if the block has ended; any other error says that
 * something in there cannot be had.
 */
static int look_and_enter(struct svm_block *block, struct svm_request *req, struct svm_region r,
			  bool populate)
{
	unsigned long timeout = jiffies + msecs_to_jiffies(HMM_RANGE_DEFAULT_TIMEOUT);
	struct nouveau_svmm *svmm = block->svmm;
	struct hmm_range range = {
		.notifier = &block->notifier,
		.dev_private_owner = svm_owner(svmm->svm->drm),
	};
	int ret;

	do {
		range.notifier_seq = mmu_interval_read_begin(range.notifier);
		mmap_read_lock(svmm->mm);
		ret = look(block, req, &range, r, populate);
		mmap_read_unlock(svmm->mm);
		if (ret == -EBUSY)
			continue;
		if (ret)
			return ret;

		mutex_lock(&block->lock);
		if (block->dead)
			ret = -EAGAIN;
		else if (mmu_interval_read_retry(range.notifier, range.notifier_seq))
			ret = -EBUSY;
		else
			ret = enter(block, req, r);
		mutex_unlock(&block->lock);
	} while (ret == -EBUSY && time_before(jiffies, timeout));
	return ret;
}

static void fail(struct svm_request *req, unsigned int page, int error)
{
	__set_bit(page, req->failed);
	req->error = error;
}

/* If the page is mapped then it is this one: a page that was replaced has been unmapped. */
static int map_exclusive(struct svm_block *block, unsigned int page, struct page *cpu)
{
	struct pci_p2pdma_map_state p2p = {};
	dma_addr_t addr;

	if (!block->pt.pte[page])
		block->map.pfn_list[page] = page_to_pfn(cpu) | HMM_PFN_VALID | HMM_PFN_WRITE;
	addr = hmm_dma_map_pfn(svm_device(block->svmm->svm), &block->map, page, &p2p);
	if (dma_mapping_error(svm_device(block->svmm->svm), addr))
		return -ENOMEM;
	set_page_dirty(cpu);
	set_page_pte(block, page, svm_pte(addr, false, true, true));
	svm_pt_update(block, page, page + 1);
	svm_count(block->svmm, SVM_PAGES_MAPPED, 1);
	return 0;
}

/*
 * An attempt that failed has left the page exclusive. make_device_exclusive() would first give it
 * back to the CPU, and the notifier that comes with that would make the next attempt fail too.
 */
static void give_back(struct svm_block *block, unsigned int page)
{
	unsigned long addr = page_addr(block, page);
	struct mm_struct *mm = block->svmm->mm;
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	vma = find_vma_intersection(mm, addr, addr + PAGE_SIZE);
	if (vma)
		handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE, NULL);
}

/*
 * GPU atomics on memory in RAM: no CPU may have it mapped meanwhile.
 * make_device_exclusive() sees to that; its folio lock is held until the page
 * is mapped, which keeps the CPU from taking it back before. So is mmap_lock:
 * fork() fails where it finds an exclusive page that is locked
 * (try_restore_exclusive_pte()).
 */
static int try_exclusive(struct svm_block *block, unsigned int page, unsigned long seq)
{
	struct nouveau_svmm *svmm = block->svmm;
	struct folio *folio;
	struct page *cpu;
	int ret;

	mmap_assert_locked(svmm->mm);
	cpu = make_device_exclusive(svmm->mm, page_addr(block, page), svm_owner(svmm->svm->drm),
				    &folio);
	if (IS_ERR(cpu))
		return PTR_ERR(cpu);

	mutex_lock(&block->lock);
	if (block->dead)
		ret = -EAGAIN;
	else if (mmu_interval_read_retry(&block->notifier, seq))
		ret = -EBUSY;
	else
		ret = map_exclusive(block, page, cpu);
	mutex_unlock(&block->lock);
	folio_unlock(folio);
	folio_put(folio);
	return ret;
}

static int enter_exclusive(struct svm_block *block, unsigned int page)
{
	unsigned long timeout = jiffies + msecs_to_jiffies(HMM_RANGE_DEFAULT_TIMEOUT);
	struct mm_struct *mm = block->svmm->mm;
	unsigned long seq;
	int ret;

	do {
		seq = mmu_interval_read_begin(&block->notifier);
		mmap_read_lock(mm);
		ret = try_exclusive(block, page, seq);
		/* As when a huge page had to be split for it. */
		if (ret == -EBUSY)
			give_back(block, page);
		mmap_read_unlock(mm);
	} while (ret == -EBUSY && time_before(jiffies, timeout));
	return ret;
}

static bool allows(struct svm_block *block, unsigned int page, enum svm_access access)
{
	bool ok;

	mutex_lock(&block->lock);
	ok = svm_pte_allows(block->pt.pte[page], access);
	mutex_unlock(&block->lock);
	return ok;
}

static void serve_atomics(struct svm_block *block, struct svm_request *req)
{
	unsigned int page;
	int ret;

	for_each_set_bit(page, req->atomic, SVM_BLOCK_PAGES) {
		/* In VRAM it is so already. */
		if (test_bit(page, req->failed) || allows(block, page, SVM_ATOMIC))
			continue;
		ret = enter_exclusive(block, page);
		if (ret && ret != -EBUSY && ret != -EAGAIN)
			fail(req, page, ret);
	}
}

static bool in_region(unsigned int page, struct svm_region r)
{
	return page >= r.first && page < r.end;
}

/* Something cannot be had: find out what, and do not let it be in the way of the others. */
static int serve_one_by_one(struct svm_block *block, struct svm_request *req)
{
	unsigned int page;
	int ret;

	for_each_set_bit(page, req->read, SVM_BLOCK_PAGES) {
		if (test_bit(page, req->failed))
			continue;
		ret = look_and_enter(block, req, (struct svm_region) { page, page + 1 }, false);
		if (ret == -EBUSY || ret == -EAGAIN)
			return ret;
		if (ret)
			fail(req, page, ret);
	}
	return 0;
}

/**
 * svm_block_serve() - map what is wanted of a block
 * @block: block
 * @req: what is wanted, and what became of it
 *
 * The caller holds a reference on the memory, no mmap_lock, and replays or
 * invalidates TLBs afterwards. May fault pages in, break COW, and bring pages
 * back from VRAM.
 *
 * Return: 0 if all is mapped or entered into @req->failed; -EBUSY if the CPU
 * kept changing what was asked for, -EAGAIN if the block has ended meanwhile:
 * neither is an error of the program, the GPU shall ask again.
 */
int svm_block_serve(struct svm_block *block, struct svm_request *req)
{
	unsigned int page;
	int ret;

	bitmap_zero(req->failed, SVM_BLOCK_PAGES);
	req->error = 0;
	for_each_set_bit(page, req->read, SVM_BLOCK_PAGES)
		if (!in_region(page, block->limit))
			fail(req, page, -EFAULT);
	req->region.first = max(req->region.first, block->limit.first);
	req->region.end = min(req->region.end, block->limit.end);

	ret = look_and_enter(block, req, block->limit, req->populate);
	if (ret && ret != -EBUSY && ret != -EAGAIN)
		ret = serve_one_by_one(block, req);
	if (ret)
		return ret;
	serve_atomics(block, req);
	return 0;
}
