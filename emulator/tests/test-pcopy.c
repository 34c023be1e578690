// SPDX-License-Identifier: MIT
/*
 * test-pcopy.c - the copy engines: every direction, pitch and block-linear surfaces, components,
 * fills, semaphores, physical addresses; launch errors; a fault is fatal to the channel.
 */
#include "gpu-test.h"

#define CE		4	/* subchannel, as nouveau uses it */
#define VID_VA		0x100000	/* 1 MiB of VRAM at T_DATA2 */
#define SYS_VA		0x400000	/* 1 MiB of guest RAM at its start */
#define HOLE_VA		0x700000
#define SEM_VA		0x600000
#define SEM		(T_DATA2 + 0x800000)

#define PITCH		(BIT(7) | BIT(8))
#define NONPIPE		2
#define MULTI		BIT(9)
#define REMAP		BIT(10)

static struct chan c;

static int setup(void **state)
{
	struct board *b = board_new();
	unsigned int i;

	fifo_init(b);
	for (i = 0; i < 256; i++) {
		map4k(b, VID_VA + i * 4096, T_DATA2 + i * 4096, P_VALID);
		map4k(b, SYS_VA + i * 4096, RAM_BASE + i * 4096, P_VALID | P_COH | P_VOL);
	}
	map4k(b, SEM_VA, SEM, P_VALID);
	chan_init(b, &c, 3, 1, 0);
	mthd1(&c, CE, 0, 0xc1b5);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	board_free(*state);
	return 0;
}

static uint8_t *vid(struct board *b)
{
	return b->g->vram + T_DATA2;
}

static void addresses(uint64_t src, uint64_t dst)
{
	mthd(&c, CE, 0x400, 4);
	push(&c, (uint32_t)(src >> 32));
	push(&c, (uint32_t)src);
	push(&c, (uint32_t)(dst >> 32));
	push(&c, (uint32_t)dst);
}

static void lines(uint32_t pitch_in, uint32_t pitch_out, uint32_t length, uint32_t count)
{
	mthd(&c, CE, 0x410, 4);
	push(&c, pitch_in);
	push(&c, pitch_out);
	push(&c, length);
	push(&c, count);
}

static void launch(uint32_t flags)
{
	mthd1(&c, CE, 0x300, flags);
	kick(&c, 0);
	c.words = 0;
}

static void fill_random(uint8_t *p, size_t n)
{
	uint32_t x = 12345;

	while (n--) {
		x = x * 1664525 + 1013904223;
		*p++ = (uint8_t)(x >> 24);
	}
}

static void test_directions(void **state)
{
	struct board *b = *state;

	fill_random(b->ram, 300000);
	addresses(SYS_VA + 3, VID_VA + 0x1001);
	lines(0, 0, 200000, 1);
	launch(NONPIPE | PITCH);
	assert_memory_equal(vid(b) + 0x1001, b->ram + 3, 200000);
	assert_int_equal(b->g->stats.ce_bytes_sys_to_vram, 200000);
	addresses(VID_VA + 0x1001, SYS_VA + 0x80000);
	launch(NONPIPE | PITCH);
	assert_memory_equal(b->ram + 0x80000, b->ram + 3, 200000);
	assert_int_equal(b->g->stats.ce_bytes_vram_to_sys, 200000);
	addresses(VID_VA + 0x1001, VID_VA + 0x80000);
	launch(1 | PITCH);
	assert_memory_equal(vid(b) + 0x80000, b->ram + 3, 200000);
	addresses(SYS_VA, SYS_VA + 0x40000);
	lines(0, 0, 100, 1);
	launch(NONPIPE | PITCH);
	assert_memory_equal(b->ram + 0x40000, b->ram, 100);
	assert_int_equal(b->g->stats.ce_bytes, 600100);
	assert_int_equal(b->g->stats.ce_launches, 4);
}

/* nouveau_dmem.c: pages of RAM and VRAM by physical address. */
static void test_physical(void **state)
{
	struct board *b = *state;

	fill_random(b->ram + 0x5000, 4096);
	mthd1(&c, CE, 0x260, 1);	/* coherent system memory */
	mthd1(&c, CE, 0x264, 0);	/* video memory */
	addresses(RAM_BASE + 0x5000, T_DATA2 + 0x3000);
	lines(0, 0, 4096, 1);
	launch(NONPIPE | PITCH | BIT(12) | BIT(13));
	assert_memory_equal(vid(b) + 0x3000, b->ram + 0x5000, 4096);
	assert_int_equal(b->g->stats.ce_bytes_sys_to_vram, 4096);
}

