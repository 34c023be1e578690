// SPDX-License-Identifier: MIT
/*
 * Single precision against MPFR (24 bits, the exponent range and subnormals of binary32, one
 * rounding) in all rounding modes; flushing, saturation, NaN, minimum and maximum as PTX states
 * them; MUFU against MPFR within the error that NVIDIA documents for the .approx instructions.
 */
#include <math.h>
#include <mpfr.h>

#include "sm-test.h"
#include "sm/fp.h"

static const uint32_t edges[] = {
	0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000,
	0x7f800001, 0xffc12345, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000,
	0x80800000, 0x7f7fffff, 0xff7fffff, 0x3f7fffff, 0x3f800001, 0x33800000, 0x4b800000,
	0x00400000, 0x01000000, 0x7e800000, 0x40490fdb,
};

static uint32_t pick(uint32_t *seed)
{
	uint32_t r = test_random(seed);

	if (r & 1)
		return edges[(r >> 8) % (sizeof(edges) / sizeof(*edges))];
	if (r & 2)	/* near 1, so that sums cancel */
		return 0x3f000000 | (test_random(seed) & 0x80ffffff);
	return test_random(seed);
}

enum { OP_ADD, OP_MUL, OP_FMA };

/* the IEEE result, by MPFR; NaN as the hardware has it */
static uint32_t reference(int op, uint32_t a, uint32_t b, uint32_t c, mpfr_rnd_t rnd)
{
	mpfr_t x, y, z, r;
	uint32_t v;
	int t;

	mpfr_set_emin(-148);
	mpfr_set_emax(128);
	mpfr_inits2(24, x, y, z, r, NULL);
	mpfr_set_flt(x, as_f32(a), MPFR_RNDN);
	mpfr_set_flt(y, as_f32(b), MPFR_RNDN);
	mpfr_set_flt(z, as_f32(c), MPFR_RNDN);
	if (op == OP_ADD)
		t = mpfr_add(r, x, y, rnd);
	else if (op == OP_MUL)
		t = mpfr_mul(r, x, y, rnd);
	else
		t = mpfr_fma(r, x, y, z, rnd);
	mpfr_subnormalize(r, t, rnd);
	v = mpfr_nan_p(r) ? NAN32 : as_u32(mpfr_get_flt(r, MPFR_RNDN));
	mpfr_clears(x, y, z, r, NULL);
	return v;
}

static uint32_t finish(uint32_t v, bool ftz, bool sat)
{
	if (ftz && !(v & 0x7f800000))
		v &= 0x80000000;
	if (sat) {
		if ((v & 0x7fffffff) > 0x7f800000 || v >> 31)
			return 0;
		if (v > 0x3f800000)
			return 0x3f800000;
	}
	return v;
}

static uint32_t flush(uint32_t v, bool ftz)
{
	return ftz && !(v & 0x7f800000) ? v & 0x80000000 : v;
}

static void check(int op, const char *fmt, bool ftz, bool sat)
{
	static const char *const rnd_name[] = { "", ".RM", ".RP", ".RZ" };
	static const mpfr_rnd_t rnd_mpfr[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };

	for_each_variant(v)
		for (int rnd = 0; rnd < 4; rnd++) {
			struct lane_lab *t = lab_new(v);
			uint32_t seed = 77, a[LANES], b[LANES], c[LANES];
			struct insn *i;
			char text[80];

			snprintf(text, sizeof(text), fmt, rnd_name[rnd]);
			i = lab_insn(t, text);
			for (int n = 0; n < 100; n++) {
				for (int l = 0; l < LANES; l++) {
					a[l] = lab_reg(t, 1)[l] = pick(&seed);
					b[l] = lab_reg(t, 2)[l] = pick(&seed);
					c[l] = lab_reg(t, 3)[l] = pick(&seed);
				}
				lab_exec(t, i);
				for (int l = 0; l < LANES; l++) {
					uint32_t x = flush(a[l], ftz), y = flush(b[l], ftz);
					uint32_t z = flush(c[l], ftz);
					uint32_t want = reference(op, x, y, z, rnd_mpfr[rnd]);

					want = finish(want, ftz, sat);
					if (lab_reg(t, 0)[l] != want)
						fail_msg("%s: a %08x b %08x c %08x: %08x, want %08x",
							 text, a[l], b[l], c[l], lab_reg(t, 0)[l],
							 want);
				}
			}
			free(i);
			lab_free(t);
		}
}

