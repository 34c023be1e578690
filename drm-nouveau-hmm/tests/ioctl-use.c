// SPDX-License-Identifier: MIT
/*
 * The ioctls of nouveau_hmm_drm.h do what the header says.
 *
 *	ioctl-use            without a GPU program
 *	ioctl-use faults     a GPU program that goes wrong, and what FAULTS says of it
 */
#include "ioctl.h"

#include <drm/drm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SIZE (8 * MIB)
#define PAGES (SIZE / PAGE)
#define MAPPED DRM_NOUVEAU_HMM_PAGE_MAPPED
#define WRITABLE DRM_NOUVEAU_HMM_PAGE_WRITABLE
#define WHERE DRM_NOUVEAU_HMM_PAGE_WHERE
#define GPU_SIZE DRM_NOUVEAU_HMM_PAGE_SIZE

static int fd;

static void info(const struct drm_nouveau_svm_init *cutout)
{
	hmm_info i = {};

	ok(call(fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &i) == 0, "INFO");
	ok(i.version == DRM_NOUVEAU_HMM_VERSION, "version %u", i.version);
	ok((i.features & 0xf) == 0xf, "features %#llx", (unsigned long long)i.features);
	ok(i.page_sizes == (1ull << 12 | 1ull << 16 | 1ull << 21), "page sizes %#llx",
	   (unsigned long long)i.page_sizes);
	ok(i.vram_size >= 64 * MIB && i.vram_resident < i.vram_size, "VRAM: %llu MiB, %llu KiB resident",
	   (unsigned long long)i.vram_size >> 20, (unsigned long long)i.vram_resident >> 10);
	ok(i.cutout_start == cutout->unmanaged_addr && i.cutout_size == cutout->unmanaged_size,
	   "the cut-out is that of SVM_INIT");
	ok(i.state == (DRM_NOUVEAU_HMM_STATE_MIRRORED | DRM_NOUVEAU_HMM_STATE_OWN), "state %#x", i.state);
	ok(i.faults > 0, "it remembers %u faults", i.faults);
}

static uint64_t vram_resident(void)
{
	hmm_info i = {};

	call(fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &i);
	return i.vram_resident;
}

static void there_and_back(bool huge)
{
	const char *what = huge ? "huge pages" : "small pages";
	uint32_t *p = huge ? map_huge(SIZE) : map_small(SIZE);
	uint64_t before = vram_resident();
	uint8_t map_mask = MAPPED | WRITABLE | (huge ? GPU_SIZE : 0);
	uint8_t mapped = MAPPED | WRITABLE | (huge ? DRM_NOUVEAU_HMM_PAGE_2M : 0);
	hmm_moved m;
	int ret;

	ok(pages_with(fd, p, SIZE, 0xff, 0) == PAGES, "%s: nothing is there before", what);
	pattern(p, SIZE, 1);
	ok(pages_with(fd, p, SIZE, 0xff, DRM_NOUVEAU_HMM_PAGE_RAM) == PAGES, "%s: written: in RAM, not mapped", what);

	ok(move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_VRAM, &m) == 0, "%s: MIGRATE to VRAM", what);
	ok(m.done == SIZE && sum_of(&m) == PAGES && m.moved == PAGES && !m.error,
	   "%s: all are moved: %llu of %lu, %llu busy, %llu without room", what, (unsigned long long)m.moved,
	   PAGES, (unsigned long long)m.busy, (unsigned long long)m.no_memory);
	ok(in_vram(fd, p, SIZE) == PAGES && pages_in_vram(p, SIZE) == PAGES,
	   "%s: RESIDENCY and pagemap say so", what);
	ok(pages_with(fd, p, SIZE, map_mask, mapped) == PAGES, "%s: and mapped for the GPU: %zu", what,
	   pages_with(fd, p, SIZE, map_mask, mapped));
	ok(vram_resident() == before + SIZE, "%s: INFO says so: %llu KiB", what,
	   (unsigned long long)(vram_resident() - before) >> 10);

	ret = move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_VRAM, &m);
	ok(ret == 0 && m.already == PAGES,
	   "%s: again: all there already (%llu)", what, (unsigned long long)m.already);
	ok(wrong(p, 16 * PAGE, 1) == 0 && in_vram(fd, p, SIZE) < PAGES, "%s: the CPU reads 16 pages: some come back", what);
	ret = move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_RAM, &m);
	ok(ret == 0 && sum_of(&m) == PAGES && m.moved + m.already == PAGES && m.moved && m.already,
	   "%s: MIGRATE to RAM: %llu moved, %llu there already", what, (unsigned long long)m.moved,
	   (unsigned long long)m.already);
	ok(in_vram(fd, p, SIZE) == 0, "%s: nothing is in VRAM", what);
	ok(wrong(p, SIZE, 1) == 0, "%s: the data is what it was", what);
	munmap(p, SIZE);
	ok(vram_resident() == before, "%s: VRAM is free again", what);
}

