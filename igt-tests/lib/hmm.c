// SPDX-License-Identifier: MIT
/* hmm.c - see hmm.h. */
#include "igt.h"
#include "hmm.h"

#include <drm/drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LOW_START (1ul << 32)
#define LOW_END (1ul << 40)

/* linux/swap.h: what a pagemap entry that is not present says about where the page is. */
#define PM_SWAP (1ull << 62)
#define SWP_TYPE(entry) ((entry) & 31)
#define SWP_DEVICE_WRITE 28
#define SWP_DEVICE_READ 29
#define SWP_DEVICE_EXCLUSIVE 30

/* ---- the device ---- */

int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static bool is_pascal_nouveau(int fd)
{
	char name[16] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };
	struct drm_nouveau_getparam chipset = { .param = NOUVEAU_GETPARAM_CHIPSET_ID };

	return !call(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, "nouveau") &&
	       !call(fd, DRM_IOCTL_NOUVEAU_GETPARAM, &chipset) &&
	       chipset.value >= 0x130 && chipset.value < 0x140;
}

int device_open_nth(unsigned int nth)
{
	char path[32];

	for (unsigned int minor = 128; minor < 192; minor++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/renderD%u", minor);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && is_pascal_nouveau(fd) && !nth--)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

int device_open(void)
{
	int fd = device_open_nth(0);

	igt_require_f(fd >= 0, "no render node of nouveau on a Pascal GPU\n");
	return fd;
}

int device_open_hmm(void)
{
	hmm_info info = { 0 };
	int fd = device_open();

	igt_require_f(call(fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info) == 0,
		      "not drm-nouveau-hmm's driver\n");
	return fd;
}

void mirror_open(struct mirror *m)
{
	mirror_open_on(m, device_open());
}

void mirror_open_on(struct mirror *m, int fd)
{
	struct drm_nouveau_svm_init init = { .unmanaged_size = CUTOUT };
	hmm_info info = { 0 };
	int ret;

	m->fd = fd;
	init.unmanaged_addr = m->cutout = U(map_low(CUTOUT, PROT_NONE));
	ret = call(m->fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &init);
	if (ret)
		mirror_close(m);
	igt_require_f(ret != -ENOSYS, "a nouveau without SVM\n");
	igt_assert_eq(ret, 0);
	m->own = !call(m->fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info);
}

void mirror_close(struct mirror *m)
{
	close(m->fd);
	munmap((void *)m->cutout, CUTOUT);
	m->fd = -1;
}

/* ---- pages ---- */

int migrate_once(int fd, const void *p, size_t bytes, uint32_t target, hmm_moved *moved)
{
	hmm_migrate args = { .start = U(p), .length = bytes, .target = target };
	int ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args);

	if (moved)
		*moved = args.moved;
	return ret;
}

void drain_lists(void)
{
	write_file("/proc/sys/vm/drop_caches", "1");
}

int migrate(int fd, const void *p, size_t bytes, uint32_t target, hmm_moved *moved)
{
	double until = deadline(1);
	hmm_moved all, m;
	int ret = migrate_once(fd, p, bytes, target, &all);

	while (!ret && all.busy && now() < until) {
		usleep(2000);
		drain_lists();
		ret = migrate_once(fd, p, bytes, target, &m);
		/* What has moved is there already. */
		m.moved += all.moved;
		m.zeroed += all.zeroed;
		m.already = all.already;
		all = m;
	}
	if (moved)
		*moved = all;
	return ret;
}

int bind_to_vram(int fd, const void *p, size_t bytes)
{
	const uint64_t command = NOUVEAU_SVM_BIND_COMMAND__MIGRATE;
	const uint64_t target = NOUVEAU_SVM_BIND_TARGET__GPU_VRAM;
	struct drm_nouveau_svm_bind bind = {
		.header = command << NOUVEAU_SVM_BIND_COMMAND_SHIFT |
			  target << NOUVEAU_SVM_BIND_TARGET_SHIFT,
		.va_start = U(p),
		.va_end = U(p) + bytes,
		.npages = bytes / PAGE,
	};

	return call(fd, DRM_IOCTL_NOUVEAU_SVM_BIND, &bind);
}

int residency(int fd, const void *p, size_t bytes, uint8_t *pages)
{
	hmm_residency args = { .start = U(p), .length = bytes, .pages = U(pages) };

	return call(fd, DRM_IOCTL_NOUVEAU_HMM_RESIDENCY, &args);
}

size_t pages_with(int fd, const void *p, size_t bytes, uint8_t mask, uint8_t bits)
{
	uint8_t *pages = calloc(bytes / PAGE, 1);
	size_t n = 0;

	igt_assert(pages);
	igt_assert_eq(residency(fd, p, bytes, pages), 0);
	for (size_t i = 0; i < bytes / PAGE; i++)
		n += (pages[i] & mask) == bits;
	free(pages);
	return n;
}

size_t in_vram(int fd, const void *p, size_t bytes)
{
	return pages_with(fd, p, bytes, DRM_NOUVEAU_HMM_PAGE_WHERE, DRM_NOUVEAU_HMM_PAGE_VRAM);
}

static bool any_swap(uint64_t entry)
{
	return entry & PM_SWAP;
}

static bool device_private(uint64_t entry)
{
	return (entry & PM_SWAP) &&
	       (SWP_TYPE(entry) == SWP_DEVICE_WRITE || SWP_TYPE(entry) == SWP_DEVICE_READ);
}

static bool device_exclusive(uint64_t entry)
{
	return (entry & PM_SWAP) && SWP_TYPE(entry) == SWP_DEVICE_EXCLUSIVE;
}

static size_t count_pagemap(const void *p, size_t bytes, bool (*is)(uint64_t entry))
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;
	size_t n = 0;

	for (size_t i = U(p) / PAGE; i < (U(p) + bytes) / PAGE; i++)
		n += pread(fd, &entry, 8, (off_t)i * 8) == 8 && is(entry);
	close(fd);
	return n;
}