static void test_rounding(void **state)
{
	check(OP_ADD, "FADD%s R0, R1, R2", false, false);
	check(OP_MUL, "FMUL%s R0, R1, R2", false, false);
	check(OP_FMA, "FFMA%s R0, R1, R2, R3", false, false);
}

static void test_flush_saturate(void **state)
{
	check(OP_ADD, "FADD.FTZ%s R0, R1, R2", true, false);
	check(OP_MUL, "FMUL.FTZ%s R0, R1, R2", true, false);
	check(OP_FMA, "FFMA.FTZ%s R0, R1, R2, R3", true, false);
	check(OP_ADD, "FADD%s.SAT R0, R1, R2", false, true);
	check(OP_MUL, "FMUL%s.SAT R0, R1, R2", false, true);
	check(OP_FMA, "FFMA%s.SAT R0, R1, R2, R3", false, true);
}

static void one(struct lane_lab *t, const char *text, uint32_t a, uint32_t b, uint32_t c,
		uint32_t want)
{
	for (int l = 0; l < LANES; l++) {
		lab_reg(t, 1)[l] = a;
		lab_reg(t, 2)[l] = b;
		lab_reg(t, 3)[l] = c;
	}
	lab_step(t, text);
	if (lab_reg(t, 0)[5] != want)
		fail_msg("%s: %08x %08x %08x: %08x, want %08x", text, a, b, c, lab_reg(t, 0)[5], want);
}

#define F(x) as_u32(x)
#define INF 0x7f800000u

static void test_special_values(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		one(t, "FADD R0, R1, -R2", F(1.5f), F(0.25f), 0, F(1.25f));
		one(t, "FADD R0, |R1|, -|R2|", F(-1.5f), F(-0.25f), 0, F(1.25f));
		one(t, "FADD R0, R1, 2", F(1.0f), 0, 0, F(3.0f));
		one(t, "FADD R0, R1, R2", INF, INF | 1u << 31, 0, NAN32);
		one(t, "FMUL R0, R1, R2", INF, 0, 0, NAN32);
		one(t, "FMUL R0, R1, -R2", F(3.0f), F(2.0f), 0, F(-6.0f));
		one(t, "FMUL.FMZ R0, R1, R2", INF, 0, 0, 0);
		one(t, "FMUL.FMZ R0, R1, R2", 0xffc00000, 0x80000000, 0, 0);
		one(t, "FMUL.M2 R0, R1, R2", F(3.0f), F(2.0f), 0, F(12.0f));
		one(t, "FMUL.M8 R0, R1, R2", F(3.0f), F(2.0f), 0, F(48.0f));
		one(t, "FMUL.D4 R0, R1, R2", F(3.0f), F(2.0f), 0, F(1.5f));
		one(t, "FFMA.FMZ R0, R1, R2, R3", INF, 0, F(7.0f), F(7.0f));
		one(t, "FFMA R0, R1, -R2, -R3", F(3.0f), F(2.0f), F(1.0f), F(-7.0f));
		/* one rounding: (1 + 2^-23)^2 - (1 + 2^-22) = 2^-46 */
		one(t, "FFMA R0, R1, R2, -R3", 0x3f800001, 0x3f800001, 0x3f800002, 0x28800000);
		/* PTX min, max: a NaN operand loses; -0 < +0 */
		one(t, "FMNMX R0, R1, R2, PT", 0x7fc00000, F(2.0f), 0, F(2.0f));
		one(t, "FMNMX R0, R1, R2, PT", F(2.0f), 0xff800001, 0, F(2.0f));
		one(t, "FMNMX R0, R1, R2, PT", 0x7f800001, 0xffc00000, 0, NAN32);
		one(t, "FMNMX R0, R1, R2, PT", 0, 0x80000000, 0, 0x80000000);
		one(t, "FMNMX R0, R1, R2, !PT", 0x80000000, 0, 0, 0);
		one(t, "FMNMX R0, R1, R2, !PT", F(-3.0f), F(-4.0f), 0, F(-3.0f));
		one(t, "FMNMX R0, |R1|, R2, !PT", F(-5.0f), F(4.0f), 0, F(5.0f));
		one(t, "FMNMX.FTZ R0, R1, R2, PT", 0x00000001, F(1.0f), 0, 0);
		one(t, "FCMP.GT R0, R1, R2, R3", 11, 22, F(0.5f), 11);
		one(t, "FCMP.GT R0, R1, R2, R3", 11, 22, 0x7fc00000, 22);
		one(t, "FCMP.GTU R0, R1, R2, R3", 11, 22, 0x7fc00000, 11);
		one(t, "FADD.SAT R0, R1, R2", 0x7fc00000, 0, 0, 0);
		lab_free(t);
	}
}

