// SPDX-License-Identifier: MIT
/*
 * Memory that is short, memory that is none (device mappings), memory that goes in the very moment
 * in which the GPU uses it; and what it costs to move memory.
 */
#include "igt.h"
#include "lib/copy.h"
#include "lib/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION("Memory that is short, that is none, or that goes while the GPU uses it.");

/* ---- device mappings: a buffer object, as the CPU sees it ---- */

static char *map_buffer(size_t bytes, void *at)
{
	struct drm_nouveau_gem_new bo = {
		.info = {
			.size = bytes,
			.domain = NOUVEAU_GEM_DOMAIN_GART | NOUVEAU_GEM_DOMAIN_MAPPABLE |
				  NOUVEAU_GEM_DOMAIN_COHERENT,
		},
		.align = PAGE,
	};
	char *p;

	igt_assert_eq(call(gpu()->fd, DRM_IOCTL_NOUVEAU_GEM_NEW, &bo), 0);
	p = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (at ? MAP_FIXED : 0), gpu()->fd,
		 (off_t)bo.info.map_handle);
	igt_assert(p != MAP_FAILED);
	memset(p, 0x33, bytes);
	return p;
}

static const struct {
	const char *name;
	enum gpu_op op;
	uint8_t access;
} accesses[] = {
	{ "read", GPU_LOAD, DRM_NOUVEAU_HMM_ACCESS_READ },
	{ "write", GPU_STORE, DRM_NOUVEAU_HMM_ACCESS_WRITE },
	{ "atomic", GPU_ATOMIC, DRM_NOUVEAU_HMM_ACCESS_ATOMIC },
};

/* It is the device's and not the process's: not mirrored at the process's address. */
static void device_mapping(size_t access)
{
	char *p = map_buffer(16 * PAGE, NULL);
	struct gpu_job job = {
		.op = accesses[access].op, .p = p + 3 * PAGE, .stride = 4, .count = 1, .value = 1,
	};
	struct mirror m;
	struct gpu g;
	hmm_status s;

	igt_emit_ignore_dmesg_regex(NOISE);
	mirror_open(&m);
	gpu_open(&g, &m);
	igt_assert_eq(gpu_run(&g, &job), -EIO);
	s = gpu_status(&g);
	igt_assert_eq_u32(s.stopped, DRM_NOUVEAU_HMM_CHANNEL_FAULT);
	igt_assert_eq_u64(s.addr, U(p + 3 * PAGE));
	igt_assert_eq_u32(s.access, accesses[access].access);
	igt_assert_eq(s.error, -EFAULT);
	for (size_t i = 0; i < 16 * PAGE; i++)
		igt_assert_eq(p[i], 0x33);
	mirror_close(&m);
	munmap(p, 16 * PAGE);
}

/*
 * Eight pages each of anonymous memory, a buffer object, nothing, read-only and shared memory, and
 * anonymous memory again; all of it in one run of 64 pages.
 */
enum { PART = 8 };

static char *map_mixed(void)
{
	const int fixed = MAP_FIXED | MAP_ANONYMOUS;
	char *p = map_small(64 * PAGE), *q = p + PART * PAGE;

	for (size_t i = 0; i < 64 * PAGE / 4; i++)
		((uint32_t *)p)[i] = (uint32_t)i;
	map_buffer(PART * PAGE, q);
	munmap(q += PART * PAGE, PART * PAGE);
	igt_assert_eq(mprotect(q += PART * PAGE, PART * PAGE, PROT_READ), 0);
	q += PART * PAGE;
	igt_assert(mmap(q, PART * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | fixed, -1, 0) == q);
	memset(q, 0x44, PART * PAGE);
	return p;
}

static void part_has(char *p, size_t first, size_t pages)
{
	for (size_t i = first * 1024; i < (first + pages) * 1024; i++)
		igt_assert_eq_u32(((uint32_t *)p)[i], (uint32_t)i);
}

