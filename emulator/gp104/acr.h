/* SPDX-License-Identifier: MIT */
/*
 * acr.h - ACR, the firmware that guards the falcons' images: what it does, without its code.
 */
#ifndef ACR_H
#define ACR_H

#include "pfalcon.h"

/* Names of the falcons in the WPR (nouveau enum nvkm_acr_lsf_id). */
enum lsf_id {
	LSF_PMU = 0,
	LSF_FECS = 2,
	LSF_GPCCS = 3,
	LSF_NVDEC = 4,
	LSF_SEC2 = 7,
};

/*
 * The "load" program, started on @f (SEC2): takes the images into the write-protected region and
 * checks them, bootstraps SEC2. Result as in the falcon's mailbox 0: 0 or an error code.
 */
uint32_t acr_load(struct gp104 *g, struct falcon *f);
/* The "unload" program, started on the PMU: gives the region up. */
uint32_t acr_unload(struct gp104 *g, struct falcon *f);
/* Put a falcon's verified image into it: what SEC2's program does for BOOTSTRAP_FALCON. */
uint32_t acr_bootstrap(struct gp104 *g, uint32_t lsf_id);

#endif
