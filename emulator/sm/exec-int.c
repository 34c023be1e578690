// SPDX-License-Identifier: MIT
/*
 * Integer arithmetic, logic, shifts, bit fields, comparisons.
 *
 * Sources: PTX ISA (what the instructions that these come from must compute), envytools
 * maxwell/cuda/int.rst (XMAD, IADD3), Mesa nv50_ir_lowering_nvc0.cpp and nv50_ir_build_util.cpp
 * (how 64-bit operations are put together with .CC, .X, SHF, and IMNMX.XLO/XHI).
 */
#include "exec.h"

#define ALU(name)							\
	static void name(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,	\
			 const uint32_t *b, const uint32_t *c)

static uint32_t zero_mask(const uint32_t *v)
{
	return mask_where(v[l] == 0);
}

/* flags of a result without a carry */
static void logic_flags(struct warp *w, const uint32_t *d)
{
	w->ccout.z = zero_mask(d);
	w->ccout.s = V(sign_mask)(d);
	w->ccout.c = 0;
	w->ccout.o = 0;
}

/*
 * d = a + b + carry, with flags. Z goes on from the lower word with .X, so that comparisons of
 * several words see whether all of the difference is zero.
 */
static void add_flags(struct warp *w, const struct insn *i, uint32_t *d, const uint32_t *a,
		      const uint32_t *b, const uint32_t *carry)
{
	uint32_t r[LANES] __attribute__((aligned(64))), z, s, c, o;

	for_lanes(l)
		r[l] = a[l] + b[l] + carry[l];
	c = mask_where(r[l] < a[l] || (carry[l] && r[l] == a[l]));
	o = mask_where((int32_t)(~(a[l] ^ b[l]) & (a[l] ^ r[l])) < 0);
	z = zero_mask(r);
	s = V(sign_mask)(r);
	if (i->in.x)
		z &= w->cc.z;
	if (i->in.sat) {
		for_lanes(l)
			r[l] = o & lane_bit[l] ? 0x7fffffff + (a[l] >> 31) : r[l];
	}
	for_lanes(l)
		d[l] = r[l];
	w->ccout = (struct ccode) { .z = z, .s = s, .c = c, .o = o };
}

static void carry_in(const struct warp *w, const struct insn *i, uint32_t *carry, uint32_t plus)
{
	if (i->in.x) {
		for_lanes(l)
			carry[l] = w->cc.c & lane_bit[l] ? 1 : 0;
	} else {
		for_lanes(l)
			carry[l] = plus;
	}
}

ALU(iadd)
{
	for_lanes(l)
		d[l] = a[l] + b[l];
}

ALU(isub)
{
	for_lanes(l)
		d[l] = a[l] - b[l];
}

/* a negated operand is its complement, plus one: from the carry with .X */
ALU(iadd_flags)
{
	uint32_t x[LANES] __attribute__((aligned(64))), y[LANES] __attribute__((aligned(64)));
	uint32_t carry[LANES] __attribute__((aligned(64)));
	bool plus = i->in.src[0].neg || i->in.src[1].neg || i->in.po;

	for_lanes(l)
		x[l] = a[l] ^ i->s[0].flip;
	for_lanes(l)
		y[l] = b[l] ^ i->s[1].flip;
	carry_in(w, i, carry, plus);
	add_flags(w, i, d, x, y, carry);
}

static uint32_t half(uint32_t v, unsigned int sel)
{
	return sel == SM_SEL_H0 ? v & 0xffff : sel == SM_SEL_H1 ? v >> 16 : v;
}

