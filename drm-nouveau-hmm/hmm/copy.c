// SPDX-License-Identifier: MIT
/*
 * The copy channel: a channel of our own on a copy engine, for the data of migrations.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "nouveau_drv.h"
#include "nouveau_bo.h"
#include "nouveau_chan.h"
#include "nouveau_dma.h"
#include "nouveau_vmm.h"

#include <nvif/class.h>
#include <nvif/fifo.h>
#include <nvif/object.h>
#include <nvif/push906f.h>

#include <nvhw/class/cl906f.h>
#include <nvhw/class/cla0b5.h>

#include "svm_migrate.h"

/**
 * DOC: The copy channel
 *
 * TTM moves buffer objects on a channel of its own; migrations have another, so that neither waits
 * for the other's lock. A batch is svm_copy_begin(), any number of copies, svm_copy_end();
 * &svm_copy.lock is held in between and serializes batches. Addresses are physical: VRAM addresses
 * and bus addresses, no page tables.
 *
 * The end of a batch is a release of a semaphore in RAM, and svm_copy_wait() polls it, with sleeps
 * that grow. nouveau's own fence would cost a read of VRAM through BAR1 for each look, and an
 * interrupt whose handler reads several registers for each batch of some hundred microseconds.
 *
 * The semaphore alone does not say that everything was copied: an engine that refuses a copy
 * (LAUNCHERR) goes on with the next command. So a batch begins by setting a word in VRAM to 0,
 * each copy adds one to it when it is done, and the batch ends by copying that word to a place of
 * its own in RAM. The sum must be as many as were asked for. (The word is in VRAM because a
 * reduction over PCIe needs more than every machine has.)
 *
 * A batch begins by telling the engine all that it needs: no engine remembers anything over
 * suspend, and VRAM does not either.
 *
 * When the channel is killed or a batch takes too long, the channel is deleted before anybody
 * learns of it: after an error from svm_copy_wait() nothing is written any more, and pages may be
 * freed. What was not waited for until then has failed too. A new channel is made at once. This is
 * done by a worker, because a caller may hold the reservation of a buffer object, and deleting a
 * channel takes that of others.
 */

#define SVM_COPY_TIMEOUT	(10 * HZ)

/* Before this it is not asked whether the channel was killed. */
#define SVM_COPY_PATIENCE	(HZ / 100 + 1)

/* A tenth of what 2 MiB take over PCIe 3.0 with 16 lanes. */
#define SVM_COPY_POLL_US	20U

/* Words in the push buffer: of the begin of a batch, of a copy or zero-fill, of the end. */
#define BEGIN_WORDS	10
#define COPY_WORDS	12
#define END_WORDS	14

/* The page in RAM: the semaphore, and in the second half the sums of the last batches. */
#define SEMAPHORE	0
#define SUMS		2048
#define SUM(seq)	(SUMS + (seq) % ((PAGE_SIZE - SUMS) / 4) * 4)

/* Where a copy releases its semaphore (ogkm clc0b5.h). */
#define NVA0B5_SET_SEMAPHORE_A		0x00000240
#define NVA0B5_SET_SEMAPHORE_B		0x00000244
#define NVA0B5_SET_SEMAPHORE_PAYLOAD	0x00000248

/**
 * struct svm_copy - the copy channel
 * @drm: device
 * @lock: one batch at a time; protects the rest but for what is said there
 * @chan: channel, NULL if a new one could not be made; while @broken it is @reset's
 * @ce: copy engine class on it
 * @bo: page in RAM with the semaphore
 * @vma: the same for the GPU
 * @page: the same for the CPU
 * @counter_bo: page in VRAM with the word that copies add to
 * @counter: the same for the GPU
 * @sum: what it will be after the last copy that was asked for in this batch
 * @begun: this batch has told the engine what it needs
 * @gen: counts channels; written under @lock, read without
 * @seq: last release of the semaphore that was asked for
 * @broken: a batch went wrong, the channel must go
 * @reset: makes a new one
 * @wait: for @gen to change
 */