/* What can be moved is, what cannot is counted, and everybody agrees on where each page is. */
static void mixed_migrate(void)
{
	char *p = map_mixed();
	uint8_t pages[64];
	hmm_moved m;

	igt_assert_eq(migrate(gpu()->fd, p, 64 * PAGE, VRAM, &m), 0);
	igt_assert_eq_u64(m.done, 64 * PAGE);
	igt_assert_eq_u64(m.moved, 64 - 3 * PART);
	igt_assert_eq_u64(m.unsupported, 3 * PART);
	igt_assert_eq_u64(moved_sum(&m), 64);
	igt_assert_eq(residency(gpu()->fd, p, 64 * PAGE, pages), 0);
	for (size_t i = 0; i < 64; i++) {
		uint32_t where = pages[i] & DRM_NOUVEAU_HMM_PAGE_WHERE;

		if (i / PART == 1 || i / PART == 2)
			igt_assert_eq_u32(where, DRM_NOUVEAU_HMM_PAGE_NONE);
		else if (i / PART == 4)
			igt_assert_eq_u32(where, DRM_NOUVEAU_HMM_PAGE_RAM);
		else
			igt_assert_eq_u32(where, DRM_NOUVEAU_HMM_PAGE_VRAM);
	}
	igt_assert_eq(migrate(gpu()->fd, p, 64 * PAGE, RAM, &m), 0);
	igt_assert_eq_u64(m.moved, 64 - 3 * PART);
	part_has(p, 0, PART);
	part_has(p, 3 * PART, PART);
	part_has(p, 5 * PART, 64 - 5 * PART);
	munmap(p, 64 * PAGE);
}

/* Faults beside it are served: what the driver maps around them ends in front of it. */
static void mixed_fault(void)
{
	char *p = map_mixed();
	uint32_t *out = map_small(PAGE);
	static const uint32_t at[] = { 7 * 1024, 24 * 1024, 31 * 1024, 32 * 1024, 40 * 1024 };

	for (size_t i = 0; i < ARRAY_LENGTH(at); i++) {
		igt_assert_eq(gpu_read(gpu(), (uint32_t *)p + at[i], 1024, out), 0);
		igt_assert(!memcmp(out, (uint32_t *)p + at[i], PAGE));
	}
	gpu_changes(gpu(), (uint32_t *)p + at[0], 1024);
	part_has(p, 0, PART);
	munmap(p, 64 * PAGE);
	munmap(out, PAGE);
}

/* ---- memory that is short ---- */

#define GROUP "/sys/fs/cgroup"

