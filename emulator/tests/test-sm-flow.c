// SPDX-License-Identifier: MIT
/*
 * Programs that diverge: ifs, loops with break and continue, calls, nests of them, indirect
 * branches; barriers; the bounds of the divergence stack. Results are compared with the same
 * program in C, per lane.
 */
#include "sm-test.h"

#define OUT (TEST_BASE + 0x20000)

/* R0 holds the thread's number, R2:R3 the address for its result, R1 is stored at the end */
#define HEAD "S2R R0, SR_TID.X\nMOV R4, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nISCADD R2, R0, R4, 0x2\nMOV R1, RZ\n"
#define TAIL "ST.E [R2], R1\nEXIT\n"

static uint32_t *run_on(struct board *b, const char *text)
{
	board_param(b, 0, (uint32_t)OUT);
	board_param(b, 1, OUT >> 32);
	memset(board_ptr(b, OUT), 0xcc, 65536);
	board_ok(b, text);
	return board_ptr(b, OUT);
}

typedef uint32_t (*lane_fn)(uint32_t n);

static void check(const char *text, lane_fn fn)
{
	for_each_variant(v) {
		struct board *b = board_new(1, 1);
		uint32_t *out;

		sm_set_variant(b->gpu, sm_variant(v));
		b->grid.block_dim[0] = 80;	/* the last warp is half empty */
		out = run_on(b, text);
		for (unsigned int n = 0; n < 80; n++)
			assert_int_equal(out[n], fn(n));
		assert_int_equal(out[80], 0xcccccccc);
		board_free(b);
	}
}

static uint32_t if_else(uint32_t n)
{
	return (n & 3) == 1 ? 100 + n : 200 + n;
}

static void test_if(void **state)
{
	check(HEAD
	      "LOP.AND R5, R0, 0x3\n"
	      "SSY join\n"
	      "ISETP.EQ.AND P0, PT, R5, 0x1, PT\n"
	      "@P0 BRA then\n"
	      "IADD R1, R0, 0xc8\n"
	      "SYNC\n"
	      "then:\n"
	      "IADD R1, R0, 0x64\n"
	      "SYNC\n"
	      "join:\n" TAIL, if_else);
}

static uint32_t collatz(uint32_t n)
{
	uint32_t steps = 0;

	for (n++; n != 1; steps++)
		n = n & 1 ? 3 * n + 1 : n / 2;
	return steps;
}

/* a loop that each lane leaves after its own number of turns, with an if in it */
static void test_loop(void **state)
{
	check(HEAD
	      "IADD R5, R0, 0x1\n"
	      "PBK out\n"
	      "again:\n"
	      "ISETP.EQ.AND P0, PT, R5, 0x1, PT\n"
	      "@P0 BRK\n"
	      "SSY both\n"
	      "LOP.AND.Z P1, RZ, R5, 0x1\n"
	      "@P1 BRA even\n"
	      "ISCADD R6, R5, R5, 0x1\n"
	      "IADD R5, R6, 0x1\n"
	      "SYNC\n"
	      "even:\n"
	      "SHR.U32 R5, R5, 0x1\n"
	      "SYNC\n"
	      "both:\n"
	      "IADD R1, R1, 0x1\n"
	      "BRA again\n"
	      "out:\n" TAIL, collatz);
}

static uint32_t odd_sum(uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (i & 1)
			continue;
		if (i > 40)
			break;
		sum += i;
	}
	return sum;
}

/* Mesa's form of a loop: PBK before it, PCNT at its head, breaks inside an SSY region */
static void test_continue(void **state)
{
	check(HEAD
	      "MOV R5, RZ\n"
	      "PBK out\n"
	      "head:\n"
	      "PCNT head\n"
	      "ISETP.GE.AND P0, PT, R5, R0, PT\n"
	      "@P0 BRK\n"
	      "MOV R6, R5\n"
	      "IADD R5, R5, 0x1\n"
	      "SSY join\n"
	      "LOP.AND.NZ P1, RZ, R6, 0x1\n"
	      "@P1 CONT\n"
	      "ISETP.GT.AND P2, PT, R6, 0x28, PT\n"
	      "@P2 BRK\n"
	      "IADD R1, R1, R6\n"
	      "SYNC\n"
	      "join:\n"
	      "CONT\n"
	      "out:\n" TAIL, odd_sum);
}

