// SPDX-License-Identifier: MIT
/*
 * GPU page tables of a block: writes GP100 entries, never reads them.
 */
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>

#include "nouveau_drv.h"
#include "nouveau_vmm.h"

#include <subdev/mmu/vmm.h>

#include "pte.h"
#include "svm.h"

/**
 * DOC: Page tables of a block
 *
 * Below the directory PD0, 2 MiB have two tables, of 512 small (4 KiB) and of
 * 32 big (64 KiB) pages, and the MMU looks at the big one first: a valid big
 * entry counts, a zero one sends it to the small table. Or PD0's entry, which
 * points to both, is a page of 2 MiB itself.
 *
 * &svm_pt.pte says what the GPU shall see. svm_pt_update() finds the largest
 * pages that give it exactly that, and writes only what differs from what it
 * wrote before. What lies below a valid larger entry may be stale; it is
 * written before the larger entry goes.
 *
 * nvkm allocates and frees the tables (nvkm_vmm_raw_get() and _put(), as for
 * VM_BIND). It neither reads nor writes the entries while the block holds its
 * references: the address space is of the type that leaves all but the cut-out
 * to the client.
 */

#define PAGES_PER(shift)	(1U << ((shift) - PAGE_SHIFT))
#define BIG_SHIFT		16

static u8 page_index(struct nvkm_vmm *vmm, u8 shift)
{
	u8 i = 0;

	while (vmm->func->page[i].shift != shift)
		i++;
	return i;
}

/*
 * Pages of the block whose tables we hold: all mirrored small ones, and big
 * ones that are mirrored whole.
 */
static struct svm_region held(struct svm_block *block, u8 shift)
{
	const unsigned int pages = PAGES_PER(shift);
	struct svm_region r = {
		.first = round_up(block->limit.first, pages),
		.end = round_down(block->limit.end, pages),
	};

	if (r.first > r.end)
		r.first = r.end;
	return r;
}

static int tables_get(struct svm_block *block, u64 start, u8 shift)
{
	struct nvkm_vmm *vmm = block->svmm->nvkm;
	struct svm_region r = held(block, shift);

	if (r.first == r.end)
		return 0;
	return nvkm_vmm_raw_get(vmm, start + r.first * PAGE_SIZE, (r.end - r.first) * PAGE_SIZE,
				page_index(vmm, shift));
}

static void tables_put(struct svm_block *block, u64 start, u8 shift)
{
	struct nvkm_vmm *vmm = block->svmm->nvkm;
	struct svm_region r = held(block, shift);

	if (r.first != r.end)
		nvkm_vmm_raw_put(vmm, start + r.first * PAGE_SIZE, (r.end - r.first) * PAGE_SIZE,
				 page_index(vmm, shift));
}

/* The directory PD0 of an address, and the entry in it. */
static struct nvkm_vmm_pt *find_directory(struct nvkm_vmm *vmm, u64 addr, u32 *pdei)
{
	const struct nvkm_vmm_desc *desc = vmm->func->page[page_index(vmm, PAGE_SHIFT)].desc;
	struct nvkm_vmm_pt *pgd = vmm->pd;
	u64 bits = addr >> PAGE_SHIFT;
	u32 index[8];
	int level;

	for (level = 0; desc[level].bits; level++) {
		index[level] = bits & (BIT(desc[level].bits) - 1);
		bits >>= desc[level].bits;
	}
	while (--level > 1)
		pgd = pgd->pde[index[level]];
	*pdei = index[1];
	return pgd;
}

/**
 * svm_pt_init() - take the page tables of a block, with nothing mapped
 * @block: block, of which @start, @limit and @svmm are set
 *
 * May sleep and reclaim.
 *
 * Return: 0 or -ENOMEM.
 */
int svm_pt_init(struct svm_block *block)
{
	int ret;

	ret = tables_get(block, block->start, PAGE_SHIFT);
	if (ret)
		return ret;
	ret = tables_get(block, block->start, BIG_SHIFT);
	if (ret) {
		tables_put(block, block->start, PAGE_SHIFT);
		return ret;
	}
	block->pt.pgd = find_directory(block->svmm->nvkm, block->start, &block->pt.pdei);
	block->pt.pgt = block->pt.pgd->pde[block->pt.pdei];
	return 0;
}

/**
 * svm_pt_fini() - give the page tables of a block back
 * @block: block, with nothing mapped
 */
void svm_pt_fini(struct svm_block *block)
{
	tables_put(block, block->start, BIG_SHIFT);
	tables_put(block, block->start, PAGE_SHIFT);
}

/*
 * One entry of 64 bits. Without a direct mapping it is two writes: the half
 * with the valid bit last, or first.
 */