ALU(iadd3)
{
	uint32_t z = 0, s = 0, cy = 0, o = 0;

	for (int l = 0; l < LANES; l++) {
		uint64_t x = half(a[l], i->in.src[0].sel), y = half(b[l], i->in.src[1].sel);
		uint64_t q = half(c[l], i->in.src[2].sel), sum;

		x = i->in.src[0].neg ? (uint32_t)-x : x;
		y = i->in.src[1].neg ? (uint32_t)-y : y;
		q = i->in.src[2].neg ? (uint32_t)-q : q;
		sum = x + y;
		if (i->in.mode == SM_IADD3_RS)
			sum >>= 16;
		else if (i->in.mode == SM_IADD3_LS)
			sum = (uint32_t)(sum << 16);
		sum += q + (i->in.x && w->cc.c & lane_bit[l] ? 1 : 0);
		d[l] = sum;
		cy |= sum >> 32 ? lane_bit[l] : 0;
	}
	z = zero_mask(d) & (i->in.x ? w->cc.z : FULL);
	s = V(sign_mask)(d);
	w->ccout = (struct ccode) { .z = z, .s = s, .c = cy, .o = o };
}

ALU(iscadd)
{
	uint32_t x[LANES] __attribute__((aligned(64))), y[LANES] __attribute__((aligned(64)));
	uint32_t carry[LANES] __attribute__((aligned(64)));
	unsigned int shift = i->in.shift & 31;
	bool plus = i->in.src[0].neg || i->in.src[1].neg || i->in.po;

	if (!plus && !i->in.cc) {
		for_lanes(l)
			d[l] = (a[l] << shift) + b[l];
		return;
	}
	for_lanes(l)
		x[l] = a[l] << shift ^ i->s[0].flip;
	for_lanes(l)
		y[l] = b[l] ^ i->s[1].flip;
	carry_in(w, i, carry, plus);
	add_flags(w, i, d, x, y, carry);
}

ALU(lea)
{
	uint32_t x[LANES] __attribute__((aligned(64))), carry[LANES] __attribute__((aligned(64)));
	unsigned int shift = i->in.shift & 31;

	for_lanes(l)
		x[l] = a[l] << shift ^ i->s[0].flip;
	carry_in(w, i, carry, i->in.src[0].neg);
	add_flags(w, i, d, x, b, carry);
}

/* the upper word of c:a << shift, plus b */
ALU(lea_hi)
{
	uint32_t x[LANES] __attribute__((aligned(64))), carry[LANES] __attribute__((aligned(64)));
	unsigned int shift = i->in.shift & 31;

	for_lanes(l)
		x[l] = (uint32_t)(((uint64_t)c[l] << 32 | a[l]) << shift >> 32) ^ i->s[0].flip;
	carry_in(w, i, carry, i->in.src[0].neg);
	add_flags(w, i, d, x, b, carry);
}

ALU(imul_lo)
{
	for_lanes(l)
		d[l] = a[l] * b[l];
	if (i->in.cc)
		logic_flags(w, d);
}

static uint64_t product(const struct insn *i, uint32_t a, uint32_t b)
{
	int64_t x = i->signed_a ? (int32_t)a : (int64_t)a;
	int64_t y = i->signed_b ? (int32_t)b : (int64_t)b;

	return (uint64_t)x * (uint64_t)y;
}

ALU(imul_hi)
{
	if (!i->signed_a && !i->signed_b) {
		for_lanes(l)
			d[l] = (uint64_t)a[l] * b[l] >> 32;
	} else {
		for (int l = 0; l < LANES; l++)
			d[l] = product(i, a[l], b[l]) >> 32;
	}
	if (i->in.cc)
		logic_flags(w, d);
}

ALU(imad_lo)
{
	for_lanes(l)
		d[l] = a[l] * b[l] + c[l];
}

ALU(imad)
{
	uint32_t p[LANES] __attribute__((aligned(64))), y[LANES] __attribute__((aligned(64)));
	uint32_t carry[LANES] __attribute__((aligned(64)));

	for (int l = 0; l < LANES; l++) {
		uint64_t v = product(i, a[l], b[l]);

		if (i->in.src[1].neg)
			v = -v;
		p[l] = i->in.hi ? v >> 32 : v;
	}
	for_lanes(l)
		y[l] = c[l] ^ i->s[2].flip;
	carry_in(w, i, carry, i->in.src[2].neg || i->in.po);
	add_flags(w, i, d, p, y, carry);
}

