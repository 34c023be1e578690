// SPDX-License-Identifier: MIT
/*
 * For scripts/bench/submit: the same empty job again and again, one ioctl each, in one of three ways:
 *
 *	submit-loop pushbuf N	DRM_NOUVEAU_GEM_PUSHBUF, commands in a buffer object
 *	submit-loop exec N	DRM_NOUVEAU_EXEC, commands in a buffer object that is mapped with VM_BIND
 *	submit-loop channel N	DRM_NOUVEAU_HMM_CHANNEL_SUBMIT, commands in malloc'd memory
 *
 * All on a copy engine. Marks the counters when it begins and when the last job is done. Prints
 * "row WAY ns=... ioctls=...", of all N jobs.
 */
#include "channel.h"

#include <drm/drm.h>
#include <stdio.h>

#define BO_VA 0x100000000ull
#define BO_SIZE 0x10000u

static unsigned long calls;

struct way {
	const char *name;
	void (*open)(void);
	int (*submit)(void);
	bool (*idle)(void);	/* waits */
};

static int gpu, id;
static struct drm_nouveau_gem_new bo;
static struct chan chan;

static void must(int ret, const char *what)
{
	if (ret) {
		ok(false, "%s (%d)", what, ret);
		test_end();
	}
}

/* One method, which does nothing. */
static uint32_t nop_header(void)
{
	return 1u << 29 | 1 << 16 | 0x8 >> 2;
}

/* A copy engine's channel, as nouveau_abi16.c decodes the handles. */
static void open_channel(void)
{
	struct drm_nouveau_channel_alloc args = { .fb_ctxdma_handle = ~0u, .tt_ctxdma_handle = 0x30 };

	must(call(gpu, DRM_IOCTL_NOUVEAU_CHANNEL_ALLOC, &args), "CHANNEL_ALLOC");
	id = args.channel;
}

static void open_buffer(void)
{
	uint32_t *map;

	bo.info.size = BO_SIZE;
	bo.info.domain = NOUVEAU_GEM_DOMAIN_GART | NOUVEAU_GEM_DOMAIN_MAPPABLE | NOUVEAU_GEM_DOMAIN_COHERENT;
	bo.align = 4096;
	must(call(gpu, DRM_IOCTL_NOUVEAU_GEM_NEW, &bo), "GEM_NEW");
	map = mmap(NULL, BO_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, gpu, (off_t)bo.info.map_handle);
	must(map == MAP_FAILED, "mmap");
	map[0] = nop_header();
	map[1] = 0;
}

/* ---- pushbuf ---- */

static void pushbuf_open(void)
{
	gpu = open_file();
	open_channel();
	open_buffer();
}

static int pushbuf_submit(void)
{
	struct drm_nouveau_gem_pushbuf_bo buffer = {
		.handle = bo.info.handle, .read_domains = NOUVEAU_GEM_DOMAIN_GART,
		.valid_domains = NOUVEAU_GEM_DOMAIN_GART, .presumed.valid = 1,
		.presumed.domain = NOUVEAU_GEM_DOMAIN_GART, .presumed.offset = bo.info.offset,
	};
	struct drm_nouveau_gem_pushbuf_push push = { .length = 8 };
	struct drm_nouveau_gem_pushbuf args = {
		.channel = (uint32_t)id, .nr_buffers = 1, .buffers = U(&buffer), .nr_push = 1, .push = U(&push),
	};

	return call(gpu, DRM_IOCTL_NOUVEAU_GEM_PUSHBUF, &args);
}

static bool pushbuf_idle(void)
{
	struct drm_nouveau_gem_cpu_prep args = {
		.handle = bo.info.handle, .flags = NOUVEAU_GEM_CPU_PREP_WRITE,
	};

	return call(gpu, DRM_IOCTL_NOUVEAU_GEM_CPU_PREP, &args) == 0;
}

/* ---- exec ---- */