static void write_entry(struct nvkm_mmu_pt *pt, void __iomem *map, u64 offset, u64 entry)
{
	offset += pt->base;
	if (map) {
		writeq(entry, map + offset);
	} else if (entry & PTE_VALID) {
		nvkm_wo32(pt->memory, offset + 4, upper_32_bits(entry));
		nvkm_wo32(pt->memory, offset, lower_32_bits(entry));
	} else {
		nvkm_wo32(pt->memory, offset, lower_32_bits(entry));
		nvkm_wo32(pt->memory, offset + 4, upper_32_bits(entry));
	}
}

static void write_small(struct svm_block *block, struct nvkm_vmm_pt *pgt,
			const unsigned long *pages)
{
	struct nvkm_mmu_pt *table = pgt->pt[1];
	void __iomem *map;
	unsigned int page;

	if (bitmap_empty(pages, SVM_BLOCK_PAGES))
		return;
	map = nvkm_kmap(table->memory);
	for_each_set_bit(page, pages, SVM_BLOCK_PAGES)
		write_entry(table, map, page * 8, block->pt.pte[page]);
	nvkm_done(table->memory);
}

static void write_big(struct svm_block *block, const unsigned long *groups)
{
	struct nvkm_mmu_pt *table = block->pt.pgt->pt[0];
	void __iomem *map;
	unsigned int group;

	if (bitmap_empty(groups, SVM_BLOCK_GROUPS))
		return;
	map = nvkm_kmap(table->memory);
	for_each_set_bit(group, groups, SVM_BLOCK_GROUPS)
		write_entry(table, map, group * 8, test_bit(group, block->pt.big) ?
			    block->pt.pte[group * SVM_GROUP_PAGES] : 0);
	nvkm_done(table->memory);
}

static void write_huge(struct svm_block *block)
{
	struct nvkm_mmu_pt *table = block->pt.pgd->pt[0];
	void __iomem *map = nvkm_kmap(table->memory);

	/*
	 * The second half of an entry of 128 bits points to the small table:
	 * nothing may follow it any more.
	 */
	write_entry(table, map, block->pt.pdei * 16, block->pt.pte[0]);
	write_entry(table, map, block->pt.pdei * 16 + 8, 0);
	nvkm_done(table->memory);
}

/* PD0's entry points to both tables again. */
static void write_pointers(struct svm_block *block)
{
	struct nvkm_vmm *vmm = block->svmm->nvkm;
	const struct nvkm_vmm_desc *desc = vmm->func->page[page_index(vmm, PAGE_SHIFT)].desc;

	desc[1].func->pde(vmm, block->pt.pgd, block->pt.pdei);
}

/* Do the pages look like one page of this size? */
static bool is_one_page(const u64 *pte, unsigned int pages)
{
	const u64 next = PAGE_SIZE >> PTE_ADDR_SHIFT;
	unsigned int i;

	if (!(pte[0] & PTE_VALID) || pte[0] & PTE_ADDR & (pages * next - 1))
		return false;
	for (i = 1; i < pages; i++)
		if (pte[i] != pte[0] + i * next)
			return false;
	return true;
}

static bool is_empty(const u64 *pte, unsigned int pages)
{
	return !memchr_inv(pte, 0, pages * sizeof(*pte));
}

static bool may_be_big(struct svm_block *block, unsigned int group)
{
	struct svm_region r = held(block, BIG_SHIFT);
	unsigned int first = group * SVM_GROUP_PAGES;

	return first >= r.first && first < r.end &&
	       is_one_page(block->pt.pte + first, SVM_GROUP_PAGES);
}

/*
 * Which small entries of pages [first, end) of one group are to be written: all
 * of the group if what is in memory may be stale.
 */
static void add_small(struct svm_block *block, unsigned int group, bool stale, unsigned int first,
		      unsigned int end, unsigned long *pages)
{
	struct svm_pt *pt = &block->pt;
	struct svm_region r = { group * SVM_GROUP_PAGES, (group + 1) * SVM_GROUP_PAGES };
	bool empty = is_empty(pt->pte + r.first, SVM_GROUP_PAGES);

	if (empty && !test_bit(group, pt->small))
		return;
	if (!stale) {
		r.first = max(r.first, first);
		r.end = min(r.end, end);
	}
	r.first = max(r.first, block->limit.first);
	r.end = min(r.end, block->limit.end);
	if (r.first < r.end)
		bitmap_set(pages, r.first, r.end - r.first);
	__assign_bit(group, pt->small, !empty);
}

/* The alias has small pages only, and no memory of what was written. */
static void update_alias(struct svm_block *block, unsigned int first, unsigned int end)
{
	DECLARE_BITMAP(pages, SVM_BLOCK_PAGES) = {};

	first = max(first, block->limit.first);
	end = min(end, block->limit.end);
	if (!block->alias.pgt || first >= end)
		return;
	bitmap_set(pages, first, end - first);
	write_small(block, block->alias.pgt, pages);
}

