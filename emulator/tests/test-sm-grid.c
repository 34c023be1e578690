// SPDX-License-Identifier: MIT
/*
 * Grids: many CTAs over several SMs, special registers, faults and replay of whole programs,
 * targeted cancel, an endless loop that is killed, context switches, launches that no SM can hold.
 */
#include <errno.h>

#include "sm-test.h"

#define OUT (TEST_BASE + 0x100000)

#define ADDRESS "MOV R4, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nISCADD R2, R0, R4, 0x2\n"

static uint32_t *setup(struct board *b)
{
	board_param(b, 0, (uint32_t)OUT);
	board_param(b, 1, OUT >> 32);
	return board_ptr(b, OUT);
}

static const char linear[] =
	"S2R R0, SR_TID.X\nS2R R5, SR_CTAID.X\nMOV R6, c[0x0][0x8]\nIMAD.U32.U32 R0, R5, R6, R0\n"
	ADDRESS "IADD R1, R0, 0x1\nST.E [R2], R1\nEXIT\n";

static void test_many_ctas(void **state)
{
	struct board *b = board_new(2, 2);
	uint32_t *out = setup(b);

	board_param(b, 2, 96);
	b->grid.block_dim[0] = 96;
	b->grid.grid_dim[0] = 2000;
	board_ok(b, linear);
	for (uint32_t n = 0; n < 96 * 2000; n++)
		assert_int_equal(out[n], n + 1);
	assert_int_equal(sm_gpu_stats(b->gpu)->ctas, 2000);
	assert_int_equal(sm_gpu_stats(b->gpu)->warps, 6000);
	assert_int_equal(sm_gpu_stats(b->gpu)->warp_insns, 6000 * 10);
	assert_int_equal(sm_gpu_stats(b->gpu)->thread_insns, 6000 * 320);
	board_free(b);
}

/* each thread writes what it is told about itself */
static void test_special_registers(void **state)
{
	struct board *b = board_new(1, 2);
	uint32_t *out = setup(b);
	uint32_t n = 0;

	b->grid.block_dim[0] = 5;
	b->grid.block_dim[1] = 4;
	b->grid.block_dim[2] = 3;
	b->grid.grid_dim[0] = 2;
	b->grid.grid_dim[1] = 3;
	b->grid.grid_dim[2] = 2;
	board_ok(b,
		 "S2R R10, SR_TID.X\nS2R R11, SR_TID.Y\nS2R R12, SR_TID.Z\n"
		 "S2R R13, SR_CTAID.X\nS2R R14, SR_CTAID.Y\nS2R R15, SR_CTAID.Z\n"
		 /* number = ((((cz * 3 + cy) * 2 + cx) * 3 + z) * 4 + y) * 5 + x */
		 "MOV R5, 0x3\nIMAD.U32.U32 R0, R15, R5, R14\n"
		 "MOV R5, 0x2\nIMAD.U32.U32 R0, R0, R5, R13\n"
		 "MOV R5, 0x3\nIMAD.U32.U32 R0, R0, R5, R12\n"
		 "MOV R5, 0x4\nIMAD.U32.U32 R0, R0, R5, R11\n"
		 "MOV R5, 0x5\nIMAD.U32.U32 R0, R0, R5, R10\n"
		 ADDRESS
		 "ISCADD R1, R11, R10, 0x4\nISCADD R1, R12, R1, 0x8\nISCADD R1, R13, R1, 0xc\n"
		 "ISCADD R1, R14, R1, 0x10\nISCADD R1, R15, R1, 0x14\nS2R R6, SR_LANEID\n"
		 "ISCADD R1, R6, R1, 0x18\nST.E [R2], R1\nEXIT\n");
	for (uint32_t cz = 0; cz < 2; cz++)
		for (uint32_t cy = 0; cy < 3; cy++)
			for (uint32_t cx = 0; cx < 2; cx++)
				for (uint32_t t = 0; t < 60; t++, n++) {
					uint32_t x = t % 5, y = t / 5 % 4, z = t / 20;

					assert_int_equal(out[n], x | y << 4 | z << 8 | cx << 12 | cy << 16 |
							 cz << 20 | (t % 32) << 24);
				}
	board_free(b);
}

