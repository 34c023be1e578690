// SPDX-License-Identifier: MIT
/*
 * Replayable faults: from the GPU's fault buffer to mapped pages, a replay, or
 * a cancelled access.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/workqueue.h>

#include <nvif/class.h>
#include <nvif/clb069.h>
#include <nvif/event.h>
#include <nvif/ifc00d.h>
#include <nvif/object.h>

#include <subdev/fault.h>

#include "nouveau_drv.h"

#include "channel.h"
#include "pte.h"
#include "svm.h"
#include "svm_migrate.h"
#include "trace.h"

/**
 * DOC: Life of a fault
 *
 * The GPU writes a packet of 32 bytes into the fault buffer, moves PUT and
 * interrupts. A batch is all that is there then: packets are read and given
 * back to the GPU at once, sorted by space, address and access, and those of
 * one block become one request (svm_block_serve()). After the last block, one
 * write invalidates the TLBs and replays all faults. What could not be served
 * is cancelled before that. When serving takes long (REPLAY_MS), what is done
 * is replayed in between: a channel whose accesses wait cannot leave the GPU.
 *
 * A packet may be older than the replay before it: another one of the same page
 * was served, and the access has gone on. When the program has unmapped the page
 * since, serving the old packet fails, and nobody waits for it. So a fault that
 * cannot be served is replayed like the others, and is cancelled when it comes
 * again (&struct svm_suspect).
 *
 * A cancel reaches the client (a GPC's uTLB) and not the address; it makes the
 * fault fatal, and nvkm then kills the channel as for any fault. So one cancel
 * per channel is enough, and there is at most one per batch: only the context
 * that is on the GPU can be waiting for a replay (nvkm checks that it is still
 * there).
 *
 * A fault for which the CPU's page tables changed too often meanwhile is simply
 * replayed: it comes again.
 */

/* Packet: nvidia, dev_fault.ref (GP100); nouveau, gp100_fault.c and nouveau_svm.c. */
#define PACKET_BYTES		32
#define PACKET_INST		0x00	/* 64 bits: instance block, aperture in 9:8 */
#define PACKET_ADDR		0x08	/* 64 bits */
#define PACKET_INFO		0x1c
#define INFO_VALID		BIT(31)
#define INFO_GPC		GENMASK(28, 24)
#define INFO_HUB		BIT(20)
#define INFO_ACCESS		GENMASK(19, 16)
#define INFO_CLIENT		GENMASK(14, 8)
#define INFO_TYPE		GENMASK(4, 0)

/*
 * How long a packet may be announced by PUT without being valid; the hardware
 * needs nanoseconds.
 */
#define PACKET_TIMEOUT_US	(100 * USEC_PER_MSEC)

/*
 * How long served faults wait for their replay. The host unit ends the channel
 * that is to run next when the one before does not leave the engine for a time:
 * 4.2 s on GK104 (PFIFO.ENG_TIMEOUT in envytools; nouveau does not set it), see
 * gf100_fifo_intr_sched_ctxsw(). But each replay makes what is not served yet
 * fault again.
 */
#define REPLAY_MS		1500

enum fault_type {
	FAULT_PDE		= 0x00,
	FAULT_PDE_SIZE		= 0x01,
	FAULT_PTE		= 0x02,
	FAULT_VA_LIMIT		= 0x03,
	FAULT_UNBOUND_INST	= 0x04,
	FAULT_PRIV		= 0x05,
	FAULT_READ_ONLY		= 0x06,
	FAULT_PITCH_MASK	= 0x08,
	FAULT_APERTURE		= 0x0a,
	FAULT_COMPRESSION	= 0x0b,
	FAULT_KIND		= 0x0c,
	FAULT_REGION		= 0x0d,
	FAULT_POISON		= 0x0e,
	FAULT_ATOMIC		= 0x0f,
};

