// SPDX-License-Identifier: MIT
/*
 * test-pfault.c - the replayable fault buffer: packets, GET and PUT, overflow, replay and cancel;
 * which faults are fatal instead.
 */
#include "gpu-test.h"

#define GET	0x2a7c
#define PUT	0x2a80
#define ENTRIES	0x2a78

static struct {
	unsigned int replays, cancels, cancel_alls;
	uint8_t gpc, client;
} gr;

static void on_replay(struct gp104 *g)
{
	gr.replays++;
}

static void on_cancel(struct gp104 *g, uint8_t gpc, uint8_t client)
{
	gr.cancels++;
	gr.gpc = gpc;
	gr.client = client;
}

static void on_cancel_all(struct gp104 *g)
{
	gr.cancel_alls++;
}

static const struct mmu_gr_ops ops = {
	.replay = on_replay, .cancel = on_cancel, .cancel_all = on_cancel_all,
};

static int setup(void **state)
{
	struct board *b = board_new();

	memset(&gr, 0, sizeof(gr));
	tables_init(b);
	bars_init(b);
	inst_init(b, T_INST, T_PD3, INST_REPLAY);
	pmmu_set_gr_ops(b->g, &ops);
	mmio_write(b->g, 0x2a74, 0);
	mmio_write(b->g, 0x2a70, 1);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	board_free(*state);
	return 0;
}

static enum mmu_result touch(struct board *b, uint64_t va, enum mmu_access access,
			     const struct mmu_client *client)
{
	struct mmu_span s;
	struct mmu_ctx ctx;

	assert_true(pmmu_ctx_load(b->g, &ctx, APER_VRAM, T_INST));
	return pmmu_translate(b->g, &ctx, va, access, client, &s);
}

static uint32_t word(struct board *b, unsigned int index, unsigned int w)
{
	return get32(b, T_BAR2_MEM + index * 32 + w * 4);
}

static bool pending(struct board *b)
{
	return mmio_read(b->g, 0x100) & BIT(9);
}

static void test_packet(void **state)
{
	struct board *b = *state;
	struct mmu_client client = { .engine = MMU_ENG_GR, .gpc = 3, .id = pmmu_gpc_tex(4) };
	uint64_t va = UINT64_C(0x7fff12345678);

	assert_false(pending(b));
	assert_int_equal(touch(b, va, MMU_ATOMIC, &client), MMU_FAULT_REPLAY);
	assert_int_equal(mmio_read(b->g, PUT), 1);
	assert_int_equal(mmio_read(b->g, GET), 0);
	assert_true(pending(b));
	assert_int_equal(word(b, 0, 0), T_INST);	/* aperture 0 */
	assert_int_equal(word(b, 0, 1), 0);
	assert_int_equal(word(b, 0, 2), 0x12345000);
	assert_int_equal(word(b, 0, 3), 0x7fff);
	/* valid, GPC 3, atomic, client T1_4 = 0x15, type PDE */
	assert_int_equal(word(b, 0, 7), 0x83021500 | MMU_FAULT_PDE);
	mmio_write(b->g, GET, 1);
	assert_false(pending(b));
	assert_int_equal(mmio_read(b->g, 0x259c), 0);
}

static void test_access_types(void **state)
{
	struct board *b = *state;

	map4k(b, 0x1000, T_DATA, P_VALID | P_RO);
	map4k(b, 0x2000, T_DATA, P_VALID | P_NOATOMIC);
	touch(b, 0x3000, MMU_READ, &test_tex);
	touch(b, 0x1000, MMU_WRITE, &test_tex);
	touch(b, 0x2000, MMU_ATOMIC, &test_tex);
	touch(b, 0x4000, MMU_PREFETCH, &test_tex);
	touch(b, 0x3000, MMU_READ, &test_gcc);
	assert_int_equal(mmio_read(b->g, PUT), 5);
	assert_int_equal(word(b, 0, 7) & 0x7001f, MMU_READ << 16 | MMU_FAULT_PTE);
	assert_int_equal(word(b, 1, 7) & 0x7001f, MMU_WRITE << 16 | MMU_FAULT_RO);
	assert_int_equal(word(b, 2, 7) & 0x7001f, MMU_ATOMIC << 16 | MMU_FAULT_ATOMIC);
	assert_int_equal(word(b, 3, 7) & 0x7001f, MMU_PREFETCH << 16 | MMU_FAULT_PTE);
	assert_int_equal(word(b, 4, 7) >> 8 & 0x7f, MMU_GPC_GCC);
	assert_int_equal(b->g->stats.faults_replayable_read, 2);
	assert_int_equal(b->g->stats.faults_replayable_write, 1);
	assert_int_equal(b->g->stats.faults_replayable_atomic, 1);
	assert_int_equal(b->g->stats.faults_replayable_prefetch, 1);
}

