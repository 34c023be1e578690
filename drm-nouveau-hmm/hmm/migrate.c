// SPDX-License-Identifier: MIT
/*
 * Migration of anonymous memory between RAM and VRAM: on request, when the CPU touches it, and to
 * make room.
 */
#include <linux/dma-mapping.h>
#include <linux/hmm.h>
#include <linux/huge_mm.h>
#include <linux/hugetlb.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "nouveau_drv.h"

#include "policy.h"
#include "svm.h"
#include "svm_migrate.h"
#include "trace.h"

/**
 * DOC: A migration
 *
 * A range is cut at the borders of blocks, into windows of at most 2 MiB, and two windows are under
 * way at a time: while the engine copies one, the next is set up. A window goes through these
 * steps:
 *
 * 1. To VRAM only: look where its pages are now; set aside VRAM for those that are not there yet.
 *    This may evict, and take reservations of buffer objects, so it comes before any page is
 *    locked.
 * 2. migrate_vma_setup(): pages are locked and unmapped, from the GPUs too (MMU notifiers). From
 *    here on nobody can change them. On the way to VRAM, what is in swap, or a device's for its
 *    atomics, has to be fetched by the CPU's fault handler first.
 * 3. A destination for each page. To VRAM, where there was nothing there is no source either: it is
 *    filled with zeros. Pages that lie together at both ends become one run: one DMA mapping, one
 *    copy command.
 * 4. The runs are handed to the copy engine, and waited for.
 * 5. migrate_vma_pages() makes what was copied visible; then migrate_vma_finalize() maps and
 *    unlocks.
 *
 * If the copy fails in step 4, the destinations are dropped before step 5, and the process has its
 * old pages, with their data. On the way out of VRAM this would leave the process without its
 * memory, so there the copy is tried again on a new channel, and then by the CPU.
 *
 * On the way to VRAM huge pages stay huge when the window is a whole block and there are 2 MiB in
 * one piece in VRAM; otherwise the kernel splits them in step 2. On the way back they are always
 * split in step 2. As one they would be unsafe: while a huge page is on its way out of VRAM, its
 * place in the process's page table is a migration entry of 2 MiB, and if that is zapped meanwhile
 * (MADV_DONTNEED, exit of a process that was forked), zap_huge_pmd() of Linux 7.2 and 7.3 takes it
 * for a mapping of the page and drops a reference that the entry does not have. The page is freed
 * under the migration.
 */

#define BLOCK_PAGES	SVM_BLOCK_PAGES

/**
 * struct svm_run - pages that lie together in VRAM, and in RAM too if there is something to copy
 * @vram: first page in VRAM
 * @ram: first page in RAM, NULL to fill with zeros
 * @npages: how many
 * @dma: bus address of @ram
 */
struct svm_run {
	struct page *vram;
	struct page *ram;
	unsigned int npages;
	dma_addr_t dma;
};

/**
 * struct svm_where - where the pages of a window are
 * @pfns: what hmm_range_fault() says
 * @vram: these are in our VRAM
 */
struct svm_where {
	unsigned long pfns[BLOCK_PAGES];
	DECLARE_BITMAP(vram, BLOCK_PAGES);
};

/**
 * struct svm_window - at most a block of a migration
 *
 * @args: what the kernel's migration works on; its vma is NULL for an eviction
 * @first: page of the block that @args.src begins with
 * @to_vram: direction
 * @flying: steps 1 to 3 are done, the copy is under way
 * @fence: its end
 * @where: step 1
 * @away: step 2 did not find these, see window_away()
 * @room: VRAM set aside
 * @nr_runs: number of @runs
 * @runs: what to copy
 * @src: for @args; twice as long as a block, see window_setup()
 * @dst: for @args
 */
struct svm_window {
	struct migrate_vma args;
	unsigned int first;
	bool to_vram;
	bool flying;
	struct svm_copy_fence fence;
	struct svm_where where;
	DECLARE_BITMAP(away, BLOCK_PAGES);
	struct dmem_room room;
	unsigned int nr_runs;
	struct svm_run runs[BLOCK_PAGES];
	unsigned long src[2 * BLOCK_PAGES];
	unsigned long dst[2 * BLOCK_PAGES];
};

/**
 * struct svm_migration - a call of ours
 * @drm: device
 * @dmem: its memory
 * @dev: for DMA
 * @moved: what became of the pages
 * @window: two windows under way; the second is NULL where one is enough
 * @next: which of them comes next
 */
