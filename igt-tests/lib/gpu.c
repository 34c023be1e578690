// SPDX-License-Identifier: MIT
/*
 * gpu.c - see gpu.h.
 *
 * Methods and descriptor: clc06f.h, clc0c0.h, clc0c0qmd.h (NVIDIA open-gpu-doc, classes/). Which
 * methods a channel needs before it can launch, and their order: Mesa's nve4_compute.c.
 */
#include "igt.h"
#include "gpu.h"

#include <errno.h>
#include <drm/drm.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RING_ENTRIES	64u
#define RING_BYTES	(RING_ENTRIES * 8ul)
#define BLOCK		128u		/* threads of a block */
#define WINDOW		(16ul << 20)
#define SUBC_COMPUTE	1u

/* What is where in the low memory. */
#define CODE		0x0000u
#define CODE_STRIDE	0x0100u
#define QMD		0x1000u
#define CONSTANTS	0x1200u
#define CONSTANTS_BYTES	0x0160u
#define JOB_DONE		0x1f00u		/* of a buffer object */
#define PUSH		0x2000u
#define LOW_BYTES	0x3000u

/* Compute methods (clc0c0.h). */
#define SET_OBJECT		0x0000
#define WAIT_FOR_IDLE		0x0110
#define INVALIDATE_SHADER_CACHES 0x021c
#define SET_CWD_REF_COUNTER	0x0248
#define INVALIDATE_SKED_CACHES	0x0298
#define SHARED_MEMORY_WINDOW	0x02a0
#define SEND_PCAS_A		0x02b4
#define SEND_SIGNALING_PCAS_B	0x02bc
#define SPA_VERSION		0x0310
#define LOCAL_MEMORY_WINDOW	0x07b0
#define PROGRAM_REGION		0x1608

/* ---- programs ---- */

/*
 * Code of sm_61: three instructions behind a word that schedules them, here in the way that is
 * always safe. Bank 0 has, from 0x140 on, struct params. All begin with:
 *
 *	S2R R0, SR_CTAID.X
 *	S2R R1, SR_TID.X
 *	XMAD R2, R0, c[0x0][0x8], R1			R0 = thread of the grid
 *	XMAD.MRG R3, R0, c[0x0][0x8].H1, RZ
 *	XMAD.PSL.CBCC R0, R0.H1, R3.H1, R2
 *	ISETP.GE.U32.AND P0, PT, R0, c[0x0][0x154], PT
 *	@P0 EXIT
 *	XMAD R2, R0, c[0x0][0x150], RZ			R4, R5 = p + R0 * stride
 *	XMAD.MRG R3, R0, c[0x0][0x150].H1, RZ
 *	XMAD.PSL.CBCC R2, R0.H1, R3.H1, R2
 *	IADD R4.CC, R2, c[0x0][0x140]
 *	IADD.X R5, RZ, c[0x0][0x144]
 */
#define PROLOGUE \
	0x07fffc3f23e1f91f, 0xf0c8000002570000, 0xf0c8000002170001, 0x4e00008000270002, \
	0x07fffc3fffe1ffff, 0x4f107f8000270003, 0x5b30011800370000, 0x4b6c038005570007, \
	0x07fffc3fffe1ffff, 0xe30000000000000f, 0x4e007f8005470002, 0x4f107f8005470003, \
	0x07fffc3fffe1ffff, 0x5b30011800370002, 0x4c10800005070204, 0x4c1008000517ff05

#define PROLOGUE_WORDS	16
#define CODE_WORDS	(PROLOGUE_WORDS + 12)

_Static_assert(CODE_WORDS * 8 <= CODE_STRIDE && CODE + GPU_OPS * CODE_STRIDE <= QMD,
	       "programs do not overlap");

