// SPDX-License-Identifier: MIT
/*
 * Textures and surfaces, with headers and samplers as Mesa fills them in: formats, pitch and
 * block-linear layouts, wrap modes, filtering, arrays and volumes, queries, stores and atomics,
 * missing pages.
 */
#include <math.h>

#include "sm-test.h"
#include "sm/fp.h"

#define TIC (TEST_BASE + 0x1000)
#define TSC (TEST_BASE + 0x2000)
#define IMAGE (TEST_BASE + 0x100000)

enum { SNORM = 1, UNORM, SINT, UINT, FLOAT = 7 };
enum { R32X4 = 0x01, R16X4 = 0x03, RGBA8 = 0x08, RGB10A2 = 0x09, R32 = 0x0f, B5G6R5 = 0x15, RG8 = 0x18, R8 = 0x1d,
       RF11 = 0x21 };
enum { T_1D, T_2D, T_3D, T_2D_ARRAY = 5, T_BUFFER = 6, T_2D_PITCH = 7 };

struct spec {
	unsigned int format, type, target, w, h, d, pitch, block_h, block_d;
	bool normalized;
};

static void put_tic(struct board *b, unsigned int n, const struct spec *s)
{
	uint32_t tic[8] = { 0 };
	uint64_t addr = IMAGE;

	tic[0] = s->format | s->type << 7 | s->type << 10 | s->type << 13 | s->type << 16 | 2 << 19 | 3 << 22 |
		 4 << 25 | 5u << 28;
	tic[1] = addr;
	tic[2] = addr >> 32;
	tic[4] = s->target << 23;
	tic[5] = s->normalized ? 1u << 31 : 0;
	if (s->target == T_BUFFER) {
		tic[3] = (s->w - 1) >> 16;
		tic[4] |= (s->w - 1) & 0xffff;
	} else {
		tic[2] |= s->pitch ? 2 << 21 : 3 << 21;
		tic[3] = s->pitch ? s->pitch >> 5 : s->block_h << 3 | s->block_d << 6;
		tic[4] |= s->w - 1;
		tic[5] |= (s->h - 1) | (s->d - 1) << 16;
	}
	memcpy(board_ptr(b, TIC + n * 32), tic, 32);
}

static void put_tsc(struct board *b, unsigned int n, unsigned int wrap, bool linear)
{
	uint32_t tsc[8] = { wrap | wrap << 3 | wrap << 6, linear ? 0x22 : 0x11 };
	float border[4] = { 0.25f, 0.5f, 0.75f, 1.0f };

	memcpy(tsc + 4, border, 16);
	memcpy(board_ptr(b, TSC + n * 32), tsc, 32);
}

static struct lane_lab *tex_lab(unsigned int variant, const struct spec *s)
{
	struct lane_lab *t = lab_new(variant);
	struct board *b = t->b;

	b->grid.tic_base = TIC;
	b->grid.tsc_base = TSC;
	b->grid.tic_max = b->grid.tsc_max = 15;
	b->grid.tex_cbuf = 0;
	put_tic(b, 3, s);
	put_tsc(b, 1, 2, false);
	/* texture 8's handle: header 3, sampler 1 */
	board_param(b, 8, 3 | 1 << 20);
	return t;
}

/* the order of bytes in a GOB, written out from the manual's table of 32 sectors of 16 bytes */
static uint64_t reference_address(const struct spec *s, unsigned int bytes, unsigned int x, unsigned int y,
				  unsigned int z)
{
	static const uint8_t sector[8][4] = {
		{ 0, 2, 16, 18 }, { 1, 3, 17, 19 }, { 4, 6, 20, 22 }, { 5, 7, 21, 23 },
		{ 8, 10, 24, 26 }, { 9, 11, 25, 27 }, { 12, 14, 28, 30 }, { 13, 15, 29, 31 },
	};
	unsigned int xb = x * bytes, rows = 8 << s->block_h, layers = 1 << s->block_d;
	unsigned int gobs_x = (s->w * bytes + 63) / 64, blocks_y = (s->h + rows - 1) / rows;
	uint64_t block_bytes = 512ull * layers << s->block_h;
	unsigned int gob;

	if (s->pitch)
		return IMAGE + y * s->pitch + xb;
	if (s->target == T_BUFFER)
		return IMAGE + xb;
	if (s->target == T_2D_ARRAY)
		return IMAGE + z * gobs_x * blocks_y * block_bytes +
		       (y / rows * gobs_x + xb / 64) * block_bytes + y % rows / 8 * 512 +
		       sector[y & 7][xb / 16 & 3] * 16 + xb % 16;
	gob = z % layers * (1 << s->block_h) + y % rows / 8;
	return IMAGE + ((z / layers * blocks_y + y / rows) * gobs_x + xb / 64) * block_bytes + gob * 512 +
	       sector[y & 7][xb / 16 & 3] * 16 + xb % 16;
}

