// SPDX-License-Identifier: MIT
/*
 * Several processes move memory to VRAM and back at the same time: each gets its own data.
 *
 * Defect 16. Upstream writes its copies into the push buffer of the channel that it shares with TTM
 * without a lock.
 */
#include "gpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (2 * MIB)
#define MAX 16

static void work(unsigned int me, unsigned int seconds)
{
	uint32_t *p = map_small(BYTES);
	double until;
	unsigned int rounds = 0;
	size_t bad;

	gpu_open();
	if (range_to_vram(p, PAGE))
		_exit(4);
	until = now() + seconds;
	while (now() < until) {
		uint32_t seed = me * 1000003 + rounds;

		pattern(p, BYTES, seed);
		if (range_to_vram(p, BYTES))
			_exit(4);
		bad = wrong(p, BYTES, seed);
		if (bad) {
			note("process %u, round %u: %zu words differ", me, rounds, bad);
			_exit(5);
		}
		rounds++;
	}
	note("process %u: %u rounds", me, rounds);
	_exit(rounds ? 0 : 6);
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)atoi(argv[1]) : 4;
	unsigned int seconds = argc > 2 ? (unsigned int)atoi(argv[2]) : 30, good = 0;
	pid_t pids[MAX];
	double until;

	n = n > MAX ? MAX : n;
	test_start(seconds + 130);
	for (unsigned int i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			work(i, seconds);
	}
	until = now() + seconds + 90;
	for (unsigned int i = 0; i < n; i++)
		good += child_ok(pids[i], now() < until ? (unsigned int)(until - now()) + 1 : 1);
	ok(good == n, "%u of %u processes got all their data back", good, n);
	test_end();
}
