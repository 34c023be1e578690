// SPDX-License-Identifier: MIT
/*
 * test-pgraph.c - the graphics engine as host and the driver see it: topology, contexts, dispatch,
 * exceptions, macros, uploads, clears, blits, semaphores, and a compute launch from the QMD to the
 * result in memory. Real page tables in VRAM, no FIFO.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gp104/pfalcon.h"
#include "gp104/pgraph.h"
#include "gp104/pmc.h"

/* Page tables and instance blocks: below; everything mapped: one 2 MiB page table at VA. */
#define PD3	0x100000u
#define PD2	0x101000u
#define PD1	0x102000u
#define PD0	0x103000u
#define PT	0x104000u
#define INST(n)	(0x110000u + (n) * 0x1000u)
#define VA	0x400000u
#define IMAGE(n) (VA + (n) * 0x1000u)	/* context images, 16 of them */
#define DATA	(VA + 0x20000u)
#define UNMAPPED 0x4000000000u

#define SUBC_3D	0
#define SUBC_CP	1
#define SUBC_I2M 2
#define SUBC_2D	3

static uint32_t *vram32(struct gp104 *g, uint32_t addr)
{
	return (uint32_t *)(g->vram + addr);
}

static void put64(struct gp104 *g, uint32_t addr, uint64_t val)
{
	memcpy(g->vram + addr, &val, 8);
}

static uint64_t pde(uint32_t table)
{
	return (uint64_t)table >> 4 | 1 << 1;	/* in video memory */
}

static void build_space(struct gp104 *g)
{
	unsigned int i, n;

	put64(g, PD3, pde(PD2));
	put64(g, PD2, pde(PD1));
	put64(g, PD1, pde(PD0));
	put64(g, PD0 + (VA >> 21) * 16 + 8, pde(PT));
	for (i = 0; i < 512; i++)
		put64(g, PT + i * 8, (uint64_t)(VA + i * 4096) >> 4 | 1);
	for (n = 0; n < 16; n++) {
		put64(g, INST(n) + 0x200, PD3 | 1u << 10 | 1u << 11);
		put64(g, INST(n) + 0x208, (UINT64_C(1) << 49) - 1);
		put64(g, INST(n) + 0x210, IMAGE(n) | 4);
	}
}

static void fecs(struct gp104 *g, uint32_t mthd, uint32_t data)
{
	mmio_write(g, 0x409800, 0);
	mmio_write(g, 0x409500, data);
	mmio_write(g, 0x409504, mthd);
}

static void load(struct gp104 *g, unsigned int n)
{
	struct mmu_ctx ctx;

	assert_true(pmmu_ctx_load(g, &ctx, APER_VRAM, INST(n)));
	fecs_load(g, NULL, &ctx);
}

static enum fifo_result try(struct gp104 *g, unsigned int subc, uint32_t mthd, uint32_t data)
{
	return gr_fifo_ops.method(g, g->pgraph->chan, subc, mthd, data);
}

/* A method that waits gets slices until it is taken. */
static void m(struct gp104 *g, unsigned int subc, uint32_t mthd, uint32_t data)
{
	unsigned int i;

	for (i = 0; i < 10000; i++) {
		if (try(g, subc, mthd, data) == FIFO_DONE)
			return;
		gp104_run_slices(g, 1);
	}
	fail_msg("method %04x is never taken", mthd);
}

static void m64(struct gp104 *g, unsigned int subc, uint32_t mthd, uint64_t data)
{
	m(g, subc, mthd, (uint32_t)(data >> 32));
	m(g, subc, mthd + 4, (uint32_t)data);
}