/* A page that a uTLB waits for is not reported again before the replay; two TPCs share a uTLB. */
static void test_once(void **state)
{
	struct board *b = *state;
	struct mmu_client other = test_tex, neighbour = test_tex;

	neighbour.id = pmmu_gpc_tex(1);
	other.id = pmmu_gpc_tex(2);
	touch(b, 0x1000, MMU_READ, &test_tex);
	touch(b, 0x1abc, MMU_READ, &test_tex);
	touch(b, 0x1000, MMU_READ, &neighbour);
	assert_int_equal(mmio_read(b->g, PUT), 1);
	touch(b, 0x1000, MMU_READ, &other);
	touch(b, 0x1000, MMU_WRITE, &test_tex);
	assert_int_equal(mmio_read(b->g, PUT), 3);
	invalidate(b, 0, 0xb);
	assert_int_equal(gr.replays, 1);
	touch(b, 0x1000, MMU_READ, &test_tex);
	assert_int_equal(mmio_read(b->g, PUT), 4);
}

static void test_served(void **state)
{
	struct board *b = *state;

	assert_int_equal(touch(b, 0x1000, MMU_READ, &test_tex), MMU_FAULT_REPLAY);
	map4k(b, 0x1000, T_DATA, P_VALID);
	invalidate(b, 0, 0xb);
	assert_int_equal(touch(b, 0x1000, MMU_READ, &test_tex), MMU_OK);
	assert_int_equal(b->g->stats.replays, 1);
}

/* Hub clients, other GPC clients, and spaces without the replay bits have fatal faults. */
static void test_fatal(void **state)
{
	struct board *b = *state;
	struct mmu_client rast = test_tex;

	rast.id = MMU_GPC_RAST;
	assert_int_equal(touch(b, 0x5000, MMU_WRITE, &test_hub), MMU_FAULT_FATAL);
	assert_int_equal(mmio_read(b->g, 0x259c), BIT(MMU_ENG_CE0));
	assert_int_equal(mmio_read(b->g, 0x2800 + MMU_ENG_CE0 * 16), T_INST >> 12);
	assert_int_equal(mmio_read(b->g, 0x2804 + MMU_ENG_CE0 * 16), 0x5000);
	assert_int_equal(mmio_read(b->g, 0x280c + MMU_ENG_CE0 * 16),
			 0x80110100 | MMU_FAULT_PDE);	/* hub, write, client CE0 */
	assert_true(mmio_read(b->g, 0x2100) & PFIFO_INTR_MMU_FAULT);
	mmio_write(b->g, 0x259c, 0xffffffff);
	assert_false(mmio_read(b->g, 0x2100) & PFIFO_INTR_MMU_FAULT);
	assert_int_equal(touch(b, 0x5000, MMU_READ, &rast), MMU_FAULT_FATAL);
	mmio_write(b->g, 0x259c, 0xffffffff);
	inst_init(b, T_INST, T_PD3, BIT(5));	/* GCC only */
	assert_int_equal(touch(b, 0x5000, MMU_READ, &test_tex), MMU_FAULT_FATAL);
	assert_int_equal(touch(b, 0x5000, MMU_READ, &test_gcc), MMU_FAULT_REPLAY);
	assert_int_equal(mmio_read(b->g, PUT), 1);
}

