// SPDX-License-Identifier: MIT
/*
 * fuzz-qmd.c - hostile launches: the input is a QMD, a kernel and a list of methods of all classes.
 *
 * Input: 256 bytes of QMD, 128 bytes of code, then methods of 7 bytes: subchannel, method, data.
 * Bit 7 of the subchannel byte launches the QMD before the method.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gp104/pgraph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VRAM_SIZE	(64u << 20)
#define PD		0x100000u	/* four levels of page directory, then the page table */
#define INST		0x110000u
#define VA		0x400000u	/* 2 MiB mapped as it is */
#define IMAGE		VA
#define CODE		(VA + 0x10000u)
#define QMD		(VA + 0x20000u)
#define DATA		(VA + 0x30000u)
#define CODE_BYTES	128
#define SLICES		64

static struct gp104 *g;

static void put64(uint64_t at, uint64_t v)
{
	memcpy(g->vram + at, &v, 8);
}

static void build_space(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		put64(PD + i * 0x1000, (PD + (i + 1) * 0x1000) >> 4 | 2);
	put64(PD + 0x3000 + (VA >> 21) * 16 + 8, (PD + 0x4000) >> 4 | 2);
	for (i = 0; i < 512; i++)
		put64(PD + 0x4000 + i * 8, (uint64_t)(VA + i * 4096) >> 4 | 1);
	put64(INST + 0x200, PD | 0xc30);
	put64(INST + 0x208, (UINT64_C(1) << 49) - 1);
	put64(INST + 0x210, IMAGE | 4);
}

static void method(unsigned int subc, uint32_t mthd, uint32_t data)
{
	gr_fifo_ops.method(g, NULL, subc, mthd, data);
}

/* The driver's way out of whatever the input did. */
static void recover(void)
{
	struct mmu_ctx ctx;
	unsigned int i;
	static const uint32_t class[] = { 0xc197, 0xc1c0, 0xa140, 0x902d };

	mmio_write(g, 0x200, ~(1u << 12));
	mmio_write(g, 0x200, ~0u);
	mmio_write(g, 0x400500, 0x00010001);
	memset(g->vram + IMAGE, 0, 4096);
	if (pmmu_ctx_load(g, &ctx, APER_VRAM, INST))
		fecs_load(g, NULL, &ctx);
	for (i = 0; i < 4; i++)
		method(i, 0, class[i]);
	method(1, 0x1608, 0);
	method(1, 0x160c, CODE);
	method(1, 0x790, 0);
	method(1, 0x794, DATA);
	method(1, 0x2e8, 0x8000);
	method(1, 0x2ec, 0xff);
}

static void launch(void)
{
	method(1, 0x2b4, QMD >> 8);
	method(1, 0x2bc, 3);
	gp104_run_slices(g, SLICES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gp104_config cfg = { .vram_size = VRAM_SIZE, .gpcs = 1, .tpcs = 1 };
	size_t pos;

	if (size < QMD_BYTES + CODE_BYTES)
		return 0;
	if (!g) {
		g = gp104_new(&cfg);
		if (!g)
			abort();
	}
	pthread_mutex_lock(&g->lock);
	build_space();
	recover();
	memcpy(g->vram + QMD, data, QMD_BYTES);
	memcpy(g->vram + CODE, data + QMD_BYTES, CODE_BYTES);
	method(1, 0x21c, 1);
	for (pos = QMD_BYTES + CODE_BYTES; pos + 7 <= size; pos += 7) {
		uint16_t mthd;
		uint32_t val;

		memcpy(&mthd, data + pos + 1, 2);
		memcpy(&val, data + pos + 3, 4);
		if (data[pos] & 0x80)
			launch();
		method(data[pos] & 3, mthd & 0x3ffc, val);
	}
	launch();
	pthread_mutex_unlock(&g->lock);
	return 0;
}
