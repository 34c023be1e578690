// SPDX-License-Identifier: MIT
/*
 * Integer instructions against plain C on the values that PTX states: carries, halves, shifts past
 * the width, bit fields, comparisons of one and two words, byte permutations.
 */
#include "sm-test.h"

static const uint32_t edges[] = {
	0, 1, 2, 31, 32, 33, 63, 64, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffffe,
	0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x55555555, 0xaaaaaaaa,
};

#define NEDGES (sizeof(edges) / sizeof(*edges))

static uint32_t pick(uint32_t *seed)
{
	uint32_t r = test_random(seed);

	return r & 1 ? edges[(r >> 8) % NEDGES] : test_random(seed);
}

typedef uint32_t (*fn3)(uint32_t a, uint32_t b, uint32_t c);

static void check3(const char *text, fn3 fn)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		struct insn *i = lab_insn(t, text);
		uint32_t seed = 12345, a[LANES], b[LANES], c[LANES];

		for (int n = 0; n < 64; n++) {
			uint32_t mask = n & 1 ? FULL : test_random(&seed) | 1;

			t->w.active = mask;
			for (int l = 0; l < LANES; l++) {
				a[l] = lab_reg(t, 1)[l] = pick(&seed);
				b[l] = lab_reg(t, 2)[l] = pick(&seed);
				c[l] = lab_reg(t, 3)[l] = pick(&seed);
				lab_reg(t, 0)[l] = 0xdeadbeef;
			}
			lab_exec(t, i);
			for (int l = 0; l < LANES; l++) {
				uint32_t want = mask >> l & 1 ? fn(a[l], b[l], c[l]) : 0xdeadbeef;

				if (lab_reg(t, 0)[l] != want)
					fail_msg("%s: a %08x b %08x c %08x: %08x, want %08x", text,
						 a[l], b[l], c[l], lab_reg(t, 0)[l], want);
			}
		}
		free(i);
		lab_free(t);
	}
}

#define EXPR(name, expr) \
	static uint32_t name(uint32_t a, uint32_t b, uint32_t c) { return (expr); }

EXPR(x_add, a + b)
EXPR(x_sub, a - b)
EXPR(x_rsub, b - a)
EXPR(x_po, a + b + 1)
EXPR(x_add3, a + b + c)
EXPR(x_add3n, a - b + c)
EXPR(x_scadd, (a << 3) + b)
EXPR(x_scsub, b - (a << 3))
EXPR(x_mul, a * b)
EXPR(x_mulhi_u, (uint64_t)a * b >> 32)
EXPR(x_mulhi_s, (uint64_t)((int64_t)(int32_t)a * (int32_t)b) >> 32)
EXPR(x_mad, a * b + c)
EXPR(x_msub, a * b - c)
EXPR(x_nmad, c - a * b)
EXPR(x_madhi, (uint32_t)((uint64_t)((int64_t)(int32_t)a * (int32_t)b) >> 32) + c)
EXPR(x_xmad, (a & 0xffff) * (b & 0xffff) + c)
EXPR(x_xmad_h1, (a >> 16) * (b >> 16) + c)
EXPR(x_xmad_s, (uint32_t)((int16_t)a * (int16_t)b) + c)
EXPR(x_xmad_psl, ((a & 0xffff) * (b >> 16) << 16) + c)
EXPR(x_xmad_mrg, (((a & 0xffff) * (b >> 16) + c) & 0xffff) | b << 16)
EXPR(x_xmad_cbcc, ((a >> 16) * (b >> 16) << 16) + c + (b << 16))
EXPR(x_min, (int32_t)a < (int32_t)b ? a : b)
EXPR(x_max, (int32_t)a > (int32_t)b ? a : b)
EXPR(x_umin, a < b ? a : b)
EXPR(x_umax, a > b ? a : b)
EXPR(x_and, a & b)
EXPR(x_orn, a | ~b)
EXPR(x_xor, a ^ b)
EXPR(x_lut, (a & b) | (~a & c))
EXPR(x_maj, (a & b) | (b & c) | (a & c))
EXPR(x_shl, b > 31 ? 0 : a << b)
EXPR(x_shl_w, a << (b & 31))
EXPR(x_shr, b > 31 ? 0 : a >> b)
EXPR(x_sar, (int32_t)a >> (b > 31 ? 31 : b))
EXPR(x_sar_w, (int32_t)a >> (b & 31))
EXPR(x_setlt, (int32_t)a < (int32_t)b ? ~0u : 0)
EXPR(x_setge_u, a >= b ? 0x3f800000 : 0)
EXPR(x_icmp, (int32_t)c > 0 ? a : b)
EXPR(x_popc, __builtin_popcount(~b))
EXPR(x_flo_u, b ? 31u - __builtin_clz(b) : ~0u)
EXPR(x_flo_sh, b ? (uint32_t)__builtin_clz(b) : ~0u)
EXPR(x_dp4a, c + (int8_t)a * (int8_t)b + (int8_t)(a >> 8) * (int8_t)(b >> 8) +
	     (int8_t)(a >> 16) * (int8_t)(b >> 16) + (int8_t)(a >> 24) * (int8_t)(b >> 24))