struct svm_copy {
	struct nouveau_drm *drm;
	struct mutex lock;	/* see above */
	struct nouveau_channel *chan;
	struct nvif_object ce;
	struct nouveau_bo *bo;
	struct nouveau_vma *vma;
	void *page;
	struct nouveau_bo *counter_bo;
	struct nouveau_vma *counter;
	u32 sum;
	bool begun;
	u32 gen;
	u32 seq;
	bool broken;
	struct work_struct reset;
	wait_queue_head_t wait;
};

static u32 page_word(struct svm_copy *copy, unsigned int offset)
{
	return READ_ONCE(*(u32 *)(copy->page + offset));
}

/* A copy of nothing sets the counter to 0; all later ones add 1. */
static void push_begin(struct svm_copy *copy, struct nvif_push *push)
{
	u64 addr = copy->counter->addr;

	PUSH_NVSQ(push, NVA0B5, 0x0000, copy->ce.oclass);
	PUSH_MTHD(push, NVA0B5, SET_SEMAPHORE_A, upper_32_bits(addr),
		  SET_SEMAPHORE_B, lower_32_bits(addr),
		  SET_SEMAPHORE_PAYLOAD, 0);
	PUSH_MTHD(push, NVA0B5, LAUNCH_DMA,
		  NVDEF(NVA0B5, LAUNCH_DMA, DATA_TRANSFER_TYPE, NONE) |
		  NVDEF(NVA0B5, LAUNCH_DMA, FLUSH_ENABLE, TRUE) |
		  NVDEF(NVA0B5, LAUNCH_DMA, SEMAPHORE_TYPE, RELEASE_ONE_WORD_SEMAPHORE));
	PUSH_MTHD(push, NVA0B5, SET_SEMAPHORE_PAYLOAD, 1);
	copy->sum = 0;
	copy->begun = true;
}

static void channel_del(struct svm_copy *copy)
{
	nvif_object_dtor(&copy->ce);
	nouveau_channel_del(&copy->chan);
}

static int channel_new(struct svm_copy *copy)
{
	static const struct nvif_mclass classes[] = {
		{ TURING_DMA_COPY_A, -1 },
		{ VOLTA_DMA_COPY_A, -1 },
		{ PASCAL_DMA_COPY_B, -1 },
		{ PASCAL_DMA_COPY_A, -1 },
		{}
	};
	struct nouveau_drm *drm = copy->drm;
	u64 runm = nvif_fifo_runlist_ce(&drm->client.device);
	int ret;

	if (!runm)
		return -ENODEV;

	/* TTM's is on the first that there is. */
	runm = BIT_ULL(fls64(runm) - 1);
	ret = nouveau_channel_new(&drm->client, true, runm, NvDmaFB, NvDmaTT, &copy->chan);
	if (ret)
		return ret;

	ret = nvif_mclass(&copy->chan->user, classes);
	if (ret >= 0)
		ret = nvif_object_ctor(&copy->chan->user, "svmCopy", 0, classes[ret].oclass, NULL,
				       0, &copy->ce);
	if (ret)
		channel_del(copy);
	return ret;
}

/*
 * While it is broken nobody else looks at the channel. Making and deleting it reserves its buffer
 * objects, and who holds a reservation may wait for @lock.
 */
static void copy_reset(struct work_struct *work)
{
	struct svm_copy *copy = container_of(work, struct svm_copy, reset);
	bool broken;

	mutex_lock(&copy->lock);
	broken = copy->broken;
	mutex_unlock(&copy->lock);
	if (broken) {
		NV_WARN(copy->drm, "svm: the copy channel failed, making a new one\n");
		channel_del(copy);
		if (channel_new(copy))
			NV_ERROR(copy->drm, "svm: no copy channel any more\n");
		mutex_lock(&copy->lock);
		WRITE_ONCE(copy->gen, copy->gen + 1);
		/* Whoever sees the semaphore as it is set now must see that the channel changed. */
		smp_wmb();
		WRITE_ONCE(*(u32 *)(copy->page + SEMAPHORE), copy->seq);
		copy->broken = false;
		mutex_unlock(&copy->lock);
	}
	wake_up_all(&copy->wait);
}

