// SPDX-License-Identifier: MIT
/*
 * Double precision against MPFR (53 bits, one rounding, subnormals) in all rounding modes;
 * comparisons, minimum, maximum, NaN.
 */
#include <math.h>
#include <mpfr.h>

#include "sm-test.h"
#include "sm/fp.h"

static const uint64_t edges[] = {
	0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000,
	0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 0xfff4000000000000,
	1, 0x8000000000000001, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
	0x3ca0000000000000, 0x4340000000000000, 0x0008000000000000, 0x7fe0000000000000,
};

static uint64_t pick(uint32_t *seed)
{
	uint32_t r = test_random(seed);
	uint64_t v = (uint64_t)test_random(seed) << 32 | test_random(seed);

	if (r & 1)
		return edges[(r >> 8) % (sizeof(edges) / sizeof(*edges))];
	if (r & 2)
		return 0x3fe0000000000000 | (v & 0x801fffffffffffff);
	return v;
}

enum { OP_ADD, OP_MUL, OP_FMA };

static uint64_t reference(int op, uint64_t a, uint64_t b, uint64_t c, mpfr_rnd_t rnd)
{
	mpfr_t x, y, z, r;
	uint64_t v;
	int t;

	mpfr_set_emin(-1073);
	mpfr_set_emax(1024);
	mpfr_inits2(53, x, y, z, r, NULL);
	mpfr_set_d(x, as_f64(a), MPFR_RNDN);
	mpfr_set_d(y, as_f64(b), MPFR_RNDN);
	mpfr_set_d(z, as_f64(c), MPFR_RNDN);
	if (op == OP_ADD)
		t = mpfr_add(r, x, y, rnd);
	else if (op == OP_MUL)
		t = mpfr_mul(r, x, y, rnd);
	else
		t = mpfr_fma(r, x, y, z, rnd);
	mpfr_subnormalize(r, t, rnd);
	v = mpfr_nan_p(r) ? NAN64 : as_u64(mpfr_get_d(r, MPFR_RNDN));
	mpfr_clears(x, y, z, r, NULL);
	return v;
}

static void check(int op, const char *fmt)
{
	static const char *const rnd_name[] = { "", ".RM", ".RP", ".RZ" };
	static const mpfr_rnd_t rnd_mpfr[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };

	for_each_variant(v)
		for (int rnd = 0; rnd < 4; rnd++) {
			struct lane_lab *t = lab_new(v);
			uint64_t a[LANES], b[LANES], c[LANES];
			uint32_t seed = 31;
			struct insn *i;
			char text[80];

			snprintf(text, sizeof(text), fmt, rnd_name[rnd]);
			i = lab_insn(t, text);
			for (int n = 0; n < 100; n++) {
				for (int l = 0; l < LANES; l++) {
					lab_set64(t, 2, l, a[l] = pick(&seed));
					lab_set64(t, 4, l, b[l] = pick(&seed));
					lab_set64(t, 6, l, c[l] = pick(&seed));
				}
				lab_exec(t, i);
				for (int l = 0; l < LANES; l++) {
					uint64_t want = reference(op, a[l], b[l], c[l], rnd_mpfr[rnd]);

					if (lab_get64(t, 0, l) != want)
						fail_msg("%s: %a %a %a: %llx, want %llx", text,
							 as_f64(a[l]), as_f64(b[l]), as_f64(c[l]),
							 (long long)lab_get64(t, 0, l), (long long)want);
				}
			}
			free(i);
			lab_free(t);
		}
}

static void test_rounding(void **state)
{
	check(OP_ADD, "DADD%s R0, R2, R4");
	check(OP_MUL, "DMUL%s R0, R2, R4");
	check(OP_FMA, "DFMA%s R0, R2, R4, R6");
}

static void one(struct lane_lab *t, const char *text, uint64_t a, uint64_t b, uint64_t want)
{
	for (int l = 0; l < LANES; l++) {
		lab_set64(t, 2, l, a);
		lab_set64(t, 4, l, b);
	}
	lab_step(t, text);
	if (lab_get64(t, 0, 9) != want)
		fail_msg("%s: %llx, want %llx", text, (long long)lab_get64(t, 0, 9), (long long)want);
}

#define D(x) as_u64(x)

static void test_special_values(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint64_t c;

		one(t, "DADD R0, R2, -R4", D(1.5), D(0.25), D(1.25));
		one(t, "DADD R0, |R2|, R4", D(-1.5), D(0.25), D(1.75));
		one(t, "DADD R0, R2, 1.5", D(2.0), 0, D(3.5));
		one(t, "DMUL R0, R2, -R4", D(3.0), D(2.0), D(-6.0));
		one(t, "DMNMX R0, R2, R4, PT", D(NAN), D(2.0), D(2.0));
		one(t, "DMNMX R0, R2, R4, PT", D(NAN), D(NAN), NAN64);
		one(t, "DMNMX R0, R2, R4, !PT", D(-0.0), D(0.0), D(0.0));
		one(t, "DMNMX R0, R2, R4, PT", D(0.0), D(-0.0), D(-0.0));
		c = D(0.1);
		board_param(t->b, 10, c);
		board_param(t->b, 11, c >> 32);
		one(t, "DMUL R0, R2, c[0x0][0x28]", D(10.0), 0, D(1.0));
		lab_free(t);
	}
}

static void test_compare(void **state)
{
	static const char *const cmp[] = { "LT", "EQ", "LE", "GT", "NE", "GE", "LTU", "NAN" };

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint32_t seed = 8;

		for (int k = 0; k < 8; k++) {
			char text[80];

			for (int l = 0; l < LANES; l++) {
				lab_set64(t, 2, l, pick(&seed));
				lab_set64(t, 4, l, l & 1 ? pick(&seed) : lab_get64(t, 2, l));
			}
			snprintf(text, sizeof(text), "DSETP.%s.AND P0, P1, R2, R4, PT", cmp[k]);
			lab_step(t, text);
			snprintf(text, sizeof(text), "DSET.BF.%s.AND R0, R2, R4, PT", cmp[k]);
			lab_step(t, text);
			for (int l = 0; l < LANES; l++) {
				double a = as_f64(lab_get64(t, 2, l)), b = as_f64(lab_get64(t, 4, l));
				bool un = isunordered(a, b);
				bool want[] = { a < b, a == b, a <= b, a > b, (a < b) || (a > b), a >= b,
						a < b || un, un };

				assert_int_equal(t->w.p[0] >> l & 1, want[k]);
				assert_int_equal(t->w.p[1] >> l & 1, !want[k]);
				assert_int_equal(lab_reg(t, 0)[l], want[k] ? 0x3f800000 : 0);
			}
		}
		lab_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_special_values),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