/**
 * struct svm_fault - a packet
 * @svmm: space, with a reference while the batch lasts; NULL if the channel
 *	mirrors nothing, or is gone
 * @inst: channel instance
 * @addr: address of the page
 * @access: what was wanted
 * @type: &enum fault_type
 * @gpc: GPC
 * @client: client of the GPC
 * @hub: the client is one of the hub's
 * @error: 0, or why it cannot be served
 * @cancel: it could not be before
 */
struct svm_fault {
	struct nouveau_svmm *svmm;
	u64 inst;
	u64 addr;
	enum svm_access access;
	u8 type;
	u8 gpc;
	u8 client;
	u8 hub;
	int error;
	bool cancel;
};

/**
 * struct svm_suspect - an access that could not be served, and was replayed
 * @inst: channel instance
 * @addr: address of the page
 * @access: what was wanted
 * @until: when this is forgotten, in jiffies
 */
struct svm_suspect {
	u64 inst;
	u64 addr;
	enum svm_access access;
	unsigned long until;
};

/* Accesses that wait come again at once. When there are more than these, some have a turn later. */
#define SUSPECTS		32
#define SUSPECT_MS		1000

/**
 * struct svm_fault_buffer - the GPU's fault buffer and its service
 * @svm: mirror of the device
 * @object: fault buffer, mapped
 * @notify: event of its interrupt
 * @wq: where batches are served
 * @work: serves batches until the buffer is empty
 * @entries: packets in the buffer
 * @getaddr: register GET
 * @putaddr: register PUT
 * @get: next packet to read; only we write GET
 * @full: the buffer was full: the GPU may have dropped packets
 * @nr: packets in @fault
 * @fault: the batch; room for @entries
 * @nr_suspects: number of @suspect
 * @suspect: what is cancelled if it comes again
 * @req: scratch
 */
struct svm_fault_buffer {
	struct nouveau_svm *svm;
	struct nvif_object object;
	struct nvif_event notify;
	struct workqueue_struct *wq;
	struct work_struct work;
	u32 entries;
	u32 getaddr;
	u32 putaddr;
	u32 get;
	bool full;
	unsigned int nr;
	struct svm_fault *fault;
	unsigned int nr_suspects;
	struct svm_suspect suspect[SUSPECTS];
	struct svm_request req;
};

static const char *type_name(u8 type)
{
	switch (type) {
	case FAULT_PDE:			return "no page directory";
	case FAULT_PDE_SIZE:		return "page directory size";
	case FAULT_PTE:			return "no page";
	case FAULT_VA_LIMIT:		return "address out of range";
	case FAULT_UNBOUND_INST:	return "unbound instance";
	case FAULT_PRIV:		return "privilege";
	case FAULT_READ_ONLY:		return "read-only page";
	case FAULT_PITCH_MASK:		return "pitch mask";
	case FAULT_APERTURE:		return "aperture";
	case FAULT_COMPRESSION:		return "compression";
	case FAULT_KIND:		return "kind";
	case FAULT_REGION:		return "region";
	case FAULT_POISON:		return "poison";
	case FAULT_ATOMIC:		return "no atomics";
	default:			return "unknown";
	}
}

static const char *access_name(enum svm_access access)
{
	static const char * const names[] = {
		[SVM_PREFETCH]	= "prefetch",
		[SVM_READ]	= "read",
		[SVM_WRITE]	= "write",
		[SVM_ATOMIC]	= "atomic",
	};

	return names[access];
}

/*
 * What a page in the right place mends. The other types stay wrong however
 * often they are replayed.
 */
static bool is_servable(u8 type)
{
	return type == FAULT_PDE || type == FAULT_PTE || type == FAULT_READ_ONLY ||
	       type == FAULT_ATOMIC;
}

/**
 * svm_fault_access() - what a fault wanted
 * @access: the GPU's code for it
 *
 * Return: the access.
 */
enum svm_access svm_fault_access(unsigned int access)
{
	switch (access) {
	case 0:
		return SVM_READ;
	case 2:
		return SVM_ATOMIC;
	case 3:
		return SVM_PREFETCH;
	default:
		return SVM_WRITE;
	}
}

