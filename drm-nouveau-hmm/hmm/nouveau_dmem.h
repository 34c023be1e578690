/* SPDX-License-Identifier: MIT */
/*
 * What the rest of nouveau calls of device-private memory: device life cycle, and TTM's eviction.
 * Takes the place of upstream's header of the same name.
 */
#ifndef __NOUVEAU_DMEM_H__
#define __NOUVEAU_DMEM_H__

#include <linux/types.h>

struct nouveau_drm;
struct ttm_buffer_object;

void nouveau_dmem_init(struct nouveau_drm *drm);
void nouveau_dmem_fini(struct nouveau_drm *drm);
int nouveau_dmem_suspend(struct nouveau_drm *drm);
void nouveau_dmem_resume(struct nouveau_drm *drm);

bool nouveau_dmem_owns(struct ttm_buffer_object *bo);
int nouveau_dmem_evict(struct ttm_buffer_object *bo);

#endif