static const uint64_t code[][CODE_WORDS] = {
	/*
	 *	LDG.E R6, [R4]
	 *	ISCADD R2.CC, R0, c[0x0][0x148], 0x2
	 *	IADD.X R3, RZ, c[0x0][0x14c]
	 *	STG.E [R2], R6
	 *	EXIT
	 */
	[GPU_LOAD] = { PROLOGUE,
		0x07fffc3fffe1f91f, 0xeed4200000070406, 0x4c18810005270002, 0x4c1008000537ff03,
		0x07fffc3fffe1f9ff, 0xeedc200000070206, 0xe30000000007000f, 0x50b0000000070f00,
	},
	/*
	 *	IADD R6, R0, c[0x0][0x158]
	 *	STG.E [R4], R6
	 *	EXIT
	 */
	[GPU_STORE] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c10000005670006, 0xeedc200000070406, 0xe30000000007000f,
	},
	/*
	 *	LDG.E R6, [R4]
	 *	IADD R6, R6, c[0x0][0x158]
	 *	STG.E [R4], R6
	 *	EXIT
	 */
	[GPU_ADD] = { PROLOGUE,
		0x07e7fc3fffe1f91f, 0xeed4200000070406, 0x4c10000005670606, 0xeedc200000070406,
		0x07fffc3fffe1ffff, 0xe30000000007000f, 0x50b0000000070f00, 0x50b0000000070f00,
	},
	/*
	 *	MOV R6, c[0x0][0x158]
	 *	RED.E.ADD [R4], R6
	 *	EXIT
	 */
	[GPU_ATOMIC] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c98078005670006, 0xebf9000000070406, 0xe30000000007000f,
	},
	/*
	 *	MOV R6, c[0x0][0x158]
	 *	RED.E.INC [R4], R6	(or .DEC)
	 *	EXIT
	 */
	[GPU_ATOMIC_INC] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c98078005670006, 0xebf9000001870406, 0xe30000000007000f,
	},
	[GPU_ATOMIC_DEC] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c98078005670006, 0xebf9000002070406, 0xe30000000007000f,
	},
	/*
	 *	IADD R6, R0, c[0x0][0x158]
	 *	RED.E.MIN [R4], R6	(or .MAX, .AND, .OR, .XOR)
	 *	EXIT
	 */
	[GPU_ATOMIC_MIN] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c10000005670006, 0xebf9000000870406, 0xe30000000007000f,
	},
	[GPU_ATOMIC_MAX] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c10000005670006, 0xebf9000001070406, 0xe30000000007000f,
	},
	[GPU_ATOMIC_AND] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c10000005670006, 0xebf9000002870406, 0xe30000000007000f,
	},
	[GPU_ATOMIC_OR] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c10000005670006, 0xebf9000003070406, 0xe30000000007000f,
	},
	[GPU_ATOMIC_XOR] = { PROLOGUE,
		0x07fffc3f3fe1ffff, 0x4c10000005670006, 0xebf9000003870406, 0xe30000000007000f,
	},
	/*
	 *	MOV R6, c[0x0][0x158]
	 *	MOV R7, RZ
	 *	RED.E.ADD.U64 [R4], R6
	 *	EXIT
	 */
	[GPU_ATOMIC_ADD64] = { PROLOGUE,
		0x07e7fc3fffe1ffff, 0x4c98078005670006, 0x5c9807800ff70007, 0xebf9000000270406,
		0x07fffc3fffe1ffff, 0xe30000000007000f, 0x50b0000000070f00, 0x50b0000000070f00,
	},
	/*
	 *	IADD R6, R0, c[0x0][0x158]
	 *	ATOM.E.EXCH R6, [R4], R6
	 *	ISCADD R2.CC, R0, c[0x0][0x148], 0x2
	 *	IADD.X R3, RZ, c[0x0][0x14c]
	 *	STG.E [R2], R6
	 *	EXIT
	 */
	[GPU_ATOMIC_EXCHANGE] = { PROLOGUE,
		0x07fffc3f23e1ffff, 0x4c10000005670006, 0xed81000000670406, 0x4c18810005270002,
		0x07fffc3f3fe1ffff, 0x4c1008000537ff03, 0xeedc200000070206, 0xe30000000007000f,
	},
	/*
	 *	MOV R6, RZ
	 * again:
	 *	IADD R7, R6, c[0x0][0x158]
	 *	ATOM.E.CAS R2, [R4], R6, R7
	 *	ISETP.EQ.U32.AND P0, PT, R2, R6, PT
	 *	@P0 EXIT
	 *	MOV R6, R2
	 *	BRA again
	 */
	[GPU_ATOMIC_CAS] = { PROLOGUE,
		0x07e47c3fffe1ffff, 0x5c9807800ff70006, 0x4c10000005670607, 0xeef1000000670402,
		0x07fffc3fffe1ffff, 0x5b64038000670207, 0xe30000000000000f, 0x5c98078000270006,
		0x07fffc3fffe1ffff, 0xe2400ffffc07000f, 0x50b0000000070f00, 0x50b0000000070f00,
	},
};

#define REGISTERS	8u

/* At 0x140 of bank 0. */
struct params {
	uint64_t p, out;
	uint32_t stride, count, value;
};

/* ---- commands ---- */