static u64 read_packet(struct svm_fault_buffer *buffer, u32 offset)
{
	return readq((u8 __iomem *)buffer->object.map.ptr + offset);
}

/*
 * The packets are announced in order and become valid in any. Returns 0 if this
 * one does not.
 */
static u32 read_info(struct svm_fault_buffer *buffer, u32 offset)
{
	unsigned int us;
	u32 info;

	for (us = 0; us < PACKET_TIMEOUT_US; us += 10) {
		info = nvif_rd32(&buffer->object, offset + PACKET_INFO);
		if (info & INFO_VALID)
			return info;
		usleep_range(10, 20);
	}
	return 0;
}

static void fetch_one(struct svm_fault_buffer *buffer)
{
	struct svm_fault *fault = &buffer->fault[buffer->nr];
	u32 offset = buffer->get * PACKET_BYTES;
	u32 info = read_info(buffer, offset);

	if (!info) {
		/* Its access waits for a replay, and then faults again. */
		buffer->full = true;
		return;
	}
	fault->inst = read_packet(buffer, offset + PACKET_INST);
	fault->addr = read_packet(buffer, offset + PACKET_ADDR) & PAGE_MASK;
	fault->access = svm_fault_access(FIELD_GET(INFO_ACCESS, info));
	fault->type = FIELD_GET(INFO_TYPE, info);
	fault->gpc = FIELD_GET(INFO_GPC, info);
	fault->client = FIELD_GET(INFO_CLIENT, info);
	fault->hub = FIELD_GET(INFO_HUB, info);
	fault->error = 0;
	nvif_wr32(&buffer->object, offset + PACKET_INFO, info & ~INFO_VALID);
	buffer->nr++;
}

/* Takes all packets that are there, and gives their room back. */
static void fetch(struct svm_fault_buffer *buffer)
{
	struct nvif_object *device = &buffer->svm->drm->client.device.object;
	u32 put = nvif_rd32(device, buffer->putaddr);

	buffer->nr = 0;
	buffer->full = false;
	if (put >= buffer->entries || put == buffer->get)
		return;
	buffer->full = (put + 1) % buffer->entries == buffer->get;
	while (buffer->get != put) {
		fetch_one(buffer);
		buffer->get = (buffer->get + 1) % buffer->entries;
	}
	nvif_wr32(device, buffer->getaddr, buffer->get);
}

static void find_spaces(struct svm_fault_buffer *buffer)
{
	struct svm_fault *fault, *before = NULL;

	for (fault = buffer->fault; fault < buffer->fault + buffer->nr; fault++) {
		if (before && before->inst == fault->inst)
			fault->svmm = before->svmm ? nouveau_svmm_get(before->svmm) : NULL;
		else
			fault->svmm = nouveau_svmm_find(buffer->svm, fault->inst);
		before = fault;
		trace_svm_fault(fault->svmm, fault->addr, fault->access, fault->gpc, fault->client,
				fault->type);
	}
}

static void put_spaces(struct svm_fault_buffer *buffer)
{
	struct svm_fault *fault;

	for (fault = buffer->fault; fault < buffer->fault + buffer->nr; fault++)
		if (fault->svmm)
			nouveau_svmm_put(fault->svmm);
}

/* By space, by address, and what satisfies more first. */
static int compare(const void *a, const void *b)
{
	const struct svm_fault *fa = a, *fb = b;

	if (fa->svmm != fb->svmm)
		return fa->svmm < fb->svmm ? -1 : 1;
	if (fa->addr != fb->addr)
		return fa->addr < fb->addr ? -1 : 1;
	return (int)fb->access - (int)fa->access;
}

static bool same_block(const struct svm_fault *a, const struct svm_fault *b)
{
	return a->svmm == b->svmm && (a->addr & SVM_BLOCK_MASK) == (b->addr & SVM_BLOCK_MASK);
}