size_t device_pages(const void *p, size_t bytes)
{
	return count_pagemap(p, bytes, device_private);
}

size_t exclusive_pages(const void *p, size_t bytes)
{
	return count_pagemap(p, bytes, device_exclusive);
}

size_t swapped_out(const void *p, size_t bytes)
{
	return count_pagemap(p, bytes, any_swap);
}

uint64_t moved_sum(const hmm_moved *m)
{
	return m->moved + m->zeroed + m->already + m->busy + m->unsupported + m->no_memory +
	       m->failed;
}

uint64_t vram_resident(int fd)
{
	hmm_info info = { 0 };

	igt_assert_eq(call(fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info), 0);
	return info.vram_resident;
}

uint64_t vram_to_fill(int fd)
{
	hmm_info info = { 0 };

	igt_assert_eq(call(fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &info), 0);
	igt_require_f(info.vram_size <= 1024 * MIB, "%llu MiB of VRAM are too many for this test\n",
		      (unsigned long long)info.vram_size / MIB);
	return info.vram_size;
}

void vram_settles(int fd)
{
	double until = deadline(0.2);

	for (uint64_t n = vram_resident(fd), before; n && now() < until; usleep(10000)) {
		before = n;
		n = vram_resident(fd);
		if (n != before)
			until = deadline(0.2);
	}
}

void assert_vram_free(int fd, uint64_t before)
{
	double until = deadline(20);

	while (vram_resident(fd) > before && now() < until)
		usleep(10000);
	igt_assert_lte_u64(vram_resident(fd), before);
}

/* ---- memory ---- */