static void exec_open(void)
{
	struct drm_nouveau_vm_init vm = {
		.kernel_managed_addr = 0x8000000000ull, .kernel_managed_size = 0x1000000000ull,
	};
	struct drm_nouveau_vm_bind_op op = {
		.op = DRM_NOUVEAU_VM_BIND_OP_MAP, .addr = BO_VA, .range = BO_SIZE,
	};
	struct drm_nouveau_vm_bind bind = { .op_count = 1, .op_ptr = U(&op) };

	gpu = open_file();
	must(call(gpu, DRM_IOCTL_NOUVEAU_VM_INIT, &vm), "VM_INIT");
	open_channel();
	open_buffer();
	op.handle = bo.info.handle;
	must(call(gpu, DRM_IOCTL_NOUVEAU_VM_BIND, &bind), "VM_BIND");
}

static int exec(uint32_t syncobj)
{
	struct drm_nouveau_exec_push push = { .va = BO_VA, .va_len = 8 };
	struct drm_nouveau_sync sync = { .handle = syncobj };
	struct drm_nouveau_exec args = {
		.channel = (uint32_t)id, .push_count = 1, .push_ptr = U(&push),
		.sig_count = !!syncobj, .sig_ptr = U(&sync),
	};

	return call(gpu, DRM_IOCTL_NOUVEAU_EXEC, &args);
}

static int exec_submit(void)
{
	return exec(0);
}

/* Behind all others. */
static bool exec_idle(void)
{
	struct drm_syncobj_create create = { 0 };
	struct drm_syncobj_wait wait = { .count_handles = 1, .timeout_nsec = INT64_MAX };

	must(call(gpu, DRM_IOCTL_SYNCOBJ_CREATE, &create), "a syncobj");
	wait.handles = U(&create.handle);
	return exec(create.handle) == 0 && call(gpu, DRM_IOCTL_SYNCOBJ_WAIT, &wait) == 0;
}

/* ---- channel ---- */

/* With room in the ring for more jobs than are ever asked for. */
static void channel_open(void)
{
	struct drm_nouveau_hmm_channel_create args = {
		.ring_entries = DRM_NOUVEAU_HMM_RING_MAX, .engine = DRM_NOUVEAU_HMM_ENGINE_COPY,
	};

	gpu = open_mirror(NULL);
	args.ring = U(map_huge(DRM_NOUVEAU_HMM_RING_MAX * 8));
	must(call(gpu, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &args), "CHANNEL_CREATE");
	chan = (struct chan) { .fd = gpu, .id = args.channel, .push = map_small(PAGE) };
	chan.w = chan.push;
	*chan.w++ = nop_header();
	*chan.w++ = 0;
	add_range(&chan, chan.push, 0, DRM_NOUVEAU_HMM_RANGE_PUSH);
}

static int channel_submit(void)
{
	return submit(&chan);
}

static bool channel_idle(void)
{
	struct drm_nouveau_hmm_channel_status s = wait_over(&chan, 20);

	return !s.stopped && s.done == s.submitted;
}

static const struct way ways[] = {
	{ "pushbuf", pushbuf_open, pushbuf_submit, pushbuf_idle },
	{ "exec", exec_open, exec_submit, exec_idle },
	{ "channel", channel_open, channel_submit, channel_idle },
};

static void run(const struct way *way, unsigned long n)
{
	char name[32];
	double t, end;
	int ret = 0;

	way->open();
	for (unsigned int i = 0; i < 10; i++)
		must(way->submit(), "a job");
	must(!way->idle(), "the first jobs end");

	snprintf(name, sizeof(name), "%s-begin", way->name);
	mark(name);
	t = now();
	for (unsigned long i = 0; i < n; calls++) {
		ret = way->submit();
		if (ret && ret != -EBUSY)
			break;
		i += !ret;
	}
	end = now();
	ok(!ret && way->idle(), "%s: %lu jobs (%d)", way->name, n, ret);
	snprintf(name, sizeof(name), "%s-end", way->name);
	mark(name);
	printf("row %s ns=%.0f ioctls=%lu\n", way->name, (end - t) * 1e9, calls);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	test_start(300);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways) && argc == 3; i++) {
		if (strcmp(argv[1], ways[i].name))
			continue;
		run(&ways[i], strtoul(argv[2], NULL, 0));
		test_end();
	}
	ok(false, "usage: submit-loop pushbuf|exec|channel N");
	test_end();
}
