// SPDX-License-Identifier: MIT
/*
 * What mirrored memory costs, section by section: the part of `scripts/bench hmm` that runs in the
 * guest, the same on every driver.
 *
 * Each section is a few calls between two marks, at which the host keeps the emulator's counters
 * (/lab/mark does the same from a shell; a child process would make the driver write-protect all
 * memory, so this program writes to the port itself). What the kernel counts is printed, one line
 * per section:
 *	row SECTION THP MiB bytes=.. ms=.. cpufaults=.. batches=.. right=..
 */
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define HUGE_PAGE (2ul << 20)
#define ROUNDS 2	/* of ping-pong */
#define TURNS 5		/* of rate */

/*
 * nouveau waits no longer than 30 s for the GPU (NOUVEAU_GEM_CPU_PREP), and Mesa does not notice: a launch that
 * takes longer looks as if it had ended. The program then ends with a status of its own.
 */
#define WAIT_LIMIT 29
#define TOO_SLOW 75

static const char source[] =
	"__kernel void add(__global uint4 *p)\n"
	"{\n"
	"	p[get_global_id(0)] += (uint4)(1);\n"
	"}\n"
	"__kernel void fill(__global uint4 *p)\n"
	"{\n"
	"	uint i = get_global_id(0);\n"
	"	p[i] = (uint4)(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3);\n"
	"}\n"
	"__kernel void chase(__global const uint *p, uint hops, __global uint *out)\n"
	"{\n"
	"	uint at = 0;\n"
	"	while (hops--)\n"
	"		at = p[at * 1024];\n"
	"	out[0] = at;\n"
	"}\n";

static struct {
	const char *name;
	const char *thp;	/* "on" or "off" */
	size_t bytes;
	int port;		/* of marks; -1: there is none */
	char *area;		/* mirrored memory, @bytes of it */
	char *alloc;		/* what clSVMAlloc gave, with @area in it */
	cl_kernel add, fill, chase;
	struct rusage usage;
	double started;
	long batches;
} b;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static int open_marks(void)
{
	glob_t found;
	int port = -1;

	if (glob("/sys/class/virtio-ports/*", 0, NULL, &found))
		return -1;
	for (size_t i = 0; i < found.gl_pathc && port < 0; i++) {
		char path[512], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), "%s/name", found.gl_pathv[i]);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%63s", name) == 1 && !strcmp(name, "lab.mark")) {
			snprintf(path, sizeof(path), "/dev/%s", strrchr(found.gl_pathv[i], '/') + 1);
			port = open(path, O_RDWR | O_CLOEXEC);
		}
		fclose(f);
	}
	globfree(&found);
	return port;
}

/* Comes back when the host has the counters. */
static void mark(const char *section, const char *end)
{
	char line[128], answer[128];
	ssize_t n;

	if (b.port < 0)
		return;
	n = snprintf(line, sizeof(line), "%s-%s-%zu-%s\n", section, b.thp, b.bytes >> 20, end);
	if (write(b.port, line, n) != n)
		sample_fail(SAMPLE_USAGE, "mark %s: %s", section, strerror(errno));
	do
		n = read(b.port, answer, sizeof(answer));
	while (n > 0 && answer[n - 1] != '\n');
}

/* The number after @name in the first file that matches @pattern and has it, or -1. */
static long number_in(const char *pattern, const char *name)
{
	char line[256], word[64];
	glob_t found;
	long n = -1, is;
	FILE *f;

	if (glob(pattern, 0, NULL, &found))
		return -1;
	f = fopen(found.gl_pathv[0], "r");
	while (f && n < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", word, &is) == 2 && !strcmp(word, name))
			n = is;
	if (f)
		fclose(f);
	globfree(&found);
	return n;
}

/* How often the kernel has served a batch: a counter of the fork; upstream's as hmm-guest arranged it. */
static long batches(void)
{
	long n = number_in("/sys/kernel/debug/dri/*/hmm/counters", "batches");

	return n >= 0 ? n : number_in("/sys/kernel/tracing/kprobe_profile", "bench_batch");
}

static void begin(const char *section)
{
	mark(section, "begin");
	b.name = section;
	b.batches = batches();
	getrusage(RUSAGE_SELF, &b.usage);
	b.started = now();
}

static void print_row(size_t bytes, double took)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("row %s %s %zu bytes=%zu ms=%.2f cpufaults=%ld batches=%ld", b.name, b.thp,
	       b.bytes >> 20, bytes, took * 1e3, usage.ru_minflt - b.usage.ru_minflt +
	       usage.ru_majflt - b.usage.ru_majflt, batches() - b.batches);
	mark(b.name, "end");
}

