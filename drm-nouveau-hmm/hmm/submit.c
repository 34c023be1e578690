// SPDX-License-Identifier: MIT
/*
 * Jobs of channels: from ranges of the process's memory to entries of the ring.
 */
#include <linux/kthread.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "nouveau_drv.h"
#include "nouveau_bo.h"
#include "nouveau_svm.h"
#include "nouveau_vmm.h"

#include <nvhw/class/cl906f.h>
#include <nvhw/drf.h>
#include <engine/fifo/chan.h>

#include "channel.h"
#include "svm.h"
#include "trace.h"

/**
 * DOC: A submission
 *
 * It
 *
 * 1. finds or makes a claim (hold.c) for the ring and for each range of the job;
 * 2. writes the ring: an entry for each push range, and one for a few commands of ours that let
 *    the GPU write the job's number to RAM when the engine is idle;
 * 3. maps what is not mapped, and renews the claims: all of them, or all again;
 * 4. writes PUT.
 *
 * When nothing has changed since the last job, step 3 touches no page table, and nothing is read
 * from the GPU. Step 2 comes before 3 because writing the ring may fault, and move its page.
 *
 * A job whose in-fences are not signalled is kept in a list; a worker does the same for it later,
 * in the name of the process.
 */

/* Host: GP entry (open-gpu-doc clc06f.h, nouveau nvif/chan506f.c) and USERD's GP_PUT. */
#define GP_ENTRY1_SUBROUTINE	BIT(9)
#define GP_ENTRY1_LENGTH_SHIFT	10
#define USERD_GP_PUT		0x8c

/* Commands at the end of a job: all, and those without an interrupt. */
#define TRAILER_WORDS		7
#define TRAILER_WORDS_QUIET	5

/* Claims are kept until there are so many. */
#define HOLDS_MAX		1024

/* How often to map at least what the CPU keeps changing, and then for a second. */
#define MIN_ROUNDS		3

/* How long the worker waits for an in-fence before it looks at other things. */
#define WORK_PATIENCE		(HZ / 20 + 1)

/**
 * struct submission - a job on its way to the ring
 * @chan: channel, locked
 * @job: job
 * @seq: its number
 * @put: next entry of the ring
 * @holds: claims, the ring's first
 * @nr_holds: how many
 * @room: of @holds
 * @rounds: how often memory had to be mapped
 */
struct submission {
	struct svm_channel *chan;
	struct svm_job *job;
	u64 seq;
	u32 put;
	struct svm_hold **holds;
	unsigned int nr_holds;
	unsigned int room;
	unsigned int rounds;
};

static int check_range(struct nouveau_svmm *svmm, const struct drm_nouveau_hmm_range *r)
{
	const u32 known = DRM_NOUVEAU_HMM_RANGE_PUSH | DRM_NOUVEAU_HMM_RANGE_WRITE;
	u64 last = r->addr + r->length - 1;

	if (r->flags & ~known || r->reserved || !r->length || r->addr >= TASK_SIZE ||
	    r->length > TASK_SIZE - r->addr)
		return -EINVAL;
	if (r->addr < svmm->cutout.end && last >= svmm->cutout.start)
		return -EINVAL;
	if (!(r->flags & DRM_NOUVEAU_HMM_RANGE_PUSH))
		return 0;
	if (!IS_ALIGNED(r->addr | r->length, 4) || r->length > DRM_NOUVEAU_HMM_PUSH_MAX)
		return -EINVAL;
	if (last >= SVM_HOST_LIMIT && (r->addr & SVM_BLOCK_MASK) != (last & SVM_BLOCK_MASK))
		return -EINVAL;
	return 0;
}

static int add_hold(struct submission *s, struct svm_hold *hold)
{
	struct svm_hold **more;

	if (IS_ERR(hold))
		return PTR_ERR(hold);

	if (s->nr_holds == s->room) {
		more = kvmalloc_array(s->room * 2, sizeof(*more), GFP_KERNEL_ACCOUNT);
		if (!more)
			return -ENOMEM;
		memcpy(more, s->holds, s->nr_holds * sizeof(*more));
		kvfree(s->holds);
		s->holds = more;
		s->room *= 2;
	}
	s->holds[s->nr_holds++] = hold;
	return 0;
}