/* A control group with a limit, for this process. */
static void enter_group(const char *limit)
{
	static const char dir[] = GROUP "/nouveau_hmm";
	char pid[16];

	if (access(GROUP "/cgroup.controllers", F_OK))
		mount("cgroup2", GROUP, "cgroup2", 0, NULL);
	igt_require_f(!write_file(GROUP "/cgroup.subtree_control", "+memory"),
		      "no control groups for memory\n");
	igt_assert(!mkdir(dir, 0755) || errno == EEXIST);
	igt_assert_eq(write_file(GROUP "/nouveau_hmm/memory.max", limit), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	igt_assert_eq(write_file(GROUP "/nouveau_hmm/cgroup.procs", pid), 0);
}

static bool has_swap(void)
{
	return value_in("/proc/meminfo", "SwapTotal") > 0 ||
	       !system("modprobe zram && echo 128M >/sys/block/zram0/disksize && "
		       "mkswap /dev/zram0 >/dev/null && swapon /dev/zram0");
}

/* Faults of the GPU, and pages that come from VRAM, have to push others out to swap. */
static void control_group(void)
{
	const size_t bytes = 24 * MIB;

	igt_require_f(has_swap(), "no swap can be made here\n");
	igt_fork(child, 1) {
		struct mirror m;
		struct gpu g;
		uint32_t *p;

		mirror_open(&m);
		gpu_open(&g, &m);
		enter_group("12M");
		p = map_small(bytes);
		for (uint32_t i = 0; i < 3; i++)
			igt_assert_eq(gpu_touch(&g, p, bytes, GPU_ATOMIC_CAS), 0);
		igt_assert_eq(gpu_add(&g, p, bytes / 4, 5), 0);
		igt_info("%zu of %zu pages are out\n", swapped_out(p, bytes), bytes / PAGE);
		igt_assert_lt_u64(0, swapped_out(p, bytes));
		/* Pages in VRAM count as well, and nobody can reclaim them: not all of it. */
		for (int i = 0; i < 2; i++) {
			igt_assert_eq(migrate(m.fd, p, 4 * MIB, VRAM, NULL), 0);
			for (size_t w = 0; w < bytes / 4; w++)
				igt_assert_eq_u32(p[w], 5);
		}
		gpu_close(&g);
		mirror_close(&m);
	}
	igt_waitchildren();
	rmdir(GROUP "/nouveau_hmm");
}

/* Nothing is locked in memory, so nobody needs the right to do so. */
static void no_locked_memory(void)
{
	igt_fork(child, 1) {
		struct rlimit none = { 0, 0 };
		uint32_t *p = map_small(MIB);
		struct mirror m;
		struct copy c;
		struct gpu g;

		mirror_open(&m);
		igt_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
		igt_assert_eq(setgid(65534) | setuid(65534), 0);
		gpu_open(&g, &m);
		copy_open(&c, m.fd);
		copy_works(&c);
		igt_assert_eq(gpu_add(&g, p, MIB / 4, 1), 0);
		igt_assert_eq(migrate(m.fd, p, MIB, VRAM, NULL), 0);
		igt_assert_eq_u64(in_vram(m.fd, p, MIB), MIB / PAGE);
		igt_assert_eq(gpu_touch(&g, p, MIB, GPU_ATOMIC), 0);
		igt_assert_eq(gpu_add(&g, p, MIB / 4, 1), 0);
		for (size_t i = 0; i < MIB / 4; i++)
			igt_assert_eq_u32(p[i], 2);
		copy_close(&c);
		gpu_close(&g);
		mirror_close(&m);
	}
	igt_waitchildren();
}

/* All of VRAM, in pieces: there are no 2 MiB together, until others have made room. */
static void fragmented(void)
{
	size_t bytes = vram_to_fill(gpu()->fd) / HUGE * HUGE, room = 16 * HUGE, before;
	uint32_t *small = map_small(bytes), *huge = map_huge(room);
	hmm_moved m;

	pattern(small, bytes, 1);
	igt_assert_eq(migrate_once(gpu()->fd, small, bytes, VRAM, &m), 0);
	igt_assert_eq_u64(moved_sum(&m), bytes / PAGE);
	/* Every second page goes. */
	for (size_t i = 0; i < bytes; i += 2 * PAGE)
		madvise((char *)small + i, PAGE, MADV_DONTNEED);
	before = in_vram(gpu()->fd, small, bytes);

	pattern(huge, room, 2);
	igt_assert_eq(migrate(gpu()->fd, huge, room, VRAM, &m), 0);
	igt_assert_eq_u64(m.done, room);
	igt_assert_eq_u64(m.moved, room / PAGE);
	igt_assert_eq_u64(in_vram(gpu()->fd, huge, room), room / PAGE);
	igt_assert_lt_u64(in_vram(gpu()->fd, small, bytes), before);
	igt_assert_eq(gpu_touch(gpu(), huge, room, GPU_ADD), 0);
	gpu_changes(gpu(), huge, HUGE / 4);
	igt_assert_eq_u64(wrong(huge, room, 2), 0);
	for (size_t i = 0; i < bytes; i += 2 * PAGE) {
		igt_assert_eq_u32(small[i / 4], 0);
		igt_assert_eq_u32(small[(i + PAGE) / 4],
				  (uint32_t)((i + PAGE) / 4 + 1) * 2654435761u);
	}
	munmap(small, bytes);
	munmap(huge, room);
}

/* ---- failures of allocations, where the kernel can make them ---- */

static int fail_nth(unsigned int n)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	char text[16] = "";
	int left = -1;

	if (fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) > 0)
		left = atoi(text);
	snprintf(text, sizeof(text), "%u", n);
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		left = -1;
	if (fd >= 0)
		close(fd);
	return left;
}

static uint32_t *nth_memory;

/* Pages that stay for want of memory are no error of the call. */
static int nth_migrate(uint32_t target)
{
	hmm_moved m;

	return migrate_once(gpu()->fd, nth_memory, 4 * HUGE, target, &m) ?: m.no_memory ? -ENOMEM : 0;
}

