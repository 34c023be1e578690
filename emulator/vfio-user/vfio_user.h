/* SPDX-License-Identifier: MIT */
/*
 * vfio-user server: presents one PCI Express endpoint to one client (QEMU's vfio-user-pci)
 * over a UNIX socket. It knows the protocol, config space, guest memory and interrupt delivery;
 * what the BARs mean is the caller's business.
 *
 * Protocol: QEMU's docs/interop/vfio-user.rst; what the client really sends: QEMU's hw/vfio-user.
 *
 * Threads and locking
 *
 *   vfu_run() serves the client in the caller's thread ("the server thread"). Every callback in
 *   struct vfu_ops runs there, with ops->lock held (where the owner supplies one). The guest
 *   memory table changes under that lock only. Hence the one rule:
 *
 *     a pointer from vfu_dma_ptr()/vfu_dma_span() may be used only while ops->lock is held
 *     without a break since the call (callbacks hold it already). An engine thread that wants
 *     to keep pointers over an unlock drops them in ops->dma_unmap(), which runs, lock held,
 *     before the range goes away.
 *
 *   An owner without ops->lock may use guest memory from callbacks only, or waits in
 *   ops->dma_unmap() for the users it knows of.
 *
 *   vfu_dma_*() and vfu_cfg_*() need the lock. vfu_irq_*(), vfu_msi_*(), vfu_stop() and
 *   vfu_get_stats() may be called from any thread, with or without it. vfu_stop() may also be
 *   called from a signal handler. The library never calls back with a lock of its own held.
 *
 *   The client gives up on a request after 5 s (QEMU x-msg-timeout-ms), and the guest CPU stands
 *   still meanwhile: callbacks must be short, and the lock must not be held long.
 */
#ifndef VFIO_USER_H
#define VFIO_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VFU_NUM_BARS		6
#define VFU_MAX_MMAP_AREAS	8
#define VFU_CFG_SIZE		4096

struct vfu;

enum vfu_log_level { VFU_ERROR, VFU_WARN, VFU_INFO, VFU_DEBUG };

/* vfu_bar.flags */
#define VFU_BAR_IO		0x1	/* I/O port BAR */
#define VFU_BAR_64		0x2	/* 64-bit memory BAR: takes the next slot too */
#define VFU_BAR_PREFETCH	0x4

/* Access rights of guest memory. */
#define VFU_PROT_READ		0x1	/* the device may read */
#define VFU_PROT_WRITE		0x2	/* the device may write */

struct vfu_mmap_area {
	uint64_t offset, size;		/* within the BAR, multiples of the page size */
};

struct vfu_bar {
	uint64_t size;			/* power of two, memory from 4096, I/O 4..256; 0: no BAR */
	unsigned flags;
	unsigned max_access;		/* widest single access the owner takes: 4, 8; 0 means 8 */
	/*
	 * Areas that the client may map straight into the guest, backed by mmap_fd at the same
	 * offset (plus mmap_offset). Such accesses are not seen here. Beware: QEMU stops posting
	 * writes, to every BAR of the device, as soon as one BAR has such an area.
	 * mmap_fd stays the owner's. nr_areas 0: everything comes through read/write.
	 */
	int mmap_fd;
	uint64_t mmap_offset;
	unsigned nr_areas;
	struct vfu_mmap_area areas[VFU_MAX_MMAP_AREAS];
};

/* What the device is. Copied by vfu_create(); only rom must stay valid while the device lives. */
struct vfu_desc {
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class_code;		/* 24 bits, e.g. 0x030200 */
	uint8_t revision;
	struct vfu_bar bars[VFU_NUM_BARS];

	/* Expansion ROM: the BAR is a power of two of at least 2 KiB, the rest reads as 0xff. */
	const void *rom;
	size_t rom_size;

	/* Capability offsets (multiples of 4, 0x40 and up); 0 leaves the capability out. */
	uint8_t pm_cap, msi_cap, exp_cap;
	uint8_t link_speed;		/* PCIe: 1 = 2.5, 2 = 5, 3 = 8 GT/s; 0 means 1 */
	uint8_t link_width;		/* lanes; 0 means 1 */
	bool flr;			/* offer function level reset in the PCIe capability */
	bool intx;			/* INTA */
};

struct vfu_ops {
	/* BAR access of 1, 2, 4 or (if max_access allows) 8 bytes, naturally aligned, in range. */
	uint64_t (*read)(void *opaque, unsigned bar, uint64_t off, unsigned size);
	void (*write)(void *opaque, unsigned bar, uint64_t off, uint64_t val, unsigned size);

	/*
	 * Optional: any other size or alignment, in range, up to 1 MiB, of any BAR. Without these,
	 * such an access is cut into naturally aligned pieces of at most max_access bytes; so is
	 * in any case an aligned one of 8 bytes where max_access is 4.
	 */
	void (*read_bulk)(void *opaque, unsigned bar, uint64_t off, void *buf, size_t len);
	void (*write_bulk)(void *opaque, unsigned bar, uint64_t off, const void *buf, size_t len);

	/* Function reset: by the client, by FLR, or before a second client is served. */
	void (*reset)(void *opaque);

