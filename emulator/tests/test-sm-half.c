// SPDX-License-Identifier: MIT
/*
 * Half precision against MPFR (11 bits, one rounding, subnormals), operands' parts, merged results,
 * comparisons.
 */
#include <math.h>
#include <mpfr.h>

#include "sm-test.h"
#include "sm/fp.h"

static const uint16_t edges[] = { 0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00, 0xbc00, 0x7bff, 0xfbff,
				  0x7c00, 0xfc00, 0x7e00, 0x3c01, 0x1400, 0x6400, 0x07ff };

static uint16_t pick(uint32_t *seed)
{
	uint32_t r = test_random(seed);

	return r & 1 ? edges[(r >> 8) % 16] : test_random(seed) >> 7;
}

enum { OP_ADD, OP_MUL, OP_FMA };

static uint16_t reference(int op, uint16_t a, uint16_t b, uint16_t c)
{
	mpfr_t x, y, z, r;
	double v;
	int t;

	mpfr_set_emin(-23);
	mpfr_set_emax(16);
	mpfr_inits2(11, x, y, z, r, NULL);
	mpfr_set_d(x, half_to_double(a), MPFR_RNDN);
	mpfr_set_d(y, half_to_double(b), MPFR_RNDN);
	mpfr_set_d(z, half_to_double(c), MPFR_RNDN);
	t = op == OP_ADD ? mpfr_add(r, x, y, MPFR_RNDN) : op == OP_MUL ? mpfr_mul(r, x, y, MPFR_RNDN) :
	    mpfr_fma(r, x, y, z, MPFR_RNDN);
	mpfr_subnormalize(r, t, MPFR_RNDN);
	v = mpfr_get_d(r, MPFR_RNDN);
	mpfr_clears(x, y, z, r, NULL);
	return double_to_half(v, SM_RN);	/* exact: tested by test-sm-convert */
}

static void check(int op, const char *text)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		struct insn *i = lab_insn(t, text);
		uint32_t seed = 41;

		for (int n = 0; n < 200; n++) {
			for (int k = 1; k < 4; k++)
				for (int l = 0; l < LANES; l++)
					lab_reg(t, k)[l] = pick(&seed) | (uint32_t)pick(&seed) << 16;
			lab_exec(t, i);
			for (int l = 0; l < LANES; l++)
				for (int h = 0; h < 32; h += 16) {
					uint16_t a = lab_reg(t, 1)[l] >> h, b = lab_reg(t, 2)[l] >> h;
					uint16_t c = lab_reg(t, 3)[l] >> h, got = lab_reg(t, 0)[l] >> h;
					uint16_t want = reference(op, a, b, c);

					if (got != want)
						fail_msg("%s: %04x %04x %04x: %04x, want %04x", text, a, b,
							 c, got, want);
				}
		}
		free(i);
		lab_free(t);
	}
}

static void test_arithmetic(void **state)
{
	check(OP_ADD, "HADD2 R0, R1, R2");
	check(OP_MUL, "HMUL2 R0, R1, R2");
	check(OP_FMA, "HFMA2 R0, R1, R2, R3");
}

static void one(struct lane_lab *t, const char *text, uint32_t a, uint32_t b, uint32_t want)
{
	for (int l = 0; l < LANES; l++) {
		lab_reg(t, 0)[l] = 0x11112222;
		lab_reg(t, 1)[l] = a;
		lab_reg(t, 2)[l] = b;
	}
	lab_step(t, text);
	if (lab_reg(t, 0)[3] != want)
		fail_msg("%s: %08x, want %08x", text, lab_reg(t, 0)[3], want);
}

static void test_parts(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		/* a: 2.0 above 1.0; b: 0.5 above 4.0 */
		one(t, "HADD2 R0, R1, R2", 0x40003c00, 0x38004400, 0x41004500);
		one(t, "HADD2 R0, R1.H0_H0, R2.H1_H1", 0x40003c00, 0x38004400, 0x3e003e00);
		one(t, "HADD2 R0, -R1, |R2|", 0x40003c00, 0xb8004400, 0xbe004200);
		one(t, "HADD2.MRG_H0 R0, R1, R2", 0x40003c00, 0x38004400, 0x11114500);
		one(t, "HADD2.MRG_H1 R0, R1, R2", 0x40003c00, 0x38004400, 0x41002222);
		one(t, "HADD2.F32 R0, R1, R2", 0x40003c00, 0x38004400, as_u32(5.0f));
		one(t, "HMUL2 R0, R1, R2.F32", 0x40003c00, as_u32(1.5f), 0x42003e00);
		one(t, "HADD2.SAT R0, R1, R2", 0x40003c00, 0xc1004400, 0x00003c00);
		one(t, "HSET2.BF.LT.AND R0, R1, R2, PT", 0x40003c00, 0x38004400, 0x00003c00);
		lab_step(t, "HSETP2.LT.AND P0, P1, R1, R2, PT");
		assert_int_equal(t->w.p[0], FULL);
		assert_int_equal(t->w.p[1], 0);
		lab_step(t, "HSETP2.LT.H_AND.AND P0, P1, R1, R2, PT");
		assert_int_equal(t->w.p[0], 0);
		assert_int_equal(t->w.p[1], FULL);
		lab_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
