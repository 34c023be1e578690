// SPDX-License-Identifier: MIT
/*
 * Config space of a PCI Express endpoint: header, BARs, power management, MSI and PCI Express
 * capabilities, as the PCI Local Bus 3.0 and PCI Express Base specifications lay them out
 * (offsets and bits by the names of linux/pci_regs.h).
 *
 * QEMU keeps the BARs that the guest sees itself and reads ours once, for their type; it forwards
 * every write, so this copy agrees with it.
 */
#include <errno.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "priv.h"

#define ROM_MIN		2048u		/* the low 11 bits of the ROM BAR are not address */
#define ROM_MAX		(16u << 20)

static uint32_t get(const uint8_t *p, unsigned size)
{
	uint32_t v = 0;

	memcpy(&v, p, size);
	return v;
}

static void put(uint8_t *p, uint32_t v, unsigned size)
{
	memcpy(p, &v, size);
}

static bool cfg_access_ok(unsigned off, unsigned size)
{
	return (size == 1 || size == 2 || size == 4) && !(off & (size - 1)) &&
	       off < VFU_CFG_SIZE && size <= VFU_CFG_SIZE - off;
}

/* A register with its reset value and what of it the guest may write. */
static void reg(struct vfu *dev, unsigned off, unsigned size, uint32_t val, uint32_t mask)
{
	put(dev->cfg + off, val, size);
	put(dev->wmask + off, mask, size);
}

static bool power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

static int check_areas(const struct vfu_bar *bar)
{
	unsigned i;

	if (bar->nr_areas > VFU_MAX_MMAP_AREAS || (bar->flags & VFU_BAR_IO) || bar->mmap_fd < 0 ||
	    bar->mmap_offset % PAGE_SIZE)
		return -EINVAL;
	for (i = 0; i < bar->nr_areas; i++) {
		const struct vfu_mmap_area *a = &bar->areas[i];

		if (!a->size || a->offset % PAGE_SIZE || a->size % PAGE_SIZE ||
		    a->offset > bar->size || a->size > bar->size - a->offset)
			return -EINVAL;
	}
	return 0;
}

static int check_bar(const struct vfu_bar *bar)
{
	uint64_t min = PAGE_SIZE, max = 1ull << 31;

	if (bar->flags & VFU_BAR_IO) {
		if (bar->flags & (VFU_BAR_64 | VFU_BAR_PREFETCH))
			return -EINVAL;
		min = 4;
		max = 256;
	} else if (bar->flags & VFU_BAR_64) {
		max = 1ull << 48;
	}
	if (!power_of_two(bar->size) || bar->size < min || bar->size > max ||
	    (bar->max_access && bar->max_access != 4 && bar->max_access != 8))
		return -EINVAL;
	return bar->nr_areas ? check_areas(bar) : 0;
}

static int init_bar(struct vfu *dev, unsigned i)
{
	struct vfu_bar *bar = &dev->desc.bars[i];
	unsigned off = PCI_BASE_ADDRESS_0 + 4 * i;
	uint64_t mask = ~(bar->size - 1);
	uint32_t type = 0;

	if (check_bar(bar))
		return -EINVAL;
	if (!bar->max_access)
		bar->max_access = 8;
	dev->region_size[i] = bar->size;
	if (bar->flags & VFU_BAR_IO) {
		reg(dev, off, 4, PCI_BASE_ADDRESS_SPACE_IO, mask);
		return 0;
	}
	if (bar->flags & VFU_BAR_PREFETCH)
		type |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	if (bar->flags & VFU_BAR_64) {
		if (i + 1 >= VFU_NUM_BARS || dev->desc.bars[i + 1].size)
			return -EINVAL;
		type |= PCI_BASE_ADDRESS_MEM_TYPE_64;
		reg(dev, off + 4, 4, 0, mask >> 32);
	}
	reg(dev, off, 4, type, mask);
	return 0;
}

static int init_rom(struct vfu *dev)
{
	uint64_t size = ROM_MIN;

	if (!dev->desc.rom_size)
		return 0;
	if (!dev->desc.rom || dev->desc.rom_size > ROM_MAX)
		return -EINVAL;
	while (size < dev->desc.rom_size)
		size *= 2;
	dev->region_size[VFIO_PCI_ROM_REGION_INDEX] = size;
	reg(dev, PCI_ROM_ADDRESS, 4, 0, ~(uint32_t)(size - 1) | PCI_ROM_ADDRESS_ENABLE);
	return 0;
}