static int setup(void **state)
{
	const struct gp104_config cfg = { .vram_size = 64u << 20, .gpcs = 1, .tpcs = 2 };
	struct gp104 *g = gp104_new(&cfg);

	assert_non_null(g);
	pthread_mutex_lock(&g->lock);
	build_space(g);
	mmio_write(g, 0x200, ~0u);
	mmio_write(g, 0x400500, 0x00010001);
	mmio_write(g, 0x40013c, ~0u);	/* as nouveau's gf100_gr_init: all exceptions on */
	mmio_write(g, 0x400138, ~0u);
	mmio_write(g, 0x400130, ~0u);
	mmio_write(g, 0x502c94, ~0u);
	mmio_write(g, 0x50450c, ~0u);
	mmio_write(g, 0x504d0c, ~0u);
	mmio_write(g, 0x419e44, 0x00dffffe);
	mmio_write(g, 0x419e4c, 0x00000105);
	load(g, 0);
	m(g, SUBC_3D, 0, 0xc197);
	m(g, SUBC_CP, 0, 0xc1c0);
	m(g, SUBC_I2M, 0, 0xa140);
	m(g, SUBC_2D, 0, 0x902d);
	m(g, SUBC_3D, 0x1558, 1);	/* render enable: always */
	m(g, SUBC_2D, 0x026c, 1);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct gp104 *g = *state;

	pthread_mutex_unlock(&g->lock);
	gp104_free(g);
	return 0;
}

static void test_topology(void **state)
{
	struct gp104 *g = *state;

	assert_int_equal(mmio_read(g, 0x409604) & 0x1f, 1);
	assert_int_equal(mmio_read(g, 0x502608), 2);
	assert_int_equal(mmio_read(g, 0x500c30), 1);	/* TPC 0 behind PPC 0, TPC 1 behind PPC 1 */
	assert_int_equal(mmio_read(g, 0x500c34), 2);
	assert_int_equal(mmio_read(g, 0x500c38), 0);
	assert_int_equal(mmio_read(g, 0x50a608), 0);	/* no second GPC */
}

static void test_firmware_methods(void **state)
{
	struct gp104 *g = *state;

	falcon_get(g, FALCON_FECS)->running = true;
	fecs(g, 0x10, 0);
	assert_int_not_equal(mmio_read(g, 0x409800), 0);
	fecs(g, 0x16, 0);
	assert_int_not_equal(mmio_read(g, 0x409800), 0);
	fecs(g, 0x25, 0);
	assert_int_not_equal(mmio_read(g, 0x409800), 0);
	mmio_write(g, 0x409804, ~0u);
	fecs(g, 0x38, ~0u);
	assert_int_equal(mmio_read(g, 0x409804), 1);
	/* an instance block outside memory */
	fecs(g, 0x03, 0x8fffffff);
	assert_int_equal(mmio_read(g, 0x409800), 0x20);
}

static void test_golden_context(void **state)
{
	struct gp104 *g = *state;

	falcon_get(g, FALCON_FECS)->running = true;
	fecs(g, 0x03, 0x80000000 | INST(1) >> 12);
	assert_int_equal(mmio_read(g, 0x409800), 0x10);
	assert_int_equal(mmio_read(g, 0x409b00), 0x80000000 | INST(1) >> 12);
	/* sw_method_init writes state past host */
	mmio_write(g, 0x40448c, 0xabcd);
	mmio_write(g, 0x404488, 0x8000c197 | 0x0d80 << 14);
	fecs(g, 0x09, 0x80000000 | INST(1) >> 12);
	assert_int_equal(mmio_read(g, 0x409800) & 3, 1);
	/* two channels get copies of the image, one where the golden one was */
	memcpy(g->vram + IMAGE(2), g->vram + IMAGE(1), 4096);
	load(g, 1);
	assert_int_equal(gr_state(g->pgraph, GR_3D)[0xd80 / 4], 0xabcd);
	m(g, SUBC_3D, 0, 0xc197);
	m(g, SUBC_3D, 0x0d80, 1);
	load(g, 2);
	assert_int_equal(gr_state(g->pgraph, GR_3D)[0xd80 / 4], 0xabcd);
	m(g, SUBC_3D, 0, 0xc197);
	m(g, SUBC_3D, 0x0d80, 2);
	load(g, 1);
	assert_int_equal(gr_state(g->pgraph, GR_3D)[0xd80 / 4], 1);
	load(g, 2);
	assert_int_equal(gr_state(g->pgraph, GR_3D)[0xd80 / 4], 2);
}

