// SPDX-License-Identifier: MIT
/*
 * mem.c - physical memory as the GPU sees it: its VRAM, and the guest's RAM over the bus.
 */
#include "gp104.h"

void *mem_ptr(struct gp104 *g, enum aperture aper, uint64_t addr, uint64_t len, bool write)
{
	switch (aper) {
	case APER_VRAM:
		if (addr >= g->cfg.vram_size || len > g->cfg.vram_size - addr)
			return NULL;
		return g->vram + addr;
	case APER_SYS_COH:
	case APER_SYS_NCOH:
		if (!g->host.dma_ptr)
			return NULL;
		return g->host.dma_ptr(g->host.opaque, addr, len, write);
	default:
		return NULL;	/* one board: it has no peer */
	}
}

static void miss(struct gp104 *g, enum aperture aper, uint64_t addr)
{
	g->stats.bad_phys_accesses++;
	g->stats.dma_refused += aper == APER_SYS_COH || aper == APER_SYS_NCOH;
	guest_error(g, "mem", "no memory at aperture %d address %llx", aper, (unsigned long long)addr);
}

/* Guest CPUs write the same words: each word is read and written in one piece. */
uint32_t mem_rd32(struct gp104 *g, enum aperture aper, uint64_t addr)
{
	void *p = mem_ptr(g, aper, addr & ~UINT64_C(3), 4, false);

	if (p)
		return __atomic_load_n((uint32_t *)p, __ATOMIC_ACQUIRE);
	miss(g, aper, addr);
	return 0;
}

void mem_wr32(struct gp104 *g, enum aperture aper, uint64_t addr, uint32_t val)
{
	void *p = mem_ptr(g, aper, addr & ~UINT64_C(3), 4, true);

	if (p)
		__atomic_store_n((uint32_t *)p, val, __ATOMIC_RELEASE);
	else
		miss(g, aper, addr);
}

uint64_t mem_rd64(struct gp104 *g, enum aperture aper, uint64_t addr)
{
	void *p = mem_ptr(g, aper, addr & ~UINT64_C(7), 8, false);

	if (p)
		return __atomic_load_n((uint64_t *)p, __ATOMIC_ACQUIRE);
	miss(g, aper, addr);
	return 0;
}

void mem_wr64(struct gp104 *g, enum aperture aper, uint64_t addr, uint64_t val)
{
	void *p = mem_ptr(g, aper, addr & ~UINT64_C(7), 8, true);

	if (p)
		__atomic_store_n((uint64_t *)p, val, __ATOMIC_RELEASE);
	else
		miss(g, aper, addr);
}