static unsigned int page_of(const struct svm_fault *fault)
{
	return (fault->addr & ~SVM_BLOCK_MASK) >> PAGE_SHIFT;
}

static void collect_mapped(struct svm_block *block, unsigned long *mapped)
{
	unsigned int page;

	bitmap_zero(mapped, SVM_BLOCK_PAGES);
	for (page = 0; page < SVM_BLOCK_PAGES; page++)
		if (svm_pte_allows(READ_ONCE(block->pt.pte[page]), SVM_READ))
			__set_bit(page, mapped);
}

/* Is more than half of the block at this address mapped? */
static bool is_dense(struct nouveau_svmm *svmm, unsigned long addr)
{
	struct svm_block *block = svm_block_find(svmm, addr);
	unsigned int mapped;

	if (!block)
		return false;
	mapped = READ_ONCE(block->nr_ram) + READ_ONCE(block->nr_vram);
	svm_block_put(block);
	return mapped > SVM_BLOCK_PAGES / 2;
}

/* Turns the faults of a block into a request. Returns how many asked for nothing new. */
static unsigned int make_request(struct svm_request *req, struct svm_block *block,
				 struct svm_fault *fault, struct svm_fault *end)
{
	DECLARE_BITMAP(mapped, SVM_BLOCK_PAGES);
	DECLARE_BITMAP(asked, SVM_BLOCK_PAGES) = {};
	unsigned int duplicates = 0;
	bool stream;

	bitmap_zero(req->read, SVM_BLOCK_PAGES);
	bitmap_zero(req->write, SVM_BLOCK_PAGES);
	bitmap_zero(req->atomic, SVM_BLOCK_PAGES);
	for (; fault < end; fault++) {
		unsigned int page = page_of(fault);

		if (!is_servable(fault->type)) {
			fault->error = fault->type == FAULT_POISON ? -EHWPOISON : -EFAULT;
			continue;
		}
		duplicates += __test_and_set_bit(page, asked);
		if (fault->access >= SVM_READ)
			__set_bit(page, req->read);
		if (fault->access >= SVM_WRITE)
			__set_bit(page, req->write);
		if (fault->access >= SVM_ATOMIC)
			__set_bit(page, req->atomic);
	}
	collect_mapped(block, mapped);
	stream = is_dense(block->svmm, block->start - SVM_BLOCK_SIZE) ||
		 is_dense(block->svmm, block->start + SVM_BLOCK_SIZE);
	req->region = svm_policy_fault_around(mapped, asked, stream, block->limit);
	req->populate = true;
	return duplicates;
}

static void fail_all(struct svm_fault *fault, struct svm_fault *end, int error)
{
	for (; fault < end; fault++)
		if (fault->access != SVM_PREFETCH || !is_servable(fault->type))
			fault->error = error;
}

/* A new block takes page tables from VRAM. Where that is full of processes' memory, some goes. */
static struct svm_block *get_block(struct svm_fault_buffer *buffer, struct svm_fault *fault)
{
	struct nouveau_drm *drm = buffer->svm->drm;
	struct svm_block *block;
	int ret;

	lockdep_assert_held(&buffer->svm->fault_lock);
	for (;;) {
		block = svm_block_get_or_new(fault->svmm, fault->addr);
		if (PTR_ERR_OR_ZERO(block) != -ENOMEM)
			return block;
		ret = dmem_shrink(drm->dmem);
		if (ret)
			return ret == -EBUSY ? ERR_PTR(ret) : block;
	}
}

/* Faults [fault, end) are of one block of a space whose memory is still there. */
static unsigned int serve_block(struct svm_fault_buffer *buffer, struct svm_fault *fault,
				struct svm_fault *end)
{
	struct svm_request *req = &buffer->req;
	struct svm_block *block;
	unsigned int duplicates;
	int ret;