static void test_context_patches(void **state)
{
	struct gp104 *g = *state;

	memset(g->vram + IMAGE(3), 0, 4096);
	*vram32(g, IMAGE(3) + 0x10) = 1;
	*vram32(g, IMAGE(3) + 0x14) = DATA;
	*vram32(g, DATA) = 0x408004;
	*vram32(g, DATA + 4) = 0x1234;
	load(g, 3);
	assert_int_equal(mmio_read(g, 0x408004), 0x1234);
	/* a hostile count */
	*vram32(g, IMAGE(3) + 0x10) = ~0u;
	load(g, 3);
}

static void test_illegal_class(void **state)
{
	struct gp104 *g = *state;

	assert_int_equal(try(g, 5, 0, 0xb1c0), FIFO_DONE);
	assert_int_equal(mmio_read(g, 0x400100), 0x20);
	assert_int_equal(mmio_read(g, 0x400704) >> 16 & 7, 5);
	assert_int_equal(mmio_read(g, 0x400708), 0xb1c0);
	assert_int_equal(mmio_read(g, 0x404200), 0xc197);
	/* nothing moves until the driver has looked */
	assert_int_equal(try(g, SUBC_3D, 0x100, 0), FIFO_BUSY);
	mmio_write(g, 0x400100, 0x20);
	mmio_write(g, 0x400500, 0x00010001);
	assert_int_equal(try(g, SUBC_3D, 0x100, 0), FIFO_DONE);
}

static void test_inline_to_memory(void **state)
{
	struct gp104 *g = *state;

	m64(g, SUBC_I2M, 0x188, DATA + 2);
	m(g, SUBC_I2M, 0x180, 6);
	m(g, SUBC_I2M, 0x184, 1);
	m(g, SUBC_I2M, 0x1b0, 0x1001);
	m(g, SUBC_I2M, 0x1b4, 0x44332211);
	m(g, SUBC_I2M, 0x1b4, 0x99996655);
	assert_memory_equal(g->vram + DATA, "\0\0\x11\x22\x33\x44\x55\x66\0\0", 10);
	/* more than was announced */
	m(g, SUBC_I2M, 0x1b4, 1);
	assert_int_equal(mmio_read(g, 0x400108), 2);
	assert_int_equal(mmio_read(g, 0x404600) & 3, 1);
}

static void test_inline_lines(void **state)
{
	struct gp104 *g = *state;

	m64(g, SUBC_CP, 0x188, DATA);
	m(g, SUBC_CP, 0x180, 3);
	m(g, SUBC_CP, 0x184, 2);
	m(g, SUBC_CP, 0x190, 8);
	m(g, SUBC_CP, 0x1b0, 0x41);
	m(g, SUBC_CP, 0x1b4, 0x04030201);
	m(g, SUBC_CP, 0x1b4, 0x00000605);
	assert_memory_equal(g->vram + DATA, "\1\2\3\0\0\0\0\0\4\5\6\0", 12);
}

static void test_inline_cut_short(void **state)
{
	struct gp104 *g = *state;

	m64(g, SUBC_I2M, 0x188, DATA);
	m(g, SUBC_I2M, 0x180, 8);
	m(g, SUBC_I2M, 0x184, 1);
	m(g, SUBC_I2M, 0x1b0, 0x1001);
	m(g, SUBC_I2M, 0x1b4, 0x11111111);
	m(g, SUBC_I2M, 0x1b0, 0x1001);
	assert_int_equal(mmio_read(g, 0x404600) & 3, 2);
	mmio_write(g, 0x404600, 0xc0000000);
	mmio_write(g, 0x400108, 2);
	mmio_write(g, 0x400100, 0x00200000);
	mmio_write(g, 0x400500, 0x00010001);
	m(g, SUBC_I2M, 0x1b4, 0x22222222);
	m(g, SUBC_I2M, 0x1b4, 0x33333333);
	assert_int_equal(vram32(g, DATA)[0], 0x22222222);
	assert_int_equal(vram32(g, DATA)[1], 0x33333333);
	assert_int_equal(mmio_read(g, 0x400100), 0);
}

