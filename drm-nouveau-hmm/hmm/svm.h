/* SPDX-License-Identifier: MIT */
/*
 * The rooms of the mirror share this header: the objects, who owns them, which
 * lock guards what.
 */
#ifndef __SVM_H__
#define __SVM_H__

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/hmm-dma.h>
#include <linux/kref.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <nvif/vmm.h>

#include "policy.h"

struct device;
struct drm_file;
struct nouveau_drm;
struct nouveau_vmm;
struct nvkm_vmm;
struct nvkm_vmm_pt;

/**
 * DOC: Locking
 *
 * From the outermost to the innermost::
 *
 *   nouveau_svm.fault_lock  one batch of faults at a time; also held to end a space
 *     mmap_lock             of the mirrored process, for reading
 *       dma_resv            of VRAM chunks (TTM), inside dmem
 *         folio locks       taken by migrate_vma_setup() and its like, trylock only
 *           svm_copy.lock   the copy channel's push buffer
 *             <reclaim>     everything above may allocate
 *               svm_block.lock
 *                 nvkm's instmem and mmu mutexes, taken to write PTEs and to invalidate TLBs
 *
 * nouveau_svmm.lock serializes making and ending blocks; it is taken without
 * mmap_lock, and page tables are allocated under it.
 *
 * svm_block.lock is taken by MMU notifiers, so by reclaim: nothing that can
 * reclaim may be done under it. That is why a block takes its page tables when
 * it is made and not when it is first mapped.
 *
 * What hmm_range_fault() reported is only used under svm_block.lock after
 * mmu_interval_read_retry() said that it still holds.
 */

#define SVM_BLOCK_SHIFT		21
#define SVM_BLOCK_SIZE		BIT(SVM_BLOCK_SHIFT)
#define SVM_BLOCK_MASK		(~(SVM_BLOCK_SIZE - 1))

enum svm_counter {
	SVM_FAULTS,		/* packets read from the fault buffer */
	SVM_FAULT_DUPLICATES,	/* of these, asked for what another in the batch asked for */
	SVM_BATCHES,
	SVM_REPLAYS,
	SVM_CANCELS,
	SVM_PAGES_MAPPED,	/* 4 KiB pages made visible to the GPU */
	SVM_PAGES_UNMAPPED,
	SVM_INVALIDATES,	/* TLB invalidates without a replay */
	SVM_NOTIFIERS,		/* notifier calls that took pages of a block from the GPU */
	SVM_NOTIFIERS_IDLE,	/* and those that found nothing mapped: no GPU work */
	SVM_PAGES_TO_VRAM,
	SVM_PAGES_TO_RAM,
	SVM_PAGES_ZEROED,	/* first touch in VRAM: no copy */
	SVM_PAGES_NOT_MOVED,	/* asked for, and left where they were */
	SVM_CPU_FAULTS,		/* CPU touched a page in VRAM */
	SVM_CHUNKS_EVICTED,
	SVM_JOBS,		/* of channels whose commands are in the process's memory */
	SVM_JOB_WAITS,		/* notifiers that had to wait for one */
	SVM_REVOKED,		/* channels that were stopped by one */
	SVM_COUNTERS
};

/**
 * struct svm_stats - counters of a device or of a space, never reset
 * @n: by &enum svm_counter
 */
struct svm_stats {
	atomic64_t n[SVM_COUNTERS];
};

/**
 * struct svm_fault_report - a fault that could not be served, for the process to read
 * @addr: address in the process, of the page
 * @time_ns: CLOCK_MONOTONIC when it was cancelled
 * @access: &enum svm_access
 * @reason: fault type as the GPU named it (Pascal: FAULT_TYPE of the packet)
 * @client: GPC client id
 * @gpc: GPC
 * @error: errno that says why it could not be served
 */
struct svm_fault_report {
	u64 addr;
	u64 time_ns;
	u8 access;
	u8 reason;
	u8 client;
	u8 gpc;
	int error;
};

#define SVM_REPORTS 16

/* Blocks of a space that can have an alias at a time. */
#define SVM_ALIASES 128

/* Host addresses 40 bits (open-gpu-doc clc06f.h: NVC06F_GP_ENTRY1_GET_HI). */
#define SVM_HOST_LIMIT BIT_ULL(40)

/**
 * struct nouveau_svm - the mirror of one device
 * @ref: reference count; spaces hold one, because a file may outlive the
 *	driver's grip on the device
 * @drm: device
 * @lock: protects @spaces
 * @insts: channel instance, as fault packets name it, >> 8 to &struct
 *	nouveau_svmm; under its own lock
 * @spaces: all spaces, &nouveau_svmm.head
 * @fault_lock: held while a batch of faults is served
 * @fault: fault buffer and its service (fault.c)
 * @stats: of all spaces together
 */