static void test_compare(void **state)
{
	static const char *const cmp[] = { "F", "LT", "EQ", "LE", "GT", "NE", "GE", "NUM", "NAN", "LTU",
		"EQU", "LEU", "GTU", "NEU", "GEU", "T" };

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint32_t seed = 9;

		for (int k = 0; k < 16; k++)
			for (int n = 0; n < 20; n++) {
				char text[80];

				for (int l = 0; l < LANES; l++) {
					lab_reg(t, 1)[l] = pick(&seed);
					lab_reg(t, 2)[l] = n & 1 ? pick(&seed) : lab_reg(t, 1)[l];
				}
				t->w.p[3] = test_random(&seed);
				snprintf(text, sizeof(text), "FSETP.%s.OR P0, P1, R1, R2, P3", cmp[k]);
				lab_step(t, text);
				snprintf(text, sizeof(text), "FSET.BF.%s.AND R0, R1, R2, P3", cmp[k]);
				lab_step(t, text);
				for (int l = 0; l < LANES; l++) {
					float a = as_f32(lab_reg(t, 1)[l]), b = as_f32(lab_reg(t, 2)[l]);
					bool p3 = t->w.p[3] >> l & 1, un = isunordered(a, b);
					bool want = ((k & 1) && a < b) || ((k & 2) && a == b) ||
						    ((k & 4) && a > b) || ((k & 8) && un);

					assert_int_equal(t->w.p[0] >> l & 1, want || p3);
					assert_int_equal(t->w.p[1] >> l & 1, !want || p3);
					assert_int_equal(lab_reg(t, 0)[l], want && p3 ? 0x3f800000 : 0);
				}
			}
		lab_free(t);
	}
}

typedef int (*mpfr_fn)(mpfr_t, const mpfr_t, mpfr_rnd_t);

static int rcp(mpfr_t r, const mpfr_t x, mpfr_rnd_t rnd)
{
	return mpfr_ui_div(r, 1, x, rnd);
}

/* "relative" 2^-rel, or absolute 2^-abs (0: none), whichever allows more */
static void check_mufu(const char *name, mpfr_fn fn, float lo, float hi, int rel, int absolute)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		mpfr_t x, y, d, bound;
		uint32_t seed = 4711;
		char text[64];

		mpfr_set_emin(-100000);
		mpfr_set_emax(100000);
		mpfr_inits2(200, x, y, d, bound, NULL);
		for (int n = 0; n < 50; n++) {
			for (int l = 0; l < LANES; l++) {
				float f = test_random(&seed) / 4294967296.0f;

				lab_reg(t, 1)[l] = F(lo + (hi - lo) * f);
			}
			if (name[0] == 'C' || name[0] == 'S') {
				if (strcmp(name, "SQRT"))
					lab_step(t, "RRO.SINCOS R2, R1");
				else
					lab_step(t, "MOV R2, R1");
			} else if (!strcmp(name, "EX2")) {
				lab_step(t, "RRO.EX2 R2, R1");
			} else {
				lab_step(t, "MOV R2, R1");
			}
			snprintf(text, sizeof(text), "MUFU.%s R0, R2", name);
			lab_step(t, text);
			for (int l = 0; l < LANES; l++) {
				mpfr_set_flt(x, as_f32(lab_reg(t, 1)[l]), MPFR_RNDN);
				fn(y, x, MPFR_RNDN);
				mpfr_set_flt(d, as_f32(lab_reg(t, 0)[l]), MPFR_RNDN);
				mpfr_sub(d, d, y, MPFR_RNDN);
				mpfr_abs(d, d, MPFR_RNDN);
				mpfr_abs(bound, y, MPFR_RNDN);
				mpfr_div_2si(bound, bound, rel, MPFR_RNDN);
				if (absolute && mpfr_cmp_d(bound, ldexp(1, -absolute)) < 0)
					mpfr_set_d(bound, ldexp(1, -absolute), MPFR_RNDN);
				if (mpfr_cmp(d, bound) > 0)
					fail_msg("MUFU.%s(%a) = %a", name, as_f32(lab_reg(t, 1)[l]),
						 as_f32(lab_reg(t, 0)[l]));
			}
		}
		mpfr_clears(x, y, d, bound, NULL);
		lab_free(t);
	}
}