/* The macros' instruction words, from envytools envydis/macro.c. */
#define MME_MOV_IMM(d, imm)	(0x11u | (d) << 8 | (uint32_t)(imm) << 14)
#define MME_MADDR(imm)		(0x21u | (uint32_t)(imm) << 14)
#define MME_SEND_REG(r)		(0x41u | (r) << 11)
#define MME_PARM(d)		(0x01u | (d) << 8)
#define MME_READ(d, imm)	(0x15u | (d) << 8 | (uint32_t)(imm) << 14)
#define MME_ADD(d, a, b)	(0x10u | (d) << 8 | (a) << 11 | (b) << 14)
#define MME_ADDI(d, a, imm)	(0x11u | (d) << 8 | (a) << 11 | (uint32_t)(imm) << 14)
#define MME_BRANZ(r, off)	(0x17u | (r) << 11 | (uint32_t)(off) << 14)
#define MME_BRA_ANNUL(off)	(0x27u | (uint32_t)(off) << 14)
#define MME_EXIT		0x80u
#define MME_NOP			0x11u

static void upload(struct gp104 *g, unsigned int macro, unsigned int pos, const uint32_t *code,
		   unsigned int n)
{
	unsigned int i;

	m(g, SUBC_3D, 0x114, pos);
	for (i = 0; i < n; i++)
		m(g, SUBC_3D, 0x118, code[i]);
	m(g, SUBC_3D, 0x11c, macro);
	m(g, SUBC_3D, 0x120, pos);
}

static void test_macro_parameters(void **state)
{
	/* [0xd80 + 4n] = arg + parameter n, for two parameters */
	static const uint32_t code[] = {
		MME_MADDR(0x1000 | 0xd80 / 4),
		MME_PARM(2),
		MME_ADD(3, 1, 2),
		MME_SEND_REG(3),
		MME_PARM(2),
		MME_ADD(3, 1, 2) | MME_EXIT,
		MME_SEND_REG(3),
	};
	struct gp104 *g = *state;
	uint32_t *s = gr_state(g->pgraph, GR_3D);

	upload(g, 3, 0x40, code, ARRAY_SIZE(code));
	m(g, SUBC_3D, 0x3800 + 3 * 8, 100);
	assert_true(g->pgraph->ctx->mme.running);
	m(g, SUBC_3D, 0x3804 + 3 * 8, 1);
	m(g, SUBC_3D, 0x3804 + 3 * 8, 2);
	assert_false(g->pgraph->ctx->mme.running);
	assert_int_equal(s[0xd80 / 4], 101);
	assert_int_equal(s[0xd84 / 4], 102);
	/* one too many */
	m(g, SUBC_3D, 0x3804 + 3 * 8, 3);
	assert_int_equal(mmio_read(g, 0x400108), 0x80);
	assert_int_equal(mmio_read(g, 0x404490) & 0x1f, 2);
}

static void test_macro_loop(void **state)
{
	/* [0xd80] = 1 + 2 + ... + arg, then [0xd84] = what is read back from there */
	static const uint32_t code[] = {
		MME_ADD(2, 2, 1),
		MME_ADDI(1, 1, -1),
		MME_BRANZ(1, -1),
		MME_ADD(2, 2, 1),		/* delay slot: adds the next one, at the end 0 */
		MME_MADDR(0x1000 | 0xd80 / 4),
		MME_SEND_REG(2),
		MME_READ(4, 0xd80 / 4),
		MME_BRA_ANNUL(2),
		MME_MOV_IMM(4, 7),		/* jumped over */
		MME_SEND_REG(4) | MME_EXIT,
		MME_NOP,
	};
	struct gp104 *g = *state;
	uint32_t *s = gr_state(g->pgraph, GR_3D);

	upload(g, 0, 0, code, ARRAY_SIZE(code));
	m(g, SUBC_3D, 0x3800, 10);
	assert_int_equal(s[0xd80 / 4], 55);
	assert_int_equal(s[0xd84 / 4], 55);
}