static uint32_t xmad_factor(uint32_t v, bool h1, bool sign)
{
	v = h1 ? v >> 16 : v & 0xffff;
	return sign ? (uint32_t)(int16_t)v : v;
}

/* what XMAD adds; envytools maxwell/cuda/int.rst */
static uint32_t xmad_addend(unsigned int mode, uint32_t x, uint32_t y, uint32_t b, uint32_t c)
{
	switch (mode) {
	case SM_XMAD_CLO:
		return c & 0xffff;
	case SM_XMAD_CHI:
		return c >> 16;
	case SM_XMAD_CBCC:
		return c + (b << 16);
	case SM_XMAD_CSFU:
		if (x && y)
			c -= (x >> 31 << 16) + (y >> 31 << 16);
		return c;
	default:
		return c;
	}
}

static inline void xmad_lanes(struct warp *w, const struct insn *i, uint32_t *restrict p,
			      uint32_t *restrict q, const uint32_t *a, const uint32_t *b,
			      const uint32_t *c, unsigned int mode)
{
	const bool ha = i->in.src[0].sel == SM_SEL_H1, hb = i->in.src[1].sel == SM_SEL_H1;
	const bool sa = i->signed_a, sb = i->signed_b;
	const unsigned int shift = i->in.psl ? 16 : 0;

	for_lanes(l) {
		uint32_t x = xmad_factor(a[l], ha, sa), y = xmad_factor(b[l], hb, sb);

		p[l] = x * y << shift;
		q[l] = xmad_addend(mode, x, y, b[l], c[l]);
	}
}

ALU(xmad)
{
	uint32_t p[LANES] __attribute__((aligned(64))), q[LANES] __attribute__((aligned(64)));
	uint32_t carry[LANES] __attribute__((aligned(64))), bl[LANES] __attribute__((aligned(64)));

	if (i->in.mrg)
		memcpy(bl, b, sizeof(bl));
	if (i->in.mode == SM_XMAD_C)
		xmad_lanes(w, i, p, q, a, b, c, SM_XMAD_C);
	else if (i->in.mode == SM_XMAD_CBCC)
		xmad_lanes(w, i, p, q, a, b, c, SM_XMAD_CBCC);
	else
		xmad_lanes(w, i, p, q, a, b, c, i->in.mode);
	if (i->in.x || i->in.cc) {
		carry_in(w, i, carry, 0);
		add_flags(w, i, d, p, q, carry);
	} else {
		for_lanes(l)
			d[l] = p[l] + q[l];
	}
	if (i->in.mrg) {
		for_lanes(l)
			d[l] = (d[l] & 0xffff) | bl[l] << 16;
	}
}

static uint32_t less_mask(const struct insn *i, const uint32_t *a, const uint32_t *b)
{
	if (i->signed_a)
		return mask_where((int32_t)a[l] < (int32_t)b[l]);
	return mask_where(a[l] < b[l]);
}

/*
 * IMNMX: the minimum if the predicate is true. For several words the highest comes first (XHI) and
 * leaves in CC whether it was equal (Z) and which side it took (C: a); XMED and XLO go on from
 * that. How the hardware keeps this in CC is not known; only these instructions read it.
 */
ALU(imnmx)
{
	uint32_t less = less_mask(i, a, b), equal = 0;
	uint32_t first = less ^ ~pred_mask(w, i->in.psrc[0]);

	if (i->in.mode == SM_IMNMX_XLO || i->in.mode == SM_IMNMX_XMED)
		first = (first & w->cc.z) | (w->cc.c & ~w->cc.z);
	if (i->in.cc) {
		equal = mask_where(a[l] == b[l]);
		if (i->in.mode == SM_IMNMX_XMED)
			equal &= w->cc.z;
	}
	for_lanes(l)
		d[l] = first & lane_bit[l] ? a[l] : b[l];
	w->ccout = (struct ccode) { .z = equal, .c = first, .s = V(sign_mask)(d) };
}