static void test_lane_masks(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		lab_step(t, "S2R R0, SR_EQMASK");
		lab_step(t, "S2R R1, SR_LTMASK");
		lab_step(t, "S2R R2, SR_LEMASK");
		lab_step(t, "S2R R3, SR_GTMASK");
		lab_step(t, "S2R R4, SR_GEMASK");
		for (int l = 0; l < LANES; l++) {
			uint64_t bit = 1ull << l;

			assert_int_equal(lab_reg(t, 0)[l], bit);
			assert_int_equal(lab_reg(t, 1)[l], bit - 1);
			assert_int_equal(lab_reg(t, 2)[l], (bit << 1) - 1);
			assert_int_equal(lab_reg(t, 3)[l], (uint32_t)-(bit << 1));
			assert_int_equal(lab_reg(t, 4)[l], (uint32_t)-bit);
		}
		lab_free(t);
	}
}

/* code, constants and data come page by page; other warps run on meanwhile */
static void test_replay_all(void **state)
{
	struct board *b = board_new(1, 2);
	uint32_t *out = setup(b);
	enum sm_run_status s;
	unsigned int rounds = 0, ifetch = 0, constant = 0, write = 0;

	board_param(b, 2, 64);
	b->grid.block_dim[0] = 64;
	b->grid.grid_dim[0] = 200;
	board_code(b, linear);
	memset(b->missing, 1, sizeof(b->missing));
	board_launch(b);
	for (;;) {
		s = sm_gpu_run(b->gpu, 100000);
		if (s != SM_STALLED)
			break;
		assert_true(b->faults > 0);
		assert_true(sm_waiting_replay(b->gpu, NULL));
		for (unsigned int n = 0; n < b->faults && n < 256; n++) {
			struct test_fault *f = &b->fault[n];

			b->missing[(f->va - TEST_BASE) / 4096] = 0;
			ifetch += f->access == SM_IFETCH && f->client.unit == SM_UNIT_GCC;
			constant += f->access == SM_CONST && f->client.unit == SM_UNIT_GCC;
			write += f->access == SM_WRITE && f->client.unit == SM_UNIT_TEX;
		}
		b->faults = 0;
		sm_replay(b->gpu);
		assert_true(++rounds < 100);
	}
	assert_int_equal(s, SM_IDLE);
	assert_int_equal(b->status, SM_GRID_DONE);
	assert_true(ifetch && constant && write);
	for (uint32_t n = 0; n < 64 * 200; n++)
		assert_int_equal(out[n], n + 1);
	board_free(b);
}

/* one counter, all threads, its page missing at first: nothing is counted twice */
static void test_atomics_over_replay(void **state)
{
	struct board *b = board_new(2, 2);
	uint32_t *out = setup(b);

	b->grid.block_dim[0] = 1024;
	b->grid.grid_dim[0] = 50;
	board_code(b, "MOV R2, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nMOV R1, 0x1\nRED.E.ADD [R2], R1\n"
		   "ATOM.E.ADD R5, [R2+0x1000], R1\nEXIT\n");
	b->missing[(OUT - TEST_BASE) / 4096] = 1;
	b->missing[(OUT - TEST_BASE) / 4096 + 1] = 1;
	board_launch(b);
	assert_int_equal(sm_gpu_run(b->gpu, 1000000), SM_STALLED);
	sm_replay(b->gpu);	/* in vain: it faults again */
	assert_int_equal(sm_gpu_run(b->gpu, 1000000), SM_STALLED);
	b->missing[(OUT - TEST_BASE) / 4096] = 0;
	sm_replay(b->gpu);
	assert_int_equal(sm_gpu_run(b->gpu, 1000000), SM_STALLED);
	memset(b->missing, 0, sizeof(b->missing));
	sm_replay(b->gpu);
	while (sm_gpu_run(b->gpu, 1000000) == SM_STALLED)
		sm_replay(b->gpu);
	assert_int_equal(b->status, SM_GRID_DONE);
	assert_int_equal(out[0], 51200);
	assert_int_equal(out[1024], 51200);
	board_free(b);
}

