// SPDX-License-Identifier: MIT
/*
 * Double precision. A double's words are in two consecutive rows. Subnormals are always kept.
 */
#include "exec.h"
#include "fp.h"

#define ALU(name)							\
	static void name(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,	\
			 const uint32_t *b, const uint32_t *c)
#define row64_local uint64_t __attribute__((aligned(64)))

static void source(uint64_t *d, const uint32_t *s, const struct sm_src *src)
{
	const uint64_t keep = src->abs ? ~(1ull << 63) : ~0ull;
	const uint64_t flip = src->neg ? 1ull << 63 : 0;

	for_lanes(l)
		d[l] = (((uint64_t)s[LANES + l] << 32 | s[l]) & keep) ^ flip;
}

static void finish(struct warp *w, const struct insn *i, uint32_t *d, const uint64_t *r)
{
	for_lanes(l) {
		uint64_t v = canon64(r[l]);

		d[l] = v;
		d[LANES + l] = v >> 32;
	}
	if (i->in.cc) {
		uint32_t nan = mask_where(r[l] << 1 > 0xffe0000000000000ull);

		w->ccout = (struct ccode) {
			.z = mask_where(!(r[l] << 1)) | nan,
			.s = mask_where((int64_t)r[l] < 0) | nan,
		};
	}
}

/* not inlined: they run in the rounding mode that was set before the call */
static __attribute__((noinline)) void add_lanes(uint64_t *restrict r, const uint64_t *restrict x,
						const uint64_t *restrict y)
{
	for_lanes(l)
		r[l] = as_u64(as_f64(x[l]) + as_f64(y[l]));
}

static __attribute__((noinline)) void mul_lanes(uint64_t *restrict r, const uint64_t *restrict x,
						const uint64_t *restrict y)
{
	for_lanes(l)
		r[l] = as_u64(as_f64(x[l]) * as_f64(y[l]));
}

static __attribute__((noinline)) void fma_lanes(uint64_t *restrict r, const uint64_t *restrict x,
						const uint64_t *restrict y,
						const uint64_t *restrict z)
{
	for_lanes(l)
		r[l] = as_u64(__builtin_fma(as_f64(x[l]), as_f64(y[l]), as_f64(z[l])));
}

ALU(dadd)
{
	row64_local x[LANES], y[LANES], r[LANES];

	source(x, a, &i->in.src[0]);
	source(y, b, &i->in.src[1]);
	if (i->in.rnd)
		round_set(i->in.rnd);
	add_lanes(r, x, y);
	if (i->in.rnd)
		round_reset();
	finish(w, i, d, r);
}

ALU(dmul)
{
	row64_local x[LANES], y[LANES], r[LANES];

	source(x, a, &i->in.src[0]);
	source(y, b, &i->in.src[1]);
	if (i->in.rnd)
		round_set(i->in.rnd);
	mul_lanes(r, x, y);
	if (i->in.rnd)
		round_reset();
	finish(w, i, d, r);
}

ALU(dfma)
{
	row64_local x[LANES], y[LANES], z[LANES], r[LANES];

	source(x, a, &i->in.src[0]);
	source(y, b, &i->in.src[1]);
	source(z, c, &i->in.src[2]);
	if (i->in.rnd)
		round_set(i->in.rnd);
	fma_lanes(r, x, y, z);
	if (i->in.rnd)
		round_reset();
	finish(w, i, d, r);
}

static inline int64_t order(uint64_t v)
{
	return (int64_t)(v ^ ((uint64_t)((int64_t)v >> 63) >> 1));
}

static inline bool is_nan(uint64_t v)
{
	return v << 1 > 0xffe0000000000000ull;
}

ALU(dmnmx)
{
	row64_local x[LANES], y[LANES], r[LANES];
	uint32_t min = pred_mask(w, i->in.psrc[0]);

	source(x, a, &i->in.src[0]);
	source(y, b, &i->in.src[1]);
	for (int l = 0; l < LANES; l++) {
		bool less = order(x[l]) < order(y[l]);
		bool first = min & lane_bit[l] ? less : !less;

		r[l] = is_nan(x[l]) ? y[l] : is_nan(y[l]) ? x[l] : first ? x[l] : y[l];
	}
	finish(w, i, d, r);
}

static uint32_t set_mask(const struct insn *i, const uint32_t *a, const uint32_t *b)
{
	row64_local x[LANES], y[LANES];
	uint32_t lt, eq, gt;
	unsigned int cmp = i->in.cmp;

	source(x, a, &i->in.src[0]);
	source(y, b, &i->in.src[1]);
	lt = mask_where(as_f64(x[l]) < as_f64(y[l]));
	eq = mask_where(as_f64(x[l]) == as_f64(y[l]));
	gt = mask_where(as_f64(x[l]) > as_f64(y[l]));
	return (cmp & 1 ? lt : 0) | (cmp & 2 ? eq : 0) | (cmp & 4 ? gt : 0) |
	       (cmp & 8 ? ~(lt | eq | gt) : 0);
}

static uint32_t combine(unsigned int bop, uint32_t v, uint32_t p)
{
	return bop == SM_BOP_AND ? v & p : bop == SM_BOP_OR ? v | p : v ^ p;
}

ALU(dset)
{
	uint32_t v = combine(i->in.bop, set_mask(i, a, b), pred_mask(w, i->in.psrc[0]));
	uint32_t one = i->in.bf ? 0x3f800000 : FULL;

	for_lanes(l)
		d[l] = v & lane_bit[l] ? one : 0;
	w->ccout = (struct ccode) { .z = ~v, .s = i->in.bf ? 0 : v };
}

ALU(dsetp)
{
	uint32_t v = set_mask(i, a, b), p = pred_mask(w, i->in.psrc[0]);

	w->pout[0] = combine(i->in.bop, v, p);
	w->pout[1] = combine(i->in.bop, ~v, p);
}

static bool lower_wide(struct insn *i, alu_fn fn, unsigned int dwords)
{
	for (int k = 0; k < 3; k++)
		i->s[k].words = 2;
	i->dwords = dwords;
	return LOWER_ALU(i, fn);
}

bool V(lower_double)(struct insn *i)
{
	switch (i->in.op) {
	case SM_OP_DADD:
		return lower_wide(i, dadd, 2);
	case SM_OP_DMUL:
		return lower_wide(i, dmul, 2);
	case SM_OP_DFMA:
		return lower_wide(i, dfma, 2);
	case SM_OP_DMNMX:
		return lower_wide(i, dmnmx, 2);
	case SM_OP_DSET:
		return lower_wide(i, dset, 1);
	case SM_OP_DSETP:
		return lower_wide(i, dsetp, 1);
	default:
		return false;
	}
}