/* Ends the section; it moved or touched @bytes. */
static void end_bytes(size_t bytes)
{
	print_row(bytes, now() - b.started);
}

/* Ends a turn of a section that is repeated. */
static void end_best(double *best, int turn)
{
	double took = now() - b.started;

	if (took < *best)
		*best = took;
	if (turn == TURNS - 1)
		print_row(b.bytes, *best);
}

static void end(void)
{
	end_bytes(b.bytes);
}

static void right(bool is)
{
	printf(" right=%d\n", is);
	fflush(stdout);
}

/* Untouched memory, in whole 2 MiB. clSVMAlloc, as only such memory may be migrated. */
static void get_area(struct sample *s)
{
	uintptr_t at;

	b.alloc = clSVMAlloc(s->context, CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER,
			     b.bytes + HUGE_PAGE, 0);
	if (!b.alloc)
		sample_fail(SAMPLE_USAGE, "out of memory");
	at = ((uintptr_t)b.alloc + HUGE_PAGE - 1) & -HUGE_PAGE;
	b.area = (char *)at;
	if (madvise(b.area, b.bytes, MADV_DONTNEED) ||
	    madvise(b.area, b.bytes, strcmp(b.thp, "on") ? MADV_NOHUGEPAGE : MADV_HUGEPAGE))
		sample_fail(SAMPLE_USAGE, "madvise: %s", strerror(errno));
}

static void write_all(void)
{
	uint32_t *p = (uint32_t *)b.area;

	for (size_t i = 0; i < b.bytes / 4; i++)
		p[i] = i;
}

static bool all_are(uint32_t more)
{
	const uint32_t *p = (const uint32_t *)b.area;

	for (size_t i = 0; i < b.bytes / 4; i++)
		if (p[i] != i + more)
			return false;
	return true;
}

static void finish(struct sample *s)
{
	double started = now();

	CL(clFinish(s->queue));
	if (now() - started > WAIT_LIMIT)
		_exit(TOO_SLOW);
}

static void run(struct sample *s, cl_kernel kernel)
{
	size_t n = b.bytes / 16;

	CL(clSetKernelArgSVMPointer(kernel, 0, b.area));
	CL(clEnqueueNDRangeKernel(s->queue, kernel, 1, NULL, &n, NULL, 0, NULL, NULL));
	finish(s);
}