static void init_header(struct vfu *dev)
{
	const struct vfu_desc *d = &dev->desc;
	uint16_t command = PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR;
	unsigned i;

	for (i = 0; i < VFU_NUM_BARS; i++) {
		if (d->bars[i].size && (d->bars[i].flags & VFU_BAR_IO))
			command |= PCI_COMMAND_IO;
		else if (d->bars[i].size)
			command |= PCI_COMMAND_MEMORY;
	}
	if (d->rom_size)
		command |= PCI_COMMAND_MEMORY;
	if (d->intx) {
		command |= PCI_COMMAND_INTX_DISABLE;
		reg(dev, PCI_INTERRUPT_PIN, 1, 1, 0);
	}
	reg(dev, PCI_VENDOR_ID, 2, d->vendor, 0);
	reg(dev, PCI_DEVICE_ID, 2, d->device, 0);
	reg(dev, PCI_COMMAND, 2, 0, command);
	put(dev->w1c + PCI_STATUS, PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT |
	    PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT |
	    PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY, 2);
	reg(dev, PCI_CLASS_REVISION, 4, d->class_code << 8 | d->revision, 0);
	reg(dev, PCI_CACHE_LINE_SIZE, 1, 0, 0xff);
	reg(dev, PCI_SUBSYSTEM_VENDOR_ID, 2, d->subvendor, 0);
	reg(dev, PCI_SUBSYSTEM_ID, 2, d->subdevice, 0);
	reg(dev, PCI_INTERRUPT_LINE, 1, 0, 0xff);
}

static void init_pm(struct vfu *dev, unsigned off)
{
	reg(dev, off + PCI_PM_PMC, 2, 3, 0);	/* version 1.2; D0 and D3hot, no PME */
	reg(dev, off + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK);
}

