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

/*
 * The table: leaves of some hundred regions, so that neither a look-up nor a change takes long when
 * the guest has an IOMMU and maps each of its pages on its own.
 */
struct dma_pos {
	unsigned leaf, i;
};

static struct dma_region *dma_at(const struct vfu *dev, struct dma_pos p)
{
	return p.leaf < dev->nr_leaves ? &dev->leaves[p.leaf]->r[p.i] : NULL;
}

static struct dma_pos dma_next(const struct vfu *dev, struct dma_pos p)
{
	if (++p.i == dev->leaves[p.leaf]->nr)
		p = (struct dma_pos){ p.leaf + 1, 0 };
	return p;
}

/* The first region that ends at or after addr. */
static struct dma_pos dma_search(const struct vfu *dev, uint64_t addr)
{
	struct dma_pos p = { 0, 0 };
	unsigned hi = dev->nr_leaves, mid;
	const struct dma_leaf *l;

	while (p.leaf < hi) {
		mid = p.leaf + (hi - p.leaf) / 2;
		l = dev->leaves[mid];
		if (l->r[l->nr - 1].last < addr)
			p.leaf = mid + 1;
		else
			hi = mid;
	}
	if (p.leaf == dev->nr_leaves)
		return p;
	l = dev->leaves[p.leaf];
	for (hi = l->nr; p.i < hi;) {
		mid = p.i + (hi - p.i) / 2;
		if (l->r[mid].last < addr)
			p.i = mid + 1;
		else
			hi = mid;
	}
	return p;
}

/* A new leaf at this place, with nothing in it yet. */
static struct dma_leaf *leaf_insert(struct vfu *dev, unsigned at)
{
	unsigned max = dev->max_leaves ? dev->max_leaves * 2 : 16;
	struct dma_leaf *l, **leaves;

	if (dev->nr_leaves == dev->max_leaves) {
		leaves = realloc(dev->leaves, max * sizeof(*leaves));
		if (!leaves)
			return NULL;
		dev->leaves = leaves;
		dev->max_leaves = max;
	}
	l = malloc(sizeof(*l));
	if (!l)
		return NULL;
	l->nr = 0;
	memmove(dev->leaves + at + 1, dev->leaves + at, (dev->nr_leaves - at) * sizeof(l));
	dev->leaves[at] = l;
	dev->nr_leaves++;
	return l;
}

/* Put a region before @p. */
static int dma_insert(struct vfu *dev, struct dma_pos p, const struct dma_region *new)
{
	struct dma_leaf *l, *upper;
	struct dma_region *r;

	if (dev->nr_dma >= MAX_DMA_REGIONS)
		return -ENOSPC;
	/* behind the last one: in the last leaf */
	if (p.leaf == dev->nr_leaves && dev->nr_leaves) {
		p.leaf--;
		p.i = dev->leaves[p.leaf]->nr;
	}
	l = p.leaf < dev->nr_leaves ? dev->leaves[p.leaf] : leaf_insert(dev, 0);
	if (!l)
		return -ENOMEM;
	if (l->nr == LEAF_REGIONS) {
		upper = leaf_insert(dev, p.leaf + 1);
		if (!upper)
			return -ENOMEM;
		l->nr = LEAF_REGIONS / 2;
		upper->nr = LEAF_REGIONS - l->nr;
		memcpy(upper->r, l->r + l->nr, upper->nr * sizeof(*r));
		if (p.i > l->nr) {
			p.i -= l->nr;
			l = upper;
		}
	}
	r = l->r + p.i;
	memmove(r + 1, r, (l->nr - p.i) * sizeof(*r));
	*r = *new;
	l->nr++;
	dev->nr_dma++;
	dev->dma_hint = NULL;
	return 0;
}

static bool page_aligned(uint64_t a, uint64_t b, uint64_t c)
{
	return !((a | b | c) & (PAGE_SIZE - 1));
}

int handle_dma_map(struct vfu *dev, struct msg *m)
{
	const unsigned known = VFU_PROT_READ | VFU_PROT_WRITE;
	const struct dma_region *r;
	struct dma_pos at;
	struct dma_map req;
	uint64_t last;
	int ret;

	if (m->len < sizeof(req))
		return -EINVAL;
	memcpy(&req, m->data, sizeof(req));
	last = req.iova + req.size - 1;
	if (req.argsz < sizeof(req) || m->nr_fds > 1 || !(req.flags & known) ||
	    (req.flags & ~known) || !req.size || last < req.iova ||
	    !page_aligned(req.iova, req.size, req.offset))
		return -EINVAL;

	at = dma_search(dev, req.iova);
	r = dma_at(dev, at);
	if (r && r->iova <= last)
		return -EEXIST;

	struct dma_region new = { .iova = req.iova, .last = last, .prot = req.flags };

	/* no descriptor: memory we cannot reach, but that exists */
	if (m->nr_fds) {
		ret = file_get(dev, m->fds[0], req.offset, req.size, req.flags, &new.file);
		if (ret)
			return ret;
		new.host = new.file->host + (req.offset - new.file->start);
	}

	ret = dma_insert(dev, at, &new);
	if (ret) {
		file_put(dev, new.file);
		return ret;
	}
	count(&dev->stats.dma_maps, 1);
	if (dev->ops.dma_map)
		dev->ops.dma_map(dev->opaque, req.iova, req.size, new.host, new.prot);
	return 0;
}