/*
 * PTX ISA: rcp.approx 2^-23, rsqrt 2^-22.4, sqrt 2^-23, ex2 2^-22, lg2 2^-22 (abs), sin, cos
 * 2^-20.9
 */
static void test_mufu(void **state)
{
	check_mufu("RCP", rcp, 1e-3f, 1e6f, 23, 0);
	check_mufu("RSQ", mpfr_rec_sqrt, 1e-3f, 1e6f, 22, 0);
	check_mufu("SQRT", mpfr_sqrt, 0, 1e6f, 23, 0);
	check_mufu("EX2", mpfr_exp2, -100, 100, 22, 0);
	check_mufu("LG2", mpfr_log2, 1e-3f, 1000, 22, 22);
	check_mufu("SIN", mpfr_sin, -6.2831f, 6.2831f, 21, 21);
	check_mufu("COS", mpfr_cos, -6.2831f, 6.2831f, 21, 21);
}

static void test_mufu_special(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		one(t, "MUFU.RCP R0, R1", 0, 0, 0, INF);
		one(t, "MUFU.RCP R0, R1", 0x80000000, 0, 0, INF | 1u << 31);
		one(t, "MUFU.RCP R0, R1", INF, 0, 0, 0);
		one(t, "MUFU.RCP R0, -R1", F(4.0f), 0, 0, F(-0.25f));
		one(t, "MUFU.RSQ R0, R1", F(-1.0f), 0, 0, NAN32);
		one(t, "MUFU.RSQ R0, |R1|", F(-4.0f), 0, 0, F(0.5f));
		one(t, "MUFU.RSQ R0, R1", 0x80000000, 0, 0, INF | 1u << 31);
		one(t, "MUFU.LG2 R0, R1", 0, 0, 0, INF | 1u << 31);
		one(t, "MUFU.LG2 R0, R1", F(-1.0f), 0, 0, NAN32);
		one(t, "MUFU.EX2 R0, R1", INF | 1u << 31, 0, 0, 0);
		one(t, "MUFU.EX2 R0, R1", INF, 0, 0, INF);
		one(t, "MUFU.SIN R0, R1", INF, 0, 0, NAN32);
		one(t, "MUFU.SQRT R0, R1", F(-4.0f), 0, 0, NAN32);
		one(t, "MUFU.EX2.SAT R0, R1", F(3.0f), 0, 0, F(1.0f));
		/* 1 / 2.0 and 1 / sqrt(4.0), upper words of doubles */
		one(t, "MUFU.RCP64H R0, R1", 0x40000000, 0, 0, 0x3fe00000);
		one(t, "MUFU.RSQ64H R0, R1", 0x40100000, 0, 0, 0x3fe00000);
		lab_free(t);
	}
}

/* Mesa GM107LoweringPass::handleDFDX */
static void test_derivative(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		for (int l = 0; l < LANES; l++)
			lab_reg(t, 1)[l] = F((l & 1) * 3.0f + (l >> 1 & 1) * 5.0f + (l >> 2));
		/* SUB, SUBR, SUB, SUBR = 2 1 2 1 */
		lab_step(t, "SHFL.BFLY PT, R2, R1, 0x1, 0x1c03");
		lab_step(t, "FSWZADD R0, R2, R1, 0x99");
		for (int l = 0; l < LANES; l++)
			assert_int_equal(lab_reg(t, 0)[l], F(3.0f));
		/* SUB, SUB, SUBR, SUBR */
		lab_step(t, "SHFL.BFLY PT, R2, R1, 0x2, 0x1c03");
		lab_step(t, "FSWZADD R0, R2, R1, 0xa5");
		for (int l = 0; l < LANES; l++)
			assert_int_equal(lab_reg(t, 0)[l], F(5.0f));
		lab_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_flush_saturate),
		cmocka_unit_test(test_special_values),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_mufu),
		cmocka_unit_test(test_mufu_special),
		cmocka_unit_test(test_derivative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