static void untouched(void)
{
	uint32_t *p = map_small(SIZE);
	hmm_moved m;
	size_t bad = 0;

	move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_VRAM, &m);
	ok(m.zeroed == PAGES && m.moved == 0,
	   "untouched memory: zeroed in VRAM: %llu", (unsigned long long)m.zeroed);
	for (size_t i = 0; i < SIZE / 4; i++)
		bad += p[i] != 0;
	ok(bad == 0, "it reads as zero (%zu words do not)", bad);
	munmap(p, SIZE);
}

/* A hole, read-only pages, a file: what cannot be moved is counted. */
static void mixed(void)
{
	char *p = map_small(SIZE), *file;
	size_t q = SIZE / 4;
	hmm_moved m;
	int self = open("/proc/self/exe", O_RDONLY);

	memset(p, 1, SIZE);
	munmap(p + q, q);
	file = mmap(p + 2 * q, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, self, 0);
	ok(file != MAP_FAILED && file[0] == 0x7f, "a file is mapped");
	mprotect(p + 3 * q, q, PROT_READ);
	move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_VRAM, &m);
	ok(m.done == SIZE && sum_of(&m) == PAGES,
	   "a mixed range: %llu moved, %llu busy, %llu unsupported", (unsigned long long)m.moved,
	   (unsigned long long)m.busy, (unsigned long long)m.unsupported);
	ok(m.unsupported == PAGES / 4 + 1, "the hole and the file are not moved");
	ok(in_vram(fd, p, q) == PAGES / 4, "what lies before is");
	ok(in_vram(fd, p + 3 * q, q) == PAGES / 4, "so is what may only be read");
	ok(pages_with(fd, p + 3 * q, q, MAPPED | WRITABLE, MAPPED) == PAGES / 4, "and the GPU may only read it");
	ok(pages_with(fd, p + q, q, 0xff, 0) == PAGES / 4, "nothing is in the hole");
	munmap(p, SIZE);
	close(self);
}

static void all_of_it(void)
{
	hmm_migrate args = { .start = 1ull << 44, .length = 1ull << 45, .target = DRM_NOUVEAU_HMM_TARGET_VRAM };
	double before = now();
	int ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args);

	ok(ret == 0 && args.moved.done == args.length && args.moved.unsupported == args.length / PAGE,
	   "32 TiB with nothing in it: %llu unsupported", (unsigned long long)args.moved.unsupported);
	ok(now() - before < 5, "take no time (%.2f s)", now() - before);
}

static uint32_t new_syncobj(void)
{
	struct drm_syncobj_create create = {};

	ok(call(fd, DRM_IOCTL_SYNCOBJ_CREATE, &create) == 0, "a syncobj");
	return create.handle;
}

static int wait_for(uint32_t handle, double seconds)
{
	struct timespec t;
	struct drm_syncobj_wait w = {
		.handles = U(&handle), .count_handles = 1, .flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
	};

	clock_gettime(CLOCK_MONOTONIC, &t);
	w.timeout_nsec = t.tv_sec * 1000000000ll + t.tv_nsec + (int64_t)(seconds * 1e9);
	return call(fd, DRM_IOCTL_SYNCOBJ_WAIT, &w);
}

static void later(void)
{
	uint32_t *p = map_small(4 * SIZE), handle = new_syncobj();
	hmm_moved *m = map_pages(PAGE);
	hmm_migrate args = {
		.start = U(p), .length = 4 * SIZE, .target = DRM_NOUVEAU_HMM_TARGET_VRAM,
		.flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC, .syncobj = handle, .result = U(m),
	};
	struct drm_syncobj_array signal = { .handles = U(&handle), .count_handles = 1 };

	pattern(p, 4 * SIZE, 2);
	/* An old fence must not count. */
	call(fd, DRM_IOCTL_SYNCOBJ_SIGNAL, &signal);
	ok(call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args) == 0, "MIGRATE, asynchronous");
	ok(wait_for(handle, 20) == 0, "the fence comes");
	ok(m->done == 4 * SIZE && sum_of(m) == 4 * PAGES && m->moved + m->busy == 4 * PAGES && m->moved > 3 * PAGES && !m->error,
	   "and the result: %llu moved, %llu busy, error %d", (unsigned long long)m->moved,
	   (unsigned long long)m->busy, m->error);
	ok(in_vram(fd, p, 4 * SIZE) == m->moved, "which is what RESIDENCY says");

	args.target = DRM_NOUVEAU_HMM_TARGET_RAM;
	args.result = 0;
	ok(call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args) == 0 && wait_for(handle, 20) == 0,
	   "back, without a result");
	ok(in_vram(fd, p, 4 * SIZE) == 0, "nothing is in VRAM");
	ok(wrong(p, 4 * SIZE, 2) == 0, "the data is what it was");

	/* The result and the range may be gone before it comes to them. */
	args.target = DRM_NOUVEAU_HMM_TARGET_VRAM;
	args.result = U(m);
	ok(call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args) == 0, "MIGRATE, asynchronous");
	munmap(m, PAGE);
	munmap(p, 4 * SIZE);
	ok(wait_for(handle, 20) == 0, "the fence comes though the memory is gone");
}