static uint32_t x_flo_s(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t v = (int32_t)b < 0 ? ~b : b;

	return v ? 31u - __builtin_clz(v) : ~0u;
}

/* PTX ISA's own loop for bfe */
static uint32_t ptx_bfe(uint32_t a, uint32_t b, bool sign)
{
	int pos = b & 0xff, len = b >> 8 & 0xff, msb = 31;
	uint32_t sbit, d = 0;

	if (!sign || !len)
		sbit = 0;
	else
		sbit = a >> (pos + len - 1 < msb ? pos + len - 1 : msb) & 1;
	for (int i = 0; i <= msb; i++) {
		uint32_t bit = i < len && pos + i <= msb ? a >> (pos + i) & 1 : sbit;

		d |= bit << i;
	}
	return d;
}

static uint32_t x_bfe_u(uint32_t a, uint32_t b, uint32_t c)
{
	return ptx_bfe(a, b, false);
}

static uint32_t x_bfe_s(uint32_t a, uint32_t b, uint32_t c)
{
	return ptx_bfe(a, b, true);
}

/* PTX ISA's loop for bfi: f = b; for (i < len && pos + i <= msb) f[pos + i] = a[i] */
static uint32_t x_bfi(uint32_t a, uint32_t b, uint32_t c)
{
	int pos = b & 0xff, len = b >> 8 & 0xff;

	for (int i = 0; i < len && pos + i <= 31; i++)
		c = (c & ~(1u << (pos + i))) | (a >> i & 1) << (pos + i);
	return c;
}

static uint32_t x_prmt(uint32_t a, uint32_t b, uint32_t c)
{
	uint8_t bytes[8], r[4];

	memcpy(bytes, &a, 4);
	memcpy(bytes + 4, &c, 4);
	for (int n = 0; n < 4; n++) {
		unsigned int sel = b >> n * 4 & 15;

		r[n] = sel & 8 ? (bytes[sel & 7] & 0x80 ? 0xff : 0) : bytes[sel & 7];
	}
	memcpy(&a, r, 4);
	return a;
}

static uint32_t x_shf_l(uint32_t a, uint32_t b, uint32_t c)
{
	b = b > 32 ? 32 : b;
	return ((uint64_t)c << 32 | a) << b >> 32;
}

static uint32_t x_shf_r_w(uint32_t a, uint32_t b, uint32_t c)
{
	return ((uint64_t)c << 32 | a) >> (b & 31);
}

static uint32_t x_shf_r_u64(uint32_t a, uint32_t b, uint32_t c)
{
	return b > 63 ? 0 : ((uint64_t)c << 32 | a) >> b;
}

static uint32_t x_shf_r_s64_hi(uint32_t a, uint32_t b, uint32_t c)
{
	int64_t v = (int64_t)((uint64_t)c << 32 | a);

	return (uint64_t)(v >> (b > 63 ? 63 : b)) >> 32;
}

