// SPDX-License-Identifier: MIT
/* Programs from assembler text: kernels, directives, what is found out without them, errors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "sm/isa.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* without the NUL behind it, for the sanitizers */
static int assemble(const char *text, struct compote_program **out, char *error, size_t size)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, text, len);
	ret = compote_program_from_asm(copy, len, out, error, size);
	free(copy);
	return ret;
}

static struct compote_program *must_assemble(const char *text)
{
	struct compote_program *p;
	char error[200];
	int ret = assemble(text, &p, error, sizeof(error));

	if (ret)
		fail_msg("%d: %s", ret, error);
	assert_string_equal(error, "");
	return p;
}

static struct compote_kernel_info kernel(const struct compote_program *p, unsigned int i)
{
	const struct compote_kernel_info *info;

	assert_int_equal(compote_program_kernels(p, i, &info), 0);
	return *info;
}

/* the instructions from an address on, as the disassembler has them */
static void expect_code(const struct compote_program *p, uint64_t offset,
			const char *const *expected, unsigned int count)
{
	const uint8_t *code;
	size_t bytes;

	code = program_code(p, &bytes);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t pc = i / 3 * 32 + (1 + i % 3) * 8, word;
		struct sm_insn insn;
		char text[200];

		assert_true(offset + pc + sizeof(word) + PROGRAM_TAIL <= bytes);
		memcpy(&word, code + offset + pc, sizeof(word));
		assert_int_equal(sm_decode(word, pc, &insn), 0);
		sm_disasm(&insn, text, sizeof(text));
		assert_string_equal(text, expected[i]);
	}
}

static void test_directives(void **state)
{
	struct compote_program *p = must_assemble(
		".kernel all\n"
		"\t.registers 17\n"
		"  .shared 0xc000 // all there is\n"
		"  .local 0x10 /* with a\n"
		"  comment */ .crs 4096\n"
		".barriers\t3\r\n"
		".params 28\n"
		"EXIT\n");
	struct compote_kernel_info info = kernel(p, 0);

	assert_string_equal(info.name, "all");
	assert_int_equal(info.code_offset, 0);
	assert_int_equal(info.registers, 17);
	assert_int_equal(info.shared_bytes, 0xc000);
	assert_int_equal(info.local_bytes, 16);
	assert_int_equal(info.barriers, 3);
	assert_int_equal(info.param_base, 0x140);
	assert_int_equal(info.param_bytes, 28);
	compote_program_free(p);
}

static void test_crs(void **state)
{
	struct compote_program *p = must_assemble(
		".kernel given\n.crs 4096\nSSY 0x8\nEXIT\n"
		".kernel none\nEXIT\n"
		".kernel pushes\nSSY end\nend: SYNC\nEXIT\n"
		".kernel zero\n.crs 0\nSSY end\nend: SYNC\nEXIT\n");

	assert_int_equal(kernel(p, 0).crs_bytes, 4096);
	assert_int_equal(kernel(p, 1).crs_bytes, 0);
	assert_int_equal(kernel(p, 2).crs_bytes, 2048);
	assert_int_equal(kernel(p, 3).crs_bytes, 0);
	compote_program_free(p);
}

static void expect_registers(const char *instructions, unsigned int registers)
{
	struct compote_program *p;
	char text[200];

	snprintf(text, sizeof(text), ".kernel k\n%s\nEXIT\n", instructions);
	p = must_assemble(text);
	if (kernel(p, 0).registers != registers)
		fail_msg("%s: %u registers", instructions, kernel(p, 0).registers);
	compote_program_free(p);
}

static void test_registers(void **state)
{
	expect_registers("", 8);
	expect_registers("MOV R7, RZ", 8);
	expect_registers("MOV R8, RZ", 16);
	expect_registers("MOV RZ, R30", 32);
	expect_registers("IADD R0, R1, R16", 24);
	expect_registers("FFMA R0, R1, c[0x0][0x140], R40", 48);
	expect_registers("LDC R0, c[0x0][R17+0x10]", 24);
	expect_registers("LDG.E.128 R12, [R4]", 16);
	expect_registers("STG.E [R22], R0", 24);
	expect_registers("STG.E [R0], R23", 24);
	expect_registers("MOV R254, RZ", 255);
}

static void expect_barriers(const char *instructions, unsigned int barriers)
{
	struct compote_program *p;
	char text[200];

	snprintf(text, sizeof(text), ".kernel k\n%s\nEXIT\n", instructions);
	p = must_assemble(text);
	if (kernel(p, 0).barriers != barriers)
		fail_msg("%s: %u barriers", instructions, kernel(p, 0).barriers);
	compote_program_free(p);
}

static void test_barriers(void **state)
{
	expect_barriers("NOP", 0);
	expect_barriers("BAR.SYNC 0x0", 1);
	expect_barriers("BAR.SYNC 0x7\nBAR.SYNC 0x2", 8);
	expect_barriers("BAR.ARV 0xf, 0x40", 16);
	expect_barriers("BAR.SYNC R3", 16);
}