static uint32_t nested(uint32_t n)
{
	uint32_t r = 0;

	for (uint32_t i = 0; i < (n & 7); i++)
		for (uint32_t j = 0; j <= i; j++) {
			if (j == (n >> 3))
				break;
			r += i * 16 + j;
		}
	return r;
}

static void test_nested_loops(void **state)
{
	check(HEAD
	      "LOP.AND R5, R0, 0x7\n"
	      "SHR.U32 R6, R0, 0x3\n"
	      "MOV R7, RZ\n"
	      "PBK out\n"
	      "outer:\n"
	      "ISETP.GE.AND P0, PT, R7, R5, PT\n"
	      "@P0 BRK\n"
	      "MOV R8, RZ\n"
	      "PBK inner_out\n"
	      "inner:\n"
	      "ISETP.GT.AND P0, PT, R8, R7, PT\n"
	      "@P0 BRK\n"
	      "ISETP.EQ.AND P1, PT, R8, R6, PT\n"
	      "@P1 BRK\n"
	      "ISCADD R9, R7, R8, 0x4\n"
	      "IADD R1, R1, R9\n"
	      "IADD R8, R8, 0x1\n"
	      "BRA inner\n"
	      "inner_out:\n"
	      "IADD R7, R7, 0x1\n"
	      "BRA outer\n"
	      "out:\n" TAIL, nested);
}

static uint32_t calls(uint32_t n)
{
	uint32_t r = n;

	if (n & 1)
		r = n < 20 ? r * 3 : r + 1000;
	return r + 5;
}

/* a call from divergent code into a function that returns early for some lanes */
static void test_call(void **state)
{
	check(HEAD
	      "MOV R1, R0\n"
	      "SSY join\n"
	      "LOP.AND.Z P0, RZ, R0, 0x1\n"
	      "@P0 BRA skip\n"
	      "CAL fn\n"
	      "SYNC\n"
	      "skip:\n"
	      "SYNC\n"
	      "join:\n"
	      "IADD R1, R1, 0x5\n"
	      TAIL
	      "fn:\n"
	      "ISETP.LT.AND P1, PT, R0, 0x14, PT\n"
	      "@P1 ISCADD R1, R1, R1, 0x1\n"
	      "@P1 RET\n"
	      "IADD R1, R1, 0x3e8\n"
	      "RET\n", calls);
}

static uint32_t early_exit(uint32_t n)
{
	return n % 3 == 0 ? 0xcccccccc : n % 3;
}

static void test_exit(void **state)
{
	check(HEAD
	      "MOV32I R5, 0x55555556\n"
	      "IMUL.U32.U32.HI R5, R0, R5\n"
	      "ISCADD R6, R5, R5, 0x1\n"
	      "IADD R1, R0, -R6\n"
	      "SSY join\n"
	      "ISETP.EQ.AND P0, PT, R1, RZ, PT\n"
	      "@P0 BRA gone\n"
	      "SYNC\n"
	      "gone:\n"
	      "EXIT\n"
	      "join:\n" TAIL, early_exit);
}

static uint32_t indirect(uint32_t n)
{
	return 10 * (n & 3) + 7;
}

/* BRX: each lane to the bundle that its number chooses (32 bytes, three instructions) */
static void test_brx(void **state)
{
	check(HEAD
	      "SSY join\n"
	      "LOP.AND R5, R0, 0x3\n"
	      "SHL R5, R5, 0x6\n"
	      "NOP\n"
	      "BRX R5 0x10\n"	/* the bundle behind the next one's end */
	      "NOP\nNOP\n"
	      "MOV R1, 0x7\nSYNC\nNOP\nNOP\nNOP\nNOP\n"
	      "MOV R1, 0x11\nSYNC\nNOP\nNOP\nNOP\nNOP\n"
	      "MOV R1, 0x1b\nSYNC\nNOP\nNOP\nNOP\nNOP\n"
	      "MOV R1, 0x25\nSYNC\nNOP\nNOP\nNOP\nNOP\n"
	      "join:\n" TAIL, indirect);
}

