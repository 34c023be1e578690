// SPDX-License-Identifier: MIT
/* The assembler on whole sources: bundles, labels, scheduling, what it refuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sm/isa.h"

static void expect_text(uint64_t word, uint64_t pc, const char *expected)
{
	struct sm_insn insn;
	char text[256];

	assert_int_equal(sm_decode(word, pc, &insn), 0);
	sm_disasm(&insn, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_bundles(void **state)
{
	uint64_t code[8] = { 0 };

	assert_int_equal(sm_assemble("MOV R0, R1\nMOV R1, R2 ;\n\n EXIT\nNOP ;", code, 8, NULL), 8);
	expect_text(code[1], 0x08, "MOV R0, R1 ;");
	expect_text(code[2], 0x10, "MOV R1, R2 ;");
	expect_text(code[3], 0x18, "EXIT ;");
	expect_text(code[5], 0x28, "NOP ;");
	/* filled up with NOP */
	expect_text(code[6], 0x30, "NOP ;");
	expect_text(code[7], 0x38, "NOP ;");
}

static void test_empty(void **state)
{
	uint64_t code[4];

	assert_int_equal(sm_assemble("", code, 4, NULL), 0);
	assert_int_equal(sm_assemble("// nothing\n# nothing\n/* no\nthing */\n", code, 4, NULL), 0);
}

static void test_labels(void **state)
{
	static const char source[] =
		"start: SSY end\n"
		"loop:\n"
		"  @P0 BRA loop ;\n"
		"  BRA end ; // forwards\n"
		"  NOP\n"
		"end: .L_1: SYNC\n"
		"  BRA .L_1\n"
		"  JMP start\n";
	uint64_t code[12];

	assert_int_equal(sm_assemble(source, code, 12, NULL), 12);
	expect_text(code[1], 0x08, "SSY 0x30 ;");
	expect_text(code[2], 0x10, "@P0 BRA 0x10 ;");
	expect_text(code[3], 0x18, "BRA 0x30 ;");
	expect_text(code[6], 0x30, "SYNC ;");
	expect_text(code[7], 0x38, "BRA 0x30 ;");
	expect_text(code[9], 0x48, "JMP 0x8 ;");
	/* backwards by 8 from behind itself: -8 in 24 bits at 20 */
	assert_true((code[2] >> 20 & 0xffffff) == 0xfffff8);
}

static void test_sched(void **state)
{
	static const char source[] =
		"[B01---5:R3:W-:Y:S02:U-1--] FADD R0, R1, R2 ;\n"
		"[B------:R-:W4:-:S15] MUFU.RCP R0, R0 ;\n"
		"FADD R0, R0, R0\n";
	struct sm_sched sched;
	uint64_t code[4];
	char text[40];

	assert_int_equal(sm_assemble(source, code, 4, NULL), 4);
	/* by hand: stall 2, yield bit 0, write 7, read 3, wait 0b100011, reuse 0b0010 */
	assert_true((code[0] & 0x1fffff) == (2 | 7 << 5 | 3 << 8 | 0x23 << 11 | 2 << 17));
	assert_true((code[0] >> 21 & 0x1fffff) == (15 | 1 << 4 | 4 << 5 | 7 << 8));
	sm_decode_sched(code[0], 0, &sched);
	assert_int_equal(sched.stall, 2);
	assert_false(sched.yield);
	assert_int_equal(sched.wr_bar, 7);
	assert_int_equal(sched.rd_bar, 3);
	assert_int_equal(sched.wait_mask, 0x23);
	assert_int_equal(sched.reuse, 2);
	sm_disasm_sched(&sched, text, sizeof(text));
	assert_string_equal(text, "[B01---5:R3:W-:Y:S02:U-1--]");
	/* without an annotation: waits for all scoreboards, longest stall */
	sm_decode_sched(code[0], 2, &sched);
	assert_int_equal(sched.stall, 15);
	assert_int_equal(sched.wait_mask, 0x3f);
	assert_int_equal(sched.wr_bar, 7);
}

