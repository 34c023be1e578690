// SPDX-License-Identifier: MIT
/*
 * Single precision arithmetic and comparisons. Compiled with -frounding-math and without
 * contraction: an operation is rounded once, by the host, in the mode that the instruction asks
 * for.
 */
#include "exec.h"
#include "fp.h"

#define ALU(name)							\
	static void name(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,	\
			 const uint32_t *b, const uint32_t *c)
#define row_local uint32_t __attribute__((aligned(64)))

/* an operand with its modifiers, and flushed if asked for */
static void source(uint32_t *d, const uint32_t *s, const struct operand *o, bool flush)
{
	const uint32_t keep = o->keep, flip = o->flip;

	if (flush) {
		for_lanes(l)
			d[l] = flush32((s[l] & keep) ^ flip);
	} else {
		for_lanes(l)
			d[l] = (s[l] & keep) ^ flip;
	}
}

static void result_flags(struct warp *w, const uint32_t *d)
{
	uint32_t nan = mask_where((d[l] & 0x7fffffff) > 0x7f800000);

	/* an unordered result sets both (envydis' and nv50's numbering of the CC tests) */
	w->ccout = (struct ccode) {
		.z = mask_where((d[l] & 0x7fffffff) == 0) | nan,
		.s = V(sign_mask)(d) | nan,
	};
}

static void finish(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *r)
{
	if (i->in.ftz) {
		for_lanes(l)
			d[l] = flush32(canon32(r[l]));
	} else {
		for_lanes(l)
			d[l] = canon32(r[l]);
	}
	if (i->in.sat) {
		for_lanes(l)
			d[l] = sat32(d[l]);
	}
	if (i->in.cc)
		result_flags(w, d);
}

/* not inlined: they run in the rounding mode that was set before the call */
static __attribute__((noinline)) void add_lanes(uint32_t *restrict r, const uint32_t *restrict x,
						const uint32_t *restrict y)
{
	for_lanes(l)
		r[l] = as_u32(as_f32(x[l]) + as_f32(y[l]));
}

static __attribute__((noinline)) void mul_lanes(uint32_t *restrict r, const uint32_t *restrict x,
						const uint32_t *restrict y)
{
	for_lanes(l)
		r[l] = as_u32(as_f32(x[l]) * as_f32(y[l]));
}

static __attribute__((noinline)) void fma_lanes(uint32_t *restrict r, const uint32_t *restrict x,
						const uint32_t *restrict y,
						const uint32_t *restrict z)
{
	for_lanes(l)
		r[l] = as_u32(__builtin_fmaf(as_f32(x[l]), as_f32(y[l]), as_f32(z[l])));
}

ALU(fadd32)
{
	row_local x[LANES], y[LANES], r[LANES];

	source(x, a, &i->s[0], i->in.ftz);
	source(y, b, &i->s[1], i->in.ftz);
	if (unlikely(i->in.rnd))
		round_set(i->in.rnd);
	add_lanes(r, x, y);
	if (unlikely(i->in.rnd))
		round_reset();
	finish(w, i, d, r);
}

/* FMZ: a product with a zero factor is +0, also with infinity and NaN */
static void zero_products(uint32_t *r, const uint32_t *x, const uint32_t *y)
{
	for_lanes(l)
		r[l] = (x[l] << 1) && (y[l] << 1) ? r[l] : 0;
}

static float scale_factor(unsigned int mode)
{
	static const float factor[] = { 1.0f, 0.5f, 0.25f, 0.125f, 8.0f, 4.0f, 2.0f };

	return mode < 7 ? factor[mode] : 1.0f;
}

ALU(fmul32)
{
	row_local x[LANES], y[LANES], r[LANES];

	source(x, a, &i->s[0], i->in.ftz);
	source(y, b, &i->s[1], i->in.ftz);
	if (i->in.mode) {
		/*
		 * of the operand: exact but for the extremes of the exponent, where it is as if of
		 * the product
		 */
		float f = scale_factor(i->in.mode);

		for_lanes(l)
			x[l] = as_u32(as_f32(x[l]) * f);
	}
	if (unlikely(i->in.rnd))
		round_set(i->in.rnd);
	mul_lanes(r, x, y);
	if (unlikely(i->in.rnd))
		round_reset();
	if (i->in.ftz == SM_FMZ)
		zero_products(r, x, y);
	finish(w, i, d, r);
}

