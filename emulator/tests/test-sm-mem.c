// SPDX-License-Identifier: MIT
/*
 * Loads, stores and atomics of all widths and spaces; bounds and alignment; faults: every missing
 * page of an instruction is reported, nothing is done before the replay and nothing twice after
 * it.
 */
#include "sm-test.h"
#include "sm/fp.h"

#define DATA (TEST_BASE + 0x10000)

static void set_addr(struct lane_lab *t, unsigned int reg, int l, uint64_t va)
{
	lab_set64(t, reg, l, va);
}

static uint32_t word(struct board *b, uint64_t va)
{
	uint32_t v;

	memcpy(&v, board_ptr(b, va), 4);
	return v;
}

static void test_widths(void **state)
{
	static const struct {
		const char *type;
		unsigned int bytes;
	} types[] = { { "U8", 1 }, { "S8", 1 }, { "U16", 2 }, { "S16", 2 }, { "32", 4 }, { "64", 8 }, { "128", 16 } };

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint8_t *mem = board_ptr(t->b, DATA);
		uint32_t seed = 17;

		for (unsigned int k = 0; k < 7; k++) {
			unsigned int bytes = types[k].bytes, words = bytes < 4 ? 1 : bytes / 4;
			char load[64], store[64];

			snprintf(load, sizeof(load), "LD.E%s%s R4, [R2+0x10]", k == 4 ? "" : ".",
				 k == 4 ? "" : types[k].type);
			snprintf(store, sizeof(store), "ST.E%s%s [R2+-0x8000], R4", k == 4 ? "" : ".",
				 k == 4 ? "" : types[k].type);
			for (int mode = 0; mode < 3; mode++) {
				uint64_t off[LANES];

				for (unsigned int n = 0; n < 65536; n++)
					mem[n] = test_random(&seed);
				for (int l = 0; l < LANES; l++) {
					/* consecutive, scattered, all the same */
					off[l] = mode == 0 ? l * bytes : mode == 1 ?
						 (test_random(&seed) % 0x6000) / bytes * bytes : 0x100;
					set_addr(t, 2, l, DATA + off[l] - 0x10 + 0x8000);
				}
				t->w.active = mode == 1 ? test_random(&seed) | 1 : FULL;
				lab_step(t, load);
				for (int l = 0; l < LANES; l++) {
					uint8_t want[16] = { 0 };
					uint32_t got[4];

					if (!(t->w.active >> l & 1))
						continue;
					memcpy(want, mem + 0x8000 + off[l], bytes);
					if (types[k].type[0] == 'S' && want[bytes - 1] & 0x80)
						memset(want + bytes, 0xff, 4 - bytes);
					for (unsigned int n = 0; n < words; n++)
						got[n] = lab_reg(t, 4 + n)[l];
					assert_memory_equal(got, want, words * 4);
				}
				lab_step(t, store);
				for (int l = 0; l < LANES; l++)
					if (t->w.active >> l & 1 && mode != 2)
						assert_memory_equal(mem + off[l] - 0x10 + 0x8000 - 0x8000,
								    mem + off[l] - 0x10, 1);
				for (int l = LANES - 1; l >= 0; l--) {
					uint32_t have[4];

					if (!(t->w.active >> l & 1))
						continue;
					for (unsigned int n = 0; n < words; n++)
						have[n] = lab_reg(t, 4 + n)[l];
					if (mode == 0)
						assert_memory_equal(mem + off[l] - 0x10, have, bytes);
				}
			}
			t->w.active = FULL;
		}
		lab_free(t);
	}
}

static void test_misaligned(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		struct insn *i = lab_insn(t, "LD.E R4, [R2]");

		t->b->quiet = true;
		for (int l = 0; l < LANES; l++)
			set_addr(t, 2, l, DATA + l * 4 + (l == 9 ? 2 : 0));
		assert_int_equal(lab_exec(t, i), STEP_TRAP);
		assert_int_equal(t->b->trap.code, SM_TRAP_MISALIGNED_ADDR);
		assert_int_equal(t->b->trap.addr, DATA + 38);
		free(i);
		/* R3 is no pair's first register */
		t->gs.stopped = false;
		i = lab_insn(t, "LD.E R4, [R3]");
		assert_int_equal(lab_exec(t, i), STEP_TRAP);
		assert_int_equal(t->b->trap.code, SM_TRAP_MISALIGNED_REG);
		free(i);
		lab_free(t);
	}
}

