// SPDX-License-Identifier: MIT
/*
 * test-pfifo.c - host: push buffers of every kind of entry, host methods, semaphores, software
 * methods, scheduling, preemption, and what becomes of a channel that faults.
 */
#include "gpu-test.h"
#include "gp104/ptop.h"

#define SEM_VA		0x80000
#define SEM		(T_DATA + 0x100000)
#define RUNLIST_CE	1

/* An engine that writes down what it is given, in the place of CE0. */
static struct {
	struct { unsigned int chan, subc; uint32_t mthd, data; } seen[64];
	unsigned int n, loads, unloads, gone;
	bool busy, stuck;
} eng;

static enum fifo_result eng_method(struct gp104 *g, struct fifo_chan *c, unsigned int subc,
				   uint32_t mthd, uint32_t data)
{
	if (eng.busy)
		return FIFO_BUSY;
	if (eng.n < ARRAY_SIZE(eng.seen)) {
		eng.seen[eng.n].chan = c->id;
		eng.seen[eng.n].subc = subc;
		eng.seen[eng.n].mthd = mthd;
		eng.seen[eng.n].data = data;
	}
	eng.n++;
	return FIFO_DONE;
}

static bool eng_idle(struct gp104 *g, struct fifo_chan *c)
{
	return !eng.stuck;
}

static void eng_load(struct gp104 *g, struct fifo_chan *c)
{
	eng.loads++;
}

static bool eng_unload(struct gp104 *g, struct fifo_chan *c)
{
	eng.unloads += !eng.stuck;
	return !eng.stuck;
}

static void eng_gone(struct gp104 *g, struct fifo_chan *c)
{
	eng.gone++;
}

static const struct fifo_engine engine = {
	.name = "test",
	.method = eng_method,
	.idle = eng_idle,
	.load = eng_load,
	.unload = eng_unload,
	.gone = eng_gone,
};

static int setup(void **state)
{
	struct board *b = board_new();

	memset(&eng, 0, sizeof(eng));
	fifo_init(b);
	pfifo_set_engine(b->g, FIFO_ENG_CE0, &engine);
	map4k(b, SEM_VA, SEM, P_VALID);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	board_free(*state);
	return 0;
}

static void assert_seen(unsigned int i, unsigned int subc, uint32_t mthd, uint32_t data)
{
	assert_true(i < eng.n);
	assert_int_equal(eng.seen[i].subc, subc);
	assert_int_equal(eng.seen[i].mthd, mthd);
	assert_int_equal(eng.seen[i].data, data);
}

static void test_headers(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 3, RUNLIST_CE, 0);
	push(&c, 1u << 29 | 2 << 16 | 4 << 13 | 0x400 >> 2);	/* incrementing */
	push(&c, 0x11);
	push(&c, 0x12);
	push(&c, 0);						/* no operation */
	push(&c, 3u << 29 | 2 << 16 | 1 << 13 | 0x500 >> 2);	/* not incrementing */
	push(&c, 0x21);
	push(&c, 0x22);
	push(&c, 5u << 29 | 3 << 16 | 2 << 13 | 0x600 >> 2);	/* increment once */
	push(&c, 0x31);
	push(&c, 0x32);
	push(&c, 0x33);
	push(&c, 4u << 29 | 0x1abc << 16 | 3 << 13 | 0x700 >> 2);	/* immediate */
	push(&c, 1 << 18 | 4 << 13 | 0x200);			/* the old formats */
	push(&c, 0x41);
	push(&c, 2u << 29 | 1 << 18 | 4 << 13 | 0x204);
	push(&c, 0x42);
	push(&c, 7u << 29);					/* end of segment */
	push(&c, 0xffffffff);
	kick(&c, 0);
	assert_int_equal(eng.n, 10);
	assert_seen(0, 4, 0x400, 0x11);
	assert_seen(1, 4, 0x404, 0x12);
	assert_seen(2, 1, 0x500, 0x21);
	assert_seen(3, 1, 0x500, 0x22);
	assert_seen(4, 2, 0x600, 0x31);
	assert_seen(5, 2, 0x604, 0x32);
	assert_seen(6, 2, 0x604, 0x33);
	assert_seen(7, 3, 0x700, 0x1abc);
	assert_seen(8, 4, 0x200, 0x41);
	assert_seen(9, 4, 0x204, 0x42);
	assert_int_equal(mmio_read(b->g, 0x2100) & PFIFO_INTR_PBDMA, 0);
	assert_int_equal(userd(&c, 0x88), 1);
}