struct push {
	uint32_t *begin, *at;
};

static void methods(struct push *p, unsigned int kind, uint32_t method, unsigned int n)
{
	*p->at++ = kind << 29 | n << 16 | SUBC_COMPUTE << 13 | method >> 2;
}

static void put(struct push *p, uint32_t method, uint32_t value)
{
	methods(p, 1, method, 1);
	*p->at++ = value;
}

static void put_address(struct push *p, uint32_t method, uint64_t address)
{
	methods(p, 1, method, 2);
	*p->at++ = (uint32_t)(address >> 32);
	*p->at++ = (uint32_t)address;
}

static struct push begin(struct gpu *gpu)
{
	uint32_t *words = (uint32_t *)(gpu->low + PUSH);

	return (struct push) { words, words };
}

static int submit_own(struct gpu *gpu, const struct push *p)
{
	hmm_range ranges[] = {
		{ U(p->begin), (uint64_t)(p->at - p->begin) * 4, DRM_NOUVEAU_HMM_RANGE_PUSH, 0 },
		/* The front end reads the descriptor, and the scheduler writes to it. */
		{ U(gpu->low), PUSH, DRM_NOUVEAU_HMM_RANGE_WRITE, 0 },
	};
	hmm_sync out = { .handle = gpu->syncobj };
	hmm_submit args = {
		.channel = gpu->channel, .ranges = U(ranges), .nr_ranges = ARRAY_LENGTH(ranges),
		.out = U(&out), .nr_out = 1,
	};
	int ret;

	do {
		ret = call(gpu->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT, &args);
	} while (ret == -EINTR);
	if (!ret)
		gpu->job = args.job;
	return ret;
}

/* As long as the last job has not written its number, it runs, or never will end. */
static volatile uint32_t *fence(const struct gpu *gpu)
{
	return (uint32_t *)(gpu->low + JOB_DONE);
}

/* A release of 4 bytes by the host unit when the engine is idle (clc06f.h). */
static void put_fence(struct gpu *gpu, struct push *p)
{
	*p->at++ = 1u << 29 | 4 << 16 | 0x10 >> 2;
	*p->at++ = (uint32_t)((gpu->at + JOB_DONE) >> 32);
	*p->at++ = (uint32_t)(gpu->at + JOB_DONE);
	*p->at++ = (uint32_t)++gpu->job;
	*p->at++ = 1u << 24 | 2;
}

static int submit_bo(struct gpu *gpu, struct push *p)
{
	struct drm_nouveau_gem_pushbuf_bo bo = {
		.handle = gpu->bo, .valid_domains = NOUVEAU_GEM_DOMAIN_GART,
		.read_domains = NOUVEAU_GEM_DOMAIN_GART, .write_domains = NOUVEAU_GEM_DOMAIN_GART,
		.presumed = { .valid = 1, .domain = NOUVEAU_GEM_DOMAIN_GART, .offset = gpu->at },
	};
	struct drm_nouveau_gem_pushbuf_push push = { .offset = PUSH };
	struct drm_nouveau_gem_pushbuf args = {
		.channel = gpu->channel,
		.nr_buffers = 1,
		.buffers = U(&bo),
		.nr_push = 1,
		.push = U(&push),
	};
	int ret;

	put_fence(gpu, p);
	push.length = (uint64_t)(p->at - p->begin) * 4;
	ret = call(gpu->fd, DRM_IOCTL_NOUVEAU_GEM_PUSHBUF, &args);
	/* The channel was killed, maybe by this job, before nouveau had made its fence. */
	return ret == -ENODEV ? -EIO : ret;
}

static int submit(struct gpu *gpu, struct push *p)
{
	return gpu->own ? submit_own(gpu, p) : submit_bo(gpu, p);
}

/* ---- the descriptor of a launch, layout 2.1 (clc0c0qmd.h) ---- */

static void set(uint32_t *qmd, unsigned int high, unsigned int low, uint32_t value)
{
	for (unsigned int bit = low; bit <= high; bit++) {
		qmd[bit / 32] &= ~(1u << bit % 32);
		qmd[bit / 32] |= (value >> (bit - low) & 1) << bit % 32;
	}
}