/* lanes where the comparison holds; with .X of what the lower word's subtraction left in CC */
static uint32_t compare(struct warp *w, const struct insn *i, const uint32_t *a,
			const uint32_t *b)
{
	unsigned int cmp = i->in.cmp;
	uint32_t lt, eq, v = 0;

	if (cmp == SM_CMP_F || cmp == SM_CMP_T)
		return cmp == SM_CMP_T ? FULL : 0;
	if (i->in.x) {
		uint32_t r[LANES] __attribute__((aligned(64))), over;
		uint32_t carry[LANES] __attribute__((aligned(64)));

		carry_in(w, i, carry, 1);
		for_lanes(l)
			r[l] = a[l] - b[l] - 1 + carry[l];
		eq = zero_mask(r) & w->cc.z;
		if (i->signed_a) {
			over = mask_where((int32_t)((a[l] ^ b[l]) & (a[l] ^ r[l])) < 0);
			lt = V(sign_mask)(r) ^ over;
		} else {
			lt = mask_where(carry[l] ? a[l] < b[l] : a[l] <= b[l]);
		}
	} else {
		lt = cmp == SM_CMP_EQ || cmp == SM_CMP_NE ? 0 : less_mask(i, a, b);
		eq = cmp == SM_CMP_LT || cmp == SM_CMP_GE ? 0 : mask_where(a[l] == b[l]);
	}
	if (cmp & 1)
		v |= lt;
	if (cmp & 2)
		v |= eq;
	if (cmp & 4)
		v |= ~(lt | eq);
	if (cmp == SM_CMP_NE)
		v = ~eq;
	if (cmp == SM_CMP_GE)
		v = ~lt;
	return v;
}

static uint32_t combine(unsigned int bop, uint32_t v, uint32_t p)
{
	return bop == SM_BOP_AND ? v & p : bop == SM_BOP_OR ? v | p : v ^ p;
}

ALU(iset)
{
	uint32_t v = combine(i->in.bop, compare(w, i, a, b), pred_mask(w, i->in.psrc[0]));
	uint32_t one = i->in.bf ? 0x3f800000 : FULL;

	for_lanes(l)
		d[l] = v & lane_bit[l] ? one : 0;
	logic_flags(w, d);
}

ALU(isetp)
{
	uint32_t v = compare(w, i, a, b), p = pred_mask(w, i->in.psrc[0]);

	w->pout[0] = combine(i->in.bop, v, p);
	w->pout[1] = combine(i->in.bop, ~v, p);
}

ALU(icmp)
{
	static const uint32_t zero[LANES];
	uint32_t v = compare(w, i, c, zero);

	for_lanes(l)
		d[l] = v & lane_bit[l] ? a[l] : b[l];
}

static void ptest(struct warp *w, const struct insn *i, const uint32_t *d)
{
	if (i->in.cc)
		logic_flags(w, d);
	if (!i->pout)
		return;
	switch (i->in.ptest) {
	case SM_PTEST_T:
		w->pout[0] = FULL;
		break;
	case SM_PTEST_Z:
		w->pout[0] = zero_mask(d);
		break;
	case SM_PTEST_NZ:
		w->pout[0] = ~zero_mask(d);
		break;
	default:
		w->pout[0] = 0;
		break;
	}
}

ALU(lop)
{
	const uint32_t fa = i->s[0].flip, fb = i->s[1].flip;

	switch (i->in.lop) {
	case SM_LOP_AND:
		for_lanes(l)
			d[l] = (a[l] ^ fa) & (b[l] ^ fb);
		break;
	case SM_LOP_OR:
		for_lanes(l)
			d[l] = (a[l] ^ fa) | (b[l] ^ fb);
		break;
	case SM_LOP_XOR:
		for_lanes(l)
			d[l] = (a[l] ^ fa) ^ (b[l] ^ fb);
		break;
	default:
		for_lanes(l)
			d[l] = b[l] ^ fb;
		break;
	}
	ptest(w, i, d);
}