/* Sub-device masks: methods for other boards are skipped. */
static void test_subdevice(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 0, RUNLIST_CE, 0);
	push(&c, 1 << 16 | 2 << 4);
	mthd1(&c, 4, 0x400, 1);
	push(&c, 2 << 16 | 1 << 4);
	push(&c, 3 << 16);
	mthd1(&c, 4, 0x404, 2);
	kick(&c, 0);
	assert_int_equal(eng.n, 1);
	assert_seen(0, 4, 0x404, 2);
}

/* A header in one entry, its data in the next; a ring that wraps. */
static void test_segments(void **state)
{
	struct board *b = *state;
	struct chan c;
	unsigned int i;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	mthd(&c, 4, 0x400, 2);
	push(&c, 1);
	push(&c, 2);
	for (i = 0; i < 40; i++) {
		entry(&c, CH_PUSH_VA + c.id * 0x4000, 1);
		entry(&c, CH_PUSH_VA + c.id * 0x4000 + 4, 2);
		entry(&c, 0, 0);	/* no operation */
		doorbell(&c);
		gp104_run_slices(b->g, 100);
	}
	assert_int_equal(eng.n, 80);
	assert_int_equal(userd(&c, 0x88), 120 % 64);
	assert_int_equal(b->g->stats.pbdma_gp_entries, 120);
}

static void test_semaphores(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 2, RUNLIST_CE, 0);
	mthd(&c, 0, 0x10, 4);
	push(&c, 0);
	push(&c, SEM_VA);
	push(&c, 0x1234);
	push(&c, 2 | 1 << 20);		/* release of 16 bytes */
	mthd(&c, 0, 0x14, 3);
	push(&c, SEM_VA + 0x20);
	push(&c, 0x5678);
	push(&c, 2 | 1 << 24);		/* of 4 bytes, after the engine's idle */
	mthd(&c, 0, 0x14, 3);
	push(&c, SEM_VA + 0x20);
	push(&c, 3);
	push(&c, 0x10 | 5u << 27);	/* add */
	kick(&c, 0);
	assert_int_equal(get32(b, SEM), 0x1234);
	assert_int_equal(get32(b, SEM + 4), 0);
	assert_true(get32(b, SEM + 8) | get32(b, SEM + 12));
	assert_int_equal(get32(b, SEM + 0x20), 0x567b);
	assert_int_equal(get32(b, SEM + 0x24), 0);
	assert_int_equal(b->g->stats.semaphore_releases, 2);
}

static void acquire(struct chan *c, uint32_t payload, uint32_t op)
{
	mthd(c, 0, 0x10, 4);
	push(c, 0);
	push(c, SEM_VA + 0x40);
	push(c, payload);
	push(c, op | 1 << 12);
}

static void run_until(struct board *b, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < 2000 && eng.n < n; i++)
		gp104_run_slices(b->g, 10000);
}

static void test_acquire(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 2, RUNLIST_CE, 0);
	vram32(b, SEM + 0x40, 6);
	acquire(&c, 6, 1);
	mthd1(&c, 4, 0x400, 1);
	acquire(&c, 5, 4);		/* at least */
	mthd1(&c, 4, 0x400, 2);
	acquire(&c, 0xc, 8);		/* any of these bits */
	mthd1(&c, 4, 0x400, 3);
	acquire(&c, 8, 1);
	mthd1(&c, 4, 0x400, 4);
	kick(&c, 0);
	assert_int_equal(eng.n, 3);
	gp104_run_slices(b->g, 1000);
	assert_int_equal(eng.n, 3);
	vram32(b, SEM + 0x40, 8);
	run_until(b, 4);
	assert_int_equal(eng.n, 4);
	assert_int_equal(b->g->stats.semaphore_acquires, 4);
}