static void test_overflow(void **state)
{
	struct board *b = *state;
	uint32_t entries = mmio_read(b->g, ENTRIES), i;
	struct mmu_client client = test_tex;

	/* Start near the end, so that the index wraps. */
	mmio_write(b->g, 0x2a70, 0);
	for (i = 0; i + 1 < entries; i++) {
		mmio_write(b->g, 0x2a70, 1);
		touch(b, 0x10000 + (i % 512) * 0x1000, MMU_READ, &client);
		invalidate(b, 0, 0xb);
	}
	assert_int_equal(mmio_read(b->g, PUT), entries - 1);
	assert_int_equal(b->g->stats.fault_buffer_overflows, 0);
	assert_int_equal(touch(b, 0x1000, MMU_READ, &client), MMU_FAULT_REPLAY);
	assert_int_equal(mmio_read(b->g, PUT), entries - 1);
	assert_int_equal(b->g->stats.fault_buffer_overflows, 1);
	assert_int_equal(mmio_read(b->g, 0x2a84) & 1, 1);
	/* The fault is not lost: after the replay it comes again. */
	mmio_write(b->g, GET, entries - 1);
	assert_false(pending(b));
	invalidate(b, 0, 0xb);
	touch(b, 0x1000, MMU_READ, &client);
	assert_int_equal(mmio_read(b->g, PUT), 0);
	assert_true(pending(b));
	assert_int_equal(word(b, entries - 1, 2), 0x1000);
}

static void test_bad_get(void **state)
{
	struct board *b = *state;

	touch(b, 0x1000, MMU_READ, &test_tex);
	mmio_write(b->g, GET, 0x3fff);
	assert_int_equal(mmio_read(b->g, GET), 0);
	touch(b, 0x2000, MMU_READ, &test_tex);
	assert_int_equal(mmio_read(b->g, PUT), 2);
}

/* The buffer itself is not mapped: a fault of BAR2, and nothing else. */
static void test_buffer_missing(void **state)
{
	struct board *b = *state;

	mmio_write(b->g, 0x2a70, 0x00800001);
	assert_int_equal(touch(b, 0x1000, MMU_READ, &test_tex), MMU_FAULT_REPLAY);
	assert_int_equal(mmio_read(b->g, PUT), 0);
	assert_int_equal(mmio_read(b->g, 0x259c), BIT(MMU_ENG_BAR2));
}

static uint32_t cancel_targeted(uint8_t gpc, uint8_t client)
{
	return 0x1b | (uint32_t)client << 9 | (uint32_t)gpc << 15;
}

static void test_cancel_targeted(void **state)
{
	struct board *b = *state;
	struct mmu_client far = { .engine = MMU_ENG_GR, .gpc = 1, .id = MMU_GPC_T1_0 };

	touch(b, 0x1000, MMU_WRITE, &test_tex);
	touch(b, 0x2000, MMU_READ, &far);
	/* The wrong GPC, or a uTLB without faults: nothing. */
	invalidate(b, 0, cancel_targeted(2, MMU_GPC_T1_0));
	invalidate(b, 0, cancel_targeted(0, pmmu_gpc_tex(2)));
	assert_int_equal(gr.cancels, 0);
	assert_int_equal(mmio_read(b->g, 0x259c), 0);
	invalidate(b, 0, cancel_targeted(0, MMU_GPC_T1_0));
	assert_int_equal(gr.cancels, 2);	/* both TPCs of the uTLB */
	assert_int_equal(gr.client, pmmu_gpc_tex(1));
	assert_int_equal(mmio_read(b->g, 0x259c), BIT(MMU_ENG_GR));
	assert_int_equal(mmio_read(b->g, 0x2804), 0x1000);
	assert_int_equal(mmio_read(b->g, 0x280c),
			 0x80000000 | MMU_WRITE << 16 | MMU_GPC_T1_0 << 8 | MMU_FAULT_PDE);
	/* The other GPC's waits on. */
	invalidate(b, 0, cancel_targeted(1, MMU_GPC_T1_0));
	assert_int_equal(gr.cancels, 4);
	assert_int_equal(gr.gpc, 1);
	assert_int_equal(b->g->stats.cancels_targeted, 4);
}

/* Two TPCs share a uTLB: a cancel hits both. */
static void test_cancel_utlb(void **state)
{
	struct board *b = *state;
	struct mmu_client second = test_tex;

	second.id = pmmu_gpc_tex(1);
	touch(b, 0x1000, MMU_READ, &test_tex);
	touch(b, 0x1000, MMU_READ, &second);
	touch(b, 0x1000, MMU_READ, &test_gcc);
	invalidate(b, 0, cancel_targeted(0, second.id));
	assert_int_equal(gr.cancels, 2);
	invalidate(b, 0, cancel_targeted(0, MMU_GPC_GCC));
	assert_int_equal(gr.cancels, 3);
}

