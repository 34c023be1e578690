// SPDX-License-Identifier: MIT
/*
 * units.c - which hardware units the board has, in the order in which they start and take their turns.
 */
#include "gp104.h"
#include "units.h"

const struct unit *const gp104_units[] = {
	&pmc_unit,
	&pbus_unit,
	&pramin_unit,
	&ptimer_unit,
	&pci_unit,
	&pfb_unit,
	&pltc_unit,
	&ptop_unit,
	&pring_unit,
	&pfuse_unit,
	&ptherm_unit,
	&pnvio_unit,
	&pdisp_unit,
	&prom_unit,
	&pfalcon_unit,
	&pmu_unit,
	&sec2_unit,
	&nvdec_unit,
	&pmmu_unit,
	&pfault_unit,
	&pbdma_unit,
	&pfifo_unit,
	&pcopy_unit,
	&fecs_unit,
	&pgraph_lists_unit,
	&pgraph_unit,
};

const size_t gp104_nunits = ARRAY_SIZE(gp104_units);
