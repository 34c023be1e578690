/* SPDX-License-Identifier: MIT */
/*
 * pfb.h - the frame buffer controller: size of VRAM, protected regions.
 */
#ifndef PFB_H
#define PFB_H

#include "gp104.h"

/* The write-protected region that ACR keeps the secure falcons' images in; 0, 0: none. */
void pfb_set_wpr(struct gp104 *g, uint64_t start, uint64_t end);
bool pfb_get_wpr(struct gp104 *g, uint64_t *start, uint64_t *end);
/* What the NVDEC scrubber does: wipe and unlock the video-protected region. */
void pfb_unlock_vpr(struct gp104 *g);

extern const struct unit pfb_unit;

#endif