static void test_macro_endless(void **state)
{
	static const uint32_t code[] = { MME_BRA_ANNUL(0) };
	struct gp104 *g = *state;

	upload(g, 0, 0, code, 1);
	m(g, SUBC_3D, 0x3800, 0);
	assert_int_equal(mmio_read(g, 0x404490) & 0x1f, 0x10);
}

static void target(struct gp104 *g, uint32_t width, uint32_t height, uint32_t format,
		   uint32_t memory)
{
	m64(g, SUBC_3D, 0x800, DATA);
	m(g, SUBC_3D, 0x808, width);
	m(g, SUBC_3D, 0x80c, height);
	m(g, SUBC_3D, 0x810, format);
	m(g, SUBC_3D, 0x814, memory);
	m(g, SUBC_3D, 0x818, 1);
	m(g, SUBC_3D, 0x121c, 1);
}

static void test_clear_pitch(void **state)
{
	struct gp104 *g = *state;
	unsigned int i;

	target(g, 256, 4, 0xe4, 1 << 12);	/* R32 unsigned, 64 pixels a row */
	m(g, SUBC_3D, 0xd80, 0x12345678);
	m(g, SUBC_3D, 0xff4, 3 << 16 | 1);	/* x 1..3, y 1..2 */
	m(g, SUBC_3D, 0xff8, 2 << 16 | 1);
	m(g, SUBC_3D, 0x19d0, 0x3c);
	for (i = 0; i < 256; i++) {
		bool in = i % 64 >= 1 && i % 64 < 4 && i / 64 >= 1 && i / 64 < 3;

		assert_int_equal(vram32(g, DATA)[i], in ? 0x12345678 : 0);
	}
	assert_int_equal(g->stats.clear_bytes, 24);
}

static void test_clear_components(void **state)
{
	struct gp104 *g = *state;

	target(g, 4, 1, 0xd5, 1 << 12);		/* one RGBA8 pixel */
	*vram32(g, DATA) = 0x11223344;
	m(g, SUBC_3D, 0xd84, 0x3f800000);	/* green = 1.0 */
	m(g, SUBC_3D, 0xff4, 1 << 16);
	m(g, SUBC_3D, 0xff8, 1 << 16);
	m(g, SUBC_3D, 0x19d0, 0x08);
	assert_int_equal(*vram32(g, DATA), 0x1122ff44);
}

static void test_clear_block_linear(void **state)
{
	struct gp104 *g = *state;
	unsigned int i, ones = 0;

	/* 32 x 16 pixels of 32 bits: two GOBs wide, blocks two GOBs high */
	target(g, 32, 16, 0xe4, 1 << 4);
	m(g, SUBC_3D, 0xd80, 1);
	m(g, SUBC_3D, 0xff4, 1 << 16 | 20);
	m(g, SUBC_3D, 0xff8, 1 << 16 | 9);
	m(g, SUBC_3D, 0x19d0, 0x3c);
	for (i = 0; i < 512; i++)
		ones += vram32(g, DATA)[i];
	assert_int_equal(ones, 1);
	/* second block (x 16..31), its second GOB (y 8..15); there x 4, y 1: sector 3 of the GOB */
	assert_int_equal(vram32(g, DATA)[(1024 + 512 + 0x30) / 4], 1);
}