/* A channel that waits does not keep another from running, and is woken by its release. */
static void test_two_channels(void **state)
{
	struct board *b = *state;
	const unsigned int ids[] = { 4, 5 };
	struct chan a, c;

	chan_init(b, &a, 4, RUNLIST_CE, 0);
	chan_init(b, &c, 5, RUNLIST_CE, 0);
	runlist_commit(b, RUNLIST_CE, ids, 2);
	acquire(&a, 77, 1);
	mthd1(&a, 4, 0x400, 0xa);
	kick(&a, 0);
	assert_int_equal(eng.n, 0);
	mthd1(&c, 4, 0x400, 0xc);
	mthd(&c, 0, 0x10, 4);
	push(&c, 0);
	push(&c, SEM_VA + 0x40);
	push(&c, 77);
	push(&c, 2);
	kick(&c, 0);
	run_until(b, 2);
	assert_int_equal(eng.n, 2);
	assert_int_equal(eng.seen[0].chan, 5);
	assert_int_equal(eng.seen[1].chan, 4);
	assert_int_equal(eng.loads, 2);
	assert_int_equal(eng.unloads, 1);
}

static void test_busy_and_wfi(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 6, RUNLIST_CE, 0);
	eng.busy = true;
	mthd1(&c, 4, 0x400, 1);
	mthd1(&c, 0, 0x78, 0);			/* wait for idle */
	mthd1(&c, 4, 0x404, 2);
	mthd1(&c, 0, 0x50, 0xbeef);		/* reference */
	kick(&c, 0);
	assert_int_equal(eng.n, 0);
	eng.busy = false;
	eng.stuck = true;
	gp104_run_slices(b->g, 100);
	assert_int_equal(eng.n, 1);
	eng.stuck = false;
	gp104_run_slices(b->g, 100);
	assert_int_equal(eng.n, 2);
	assert_int_equal(userd(&c, 0x48), 0xbeef);
	assert_int_equal(mmio_read(b->g, 0x3080 + 2 * 4), 0x2000 | 0x1000 | 6);
	assert_int_equal(mmio_read(b->g, 0x2640 + 1 * 8), 0x2000 | 0x1000 | 6);
}

static void test_nonstall(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	mthd1(&c, 0, 0x20, 0);
	mthd1(&c, 0, 0x24, 0);
	kick(&c, 0);
	assert_true(mmio_read(b->g, 0x2100) & PFIFO_INTR_NONSTALL);
	mmio_write(b->g, 0x2100, PFIFO_INTR_NONSTALL);
	assert_false(mmio_read(b->g, 0x2100) & PFIFO_INTR_NONSTALL);
}

static void test_tlb_invalidate(void **state)
{
	struct board *b = *state;
	struct mmu_span s;
	struct mmu_ctx ctx;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	pmmu_ctx_load(b->g, &ctx, APER_VRAM, T_INST + 0x1000);
	map4k(b, 0x90000, T_DATA, P_VALID);
	map4k(b, 0x91000, T_DATA, P_VALID);
	pmmu_translate(b->g, &ctx, 0x90000, MMU_READ, &test_hub, &s);
	pmmu_translate(b->g, &ctx, 0x91000, MMU_READ, &test_hub, &s);
	map4k(b, 0x90000, T_DATA + 0x1000, P_VALID);
	map4k(b, 0x91000, T_DATA + 0x1000, P_VALID);
	mthd(&c, 0, 0x28, 4);		/* nvidia-uvm's uvm_hal_pascal_host_tlb_invalidate_va() */
	push(&c, 0x90000);
	push(&c, 0);
	push(&c, T_PD3);
	push(&c, 0xau << 27);
	kick(&c, 0);
	pmmu_translate(b->g, &ctx, 0x90000, MMU_READ, &test_hub, &s);
	assert_int_equal(s.phys, T_DATA + 0x1000);
	pmmu_translate(b->g, &ctx, 0x91000, MMU_READ, &test_hub, &s);
	assert_int_equal(s.phys, T_DATA);
}