/*
 * The file goes while a migration is on its way: the fence comes all the same, through another
 * file.
 */
static void closed_early(void)
{
	uint32_t *p = map_small(4 * SIZE);
	int other = open_mirror(NULL);
	hmm_moved *m = map_pages(PAGE);
	struct drm_syncobj_create create = {};
	struct drm_syncobj_handle handle = { .fd = -1 };
	hmm_migrate args = {
		.start = U(p), .length = 4 * SIZE, .target = DRM_NOUVEAU_HMM_TARGET_VRAM,
		.flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC, .result = U(m),
	};

	pattern(p, 4 * SIZE, 3);
	call(other, DRM_IOCTL_SYNCOBJ_CREATE, &create);
	handle.handle = args.syncobj = create.handle;
	call(other, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &handle);
	ok(call(fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &handle) == 0, "a syncobj of two files");
	for (int i = 0; i < 8; i++)
		ok(call(other, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args) == 0, "MIGRATE, asynchronous, %d", i);
	close(other);
	ok(wait_for(handle.handle, 5) == 0, "the file is closed, and the fence is there");
	ok((m->error == -ENODEV && m->done < 4 * SIZE) || (!m->error && m->done == 4 * SIZE),
	   "the last one got to %llu MiB (error %d)", (unsigned long long)m->done >> 20, m->error);
	ok(wrong(p, 4 * SIZE, 3) == 0, "the data is what it was");
	munmap(p, 4 * SIZE);
}

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void interrupted(void)
{
	char *p = map_small(8 * SIZE);
	struct sigaction action = { .sa_handler = on_signal };
	struct itimerspec every = { { 0, 2000000 }, { 0, 2000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t timer;
	uint64_t done = 0, moved = 0;
	unsigned int early = 0, nothing = 0;
	int ret = 0;

	pattern((uint32_t *)p, 8 * SIZE, 4);
	sigaction(SIGUSR1, &action, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &every, NULL);
	while (done < 8 * SIZE && (!ret || ret == -EINTR)) {
		hmm_moved m = {};

		ret = move(fd, p + done, 8 * SIZE - done, DRM_NOUVEAU_HMM_TARGET_VRAM, &m);
		nothing += ret == -EINTR;
		if (ret)
			continue;
		early += m.error == -EINTR && m.done < 8 * SIZE - done;
		done += m.done;
		moved += m.moved;
	}
	timer_delete(timer);
	ok(signals && (early || nothing), "signals end MIGRATE early");
	ok(done == 8 * SIZE && moved >= 7 * PAGES, "with %d signals, in %u parts and %u times nothing, all is moved",
	   (int)signals, early + 1, nothing);
	ok(wrong((uint32_t *)p, 8 * SIZE, 4) == 0, "the data is what it was");
	munmap(p, 8 * SIZE);
}

static void bind(void)
{
	uint32_t *p = map_small(SIZE);
	struct drm_nouveau_svm_bind b = {
		.header = (uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM << NOUVEAU_SVM_BIND_TARGET_SHIFT,
		.va_start = U(p) + 100, .va_end = U(p) + SIZE - 100,
	};

	pattern(p, SIZE, 5);
	ok(call(fd, DRM_IOCTL_NOUVEAU_SVM_BIND, &b) == 0, "SVM_BIND, unaligned as upstream allows");
	ok(b.result == PAGES, "it says how many pages have moved: %llu", (unsigned long long)b.result);
	ok(pages_with(fd, p, SIZE, MAPPED | WHERE, MAPPED | DRM_NOUVEAU_HMM_PAGE_VRAM) == PAGES,
	   "they are in VRAM and mapped");
	ok(wrong(p, SIZE, 5) == 0, "the data is what it was");
	munmap(p, SIZE);
}

/* A line "KEY: VALUE" of a file of proc or debugfs, or -1; with a unit, in bytes. */
static long long value(const char *path, const char *key)
{
	char line[256];
	long long v = -1;
	size_t len = strlen(key);
	FILE *f = fopen(path, "r");

	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && (line[len] == ':' || line[len] == ' '))
			v = atoll(line + len + 1) << (strstr(line, " KiB") ? 10 : strstr(line, " MiB") ? 20 : 0);
	if (f)
		fclose(f);
	return v;
}

static void seen(void)
{
	static const char * const dirs[] = { "0", "128", "0000:00:02.0", "0000:00:03.0" };
	uint32_t *p = map_small(SIZE);
	char path[64], file[128] = "";
	long long before, resident;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	before = value(path, "drm-resident-vram");
	pattern(p, SIZE, 6);
	move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_VRAM, NULL);
	resident = value(path, "drm-resident-vram");
	ok(before >= 0 && resident == before + (long long)SIZE, "fdinfo: drm-resident-vram grows by %lld KiB",
	   (resident - before) >> 10);
	ok(value(path, "drm-total-vram") >= resident, "fdinfo: drm-total-vram");
	ok(value(path, "nouveau-hmm-mapped-vram") >= (long long)SIZE, "fdinfo: nouveau-hmm-mapped-vram");
	ok(value(path, "nouveau-hmm-pages-to-vram") >= (long long)PAGES, "fdinfo: nouveau-hmm-pages-to-vram");

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && access(file, R_OK); i++)
		snprintf(file, sizeof(file), "/sys/kernel/debug/dri/%s/hmm/counters", dirs[i]);
	if (access(file, R_OK)) {
		ok(false, "debugfs: hmm/");
	} else {
		ok(value(file, "pages-to-vram") >= (long long)PAGES, "debugfs: counters");
		ok(value(file, "vram-resident") >= (long long)SIZE, "debugfs: vram-resident");
		strcpy(strrchr(file, '/'), "/blocks");
		snprintf(path, sizeof(path), "  %#lx", U(p));
		ok(value(file, path) >= 0, "debugfs: blocks has that of %#lx", U(p));
		strcpy(strrchr(file, '/'), "/spaces");
		ok(value(file, "ioctl-use[") < 0 && !access(file, R_OK), "debugfs: spaces");
	}
	munmap(p, SIZE);
}

