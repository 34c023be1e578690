// SPDX-License-Identifier: MIT
/*
 * Channels whose ring and commands are in the process's memory.
 */
#include <linux/log2.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "nouveau_drv.h"
#include "nouveau_bo.h"
#include "nouveau_svm.h"
#include "nouveau_vmm.h"

#include <nvif/class.h>
#include <nvif/fifo.h>
#include <nvif/if0020.h>
#include <engine/fifo/chan.h>
#include <subdev/fault.h>

#include "channel.h"
#include "svm.h"
#include "trace.h"

/**
 * DOC: A channel
 *
 * It is a host channel like any of nouveau's, but its ring (GPFIFO) and its push buffers are memory
 * of the process. A program that writes to the ring itself may at worst stop its own channel: all
 * that an entry can point to is in the program's own GPU address space.
 *
 * Beside them there are a few pages of the driver's, in RAM (&svm_channel.bo): a word to which the
 * GPU writes the number of the last job that is done, and the commands that make it do so.
 *
 * A channel ends once: by CHANNEL_DESTROY, or with its file or its device. It may be stopped
 * before, for a reason that CHANNEL_STATUS tells; then nothing of it runs any more.
 */

/**
 * svm_channel_done() - the last job that is done
 * @chan: channel
 *
 * Return: its number, of which the GPU writes the lower half.
 */
u64 svm_channel_done(struct svm_channel *chan)
{
	u32 done = READ_ONCE(*(u32 *)(chan->bo->kmap.virtual + SVM_DONE));
	u64 submitted;

	/* Not more can be done than were submitted, if that is read later. */
	smp_rmb();
	submitted = READ_ONCE(chan->submitted);
	return submitted - (u32)((u32)submitted - done);
}

/**
 * svm_channel_stopped() - will no job be done any more?
 * @chan: channel
 *
 * Return: true if so.
 */
bool svm_channel_stopped(struct svm_channel *chan)
{
	return READ_ONCE(chan->stopped);
}

/**
 * svm_channel_nvkm() - nvkm's side of a channel
 * @chan: channel whose @user is there
 *
 * Return: the host channel.
 */
struct nvkm_chan *svm_channel_nvkm(struct svm_channel *chan)
{
	return nvkm_uchan_chan((struct nvkm_object *)chan->user.priv);
}

/**
 * svm_channel_stop() - take note that a channel was stopped
 * @chan: channel
 * @status: why; only the first reason counts
 *
 * For any context.
 */
void svm_channel_stop(struct svm_channel *chan,
		      const struct drm_nouveau_hmm_channel_status *status)
{
	unsigned long flags;

	spin_lock_irqsave(&chan->status_lock, flags);
	if (!chan->stopped) {
		chan->status = *status;
		chan->status.time_ns = ktime_get_ns();
		WRITE_ONCE(chan->stopped, true);
		trace_svm_stop(chan->svmm, chan->id, status->stopped, status->addr, status->error);
		if (chan->eventfd)
			eventfd_signal(chan->eventfd);
		mod_delayed_work(chan->svmm->channel_work, &chan->work, 0);
	}
	spin_unlock_irqrestore(&chan->status_lock, flags);
}

/**
 * svm_channel_revoke() - stop a channel, because its memory is taken away
 * @chan: channel
 * @addr: address in the process
 *
 * Takes spinlocks only. The channel may be on the GPU for a moment longer: until then it gets
 * faults.
 */
void svm_channel_revoke(struct svm_channel *chan, unsigned long addr)
{
	svm_channel_stop(chan, &(struct drm_nouveau_hmm_channel_status) {
		.stopped = DRM_NOUVEAU_HMM_CHANNEL_REVOKED,
		.addr = addr & PAGE_MASK,
		.error = -EFAULT,
	});
	svm_count(chan->svmm, SVM_REVOKED, 1);
	nvkm_chan_error(svm_channel_nvkm(chan), true);
}

/**
 * svm_channel_fault() - a fault of a channel could not be served
 * @svmm: space
 * @inst: channel instance; need not be one of ours
 * @report: the fault
 */
void svm_channel_fault(struct nouveau_svmm *svmm, u64 inst, const struct svm_fault_report *report)
{
	struct svm_channel *chan;
	unsigned long id;

	xa_lock(&svmm->channels);
	xa_for_each(&svmm->channels, id, chan) {
		if (chan->inst != inst)
			continue;
		svm_channel_stop(chan, &(struct drm_nouveau_hmm_channel_status) {
			.stopped = DRM_NOUVEAU_HMM_CHANNEL_FAULT,
			.addr = report->addr,
			.error = report->error,
			.access = report->access,
			.reason = report->reason,
			.client = report->client,
			.gpc = report->gpc,
		});
	}
	xa_unlock(&svmm->channels);
}

