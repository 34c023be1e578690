/* SPDX-License-Identifier: MIT */
/*
 * gpu-test.h - what the tests of MMU, faults, host and copy engines share: a board without an
 * engine thread, guest RAM, page tables in VRAM, and channels as a driver sets them up.
 */
#ifndef GPU_TEST_H
#define GPU_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "gp104/gp104.h"
#include "gp104/pfault.h"
#include "gp104/pfifo.h"
#include "gp104/pmmu.h"

#define VRAM_SIZE	(256u << 20)
#define RAM_BASE	UINT64_C(0x100000000)	/* bus address of the guest's RAM */
#define RAM_SIZE	(32u << 20)

/* Where things lie in VRAM. */
#define T_PD3		0x0100000
#define T_PD2		0x0101000
#define T_PD1		0x0102000
#define T_PD0		0x0103000
#define T_SPT		0x0110000 /* 4K tables of the first 16 MiB of address space, one by one */
#define T_LPT		0x0180000	/* 64K tables */
#define T_INST		0x0200000	/* instance blocks, one per channel */
#define T_RUNLIST	0x0300000
#define T_USERD		0x0400000
#define T_BAR		0x0500000	/* instance block and tables of BAR1 and BAR2 */
#define T_DATA		0x0800000
#define T_DATA2		0x4000000

struct board {
	struct gp104 *g;
	uint8_t *ram;
	bool unmapped;		/* guest RAM has been taken away */
};

static void *test_dma_ptr(void *opaque, uint64_t iova, uint64_t len, bool write)
{
	struct board *b = opaque;

	if (b->unmapped || iova < RAM_BASE || len > RAM_SIZE || iova - RAM_BASE > RAM_SIZE - len)
		return NULL;
	return b->ram + (iova - RAM_BASE);
}

static void test_irq_level(void *opaque, bool level)
{
}

static void test_msi(void *opaque)
{
}

static uint32_t test_cfg_read(void *opaque, unsigned int off)
{
	return 0;
}

static inline struct board *board_new(void)
{
	const struct gp104_config cfg = { .vram_size = VRAM_SIZE, .gpcs = 1, .tpcs = 2 };
	struct board *b = calloc(1, sizeof(*b));

	b->ram = calloc(1, RAM_SIZE);
	b->g = gp104_new(&cfg);
	assert_non_null(b->g);
	b->g->host = (struct gp104_host){ .opaque = b, .dma_ptr = test_dma_ptr,
					  .irq_level = test_irq_level, .msi_send = test_msi,
					  .cfg_read = test_cfg_read };
	mmio_write(b->g, 0x200, 0xffffffff);
	return b;
}

static inline void board_free(struct board *b)
{
	gp104_free(b->g);
	free(b->ram);
	free(b);
}

/* PTE bits. */
#define P_VALID		UINT64_C(1)
#define P_VRAM		(UINT64_C(0) << 1)
#define P_COH		(UINT64_C(2) << 1)
#define P_NCOH		(UINT64_C(3) << 1)
#define P_VOL		UINT64_C(8)
#define P_PRIV		UINT64_C(0x20)
#define P_RO		UINT64_C(0x40)
#define P_NOATOMIC	UINT64_C(0x80)
#define D_VRAM		(UINT64_C(1) << 1)
#define D_COH		(UINT64_C(2) << 1)

static inline void vram64(struct board *b, uint64_t at, uint64_t val)
{
	memcpy(b->g->vram + at, &val, 8);
}

static inline void vram32(struct board *b, uint64_t at, uint32_t val)
{
	memcpy(b->g->vram + at, &val, 4);
}

static inline uint32_t get32(struct board *b, uint64_t at)
{
	uint32_t v;

	memcpy(&v, b->g->vram + at, 4);
	return v;
}

/* An address space whose first 512 MiB are mapped by T_PD0, empty. */
static inline void tables_init(struct board *b)
{
	vram64(b, T_PD3, T_PD2 >> 4 | D_VRAM);
	vram64(b, T_PD2, T_PD1 >> 4 | D_VRAM);
	vram64(b, T_PD1, T_PD0 >> 4 | D_VRAM);
}

