// SPDX-License-Identifier: MIT
/*
 * pfb.c - the frame buffer controller: size of VRAM, straps, protected regions, memory clocks'
 * masks.
 *
 * Facts: nouveau fb/gp102.c (0x100ce0, 0x100cd0), fb/ramgp100.c (0x9a...., 0x10ecc0), fb/gm200.c,
 * acr/gm200.c (0x100cd4), open-gpu-kernel-modules pascal/gp102/dev_fb.h, rnndb/memory. VPR and WPR
 * are named and reported, not enforced: the guest could write to them.
 */
#include <errno.h>
#include <stdlib.h>

#include "pfb.h"

#define MMU_VPR_INFO		0x100cd0
#define MMU_WPR_INFO		0x100cd4
#define VPR_INFO_LOCKED		BIT(4)	/* at index 2 (nouveau gp102_fb_vpr_scrub_required) */
#define WPR_GRANULE		0x20000ull	/* the end is that of the last 128 KiB */
#define STRAP_CRYSTAL_27MHZ	BIT(22)

struct pfb {
	bool vpr_locked;
	uint64_t wpr_start, wpr_end;
};

void pfb_set_wpr(struct gp104 *g, uint64_t start, uint64_t end)
{
	g->pfb->wpr_start = start;
	g->pfb->wpr_end = end;
}

bool pfb_get_wpr(struct gp104 *g, uint64_t *start, uint64_t *end)
{
	*start = g->pfb->wpr_start;
	*end = g->pfb->wpr_end;
	return *end != 0;
}

void pfb_unlock_vpr(struct gp104 *g)
{
	g->pfb->vpr_locked = false;
}

/* Size in MiB = magnitude << scale, six bits of magnitude. */
static uint32_t memory_range_read(struct gp104 *g, uint32_t addr)
{
	uint64_t mag = g->cfg.vram_size >> 20;
	unsigned int scale = 0;

	while (mag > 63) {
		mag >>= 1;
		scale++;
	}
	return (uint32_t)mag << 4 | scale;
}

static void ignore_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

static uint32_t vpr_info_read(struct gp104 *g, uint32_t addr)
{
	uint32_t index = reg_get(g, addr) & 3;

	return index | (index == 2 && g->pfb->vpr_locked ? VPR_INFO_LOCKED : 0);
}

static uint32_t wpr_info_read(struct gp104 *g, uint32_t addr)
{
	uint32_t index = reg_get(g, addr) & 0xf;
	uint64_t val = 0;

	if (index == 2)
		val = g->pfb->wpr_start;
	else if (index == 3 && g->pfb->wpr_end)
		val = g->pfb->wpr_end - WPR_GRANULE;
	return (uint32_t)(val >> 8) | index;
}

static void index_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
}

static const struct reg regs[] = {
	{ 0x100800, "PFB.NISO_CFG0" },
	{ 0x100804, "PFB.NISO_CFG1" },
	{ 0x100c10, "PFB.NISO_FLUSH_SYSMEM_ADDR" },
	{ 0x100c14, "PFB.ADDRESS_REMAPPER" },
	{ 0x100cc4, "PFB.MMU_DEBUG_CTRL" },	/* where the MMU writes for debugging: it does not */
	{ 0x100cc8, "PFB.MMU_DEBUG_WR" },
	{ 0x100ccc, "PFB.MMU_DEBUG_RD" },
	{ MMU_VPR_INFO, "PFB.PRI_MMU_VPR_INFO", .read = vpr_info_read, .write = index_write },
	{ MMU_WPR_INFO, "PFB.PRI_MMU_WPR_INFO", .read = wpr_info_read, .write = index_write },
	{ 0x100ce0, "PFB.PRI_MMU_LOCAL_MEMORY_RANGE", .read = memory_range_read,
	  .write = ignore_write },
	/* Straps: crystal of 27 MHz, RAMCFG 0 (nouveau device/base.c, fb/base.c). */
	{ 0x101000, "PEXTDEV.BOOT_0", REG_RO, STRAP_CRYSTAL_27MHZ },
	/* Memory training, as nouveau gp100_ram_init leaves it: stored. */
	{ 0x10ecc0, "PFBIO.ECC0" },
	{ 0x9a0160, "PFBPA.160" },
	{ 0x9a0584, "PFBPA.584" },
	{ 0x9a065c, "PFBPA.65C" },
};

static int pfb_init(struct gp104 *g)
{
	g->pfb = calloc(1, sizeof(*g->pfb));
	return g->pfb ? 0 : -ENOMEM;
}

static void pfb_fini(struct gp104 *g)
{
	free(g->pfb);
}

/* A GP104 wakes up with its video-protected region locked (nouveau nvkm_fb_mem_unlock). */
static void pfb_reset(struct gp104 *g)
{
	*g->pfb = (struct pfb){ .vpr_locked = true };
}

const struct unit pfb_unit = {
	.name = "pfb",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pfb_init,
	.fini = pfb_fini,
	.reset = pfb_reset,
};