/* Subchannels without an engine: nouveau executes the method and puts a NOP in its place. */
static void test_software_method(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 9, RUNLIST_CE, 0);
	mthd1(&c, 7, 0x600, 0x906e);
	mthd1(&c, 4, 0x400, 5);
	kick(&c, 0);
	assert_int_equal(eng.n, 0);
	assert_int_equal(mmio_read(b->g, 0x25a0), BIT(2));
	assert_int_equal(mmio_read(b->g, 0x40108 + 2 * 0x2000), BIT(23));
	assert_int_equal(mmio_read(b->g, 0x400c0 + 2 * 0x2000) & 0x00073ffc, 7 << 16 | 0x600);
	assert_int_equal(mmio_read(b->g, 0x400c4 + 2 * 0x2000), 0x906e);
	assert_int_equal(mmio_read(b->g, 0x40120 + 2 * 0x2000) & 0xfff, 9);
	mmio_write(b->g, 0x400c0 + 2 * 0x2000, 0x80600008);
	mmio_write(b->g, 0x40108 + 2 * 0x2000, BIT(23));
	gp104_run_slices(b->g, 100);
	assert_int_equal(mmio_read(b->g, 0x25a0), 0);
	assert_int_equal(eng.n, 1);
}

static void assert_pbdma_error(struct board *b, struct chan *c, uint32_t bit)
{
	assert_int_equal(mmio_read(b->g, 0x40108 + 2 * 0x2000), bit);
	assert_int_equal(mmio_read(b->g, 0x2100) & PFIFO_INTR_PBDMA, PFIFO_INTR_PBDMA);
	/* As nouveau: stop the channel, preempt it, acknowledge. */
	mmio_write(b->g, 0x800004 + c->id * 8, 0x800);
	mmio_write(b->g, 0x2634, 0x01000000 | c->id);
	assert_int_equal(mmio_read(b->g, 0x2634) & BIT(20), BIT(20));
	mmio_write(b->g, 0x400c0 + 2 * 0x2000, 0x80600008);
	mmio_write(b->g, 0x40108 + 2 * 0x2000, bit);
	gp104_run_slices(b->g, 100);
	assert_int_equal(mmio_read(b->g, 0x2634) & BIT(20), 0);
	assert_int_equal(mmio_read(b->g, 0x2100) & PFIFO_INTR_PBDMA, 0);
}

static void test_bad_words(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 9, RUNLIST_CE, 0);
	push(&c, 6u << 29);
	kick(&c, 0);
	assert_pbdma_error(b, &c, BIT(18));
	chan_init(b, &c, 10, RUNLIST_CE, 0);
	mthd1(&c, 0, 0x70, 0);		/* sync points are Tegra's */
	kick(&c, 0);
	assert_pbdma_error(b, &c, BIT(21));
	chan_init(b, &c, 11, RUNLIST_CE, 0);
	entry(&c, 0, 0);
	vram32(b, CH_RING(11) + 4, 1);	/* opcode "illegal" */
	doorbell(&c);
	gp104_run_slices(b->g, 10);
	assert_pbdma_error(b, &c, BIT(15));
	chan_init(b, &c, 12, RUNLIST_CE, 0);
	mthd1(&c, 0, 0x1c, 0x1f);	/* no such semaphore operation */
	kick(&c, 0);
	assert_pbdma_error(b, &c, BIT(25));
}