static int nth_to_vram(void)
{
	return nth_migrate(VRAM);
}

static int nth_to_ram(void)
{
	return nth_migrate(RAM);
}

static int nth_residency(void)
{
	static uint8_t pages[4 * HUGE / PAGE];

	return residency(gpu()->fd, nth_memory, 4 * HUGE, pages);
}

/* What is not in question succeeds. Gives back what fail_nth() takes to go on. */
static unsigned int nth_pause(void)
{
	int left = fail_nth(0);

	return left > 0 ? (unsigned int)left : 0;
}

static int nth_init(void)
{
	struct drm_nouveau_svm_init init = {
		.unmanaged_addr = gpu()->cutout, .unmanaged_size = CUTOUT,
	};
	unsigned int left = nth_pause();
	int fd = device_open_nth(0), ret;

	igt_assert_lte(0, fd);
	fail_nth(left);
	ret = call(fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &init);
	left = nth_pause();
	close(fd);
	fail_nth(left);
	return ret;
}

static int nth_channel(void)
{
	hmm_create args = {
		.ring_entries = 512, .engine = DRM_NOUVEAU_HMM_ENGINE_COMPUTE,
		.ring = U(nth_memory),
	};
	hmm_destroy end = { 0 };
	int ret = call(gpu()->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &args);
	unsigned int left = nth_pause();

	end.channel = args.channel;
	if (!ret)
		igt_assert_eq(call(gpu()->fd, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, &end), 0);
	fail_nth(left);
	return ret;
}

static const struct nth {
	const char *name;
	int (*run)(void);
	int (*before)(void);
} nths[] = {
	{ "to-vram", nth_to_vram, nth_to_ram }, { "to-ram", nth_to_ram, nth_to_vram },
	{ "residency", nth_residency }, { "init", nth_init }, { "channel", nth_channel },
};