ALU(lop3)
{
	uint32_t m[8];

	for (int n = 0; n < 8; n++)
		m[n] = i->in.lut & 1 << n ? FULL : 0;
	for_lanes(l) {
		uint32_t x = a[l], y = b[l], z = c[l];
		uint32_t n0 = (~y & ((~z & m[0]) | (z & m[1]))) | (y & ((~z & m[2]) | (z & m[3])));
		uint32_t n1 = (~y & ((~z & m[4]) | (z & m[5]))) | (y & ((~z & m[6]) | (z & m[7])));

		d[l] = (~x & n0) | (x & n1);
	}
	ptest(w, i, d);
}

/* counts of 32 and more: clamped (the result is 0, or the sign) or wrapped */
ALU(shl)
{
	if (i->in.w) {
		for_lanes(l)
			d[l] = a[l] << (b[l] & 31);
	} else {
		for_lanes(l)
			d[l] = b[l] > 31 ? 0 : a[l] << (b[l] & 31);
	}
	if (i->in.cc)
		logic_flags(w, d);
}

static uint32_t reverse(uint32_t v)
{
	v = (v & 0x55555555) << 1 | (v >> 1 & 0x55555555);
	v = (v & 0x33333333) << 2 | (v >> 2 & 0x33333333);
	v = (v & 0x0f0f0f0f) << 4 | (v >> 4 & 0x0f0f0f0f);
	return __builtin_bswap32(v);
}

ALU(shr)
{
	uint32_t rev[LANES] __attribute__((aligned(64)));

	if (i->in.brev) {
		for_lanes(l)
			rev[l] = reverse(a[l]);
		a = rev;
	}
	if (i->signed_a) {
		for_lanes(l) {
			uint32_t s = i->in.w ? b[l] & 31 : b[l] > 31 ? 31 : b[l];

			d[l] = (int32_t)a[l] >> s;
		}
	} else if (i->in.w) {
		for_lanes(l)
			d[l] = a[l] >> (b[l] & 31);
	} else {
		for_lanes(l)
			d[l] = b[l] > 31 ? 0 : a[l] >> (b[l] & 31);
	}
	if (i->in.cc)
		logic_flags(w, d);
}

/* funnel shifts of c:a; the count reaches to 63 with a 64-bit type, to 31 otherwise */
static unsigned int funnel_count(const struct insn *i, uint32_t b, unsigned int width)
{
	return i->in.w ? b & (width - 1) : b > width ? width : b;
}

ALU(shf_l)
{
	unsigned int width = i->in.dtype == SM_U64 || i->in.dtype == SM_S64 ? 64 : 32;

	for_lanes(l) {
		uint64_t v = (uint64_t)c[l] << 32 | a[l];
		unsigned int s = funnel_count(i, b[l], width);

		d[l] = s > 63 ? 0 : v << s >> 32;
	}
	if (i->in.cc)
		logic_flags(w, d);
}

ALU(shf_r)
{
	bool wide = i->in.dtype == SM_U64 || i->in.dtype == SM_S64, sign = i->in.dtype == SM_S64;
	unsigned int take = i->in.hi ? 32 : 0;

	for_lanes(l) {
		uint64_t v = (uint64_t)c[l] << 32 | a[l];
		uint64_t fill = sign ? (uint64_t)((int64_t)v >> 63) : 0;
		unsigned int s = funnel_count(i, b[l], wide ? 64 : 32);

		v = s > 63 ? fill : sign ? (uint64_t)((int64_t)v >> s) : v >> s;
		d[l] = v >> take;
	}
	if (i->in.cc)
		logic_flags(w, d);
}

/* PTX bfe: bits beyond the top are copies of the sign (or zero); length 0 gives 0 */
static uint32_t bfe_lane(uint32_t v, uint32_t pos, uint32_t len, bool sign)
{
	uint32_t top, fill;

	if (!len)
		return 0;
	top = pos + len - 1;
	fill = sign && (top > 31 ? v >> 31 : v >> top & 1) ? FULL : 0;
	v = pos > 31 ? fill : v >> pos;
	if (pos && pos < 32 && sign && top > 31)
		v |= fill << (32 - pos);
	if (len > 31)
		return v;
	return (v & ((1u << len) - 1)) | fill << len;
}

