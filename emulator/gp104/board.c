// SPDX-License-Identifier: MIT
/*
 * board.c - the board on the bus: a Tesla P4 (a GP104 without display) as the vfio-user client sees it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "gp104.h"
#include "pmmu.h"
#include "prom.h"
#include "vfio-user/vfio_user.h"

#define BAR1_SIZE	(256u << 20)
#define BAR3_SIZE	(32u << 20)

static struct vfu *serving;	/* for the signal handler */

static uint64_t bar0_read(struct gp104 *g, uint64_t off, unsigned int size)
{
	uint32_t word = mmio_read(g, (uint32_t)off & ~3u);

	return size == 4 ? word : (word >> (off & 3) * 8) & GENMASK(size * 8 - 1, 0);
}

/* Registers are words; a narrower write is a read and a write, as PRI does it. */
static void bar0_write(struct gp104 *g, uint64_t off, uint32_t val, unsigned int size)
{
	unsigned int shift = (unsigned int)(off & 3) * 8;
	uint32_t mask;

	if (size == 4) {
		mmio_write(g, (uint32_t)off, val);
		return;
	}
	mask = GENMASK(size * 8 - 1, 0) << shift;
	mmio_write(g, (uint32_t)off & ~3u,
		   (mmio_read(g, (uint32_t)off & ~3u) & ~mask) | ((val << shift) & mask));
}

/* Accesses that are not a word or a part of one come byte by byte: nobody does this in earnest. */
static void bar0_bulk(struct gp104 *g, uint64_t off, uint8_t *buf, size_t len, bool write)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (write)
			bar0_write(g, off + i, buf[i], 1);
		else
			buf[i] = (uint8_t)bar0_read(g, off + i, 1);
	}
}

static void bar_read_bulk(void *opaque, unsigned int bar, uint64_t off, void *buf, size_t len)
{
	struct gp104 *g = opaque;

	if (bar == 1) {
		g->stats.bar1_reads++;
		g->stats.bar1_read_bytes += len;
		pmmu_bar1_access(g, off, buf, (uint32_t)len, false);
	} else if (bar == 3) {
		g->stats.bar3_reads++;
		g->stats.bar3_read_bytes += len;
		pmmu_bar2_access(g, off, buf, (uint32_t)len, false);
	} else {
		bar0_bulk(g, off, buf, len, false);
	}
}

static void bar_write_bulk(void *opaque, unsigned int bar, uint64_t off, const void *buf, size_t len)
{
	struct gp104 *g = opaque;

	if (bar == 1) {
		g->stats.bar1_writes++;
		g->stats.bar1_write_bytes += len;
		pmmu_bar1_access(g, off, (void *)buf, (uint32_t)len, true);
	} else if (bar == 3) {
		g->stats.bar3_writes++;
		g->stats.bar3_write_bytes += len;
		pmmu_bar2_access(g, off, (void *)buf, (uint32_t)len, true);
	} else {
		bar0_bulk(g, off, (void *)buf, len, true);
	}
}

static uint64_t bar_read(void *opaque, unsigned int bar, uint64_t off, unsigned int size)
{
	uint64_t val = 0;

	if (bar == 0 && size <= 4)
		return bar0_read(opaque, off, size);
	if (bar == 0)
		return bar0_read(opaque, off, 4) | bar0_read(opaque, off + 4, 4) << 32;
	bar_read_bulk(opaque, bar, off, &val, size);
	return val;
}

static void bar_write(void *opaque, unsigned int bar, uint64_t off, uint64_t val, unsigned int size)
{
	if (bar == 0 && size == 8) {
		bar0_write(opaque, off, (uint32_t)val, 4);
		bar0_write(opaque, off + 4, (uint32_t)(val >> 32), 4);
	} else if (bar == 0) {
		bar0_write(opaque, off, (uint32_t)val, size);
	} else {
		bar_write_bulk(opaque, bar, off, &val, size);
	}
}

/* As after a power cycle, which is how a guest's S3 ends: what was in video memory is lost. */
static void bus_reset(void *opaque)
{
	struct gp104 *g = opaque;

	fallocate(g->vram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		  (off_t)g->cfg.vram_size);
	g->stats.resets++;
	gp104_reset(g);
}