/* The claims of a range, and where the host unit finds it. */
static int hold_range(struct submission *s, const struct drm_nouveau_hmm_range *r, u64 *gpu)
{
	bool write = r->flags & DRM_NOUVEAU_HMM_RANGE_WRITE;
	u64 addr, next, end = r->addr + r->length;
	struct svm_hold *hold;
	int ret = 0;

	*gpu = r->addr;
	for (addr = r->addr; addr < end && !ret; addr = next) {
		next = min(end, (addr & SVM_BLOCK_MASK) + SVM_BLOCK_SIZE);
		hold = svm_hold_get(s->chan, addr, next, write);
		ret = add_hold(s, hold);
		if (!ret && r->flags & DRM_NOUVEAU_HMM_RANGE_PUSH && end > SVM_HOST_LIMIT)
			ret = svm_hold_alias(hold, addr, gpu);
		if (ret)
			s->job->missing = addr & PAGE_MASK;
		if (fatal_signal_pending(current))
			ret = -EINTR;
	}
	return ret;
}

static int ring_write(struct submission *s, u64 addr, u64 bytes, u32 flags)
{
	struct svm_channel *chan = s->chan;
	u64 entry = addr | (u64)(flags | (bytes >> 2) << GP_ENTRY1_LENGTH_SHIFT) << 32;
	u64 at = chan->ring + s->put * sizeof(u64);

	s->put = (s->put + 1) % chan->entries;
	if (!put_user(entry, (u64 __user *)u64_to_user_ptr(at)))
		return 0;
	s->job->missing = at & PAGE_MASK;
	return -EFAULT;
}

/* When the engine is idle (WFI), the job's number goes to RAM. */
static int write_trailer(struct submission *s)
{
	struct svm_channel *chan = s->chan;
	u32 offset = SVM_TRAILER + s->put * SVM_TRAILER_BYTES;
	u32 *words = chan->bo->kmap.virtual + offset;
	unsigned int n;

	words[0] = 1 << 29 | 4 << 16 | NV906F_SEMAPHOREA >> 2;
	words[1] = upper_32_bits(chan->vma->addr + SVM_DONE);
	words[2] = lower_32_bits(chan->vma->addr + SVM_DONE);
	words[3] = lower_32_bits(s->seq);
	words[4] = NVDEF(NV906F, SEMAPHORED, OPERATION, RELEASE) |
		   NVDEF(NV906F, SEMAPHORED, RELEASE_WFI, EN) |
		   NVDEF(NV906F, SEMAPHORED, RELEASE_SIZE, 4BYTE);
	words[5] = 1 << 29 | 1 << 16 | NV906F_NON_STALL_INTERRUPT >> 2;
	words[6] = 0;
	/* Only a job with fences to signal interrupts. */
	n = s->job->nr_out ? TRAILER_WORDS : TRAILER_WORDS_QUIET;
	return ring_write(s, chan->vma->addr + offset, n * sizeof(u32), 0);
}

static bool ring_has_room(struct svm_channel *chan, unsigned int entries)
{
	u32 get = chan->ends[svm_channel_done(chan) % chan->entries];

	return entries < chan->entries - (chan->put - get) % chan->entries;
}

static int write_ring(struct submission *s)
{
	struct svm_hold *ring = s->chan->ring_hold;
	unsigned int i;
	u64 gpu;
	int ret;

	s->put = s->chan->put;
	s->nr_holds = 0;
	/* The host unit knows the ring by its block's second address. */
	s->job->missing = 0;
	ret = add_hold(s, ring);
	if (READ_ONCE(ring->block->dead)) {
		s->job->missing = s->chan->ring & PAGE_MASK;
		return -EFAULT;
	}
	for (i = 0; i < s->job->nr_ranges && !ret; i++) {
		ret = hold_range(s, &s->job->ranges[i], &gpu);
		if (!ret && s->job->ranges[i].flags & DRM_NOUVEAU_HMM_RANGE_PUSH)
			ret = ring_write(s, gpu, s->job->ranges[i].length, GP_ENTRY1_SUBROUTINE);
	}
	return ret ?: write_trailer(s);
}

