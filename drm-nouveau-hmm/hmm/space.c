// SPDX-License-Identifier: MIT
/*
 * Spaces: a process's memory as one GPU address space sees it.
 */
#include <linux/pm_runtime.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <nvif/ifc00d.h>
#include <nvif/vmm.h>
#include <subdev/mmu/uvmm.h>

#include "nouveau_drv.h"
#include "nouveau_svm.h"

#include "channel.h"
#include "svm.h"

/**
 * DOC: Life of a space
 *
 * SVM_INIT makes a space of the calling process's memory and a new GPU address
 * space for the file, which all channels of the file use from then on. Buffer
 * objects live in a cut-out of it that the caller names; it is the caller's to
 * keep its own memory away from there.
 *
 * The space ends with the file, or when the driver lets go of the device:
 * nouveau_svmm_fini() unmaps all and takes its notifiers away. If the process
 * ends first, its notifiers unmap all; faults then find no memory.
 *
 * A space holds mm_struct (mmgrab()) but not the memory: whoever faults pages
 * in for it takes a reference with mmget_not_zero() for so long.
 */

/**
 * nouveau_svmm_get() - take a reference
 * @svmm: space
 *
 * Return: @svmm.
 */
struct nouveau_svmm *nouveau_svmm_get(struct nouveau_svmm *svmm)
{
	kref_get(&svmm->ref);
	return svmm;
}

static void space_free(struct kref *ref)
{
	struct nouveau_svmm *svmm = container_of(ref, struct nouveau_svmm, ref);

	nouveau_hmm_end_jobs(svmm);
	xa_destroy(&svmm->blocks);
	xa_destroy(&svmm->channels);
	if (svmm->channel_work)
		destroy_workqueue(svmm->channel_work);
	mutex_destroy(&svmm->lock);
	mmdrop(svmm->mm);
	nouveau_svm_put(svmm->svm);
	kfree(svmm);
}

/**
 * nouveau_svmm_put() - drop a reference
 * @svmm: space
 */
void nouveau_svmm_put(struct nouveau_svmm *svmm)
{
	kref_put(&svmm->ref, space_free);
}

/**
 * nouveau_svmm_of() - the space of a file
 * @file: file, which stays open meanwhile
 *
 * Return: the space, without a reference; it stays as long as the file. Or NULL.
 */
struct nouveau_svmm *nouveau_svmm_of(struct drm_file *file)
{
	struct nouveau_cli *cli = nouveau_cli(file);
	struct nouveau_svmm *svmm;

	mutex_lock(&cli->mutex);
	svmm = cli->svm.svmm;
	mutex_unlock(&cli->mutex);
	return svmm;
}

/**
 * nouveau_svmm_find() - the space that a channel works in
 * @svm: mirror of a device
 * @inst: channel instance, as fault packets name it
 *
 * Return: the space, with a reference, or NULL.
 */
struct nouveau_svmm *nouveau_svmm_find(struct nouveau_svm *svm, u64 inst)
{
	struct nouveau_svmm *svmm;

	xa_lock(&svm->insts);
	svmm = xa_load(&svm->insts, inst >> 8);
	if (svmm)
		nouveau_svmm_get(svmm);
	xa_unlock(&svm->insts);
	return svmm;
}

/**
 * nouveau_svmm_join() - a channel begins to work in a space
 * @svmm: space, or NULL if the channel's address space mirrors nothing
 * @inst: channel instance
 *
 * Return: 0 or -ENOMEM.
 */
int nouveau_svmm_join(struct nouveau_svmm *svmm, u64 inst)
{
	if (!svmm)
		return 0;
	return xa_err(xa_store(&svmm->svm->insts, inst >> 8, svmm, GFP_KERNEL));
}

/**
 * nouveau_svmm_part() - a channel is gone
 * @svmm: space, or NULL
 * @inst: channel instance
 */
void nouveau_svmm_part(struct nouveau_svmm *svmm, u64 inst)
{
	/*
	 * A channel that failed to be made may part without having joined, with
	 * a number that is not its own.
	 */
	if (svmm)
		xa_cmpxchg(&svmm->svm->insts, inst >> 8, svmm, NULL, GFP_KERNEL);
}