static void test_fault_and_replay(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		struct insn *i = lab_insn(t, "ATOM.E.ADD R4, [R2], R6");
		struct board *b = t->b;

		/* lanes on four pages, three of them missing */
		for (int l = 0; l < LANES; l++) {
			set_addr(t, 2, l, DATA + (l & 3) * 4096 + (l >> 2) * 4);
			lab_reg(t, 6)[l] = 1;
		}
		for (int n = 1; n < 4; n++)
			b->missing[(DATA - TEST_BASE) / 4096 + n] = 1;
		assert_int_equal(lab_exec(t, i), STEP_STALL);
		assert_int_equal(t->w.state, WARP_REPLAY);
		assert_int_equal(b->faults, 3);
		for (int n = 0; n < 3; n++) {
			assert_int_equal(b->fault[n].va, DATA + (n + 1) * 4096);
			assert_int_equal(b->fault[n].access, SM_ATOMIC);
			assert_int_equal(b->fault[n].client.unit, SM_UNIT_TEX);
		}
		assert_int_equal(word(b, DATA), 0);
		/* one page comes, the others are asked for again */
		b->missing[(DATA - TEST_BASE) / 4096 + 1] = 0;
		b->faults = 0;
		assert_int_equal(lab_exec(t, i), STEP_STALL);
		assert_int_equal(b->faults, 2);
		assert_int_equal(word(b, DATA), 0);
		memset(b->missing, 0, sizeof(b->missing));
		assert_int_equal(lab_exec(t, i), STEP_NEXT);
		for (int l = 0; l < LANES; l++)
			assert_int_equal(word(b, DATA + (l & 3) * 4096 + (l >> 2) * 4), 1);
		free(i);
		lab_free(t);
	}
}

static void test_write_protection(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		struct insn *st = lab_insn(t, "ST.E [R2], R4");
		struct board *b = t->b;
		unsigned int page = (DATA - TEST_BASE) / 4096;

		for (int l = 0; l < LANES; l++)
			set_addr(t, 2, l, DATA + 4 * l);
		b->readonly[page] = 1;
		lab_step(t, "LD.E R4, [R2]");
		assert_int_equal(lab_exec(t, st), STEP_STALL);
		assert_int_equal(b->fault[0].access, SM_WRITE);
		b->readonly[page] = 0;
		assert_int_equal(lab_exec(t, st), STEP_NEXT);
		free(st);
		lab_free(t);
	}
}

/* translations are kept until a flush: what the board changes in between is not seen */
static void test_tlb_caches(void **state)
{
	struct board *b = board_new(1, 1);
	static const char code[] =
		"MOV R2, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nLD.E R0, [R2]\nEXIT\n";
	unsigned int page = (DATA - TEST_BASE) / 4096;

	board_param(b, 0, (uint32_t)DATA);
	board_param(b, 1, DATA >> 32);
	board_ok(b, code);
	b->missing[page] = 1;
	board_launch(b);
	assert_int_equal(sm_gpu_run(b->gpu, 1000), SM_IDLE);
	assert_int_equal(b->faults, 0);
	sm_gpu_flush(b->gpu, SM_FLUSH_TLB);
	board_launch(b);
	assert_int_equal(sm_gpu_run(b->gpu, 1000), SM_STALLED);
	assert_int_equal(b->faults, 1);
	board_free(b);
}

