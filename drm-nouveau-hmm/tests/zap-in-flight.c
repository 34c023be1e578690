// SPDX-License-Identifier: MIT
/*
 * Huge pages on their way out of VRAM lose a mapping meanwhile: a forked child that shares them exits, or another
 * thread discards them.
 *
 * A migration entry of 2 MiB that is zapped takes a reference from the page in VRAM that is not its own (zap_huge_pmd()
 * of Linux 7.2). The fork once moved huge pages back as such: the page was freed under the migration, and the task
 * never returned from folio_lruvec_lock_irqsave(). What upstream does: docs/defects.md.
 */
#include "gpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES (4 * HUGE)
#define SECONDS 20

static uint32_t *p;

static void *discard(void *arg)
{
	(void)arg;
	usleep((useconds_t)random() % 3000);
	madvise(p, BYTES, MADV_DONTNEED);
	return NULL;
}

/* All comes back to RAM while the child goes away. */
static size_t child_exits(uint32_t seed)
{
	size_t bad;

	if (fork() == 0) {
		usleep((useconds_t)random() % 3000);
		_exit(0);
	}
	bad = wrong(p, BYTES, seed);
	while (wait(NULL) > 0)
		;
	return bad;
}

static size_t thread_discards(void)
{
	volatile uint32_t *word = p;
	pthread_t thread;
	size_t bad = 0;

	pthread_create(&thread, NULL, discard, NULL);
	for (size_t i = 0; i < BYTES / 4; i += PAGE / 4)
		(void)word[i];
	pthread_join(thread, NULL);
	for (size_t i = 0; i < BYTES / 4; i++)
		bad += word[i] != 0;
	return bad;
}

int main(void)
{
	size_t rounds = 0, bad = 0, there = 0;
	double end;

	test_start(100);
	gpu_open();
	p = map_huge(BYTES);
	for (end = now() + SECONDS; now() < end; rounds++) {
		pattern(p, BYTES, (uint32_t)rounds + 1);
		range_to_vram(p, BYTES);
		there += pages_in_vram(p, BYTES);
		bad += rounds % 2 ? thread_discards() : child_exits((uint32_t)rounds + 1);
	}
	ok(there > 0 && bad == 0, "%zu rounds: all words are right (%zu differ; %zu pages were in VRAM)", rounds, bad,
	   there);
	test_end();
}