static void test_cancel_global(void **state)
{
	struct board *b = *state;

	invalidate(b, 0, 0x23);
	assert_int_equal(gr.cancel_alls, 0);
	touch(b, 0x1000, MMU_READ, &test_tex);
	touch(b, 0x2000, MMU_READ, &test_gcc);
	invalidate(b, 0, 0x23);
	assert_int_equal(gr.cancel_alls, 1);
	assert_int_equal(mmio_read(b->g, 0x259c), BIT(MMU_ENG_GR));
}

/* A replay for an address space that no loaded channel has does not reach the GPCs. */
static void test_replay_pdb(void **state)
{
	struct board *b = *state;

	touch(b, 0x1000, MMU_READ, &test_tex);
	invalidate(b, T_PD3, 0x9);
	assert_int_equal(gr.replays, 0);
	invalidate(b, 0, 0xb);
	assert_int_equal(gr.replays, 1);
}

/* One write: the translations of one space go, and what waits is tried again. */
static void test_invalidate_replay(void **state)
{
	struct board *b = *state;
	struct chan c;

	/* a channel that stays loaded: it waits for a semaphore */
	fifo_init(b);
	chan_init(b, &c, 1, 1, INST_REPLAY);
	mthd(&c, 0, 0x10, 4);
	push(&c, 0);
	push(&c, CH_PUSH_VA + 0x4000 + 0x800);
	push(&c, 1);
	push(&c, 1);	/* acquire */
	kick(&c, 0);

	map4k(b, 0x1000, T_DATA, P_VALID);
	assert_int_equal(touch(b, 0x1000, MMU_READ, &test_tex), MMU_OK);
	assert_int_equal(touch(b, 0x2000, MMU_READ, &test_tex), MMU_FAULT_REPLAY);
	map4k(b, 0x1000, 0, 0);
	map4k(b, 0x2000, T_DATA, P_VALID);
	invalidate(b, T_PD3, 0x9);	/* PAGE_ALL, REPLAY_START, not ALL_PDB */
	assert_int_equal(gr.replays, 1);
	assert_int_equal(touch(b, 0x1000, MMU_READ, &test_tex), MMU_FAULT_REPLAY);
	assert_int_equal(touch(b, 0x2000, MMU_READ, &test_tex), MMU_OK);
	assert_int_equal(b->g->stats.replays, 1);
	assert_int_equal(b->g->stats.tlb_invalidates_pdb, 1);
	assert_int_equal(b->g->stats.tlb_invalidates_all, 0);
}

static void wait_ms(struct board *b, unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
	gp104_run_slices(b->g, 10);
}

/* --inject fault-late: PUT has moved, and the packet is not valid yet; every second one. */
static void test_late(void **state)
{
	struct board *b = *state;

	assert_true(inject_parse(&b->g->cfg.inject, "fault-late=20:2"));
	touch(b, 0x1000, MMU_WRITE, &test_tex);
	touch(b, 0x2000, MMU_READ, &test_tex);
	touch(b, 0x3000, MMU_READ, &test_tex);
	gp104_run_slices(b->g, 10);
	assert_int_equal(mmio_read(b->g, PUT), 3);
	assert_true(pending(b));
	assert_int_equal(word(b, 0, 2), 0x1000);
	assert_int_equal(word(b, 0, 7) >> 31, 0);
	assert_int_equal(word(b, 1, 7) >> 31, 1);
	assert_int_equal(word(b, 2, 7) >> 31, 0);
	wait_ms(b, 25);
	assert_int_equal(word(b, 0, 7), 0x80000000 | MMU_WRITE << 16 | MMU_GPC_T1_0 << 8 |
					MMU_FAULT_PDE);
	assert_int_equal(word(b, 2, 7) >> 31, 1);
	/* a reset forgets what was to come */
	touch(b, 0x4000, MMU_READ, &test_tex);
	touch(b, 0x5000, MMU_READ, &test_tex);
	gp104_reset(b->g);
	wait_ms(b, 25);
	assert_int_equal(word(b, 4, 7) >> 31, 0);
}