static void test_pitch(void **state)
{
	struct board *b = *state;
	unsigned int y;

	fill_random(b->ram, 64 * 256);
	addresses(SYS_VA + 16, VID_VA);
	lines(256, 100, 100, 50);
	launch(NONPIPE | PITCH | MULTI);
	for (y = 0; y < 50; y++)
		assert_memory_equal(vid(b) + y * 100, b->ram + 16 + y * 256, 100);
	/* Upside down. */
	addresses(SYS_VA + 49 * 256, VID_VA);
	lines((uint32_t)-256, 128, 100, 50);
	launch(NONPIPE | PITCH | MULTI);
	for (y = 0; y < 50; y++)
		assert_memory_equal(vid(b) + y * 128, b->ram + (49 - y) * 256, 100);
}

static void block_surface(bool src, uint32_t block, uint32_t w, uint32_t h, uint32_t z, uint32_t x,
			  uint32_t y)
{
	mthd(&c, CE, src ? 0x728 : 0x70c, 6);
	push(&c, 0x1000 | block);
	push(&c, w);
	push(&c, h);
	push(&c, 2);
	push(&c, z);
	push(&c, y << 16 | x);
}

/* Offsets that envytools' description of Fermi's blocks gives. */
static void test_block_linear(void **state)
{
	struct board *b = *state;
	unsigned int x, y;

	for (y = 0; y < 64; y++)
		for (x = 0; x < 256; x++)
			b->ram[y * 256 + x] = (uint8_t)(x * 7 + y * 13);
	addresses(SYS_VA, VID_VA);
	lines(256, 0, 256, 64);
	block_surface(false, 1 << 4, 256, 64, 0, 0, 0);	/* blocks of 2 GOBs */
	launch(NONPIPE | BIT(7) | MULTI);
	assert_int_equal(vid(b)[0], b->ram[0]);
	assert_int_equal(vid(b)[16], b->ram[256]);		/* (0, 1) */
	assert_int_equal(vid(b)[32], b->ram[16]);		/* (16, 0) */
	assert_int_equal(vid(b)[64], b->ram[512]);		/* (0, 2) */
	assert_int_equal(vid(b)[256], b->ram[32]);		/* (32, 0) */
	assert_int_equal(vid(b)[512], b->ram[8 * 256]); /* (0, 8): the next GOB of the block */
	assert_int_equal(vid(b)[1024], b->ram[64]);		/* (64, 0): the next block */
	assert_int_equal(vid(b)[4096], b->ram[16 * 256]); /* (0, 16): the next row of blocks */
	/* And back, a part of it. */
	addresses(VID_VA, SYS_VA + 0x40000);
	lines(0, 50, 50, 20);
	block_surface(true, 1 << 4, 256, 64, 0, 33, 5);
	launch(NONPIPE | BIT(8) | MULTI);
	for (y = 0; y < 20; y++)
		assert_memory_equal(b->ram + 0x40000 + y * 50, b->ram + (y + 5) * 256 + 33, 50);
}

/* nouveau_dmem.c clears pages with two constants; the source is not looked at. */
static void test_fill(void **state)
{
	struct board *b = *state;
	unsigned int i;

	addresses(HOLE_VA, VID_VA + 0x800);
	mthd(&c, CE, 0x700, 3);
	push(&c, 0x11223344);
	push(&c, 0x55667788);
	push(&c, 4 | 5 << 4 | 3 << 16 | 1 << 24);
	lines(0, 0, 1000, 1);
	launch(NONPIPE | PITCH | REMAP);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(get32(b, T_DATA2 + 0x800 + i * 8), 0x11223344);
		assert_int_equal(get32(b, T_DATA2 + 0x804 + i * 8), 0x55667788);
	}
	assert_int_equal(vid(b)[0x800 + 8000], 0);
}

static void test_remap(void **state)
{
	struct board *b = *state;
	static const uint8_t want[] = { 3, 2, 1, 0xaa, 7, 6, 5, 0xaa };
	unsigned int i;

	for (i = 0; i < 16; i++)
		b->ram[i] = (uint8_t)(i + 1);
	addresses(SYS_VA, VID_VA + 0xffc);	/* across a page */
	mthd(&c, CE, 0x700, 3);
	push(&c, 0xaa);
	push(&c, 0);
	push(&c, 2 | 1 << 4 | 0 << 8 | 4 << 12 | 3 << 20 | 3 << 24);	/* Z, Y, X, constant A */
	lines(0, 0, 2, 1);
	launch(NONPIPE | PITCH | REMAP);
	assert_memory_equal(vid(b) + 0xffc, want, 8);
	/* A component that is not written keeps its value. */
	memset(vid(b), 0xee, 8);
	addresses(SYS_VA, VID_VA);
	mthd1(&c, CE, 0x708, 0 | 6 << 4 | 1 << 16 | 0 << 20 | 1 << 24);
	launch(NONPIPE | PITCH | REMAP);
	assert_memory_equal(vid(b), "\x01\x02\xee\xee\x03\x04\xee\xee", 8);
}