/* A disabled channel, a blocked runlist: nothing runs. */
static void test_enable_and_block(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	mmio_write(b->g, 0x800004 + 8, 0x800);
	mthd1(&c, 4, 0x400, 1);
	kick(&c, 0);
	assert_int_equal(eng.n, 0);
	mmio_write(b->g, 0x2630, BIT(RUNLIST_CE));
	mmio_write(b->g, 0x800004 + 8, 0x400);
	gp104_run_slices(b->g, 10);
	assert_int_equal(eng.n, 0);
	mmio_write(b->g, 0x2630, 0);
	gp104_run_slices(b->g, 10);
	assert_int_equal(eng.n, 1);
	/* GP_PUT is only looked at when USERD was written through BAR1. */
	entry(&c, CH_PUSH_VA + 0x4000, 2);
	vram32(b, T_USERD + 0x200 + 0x8c, c.put);
	gp104_run_slices(b->g, 10);
	assert_int_equal(eng.n, 1);
	doorbell(&c);
	gp104_run_slices(b->g, 10);
	assert_int_equal(eng.n, 2);
}

static void test_preempt(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	mthd1(&c, 4, 0x400, 1);
	kick(&c, 0);
	mmio_write(b->g, 0x2a0c, 0x80000000 | 20000);	/* 20 ms */
	eng.stuck = true;
	mmio_write(b->g, 0x800004 + 8, 0x800);
	mmio_write(b->g, 0x2634, 0x01000001);
	assert_true(mmio_read(b->g, 0x2634) & BIT(20));
	/* nouveau gk104_engn_status(): busy, switching, saving; of TSG 1 */
	assert_int_equal(mmio_read(b->g, 0x2640 + 8) & 0xc000f000, 0x8000d000);
	gp104_run_slices(b->g, 100);
	assert_false(mmio_read(b->g, 0x2100) & PFIFO_INTR_SCHED);
	nanosleep(&(struct timespec){ .tv_nsec = 25000000 }, NULL);
	gp104_run_slices(b->g, 100);
	assert_true(mmio_read(b->g, 0x2100) & PFIFO_INTR_SCHED);
	assert_int_equal(mmio_read(b->g, 0x254c), 0x0a);
	/* The driver's recovery: fault the engine, reset it. */
	mmio_write(b->g, 0x2100, PFIFO_INTR_SCHED);
	mmio_write(b->g, 0x2a30 + 4, 0x100 | MMU_ENG_CE0);
	assert_int_equal(mmio_read(b->g, 0x259c), BIT(MMU_ENG_CE0));
	assert_int_equal(mmio_read(b->g, 0x2800 + MMU_ENG_CE0 * 16), (T_INST + 0x1000) >> 12);
	assert_true(mmio_read(b->g, 0x2634) & BIT(20));
	mmio_write(b->g, 0x200, ~BIT(6));
	mmio_write(b->g, 0x200, 0xffffffff);
	gp104_run_slices(b->g, 100);
	assert_false(mmio_read(b->g, 0x2634) & BIT(20));
	assert_int_equal(mmio_read(b->g, 0x2640 + 8), 0);
}

/* A channel whose work never ends keeps another from the engine: the same time-out. */
static void test_endless(void **state)
{
	struct board *b = *state;
	const unsigned int ids[] = { 1, 2 };
	struct chan a, c;

	chan_init(b, &a, 1, RUNLIST_CE, 0);
	chan_init(b, &c, 2, RUNLIST_CE, 0);
	runlist_commit(b, RUNLIST_CE, ids, 2);
	mmio_write(b->g, 0x2a0c, 0x80000000 | 5000);
	mthd1(&a, 4, 0x400, 0xa);
	kick(&a, 0);
	eng.stuck = true;
	gp104_run_slices(b->g, 10);
	nanosleep(&(struct timespec){ .tv_nsec = 15000000 }, NULL);
	gp104_run_slices(b->g, 10);
	assert_false(mmio_read(b->g, 0x2100) & PFIFO_INTR_SCHED);	/* nobody waits */
	mthd1(&c, 4, 0x400, 0xc);
	kick(&c, 0);
	assert_int_equal(eng.n, 1);
	nanosleep(&(struct timespec){ .tv_nsec = 15000000 }, NULL);
	gp104_run_slices(b->g, 10);
	assert_true(mmio_read(b->g, 0x2100) & PFIFO_INTR_SCHED);
	assert_int_equal(mmio_read(b->g, 0x2640 + 8) & 0xc000f000, 0x8000d000);
	mmio_write(b->g, 0x200, ~BIT(6));
	mmio_write(b->g, 0x200, 0xffffffff);
	pfifo_engine_reset(b->g, FIFO_ENG_CE0);
	gp104_run_slices(b->g, 10);
	assert_int_equal(eng.n, 2);
}

