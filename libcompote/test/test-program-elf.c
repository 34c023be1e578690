// SPDX-License-Identifier: MIT
/* The cubin loader: what it finds in a cubin in order, and that it refuses each that is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cubin.h"
#include "program.h"

/* in memory of just that size, and at an odd address, for the sanitizers */
static int load(const void *bytes, size_t size, struct compote_program **out)
{
	uint8_t *copy = malloc(size + 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy + 1, bytes, size);
	ret = compote_program_from_cubin(copy + 1, size, out);
	free(copy);
	return ret;
}

static void expect(const struct cubin_image *c, int expected, const char *what)
{
	struct compote_program *p = (void *)c;
	int ret = load(c->bytes, c->size, &p);

	if (ret != expected)
		fail_msg("%s: %d instead of %d", what, ret, expected);
	if (!ret)
		compote_program_free(p);
	else
		assert_ptr_equal(p, c);
}

static void test_kernels(void **state)
{
	const struct compote_kernel_info *info;
	struct compote_program *p;
	struct cubin_image c;

	cubin_make(&c);
	assert_int_equal(load(c.bytes, c.size, &p), 0);

	assert_int_equal(compote_program_kernels(p, 0, &info), 0);
	assert_string_equal(info->name, "alpha");
	assert_int_equal(info->code_offset, 32);
	assert_int_equal(info->registers, 24);
	assert_int_equal(info->shared_bytes, 0);
	assert_int_equal(info->local_bytes, 0x30);
	assert_int_equal(info->crs_bytes, 0x220);
	assert_int_equal(info->barriers, 0);
	assert_int_equal(info->param_base, 0x140);
	assert_int_equal(info->param_bytes, 0x1c);

	assert_int_equal(compote_program_kernels(p, 1, &info), 0);
	assert_string_equal(info->name, "beta");
	assert_int_equal(info->code_offset, 128);
	assert_int_equal(info->registers, 12);
	assert_int_equal(info->shared_bytes, 0x1010);
	assert_int_equal(info->local_bytes, 0);
	assert_int_equal(info->crs_bytes, 0);
	assert_int_equal(info->barriers, 1);
	assert_int_equal(info->param_base, 0x140);
	assert_int_equal(info->param_bytes, 0);

	assert_int_equal(compote_program_kernels(p, 2, &info), -ENOENT);
	assert_int_equal(compote_program_kernels(p, UINT32_MAX, &info), -ENOENT);
	compote_program_free(p);
}

static void test_contents(void **state)
{
	const struct program_kernel *alpha, *beta;
	const uint8_t *code, *constants;
	struct compote_program *p;
	struct cubin_image c;
	size_t bytes;

	cubin_make(&c);
	assert_int_equal(load(c.bytes, c.size, &p), 0);
	code = program_code(p, &bytes);
	assert_int_equal(bytes, 128 + 96 + PROGRAM_TAIL);
	for (unsigned int i = 0; i < bytes; i++)
		assert_int_equal(code[i], i < 128 ? 0x40 + i :
				 i >= 128 && i < 224 ? 0x80 + i - 128 : 0);
	alpha = program_find_kernel(p, "alpha");
	beta = program_find_kernel(p, "beta");
	assert_string_equal(alpha->info.name, "alpha");
	assert_string_equal(beta->info.name, "beta");
	assert_null(program_find_kernel(p, "helper"));
	assert_null(program_find_kernel(p, ""));
	constants = program_bank(p, alpha, 0, &bytes);
	assert_int_equal(bytes, 0x15c);
	assert_memory_equal(constants + 4, "\x01\x00\x00\xc0", 4);
	assert_null(program_bank(p, beta, 0, &bytes));
	assert_int_equal(bytes, 0);
	assert_null(program_bank(p, beta, 2, &bytes));
	assert_int_equal(bytes, 0);
	constants = program_bank(p, alpha, 2, &bytes);
	assert_int_equal(bytes, 8);
	assert_memory_equal(constants, "\x22\x22\x22\x22\x33\x33\x33\x33", 8);
	assert_ptr_equal(program_bank(p, alpha, 3, &bytes), program_bank(p, beta, 3, &bytes));
	assert_int_equal(bytes, 12);
	assert_memory_equal(program_bank(p, alpha, 3, &bytes), "\x44\x44\x44\x44\x45", 5);
	compote_program_free(p);
}