/* In interrupt context, or under nvkm's spinlocks. */
static int killed(struct nvif_event *event, void *repv, u32 repc)
{
	struct svm_channel *chan = container_of(event, struct svm_channel, killed);

	const struct nvkm_fault_data *fault = &svm_channel_nvkm(chan)->fault;

	if (fault->valid)
		svm_channel_stop(chan, &(struct drm_nouveau_hmm_channel_status) {
			.stopped = DRM_NOUVEAU_HMM_CHANNEL_FAULT,
			.addr = fault->addr & PAGE_MASK,
			.error = -EFAULT,
			.access = svm_fault_access(fault->access),
			.reason = fault->reason,
			.client = fault->client,
			.gpc = fault->gpc,
			.hub = fault->hub,
			.engine = fault->engine,
		});
	else
		svm_channel_stop(chan, &(struct drm_nouveau_hmm_channel_status) {
			.stopped = DRM_NOUVEAU_HMM_CHANNEL_ENGINE,
			.error = -EIO,
		});
	return NVIF_EVENT_DROP;
}

static int job_done(struct nvif_event *event, void *repv, u32 repc)
{
	struct svm_channel *chan = container_of(event, struct svm_channel, nonstall);

	mod_delayed_work(chan->svmm->channel_work, &chan->work, 0);
	return NVIF_EVENT_KEEP;
}

/**
 * svm_channel_end_jobs() - end the jobs that are done; and when the channel is stopped, all
 * @chan: channel, locked
 */
void svm_channel_end_jobs(struct svm_channel *chan)
{
	struct svm_job *job, *next;
	LIST_HEAD(over);

	lockdep_assert_held(&chan->lock);
	list_for_each_entry_safe(job, next, &chan->running, head) {
		if (svm_channel_done(chan) < job->seq)
			break;
		list_del(&job->head);
		svm_job_end(job, 0);
	}
	if (!svm_channel_stopped(chan))
		return;
	list_splice_init(&chan->running, &over);
	list_splice_tail_init(&chan->waiting, &over);
	chan->nr_waiting = 0;
	list_for_each_entry_safe(job, next, &over, head)
		svm_job_end(job, chan->status.error == -ECANCELED ? -ECANCELED : -EIO);
}

/* ---- making and ending ---- */

static void channel_free(struct kref *ref)
{
	struct svm_channel *chan = container_of(ref, struct svm_channel, ref);

	nouveau_svmm_put(chan->svmm);
	if (chan->eventfd)
		eventfd_ctx_put(chan->eventfd);
	mutex_destroy(&chan->lock);
	kvfree(chan->ends);
	kfree(chan);
}

/**
 * svm_channel_put() - drop a reference
 * @chan: channel
 */
void svm_channel_put(struct svm_channel *chan)
{
	kref_put(&chan->ref, channel_free);
}

/*
 * Takes it off the GPU for good, while its ring and commands are still there. nvkm preempts it too,
 * to take the engine's context away, but then lets it go on: without a context, jobs that have not
 * begun would hang the engine for everybody.
 */
static void host_stop(struct svm_channel *chan)
{
	struct nvkm_chan *host;

	if (!nvif_object_constructed(&chan->user))
		return;
	host = svm_channel_nvkm(chan);
	nvkm_chan_block(host);
	nvkm_chan_preempt(host, true);
}

/* Nothing of it is used any more after this, but the struct. */
static void channel_end(struct svm_channel *chan)
{
	/* It would end the jobs, while the GPU may still be at them. */
	disable_delayed_work_sync(&chan->work);
	svm_channel_stop(chan, &(struct drm_nouveau_hmm_channel_status) {
		.stopped = DRM_NOUVEAU_HMM_CHANNEL_ENGINE,
		.error = -ECANCELED,
	});
	host_stop(chan);
	mutex_lock(&chan->lock);
	/* After this no notifier knows the channel. */
	svm_holds_drop_all(chan);
	if (chan->runs)
		nouveau_svmm_part(chan->svmm, chan->inst);
	nvif_event_dtor(&chan->nonstall);
	nvif_event_dtor(&chan->killed);
	nvif_object_dtor(&chan->engine);
	nvif_object_dtor(&chan->user);
	if (chan->bo)
		svm_channel_end_jobs(chan);
	nouveau_vma_del(&chan->vma);
	nouveau_bo_unpin_del(&chan->bo);
	mutex_unlock(&chan->lock);
	if (chan->awake)
		pm_runtime_put_autosuspend(svm_device(chan->svmm->svm));
	svm_channel_put(chan);
}