/* Map a 4 KiB page below 16 MiB. */
static inline void map4k(struct board *b, uint64_t va, uint64_t phys, uint64_t flags)
{
	uint64_t spt = T_SPT + (va >> 21) * 4096;

	assert_true(va < 16u << 20);
	vram64(b, T_PD0 + (va >> 21) * 16 + 8, spt >> 4 | D_VRAM);
	vram64(b, spt + (va >> 12 & 511) * 8, phys >> 4 | flags);
}

static inline void map64k(struct board *b, uint64_t va, uint64_t phys, uint64_t flags)
{
	uint64_t lpt = T_LPT + (va >> 21) * 256;

	assert_true(va < 512u << 20);
	vram64(b, T_PD0 + (va >> 21) * 16, lpt >> 4 | D_VRAM);
	vram64(b, lpt + (va >> 16 & 31) * 8, phys >> 4 | flags);
}

static inline void map2m(struct board *b, uint64_t va, uint64_t phys, uint64_t flags)
{
	vram64(b, T_PD0 + (va >> 21) * 16, phys >> 4 | flags);
	vram64(b, T_PD0 + (va >> 21) * 16 + 8, 0);
}

#define INST_VER2	(BIT(10) | BIT(11))
#define INST_REPLAY	(BIT(4) | BIT(5))

/* An instance block: page directory base and limit. */
static inline void inst_init(struct board *b, uint64_t inst, uint64_t pdb, uint32_t flags)
{
	memset(b->g->vram + inst, 0, 4096);
	vram32(b, inst + 0x200, (uint32_t)pdb | INST_VER2 | flags);
	vram32(b, inst + 0x208, 0xffffffff);
	vram32(b, inst + 0x20c, 0x1ffff);
}

static const struct mmu_client test_hub = {
	.engine = MMU_ENG_CE0, .hub = true, .id = 1,
};
static const struct mmu_client test_tex = {
	.engine = MMU_ENG_GR, .gpc = 0, .id = MMU_GPC_T1_0,
};
static const struct mmu_client test_gcc = {
	.engine = MMU_ENG_GR, .gpc = 0, .id = MMU_GPC_GCC,
};

/* As nouveau gf100_vmm_invalidate(). */
static inline void invalidate(struct board *b, uint64_t pdb, uint32_t type)
{
	if (!(type & 2)) {
		mmio_write(b->g, 0x100cb8, (uint32_t)(pdb >> 12 << 4));
		mmio_write(b->g, 0x100cec, (uint32_t)(pdb >> 40));
	}
	mmio_write(b->g, 0x100cbc, 0x80000000 | type);
}

/*
 * BAR1 shows T_USERD at offset 0, BAR2 the 128 KiB at T_BAR + 64 KiB (room for the fault buffer) at
 * 0, each by its own page tables.
 */
#define T_BAR2_MEM	(T_BAR + 0x10000)

static inline void bars_init(struct board *b)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		uint64_t t = T_BAR + i * 0x8000, mem = i ? T_BAR2_MEM : T_USERD;

		inst_init(b, t, t + 0x1000, 0);
		vram64(b, t + 0x1000, (t + 0x2000) >> 4 | D_VRAM);
		vram64(b, t + 0x2000, (t + 0x3000) >> 4 | D_VRAM);
		vram64(b, t + 0x3000, (t + 0x4000) >> 4 | D_VRAM);
		vram64(b, t + 0x4000, (t + 0x5000) >> 4 | D_VRAM);
		vram64(b, t + 0x5000, mem >> 4 | P_VALID);
		vram64(b, t + 0x5008, (mem + 0x10000) >> 4 | P_VALID);
	}
	mmio_write(b->g, 0x1704, 0x80000000 | T_BAR >> 12);
	mmio_write(b->g, 0x1714, 0x80000000 | (T_BAR + 0x8000) >> 12);
}

/* ---- channels ---- */

#define CH_RING_VA	0x10000		/* + id * 0x1000: GPFIFO of 64 entries */
#define CH_PUSH_VA	0x40000		/* + id * 0x4000 */
#define CH_RING(id)	(T_DATA + (uint64_t)(id) * 0x1000)
#define CH_PUSH(id)	(T_DATA + 0x40000 + (uint64_t)(id) * 0x4000)

struct chan {
	struct board *b;
	unsigned int id, runlist;
	unsigned int put, words;	/* entries; words in the push buffer */
};