ALU(ffma_plain)
{
	const uint32_t fb = i->s[1].flip, fc = i->s[2].flip;

	for_lanes(l) {
		uint32_t r = as_u32(__builtin_fmaf(as_f32(a[l]), as_f32(b[l] ^ fb),
						   as_f32(c[l] ^ fc)));

		d[l] = canon32(r);
	}
}

ALU(ffma32)
{
	row_local x[LANES], y[LANES], z[LANES], r[LANES];

	source(x, a, &i->s[0], i->in.ftz);
	source(y, b, &i->s[1], i->in.ftz);
	source(z, c, &i->s[2], i->in.ftz);
	if (i->in.ftz == SM_FMZ) {
		/* a zero factor makes the product +0: 0 * 0 + c */
		for_lanes(l) {
			bool zero = !(x[l] << 1) || !(y[l] << 1);

			x[l] = zero ? 0 : x[l];
			y[l] = zero ? 0 : y[l];
		}
	}
	if (unlikely(i->in.rnd))
		round_set(i->in.rnd);
	fma_lanes(r, x, y, z);
	if (unlikely(i->in.rnd))
		round_reset();
	finish(w, i, d, r);
}

/* order of floats as integers, for min and max: -0 is less than +0 */
static inline int32_t order(uint32_t v)
{
	return (int32_t)(v ^ ((uint32_t)((int32_t)v >> 31) >> 1));
}

static inline bool is_nan(uint32_t v)
{
	return (v & 0x7fffffff) > 0x7f800000;
}

ALU(fmnmx)
{
	row_local x[LANES], y[LANES], r[LANES];
	uint32_t min = pred_mask(w, i->in.psrc[0]);

	source(x, a, &i->s[0], i->in.ftz);
	source(y, b, &i->s[1], i->in.ftz);
	for_lanes(l) {
		bool less = order(x[l]) < order(y[l]);
		bool first = min & lane_bit[l] ? less : !less;
		uint32_t v = first ? x[l] : y[l];

		v = is_nan(x[l]) ? y[l] : v;
		r[l] = is_nan(y[l]) ? x[l] : v;
	}
	finish(w, i, d, r);
}

/* lanes where the comparison holds: its bits are less, equal, greater, unordered */
static uint32_t compare(unsigned int cmp, const uint32_t *x, const uint32_t *y)
{
	uint32_t lt = mask_where(as_f32(x[l]) < as_f32(y[l]));
	uint32_t eq = mask_where(as_f32(x[l]) == as_f32(y[l]));
	uint32_t gt = mask_where(as_f32(x[l]) > as_f32(y[l]));

	return (cmp & 1 ? lt : 0) | (cmp & 2 ? eq : 0) | (cmp & 4 ? gt : 0) |
	       (cmp & 8 ? ~(lt | eq | gt) : 0);
}

static uint32_t combine(unsigned int bop, uint32_t v, uint32_t p)
{
	return bop == SM_BOP_AND ? v & p : bop == SM_BOP_OR ? v | p : v ^ p;
}

static uint32_t set_mask(const struct insn *i, const uint32_t *a, const uint32_t *b)
{
	row_local x[LANES], y[LANES];

	source(x, a, &i->s[0], i->in.ftz);
	source(y, b, &i->s[1], i->in.ftz);
	return compare(i->in.cmp, x, y);
}

ALU(fset)
{
	uint32_t v = combine(i->in.bop, set_mask(i, a, b), pred_mask(w, i->in.psrc[0]));
	uint32_t one = i->in.bf ? 0x3f800000 : FULL;

	for_lanes(l)
		d[l] = v & lane_bit[l] ? one : 0;
	w->ccout = (struct ccode) { .z = ~v, .s = i->in.bf ? 0 : v };
}

ALU(fsetp)
{
	uint32_t v = set_mask(i, a, b), p = pred_mask(w, i->in.psrc[0]);

	w->pout[0] = combine(i->in.bop, v, p);
	w->pout[1] = combine(i->in.bop, ~v, p);
}

ALU(fcmp)
{
	static const uint32_t zero[LANES];
	row_local z[LANES];
	uint32_t v;

	source(z, c, &i->s[2], i->in.ftz);
	v = compare(i->in.cmp, z, zero);
	for_lanes(l)
		d[l] = v & lane_bit[l] ? a[l] : b[l];
}

