/* SPDX-License-Identifier: MIT */
/*
 * units.h - the units' entry points, one line per file; only units.c needs them.
 */
#ifndef GP104_UNITS_H
#define GP104_UNITS_H

#include "gp104.h"

extern const struct unit pmc_unit;
extern const struct unit pbus_unit;
extern const struct unit pramin_unit;
extern const struct unit ptimer_unit;
extern const struct unit pci_unit;
extern const struct unit pfb_unit;
extern const struct unit pltc_unit;
extern const struct unit ptop_unit;
extern const struct unit pring_unit;
extern const struct unit pfuse_unit;
extern const struct unit ptherm_unit;
extern const struct unit pnvio_unit;
extern const struct unit pdisp_unit;
extern const struct unit prom_unit;
extern const struct unit pfalcon_unit;
extern const struct unit pmu_unit;
extern const struct unit sec2_unit;
extern const struct unit nvdec_unit;
extern const struct unit pmmu_unit;
extern const struct unit pfault_unit;
extern const struct unit pbdma_unit;
extern const struct unit pfifo_unit;
extern const struct unit pcopy_unit;
extern const struct unit fecs_unit;
extern const struct unit pgraph_lists_unit;
extern const struct unit pgraph_unit;

#endif