ALU(bfe)
{
	for (int l = 0; l < LANES; l++)
		d[l] = bfe_lane(i->in.brev ? reverse(a[l]) : a[l], b[l] & 0xff, b[l] >> 8 & 0xff,
				i->signed_a);
	if (i->in.cc)
		logic_flags(w, d);
}

ALU(bfi)
{
	for (int l = 0; l < LANES; l++) {
		uint32_t pos = b[l] & 0xff, len = b[l] >> 8 & 0xff, m;

		m = len > 31 ? FULL : (1u << len) - 1;
		m = pos > 31 ? 0 : m << pos;
		d[l] = (c[l] & ~m) | (pos > 31 ? 0 : a[l] << pos & m);
	}
	if (i->in.cc)
		logic_flags(w, d);
}

/* PTX bfind: the highest bit that is not the sign; .SH: the shift that brings it to bit 31 */
ALU(flo)
{
	for (int l = 0; l < LANES; l++) {
		uint32_t v = a[l] ^ i->s[0].flip;

		if (i->signed_a && v >> 31)
			v = ~v;
		if (v)
			d[l] = i->in.sh ? __builtin_clz(v) : 31 - __builtin_clz(v);
		else
			d[l] = FULL;
	}
	if (i->in.cc)
		logic_flags(w, d);
}

ALU(popc)
{
	for_lanes(l)
		d[l] = __builtin_popcount(a[l] ^ i->s[0].flip);
}

/* selectors of the byte modes of PTX prmt; b4e counts down, ecl and ecr stop at an edge */
static uint32_t prmt_selector(unsigned int mode, uint32_t sel)
{
	unsigned int n = sel & 3;

	switch (mode) {
	case SM_PRMT_F4E:
		return 0x3210 + n * 0x1111;
	case SM_PRMT_B4E:
		return ((n + 5) & 7) << 12 | ((n + 6) & 7) << 8 | ((n + 7) & 7) << 4 | n;
	case SM_PRMT_RC8:
		return n * 0x1111;
	case SM_PRMT_ECL:
		return 3 << 12 | (n > 2 ? n : 2) << 8 | (n > 1 ? n : 1) << 4 | n;
	case SM_PRMT_ECR:
		return n << 12 | (n < 2 ? n : 2) << 8 | (n < 1 ? n : 1) << 4;
	case SM_PRMT_RC16:
		return n & 1 ? 0x3232 : 0x1010;
	default:
		return sel;
	}
}

static uint32_t prmt_byte(uint64_t v, unsigned int sel)
{
	uint32_t byte = v >> (sel & 7) * 8 & 0xff;

	return sel & 8 ? (byte & 0x80 ? 0xff : 0) : byte;
}

ALU(prmt)
{
	for (int l = 0; l < LANES; l++) {
		uint32_t sel = prmt_selector(i->in.mode, b[l]), v = 0;
		uint64_t bytes = (uint64_t)c[l] << 32 | a[l];

		for (int n = 0; n < 4; n++)
			v |= prmt_byte(bytes, sel >> n * 4 & 15) << n * 8;
		d[l] = v;
	}
}

static int32_t part(uint32_t v, unsigned int n, unsigned int bits, bool sign)
{
	v = v >> n * bits << (32 - bits);
	if (sign)
		return (int32_t)v >> (32 - bits);
	return v >> (32 - bits);
}

/* PTX dp4a, dp2a: b is always bytes */
ALU(idp)
{
	bool wide = i->in.mode != SM_IDP_4A;
	unsigned int base = i->in.mode == SM_IDP_2A_HI ? 2 : 0;

	for (int l = 0; l < LANES; l++) {
		uint32_t sum = c[l];

		for (unsigned int n = 0; n < (wide ? 2 : 4); n++)
			sum += part(a[l], n, wide ? 16 : 8, i->signed_a) *
			       part(b[l], base + n, 8, i->signed_b);
		d[l] = sum;
	}
}

