// SPDX-License-Identifier: MIT
/*
 * The ioctls of nouveau_hmm_drm.h, and upstream's SVM_BIND: check what the caller says, then ask
 * the rooms.
 */
#include <linux/dma-fence.h>
#include <linux/highmem.h>
#include <linux/hmm.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_drv.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_syncobj.h>

#include "nouveau_drv.h"
#include "nouveau_svm.h"

#include "nouveau_hmm_drm.h"
#include "channel.h"
#include "pte.h"
#include "svm.h"
#include "svm_migrate.h"

/**
 * DOC: Ioctls
 *
 * nouveau_hmm_ioctl() sees an ioctl before the DRM core does, because the core hides how long the
 * caller's structure was. Behind the core, each ioctl checks every field before it does anything.
 *
 * All of an ioctl is one drm_dev_enter() section: the file's data and the mirror stay while it
 * runs. Long work goes in windows of some MiB, and ends early at a signal or when the device goes
 * away.
 *
 * An asynchronous migration is a work item on the space's own queue, for one window, that queues
 * itself again for the next. The queue is freezable and is drained when the space ends, so a
 * migration outlives neither the file nor the device. Its fence appears in the syncobj when it is
 * over and is signalled then: a fence that can still wait must not depend on memory allocation, and
 * a migration does.
 */

/* Moved with mmap_lock held: some 1.5 ms of copying at PCIe speed. */
#define WINDOW		SZ_16M

static_assert(DRM_NOUVEAU_HMM_ACCESS_PREFETCH == SVM_PREFETCH);
static_assert(DRM_NOUVEAU_HMM_ACCESS_READ == SVM_READ);
static_assert(DRM_NOUVEAU_HMM_ACCESS_WRITE == SVM_WRITE);
static_assert(DRM_NOUVEAU_HMM_ACCESS_ATOMIC == SVM_ATOMIC);

/* Of version 1, which is all there is. */
static unsigned int size_of(unsigned int nr)
{
	switch (nr) {
	case DRM_NOUVEAU_HMM_INFO:
		return sizeof(struct drm_nouveau_hmm_info);
	case DRM_NOUVEAU_HMM_MIGRATE:
		return sizeof(struct drm_nouveau_hmm_migrate);
	case DRM_NOUVEAU_HMM_RESIDENCY:
		return sizeof(struct drm_nouveau_hmm_residency);
	case DRM_NOUVEAU_HMM_FAULTS:
		return sizeof(struct drm_nouveau_hmm_faults);
	case DRM_NOUVEAU_HMM_CHANNEL_CREATE:
		return sizeof(struct drm_nouveau_hmm_channel_create);
	case DRM_NOUVEAU_HMM_CHANNEL_DESTROY:
		return sizeof(struct drm_nouveau_hmm_channel_destroy);
	case DRM_NOUVEAU_HMM_CHANNEL_SUBMIT:
		return sizeof(struct drm_nouveau_hmm_channel_submit);
	case DRM_NOUVEAU_HMM_CHANNEL_STATUS:
		return sizeof(struct drm_nouveau_hmm_channel_status);
	default:
		return 0;
	}
}

/*
 * Is the caller's structure of a size that we understand? -EINVAL if it is too short or not both
 * read and written, -E2BIG if it has something that is not zero where we know no field, -EFAULT.
 */
static int check_size(unsigned int cmd, unsigned long arg)
{
	unsigned int known = size_of(_IOC_NR(cmd) - DRM_COMMAND_BASE);
	unsigned int size = _IOC_SIZE(cmd);
	int ret;

	if (_IOC_DIR(cmd) != (_IOC_READ | _IOC_WRITE) || size < known)
		return -EINVAL;
	if (size == known)
		return 0;
	ret = check_zeroed_user((void __user *)arg + known, size - known);
	if (ret < 0)
		return ret;
	return ret ? 0 : -E2BIG;
}

/**
 * nouveau_hmm_ioctl() - any of the ioctls of nouveau_hmm_drm.h
 * @file: open file
 * @cmd: ioctl, one of ours
 * @arg: pointer to the structure
 *
 * Return: as the structure's description says.
 */
