// SPDX-License-Identifier: MIT
/*
 * pmu.c - PPWR: the power management processor, and the programs it runs at boot.
 *
 * Two: the VBIOS' devinit application, which interprets the init scripts that the driver put into
 * DMEM, and ACR's unload. Facts: nouveau devinit/gm200.c, bios/init.c, pmu/gm200.c, gp102.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acr.h"
#include "pfalcon.h"
#include "vbios.h"

#define PPWR		0x10a000
#define DEVINIT_DONE	0x2000	/* in mailbox 0 */

struct pdevinit {
	bool running;		/* a script may write registers, but not start the PMU again */
};

static bool fetch(const struct falcon *f, uint32_t *pc, void *buf, uint32_t len)
{
	if (*pc > f->dmem_size || len > f->dmem_size - *pc)
		return false;
	memcpy(buf, f->dmem + *pc, len);
	*pc += len;
	return true;
}

/* One operation; false at the end of the script. Waiting is left out: nothing here needs time. */
static bool script_op(struct gp104 *g, const struct falcon *f, uint32_t *pc)
{
	uint32_t arg[3];
	uint16_t us;
	uint8_t op;

	if (!fetch(f, pc, &op, 1))
		return false;
	switch (op) {
	case VBIOS_INIT_DONE:
		return false;
	case VBIOS_INIT_NV_REG:
		if (!fetch(f, pc, arg, 12))
			return false;
		trace(g, "pmu", "devinit: NV_REG %06x & %08x | %08x", arg[0], arg[1], arg[2]);
		mmio_write(g, arg[0], (mmio_read(g, arg[0]) & arg[1]) | arg[2]);
		return true;
	case VBIOS_INIT_ZM_REG:
		if (!fetch(f, pc, arg, 8))
			return false;
		trace(g, "pmu", "devinit: ZM_REG %06x = %08x", arg[0], arg[1]);
		mmio_write(g, arg[0], arg[1]);
		return true;
	case VBIOS_INIT_TIME:
		return fetch(f, pc, &us, 2);
	default:
		unknown(g, "devinit operation", "%02x", op);
		return false;
	}
}

static void run_script(struct gp104 *g, const struct falcon *f)
{
	uint32_t ptrs_at = VBIOS_DEVINIT_ARGS + 0x08, pc = 0, ptrs;

	if (!fetch(f, &ptrs_at, &ptrs, 4) || ptrs > f->dmem_size)
		return;
	ptrs += 0x10;
	if (!fetch(f, &ptrs, &pc, 4))
		return;
	g->pdevinit->running = true;
	while (script_op(g, f, &pc))
		;
	g->pdevinit->running = false;
}

static bool is_app(struct falcon *f, uint32_t id)
{
	const uint8_t *code = falcon_code(f, f->bootvec);
	uint32_t found;

	if (!code || memcmp(code, VBIOS_APP_TAG, 8))
		return false;
	memcpy(&found, code + 8, 4);
	return found == id;
}

static void started(struct gp104 *g, struct falcon *f)
{
	if (g->pdevinit->running) {
		guest_error(g, "pmu", "a devinit script starts the PMU");
		return;
	}
	if (is_app(f, VBIOS_APP_DEVINIT)) {
		run_script(g, f);
		f->mailbox[0] |= DEVINIT_DONE;
		falcon_halt(g, f);
	} else if (f->inst) {
		f->mailbox[0] = acr_unload(g, f);
		trace(g, "pmu", "ACR unload: %x", f->mailbox[0]);
		falcon_halt(g, f);
	} else {
		unknown(g, "falcon program", "PMU");
	}
}

static void nxtctx_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	falcon_bind(g, falcon_get(g, FALCON_PMU), val);
}

static const struct reg regs[] = {
	{ PPWR + 0x480, "PPWR.NXTCTX", .write = nxtctx_write },
	{ PPWR + 0xc08, "PPWR.DEBUG_MODE", REG_RO, 0 },	/* bit 20: a chip with debug keys */
	{ PPWR + 0xe00, "PPWR.FBIF.TRANSCFG", .count = 8 },
};

static int pmu_init(struct gp104 *g)
{
	g->pdevinit = calloc(1, sizeof(*g->pdevinit));
	if (!g->pdevinit)
		return -ENOMEM;
	falcon_get(g, FALCON_PMU)->started = started;
	return 0;
}

static void pmu_fini(struct gp104 *g)
{
	free(g->pdevinit);
}

const struct unit pmu_unit = {
	.name = "pmu",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pmu_init,
	.fini = pmu_fini,
};