/**
 * svm_copy_init() - make the copy channel
 * @drm: device
 * @pcopy: result
 *
 * Return: 0 or a negative errno.
 */
int svm_copy_init(struct nouveau_drm *drm, struct svm_copy **pcopy)
{
	struct svm_copy *copy;
	int ret;

	copy = kzalloc_obj(*copy);
	if (!copy)
		return -ENOMEM;
	copy->drm = drm;
	mutex_init(&copy->lock);
	INIT_WORK(&copy->reset, copy_reset);
	init_waitqueue_head(&copy->wait);

	ret = nouveau_bo_new_map_gpu(&drm->client, NOUVEAU_GEM_DOMAIN_GART, PAGE_SIZE, &copy->bo,
				     &copy->vma);
	if (!ret)
		ret = nouveau_bo_new_map_gpu(&drm->client, NOUVEAU_GEM_DOMAIN_VRAM, PAGE_SIZE,
					     &copy->counter_bo, &copy->counter);
	if (!ret) {
		copy->page = copy->bo->kmap.virtual;
		memset(copy->page, 0, PAGE_SIZE);
		ret = channel_new(copy);
	}
	*pcopy = copy;
	if (ret)
		svm_copy_fini(pcopy);
	return ret;
}

/**
 * svm_copy_fini() - end the copy channel
 * @pcopy: channel, becomes NULL
 */
void svm_copy_fini(struct svm_copy **pcopy)
{
	struct svm_copy *copy = *pcopy;

	if (!copy)
		return;
	flush_work(&copy->reset);
	channel_del(copy);
	nouveau_vma_del(&copy->counter);
	nouveau_bo_unpin_del(&copy->counter_bo);
	nouveau_vma_del(&copy->vma);
	nouveau_bo_unpin_del(&copy->bo);
	mutex_destroy(&copy->lock);
	kfree(copy);
	*pcopy = NULL;
}

/**
 * svm_copy_begin() - begin a batch
 * @copy: channel
 */
void svm_copy_begin(struct svm_copy *copy)
{
	mutex_lock(&copy->lock);
	copy->begun = false;
}

/* Room for the words of a copy, or NULL after a failure, in this batch or before it. */
static struct nvif_push *copy_push(struct svm_copy *copy, u32 words)
{
	u32 begin = copy->begun ? 0 : BEGIN_WORDS;
	struct nvif_push *push;

	lockdep_assert_held(&copy->lock);
	if (copy->broken || !copy->chan)
		return NULL;
	push = &copy->chan->chan.push;
	if (atomic_read(&copy->chan->killed) || PUSH_WAIT(push, begin + words)) {
		copy->broken = true;
		return NULL;
	}
	if (begin)
		push_begin(copy, push);
	return push;
}

#define LAUNCH							\
	(NVDEF(NVA0B5, LAUNCH_DMA, DATA_TRANSFER_TYPE, NON_PIPELINED) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, FLUSH_ENABLE, TRUE) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, INTERRUPT_TYPE, NONE) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, SRC_MEMORY_LAYOUT, PITCH) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, DST_MEMORY_LAYOUT, PITCH) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, MULTI_LINE_ENABLE, FALSE) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, BYPASS_L2, USE_PTE_SETTING))

/* With what counts it. */
#define LAUNCH_COUNTED						\
	(LAUNCH |						\
	 NVDEF(NVA0B5, LAUNCH_DMA, SRC_TYPE, PHYSICAL) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, DST_TYPE, PHYSICAL) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, SEMAPHORE_TYPE, RELEASE_ONE_WORD_SEMAPHORE) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, SEMAPHORE_REDUCTION, IADD) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, SEMAPHORE_REDUCTION_SIGN, UNSIGNED) |	\
	 NVDEF(NVA0B5, LAUNCH_DMA, SEMAPHORE_REDUCTION_ENABLE, TRUE))