static void describe(struct gpu *gpu, const struct gpu_job *job)
{
	uint64_t constants = gpu->at + CONSTANTS;
	uint32_t *qmd = (uint32_t *)(gpu->low + QMD);

	memset(qmd, 0, 256);
	set(qmd, 579, 576, 1);		/* QMD_VERSION */
	set(qmd, 583, 580, 2);		/* QMD_MAJOR_VERSION */
	set(qmd, 378, 378, 1);		/* API_VISIBLE_CALL_LIMIT: NO_CHECK */
	set(qmd, 134, 134, 1);		/* SM_GLOBAL_CACHING_ENABLE */
	set(qmd, 188, 188, 1);		/* INVALIDATE_TEXTURE_DATA_CACHE */
	set(qmd, 189, 189, 1);		/* INVALIDATE_SHADER_DATA_CACHE */
	set(qmd, 191, 191, 1);		/* INVALIDATE_SHADER_CONSTANT_CACHE */
	set(qmd, 366, 366, 1);		/* RELEASE_MEMBAR_TYPE: FE_SYSMEMBAR */
	set(qmd, 369, 368, 1);		/* CWD_MEMBAR_TYPE: L1_SYSMEMBAR */
	set(qmd, 287, 256, CODE + (uint32_t)job->op * CODE_STRIDE);	/* PROGRAM_OFFSET */
	set(qmd, 415, 384, (job->count + BLOCK - 1) / BLOCK);		/* CTA_RASTER_WIDTH */
	set(qmd, 431, 416, 1);		/* CTA_RASTER_HEIGHT */
	set(qmd, 463, 448, 1);		/* CTA_RASTER_DEPTH */
	set(qmd, 607, 592, BLOCK);	/* CTA_THREAD_DIMENSION0 */
	set(qmd, 623, 608, 1);		/* CTA_THREAD_DIMENSION1 */
	set(qmd, 639, 624, 1);		/* CTA_THREAD_DIMENSION2 */
	set(qmd, 991, 984, REGISTERS);	/* REGISTER_COUNT */
	set(qmd, 640, 640, 1);		/* CONSTANT_BUFFER_VALID(0) */
	set(qmd, 1055, 1024, (uint32_t)constants);
	set(qmd, 1072, 1056, (uint32_t)(constants >> 32));
	set(qmd, 1074, 1074, 1);	/* CONSTANT_BUFFER_INVALIDATE(0) */
	set(qmd, 1087, 1075, CONSTANTS_BYTES / 16);
}

static void set_constants(struct gpu *gpu, const struct gpu_job *job, const uint32_t *out)
{
	uint32_t *bank = (uint32_t *)(gpu->low + CONSTANTS);

	memset(bank, 0, CONSTANTS_BYTES);
	bank[0x08 / 4] = BLOCK;
	*(struct params *)&bank[0x140 / 4] = (struct params) {
		.p = U(job->p),
		.out = U(out),
		.stride = job->stride,
		.count = job->count,
		.value = job->value,
	};
}

/* ---- jobs ---- */

/* Room for results that nobody asked for. */
static uint32_t *sink_for(struct gpu *gpu, size_t words)
{
	size_t bytes = (words * 4 + PAGE - 1) & -PAGE;

	if (bytes > gpu->sink_bytes) {
		if (gpu->sink)
			munmap(gpu->sink, gpu->sink_bytes);
		gpu->sink = map_small(bytes);
		gpu->sink_bytes = bytes;
	}
	return gpu->sink;
}

int gpu_submit(struct gpu *gpu, const struct gpu_job *job)
{
	const uint32_t *out = job->out;
	struct push p = begin(gpu);

	if ((job->op == GPU_LOAD || job->op == GPU_ATOMIC_EXCHANGE) && !out)
		out = sink_for(gpu, job->count);
	set_constants(gpu, job, out);
	describe(gpu, job);
	put(&p, INVALIDATE_SKED_CACHES, 0);
	put(&p, INVALIDATE_SHADER_CACHES, 0x1011);	/* instructions, data, constants */
	put(&p, SEND_PCAS_A, (uint32_t)((gpu->at + QMD) >> 8));
	put(&p, SEND_SIGNALING_PCAS_B, 3);		/* invalidate, schedule */
	put(&p, WAIT_FOR_IDLE, 0);
	gpu->push_words = (size_t)(p.at - p.begin);
	return submit(gpu, &p);
}

int gpu_submit_again(struct gpu *gpu)
{
	struct push p = begin(gpu);

	p.at += gpu->push_words;
	/* The old one is signalled by the job before. */
	syncobj_destroy(gpu->fd, gpu->syncobj);
	gpu->syncobj = syncobj_create(gpu->fd);
	return submit_own(gpu, &p);
}