	/*
	 * Optional: guest memory came or goes. host is NULL when the client sent no file descriptor
	 * (then the device cannot reach it). prot: VFU_PROT_*.
	 */
	void (*dma_map)(void *opaque, uint64_t iova, uint64_t size, void *host, unsigned prot);
	void (*dma_unmap)(void *opaque, uint64_t iova, uint64_t size);

	/* Optional: config space was written, by the client or vfu_cfg_write(). */
	void (*cfg_written)(void *opaque, unsigned off, unsigned len);

	/* Optional: the owner's lock, see above. */
	void (*lock)(void *opaque);
	void (*unlock)(void *opaque);

	/* Optional: messages, without newline; if NULL, errors and warnings go to stderr. */
	void (*log)(void *opaque, enum vfu_log_level level, const char *msg);
};

/* All functions that return int return 0 or a negative errno unless they say otherwise. */

int vfu_create(const struct vfu_desc *desc, const struct vfu_ops *ops, void *opaque,
	       struct vfu **out);
void vfu_destroy(struct vfu *dev);	/* not while vfu_run() runs; removes the socket path */

/*
 * Listen on a UNIX socket path. A socket file nobody listens on is replaced; -EADDRINUSE if
 * somebody does, -EEXIST if the path is something else than a socket, -ENAMETOOLONG, ...
 * Or: serve an already connected stream socket (fd is the library's then, on success).
 */
int vfu_listen(struct vfu *dev, const char *path);
int vfu_attach_fd(struct vfu *dev, int fd);

enum { VFU_STOPPED = 0, VFU_DISCONNECTED = 1 };

/*
 * Wait for a client (if there is none), serve it until it leaves or vfu_stop(). Returns
 * VFU_STOPPED, VFU_DISCONNECTED or a negative errno; the client is gone then in any case, guest
 * memory is unmapped, the interrupt descriptors are closed. It may be called again to wait for the
 * next client, which finds the device reset. Further clients meanwhile get EBUSY to their VERSION.
 */
int vfu_run(struct vfu *dev);
void vfu_stop(struct vfu *dev);

/*
 * Call cb in the server thread, lock held, whenever fd is readable (a timerfd, an eventfd, ...);
 * cb has to consume what made it so. Before vfu_run() or from a callback; at most 8.
 */
int vfu_watch_fd(struct vfu *dev, int fd, void (*cb)(void *opaque, int fd));
int vfu_unwatch_fd(struct vfu *dev, int fd);

/*
 * Guest memory. vfu_dma_ptr(): host address of [iova, iova + len), or NULL if that is not mapped
 * in one piece with all of prot, or if bus mastering is off in the command register (then a
 * function may not start transactions). vfu_dma_span(): the same for as much of it as is
 * contiguous: *len comes back as that length. vfu_dma_read/write(): copy, over any number of
 * regions; -EFAULT at the first byte out of reach (what lies before is copied).
 */
void *vfu_dma_ptr(struct vfu *dev, uint64_t iova, uint64_t len, unsigned prot);
void *vfu_dma_span(struct vfu *dev, uint64_t iova, uint64_t *len, unsigned prot);
int vfu_dma_read(struct vfu *dev, uint64_t iova, void *buf, size_t len);
int vfu_dma_write(struct vfu *dev, uint64_t iova, const void *buf, size_t len);

/*
 * Interrupts. vfu_irq_level() drives the function's one interrupt line: with MSI enabled, a rise
 * sends one message; otherwise it is INTA, sent to the client, masked by it until it has dealt
 * with it, and sent again on unmask if the line is still up. vfu_msi_send() sends one message
 * whatever the line does (re-arm logic is the device's); false, and nothing happens, if MSI is
 * off. A message sent before the client has given its eventfd is delivered when it does.
 */
void vfu_irq_level(struct vfu *dev, bool level);
bool vfu_msi_send(struct vfu *dev);
bool vfu_msi_enabled(struct vfu *dev);

/*
 * Config space as the guest sees it (for devices that mirror it in a BAR): size 1, 2 or 4,
 * naturally aligned; out of range reads as all ones. vfu_cfg_write() obeys the write masks.
 * vfu_cfg_poke() sets bytes whatever the mask, vfu_cfg_set_mask() makes bits guest-writable
 * (both for vendor registers; reset restores what was set before the first client came).
 */
uint32_t vfu_cfg_read(struct vfu *dev, unsigned off, unsigned size);
void vfu_cfg_write(struct vfu *dev, unsigned off, uint32_t val, unsigned size);
void vfu_cfg_poke(struct vfu *dev, unsigned off, uint32_t val, unsigned size);
void vfu_cfg_set_mask(struct vfu *dev, unsigned off, uint32_t mask, unsigned size);

struct vfu_stats {
	uint64_t messages, batches;	/* requests served; receive calls that brought some */
	uint64_t reads, writes;		/* region accesses, those in WRITE_MULTI included */
	uint64_t posted;		/* writes that wanted no reply */
	uint64_t multi;			/* WRITE_MULTI messages */
	uint64_t dma_maps, dma_unmaps;
	uint64_t irqs;			/* messages and INTx assertions signalled to the client */
	uint64_t resets;
	uint64_t errors;		/* requests refused */
	uint64_t refused;		/* further clients sent away */
};

void vfu_get_stats(struct vfu *dev, struct vfu_stats *stats);

#endif
