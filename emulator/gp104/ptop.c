// SPDX-License-Identifier: MIT
/*
 * ptop.c - PTOP: what this chip has (device info table, numbers of units).
 *
 * Which engines exist is nouveau's nv134_chipset (GR, CE0-3, NVDEC, NVENC0-1, SEC2). Fault ids are
 * nvidia-uvm's hwref/pascal/gp100/dev_fault.h; reset bits and the interrupts of GR and CE0-2 are
 * as on Fermi and Kepler (rnndb/bus/pmc.xml); SEC2's interrupt is bit 15, which gp100_mc_intrs
 * keeps out of the legacy mask for its own handler. CE2 and CE3 share the graphics runlist (dev_fault.h
 * calls CE2's id GRCOPY); how the rest is spread over runlists and interrupt bits is a choice of
 * this board: drivers read it from this table. The falcons of NVDEC, NVENC and SEC2 exist, but no
 * channel reaches them, and the table says so (a real GP104 gives each a runlist).
 */
#include "pmc.h"
#include "ptop.h"

#define NO_HOST	PTOP_NONE, PTOP_NONE

const struct ptop_engine ptop_engines[] = {
	{ "GR", PTOP_GR, 0, 0x400000, 0, 0, PTOP_RUNLIST_GR, PMC_INTR_PGRAPH, PMC_ENABLE_PGRAPH },
	{ "CE0", PTOP_CE, 0, 0x104000, 21, 1, 1, PMC_INTR_CE0, PMC_ENABLE_CE0 },
	{ "CE1", PTOP_CE, 1, 0x104000, 22, 2, 2, PMC_INTR_CE1, PMC_ENABLE_CE1 },
	{ "CE2", PTOP_CE, 2, 0x104000, 27, 3, PTOP_RUNLIST_GR, PMC_INTR_CE2, PMC_ENABLE_CE2 },
	{ "CE3", PTOP_CE, 3, 0x104000, 28, 4, PTOP_RUNLIST_GR, PMC_INTR_CE3, PMC_ENABLE_CE3 },
	{ "NVDEC", PTOP_NVDEC, 0, 0x084000, 2, NO_HOST, PMC_INTR_NVDEC, PMC_ENABLE_NVDEC },
	{ "NVENC0", PTOP_NVENC, 0, 0x1c8000, 25, NO_HOST, PMC_INTR_NVENC0, PMC_ENABLE_NVENC0 },
	{ "NVENC1", PTOP_NVENC, 1, 0x1cc000, 17, NO_HOST, PMC_INTR_NVENC1, PMC_ENABLE_NVENC1 },
	{ "SEC2", PTOP_SEC2, 0, 0x087000, 18, NO_HOST, PMC_INTR_SEC2, PMC_ENABLE_SEC2 },
};

const size_t ptop_nengines = ARRAY_SIZE(ptop_engines);

const struct ptop_engine *ptop_find(enum ptop_type type, unsigned int inst)
{
	size_t i;

	for (i = 0; i < ptop_nengines; i++)
		if (ptop_engines[i].type == type && ptop_engines[i].inst == inst)
			return &ptop_engines[i];
	return NULL;
}

/* NV_PTOP_DEVICE_INFO: chains of three words per engine; all but a chain's last have bit 31. */
#define DEVICE_INFO		0x022700
#define DEVICE_INFO_ROWS	64
#define INFO_CHAIN		BIT(31)
#define INFO_DATA		1
#define INFO_ENUM		2
#define INFO_TYPE		3

static uint32_t info_data(const struct ptop_engine *e)
{
	return INFO_CHAIN | INFO_DATA | BIT(2) | e->fault << 3 | e->addr | e->inst << 26;
}

static uint32_t info_enum(const struct ptop_engine *e)
{
	uint32_t val = INFO_CHAIN | INFO_ENUM | BIT(3) | e->intr << 15 | BIT(2) | e->reset << 9;

	if (e->engine != PTOP_NONE)
		val |= BIT(5) | (uint32_t)e->engine << 26;
	if (e->runlist != PTOP_NONE)
		val |= BIT(4) | (uint32_t)e->runlist << 21;
	return val;
}

static uint32_t info_read(struct gp104 *g, uint32_t addr)
{
	unsigned int row = (addr - DEVICE_INFO) / 4;
	const struct ptop_engine *e;

	if (row / 3 >= ptop_nengines)
		return 0;
	e = &ptop_engines[row / 3];
	switch (row % 3) {
	case 0:
		return info_data(e);
	case 1:
		return info_enum(e);
	default:
		return (uint32_t)e->type << 2 | INFO_TYPE;
	}
}

static uint32_t gpcs_read(struct gp104 *g, uint32_t addr)
{
	return g->cfg.gpcs;
}

static uint32_t tpcs_read(struct gp104 *g, uint32_t addr)
{
	return g->cfg.tpcs;
}

static void info_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

/* Numbers of units: nouveau engine/gr/ctxgf100.c. */
static const struct reg regs[] = {
	{ 0x02240c, "PTOP.DEVINIT" },	/* bit 1: devinit has run (nouveau gf100_devinit_preinit) */
	{ 0x022430, "PTOP.GPC_COUNT", .read = gpcs_read, .write = info_write },
	{ 0x022434, "PTOP.TPC_PER_GPC", .read = tpcs_read, .write = info_write },
	{ DEVICE_INFO, "PTOP.DEVICE_INFO", .count = DEVICE_INFO_ROWS, .read = info_read,
	  .write = info_write },
};

const struct unit ptop_unit = {
	.name = "ptop",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
};