long nouveau_hmm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct drm_file *filp = file->private_data;
	long ret;
	int idx;

	ret = check_size(cmd, arg);
	if (ret)
		return ret;
	if (!drm_dev_enter(filp->minor->dev, &idx))
		return -ENODEV;
	ret = drm_ioctl(file, cmd, arg);
	drm_dev_exit(idx);
	return ret;
}

/**
 * nouveau_hmm_own_space() - the file's space, if it mirrors the caller
 * @file: file
 *
 * Return: the space, without a reference; it stays as long as the file does. Or -ENODEV, -EPERM.
 */
struct nouveau_svmm *nouveau_hmm_own_space(struct drm_file *file)
{
	struct nouveau_svmm *svmm = nouveau_svmm_of(file);

	if (!svmm)
		return ERR_PTR(-ENODEV);
	return svmm->mm == current->mm ? svmm : ERR_PTR(-EPERM);
}

static bool is_range(u64 start, u64 length)
{
	return PAGE_ALIGNED(start) && PAGE_ALIGNED(length) && length && start < TASK_SIZE &&
	       length <= TASK_SIZE - start;
}

/**
 * nouveau_hmm_ioctl_info() - DRM_IOCTL_NOUVEAU_HMM_INFO
 * @dev: device
 * @data: &struct drm_nouveau_hmm_info
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_info(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_nouveau_hmm_info *info = data;
	struct nouveau_drm *drm = nouveau_cli(file)->drm;
	struct nouveau_svmm *svmm = nouveau_svmm_of(file);

	if (info->flags)
		return -EINVAL;

	*info = (struct drm_nouveau_hmm_info) {
		.version = DRM_NOUVEAU_HMM_VERSION,
		.vram_size = drm->client.device.info.ram_size,
		.faults = SVM_REPORTS,
	};
	if (drm->svm) {
		info->features |= DRM_NOUVEAU_HMM_FEATURE_MIRROR |
				  DRM_NOUVEAU_HMM_FEATURE_ATOMIC_RAM |
				  DRM_NOUVEAU_HMM_FEATURE_CHANNEL;
		info->page_sizes = SZ_4K | SZ_64K | SZ_2M;
	}
	if (drm->svm && drm->dmem) {
		info->features |= DRM_NOUVEAU_HMM_FEATURE_VRAM |
				  DRM_NOUVEAU_HMM_FEATURE_ATOMIC_VRAM;
		info->vram_resident = dmem_resident(drm->dmem);
	}
	if (svmm) {
		info->state = DRM_NOUVEAU_HMM_STATE_MIRRORED;
		info->cutout_start = svmm->cutout.start;
		info->cutout_size = svmm->cutout.end - svmm->cutout.start;
		if (svmm->mm == current->mm)
			info->state |= DRM_NOUVEAU_HMM_STATE_OWN;
	}
	return 0;
}

/**
 * struct migration - pages on their way
 * @svmm: space
 * @start: first address
 * @addr: where it goes on
 * @end: behind the last byte
 * @to_vram: or to RAM
 * @moved: what became of them so far
 */
struct migration {
	struct nouveau_svmm *svmm;
	unsigned long start;
	unsigned long addr;
	unsigned long end;
	bool to_vram;
	struct svm_moved moved;
};

/* Nothing is mapped up to the next VMA: there may be terabytes of it. */
static void skip_hole(struct migration *m, struct vm_area_struct *vma)
{
	unsigned long next = vma ? min(vma->vm_start, m->end) : m->end;

	m->moved.unsupported += (next - m->addr) >> PAGE_SHIFT;
	m->addr = next;
}

static void count(struct migration *m, const struct svm_moved *moved)
{
	atomic64_t *n = m->svmm->stats.n;

	m->moved.moved += moved->moved;
	m->moved.zeroed += moved->zeroed;
	m->moved.already += moved->already;
	m->moved.busy += moved->busy;
	m->moved.unsupported += moved->unsupported;
	m->moved.no_memory += moved->no_memory;
	m->moved.failed += moved->failed;

	/* Of the space. migrate.c, which knows no spaces, counts for the device. */
	atomic64_add(moved->moved, &n[m->to_vram ? SVM_PAGES_TO_VRAM : SVM_PAGES_TO_RAM]);
	atomic64_add(moved->zeroed, &n[SVM_PAGES_ZEROED]);
	atomic64_add(moved->busy + moved->unsupported + moved->no_memory + moved->failed,
		     &n[SVM_PAGES_NOT_MOVED]);
}

