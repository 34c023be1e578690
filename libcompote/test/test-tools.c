// SPDX-License-Identifier: MIT
/*
 * The parts of the tools that need no device: arguments as text, fdinfo, words of pagemap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "argument.h"
#include "fdinfo.h"
#include "pagemap.h"
#include "tool.h"

/* ---- arguments ---- */

static struct argument parsed(const char *text)
{
	struct argument a;

	assert_null(argument_parse(text, &a));
	return a;
}

static void equals(const char *text, const char *elements)
{
	struct argument a = parsed(text);
	char *printed;
	size_t size, i;
	FILE *f = open_memstream(&printed, &size);

	for (i = 0; i < a.count; i++) {
		if (i)
			putc(' ', f);
		element_print(f, &a, i);
	}
	fclose(f);
	assert_string_equal(printed, elements);
	free(printed);
	argument_free(&a);
}

static void arguments_have_values(void **state)
{
	equals("i32:-5", "-5");
	equals("u32:0x10", "16");
	equals("u8:257", "1");
	equals("i8:-1", "-1");
	equals("u64:18446744073709551615", "18446744073709551615");
	equals("f32:1.5", "1.5");
	equals("f64:-1e300", "-1.0000000000000001e+300");
	equals("u16[3]", "0 0 0");
	equals("u32[5]=1,2", "1 2 1 2 1");
	equals("i64[3]=-1..", "-1 0 1");
	equals("u32[4]=10..+5", "10 15 20 25");
	equals("i16[3]=5..-5", "5 0 -5");
	equals("f32[4]=0.5..+0.25", "0.5 0.75 1 1.25");
	equals("f64[3]=1..", "1 2 3");
}

static void wrong_arguments_are_refused(void **state)
{
	static const char * const wrong[] = {
		"", "5", "u32", "u33:1", "u32:", "u32:x", "u32:1x", "u32[", "u32[]", "u32[0]",
		"u32[-1]", "u32[4", "u32[4]x", "u32[4]=", "u32[4]=x", "u32[4]=1,", "u32[2]=1,2,3",
		"u32[4]=..",
		"u32[4]=1..+", "u32[4]=1..x", "u32[4]=1...", "u32[99999999999]", "f32:",
		"f32[2]=1,x",
		"u32[4]=@/nowhere/at/all", "u64:99999999999999999999999",
	};
	struct argument a;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (argument_parse(wrong[i], &a))
			continue;
		fail_msg("'%s' was accepted", wrong[i]);
	}
}

static void a_file_fills_an_array(void **state)
{
	char name[] = "/tmp/test-tools-XXXXXX", text[64];
	static const uint16_t numbers[] = { 1, 2, 300 };
	int fd = mkstemp(name);
	struct argument a;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, numbers, sizeof(numbers)), sizeof(numbers));
	close(fd);
	snprintf(text, sizeof(text), "u16[3]=@%s", name);
	equals(text, "1 2 300");
	text[4] = '2';
	assert_non_null(argument_parse(text, &a));
	text[4] = '4';
	assert_non_null(argument_parse(text, &a));
	unlink(name);
}

static void arguments_are_aligned(void **state)
{
	struct argument a[] = {
		parsed("u8:1"), parsed("u32[2]"), parsed("u16:2"), parsed("f32:1"),
	};
	unsigned char to[64];
	uint64_t pointer;

	assert_int_equal(arguments_pack(a, 4, to, sizeof(to)), 24);
	memcpy(&pointer, to + 8, sizeof(pointer));
	assert_int_equal(to[0], 1);
	assert_int_equal(pointer, (uintptr_t)a[1].data);
	assert_int_equal(pointer % 4096, 0);
	assert_int_equal(to[16], 2);
	assert_int_equal(to[23], 0x3f);
	assert_int_equal(arguments_pack(a, 4, to, 23), 0);
	for (size_t i = 0; i < 4; i++)
		argument_free(&a[i]);
}

