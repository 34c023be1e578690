/* SPDX-License-Identifier: MIT */
/*
 * Device-private memory, the copy channel, and migration between RAM and VRAM.
 */
#ifndef __SVM_MIGRATE_H__
#define __SVM_MIGRATE_H__

#include <linux/mm_types.h>
#include <linux/types.h>

#include "policy.h"

struct nouveau_dmem;
struct nouveau_drm;
struct svm_copy;
struct vm_fault;

/* Owner of our device-private pages, for hmm_range_fault() and migrate_vma_setup(). */
void *svm_owner(struct nouveau_drm *drm);

/**
 * struct dmem_room - pages of VRAM set aside for one migration
 *
 * @page: by page of a block; NULL where there is none, or none any more
 * @nr: how many there are
 * @whole: they are all of one chunk, and may become one folio
 */
struct dmem_room {
	struct page *page[SVM_BLOCK_PAGES];
	unsigned int nr;
	bool whole;
};

/* devmem.c: VRAM as device-private pages */
u64 dmem_page_addr(struct page *page);
struct nouveau_drm *dmem_page_drm(struct page *page);
struct svm_copy *dmem_copy(struct nouveau_dmem *dmem);
void dmem_room_get(struct nouveau_dmem *dmem, struct dmem_room *room, struct svm_region region);
void dmem_room_put(struct nouveau_dmem *dmem, struct dmem_room *room);
struct page *dmem_room_take(struct nouveau_dmem *dmem, struct dmem_room *room, unsigned int i,
			    unsigned int order);
void dmem_room_for(struct nouveau_dmem *dmem, struct dmem_room *room, struct mm_struct *mm,
		   unsigned long addr);
void dmem_let_go(struct nouveau_dmem *dmem, struct page *page);
void dmem_hold_again(struct nouveau_dmem *dmem, struct page *page);
int dmem_read(struct page *page, struct page *to, unsigned int npages);
void dmem_touch(struct page *page);
int dmem_shrink(struct nouveau_dmem *dmem);
u64 dmem_resident(struct nouveau_dmem *dmem);

/**
 * struct svm_moved - what became of the pages that were asked for, in pages of 4 KiB
 * @moved: copied
 * @zeroed: of untouched memory, which now is zero-filled in VRAM; no copy
 * @already: were there before
 * @busy: pinned, locked, swapped out, or in use by somebody else
 * @unsupported: not anonymous memory, or nothing is there
 * @no_memory: no room at the target
 * @failed: the copy failed; the data is where it was
 */
struct svm_moved {
	u64 moved;
	u64 zeroed;
	u64 already;
	u64 busy;
	u64 unsupported;
	u64 no_memory;
	u64 failed;
};

/* migrate.c: caller holds mmap_lock of @mm for reading; [start, end) are page-aligned */
int svm_migrate_to_vram(struct nouveau_drm *drm, struct mm_struct *mm, unsigned long start,
			unsigned long end, struct svm_moved *moved);
int svm_migrate_to_ram(struct nouveau_drm *drm, struct mm_struct *mm, unsigned long start,
		       unsigned long end, struct svm_moved *moved);
vm_fault_t svm_migrate_cpu_fault(struct vm_fault *vmf);
int svm_migrate_evict(struct nouveau_drm *drm, const unsigned long *pfns, unsigned int npages);

/**
 * struct svm_copy_fence - the end of a batch of copies
 * @gen: which channel was to do it
 * @seq: what the semaphore will be
 * @sum: how many copies there will have been on that channel
 */
struct svm_copy_fence {
	u32 gen;
	u32 seq;
	u32 sum;
};

/* copy.c: a channel of our own on a copy engine */
int svm_copy_init(struct nouveau_drm *drm, struct svm_copy **pcopy);
void svm_copy_fini(struct svm_copy **pcopy);
void svm_copy_begin(struct svm_copy *copy);
void svm_copy_to_vram(struct svm_copy *copy, u64 vram, dma_addr_t ram, u32 bytes);
void svm_copy_to_ram(struct svm_copy *copy, dma_addr_t ram, u64 vram, u32 bytes);
void svm_copy_zero(struct svm_copy *copy, u64 vram, u32 bytes);
struct svm_copy_fence svm_copy_end(struct svm_copy *copy);
int svm_copy_wait(struct svm_copy *copy, struct svm_copy_fence fence);

#endif
