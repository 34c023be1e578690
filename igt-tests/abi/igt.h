/* SPDX-License-Identifier: MIT */
/*
 * igt.h - what these tests use of libigt, for building with the library alone: Debian has it
 * without headers. Named as igt's own, which takes its place with IGT_SRC (see README.md).
 *
 * Declared from the ABI of libigt 2.0, in the form that tests have in igt since 2026:
 * "int igt_main()", "igt_fixture()", "igt_subtest_group()".
 */
#ifndef IGT_H
#define IGT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

struct option;

/* ---- a test and its subtests ---- */

/* The library looks it up by this name, in the program. */
#define IGT_TEST_DESCRIPTION(text) const char *__igt_test_description = (text)

extern jmp_buf igt_subtest_jmpbuf, igt_dynamic_jmpbuf;

int igt_subtest_init_parse_opts(int *argc, char **argv, const char *short_opts,
				const struct option *long_opts, const char *help,
				int (*handler)(int opt, int index, void *data), void *data);
void igt_exit(void) __attribute__((noreturn));

bool __igt_fixture(void);
void __igt_fixture_complete(void);
bool __igt_run_subtest(const char *name, const char *file, int line);
bool __igt_enter_dynamic_container(void);
bool __igt_run_dynamic_subtest(const char *name);
void __igt_subtest_group_save(int *save, int *description);
void __igt_subtest_group_restore(int save, int description);
const char *igt_subtest_name(void);
bool igt_only_list_subtests(void);
void igt_describe_f(const char *text, ...) __attribute__((format(printf, 1, 2)));

#define igt_describe(text) igt_describe_f("%s", text)

#define IGT_PASTE_(a, b) a ## b
#define IGT_PASTE(a, b) IGT_PASTE_(a, b)
#define IGT_LOCAL(name) IGT_PASTE(igt_##name##_, __LINE__)

/*
 * The end of a block is igt_success(), which jumps to where the block began, as igt_skip() and a
 * failure do from anywhere inside.
 */
#define IGT_BLOCK(enter, buffer) for (; (enter) && !sigsetjmp(buffer, 1); igt_success())
#define IGT_BLOCK_F(enter, buffer, ...) \
	for (char IGT_LOCAL(name)[256]; \
	     snprintf(IGT_LOCAL(name), 256, __VA_ARGS__) >= 0 && (enter) && !sigsetjmp(buffer, 1); \
	     igt_success())

#define igt_subtest(name) IGT_BLOCK(__igt_run_subtest(name, __FILE__, __LINE__), igt_subtest_jmpbuf)
#define igt_subtest_f(...) \
	IGT_BLOCK_F(__igt_run_subtest(IGT_LOCAL(name), __FILE__, __LINE__), igt_subtest_jmpbuf, \
		    __VA_ARGS__)
#define igt_subtest_with_dynamic(name) \
	IGT_BLOCK(__igt_run_subtest(name, __FILE__, __LINE__) && __igt_enter_dynamic_container(), \
		  igt_subtest_jmpbuf)
#define igt_subtest_with_dynamic_f(...) \
	IGT_BLOCK_F(__igt_run_subtest(IGT_LOCAL(name), __FILE__, __LINE__) && \
		    __igt_enter_dynamic_container(), igt_subtest_jmpbuf, __VA_ARGS__)
#define igt_dynamic(name) IGT_BLOCK(__igt_run_dynamic_subtest(name), igt_dynamic_jmpbuf)
#define igt_dynamic_f(...) \
	IGT_BLOCK_F(__igt_run_dynamic_subtest(IGT_LOCAL(name)), igt_dynamic_jmpbuf, __VA_ARGS__)

/* A fixture fails or skips for all that follows in its group. */
#define igt_fixture() \
	for (volatile bool IGT_LOCAL(once) = true; \
	     IGT_LOCAL(once) && __igt_fixture() && !sigsetjmp(igt_subtest_jmpbuf, 1); \
	     IGT_LOCAL(once) = false, __igt_fixture_complete())

struct igt_group {
	int save, description;
	bool once;
};

static inline bool igt_group_enter(struct igt_group *group)
{
	if (group->once)
		return false;
	group->once = true;
	__igt_subtest_group_save(&group->save, &group->description);
	return true;
}

