// SPDX-License-Identifier: MIT
/*
 * fuzz-bars.c - a guest that writes anything anywhere: the input is a list of accesses to BAR0,
 * BAR1 and BAR3, with turns of the engines in between. BAR0 addresses are mostly registers that exist.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gp104/gp104.h"
#include "gp104/pmmu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM_SIZE	(1u << 20)
#define RAM_BASE	0x80000000u
#define MAX_OPS		256

static struct gp104 *g;
static uint8_t *ram;
static uint32_t *known;			/* addresses of registers that exist */
static size_t nknown;

static void *dma_ptr(void *opaque, uint64_t iova, uint64_t len, bool write)
{
	if (iova < RAM_BASE || len > RAM_SIZE || iova - RAM_BASE > RAM_SIZE - len)
		return NULL;
	return ram + (iova - RAM_BASE);
}

static void start(void)
{
	static const struct gp104_config cfg = { .vram_size = 64u << 20, .gpcs = 1, .tpcs = 1 };
	uint32_t i;

	g = gp104_new(&cfg);
	ram = calloc(1, RAM_SIZE);
	known = calloc(NREGS, sizeof(*known));
	assert(g && ram && known);
	g->host.dma_ptr = dma_ptr;
	for (i = 0; i < NREGS; i++)
		if (g->reg_row[i])
			known[nknown++] = i * 4;
}

/* An access in 12 bytes: what, where, a value. */
static void access_one(const uint8_t *d)
{
	uint32_t at, val;
	uint64_t buf;

	memcpy(&at, d + 4, 4);
	memcpy(&val, d + 8, 4);
	buf = (uint64_t)val << 32 | val;
	if (!(d[1] & 0x80))
		at = known[at % nknown];
	switch (d[0] & 7) {
	case 0:
		mmio_read(g, at & 0xfffffc);
		break;
	case 1:
		pmmu_bar1_access(g, at & 0xfffffff, &buf, 1u << (d[1] & 3), d[2] & 1);
		break;
	case 2:
		pmmu_bar2_access(g, at & 0x1ffffff, &buf, 1u << (d[1] & 3), d[2] & 1);
		break;
	case 3:
		gp104_run_slices(g, 20);
		break;
	default:
		mmio_write(g, at & 0xfffffc, val);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int n;

	if (!g)
		start();
	mmio_write(g, 0x200, 0xffffffff);
	for (n = 0; n < MAX_OPS && size >= 12; n++, data += 12, size -= 12)
		access_one(data);
	gp104_run_slices(g, 50);
	gp104_reset(g);
	return 0;
}
