// SPDX-License-Identifier: MIT
/*
 * Fences of a channel's jobs: what they wait for, and who is told of their end.
 */
#include <linux/dma-fence.h>
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>

#include <drm/drm_syncobj.h>

#include "nouveau_drv.h"

#include "channel.h"
#include "svm.h"

/**
 * DOC: Fences of jobs
 *
 * A job faults, and faults need memory. A dma_fence that is not signalled yet must not depend on
 * that: reclaim may wait for it. So no such fence ever stands for a job. A syncobj gets one,
 * signalled already, when the job is done: an interrupt of the GPU, which only jobs with out-fences
 * ask for, lets a worker look how far the channel has come.
 *
 * In-fences are ordinary ones. They are waited for by a worker of the space's queue, one for each
 * channel that has something to wait for, which then submits in the name of the process.
 */

static const char *fence_name(struct dma_fence *fence)
{
	return "nouveau_hmm";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_name,
	.get_timeline_name = fence_name,
};

struct job_fence {
	struct dma_fence base;
	spinlock_t lock;	/* of @base */
};

/* A signalled fence. Out of memory it says less: that the job is over. */
static struct dma_fence *signalled(int error)
{
	struct job_fence *fence = error ? kzalloc_obj(*fence) : NULL;

	if (!fence)
		return dma_fence_get_stub();
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &fence_ops, &fence->lock, dma_fence_context_alloc(1), 1);
	dma_fence_set_error(&fence->base, error);
	dma_fence_signal(&fence->base);
	return &fence->base;
}

static void put_syncs(struct svm_sync *syncs, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (syncs[i].syncobj)
			drm_syncobj_put(syncs[i].syncobj);
		dma_fence_put(syncs[i].fence);
		dma_fence_chain_free(syncs[i].chain);
	}
	kfree(syncs);
}

/**
 * svm_job_free() - forget a job
 * @job: job, in no list
 */
void svm_job_free(struct svm_job *job)
{
	put_syncs(job->in, job->nr_in);
	put_syncs(job->out, job->nr_out);
	kvfree(job->ranges);
	kfree(job);
}

/**
 * svm_job_end() - tell of the end of a job, and forget it
 * @job: job, in no list
 * @error: 0 or a negative errno
 */
void svm_job_end(struct svm_job *job, int error)
{
	struct dma_fence *fence;
	unsigned int i;

	for (i = 0; i < job->nr_out; i++) {
		struct svm_sync *sync = &job->out[i];

		fence = signalled(error);
		if (sync->point) {
			drm_syncobj_add_point(sync->syncobj, sync->chain, fence, sync->point);
			sync->chain = NULL;
		} else {
			drm_syncobj_replace_fence(sync->syncobj, fence);
		}
		dma_fence_put(fence);
	}
	svm_job_free(job);
}

/* The fence to wait for is the one that is there first, whatever comes to the syncobj later. */
static void look_for_fence(struct svm_sync *sync)
{
	struct dma_fence *fence;

	if (sync->fence)
		return;
	fence = drm_syncobj_fence_get(sync->syncobj);
	if (fence && !dma_fence_chain_find_seqno(&fence, sync->point))
		sync->fence = fence ?: dma_fence_get_stub();
	else
		dma_fence_put(fence);
}

static int get_sync(struct drm_file *file, const struct drm_nouveau_hmm_sync *arg, bool out,
		    struct svm_sync *sync)
{
	if (arg->reserved)
		return -EINVAL;
	sync->point = arg->point;
	sync->syncobj = drm_syncobj_find(file, arg->handle);
	if (!sync->syncobj)
		return -ENOENT;
	if (!out)
		look_for_fence(sync);
	if (out && sync->point) {
		sync->chain = dma_fence_chain_alloc();
		if (!sync->chain)
			return -ENOMEM;
	}
	return 0;
}

static int get_syncs(struct drm_file *file, u64 from, u32 nr, bool out, struct svm_sync **syncs,
		     unsigned int *got)
{
	struct drm_nouveau_hmm_sync *args;
	int ret = 0;

	if (nr > DRM_NOUVEAU_HMM_SYNCS || !IS_ALIGNED(from, sizeof(u64)))
		return -EINVAL;
	if (!nr)
		return 0;
	args = memdup_array_user(u64_to_user_ptr(from), nr, sizeof(*args));
	if (IS_ERR(args))
		return PTR_ERR(args);
	*syncs = kzalloc_objs(**syncs, nr, GFP_KERNEL_ACCOUNT);
	if (!*syncs)
		ret = -ENOMEM;
	while (!ret && *got < nr) {
		ret = get_sync(file, &args[*got], out, &(*syncs)[*got]);
		(*got)++;
	}
	kfree(args);
	return ret;
}

/**
 * svm_job_syncs() - look up a job's syncobjs
 * @job: new job
 * @file: file
 * @args: of the ioctl
 *
 * Return: 0, -EINVAL, -ENOENT, -EFAULT or -ENOMEM.
 */
int svm_job_syncs(struct svm_job *job, struct drm_file *file,
		  const struct drm_nouveau_hmm_channel_submit *args)
{
	int ret;

	ret = get_syncs(file, args->in, args->nr_in, false, &job->in, &job->nr_in);
	return ret ?: get_syncs(file, args->out, args->nr_out, true, &job->out, &job->nr_out);
}

/**
 * svm_job_reset() - binary out-syncobjs have no fence until the job is done
 * @job: job that will run
 */
void svm_job_reset(struct svm_job *job)
{
	unsigned int i;

	for (i = 0; i < job->nr_out; i++)
		if (!job->out[i].point)
			drm_syncobj_replace_fence(job->out[i].syncobj, NULL);
}

/* Waits a little. Return: true if there is nothing to wait for any more. */
static bool sync_ready(struct svm_sync *sync, long timeout)
{
	look_for_fence(sync);
	if (!sync->fence) {
		if (timeout)
			schedule_timeout_uninterruptible(1);
		return false;
	}
	return timeout ? dma_fence_wait_timeout(sync->fence, false, timeout) > 0 :
			 dma_fence_is_signaled(sync->fence);
}

/**
 * svm_job_ready() - are all in-fences of a job signalled?
 * @job: job
 * @timeout: to wait for one of them, in jiffies; 0 not to wait
 *
 * Return: true if so.
 */
bool svm_job_ready(struct svm_job *job, long timeout)
{
	unsigned int i;

	for (i = 0; i < job->nr_in; i++)
		if (!sync_ready(&job->in[i], timeout))
			return false;
	return true;
}