struct svm_migration {
	struct nouveau_drm *drm;
	struct nouveau_dmem *dmem;
	struct device *dev;
	struct svm_moved *moved;
	struct svm_window *window[2];
	unsigned int next;
};

/* Marks a folio of ours whose contents have gone to RAM, until it is free. */
#define RETIRED ((void *)1)

/*
 * Did the contents of a folio of ours go to RAM already? Others may still hold references for a
 * moment; it looks like one that can be migrated.
 */
static bool is_retired(struct folio *folio)
{
	return folio_zone_device_data(folio) == RETIRED;
}

static int migration_init(struct svm_migration *m, struct nouveau_drm *drm,
			  struct svm_moved *moved, unsigned int windows)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	if (!drm->dmem)
		return -ENODEV;
	m->drm = drm;
	m->dmem = drm->dmem;
	m->dev = drm->dev->dev;
	m->moved = moved;
	for (i = 0; i < windows; i++) {
		m->window[i] = kvzalloc_obj(*m->window[i]);
		if (!m->window[i]) {
			kvfree(m->window[0]);
			return -ENOMEM;
		}
	}
	return 0;
}

static void migration_fini(struct svm_migration *m)
{
	kvfree(m->window[0]);
	kvfree(m->window[1]);
}

/* ---- runs ---- */

static bool run_extends(struct svm_migration *m, struct svm_run *run, struct page *vram,
			struct page *ram)
{
	if (page_to_pfn(vram) != page_to_pfn(run->vram) + run->npages)
		return false;
	/* dmem_read() maps one chunk. */
	if (IS_ALIGNED(page_to_pfn(vram), BLOCK_PAGES))
		return false;
	if (!ram || !run->ram)
		return ram == run->ram;
	return page_to_pfn(ram) == page_to_pfn(run->ram) + run->npages &&
	       (size_t)(run->npages + 1) << PAGE_SHIFT <= dma_max_mapping_size(m->dev);
}

static void run_add(struct svm_migration *m, struct svm_window *w, struct page *vram,
		    struct page *ram, unsigned int npages)
{
	struct svm_run *run = NULL;
	unsigned int i;

	if (w->nr_runs)
		run = &w->runs[w->nr_runs - 1];
	for (i = 0; i < npages; i++, vram++) {
		if (!run || !run_extends(m, run, vram, ram)) {
			run = &w->runs[w->nr_runs++];
			run->vram = vram;
			run->ram = ram;
			run->npages = 0;
		}
		run->npages++;
		if (ram)
			ram++;
	}
}

static enum dma_data_direction window_dir(struct svm_window *w)
{
	return w->to_vram ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

static void window_unmap(struct svm_migration *m, struct svm_window *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_runs; i++) {
		if (w->runs[i].ram && w->runs[i].dma != DMA_MAPPING_ERROR)
			dma_unmap_page(m->dev, w->runs[i].dma, w->runs[i].npages << PAGE_SHIFT,
				       window_dir(w));
		w->runs[i].dma = DMA_MAPPING_ERROR;
	}
}

static int window_map(struct svm_migration *m, struct svm_window *w)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < w->nr_runs; i++) {
		struct svm_run *run = &w->runs[i];

		run->dma = DMA_MAPPING_ERROR;
		if (!run->ram || ret)
			continue;
		run->dma = dma_map_page(m->dev, run->ram, 0, run->npages << PAGE_SHIFT,
					window_dir(w));
		if (dma_mapping_error(m->dev, run->dma)) {
			run->dma = DMA_MAPPING_ERROR;
			ret = -EIO;
		}
	}
	if (ret)
		window_unmap(m, w);
	return ret;
}

/* Hand the runs to the engine. Return: errno if they could not be. */
static int window_copy(struct svm_migration *m, struct svm_window *w)
{
	struct svm_copy *copy = dmem_copy(m->dmem);
	unsigned int i;
	int ret;

	ret = window_map(m, w);
	if (ret)
		return ret;
	svm_copy_begin(copy);
	for (i = 0; i < w->nr_runs; i++) {
		struct svm_run *run = &w->runs[i];
		u64 vram = dmem_page_addr(run->vram);
		u32 bytes = run->npages << PAGE_SHIFT;

		if (!run->ram)
			svm_copy_zero(copy, vram, bytes);
		else if (w->to_vram)
			svm_copy_to_vram(copy, vram, run->dma, bytes);
		else
			svm_copy_to_ram(copy, run->dma, vram, bytes);
	}
	w->fence = svm_copy_end(copy);
	return 0;
}

