// SPDX-License-Identifier: MIT
/*
 * pci.c - PPCI: the configuration space seen through BAR0, and the end of an MSI.
 *
 * Facts: nouveau pci/base.c (ROM shadow 0x50), pci/gp100.c (0x704 re-arms MSI),
 * open-gpu-kernel-modules pascal/gp102/dev_nv_xve.h. A write to 0x704 says that the driver took
 * the last message: if the interrupt is high by then, another one is due.
 */
#include "gp104.h"
#include "pmc.h"

#define PPCI		0x088000
#define CFG_SIZE	0x1000
#define XVE_ROM_CTRL	(PPCI + 0x050)
#define XVE_MSI_REARM	(PPCI + 0x704)

static uint32_t cfg_read(struct gp104 *g, uint32_t addr)
{
	return g->host.cfg_read ? g->host.cfg_read(g->host.opaque, addr - PPCI) : 0xffffffff;
}

static void cfg_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	if (g->host.cfg_write)
		g->host.cfg_write(g->host.opaque, addr - PPCI, val);
}

static void rearm_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	pmc_msi_rearm(g);
}

static const struct reg regs[] = {
	{ PPCI, "PPCI.CFG", .count = 0x50 / 4, .read = cfg_read, .write = cfg_write },
	{ XVE_ROM_CTRL, "PPCI.ROM_CTRL", .reset = 1 },	/* bit 0: ROM shadowed in RAM */
	{ PPCI + 0x054, "PPCI.CFG_54", .count = (0x100 - 0x54) / 4, .read = cfg_read,
	  .write = cfg_write },
	{ PPCI + 0x100, "PPCI.CFG_EXT", .count = 0x300 / 4, .read = cfg_read, .write = cfg_write },
	{ XVE_MSI_REARM, "PPCI.MSI_REARM", .write = rearm_write },
};

const struct unit pci_unit = {
	.name = "pci",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
