// SPDX-License-Identifier: MIT
/*
 * What can be seen of the mirror: fdinfo of a file, debugfs of a device.
 */
#include <linux/debugfs.h>
#include <linux/dma-resv.h>
#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "nouveau_bo.h"
#include "nouveau_drv.h"
#include "nouveau_gem.h"
#include "nouveau_svm.h"

#include "pte.h"
#include "svm.h"
#include "svm_migrate.h"

/**
 * DOC: fdinfo and debugfs
 *
 * /proc/PID/fdinfo/N of a file of the device has the keys of Documentation/gpu/drm-usage-stats.rst.
 * The regions are vram and memory. Buffer objects count where they are. Of the mirror's pages,
 * those in VRAM count in drm-total-vram and drm-resident-vram too, as far as this file's GPU
 * address space maps them; those in RAM do not count in drm-*-memory: they are the process's own
 * RSS. nouveau-hmm-* are the mirror's alone.
 *
 * debugfs, in hmm/ of the device: counters (of all files together), spaces, and blocks with how
 * their pages are mapped. Reading takes no lock that page faults wait for, except that of one block
 * at a time.
 */

static const char * const names[SVM_COUNTERS] = {
	[SVM_FAULTS]		= "faults",
	[SVM_FAULT_DUPLICATES]	= "fault-duplicates",
	[SVM_BATCHES]		= "batches",
	[SVM_REPLAYS]		= "replays",
	[SVM_CANCELS]		= "cancels",
	[SVM_PAGES_MAPPED]	= "pages-mapped",
	[SVM_PAGES_UNMAPPED]	= "pages-unmapped",
	[SVM_INVALIDATES]	= "invalidates",
	[SVM_NOTIFIERS]		= "notifiers",
	[SVM_NOTIFIERS_IDLE]	= "notifiers-idle",
	[SVM_PAGES_TO_VRAM]	= "pages-to-vram",
	[SVM_PAGES_TO_RAM]	= "pages-to-ram",
	[SVM_PAGES_ZEROED]	= "pages-zeroed",
	[SVM_PAGES_NOT_MOVED]	= "pages-not-moved",
	[SVM_CPU_FAULTS]	= "cpu-faults",
	[SVM_CHUNKS_EVICTED]	= "chunks-evicted",
	[SVM_JOBS]		= "jobs",
	[SVM_JOB_WAITS]		= "job-waits",
	[SVM_REVOKED]		= "channels-revoked",
};

/* Of these only the device knows. */
static bool is_of_space(enum svm_counter which)
{
	switch (which) {
	case SVM_BATCHES:
	case SVM_REPLAYS:
	case SVM_CPU_FAULTS:
	case SVM_CHUNKS_EVICTED:
		return false;
	default:
		return true;
	}
}

/**
 * struct usage - what a space maps
 * @blocks: blocks
 * @ram: pages of 4 KiB that the GPU sees in RAM
 * @vram: and in VRAM
 */
struct usage {
	u64 blocks;
	u64 ram;
	u64 vram;
};

static struct usage usage_of(struct nouveau_svmm *svmm)
{
	struct usage usage = {};
	struct svm_block *block;
	unsigned long index;

	mutex_lock(&svmm->lock);
	xa_for_each(&svmm->blocks, index, block) {
		usage.blocks++;
		usage.ram += READ_ONCE(block->nr_ram);
		usage.vram += READ_ONCE(block->nr_vram);
	}
	mutex_unlock(&svmm->lock);
	return usage;
}

static void add_bo(struct drm_memory_stats *vram, struct drm_memory_stats *memory,
		   struct drm_gem_object *obj)
{
	struct drm_memory_stats *stats = memory;
	struct ttm_resource *res;

	dma_resv_lock(obj->resv, NULL);
	res = nouveau_gem_object(obj)->bo.resource;
	if (res && res->mem_type == TTM_PL_VRAM)
		stats = vram;
	dma_resv_unlock(obj->resv);

	if (drm_gem_object_is_shared_for_memory_stats(obj))
		stats->shared += obj->size;
	else
		stats->private += obj->size;
	stats->resident += obj->size;
}

/* Buffer objects of a file, by where they are; what is swapped out counts as memory. */
static void add_bos(struct drm_memory_stats *vram, struct drm_memory_stats *memory,
		    struct drm_file *file)
{
	struct drm_gem_object *obj;
	int id;

	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, id) {
		drm_gem_object_get(obj);
		spin_unlock(&file->table_lock);
		add_bo(vram, memory, obj);
		drm_gem_object_put(obj);
		spin_lock(&file->table_lock);
	}
	spin_unlock(&file->table_lock);
}

static void show_space(struct drm_printer *p, struct nouveau_svmm *svmm, const struct usage *usage)
{
	enum svm_counter which;

	drm_printf(p, "nouveau-hmm-mapped-vram:\t%llu KiB\n", usage->vram << (PAGE_SHIFT - 10));
	drm_printf(p, "nouveau-hmm-mapped-memory:\t%llu KiB\n", usage->ram << (PAGE_SHIFT - 10));
	drm_printf(p, "nouveau-hmm-blocks:\t%llu\n", usage->blocks);
	for (which = 0; which < SVM_COUNTERS; which++)
		if (is_of_space(which))
			drm_printf(p, "nouveau-hmm-%s:\t%lld\n", names[which],
				   atomic64_read(&svmm->stats.n[which]));
}