	block = get_block(buffer, fault);
	if (IS_ERR(block)) {
		/* The replay brings these faults again. */
		if (PTR_ERR(block) != -EBUSY)
			fail_all(fault, end, PTR_ERR(block));
		return 0;
	}
	duplicates = make_request(req, block, fault, end);
	ret = svm_block_serve(block, req);
	if (!ret)
		for (; fault < end; fault++)
			if (fault->access != SVM_PREFETCH && !fault->error &&
			    test_bit(page_of(fault), req->failed))
				fault->error = req->error;
	svm_block_put(block);
	return duplicates;
}

static unsigned int serve_space_block(struct svm_fault_buffer *buffer, struct svm_fault *fault,
				      struct svm_fault *end)
{
	struct nouveau_svmm *svmm = fault->svmm;
	unsigned int duplicates;

	if (!svmm || !mmget_not_zero(svmm->mm)) {
		fail_all(fault, end, svmm ? -ESRCH : -ENODEV);
		return 0;
	}
	duplicates = serve_block(buffer, fault, end);
	/*
	 * The last reference may end the memory, which takes long; nobody waits
	 * for that here.
	 */
	mmput_async(svmm->mm);

	svm_count(svmm, SVM_FAULTS, end - fault);
	svm_count(svmm, SVM_FAULT_DUPLICATES, duplicates);
	return duplicates;
}

static void report(struct svm_fault_buffer *buffer, struct svm_fault *fault)
{
	struct svm_fault_report report = {
		.addr = fault->addr,
		.time_ns = ktime_get_ns(),
		.access = fault->access,
		.reason = fault->type,
		.client = fault->client,
		.gpc = fault->gpc,
		.error = fault->error,
	};

	trace_svm_cancel(fault->svmm, fault->addr, fault->access, fault->gpc, fault->client,
			 fault->type, fault->error);
	dev_info_ratelimited(svm_device(buffer->svm),
			     "svm: cannot serve %s of %#llx by GPC%u client %#x (%s): %pe\n",
			     access_name(fault->access), fault->addr, fault->gpc, fault->client,
			     type_name(fault->type), ERR_PTR(fault->error));
	if (!fault->svmm)
		return;
	nouveau_svmm_report(fault->svmm, &report);
	svm_channel_fault(fault->svmm, fault->inst, &report);
	svm_count(fault->svmm, SVM_CANCELS, 1);
}

static void cancel(struct svm_fault_buffer *buffer, struct svm_fault *fault)
{
	struct gp100_vmm_fault_cancel_v0 args = {
		.hub = fault->hub,
		.gpc = fault->gpc,
		.client = fault->client,
		.inst = fault->inst,
	};
	int ret;

	report(buffer, fault);
	ret = nvif_object_mthd(&buffer->svm->drm->client.vmm.vmm.object, GP100_VMM_VN_FAULT_CANCEL,
			       &args, sizeof(args));
	if (ret)
		dev_err_ratelimited(svm_device(buffer->svm), "svm: channel not ended: %pe\n",
				    ERR_PTR(ret));
}

static bool is_suspect(const struct svm_fault_buffer *buffer, const struct svm_fault *fault)
{
	const struct svm_suspect *s;

	for (s = buffer->suspect; s < buffer->suspect + buffer->nr_suspects; s++)
		if (s->inst == fault->inst && s->addr == fault->addr && s->access == fault->access)
			return true;
	return false;
}

static void suspect(struct svm_fault_buffer *buffer, const struct svm_fault *fault)
{
	if (buffer->nr_suspects == SUSPECTS || is_suspect(buffer, fault))
		return;
	buffer->suspect[buffer->nr_suspects++] = (struct svm_suspect) {
		.inst = fault->inst,
		.addr = fault->addr,
		.access = fault->access,
		.until = jiffies + msecs_to_jiffies(SUSPECT_MS),
	};
}

static bool was_served(const struct svm_fault_buffer *buffer, const struct svm_suspect *s)
{
	const struct svm_fault *fault;

	for (fault = buffer->fault; fault < buffer->fault + buffer->nr; fault++)
		if (!fault->error && fault->inst == s->inst && fault->addr == s->addr)
			return true;
	return false;
}

