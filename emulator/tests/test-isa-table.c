// SPDX-License-Identifier: MIT
/*
 * The instruction table as a whole: words whose meaning another disassembler
 * confirms, and what must hold for every row.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sm/isa-table.h"

#define PC		8	/* where the words of isa-words.def stand */
#define WORDS_A_ROW	200

static const struct {
	uint64_t word;
	const char *text;
} known[] = {
#define WORD(word, text) { UINT64_C(word), text },
#include "isa-words.def"
#undef WORD
};

/* xorshift64*, so that a failure can be repeated */
static uint64_t next_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static void test_known_words(void **state)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct sm_insn insn;
		char text[256];

		assert_int_equal(sm_decode(known[i].word, PC, &insn), 0);
		sm_disasm(&insn, text, sizeof(text));
		assert_string_equal(text, known[i].text);
	}
}

static void test_known_texts(void **state)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct sm_asm_error error;
		uint64_t word = 0;

		if (sm_assemble_insn(known[i].text, PC, &word, &error))
			fail_msg("%s: %s", known[i].text, error.text);
		if (word != known[i].word)
			fail_msg("%s: %016lx, not %016lx", known[i].text, (unsigned long)word,
				 (unsigned long)known[i].word);
	}
}

static uint64_t random_word_of(const struct sm_row *row, unsigned int n)
{
	uint64_t bits = next_random();

	if (n % 3 == 1)
		bits &= next_random();
	if (n % 3 == 2)
		bits |= next_random();
	return row->match | (bits & ~row->mask);
}

/* text, word and text again; the word may lose bits that mean nothing */
static void check_round_trip(uint64_t word)
{
	char text[256], again[256];
	struct sm_asm_error error;
	struct sm_insn insn;
	uint64_t second = 0;

	assert_int_equal(sm_decode(word, 0x1000, &insn), 0);
	sm_disasm(&insn, text, sizeof(text));
	if (sm_assemble_insn(text, 0x1000, &second, &error))
		fail_msg("%016lx %s: %s", (unsigned long)word, text, error.text);
	assert_int_equal(sm_decode(second, 0x1000, &insn), 0);
	sm_disasm(&insn, again, sizeof(again));
	assert_string_equal(text, again);
	assert_int_equal(sm_assemble_insn(again, 0x1000, &word, &error), 0);
	assert_true(word == second);
}

static void test_round_trip(void **state)
{
	for (unsigned int i = 0; i < sm_row_count; i++) {
		unsigned int reached = 0;

		for (unsigned int n = 0; n < WORDS_A_ROW; n++) {
			uint64_t word = random_word_of(&sm_rows[i], n);
			struct sm_insn insn;

			if (sm_decode(word, 0x1000, &insn))
				continue;
			reached += insn.row == i;
			check_round_trip(word);
		}
		if (!reached)
			fail_msg("no word decodes as row %u, %s", i, sm_rows[i].name);
	}
}

static void test_rows_are_sound(void **state)
{
	bool has_row[SM_OP_COUNT] = { false };

	for (unsigned int i = 0; i < sm_row_count; i++) {
		const struct sm_row *row = &sm_rows[i];

		assert_int_equal(row->match & ~row->mask, 0);
		assert_true(row->op > SM_OP_INVALID && row->op < SM_OP_COUNT);
		has_row[row->op] = true;
		for (const struct sm_field *f = row->fields; f->kind != SM_FK_END; f++) {
			uint64_t bits;

			assert_true(f->pos + f->len <= 64 && f->pos2 + f->len2 <= 64);
			if (!f->len || f->kind == SM_FK_ALSO)
				continue;
			bits = ((UINT64_C(1) << f->len) - 1) << f->pos;
			if (f->kind != SM_FK_MEM && f->kind != SM_FK_ATTR && (bits & row->mask))
				fail_msg("row %u, %s: field at %u lies in fixed bits", i, row->name,
					 f->pos);
		}
	}
	for (unsigned int op = SM_OP_INVALID + 1; op < SM_OP_COUNT; op++)
		if (!has_row[op])
			fail_msg("%s has no encoding", sm_op_name(op));
}

static void test_op_names(void **state)
{
	assert_string_equal(sm_op_name(SM_OP_FADD), "FADD");
	assert_string_equal(sm_op_name(SM_OP_PIXLD), "PIXLD");
	assert_string_equal(sm_op_name(SM_OP_INVALID), "INVALID");
	assert_string_equal(sm_op_name(12345), "INVALID");
}

static void test_random_words(void **state)
{
	char text[256], little[8];

	for (unsigned int i = 0; i < 200000; i++) {
		uint64_t word = next_random();
		struct sm_insn insn;
		int ret = sm_decode(word, next_random(), &insn), n;

		assert_true(ret == 0 || ret == -EINVAL);
		assert_true((ret == 0) == (insn.op != SM_OP_INVALID));
		assert_true(insn.word == word);
		n = sm_disasm(&insn, text, sizeof(text));
		assert_true(n > 0 && n < (int)sizeof(text));
		assert_int_equal(strlen(text), n);
		assert_int_equal(sm_disasm(&insn, little, sizeof(little)), n);
		assert_true(strlen(little) < sizeof(little));
	}
}

static void test_no_instruction(void **state)
{
	struct sm_insn insn;
	char text[64];

	assert_int_equal(sm_decode(0xffffffffffffffff, 0, &insn), -EINVAL);
	assert_int_equal(insn.op, SM_OP_INVALID);
	sm_disasm(&insn, text, sizeof(text));
	assert_string_equal(text, "??? 0xffffffffffffffff ;");
	/* MUFU with function 9, which doesn't exist */
	assert_int_equal(sm_decode(0x5080000000970000, 0, &insn), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_words),
		cmocka_unit_test(test_known_texts),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_op_names),
		cmocka_unit_test(test_random_words),
		cmocka_unit_test(test_no_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