/**
 * svm_channels_end() - end all channels of a space
 * @svmm: space
 *
 * Faults of their jobs must still be served meanwhile. A second call does nothing.
 */
void svm_channels_end(struct nouveau_svmm *svmm)
{
	struct svm_channel *chan;
	unsigned long id;

	xa_for_each(&svmm->channels, id, chan) {
		xa_erase(&svmm->channels, id);
		channel_end(chan);
	}
}

static int memory_init(struct svm_channel *chan)
{
	u32 domain = NOUVEAU_GEM_DOMAIN_GART | NOUVEAU_GEM_DOMAIN_COHERENT;
	u32 size = SVM_TRAILER + chan->entries * SVM_TRAILER_BYTES;
	int ret;

	ret = nouveau_bo_new_map_gpu(chan->cli, domain, size, &chan->bo, &chan->vma);
	if (ret)
		return ret;
	memset(chan->bo->kmap.virtual, 0, size);
	return chan->vma->addr + size <= SVM_HOST_LIMIT ? 0 : -ENOSPC;
}

/* The queue that all channels of a space share. */
static int queue_init(struct nouveau_svmm *svmm)
{
	int ret = 0;

	mutex_lock(&svmm->lock);
	if (!svmm->channel_work)
		svmm->channel_work = alloc_workqueue("nouveau_hmm_channel",
						     WQ_UNBOUND | WQ_FREEZABLE,
						     DRM_NOUVEAU_HMM_CHANNELS);
	if (!svmm->channel_work)
		ret = -ENOMEM;
	mutex_unlock(&svmm->lock);
	return ret;
}

static int claim_ring(struct svm_channel *chan)
{
	u64 missing, end = chan->ring + chan->entries * sizeof(u64);
	struct svm_hold *hold;
	int ret = 0;

	mutex_lock(&chan->lock);
	hold = svm_hold_get(chan, chan->ring, end, true);
	if (IS_ERR(hold))
		ret = PTR_ERR(hold);
	else
		chan->ring_hold = hold;
	if (!ret)
		ret = svm_hold_map(hold, &missing);
	if (!ret)
		ret = svm_hold_alias(hold, chan->ring, &chan->ring_gpu);
	mutex_unlock(&chan->lock);
	return ret;
}

static int ring_init(struct svm_channel *chan)
{
	int ret = claim_ring(chan);

	if (ret == -ENOSPC) {
		svm_channels_drop_idle(chan->svmm);
		ret = claim_ring(chan);
	}
	return ret;
}

static int host_init(struct svm_channel *chan, u64 runm)
{
	DEFINE_RAW_FLEX(struct nvif_event_v0, event, data, sizeof(struct nvif_chan_event_v0));
	DEFINE_RAW_FLEX(struct nvif_chan_v0, args, name, TASK_COMM_LEN + 16);
	struct nvif_chan_event_v0 *host = (struct nvif_chan_event_v0 *)event->data;
	int ret;

	args->namelen = __member_size(args->name);
	args->runlist = __ffs64(runm);
	args->devm = BIT(0);
	args->vmm = nvif_handle(&chan->svmm->vmm->vmm.object);
	args->offset = chan->ring_gpu;
	args->length = chan->entries * sizeof(u64);
	snprintf(args->name, __member_size(args->name), "%s[%d]", current->comm,
		 task_pid_nr(current));
	ret = nvif_object_ctor(&chan->cli->device.object, "hmmChan", 0, PASCAL_CHANNEL_GPFIFO_A,
			       args, __struct_size(args), &chan->user);
	if (ret)
		return ret;
	ret = nvif_object_map(&chan->user, NULL, 0);
	if (ret)
		return ret;

	host->type = NVIF_CHAN_EVENT_V0_KILLED;
	ret = nvif_event_ctor(&chan->user, "hmmChanKilled", args->chid, killed, false, event,
			      __struct_size(event), &chan->killed);
	if (!ret)
		ret = nvif_event_allow(&chan->killed);
	host->type = NVIF_CHAN_EVENT_V0_NON_STALL_INTR;
	if (!ret)
		ret = nvif_event_ctor(&chan->user, "hmmChanDone", args->chid, job_done, false,
				      event, __struct_size(event), &chan->nonstall);
	if (!ret)
		ret = nvif_event_allow(&chan->nonstall);
	if (ret)
		return ret;
	chan->inst = args->inst;
	ret = nouveau_svmm_join(chan->svmm, chan->inst);
	chan->runs = !ret;
	return ret;
}