/* --inject fault-entries: the size that the guest reads is the one that counts. */
static void test_small_buffer(void **state)
{
	struct board *b = *state;

	assert_true(inject_parse(&b->g->cfg.inject, "fault-entries=3"));
	assert_int_equal(mmio_read(b->g, ENTRIES), 3);
	touch(b, 0x1000, MMU_READ, &test_tex);
	touch(b, 0x2000, MMU_READ, &test_tex);
	touch(b, 0x3000, MMU_READ, &test_tex);
	assert_int_equal(mmio_read(b->g, PUT), 2);
	assert_int_equal(b->g->stats.fault_buffer_overflows, 1);
	mmio_write(b->g, GET, 3);
	assert_int_equal(mmio_read(b->g, GET), 0);
	mmio_write(b->g, GET, 2);
	invalidate(b, 0, 0xb);
	touch(b, 0x3000, MMU_READ, &test_tex);
	assert_int_equal(mmio_read(b->g, PUT), 0);
	assert_int_equal(word(b, 2, 2), 0x3000);
}

static void test_parse(void **state)
{
	static const char *const bad[] = {
		"", ",", "ce-error", "ce-error=", "ce-error=0", "ce-error=1@", "ce-error=-1",
		"ce-error=1,", "ce-fault=1@2@3", "ce-error=1@2+", "ce-error=1@2+0",
		"ce-error=1+2", "ce-fault=1x", "fault-late=0", "fault-late=20000",
		"fault-late=1:", "fault-late=1:0", "fault-entries=1", "fault-entries=4000",
		"fault-entries=99999999999999999999", "something=1", "ce-fault=1 ",
	};
	struct inject in = { 0 };
	unsigned int i;

	assert_true(inject_parse(&in, "ce-error=2,ce-fault=1@3,fault-late=10,fault-entries=4"));
	assert_int_equal(in.ncopies, 2);
	assert_int_equal(in.late_ms, 10);
	assert_int_equal(in.late_every, 1);
	assert_int_equal(in.fault_entries, 4);
	assert_int_equal(inject_copy(&in, 0), INJECT_NONE);
	assert_int_equal(inject_copy(&in, 0), INJECT_CE_ERROR);
	assert_int_equal(inject_copy(&in, 2), INJECT_NONE);
	assert_int_equal(inject_copy(&in, 3), INJECT_CE_FAULT);
	assert_int_equal(inject_copy(&in, 3), INJECT_NONE);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(inject_parse(&in, bad[i]));
}

/* Counted anew at each second mark, however many there are at once. */
static void test_inject_again(void **state)
{
	struct inject in = { 0 };
	unsigned int mark;

	assert_true(inject_parse(&in, "ce-error=1@1+2,ce-fault=2@2+2"));
	assert_int_equal(inject_copy(&in, 0), INJECT_NONE);
	for (mark = 1; mark < 7; mark += 2) {
		assert_int_equal(inject_copy(&in, mark), INJECT_CE_ERROR);
		assert_int_equal(inject_copy(&in, mark), INJECT_NONE);
		assert_int_equal(inject_copy(&in, mark + 1), INJECT_NONE);
		assert_int_equal(inject_copy(&in, mark + 1), INJECT_CE_FAULT);
		assert_int_equal(inject_copy(&in, mark + 1), INJECT_NONE);
	}
	assert_int_equal(inject_copy(&in, 101), INJECT_CE_ERROR);
	assert_int_equal(inject_copy(&in, 101), INJECT_CE_FAULT);
	assert_int_equal(inject_copy(&in, 101), INJECT_NONE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_packet),
		T(test_access_types),
		T(test_once),
		T(test_served),
		T(test_fatal),
		T(test_overflow),
		T(test_bad_get),
		T(test_buffer_missing),
		T(test_cancel_targeted),
		T(test_cancel_utlb),
		T(test_cancel_global),
		T(test_replay_pdb),
		T(test_invalidate_replay),
		T(test_late),
		T(test_small_buffer),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_inject_again),
	};

	return cmocka_run_group_tests_name("pfault", tests, NULL, NULL);
}