/* Host as nouveau's gk104_fifo_init() leaves it. */
static inline void fifo_init(struct board *b)
{
	unsigned int i;

	tables_init(b);
	bars_init(b);
	mmio_write(b->g, 0x2254, 0x10000000);
	mmio_write(b->g, 0x2100, 0xffffffff);
	mmio_write(b->g, 0x2140, 0xffffffff);
	for (i = 0; i < mmio_read(b->g, 0x2004); i++) {
		mmio_write(b->g, 0x4010c + i * 0x2000, 0xfffffeff);
		mmio_write(b->g, 0x4014c + i * 0x2000, 0xffffffff);
	}
}

/* Commit a runlist with one TSG of its own for each channel. */
static inline void runlist_commit(struct board *b, unsigned int runlist, const unsigned int *ids,
				  unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		vram32(b, T_RUNLIST + i * 16, 1u << 26 | 128 << 18 | 3 << 14 | BIT(13) | ids[i]);
		vram32(b, T_RUNLIST + i * 16 + 4, 0);
		vram32(b, T_RUNLIST + i * 16 + 8, ids[i]);
		vram32(b, T_RUNLIST + i * 16 + 12, (T_INST + ids[i] * 0x1000) >> 12);
	}
	mmio_write(b->g, 0x2270, T_RUNLIST >> 12);
	mmio_write(b->g, 0x2274, runlist << 20 | n * 2);
}

static inline void chan_init(struct board *b, struct chan *c, unsigned int id, unsigned int runlist,
			     uint32_t flags)
{
	uint64_t inst = T_INST + id * 0x1000, userd = T_USERD + id * 0x200;
	unsigned int i;

	*c = (struct chan){ .b = b, .id = id, .runlist = runlist };
	inst_init(b, inst, T_PD3, flags);
	memset(b->g->vram + userd, 0, 0x200);
	map4k(b, CH_RING_VA + id * 0x1000, CH_RING(id), P_VALID);
	for (i = 0; i < 4; i++)
		map4k(b, CH_PUSH_VA + id * 0x4000 + i * 0x1000, CH_PUSH(id) + i * 0x1000, P_VALID);
	vram32(b, inst + 0x08, (uint32_t)userd);
	vram32(b, inst + 0x10, 0xface);
	vram32(b, inst + 0x30, 0xfffff902);
	vram32(b, inst + 0x48, CH_RING_VA + id * 0x1000);
	vram32(b, inst + 0x4c, 6 << 16);	/* 64 entries */
	vram32(b, inst + 0x94, 0x30000001);
	mmio_write(b->g, 0x800000 + id * 8, 0x80000000 | (uint32_t)(inst >> 12));
	mmio_write(b->g, 0x800004 + id * 8, 0x400);
	runlist_commit(b, runlist, &id, 1);
}

static inline void push(struct chan *c, uint32_t word)
{
	vram32(c->b, CH_PUSH(c->id) + c->words++ * 4, word);
}

/* Method headers. */
static inline void mthd(struct chan *c, unsigned int subc, uint32_t m, unsigned int n)
{
	push(c, 1u << 29 | n << 16 | subc << 13 | m >> 2);
}

static inline void mthd1(struct chan *c, unsigned int subc, uint32_t m, uint32_t val)
{
	mthd(c, subc, m, 1);
	push(c, val);
}

/* Put one entry into the ring, without telling. */
static inline void entry(struct chan *c, uint64_t va, unsigned int words)
{
	uint64_t at = CH_RING(c->id) + c->put * 8;

	vram32(c->b, at, (uint32_t)va);
	vram32(c->b, at + 4, (uint32_t)(va >> 32) | words << 10);
	c->put = (c->put + 1) % 64;
}

static inline void doorbell(struct chan *c)
{
	uint32_t put = c->put;

	assert_true(pmmu_bar1_access(c->b->g, c->id * 0x200 + 0x8c, &put, 4, true));
}

/* Submit what was pushed since @from words, and let the board work. */
static inline void kick(struct chan *c, unsigned int from)
{
	entry(c, CH_PUSH_VA + c->id * 0x4000 + from * 4, c->words - from);
	doorbell(c);
	gp104_run_slices(c->b->g, 1000);
}

static inline uint32_t userd(struct chan *c, uint32_t off)
{
	return get32(c->b, T_USERD + c->id * 0x200 + off);
}

#endif