static int engine_init(struct svm_channel *chan, u32 engine)
{
	static const struct nvif_mclass compute[] = {
		{ PASCAL_COMPUTE_B, -1 }, { PASCAL_COMPUTE_A, -1 }, {}
	};
	static const struct nvif_mclass copy[] = {
		{ PASCAL_DMA_COPY_B, -1 }, { PASCAL_DMA_COPY_A, -1 }, {}
	};
	const struct nvif_mclass *classes = engine == DRM_NOUVEAU_HMM_ENGINE_COPY ? copy : compute;
	int which = nvif_mclass(&chan->user, classes);

	if (which < 0)
		return -EOPNOTSUPP;
	return nvif_object_ctor(&chan->user, "hmmEngine", 0, classes[which].oclass, NULL, 0,
				&chan->engine);
}

static u64 runlists(struct svm_channel *chan, u32 engine)
{
	struct nvif_device *device = &chan->cli->device;
	u64 runm;

	if (engine == DRM_NOUVEAU_HMM_ENGINE_COMPUTE)
		return nvif_fifo_runlist(device, NV_DEVICE_HOST_RUNLIST_ENGINES_GR);
	runm = nvif_fifo_runlist_ce(device);
	return runm ? BIT_ULL(fls64(runm) - 1) : 0;
}

static int channel_init(struct svm_channel *chan, u32 engine)
{
	u64 runm = runlists(chan, engine);
	int ret;

	if (!runm)
		return -EOPNOTSUPP;
	ret = memory_init(chan);
	if (!ret)
		ret = ring_init(chan);
	if (!ret)
		ret = host_init(chan, runm);
	return ret ?: engine_init(chan, engine);
}

static struct svm_channel *channel_new(struct nouveau_svmm *svmm, struct nouveau_cli *cli,
				       const struct drm_nouveau_hmm_channel_create *args)
{
	struct svm_channel *chan = kzalloc_obj(*chan, GFP_KERNEL_ACCOUNT);

	if (!chan)
		return ERR_PTR(-ENOMEM);
	chan->ends = kvcalloc(args->ring_entries, sizeof(*chan->ends), GFP_KERNEL_ACCOUNT);
	if (!chan->ends) {
		kfree(chan);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&chan->ref);
	mutex_init(&chan->lock);
	spin_lock_init(&chan->status_lock);
	hash_init(chan->holds);
	INIT_LIST_HEAD(&chan->waiting);
	INIT_LIST_HEAD(&chan->running);
	INIT_DELAYED_WORK(&chan->work, svm_channel_work);
	chan->svmm = nouveau_svmm_get(svmm);
	chan->cli = cli;
	chan->ring = args->ring;
	chan->entries = args->ring_entries;
	return chan;
}

static int check_create(const struct drm_nouveau_hmm_channel_create *args)
{
	u64 size = (u64)args->ring_entries * sizeof(u64);

	if (args->flags & ~DRM_NOUVEAU_HMM_CHANNEL_EVENTFD ||
	    args->engine > DRM_NOUVEAU_HMM_ENGINE_COPY ||
	    !is_power_of_2(args->ring_entries) || args->ring_entries < DRM_NOUVEAU_HMM_RING_MIN ||
	    args->ring_entries > DRM_NOUVEAU_HMM_RING_MAX ||
	    !IS_ALIGNED(args->ring, max_t(u64, size, PAGE_SIZE)))
		return -EINVAL;
	return args->ring < TASK_SIZE ? 0 : -EFAULT;
}