static int window_init(struct nouveau_svmm *svmm)
{
	int ret = 0;

	if (!svmm->window.size)
		ret = nvif_vmm_get(&svmm->vmm->vmm, ADDR, false, PAGE_SHIFT, SVM_BLOCK_SHIFT,
				   SVM_ALIASES * SVM_BLOCK_SIZE, &svmm->window);
	if (ret)
		return ret;
	return svmm->window.addr + svmm->window.size <= SVM_HOST_LIMIT ? 0 : -ENOSPC;
}

/**
 * svm_pt_alias_init() - show a block to the GPU at a second address
 * @block: block that has no alias
 *
 * May sleep and reclaim; the caller holds &nouveau_svmm.lock.
 *
 * Return: 0, -ENOMEM, or -ENOSPC if SVM_ALIASES blocks have one, or the cut-out has no room for so
 * many below 2^40.
 */
int svm_pt_alias_init(struct svm_block *block)
{
	struct nouveau_svmm *svmm = block->svmm;
	unsigned int slot = find_first_zero_bit(svmm->aliases, SVM_ALIASES);
	struct nvkm_vmm_pt *pgd;
	u64 start;
	u32 pdei;
	int ret;

	lockdep_assert_held(&svmm->lock);
	ret = slot < SVM_ALIASES ? window_init(svmm) : -ENOSPC;
	if (ret)
		return ret;
	start = svmm->window.addr + slot * SVM_BLOCK_SIZE;
	ret = tables_get(block, start, PAGE_SHIFT);
	if (ret)
		return ret;
	__set_bit(slot, svmm->aliases);
	block->alias.start = start;
	pgd = find_directory(svmm->nvkm, start, &pdei);
	mutex_lock(&block->lock);
	block->alias.pgt = pgd->pde[pdei];
	update_alias(block, 0, SVM_BLOCK_PAGES);
	mutex_unlock(&block->lock);
	return 0;
}

/**
 * svm_pt_alias_fini() - take the second address away
 * @block: block, may have none
 *
 * nvkm invalidates what it takes out of the page directory. The caller holds &nouveau_svmm.lock, or
 * nobody else knows the block.
 */
void svm_pt_alias_fini(struct svm_block *block)
{
	struct nouveau_svmm *svmm = block->svmm;
	u64 start = block->alias.start;

	if (!start)
		return;
	mutex_lock(&block->lock);
	block->alias.pgt = NULL;
	mutex_unlock(&block->lock);
	block->alias.start = 0;
	tables_put(block, start, PAGE_SHIFT);
	__clear_bit((start - svmm->window.addr) >> SVM_BLOCK_SHIFT, svmm->aliases);
}

/**
 * svm_pt_update() - make the GPU's page tables say what &svm_pt.pte says
 * @block: block, locked
 * @first: first page that was changed
 * @end: behind the last one
 *
 * Does not invalidate TLBs: the caller does, before it relies on a page being
 * out of reach of the GPU.
 */
void svm_pt_update(struct svm_block *block, unsigned int first, unsigned int end)
{
	DECLARE_BITMAP(changed, SVM_BLOCK_GROUPS) = {};
	DECLARE_BITMAP(small, SVM_BLOCK_PAGES) = {};
	struct svm_pt *pt = &block->pt;
	bool was_huge = pt->huge;
	unsigned int group;

	lockdep_assert_held(&block->lock);

	update_alias(block, first, end);
	if (block->limit.end - block->limit.first == SVM_BLOCK_PAGES &&
	    is_one_page(pt->pte, SVM_BLOCK_PAGES)) {
		write_huge(block);
		pt->huge = true;
		return;
	}

	if (was_huge) {
		first = 0;
		end = SVM_BLOCK_PAGES;
	}
	for (group = first / SVM_GROUP_PAGES; group * SVM_GROUP_PAGES < end; group++) {
		bool was_big = test_bit(group, pt->big);
		bool big = may_be_big(block, group);

		/* Below a big or huge page nobody kept the small entries. */
		if (!big)
			add_small(block, group, was_big || was_huge, first, end, small);
		if (big || was_big)
			__set_bit(group, changed);
		__assign_bit(group, pt->big, big);
	}
	/* Each is one flush of BAR2, which reads a register. */
	write_small(block, block->pt.pgt, small);
	write_big(block, changed);
	if (was_huge) {
		write_pointers(block);
		pt->huge = false;
	}
}

/**
 * svm_pt_invalidate() - drop what the GPU's TLBs hold of a space
 * @svmm: space
 */
void svm_pt_invalidate(struct nouveau_svmm *svmm)
{
	gf100_vmm_invalidate(svmm->nvkm, 0x00000001 /* PAGE_ALL. */);
	svm_count(svmm, SVM_INVALIDATES, 1);
}