static void test_shared_and_local(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		struct board *b = t->b;
		struct insn *i;

		b->quiet = true;
		t->cta.shared_size = 4096;
		t->cta.shared = calloc(1, 4096);
		b->grid.local_low = 64;
		b->grid.local_high = 32;
		t->w.local = DATA;
		for (int l = 0; l < LANES; l++) {
			lab_reg(t, 1)[l] = l * 4;
			lab_reg(t, 2)[l] = 100 + l;
			lab_reg(t, 7)[l] = 0;
			lab_reg(t, 8)[l] = 1000 + l;
			lab_reg(t, 9)[l] = 2000 + l;
		}
		lab_step(t, "STS [R1+0x40], R2");
		lab_step(t, "LDS R3, [R1+0x40]");
		assert_memory_equal(lab_reg(t, 3), lab_reg(t, 2), 128);
		lab_step(t, "LDS.U.U8 R3, [R1+0x40]");
		assert_int_equal(lab_reg(t, 3)[31], 131);
		/* the same through the generic window */
		for (int l = 0; l < LANES; l++)
			set_addr(t, 4, l, 0xfe000000 + 0x40 + l * 4);
		lab_step(t, "LD.E R3, [R4]");
		assert_memory_equal(lab_reg(t, 3), lab_reg(t, 2), 128);
		/* local: every lane its own */
		lab_step(t, "STL.64 [R7+0x38], R8");
		lab_step(t, "LDL R3, [R7+0x3c]");
		assert_memory_equal(lab_reg(t, 3), lab_reg(t, 9), 128);
		for (int l = 0; l < LANES; l++)
			set_addr(t, 4, l, 0xff000000 + 0x38);
		lab_step(t, "LD.E.64 R10, [R4]");
		assert_memory_equal(lab_reg(t, 10), lab_reg(t, 8), 128);
		assert_memory_equal(lab_reg(t, 11), lab_reg(t, 9), 128);
		/* high: from 16 MiB down */
		lab_step(t, "STL [R7+-0x4], R8");
		lab_step(t, "LDL R3, [R7+-0x4]");
		assert_memory_equal(lab_reg(t, 3), lab_reg(t, 8), 128);
		i = lab_insn(t, "LDL R3, [R7+0x40]");
		assert_int_equal(lab_exec(t, i), STEP_TRAP);
		assert_int_equal(b->trap.code, SM_TRAP_OOR_ADDR);
		free(i);
		t->gs.stopped = false;
		i = lab_insn(t, "LDS R3, [R1+0xf84]");
		assert_int_equal(lab_exec(t, i), STEP_TRAP);
		assert_int_equal(b->trap.code, SM_TRAP_OOR_ADDR);
		assert_int_equal(b->trap.addr, 4096);
		free(i);
		free(t->cta.shared);
		t->cta.shared = NULL;
		lab_free(t);
	}
}

static void atom(struct lane_lab *t, const char *text, uint64_t init, uint64_t operand, bool wide,
		 uint64_t want)
{
	uint64_t v;

	memcpy(board_ptr(t->b, DATA), &init, 8);
	for (int l = 0; l < LANES; l++) {
		set_addr(t, 2, l, DATA);
		lab_set64(t, 6, l, operand);
	}
	t->w.active = 1;
	lab_step(t, text);
	t->w.active = FULL;
	memcpy(&v, board_ptr(t->b, DATA), 8);
	if (!wide)
		v = (uint32_t)v;
	if (v != want)
		fail_msg("%s: %llx, want %llx", text, (long long)v, (long long)want);
	if (strncmp(text, "RED", 3))
		assert_int_equal(wide ? lab_get64(t, 4, 0) : lab_reg(t, 4)[0], wide ? init : (uint32_t)init);
}

static void test_atomics(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		atom(t, "ATOM.E.ADD R4, [R2], R6", 5, 7, false, 12);
		atom(t, "ATOM.E.MIN R4, [R2], R6", 5, 0xffffffff, false, 5);
		atom(t, "ATOM.E.MIN.S32 R4, [R2], R6", 5, 0xffffffff, false, 0xffffffff);
		atom(t, "ATOM.E.MAX R4, [R2], R6", 5, 0xffffffff, false, 0xffffffff);
		atom(t, "ATOM.E.MAX.S32 R4, [R2], R6", 5, 0xffffffff, false, 5);
		/*
		 * PTX atom: inc is old >= b ? 0 : old + 1; dec is old == 0 || old > b ? b : old -
		 * 1
		 */
		atom(t, "ATOM.E.INC R4, [R2], R6", 5, 7, false, 6);
		atom(t, "ATOM.E.INC R4, [R2], R6", 7, 7, false, 0);
		atom(t, "ATOM.E.DEC R4, [R2], R6", 0, 7, false, 7);
		atom(t, "ATOM.E.DEC R4, [R2], R6", 9, 7, false, 7);
		atom(t, "ATOM.E.DEC R4, [R2], R6", 3, 7, false, 2);
		atom(t, "ATOM.E.AND R4, [R2], R6", 0xff, 0x3c, false, 0x3c);
		atom(t, "ATOM.E.OR R4, [R2], R6", 0xf0, 0x3c, false, 0xfc);
		atom(t, "ATOM.E.XOR R4, [R2], R6", 0xf0, 0x3c, false, 0xcc);
		atom(t, "ATOM.E.EXCH R4, [R2], R6", 1, 2, false, 2);
		atom(t, "ATOM.E.ADD.F32.FTZ.RN R4, [R2], R6", as_u32(1.5f), as_u32(2.25f), false, as_u32(3.75f));
		atom(t, "ATOM.E.ADD.U64 R4, [R2], R6", 0xffffffff, 1, true, 0x100000000);
		atom(t, "ATOM.E.MIN.S64 R4, [R2], R6", 5, -3, true, -3);
		atom(t, "ATOM.E.MAX.U64 R4, [R2], R6", 5, -3, true, -3);
		atom(t, "ATOM.E.EXCH.U64 R4, [R2], R6", 5, 0x123456789abc, true, 0x123456789abc);
		atom(t, "ATOM.E.CAS R4, [R2], R6, R7", 5, 5 | 9ull << 32, false, 9);
		atom(t, "ATOM.E.CAS R4, [R2], R6, R7", 6, 5 | 9ull << 32, false, 6);
		atom(t, "RED.E.ADD [R2], R6", 5, 7, false, 12);
		atom(t, "RED.E.MAX.S32 [R2], R6", -5, 7, false, 7);
		/* all lanes on one word: each sees what the ones before have made of it */
		memset(board_ptr(t->b, DATA), 0, 8);
		for (int l = 0; l < LANES; l++)
			lab_reg(t, 6)[l] = 1;
		lab_step(t, "ATOM.E.ADD R4, [R2], R6");
		for (int l = 0; l < LANES; l++)
			assert_int_equal(lab_reg(t, 4)[l], l);
		assert_int_equal(word(t->b, DATA), 32);
		lab_free(t);
	}
}