#define igt_subtest_group() \
	for (struct igt_group IGT_LOCAL(group) = { 0 }; igt_group_enter(&IGT_LOCAL(group)); \
	     __igt_subtest_group_restore(IGT_LOCAL(group).save, IGT_LOCAL(group).description))

/* "int igt_main()" is a prototype, main() and the head of the function with the subtests. */
#define igt_main() \
	main(int argc, char **argv); \
	static void igt_subtests(void); \
	int main(int argc, char **argv) \
	{ \
		igt_subtest_init_parse_opts(&argc, argv, NULL, NULL, NULL, NULL, NULL); \
		igt_subtests(); \
		igt_exit(); \
	} \
	static void igt_subtests(void)

/* ---- results ---- */

void igt_success(void);
void igt_skip(const char *text, ...) __attribute__((noreturn, format(printf, 1, 2)));
void __igt_skip_check(const char *file, int line, const char *function, const char *check,
		      const char *text, ...) __attribute__((noreturn, format(printf, 5, 6)));
void __igt_fail_assert(const char *domain, const char *file, int line, const char *function,
		       const char *assertion, const char *text, ...)
	__attribute__((noreturn, format(printf, 6, 7)));

#define igt_assert_f(good, ...) do { \
	if (!(good)) \
		__igt_fail_assert(NULL, __FILE__, __LINE__, __func__, #good, __VA_ARGS__); \
} while (0)
#define igt_assert(good) igt_assert_f(good, NULL)

/* Values are in the message. */
#define IGT_COMPARE(type, print, a, op, b) do { \
	type a_ = (a), b_ = (b); \
	if (!(a_ op b_)) \
		__igt_fail_assert(NULL, __FILE__, __LINE__, __func__, #a " " #op " " #b, \
				  "%" print ", %" print "\n", a_, b_); \
} while (0)
#define igt_assert_eq(a, b) IGT_COMPARE(int, "d", a, ==, b)
#define igt_assert_neq(a, b) IGT_COMPARE(int, "d", a, !=, b)
#define igt_assert_lt(a, b) IGT_COMPARE(int, "d", a, <, b)
#define igt_assert_lte(a, b) IGT_COMPARE(int, "d", a, <=, b)
#define igt_assert_eq_u32(a, b) IGT_COMPARE(unsigned int, "#x", a, ==, b)
#define igt_assert_eq_u64(a, b) IGT_COMPARE(unsigned long, "#lx", a, ==, b)
#define igt_assert_neq_u64(a, b) IGT_COMPARE(unsigned long, "#lx", a, !=, b)
#define igt_assert_lt_u64(a, b) IGT_COMPARE(unsigned long, "#lx", a, <, b)
#define igt_assert_lte_u64(a, b) IGT_COMPARE(unsigned long, "#lx", a, <=, b)
#define igt_assert_lt_double(a, b) IGT_COMPARE(double, "g", a, <, b)

#define igt_require_f(good, ...) do { \
	if (!(good)) \
		__igt_skip_check(__FILE__, __LINE__, __func__, #good, __VA_ARGS__); \
} while (0)
#define igt_require(good) igt_require_f(good, NULL)

/* ---- children, time ---- */

bool __igt_fork(void);
void igt_waitchildren(void);
int __igt_waitchildren(void);	/* the first status that is not 0, or 128 and the signal */
void igt_waitchildren_timeout(int seconds, const char *reason);

/* A failure in a child is one of the subtest, at igt_waitchildren(). */
#define igt_fork(child, count) \
	for (int child = 0; child < (count); child++) \
		for (; __igt_fork(); exit(0))

void igt_set_timeout(unsigned int seconds, const char *operation);
void igt_reset_timeout(void);

/* ---- messages ---- */

enum igt_log_level {
	IGT_LOG_DEBUG, IGT_LOG_INFO, IGT_LOG_WARN, IGT_LOG_CRITICAL, IGT_LOG_NONE,
};

void igt_log(const char *domain, enum igt_log_level level, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

#define igt_debug(...) igt_log(NULL, IGT_LOG_DEBUG, __VA_ARGS__)
#define igt_info(...) igt_log(NULL, IGT_LOG_INFO, __VA_ARGS__)
#define igt_warn(...) igt_log(NULL, IGT_LOG_WARN, __VA_ARGS__)

/* Kernel messages like this are no reason for igt_runner to change this subtest's result. */
void igt_emit_ignore_dmesg_regex(const char *regex);

#endif
