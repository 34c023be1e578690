/* SPDX-License-Identifier: MIT */
/*
 * What the rest of nouveau calls of the mirror: device and file life cycle, channels, ioctls.
 * Takes the place of upstream's header of the same name.
 */
#ifndef __NOUVEAU_SVM_H__
#define __NOUVEAU_SVM_H__

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct drm_minor;
struct drm_printer;
struct file;
struct nouveau_drm;
struct nouveau_svmm;

void nouveau_svm_init(struct nouveau_drm *drm);
void nouveau_svm_fini(struct nouveau_drm *drm);
void nouveau_svm_suspend(struct nouveau_drm *drm);
void nouveau_svm_resume(struct nouveau_drm *drm);

int nouveau_svmm_init(struct drm_device *dev, void *data, struct drm_file *file);
void nouveau_svmm_fini(struct nouveau_svmm **psvmm);
int nouveau_svmm_join(struct nouveau_svmm *svmm, u64 inst);
void nouveau_svmm_part(struct nouveau_svmm *svmm, u64 inst);
int nouveau_svmm_bind(struct drm_device *dev, void *data, struct drm_file *file);

long nouveau_hmm_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int nouveau_hmm_ioctl_info(struct drm_device *dev, void *data, struct drm_file *file);
int nouveau_hmm_ioctl_migrate(struct drm_device *dev, void *data, struct drm_file *file);
int nouveau_hmm_ioctl_residency(struct drm_device *dev, void *data, struct drm_file *file);
int nouveau_hmm_ioctl_faults(struct drm_device *dev, void *data, struct drm_file *file);
int nouveau_hmm_ioctl_channel_create(struct drm_device *dev, void *data, struct drm_file *file);
int nouveau_hmm_ioctl_channel_destroy(struct drm_device *dev, void *data, struct drm_file *file);
int nouveau_hmm_ioctl_channel_submit(struct drm_device *dev, void *data, struct drm_file *file);
int nouveau_hmm_ioctl_channel_status(struct drm_device *dev, void *data, struct drm_file *file);
void nouveau_hmm_show_fdinfo(struct drm_printer *p, struct drm_file *file);
void nouveau_hmm_debugfs_init(struct drm_minor *minor);

#endif