/* Old ones, and those whose page is there by now. */
static void forget_suspects(struct svm_fault_buffer *buffer)
{
	struct svm_suspect *s = buffer->suspect;

	while (s < buffer->suspect + buffer->nr_suspects) {
		if (time_after(jiffies, s->until) || was_served(buffer, s))
			*s = buffer->suspect[--buffer->nr_suspects];
		else
			s++;
	}
}

/*
 * Cancels one fault of each channel that has failed before. Returns how many
 * faults are left to replay.
 */
static unsigned int cancel_failed(struct svm_fault_buffer *buffer, unsigned int *cancels)
{
	struct svm_fault *fault, *earlier;
	unsigned int left = 0;

	*cancels = 0;
	for (fault = buffer->fault; fault < buffer->fault + buffer->nr; fault++) {
		fault->cancel = fault->error && is_suspect(buffer, fault);
		if (!fault->cancel) {
			left++;
			continue;
		}
		for (earlier = buffer->fault; earlier < fault; earlier++)
			if (earlier->cancel && earlier->inst == fault->inst)
				break;
		if (earlier == fault) {
			cancel(buffer, fault);
			(*cancels)++;
		}
	}
	forget_suspects(buffer);
	for (fault = buffer->fault; fault < buffer->fault + buffer->nr; fault++)
		if (fault->error && !fault->cancel)
			suspect(buffer, fault);
	return left;
}

/* One write: invalidates all TLBs of all spaces, then replays. */
static void replay(struct svm_fault_buffer *buffer)
{
	struct gp100_vmm_fault_replay_vn args = {};
	int ret;

	ret = nvif_object_mthd(&buffer->svm->drm->client.vmm.vmm.object, GP100_VMM_VN_FAULT_REPLAY,
			       &args, sizeof(args));
	if (ret)
		dev_err_ratelimited(svm_device(buffer->svm), "svm: GPU not resumed: %pe\n",
				    ERR_PTR(ret));
	svm_count_device(buffer->svm, SVM_REPLAYS, 1);
}

static bool any_failed(const struct svm_fault *fault, const struct svm_fault *end)
{
	for (; fault < end; fault++)
		if (fault->error)
			return true;
	return false;
}

static void serve_batch(struct svm_fault_buffer *buffer)
{
	unsigned long replay_at = jiffies + msecs_to_jiffies(REPLAY_MS);
	unsigned int duplicates = 0, blocks = 0, cancels;
	u64 begin = ktime_get_ns();
	struct svm_fault *fault = buffer->fault, *end, *last = fault + buffer->nr;
	bool failed = false;

	find_spaces(buffer);
	sort(buffer->fault, buffer->nr, sizeof(*buffer->fault), compare, NULL);
	for (; fault < last; fault = end, blocks++) {
		for (end = fault + 1; end < last && same_block(fault, end); end++)
			;
		duplicates += serve_space_block(buffer, fault, end);
		failed = failed || any_failed(fault, end);
		/* What is to be cancelled has to wait for it. */
		if (!failed && end < last && time_after(jiffies, replay_at)) {
			replay(buffer);
			replay_at = jiffies + msecs_to_jiffies(REPLAY_MS);
		}
	}
	if (cancel_failed(buffer, &cancels) || buffer->full)
		replay(buffer);
	svm_count_device(buffer->svm, SVM_BATCHES, 1);
	trace_svm_batch(buffer->nr, duplicates, blocks, cancels, ktime_get_ns() - begin);
	put_spaces(buffer);
}

static struct nvkm_inth *fault_inth(struct svm_fault_buffer *buffer)
{
	return &nvxx_device(buffer->svm->drm)->fault->subdev.inth;
}

static void fault_work(struct work_struct *work)
{
	struct svm_fault_buffer *buffer = container_of(work, typeof(*buffer), work);

	do {
		mutex_lock(&buffer->svm->fault_lock);
		fetch(buffer);
		if (buffer->nr || buffer->full)
			serve_batch(buffer);
		mutex_unlock(&buffer->svm->fault_lock);
	} while (buffer->nr);
	nvkm_inth_allow(fault_inth(buffer));
}