static void test_cancel(void **state)
{
	struct board *b = board_new(1, 2);
	struct sm_client wrong = { 0, 1, SM_UNIT_GCC }, right;

	setup(b);
	board_code(b, "MOV R2, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nLD.E R0, [R2]\nEXIT\n");
	b->missing[(OUT - TEST_BASE) / 4096] = 1;
	board_launch(b);
	assert_int_equal(sm_gpu_run(b->gpu, 1000), SM_STALLED);
	right = b->fault[0].client;
	assert_int_equal(sm_cancel(b->gpu, &wrong), 0);
	assert_int_equal(b->done, 0);
	assert_int_equal(sm_cancel(b->gpu, &right), 1);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->status, SM_GRID_FAULTED);
	assert_int_equal(sm_gpu_run(b->gpu, 1000), SM_IDLE);
	/* the next one computes */
	b->missing[(OUT - TEST_BASE) / 4096] = 0;
	board_ok(b, "MOV R2, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nLD.E R0, [R2]\nEXIT\n");
	board_free(b);
}

static void test_fatal_fault(void **state)
{
	struct board *b = board_new(1, 1);

	board_run(b, "MOV R2, RZ\nMOV R3, RZ\nLD.E R0, [R2]\nEXIT\n");
	assert_int_equal(b->done, 1);
	assert_int_equal(b->status, SM_GRID_FAULTED);
	board_free(b);
}

static void test_endless_loop(void **state)
{
	struct board *b = board_new(1, 2);
	uint32_t *out = setup(b);
	struct sm_grid other;

	b->grid.block_dim[0] = 512;
	b->grid.grid_dim[0] = 100;
	b->grid.owner = b;
	board_code(b, "again:\nBRA again\n");
	board_launch(b);
	for (int n = 0; n < 5; n++)
		assert_int_equal(sm_gpu_run(b->gpu, 10000), SM_BUSY);
	/* a slice can be ended from anywhere */
	sm_gpu_stop(b->gpu);
	assert_int_equal(sm_gpu_run(b->gpu, ~0ull), SM_BUSY);
	sm_kill(b->gpu, &b->grid);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->status, SM_GRID_KILLED);
	assert_int_equal(sm_gpu_run(b->gpu, 1000), SM_IDLE);
	other = b->grid;
	board_launch(b);
	sm_gpu_run(b->gpu, 1000);
	sm_kill_owner(b->gpu, b);
	assert_int_equal(b->done, 1);
	b->grid = other;
	b->grid.grid_dim[0] = 2;
	board_param(b, 2, 512);
	board_ok(b, linear);
	assert_int_equal(out[1023], 1024);
	board_free(b);
}

/* one owner's warps wait while another's run, and lose nothing */
static void test_context_switch(void **state)
{
	struct board *b = board_new(1, 1);
	struct sm_grid second;
	uint32_t *out = setup(b);
	int a_owner, b_owner;

	board_code(b, "S2R R0, SR_TID.X\n" ADDRESS "MOV32I R5, 0x400\nagain:\nIADD R1, R1, 0x1\n"
		   "STL [RZ], R1\nIADD R5, R5, -0x1\nISETP.NE.AND P0, PT, R5, RZ, PT\n@P0 BRA again\n"
		   "LDL R1, [RZ]\nST.E [R2], R1\nEXIT\n");
	b->grid.block_dim[0] = 1024;
	b->grid.local_low = 16;
	b->grid.local_per_sm = 0x100000;
	b->grid.local_base = TEST_BASE + 0x200000;
	b->grid.owner = &a_owner;
	second = b->grid;
	second.owner = &b_owner;
	second.space = 2;
	second.local_base = TEST_BASE + 0x400000;
	second.cbuf[0].addr = TEST_BASE + 0x710000;
	board_param(b, 0x4000, (uint32_t)OUT + 0x2000);
	board_param(b, 0x4001, OUT >> 32);
	board_launch(b);
	assert_int_equal(sm_gpu_run(b->gpu, 20000), SM_BUSY);
	sm_suspend_owner(b->gpu, &a_owner);
	assert_int_equal(sm_gpu_run(b->gpu, 20000), SM_IDLE);
	assert_int_equal(sm_launch(b->gpu, &second, NULL), 0);
	for (int n = 0; n < 20; n++) {
		sm_gpu_run(b->gpu, 20000);
		sm_suspend_owner(b->gpu, n & 1 ? (void *)&a_owner : &b_owner);
		sm_resume_owner(b->gpu, n & 1 ? (void *)&b_owner : &a_owner);
	}
	sm_resume_owner(b->gpu, &a_owner);
	sm_resume_owner(b->gpu, &b_owner);
	for (int n = 0; n < 100; n++)
		sm_gpu_run(b->gpu, 20000);
	assert_int_equal(b->done, 2);
	for (int n = 0; n < 1024; n++) {
		assert_int_equal(out[n], 1024);
		assert_int_equal(out[0x800 + n], 1024);
	}
	board_free(b);
}

