/* SPDX-License-Identifier: MIT */
/*
 * What the files of the vfio-user library share among themselves.
 */
#ifndef VFIO_USER_PRIV_H
#define VFIO_USER_PRIV_H

#include <pthread.h>

#include "proto.h"
#include "vfio_user.h"

#define PAGE_SIZE	4096u
#define MAX_XFER	(1u << 20)	/* data of one message; the protocol's default */
#define MAX_MSG		(MAX_XFER + 4096u)
#define MAX_JSON	4096u
#define MAX_MSG_FDS	8		/* taken with one message */
#define MAX_PENDING_FDS	32		/* received, their message not yet complete */
#define MAX_DMA_MAPS	65535u		/* what we say; the protocol's default, which QEMU wants */
#define MAX_DMA_REGIONS	(1u << 20)	/* what we take: QEMU maps for a guest's IOMMU without counting */
#define LEAF_REGIONS	256u
#define MAX_FILES	1024		/* distinct mappings behind the regions */
#define MAX_WATCHES	8
#define MAX_REFUSED	4
#define REFUSE_MS	2000		/* time for a further client to say VERSION */
#define ACCEPT_PAUSE_MS	500
#define MAX_COMPLAINTS	100		/* about one client, then silence */

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* One request; the handlers put the reply's payload into vfu.tx after the header. */
struct msg {
	const struct hdr *hdr;
	const uint8_t *data;
	size_t len;
	int fds[MAX_MSG_FDS];		/* a handler that keeps one puts -1 here */
	unsigned nr_fds;
	size_t reply_len;
	int reply_fd;
};

/* A mapped file (or part of one), shared by the regions in it. */
struct file_map {
	struct file_map *next;
	uint64_t dev, ino;
	uint64_t start, len;
	unsigned prot;
	unsigned refs;
	uint8_t *host;
};

struct dma_region {
	uint64_t iova, last;		/* last byte: iova + size may be 2^64 */
	uint8_t *host;
	struct file_map *file;
	unsigned prot;
};

/* Some of the regions, sorted. Never empty. */
struct dma_leaf {
	unsigned nr;
	struct dma_region r[LEAF_REGIONS];
};

struct irq {
	pthread_mutex_t lock;
	int intx_fd, unmask_fd, msi_fd, err_fd;
	bool level;
	bool masked;			/* INTx, by the client or by itself after a signal */
	bool msi_pending;		/* message not yet delivered */
	bool msi_on, master, intx_off;	/* from config space */
};

struct refused {
	int fd;
	int64_t deadline;
};

struct watch {
	int fd;
	void (*cb)(void *opaque, int fd);
};

struct vfu {
	struct vfu_desc desc;
	struct vfu_ops ops;
	void *opaque;

	/* pci.c */
	uint8_t cfg[VFU_CFG_SIZE];
	uint8_t cfg_reset[VFU_CFG_SIZE];
	uint8_t wmask[VFU_CFG_SIZE];	/* bits the guest may write */
	uint8_t w1c[VFU_CFG_SIZE];	/* bits cleared by writing one */
	uint64_t region_size[VFIO_PCI_NUM_REGIONS];
	bool in_reset;

	/* dma.c */
	struct dma_leaf **leaves;	/* sorted by iova */
	unsigned nr_leaves, max_leaves;
	unsigned nr_dma;		/* regions in all */
	const struct dma_region *dma_hint;	/* last region found */
	struct file_map *files;
	unsigned nr_files;

	struct irq irq;

	/* server.c */
	int listen_fd, conn, stop_fd;
	char *path;
	uint64_t path_dev, path_ino;
	int64_t accept_after;		/* out of descriptors: do not try before this time */
	bool negotiated;
	bool served;			/* a client was here before */
	unsigned complaints;
	unsigned client_fds;		/* max_msg_fds of the client */
	struct refused refused[MAX_REFUSED];
	struct watch watches[MAX_WATCHES];
	unsigned nr_watches;

	uint8_t *rx;
	size_t rx_len;
	size_t skip;			/* bytes still to come of an oversized message */
	struct { int fd; size_t pos; } rx_fds[MAX_PENDING_FDS];
	unsigned nr_rx_fds;
	uint8_t *tx;

	struct vfu_stats stats;
};

void vfu_log(struct vfu *dev, enum vfu_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static inline void vfu_lock(struct vfu *dev)
{
	if (dev->ops.lock)
		dev->ops.lock(dev->opaque);
}

static inline void vfu_unlock(struct vfu *dev)
{
	if (dev->ops.unlock)
		dev->ops.unlock(dev->opaque);
}

/* Each counter has one writer at a time; readers may be anywhere. */
static inline void count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* region.c: handlers run with the owner's lock held and return 0 or a negative errno */
int region_read(struct vfu *dev, uint32_t region, uint64_t off, uint8_t *buf, uint32_t len);
int region_write(struct vfu *dev, uint32_t region, uint64_t off, const uint8_t *buf, uint32_t len);
int handle_region_info(struct vfu *dev, struct msg *m);
int handle_read(struct vfu *dev, struct msg *m);
int handle_write(struct vfu *dev, struct msg *m);
int handle_write_multi(struct vfu *dev, struct msg *m);

/* pci.c */
int pci_init(struct vfu *dev);
void pci_reset(struct vfu *dev);
void device_reset(struct vfu *dev);

/* dma.c */
int handle_dma_map(struct vfu *dev, struct msg *m);
int handle_dma_unmap(struct vfu *dev, struct msg *m);
void dma_unmap_all(struct vfu *dev);

/* irq.c */
void irq_init(struct vfu *dev);
void irq_fini(struct vfu *dev);
void irq_reset(struct vfu *dev);
void irq_config(struct vfu *dev, bool msi_on, bool master, bool intx_off);
void irq_unmask_event(struct vfu *dev);
void irq_client_gone(struct vfu *dev);
int handle_irq_info(struct vfu *dev, struct msg *m);
int handle_set_irqs(struct vfu *dev, struct msg *m);

static inline uint8_t *reply_data(struct vfu *dev)
{
	return dev->tx + sizeof(struct hdr);
}

#endif