/* With nothing on both sides, so that no neighbour becomes part of the mapping. */
static void *map_aligned(size_t bytes, int advice)
{
	char *p = mmap(NULL, bytes + 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	char *at = (char *)((U(p) + HUGE) & ~(HUGE - 1)), *end = at + ((bytes + PAGE - 1) & -PAGE);

	igt_assert_f(p != MAP_FAILED, "mmap of %zu bytes: %s\n", bytes, strerror(errno));
	munmap(p, (size_t)(at - p));
	munmap(end, (size_t)(p + bytes + 2 * HUGE - end));
	madvise(at, bytes, advice);
	return at;
}

void *map_small(size_t bytes)
{
	return map_aligned(bytes, MADV_NOHUGEPAGE);
}

void *map_huge(size_t bytes)
{
	return map_aligned(bytes, MADV_HUGEPAGE);
}

void *map_low(size_t bytes, int prot)
{
	for (uintptr_t at = LOW_START; at + bytes < LOW_END; at += 16 * HUGE) {
		void *p = mmap((void *)at, bytes, prot,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
			       -1, 0);

		if (p == (void *)at)
			return p;
	}
	igt_assert_f(false, "no room for %zu bytes below 2^40\n", bytes);
	return NULL;
}

static uint32_t word(size_t i, uint32_t seed)
{
	return ((uint32_t)i + seed) * 2654435761u;	/* Knuth's multiplicative hash */
}

void pattern(uint32_t *p, size_t bytes, uint32_t seed)
{
	for (size_t i = 0; i < bytes / 4; i++)
		p[i] = word(i, seed);
}

size_t wrong(const uint32_t *p, size_t bytes, uint32_t seed)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes / 4; i++) {
		uint32_t got = p[i];

		if (got == word(i, seed))
			continue;
		if (!n++)	/* whose word is it? (the factor's inverse) */
			igt_info("page %zu, word %zu has %08x, which is word %d of this pattern\n",
				 i / 1024, i, got, (int)(got * 244002641u - seed));
	}
	return n;
}

/* ---- the rest ---- */

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int shift_of(const char *line)
{
	if (strstr(line, " MiB"))
		return 20;
	return strstr(line, " KiB") ? 10 : 0;
}

long long value_in(const char *path, const char *key)
{
	FILE *f = fopen(path, "r");
	size_t len = strlen(key);
	long long v = -1;
	char line[256];

	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && (line[len] == ':' || line[len] == ' '))
			v = atoll(line + len + 1) << shift_of(line);
	if (f)
		fclose(f);
	return v;
}

bool swap_on(void)
{
	return value_in("/proc/meminfo", "SwapTotal") > 0 ||
	       !system("modprobe zram && echo 128M >/sys/block/zram0/disksize && "
		       "mkswap /dev/zram0 >/dev/null && swapon /dev/zram0");
}

void swap_out(void *p, size_t bytes)
{
	igt_require_f(swap_on(), "no swap can be made here\n");
	for (int i = 0; i < 5 && swapped_out(p, bytes) < bytes / PAGE; i++) {
		drain_lists();
		igt_assert_eq(madvise(p, bytes, MADV_PAGEOUT), 0);
	}
	igt_assert_lt_u64(0, swapped_out(p, bytes));
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double slowness(void)
{
	const char *slow = getenv("NOUVEAU_HMM_SLOW");

	return slow ? atof(slow) : 1;
}

double deadline(double seconds)
{
	return now() + seconds * slowness();
}

uint32_t syncobj_create(int fd)
{
	struct drm_syncobj_create args = { 0 };

	igt_assert_eq(call(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args), 0);
	return args.handle;
}

void syncobj_destroy(int fd, uint32_t handle)
{
	struct drm_syncobj_destroy args = { .handle = handle };

	call(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &args);
}

int syncobj_signal(int fd, uint32_t handle, uint64_t point)
{
	struct drm_syncobj_timeline_array args = {
		.handles = U(&handle), .points = U(&point), .count_handles = 1,
	};

	return call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &args);
}

int syncobj_wait(int fd, uint32_t handle, uint64_t point, double seconds)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = U(&handle), .points = U(&point), .count_handles = 1,
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
		.timeout_nsec = (int64_t)(deadline(seconds) * 1e9),
	};

	return call(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

uint32_t syncobj_share(int fd, uint32_t handle, int other)
{
	struct drm_syncobj_handle args = { .handle = handle };

	igt_assert_eq(call(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args), 0);
	igt_assert_eq(call(other, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args), 0);
	close(args.fd);
	return args.handle;
}

int syncobj_status(int fd, uint32_t handle)
{
	struct drm_syncobj_handle args = {
		.handle = handle, .flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	struct sync_file_info info = { 0 };

	igt_assert_eq(call(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args), 0);
	igt_assert_eq(ioctl(args.fd, SYNC_IOC_FILE_INFO, &info), 0);
	close(args.fd);
	return info.status;
}
