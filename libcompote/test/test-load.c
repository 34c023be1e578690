// SPDX-License-Identifier: MIT
/* Kernels from programs: the right entry point, its numbers, names that are not there. */
#include "fake.h"

#include <errno.h>
#include <string.h>

#include "cubin.h"

static const char text[] =
	".kernel second\n.params 8\n.shared 300\n.local 20\n.registers 20\n\tMOV R0, R1\n\tEXIT\n"
	".kernel first\n\tEXIT\n";

static void test_load(void **state)
{
	struct compote_space *space = fake_space();
	const struct compote_kernel_info *info;
	struct compote_program *program;
	struct compote_kernel *k, *none = NULL;

	assert_int_equal(compote_program_from_asm(text, strlen(text), &program, NULL, 0), 0);
	assert_int_equal(compote_program_kernels(program, 1, &info), 0);
	assert_string_equal(info->name, "second");
	assert_int_equal(compote_kernel_load(space, program, "second", &k), 0);
	assert_int_equal(k->entry, info->code_offset);
	assert_int_equal(k->registers, 20);
	assert_int_equal(k->shared_bytes, 300);
	assert_int_equal(k->local_bytes, 32);
	assert_int_equal(k->param_base, COMPOTE_PARAM_BASE);
	assert_int_equal(compote_kernel_param_bytes(k), 8);
	assert_int_equal(compote_kernel_load(space, program, "third", &none), -ENOENT);
	assert_int_equal(compote_kernel_load(space, program, NULL, &none), -EINVAL);
	assert_int_equal(compote_kernel_load(space, NULL, "first", &none), -EINVAL);
	assert_int_equal(compote_kernel_load(NULL, program, "first", &none), -EINVAL);
	assert_int_equal(compote_kernel_load(space, program, "first", NULL), -EINVAL);
	assert_null(none);
	compote_program_free(program);
	compote_kernel_free(k);
	assert_int_equal(lowmem_used(&space->low), 0);
	compote_space_destroy(space);
}

/* A cubin's constants: bank 0 is to be copied into each launch, the others are as they are. */
static void test_banks(void **state)
{
	struct compote_space *space = fake_space();
	struct compote_program *program;
	struct compote_kernel *k;
	struct cubin_image c;
	uint32_t word;

	cubin_make(&c);
	assert_int_equal(compote_program_from_cubin(c.bytes, c.size, &program), 0);
	assert_int_equal(compote_kernel_load(space, program, "alpha", &k), 0);
	compote_program_free(program);
	assert_memory_equal((char *)k->code + k->entry, c.bytes + c.alpha_code + CUBIN_ALPHA_ENTRY,
			    CUBIN_ALPHA_CODE - CUBIN_ALPHA_ENTRY);
	assert_int_equal(k->crs_bytes, 0x400);
	assert_int_equal(k->local_bytes, CUBIN_ALPHA_LOCAL);
	assert_int_equal(k->constants_bytes, 0x15c);
	assert_int_equal(k->banks[1].bytes, 0);
	assert_int_equal(k->banks[2].bytes, 8);
	assert_int_equal(k->banks[3].bytes, 12);
	memcpy(&word, (const char *)k->banks[2].data + 4, 4);
	assert_int_equal(word, CUBIN_BANK_2);
	memcpy(&word, (const char *)k->banks[3].data + 8, 4);
	assert_int_equal(word, CUBIN_BANK_3);
	assert_true(addr_of(k->banks[3].data) < LOW_LIMIT);
	compote_kernel_free(k);
	assert_int_equal(lowmem_used(&space->low), 0);
	compote_space_destroy(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_banks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
