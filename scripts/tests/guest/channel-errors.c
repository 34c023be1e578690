// SPDX-License-Identifier: MIT
/*
 * channel-errors.c - runs in the guest: makes mistakes in push buffers, straight through nouveau's
 * ioctls, on the graphics runlist and on a copy engine's. Each must cost its channel, and only that.
 *
 * Prints a line of result for each mistake. Every channel has an address space of its own, with one
 * buffer object in it that is push buffer, data and semaphore.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/nouveau_drm.h>

#define BO_VA		0x100000000ull
#define BO_SIZE		0x10000
#define SEM		0x8000		/* offsets in the buffer object */
#define OTHER_SEM	0x8100
#define DATA		0x9000
#define COPY		0xa000
#define HOLE_VA		0x7700000000ull	/* nothing is mapped there */
#define RELEASED	0x1234

struct chan {
	int fd, id;
	uint32_t *map;
	unsigned int n;			/* words in the push buffer */
};

static int do_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret;
}

/* The two engines that NOUVEAU_CHANNEL_ALLOC knows, as nouveau_abi16.c decodes them. */
static int chan_open(struct chan *c, bool copy)
{
	struct drm_nouveau_vm_init vm = {
		.kernel_managed_addr = 0x8000000000ull, .kernel_managed_size = 0x1000000000ull,
	};
	struct drm_nouveau_channel_alloc chan = {
		.fb_ctxdma_handle = ~0u, .tt_ctxdma_handle = copy ? 0x30 : 0x01,
	};
	struct drm_nouveau_gem_new bo = {
		.info = { .size = BO_SIZE, .domain = NOUVEAU_GEM_DOMAIN_GART | NOUVEAU_GEM_DOMAIN_MAPPABLE |
						     NOUVEAU_GEM_DOMAIN_COHERENT },
		.align = 4096,
	};
	struct drm_nouveau_vm_bind_op op = {
		.op = DRM_NOUVEAU_VM_BIND_OP_MAP, .addr = BO_VA, .range = BO_SIZE,
	};
	struct drm_nouveau_vm_bind bind = { .op_count = 1, .op_ptr = (uintptr_t)&op };

	memset(c, 0, sizeof(*c));
	c->fd = open("/dev/dri/renderD128", O_RDWR);
	if (c->fd < 0 || do_ioctl(c->fd, DRM_IOCTL_NOUVEAU_VM_INIT, &vm) ||
	    do_ioctl(c->fd, DRM_IOCTL_NOUVEAU_CHANNEL_ALLOC, &chan) ||
	    do_ioctl(c->fd, DRM_IOCTL_NOUVEAU_GEM_NEW, &bo))
		return -errno;
	c->id = chan.channel;
	op.handle = bo.info.handle;
	c->map = mmap(NULL, BO_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd,
		      (off_t)bo.info.map_handle);
	if (c->map == MAP_FAILED || do_ioctl(c->fd, DRM_IOCTL_NOUVEAU_VM_BIND, &bind))
		return -errno;
	return 0;
}

static void chan_close(struct chan *c)
{
	if (c->map && c->map != MAP_FAILED)
		munmap(c->map, BO_SIZE);
	close(c->fd);
}

static void push(struct chan *c, uint32_t word)
{
	c->map[c->n++] = word;
}

static void mthd(struct chan *c, unsigned int subc, uint32_t mthd, unsigned int n)
{
	push(c, 1u << 29 | n << 16 | subc << 13 | mthd >> 2);
}

/* Host's SEMAPHORE_A..D: operation 1 acquires, 2 releases. */
static void semaphore(struct chan *c, uint64_t va, uint32_t payload, uint32_t op)
{
	mthd(c, 0, 0x10, 4);
	push(c, (uint32_t)(va >> 32));
	push(c, (uint32_t)va);
	push(c, payload);
	push(c, op | 1u << 24);
}

