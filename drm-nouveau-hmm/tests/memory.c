// SPDX-License-Identifier: MIT
/*
 * VRAM that is too small, and processes that go at any time.
 *
 *	memory oversubscribe MIB        one process works on so much memory, more than there is VRAM
 *	memory tables MIB               so much goes to VRAM, more than there is; then the GPU needs page tables
 *	memory share MIB SECONDS        two processes, each with so much
 *	memory killed SECONDS [N]       N processes (10) work, and are killed at random, for so long;
 *	                                then VRAM use is what it was, and a program computes
 */
#include "gpu.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP 256		/* bytes between the words that the GPU adds to */
#define MAX 32

/* Adds 1 to each STEP-th word, piece by piece; every piece is asked to VRAM first. */
static int pass(char *p, size_t bytes)
{
	const size_t piece = 16 * MIB;
	int ret = 0;

	for (size_t at = 0; at < bytes && !ret; at += piece) {
		size_t n = bytes - at < piece ? bytes - at : piece;

		range_to_vram(p + at, n);
		ret = gpu_touch(p + at, STEP, n / STEP, GPU_ADD);
	}
	return ret;
}

static size_t wrong_after(const uint32_t *p, size_t bytes, uint32_t seed, uint32_t passes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes / 4; i++)
		n += p[i] != ((uint32_t)i + seed) * 2654435761u + (i % (STEP / 4) ? 0 : passes);
	return n;
}

static void oversubscribe(size_t bytes)
{
	uint64_t before = vram_used();
	size_t bad, there;
	void *p;
	int ret = 0;

	for (int huge = 0; huge < 2; huge++) {
		const char *what = huge ? "huge pages" : "small pages";

		p = huge ? map_huge(bytes) : map_small(bytes);
		pattern(p, bytes, 1);
		for (int i = 0; i < 2 && !ret; i++)
			ret = pass(p, bytes);
		there = pages_in_vram(p, bytes);
		ok(ret == 0, "%s: the GPU works on %zu MiB, twice (%d)", what, bytes >> 20, ret);
		ok(there > 0, "%s: %zu MiB of them are in VRAM at the end", what, there * PAGE >> 20);
		bad = wrong_after(p, bytes, 1, 2);
		ok(bad == 0, "%s: the result is right (%zu words differ)", what, bad);
	}
	note("VRAM used before: %llu MiB", (unsigned long long)before >> 20);
}

/* A page of each of 1024 blocks: 4 MiB of page tables, which nothing but VRAM can hold. */
static void tables(size_t bytes)
{
	const size_t blocks = 1024;
	char *sparse = map_small(blocks * HUGE);
	uint32_t *p = map_small(bytes);
	size_t wrong = 0;
	int ret;

	gpu_open();
	pattern(p, bytes, 1);
	range_to_vram(p, bytes);
	note("%zu MiB are in VRAM", pages_in_vram(p, bytes) * PAGE >> 20);
	ret = gpu_touch(sparse, HUGE, blocks, GPU_WRITE);
	ok(ret == 0, "the GPU writes to %zu blocks while VRAM is full (%d)", blocks, ret);
	for (size_t i = 0; i < blocks; i++)
		wrong += *(uint32_t *)(sparse + i * HUGE) != i;
	ok(wrong == 0, "the result is right (%zu words differ)", wrong);
	note("%zu MiB are still in VRAM", pages_in_vram(p, bytes) * PAGE >> 20);
	wrong = wrong_after(p, bytes, 1, 0);
	ok(wrong == 0, "what had to leave VRAM is right (%zu words differ)", wrong);
}

static void share(size_t bytes, unsigned int seconds)
{
	pid_t pids[2];

	for (unsigned int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			uint32_t *p = map_huge(bytes), passes = 0;
			double until;
			size_t bad;

			gpu_open();
			pattern(p, bytes, i);
			for (until = now() + seconds; now() < until; passes++)
				if (pass((char *)p, bytes))
					_exit(2);
			bad = wrong_after(p, bytes, i, passes);
			note("process %u: %u passes, %zu words differ", i, passes, bad);
			_exit(bad ? 1 : 0);
		}
	}
	for (unsigned int i = 0; i < 2; i++)
		ok(child_ok(pids[i], seconds + 200), "process %u with %zu MiB gets the right result", i, bytes >> 20);
}

static void victim(unsigned int seed)
{
	const size_t bytes = 4 * MIB;

	srand(seed);
	for (;;) {
		uint32_t *p = rand() & 1 ? map_huge(bytes) : map_small(bytes);

		pattern(p, bytes, seed);
		if (rand() & 1)
			range_to_vram(p, bytes);
		if (gpu_touch(p, STEP, bytes / STEP, GPU_ADD) || wrong_after(p, bytes, seed, 1))
			_exit(1);
		munmap(p, bytes);
	}
}

static void killed(unsigned int seconds, unsigned int n)
{
	pid_t pids[MAX] = { 0 };
	unsigned int started = 0, by_itself = 0;
	uint64_t before, after;
	double until;
	pid_t pid;
	int status;

	pid = fork();
	if (pid == 0) {
		gpu_open();
		_exit(0);
	}
	wait_child(pid, 60);
	before = vram_used();
	until = now() + seconds;
	while (now() < until) {
		unsigned int i = (unsigned int)rand() % n;

		if (pids[i]) {
			kill(pids[i], SIGKILL);
			if (waitpid(pids[i], &status, 0) == pids[i])
				by_itself += !WIFSIGNALED(status);
		}
		pids[i] = fork();
		if (pids[i] == 0)
			victim(++started);
		started++;
		usleep(1000 * (200 + (unsigned int)rand() % 1000));
	}
	for (unsigned int i = 0; i < n; i++) {
		if (!pids[i])
			continue;
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
	}
	ok(by_itself == 0, "%u processes were killed; none had ended before (%u had)", started, by_itself);
	for (int i = 0; i < 100 && vram_used() > before; i++)
		usleep(100000);
	after = vram_used();
	ok(after <= before, "VRAM use is what it was (%lld KiB more)", (long long)(after - before) / 1024);
	pid = fork();
	if (pid == 0) {
		uint32_t *p = map_small(4 * MIB);

		pattern(p, 4 * MIB, 3);
		range_to_vram(p, 4 * MIB);
		_exit(gpu_touch(p, STEP, 4 * MIB / STEP, GPU_ADD) || wrong_after(p, 4 * MIB, 3, 1));
	}
	ok(child_ok(pid, 60), "the next program computes");
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 0) : 0, m = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;

	test_start(1200);
	gpu_patience = 60;
	if (!strcmp(what, "oversubscribe"))
		oversubscribe(n * MIB);
	else if (!strcmp(what, "tables"))
		tables(n * MIB);
	else if (!strcmp(what, "share"))
		share(n * MIB, m ? (unsigned int)m : 20);
	else if (!strcmp(what, "killed"))
		killed((unsigned int)n, m && m <= MAX ? (unsigned int)m : 10);
	else
		ok(false, "usage: memory oversubscribe MIB | tables MIB | share MIB SECONDS | killed SECONDS [N]");
	test_end();
}