static void no_faults(void)
{
	struct drm_nouveau_hmm_fault *f = map_pages(PAGE);
	hmm_faults args = { .faults = U(f), .count = 4 };

	ok(call(fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args) == 0 && args.count == 0 && args.lost == 0,
	   "FAULTS: there were none");
}

/* A GPU program writes where nothing may be written. */
static void faults(void)
{
	struct drm_nouveau_hmm_fault *f = map_pages(PAGE);
	hmm_faults args = { .faults = U(f), .count = 8 };
	char *p = map_small(HUGE);
	double begin = now();
	int ret;

	/* Not unmapped: OpenCL might find the place good for something. */
	mprotect(p + 64 * PAGE, PAGE, PROT_NONE);
	ret = gpu_store((uint32_t *)(p + 64 * PAGE + 16), 1);
	ok(ret != 0, "a store to nothing fails (%d)", ret);
	fd = gpu_fd();
	ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args);
	ok(ret == 0 && args.count == 1,
	   "FAULTS: there is one (%u, %llu lost)", args.count, (unsigned long long)args.lost);
	ok(f->addr == U(p) + 64 * PAGE, "its address: %#llx", (unsigned long long)f->addr);
	ok(f->access == DRM_NOUVEAU_HMM_ACCESS_WRITE, "its access: %u", f->access);
	ok(f->error == -EFAULT, "its error: %d, reason %u, GPC %u, client %u", f->error, f->reason, f->gpc, f->client);
	ok((double)f->time_ns * 1e-9 > begin && (double)f->time_ns * 1e-9 < now(), "its time");
	args.count = 8;
	ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args);
	ok(ret == 0 && args.count == 0, "it is told once");
}

int main(int argc, char **argv)
{
	struct drm_nouveau_svm_init cutout;

	test_start(150);
	if (argc > 1 && !strcmp(argv[1], "faults")) {
		faults();
		test_end();
	}
	fd = open_mirror(&cutout);
	info(&cutout);
	there_and_back(false);
	there_and_back(true);
	untouched();
	mixed();
	all_of_it();
	later();
	closed_early();
	interrupted();
	bind();
	seen();
	no_faults();
	test_end();
}