/* a result that comes late gets a scoreboard that the next instruction waits for */
static void test_safe_sched(void **state)
{
	struct sm_sched sched;
	uint64_t code[4];
	static const char source[] = "LDG.E R0, [R2]\nSTG.E [R4], R0\nIADD R0, R1, R2";

	assert_int_equal(sm_assemble(source, code, 4, NULL), 4);
	sm_decode_sched(code[0], 0, &sched);
	assert_int_equal(sched.wr_bar, 0);
	assert_int_equal(sched.rd_bar, 1);
	sm_decode_sched(code[0], 1, &sched);
	assert_int_equal(sched.wr_bar, 7);
	assert_int_equal(sched.rd_bar, 1);
	assert_int_equal(sched.wait_mask, 0x3f);
	sm_decode_sched(code[0], 2, &sched);
	assert_int_equal(sched.wr_bar, 7);
	assert_int_equal(sched.rd_bar, 7);
}

static void test_sched_round_trip(void **state)
{
	for (uint32_t bits = 0; bits < 1 << 21; bits += 997) {
		uint64_t control = bits | (uint64_t)(bits ^ 0x155555) << 21 | (uint64_t)bits << 42;
		struct sm_sched sched[3];

		for (unsigned int n = 0; n < 3; n++)
			sm_decode_sched(control, n, &sched[n]);
		assert_true(sm_encode_sched(sched) == control);
	}
}

static void refuse(const char *source, unsigned int line, const char *text)
{
	struct sm_asm_error error;
	uint64_t code[16];

	assert_int_equal(sm_assemble(source, code, 16, &error), -EINVAL);
	assert_int_equal(error.line, line);
	if (!strstr(error.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, error.text);
}

static void test_refused(void **state)
{
	refuse("NOP\nFROB R0, R1", 2, "unknown instruction");
	refuse("FADD R0, R1", 1, "expected a comma");
	refuse("FADD R0, R1, R2, R3", 1, "unexpected text");
	refuse("FADD R0, P1, R2", 1, "expected a register");
	refuse("FADD R255, R1, R2", 1, "expected a register");
	refuse("FADD.HI R0, R1, R2", 1, "unknown modifier");
	refuse("FADD.FTZ.FTZ R0, R1, R2", 1, "unknown modifier");
	refuse("FADD R0, R1, 1.0000001", 1, "doesn't fit");
	refuse("IADD R0, R1, 0x80000", 1, "out of range");
	refuse("IADD R0, R1, -0x80001", 1, "out of range");
	refuse("MUFU R0, R1", 1, "missing modifier");
	refuse("MOV R0, c[0x20][0x0]", 1, "out of range");
	refuse("MOV R0, c[0x0][0x2]", 1, "multiple of 4");
	refuse("SHL R0, -R1, R2", 1, "can't be negated");
	refuse("FADD R0, ~R1, R2", 1, "can't be inverted");
	refuse("@P8 NOP", 1, "expected a predicate");
	refuse("@P0 SSY 0x8", 1, "no guard");
	refuse("BRA nowhere", 1, "label");
	refuse("BRA 0x7f000000", 1, "too far");
	refuse("a: NOP\na: NOP", 2, "twice");
	refuse("[B012345:R-:W-:Y:S16] NOP", 1, "stall");
	refuse("[nonsense] NOP", 1, "annotation");
	refuse("IADD.PO R0, -R1, R2", 1, "negated");
}

static void test_no_room(void **state)
{
	struct sm_asm_error error;
	uint64_t code[4];

	assert_int_equal(sm_assemble("NOP\nNOP\nNOP\nNOP", code, 4, &error), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundles),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_sched),
		cmocka_unit_test(test_safe_sched),
		cmocka_unit_test(test_sched_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