static int window_wait(struct svm_migration *m, struct svm_window *w)
{
	int ret = svm_copy_wait(dmem_copy(m->dmem), w->fence);

	window_unmap(m, w);
	return ret;
}

/* Out of VRAM by all means: a new channel, then the CPU. Return: errno if all failed. */
static int window_rescue(struct svm_migration *m, struct svm_window *w)
{
	unsigned int i;
	int ret;

	ret = window_copy(m, w);
	if (!ret)
		ret = window_wait(m, w);
	if (!ret)
		return 0;

	for (i = 0; i < w->nr_runs; i++) {
		ret = dmem_read(w->runs[i].vram, w->runs[i].ram, w->runs[i].npages);
		if (ret)
			return ret;
	}
	NV_WARN(m->drm, "svm: pages were taken out of VRAM by the CPU\n");
	return 0;
}

/* ---- destinations ---- */

static void window_drop_dst(struct svm_window *w)
{
	unsigned int i;

	for (i = 0; i < w->args.npages; i++) {
		struct page *page = migrate_pfn_to_page(w->dst[i]);

		w->dst[i] = 0;
		if (page) {
			unlock_page(page);
			put_page(page);
		}
	}
}

static unsigned int src_pages(unsigned long src)
{
	return src & MIGRATE_PFN_COMPOUND ? HPAGE_PMD_NR : 1;
}

/* One page, or a huge one, to VRAM. */
static void window_page_to_vram(struct svm_migration *m, struct svm_window *w, unsigned int i)
{
	struct page *ram = migrate_pfn_to_page(w->src[i]), *vram;
	unsigned int nr = src_pages(w->src[i]);

	/* The kernel would refuse these only after the copy. */
	if ((ram && !folio_test_anon(page_folio(ram))) ||
	    (!ram && !(w->args.vma->vm_flags & VM_ACCESS_FLAGS))) {
		m->moved->unsupported += nr;
		return;
	}
	vram = dmem_room_take(m->dmem, &w->room, w->first + i, nr > 1 ? HPAGE_PMD_ORDER : 0);
	if (!vram) {
		m->moved->no_memory += nr;
		return;
	}
	w->dst[i] = migrate_pfn(page_to_pfn(vram));
	if (nr > 1)
		w->dst[i] |= MIGRATE_PFN_COMPOUND;
	run_add(m, w, vram, ram, nr);
}

/*
 * Pages in RAM for @nr pages from @i, one after the other. Tries to get all of a block or of 64 KiB
 * together, as so many single pages: fewer DMA mappings and copies. Return: how many there are.
 */
static unsigned int ram_pages(struct svm_window *w, unsigned int i, unsigned int nr,
			      struct page **first)
{
	const gfp_t gfp = GFP_HIGHUSER_MOVABLE, easy = (gfp | __GFP_NOWARN) & ~__GFP_RECLAIM;
	static const unsigned int together[] = { BLOCK_PAGES, SVM_GROUP_PAGES };
	struct vm_area_struct *vma = w->args.vma;
	unsigned int try, order;
	struct folio *folio;

	for (try = 0; try < ARRAY_SIZE(together); try++) {
		if (nr < together[try])
			continue;
		order = ilog2(together[try]);
		*first = alloc_pages(easy, order);
		if (*first) {
			split_page(*first, order);
			return together[try];
		}
	}
	folio = vma ? vma_alloc_folio(gfp, 0, vma, w->args.start + i * PAGE_SIZE) :
		      folio_alloc(gfp, 0);
	*first = folio ? folio_page(folio, 0) : NULL;
	return folio ? 1 : 0;
}

/* How many pages from @i on are to be moved and lie together in VRAM. */
static unsigned int src_together(struct svm_window *w, unsigned int i, unsigned int max)
{
	unsigned long pfn = w->src[i] >> MIGRATE_PFN_SHIFT;
	unsigned int n = 1;

	while (n < max && i + n < w->args.npages && (w->src[i + n] & MIGRATE_PFN_MIGRATE) &&
	       !(w->src[i + n] & MIGRATE_PFN_COMPOUND) &&
	       w->src[i + n] >> MIGRATE_PFN_SHIFT == pfn + n)
		n++;
	return n;
}