static void test_blit(void **state)
{
	struct gp104 *g = *state;
	unsigned int i;

	for (i = 0; i < 16; i++)
		vram32(g, DATA)[i] = 0xff000000 | i;
	m(g, SUBC_2D, 0x2ac, 3);
	for (i = 0; i < 2; i++) {	/* both surfaces: 4 x 4, BGRA8, pitch 16 */
		uint32_t base = i ? 0x230 : 0x200;

		m(g, SUBC_2D, base, i ? 0xcf : 0xd5);
		m(g, SUBC_2D, base + 4, 1);
		m(g, SUBC_2D, base + 0x14, 16);
		m(g, SUBC_2D, base + 0x18, 4);
		m(g, SUBC_2D, base + 0x1c, 4);
		m64(g, SUBC_2D, base + 0x20, i ? DATA : DATA + 0x1000);
	}
	m(g, SUBC_2D, 0x8b0, 1);
	m(g, SUBC_2D, 0x8b4, 1);
	m(g, SUBC_2D, 0x8b8, 2);
	m(g, SUBC_2D, 0x8bc, 2);
	m(g, SUBC_2D, 0x8c4, 1);
	m(g, SUBC_2D, 0x8cc, 1);
	m(g, SUBC_2D, 0x8d4, 2);
	m(g, SUBC_2D, 0x8dc, 0);
	/* from BGRA to RGBA: the lowest byte was blue */
	assert_int_equal(vram32(g, DATA + 0x1000)[5], 0xff020000);
	assert_int_equal(vram32(g, DATA + 0x1000)[6], 0xff030000);
	assert_int_equal(vram32(g, DATA + 0x1000)[9], 0xff060000);
	assert_int_equal(vram32(g, DATA + 0x1000)[4], 0);
}

static void test_semaphore(void **state)
{
	struct gp104 *g = *state;

	m64(g, SUBC_3D, 0x1b00, DATA);
	m(g, SUBC_3D, 0x1b08, 0xcafe);
	m(g, SUBC_3D, 0x1b0c, 0x1000f010);	/* one word, after everything */
	assert_int_equal(vram32(g, DATA)[0], 0xcafe);
	assert_int_equal(vram32(g, DATA)[1], 0);
	m(g, SUBC_3D, 0x1b08, 0xcaff);
	assert_int_equal(try(g, SUBC_3D, 0x1b0c, 0x1), FIFO_BUSY);	/* acquire */
	vram32(g, DATA)[0] = 0xcaff;
	assert_int_equal(try(g, SUBC_3D, 0x1b0c, 0x1), FIFO_DONE);
	/* addition */
	m(g, SUBC_3D, 0x1b08, 2);
	m(g, SUBC_3D, 0x1b0c, 1u << 28 | 1 << 3);
	assert_int_equal(vram32(g, DATA)[0], 0xcb01);
}

static void test_firmware_register_write(void **state)
{
	struct gp104 *g = *state;

	mmio_write(g, 0x419f78, 0xff);
	m(g, SUBC_3D, 0x3400, 0);
	m(g, SUBC_3D, 0x3404, 0);
	m(g, SUBC_3D, 0x3408, 8);
	m(g, SUBC_3D, 0x2310, 0x419f78);
	assert_int_equal(mmio_read(g, 0x419f78), 0xf7);
	assert_int_equal(gr_state(g->pgraph, GR_3D)[0x3400 / 4], 1);
	/* registers with effects are out of its reach */
	m(g, SUBC_3D, 0x3404, 0);
	m(g, SUBC_3D, 0x3408, ~0u);
	m(g, SUBC_3D, 0x2310, 0x400500);
	assert_int_equal(mmio_read(g, 0x400500), 0x00010001);
}

/* ---- compute --------------------------------------------------------------------------------- */

#define CODE	(VA + 0x40000u)
#define QMD	(VA + 0x50000u)
#define CB	(VA + 0x50100u)

/* word[thread] = 0x100 + thread; encodings: envytools envydis/gm107.c */
static const uint64_t store_code[] = {
	0x001f8000fc0007e0,
	0xf0c8000002170000,	/* S2R R0, SR_TID.X */
	0x4c98078000070002,	/* MOV R2, c[0x0][0x0] */
	0x4c98078000170003,	/* MOV R3, c[0x0][0x4] */
	0x001f8000fc0007e0,
	0x3848000000270004,	/* SHL R4, R0, 0x2 */
	0x5c10800000470202,	/* IADD R2.CC, R2, R4 */
	0x5c1008000ff70303,	/* IADD.X R3, R3, RZ */
	0x001f8000fc0007e0,
	0x1c00000010070005,	/* IADD32I R5, R0, 0x100 */
	0xeedc200000070205,	/* STG.E [R2], R5 */
	0xe30000000007000f,	/* EXIT */
};