/* The first launch of a kernel uploads it and makes channels: on memory of its own, before anything counts. */
static void warm_up(struct sample *s)
{
	static const size_t n = 64;
	char *p = clSVMAlloc(s->context, CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER,
			     PAGE * 4, PAGE);

	memset(p, 0, 4 * PAGE);
	CL(clSetKernelArgSVMPointer(b.add, 0, p));
	CL(clEnqueueNDRangeKernel(s->queue, b.add, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clSetKernelArgSVMPointer(b.fill, 0, p));
	CL(clEnqueueNDRangeKernel(s->queue, b.fill, 1, NULL, &n, NULL, 0, NULL, NULL));
	CL(clFinish(s->queue));
	clSVMFree(s->context, p);
}

static void move(struct sample *s, cl_mem_migration_flags where)
{
	const void *p = b.area;

	CL(clEnqueueSVMMigrateMem(s->queue, 1, &p, &b.bytes, where, 0, NULL, NULL));
	CL(clFinish(s->queue));
}

/* The CPU reads one number of each page, in order. */
static bool touch_pages(uint32_t more)
{
	const volatile uint32_t *p = (const volatile uint32_t *)b.area;
	bool ok = true;

	for (size_t i = 0; i < b.bytes / 4; i += PAGE / 4)
		ok &= p[i] == (uint32_t)(i + more);
	return ok;
}

static void bench_touch(struct sample *s)
{
	get_area(s);
	write_all();
	begin("touch-written");
	run(s, b.add);
	end();
	right(all_are(1));

	begin("touch-again");
	run(s, b.add);
	end();
	right(all_are(2));
}

static void bench_untouched(struct sample *s)
{
	get_area(s);
	begin("touch-untouched");
	run(s, b.fill);
	end();
	right(all_are(0));
}

static void bench_migrate(struct sample *s)
{
	bool ok;

	get_area(s);
	write_all();
	begin("to-vram");
	move(s, 0);
	end();
	right(true);

	begin("touch-in-vram");
	run(s, b.add);
	end();
	right(true);

	begin("read-back");
	ok = touch_pages(1);
	end();
	right(ok && all_are(1));

	/* The GPU knows this memory now: what it cost to make its page tables is not in this. */
	begin("to-vram-again");
	move(s, 0);
	end();
	run(s, b.add);
	right(all_are(2));
}

/* Untouched memory to VRAM: nothing to copy. */
static void bench_migrate_untouched(struct sample *s)
{
	get_area(s);
	begin("to-vram-untouched");
	move(s, 0);
	run(s, b.fill);
	end();
	right(all_are(0));
}

static void bench_ping_pong(struct sample *s)
{
	bool ok = true;

	get_area(s);
	write_all();
	begin("ping-pong");
	for (int i = 1; i <= ROUNDS; i++) {
		move(s, 0);
		run(s, b.add);
		ok &= touch_pages(i);
	}
	end_bytes(ROUNDS * b.bytes);
	right(ok && all_are(ROUNDS));
}

static uint64_t random64(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* One cycle through all pages (Sattolo's shuffle), and one work-item that follows it. */
static void bench_chase(struct sample *s)
{
	size_t pages = b.bytes / PAGE, one = 1;
	uint32_t *order = sample_malloc(pages * sizeof(*order)), result = 1;
	cl_mem out;
	cl_int err;

	get_area(s);
	for (size_t i = 0; i < pages; i++)
		order[i] = i;
	for (size_t i = pages - 1; i > 0; i--) {
		size_t j = random64() % i;
		uint32_t t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
	for (size_t i = 0; i < pages; i++)
		*(uint32_t *)(b.area + i * PAGE) = order[i];

	out = clCreateBuffer(s->context, CL_MEM_WRITE_ONLY, 4, NULL, &err);
	sample_check(err, "clCreateBuffer");
	begin("chase");
	CL(clSetKernelArgSVMPointer(b.chase, 0, b.area));
	CL(clSetKernelArg(b.chase, 1, sizeof(cl_uint), &(cl_uint){ pages }));
	CL(clSetKernelArg(b.chase, 2, sizeof(out), &out));
	CL(clEnqueueNDRangeKernel(s->queue, b.chase, 1, NULL, &one, &one, 0, NULL, NULL));
	finish(s);
	end();
	CL(clEnqueueReadBuffer(s->queue, out, CL_TRUE, 0, 4, &result, 0, NULL, NULL));
	right(result == 0);
}

static void map_and_unmap(char *where)
{
	char *p = mmap(where, HUGE_PAGE / 2, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		sample_fail(SAMPLE_USAGE, "mmap: %s", strerror(errno));
	memset(p, 1, HUGE_PAGE / 2);
	munmap(p, HUGE_PAGE / 2);
}

/*
 * The CPU maps, touches and unmaps 1 MiB again and again, in 2 MiB that the GPU never saw. Once before it counts: what
 * this program itself writes to for the first time may lie beside the area, where the GPU sees it.
 */
static void bench_munmap(struct sample *s)
{
	char *room;

	get_area(s);
	write_all();
	run(s, b.add);
	room = mmap(NULL, 3 * HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		sample_fail(SAMPLE_USAGE, "mmap: %s", strerror(errno));
	room = (char *)(((uintptr_t)room + 2 * HUGE_PAGE - 1) & -HUGE_PAGE);

	begin("munmap-unrelated");
	map_and_unmap(room);
	begin("munmap-unrelated");
	for (size_t done = 0; done < b.bytes; done += HUGE_PAGE / 2)
		map_and_unmap(room);
	end();
	right(all_are(1));
}

/*
 * The bare copy engine, one copy from a buffer in RAM to one in VRAM, and a migration of as many bytes, in turn,
 * so that both see the same machine. The times are the best ones, the counters those of the last turn.
 */
static void bench_rate(struct sample *s)
{
	double best_copy = 1e9, best_move = 1e9;
	cl_mem ram, vram;
	bool ok = true;
	cl_int err;

	ram = clCreateBuffer(s->context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, b.bytes, NULL,
			     &err);
	sample_check(err, "clCreateBuffer");
	vram = clCreateBuffer(s->context, CL_MEM_READ_WRITE, b.bytes, NULL, &err);
	sample_check(err, "clCreateBuffer");
	get_area(s);
	write_all();
	/* Memory that was never written is one page of zeros to the host, and fast to read. */
	CL(clEnqueueWriteBuffer(s->queue, ram, CL_TRUE, 0, b.bytes, b.area, 0, NULL, NULL));
	for (int turn = 0; turn < TURNS; turn++) {
		/* Anew, as huge pages do not come back as such. */
		madvise(b.area, b.bytes, MADV_DONTNEED);
		write_all();
		begin("rate-copy");
		CL(clEnqueueCopyBuffer(s->queue, ram, vram, 0, 0, b.bytes, 0, NULL, NULL));
		CL(clFinish(s->queue));
		end_best(&best_copy, turn);
		if (turn == TURNS - 1)
			right(true);

		begin("rate-move");
		move(s, 0);
		end_best(&best_move, turn);
		/* What the GPU makes of it shows where it is, and the CPU takes it back. */
		run(s, b.add);
		ok &= touch_pages(1);
		if (turn == TURNS - 1)
			right(ok && all_are(1));
	}
}

static const struct {
	const char *name;
	void (*run)(struct sample *s);
} programs[] = {
	{ "touch", bench_touch },
	{ "untouched", bench_untouched },
	{ "migrate", bench_migrate },
	{ "migrate-untouched", bench_migrate_untouched },
	{ "ping-pong", bench_ping_pong },
	{ "chase", bench_chase },
	{ "munmap", bench_munmap },
	{ "rate", bench_rate },
};

int main(int argc, char **argv)
{
	struct sample s = {
		.name = "hmm-sections",
		.summary = "One of: touch, untouched, migrate, migrate-untouched, ping-pong, chase,"
			   " munmap, rate.\nTHP=on in the environment: transparent huge pages.",
		.size = 64,
		.size_is = "MiB",
		.size_step = 2,
		.size_max = 1024,
		.operand_is = "NAME",
		.system_svm = true,
	};

	sample_open(&s, argc, argv);
	b.bytes = s.size << 20;
	b.thp = getenv("THP") && !strcmp(getenv("THP"), "on") ? "on" : "off";
	b.port = open_marks();
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (!s.operand || strcmp(s.operand, programs[i].name))
			continue;
		b.add = sample_kernel(&s, source, "add");
		b.fill = sample_kernel(&s, source, "fill");
		b.chase = sample_kernel(&s, source, "chase");
		warm_up(&s);
		programs[i].run(&s);
		return SAMPLE_OK;
	}
	sample_fail(SAMPLE_USAGE, "what shall I measure? See --help");
}
