// SPDX-License-Identifier: MIT
/*
 * fuzz-pagetable.c - hostile page tables and instance blocks: whatever they say, a translation
 * gives memory of this board or of the guest, or a fault.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gp104/gp104.h"
#include "gp104/pfault.h"
#include "gp104/pmmu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VRAM_SIZE	(64u << 20)
#define RAM_SIZE	(1u << 20)
#define RAM_BASE	0x80000000u
#define INST		0x200000
#define TABLES		0x100000	/* the input, repeated: tables of all levels */
#define TABLES_SIZE	0x8000

static struct gp104 *g;
static uint8_t *ram;

static void *dma_ptr(void *opaque, uint64_t iova, uint64_t len, bool write)
{
	if (iova < RAM_BASE || len > RAM_SIZE || iova - RAM_BASE > RAM_SIZE - len)
		return NULL;
	if (write && iova - RAM_BASE < 0x1000)
		return NULL;		/* a page that is read-only for devices */
	return ram + (iova - RAM_BASE);
}

static bool inside(const uint8_t *p, uint64_t len, const uint8_t *base, uint64_t size)
{
	return p >= base && len <= size && (uint64_t)(p - base) <= size - len;
}

static void check(const struct mmu_span *s)
{
	volatile uint8_t *p = s->host;

	assert(s->len);
	assert(s->sparse || inside(s->host, s->len, g->vram, VRAM_SIZE) ||
	       inside(s->host, s->len, ram, RAM_SIZE));
	(void)p[0];
	(void)p[s->len - 1];
}

static void start(void)
{
	static const struct gp104_config cfg = { .vram_size = VRAM_SIZE, .gpcs = 1, .tpcs = 1 };

	g = gp104_new(&cfg);
	ram = calloc(1, RAM_SIZE);
	assert(g && ram);
	g->host.dma_ptr = dma_ptr;
}

/* Eight bytes each: an address, and what to do there. */
static void access_one(const struct mmu_ctx *ctx, const uint8_t *d)
{
	struct mmu_client client = { .engine = MMU_ENG_GR };
	struct mmu_span span;
	uint64_t va;

	memcpy(&va, d, 8);
	client.hub = d[7] & 1;
	client.id = d[7] >> 1 & 0x1f;
	client.priv = d[7] & 0x40;
	va &= (UINT64_C(1) << 50) - 1;
	if (d[6] & 4)
		va &= 0xffffff;
	if (pmmu_translate(g, ctx, va, (enum mmu_access)(d[6] >> 4 & 3), &client, &span) == MMU_OK)
		check(&span);
	if (d[6] & 8)
		mmio_write(g, 0x100cbc, 0x80000000 | d[7] << 2 | 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mmu_ctx ctx;
	uint64_t buf;
	size_t i;

	if (!g)
		start();
	if (size < 48)
		return 0;
	/* Instance block: the first 16 bytes, usually made to point to the tables. */
	memcpy(g->vram + INST + 0x200, data, 16);
	if (data[15] & 1) {
		const uint32_t lo = TABLES | 0xc00 | (data[0] & 0x30), hi = 0;

		memcpy(g->vram + INST + 0x200, &lo, 4);
		memcpy(g->vram + INST + 0x204, &hi, 4);
	}
	for (i = 0; i < TABLES_SIZE; i++)
		g->vram[TABLES + i] = data[16 + i % (size - 16)];
	mmio_write(g, 0x1704, 0x80000000 | INST >> 12);
	mmio_write(g, 0x1714, 0x80000000 | INST >> 12);
	mmio_write(g, 0x2a70, 1);
	pmmu_ctx_load(g, &ctx, APER_VRAM, INST);
	for (i = 16; i + 8 <= size && i < 256; i += 8)
		access_one(&ctx, data + i);
	pmmu_bar1_access(g, data[16] << 8, &buf, 8, false);
	pmmu_bar2_access(g, data[17] << 8, &buf, 4, true);
	gp104_reset(g);
	return 0;
}
