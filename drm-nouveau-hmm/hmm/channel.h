/* SPDX-License-Identifier: MIT */
/*
 * Channels whose commands are in the process's memory, and their claims on pages.
 */
#ifndef __SVM_CHANNEL_H__
#define __SVM_CHANNEL_H__

#include <linux/eventfd.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <nvif/event.h>
#include <nvif/object.h>

#include "nouveau_hmm_drm.h"

#include "policy.h"

struct dma_fence;
struct dma_fence_chain;
struct drm_file;
struct drm_syncobj;
struct nouveau_bo;
struct nouveau_cli;
struct nouveau_svmm;
struct nouveau_vma;
struct nvkm_chan;
struct svm_block;
struct svm_fault_report;

/**
 * struct svm_hold - a channel's claim on pages of a block, until a job is done
 *
 * Kept after the job: the next one that wants the same only has to renew it.
 *
 * @node: in &svm_channel.holds
 * @head: in &svm_block.holds; under &svm_block.lock
 * @chan: whose
 * @block: reference
 * @region: pages
 * @write: writable
 * @alias: second address of the block, of which this claim is a user; or 0
 * @valid: all of it is mapped; under &svm_block.lock
 * @seq: last job that needs it; under &svm_block.lock
 * @old: what @seq was before a submission that may fail
 */
struct svm_hold {
	struct hlist_node node;
	struct list_head head;
	struct svm_channel *chan;
	struct svm_block *block;
	struct svm_region region;
	bool write;
	u64 alias;
	bool valid;
	u64 seq;
	u64 old;
};

/**
 * struct svm_sync - a syncobj of a job
 * @syncobj: reference
 * @point: of a timeline, or 0
 * @fence: to wait for, once it is there
 * @chain: set aside for the point
 */
struct svm_sync {
	struct drm_syncobj *syncobj;
	u64 point;
	struct dma_fence *fence;
	struct dma_fence_chain *chain;
};

/**
 * struct svm_job - a job that waits for fences, or has some to signal
 * @head: in &svm_channel.waiting or .running
 * @seq: its number, once it was submitted
 * @ranges: its memory
 * @nr_ranges: how many
 * @in: what it waits for
 * @nr_in: how many
 * @out: who is told
 * @nr_out: how many
 * @missing: address of a page of its memory that could not be had; or 0
 */
struct svm_job {
	struct list_head head;
	u64 seq;
	struct drm_nouveau_hmm_range *ranges;
	unsigned int nr_ranges;
	struct svm_sync *in;
	unsigned int nr_in;
	struct svm_sync *out;
	unsigned int nr_out;
	u64 missing;
};

/**
 * struct svm_channel - a channel
 *
 * @ref: reference count: the file's, and that of whoever looked it up
 * @svmm: space, with a reference
 * @cli: client of the file
 * @id: number in the file
 * @user: host channel
 * @engine: object of the engine's class
 * @killed: event: the GPU or nvkm stopped it
 * @nonstall: event: a job with out-fences is done, here or elsewhere
 * @inst: channel instance, as fault packets name it
 * @runs: @inst has been told to the mirror
 * @bo: pages in RAM: word 0 is the number of the last job that is done, written by the GPU; from
 *	SVM_TRAILER on, commands at the end of jobs
 * @vma: the same for the GPU
 * @ring: address of the ring in the process
 * @ring_gpu: address of the ring for the host unit
 * @entries: length of the ring
 * @ring_hold: claim on the ring, while the host unit knows it
 * @lock: protects all below: one submission at a time
 * @put: next entry of the ring
 * @ends: entry behind each of the last jobs, by number modulo @entries
 * @accepted: number of the last job that was accepted
 * @submitted: number of the last one that was given to the GPU
 * @waiting: jobs between these, &svm_job.head
 * @nr_waiting: how many
 * @running: jobs given to the GPU that have out-fences, &svm_job.head
 * @work: gives @waiting to the GPU, and ends @running
 * @awake: a reference on the device's runtime power management is held
 * @holds: claims, by address
 * @nr_holds: how many
 * @status_lock: protects @status and @stopped
 * @stopped: nothing runs any more, or will
 * @status: what is known of that
 * @eventfd: is told of it, or NULL
 */