/* Single pages to RAM, @nr from @i on, together in VRAM. Return: how many were dealt with. */
static unsigned int window_pages_to_ram(struct svm_migration *m, struct svm_window *w,
					unsigned int i, unsigned int nr, struct page *vram)
{
	struct page *ram;
	unsigned int n, got = ram_pages(w, i, nr, &ram);

	if (!got) {
		m->moved->no_memory++;
		return 1;
	}
	for (n = 0; n < got; n++) {
		lock_page(ram + n);
		w->dst[i + n] = migrate_pfn(page_to_pfn(ram + n));
	}
	run_add(m, w, vram, ram, got);
	return got;
}

/* Only before suspend and unload: see nouveau_dmem_evict(). */
static void window_huge_to_ram(struct svm_migration *m, struct svm_window *w, unsigned int i,
			       struct page *vram)
{
	struct folio *folio = folio_alloc(GFP_TRANSHUGE | __GFP_RETRY_MAYFAIL, HPAGE_PMD_ORDER);

	if (!folio) {
		m->moved->no_memory += HPAGE_PMD_NR;
		return;
	}
	folio_lock(folio);
	w->dst[i] = migrate_pfn(folio_pfn(folio)) | MIGRATE_PFN_COMPOUND;
	run_add(m, w, vram, folio_page(folio, 0), HPAGE_PMD_NR);
}

/* One page and what follows it, or a huge one, to RAM. Return: how many were dealt with. */
static unsigned int window_page_to_ram(struct svm_migration *m, struct svm_window *w,
				       unsigned int i)
{
	struct page *vram = migrate_pfn_to_page(w->src[i]);
	unsigned int page = w->first + i, nr = src_pages(w->src[i]);

	if (!vram || is_retired(page_folio(vram)))
		return nr;
	if (nr > 1) {
		window_huge_to_ram(m, w, i, vram);
		return nr;
	}

	/* Groups as they lie in memory, so that RAM too gets them aligned. */
	nr = page ? SVM_GROUP_PAGES - page % SVM_GROUP_PAGES : BLOCK_PAGES;
	return window_pages_to_ram(m, w, i, src_together(w, i, nr), vram);
}

/* Step 3. */
static void window_destinations(struct svm_migration *m, struct svm_window *w)
{
	unsigned int i, nr;

	w->nr_runs = 0;
	for (i = 0; i < w->args.npages; i += nr) {
		nr = src_pages(w->src[i]);
		if (!(w->src[i] & MIGRATE_PFN_MIGRATE))
			continue;
		if (w->to_vram)
			window_page_to_vram(m, w, i);
		else
			nr = window_page_to_ram(m, w, i);
	}
}

/* ---- results ---- */

/* After step 5: was this page moved? */
static bool window_moved(struct svm_window *w, unsigned int i)
{
	return w->dst[i] && (w->src[i] & MIGRATE_PFN_MIGRATE);
}

/* After step 5: what was moved. */
static void window_count(struct svm_migration *m, struct svm_window *w)
{
	struct svm_moved *moved = m->moved;
	unsigned int i, nr, copied = 0, zeroed = 0, not_moved = 0;

	for (i = 0; i < w->args.npages; i += nr) {
		nr = w->dst[i] & MIGRATE_PFN_COMPOUND ? HPAGE_PMD_NR : 1;
		if (!w->dst[i])
			continue;
		if (!(w->src[i] & MIGRATE_PFN_MIGRATE))
			not_moved += nr;
		else if (migrate_pfn_to_page(w->src[i]))
			copied += nr;
		else
			zeroed += nr;
		if (!w->to_vram && (w->src[i] & MIGRATE_PFN_MIGRATE))
			folio_set_zone_device_data(page_folio(migrate_pfn_to_page(w->src[i])),
						   RETIRED);
	}
	moved->moved += copied;
	moved->zeroed += zeroed;
	moved->busy += not_moved;
	if (w->to_vram) {
		svm_count_device(m->drm->svm, SVM_PAGES_TO_VRAM, copied);
		svm_count_device(m->drm->svm, SVM_PAGES_ZEROED, zeroed);
	} else {
		svm_count_device(m->drm->svm, SVM_PAGES_TO_RAM, copied);
	}
}

static void window_failed(struct svm_migration *m, struct svm_window *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_runs; i++)
		m->moved->failed += w->runs[i].npages;
	window_drop_dst(w);
}

/* ---- windows ---- */