/* After a fault the runlist stands still until 0x262c is written; other runlists do not care. */
static void test_push_fault(void **state)
{
	struct board *b = *state;
	const unsigned int ids[] = { 7, 8 };
	struct chan bad, good;
	uint32_t info;

	chan_init(b, &bad, 7, RUNLIST_CE, INST_REPLAY);
	chan_init(b, &good, 8, RUNLIST_CE, INST_REPLAY);
	runlist_commit(b, RUNLIST_CE, ids, 2);
	entry(&bad, 0x700000, 4);		/* nothing is mapped there */
	doorbell(&bad);
	gp104_run_slices(b->g, 100);
	info = mmio_read(b->g, 0x280c + (MMU_ENG_HOST0 + 2) * 16);
	assert_int_equal(mmio_read(b->g, 0x259c), BIT(MMU_ENG_HOST0 + 2));
	assert_int_equal(mmio_read(b->g, 0x2804 + (MMU_ENG_HOST0 + 2) * 16), 0x700000);
	assert_int_equal(info & 0x1f177f1f, 0x00100000 | MMU_HUB_HOST << 8 | MMU_FAULT_PDE);
	assert_int_equal(mmio_read(b->g, 0x800004 + 7 * 8) & BIT(22), BIT(22));
	assert_int_equal(mmio_read(b->g, 0x262c), BIT(RUNLIST_CE));
	assert_int_equal(b->g->stats.faults_fatal, 1);
	assert_int_equal(mmio_read(b->g, 0x2a80), 0);	/* not in the replayable buffer */
	mthd1(&good, 4, 0x400, 1);
	kick(&good, 0);
	assert_int_equal(eng.n, 0);
	/* Recovery: take the channel off the list, clear, go on. */
	mmio_write(b->g, 0x259c, 0xffffffff);
	runlist_commit(b, RUNLIST_CE, ids + 1, 1);
	mmio_write(b->g, 0x262c, BIT(RUNLIST_CE));
	gp104_run_slices(b->g, 100);
	assert_int_equal(eng.n, 1);
	/* The page appears: too late for the channel. */
	map4k(b, 0x700000, T_DATA, P_VALID);
	invalidate(b, 0, 0xb);
	doorbell(&bad);
	gp104_run_slices(b->g, 100);
	assert_int_equal(eng.n, 1);
}

static void test_unbind(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	mthd1(&c, 4, 0x400, 1);
	kick(&c, 0);
	mmio_write(b->g, 0x800008, 0);
	assert_true(eng.gone >= 1);
	assert_null(pfifo_chan(b->g, 1));
	assert_int_equal(get32(b, T_INST + 0x1000 + 0x14), 1); /* RAMFC GP_GET, for the next bind */
	assert_false(mmio_read(b->g, 0x2100) & PFIFO_INTR_BIND);
	/* Bound again it goes on where it was. */
	mmio_write(b->g, 0x800008, 0x80000000 | (T_INST + 0x1000) >> 12);
	mmio_write(b->g, 0x80000c, 0x400);
	runlist_commit(b, RUNLIST_CE, &c.id, 1);
	gp104_run_slices(b->g, 100);
	assert_int_equal(eng.n, 1);
	entry(&c, CH_PUSH_VA + 0x4000, 2);
	doorbell(&c);
	gp104_run_slices(b->g, 100);
	assert_int_equal(eng.n, 2);
	/* Unbound while its engine works: an error. */
	eng.stuck = true;
	mmio_write(b->g, 0x800008, 0);
	assert_true(mmio_read(b->g, 0x2100) & PFIFO_INTR_BIND);
	assert_int_equal(mmio_read(b->g, 0x252c), 3);
}