/* in the order of their names, each with labels of its own, at addresses of whole cache lines */
static void test_several(void **state)
{
	static const char *const first[] = { "NOP ;", "BRA 0x10 ;", "EXIT ;" };
	static const char *const last[] = { "BRA 0x8 ;", "EXIT ;", "NOP ;" };
	struct compote_program *p = must_assemble(
		"# in this order\n"
		".kernel zebra\n.params 8\n"
		"here: BRA here\n"
		"EXIT\n"
		".kernel _Z5apple$.1\n"
		"  NOP\n"
		".here:here: BRA .here ;\n"
		"  EXIT\n");
	struct compote_kernel_info info;
	size_t bytes;

	info = kernel(p, 0);
	assert_string_equal(info.name, "_Z5apple$.1");
	assert_int_equal(info.code_offset, PROGRAM_ALIGN);
	assert_int_equal(info.param_bytes, 0);
	expect_code(p, info.code_offset, first, COUNT(first));
	info = kernel(p, 1);
	assert_string_equal(info.name, "zebra");
	assert_int_equal(info.code_offset, 0);
	assert_int_equal(info.param_bytes, 8);
	expect_code(p, info.code_offset, last, COUNT(last));
	assert_string_equal(program_find_kernel(p, "zebra")->info.name, "zebra");
	assert_null(program_find_kernel(p, "here"));
	assert_null(program_bank(p, program_find_kernel(p, "zebra"), 0, &bytes));
	assert_int_equal(bytes, 0);
	program_code(p, &bytes);
	assert_int_equal(bytes, PROGRAM_ALIGN + 32 + PROGRAM_TAIL);
	compote_program_free(p);
}

static void refuse(const char *text, const char *expected)
{
	struct compote_program *p = (void *)text;
	char error[200] = "?";

	if (assemble(text, &p, error, sizeof(error)) != -EINVAL)
		fail_msg("\"%s\" is not refused", text);
	assert_ptr_equal(p, text);
	if (strcmp(error, expected))
		fail_msg("\"%s\" is refused with \"%s\"", text, error);
}

static void test_refused(void **state)
{
	refuse("", "there is no kernel");
	refuse("\n# nothing\n/* .kernel k\nEXIT\n", "there is no kernel");
	refuse("\nEXIT", "line 2: expected .kernel");
	refuse("a:", "line 1: expected .kernel");
	refuse(".params 8", "line 1: .params before the first .kernel");
	refuse(".kernel", "line 1: expected a name behind .kernel");
	refuse(".kernel 1st", "line 1: expected a name behind .kernel");
	refuse(".kernel a b", "line 1: expected a name behind .kernel");
	refuse(".kernel a-b", "line 1: expected a name behind .kernel");
	refuse(".kernel k", "line 1: kernel k has no instructions");
	refuse(".kernel k\na:\n.kernel l\nEXIT", "line 1: kernel k has no instructions");
	refuse(".kernel k\nEXIT\n.kernel l\nEXIT\n.kernel k\nEXIT",
	       "line 5: kernel k is there twice");
	refuse(".kernel k\n.frob 1\nEXIT", "line 2: unknown directive .frob");
	refuse(".kernel k\n.Params 1\nEXIT", "line 2: unknown directive .Params");
	refuse(".kernel k\n.params 8\n.params 8\nEXIT", "line 3: .params is there twice");
	refuse(".kernel k\nEXIT\n.params 8", "line 3: .params behind an instruction or a label");
	refuse(".kernel k\na:\n.params 8", "line 3: .params behind an instruction or a label");
	refuse(".kernel k\n.registers 0",
	       "line 2: expected a number from 1 to 255 behind .registers");
	refuse(".kernel k\n.registers 256",
	       "line 2: expected a number from 1 to 255 behind .registers");
	refuse(".kernel k\n.barriers 17",
	       "line 2: expected a number from 0 to 16 behind .barriers");
	refuse(".kernel k\n.barriers -1",
	       "line 2: expected a number from 0 to 16 behind .barriers");
	refuse(".kernel k\n.barriers", "line 2: expected a number from 0 to 16 behind .barriers");
	refuse(".kernel k\n.barriers 0x",
	       "line 2: expected a number from 0 to 16 behind .barriers");
	refuse(".kernel k\n.barriers 1 2",
	       "line 2: expected a number from 0 to 16 behind .barriers");
	refuse(".kernel k\n.barriers 18446744073709551617",
	       "line 2: expected a number from 0 to 16 behind .barriers");
	refuse(".kernel k\n.shared 49153",
	       "line 2: expected a number from 0 to 49152 behind .shared");
	refuse(".kernel k\n.params 0xfec1",
	       "line 2: expected a number from 0 to 65216 behind .params");
	refuse(".kernel k\n.registers 8\nMOV R8, R0",
	       "line 1: kernel k uses R8, but .registers is 8");
	refuse(".kernel k\n.barriers 1\nBAR.SYNC 0x1",
	       "line 1: kernel k uses barrier 1, but .barriers is 1");
	refuse(".kernel k\nBAR.SYNC 0x10",
	       "line 1: kernel k uses barrier 16, the last one is 15");
	refuse(".kernel k\n.params 8\n/* two\nlines */\nEXIT\nFROB R0\n",
	       "line 6: unknown instruction at \"FROB R0\"");
	refuse("\n.kernel k\nEXIT\n.kernel l\nNOP\nFROB R0\n.kernel m",
	       "line 6: unknown instruction at \"FROB R0\"");
	refuse(".kernel k\na: EXIT\n.kernel l\nBRA a",
	       "line 4: expected a known label or an address at \"a\"");
	refuse(".kernel k\na: .params 8\nEXIT", "line 2: unknown instruction at \".params 8\"");
}