static void test_semaphores(void **state)
{
	struct board *b = *state;

	mthd(&c, CE, 0x240, 3);
	push(&c, 0);
	push(&c, SEM_VA);
	push(&c, 0xabcd);
	launch(1 << 3);			/* one word, no copy */
	assert_int_equal(get32(b, SEM), 0xabcd);
	assert_int_equal(get32(b, SEM + 8) | get32(b, SEM + 12), 0);
	mthd1(&c, CE, 0x248, 0x77);
	launch(2 << 3);
	assert_int_equal(get32(b, SEM), 0x77);
	assert_true(get32(b, SEM + 8) | get32(b, SEM + 12));
	mthd1(&c, CE, 0x248, 3);
	launch(1 << 3 | 5 << 14 | BIT(19));	/* add */
	assert_int_equal(get32(b, SEM), 0x7a);
}

static void test_interrupt(void **state)
{
	struct board *b = *state;

	launch(2 << 5);
	assert_int_equal(mmio_read(b->g, 0x104410), 2);
	assert_true(mmio_read(b->g, 0x100) & BIT(5));
	mmio_write(b->g, 0x104410, 2);
	assert_false(mmio_read(b->g, 0x100) & BIT(5));
}

static void assert_launch_error(struct board *b, uint32_t code)
{
	assert_int_equal(mmio_read(b->g, 0x104410), 4);
	assert_int_equal(mmio_read(b->g, 0x104418), code);
	mmio_write(b->g, 0x104410, 4);
}

static void test_launch_errors(void **state)
{
	struct board *b = *state;

	addresses(SYS_VA, VID_VA);
	lines(256, 0, 257, 64);
	block_surface(false, 0, 256, 64, 0, 0, 0);
	launch(NONPIPE | BIT(7) | MULTI);
	assert_launch_error(b, 3);
	lines(256, 0, 256, 64);
	block_surface(false, 0, 256, 64, 2, 0, 0);
	launch(NONPIPE | BIT(7) | MULTI);
	assert_launch_error(b, 1);
	block_surface(false, 0xf0, 256, 64, 0, 0, 0);
	launch(NONPIPE | BIT(7) | MULTI);
	assert_launch_error(b, 9);
	launch(3 | PITCH);
	assert_launch_error(b, 11);
	assert_int_equal(b->g->stats.ce_bytes, 0);
}

/* A copy of 4 Gi lines must not keep the board for itself. */
static void test_bounded(void **state)
{
	struct board *b = *state;

	addresses(SYS_VA, VID_VA);
	lines(0, 0, 1, 0xffffffff);
	mthd1(&c, CE, 0x300, NONPIPE | PITCH | MULTI);
	entry(&c, CH_PUSH_VA + c.id * 0x4000, c.words);
	doorbell(&c);
	assert_int_equal(gp104_run_slices(b->g, 50), 50);
	mmio_write(b->g, 0x200, ~BIT(6));
	mmio_write(b->g, 0x200, 0xffffffff);
	assert_true(gp104_run_slices(b->g, 50) < 50);
}

/*
 * A copy from or to a page that is not there: fatal on Pascal, even in an address space whose
 * shaders have replayable faults. The channel is lost, the engine hangs until it is reset.
 */
static void fault(struct board *b, uint64_t src, uint64_t dst, uint64_t at, enum mmu_access access)
{
	uint32_t info;

	addresses(src, dst);
	lines(0, 0, 8192, 1);
	mthd(&c, CE, 0x240, 3);
	push(&c, 0);
	push(&c, SEM_VA);
	push(&c, 1);
	launch(NONPIPE | PITCH | 1 << 3);
	info = mmio_read(b->g, 0x280c + MMU_ENG_CE0 * 16);
	assert_int_equal(mmio_read(b->g, 0x259c), BIT(MMU_ENG_CE0));
	assert_int_equal(mmio_read(b->g, 0x2800 + MMU_ENG_CE0 * 16),
			 (T_INST + c.id * 0x1000) >> 12);
	assert_int_equal(mmio_read(b->g, 0x2804 + MMU_ENG_CE0 * 16), at);
	assert_int_equal(info & 0x1f177f1f,
			 0x00100100 | (uint32_t)access << 16 | MMU_FAULT_PTE);
	assert_int_equal(mmio_read(b->g, 0x2a80), 0);
	assert_int_equal(get32(b, SEM), 0);
	assert_int_equal(mmio_read(b->g, 0x800004 + c.id * 8) & BIT(23), BIT(23));
	assert_int_equal(mmio_read(b->g, 0x262c), BIT(1));
	assert_int_equal(mmio_read(b->g, 0x2640 + 8) & BIT(30), BIT(30));
}