static void test_cas64(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint64_t m = 0x1111111122222222, want = 0x3333333344444444;

		memcpy(board_ptr(t->b, DATA), &m, 8);
		set_addr(t, 2, 0, DATA);
		lab_set64(t, 8, 0, m);
		lab_set64(t, 10, 0, want);
		t->w.active = 1;
		lab_step(t, "ATOM.E.CAS.64 R4, [R2], R8, R10");
		assert_int_equal(lab_get64(t, 4, 0), m);
		assert_memory_equal(board_ptr(t->b, DATA), &want, 8);
		lab_free(t);
	}
}

static void test_constants(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		struct board *b = t->b;
		struct insn *i;

		b->quiet = true;
		for (unsigned int n = 0; n < 64; n++)
			board_param(b, n, 0x80818200 + n);
		for (int l = 0; l < LANES; l++)
			lab_reg(t, 1)[l] = l * 4;
		lab_step(t, "LDC R0, c[0x0][R1+0x10]");
		assert_int_equal(lab_reg(t, 0)[5], 0x80818209);
		lab_step(t, "LDC.S8 R0, c[0x0][R1+0x13]");
		assert_int_equal(lab_reg(t, 0)[5], 0xffffff80);
		lab_step(t, "LDC.64 R2, c[0x0][RZ+0x10]");
		assert_int_equal(lab_get64(t, 2, 5), 0x8081820580818204);
		/* beyond the end reads zero */
		b->grid.cbuf[0].size = 0x20;
		lab_step(t, "LDC R0, c[0x0][R1+0x10]");
		assert_int_equal(lab_reg(t, 0)[3], 0x80818207);
		assert_int_equal(lab_reg(t, 0)[4], 0);
		lab_step(t, "MOV R0, c[0x0][0x20]");
		assert_int_equal(lab_reg(t, 0)[4], 0);
		/* IS: the slot in the upper half */
		b->grid.cbuf[3] = (struct sm_cbuf) { TEST_BASE + 0x700080, 64, true };
		for (int l = 0; l < LANES; l++)
			lab_reg(t, 1)[l] = 2 << 16 | 4;
		lab_step(t, "LDC.IS R0, c[0x1][R1+0x4]");
		assert_int_equal(lab_reg(t, 0)[0], 0x80818200 + 34);
		i = lab_insn(t, "MOV R0, c[0x5][0x0]");
		assert_int_equal(lab_exec(t, i), STEP_TRAP);
		assert_int_equal(b->trap.code, SM_TRAP_INVALID_CONST);
		free(i);
		lab_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_misaligned),
		cmocka_unit_test(test_fault_and_replay),
		cmocka_unit_test(test_write_protection),
		cmocka_unit_test(test_tlb_caches),
		cmocka_unit_test(test_shared_and_local),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_cas64),
		cmocka_unit_test(test_constants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