static int wait_own(struct gpu *gpu, double seconds)
{
	int ret = syncobj_wait(gpu->fd, gpu->syncobj, 0, seconds);

	if (ret)
		return ret;
	return gpu_status(gpu).stopped ? -EIO : 0;
}

/* The kernel's fence comes too when the channel was killed, and the job's does not. */
static int wait_bo(struct gpu *gpu, double seconds)
{
	struct drm_nouveau_gem_cpu_prep args = {
		.handle = gpu->bo,
		.flags = NOUVEAU_GEM_CPU_PREP_WRITE | NOUVEAU_GEM_CPU_PREP_NOWAIT,
	};
	double until = deadline(seconds);
	int ret;

	do {
		ret = call(gpu->fd, DRM_IOCTL_NOUVEAU_GEM_CPU_PREP, &args);
	} while (ret == -EBUSY && now() < until && !usleep(200));
	if (ret)
		return ret == -EBUSY ? -ETIME : ret;
	return *fence(gpu) == (uint32_t)gpu->job ? 0 : -EIO;
}

int gpu_wait(struct gpu *gpu, double seconds)
{
	int ret = gpu->own ? wait_own(gpu, seconds) : wait_bo(gpu, seconds);

	gpu->lost |= ret != 0;
	return ret;
}

int gpu_run(struct gpu *gpu, const struct gpu_job *job)
{
	int ret = gpu_submit(gpu, job);

	return ret ? ret : gpu_wait(gpu, 30);
}

hmm_status gpu_status(const struct gpu *gpu)
{
	hmm_status status = { .channel = gpu->channel };

	igt_assert_eq(call(gpu->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS, &status), 0);
	return status;
}

int gpu_read(struct gpu *gpu, const volatile uint32_t *p, size_t words, uint32_t *out)
{
	struct gpu_job job = {
		.op = GPU_LOAD, .p = p, .stride = 4, .count = (uint32_t)words, .out = out,
	};

	return gpu_run(gpu, &job);
}

int gpu_fill(struct gpu *gpu, volatile uint32_t *p, size_t words, uint32_t value)
{
	struct gpu_job job = {
		.op = GPU_STORE, .p = p, .stride = 4, .count = (uint32_t)words, .value = value,
	};

	return gpu_run(gpu, &job);
}

int gpu_add(struct gpu *gpu, volatile uint32_t *p, size_t words, uint32_t value)
{
	struct gpu_job job = {
		.op = GPU_ADD, .p = p, .stride = 4, .count = (uint32_t)words, .value = value,
	};

	return gpu_run(gpu, &job);
}

void gpu_changes(struct gpu *gpu, volatile uint32_t *p, size_t words)
{
	igt_assert_eq(gpu_add(gpu, p, words, 0x01020304), 0);
	for (size_t i = 0; i < words; i++)
		p[i] -= 0x01020304;
}

int gpu_touch(struct gpu *gpu, const volatile void *p, size_t bytes, enum gpu_op op)
{
	struct gpu_job job = {
		.op = op, .p = p, .stride = PAGE, .count = (uint32_t)(bytes / PAGE),
	};

	return gpu_run(gpu, &job);
}

/* ---- life ---- */

/* What the engine has to know before the first launch. */
static int init_engine(struct gpu *gpu, uint64_t windows)
{
	struct push p = begin(gpu);

	put(&p, SET_OBJECT, gpu->oclass);
	put_address(&p, SHARED_MEMORY_WINDOW, windows);
	put_address(&p, LOCAL_MEMORY_WINDOW, windows + WINDOW);
	put_address(&p, PROGRAM_REGION, gpu->at + CODE);
	put(&p, SPA_VERSION, 0x400);
	methods(&p, 3, SET_CWD_REF_COUNTER, 64);
	for (unsigned int i = 64; i-- > 0;)
		*p.at++ = 0x38000 | i;
	put(&p, WAIT_FOR_IDLE, 0);
	return submit(gpu, &p);
}

static void open_own(struct gpu *gpu)
{
	hmm_create args = {
		.ring_entries = RING_ENTRIES, .engine = DRM_NOUVEAU_HMM_ENGINE_COMPUTE,
	};

	gpu->ring = map_small(PAGE);
	gpu->low = map_low(LOW_BYTES, PROT_READ | PROT_WRITE);
	gpu->at = U(gpu->low);
	/* A fork would have to wait for the jobs that read them. */
	madvise(gpu->ring, PAGE, MADV_DONTFORK);
	madvise(gpu->low, LOW_BYTES, MADV_DONTFORK);
	args.ring = U(gpu->ring);
	igt_assert_eq(call(gpu->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &args), 0);
	gpu->channel = args.channel;
	gpu->oclass = args.oclass;
	gpu->syncobj = syncobj_create(gpu->fd);
}