static u64 looked_at(const struct svm_moved *moved)
{
	return moved->moved + moved->zeroed + moved->already + moved->busy + moved->unsupported +
	       moved->no_memory + moved->failed;
}

static int move_window(struct migration *m, struct vm_area_struct *vma)
{
	unsigned long window = round_down(m->addr + WINDOW, SVM_BLOCK_SIZE);
	unsigned long next = min3(vma->vm_end, m->end, window);
	unsigned long held = svm_holds_find(m->svmm, m->addr, next);
	struct nouveau_drm *drm = m->svmm->svm->drm;
	struct svm_moved moved = {};
	int ret = 0;

	/* Rather not wait for a channel's job, and stop the channel in the end. */
	if (held == m->addr)
		next = min(next, (m->addr & SVM_BLOCK_MASK) + SVM_BLOCK_SIZE);
	else
		next = held;

	if (held == m->addr)
		moved.busy = (next - m->addr) >> PAGE_SHIFT;
	else if (m->to_vram)
		ret = svm_migrate_to_vram(drm, m->svmm->mm, m->addr, next, &moved);
	else
		ret = svm_migrate_to_ram(drm, m->svmm->mm, m->addr, next, &moved);
	count(m, &moved);
	m->addr = ret ? m->addr + (looked_at(&moved) << PAGE_SHIFT) : next;
	return ret;
}

static u64 came_to_target(const struct migration *m)
{
	return m->moved.moved + m->moved.zeroed + m->moved.already;
}

/* One step. The caller holds a reference on the memory, and the device. */
static int migrate_some(struct migration *m)
{
	u64 before = came_to_target(m);
	unsigned long start = m->addr;
	struct vm_area_struct *vma;
	int ret = 0;

	if (mmap_read_lock_killable(m->svmm->mm))
		return -EINTR;
	vma = find_vma(m->svmm->mm, start);
	if (vma && vma->vm_start <= start)
		ret = move_window(m, vma);
	else
		skip_hole(m, vma);
	mmap_read_unlock(m->svmm->mm);

	/*
	 * Only spares the GPU faults: what cannot be mapped now is mapped then. Where nothing is
	 * in VRAM nothing is mapped: it may be terabytes that nobody ever touched.
	 */
	if (m->to_vram && came_to_target(m) > before)
		nouveau_svmm_map(m->svmm, start, m->addr);
	cond_resched();
	return ret;
}

static int migrate_all(struct migration *m, bool killable_only)
{
	struct drm_device *dev = m->svmm->svm->drm->dev;
	int ret = 0;

	while (m->addr < m->end && !ret) {
		if (killable_only ? fatal_signal_pending(current) : signal_pending(current))
			ret = -EINTR;
		else if (drm_dev_is_unplugged(dev))
			ret = -ENODEV;
		else
			ret = migrate_some(m);
	}
	return ret;
}

static struct drm_nouveau_hmm_moved moved_of(const struct migration *m, int error)
{
	return (struct drm_nouveau_hmm_moved) {
		.done = m->addr - m->start,
		.moved = m->moved.moved,
		.zeroed = m->moved.zeroed,
		.already = m->moved.already,
		.busy = m->moved.busy,
		.unsupported = m->moved.unsupported,
		.no_memory = m->moved.no_memory,
		.failed = m->moved.failed,
		.error = error,
	};
}

/**
 * nouveau_hmm_init_jobs() - get ready for asynchronous migrations
 * @svmm: new space
 *
 * Return: 0 or -ENOMEM.
 */
int nouveau_hmm_init_jobs(struct nouveau_svmm *svmm)
{
	svmm->jobs = alloc_ordered_workqueue("nouveau_hmm", WQ_FREEZABLE);
	return svmm->jobs ? 0 : -ENOMEM;
}

/**
 * nouveau_hmm_end_jobs() - end asynchronous migrations early, and wait for their end
 * @svmm: space that is about to be closed
 *
 * A second call does nothing.
 */
