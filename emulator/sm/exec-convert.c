// SPDX-License-Identifier: MIT
/*
 * Conversions between integers and floats of all widths, roundings to an integer. PTX ISA, cvt:
 * what happens to values out of range and to NaN.
 */
#include "exec.h"
#include "fp.h"

#define ALU(name)							\
	static void name(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,	\
			 const uint32_t *b, const uint32_t *c)

static bool type_signed(unsigned int type)
{
	return type == SM_S8 || type == SM_S16 || type == SM_S32 || type == SM_S64;
}

static uint64_t get64(const uint32_t *s, int l, unsigned int bytes)
{
	return bytes == 8 ? (uint64_t)s[LANES + l] << 32 | s[l] : s[l];
}

static void put64(uint32_t *d, int l, uint64_t v, unsigned int bytes)
{
	d[l] = v;
	if (bytes == 8)
		d[LANES + l] = v >> 32;
}

static uint32_t selected(uint32_t v, unsigned int sel)
{
	switch (sel) {
	case SM_SEL_B1:
		return v >> 8;
	case SM_SEL_B2:
	case SM_SEL_H1:
		return v >> 16;
	case SM_SEL_B3:
		return v >> 24;
	default:
		return v;
	}
}

/* a float operand of any width, exactly, with abs, neg and flushing */
static double float_source(const struct insn *i, const uint32_t *a, int l)
{
	const struct sm_src *src = &i->in.src[0];
	double v;

	switch (i->in.stype) {
	case SM_F16: {
		uint16_t h = selected(a[l], src->sel);

		v = half_to_double(i->in.ftz ? flush16(h) : h);
		break;
	}
	case SM_F64:
		v = as_f64(get64(a, l, 8));
		break;
	default:
		v = as_f32(i->in.ftz ? flush32(a[l]) : a[l]);
		break;
	}
	if (src->abs)
		v = fabs(v);
	return src->neg ? -v : v;
}

static double round_integral(double v, unsigned int rnd)
{
	switch (rnd) {
	case SM_RM:
		return floor(v);
	case SM_RP:
		return ceil(v);
	case SM_RZ_ROUND:
		return trunc(v);
	default:
		return rint(v);	/* the host's mode is to nearest, even */
	}
}

/* not inlined: rounds in the mode that is set */
static __attribute__((noinline)) uint32_t narrow32(double v)
{
	return as_u32((float)v);
}

/* a double to the destination's type, rounded once */
static uint64_t float_result(const struct insn *i, double v)
{
	uint64_t r;

	switch (i->in.dtype) {
	case SM_F16:
		if (i->in.sat)
			v = v > 1 ? 1 : v > 0 ? v : 0;
		r = double_to_half(v, i->in.rnd);
		return i->in.ftz ? flush16(r) : r;
	case SM_F64:
		if (i->in.sat)
			v = v > 1 ? 1 : v > 0 ? v : 0;
		return canon64(as_u64(v));
	default:
		round_set(i->in.rnd);
		r = narrow32(v);
		round_reset();
		r = canon32(r);
		r = i->in.ftz ? flush32(r) : r;
		return i->in.sat ? sat32(r) : r;
	}
}

static unsigned int round_of_mode(unsigned int mode)
{
	switch (mode) {
	case SM_F2F_FLOOR:
		return SM_RM;
	case SM_F2F_CEIL:
		return SM_RP;
	case SM_F2F_TRUNC:
		return SM_RZ_ROUND;
	default:
		return SM_RN;
	}
}

ALU(f2f)
{
	unsigned int bytes = type_bytes(i->in.dtype);

	for (int l = 0; l < LANES; l++) {
		double v = float_source(i, a, l);

		if (i->in.mode >= SM_F2F_ROUND)
			v = round_integral(v, round_of_mode(i->in.mode));
		put64(d, l, float_result(i, v), bytes);
	}
}

/*
 * Out of range becomes the nearest integer there is. NaN is 0, or with 64-bit types on either side
 * the most negative number's bits (PTX ISA, cvt).
 */
static uint64_t float_to_int(const struct insn *i, double v)
{
	unsigned int bits = type_bytes(i->in.dtype) * 8;
	bool sign = type_signed(i->in.dtype);
	double top = ldexp(1, sign ? bits - 1 : bits);

	if (isnan(v))
		return i->in.stype == SM_F64 || bits == 64 ? 1ull << (bits - 1) : 0;
	v = round_integral(v, i->in.rnd);
	if (v >= top)
		return sign ? (1ull << (bits - 1)) - 1 : ~0ull >> (64 - bits);
	if (v < (sign ? -top : 0))
		return sign ? -(1ull << (bits - 1)) : 0;
	return sign ? (uint64_t)(int64_t)v : (uint64_t)v;
}

ALU(f2i)
{
	unsigned int bytes = type_bytes(i->in.dtype);

	for (int l = 0; l < LANES; l++)
		put64(d, l, float_to_int(i, float_source(i, a, l)), bytes);
}

static uint64_t int_source(const struct insn *i, const uint32_t *a, int l)
{
	const struct sm_src *src = &i->in.src[0];
	unsigned int bits = type_bytes(i->in.stype) * 8;
	uint64_t v = get64(a, l, bits / 8);

	if (bits < 64) {
		v = (uint64_t)selected(v, src->sel) << (64 - bits);
		v = type_signed(i->in.stype) ? (uint64_t)((int64_t)v >> (64 - bits)) :
					       v >> (64 - bits);
	}
	if (src->abs && (int64_t)v < 0 && type_signed(i->in.stype))
		v = -v;
	return src->neg ? -v : v;
}

