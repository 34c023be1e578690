/* SPDX-License-Identifier: MIT */
/*
 * The vfio-user wire format: what linux/vfio.h does not have. Numbers from QEMU's
 * docs/interop/vfio-user.rst. All fields are in the host's byte order; client and server share
 * the host, as they share its memory.
 */
#ifndef VFIO_USER_PROTO_H
#define VFIO_USER_PROTO_H

#include <linux/vfio.h>
#include <stdint.h>

enum {
	CMD_VERSION = 1,
	CMD_DMA_MAP,
	CMD_DMA_UNMAP,
	CMD_GET_INFO,
	CMD_GET_REGION_INFO,
	CMD_GET_REGION_IO_FDS,
	CMD_GET_IRQ_INFO,
	CMD_SET_IRQS,
	CMD_REGION_READ,
	CMD_REGION_WRITE,
	CMD_DMA_READ,			/* server to client only */
	CMD_DMA_WRITE,			/* server to client only */
	CMD_RESET,
	CMD_DIRTY_PAGES,
	CMD_WRITE_MULTI,
	CMD_FEATURE,
	CMD_MIG_DATA_READ,
	CMD_MIG_DATA_WRITE,
};

#define HDR_TYPE		0xf
#define HDR_COMMAND		0x0
#define HDR_REPLY		0x1
#define HDR_NO_REPLY		0x10
#define HDR_ERROR		0x20

struct hdr {
	uint16_t id;
	uint16_t cmd;
	uint32_t size;			/* header included */
	uint32_t flags;
	uint32_t error;
};

/* JSON follows, NUL-terminated; it may be absent. */
struct version {
	uint16_t major;
	uint16_t minor;
};

struct dma_map {
	uint32_t argsz;
	uint32_t flags;			/* VFU_PROT_* */
	uint64_t offset;		/* in the file descriptor */
	uint64_t iova;
	uint64_t size;
};

struct dma_unmap {
	uint32_t argsz;
	uint32_t flags;			/* VFIO_DMA_UNMAP_FLAG_* */
	uint64_t iova;
	uint64_t size;
};

/* vfio_device_info as it was when the protocol was made: later fields are not on the wire. */
struct device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
};

/* Data follows, in a write and in the reply to a read. */
struct region_rw {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

struct write_one {
	uint64_t offset;
	uint32_t region;
	uint32_t count;			/* at most 8 */
	uint8_t data[8];
};

struct write_multi {
	uint64_t count;
	struct write_one writes[];
};

#endif