void nouveau_hmm_end_jobs(struct nouveau_svmm *svmm)
{
	mutex_lock(&svmm->lock);
	svmm->closed = true;
	mutex_unlock(&svmm->lock);
	if (svmm->jobs)
		destroy_workqueue(svmm->jobs);
	svmm->jobs = NULL;
}

static int migrate_now(struct migration *m, struct drm_nouveau_hmm_migrate *args)
{
	int ret = migrate_all(m, false);

	if (ret && m->addr == m->start)
		return ret;
	args->moved = moved_of(m, ret);
	return 0;
}

/**
 * struct job - an asynchronous migration
 * @work: in &nouveau_svmm.jobs
 * @m: what to do
 * @result: where the process wants to read what became of it: offset in @pages
 * @pages: pinned, because a work item must not wait for user space to fault them in
 * @nr_pages: how many: 0 if nobody wants to know
 * @syncobj: gets a fence when all is done, or NULL
 */
struct job {
	struct work_struct work;
	struct migration m;
	unsigned int result;
	struct page *pages[2];
	unsigned int nr_pages;
	struct drm_syncobj *syncobj;
};

static int pin_result(struct job *job, unsigned long addr)
{
	int want, got;

	if (!addr)
		return 0;
	job->result = offset_in_page(addr);
	want = DIV_ROUND_UP(job->result + sizeof(struct drm_nouveau_hmm_moved), PAGE_SIZE);
	got = pin_user_pages_fast(addr & PAGE_MASK, want, FOLL_WRITE | FOLL_LONGTERM, job->pages);
	if (got > 0)
		job->nr_pages = got;
	return got == want ? 0 : -EFAULT;
}

static void write_result(struct job *job, int error)
{
	struct drm_nouveau_hmm_moved moved = moved_of(&job->m, error);
	size_t first = min_t(size_t, sizeof(moved), PAGE_SIZE - job->result);

	if (!job->nr_pages)
		return;
	memcpy_to_page(job->pages[0], job->result, (char *)&moved, first);
	if (first < sizeof(moved))
		memcpy_to_page(job->pages[1], 0, (char *)&moved + first, sizeof(moved) - first);
}

static void job_free(struct job *job)
{
	unpin_user_pages_dirty_lock(job->pages, job->nr_pages, true);
	if (job->syncobj)
		drm_syncobj_put(job->syncobj);
	nouveau_svmm_put(job->m.svmm);
	kfree(job);
}

static void job_end(struct job *job, int error)
{
	struct dma_fence *fence;

	write_result(job, error);
	if (job->syncobj) {
		fence = dma_fence_get_stub();
		drm_syncobj_replace_fence(job->syncobj, fence);
		dma_fence_put(fence);
	}
	job_free(job);
}

static int job_step_awake(struct job *job)
{
	struct mm_struct *mm = job->m.svmm->mm;
	int ret;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	ret = migrate_some(&job->m);
	mmput_async(mm);
	return ret;
}

static int job_step(struct job *job)
{
	struct drm_device *dev = job->m.svmm->svm->drm->dev;
	int ret, idx;

	if (READ_ONCE(job->m.svmm->closed) || !drm_dev_enter(dev, &idx))
		return -ENODEV;
	ret = pm_runtime_get_sync(dev->dev);
	if (ret >= 0 || ret == -EACCES)
		ret = job_step_awake(job);
	pm_runtime_mark_last_busy(dev->dev);
	pm_runtime_put_autosuspend(dev->dev);
	drm_dev_exit(idx);
	return ret;
}

static void job_work(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);
	int ret = job_step(job);

	if (!ret && job->m.addr < job->m.end)
		queue_work(job->m.svmm->jobs, &job->work);
	else
		job_end(job, ret);
}

static int migrate_later(struct migration *m, struct drm_file *file,
			 struct drm_nouveau_hmm_migrate *args)
{
	struct job *job;
	int ret;

	/* Accounted: the number of jobs has no other limit. */
	job = kzalloc_obj(*job, GFP_KERNEL_ACCOUNT);
	if (!job)
		return -ENOMEM;
	INIT_WORK(&job->work, job_work);
	job->m = *m;
	nouveau_svmm_get(m->svmm);

