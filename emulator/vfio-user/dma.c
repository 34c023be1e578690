// SPDX-License-Identifier: MIT
/*
 * Guest memory: the client sends file descriptors of its RAM, we map them and keep the table from
 * guest address to host address.
 *
 * A file is mapped once, whole, and shared by all regions in it: with an IOMMU in the guest there
 * are thousands of small regions, all in the same memfd, and the number of mappings of a process
 * is limited. The descriptor itself is closed at once.
 *
 * That the file covers a region is checked when the region comes. A client that truncates the
 * file later makes our next access to it die of SIGBUS. Sealed memfds (QEMU's
 * memory-backend-memfd seals against shrinking by default) cannot do that; of other files the
 * client must be trusted in this.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <linux/pci_regs.h>

#include "priv.h"

static void file_put(struct vfu *dev, struct file_map *file)
{
	struct file_map **p;

	if (!file || --file->refs)
		return;
	for (p = &dev->files; *p != file; p = &(*p)->next)
		;
	*p = file->next;
	munmap(file->host, file->len);
	free(file);
	dev->nr_files--;
}

static struct file_map *file_find(struct vfu *dev, const struct stat *st, uint64_t offset,
				  uint64_t size, unsigned prot)
{
	struct file_map *f;

	for (f = dev->files; f; f = f->next) {
		if (f->dev == st->st_dev && f->ino == st->st_ino && (f->prot & prot) == prot &&
		    offset >= f->start && offset - f->start <= f->len &&
		    size <= f->len - (offset - f->start))
			return f;
	}
	return NULL;
}

static int file_map(struct vfu *dev, int fd, const struct stat *st, uint64_t offset,
		    uint64_t size, unsigned prot, struct file_map **out)
{
	int host_prot = PROT_READ | (prot & VFU_PROT_WRITE ? PROT_WRITE : 0);
	struct file_map *f;

	if (dev->nr_files >= MAX_FILES)
		return -ENOSPC;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->prot = VFU_PROT_READ | (prot & VFU_PROT_WRITE);

	/* the whole file if it can be had, else what was asked for */
	f->len = ((uint64_t)st->st_size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	f->host = mmap(NULL, f->len, host_prot, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (f->host == MAP_FAILED) {
		f->start = offset;
		f->len = size;
		f->host = mmap(NULL, size, host_prot, MAP_SHARED | MAP_NORESERVE, fd, offset);
	}
	if (f->host == MAP_FAILED) {
		int err = errno;

		free(f);
		return -err;
	}
	f->next = dev->files;
	dev->files = f;
	dev->nr_files++;
	*out = f;
	return 0;
}

static int file_get(struct vfu *dev, int fd, uint64_t offset, uint64_t size, unsigned prot,
		    struct file_map **out)
{
	struct stat st;
	int ret;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* only of regular files (memfd, tmpfs, hugetlbfs) is the size known */
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || offset > (uint64_t)st.st_size ||
	    size > (uint64_t)st.st_size - offset)
		return -EINVAL;

	*out = file_find(dev, &st, offset, size, prot);
	if (!*out) {
		ret = file_map(dev, fd, &st, offset, size, prot, out);
		if (ret)
			return ret;
	} else {
		/* the descriptor at hand must carry the right itself, whatever another one did */
		int flags = fcntl(fd, F_GETFL);

		if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || (flags & O_PATH) ||
		    ((prot & VFU_PROT_WRITE) && (flags & O_ACCMODE) != O_RDWR))
			return -EACCES;
	}
	(*out)->refs++;
	return 0;
}