static void test_arguments(void **state)
{
	const struct compote_kernel_info *info;
	struct compote_program *p;
	struct cubin_image c;

	cubin_make(&c);
	assert_int_equal(compote_program_from_cubin(NULL, c.size, &p), -EINVAL);
	assert_int_equal(compote_program_from_cubin(c.bytes, c.size, NULL), -EINVAL);
	assert_int_equal(compote_program_from_cubin(c.bytes, 0, &p), -EINVAL);
	assert_int_equal(compote_program_kernels(NULL, 0, &info), -EINVAL);
	assert_int_equal(load(c.bytes, c.size, &p), 0);
	assert_int_equal(compote_program_kernels(p, 0, NULL), -EINVAL);
	compote_program_free(p);
	compote_program_free(NULL);
}

static void test_truncated(void **state)
{
	struct compote_program *p;
	struct cubin_image c;

	cubin_make(&c);
	for (size_t n = 0; n < c.size; n++)
		if (load(c.bytes, n, &p) != -EINVAL)
			fail_msg("the first %zu bytes are not refused", n);
}

/* a field, where it is, and what the loader says when value is in it */
struct change {
	const char *what;
	size_t at;
	unsigned int bytes;
	uint64_t value;
	int expected;
};

static void try_changes(const struct change *changes, unsigned int count)
{
	struct cubin_image c;

	for (unsigned int i = 0; i < count; i++) {
		cubin_make(&c);
		cubin_set(&c, changes[i].at, changes[i].bytes, changes[i].value);
		expect(&c, changes[i].expected, changes[i].what);
	}
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECTION(s, field) cubin_section_field(&c, s, field)
/* the number in the name of a section of constants */
#define BANK(s) (cubin_section_name(&c, s) + strlen(".nv.constant"))
#define SYMBOL(y, field) cubin_symbol_field(&c, y, field)

static void test_file_header(void **state)
{
	static const struct change changes[] = {
		{ "magic", 0, 1, 0x7e, -EINVAL },
		{ "magic", 3, 1, 'f', -EINVAL },
		{ "32-bit class", 4, 1, 1, -EINVAL },
		{ "big endian", 5, 1, 2, -EINVAL },
		{ "ELF version", 6, 1, 0, -EINVAL },
		{ "OS ABI of Linux", 7, 1, 0, -EINVAL },
		{ "OS ABI of CUDA 13", 7, 1, 65, -ENOTSUP },
		{ "relocatable", 16, 2, 1, -ENOTSUP },
		{ "shared object", 16, 2, 3, -EINVAL },
		{ "x86-64", 18, 2, 62, -EINVAL },
		{ "another compiler", 20, 4, 0x7c, 0 },
		{ "section headers beyond the end", 40, 8, 4096, -EINVAL },
		{ "section headers overflow", 40, 8, UINT64_MAX - 63, -EINVAL },
		{ "no section headers", 40, 8, 0, -EINVAL },
		{ "sm_52", 48, 4, 0x340534, -ENOTSUP },
		{ "sm_60", 48, 4, 0x3c053c, 0 },
		{ "sm_62", 48, 4, 0x3e053e, -ENOTSUP },
		{ "sm_70", 48, 4, 0x460546, -ENOTSUP },
		{ "32-bit addresses", 48, 4, 0x3d013d, -ENOTSUP },
		{ "header size", 52, 2, 52, -EINVAL },
		{ "section header size", 58, 2, 40, -EINVAL },
		{ "one section more", 60, 2, SECTIONS + 1, -EINVAL },
		{ "all sections", 60, 2, 0xffff, -EINVAL },
		{ "many sections", 60, 2, 0, -ENOTSUP },
		{ "names' section", 62, 2, SECTIONS, -EINVAL },
		{ "names' section is none", 62, 2, 0, -EINVAL },
		{ "names' section is elsewhere", 62, 2, 0xffff, -ENOTSUP },
	};

	try_changes(changes, COUNT(changes));
}

static void test_section_headers(void **state)
{
	struct cubin_image c;

	cubin_make(&c);

	const struct change changes[] = {
		{ "names' type", SECTION(S_SHSTRTAB, SH_TYPE), 4, 1, -EINVAL },
		{ "names are no file's", SECTION(S_SHSTRTAB, SH_TYPE), 4, 8, -EINVAL },
		{ "names' offset", SECTION(S_SHSTRTAB, SH_OFFSET), 8, c.size, -EINVAL },
		{ "names' size", SECTION(S_SHSTRTAB, SH_SIZE), 8, c.size, -EINVAL },
		{ "no names", SECTION(S_SHSTRTAB, SH_SIZE), 8, 0, -EINVAL },
		{ "names without an end", SECTION(S_SHSTRTAB, SH_SIZE), 8, 3, -EINVAL },
		{ "a name", SECTION(S_DEBUG, SH_NAME), 4, 512, -EINVAL },
		{ "a name far away", SECTION(S_DEBUG, SH_NAME), 4, UINT32_MAX, -EINVAL },
		{ "an offset", SECTION(S_DEBUG, SH_OFFSET), 8, c.size - 7, -EINVAL },
		{ "an offset overflows", SECTION(S_DEBUG, SH_OFFSET), 8, UINT64_MAX, -EINVAL },
		{ "a size overflows", SECTION(S_DEBUG, SH_SIZE), 8, UINT64_MAX, -EINVAL },
		{ "no symbols", SECTION(S_SYMTAB, SH_TYPE), 4, 1, -EINVAL },
		{ "symbols twice", SECTION(S_DEBUG, SH_TYPE), 4, 2, -EINVAL },
		{ "symbols' size", SECTION(S_SYMTAB, SH_SIZE), 8, SYMBOLS * 24 - 1, -EINVAL },
		{ "symbols' entries", SECTION(S_SYMTAB, SH_ENTSIZE), 8, 0, -EINVAL },
		{ "symbols' entries", SECTION(S_SYMTAB, SH_ENTSIZE), 8, 16, -EINVAL },
		{ "symbols' names", SECTION(S_SYMTAB, SH_LINK), 4, SECTIONS, -EINVAL },
		{ "symbols' names", SECTION(S_SYMTAB, SH_LINK), 4, S_SYMTAB, -EINVAL },
		{ "symbols' names without an end", SECTION(S_STRTAB, SH_SIZE), 8, 11, -EINVAL },
		{ "no symbol", SECTION(S_SYMTAB, SH_SIZE), 8, 0, -EINVAL },
		{ "no kernel", SECTION(S_SYMTAB, SH_SIZE), 8, 24 * Y_BETA, -EINVAL },
		{ "symbols fewer than used", SECTION(S_SYMTAB, SH_SIZE), 8, 24 * Y_ALPHA, -EINVAL },
		{ "code is no file's", SECTION(S_TEXT_ALPHA, SH_TYPE), 4, 8, -EINVAL },
		{ "code is no code", SECTION(S_TEXT_ALPHA, SH_FLAGS), 8, 2, -EINVAL },
		{ "code's name", SECTION(S_TEXT_ALPHA, SH_NAME), 4, 1, -EINVAL },
		{ "no code", SECTION(S_TEXT_BETA, SH_SIZE), 8, 0, -EINVAL },
		{ "half a bundle", SECTION(S_TEXT_BETA, SH_SIZE), 8, 112, -EINVAL },
		{ "less code than the symbol", SECTION(S_TEXT_BETA, SH_SIZE), 8, 64, -EINVAL },
		{ "code behind the end", SECTION(S_TEXT_BETA, SH_OFFSET), 8, c.size - 95, -EINVAL },
		{ "code at the file's start", SECTION(S_TEXT_BETA, SH_OFFSET), 8, 0, 0 },
		{ "registers", SECTION(S_TEXT_ALPHA, SH_INFO), 4, Y_ALPHA, -EINVAL },
		{ "all registers", SECTION(S_TEXT_ALPHA, SH_INFO), 4, 0xff000000, 0 },
		{ "16 barriers", SECTION(S_TEXT_ALPHA, SH_FLAGS), 8, 0x1000006, 0 },
		{ "17 barriers", SECTION(S_TEXT_ALPHA, SH_FLAGS), 8, 0x1100006, -EINVAL },
		{ "info's type", SECTION(S_INFO, SH_TYPE), 4, 1, -EINVAL },
		{ "info's size", SECTION(S_INFO, SH_SIZE), 8, 12 * 7 - 1, -EINVAL },
		{ "info ends in a header", SECTION(S_INFO, SH_SIZE), 8, 12 * 6 + 2, -EINVAL },
		{ "a kernel's info's type", SECTION(S_INFO_BETA, SH_TYPE), 4, 1, -EINVAL },
		{ "shared memory has bytes", SECTION(S_SHARED_BETA, SH_TYPE), 4, 1, -EINVAL },
		{ "48 KiB shared", SECTION(S_SHARED_BETA, SH_SIZE), 8, 0xc000, 0 },
		{ "more shared", SECTION(S_SHARED_BETA, SH_SIZE), 8, 0xc001, -EINVAL },
		{ "far more shared", SECTION(S_SHARED_BETA, SH_SIZE), 8, 1ull << 32, -EINVAL },
		{ "constants' type", SECTION(S_CONSTANT0_ALPHA, SH_TYPE), 4, 8, -EINVAL },
		{ "too few constants", SECTION(S_CONSTANT0_ALPHA, SH_SIZE), 8, 0x158, -EINVAL },
		{ "no constants", SECTION(S_CONSTANT0_ALPHA, SH_SIZE), 8, 0, 0 },
		{ "variables' type", SECTION(S_CONSTANT3, SH_TYPE), 4, 8, -EINVAL },
		{ "64 KiB of variables", SECTION(S_CONSTANT3, SH_SIZE), 8, 65537, -EINVAL },
		{ "bank 7", BANK(S_CONSTANT3), 1, '7', 0 },
		{ "bank 8", BANK(S_CONSTANT3), 1, '8', -ENOTSUP },
		{ "bank /", BANK(S_CONSTANT3), 1, '/', -ENOTSUP },
		{ "bank 0 of all", BANK(S_CONSTANT3), 1, '0', -ENOTSUP },
		{ "bank 2 of all and of one", BANK(S_CONSTANT3), 1, '2', -ENOTSUP },
		{ "bank 2x", BANK(S_CONSTANT2_ALPHA) + 1, 1, 'x', -ENOTSUP },
		{ "bank 2 of a function", BANK(S_CONSTANT2_ALPHA) + 2, 1, 'B', -ENOTSUP },
		{ "relocations of variables", SECTION(S_REL_DEBUG, SH_INFO), 4, S_CONSTANT3,
		  -ENOTSUP },
		{ "relocations", SECTION(S_REL_ALPHA, SH_SIZE), 8, 16, -ENOTSUP },
		{ "of constants", SECTION(S_REL_DEBUG, SH_INFO), 4, S_CONSTANT0_ALPHA, -ENOTSUP },
		{ "with addends", SECTION(S_REL_ALPHA, SH_TYPE), 4, 4, 0 },
		{ "of no section", SECTION(S_REL_ALPHA, SH_INFO), 4, SECTIONS, -EINVAL },
	};

	try_changes(changes, COUNT(changes));
}

static void test_symbols(void **state)
{
	struct cubin_image c;

	cubin_make(&c);

	const struct change changes[] = {
		{ "name", SYMBOL(Y_ALPHA, ST_NAME), 4, 25, -EINVAL },
		{ "name far away", SYMBOL(Y_ALPHA, ST_NAME), 4, UINT32_MAX, -EINVAL },
		{ "no name", SYMBOL(Y_ALPHA, ST_NAME), 4, 0, -EINVAL },
		{ "another's name", SYMBOL(Y_ALPHA, ST_NAME), 4, 7, -EINVAL },
		{ "no function", SYMBOL(Y_BETA, ST_INFO), 1, 0x11, 0 },
		{ "no kernel", SYMBOL(Y_BETA, ST_OTHER), 1, 0, 0 },
		{ "no kernel, with a bank", SYMBOL(Y_ALPHA, ST_OTHER), 1, 0, -ENOTSUP },
		{ "not there", SYMBOL(Y_ALPHA, ST_SHNDX), 2, 0, -EINVAL },
		{ "section", SYMBOL(Y_ALPHA, ST_SHNDX), 2, SECTIONS, -EINVAL },
		{ "special section", SYMBOL(Y_ALPHA, ST_SHNDX), 2, 0xfff1, -EINVAL },
		{ "another's section", SYMBOL(Y_ALPHA, ST_SHNDX), 2, S_TEXT_BETA, -EINVAL },
		{ "twice", SYMBOL(Y_HELPER, ST_NAME), 8, 1 | 0x1012ull << 32 |
						(uint64_t)S_TEXT_ALPHA << 48, -EINVAL },
		{ "entry inside a bundle", SYMBOL(Y_ALPHA, ST_VALUE), 8, 8, -EINVAL },
		{ "entry behind the code", SYMBOL(Y_ALPHA, ST_VALUE), 8, 128, -EINVAL },
		{ "entry overflows", SYMBOL(Y_ALPHA, ST_VALUE), 8, UINT64_MAX - 31, -EINVAL },
		{ "size", SYMBOL(Y_ALPHA, ST_SIZE), 8, 97, -EINVAL },
		{ "size overflows", SYMBOL(Y_ALPHA, ST_SIZE), 8, UINT64_MAX, -EINVAL },
	};

	try_changes(changes, COUNT(changes));
}

static void test_info(void **state)
{
	struct cubin_image c;

	cubin_make(&c);

	const struct change changes[] = {
		{ "format 0", c.info, 1, 0, -EINVAL },
		{ "format 5", c.info, 1, 5, -EINVAL },
		{ "size", c.info + 2, 2, 4, -EINVAL },
		{ "size beyond the section", c.info + 2, 2, 0xffff, -EINVAL },
		{ "symbol", c.info + 4, 4, SYMBOLS, -EINVAL },
		{ "symbol far away", c.info + 4, 4, UINT32_MAX, -EINVAL },
		{ "all registers", c.info + 8, 4, 255, 0 },
		{ "registers", c.info + 8, 4, 256, -EINVAL },
		{ "no recursion", c.info + 12 + 8, 4, 512 << 10, 0 },
		{ "local memory", c.info + 12 + 8, 4, (512 << 10) + 1, -EINVAL },
		{ "stack without an end", c.info + 12 + 8, 4, UINT32_MAX, -ENOTSUP },
		{ "local memory of a function", c.info + 48 + 8, 4, UINT32_MAX - 1, 0 },
		{ "CRS without a kernel", c.info + 1, 1, 0x1e, -EINVAL },
		{ "parameters without a kernel", c.info + 1, 1, 0x0a, -EINVAL },
		{ "a parameter without a kernel", c.info + 1, 1, 0x17, -EINVAL },
		{ "parameters' record", c.alpha_params + 2, 2, 4, -EINVAL },
		{ "parameters' base", c.alpha_params + 8, 2, 0x144, -EINVAL },
		{ "parameters' base far away", c.alpha_params + 8, 2, 0xffff, -EINVAL },
		{ "parameters' size", c.alpha_params + 10, 2, 0x18, -EINVAL },
		{ "parameters' other size", c.alpha_param_size + 2, 2, 0x20, -EINVAL },
		{ "parameters twice", c.alpha_param_info, 4, 0x00080a04, -EINVAL },
		{ "a parameter's record", c.alpha_param_info + 2, 2, 8, -EINVAL },
		{ "a parameter's offset", c.alpha_param_info + 10, 2, 0x1c, -EINVAL },
		{ "a parameter's size", c.alpha_param_info + 12, 4, 5 << 18, -EINVAL },
		{ "CRS's record", c.alpha_crs + 2, 2, 8, -EINVAL },
		{ "CRS of 1 MiB", c.alpha_crs + 4, 4, 1 << 20, 0 },
		{ "CRS", c.alpha_crs + 4, 4, (1 << 20) + 1, -EINVAL },
		{ "textures", c.alpha_params - 4, 4, 0x1502, -ENOTSUP },
		{ "surfaces", c.alpha_params - 4, 4, 0x1602, -ENOTSUP },
		{ "launches kernels", c.alpha_params - 4, 4, 0x1f01, -ENOTSUP },
		{ "launches kernels", c.alpha_params - 4, 4, 0x2001, -ENOTSUP },
		{ "barriers", c.alpha_params - 4, 4, 0x104c02, 0 },
		{ "too many barriers", c.alpha_params - 4, 4, 0x114c02, -EINVAL },
		{ "not known", c.alpha_params - 4, 4, 0x12ff02, 0 },
	};

	try_changes(changes, COUNT(changes));
}

/* a second section of the same kind */
static void test_twice(void **state)
{
	static const unsigned int from[] = { S_INFO_ALPHA, S_CONSTANT0_ALPHA, S_SHARED_ALPHA,
					     S_CONSTANT3 };
	struct cubin_image c;
	uint32_t name;

	for (unsigned int i = 0; i < COUNT(from); i++) {
		cubin_make(&c);
		memcpy(&name, c.bytes + SECTION(from[i], SH_NAME), sizeof(name));
		cubin_set(&c, SECTION(from[i] + (from[i] == S_SHARED_ALPHA ? -1 : 1), SH_NAME),
			  4, name);
		expect(&c, -EINVAL, "a section twice");
	}
}

/* kernels that share bytes cannot make the program larger than the file */
static void test_overlap(void **state)
{
	struct cubin_image c;

	cubin_make(&c);
	for (unsigned int s = S_TEXT_ALPHA; s <= S_TEXT_BETA; s++) {
		cubin_set(&c, SECTION(s, SH_OFFSET), 8, 0);
		cubin_set(&c, SECTION(s, SH_SIZE), 8, c.size / 32 * 32);
	}
	expect(&c, -EINVAL, "code of all the file, twice");
}

/* whatever is in a byte, it is one of three answers (and the sanitizers have nothing to say) */
static void test_every_byte(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct compote_program *p;
	struct cubin_image c;

	cubin_make(&c);
	for (size_t i = 0; i < c.size; i++) {
		uint8_t was = c.bytes[i];

		for (unsigned int v = 0; v < COUNT(values); v++) {
			int ret;

			c.bytes[i] = values[v];
			ret = load(c.bytes, c.size, &p);
			if (!ret)
				compote_program_free(p);
			else if (ret != -EINVAL && ret != -ENOTSUP)
				fail_msg("byte %zu = %u: %d", i, values[v], ret);
		}
		c.bytes[i] = was;
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_file_header),
		cmocka_unit_test(test_section_headers),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
