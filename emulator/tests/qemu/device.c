// SPDX-License-Identifier: MIT
/*
 * A small PCI device on the vfio-user library, for guest.c to drive in a real QEMU: scratch
 * registers, a DMA copy engine, an interrupt. It is also the shortest example of the library's use.
 *
 * BAR0:  00 id   04 scratch   08 control: 1 copies, 2 sends an MSI, 4 counts the write
 *        0c line level   10 source   18 destination   20 length   28 result   30 count
 * BAR1:  memory
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio_user.h"

#define BAR1_SIZE (1u << 20)

struct device {
	struct vfu *vfu;
	uint32_t scratch, level, result, count;
	uint64_t src, dst, len;
	uint8_t mem[BAR1_SIZE];
	uint8_t rom[4096];
};

static struct device dev;

static void copy(struct device *d)
{
	uint8_t buf[4096];

	d->result = 0;
	while (d->len && !d->result) {
		size_t n = d->len < sizeof(buf) ? d->len : sizeof(buf);

		if (vfu_dma_read(d->vfu, d->src, buf, n) || vfu_dma_write(d->vfu, d->dst, buf, n))
			d->result = EFAULT;
		d->src += n;
		d->dst += n;
		d->len -= n;
	}
	d->level = 1;
	vfu_irq_level(d->vfu, true);
}

static uint64_t dev_read(void *opaque, unsigned bar, uint64_t off, unsigned size)
{
	struct device *d = opaque;
	uint64_t val = 0;

	if (bar == 1) {
		memcpy(&val, d->mem + off, size);
		return val;
	}
	switch (off) {
	case 0x00: return 0x75667631;
	case 0x04: return d->scratch;
	case 0x0c: return d->level;
	case 0x28: return d->result;
	case 0x30: return d->count;
	default: return 0;
	}
}

static void set_half(uint64_t *reg, uint64_t off, uint32_t val)
{
	memcpy((uint8_t *)reg + (off & 4), &val, 4);
}

static void dev_write(void *opaque, unsigned bar, uint64_t off, uint64_t val, unsigned size)
{
	struct device *d = opaque;

	if (bar == 1) {
		memcpy(d->mem + off, &val, size);
		return;
	}
	switch (off & ~4ull) {
	case 0x00:
		if (off == 4)
			d->scratch = val;
		break;
	case 0x08:
		if (off == 0x0c) {
			d->level = val & 1;
			vfu_irq_level(d->vfu, val & 1);
		} else if (val & 1) {
			copy(d);
		} else if (val & 2) {
			vfu_msi_send(d->vfu);
		} else if (val & 4) {
			d->count++;
		}
		break;
	case 0x10: set_half(&d->src, off, val); break;
	case 0x18: set_half(&d->dst, off, val); break;
	case 0x20: set_half(&d->len, off, val & 0xfffff); break;
	}
}

static void dev_reset(void *opaque)
{
	struct device *d = opaque;

	d->scratch = d->level = d->result = d->count = 0;
	vfu_irq_level(d->vfu, false);
}

static void on_signal(int sig)
{
	vfu_stop(dev.vfu);
}

int main(int argc, char **argv)
{
	struct vfu_desc desc = {
		.vendor = 0xbeef, .device = 0xcafe, .subvendor = 0xbeef, .subdevice = 1,
		.class_code = 0xff0000, .revision = 2,
		.bars[0] = { .size = 4096, .max_access = 4 },
		.bars[1] = { .size = BAR1_SIZE, .flags = VFU_BAR_64 | VFU_BAR_PREFETCH },
		.rom = dev.rom, .rom_size = sizeof(dev.rom),
		.pm_cap = 0x60, .msi_cap = 0x68, .exp_cap = 0x78,
		.link_speed = 3, .link_width = 16, .flr = true, .intx = true,
	};
	struct vfu_ops ops = { .read = dev_read, .write = dev_write, .reset = dev_reset };
	struct vfu_stats st;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
		return 2;
	}
	memcpy(dev.rom, "\x55\xaa\x08", 3);
	dev.rom[0x18] = 0x40;			/* where the PCI data structure is */
	memcpy(dev.rom + 0x40, "PCIR\xef\xbe\xfe\xca", 8);
	dev.rom[0x4a] = 24;			/* its length */
	dev.rom[0x50] = 8;			/* the image's, in 512 bytes */
	dev.rom[0x55] = 0x80;			/* the last one */
	memcpy(dev.rom + 0x100, "expansion", 9);
	ret = vfu_create(&desc, &ops, &dev, &dev.vfu);
	if (!ret)
		ret = vfu_listen(dev.vfu, argv[1]);
	if (ret) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-ret));
		return 1;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	ret = vfu_run(dev.vfu);
	vfu_get_stats(dev.vfu, &st);
	printf("device: %lu messages in %lu batches, %lu reads, %lu writes, %lu of them posted, "
	       "%lu maps, %lu unmaps, %lu interrupts, %lu resets, %lu errors\n", st.messages,
	       st.batches, st.reads, st.writes, st.posted, st.dma_maps, st.dma_unmaps, st.irqs,
	       st.resets, st.errors);
	vfu_destroy(dev.vfu);
	return ret < 0;
}