static const uint64_t loop_code[] = {
	0x001f8000fc0007e0,
	0xe2400fffff87000f,	/* BRA itself */
	0xe30000000007000f,
	0xe30000000007000f,
};

static void set_bits(uint32_t *q, unsigned int hi, unsigned int lo, uint32_t val)
{
	unsigned int i;

	for (i = lo; i <= hi; i++)
		if (val >> (i - lo) & 1)
			q[i / 32] |= 1u << (i & 31);
}

static void build_qmd(struct gp104 *g, uint32_t threads)
{
	uint32_t *q = vram32(g, QMD);

	memset(q, 0, 256);
	set_bits(q, 415, 384, 1);
	set_bits(q, 431, 416, 1);
	set_bits(q, 463, 448, 1);
	set_bits(q, 607, 592, threads);
	set_bits(q, 623, 608, 1);
	set_bits(q, 639, 624, 1);
	set_bits(q, 991, 984, 8);
	set_bits(q, 640, 640, 1);
	set_bits(q, 1055, 1024, CB);
	set_bits(q, 1087, 1075, 256 / 16);
	put64(g, CB, DATA);
}

static void launch(struct gp104 *g, const void *code, size_t size)
{
	memcpy(g->vram + CODE, code, size);
	m(g, SUBC_CP, 0x21c, 0x1011);
	m64(g, SUBC_CP, 0x1608, CODE);
	m64(g, SUBC_CP, 0x790, VA + 0x80000);
	m(g, SUBC_CP, 0x2e8, 0x8000);
	m(g, SUBC_CP, 0x2ec, 0xff);
	m(g, SUBC_CP, 0x2b4, QMD >> 8);
	m(g, SUBC_CP, 0x2bc, 3);
}

static void test_launch(void **state)
{
	struct gp104 *g = *state;
	unsigned int i;

	build_qmd(g, 40);
	launch(g, store_code, sizeof(store_code));
	m(g, SUBC_CP, 0x110, 0);	/* wait for idle */
	for (i = 0; i < 64; i++)
		assert_int_equal(vram32(g, DATA)[i], i < 40 ? 0x100 + i : 0);
	assert_int_equal(g->stats.grids, 1);
	assert_int_equal(g->stats.warps, 2);
	assert_int_equal(mmio_read(g, 0x400100), 0);
}

static void test_launch_refused(void **state)
{
	struct gp104 *g = *state;

	build_qmd(g, 2000);
	launch(g, store_code, sizeof(store_code));
	assert_int_equal(mmio_read(g, 0x400108), 0x100);
	assert_int_equal(mmio_read(g, 0x407020) & 0x3fffffff, SKED_TOTAL_THREADS);
	assert_true(gr_idle(g->pgraph));
}

static void test_trap(void **state)
{
	static const uint64_t bad[] = {
		0x001f8000fc0007e0, ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0),
	};
	struct gp104 *g = *state;
	uint32_t tpcs;
	unsigned int tpc;

	build_qmd(g, 1);
	launch(g, bad, sizeof(bad));
	gp104_run_slices(g, 100);
	assert_true(gr_idle(g->pgraph));
	assert_int_equal(mmio_read(g, 0x400100), 0x00200000);
	assert_int_equal(mmio_read(g, 0x400108), 0x01000000);
	assert_int_equal(mmio_read(g, 0x400118), 1);
	tpcs = mmio_read(g, 0x502c90) >> 16;
	assert_true(tpcs == 1 || tpcs == 2);
	tpc = tpcs - 1;
	assert_int_equal(mmio_read(g, 0x504508 + tpc * 0x800), 2);
	assert_int_equal(mmio_read(g, 0x504648 + tpc * 0x800) & 0xffff, SM_TRAP_ILLEGAL_ENCODING);
	/* as gf100_gr_intr acknowledges it */
	mmio_write(g, 0x504648 + tpc * 0x800, 0);
	mmio_write(g, 0x502c90, tpcs << 16);
	mmio_write(g, 0x400118, 1);
	mmio_write(g, 0x400108, 0x01000000);
	mmio_write(g, 0x400100, 0x00200000);
	mmio_write(g, 0x400500, 0x00010001);
	assert_int_equal(mmio_read(g, 0x504508 + tpc * 0x800), 0);
	/* and the next launch works */
	build_qmd(g, 1);
	launch(g, store_code, sizeof(store_code));
	m(g, SUBC_CP, 0x110, 0);
	assert_int_equal(vram32(g, DATA)[0], 0x100);
}

