// SPDX-License-Identifier: MIT
/*
 * The mirror of one device: set-up, suspend, counters.
 */
#include <linux/slab.h>

#include "nouveau_drv.h"
#include "nouveau_svm.h"

#include "channel.h"
#include "svm.h"
#include "svm_migrate.h"

/* How long jobs may take to end when the machine wants to sleep. */
#define SUSPEND_TIMEOUT	(5 * HZ)

/**
 * svm_owner() - owner of our device-private pages and of our device-exclusive
 * entries
 * @drm: device
 *
 * Return: what hmm_range_fault(), migrate_vma_setup() and
 * make_device_exclusive() call the owner.
 */
void *svm_owner(struct nouveau_drm *drm)
{
	return drm->dev;
}

/**
 * svm_device() - the device that does DMA
 * @svm: mirror of a device
 *
 * Return: the device.
 */
struct device *svm_device(struct nouveau_svm *svm)
{
	return svm->drm->dev->dev;
}

/**
 * svm_count_device() - count what no space has caused
 * @svm: mirror of a device
 * @which: counter
 * @n: how many
 */
void svm_count_device(struct nouveau_svm *svm, enum svm_counter which, long n)
{
	if (svm)
		atomic64_add(n, &svm->stats.n[which]);
}

/**
 * svm_count() - count for a space and for its device
 * @svmm: space
 * @which: counter
 * @n: how many
 */
void svm_count(struct nouveau_svmm *svmm, enum svm_counter which, long n)
{
	atomic64_add(n, &svmm->stats.n[which]);
	svm_count_device(svmm->svm, which, n);
}

static void svm_free(struct kref *ref)
{
	struct nouveau_svm *svm = container_of(ref, struct nouveau_svm, ref);

	xa_destroy(&svm->insts);
	mutex_destroy(&svm->fault_lock);
	mutex_destroy(&svm->lock);
	kfree(svm);
}

/**
 * nouveau_svm_put() - drop a reference
 * @svm: mirror of a device
 */
void nouveau_svm_put(struct nouveau_svm *svm)
{
	kref_put(&svm->ref, svm_free);
}

/* While faults are served. */
static void wait_all(struct nouveau_svm *svm)
{
	struct nouveau_svmm *svmm;

	mutex_lock(&svm->lock);
	list_for_each_entry(svmm, &svm->spaces, head)
		svm_channels_wait(svmm, SUSPEND_TIMEOUT);
	mutex_unlock(&svm->lock);
}

static void unmap_all(struct nouveau_svm *svm)
{
	struct nouveau_svmm *svmm;

	mutex_lock(&svm->lock);
	list_for_each_entry(svmm, &svm->spaces, head)
		nouveau_svmm_unmap(svmm);
	mutex_unlock(&svm->lock);
}

/**
 * nouveau_svm_suspend() - stop serving faults, and map nothing
 * @drm: device
 *
 * With nothing mapped, MMU notifiers do not touch the sleeping device, and
 * nothing is stale after resume: the GPU faults its pages in again.
 */
void nouveau_svm_suspend(struct nouveau_drm *drm)
{
	if (!drm->svm)
		return;
	wait_all(drm->svm);
	svm_fault_suspend(drm->svm);
	unmap_all(drm->svm);
}

/**
 * nouveau_svm_resume() - serve faults again
 * @drm: device
 */
void nouveau_svm_resume(struct nouveau_drm *drm)
{
	if (drm->svm && svm_fault_resume(drm->svm))
		NV_WARN(drm, "svm: no replayable faults after resume\n");
}

/**
 * nouveau_svm_fini() - end the mirror of a device
 * @drm: device
 *
 * Files may still be open, so spaces may still exist: their channels end here,
 * while faults are served, and they themselves when nouveau ends its files, soon
 * after.
 */
void nouveau_svm_fini(struct nouveau_drm *drm)
{
	struct nouveau_svm *svm = drm->svm;
	struct nouveau_svmm *svmm;

	if (!svm)
		return;
	/* While their faults are served. */
	mutex_lock(&svm->lock);
	list_for_each_entry(svmm, &svm->spaces, head)
		svm_channels_end(svmm);
	mutex_unlock(&svm->lock);
	svm_fault_fini(svm);
	drm->svm = NULL;
	nouveau_svm_put(svm);
}

/**
 * nouveau_svm_init() - begin to mirror, where the GPU can
 * @drm: device
 *
 * Pascal is the first generation with replayable faults. As in upstream, later
 * ones are left out until they can recover a channel. Without it,
 * &nouveau_drm.svm stays NULL and SVM_INIT fails.
 */
void nouveau_svm_init(struct nouveau_drm *drm)
{
	struct nouveau_svm *svm;

	if (drm->client.device.info.family != NV_DEVICE_INFO_V0_PASCAL)
		return;

	svm = kzalloc_obj(*svm);
	if (!svm)
		return;
	kref_init(&svm->ref);
	mutex_init(&svm->lock);
	mutex_init(&svm->fault_lock);
	INIT_LIST_HEAD(&svm->spaces);
	xa_init(&svm->insts);
	svm->drm = drm;

	if (svm_fault_init(svm)) {
		nouveau_svm_put(svm);
		return;
	}
	drm->svm = svm;
}