static void elements_are_compared(void **state)
{
	struct argument a = parsed("u32[3]=1,2,3"), b = parsed("u32[3]=1,5,3");

	assert_true(element_equal(&a, &b, 0));
	assert_false(element_equal(&a, &b, 1));
	assert_true(element_equal(&a, &b, 2));
	argument_free(&a);
	argument_free(&b);
}

/* ---- fdinfo ---- */

static bool read_text(const char *text, struct fdinfo *info)
{
	FILE *f = fmemopen((char *)text, strlen(text), "r");
	bool drm = fdinfo_read(f, info);

	fclose(f);
	return drm;
}

static void fdinfo_has_keys(void **state)
{
	struct fdinfo info;

	assert_true(read_text("pos:\t0\nflags:\t02\ndrm-driver:\tnouveau\ndrm-client-id:\t7\n"
			      "drm-pdev:\t0000:01:00.0\ndrm-total-vram:\t3 MiB\n"
			      "nouveau-hmm-mapped-vram:\t12 KiB\nnouveau-hmm-faults:\t5\n", &info));
	assert_string_equal(info.driver, "nouveau");
	assert_string_equal(info.pdev, "0000:01:00.0");
	assert_true(info.has_client && info.mirror);
	assert_int_equal(info.client, 7);
	assert_int_equal(info.n[FDINFO_TOTAL_VRAM], 3 << 20);
	assert_int_equal(fdinfo_buffers(&info), (3 << 20) - (12 << 10));
	assert_int_equal(info.n[FDINFO_MAPPED_VRAM], 12 << 10);
	assert_int_equal(info.n[FDINFO_FAULTS], 5);
}

static void fdinfo_of_others(void **state)
{
	struct fdinfo info;

	assert_false(read_text("pos:\t0\nflags:\t02\nino:\t5\n", &info));
	assert_true(read_text("drm-driver:\ti915\ndrm-client-id:\t1\n", &info));
	assert_false(info.mirror);
	/* What has the key of another as its beginning is another. */
	assert_true(read_text("drm-driver:\tx\nnouveau-hmm-faults-served:\t9\n", &info));
	assert_int_equal(info.n[FDINFO_FAULTS], 0);
}

/* ---- pagemap ---- */

#define PRESENT	(UINT64_C(1) << 63)
#define SWAPPED	(UINT64_C(1) << 62)
#define FILE_PAGE (UINT64_C(1) << 61)

static uint64_t swapped(unsigned int type, uint64_t offset)
{
	return SWAPPED | offset << 5 | type;
}

static void words_say_places(void **state)
{
	assert_int_equal(place_of(0), PLACE_NONE);
	assert_int_equal(place_of(UINT64_C(1) << 55), PLACE_NONE);	/* soft dirty */
	assert_int_equal(place_of(PRESENT | 0x1234), PLACE_RAM);
	assert_int_equal(place_of(PRESENT), PLACE_RAM);			/* no right to see more */
	assert_int_equal(place_of(PRESENT | FILE_PAGE | 0x1234), PLACE_FILE);
	assert_int_equal(place_of(swapped(0, 1)), PLACE_SWAP);
	assert_int_equal(place_of(swapped(23, 5)), PLACE_SWAP);
	assert_int_equal(place_of(swapped(24, 5)), PLACE_OTHER);
	assert_int_equal(place_of(swapped(25, 5)), PLACE_MOVING);
	assert_int_equal(place_of(swapped(27, 5)), PLACE_MOVING);
	assert_int_equal(place_of(swapped(28, 5)), PLACE_VRAM);
	assert_int_equal(place_of(swapped(29, UINT64_C(1) << 49)), PLACE_VRAM);
	assert_int_equal(place_of(swapped(30, 5)), PLACE_EXCLUSIVE);
	assert_int_equal(place_of(swapped(31, 5)), PLACE_NONE);
	assert_int_equal(place_of(swapped(0, 0)), PLACE_HIDDEN);
	assert_int_equal(place_of(SWAPPED | UINT64_C(1) << 55), PLACE_HIDDEN);
}