static void test_engine_reset(void **state)
{
	struct gp104 *g = *state;

	build_qmd(g, 32);
	launch(g, loop_code, sizeof(loop_code));
	gp104_run_slices(g, 10);
	assert_false(gr_idle(g->pgraph));
	assert_int_equal(mmio_read(g, 0x40060c), 1);
	assert_false(gr_fifo_ops.unload(g, NULL));
	mmio_write(g, 0x200, ~(1u << 12));
	mmio_write(g, 0x200, ~0u);
	assert_true(gr_idle(g->pgraph));
	assert_int_equal(mmio_read(g, 0x40060c), 0);
	assert_int_equal(mmio_read(g, 0x409b00), 0);
	mmio_write(g, 0x400500, 0x00010001);
	load(g, 0);
	build_qmd(g, 1);
	launch(g, store_code, sizeof(store_code));
	m(g, SUBC_CP, 0x110, 0);
	assert_int_equal(vram32(g, DATA)[0], 0x100);
}

static void test_wild_pointer(void **state)
{
	struct gp104 *g = *state;

	build_qmd(g, 1);
	put64(g, CB, UNMAPPED);
	launch(g, store_code, sizeof(store_code));
	gp104_run_slices(g, 10);
	/* this address space does not replay: fatal, and the engine hangs until it is reset */
	assert_true(g->pgraph->hung);
	assert_int_equal(g->stats.faults_fatal, 1);
	assert_int_equal(try(g, SUBC_CP, 0x100, 0), FIFO_BUSY);
	mmio_write(g, 0x200, ~(1u << 12));
	mmio_write(g, 0x200, ~0u);
	assert_false(g->pgraph->hung);
}

/* The report of a fault waits while the driver holds context switches (it cancels meanwhile). */
static void test_fault_while_stopped(void **state)
{
	struct gp104 *g = *state;

	falcon_get(g, FALCON_FECS)->running = true;
	mmio_write(g, 0x2140, ~0u);
	fecs(g, 0x38, ~0u);
	build_qmd(g, 1);
	put64(g, CB, UNMAPPED);
	launch(g, store_code, sizeof(store_code));
	gp104_run_slices(g, 10);
	assert_int_equal(g->stats.faults_fatal, 1);
	assert_int_equal(mmio_read(g, 0x2100) & 1 << 28, 0);
	assert_int_equal(mmio_read(g, 0x100) & 1 << 8, 0);
	fecs(g, 0x39, ~0u);
	assert_int_equal(mmio_read(g, 0x2100) & 1 << 28, 1 << 28);
	assert_int_equal(mmio_read(g, 0x100) & 1 << 8, 1 << 8);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_topology),
		T(test_firmware_methods),
		T(test_golden_context),
		T(test_context_patches),
		T(test_illegal_class),
		T(test_inline_to_memory),
		T(test_inline_lines),
		T(test_inline_cut_short),
		T(test_macro_parameters),
		T(test_macro_loop),
		T(test_macro_endless),
		T(test_clear_pitch),
		T(test_clear_components),
		T(test_clear_block_linear),
		T(test_blit),
		T(test_semaphore),
		T(test_firmware_register_write),
		T(test_launch),
		T(test_launch_refused),
		T(test_trap),
		T(test_engine_reset),
		T(test_wild_pointer),
		T(test_fault_while_stopped),
	};

	return cmocka_run_group_tests_name("pgraph", tests, NULL, NULL);
}
