// SPDX-License-Identifier: MIT
/*
 * Regions: the BARs, the expansion ROM and config space, and the messages that access them.
 */
#include <errno.h>
#include <string.h>

#include "priv.h"

/* What a CPU does in one access; 8 bytes still go in two if the BAR takes 4 at most. */
static bool plain_access(uint64_t off, uint32_t len)
{
	return len <= 8 && !(len & (len - 1)) && !(off & (len - 1));
}

/* Widest naturally aligned access at off that does not go beyond len or max. */
static unsigned piece(uint64_t off, uint32_t len, unsigned max)
{
	while (max > len || (off & (max - 1)))
		max /= 2;
	return max;
}

static void bar_read(struct vfu *dev, unsigned i, uint64_t off, uint8_t *buf, uint32_t len)
{
	const struct vfu_bar *bar = &dev->desc.bars[i];
	uint64_t val;
	unsigned n;

	if (dev->ops.read_bulk && !plain_access(off, len)) {
		dev->ops.read_bulk(dev->opaque, i, off, buf, len);
		return;
	}
	for (; len; off += n, buf += n, len -= n) {
		n = piece(off, len, bar->max_access);
		val = dev->ops.read(dev->opaque, i, off, n);
		memcpy(buf, &val, n);
	}
}

static void bar_write(struct vfu *dev, unsigned i, uint64_t off, const uint8_t *buf, uint32_t len)
{
	const struct vfu_bar *bar = &dev->desc.bars[i];
	unsigned n;

	if (dev->ops.write_bulk && !plain_access(off, len)) {
		dev->ops.write_bulk(dev->opaque, i, off, buf, len);
		return;
	}
	for (; len; off += n, buf += n, len -= n) {
		uint64_t val = 0;

		n = piece(off, len, bar->max_access);
		memcpy(&val, buf, n);
		dev->ops.write(dev->opaque, i, off, val, n);
	}
}

static void rom_read(struct vfu *dev, uint64_t off, uint8_t *buf, uint32_t len)
{
	size_t have = off < dev->desc.rom_size ? dev->desc.rom_size - off : 0;

	if (have > len)
		have = len;
	if (have)
		memcpy(buf, (const uint8_t *)dev->desc.rom + off, have);
	memset(buf + have, 0xff, len - have);
}

static void cfg_read(struct vfu *dev, uint64_t off, uint8_t *buf, uint32_t len)
{
	unsigned n;

	for (; len; off += n, buf += n, len -= n) {
		uint32_t val;

		n = piece(off, len, 4);
		val = vfu_cfg_read(dev, off, n);
		memcpy(buf, &val, n);
	}
}

static void cfg_write(struct vfu *dev, uint64_t off, const uint8_t *buf, uint32_t len)
{
	unsigned n;

	for (; len; off += n, buf += n, len -= n) {
		uint32_t val = 0;

		n = piece(off, len, 4);
		memcpy(&val, buf, n);
		vfu_cfg_write(dev, off, val, n);
	}
}

static bool in_region(const struct vfu *dev, uint32_t region, uint64_t off, uint32_t len)
{
	uint64_t size;

	if (region >= VFIO_PCI_NUM_REGIONS || !len)
		return false;
	size = dev->region_size[region];
	return off < size && len <= size - off;
}

int region_read(struct vfu *dev, uint32_t region, uint64_t off, uint8_t *buf, uint32_t len)
{
	if (!in_region(dev, region, off, len))
		return -EINVAL;
	count(&dev->stats.reads, 1);
	if (region < VFU_NUM_BARS)
		bar_read(dev, region, off, buf, len);
	else if (region == VFIO_PCI_ROM_REGION_INDEX)
		rom_read(dev, off, buf, len);
	else
		cfg_read(dev, off, buf, len);
	return 0;
}

int region_write(struct vfu *dev, uint32_t region, uint64_t off, const uint8_t *buf, uint32_t len)
{
	if (!in_region(dev, region, off, len) || region == VFIO_PCI_ROM_REGION_INDEX)
		return -EINVAL;
	count(&dev->stats.writes, 1);
	if (region < VFU_NUM_BARS)
		bar_write(dev, region, off, buf, len);
	else
		cfg_write(dev, off, buf, len);
	return 0;
}