static void test_layouts(void **state)
{
	static const struct spec specs[] = {
		{ R32, UINT, T_2D_PITCH, 37, 19, 1, 160, 0, 0, false },
		{ R32, UINT, T_2D, 37, 50, 1, 0, 0, 0, false },
		{ R32, UINT, T_2D, 37, 50, 1, 0, 2, 0, false },
		{ R32X4, UINT, T_2D, 19, 33, 1, 0, 1, 0, false },
		{ R32, UINT, T_3D, 20, 30, 10, 0, 1, 2, false },
		{ R32, UINT, T_2D_ARRAY, 20, 30, 10, 0, 1, 0, false },
		{ R32, UINT, T_BUFFER, 5000, 1, 1, 0, 0, 0, false },
	};

	for_each_variant(v)
		for (unsigned int k = 0; k < sizeof(specs) / sizeof(*specs); k++) {
			const struct spec *s = &specs[k];
			struct lane_lab *t = tex_lab(v, s);
			unsigned int bytes = s->format == R32X4 ? 16 : 4;
			uint32_t seed = 55, x[LANES], y[LANES], z[LANES];

			for (int n = 0; n < 40; n++) {
				for (int l = 0; l < LANES; l++) {
					uint32_t value;

					x[l] = test_random(&seed) % s->w;
					y[l] = test_random(&seed) % s->h;
					z[l] = test_random(&seed) % s->d;
					value = z[l] << 24 | y[l] << 12 | x[l];
					memcpy(board_ptr(t->b, reference_address(s, bytes, x[l], y[l], z[l])),
					       &value, 4);
					if (s->target == T_2D_ARRAY) {
						lab_reg(t, 4)[l] = z[l];
						lab_reg(t, 5)[l] = x[l];
						lab_reg(t, 6)[l] = y[l];
					} else {
						lab_reg(t, 4)[l] = x[l];
						lab_reg(t, 5)[l] = y[l];
						lab_reg(t, 6)[l] = z[l];
					}
				}
				lab_step(t, s->target == T_2D_ARRAY ? "TLD.LZ R0, R4, RZ, 0x8, ARRAY_2D, 0x1" :
					    s->target == T_3D ? "TLD.LZ R0, R4, RZ, 0x8, 3D, 0x1" :
					    s->target == T_BUFFER ? "TLD.LZ R0, R4, RZ, 0x8, 1D, 0x1" :
					    "TLD.LZ R0, R4, RZ, 0x8, 2D, 0x1");
				for (int l = 0; l < LANES; l++)
					assert_int_equal(lab_reg(t, 0)[l], z[l] << 24 | y[l] << 12 | x[l]);
			}
			lab_free(t);
		}
}

static void one(struct lane_lab *t, const char *text, const float *want, int count)
{
	lab_step(t, text);
	for (int n = 0; n < count; n++) {
		float got = as_f32(lab_reg(t, n)[0]);

		if (fabsf(got - want[n]) > 1e-6f)
			fail_msg("%s: component %d is %g, want %g", text, n, got, want[n]);
	}
}

static void test_formats(void **state)
{
	static const struct {
		unsigned int format, type;
		uint32_t word[4];
		float want[4];
	} cases[] = {
		{ RGBA8, UNORM, { 0xff804000 }, { 0, 64 / 255.0f, 128 / 255.0f, 1 } },
		{ RGBA8, SNORM, { 0x7f8081c0 }, { -64 / 127.0f, -1, -1, 1 } },
		{ RGB10A2, UNORM, { 3u << 30 | 1023 << 20 | 512 << 10 | 1 }, { 1 / 1023.0f, 512 / 1023.0f, 1, 1 } },
		{ B5G6R5, UNORM, { 31 | 63 << 5 | 1 << 11 }, { 1, 1, 1 / 31.0f, 0 } },
		{ R16X4, FLOAT, { 0x3c00c000, 0x7bff0001 }, { -2, 1, 5.9604645e-8f, 65504 } },
		{ RG8, UNORM, { 0x33ff }, { 1, 0.2f, 0, 0 } },
		{ R32, FLOAT, { 0x40490fdb }, { 3.1415927f, 0, 0, 0 } },
		{ RF11, FLOAT, { 0x3c0 | 0x400 << 11 | 0x1e0u << 22 }, { 1, 2, 1, 0 } },
	};

	for_each_variant(v)
		for (unsigned int k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
			struct spec s = { cases[k].format, cases[k].type, T_2D_PITCH, 8, 8, 1, 256, 0, 0, false };
			struct lane_lab *t = tex_lab(v, &s);

			memcpy(board_ptr(t->b, IMAGE), cases[k].word, 16);
			one(t, "TLD.LZ R0, R4, RZ, 0x8, 2D, 0xf", cases[k].want, 4);
			/* and back, through a formatted store */
			memset(board_ptr(t->b, IMAGE), 0, 16);
			for (int l = 0; l < LANES; l++)
				lab_reg(t, 8)[l] = 3;
			t->w.active = 1;
			lab_step(t, "SUST.P.2D.IGN [R4], R0, R8");
			if (cases[k].format != RF11)
				one(t, "TLD.LZ R0, R4, RZ, 0x8, 2D, 0xf", cases[k].want, 4);
			lab_free(t);
		}
}