/**
 * nouveau_svmm_report() - remember a fault that could not be served, for the process
 * @svmm: space
 * @report: the fault
 */
void nouveau_svmm_report(struct nouveau_svmm *svmm, const struct svm_fault_report *report)
{
	spin_lock(&svmm->report_lock);
	svmm->reports[svmm->report_nr++ % SVM_REPORTS] = *report;
	spin_unlock(&svmm->report_lock);
}

/**
 * nouveau_svmm_read_reports() - take the remembered faults, oldest first
 * @svmm: space
 * @reports: where to
 * @max: so many at most
 * @lost: faults that were overwritten before anybody asked
 *
 * Return: how many were taken.
 */
unsigned int nouveau_svmm_read_reports(struct nouveau_svmm *svmm, struct svm_fault_report *reports,
				       unsigned int max, u64 *lost)
{
	unsigned int n = 0;

	spin_lock(&svmm->report_lock);
	*lost = 0;
	if (svmm->report_nr - svmm->report_read > SVM_REPORTS) {
		*lost = svmm->report_nr - svmm->report_read - SVM_REPORTS;
		svmm->report_read += *lost;
	}
	while (n < max && svmm->report_read < svmm->report_nr)
		reports[n++] = svmm->reports[svmm->report_read++ % SVM_REPORTS];
	spin_unlock(&svmm->report_lock);
	return n;
}

/**
 * nouveau_svmm_unmap() - take everything out of the GPU's reach
 * @svmm: space
 *
 * The GPU faults it in again when it needs it, if somebody serves faults then.
 */
void nouveau_svmm_unmap(struct nouveau_svmm *svmm)
{
	struct svm_block *block;
	unsigned long index;

	mutex_lock(&svmm->lock);
	xa_for_each(&svmm->blocks, index, block)
		svm_block_unmap(block);
	mutex_unlock(&svmm->lock);
}

/**
 * nouveau_svmm_map() - map what is there of a range, without faulting anything
 * in
 * @svmm: space
 * @start: address
 * @end: behind the last byte
 *
 * A convenience after migration: whatever is not mapped here, the GPU faults
 * in. The caller holds a reference on the memory (current->mm is one) and no
 * mmap_lock.
 *
 * Return: 0, -ENOMEM, or -EINTR if there is a signal.
 */
int nouveau_svmm_map(struct nouveau_svmm *svmm, unsigned long start, unsigned long end)
{
	struct svm_request *req;
	unsigned long addr, next;
	int ret = 0;

	req = kzalloc_obj(*req);
	if (!req)
		return -ENOMEM;

	for (addr = start; addr < end && !ret; addr = next) {
		unsigned long base = addr & SVM_BLOCK_MASK;
		struct svm_block *block;

		next = min(end, base + SVM_BLOCK_SIZE);
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		block = svm_block_get_or_new(svmm, addr);
		if (IS_ERR(block)) {
			/* The cut-out is not ours to map. */
			ret = PTR_ERR(block) == -EFAULT ? 0 : PTR_ERR(block);
			continue;
		}
		req->region.first = (addr - base) >> PAGE_SHIFT;
		req->region.end = DIV_ROUND_UP(next - base, PAGE_SIZE);
		svm_block_serve(block, req);
		svm_block_put(block);
	}
	svm_pt_invalidate(svmm);
	kfree(req);
	return ret;
}

static void reap(struct work_struct *work)
{
	struct nouveau_svmm *svmm = container_of(work, struct nouveau_svmm, reaper);
	struct device *dev = svm_device(svmm->svm);
	int ret;

	/* It writes page directories, and makes the GPU forget what they were. */
	ret = pm_runtime_get_sync(dev);
	if (ret >= 0 || ret == -EACCES)
		svm_block_reap(svmm, false);
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put_autosuspend(dev);
}

/* Unmaps all, for good. */
static void space_close(struct nouveau_svmm *svmm)
{
	mutex_lock(&svmm->lock);
	svmm->closed = true;
	mutex_unlock(&svmm->lock);

	svm_block_reap(svmm, true);
	cancel_work_sync(&svmm->reaper);
}