struct nouveau_svm {
	struct kref ref;
	struct nouveau_drm *drm;
	struct mutex lock;		/* @spaces */
	struct xarray insts;
	struct list_head spaces;
	struct mutex fault_lock;	/* one batch at a time */
	struct svm_fault_buffer *fault;
	struct svm_stats stats;
};

/**
 * struct nouveau_svmm - a space: one process's memory as one GPU address space
 * sees it
 *
 * Made by SVM_INIT, ended with the file. Blocks and batches of faults hold
 * references; after nouveau_svmm_fini() no block is left and @vmm must not be
 * used.
 *
 * @ref: reference count
 * @svm: device
 * @head: in &nouveau_svm.spaces
 * @vmm: GPU address space, of the file
 * @nvkm: the same, as the page-table writer needs it
 * @mm: the process's memory; a reference on the struct (mmgrab), not on the
 *	memory
 * @cutout: addresses that are for buffer objects and not mirrored
 * @blocks: address >> SVM_BLOCK_SHIFT to &struct svm_block; looked up under RCU
 * @lock: serializes additions to and removals from @blocks
 * @closed: no block may be added any more; under @lock
 * @reaper: frees blocks whose memory was unmapped as a whole
 * @jobs: asynchronous migrations (uapi.c)
 * @channels: by number; under its own lock
 * @channel_work: where channels' work is done; NULL before the first channel
 * @window: where aliases of blocks are (pt.c); its @size is 0 before the first; under @lock
 * @aliases: slots of @window in use; under @lock
 * @report_lock: protects the reports
 * @reports: the last cancelled faults, a ring
 * @report_nr: cancelled faults so far
 * @report_read: of these, the process has been told of
 * @stats: counters
 */
struct nouveau_svmm {
	struct kref ref;
	struct nouveau_svm *svm;
	struct list_head head;
	struct nouveau_vmm *vmm;
	struct nvkm_vmm *nvkm;
	struct mm_struct *mm;
	struct {
		unsigned long start, end;
	} cutout;
	struct xarray blocks;
	struct mutex lock;		/* changes of @blocks */
	bool closed;
	struct work_struct reaper;
	struct workqueue_struct *jobs;
	struct xarray channels;
	struct workqueue_struct *channel_work;
	struct nvif_vma window;
	DECLARE_BITMAP(aliases, SVM_ALIASES);
	spinlock_t report_lock;		/* reports */
	struct svm_fault_report reports[SVM_REPORTS];
	u64 report_nr;
	u64 report_read;
	struct svm_stats stats;
};

/**
 * struct svm_pt - the page tables of a block
 *
 * The block holds a reference on the table of small (4 KiB) and on that of big
 * (64 KiB) pages as long as it lives. A 2 MiB page is an entry of the directory
 * above, in place of the pointers to both.
 *
 * @pgd: the directory (PD0)
 * @pgt: both tables
 * @pdei: entry of @pgd
 * @pte: what the GPU shall see, page by page, in the form of a small PTE; 0:
 *	nothing
 * @small: groups of 64 KiB whose small PTEs are not all zero in memory
 * @big: groups that are mapped by a big PTE
 * @huge: the block is mapped by one 2 MiB PTE
 */
struct svm_pt {
	struct nvkm_vmm_pt *pgd;
	struct nvkm_vmm_pt *pgt;
	u32 pdei;
	u64 pte[SVM_BLOCK_PAGES];
	DECLARE_BITMAP(small, SVM_BLOCK_GROUPS);
	DECLARE_BITMAP(big, SVM_BLOCK_GROUPS);
	bool huge;
};

/**
 * struct svm_alias - a second address of a block, for units that address 40 bits only
 *
 * @start: address, in the cut-out; 0: there is none
 * @users: claims that need it; both under &nouveau_svmm.lock
 * @pgt: its tables, of which only the small one is used; or NULL; under &svm_block.lock
 */
struct svm_alias {
	u64 start;
	unsigned int users;
	struct nvkm_vmm_pt *pgt;
};