/* a magnitude rounded to 53, 24 or 11 bits by hand: the host's conversions would round twice */
static double int_to_double(uint64_t v, bool negative, unsigned int digits, unsigned int rnd)
{
	unsigned int extra;
	uint64_t rest, half;
	bool up;
	double r;

	if (!v)
		return 0;
	extra = 64 - __builtin_clzll(v);
	extra = extra > digits ? extra - digits : 0;
	rest = extra ? v & ((1ull << extra) - 1) : 0;
	half = extra ? 1ull << (extra - 1) : 0;
	v = extra ? v >> extra : v;
	switch (rnd) {
	case SM_RM:
		up = negative && rest;
		break;
	case SM_RP:
		up = !negative && rest;
		break;
	case SM_RZ_ROUND:
		up = false;
		break;
	default:
		up = rest > half || (rest && rest == half && v & 1);
		break;
	}
	r = ldexp((double)(v + up), extra);
	return negative ? -r : r;
}

ALU(i2f)
{
	unsigned int bytes = type_bytes(i->in.dtype);
	unsigned int digits = bytes == 8 ? 53 : bytes == 4 ? 24 : 53;

	for (int l = 0; l < LANES; l++) {
		uint64_t v = int_source(i, a, l);
		bool negative = (int64_t)v < 0 &&
				(type_signed(i->in.stype) || i->in.src[0].neg);
		double r = int_to_double(negative ? -v : v, negative, digits, i->in.rnd);

		put64(d, l, float_result(i, r), bytes);
	}
}

static uint64_t saturate(const struct insn *i, uint64_t v)
{
	unsigned int bits = type_bytes(i->in.dtype) * 8;
	bool from_signed = type_signed(i->in.stype) || i->in.src[0].neg;
	int64_t s = (int64_t)v;

	if (type_signed(i->in.dtype)) {
		int64_t top = (int64_t)(~0ull >> (65 - bits));

		if (!from_signed)
			return v > (uint64_t)top ? (uint64_t)top : v;
		return s > top ? top : s < -top - 1 ? -top - 1 : s;
	}
	if (from_signed && s < 0)
		return 0;
	return v > ~0ull >> (64 - bits) ? ~0ull >> (64 - bits) : v;
}

/* the result is extended to the whole register */
ALU(i2i)
{
	unsigned int bits = type_bytes(i->in.dtype) * 8;

	for (int l = 0; l < LANES; l++) {
		uint64_t v = int_source(i, a, l);

		if (i->in.sat)
			v = saturate(i, v);
		if (bits < 64) {
			v <<= 64 - bits;
			v = type_signed(i->in.dtype) ? (uint64_t)((int64_t)v >> (64 - bits)) :
						       v >> (64 - bits);
		}
		put64(d, l, v, bits / 8);
	}
	if (i->in.cc) {
		w->ccout = (struct ccode) {
			.z = mask_where(d[l] == 0),
			.s = V(sign_mask)(d),
		};
	}
}

/* the common ones without a trip over double */
ALU(i2f_s32)
{
	for_lanes(l)
		d[l] = as_u32((float)(int32_t)a[l]);
}

ALU(f2i_s32_trunc)
{
	for_lanes(l) {
		float v = as_f32(a[l]);
		int32_t r = v >= 2147483648.0f ? 0x7fffffff :
			    v < -2147483648.0f ? (int32_t)0x80000000 : v != v ? 0 : (int32_t)v;

		d[l] = r;
	}
}

static bool plain(const struct insn *i)
{
	const struct sm_src *src = &i->in.src[0];

	return !src->abs && !src->neg && !i->in.cc && !i->in.ftz && !i->in.sat;
}

static bool lower_cvt(struct insn *i, alu_fn fn)
{
	if (i->in.cc && i->in.op != SM_OP_I2I)
		return lower_refuse(i, ".CC");
	i->s[0].words = type_bytes(i->in.stype) / 4 ? type_bytes(i->in.stype) / 4 : 1;
	i->dwords = type_bytes(i->in.dtype) / 4 ? type_bytes(i->in.dtype) / 4 : 1;
	return LOWER_ALU(i, fn);
}

bool V(lower_convert)(struct insn *i)
{
	const struct sm_insn *in = &i->in;

	switch (in->op) {
	case SM_OP_F2F:
		return lower_cvt(i, f2f);
	case SM_OP_F2I:
		if (plain(i) && in->stype == SM_F32 && in->dtype == SM_S32 &&
		    in->rnd == SM_RZ_ROUND)
			return lower_cvt(i, f2i_s32_trunc);
		return lower_cvt(i, f2i);
	case SM_OP_I2F:
		if (plain(i) && in->stype == SM_S32 && in->dtype == SM_F32 && in->rnd == SM_RN &&
		    in->src[0].sel <= SM_SEL_B0)
			return lower_cvt(i, i2f_s32);
		return lower_cvt(i, i2f);
	case SM_OP_I2I:
		return lower_cvt(i, i2i);
	default:
		return false;
	}
}