static void init_msi(struct vfu *dev, unsigned off)
{
	reg(dev, off + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT,
	    PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	reg(dev, off + PCI_MSI_ADDRESS_LO, 4, 0, ~3u);
	reg(dev, off + PCI_MSI_ADDRESS_HI, 4, 0, ~0u);
	reg(dev, off + PCI_MSI_DATA_64, 2, 0, 0xffff);
}

static void init_exp(struct vfu *dev, unsigned off)
{
	uint32_t speed = dev->desc.link_speed, width = dev->desc.link_width;

	reg(dev, off + PCI_EXP_FLAGS, 2, 2 | PCI_EXP_TYPE_ENDPOINT << 4, 0);
	reg(dev, off + PCI_EXP_DEVCAP, 4,	/* payload 256 bytes, 8-bit tags */
	    1 | PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_RBER |
	    (dev->desc.flr ? PCI_EXP_DEVCAP_FLR : 0), 0);
	reg(dev, off + PCI_EXP_DEVCTL, 2,
	    PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ_512B,
	    0x7fff & ~(PCI_EXP_DEVCTL_PHANTOM | PCI_EXP_DEVCTL_AUX_PME));
	put(dev->w1c + off + PCI_EXP_DEVSTA, 0xf, 2);
	reg(dev, off + PCI_EXP_LNKCAP, 4, speed | width << 4, 0);
	reg(dev, off + PCI_EXP_LNKCTL, 2, 0, PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC |
	    PCI_EXP_LNKCTL_ES);
	reg(dev, off + PCI_EXP_LNKSTA, 2, speed | width << 4 | PCI_EXP_LNKSTA_SLC, 0);
	reg(dev, off + PCI_EXP_DEVCAP2, 4, PCI_EXP_DEVCAP2_COMP_TMOUT_DIS, 0);
	reg(dev, off + PCI_EXP_DEVCTL2, 2, 0, PCI_EXP_DEVCTL2_COMP_TMOUT_DIS);
	reg(dev, off + PCI_EXP_LNKCAP2, 4, ((1u << speed) - 1) << 1, 0);
	reg(dev, off + PCI_EXP_LNKCTL2, 2, speed, PCI_EXP_LNKCTL2_TLS);
}

struct cap {
	uint8_t off, id, len;
	void (*init)(struct vfu *dev, unsigned off);
};

/* Chain the capabilities in order of their offsets. */
static int init_caps(struct vfu *dev)
{
	const struct vfu_desc *d = &dev->desc;
	struct cap caps[] = {
		{ d->pm_cap, PCI_CAP_ID_PM, PCI_PM_SIZEOF, init_pm },
		{ d->msi_cap, PCI_CAP_ID_MSI, PCI_MSI_DATA_64 + 2, init_msi },
		{ d->exp_cap, PCI_CAP_ID_EXP, PCI_EXP_LNKSTA2 + 2, init_exp },
	};
	unsigned link = PCI_CAPABILITY_LIST, end = PCI_STD_HEADER_SIZEOF, i;

	for (;;) {
		struct cap *next = NULL;

		for (i = 0; i < ARRAY_SIZE(caps); i++)
			if (caps[i].off && (!next || caps[i].off < next->off))
				next = &caps[i];
		if (!next)
			return 0;
		if (next->off < end || next->off % 4 || next->off + next->len > PCI_CFG_SPACE_SIZE)
			return -EINVAL;
		dev->cfg[link] = next->off;
		dev->cfg[next->off] = next->id;
		next->init(dev, next->off);
		dev->cfg[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
		link = next->off + 1;
		end = next->off + next->len;
		next->off = 0;
	}
}

int pci_init(struct vfu *dev)
{
	struct vfu_desc *d = &dev->desc;
	unsigned i;
	int ret;

	if (!d->link_speed)
		d->link_speed = 1;
	if (!d->link_width)
		d->link_width = 1;
	if (d->class_code > 0xffffff || d->link_speed > 6 || d->link_width > 32)
		return -EINVAL;
	init_header(dev);
	for (i = 0; i < VFU_NUM_BARS; i++) {
		if (d->bars[i].size && init_bar(dev, i))
			return -EINVAL;
	}
	ret = init_rom(dev);
	if (!ret)
		ret = init_caps(dev);
	dev->region_size[VFIO_PCI_CONFIG_REGION_INDEX] = VFU_CFG_SIZE;
	memcpy(dev->cfg_reset, dev->cfg, sizeof(dev->cfg));
	return ret;
}

/* Tell the interrupt code what it has to know of config space. */
static void sync_irq(struct vfu *dev)
{
	uint16_t command = get(dev->cfg + PCI_COMMAND, 2);
	unsigned msi = dev->desc.msi_cap;
	bool msi_on = msi && (dev->cfg[msi + PCI_MSI_FLAGS] & PCI_MSI_FLAGS_ENABLE);

	irq_config(dev, msi_on, command & PCI_COMMAND_MASTER, command & PCI_COMMAND_INTX_DISABLE);
}

void pci_reset(struct vfu *dev)
{
	memcpy(dev->cfg, dev->cfg_reset, sizeof(dev->cfg));
	irq_reset(dev);
	sync_irq(dev);
}

/* The owner's lock is held. The owner may drive the line and write config space meanwhile. */
void device_reset(struct vfu *dev)
{
	if (dev->in_reset)
		return;
	dev->in_reset = true;
	pci_reset(dev);
	count(&dev->stats.resets, 1);
	if (dev->ops.reset)
		dev->ops.reset(dev->opaque);
	dev->in_reset = false;
}

uint32_t vfu_cfg_read(struct vfu *dev, unsigned off, unsigned size)
{
	uint32_t val;

	if (!cfg_access_ok(off, size))
		return size < 4 ? (1u << 8 * size) - 1 : ~0u;
	val = get(dev->cfg + off, size);
	if (off <= PCI_STATUS && off + size > PCI_STATUS &&
	    __atomic_load_n(&dev->irq.level, __ATOMIC_RELAXED))
		val |= PCI_STATUS_INTERRUPT << 8 * (PCI_STATUS - off);
	return val;
}

static bool touches(unsigned off, unsigned size, unsigned reg, unsigned reg_size)
{
	return off < reg + reg_size && reg < off + size;
}

/* D1 and D2 are not there: a write of them is dropped, as the PM specification has it. */
static void fix_power_state(struct vfu *dev, unsigned off, uint8_t old)
{
	uint8_t state = dev->cfg[off] & PCI_PM_CTRL_STATE_MASK;

	if (state == 1 || state == 2)
		dev->cfg[off] = (dev->cfg[off] & ~PCI_PM_CTRL_STATE_MASK) |
				(old & PCI_PM_CTRL_STATE_MASK);
}

static bool wants_flr(struct vfu *dev, unsigned off, uint32_t val, unsigned size)
{
	unsigned at = dev->desc.exp_cap + PCI_EXP_DEVCTL + 1;	/* byte with bit 15 */

	if (!dev->desc.flr || !dev->desc.exp_cap || at < off || at >= off + size)
		return false;
	return val >> 8 * (at - off) & PCI_EXP_DEVCTL_BCR_FLR >> 8;
}

void vfu_cfg_write(struct vfu *dev, unsigned off, uint32_t val, unsigned size)
{
	const struct vfu_desc *d = &dev->desc;
	unsigned pm = d->pm_cap ? d->pm_cap + PCI_PM_CTRL : 0;
	uint32_t mask, w1c, cur;
	uint8_t old_pm = 0;

	if (!cfg_access_ok(off, size))
		return;
	if (pm)
		old_pm = dev->cfg[pm];
	mask = get(dev->wmask + off, size);
	w1c = get(dev->w1c + off, size);
	cur = get(dev->cfg + off, size);
	put(dev->cfg + off, ((cur & ~mask) | (val & mask)) & ~(val & w1c), size);

	if (pm)
		fix_power_state(dev, pm, old_pm);
	if (touches(off, size, PCI_COMMAND, 2) ||
	    (d->msi_cap && touches(off, size, d->msi_cap + PCI_MSI_FLAGS, 2)))
		sync_irq(dev);
	if (dev->ops.cfg_written)
		dev->ops.cfg_written(dev->opaque, off, size);
	if (wants_flr(dev, off, val, size))
		device_reset(dev);
}

void vfu_cfg_poke(struct vfu *dev, unsigned off, uint32_t val, unsigned size)
{
	if (!cfg_access_ok(off, size))
		return;
	put(dev->cfg + off, val, size);
	if (!dev->served)
		put(dev->cfg_reset + off, val, size);
	sync_irq(dev);
}

void vfu_cfg_set_mask(struct vfu *dev, unsigned off, uint32_t mask, unsigned size)
{
	if (cfg_access_ok(off, size))
		put(dev->wmask + off, mask, size);
}