/* Steps 4 and 5. */
static void window_finish(struct svm_migration *m, struct svm_window *w, int err)
{
	if (!err && w->nr_runs)
		err = window_wait(m, w);
	if (err && !w->to_vram)
		err = window_rescue(m, w);
	if (err)
		window_failed(m, w);

	if (w->args.vma)
		migrate_vma_pages(&w->args);
	else
		migrate_device_pages(w->src, w->dst, w->args.npages);
	window_count(m, w);
	if (w->args.vma)
		migrate_vma_finalize(&w->args);
	else
		migrate_device_finalize(w->src, w->dst, w->args.npages);
	dmem_room_put(m->dmem, &w->room);
	w->flying = false;
}

static void migration_finish(struct svm_migration *m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(m->window); i++) {
		struct svm_window *w = m->window[(m->next + i) % ARRAY_SIZE(m->window)];

		if (w->flying)
			window_finish(m, w, 0);
	}
}

/* Step 3 and the first half of step 4. */
static void window_launch(struct svm_migration *m, struct svm_window *w)
{
	int err = 0;

	window_destinations(m, w);
	if (w->nr_runs)
		err = window_copy(m, w);
	w->flying = true;
	if (err)
		window_finish(m, w, err);
}

/*
 * Look without faulting anything in. hmm_range_fault() wants a notifier to know when what it says
 * is outdated. This is only a hint, so it gets one that was never inserted and never changes.
 */
static void window_look(struct svm_migration *m, struct svm_window *w, struct mm_struct *mm,
			unsigned long start, unsigned long end)
{
	struct svm_where *where = &w->where;
	struct mmu_interval_notifier never = { .mm = mm, .invalidate_seq = 1 };
	struct hmm_range range = {
		.notifier = &never,
		.notifier_seq = 1,
		.start = start,
		.end = end,
		.hmm_pfns = where->pfns,
		.dev_private_owner = svm_owner(m->drm),
	};
	unsigned int i, n = (end - start) >> PAGE_SHIFT;
	struct page *page;

	memset(where, 0, sizeof(*where));
	if (hmm_range_fault(&range))
		return;
	for (i = 0; i < n; i++) {
		if (!(where->pfns[i] & HMM_PFN_VALID))
			continue;
		page = hmm_pfn_to_page(where->pfns[i]);
		if (is_device_private_page(page) && dmem_page_drm(page) == m->drm)
			__set_bit(i, where->vram);
	}
}

/* Is it worth to ask for a huge page here? */
static bool window_huge(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	return thp_migration_supported() && end - start == HPAGE_PMD_SIZE &&
	       IS_ALIGNED(start, HPAGE_PMD_SIZE) &&
	       thp_vma_suitable_order(vma, start, HPAGE_PMD_ORDER);
}

/* Step 2 undone, before step 3. */
static void window_put_back(struct svm_window *w)
{
	migrate_vma_pages(&w->args);
	migrate_vma_finalize(&w->args);
}

/*
 * migrate_vma_setup(). When it has to split a folio it lets go of the page table, and if that is
 * freed meanwhile (MADV_DONTNEED), it collects the range once more, behind what it has. Whatever it
 * has then is put back, and the window is empty.
 */
static int window_setup(struct svm_window *w)
{
	unsigned long end = w->args.end;
	int ret;

	ret = migrate_vma_setup(&w->args);
	if (ret || w->args.end <= end)
		return ret;
	window_put_back(w);
	w->args.end = end;
	w->args.npages = 0;
	w->args.cpages = 0;
	return 0;
}

static void window_args(struct svm_migration *m, struct svm_window *w,
			struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	w->args = (struct migrate_vma) {
		.vma = vma,
		.src = w->src,
		.dst = w->dst,
		.start = start,
		.end = end,
		.pgmap_owner = svm_owner(m->drm),
	};
	w->first = (start & (SVM_BLOCK_SIZE - 1)) >> PAGE_SHIFT;
	w->nr_runs = 0;
	w->room.nr = 0;
}

/* Pages that migrate_vma_setup() gave us. */
static unsigned int window_selected(struct svm_window *w)
{
	unsigned int i, nr, n = 0;

	for (i = 0; i < w->args.npages; i += nr) {
		nr = src_pages(w->src[i]);
		if (w->src[i] & MIGRATE_PFN_MIGRATE)
			n += nr;
	}
	return n;
}