static void nth(const struct nth *t)
{
	unsigned int n, failed = 0;
	int ret, left;

	/* All of nouveau may tell of it. */
	igt_emit_ignore_dmesg_regex("nouveau [0-9a-f]+:|[Aa]llocat|memtype_reserve|"
				    "DMA-API: cacheline tracking ENOMEM");
	write_file("/sys/kernel/debug/failslab/verbose", "0");
	write_file("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	write_file("/sys/kernel/debug/fail_usercopy/verbose", "0");
	write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	nth_memory = map_huge(4 * HUGE);
	pattern(nth_memory, 4 * HUGE, 6);
	gpu();
	for (n = 1; n < 300; n++) {
		if (t->before)
			igt_assert_eq(t->before(), 0);
		fail_nth(n);
		ret = t->run();
		left = fail_nth(0);
		failed += ret != 0;
		/* nvif_mclass() finds no class when it has no memory for the list of them. */
		igt_assert(!ret || ret == -ENOMEM || ret == -EFAULT || ret == -EBUSY ||
			   ret == -EOPNOTSUPP);
		if (left > 0)
			break;
	}
	igt_info("%u places, %u calls have failed\n", n - 1, failed);
	igt_assert_eq(t->run(), 0);
	igt_assert_eq_u64(wrong(nth_memory, 4 * HUGE, 6), 0);
	munmap(nth_memory, 4 * HUGE);
}

/* ---- memory that goes while the GPU uses it ---- */

#define RACE (8 * MIB)

static char *race_p;

static void *race_part(uint64_t *random, size_t *bytes)
{
	size_t pages = RACE / PAGE, first;

	*random = *random * 6364136223846793005u + 1442695040888963407u;
	first = (size_t)(*random >> 33) % pages;
	*bytes = PAGE * (1 + (size_t)(*random >> 20) % 64 % (pages - first));
	return race_p + first * PAGE;
}

static void race_munmap(uint64_t *random)
{
	size_t bytes;
	void *p = race_part(random, &bytes);

	munmap(p, bytes);
}

static void race_munmap_all(uint64_t *random)
{
	munmap(race_p, RACE);
}

static void race_replace(uint64_t *random)
{
	size_t bytes;
	void *p = race_part(random, &bytes);

	mmap(p, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void race_dontneed(uint64_t *random)
{
	size_t bytes;
	void *p = race_part(random, &bytes);

	madvise(p, bytes, MADV_DONTNEED);
}

static void race_protect(uint64_t *random)
{
	size_t bytes;
	void *p = race_part(random, &bytes);

	mprotect(p, bytes, PROT_READ);
}

static void race_mremap(uint64_t *random)
{
	size_t bytes;
	void *p = race_part(random, &bytes), *to = map_small(bytes);

	mremap(p, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	munmap(to, bytes);
}

static const struct race {
	const char *name, *description;
	void (*change)(uint64_t *random);
	unsigned int times;
	int error;	/* 0: the memory is there all the time */
} races[] = {
	{ "munmap", "Parts of the memory are unmapped.", race_munmap, 30, -EFAULT },
	{ "munmap-all", "All of the memory is unmapped.", race_munmap_all, 1, -EFAULT },
	{ "replace", "Parts are replaced with new memory.", race_replace, 100 },
	{ "dontneed", "Parts are discarded.", race_dontneed, 100 },
	{ "mprotect", "Parts become read-only.", race_protect, 30, -EPERM },
	{ "mremap", "Parts move away, and are freed there.", race_mremap, 20, -EFAULT },
};

struct racer {
	pthread_t thread;
	const struct race *race;
	uint64_t random;
	unsigned int delay;
};

static void *run_race(void *arg)
{
	struct racer *r = arg;

	usleep(r->delay);
	for (unsigned int i = 0; i < r->race->times; i++)
		r->race->change(&r->random);
	return NULL;
}

/* There is what the GPU has written, or nothing; if the channel has ended, it says why. */
static void race(const struct race *race, bool huge, bool vram)
{
	char *around = map_small(RACE + 2 * HUGE);
	struct racer r = { .race = race, .random = 42 };

	igt_emit_ignore_dmesg_regex(NOISE);
	for (unsigned int round = 0; round < 5; round++) {
		struct gpu_job job = {
			.op = GPU_STORE, .stride = PAGE, .count = RACE / PAGE, .value = 1u << 20,
		};
		hmm_status s = { 0 };
		struct mirror m;
		struct gpu g;
		int ret;

		mirror_open(&m);
		gpu_open(&g, &m);
		race_p = around + HUGE;
		igt_assert(mmap(race_p, RACE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == race_p);
		madvise(race_p, RACE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		pattern((uint32_t *)around, HUGE, 3);
		pattern((uint32_t *)(race_p + RACE), HUGE, 4);
		if (vram)
			igt_assert_eq(migrate(m.fd, race_p, RACE, VRAM, NULL), 0);
		job.p = race_p;
		r.delay = round * 3000;
		igt_assert_eq(pthread_create(&r.thread, NULL, run_race, &r), 0);
		ret = gpu_run(&g, &job);
		pthread_join(r.thread, NULL);
		if (ret && race->error) {
			igt_assert_eq(ret, -EIO);
			s = gpu_status(&g);
			igt_assert_eq_u32(s.stopped, DRM_NOUVEAU_HMM_CHANNEL_FAULT);
			igt_assert_eq(s.error, race->error);
			igt_assert_eq_u32(s.access, DRM_NOUVEAU_HMM_ACCESS_WRITE);
			igt_assert_lte_u64(U(race_p), s.addr);
			igt_assert_lt_u64(s.addr, U(race_p) + RACE);
		} else {
			igt_assert_eq(ret, 0);
		}
		/* New memory where some of it has gone: it is empty. */
		if (race->error != -EPERM)
			for (size_t i = 0; race->error && i < RACE; i += PAGE)
				mmap(race_p + i, PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		for (uint32_t i = 0; i < RACE / 4; i++) {
			uint32_t v = ((uint32_t *)race_p)[i];

			if (v && (i % 1024 || v != job.value + i / 1024))
				igt_assert_f(false, "word %u is %#x\n", i, v);
		}
		igt_assert_eq_u64(wrong((uint32_t *)around, HUGE, 3), 0);
		igt_assert_eq_u64(wrong((uint32_t *)(race_p + RACE), HUGE, 4), 0);
		mirror_close(&m);
	}
	munmap(around, RACE + 2 * HUGE);
}

/* ---- what it costs ---- */

static void measure(size_t bytes, bool huge)
{
	enum { ROUNDS = 5 };
	uint32_t *p = huge ? map_huge(bytes) : map_small(bytes);
	double t, to_vram = 0, to_ram = 0, by_cpu = 0;
	uint64_t sum = 0;
	hmm_moved m;

	pattern(p, bytes, 9);
	for (int i = 0; i < ROUNDS; i++) {
		for (int back = 0; back < 2; back++) {
			/* Huge pages come back in pieces. */
			if (huge)
				madvise(p, bytes, MADV_COLLAPSE);
			t = now();
			igt_assert_eq(migrate(gpu()->fd, p, bytes, VRAM, &m), 0);
			to_vram += now() - t;
			igt_assert_eq_u64(m.moved, bytes / PAGE);
			t = now();
			if (back) {
				for (size_t w = 0; w < bytes / 4; w += PAGE / 4)
					sum += ((volatile uint32_t *)p)[w];
				by_cpu += now() - t;
			} else {
				igt_assert_eq(migrate(gpu()->fd, p, bytes, RAM, &m), 0);
				to_ram += now() - t;
				igt_assert_eq_u64(m.moved, bytes / PAGE);
			}
			igt_assert_eq_u64(in_vram(gpu()->fd, p, bytes), 0);
		}
	}
	igt_assert_eq_u64(wrong(p, bytes, 9), 0);
	igt_assert_neq_u64(sum, 0);
	igt_info("%zu KiB, %s: MiB/s to VRAM %.0f, to RAM %.0f, to RAM as the CPU reads %.0f\n",
		 bytes / 1024, huge ? "huge" : "small",
		 2 * ROUNDS * (double)bytes / MIB / to_vram, ROUNDS * (double)bytes / MIB / to_ram,
		 ROUNDS * (double)bytes / MIB / by_cpu);
	munmap(p, bytes);
}

static const struct {
	const char *name, *description;
	void (*run)(void);
} cases[] = {
	{ "mixed-migrate", "Device mappings, holes and memory of all kinds in one range.",
	  mixed_migrate },
	{ "mixed-fault", "Faults beside a device mapping are served.", mixed_fault },
	{ "control-group", "The GPU uses more memory than its process may have in RAM.",
	  control_group },
	{ "no-locked-memory", "It all works for a user who may lock no memory.", no_locked_memory },
	{ "vram-in-pieces", "Huge pages go to VRAM where no 2 MiB are free together.", fragmented },
};

int igt_main()
{
	igt_fixture() {
		close(device_open_hmm());
		gpu();
	}

	for (size_t a = 0; a < ARRAY_LENGTH(accesses); a++) {
		igt_describe("The GPU cannot use a device mapping by the process's address: its "
			     "channel ends and says so.");
		igt_subtest_f("device-mapping-%s", accesses[a].name)
			device_mapping(a);
	}

	for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
		igt_describe(cases[c].description);
		igt_subtest(cases[c].name)
			cases[c].run();
	}

	igt_describe("One allocation after the other fails: an error or less than all is done, and "
		     "nothing is lost.");
	igt_subtest_with_dynamic("no-memory") {
		igt_require_f(fail_nth(0) >= 0, "no fault injection in this kernel\n");
		for (size_t i = 0; i < ARRAY_LENGTH(nths); i++)
			igt_dynamic(nths[i].name)
				nth(&nths[i]);
	}

	for (size_t r = 0; r < ARRAY_LENGTH(races); r++) {
		igt_describe(races[r].description);
		igt_subtest_with_dynamic_f("race-%s", races[r].name)
			for (int i = 0; i < 4; i++)
				igt_dynamic_f("%s-%s", i & 1 ? "huge" : "small",
					      i & 2 ? "vram" : "ram")
					race(&races[r], i & 1, i & 2);
	}

	for (int huge = 0; huge < 2; huge++) {
		igt_describe("How fast memory moves.");
		igt_subtest_with_dynamic_f("speed-%s", huge ? "huge" : "small")
			for (size_t mib = 2; mib <= 32; mib *= 4)
				igt_dynamic_f("%zum", mib)
					measure(mib * MIB, huge);
	}
}
