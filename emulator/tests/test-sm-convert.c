// SPDX-License-Identifier: MIT
/*
 * Conversions against MPFR and against what PTX ISA states for cvt: clamping, NaN, rounding to an
 * integer, parts of a register.
 */
#include <fenv.h>
#include <math.h>
#include <mpfr.h>

#include "sm-test.h"
#include "sm/fp.h"

static const mpfr_rnd_t rnd_mpfr[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };
static const char *const rnd_name[] = { "", ".RM", ".RP", ".RZ" };
/*
 * the assembler's word for "toward zero" where the types differ is the one for "no rounding" where
 * not
 */
static const char *const f2f_rnd_name[] = { "", ".RM", ".RP", ".PASS" };
static const char *const int_name[] = { "U8", "U16", "U32", "U64", "S8", "S16", "S32", "S64" };

static const double values[] = {
	0,
	-0.0,
	0.5,
	-0.5,
	1.5,
	2.5,
	-1.5,
	-2.5,
	0.999,
	127.5,
	128,
	-128.5,
	-129,
	255.4,
	255.5,
	32767.5,
	65535.5,
	65536,
	2147483647.0,
	2147483648.0,
	-2147483648.0,
	-2147483649.0,
	4294967295.0,
	4294967296.0,
	9.2233720368547758e18,
	1.8446744073709552e19,
	-9.3e18,
	3.5e38,
	-3.5e38,
	1e300,
	INFINITY,
	-INFINITY,
	1e-40,
	16777217.0,
	65519.9,
	65520.0,
	6e-8,
	2.9e-8,
	5.96e-8,
	6.1e-5,
	0.1,
	3.14159265358979,
};

#define NVALUES (sizeof(values) / sizeof(*values))

/* what a float of that many digits, in the range of the type, makes of x */
static double rounded(double x, int digits, int emin, int emax, mpfr_rnd_t rnd)
{
	mpfr_t r;
	double d;
	int t;

	mpfr_set_emin(emin);
	mpfr_set_emax(emax);
	mpfr_init2(r, digits);
	t = mpfr_set_d(r, x, rnd);
	t = mpfr_check_range(r, t, rnd);
	mpfr_subnormalize(r, t, rnd);
	d = mpfr_get_d(r, MPFR_RNDN);
	mpfr_clear(r);
	mpfr_set_emin(-1000000);
	mpfr_set_emax(1000000);
	return d;
}

static void test_f2f(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		for (int rnd = 0; rnd < 4; rnd++)
			for (unsigned int n = 0; n < NVALUES; n++) {
				double want;
				char text[80];

				for (int l = 0; l < LANES; l++)
					lab_set64(t, 2, l, as_u64(values[n]));
				snprintf(text, sizeof(text), "F2F.F32.F64%s R0, R2",
					 f2f_rnd_name[rnd]);
				lab_step(t, text);
				want = rounded(values[n], 24, -148, 128, rnd_mpfr[rnd]);
				assert_int_equal(lab_reg(t, 0)[3], as_u32(want));
				snprintf(text, sizeof(text), "F2F.F16.F64%s R0, R2",
					 f2f_rnd_name[rnd]);
				lab_step(t, text);
				want = rounded(values[n], 11, -23, 16, rnd_mpfr[rnd]);
				if (half_to_double(lab_reg(t, 0)[3]) != want)
					fail_msg("%s of %a: %04x, want %a", text, values[n],
						 lab_reg(t, 0)[3], want);
				/* and back */
				lab_step(t, "F2F.F32.F16 R4, R0");
				assert_int_equal(lab_reg(t, 4)[3], as_u32(want));
				lab_step(t, "F2F.F64.F32 R6, R4");
				assert_int_equal(lab_get64(t, 6, 3), as_u64(want));
			}
		lab_free(t);
	}
}

static void test_half_values(void **state)
{
	/*
	 * every half, against the compiler's conversion where it has one, through the definition
	 * else
	 */
	for (unsigned int h = 0; h < 0x7c00; h++) {
		double v = (h >> 10 ? ldexp(1 + (h & 1023) / 1024.0, (h >> 10) - 15)
				    : ldexp((h & 1023) / 1024.0, -14));

		assert_true(half_to_double(h) == v);
		for (int rnd = 0; rnd < 4; rnd++)
			assert_int_equal(double_to_half(v, rnd), h);
	}
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		for (int l = 0; l < LANES; l++)
			lab_reg(t, 1)[l] = 0x3c00c000; /* 1.0 in H1, -2.0 in H0 */
		lab_step(t, "F2F.F32.F16 R0, R1.H1");
		assert_int_equal(lab_reg(t, 0)[0], as_u32(1.0f));
		lab_step(t, "F2F.F32.F16 R0, -R1");
		assert_int_equal(lab_reg(t, 0)[0], as_u32(2.0f));
		lab_free(t);
	}
}