/* Step 1: VRAM for the first to the last page that is not there. False: nothing can be done. */
static bool window_prepare(struct svm_migration *m, struct svm_window *w,
			   struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned int n = (end - start) >> PAGE_SHIFT, first, last = n, missing;
	unsigned long *vram = w->where.vram;

	window_look(m, w, vma->vm_mm, start, end);
	missing = n - bitmap_weight(vram, n);
	m->moved->already += n - missing;
	if (!missing)
		return false;
	/*
	 * ksmd may have merged a page, and not yet entered it into its rmap. migrate_vma_setup()
	 * unmaps it all the same, and nothing ever finds the migration entry again. ksmd also
	 * reads what it has merged by an address that VRAM has not.
	 */
	if (vma->vm_flags & VM_MERGEABLE) {
		m->moved->unsupported += missing;
		return false;
	}

	first = find_first_zero_bit(vram, n);
	while (test_bit(last - 1, vram))
		last--;
	window_args(m, w, vma, start + first * PAGE_SIZE, start + last * PAGE_SIZE);
	w->to_vram = true;
	dmem_room_get(m->dmem, &w->room, (struct svm_region) {
		w->first, w->first + last - first
	});
	dmem_room_for(m->dmem, &w->room, vma->vm_mm, start & SVM_BLOCK_MASK);
	if (!w->room.nr)
		m->moved->no_memory += missing;
	return w->room.nr;
}

/*
 * Pages that are there, but neither in RAM nor in our VRAM: swapped out, a device's for its
 * atomics, in another GPU's VRAM. migrate_vma_setup() leaves them out, now and the next time.
 */
static bool window_away(struct svm_window *w, unsigned long start)
{
	unsigned int i, nr, looked = (w->args.start - start) >> PAGE_SHIFT;

	bitmap_zero(w->away, BLOCK_PAGES);
	for (i = 0; i < w->args.npages; i += nr) {
		nr = src_pages(w->src[i]);
		if (!w->src[i] && !test_bit(looked + i, w->where.vram))
			__set_bit(i, w->away);
	}
	return !bitmap_empty(w->away, BLOCK_PAGES);
}

/*
 * Has the CPU's fault handler fetch what is away, and begins step 2 anew. The handler may wait for
 * a page's lock. The other window holds some, so it is finished first.
 */
static int window_fetch(struct svm_migration *m, struct svm_window *w, struct vm_area_struct *vma)
{
	unsigned int i;

	window_put_back(w);
	migration_finish(m);
	for_each_set_bit(i, w->away, BLOCK_PAGES)
		handle_mm_fault(vma, w->args.start + i * PAGE_SIZE, FAULT_FLAG_REMOTE, NULL);
	return window_setup(w);
}

/* Steps 1 to 3 to VRAM. */
static int window_to_vram(struct svm_migration *m, struct svm_window *w,
			  struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned int left;
	int ret;

	if (!window_prepare(m, w, vma, start, end))
		return 0;
	w->args.flags = MIGRATE_VMA_SELECT_SYSTEM;
	if (w->room.whole && window_huge(vma, w->args.start, w->args.end) &&
	    !(vma->vm_flags & VM_NOHUGEPAGE))
		w->args.flags |= MIGRATE_VMA_SELECT_COMPOUND;

	ret = window_setup(w);
	if (!ret && vma_is_anonymous(vma) && window_away(w, start))
		ret = window_fetch(m, w, vma);
	if (!ret) {
		left = ((w->args.end - w->args.start) >> PAGE_SHIFT) - window_selected(w);
		/* Some of them are in VRAM, in between. */
		left -= min(left, bitmap_weight(w->where.vram, (end - start) >> PAGE_SHIFT));
		if (vma_is_anonymous(vma))
			m->moved->busy += left;
		else
			m->moved->unsupported += left;
	}
	if (ret || !w->args.cpages)
		dmem_room_put(m->dmem, &w->room);
	else
		window_launch(m, w);
	return ret;
}

/* Steps 2 and 3 to RAM. */
static int window_to_ram(struct svm_migration *m, struct svm_window *w,
			 struct vm_area_struct *vma, unsigned long start, unsigned long end,
			 struct page *fault_page)
{
	int ret;

	window_args(m, w, vma, start, end);
	w->to_vram = false;
	w->args.fault_page = fault_page;
	w->args.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE;
	ret = window_setup(w);
	if (!ret && w->args.cpages)
		window_launch(m, w);
	return ret;
}