/* One line, as long as it is contiguous on both sides. */
static void copy_line(struct nvif_push *push, u64 dst, u64 src, u32 bytes, u32 launch)
{
	PUSH_MTHD(push, NVA0B5, OFFSET_IN_UPPER, upper_32_bits(src),
		  OFFSET_IN_LOWER, lower_32_bits(src),
		  OFFSET_OUT_UPPER, upper_32_bits(dst),
		  OFFSET_OUT_LOWER, lower_32_bits(dst));
	PUSH_MTHD(push, NVA0B5, LINE_LENGTH_IN, bytes);
	PUSH_MTHD(push, NVA0B5, LAUNCH_DMA, launch);
}

#define SRC_RAM		NVDEF(NVA0B5, SET_SRC_PHYS_MODE, TARGET, COHERENT_SYSMEM)
#define SRC_VRAM	NVDEF(NVA0B5, SET_SRC_PHYS_MODE, TARGET, LOCAL_FB)
#define DST_RAM		NVDEF(NVA0B5, SET_DST_PHYS_MODE, TARGET, COHERENT_SYSMEM)
#define DST_VRAM	NVDEF(NVA0B5, SET_DST_PHYS_MODE, TARGET, LOCAL_FB)

static void copy_physical(struct svm_copy *copy, u32 dst_mode, u64 dst, u32 src_mode, u64 src,
			  u32 bytes)
{
	struct nvif_push *push = copy_push(copy, COPY_WORDS);

	if (!push)
		return;
	PUSH_IMMD(push, NVA0B5, SET_SRC_PHYS_MODE, src_mode);
	PUSH_IMMD(push, NVA0B5, SET_DST_PHYS_MODE, dst_mode);
	copy_line(push, dst, src, bytes, LAUNCH_COUNTED);
	copy->sum++;
}

/**
 * svm_copy_to_vram() - copy from RAM
 * @copy: channel, in a batch
 * @vram: VRAM address
 * @ram: bus address
 * @bytes: length
 */
void svm_copy_to_vram(struct svm_copy *copy, u64 vram, dma_addr_t ram, u32 bytes)
{
	copy_physical(copy, DST_VRAM, vram, SRC_RAM, ram, bytes);
}

/**
 * svm_copy_to_ram() - copy from VRAM
 * @copy: channel, in a batch
 * @ram: bus address
 * @vram: VRAM address
 * @bytes: length
 */
void svm_copy_to_ram(struct svm_copy *copy, dma_addr_t ram, u64 vram, u32 bytes)
{
	copy_physical(copy, DST_RAM, ram, SRC_VRAM, vram, bytes);
}

/**
 * svm_copy_zero() - fill VRAM with zeros
 * @copy: channel, in a batch
 * @vram: VRAM address
 * @bytes: length, a multiple of 8
 *
 * A line without a source, of elements of two constants of 32 bits; lengths count elements then.
 */
void svm_copy_zero(struct svm_copy *copy, u64 vram, u32 bytes)
{
	struct nvif_push *push = copy_push(copy, COPY_WORDS);

	if (!push)
		return;
	PUSH_IMMD(push, NVA0B5, SET_DST_PHYS_MODE, DST_VRAM);
	PUSH_MTHD(push, NVA0B5, SET_REMAP_CONST_A, 0,
		  SET_REMAP_CONST_B, 0,
		  SET_REMAP_COMPONENTS,
		  NVDEF(NVA0B5, SET_REMAP_COMPONENTS, DST_X, CONST_A) |
		  NVDEF(NVA0B5, SET_REMAP_COMPONENTS, DST_Y, CONST_B) |
		  NVDEF(NVA0B5, SET_REMAP_COMPONENTS, COMPONENT_SIZE, FOUR) |
		  NVDEF(NVA0B5, SET_REMAP_COMPONENTS, NUM_DST_COMPONENTS, TWO));
	PUSH_MTHD(push, NVA0B5, OFFSET_OUT_UPPER, upper_32_bits(vram),
		  OFFSET_OUT_LOWER, lower_32_bits(vram));
	PUSH_MTHD(push, NVA0B5, LINE_LENGTH_IN, bytes / 8);
	PUSH_MTHD(push, NVA0B5, LAUNCH_DMA, LAUNCH_COUNTED |
		  NVDEF(NVA0B5, LAUNCH_DMA, REMAP_ENABLE, TRUE));
	copy->sum++;
}