static void maps_are_read(void **state)
{
	static const char text[] =
		"1000-3000 rw-p 00000000 00:00 0 \n"
		"7f0000000000-7f0000001000 r--s 00010000 fe:01 123   /a file with spaces\n"
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n";
	FILE *f = fmemopen((char *)text, strlen(text), "r");
	struct mapping *list;
	size_t n;

	assert_true(mappings_read(f, &list, &n));
	fclose(f);
	assert_int_equal(n, 3);
	assert_int_equal(list[0].start, 0x1000);
	assert_int_equal(list[0].end, 0x3000);
	assert_string_equal(list[0].name, "");
	assert_string_equal(list[1].access, "r--s");
	assert_string_equal(list[1].name, "/a file with spaces");
	assert_string_equal(list[2].name, "[vsyscall]");
	mappings_free(list, n);
}

static void wrong_maps_are_refused(void **state)
{
	static const char * const wrong[] = {
		"x\n", "1000-1000 rw-p 0 00:00 0\n", "3000-1000 rw-p 0 00:00 0\n",
		"1001-2000 rw-p 0 00:00 0\n", "1000-2000\n",
	};
	struct mapping *list;
	size_t n, i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		FILE *f = fmemopen((char *)wrong[i], strlen(wrong[i]), "r");

		assert_false(mappings_read(f, &list, &n));
		mappings_free(list, n);
		fclose(f);
	}
}

/* Our own memory: a page that was touched, one that was not. */
static void places_are_read(void **state)
{
	char *memory = mmap(NULL, 3 * PAGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *pagemap = fopen("/proc/self/pagemap", "re");
	uint8_t places[3];

	if (!pagemap)
		skip();
	madvise(memory, 3 * PAGE_BYTES, MADV_NOHUGEPAGE);
	memory[PAGE_BYTES] = 1;
	assert_int_equal(places_read(fileno(pagemap), (uintptr_t)memory, 3, places), 0);
	assert_int_equal(places[0], PLACE_NONE);
	assert_int_equal(places[1], PLACE_RAM);
	assert_int_equal(places[2], PLACE_NONE);
	fclose(pagemap);
	munmap(memory, 3 * PAGE_BYTES);
}

/* ---- numbers ---- */

static void numbers_are_whole(void **state)
{
	uint64_t n;

	assert_true(tool_number("12", 10, 12, &n) && n == 12);
	assert_true(tool_number("0x1f", 0, UINT64_MAX, &n) && n == 31);
	assert_true(tool_number("1f", 16, UINT64_MAX, &n) && n == 31);
	assert_false(tool_number("13", 10, 12, &n));
	assert_false(tool_number("", 10, 12, &n));
	assert_false(tool_number("1 ", 10, 12, &n));
	assert_false(tool_number("-1", 10, 12, &n));
	assert_false(tool_number("99999999999999999999", 10, UINT64_MAX, &n));
}

static void bytes_have_units(void **state)
{
	assert_string_equal(tool_bytes(0).s, "0 bytes");
	assert_string_equal(tool_bytes(4096).s, "4 KiB");
	assert_string_equal(tool_bytes(UINT64_C(5) << 29).s, "2.5 GiB");
	assert_string_equal(tool_bytes(UINT64_MAX).s, "16384 PiB");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_have_values),
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(a_file_fills_an_array),
		cmocka_unit_test(arguments_are_aligned),
		cmocka_unit_test(elements_are_compared),
		cmocka_unit_test(fdinfo_has_keys),
		cmocka_unit_test(fdinfo_of_others),
		cmocka_unit_test(words_say_places),
		cmocka_unit_test(maps_are_read),
		cmocka_unit_test(wrong_maps_are_refused),
		cmocka_unit_test(places_are_read),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(bytes_have_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