static bool is_signed(unsigned int type)
{
	switch (type) {
	case SM_S8:
	case SM_S16:
	case SM_S32:
	case SM_S64:
		return true;
	default:
		return false;
	}
}

static void flip_neg(struct insn *i)
{
	for (int k = 0; k < 3; k++)
		if (i->in.src[k].neg || i->in.src[k].inv)
			i->s[k].flip = FULL;
}

static bool lower_iadd(struct insn *i)
{
	bool na = i->in.src[0].neg, nb = i->in.src[1].neg;

	if (i->in.cc || i->in.x || i->in.sat || i->in.po || na)
		return LOWER_ALU(i, iadd_flags);
	return LOWER_ALU(i, nb ? isub : iadd);
}

static bool lower_imul(struct insn *i)
{
	return LOWER_ALU(i, i->in.hi ? imul_hi : imul_lo);
}

static bool lower_imad(struct insn *i)
{
	const struct sm_insn *in = &i->in;

	if (in->hi || in->x || in->cc || in->sat || in->po || in->src[1].neg || in->src[2].neg)
		return LOWER_ALU(i, imad);
	return LOWER_ALU(i, imad_lo);
}

static bool refuse_x(struct insn *i, alu_fn fn)
{
	if (i->in.x)
		return lower_refuse(i, ".X");
	return LOWER_ALU(i, fn);
}

static bool lower_shf(struct insn *i)
{
	if (i->in.x)
		return lower_refuse(i, ".X");
	if (i->in.op == SM_OP_SHF_R)
		return LOWER_ALU(i, shf_r);
	if (i->in.hi)
		return lower_refuse(i, "SHF.L.HI");
	return LOWER_ALU(i, shf_l);
}

static bool lower_lea(struct insn *i)
{
	if (i->pout)
		return lower_refuse(i, "predicate result");
	return LOWER_ALU(i, i->in.op == SM_OP_LEA ? lea : lea_hi);
}

bool V(lower_int)(struct insn *i)
{
	/*
	 * where the two factors have types of their own, isa-table.c has the first one's in dtype
	 */
	i->signed_a = is_signed(i->in.dtype);
	i->signed_b = is_signed(i->in.stype);
	flip_neg(i);
	switch (i->in.op) {
	case SM_OP_IADD:
		return lower_iadd(i);
	case SM_OP_IADD3:
		return LOWER_ALU(i, iadd3);
	case SM_OP_ISCADD:
		return LOWER_ALU(i, iscadd);
	case SM_OP_LEA:
	case SM_OP_LEA_HI:
		return lower_lea(i);
	case SM_OP_IMUL:
		return lower_imul(i);
	case SM_OP_IMAD:
		return lower_imad(i);
	case SM_OP_XMAD:
		return LOWER_ALU(i, xmad);
	case SM_OP_IMNMX:
		return LOWER_ALU(i, imnmx);
	case SM_OP_ISET:
		return LOWER_ALU(i, iset);
	case SM_OP_ISETP:
		return LOWER_ALU(i, isetp);
	case SM_OP_ICMP:
		return LOWER_ALU(i, icmp);
	case SM_OP_LOP:
		return refuse_x(i, lop);
	case SM_OP_LOP3:
		return refuse_x(i, lop3);
	case SM_OP_SHL:
		return refuse_x(i, shl);
	case SM_OP_SHR:
		if (i->in.mode != SM_SHF_LO)
			return lower_refuse(i, ".X");
		return refuse_x(i, shr);
	case SM_OP_SHF_L:
	case SM_OP_SHF_R:
		return lower_shf(i);
	case SM_OP_BFE:
		return LOWER_ALU(i, bfe);
	case SM_OP_BFI:
		return LOWER_ALU(i, bfi);
	case SM_OP_FLO:
		return LOWER_ALU(i, flo);
	case SM_OP_POPC:
		return LOWER_ALU(i, popc);
	case SM_OP_PRMT:
		return LOWER_ALU(i, prmt);
	case SM_OP_IDP:
		return LOWER_ALU(i, idp);
	default:
		return false;
	}
}