/* Index of the first region that ends at or after addr. */
static unsigned dma_search(const struct vfu *dev, uint64_t addr)
{
	unsigned lo = 0, hi = dev->nr_dma;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (dev->dma[mid].last < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int dma_reserve(struct vfu *dev)
{
	unsigned max = dev->max_dma ? dev->max_dma * 2 : 16;
	struct dma_region *dma;

	if (dev->nr_dma >= MAX_DMA_REGIONS)
		return -ENOSPC;
	if (dev->nr_dma < dev->max_dma)
		return 0;
	dma = realloc(dev->dma, max * sizeof(*dma));
	if (!dma)
		return -ENOMEM;
	dev->dma = dma;
	dev->max_dma = max;
	return 0;
}

static bool page_aligned(uint64_t a, uint64_t b, uint64_t c)
{
	return !((a | b | c) & (PAGE_SIZE - 1));
}

int handle_dma_map(struct vfu *dev, struct msg *m)
{
	const unsigned known = VFU_PROT_READ | VFU_PROT_WRITE;
	struct dma_region *r;
	struct dma_map req;
	uint64_t last;
	unsigned i;
	int ret;

	if (m->len < sizeof(req))
		return -EINVAL;
	memcpy(&req, m->data, sizeof(req));
	last = req.iova + req.size - 1;
	if (req.argsz < sizeof(req) || m->nr_fds > 1 || !(req.flags & known) ||
	    (req.flags & ~known) || !req.size || last < req.iova ||
	    !page_aligned(req.iova, req.size, req.offset))
		return -EINVAL;

	i = dma_search(dev, req.iova);
	if (i < dev->nr_dma && dev->dma[i].iova <= last)
		return -EEXIST;
	ret = dma_reserve(dev);
	if (ret)
		return ret;

	struct dma_region new = { .iova = req.iova, .last = last, .prot = req.flags };

	/* no descriptor: memory we cannot reach, but that exists */
	if (m->nr_fds) {
		ret = file_get(dev, m->fds[0], req.offset, req.size, req.flags, &new.file);
		if (ret)
			return ret;
		new.host = new.file->host + (req.offset - new.file->start);
	}

	r = dev->dma + i;
	memmove(r + 1, r, (dev->nr_dma - i) * sizeof(*r));
	*r = new;
	dev->nr_dma++;
	count(&dev->stats.dma_maps, 1);
	if (dev->ops.dma_map)
		dev->ops.dma_map(dev->opaque, req.iova, req.size, new.host, new.prot);
	return 0;
}

static void dma_remove(struct vfu *dev, unsigned first, unsigned end)
{
	unsigned i;

	for (i = first; i < end; i++) {
		struct dma_region *r = &dev->dma[i];

		if (dev->ops.dma_unmap)
			dev->ops.dma_unmap(dev->opaque, r->iova, r->last - r->iova + 1);
		count(&dev->stats.dma_unmaps, 1);
	}
	for (i = first; i < end; i++)
		file_put(dev, dev->dma[i].file);
	if (dev->dma)
		memmove(dev->dma + first, dev->dma + end, (dev->nr_dma - end) * sizeof(*dev->dma));
	dev->nr_dma -= end - first;
}

void dma_unmap_all(struct vfu *dev)
{
	dma_remove(dev, 0, dev->nr_dma);
}

/*
 * As the kernel's type1 v2 IOMMU does it, which QEMU's callers are written for: the range may hold
 * any number of whole regions, none too (an IOMMU flush names ranges where nothing is); it may not
 * cut one. The reply's size says how much went.
 */
int handle_dma_unmap(struct vfu *dev, struct msg *m)
{
	uint64_t last, gone = 0;
	struct dma_unmap req;
	unsigned i, first, end;

	if (m->len < sizeof(req))
		return -EINVAL;
	memcpy(&req, m->data, sizeof(req));
	if (req.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		return -ENOTSUP;
	if (req.argsz < sizeof(req) || m->nr_fds || (req.flags & ~VFIO_DMA_UNMAP_FLAG_ALL))
		return -EINVAL;

	if (req.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		if (req.iova || req.size)
			return -EINVAL;
		first = 0;
		end = dev->nr_dma;
	} else {
		last = req.iova + req.size - 1;
		if (!req.size || last < req.iova || !page_aligned(req.iova, req.size, 0))
			return -EINVAL;
		first = dma_search(dev, req.iova);
		if (first < dev->nr_dma && dev->dma[first].iova < req.iova)
			return -EINVAL;
		for (end = first; end < dev->nr_dma && dev->dma[end].iova <= last; end++)
			if (dev->dma[end].last > last)
				return -EINVAL;
	}
	for (i = first; i < end; i++)
		gone += dev->dma[i].last - dev->dma[i].iova + 1;
	dma_remove(dev, first, end);

	req.size = gone;
	memcpy(reply_data(dev), &req, sizeof(req));
	m->reply_len = sizeof(req);
	return 0;
}

static const struct dma_region *dma_find(struct vfu *dev, uint64_t iova)
{
	unsigned i = __atomic_load_n(&dev->dma_hint, __ATOMIC_RELAXED);

	if (i < dev->nr_dma && iova >= dev->dma[i].iova && iova <= dev->dma[i].last)
		return &dev->dma[i];
	i = dma_search(dev, iova);
	if (i >= dev->nr_dma || iova < dev->dma[i].iova)
		return NULL;
	__atomic_store_n(&dev->dma_hint, i, __ATOMIC_RELAXED);
	return &dev->dma[i];
}

void *vfu_dma_span(struct vfu *dev, uint64_t iova, uint64_t *len, unsigned prot)
{
	const struct dma_region *r, *end;
	uint64_t want = *len, have;
	uint8_t *host;

	*len = 0;
	if (!want || !(dev->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER))
		return NULL;
	r = dma_find(dev, iova);
	if (!r || !r->host || (r->prot & prot) != prot)
		return NULL;
	host = r->host + (iova - r->iova);
	have = r->last - iova + 1;

	/* neighbours in the guest are often neighbours in the file */
	end = dev->dma + dev->nr_dma;
	while (have < want && r + 1 < end && r[1].iova - 1 == r->last && r[1].file == r->file &&
	       r[1].host == r->host + (r->last - r->iova + 1) && (r[1].prot & prot) == prot) {
		r++;
		have += r->last - r->iova + 1;
	}
	*len = have < want ? have : want;
	return host;
}

void *vfu_dma_ptr(struct vfu *dev, uint64_t iova, uint64_t len, unsigned prot)
{
	uint64_t have = len;
	void *host = vfu_dma_span(dev, iova, &have, prot);

	return have == len ? host : NULL;
}

static int dma_copy(struct vfu *dev, uint64_t iova, uint8_t *buf, size_t len, unsigned prot)
{
	while (len) {
		uint64_t n = len;
		void *host = vfu_dma_span(dev, iova, &n, prot);

		if (!host)
			return -EFAULT;
		if (prot & VFU_PROT_WRITE)
			memcpy(host, buf, n);
		else
			memcpy(buf, host, n);
		iova += n;
		buf += n;
		len -= n;
		if (len && !iova)
			return -EFAULT;
	}
	return 0;
}

int vfu_dma_read(struct vfu *dev, uint64_t iova, void *buf, size_t len)
{
	return dma_copy(dev, iova, buf, len, VFU_PROT_READ);
}

int vfu_dma_write(struct vfu *dev, uint64_t iova, const void *buf, size_t len)
{
	return dma_copy(dev, iova, (uint8_t *)buf, len, VFU_PROT_WRITE);
}