/**
 * nouveau_svmm_fini() - the file's address space is about to end
 * @psvmm: space, or NULL; becomes NULL
 */
void nouveau_svmm_fini(struct nouveau_svmm **psvmm)
{
	struct nouveau_svmm *svmm = *psvmm;
	struct nouveau_svm *svm;

	if (!svmm)
		return;
	svm = svmm->svm;

	svm_channels_end(svmm);
	nouveau_hmm_end_jobs(svmm);
	mutex_lock(&svm->lock);
	list_del(&svmm->head);
	mutex_unlock(&svm->lock);

	/* No batch of faults that found this space runs on. */
	mutex_lock(&svm->fault_lock);
	space_close(svmm);
	mutex_unlock(&svm->fault_lock);

	*psvmm = NULL;
	nouveau_svmm_put(svmm);
}

static struct nouveau_svmm *space_new(struct nouveau_svm *svm, struct nouveau_vmm *vmm,
				      unsigned long start, unsigned long size)
{
	struct nouveau_svmm *svmm;

	svmm = kzalloc_obj(*svmm);
	if (!svmm)
		return NULL;
	if (nouveau_hmm_init_jobs(svmm)) {
		kfree(svmm);
		return NULL;
	}

	kref_init(&svmm->ref);
	kref_get(&svm->ref);
	svmm->svm = svm;
	svmm->vmm = vmm;
	svmm->mm = current->mm;
	mmgrab(svmm->mm);
	svmm->cutout.start = start;
	svmm->cutout.end = start + size;
	xa_init(&svmm->blocks);
	xa_init_flags(&svmm->channels, XA_FLAGS_ALLOC1);
	mutex_init(&svmm->lock);
	spin_lock_init(&svmm->report_lock);
	INIT_WORK(&svmm->reaper, reap);
	return svmm;
}

/**
 * nouveau_svmm_init() - DRM_NOUVEAU_SVM_INIT: mirror the caller's memory in
 * this file's address space
 * @dev: device
 * @data: &struct drm_nouveau_svm_init
 * @file: file
 *
 * Return: 0, -EOPNOTSUPP if the device can't, -EBUSY if the file has a space
 * already, -EINVAL if the cut-out is not within what the GPU addresses or not
 * of whole pages, -ENOMEM.
 */
int nouveau_svmm_init(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct nouveau_cli *cli = nouveau_cli(file);
	struct drm_nouveau_svm_init *args = data;
	struct nouveau_svm *svm = cli->drm->svm;
	struct nouveau_svmm *svmm;
	int ret;

	if (!svm)
		return -EOPNOTSUPP;
	if (!PAGE_ALIGNED(args->unmanaged_addr) || !PAGE_ALIGNED(args->unmanaged_size) ||
	    args->unmanaged_addr + args->unmanaged_size < args->unmanaged_addr)
		return -EINVAL;

	svmm = space_new(svm, &cli->svm, args->unmanaged_addr, args->unmanaged_size);
	if (!svmm)
		return -ENOMEM;

	mutex_lock(&cli->mutex);
	if (cli->svm.cli) {
		ret = -EBUSY;
		goto out;
	}

	/* Raw: outside the cut-out nvkm leaves the tables to us. */
	ret = nvif_vmm_ctor(&cli->mmu, "svmVmm", cli->vmm.vmm.object.oclass, RAW,
			    args->unmanaged_addr, args->unmanaged_size,
			    &(struct gp100_vmm_v0) { .fault_replay = true },
			    sizeof(struct gp100_vmm_v0), &cli->svm.vmm);
	if (ret)
		goto out;
	svmm->nvkm = nvkm_uvmm((struct nvkm_object *)cli->svm.vmm.object.priv)->vmm;

	mutex_lock(&svm->lock);
	list_add(&svmm->head, &svm->spaces);
	mutex_unlock(&svm->lock);

	cli->svm.svmm = svmm;
	cli->svm.cli = cli;
	mutex_unlock(&cli->mutex);
	return 0;

out:
	mutex_unlock(&cli->mutex);
	nouveau_svmm_put(svmm);
	return ret;
}