/* Take out @n regions from @p on. */
static void dma_remove(struct vfu *dev, struct dma_pos p, unsigned n)
{
	struct dma_leaf *l;
	unsigned i, k;

	dev->dma_hint = NULL;
	for (; n; n -= k) {
		l = dev->leaves[p.leaf];
		k = l->nr - p.i < n ? l->nr - p.i : n;
		for (i = p.i; i < p.i + k; i++) {
			struct dma_region *r = &l->r[i];

			if (dev->ops.dma_unmap)
				dev->ops.dma_unmap(dev->opaque, r->iova, r->last - r->iova + 1);
			count(&dev->stats.dma_unmaps, 1);
			file_put(dev, r->file);
		}
		memmove(l->r + p.i, l->r + p.i + k, (l->nr - p.i - k) * sizeof(l->r[0]));
		l->nr -= k;
		dev->nr_dma -= k;
		if (!l->nr) {
			free(l);
			dev->nr_leaves--;
			memmove(dev->leaves + p.leaf, dev->leaves + p.leaf + 1,
				(dev->nr_leaves - p.leaf) * sizeof(l));
		} else if (p.i == l->nr) {
			p = (struct dma_pos){ p.leaf + 1, 0 };
		}
	}
}

void dma_unmap_all(struct vfu *dev)
{
	dma_remove(dev, (struct dma_pos){ 0, 0 }, dev->nr_dma);
}

/*
 * As the kernel's type1 v2 IOMMU does it, which QEMU's callers are written for: the range may hold
 * any number of whole regions, none too (an IOMMU flush names ranges where nothing is); it may not
 * cut one. The reply's size says how much went.
 */
int handle_dma_unmap(struct vfu *dev, struct msg *m)
{
	const struct dma_region *r;
	struct dma_pos first = { 0, 0 }, end;
	uint64_t last, gone = 0;
	struct dma_unmap req;
	unsigned n = 0;

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
		last = UINT64_MAX;
	} else {
		last = req.iova + req.size - 1;
		if (!req.size || last < req.iova || !page_aligned(req.iova, req.size, 0))
			return -EINVAL;
		first = dma_search(dev, req.iova);
		r = dma_at(dev, first);
		if (r && r->iova < req.iova)
			return -EINVAL;
	}
	for (end = first; (r = dma_at(dev, end)) && r->iova <= last; end = dma_next(dev, end)) {
		if (r->last > last)
			return -EINVAL;
		gone += r->last - r->iova + 1;
		n++;
	}
	dma_remove(dev, first, n);

	req.size = gone;
	memcpy(reply_data(dev), &req, sizeof(req));
	m->reply_len = sizeof(req);
	return 0;
}

static bool dma_has(const struct dma_region *r, uint64_t iova)
{
	return r && iova >= r->iova && iova <= r->last;
}

void *vfu_dma_span(struct vfu *dev, uint64_t iova, uint64_t *len, unsigned prot)
{
	const struct dma_region *r = __atomic_load_n(&dev->dma_hint, __ATOMIC_RELAXED), *next;
	uint64_t want = *len, have;
	struct dma_pos p = { 0, 0 };
	uint8_t *host;

	*len = 0;
	if (!want || !(dev->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER))
		return NULL;
	if (!dma_has(r, iova) || r->last - iova < want - 1) {
		p = dma_search(dev, iova);
		r = dma_at(dev, p);
		if (!dma_has(r, iova))
			return NULL;
		__atomic_store_n(&dev->dma_hint, r, __ATOMIC_RELAXED);
	}
	if (!r->host || (r->prot & prot) != prot)
		return NULL;
	host = r->host + (iova - r->iova);
	have = r->last - iova + 1;

	/* neighbours in the guest are often neighbours in the file */
	while (have < want) {
		p = dma_next(dev, p);
		next = dma_at(dev, p);
		if (!next || next->iova - 1 != r->last || next->file != r->file ||
		    next->host != r->host + (r->last - r->iova + 1) || (next->prot & prot) != prot)
			break;
		r = next;
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
