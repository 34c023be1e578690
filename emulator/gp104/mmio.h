/* SPDX-License-Identifier: MIT */
/*
 * mmio.h - the register file's own set-up; everybody else uses mmio_read() and reg_*() of gp104.h.
 */
#ifndef GP104_MMIO_H
#define GP104_MMIO_H

struct gp104;

int mmio_init(struct gp104 *g);
void mmio_reset(struct gp104 *g);
void mmio_fini(struct gp104 *g);

#endif