/* a row of four texels 0, 1, 2, 3 in two rows that are 10 apart */
static struct lane_lab *ramp(unsigned int variant, bool normalized)
{
	struct spec s = { R32, FLOAT, T_2D_PITCH, 4, 2, 1, 32, 0, 0, normalized };
	struct lane_lab *t = tex_lab(variant, &s);

	for (int y = 0; y < 2; y++)
		for (int x = 0; x < 4; x++) {
			float f = 10 * y + x;

			memcpy(board_ptr(t->b, IMAGE + y * 32 + x * 4), &f, 4);
		}
	return t;
}

static void at(struct lane_lab *t, float x, float y)
{
	for (int l = 0; l < LANES; l++) {
		lab_reg(t, 4)[l] = as_u32(x);
		lab_reg(t, 5)[l] = as_u32(y);
	}
}

static void sample(struct lane_lab *t, float x, float y, float want)
{
	at(t, x, y);
	one(t, "TEX.LZ R0, R4, RZ, 0x8, 2D, 0x1", &want, 1);
	lab_step(t, "TEXS.LZ RZ, R0, R4, R5, 0x8, 2D, R");
	assert_int_equal(lab_reg(t, 0)[0], as_u32(want));
}

static void test_sampling(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = ramp(v, false);
		struct board *b = t->b;

		put_tsc(b, 1, 2, false);	/* nearest, clamped to the edge */
		sample(t, 0.0f, 0.0f, 0);
		sample(t, 0.99f, 0.5f, 0);
		sample(t, 1.0f, 1.5f, 11);
		sample(t, 7.0f, -3.0f, 3);
		sample(t, NAN, 0, 0);
		put_tsc(b, 1, 0, false);	/* repeat */
		sample(t, 5.5f, 2.5f, 1);
		sample(t, -0.5f, 0.5f, 3);
		put_tsc(b, 1, 1, false);	/* mirror */
		sample(t, 4.5f, 0.5f, 3);
		sample(t, -1.5f, 0.5f, 1);
		put_tsc(b, 1, 3, false);	/* border colour */
		sample(t, 4.5f, 0.5f, 0.25f);
		put_tsc(b, 1, 2, true);		/* linear */
		sample(t, 0.5f, 0.5f, 0);
		sample(t, 1.0f, 0.5f, 0.5f);
		sample(t, 1.75f, 1.0f, 6.25f);
		sample(t, 0.0f, 0.0f, 0);
		sample(t, 4.0f, 2.0f, 13);
		put_tsc(b, 1, 3, true);
		sample(t, 0.0f, 0.5f, 0.125f);
		lab_free(t);
		t = ramp(v, true);
		sample(t, 0.3f, 0.6f, 11);
		/* the sampler may force texel coordinates */
		put_tsc(t->b, 1, 2, false);
		((uint32_t *)board_ptr(t->b, TSC + 32))[1] |= 1 << 25;
		sample(t, 2.5f, 1.5f, 12);
		lab_free(t);
	}
}

static void test_bindless_and_gather(void **state)
{
	for_each_variant(v) {
		struct lane_lab *t = ramp(v, false);
		float want[4] = { 10, 11, 1, 0 }, w = 12;

		at(t, 1.0f, 1.0f);
		one(t, "TLD4.R R0, R4, RZ, 0x8, 2D, 0xf", want, 4);
		for (int l = 0; l < LANES; l++)
			lab_reg(t, 8)[l] = 3 | 1 << 20;
		at(t, 2.5f, 1.5f);
		one(t, "TEX.B.LZ R0, R4, R8, 0x0, 2D, 0x1", &w, 1);
		lab_free(t);
	}
}