/* On request: only where something is in VRAM, as the rest would be unmapped for nothing. */
static int window_request_ram(struct svm_migration *m, struct svm_window *w,
			      struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned int n = (end - start) >> PAGE_SHIFT, i, in_vram;
	struct svm_moved *moved = m->moved;
	int ret;

	window_look(m, w, vma->vm_mm, start, end);
	in_vram = bitmap_weight(w->where.vram, n);
	for (i = 0; i < n; i++) {
		if (test_bit(i, w->where.vram))
			continue;
		if (w->where.pfns[i] & HMM_PFN_VALID)
			moved->already++;
		else
			moved->unsupported++;
	}
	if (!in_vram)
		return 0;
	ret = window_to_ram(m, w, vma, start, end, NULL);
	if (!ret)
		moved->busy += in_vram - min(in_vram, window_selected(w));
	return ret;
}

/* All windows of what lies in one VMA. */
static int migration_vma(struct svm_migration *m, struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, bool to_vram)
{
	unsigned long next;
	int ret = 0;

	if (is_vm_hugetlb_page(vma) || vma->vm_flags & VM_SPECIAL || vma_is_dax(vma) ||
	    (!vma_is_anonymous(vma) && vma->vm_flags & VM_SHARED)) {
		m->moved->unsupported += (end - start) >> PAGE_SHIFT;
		return 0;
	}
	for (; start < end && !ret; start = next) {
		struct svm_window *w = m->window[m->next];

		next = min(end, ALIGN(start + 1, SVM_BLOCK_SIZE));
		if (w->flying)
			window_finish(m, w, 0);
		m->next = !m->next;
		if (fatal_signal_pending(current))
			ret = -EINTR;
		else if (to_vram)
			ret = window_to_vram(m, w, vma, start, next);
		else
			ret = window_request_ram(m, w, vma, start, next);
		cond_resched();
	}
	return ret;
}

static int migrate_range(struct nouveau_drm *drm, struct mm_struct *mm, unsigned long start,
			 unsigned long end, bool to_vram, struct svm_moved *moved)
{
	struct vm_area_struct *vma;
	struct svm_migration m;
	unsigned long addr, next;
	int ret;

	mmap_assert_locked(mm);
	ret = migration_init(&m, drm, moved, 2);
	if (ret)
		return ret;

	for (addr = start; addr < end && !ret; addr = next) {
		vma = find_vma_intersection(mm, addr, end);
		next = vma ? max(addr, vma->vm_start) : end;
		moved->unsupported += (next - addr) >> PAGE_SHIFT;
		if (!vma)
			break;
		addr = next;
		next = min(end, vma->vm_end);
		ret = migration_vma(&m, vma, addr, next, to_vram);
	}
	migration_finish(&m);
	migration_fini(&m);

	trace_svm_migrate(mm, start, end, to_vram, moved->moved, moved->zeroed, moved->failed);
	svm_count_device(drm->svm, SVM_PAGES_NOT_MOVED,
			 moved->busy + moved->unsupported + moved->no_memory + moved->failed);
	return ret;
}

/**
 * svm_migrate_to_vram() - move a range to VRAM
 * @drm: device
 * @mm: process, mmap_lock held for reading
 * @start: first address
 * @end: behind the last address
 * @moved: what became of the pages, all zero before
 *
 * What cannot be moved stays where it is, and is counted.
 *
 * Return: 0, also if nothing was moved; -ENODEV: there is no device memory; -ENOMEM: no memory for
 * the migration itself; -EINTR: the caller is being killed.
 */
int svm_migrate_to_vram(struct nouveau_drm *drm, struct mm_struct *mm, unsigned long start,
			unsigned long end, struct svm_moved *moved)
{
	return migrate_range(drm, mm, start, end, true, moved);
}

/**
 * svm_migrate_to_ram() - move a range to RAM
 * @drm: device
 * @mm: process, mmap_lock held for reading
 * @start: first address
 * @end: behind the last address
 * @moved: what became of the pages, all zero before
 *
 * Only from this device.
 *
 * Return: like svm_migrate_to_vram().
 */
int svm_migrate_to_ram(struct nouveau_drm *drm, struct mm_struct *mm, unsigned long start,
		       unsigned long end, struct svm_moved *moved)
{
	return migrate_range(drm, mm, start, end, false, moved);
}

/* ---- the CPU touches a page in VRAM ---- */