static void refuse(struct board *b, struct sm_grid grid)
{
	const char *why = NULL;

	assert_int_equal(sm_launch(b->gpu, &grid, &why), -EINVAL);
	assert_non_null(why);
	assert_null(grid.priv);
}

static void test_impossible_launches(void **state)
{
	struct board *b = board_new(1, 1);
	struct sm_grid g;

	g = b->grid;
	g.block_dim[1] = 33;
	refuse(b, g);
	g.block_dim[0] = 0xffffffff;
	g.block_dim[1] = 0xffffffff;
	refuse(b, g);
	g = b->grid;
	g.registers = 256;
	refuse(b, g);
	g = b->grid;
	g.registers = 255;
	g.block_dim[0] = 1024;
	refuse(b, g);
	g = b->grid;
	g.shared_size = 0xc100;
	refuse(b, g);
	g = b->grid;
	g.local_low = 16;
	refuse(b, g);
	g = b->grid;
	g.grid_dim[2] = 0x10000;
	refuse(b, g);
	/* nothing to do */
	b->grid.grid_dim[1] = 0;
	board_launch(b);
	assert_int_equal(b->done, 1);
	board_free(b);
}

/* changed code is seen after a flush; a page whose translation changed is compared */
static void test_code_cache(void **state)
{
	struct board *b = board_new(1, 1);
	uint32_t *out = setup(b);

	board_ok(b, "MOV R0, RZ\n" ADDRESS "MOV R1, 0x5\nST.E [R2], R1\nEXIT\n");
	assert_int_equal(out[0], 5);
	board_ok(b, "MOV R0, RZ\n" ADDRESS "MOV R1, 0x6\nST.E [R2], R1\nEXIT\n");
	assert_int_equal(out[0], 6);
	board_code(b, "MOV R0, RZ\n" ADDRESS "MOV R1, 0x7\nST.E [R2], R1\nEXIT\n");
	sm_gpu_flush(b->gpu, SM_FLUSH_TLB);
	board_ok(b, NULL);
	assert_int_equal(out[0], 7);
	board_free(b);
}

/* more registers and CTAs than fit: the rest waits for room */
static void test_limits(void **state)
{
	struct board *b = board_new(1, 1);
	uint32_t *out = setup(b);

	board_param(b, 2, 256);
	b->grid.block_dim[0] = 256;
	b->grid.registers = 200;
	b->grid.shared_size = 0x8000;
	b->grid.grid_dim[0] = 20;
	board_ok(b, linear);
	for (uint32_t n = 0; n < 256 * 20; n++)
		assert_int_equal(out[n], n + 1);
	board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_ctas),
		cmocka_unit_test(test_special_registers),
		cmocka_unit_test(test_lane_masks),
		cmocka_unit_test(test_replay_all),
		cmocka_unit_test(test_atomics_over_replay),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_fatal_fault),
		cmocka_unit_test(test_endless_loop),
		cmocka_unit_test(test_context_switch),
		cmocka_unit_test(test_impossible_launches),
		cmocka_unit_test(test_code_cache),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
