// SPDX-License-Identifier: MIT
/*
 * core.c - the life of a board, its lock and its engine thread.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "gp104.h"
#include "mmio.h"

uint64_t gp104_now(void)
{
	static uint64_t start;
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	if (!start)
		start = now;
	return now - start;
}

void gp104_lock_guest(struct gp104 *g)
{
	atomic_fetch_add(&g->guest_waits, 1);
	pthread_mutex_lock(&g->lock);
	atomic_fetch_sub(&g->guest_waits, 1);
}

void gp104_unlock_guest(struct gp104 *g)
{
	pthread_mutex_unlock(&g->lock);
}

void gp104_kick(struct gp104 *g)
{
	g->kicked = true;
	pthread_cond_signal(&g->work);
}

/* One slice of every unit; how long until the next one is wanted, in ns. */
static int64_t run_units(struct gp104 *g)
{
	int64_t next = RUN_IDLE;
	size_t i;

	for (i = 0; i < gp104_nunits; i++) {
		int64_t t;

		if (!gp104_units[i]->run)
			continue;
		t = gp104_units[i]->run(g);
		if (t < next)
			next = t;
	}
	return next;
}

/* A mutex is not fair: stand back until every waiting guest access has had its turn. */
static void let_guest_in(struct gp104 *g)
{
	if (!gp104_guest_waits(g))
		return;
	pthread_mutex_unlock(&g->lock);
	while (gp104_guest_waits(g))
		sched_yield();
	pthread_mutex_lock(&g->lock);
}

static void sleep_ns(struct gp104 *g, int64_t ns)
{
	struct timespec ts;

	if (ns == RUN_IDLE) {
		pthread_cond_wait(&g->work, &g->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ns / 1000000000;
	ts.tv_nsec += ns % 1000000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	pthread_cond_timedwait(&g->work, &g->lock, &ts);
}

static void *engine_thread(void *arg)
{
	struct gp104 *g = arg;

	pthread_mutex_lock(&g->lock);
	while (!g->quit) {
		int64_t wait;

		g->kicked = false;
		wait = run_units(g);
		let_guest_in(g);
		if (wait > 0 && !g->kicked && !g->quit)
			sleep_ns(g, wait);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

unsigned int gp104_run_slices(struct gp104 *g, unsigned int max)
{
	unsigned int n;

	for (n = 0; n < max; n++) {
		g->kicked = false;
		if (run_units(g) > 0 && !g->kicked)
			break;
	}
	return n;
}

int gp104_start(struct gp104 *g)
{
	return -pthread_create(&g->engine, NULL, engine_thread, g);
}

void gp104_stop(struct gp104 *g)
{
	gp104_lock_guest(g);
	g->quit = true;
	gp104_kick(g);
	gp104_unlock_guest(g);
	pthread_join(g->engine, NULL);
}

void gp104_reset(struct gp104 *g)
{
	size_t i;

	mmio_reset(g);
	for (i = 0; i < gp104_nunits; i++)
		if (gp104_units[i]->reset)
			gp104_units[i]->reset(g);
}

static int vram_alloc(struct gp104 *g)
{
	g->vram_fd = memfd_create("gp104-vram", MFD_CLOEXEC);
	if (g->vram_fd < 0)
		return -errno;
	if (ftruncate(g->vram_fd, (off_t)g->cfg.vram_size))
		return -errno;
	g->vram = mmap(NULL, g->cfg.vram_size, PROT_READ | PROT_WRITE, MAP_SHARED, g->vram_fd, 0);
	if (g->vram == MAP_FAILED) {
		g->vram = NULL;
		return -errno;
	}
	return 0;
}

static void lock_init(struct gp104 *g)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&g->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&g->work, &attr);
	pthread_condattr_destroy(&attr);
}

struct gp104 *gp104_new(const struct gp104_config *cfg)
{
	struct gp104 *g = calloc(1, sizeof(*g));
	size_t i;

	if (!g)
		return NULL;
	g->cfg = *cfg;
	g->vram_fd = -1;
	lock_init(g);
	gp104_now();
	if (vram_alloc(g) || mmio_init(g))
		goto fail;
	for (i = 0; i < gp104_nunits; i++)
		if (gp104_units[i]->init && gp104_units[i]->init(g))
			goto fail;
	gp104_reset(g);
	return g;
fail:
	gp104_free(g);
	return NULL;
}

void gp104_free(struct gp104 *g)
{
	size_t i;

	if (!g)
		return;
	for (i = gp104_nunits; i-- > 0;)
		if (gp104_units[i]->fini)
			gp104_units[i]->fini(g);
	mmio_fini(g);
	if (g->vram)
		munmap(g->vram, g->cfg.vram_size);
	if (g->vram_fd >= 0)
		close(g->vram_fd);
	pthread_cond_destroy(&g->work);
	pthread_mutex_destroy(&g->lock);
	free(g);
}