/* What to bring back with it. */
static struct svm_region fault_region(struct svm_migration *m, struct vm_fault *vmf)
{
	unsigned long block = vmf->address & SVM_BLOCK_MASK;
	unsigned long start = max(block, vmf->vma->vm_start);
	unsigned long end = min(block + SVM_BLOCK_SIZE, vmf->vma->vm_end);
	unsigned int page = (vmf->address - block) >> PAGE_SHIFT;
	struct svm_region limit = { (start - block) >> PAGE_SHIFT, (end - block) >> PAGE_SHIFT };
	DECLARE_BITMAP(in_ram, BLOCK_PAGES) = {};

	/* Mapped huge, and so all there. */
	if (!vmf->pte)
		return limit;
	/*
	 * Not huge any more, but one folio still: migrate_vma_setup() splits it. It then takes the
	 * first page for locked, as the folio was, though the lock went to the fault's page. With
	 * that page alone it finds nothing that it could lock, and the CPU tries again.
	 */
	if (vmf->page != folio_page(page_folio(vmf->page), 0))
		return (struct svm_region) { page, page + 1 };

	window_look(m, m->window[0], vmf->vma->vm_mm, start, end);
	bitmap_complement(in_ram, m->window[0]->where.vram, limit.end - limit.first);
	bitmap_shift_left(in_ram, in_ram, limit.first, BLOCK_PAGES);
	__clear_bit(page, in_ram);
	return svm_policy_bring_back(in_ram, page, limit);
}

/**
 * svm_migrate_cpu_fault() - the CPU touched a page in VRAM
 * @vmf: the fault; its page is locked and has a reference
 *
 * Takes a region to RAM. When the page could not be unmapped, because somebody else is at it, the
 * CPU tries again.
 *
 * Return: 0; VM_FAULT_OOM; VM_FAULT_SIGBUS if the contents of the page cannot be had from VRAM by
 * any means.
 */
vm_fault_t svm_migrate_cpu_fault(struct vm_fault *vmf)
{
	struct nouveau_drm *drm = dmem_page_drm(vmf->page);
	unsigned long block = vmf->address & SVM_BLOCK_MASK;
	struct svm_moved moved = {};
	bool huge = !vmf->pte, there;
	struct svm_migration m;
	struct svm_region region;
	struct svm_window *w;

	if (migration_init(&m, drm, &moved, 1))
		return VM_FAULT_OOM;
	w = m.window[0];
	region = fault_region(&m, vmf);
	/* What has a reference more than its mappings is not split, be it the fault's own. */
	if (huge)
		dmem_let_go(m.dmem, vmf->page);
	if (window_to_ram(&m, w, vmf->vma, block + region.first * PAGE_SIZE,
			  block + region.end * PAGE_SIZE, huge ? NULL : vmf->page))
		moved.failed++;
	else if (w->flying)
		window_finish(&m, w, 0);
	if (huge)
		dmem_hold_again(m.dmem, vmf->page);
	there = window_moved(w, (vmf->address - w->args.start) >> PAGE_SHIFT);
	migration_fini(&m);

	svm_count_device(drm->svm, SVM_CPU_FAULTS, 1);
	trace_svm_migrate(vmf->vma->vm_mm, block + region.first * PAGE_SIZE,
			  block + region.end * PAGE_SIZE, false, moved.moved, moved.zeroed,
			  moved.failed);
	if (there)
		return 0;
	if (moved.failed)
		return VM_FAULT_SIGBUS;
	return moved.no_memory ? VM_FAULT_OOM : 0;
}

/* ---- eviction ---- */

/**
 * svm_migrate_evict() - move pages to RAM, whosever they are
 * @drm: device
 * @pfns: their numbers, in ascending order, all pages of folios
 * @npages: how many, at most a block
 *
 * Return: how many are not moved, or -ENOMEM if that is for lack of memory.
 */
int svm_migrate_evict(struct nouveau_drm *drm, const unsigned long *pfns, unsigned int npages)
{
	struct svm_moved moved = {};
	struct svm_migration m;
	struct svm_window *w;
	int ret;

	ret = migration_init(&m, drm, &moved, 1);
	if (ret)
		return ret;
	w = m.window[0];
	memcpy(w->src, pfns, npages * sizeof(*pfns));
	w->args.npages = npages;
	migrate_device_pfns(w->src, npages);
	window_launch(&m, w);
	if (w->flying)
		window_finish(&m, w, 0);
	migration_fini(&m);

	if (moved.no_memory)
		return -ENOMEM;
	return npages - min_t(u64, npages, moved.moved);
}