static void dma_map(void *opaque, uint64_t iova, uint64_t size, void *host, unsigned int prot)
{
	struct gp104 *g = opaque;

	g->stats.dma_maps++;
	g->stats.dma_mapped_bytes += size;
	trace(g, "dma", "map %llx-%llx%s%s", (unsigned long long)iova,
	      (unsigned long long)(iova + size - 1), prot & VFU_PROT_WRITE ? "" : " read-only",
	      host ? "" : " out of reach");
}

/* Nothing keeps a pointer into guest RAM over a slice, but the TLBs: they start anew. */
static void dma_unmap(void *opaque, uint64_t iova, uint64_t size)
{
	struct gp104 *g = opaque;

	g->stats.dma_unmaps++;
	g->stats.dma_mapped_bytes -= size;
	trace(g, "dma", "unmap %llx-%llx", (unsigned long long)iova,
	      (unsigned long long)(iova + size - 1));
	pmmu_dma_changed(g);
}

static void bus_lock(void *opaque)
{
	gp104_lock_guest(opaque);
}

static void bus_unlock(void *opaque)
{
	gp104_unlock_guest(opaque);
}

static const struct vfu_ops bus_ops = {
	.read = bar_read,
	.write = bar_write,
	.read_bulk = bar_read_bulk,
	.write_bulk = bar_write_bulk,
	.reset = bus_reset,
	.dma_map = dma_map,
	.dma_unmap = dma_unmap,
	.lock = bus_lock,
	.unlock = bus_unlock,
};

static void *host_dma_ptr(void *opaque, uint64_t iova, uint64_t len, bool write)
{
	return vfu_dma_ptr(opaque, iova, len, write ? VFU_PROT_WRITE : VFU_PROT_READ);
}

static void host_irq_level(void *opaque, bool level)
{
	vfu_irq_level(opaque, level);
}

static void host_msi_send(void *opaque)
{
	vfu_msi_send(opaque);
}

static uint32_t host_cfg_read(void *opaque, unsigned int off)
{
	return vfu_cfg_read(opaque, off, 4);
}

static void host_cfg_write(void *opaque, unsigned int off, uint32_t val)
{
	vfu_cfg_write(opaque, off, val, 4);
}

/* Identity and capabilities as lspci shows them for a Tesla P4. */
static void describe(struct gp104 *g, struct vfu_desc *desc)
{
	*desc = (struct vfu_desc){
		.vendor = 0x10de,
		.device = 0x1bb3,
		.subvendor = 0x10de,
		.subdevice = 0x11d8,
		.class_code = 0x030200,		/* 3D controller */
		.revision = 0xa1,
		.bars = {
			[0] = { .size = BAR0_SIZE, .max_access = 4 },
			[1] = { .size = BAR1_SIZE, .flags = VFU_BAR_64 | VFU_BAR_PREFETCH },
			[3] = { .size = BAR3_SIZE, .flags = VFU_BAR_64 | VFU_BAR_PREFETCH },
		},
		.pm_cap = 0x60,
		.msi_cap = 0x68,
		.exp_cap = 0x78,
		.link_speed = 3,
		.link_width = 16,
		.intx = true,
	};
	desc->rom = prom_image(g, &desc->rom_size);
}

void board_stop(void)
{
	if (serving)
		vfu_stop(serving);
}

static void plug(struct gp104 *g, struct vfu *dev)
{
	g->host = (struct gp104_host){
		.opaque = dev,
		.dma_ptr = host_dma_ptr,
		.irq_level = host_irq_level,
		.msi_send = host_msi_send,
		.cfg_read = host_cfg_read,
		.cfg_write = host_cfg_write,
	};
}

int board_serve(struct gp104 *g)
{
	struct vfu_desc desc;
	struct vfu *dev;
	int ret;

	describe(g, &desc);
	ret = vfu_create(&desc, &bus_ops, g, &dev);
	if (ret) {
		fprintf(stderr, "vfio-user-gp104: cannot create the device: %s\n", strerror(-ret));
		return ret;
	}
	ret = vfu_listen(dev, g->cfg.socket);
	if (ret) {
		fprintf(stderr, "vfio-user-gp104: cannot listen on %s: %s\n", g->cfg.socket,
			strerror(-ret));
		vfu_destroy(dev);
		return ret;
	}
	gp104_lock_guest(g);
	plug(g, dev);
	gp104_unlock_guest(g);
	serving = dev;
	ret = vfu_run(dev);
	serving = NULL;
	gp104_lock_guest(g);
	g->host = (struct gp104_host){ 0 };
	gp104_unlock_guest(g);
	vfu_destroy(dev);
	return ret < 0 ? ret : 0;
}
