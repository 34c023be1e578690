/* SPDX-License-Identifier: MIT */
/*
 * ptop.h - the engines of this board, as its device info table (0x22700) lists them.
 */
#ifndef PTOP_H
#define PTOP_H

#include "gp104.h"

/* Engine types of the table (nouveau gk104_top_parse). */
enum ptop_type {
	PTOP_GR = 0x00,
	PTOP_SEC2 = 0x0d,
	PTOP_NVENC = 0x0e,
	PTOP_NVDEC = 0x10,
	PTOP_CE = 0x13,
};

/* Runlists. The one of PTOP_RUNLIST_GR is served by two PBDMAs (nouveau gp100_runl.runqs). */
#define PTOP_RUNLIST_GR		0
#define PTOP_RUNLISTS		3
#define PTOP_NONE		-1	/* no channel of the host reaches this engine */

struct ptop_engine {
	const char *name;
	enum ptop_type type;
	unsigned int inst;
	uint32_t addr;
	unsigned int fault;	/* MMU fault engine id */
	int engine;		/* engine number on the host, or PTOP_NONE */
	int runlist;		/* or PTOP_NONE */
	unsigned int intr;	/* bit of NV_PMC_INTR */
	unsigned int reset;	/* bit of NV_PMC_ENABLE */
};

extern const struct ptop_engine ptop_engines[];
extern const size_t ptop_nengines;

const struct ptop_engine *ptop_find(enum ptop_type type, unsigned int inst);

extern const struct unit ptop_unit;

#endif