	ret = pin_result(job, args->result);
	if (ret)
		goto err;
	if (args->syncobj) {
		ret = -ENOENT;
		job->syncobj = drm_syncobj_find(file, args->syncobj);
		if (!job->syncobj)
			goto err;
		drm_syncobj_replace_fence(job->syncobj, NULL);
	}
	queue_work(m->svmm->jobs, &job->work);
	args->moved = (struct drm_nouveau_hmm_moved) {};
	return 0;

err:
	job_free(job);
	return ret;
}

static int check_migrate(struct nouveau_svmm *svmm, const struct drm_nouveau_hmm_migrate *args)
{
	u64 end = args->start + args->length;

	if (args->flags & ~DRM_NOUVEAU_HMM_MIGRATE_ASYNC || args->reserved)
		return -EINVAL;
	if (args->target > DRM_NOUVEAU_HMM_TARGET_VRAM || !is_range(args->start, args->length))
		return -EINVAL;
	if (args->start < svmm->cutout.end && end > svmm->cutout.start)
		return -EINVAL;
	if (!(args->flags & DRM_NOUVEAU_HMM_MIGRATE_ASYNC) && (args->syncobj || args->result))
		return -EINVAL;
	if (!IS_ALIGNED(args->result, sizeof(u64)))
		return -EINVAL;
	if (args->target == DRM_NOUVEAU_HMM_TARGET_VRAM && !svmm->svm->drm->dmem)
		return -EOPNOTSUPP;
	return 0;
}

/**
 * nouveau_hmm_ioctl_migrate() - DRM_IOCTL_NOUVEAU_HMM_MIGRATE
 * @dev: device
 * @data: &struct drm_nouveau_hmm_migrate
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_migrate(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_nouveau_hmm_migrate *args = data;
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	struct migration m = {
		.svmm = svmm,
		.start = args->start,
		.addr = args->start,
		.end = args->start + args->length,
		.to_vram = args->target == DRM_NOUVEAU_HMM_TARGET_VRAM,
	};
	int ret;

	if (IS_ERR(svmm))
		return PTR_ERR(svmm);
	ret = check_migrate(svmm, args);
	if (ret)
		return ret;
	if (args->flags & DRM_NOUVEAU_HMM_MIGRATE_ASYNC)
		return migrate_later(&m, file, args);
	return migrate_now(&m, args);
}

/* Upstream's checks, in upstream's words: the whole pages that the range touches. */
static int check_bind(struct drm_nouveau_svm_bind *args)
{
	u64 command, target;

	args->va_start &= PAGE_MASK;
	args->va_end = ALIGN(args->va_end, PAGE_SIZE);
	if (args->reserved0 || args->reserved1 || args->stride)
		return -EINVAL;
	if (args->header & ~NOUVEAU_SVM_BIND_VALID_MASK || args->va_start >= args->va_end)
		return -EINVAL;

	command = args->header >> NOUVEAU_SVM_BIND_COMMAND_SHIFT & NOUVEAU_SVM_BIND_COMMAND_MASK;
	target = args->header >> NOUVEAU_SVM_BIND_TARGET_SHIFT & NOUVEAU_SVM_BIND_TARGET_MASK;
	if (command != NOUVEAU_SVM_BIND_COMMAND__MIGRATE ||
	    target != NOUVEAU_SVM_BIND_TARGET__GPU_VRAM)
		return -EINVAL;
	return 0;
}

static int bind(struct drm_file *file, struct drm_nouveau_svm_bind *args)
{
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	struct migration m = { .svmm = svmm, .to_vram = true };
	int ret;

	ret = check_bind(args);
	if (ret)
		return ret;
	if (IS_ERR(svmm))
		return PTR_ERR(svmm) == -ENODEV ? -EINVAL : PTR_ERR(svmm);

	args->result = 0;
	/* Behind the address space there is nothing to move, and upstream does not mind. */
	m.start = min_t(u64, args->va_start, TASK_SIZE);
	m.end = min_t(u64, args->va_end, TASK_SIZE);
	m.addr = m.start;
	if (!svmm->svm->drm->dmem)
		return 0;
	ret = migrate_all(&m, true);
	args->result = m.moved.moved + m.moved.zeroed;
	return ret == -EINTR ? ret : 0;
}