int handle_read(struct vfu *dev, struct msg *m)
{
	uint8_t *reply = reply_data(dev);
	struct region_rw req;
	int ret;

	if (m->len < sizeof(req))
		return -EINVAL;
	memcpy(&req, m->data, sizeof(req));
	if (req.count > MAX_XFER || m->nr_fds)
		return -EINVAL;
	ret = region_read(dev, req.region, req.offset, reply + sizeof(req), req.count);
	if (ret)
		return ret;
	memcpy(reply, &req, sizeof(req));
	m->reply_len = sizeof(req) + req.count;
	return 0;
}

int handle_write(struct vfu *dev, struct msg *m)
{
	struct region_rw req;
	int ret;

	if (m->len < sizeof(req))
		return -EINVAL;
	memcpy(&req, m->data, sizeof(req));
	if (req.count > MAX_XFER || m->len - sizeof(req) < req.count || m->nr_fds)
		return -EINVAL;
	ret = region_write(dev, req.region, req.offset, m->data + sizeof(req), req.count);
	if (ret)
		return ret;
	memcpy(reply_data(dev), &req, sizeof(req));
	m->reply_len = sizeof(req);
	return 0;
}

/* A bad write in the batch does not keep the others from being done: they are posted writes. */
int handle_write_multi(struct vfu *dev, struct msg *m)
{
	struct write_one w;
	uint64_t n, i, done = 0;

	if (m->len < sizeof(n) || m->nr_fds)
		return -EINVAL;
	memcpy(&n, m->data, sizeof(n));
	if (n > (m->len - sizeof(n)) / sizeof(w))
		return -EINVAL;
	count(&dev->stats.multi, 1);
	for (i = 0; i < n; i++) {
		memcpy(&w, m->data + sizeof(n) + i * sizeof(w), sizeof(w));
		if (w.count > sizeof(w.data) ||
		    region_write(dev, w.region, w.offset, w.data, w.count)) {
			count(&dev->stats.errors, 1);
			continue;
		}
		done++;
	}
	if (m->hdr->flags & HDR_NO_REPLY)
		count(&dev->stats.posted, done);
	memcpy(reply_data(dev), &done, sizeof(done));
	m->reply_len = sizeof(done);
	return 0;
}

/* The capability that names the areas that the client may map. Returns its size. */
static uint32_t put_areas(uint8_t *buf, const struct vfu_bar *bar)
{
	struct vfio_region_info_cap_sparse_mmap cap = {
		.header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP,
		.header.version = 1,
		.nr_areas = bar->nr_areas,
	};
	unsigned i;

	memcpy(buf, &cap, sizeof(cap));
	for (i = 0; i < bar->nr_areas; i++) {
		struct vfio_region_sparse_mmap_area area = {
			.offset = bar->areas[i].offset,
			.size = bar->areas[i].size,
		};

		memcpy(buf + sizeof(cap) + i * sizeof(area), &area, sizeof(area));
	}
	return sizeof(cap) + bar->nr_areas * sizeof(struct vfio_region_sparse_mmap_area);
}

int handle_region_info(struct vfu *dev, struct msg *m)
{
	uint8_t *reply = reply_data(dev);
	const struct vfu_bar *bar = NULL;
	struct vfio_region_info info;
	uint32_t argsz, caps;

	if (m->len < sizeof(info))
		return -EINVAL;
	memcpy(&info, m->data, sizeof(info));
	argsz = info.argsz;
	if (argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_REGIONS || m->nr_fds)
		return -EINVAL;
	if (info.index < VFU_NUM_BARS)
		bar = &dev->desc.bars[info.index];

	info.argsz = sizeof(info);
	info.flags = 0;
	info.cap_offset = 0;
	info.size = dev->region_size[info.index];
	info.offset = 0;
	if (info.size) {
		info.flags = VFIO_REGION_INFO_FLAG_READ;
		if (info.index != VFIO_PCI_ROM_REGION_INDEX)
			info.flags |= VFIO_REGION_INFO_FLAG_WRITE;
	}
	m->reply_len = sizeof(info);
	if (bar && bar->nr_areas && dev->client_fds) {
		caps = put_areas(reply + sizeof(info), bar);
		info.flags |= VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
		info.offset = bar->mmap_offset;
		info.argsz += caps;
		m->reply_fd = bar->mmap_fd;
		/* the client asks again if it left too little room */
		if (argsz >= info.argsz) {
			info.cap_offset = sizeof(info);
			m->reply_len += caps;
		}
	}
	memcpy(reply, &info, sizeof(info));
	return 0;
}