/**
 * nouveau_hmm_ioctl_channel_create() - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE
 * @dev: device
 * @data: &struct drm_nouveau_hmm_channel_create
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_channel_create(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_nouveau_hmm_channel_create *args = data;
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	struct xa_limit limit = XA_LIMIT(1, DRM_NOUVEAU_HMM_CHANNELS);
	struct eventfd_ctx *eventfd = NULL;
	struct svm_channel *chan;
	int ret;

	if (IS_ERR(svmm))
		return PTR_ERR(svmm);
	ret = check_create(args);
	if (!ret)
		ret = queue_init(svmm);
	if (ret)
		return ret;
	if (args->flags & DRM_NOUVEAU_HMM_CHANNEL_EVENTFD) {
		eventfd = eventfd_ctx_fdget(args->eventfd);
		if (IS_ERR(eventfd))
			return -EBADF;
	}
	chan = channel_new(svmm, nouveau_cli(file), args);
	if (IS_ERR(chan)) {
		if (eventfd)
			eventfd_ctx_put(eventfd);
		return PTR_ERR(chan);
	}
	chan->eventfd = eventfd;
	/* The ioctl holds one of its own. */
	pm_runtime_get_noresume(svm_device(svmm->svm));
	chan->awake = true;
	ret = channel_init(chan, args->engine);
	/* Another thread may destroy it as soon as it has a number. */
	kref_get(&chan->ref);
	if (!ret) {
		ret = xa_alloc(&svmm->channels, &chan->id, chan, limit, GFP_KERNEL);
		ret = ret == -EBUSY ? -EMFILE : ret;
	}
	if (ret) {
		/* It never was: nobody is told of its end. */
		chan->eventfd = NULL;
		if (eventfd)
			eventfd_ctx_put(eventfd);
		channel_end(chan);
	} else {
		args->channel = chan->id;
		args->oclass = chan->engine.oclass;
	}
	svm_channel_put(chan);
	return ret;
}

/**
 * svm_channel_get() - look up a channel
 * @svmm: space
 * @id: its number
 *
 * Return: the channel, with a reference, or NULL.
 */
struct svm_channel *svm_channel_get(struct nouveau_svmm *svmm, u32 id)
{
	struct svm_channel *chan;

	xa_lock(&svmm->channels);
	chan = xa_load(&svmm->channels, id);
	if (chan)
		kref_get(&chan->ref);
	xa_unlock(&svmm->channels);
	return chan;
}

static void wait_idle(struct svm_channel *chan, unsigned long until)
{
	mutex_lock(&chan->lock);
	while (chan->bo && !svm_channel_stopped(chan) &&
	       svm_channel_done(chan) < chan->submitted && time_before(jiffies, until))
		usleep_range(100, 200);
	mutex_unlock(&chan->lock);
}

/**
 * svm_channels_wait() - wait until the channels of a space are idle
 * @svmm: space
 * @timeout: how long for all of them, in jiffies
 *
 * New jobs are somebody else's to keep away.
 */
void svm_channels_wait(struct nouveau_svmm *svmm, unsigned long timeout)
{
	unsigned long id, until = jiffies + timeout;
	struct svm_channel *chan;

	xa_for_each(&svmm->channels, id, chan) {
		chan = svm_channel_get(svmm, id);
		if (!chan)
			continue;
		wait_idle(chan, until);
		svm_channel_put(chan);
	}
}

/**
 * svm_channels_drop_idle() - give up the claims, of all channels of a space, of jobs that are done
 * @svmm: space
 *
 * Others need their blocks' second addresses. The caller holds no channel's lock.
 */
void svm_channels_drop_idle(struct nouveau_svmm *svmm)
{
	struct svm_channel *chan;
	unsigned long id;

	xa_for_each(&svmm->channels, id, chan) {
		chan = svm_channel_get(svmm, id);
		if (!chan)
			continue;
		mutex_lock(&chan->lock);
		svm_holds_drop_idle(chan);
		mutex_unlock(&chan->lock);
		svm_channel_put(chan);
	}
}

/**
 * nouveau_hmm_ioctl_channel_destroy() - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY
 * @dev: device
 * @data: &struct drm_nouveau_hmm_channel_destroy
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_channel_destroy(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_nouveau_hmm_channel_destroy *args = data;
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	struct svm_channel *chan;

	if (IS_ERR(svmm))
		return PTR_ERR(svmm);
	if (args->reserved)
		return -EINVAL;
	chan = xa_erase(&svmm->channels, args->channel);
	if (!chan)
		return -ENOENT;
	channel_end(chan);
	return 0;
}

/**
 * nouveau_hmm_ioctl_channel_status() - DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS
 * @dev: device
 * @data: &struct drm_nouveau_hmm_channel_status
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_channel_status(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_nouveau_hmm_channel_status *args = data;
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	u32 id = args->channel;
	struct svm_channel *chan;

	if (IS_ERR(svmm))
		return PTR_ERR(svmm);
	if (args->flags)
		return -EINVAL;
	chan = svm_channel_get(svmm, id);
	if (!chan)
		return -ENOENT;
	mutex_lock(&chan->lock);
	spin_lock_irq(&chan->status_lock);
	*args = chan->status;
	spin_unlock_irq(&chan->status_lock);
	args->channel = id;
	args->submitted = chan->accepted;
	args->done = chan->bo ? svm_channel_done(chan) : 0;
	mutex_unlock(&chan->lock);
	svm_channel_put(chan);
	return 0;
}