static void test_bad_runlists(void **state)
{
	struct board *b = *state;
	unsigned int i;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	mmio_write(b->g, 0x2270, 0x3fffffff);
	mmio_write(b->g, 0x2274, 0x00100fff);	/* not in memory */
	mmio_write(b->g, 0x2274, 0xfff00001);	/* no such runlist */
	for (i = 0; i < 4096; i++) /* one channel 4000 times, groups that lie about their size */
		vram32(b, T_DATA + 0x200000 + i * 8, i % 3 ? 1 : 63u << 26 | BIT(13) | (i & 0xfff));
	mmio_write(b->g, 0x2270, (T_DATA + 0x200000) >> 12);
	mmio_write(b->g, 0x2274, 0x00100fff);
	mthd1(&c, 4, 0x400, 1);
	kick(&c, 0);
	assert_int_equal(eng.n, 1);
	mmio_write(b->g, 0x800000 + 8, 0x9fffffff);
	mmio_write(b->g, 0x800000 + 16, 0xffffffff);
	gp104_run_slices(b->g, 100);
}

/* An unbound instance block, USERD outside of memory, a ring that is not mapped. */
static void test_bad_instance(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	memset(b->g->vram + T_INST + 0x1000, 0xff, 4096);
	mmio_write(b->g, 0x800008, 0x80000000 | (T_INST + 0x1000) >> 12);
	mmio_write(b->g, 0x80000c, 0x400);
	runlist_commit(b, RUNLIST_CE, &c.id, 1);
	gp104_run_slices(b->g, 1000);
	inst_init(b, T_INST + 0x1000, 0, 0);
	vram32(b, T_INST + 0x1200, 0);		/* no page tables */
	vram32(b, T_INST + 0x1008, T_USERD + 0x200);
	vram32(b, T_INST + 0x104c, 6 << 16);
	vram32(b, T_USERD + 0x200 + 0x8c, 5);
	mmio_write(b->g, 0x800008, 0x80000000 | (T_INST + 0x1000) >> 12);
	mmio_write(b->g, 0x80000c, 0x400);
	runlist_commit(b, RUNLIST_CE, &c.id, 1);
	mmio_write(b->g, 0x259c, 0xffffffff);
	mmio_write(b->g, 0x262c, 0xffffffff);
	gp104_run_slices(b->g, 1000);
	assert_int_equal(mmio_read(b->g, 0x280c + (MMU_ENG_HOST0 + 2) * 16) & 0x1f,
			 MMU_FAULT_UNBOUND_INST);
}

static void test_reset(void **state)
{
	struct board *b = *state;
	struct chan c;

	chan_init(b, &c, 1, RUNLIST_CE, 0);
	mthd1(&c, 7, 0x600, 1);
	kick(&c, 0);
	assert_true(mmio_read(b->g, 0x2100) & PFIFO_INTR_PBDMA);
	mmio_write(b->g, 0x200, ~BIT(8));
	mmio_write(b->g, 0x200, 0xffffffff);
	assert_int_equal(mmio_read(b->g, 0x2100), 0);
	assert_null(pfifo_chan(b->g, 1));
	gp104_run_slices(b->g, 10);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_headers),
		T(test_subdevice),
		T(test_segments),
		T(test_semaphores),
		T(test_acquire),
		T(test_two_channels),
		T(test_busy_and_wfi),
		T(test_nonstall),
		T(test_tlb_invalidate),
		T(test_software_method),
		T(test_bad_words),
		T(test_enable_and_block),
		T(test_preempt),
		T(test_endless),
		T(test_push_fault),
		T(test_unbind),
		T(test_bad_runlists),
		T(test_bad_instance),
		T(test_reset),
	};

	return cmocka_run_group_tests_name("pfifo", tests, NULL, NULL);
}