static void copy_page(struct chan *c, uint64_t from, uint64_t to)
{
	mthd(c, 4, 0x000, 1);
	push(c, 0xc1b5);
	mthd(c, 4, 0x400, 8);
	push(c, (uint32_t)(from >> 32));
	push(c, (uint32_t)from);
	push(c, (uint32_t)(to >> 32));
	push(c, (uint32_t)to);
	push(c, 0);
	push(c, 0);
	push(c, 4096);
	push(c, 1);
	mthd(c, 4, 0x300, 1);
	push(c, 2 | 3 << 7);
}

static int submit(struct chan *c, uint64_t va)
{
	struct drm_nouveau_exec_push p = { .va = va, .va_len = c->n * 4 };
	struct drm_nouveau_exec exec = {
		.channel = (uint32_t)c->id, .push_count = 1, .push_ptr = (uintptr_t)&p,
	};

	return do_ioctl(c->fd, DRM_IOCTL_NOUVEAU_EXEC, &exec);
}

static bool released(struct chan *c, unsigned int ms)
{
	volatile uint32_t *sem = c->map + SEM / 4;

	for (; ms && *sem != RELEASED; ms -= 10)
		usleep(10000);
	return *sem == RELEASED;
}

static void garbage(struct chan *c)
{
	push(c, 0xc0000000);		/* there is no such header */
}

static void bad_method(struct chan *c)
{
	mthd(c, 0, 0x70, 1);		/* a sync point, which only Tegras have */
	push(c, 0);
}

static void bad_semaphore(struct chan *c)
{
	semaphore(c, HOLE_VA, 0, 2);
}

static void bad_copy(struct chan *c)
{
	copy_page(c, HOLE_VA, BO_VA + COPY);
}

static void bad_push(struct chan *c)
{
	push(c, 0);			/* the push buffer itself is not there: see mistake() */
}

static const struct {
	const char *what;
	void (*fn)(struct chan *c);
} mistakes[] = {
	{ "a word that is no method header", garbage },
	{ "a method that host does not have", bad_method },
	{ "a semaphore at a missing page", bad_semaphore },
	{ "a copy from a missing page", bad_copy },
	{ "a push buffer at a missing page", bad_push },
};

static const char *engine(bool copy)
{
	return copy ? "copy engine" : "graphics";
}

static bool mistake(bool copy, unsigned int i)
{
	struct chan c;
	bool ok = false;

	if (!chan_open(&c, copy)) {
		mistakes[i].fn(&c);
		semaphore(&c, BO_VA + SEM, RELEASED, 2);
		ok = !submit(&c, mistakes[i].fn == bad_push ? HOLE_VA : BO_VA) && !released(&c, 500);
	}
	printf("%s - %s: %s ends the channel\n", ok ? "ok" : "not ok", engine(copy), mistakes[i].what);
	chan_close(&c);
	return ok;
}

/* A page copied, a semaphore waited for, one released. */
static bool works(bool copy, const char *when)
{
	struct chan c;
	bool ok = false;
	unsigned int i;

	if (!chan_open(&c, copy)) {
		for (i = 0; i < 1024; i++)
			c.map[DATA / 4 + i] = i * 3;
		copy_page(&c, BO_VA + DATA, BO_VA + COPY);
		semaphore(&c, BO_VA + OTHER_SEM, 7, 1);
		semaphore(&c, BO_VA + SEM, RELEASED, 2);
		ok = !submit(&c, BO_VA) && !released(&c, 100);
		c.map[OTHER_SEM / 4] = 7;
		ok = ok && released(&c, 5000) && !memcmp(c.map + DATA / 4, c.map + COPY / 4, 4096);
	}
	printf("%s - %s: %s, a channel works\n", ok ? "ok" : "not ok", engine(copy), when);
	chan_close(&c);
	return ok;
}

int main(void)
{
	bool ok = true;
	unsigned int copy, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (copy = 0; copy < 2; copy++) {
		ok &= works(copy, "at first");
		for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
			ok &= mistake(copy, i);
			ok &= works(copy, "after that");
		}
	}
	return !ok;
}
