// SPDX-License-Identifier: MIT
/*
 * Half precision pairs: sums, products and comparisons on both halves of a register.
 *
 * Operands are both halves (H1_H0), one of them twice, or a single-precision number; those in a
 * constant buffer are single precision. Values are computed in double with the residual folded
 * into the last bit (rounding to odd), so that the one rounding to half is correct.
 */
#include "exec.h"
#include "fp.h"

#define ALU(name)							\
	static void name(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,	\
			 const uint32_t *b, const uint32_t *c)

/* half n of an operand */
static double half_source(const struct insn *i, int k, uint32_t v, int n)
{
	const struct sm_src *src = &i->in.src[k];
	double x;

	if (src->kind == SM_SRC_CBUF || src->sel == SM_SEL_F32) {
		x = as_f32(i->in.ftz ? flush32(v) : v);
	} else {
		bool upper = src->sel == SM_SEL_H1_H1 || (src->sel != SM_SEL_H0_H0 && n);
		uint16_t h = upper ? v >> 16 : v;

		x = half_to_double(i->in.ftz ? flush16(h) : h);
	}
	if (src->abs)
		x = fabs(x);
	return src->neg ? -x : x;
}

/* x + y, with the last bit set if it is not exact: halves and their products have few digits */
static double sum_to_odd(double x, double y)
{
	double s = x + y, t = s - x, e = (x - (s - t)) + (y - t);
	uint64_t v = as_u64(s);

	if (e == 0 || !isfinite(s) || v & 1)
		return s;
	/* towards the exact value: the magnitude grows if the residual has the sum's sign */
	return as_f64((e > 0) == (s > 0) ? v + 1 : v - 1);
}

static uint16_t half_result(const struct insn *i, double v)
{
	uint16_t h;

	if (i->in.sat)
		v = v > 1 ? 1 : v > 0 ? v : 0;
	h = double_to_half(v, SM_RN);
	return i->in.ftz ? flush16(h) : h;
}

static uint32_t merge(const struct insn *i, uint32_t old, const double v[2])
{
	switch (i->in.dsel) {
	case SM_SEL_F32: {
		double x = i->in.sat ? v[0] > 1 ? 1 : v[0] > 0 ? v[0] : 0 : v[0];

		return canon32(as_u32((float)half_to_double(half_result(i, x))));
	}
	case SM_SEL_MRG_H0:
		return (old & 0xffff0000) | half_result(i, v[0]);
	case SM_SEL_MRG_H1:
		return (old & 0xffff) | (uint32_t)half_result(i, v[1]) << 16;
	default:
		return half_result(i, v[0]) | (uint32_t)half_result(i, v[1]) << 16;
	}
}

static double product(const struct insn *i, double x, double y)
{
	if (i->in.ftz == SM_FMZ && (x == 0 || y == 0))
		return 0;
	return x * y;
}

ALU(hadd2)
{
	const uint32_t *old = row(w, i->d);

	for (int l = 0; l < LANES; l++) {
		double v[2];

		for (int n = 0; n < 2; n++)
			v[n] = sum_to_odd(half_source(i, 0, a[l], n), half_source(i, 1, b[l], n));
		d[l] = merge(i, old[l], v);
	}
}

ALU(hmul2)
{
	const uint32_t *old = row(w, i->d);

	for (int l = 0; l < LANES; l++) {
		double v[2];

		for (int n = 0; n < 2; n++)
			v[n] = product(i, half_source(i, 0, a[l], n), half_source(i, 1, b[l], n));
		d[l] = merge(i, old[l], v);
	}
}

ALU(hfma2)
{
	const uint32_t *old = row(w, i->d);

	for (int l = 0; l < LANES; l++) {
		double v[2];

		for (int n = 0; n < 2; n++)
			v[n] = sum_to_odd(product(i, half_source(i, 0, a[l], n),
						  half_source(i, 1, b[l], n)),
					  half_source(i, 2, c[l], n));
		d[l] = merge(i, old[l], v);
	}
}

static bool holds(unsigned int cmp, double x, double y)
{
	return (cmp & 1 && x < y) || (cmp & 2 && x == y) || (cmp & 4 && x > y) ||
	       (cmp & 8 && isunordered(x, y));
}

static void compare(const struct insn *i, const uint32_t *a, const uint32_t *b, uint32_t v[2])
{
	v[0] = v[1] = 0;
	for (int l = 0; l < LANES; l++)
		for (int n = 0; n < 2; n++)
			v[n] |= holds(i->in.cmp, half_source(i, 0, a[l], n),
				      half_source(i, 1, b[l], n)) ? lane_bit[l] : 0;
}

static uint32_t combine(unsigned int bop, uint32_t v, uint32_t p)
{
	return bop == SM_BOP_AND ? v & p : bop == SM_BOP_OR ? v | p : v ^ p;
}

ALU(hset2)
{
	uint32_t v[2], p = pred_mask(w, i->in.psrc[0]), one = i->in.bf ? 0x3c00 : 0xffff;

	compare(i, a, b, v);
	v[0] = combine(i->in.bop, v[0], p);
	v[1] = combine(i->in.bop, v[1], p);
	for_lanes(l)
		d[l] = (v[0] & lane_bit[l] ? one : 0) | (v[1] & lane_bit[l] ? one << 16 : 0);
}

/* two results, one per half; H_AND: both halves in the first, and its opposite */
ALU(hsetp2)
{
	uint32_t v[2], p = pred_mask(w, i->in.psrc[0]);

	compare(i, a, b, v);
	if (i->in.h_and) {
		v[0] &= v[1];
		v[1] = ~v[0];
	}
	w->pout[0] = combine(i->in.bop, v[0], p);
	w->pout[1] = combine(i->in.bop, v[1], p);
}

bool V(lower_half)(struct insn *i)
{
	switch (i->in.op) {
	case SM_OP_HADD2:
		return LOWER_ALU(i, hadd2);
	case SM_OP_HMUL2:
		return LOWER_ALU(i, hmul2);
	case SM_OP_HFMA2:
		return LOWER_ALU(i, hfma2);
	case SM_OP_HSET2:
		return LOWER_ALU(i, hset2);
	case SM_OP_HSETP2:
		return LOWER_ALU(i, hsetp2);
	default:
		return false;
	}
}