/**
 * svm_copy_end() - end a batch and start it
 * @copy: channel, in a batch
 *
 * Return: what to wait for, also if something went wrong: svm_copy_wait() will say so.
 */
struct svm_copy_fence svm_copy_end(struct svm_copy *copy)
{
	struct nvif_push *push = copy_push(copy, END_WORDS);
	struct svm_copy_fence fence = {
		.gen = copy->gen, .seq = ++copy->seq, .sum = copy->sum,
	};

	if (push) {
		/* No batch has so many copies: should this one fail too, an old sum is not read. */
		WRITE_ONCE(*(u32 *)(copy->page + SUM(fence.seq)), U32_MAX);
		copy_line(push, copy->vma->addr + SUM(fence.seq), copy->counter->addr, 4, LAUNCH);
		/* Released when the engine has written everything (WFI). */
		PUSH_MTHD(push, NV906F, SEMAPHOREA, upper_32_bits(copy->vma->addr),
			  SEMAPHOREB, lower_32_bits(copy->vma->addr),
			  SEMAPHOREC, copy->seq,
			  SEMAPHORED,
			  NVDEF(NV906F, SEMAPHORED, OPERATION, RELEASE) |
			  NVDEF(NV906F, SEMAPHORED, RELEASE_WFI, EN) |
			  NVDEF(NV906F, SEMAPHORED, RELEASE_SIZE, 4BYTE));
		PUSH_KICK(push);
	}
	mutex_unlock(&copy->lock);
	return fence;
}

/* 1: done; 0: not yet; -EAGAIN: ended, but not everything was copied; -EIO: its channel is gone. */
static int copy_state(struct svm_copy *copy, struct svm_copy_fence fence)
{
	u32 sem = page_word(copy, SEMAPHORE), sum;

	/* What the engine wrote before the semaphore is read after it. */
	rmb();
	sum = page_word(copy, SUM(fence.seq));
	/* With copy_reset(). */
	smp_rmb();
	if (READ_ONCE(copy->gen) != fence.gen)
		return -EIO;
	if ((s32)(sem - fence.seq) < 0)
		return 0;
	/* Also if it was so long ago that the place was used again: then it is not known. */
	return sum == fence.sum ? 1 : -EAGAIN;
}

/* Is there any sense in waiting longer? If not, the channel shall go. */
static bool copy_hopeless(struct svm_copy *copy, struct svm_copy_fence fence, bool late)
{
	bool hopeless = false;
	int state;

	mutex_lock(&copy->lock);
	state = copy_state(copy, fence);
	if (state == 0 || state == -EAGAIN) {
		if (!copy->broken)
			copy->broken = state || late || !copy->chan ||
				       atomic_read(&copy->chan->killed);
		hopeless = copy->broken;
	}
	mutex_unlock(&copy->lock);
	return hopeless;
}

/**
 * svm_copy_wait() - wait for the end of a batch
 * @copy: channel, not in a batch
 * @fence: from svm_copy_end()
 *
 * Return: 0 when everything was copied; -EIO if perhaps not. Then nothing is being written any
 * more.
 */
int svm_copy_wait(struct svm_copy *copy, struct svm_copy_fence fence)
{
	unsigned long now, started = jiffies;
	unsigned int us = 10;
	int state;

	for (;;) {
		state = copy_state(copy, fence);
		if (state == 1)
			return 0;
		if (state == -EIO)
			return -EIO;
		now = jiffies;
		if ((state || now - started > SVM_COPY_PATIENCE) &&
		    copy_hopeless(copy, fence, now - started > SVM_COPY_TIMEOUT)) {
			schedule_work(&copy->reset);
			wait_event(copy->wait, READ_ONCE(copy->gen) != fence.gen);
			return -EIO;
		}
		usleep_range(us, us + us / 2);
		us = min(us + us / 2, SVM_COPY_POLL_US);
	}
}