static int fault_event(struct nvif_event *event, void *argv, u32 argc)
{
	struct svm_fault_buffer *buffer = container_of(event, typeof(*buffer), notify);

	/* It is pending until GET is PUT: until then it would come again and again. */
	nvkm_inth_block(fault_inth(buffer));
	queue_work(buffer->wq, &buffer->work);
	return NVIF_EVENT_KEEP;
}

/**
 * svm_fault_suspend() - serve no more faults
 * @svm: mirror of a device
 */
void svm_fault_suspend(struct nouveau_svm *svm)
{
	disable_work_sync(&svm->fault->work);
	nvif_event_block(&svm->fault->notify);
}

/**
 * svm_fault_resume() - serve faults, beginning with those that wait
 * @svm: mirror of a device
 *
 * Return: 0 or a negative errno.
 */
int svm_fault_resume(struct nouveau_svm *svm)
{
	struct svm_fault_buffer *buffer = svm->fault;
	int ret;

	buffer->get = nvif_rd32(&svm->drm->client.device.object, buffer->getaddr) % buffer->entries;
	ret = nvif_event_allow(&buffer->notify);
	if (ret)
		return ret;
	enable_and_queue_work(buffer->wq, &buffer->work);
	return 0;
}

/**
 * svm_fault_fini() - let go of the fault buffer
 * @svm: mirror of a device
 */
void svm_fault_fini(struct nouveau_svm *svm)
{
	struct svm_fault_buffer *buffer = svm->fault;

	svm_fault_suspend(svm);
	nvif_event_dtor(&buffer->notify);
	destroy_workqueue(buffer->wq);
	nvif_object_dtor(&buffer->object);
	kvfree(buffer->fault);
	kvfree(buffer);
	svm->fault = NULL;
}

/**
 * svm_fault_init() - take the fault buffer and begin to serve
 * @svm: mirror of a device
 *
 * Return: 0 or a negative errno.
 */
int svm_fault_init(struct nouveau_svm *svm)
{
	struct nvif_object *device = &svm->drm->client.device.object;
	struct nvif_clb069_v0 args = {};
	struct svm_fault_buffer *buffer;
	int ret;

	buffer = kvzalloc_obj(*buffer);
	if (!buffer)
		return -ENOMEM;
	buffer->svm = svm;
	INIT_WORK(&buffer->work, fault_work);
	disable_work(&buffer->work);

	ret = nvif_object_ctor(device, "svmFaultBuffer", 0, MAXWELL_FAULT_BUFFER_A, &args,
			       sizeof(args), &buffer->object);
	if (ret)
		goto err_free;
	buffer->entries = args.entries;
	buffer->getaddr = args.get;
	buffer->putaddr = args.put;
	ret = nvif_object_map(&buffer->object, NULL, 0);
	if (ret)
		goto err_object;
	ret = -ENOMEM;
	buffer->fault = kvzalloc_objs(*buffer->fault, buffer->entries);
	if (!buffer->fault)
		goto err_object;
	buffer->wq = alloc_ordered_workqueue("nouveau_svm", WQ_HIGHPRI);
	if (!buffer->wq)
		goto err_fault;
	ret = nvif_event_ctor(&buffer->object, "svmFault", 0, fault_event, true, NULL, 0,
			      &buffer->notify);
	if (ret)
		goto err_wq;

	svm->fault = buffer;
	ret = svm_fault_resume(svm);
	if (ret)
		goto err_event;
	return 0;

err_event:
	svm->fault = NULL;
	nvif_event_dtor(&buffer->notify);
err_wq:
	destroy_workqueue(buffer->wq);
err_fault:
	kvfree(buffer->fault);
err_object:
	nvif_object_dtor(&buffer->object);
err_free:
	kvfree(buffer);
	return ret;
}