static uint32_t x_sat(uint32_t a, uint32_t b, uint32_t c)
{
	int64_t v = (int64_t)(int32_t)a + (int32_t)b;

	return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? (uint32_t)INT32_MIN : (uint32_t)v;
}

static void test_arithmetic(void **state)
{
	check3("IADD R0, R1, R2", x_add);
	check3("IADD R0, R1, -R2", x_sub);
	check3("IADD R0, -R1, R2", x_rsub);
	check3("IADD.PO R0, R1, R2", x_po);
	check3("IADD.SAT R0, R1, R2", x_sat);
	check3("IADD3 R0, R1, R2, R3", x_add3);
	check3("IADD3 R0, R1, -R2, R3", x_add3n);
	check3("ISCADD R0, R1, R2, 0x3", x_scadd);
	check3("ISCADD R0, -R1, R2, 0x3", x_scsub);
	check3("IMUL R0, R1, R2", x_mul);
	check3("IMUL.U32.U32.HI R0, R1, R2", x_mulhi_u);
	check3("IMUL.HI R0, R1, R2", x_mulhi_s);
	check3("IMAD.U32.U32 R0, R1, R2, R3", x_mad);
	check3("IMAD.U32.U32 R0, R1, R2, -R3", x_msub);
	check3("IMAD.U32.U32 R0, R1, -R2, R3", x_nmad);
	check3("IMAD.HI R0, R1, R2, R3", x_madhi);
	check3("XMAD R0, R1, R2, R3", x_xmad);
	check3("XMAD R0, R1.H1, R2.H1, R3", x_xmad_h1);
	check3("XMAD.S16.S16 R0, R1, R2, R3", x_xmad_s);
	check3("XMAD.PSL R0, R1, R2.H1, R3", x_xmad_psl);
	check3("XMAD.MRG R0, R1, R2.H1, R3", x_xmad_mrg);
	check3("XMAD.PSL.CBCC R0, R1.H1, R2.H1, R3", x_xmad_cbcc);
	check3("IMNMX R0, R1, R2, PT", x_min);
	check3("IMNMX R0, R1, R2, !PT", x_max);
	check3("IMNMX.U32 R0, R1, R2, PT", x_umin);
	check3("IMNMX.U32 R0, R1, R2, !PT", x_umax);
	check3("IDP.4A.S8.S8 R0, R1, R2, R3", x_dp4a);
}

static void test_logic(void **state)
{
	check3("LOP.AND R0, R1, R2", x_and);
	check3("LOP.OR R0, R1, ~R2", x_orn);
	check3("LOP.XOR R0, R1, R2", x_xor);
	check3("LOP3.LUT R0, R1, R2, R3, 0xca", x_lut);
	check3("LOP3.LUT R0, R1, R2, R3, 0xe8", x_maj);
	check3("SHL R0, R1, R2", x_shl);
	check3("SHL.W R0, R1, R2", x_shl_w);
	check3("SHR.U32 R0, R1, R2", x_shr);
	check3("SHR R0, R1, R2", x_sar);
	check3("SHR.W R0, R1, R2", x_sar_w);
	check3("SHF.L R0, R1, R2, R3", x_shf_l);
	check3("SHF.R.W R0, R1, R2, R3", x_shf_r_w);
	check3("SHF.R.U64 R0, R1, R2, R3", x_shf_r_u64);
	check3("SHF.R.S64.HI R0, R1, R2, R3", x_shf_r_s64_hi);
	check3("BFE.U32 R0, R1, R2", x_bfe_u);
	check3("BFE R0, R1, R2", x_bfe_s);
	check3("BFI R0, R1, R2, R3", x_bfi);
	check3("POPC R0, ~R2", x_popc);
	check3("FLO.U32 R0, R2", x_flo_u);
	check3("FLO.U32.SH R0, R2", x_flo_sh);
	check3("FLO R0, R2", x_flo_s);
	check3("PRMT R0, R1, R2, R3", x_prmt);
}

