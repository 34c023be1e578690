// SPDX-License-Identifier: MIT
/*
 * fuzz-pushbuf.c - hostile channels: the input is a push buffer, with the ring's entries and the
 * instance block in front of it. Every engine of the board is behind it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gp104/gp104.h"
#include "gp104/pfifo.h"
#include "gp104/pmmu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VRAM_SIZE	(64u << 20)
#define PD3		0x100000
#define SPT		0x110000
#define INST		0x200000
#define RUNLIST		0x210000
#define USERD		0x220000
#define RING		0x300000	/* also virtual */
#define PUSH		0x301000
#define WINDOW		0x300000	/* 1 MiB mapped as it is */

static struct gp104 *g;

static void w32(uint64_t at, uint32_t v)
{
	memcpy(g->vram + at, &v, 4);
}

static void w64(uint64_t at, uint64_t v)
{
	memcpy(g->vram + at, &v, 8);
}

static void map(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		w64(PD3 + i * 0x1000, (PD3 + (i + 1) * 0x1000) >> 4 | 2);
	w64(PD3 + 0x3000 + (WINDOW >> 21) * 16 + 8, SPT >> 4 | 2);
	for (i = 0; i < 256; i++)
		w64(SPT + ((WINDOW >> 12 & 511) + i) * 8, (uint64_t)(WINDOW + i * 4096) >> 4 | 1);
}

static void channel(unsigned int runlist)
{
	memset(g->vram + INST, 0, 4096);
	w32(INST + 0x200, PD3 | 0xc30);
	w32(INST + 0x208, 0xffffffff);
	w32(INST + 0x20c, 0x1ffff);
	w32(INST + 0x08, USERD);
	w32(INST + 0x30, 0xfffff902);
	w32(INST + 0x48, RING);
	w32(INST + 0x4c, 4 << 16);
	w32(RUNLIST, 1u << 26 | 1 << 13);
	w32(RUNLIST + 8, 0);
	w32(USERD + 0x8c, 0);
	mmio_write(g, 0x800000, 0x80000000 | INST >> 12);
	mmio_write(g, 0x800004, 0x400);
	mmio_write(g, 0x2270, RUNLIST >> 12);
	mmio_write(g, 0x2274, runlist << 20 | 2);
}

static void run(const uint8_t *data, size_t size)
{
	unsigned int entries = 1, i;

	channel(data[0] % 8);
	memset(g->vram + RING, 0, 0x40000);
	if (data[0] & 8) {		/* the entries are the input's, too */
		entries = 8;
		memcpy(g->vram + RING, data + 1, size - 1 < 64 ? size - 1 : 64);
	} else {
		w32(RING, PUSH);
		w32(RING + 4, (uint32_t)(size / 4 + 1) << 10);
	}
	memcpy(g->vram + PUSH, data + 1, size - 1 < 0x30000 ? size - 1 : 0x30000);
	w32(USERD + 0x8c, entries);
	mmio_write(g, 0x800004, 0x400);
	for (i = 0; i < 4; i++) {
		gp104_run_slices(g, 200);
		/* A driver that acknowledges whatever comes. */
		mmio_write(g, 0x259c, 0xffffffff);
		mmio_write(g, 0x262c, 0xffffffff);
		mmio_write(g, 0x400c0 + (i & 3) * 0x2000, 0x80600008);
		mmio_write(g, 0x40108, 0xffffffff);
		mmio_write(g, 0x42108, 0xffffffff);
		mmio_write(g, 0x44108, 0xffffffff);
		mmio_write(g, 0x46108, 0xffffffff);
		mmio_write(g, 0x100cbc, 0x8000000b);
	}
	mmio_write(g, 0x800000, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gp104_config cfg = { .vram_size = VRAM_SIZE, .gpcs = 1, .tpcs = 1 };

	if (!g) {
		g = gp104_new(&cfg);
		assert(g);
	}
	if (size < 5)
		return 0;
	map();
	mmio_write(g, 0x200, 0xffffffff);
	run(data, size);
	/* Whatever is stuck: as after a power cycle. */
	mmio_write(g, 0x200, 0);
	gp104_reset(g);
	return 0;
}