static void test_long_names(void **state)
{
	struct compote_program *p;
	char text[400];

	snprintf(text, sizeof(text), ".kernel %0255d\nEXIT\n", 1);
	text[strlen(".kernel ")] = 'k';
	p = must_assemble(text);
	assert_int_equal(strlen(kernel(p, 0).name), 255);
	compote_program_free(p);
	snprintf(text, sizeof(text), ".kernel %0256d\nEXIT\n", 1);
	text[strlen(".kernel ")] = 'k';
	refuse(text, "line 1: the kernel's name is too long");
}

static void test_error_buffer(void **state)
{
	static const char text[] = ".kernel k\nFROB";
	struct compote_program *p;
	char error[20];

	for (size_t n = 1; n <= sizeof(error); n++) {
		memset(error, 'x', sizeof(error));
		assert_int_equal(assemble(text, &p, error, n), -EINVAL);
		assert_int_equal(strlen(error), n - 1);
		assert_memory_equal(error, "line 2: unknown instruction", n - 1);
	}
	memset(error, 'x', sizeof(error));
	assert_int_equal(assemble(text, &p, error, 0), -EINVAL);
	assert_int_equal(error[0], 'x');
	assert_int_equal(assemble(text, &p, NULL, sizeof(error)), -EINVAL);
}

static void test_arguments(void **state)
{
	static const char with_nul[] = ".kernel k\n\0EXIT";
	struct compote_program *p;
	char error[80];
	char *large;

	assert_int_equal(compote_program_from_asm(NULL, 0, &p, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "");
	assert_int_equal(compote_program_from_asm("", 0, NULL, NULL, 0), -EINVAL);
	assert_int_equal(compote_program_from_asm(with_nul, sizeof(with_nul), &p, error,
						  sizeof(error)), -EINVAL);
	assert_string_equal(error, "there is a NUL byte at offset 10");
	large = calloc(1, (16 << 20) + 1);
	assert_non_null(large);
	assert_int_equal(compote_program_from_asm(large, (16 << 20) + 1, &p, error,
						  sizeof(error)), -E2BIG);
	assert_string_equal(error, "more than 16 MiB of text");
	free(large);
}

static char *read_file(const char *path)
{
	char *text = calloc(1, 1 << 16);
	FILE *file = fopen(path, "r");

	assert_non_null(text);
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	return text;
}

static void test_vector_add(void **state)
{
	static const char *const expected[] = {
		"S2R R0, SR_CTAID.X ;",
		"S2R R1, SR_TID.X ;",
		"XMAD R2, R0, c[0x0][0x8], R1 ;",
		"XMAD.MRG R3, R0, c[0x0][0x8].H1, RZ ;",
		"XMAD.PSL.CBCC R0, R0.H1, R3.H1, R2 ;",
		"ISETP.GE.U32.AND P0, PT, R0, c[0x0][0x158], PT ;",
		"@P0 EXIT ;",
		"SHR.U32 R1, R0, 0x1e ;",
		"ISCADD R2.CC, R0, c[0x0][0x140], 0x2 ;",
		"IADD.X R3, R1, c[0x0][0x144] ;",
		"ISCADD R4.CC, R0, c[0x0][0x148], 0x2 ;",
		"IADD.X R5, R1, c[0x0][0x14c] ;",
		"ISCADD R6.CC, R0, c[0x0][0x150], 0x2 ;",
		"IADD.X R7, R1, c[0x0][0x154] ;",
		"LDG.E R2, [R2] ;",
		"LDG.E R4, [R4] ;",
		"IADD R2, R2, R4 ;",
		"STG.E [R6], R2 ;",
		"EXIT ;",
		"NOP ;",
		"NOP ;",
	};
	char *text = read_file(TEST_DIR "/vector-add.sm61");
	struct compote_program *p = must_assemble(text);
	struct compote_kernel_info info = kernel(p, 0);

	assert_string_equal(info.name, "vector_add");
	assert_int_equal(info.registers, 8);
	assert_int_equal(info.shared_bytes, 0);
	assert_int_equal(info.local_bytes, 0);
	assert_int_equal(info.crs_bytes, 0);
	assert_int_equal(info.barriers, 0);
	assert_int_equal(info.param_base, 0x140);
	assert_int_equal(info.param_bytes, 3 * 8 + 4);
	expect_code(p, info.code_offset, expected, COUNT(expected));
	compote_program_free(p);
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directives),
		cmocka_unit_test(test_crs),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_barriers),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_error_buffer),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_vector_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