/* the sum over a CTA by shared memory and barriers */
static void test_barrier(void **state)
{
	for_each_variant(v) {
		struct board *b = board_new(1, 1);
		uint32_t *out, want = 0;

		sm_set_variant(b->gpu, sm_variant(v));
		b->grid.block_dim[0] = 256;
		b->grid.shared_size = 1024;
		out = run_on(b, HEAD
			"SHL R5, R0, 0x2\n"
			"IMUL R6, R0, R0\n"
			"STS [R5], R6\n"
			"MOV R7, 0x80\n"
			"again:\n"
			"BAR.SYNC 0x0\n"
			"ISETP.LT.AND P0, PT, R0, R7, PT\n"
			"ISCADD R8, R7, R5, 0x2\n"
			"@P0 LDS R9, [R8]\n"
			"@P0 LDS R10, [R5]\n"
			"@P0 IADD R9, R9, R10\n"
			"@P0 STS [R5], R9\n"
			"SHR.U32 R7, R7, 0x1\n"
			"ISETP.NE.AND P1, PT, R7, RZ, PT\n"
			"@P1 BRA again\n"
			"BAR.SYNC 0x0\n"
			"LDS R1, [RZ]\n" TAIL);
		for (uint32_t n = 0; n < 256; n++)
			want += n * n;
		for (uint32_t n = 0; n < 256; n++)
			assert_int_equal(out[n], want);
		board_free(b);
	}
}

/* warps that have exited do not count */
static void test_barrier_after_exit(void **state)
{
	struct board *b = board_new(1, 1);
	uint32_t *out;

	b->grid.block_dim[0] = 128;
	out = run_on(b, HEAD
		"ISETP.GE.AND P0, PT, R0, 0x40, PT\n"
		"@P0 EXIT\n"
		"BAR.SYNC 0x0\n"
		"MOV R1, 0x1\n" TAIL);
	assert_int_equal(out[63], 1);
	assert_int_equal(out[64], 0xcccccccc);
	board_free(b);
}

static void trap(const char *text, unsigned int code)
{
	struct board *b = board_new(1, 1);

	b->quiet = true;
	board_run(b, text);
	assert_int_equal(b->traps, 1);
	assert_int_equal(b->trap.code, code);
	assert_int_equal(b->done, 1);
	assert_int_equal(b->status, SM_GRID_TRAPPED);
	/* and the next one computes */
	b->quiet = false;
	board_ok(b, "EXIT\n");
	board_free(b);
}

static void test_traps(void **state)
{
	trap("SYNC\nEXIT\n", SM_TRAP_STACK_ERROR);
	trap("RET\nEXIT\n", SM_TRAP_RET_EMPTY_STACK);
	trap("again:\nCAL again\n", SM_TRAP_STACK_ERROR);
	trap("again:\nSSY again\nBRA again\n", SM_TRAP_STACK_ERROR);
	trap("MOV R200, R1\nEXIT\n", SM_TRAP_OOR_REG);
	trap("BPT.TRAP\nEXIT\n", SM_TRAP_ILLEGAL_PARAM);
	trap("VADD.U8.U8 R0, R1, R2, R3\nEXIT\n", SM_TRAP_ILLEGAL_ENCODING);
}

static void test_illegal_word(void **state)
{
	struct board *b = board_new(1, 1);
	uint64_t word = 0;

	b->quiet = true;
	board_code(b, "EXIT\n");
	memcpy(board_ptr(b, TEST_CODE + 8), &word, 8);
	board_run(b, NULL);
	assert_int_equal(b->trap.code, SM_TRAP_ILLEGAL_ENCODING);
	assert_false(b->trap.unimplemented);
	assert_int_equal(b->trap.pc, TEST_CODE + 8);
	board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_if),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_continue),
		cmocka_unit_test(test_nested_loops),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_brx),
		cmocka_unit_test(test_barrier),
		cmocka_unit_test(test_barrier_after_exit),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_illegal_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