/* --inject ce-fault: half of the copy is there, and the channel is lost. */
static void test_inject_fault(void **state)
{
	struct board *b = *state;

	assert_true(inject_parse(&b->g->cfg.inject, "ce-fault=2"));
	fill_random(b->ram, 8192);
	addresses(SYS_VA, VID_VA + 0x8000);
	lines(0, 0, 8192, 1);
	launch(NONPIPE | PITCH);
	assert_memory_equal(vid(b) + 0x8000, b->ram, 8192);
	fault(b, SYS_VA, VID_VA, VID_VA + 4096, MMU_WRITE);
	assert_memory_equal(vid(b), b->ram, 4096);
	assert_int_equal(vid(b)[4096] | vid(b)[4097] | vid(b)[4098], 0);
}

/* --inject ce-error: nothing is copied, and no semaphore is released. */
static void test_inject_error(void **state)
{
	struct board *b = *state;

	assert_true(inject_parse(&b->g->cfg.inject, "ce-error=1@1"));
	atomic_store(&b->g->marks, 1);
	fill_random(b->ram, 8192);
	addresses(SYS_VA, VID_VA);
	lines(0, 0, 8192, 1);
	launch(NONPIPE | PITCH);
	assert_int_equal(mmio_read(b->g, 0x104410) & 7, 4);
	assert_int_not_equal(mmio_read(b->g, 0x104418), 0);
	assert_int_equal(vid(b)[0] | vid(b)[1] | vid(b)[2], 0);
	mmio_write(b->g, 0x104410, 4);
	launch(NONPIPE | PITCH);
	assert_int_equal(mmio_read(b->g, 0x104410) & 4, 0);
	assert_memory_equal(vid(b), b->ram, 8192);
}

static void test_read_fault(void **state)
{
	struct board *b = *state;

	mmio_write(b->g, 0x2a70, 1);
	chan_init(b, &c, 3, 1, INST_REPLAY);
	fault(b, HOLE_VA, VID_VA, HOLE_VA, MMU_READ);
}

static void test_write_fault(void **state)
{
	struct board *b = *state;
	uint32_t n;

	fault(b, VID_VA, HOLE_VA, HOLE_VA, MMU_WRITE);
	/* nouveau's recovery, and another channel works on the same engine. */
	mmio_write(b->g, 0x259c, 0xffffffff);
	mmio_write(b->g, 0x800004 + c.id * 8, 0x800);
	mmio_write(b->g, 0x2630, BIT(1));
	mmio_write(b->g, 0x200, ~BIT(6));
	mmio_write(b->g, 0x200, 0xffffffff);
	mmio_write(b->g, 0x2274, 1 << 20);
	mmio_write(b->g, 0x262c, BIT(1));
	mmio_write(b->g, 0x2630, 0);
	mmio_write(b->g, 0x800000 + c.id * 8, 0);
	n = (uint32_t)b->g->stats.ce_bytes;
	chan_init(b, &c, 4, 1, 0);
	fill_random(b->ram, 8192);
	addresses(SYS_VA, VID_VA);
	lines(0, 0, 8192, 1);
	launch(NONPIPE | PITCH);
	assert_memory_equal(vid(b), b->ram, 8192);
	assert_int_equal(b->g->stats.ce_bytes, n + 8192);
}

/* The graphics runlist has copy engines of its own, on subchannel 4. */
static void test_graphics_copy(void **state)
{
	struct board *b = *state;

	chan_init(b, &c, 5, 0, 0);
	fill_random(b->ram, 4096);
	mthd1(&c, CE, 0, 0xc1b5);
	addresses(SYS_VA, VID_VA);
	lines(0, 0, 4096, 1);
	launch(NONPIPE | PITCH | 2 << 5);
	assert_memory_equal(vid(b), b->ram, 4096);
	assert_int_equal(mmio_read(b->g, 0x104410 + 2 * 0x80), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_directions),
		T(test_physical),
		T(test_pitch),
		T(test_block_linear),
		T(test_fill),
		T(test_remap),
		T(test_semaphores),
		T(test_interrupt),
		T(test_launch_errors),
		T(test_bounded),
		T(test_inject_fault),
		T(test_inject_error),
		T(test_read_fault),
		T(test_write_fault),
		T(test_graphics_copy),
	};

	return cmocka_run_group_tests_name("pcopy", tests, NULL, NULL);
}