static bool arm_all(struct submission *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_holds; i++)
		if (!svm_hold_arm(s->holds[i], s->seq))
			break;
	if (i == s->nr_holds)
		return true;
	while (i--)
		svm_hold_disarm(s->holds[i]);
	return false;
}

static int map_all(struct submission *s)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < s->nr_holds && !ret; i++)
		ret = svm_hold_map(s->holds[i], &s->job->missing);
	return ret;
}

/* Maps what is not, until all of it is at once. */
static int claim(struct submission *s)
{
	unsigned long timeout = 0;
	int ret;

	for (s->rounds = 0; !arm_all(s); s->rounds++) {
		/* The first round may have a lot to map; only others are the CPU's doing. */
		if (s->rounds == 1)
			timeout = jiffies + HZ;
		if (s->rounds > MIN_ROUNDS && time_after(jiffies, timeout))
			return -EBUSY;
		if (signal_pending(current))
			return -EINTR;
		ret = map_all(s);
		if (ret && ret != -EBUSY)
			return ret;
	}
	return 0;
}

static void doorbell(struct submission *s)
{
	struct svm_channel *chan = s->chan;

	WRITE_ONCE(chan->submitted, s->seq);
	chan->ends[s->seq % chan->entries] = s->put;
	chan->put = s->put;
	/* Ring and commands before PUT. */
	wmb();
	nvif_wr32(&chan->user, USERD_GP_PUT, s->put);
}

/* Takes the job over if it succeeds. */
static int submit_job(struct svm_channel *chan, struct svm_job *job)
{
	struct submission submission = { .chan = chan, .job = job }, *s = &submission;
	unsigned int i, entries = 1;
	int ret;

	lockdep_assert_held(&chan->lock);
	if (svm_channel_stopped(chan))
		return -EIO;
	for (i = 0; i < s->job->nr_ranges; i++)
		entries += !!(s->job->ranges[i].flags & DRM_NOUVEAU_HMM_RANGE_PUSH);
	if (!ring_has_room(chan, entries))
		return -EBUSY;
	if (chan->nr_holds > HOLDS_MAX)
		svm_holds_drop_idle(chan);

	s->seq = chan->submitted + 1;
	s->room = 16;
	s->holds = kvmalloc_array(s->room, sizeof(*s->holds), GFP_KERNEL_ACCOUNT);
	if (!s->holds)
		return -ENOMEM;
	ret = write_ring(s);
	if (!ret)
		ret = claim(s);
	kvfree(s->holds);
	if (ret)
		return ret;
	job->seq = s->seq;
	/* Whoever ends it needs the channel's lock. */
	if (job->nr_out)
		list_add_tail(&job->head, &chan->running);
	doorbell(s);
	svm_count(chan->svmm, SVM_JOBS, 1);
	trace_svm_job(chan->svmm, chan->id, s->seq, job->nr_ranges, s->rounds);
	if (!job->nr_out)
		svm_job_free(job);
	return 0;
}

static int accept_job(struct svm_channel *chan, struct svm_job *job)
{
	bool out = job->nr_out;
	int ret = 0;

	if (svm_channel_stopped(chan))
		return -EIO;
	if (list_empty(&chan->waiting) && svm_job_ready(job, 0)) {
		ret = submit_job(chan, job);
		/* It cannot end before the channel's lock is free. */
		if (!ret && out)
			svm_job_reset(job);
	} else if (chan->nr_waiting == DRM_NOUVEAU_HMM_WAITING) {
		ret = -EBUSY;
	} else {
		svm_job_reset(job);
		list_add_tail(&job->head, &chan->waiting);
		chan->nr_waiting++;
		mod_delayed_work(chan->svmm->channel_work, &chan->work, 0);
	}
	chan->accepted += !ret;
	return ret;
}

/* In the name of the process: the ring is its memory. */
static int submit_for(struct svm_channel *chan, struct svm_job *job)
{
	struct mm_struct *mm = chan->svmm->mm;
	int ret;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	kthread_use_mm(mm);
	ret = submit_job(chan, job);
	kthread_unuse_mm(mm);
	mmput_async(mm);
	return ret;
}

/* No channel may be locked meanwhile: those that make room for each other would wait for ever. */
static void make_room(struct svm_channel *chan)
{
	mutex_unlock(&chan->lock);
	svm_channels_drop_idle(chan->svmm);
	mutex_lock(&chan->lock);
}