/**
 * nouveau_svmm_bind() - DRM_IOCTL_NOUVEAU_SVM_BIND: move pages to VRAM, as well as it goes
 * @dev: device
 * @data: &struct drm_nouveau_svm_bind
 * @file: file
 *
 * As upstream's, but only for the mirrored process, and it says how many pages have moved.
 *
 * Return: 0; -EINVAL as upstream, also if the file mirrors nothing; -EPERM if it mirrors another
 * process's memory; -EINTR if the process was killed.
 */
int nouveau_svmm_bind(struct drm_device *dev, void *data, struct drm_file *file)
{
	int ret, idx;

	if (!drm_dev_enter(dev, &idx))
		return -ENODEV;
	ret = bind(file, data);
	drm_dev_exit(idx);
	return ret;
}

/**
 * struct look - a look at some pages
 * @notifier: hmm_range_fault() wants to know whether the CPU's page tables changed meanwhile
 * @pfns: what it found
 * @state: what to tell the process: DRM_NOUVEAU_HMM_PAGE_*
 */
struct look {
	struct mmu_interval_notifier notifier;
	unsigned long pfns[SVM_BLOCK_PAGES];
	u8 state[SVM_BLOCK_PAGES];
};

static bool look_invalidate(struct mmu_interval_notifier *notifier,
			    const struct mmu_notifier_range *range, unsigned long seq)
{
	mmu_interval_set_seq(notifier, seq);
	return true;
}

static const struct mmu_interval_notifier_ops look_ops = {
	.invalidate = look_invalidate,
};

/* As the CPU's page tables have it. */
static int look_at_cpu(struct look *look, struct nouveau_svmm *svmm, unsigned long start,
		       unsigned long end)
{
	struct hmm_range range = {
		.notifier = &look->notifier,
		.start = start,
		.end = end,
		.hmm_pfns = look->pfns,
		.dev_private_owner = svm_owner(svmm->svm->drm),
	};
	unsigned int page;
	int ret;

	do {
		if (signal_pending(current))
			return -EINTR;
		memset(look->pfns, 0, sizeof(look->pfns));
		range.notifier_seq = mmu_interval_read_begin(range.notifier);
		if (mmap_read_lock_killable(svmm->mm))
			return -EINTR;
		ret = hmm_range_fault(&range);
		mmap_read_unlock(svmm->mm);
	} while (ret == -EBUSY);
	if (ret)
		return ret;

	for (page = 0; page < (end - start) >> PAGE_SHIFT; page++) {
		unsigned long pfn = look->pfns[page];

		if (!(pfn & HMM_PFN_VALID) || pfn & HMM_PFN_ERROR)
			look->state[page] = DRM_NOUVEAU_HMM_PAGE_NONE;
		else if (is_device_private_page(hmm_pfn_to_page(pfn)))
			look->state[page] = DRM_NOUVEAU_HMM_PAGE_VRAM;
		else
			look->state[page] = DRM_NOUVEAU_HMM_PAGE_RAM;
	}
	return 0;
}

static u8 gpu_state(struct svm_block *block, unsigned int page)
{
	u64 pte = block->pt.pte[page];
	u8 state = DRM_NOUVEAU_HMM_PAGE_MAPPED;

	state |= svm_pte_vram(pte) ? DRM_NOUVEAU_HMM_PAGE_VRAM : DRM_NOUVEAU_HMM_PAGE_RAM;
	if (svm_pte_allows(pte, SVM_WRITE))
		state |= DRM_NOUVEAU_HMM_PAGE_WRITABLE;
	if (svm_pte_allows(pte, SVM_ATOMIC))
		state |= DRM_NOUVEAU_HMM_PAGE_ATOMIC;
	if (block->pt.huge)
		state |= DRM_NOUVEAU_HMM_PAGE_2M;
	else if (test_bit(page / SVM_GROUP_PAGES, block->pt.big))
		state |= DRM_NOUVEAU_HMM_PAGE_64K;
	return state;
}

/*
 * As the GPU has it. What is mapped is where the mapping says: it would not be there if the CPU had
 * moved the page since, and a page that only the GPU may use just now looks absent to
 * hmm_range_fault().
 */