static void test_query(void **state)
{
	struct spec s = { R32, UINT, T_3D, 20, 30, 10, 0, 1, 2, false };

	for_each_variant(v) {
		struct lane_lab *t = tex_lab(v, &s);

		for (int l = 0; l < LANES; l++)
			lab_reg(t, 4)[l] = 0;
		lab_step(t, "TXQ R0, R4, TEX_HEADER_DIMENSION, 0x8, 0xf");
		assert_int_equal(lab_reg(t, 0)[0], 20);
		assert_int_equal(lab_reg(t, 1)[0], 30);
		assert_int_equal(lab_reg(t, 2)[0], 10);
		assert_int_equal(lab_reg(t, 3)[0], 1);
		lab_step(t, "TXQ R0, R4, TEX_HEADER_DIMENSION, 0x8, 0x6");
		assert_int_equal(lab_reg(t, 0)[0], 30);
		assert_int_equal(lab_reg(t, 1)[0], 10);
		lab_free(t);
	}
}

static void test_surface(void **state)
{
	struct spec s = { R32, UINT, T_2D, 40, 40, 1, 0, 1, 0, false };

	for_each_variant(v) {
		struct lane_lab *t = tex_lab(v, &s);
		uint32_t *pixel = board_ptr(t->b, reference_address(&s, 4, 7, 9, 0));

		for (int l = 0; l < LANES; l++) {
			lab_reg(t, 4)[l] = l == 1 ? 40 : 7;	/* one is outside */
			lab_reg(t, 5)[l] = 9;
			lab_reg(t, 8)[l] = 3;
			lab_reg(t, 10)[l] = 1;
		}
		*pixel = 100;
		lab_step(t, "SUATOM.D.2D.ADD.IGN R0, [R4], R10, R8");
		assert_int_equal(*pixel, 131);
		assert_int_equal(lab_reg(t, 0)[0], 100);
		assert_int_equal(lab_reg(t, 0)[1], 0);
		assert_int_equal(lab_reg(t, 0)[2], 101);
		lab_step(t, "SULD.D.2D.IGN R0, [R4], R8");
		assert_int_equal(lab_reg(t, 0)[0], 131);
		assert_int_equal(lab_reg(t, 0)[1], 0);
		lab_step(t, "SULD.P.2D.IGN R0, [R4], R8");
		assert_int_equal(lab_reg(t, 0)[0], 131);
		t->w.active = 1;
		lab_reg(t, 10)[0] = 77;
		lab_step(t, "SUST.D.2D.IGN [R4], R10, R8");
		assert_int_equal(*pixel, 77);
		lab_free(t);
	}
}

static void test_missing_pages(void **state)
{
	struct spec s = { R32, UINT, T_BUFFER, 4096, 1, 1, 0, 0, 0, false };

	for_each_variant(v) {
		struct lane_lab *t = tex_lab(v, &s);
		struct board *b = t->b;
		struct insn *i = lab_insn(t, "TLD.LZ R0, R4, RZ, 0x8, 1D, 0x1");

		for (int l = 0; l < LANES; l++) {
			lab_reg(t, 4)[l] = l * 128;
			lab_reg(t, 0)[l] = 0xdeadbeef;
		}
		b->missing[(IMAGE - TEST_BASE) / 4096 + 1] = 1;
		b->missing[(IMAGE - TEST_BASE) / 4096 + 3] = 1;
		assert_int_equal(lab_exec(t, i), STEP_STALL);
		assert_true(b->faults >= 2);
		assert_int_equal(lab_reg(t, 0)[0], 0xdeadbeef);
		memset(b->missing, 0, sizeof(b->missing));
		assert_int_equal(lab_exec(t, i), STEP_NEXT);
		assert_int_equal(lab_reg(t, 0)[0], 0);
		free(i);
		lab_free(t);
	}
}

static void test_bad_headers(void **state)
{
	struct spec s = { 0x24 /* DXT1 */, UNORM, T_2D, 40, 40, 1, 0, 1, 0, false };
	struct lane_lab *t = tex_lab(0, &s);
	struct insn *i = lab_insn(t, "TLD.LZ R0, R4, RZ, 0x8, 2D, 0x1");

	t->b->quiet = true;
	assert_int_equal(lab_exec(t, i), STEP_TRAP);
	t->gs.stopped = false;
	board_param(t->b, 8, 16);	/* beyond the pool */
	assert_int_equal(lab_exec(t, i), STEP_TRAP);
	assert_int_equal(t->b->trap.code, SM_TRAP_ILLEGAL_PARAM);
	free(i);
	lab_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_sampling),
		cmocka_unit_test(test_bindless_and_gather),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_surface),
		cmocka_unit_test(test_missing_pages),
		cmocka_unit_test(test_bad_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