static void test_round_integral(void **state)
{
	static const char *const mode[] = { "ROUND", "FLOOR", "CEIL", "TRUNC" };

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		for (int m = 0; m < 4; m++)
			for (unsigned int n = 0; n < NVALUES; n++) {
				double x = values[n], want;
				float fw;
				char text[80];

				want = m == 0	? nearbyint(x)
				       : m == 1 ? floor(x)
				       : m == 2 ? ceil(x)
						: trunc(x);
				for (int l = 0; l < LANES; l++) {
					lab_set64(t, 2, l, as_u64(x));
					lab_reg(t, 4)[l] = as_u32((float)x);
				}
				snprintf(text, sizeof(text), "F2F.F64.F64.%s R0, R2", mode[m]);
				lab_step(t, text);
				assert_int_equal(lab_get64(t, 0, 0), as_u64(want));
				fw = (float)x;
				fw = m == 0   ? nearbyintf(fw)
				     : m == 1 ? floorf(fw)
				     : m == 2 ? ceilf(fw)
					      : truncf(fw);
				snprintf(text, sizeof(text), "F2F.F32.F32.%s R0, R4", mode[m]);
				lab_step(t, text);
				assert_int_equal(lab_reg(t, 0)[0], as_u32(fw));
			}
		lab_free(t);
	}
}

static void test_f2f_modifiers(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint32_t *a = lab_reg(t, 1), *d = lab_reg(t, 0);

		a[0] = as_u32(-3.5f);
		a[1] = as_u32(0.25f);
		a[2] = 0x7fc12345;
		a[3] = 0x80000001;
		lab_step(t, "F2F.F32.F32 R0, |R1|");
		assert_int_equal(d[0], as_u32(3.5f));
		assert_int_equal(d[2], NAN32);
		lab_step(t, "F2F.F32.F32 R0, -R1");
		assert_int_equal(d[1], as_u32(-0.25f));
		lab_step(t, "F2F.F32.F32.SAT R0, R1");
		assert_int_equal(d[0], 0);
		assert_int_equal(d[1], as_u32(0.25f));
		assert_int_equal(d[2], 0);
		lab_step(t, "F2F.FTZ.F32.F32 R0, R1");
		assert_int_equal(d[3], 0x80000000);
		lab_free(t);
	}
}

/* PTX cvt: nearest representable; NaN 0, or 1 << (bits - 1) where a 64-bit type takes part */
static uint64_t want_int(double x, int type, int rnd, bool from_f64)
{
	int bits = 8 << (type & 3);
	bool sign = type & 4;
	__int128 lo = sign ? -((__int128)1 << (bits - 1)) : 0;
	__int128 hi = ((__int128)1 << (sign ? bits - 1 : bits)) - 1, v;

	if (isnan(x))
		return from_f64 || bits == 64 ? 1ull << (bits - 1) : 0;
	x = rnd == 0 ? nearbyint(x) : rnd == 1 ? floor(x) : rnd == 2 ? ceil(x) : trunc(x);
	v = x > 1e30 ? hi : x < -1e30 ? lo : (__int128)x;
	v = v > hi ? hi : v < lo ? lo : v;
	return v;
}

static void test_f2i(void **state)
{
	static const char *const mode[] = { "", ".FLOOR", ".CEIL", ".TRUNC" };

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		for (int type = 0; type < 8; type++)
			for (int rnd = 0; rnd < 4; rnd++)
				for (unsigned int n = 0; n <= NVALUES; n++) {
					double x = n < NVALUES ? values[n] : NAN;
					uint64_t want, got;
					char text[80];

					for (int l = 0; l < LANES; l++) {
						lab_set64(t, 2, l, as_u64(x));
						lab_reg(t, 4)[l] = as_u32((float)x);
					}
					snprintf(text, sizeof(text), "F2I.%s.F64%s R0, R2",
						 int_name[type], mode[rnd]);
					lab_step(t, text);
					want = want_int(x, type, rnd, true);
					got = (type & 3) == 3 ? lab_get64(t, 0, 1) : lab_reg(t, 0)[1];
					if ((type & 3) != 3)
						want = (uint32_t)want;
					if (got != want)
						fail_msg("%s of %a: %llx, want %llx", text, x,
							 (long long)got, (long long)want);
					snprintf(text, sizeof(text), "F2I.%s.F32%s R0, R4",
						 int_name[type], mode[rnd]);
					lab_step(t, text);
					want = want_int((float)x, type, rnd, false);
					got = (type & 3) == 3 ? lab_get64(t, 0, 1) : lab_reg(t, 0)[1];
					if ((type & 3) != 3)
						want = (uint32_t)want;
					if (got != want)
						fail_msg("%s of %a: %llx, want %llx", text, x,
							 (long long)got, (long long)want);
				}
		lab_free(t);
	}
}

static __int128 typed(uint64_t v, int type)
{
	int bits = 8 << (type & 3);

	v <<= 64 - bits;
	return type & 4 ? (__int128)((int64_t)v >> (64 - bits)) : (__int128)(v >> (64 - bits));
}