/* the table of PTX ISA, prmt: bytes for selectors 0..3 */
static void test_prmt_modes(void **state)
{
	static const struct {
		const char *mode;
		uint8_t want[4][4];	/* b0 first */
	} modes[] = {
		{ "F4E", { { 0, 1, 2, 3 }, { 1, 2, 3, 4 }, { 2, 3, 4, 5 }, { 3, 4, 5, 6 } } },
		{ "B4E", { { 0, 7, 6, 5 }, { 1, 0, 7, 6 }, { 2, 1, 0, 7 }, { 3, 2, 1, 0 } } },
		{ "RC8", { { 0, 0, 0, 0 }, { 1, 1, 1, 1 }, { 2, 2, 2, 2 }, { 3, 3, 3, 3 } } },
		{ "ECL", { { 0, 1, 2, 3 }, { 1, 1, 2, 3 }, { 2, 2, 2, 3 }, { 3, 3, 3, 3 } } },
		{ "ECR", { { 0, 0, 0, 0 }, { 0, 1, 1, 1 }, { 0, 1, 2, 2 }, { 0, 1, 2, 3 } } },
		{ "RC16", { { 0, 1, 0, 1 }, { 2, 3, 2, 3 }, { 0, 1, 0, 1 }, { 2, 3, 2, 3 } } },
	};

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		for (unsigned int m = 0; m < 6; m++) {
			char text[64];

			for (int l = 0; l < LANES; l++) {
				lab_reg(t, 1)[l] = 0x03020100;
				lab_reg(t, 2)[l] = l;
				lab_reg(t, 3)[l] = 0x07060504;
			}
			snprintf(text, sizeof(text), "PRMT.%s R0, R1, R2, R3", modes[m].mode);
			lab_step(t, text);
			for (int l = 0; l < LANES; l++)
				assert_memory_equal(&lab_reg(t, 0)[l], modes[m].want[l & 3], 4);
		}
		lab_free(t);
	}
}

static void test_set(void **state)
{
	check3("ISET.LT.AND R0, R1, R2, PT", x_setlt);
	check3("ISET.BF.GE.U32.AND R0, R1, R2, PT", x_setge_u);
	check3("ICMP.GT R0, R1, R2, R3", x_icmp);
}

static uint64_t pick64(uint32_t *seed)
{
	return (uint64_t)pick(seed) << 32 | pick(seed);
}