static void look_at_gpu(struct look *look, struct nouveau_svmm *svmm, unsigned long start,
			unsigned long end)
{
	unsigned int first = (start & ~SVM_BLOCK_MASK) >> PAGE_SHIFT;
	unsigned int i, pages = (end - start) >> PAGE_SHIFT;
	struct svm_block *block;

	block = svm_block_find(svmm, start);
	if (!block)
		return;
	mutex_lock(&block->lock);
	for (i = 0; i < pages; i++)
		if (svm_pte_allows(block->pt.pte[first + i], SVM_READ))
			look->state[i] = gpu_state(block, first + i);
	mutex_unlock(&block->lock);
	svm_block_put(block);
}

static int look_at_all(struct look *look, struct nouveau_svmm *svmm,
		       const struct drm_nouveau_hmm_residency *args)
{
	unsigned long addr, next, end = args->start + args->length;
	u8 __user *to = u64_to_user_ptr(args->pages);
	int ret;

	for (addr = args->start; addr < end; addr = next) {
		next = min(end, (addr & SVM_BLOCK_MASK) + SVM_BLOCK_SIZE);
		ret = look_at_cpu(look, svmm, addr, next);
		if (ret)
			return ret;
		look_at_gpu(look, svmm, addr, next);
		if (copy_to_user(to, look->state, (next - addr) >> PAGE_SHIFT))
			return -EFAULT;
		to += (next - addr) >> PAGE_SHIFT;
		cond_resched();
	}
	return 0;
}

/**
 * nouveau_hmm_ioctl_residency() - DRM_IOCTL_NOUVEAU_HMM_RESIDENCY
 * @dev: device
 * @data: &struct drm_nouveau_hmm_residency
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_residency(struct drm_device *dev, void *data, struct drm_file *file)
{
	const struct drm_nouveau_hmm_residency *args = data;
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	struct look *look;
	int ret;

	if (IS_ERR(svmm))
		return PTR_ERR(svmm);
	if (args->flags || args->reserved || !is_range(args->start, args->length))
		return -EINVAL;
	if (!access_ok((void __user *)u64_to_user_ptr(args->pages), args->length >> PAGE_SHIFT))
		return -EFAULT;

	look = kzalloc_obj(*look);
	if (!look)
		return -ENOMEM;
	ret = mmu_interval_notifier_insert(&look->notifier, svmm->mm, args->start, args->length,
					   &look_ops);
	if (!ret) {
		ret = look_at_all(look, svmm, args);
		mmu_interval_notifier_remove(&look->notifier);
	}
	kfree(look);
	return ret;
}

/**
 * nouveau_hmm_ioctl_faults() - DRM_IOCTL_NOUVEAU_HMM_FAULTS
 * @dev: device
 * @data: &struct drm_nouveau_hmm_faults
 * @file: file
 *
 * Return: as the structure's description says.
 */
int nouveau_hmm_ioctl_faults(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_nouveau_hmm_faults *args = data;
	struct drm_nouveau_hmm_fault __user *to = u64_to_user_ptr(args->faults);
	struct nouveau_svmm *svmm = nouveau_hmm_own_space(file);
	struct svm_fault_report reports[SVM_REPORTS];
	struct drm_nouveau_hmm_fault fault;
	unsigned int i, n;

	if (IS_ERR(svmm))
		return PTR_ERR(svmm);
	if (args->flags || !args->count || !IS_ALIGNED(args->faults, sizeof(u64)))
		return -EINVAL;
	n = min_t(u32, args->count, SVM_REPORTS);
	/* Reports that were taken cannot be put back: try the memory first. */
	if (clear_user(to, n * sizeof(*to)))
		return -EFAULT;

	n = nouveau_svmm_read_reports(svmm, reports, n, &args->lost);
	for (i = 0; i < n; i++) {
		fault = (struct drm_nouveau_hmm_fault) {
			.addr = reports[i].addr,
			.time_ns = reports[i].time_ns,
			.access = reports[i].access,
			.reason = reports[i].reason,
			.client = reports[i].client,
			.gpc = reports[i].gpc,
			.error = reports[i].error,
		};
		if (copy_to_user(to + i, &fault, sizeof(fault)))
			return -EFAULT;
	}
	args->count = n;
	return 0;
}