static void test_i2f(void **state)
{
	static const uint64_t ints[] = {
		0,
		1,
		2,
		0x7f,
		0x80,
		0xff,
		0x7fff,
		0x8000,
		0xffff,
		0x1000001,
		0x1000002,
		0x1000003,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0xffffff80,
		0x7fffffffffffffff,
		1ull << 63,
		~0ull,
		0x8000008000000000,
		0x8000008000000001,
		0x20000000000001,
		0x20000000000003,
		0xfffffffffffffc00,
		0xfffffffffffffbff,
	};

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		for (int type = 0; type < 8; type++)
			for (int rnd = 0; rnd < 4; rnd++)
				for (unsigned int n = 0; n < sizeof(ints) / sizeof(*ints); n++) {
					__int128 x = typed(ints[n], type);
					char text[80];
					mpfr_t m;
					double want;

					for (int l = 0; l < LANES; l++)
						lab_set64(t, 2, l, ints[n]);
					snprintf(text, sizeof(text), "I2F.F32.%s%s R0, R2",
						 int_name[type], rnd_name[rnd]);
					lab_step(t, text);
					mpfr_init2(m, 24);
					if (type & 4)
						mpfr_set_si(m, (int64_t)x, rnd_mpfr[rnd]);
					else
						mpfr_set_ui(m, (uint64_t)x, rnd_mpfr[rnd]);
					want = mpfr_get_d(m, MPFR_RNDN);
					mpfr_clear(m);
					if (lab_reg(t, 0)[2] != as_u32(want))
						fail_msg("%s of %llx: %08x, want %08x", text,
							 (long long)ints[n], lab_reg(t, 0)[2],
							 as_u32(want));
					snprintf(text, sizeof(text), "I2F.F64.%s%s R0, R2",
						 int_name[type], rnd_name[rnd]);
					lab_step(t, text);
					mpfr_init2(m, 53);
					if (type & 4)
						mpfr_set_si(m, (int64_t)x, rnd_mpfr[rnd]);
					else
						mpfr_set_ui(m, (uint64_t)x, rnd_mpfr[rnd]);
					want = mpfr_get_d(m, MPFR_RNDN);
					mpfr_clear(m);
					assert_int_equal(lab_get64(t, 0, 2), as_u64(want));
				}
		lab_free(t);
	}
}

static void test_i2i(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint32_t seed = 6;

		for (int from = 0; from < 8; from++)
			for (int to = 0; to < 8; to++) {
				char text[80];

				/* 64-bit types are not in I2I's table */
				if ((from & 3) == 3 || (to & 3) == 3)
					continue;
				for (int l = 0; l < LANES; l++)
					lab_reg(t, 1)[l] = test_random(&seed);
				snprintf(text, sizeof(text), "I2I.%s.%s R0, R1", int_name[to],
					 int_name[from]);
				lab_step(t, text);
				for (int l = 0; l < LANES; l++)
					assert_int_equal(
						lab_reg(t, 0)[l],
						(uint32_t)typed(typed(lab_reg(t, 1)[l], from), to));
				snprintf(text, sizeof(text), "I2I.%s.%s.SAT R0, R1", int_name[to],
					 int_name[from]);
				lab_step(t, text);
				for (int l = 0; l < LANES; l++) {
					__int128 x = typed(lab_reg(t, 1)[l], from);
					int bits = 8 << (to & 3);
					__int128 lo = to & 4 ? -((__int128)1 << (bits - 1)) : 0;
					__int128 hi = ((__int128)1 << (to & 4 ? bits - 1 : bits)) - 1;

					x = x > hi ? hi : x < lo ? lo : x;
					assert_int_equal(lab_reg(t, 0)[l], (uint32_t)x);
				}
			}
		for (int l = 0; l < LANES; l++)
			lab_reg(t, 1)[l] = 0x80ff7f01;
		lab_step(t, "I2I.S32.S8 R0, R1.B3");
		assert_int_equal(lab_reg(t, 0)[0], 0xffffff80);
		lab_step(t, "I2I.U32.U8 R0, R1.B2");
		assert_int_equal(lab_reg(t, 0)[0], 0xff);
		lab_step(t, "I2I.S32.S32 R0, -R1");
		assert_int_equal(lab_reg(t, 0)[0], -0x80ff7f01);
		lab_step(t, "I2I.S32.S32 R0, |R1|");
		assert_int_equal(lab_reg(t, 0)[0], -0x80ff7f01);
		lab_step(t, "I2F.F32.U8 R0, R1.B1");
		assert_int_equal(lab_reg(t, 0)[0], as_u32(127.0f));
		lab_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f2f),
		cmocka_unit_test(test_half_values),
		cmocka_unit_test(test_round_integral),
		cmocka_unit_test(test_f2f_modifiers),
		cmocka_unit_test(test_f2i),
		cmocka_unit_test(test_i2f),
		cmocka_unit_test(test_i2i),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
