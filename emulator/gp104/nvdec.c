// SPDX-License-Identifier: MIT
/*
 * nvdec.c - the video decoder, as far as drivers without video need it: its falcon runs the
 * scrubber, which wipes and unlocks the video-protected region after power-on.
 *
 * Facts: nouveau fb/gp102.c (nvdec/scrubber, mailbox 0 reads 0 afterwards), nvdec/gm107.c.
 */
#include "pfalcon.h"
#include "pfb.h"

#define NVDEC	0x084000

static bool has_secure_code(const struct falcon *f)
{
	uint32_t i;

	for (i = 0; i < f->imem_size / FALCON_PAGE; i++)
		if (f->page[i].valid && f->page[i].secure)
			return true;
	return false;
}

static void started(struct gp104 *g, struct falcon *f)
{
	if (!has_secure_code(f)) {
		unknown(g, "falcon program", "NVDEC");
		return;
	}
	pfb_unlock_vpr(g);
	f->mailbox[0] = 0;
	falcon_halt(g, f);
}

static const struct reg regs[] = {
	{ NVDEC + 0x624, "PNVDEC.FBIF.CTL" },
	{ NVDEC + 0xd00, "PNVDEC.DEBUG_MODE", REG_RO, 0 },
};

static int nvdec_init(struct gp104 *g)
{
	falcon_get(g, FALCON_NVDEC)->started = started;
	return 0;
}

const struct unit nvdec_unit = {
	.name = "nvdec",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = nvdec_init,
};