/* what Mesa makes of 64-bit operations (BuildUtil::split64BitOpPostRA, handleSET, handleShift) */
static void test_two_words(void **state)
{
	static const char *const cmp[] = { "LT", "EQ", "LE", "GT", "NE", "GE" };

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint64_t a[LANES], b[LANES];
		uint32_t seed = 99;

		for (int n = 0; n < 50; n++) {
			for (int l = 0; l < LANES; l++) {
				a[l] = pick64(&seed);
				b[l] = test_random(&seed) & 3 ? pick64(&seed) : a[l];
				if (test_random(&seed) & 1)
					b[l] = (a[l] & ~0xffffffffull) | (uint32_t)b[l];
				lab_set64(t, 2, l, a[l]);
				lab_set64(t, 4, l, b[l]);
			}
			lab_step(t, "IADD R0.CC, R2, R4");
			assert_int_equal(t->w.cc.c & 1, (uint32_t)(a[0] + b[0]) < (uint32_t)a[0]);
			lab_step(t, "IADD.X R1, R3, R5");
			for (int l = 0; l < LANES; l++)
				assert_int_equal(lab_get64(t, 0, l), a[l] + b[l]);
			lab_step(t, "IADD R0.CC, R2, -R4");
			lab_step(t, "IADD.X R1, R3, -R5");
			for (int l = 0; l < LANES; l++)
				assert_int_equal(lab_get64(t, 0, l), a[l] - b[l]);
			for (int k = 0; k < 12; k++) {
				char text[80];

				snprintf(text, sizeof(text), "ISETP.%s%s.X.AND P0, P1, R3, R5, PT",
					 cmp[k % 6], k < 6 ? "" : ".U32");
				lab_step(t, "IADD RZ.CC, R2, -R4");
				lab_step(t, text);
				for (int l = 0; l < LANES; l++) {
					bool lt = k < 6 ? (int64_t)a[l] < (int64_t)b[l] : a[l] < b[l];
					bool eq = a[l] == b[l];
					bool want[] = { lt, eq, lt || eq, !lt && !eq, !eq, !lt };

					assert_int_equal(t->w.p[0] >> l & 1, want[k % 6]);
					assert_int_equal(t->w.p[1] >> l & 1, !want[k % 6]);
				}
			}
			for (int k = 0; k < 2; k++) {
				lab_step(t, k ? "IMNMX.U32.XHI R1.CC, R3, R5, PT" :
						"IMNMX.XHI R1.CC, R3, R5, PT");
				lab_step(t, "IMNMX.U32.XLO R0, R2, R4, PT");
				for (int l = 0; l < LANES; l++) {
					bool lt = k ? a[l] < b[l] : (int64_t)a[l] < (int64_t)b[l];

					assert_int_equal(lab_get64(t, 0, l), lt ? a[l] : b[l]);
				}
			}
			for (int l = 0; l < LANES; l++)
				lab_reg(t, 6)[l] = test_random(&seed) & 63;
			lab_step(t, "SHF.L.U64 R0, RZ, R6, R2");
			lab_step(t, "SHF.L.U64 R1, R2, R6, R3");
			for (int l = 0; l < LANES; l++)
				assert_int_equal(lab_get64(t, 0, l), a[l] << lab_reg(t, 6)[l]);
			lab_step(t, "SHF.R.S64 R0, R2, R6, R3");
			lab_step(t, "SHF.R.S64.HI R1, RZ, R6, R3");
			for (int l = 0; l < LANES; l++)
				assert_int_equal(lab_get64(t, 0, l),
						 (uint64_t)((int64_t)a[l] >> lab_reg(t, 6)[l]));
		}
		lab_free(t);
	}
}

/* Mesa's 32-bit multiplication by XMADs */
static void test_xmad_product(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint32_t seed = 5, a[LANES], b[LANES];

		for (int n = 0; n < 50; n++) {
			for (int l = 0; l < LANES; l++) {
				a[l] = lab_reg(t, 2)[l] = pick(&seed);
				b[l] = lab_reg(t, 3)[l] = pick(&seed);
			}
			lab_step(t, "XMAD R0, R2, R3, RZ");
			lab_step(t, "XMAD.MRG R1, R2, R3.H1, RZ");
			lab_step(t, "XMAD.PSL.CBCC R0, R2.H1, R1.H1, R0");
			for (int l = 0; l < LANES; l++)
				assert_int_equal(lab_reg(t, 0)[l], a[l] * b[l]);
		}
		lab_free(t);
	}
}

static void test_operands(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		board_param(t->b, 5, 1000);
		for (int l = 0; l < LANES; l++)
			lab_reg(t, 1)[l] = l;
		lab_step(t, "IADD R0, R1, c[0x0][0x14]");
		assert_int_equal(lab_reg(t, 0)[7], 1007);
		lab_step(t, "IADD R0, R1, -0x5");
		assert_int_equal(lab_reg(t, 0)[7], 2);
		lab_step(t, "MOV32I R0, 0x12345678");
		assert_int_equal(lab_reg(t, 0)[31], 0x12345678);
		lab_step(t, "IADD32I R0, R1, 0x10000000");
		assert_int_equal(lab_reg(t, 0)[3], 0x10000003);
		lab_step(t, "LOP32I.XOR R0, R1, 0xffffffff");
		assert_int_equal(lab_reg(t, 0)[3], ~3u);
		lab_step(t, "IADD RZ, R1, R1");
		lab_step(t, "IADD R0, RZ, R1");
		assert_int_equal(lab_reg(t, 0)[9], 9);
		t->w.p[2] = 0x0000ffff;
		lab_step(t, "@P2 MOV R0, RZ");
		assert_int_equal(lab_reg(t, 0)[9], 0);
		assert_int_equal(lab_reg(t, 0)[20], 20);
		lab_step(t, "@!P2 MOV R0, 0x7");
		assert_int_equal(lab_reg(t, 0)[20], 7);
		lab_step(t, "SEL R0, R1, RZ, P2");
		assert_int_equal(lab_reg(t, 0)[20], 0);
		assert_int_equal(lab_reg(t, 0)[15], 15);
		lab_free(t);
	}
}