struct svm_channel {
	struct kref ref;
	struct nouveau_svmm *svmm;
	struct nouveau_cli *cli;
	u32 id;
	struct nvif_object user;
	struct nvif_object engine;
	struct nvif_event killed;
	struct nvif_event nonstall;
	u64 inst;
	bool runs;
	struct nouveau_bo *bo;
	struct nouveau_vma *vma;
	u64 ring;
	u64 ring_gpu;
	u32 entries;
	struct svm_hold *ring_hold;
	struct mutex lock;		/* all below */
	u32 put;
	u32 *ends;
	u64 accepted;
	u64 submitted;
	struct list_head waiting;
	unsigned int nr_waiting;
	struct list_head running;
	struct delayed_work work;
	bool awake;
	DECLARE_HASHTABLE(holds, 6);
	unsigned int nr_holds;
	spinlock_t status_lock;		/* the rest */
	bool stopped;
	struct drm_nouveau_hmm_channel_status status;
	struct eventfd_ctx *eventfd;
};

/*
 * In &svm_channel.bo: the number of the last job that is done, and commands, so many bytes for each
 * entry of the ring.
 */
#define SVM_DONE		0
#define SVM_TRAILER		PAGE_SIZE
#define SVM_TRAILER_BYTES	32

/* channel.c */
struct svm_channel *svm_channel_get(struct nouveau_svmm *svmm, u32 id);
void svm_channel_put(struct svm_channel *chan);
struct nvkm_chan *svm_channel_nvkm(struct svm_channel *chan);
void svm_channel_stop(struct svm_channel *chan,
		      const struct drm_nouveau_hmm_channel_status *status);
void svm_channel_end_jobs(struct svm_channel *chan);
u64 svm_channel_done(struct svm_channel *chan);
bool svm_channel_stopped(struct svm_channel *chan);
void svm_channel_revoke(struct svm_channel *chan, unsigned long addr);
void svm_channel_fault(struct nouveau_svmm *svmm, u64 inst, const struct svm_fault_report *report);
void svm_channels_end(struct nouveau_svmm *svmm);
void svm_channels_wait(struct nouveau_svmm *svmm, unsigned long timeout);
void svm_channels_drop_idle(struct nouveau_svmm *svmm);

/* submit.c */
void svm_channel_work(struct work_struct *work);

/* job.c */
int svm_job_syncs(struct svm_job *job, struct drm_file *file,
		  const struct drm_nouveau_hmm_channel_submit *args);
void svm_job_reset(struct svm_job *job);
bool svm_job_ready(struct svm_job *job, long timeout);
void svm_job_end(struct svm_job *job, int error);
void svm_job_free(struct svm_job *job);

/* hold.c */
struct svm_hold *svm_hold_get(struct svm_channel *chan, u64 start, u64 end, bool write);
int svm_hold_map(struct svm_hold *hold, u64 *missing);
int svm_hold_alias(struct svm_hold *hold, u64 addr, u64 *gpu);
bool svm_hold_arm(struct svm_hold *hold, u64 seq);
void svm_hold_disarm(struct svm_hold *hold);
void svm_holds_drop_all(struct svm_channel *chan);
void svm_holds_drop_idle(struct svm_channel *chan);
bool svm_holds_busy(struct svm_block *block, unsigned int first, unsigned int end);
unsigned long svm_holds_find(struct nouveau_svmm *svmm, unsigned long start, unsigned long end);
void svm_holds_wait(struct svm_block *block, unsigned int first, unsigned int end);
void svm_holds_unmapped(struct svm_block *block, unsigned int first, unsigned int end);

#endif