/* Of the kernel's nouveau_abi16.h; nouveau_drm.h has it no more. */
struct grobj_alloc {
	int32_t channel;
	uint32_t handle;
	int32_t oclass;
};

#define DRM_IOCTL_NOUVEAU_GROBJ_ALLOC DRM_IOW(DRM_COMMAND_BASE + 0x04, struct grobj_alloc)

/* The engine's context comes with the first object of it: Pascal's compute class, B or A. */
static uint32_t open_object(struct gpu *gpu)
{
	static const int32_t classes[] = { 0xc1c0, 0xc0c0 };

	for (size_t i = 0; i < ARRAY_LENGTH(classes); i++) {
		struct grobj_alloc args = { (int32_t)gpu->channel, 0xbeef0001, classes[i] };

		if (!call(gpu->fd, DRM_IOCTL_NOUVEAU_GROBJ_ALLOC, &args))
			return (uint32_t)classes[i];
	}
	igt_assert_f(false, "no compute class\n");
	return 0;
}

static void open_bo(struct gpu *gpu)
{
	struct drm_nouveau_channel_alloc channel = {
		.fb_ctxdma_handle = ~0u, .tt_ctxdma_handle = NOUVEAU_FIFO_ENGINE_GR,
	};
	struct drm_nouveau_gem_new bo = {
		.info = {
			.size = LOW_BYTES,
			.domain = NOUVEAU_GEM_DOMAIN_GART | NOUVEAU_GEM_DOMAIN_MAPPABLE |
				  NOUVEAU_GEM_DOMAIN_COHERENT,
		},
		.align = PAGE,
	};

	igt_assert_eq(call(gpu->fd, DRM_IOCTL_NOUVEAU_CHANNEL_ALLOC, &channel), 0);
	gpu->channel = (uint32_t)channel.channel;
	gpu->oclass = open_object(gpu);
	igt_assert_eq(call(gpu->fd, DRM_IOCTL_NOUVEAU_GEM_NEW, &bo), 0);
	gpu->bo = bo.info.handle;
	gpu->at = bo.info.offset;
	gpu->low = mmap(NULL, LOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, gpu->fd,
			(off_t)bo.info.map_handle);
	igt_assert(gpu->low != MAP_FAILED);
}

void gpu_open(struct gpu *gpu, const struct mirror *mirror)
{
	*gpu = (struct gpu) { .fd = mirror->fd, .cutout = mirror->cutout, .own = mirror->own };
	if (gpu->own)
		open_own(gpu);
	else
		open_bo(gpu);
	for (size_t op = 0; op < ARRAY_LENGTH(code); op++)
		memcpy(gpu->low + CODE + op * CODE_STRIDE, code[op], sizeof(code[op]));
	/* In the cut-out they hide nothing of the process's; buffer objects begin at its start. */
	igt_assert_eq(init_engine(gpu, (mirror->cutout + CUTOUT / 2) & -WINDOW), 0);
	igt_assert_eq(gpu_wait(gpu, 10), 0);
}

static void close_bo(struct gpu *gpu)
{
	struct drm_nouveau_channel_free channel = { .channel = (int32_t)gpu->channel };
	struct drm_gem_close bo = { .handle = gpu->bo };

	call(gpu->fd, DRM_IOCTL_NOUVEAU_CHANNEL_FREE, &channel);
	call(gpu->fd, DRM_IOCTL_GEM_CLOSE, &bo);
}

void gpu_close(struct gpu *gpu)
{
	hmm_destroy args = { .channel = gpu->channel };

	if (gpu->own) {
		igt_assert_eq(call(gpu->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, &args), 0);
		syncobj_destroy(gpu->fd, gpu->syncobj);
		munmap(gpu->ring, PAGE);
	} else {
		close_bo(gpu);
	}
	munmap(gpu->low, LOW_BYTES);
	if (gpu->sink)
		munmap(gpu->sink, gpu->sink_bytes);
}

struct gpu *gpu(void)
{
	static struct mirror mirror;
	static struct gpu own;
	static bool is_open;

	if (is_open && own.lost) {
		mirror_close(&mirror);
		is_open = false;
	}
	if (!is_open) {
		mirror_open(&mirror);
		gpu_open(&own, &mirror);
		is_open = true;
	}
	return &own;
}