static void test_predicates(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);

		t->w.p[0] = 0xff00ff00;
		t->w.p[1] = 0xf0f0f0f0;
		t->w.p[2] = 0xcccccccc;
		lab_step(t, "PSETP.AND.OR P3, P4, P0, !P1, P2");
		assert_int_equal(t->w.p[3], (0xff00ff00 & ~0xf0f0f0f0) | 0xcccccccc);
		assert_int_equal(t->w.p[4], ~(0xff00ff00 & ~0xf0f0f0f0) | 0xcccccccc);
		lab_step(t, "VOTE.ANY R0, P5, P0");
		assert_int_equal(lab_reg(t, 0)[0], 0xff00ff00);
		assert_int_equal(t->w.p[5], FULL);
		lab_step(t, "VOTE.ALL R0, P5, P0");
		assert_int_equal(t->w.p[5], 0);
		t->w.active = 0xff00ff00;
		lab_step(t, "VOTE.ALL R0, P5, P0");
		assert_int_equal(t->w.p[5], 0xff00ff00);
		t->w.active = FULL;
		lab_step(t, "VOTE.EQ R0, P5, !PT");
		assert_int_equal(t->w.p[5], FULL);
		for (int l = 0; l < LANES; l++)
			lab_reg(t, 1)[l] = l;
		lab_step(t, "LOP.AND.NZ P0, R0, R1, 0x1");
		assert_int_equal(t->w.p[0], 0xaaaaaaaa);
		lab_free(t);
	}
}

/* PTX ISA, shfl: the loop of its description */
static void test_shfl(void **state)
{
	static const char *const name[] = { "IDX", "UP", "DOWN", "BFLY" };

	for_each_variant(v) {
		struct lane_lab *t = lab_new(v);
		uint32_t seed = 3;

		for (int n = 0; n < 400; n++) {
			uint32_t c = test_random(&seed) & 0x1f1f, mode = n & 3;
			char text[80];

			if (n % 5 == 0)
				c = mode == 1 ? 0 : 0x1f;
			for (int l = 0; l < LANES; l++) {
				lab_reg(t, 1)[l] = 1000 + l;
				lab_reg(t, 2)[l] = test_random(&seed) & 31;
			}
			snprintf(text, sizeof(text), "SHFL.%s P0, R0, R1, R2, 0x%x", name[mode], c);
			lab_step(t, text);
			for (int l = 0; l < LANES; l++) {
				int bval = lab_reg(t, 2)[l], cval = c & 31, segmask = c >> 8 & 31;
				int max = (l & segmask) | (cval & ~segmask), min = l & segmask, j;
				bool p;

				switch (mode) {
				case 1:
					j = l - bval;
					p = j >= max;
					break;
				case 2:
					j = l + bval;
					p = j <= max;
					break;
				case 3:
					j = l ^ bval;
					p = j <= max;
					break;
				default:
					j = min | (bval & ~segmask);
					p = j <= max;
					break;
				}
				assert_int_equal(t->w.p[0] >> l & 1, p);
				assert_int_equal(lab_reg(t, 0)[l], 1000 + (p ? j : l));
			}
		}
		lab_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_logic),
		cmocka_unit_test(test_prmt_modes),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_two_words),
		cmocka_unit_test(test_xmad_product),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_shfl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