/* Return: false if it is to be tried again. */
static bool submit_waiting(struct svm_channel *chan, struct svm_job *job)
{
	int ret;

	list_del(&job->head);
	ret = submit_for(chan, job);
	if (ret == -ENOSPC) {
		/* Jobs that come meanwhile queue behind it. */
		list_add(&job->head, &chan->waiting);
		make_room(chan);
		list_del(&job->head);
		ret = submit_for(chan, job);
	}
	if (ret == -EBUSY) {
		list_add(&job->head, &chan->waiting);
		return false;
	}
	chan->nr_waiting--;
	if (ret) {
		svm_channel_stop(chan, &(struct drm_nouveau_hmm_channel_status) {
			.stopped = DRM_NOUVEAU_HMM_CHANNEL_LATE,
			.addr = job->missing,
			.error = ret,
		});
		nvkm_chan_error(svm_channel_nvkm(chan), true);
		svm_job_end(job, -EIO);
	}
	return true;
}

/**
 * svm_channel_work() - end jobs that are done, submit those that have waited
 * @work: &svm_channel.work
 */
void svm_channel_work(struct work_struct *work)
{
	struct svm_channel *chan = container_of(to_delayed_work(work), struct svm_channel, work);
	struct svm_job *job;
	bool ready = true;

	mutex_lock(&chan->lock);
	svm_channel_end_jobs(chan);
	while (ready && (job = list_first_entry_or_null(&chan->waiting, typeof(*job), head)))
		ready = svm_job_ready(job, 0) && submit_waiting(chan, job);
	mutex_unlock(&chan->lock);
	if (ready)
		return;
	/* Only this work takes jobs from the list, or channel_end() after it. */
	svm_job_ready(job, WORK_PATIENCE);
	queue_delayed_work(chan->svmm->channel_work, &chan->work, 1);
}

static int copy_ranges(struct nouveau_svmm *svmm, struct svm_job *job,
		       const struct drm_nouveau_hmm_channel_submit *args)
{
	struct drm_nouveau_hmm_range *ranges;
	unsigned int i;
	int ret = 0;

	if (args->nr_ranges > DRM_NOUVEAU_HMM_RANGES || !IS_ALIGNED(args->ranges, sizeof(u64)))
		return -EINVAL;
	if (!args->nr_ranges)
		return 0;
	ranges = vmemdup_array_user(u64_to_user_ptr(args->ranges), args->nr_ranges,
				    sizeof(*ranges));
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);
	job->ranges = ranges;
	job->nr_ranges = args->nr_ranges;
	for (i = 0; i < args->nr_ranges && !ret; i++)
		ret = check_range(svmm, &ranges[i]);
	return ret;
}

static int submit_to(struct svm_channel *chan, struct drm_file *file,
		     struct drm_nouveau_hmm_channel_submit *args)
{
	struct svm_job *job = kzalloc_obj(*job, GFP_KERNEL_ACCOUNT);
	int ret;

	if (!job)
		return -ENOMEM;
	ret = copy_ranges(chan->svmm, job, args);
	if (!ret)
		ret = svm_job_syncs(job, file, args);
	if (!ret)
		ret = mutex_lock_interruptible(&chan->lock) ? -EINTR : 0;
	if (!ret) {
		ret = accept_job(chan, job);
		if (ret == -ENOSPC) {
			make_room(chan);
			ret = accept_job(chan, job);
		}
		if (!ret)
			args->job = chan->accepted;
		mutex_unlock(&chan->lock);
	}
	if (ret)
		svm_job_free(job);
	return ret;
}

/**
 * nouveau_hmm_ioctl_channel_submit() - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT
 * @dev: device
 * @data: &struct drm_nouveau_hmm_channel_submit
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_channel_submit(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_nouveau_hmm_channel_submit *args = data;
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	struct svm_channel *chan;
	int ret;

	if (IS_ERR(svmm))
		return PTR_ERR(svmm);
	if (args->flags || args->reserved)
		return -EINVAL;
	chan = svm_channel_get(svmm, args->channel);
	if (!chan)
		return -ENOENT;
	ret = submit_to(chan, file, args);
	svm_channel_put(chan);
	return ret;
}