/**
 * struct svm_block - 2 MiB of a space: the unit of look-up, of notifiers and of
 * locking
 *
 * @notifier: tells when the CPU's view of any page in it changes
 * @svmm: space
 * @start: address, a multiple of SVM_BLOCK_SIZE
 * @limit: pages that are mirrored: all but those in the space's cut-out
 * @ref: reference count; look-ups take one
 * @rcu: for look-ups without locks
 * @lock: protects everything below
 * @dead: unmapped as a whole by the process, waits for the reaper; nothing is
 *	mapped any more
 * @pt: GPU page tables and their mirror
 * @alias: its second address
 * @holds: claims of channels on its pages, &svm_hold.head
 * @waiting: notifiers that wait for jobs
 * @nr_ram: pages that the GPU sees in RAM; read without the lock
 * @nr_vram: and in VRAM
 * @map: struct pages and DMA addresses of pages in RAM; an entry that is not
 *	DMA-mapped says nothing
 */
struct svm_block {
	struct mmu_interval_notifier notifier;
	struct nouveau_svmm *svmm;
	unsigned long start;
	struct svm_region limit;
	struct kref ref;
	struct rcu_head rcu;
	struct mutex lock;	/* all below */
	bool dead;
	struct svm_pt pt;
	struct svm_alias alias;
	struct list_head holds;
	unsigned int waiting;
	unsigned int nr_ram;
	unsigned int nr_vram;
	struct hmm_dma_map map;
};

/**
 * struct svm_request - what is wanted of a block
 *
 * @region: pages to map if they are there; memory that the CPU maps by a 2 MiB
 *	page is mapped whole
 * @populate: fault anonymous memory of @region in, as if it had been asked for
 * @read: pages that must become readable
 * @write: pages that must become writable; a subset of @read
 * @atomic: pages that must become writable with atomics; a subset of @write
 * @failed: result: pages of @read that could not be served
 * @error: result: errno of the last failed page
 * @pfns: scratch, for hmm_range_fault()
 */
struct svm_request {
	struct svm_region region;
	bool populate;
	DECLARE_BITMAP(read, SVM_BLOCK_PAGES);
	DECLARE_BITMAP(write, SVM_BLOCK_PAGES);
	DECLARE_BITMAP(atomic, SVM_BLOCK_PAGES);
	DECLARE_BITMAP(failed, SVM_BLOCK_PAGES);
	int error;
	unsigned long pfns[SVM_BLOCK_PAGES];
};

/* svm.c: the device */
void nouveau_svm_put(struct nouveau_svm *svm);
struct device *svm_device(struct nouveau_svm *svm);
void svm_count(struct nouveau_svmm *svmm, enum svm_counter which, long n);
void svm_count_device(struct nouveau_svm *svm, enum svm_counter which, long n);

/* space.c */
struct nouveau_svmm *nouveau_svmm_get(struct nouveau_svmm *svmm);
void nouveau_svmm_put(struct nouveau_svmm *svmm);
struct nouveau_svmm *nouveau_svmm_of(struct drm_file *file);
struct nouveau_svmm *nouveau_svmm_find(struct nouveau_svm *svm, u64 inst);
void nouveau_svmm_unmap(struct nouveau_svmm *svmm);
int nouveau_svmm_map(struct nouveau_svmm *svmm, unsigned long start, unsigned long end);
void nouveau_svmm_report(struct nouveau_svmm *svmm, const struct svm_fault_report *report);
unsigned int nouveau_svmm_read_reports(struct nouveau_svmm *svmm, struct svm_fault_report *reports,
				       unsigned int max, u64 *lost);

/* uapi.c */
struct nouveau_svmm *nouveau_hmm_own_space(struct drm_file *file);
int nouveau_hmm_init_jobs(struct nouveau_svmm *svmm);
void nouveau_hmm_end_jobs(struct nouveau_svmm *svmm);

/* block.c */
struct svm_block *svm_block_find(struct nouveau_svmm *svmm, unsigned long addr);
struct svm_block *svm_block_get_or_new(struct nouveau_svmm *svmm, unsigned long addr);
void svm_block_put(struct svm_block *block);
int svm_block_serve(struct svm_block *block, struct svm_request *req);
void svm_block_unmap(struct svm_block *block);
void svm_block_reap(struct nouveau_svmm *svmm, bool all);

/* pt.c */
int svm_pt_init(struct svm_block *block);
void svm_pt_fini(struct svm_block *block);
void svm_pt_update(struct svm_block *block, unsigned int first, unsigned int end);
void svm_pt_invalidate(struct nouveau_svmm *svmm);
int svm_pt_alias_init(struct svm_block *block);
void svm_pt_alias_fini(struct svm_block *block);

/* fault.c */
enum svm_access svm_fault_access(unsigned int access);
int svm_fault_init(struct nouveau_svm *svm);
void svm_fault_fini(struct nouveau_svm *svm);
void svm_fault_suspend(struct nouveau_svm *svm);
int svm_fault_resume(struct nouveau_svm *svm);

#endif