/**
 * nouveau_hmm_show_fdinfo() - &drm_driver.show_fdinfo
 * @p: where to
 * @file: file
 */
void nouveau_hmm_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct nouveau_svmm *svmm = nouveau_svmm_of(file);
	struct drm_memory_stats vram = {}, memory = {};
	struct usage usage = {};

	add_bos(&vram, &memory, file);
	if (svmm)
		usage = usage_of(svmm);
	vram.private += usage.vram << PAGE_SHIFT;
	vram.resident += usage.vram << PAGE_SHIFT;
	drm_print_memory_stats(p, &vram, DRM_GEM_OBJECT_RESIDENT, "vram");
	drm_print_memory_stats(p, &memory, DRM_GEM_OBJECT_RESIDENT, "memory");
	if (svmm)
		show_space(p, svmm, &usage);
}

#ifdef CONFIG_DEBUG_FS

static int counters_show(struct seq_file *m, void *unused)
{
	struct nouveau_drm *drm = m->private;
	enum svm_counter which;

	if (!drm->svm)
		return 0;
	for (which = 0; which < SVM_COUNTERS; which++)
		seq_printf(m, "%s %lld\n", names[which], atomic64_read(&drm->svm->stats.n[which]));
	if (drm->dmem)
		seq_printf(m, "vram-resident %llu\n", dmem_resident(drm->dmem));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static void spaces_show_one(struct seq_file *m, struct nouveau_svmm *svmm)
{
	struct usage usage = usage_of(svmm);

	seq_printf(m, "%s: cut-out %#lx-%#lx blocks %llu ram %llu KiB vram %llu KiB\n",
		   svmm->vmm->cli->name, svmm->cutout.start, svmm->cutout.end, usage.blocks,
		   usage.ram << (PAGE_SHIFT - 10), usage.vram << (PAGE_SHIFT - 10));
}

static int for_spaces(struct seq_file *m, void (*show)(struct seq_file *, struct nouveau_svmm *))
{
	struct nouveau_drm *drm = m->private;
	struct nouveau_svmm *svmm;

	if (!drm->svm)
		return 0;
	mutex_lock(&drm->svm->lock);
	list_for_each_entry(svmm, &drm->svm->spaces, head)
		show(m, svmm);
	mutex_unlock(&drm->svm->lock);
	return 0;
}

static int spaces_show(struct seq_file *m, void *unused)
{
	return for_spaces(m, spaces_show_one);
}
DEFINE_SHOW_ATTRIBUTE(spaces);

static void block_show(struct seq_file *m, struct svm_block *block)
{
	unsigned int page, ram, vram, writable = 0, big;
	bool huge;

	mutex_lock(&block->lock);
	for (page = 0; page < SVM_BLOCK_PAGES; page++)
		writable += svm_pte_allows(block->pt.pte[page], SVM_WRITE);
	ram = block->nr_ram;
	vram = block->nr_vram;
	huge = block->pt.huge;
	big = huge ? 0 : bitmap_weight(block->pt.big, SVM_BLOCK_GROUPS);
	mutex_unlock(&block->lock);

	seq_printf(m, "  %#lx ram %u vram %u writable %u 2M %u 64K %u 4K %u\n",
		   block->start, ram, vram, writable, huge, big,
		   huge ? 0 : ram + vram - big * SVM_GROUP_PAGES);
}

static void blocks_show_space(struct seq_file *m, struct nouveau_svmm *svmm)
{
	struct svm_block *block;
	unsigned long index;

	seq_printf(m, "%s:\n", svmm->vmm->cli->name);
	mutex_lock(&svmm->lock);
	xa_for_each(&svmm->blocks, index, block)
		block_show(m, block);
	mutex_unlock(&svmm->lock);
}

/* Per block: pages of 4 KiB by where they are, and the GPU pages that map them by size. */
static int blocks_show(struct seq_file *m, void *unused)
{
	return for_spaces(m, blocks_show_space);
}
DEFINE_SHOW_ATTRIBUTE(blocks);

#endif

/**
 * nouveau_hmm_debugfs_init() - make hmm/ of a device
 * @minor: its primary minor
 */
void nouveau_hmm_debugfs_init(struct drm_minor *minor)
{
#ifdef CONFIG_DEBUG_FS
	struct nouveau_drm *drm = nouveau_drm(minor->dev);
	struct dentry *dir = debugfs_create_dir("hmm", minor->debugfs_root);

	debugfs_create_file("counters", 0444, dir, drm, &counters_fops);
	debugfs_create_file("spaces", 0444, dir, drm, &spaces_fops);
	debugfs_create_file("blocks", 0444, dir, drm, &blocks_fops);
#endif
}