/* PTX: whether a division by approximation needs the slow path */
ALU(fchk)
{
	uint32_t v = 0;

	for (int l = 0; l < LANES; l++) {
		uint32_t x = (a[l] & i->s[0].keep) ^ i->s[0].flip;
		uint32_t y = (b[l] & i->s[1].keep) ^ i->s[1].flip;
		int ex = x >> 23 & 0xff, ey = y >> 23 & 0xff;

		if (!ex || ex == 255 || !ey || ey >= 253 || ex - ey >= 126 || ex - ey <= -125 ||
		    ex < 24)
			v |= lane_bit[l];
	}
	w->pout[0] = v;
}

/*
 * FSWZADD: sums within quads, each lane with one of four signs (Mesa QUADOP: ADD a + b, SUBR b - a,
 * SUB a - b, MOV2 b; lane 0 in the upper bits).
 */
ALU(fswzadd)
{
	row_local x[LANES], y[LANES], r[LANES];

	for (int l = 0; l < LANES; l++) {
		unsigned int op = i->in.value >> (6 - (l & 3) * 2) & 3;

		x[l] = op == 3 ? 0x80000000 : op == 1 ? a[l] ^ 0x80000000 : a[l];
		y[l] = op == 2 ? b[l] ^ 0x80000000 : b[l];
		if (i->in.ftz) {
			x[l] = flush32(x[l]);
			y[l] = flush32(y[l]);
		}
	}
	if (i->in.rnd)
		round_set(i->in.rnd);
	add_lanes(r, x, y);
	if (i->in.rnd)
		round_reset();
	finish(w, i, d, r);
}

/*
 * RRO prepares an operand for MUFU. What the hardware makes of it only MUFU reads: here it stays
 * as it is, and MUFU reduces the range itself.
 */
ALU(rro)
{
	source(d, a, &i->s[0], false);
}

ALU(mufu)
{
	row_local x[LANES], r[LANES];

	source(x, a, &i->s[0], false);
	for (int l = 0; l < LANES; l++)
		r[l] = mufu_lane(i->in.mode, x[l]);
	for_lanes(l)
		d[l] = i->in.sat ? sat32(r[l]) : r[l];
}

static void modifiers(struct insn *i)
{
	for (int k = 0; k < 3; k++) {
		i->s[k].keep = i->in.src[k].abs ? 0x7fffffff : FULL;
		i->s[k].flip = i->in.src[k].neg ? 0x80000000 : 0;
	}
}

static bool lower_ffma(struct insn *i)
{
	const struct sm_insn *in = &i->in;

	if (in->ftz || in->sat || in->cc || in->rnd || in->src[0].neg || in->src[0].abs ||
	    in->src[1].abs || in->src[2].abs)
		return LOWER_ALU(i, ffma32);
	return LOWER_ALU(i, ffma_plain);
}

static bool lower_mufu(struct insn *i)
{
	if (i->in.mode > SM_MUFU_SQRT)
		return lower_refuse(i, "function");
	return LOWER_ALU(i, mufu);
}

bool V(lower_float)(struct insn *i)
{
	switch (i->in.op) {
	case SM_OP_FADD:
	case SM_OP_FMUL:
	case SM_OP_FFMA:
	case SM_OP_FMNMX:
	case SM_OP_FSET:
	case SM_OP_FSETP:
	case SM_OP_FCMP:
	case SM_OP_FCHK:
	case SM_OP_FSWZADD:
	case SM_OP_MUFU:
	case SM_OP_RRO:
		modifiers(i);
		break;
	default:
		return false;
	}
	switch (i->in.op) {
	case SM_OP_FADD:
		return LOWER_ALU(i, fadd32);
	case SM_OP_FMUL:
		return LOWER_ALU(i, fmul32);
	case SM_OP_FFMA:
		return lower_ffma(i);
	case SM_OP_FMNMX:
		return LOWER_ALU(i, fmnmx);
	case SM_OP_FSET:
		return LOWER_ALU(i, fset);
	case SM_OP_FSETP:
		return LOWER_ALU(i, fsetp);
	case SM_OP_FCMP:
		return LOWER_ALU(i, fcmp);
	case SM_OP_FCHK:
		return LOWER_ALU(i, fchk);
	case SM_OP_FSWZADD:
		return LOWER_ALU(i, fswzadd);
	case SM_OP_RRO:
		return LOWER_ALU(i, rro);
	default:
		return lower_mufu(i);
	}
}
