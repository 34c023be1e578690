// SPDX-License-Identifier: MIT
/*
 * The vfio-user server library, from the other end of the socket: a client that speaks the
 * protocol as QEMU does, and as nobody should.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include <cmocka.h>

#include "proto.h"
#include "vfio_user.h"

#define BAR0_SIZE	(16u << 20)
#define BAR1_SIZE	(256u << 20)
#define MEM_SIZE	(1u << 20)
#define LOG_LEN		1024

#define PM		0x60
#define MSI		0x68
#define EXP		0x78

#define CFG		VFIO_PCI_CONFIG_REGION_INDEX
#define ROM		VFIO_PCI_ROM_REGION_INDEX
#define INTX		VFIO_PCI_INTX_IRQ_INDEX
#define MSI_IDX		VFIO_PCI_MSI_IRQ_INDEX
#define TRIGGER		VFIO_IRQ_SET_ACTION_TRIGGER
#define MASK		VFIO_IRQ_SET_ACTION_MASK
#define UNMASK		VFIO_IRQ_SET_ACTION_UNMASK
#define NONE		VFIO_IRQ_SET_DATA_NONE
#define BOOL		VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD		VFIO_IRQ_SET_DATA_EVENTFD

static const char qemu_caps[] =
	"{\"capabilities\": {\"migration\": {\"pgsize\": 4096, \"max_bitmap_size\": 268435456}, "
	"\"max_msg_fds\": 16, \"max_data_xfer_size\": 1048576, \"pgsizes\": 4096, "
	"\"max_dma_maps\": 65535, \"write_multiple\": true}}";

/* The device under test: BAR1 is memory, BAR0 records its accesses and reads as a pattern. */
struct board {
	struct vfu *dev;
	pthread_t thread;
	pthread_mutex_t lock;
	int result;
	int conn;			/* client's end */
	uint16_t next_id;
	uint8_t mem[MEM_SIZE];
	struct {
		uint64_t off, val;
		unsigned size;
	} log[LOG_LEN];
	unsigned nr_log, resets, maps, unmaps, cfg_writes, watch_calls, bulks;
	uint8_t rom[3000];
	int mmap_fd;
	uint64_t last_iova, last_size;
	void *last_host;
	char path[64];
	int fds_before;
};

static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static uint64_t board_read(void *opaque, unsigned bar, uint64_t off, unsigned size)
{
	struct board *b = opaque;
	uint64_t val = 0;

	assert_true(off % size == 0);
	if (bar == 0) {
		assert_true(size <= 4);
		return 0x1000000000000000ull | off * 0x01010101u | 0xa5;
	}
	memcpy(&val, b->mem + off % MEM_SIZE, size);
	return val;
}

static void board_write(void *opaque, unsigned bar, uint64_t off, uint64_t val, unsigned size)
{
	struct board *b = opaque;

	assert_true(off % size == 0);
	if (bar) {
		memcpy(b->mem + off % MEM_SIZE, &val, size);
		return;
	}
	assert_true(size <= 4);
	if (b->nr_log < LOG_LEN) {
		b->log[b->nr_log].off = off;
		b->log[b->nr_log].val = val;
		b->log[b->nr_log].size = size;
	}
	b->nr_log++;
}

static void board_read_bulk(void *opaque, unsigned bar, uint64_t off, void *buf, size_t len)
{
	((struct board *)opaque)->bulks++;
	memset(buf, 0x42, len);
}

static void board_write_bulk(void *opaque, unsigned bar, uint64_t off, const void *buf, size_t len)
{
	((struct board *)opaque)->bulks++;
}

static void board_reset(void *opaque)
{
	struct board *b = opaque;

	b->resets++;
	vfu_irq_level(b->dev, false);
}

static void board_map(void *opaque, uint64_t iova, uint64_t size, void *host, unsigned prot)
{
	struct board *b = opaque;

	b->maps++;
	b->last_iova = iova;
	b->last_size = size;
	b->last_host = host;
}

static void board_unmap(void *opaque, uint64_t iova, uint64_t size)
{
	struct board *b = opaque;

	b->unmaps++;
	b->last_iova = iova;
	b->last_size = size;
}

static void board_cfg_written(void *opaque, unsigned off, unsigned len)
{
	((struct board *)opaque)->cfg_writes++;
}

static void board_lock(void *opaque)
{
	pthread_mutex_lock(&((struct board *)opaque)->lock);
}

static void board_unlock(void *opaque)
{
	pthread_mutex_unlock(&((struct board *)opaque)->lock);
}

static void board_log(void *opaque, enum vfu_log_level level, const char *msg)
{
}

static const struct vfu_ops ops = {
	.read = board_read, .write = board_write, .reset = board_reset,
	.dma_map = board_map, .dma_unmap = board_unmap, .cfg_written = board_cfg_written,
	.lock = board_lock, .unlock = board_unlock, .log = board_log,
};

static struct vfu_desc desc_of(struct board *b)
{
	struct vfu_desc d = {
		.vendor = 0x10de, .device = 0x1bb3, .subvendor = 0x10de, .subdevice = 0x11d8,
		.class_code = 0x030200, .revision = 0xa1,
		.bars[0] = { .size = BAR0_SIZE, .max_access = 4 },
		.bars[1] = { .size = BAR1_SIZE, .flags = VFU_BAR_64 | VFU_BAR_PREFETCH },
		.bars[3] = { .size = 32 << 20, .flags = VFU_BAR_64 | VFU_BAR_PREFETCH },
		.bars[5] = { .size = 128, .flags = VFU_BAR_IO },
		.rom = b->rom, .rom_size = sizeof(b->rom),
		.pm_cap = PM, .msi_cap = MSI, .exp_cap = EXP,
		.link_speed = 3, .link_width = 16, .flr = true, .intx = true,
	};

	d.bars[3].mmap_fd = b->mmap_fd;
	d.bars[3].mmap_offset = 0x1000;
	d.bars[3].nr_areas = 2;
	d.bars[3].areas[0] = (struct vfu_mmap_area) { 0, 0x2000 };
	d.bars[3].areas[1] = (struct vfu_mmap_area) { 0x100000, 0x1000 };
	return d;
}

static void *board_thread(void *arg)
{
	struct board *b = arg;

	b->result = vfu_run(b->dev);
	return NULL;
}

static void board_start(struct board *b)
{
	assert_int_equal(pthread_create(&b->thread, NULL, board_thread, b), 0);
}

static int board_wait(struct board *b)
{
	pthread_join(b->thread, NULL);
	return b->result;
}

/*
 * The client
 */

static int dial(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void send_raw(int sock, const void *buf, size_t len, const int *fds, unsigned nr_fds)
{
	char ctl[CMSG_SPACE(sizeof(int) * 64)] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { (void *)buf, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nr_fds) {
		struct cmsghdr *c;

		mh.msg_control = ctl;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * nr_fds);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nr_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nr_fds);
	}
	assert_int_equal(sendmsg(sock, &mh, MSG_NOSIGNAL), len);
}

/* Compose and send; returns the id. */
static uint16_t send_msg(struct board *b, uint16_t cmd, uint32_t flags, const void *data,
			 size_t len, const int *fds, unsigned nr_fds)
{
	uint8_t *buf = calloc(1, sizeof(struct hdr) + len);
	struct hdr h = { b->next_id++, cmd, sizeof(h) + len, flags, 0 };

	memcpy(buf, &h, sizeof(h));
	if (len)
		memcpy(buf + sizeof(h), data, len);
	send_raw(b->conn, buf, sizeof(h) + len, fds, nr_fds);
	free(buf);
	return h.id;
}

static void read_full(int fd, void *buf, size_t len, int *got_fd)
{
	size_t done = 0;

	while (done < len) {
		char ctl[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
		struct iovec iov = { (char *)buf + done, len - done };
		struct msghdr mh = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = ctl, .msg_controllen = sizeof(ctl),
		};
		struct cmsghdr *c;
		ssize_t n = recvmsg(fd, &mh, 0);

		assert_true(n > 0);
		done += n;
		c = CMSG_FIRSTHDR(&mh);
		if (c) {
			assert_non_null(got_fd);
			memcpy(got_fd, CMSG_DATA(c), sizeof(int));
		}
	}
}

/* The next reply: its errno (0: success), payload to buf, which must hold it. */
static int recv_reply(struct board *b, uint16_t id, uint16_t cmd, void *buf, size_t *len,
		      int *got_fd)
{
	size_t room = len ? *len : 0;
	struct hdr h;

	read_full(b->conn, &h, sizeof(h), got_fd);
	assert_int_equal(h.id, id);
	assert_int_equal(h.cmd, cmd);
	assert_int_equal(h.flags & HDR_TYPE, HDR_REPLY);
	assert_true(h.size >= sizeof(h));
	if (h.flags & HDR_ERROR) {
		assert_int_equal(h.size, sizeof(h));
		assert_int_not_equal(h.error, 0);
		return h.error;
	}
	assert_true(h.size - sizeof(h) <= room);
	if (len)
		*len = h.size - sizeof(h);
	if (h.size > sizeof(h))
		read_full(b->conn, buf, h.size - sizeof(h), got_fd);
	return 0;
}

static int ask(struct board *b, uint16_t cmd, const void *data, size_t len, const int *fds,
	       unsigned nr_fds, void *reply, size_t *reply_len)
{
	uint16_t id = send_msg(b, cmd, 0, data, len, fds, nr_fds);

	return recv_reply(b, id, cmd, reply, reply_len, NULL);
}

static int version(struct board *b, const char *json, size_t json_len, char *reply, size_t room)
{
	struct version *v = calloc(1, sizeof(*v) + json_len);
	size_t len = room;
	int err;

	v->minor = 1;
	memcpy(v + 1, json, json_len);
	err = ask(b, CMD_VERSION, v, sizeof(*v) + json_len, NULL, 0, reply, &len);
	free(v);
	return err;
}

static int rd(struct board *b, uint32_t region, uint64_t off, void *buf, uint32_t count)
{
	struct region_rw req = { off, region, count };
	size_t len = sizeof(req) + count;
	struct region_rw *rep = malloc(len);
	int err = ask(b, CMD_REGION_READ, &req, sizeof(req), NULL, 0, rep, &len);

	if (!err) {
		assert_int_equal(len, sizeof(req) + count);
		assert_memory_equal(rep, &req, sizeof(req));
		memcpy(buf, rep + 1, count);
	}
	free(rep);
	return err;
}

static uint16_t send_write(struct board *b, uint32_t flags, uint32_t region, uint64_t off,
			   const void *buf, uint32_t count)
{
	struct region_rw *req = malloc(sizeof(*req) + count);
	uint16_t id;

	req->offset = off;
	req->region = region;
	req->count = count;
	memcpy(req + 1, buf, count);
	id = send_msg(b, CMD_REGION_WRITE, flags, req, sizeof(*req) + count, NULL, 0);
	free(req);
	return id;
}

static int wr(struct board *b, uint32_t region, uint64_t off, const void *buf, uint32_t count)
{
	struct region_rw rep;
	size_t len = sizeof(rep);
	uint16_t id = send_write(b, 0, region, off, buf, count);
	int err = recv_reply(b, id, CMD_REGION_WRITE, &rep, &len, NULL);

	if (!err) {
		assert_int_equal(len, sizeof(rep));
		assert_int_equal(rep.count, count);
	}
	return err;
}

static uint32_t cfg_rd(struct board *b, unsigned off, unsigned size)
{
	uint32_t v = 0;

	assert_int_equal(rd(b, CFG, off, &v, size), 0);
	return v;
}

static void cfg_wr(struct board *b, unsigned off, uint32_t v, unsigned size)
{
	assert_int_equal(wr(b, CFG, off, &v, size), 0);
}

/* Nothing is on its way to us, and the server still answers. */
static void alive(struct board *b)
{
	assert_int_equal(cfg_rd(b, PCI_VENDOR_ID, 4), 0x1bb310de);
}

static int set_irqs(struct board *b, uint32_t flags, uint32_t index, uint32_t count, int fd)
{
	struct vfio_irq_set s = { sizeof(s), flags, index, 0, count };

	return ask(b, CMD_SET_IRQS, &s, sizeof(s), &fd, fd >= 0, NULL, NULL);
}

static int dma_map(struct board *b, uint64_t iova, uint64_t size, uint64_t off, uint32_t prot,
		   int fd)
{
	struct dma_map r = { sizeof(r), prot, off, iova, size };

	return ask(b, CMD_DMA_MAP, &r, sizeof(r), &fd, fd >= 0, NULL, NULL);
}

/* Returns the errno; *gone the bytes unmapped. */
static int dma_unmap(struct board *b, uint64_t iova, uint64_t size, uint32_t flags, uint64_t *gone)
{
	struct dma_unmap r = { sizeof(r), flags, iova, size }, rep;
	size_t len = sizeof(rep);
	int err = ask(b, CMD_DMA_UNMAP, &r, sizeof(r), NULL, 0, &rep, &len);

	if (!err && gone)
		*gone = rep.size;
	return err;
}

static int memfd(uint64_t size)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

/* How often an eventfd was signalled since the last look. */
static uint64_t signals(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_true(fd >= 0);
	return fd;
}

static void *ptr(struct board *b, uint64_t iova, uint64_t len, unsigned prot)
{
	void *p;

	pthread_mutex_lock(&b->lock);
	p = vfu_dma_ptr(b->dev, iova, len, prot);
	pthread_mutex_unlock(&b->lock);
	return p;
}

/*
 * Fixtures: a device with a client that has said hello, and what must be left at the end.
 */

static struct board *board_new(void)
{
	struct board *b = calloc(1, sizeof(*b));
	struct vfu_desc d;
	unsigned i;

	b->fds_before = open_fds();
	pthread_mutex_init(&b->lock, NULL);
	for (i = 0; i < sizeof(b->rom); i++)
		b->rom[i] = i * 7;
	b->mmap_fd = memfd(64 << 20);
	b->conn = -1;
	d = desc_of(b);
	assert_int_equal(vfu_create(&d, &ops, b, &b->dev), 0);
	return b;
}

static void board_free(struct board *b)
{
	vfu_destroy(b->dev);
	close(b->mmap_fd);
	if (b->conn >= 0)
		close(b->conn);
	assert_int_equal(open_fds(), b->fds_before);
	assert_int_equal(b->maps, b->unmaps);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static int setup_quiet(void **state)
{
	struct board *b = board_new();
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(vfu_attach_fd(b->dev, sv[0]), 0);
	b->conn = sv[1];
	board_start(b);
	*state = b;
	return 0;
}

static int setup(void **state)
{
	char reply[512];

	setup_quiet(state);
	assert_int_equal(version(*state, qemu_caps, sizeof(qemu_caps), reply, sizeof(reply)), 0);
	return 0;
}

/* The server is alive at the end of each test, and sees the client leave. */
static int teardown(void **state)
{
	struct board *b = *state;

	close(b->conn);
	b->conn = -1;
	assert_int_equal(board_wait(b), VFU_DISCONNECTED);
	board_free(b);
	return 0;
}

/*
 * Version
 */

static void test_version(void **state)
{
	struct board *b = *state;
	struct {
		struct version v;
		char json[512];
	} reply = { 0 };

	assert_int_equal(version(b, qemu_caps, sizeof(qemu_caps), (char *)&reply,
				 sizeof(reply)), 0);
	assert_int_equal(reply.v.major, 0);
	assert_int_equal(reply.v.minor, 0);
	assert_non_null(strstr(reply.json, "\"write_multiple\":true"));
	assert_non_null(strstr(reply.json, "\"max_data_xfer_size\":1048576"));
	assert_null(strstr(reply.json, "migration"));
	/* QEMU's buffer for the reply is the size of its request */
	assert_true(strlen(reply.json) < sizeof(qemu_caps));
	/* once only */
	assert_int_equal(version(b, qemu_caps, sizeof(qemu_caps), (char *)&reply,
				 sizeof(reply)), EINVAL);
	alive(b);
}

static void test_version_bad(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "1", "null", "{}}", "{\"capabilities\":[]}",
		"{\"capabilities\":{\"max_msg_fds\":\"x\"}}",
		"{\"capabilities\":{\"max_msg_fds\":-1}}",
		"{\"capabilities\":{\"write_multiple\":1}}",
		"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
	};
	struct board *b = *state;
	struct version v = { .major = 1 };
	char reply[512], big[8192];
	uint32_t x;
	unsigned i;

	/* nothing goes before it */
	assert_int_equal(rd(b, CFG, 0, &x, 4), EINVAL);
	assert_int_equal(ask(b, CMD_RESET, NULL, 0, NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_VERSION, &v, 2, NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_VERSION, &v, sizeof(v), NULL, 0, NULL, NULL), EINVAL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(version(b, bad[i], strlen(bad[i]) + 1, reply, sizeof(reply)),
				 EINVAL);
	assert_int_equal(version(b, "{}", 2, reply, sizeof(reply)), EINVAL);	/* no NUL */
	memset(big, ' ', sizeof(big));
	big[0] = '{';
	big[8190] = '}';
	big[8191] = 0;
	assert_int_equal(version(b, big, sizeof(big), reply, sizeof(reply)), EINVAL);
	/* and it can still be said right; the data is optional */
	assert_int_equal(version(b, "", 0, reply, sizeof(reply)), 0);
	assert_string_equal(reply + sizeof(struct version), "{\"capabilities\":{}}");
	alive(b);
}

/*
 * Information
 */

static void test_info(void **state)
{
	struct board *b = *state;
	struct device_info i = { .argsz = sizeof(i) };
	size_t len = sizeof(i);

	assert_int_equal(ask(b, CMD_GET_INFO, &i, sizeof(i), NULL, 0, &i, &len), 0);
	assert_int_equal(i.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(i.num_regions, VFIO_PCI_NUM_REGIONS);
	assert_int_equal(i.num_irqs, VFIO_PCI_NUM_IRQS);

	i.argsz = 4;
	assert_int_equal(ask(b, CMD_GET_INFO, &i, sizeof(i), NULL, 0, &i, &len), EINVAL);
	i.argsz = 16;
	assert_int_equal(ask(b, CMD_GET_INFO, &i, 8, NULL, 0, &i, &len), EINVAL);
}

static int region_info(struct board *b, uint32_t index, uint32_t argsz, void *buf, size_t room,
		       int *fd)
{
	struct vfio_region_info i = { .argsz = argsz, .index = index };
	uint16_t id = send_msg(b, CMD_GET_REGION_INFO, 0, &i, sizeof(i), NULL, 0);

	*fd = -1;
	return recv_reply(b, id, CMD_GET_REGION_INFO, buf, &room, fd);
}

static void test_region_info(void **state)
{
	static const uint64_t sizes[] = {
		BAR0_SIZE, BAR1_SIZE, 0, 32 << 20, 0, 128, 4096, 4096, 0
	};
	struct board *b = *state;
	struct vfio_region_info info;
	unsigned i;
	int fd;

	for (i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		uint32_t rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

		if (i == 3)
			continue;
		assert_int_equal(region_info(b, i, sizeof(info), &info, sizeof(info), &fd), 0);
		assert_int_equal(fd, -1);
		assert_int_equal(info.size, sizes[i]);
		if (i == ROM)
			rw = VFIO_REGION_INFO_FLAG_READ;
		assert_int_equal(info.flags, sizes[i] ? rw : 0);
		assert_int_equal(info.argsz, sizeof(info));
	}
	assert_int_equal(region_info(b, 9, sizeof(info), &info, sizeof(info), &fd), EINVAL);
	assert_int_equal(region_info(b, ~0u, sizeof(info), &info, sizeof(info), &fd), EINVAL);
	assert_int_equal(region_info(b, 0, 8, &info, sizeof(info), &fd), EINVAL);
}

static void test_region_mmap(void **state)
{
	struct board *b = *state;
	struct {
		struct vfio_region_info info;
		struct {
			struct vfio_info_cap_header header;
			uint32_t nr_areas, reserved;
			struct vfio_region_sparse_mmap_area areas[2];
		} cap;
	} r;
	uint32_t *p;
	int fd;

	/* too little room: told how much, no capability, as the client then asks again */
	assert_int_equal(region_info(b, 3, sizeof(r.info), &r, sizeof(r.info), &fd), 0);
	assert_int_equal(r.info.argsz, sizeof(r));
	assert_int_equal(r.info.cap_offset, 0);
	assert_true(fd >= 0);
	close(fd);

	assert_int_equal(region_info(b, 3, sizeof(r), &r, sizeof(r), &fd), 0);
	assert_true(r.info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	assert_true(r.info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	assert_int_equal(r.info.cap_offset, sizeof(r.info));
	assert_int_equal(r.info.offset, 0x1000);
	assert_int_equal(r.cap.header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	assert_int_equal(r.cap.header.next, 0);
	assert_int_equal(r.cap.nr_areas, 2);
	assert_int_equal(r.cap.areas[1].offset, 0x100000);
	assert_int_equal(r.cap.areas[1].size, 0x1000);
	p = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, r.info.offset);
	assert_ptr_not_equal(p, MAP_FAILED);
	p[1] = 0xdeadbeef;
	munmap(p, 0x1000);
	close(fd);
	p = mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, b->mmap_fd, 0x1000);
	assert_int_equal(p[1], 0xdeadbeef);
	munmap(p, 0x1000);
}

static void test_irq_info(void **state)
{
	static const uint32_t counts[VFIO_PCI_NUM_IRQS] = { 1, 1, 0, 1, 0 };
	struct board *b = *state;
	struct vfio_irq_info i;
	size_t len;
	unsigned n;

	for (n = 0; n < VFIO_PCI_NUM_IRQS; n++) {
		i = (struct vfio_irq_info) { .argsz = sizeof(i), .index = n };
		len = sizeof(i);
		assert_int_equal(ask(b, CMD_GET_IRQ_INFO, &i, sizeof(i), NULL, 0, &i, &len), 0);
		assert_int_equal(i.count, counts[n]);
		assert_true(i.flags & VFIO_IRQ_INFO_EVENTFD);
		assert_int_equal(!!(i.flags & VFIO_IRQ_INFO_AUTOMASKED), n == INTX);
	}
	i.index = VFIO_PCI_NUM_IRQS;
	assert_int_equal(ask(b, CMD_GET_IRQ_INFO, &i, sizeof(i), NULL, 0, &i, &len), EINVAL);
	i.index = 0;
	i.argsz = 3;
	assert_int_equal(ask(b, CMD_GET_IRQ_INFO, &i, sizeof(i), NULL, 0, &i, &len), EINVAL);
}

/*
 * Config space
 */

static void test_header(void **state)
{
	struct board *b = *state;

	assert_int_equal(cfg_rd(b, PCI_VENDOR_ID, 2), 0x10de);
	assert_int_equal(cfg_rd(b, PCI_DEVICE_ID, 2), 0x1bb3);
	assert_int_equal(cfg_rd(b, PCI_CLASS_REVISION, 4), 0x030200a1);
	assert_int_equal(cfg_rd(b, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11d810de);
	assert_int_equal(cfg_rd(b, PCI_HEADER_TYPE, 1), 0);
	assert_int_equal(cfg_rd(b, PCI_INTERRUPT_PIN, 1), 1);
	assert_int_equal(cfg_rd(b, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	cfg_wr(b, PCI_VENDOR_ID, 0, 4);
	cfg_wr(b, PCI_CLASS_REVISION, 0, 4);
	assert_int_equal(cfg_rd(b, PCI_VENDOR_ID, 4), 0x1bb310de);
	cfg_wr(b, PCI_COMMAND, 0xffff, 2);
	assert_int_equal(cfg_rd(b, PCI_COMMAND, 2), PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
			 PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
			 PCI_COMMAND_INTX_DISABLE);
	cfg_wr(b, PCI_INTERRUPT_LINE, 11, 1);
	assert_int_equal(cfg_rd(b, PCI_INTERRUPT_LINE, 2), 0x010b);
	/* odd pieces, and the end of it */
	cfg_wr(b, PCI_COMMAND + 1, 0, 1);
	assert_int_equal(cfg_rd(b, PCI_COMMAND, 2) >> 8, 0);
	assert_int_equal(cfg_rd(b, 0xffc, 4), 0);
	assert_int_equal(cfg_rd(b, 1, 3), 0x1bb310);
	assert_true(b->cfg_writes > 0);
}

static void test_bar_sizing(void **state)
{
	struct board *b = *state;

	cfg_wr(b, PCI_BASE_ADDRESS_0, ~0u, 4);
	assert_int_equal(cfg_rd(b, PCI_BASE_ADDRESS_0, 4), ~(BAR0_SIZE - 1));
	cfg_wr(b, PCI_BASE_ADDRESS_1, ~0u, 4);
	cfg_wr(b, PCI_BASE_ADDRESS_2, ~0u, 4);
	assert_int_equal(cfg_rd(b, PCI_BASE_ADDRESS_1, 4), ~(BAR1_SIZE - 1) | 0xc);
	assert_int_equal(cfg_rd(b, PCI_BASE_ADDRESS_2, 4), ~0u);
	cfg_wr(b, PCI_BASE_ADDRESS_1, 0xd0000000, 4);
	cfg_wr(b, PCI_BASE_ADDRESS_2, 0x8, 4);
	assert_int_equal(cfg_rd(b, PCI_BASE_ADDRESS_1, 4), 0xd000000c);
	assert_int_equal(cfg_rd(b, PCI_BASE_ADDRESS_2, 4), 8);
	cfg_wr(b, PCI_BASE_ADDRESS_5, ~0u, 4);
	assert_int_equal(cfg_rd(b, PCI_BASE_ADDRESS_5, 4), 0xffffff81);
	/* the ROM: as QEMU sizes it, and with the enable bit */
	cfg_wr(b, PCI_ROM_ADDRESS, (uint32_t)PCI_ROM_ADDRESS_MASK, 4);
	assert_int_equal(cfg_rd(b, PCI_ROM_ADDRESS, 4), 0xfffff000);
	cfg_wr(b, PCI_ROM_ADDRESS, 0xc0000001, 4);
	assert_int_equal(cfg_rd(b, PCI_ROM_ADDRESS, 4), 0xc0000001);
}

static void test_caps(void **state)
{
	struct board *b = *state;
	uint32_t v;

	assert_int_equal(cfg_rd(b, PCI_CAPABILITY_LIST, 1), PM);
	assert_int_equal(cfg_rd(b, PM, 2), MSI << 8 | PCI_CAP_ID_PM);
	assert_int_equal(cfg_rd(b, MSI, 2), EXP << 8 | PCI_CAP_ID_MSI);
	assert_int_equal(cfg_rd(b, EXP, 2), PCI_CAP_ID_EXP);

	assert_int_equal(cfg_rd(b, PM + PCI_PM_CTRL, 2), PCI_PM_CTRL_NO_SOFT_RESET);
	cfg_wr(b, PM + PCI_PM_CTRL, 3, 2);
	assert_int_equal(cfg_rd(b, PM + PCI_PM_CTRL, 2) & 3, 3);
	cfg_wr(b, PM + PCI_PM_CTRL, 1, 2);
	assert_int_equal(cfg_rd(b, PM + PCI_PM_CTRL, 2) & 3, 3);
	cfg_wr(b, PM + PCI_PM_CTRL, 0, 2);
	assert_int_equal(cfg_rd(b, PM + PCI_PM_CTRL, 2) & 3, 0);

	assert_int_equal(cfg_rd(b, MSI + PCI_MSI_FLAGS, 2), PCI_MSI_FLAGS_64BIT);
	cfg_wr(b, MSI + PCI_MSI_ADDRESS_LO, 0xfee00003, 4);
	assert_int_equal(cfg_rd(b, MSI + PCI_MSI_ADDRESS_LO, 4), 0xfee00000);

	v = cfg_rd(b, EXP + PCI_EXP_FLAGS, 2);
	assert_int_equal(v & PCI_EXP_FLAGS_VERS, 2);
	assert_int_equal(v & PCI_EXP_FLAGS_TYPE, PCI_EXP_TYPE_ENDPOINT << 4);
	v = cfg_rd(b, EXP + PCI_EXP_LNKCAP, 4);
	assert_int_equal(v & PCI_EXP_LNKCAP_SLS, 3);
	assert_int_equal((v & PCI_EXP_LNKCAP_MLW) >> 4, 16);
	v = cfg_rd(b, EXP + PCI_EXP_LNKSTA, 2);
	assert_int_equal(v & PCI_EXP_LNKSTA_CLS, 3);
	assert_int_equal((v & PCI_EXP_LNKSTA_NLW) >> 4, 16);
	assert_int_equal(cfg_rd(b, EXP + PCI_EXP_LNKCAP2, 4), 0xe);
	assert_int_equal(cfg_rd(b, EXP + PCI_EXP_LNKCTL2, 2) & PCI_EXP_LNKCTL2_TLS, 3);
}

/* The owner's view, through the same masks; and registers of its own. */
static void test_cfg_api(void **state)
{
	struct board *b = *state;

	board_lock(b);
	vfu_cfg_write(b->dev, PCI_COMMAND, 0xffffffff, 4);
	assert_int_equal(vfu_cfg_read(b->dev, PCI_COMMAND, 2) & PCI_COMMAND_MASTER,
			 PCI_COMMAND_MASTER);
	assert_int_equal(vfu_cfg_read(b->dev, PCI_VENDOR_ID, 2), 0x10de);
	assert_int_equal(vfu_cfg_read(b->dev, 0x1000, 4), ~0u);
	assert_int_equal(vfu_cfg_read(b->dev, 0xfff, 2), 0xffff);
	vfu_cfg_write(b->dev, 0x1000, 0, 4);
	vfu_cfg_poke(b->dev, 0x704, 0x12345678, 4);
	vfu_cfg_set_mask(b->dev, 0x704, 0xffff, 4);
	board_unlock(b);
	cfg_wr(b, 0x704, 0xaaaabbbb, 4);
	assert_int_equal(cfg_rd(b, 0x704, 4), 0x1234bbbb);
}

/*
 * Region access
 */

static void test_bar_access(void **state)
{
	struct board *b = *state;
	uint64_t v = 0x1122334455667788;
	uint8_t in[300], out[300];
	unsigned i;

	assert_int_equal(rd(b, 0, 0x100, &v, 4), 0);
	assert_int_equal((uint32_t)v, 0x010101a5);
	v = 0x1122334455667788;
	assert_int_equal(wr(b, 0, 0x140, &v, 4), 0);
	assert_int_equal(wr(b, 0, 0x144, &v, 2), 0);
	assert_int_equal(wr(b, 0, 0x147, &v, 1), 0);
	/* BAR0 takes 4 bytes at most: 8 come as two */
	assert_int_equal(wr(b, 0, 0x148, &v, 8), 0);
	assert_int_equal(b->nr_log, 5);
	assert_int_equal(b->log[0].off, 0x140);
	assert_int_equal(b->log[0].val, 0x55667788);
	assert_int_equal(b->log[1].val, 0x7788);
	assert_int_equal(b->log[1].size, 2);
	assert_int_equal(b->log[2].val, 0x88);
	assert_int_equal(b->log[3].off, 0x148);
	assert_int_equal(b->log[4].off, 0x14c);
	assert_int_equal(b->log[4].val, 0x11223344);
	/* unaligned: 1 + 2 + 1 */
	assert_int_equal(wr(b, 0, 0x201, &v, 4), 0);
	assert_int_equal(b->nr_log, 8);
	assert_int_equal(b->log[5].size, 1);
	assert_int_equal(b->log[6].off, 0x202);
	assert_int_equal(b->log[6].val, 0x6677);
	assert_int_equal(b->log[7].val, 0x55);

	for (i = 0; i < sizeof(in); i++)
		in[i] = i ^ 0x5a;
	assert_int_equal(wr(b, 1, 0x1003, in, sizeof(in)), 0);
	assert_int_equal(rd(b, 1, 0x1003, out, sizeof(out)), 0);
	assert_memory_equal(in, out, sizeof(in));
	assert_memory_equal(b->mem + 0x1003, in, sizeof(in));
	assert_int_equal(rd(b, 1, 0x1008, &v, 8), 0);
	assert_memory_equal(&v, in + 5, 8);
}

static void test_bulk(void **state)
{
	struct board *b = *state;
	uint8_t *buf = malloc(MEM_SIZE), *back = malloc(MEM_SIZE);
	unsigned i;

	for (i = 0; i < MEM_SIZE; i++)
		buf[i] = i * 31 + (i >> 8);
	assert_int_equal(wr(b, 1, 0, buf, MEM_SIZE), 0);
	assert_int_equal(rd(b, 1, 0, back, MEM_SIZE), 0);
	assert_memory_equal(buf, back, MEM_SIZE);
	free(buf);
	free(back);
}

/* With bulk callbacks: they get what is not a plain access, and nothing else. */
static void test_bulk_ops(void **state)
{
	struct board *b = board_new();
	struct vfu_desc d = desc_of(b);
	struct vfu_ops o = ops;
	char reply[512];
	uint8_t buf[64] = { 0 };
	int sv[2];

	vfu_destroy(b->dev);
	o.read_bulk = board_read_bulk;
	o.write_bulk = board_write_bulk;
	assert_int_equal(vfu_create(&d, &o, b, &b->dev), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(vfu_attach_fd(b->dev, sv[0]), 0);
	b->conn = sv[1];
	board_start(b);
	assert_int_equal(version(b, "", 0, reply, sizeof(reply)), 0);
	assert_int_equal(wr(b, 0, 8, buf, 8), 0);	/* two of 4 */
	assert_int_equal(wr(b, 1, 8, buf, 8), 0);
	assert_int_equal(rd(b, 1, 2, buf, 2), 0);
	assert_int_equal(b->nr_log, 2);
	assert_int_equal(b->bulks, 0);
	assert_int_equal(rd(b, 1, 3, buf, 4), 0);
	assert_int_equal(buf[0], 0x42);
	assert_int_equal(wr(b, 1, 0, buf, 3), 0);
	assert_int_equal(wr(b, 1, 0, buf, 16), 0);
	assert_int_equal(wr(b, 0, 0, buf, 64), 0);
	assert_int_equal(b->bulks, 4);
	close(b->conn);
	b->conn = -1;
	board_wait(b);
	board_free(b);
}

static void test_rom(void **state)
{
	struct board *b = *state;
	uint8_t buf[4096];
	unsigned i;

	assert_int_equal(rd(b, ROM, 0, buf, 4096), 0);
	assert_memory_equal(buf, b->rom, sizeof(b->rom));
	for (i = sizeof(b->rom); i < 4096; i++)
		assert_int_equal(buf[i], 0xff);
	assert_int_equal(rd(b, ROM, 4092, buf, 4), 0);
	assert_int_equal(rd(b, ROM, 4096, buf, 4), EINVAL);
	assert_int_equal(wr(b, ROM, 0, buf, 4), EINVAL);
}

static void test_bad_access(void **state)
{
	struct board *b = *state;
	struct region_rw req = { 0, 0, 4 };
	uint64_t v = 0;

	assert_int_equal(rd(b, 0, BAR0_SIZE, &v, 4), EINVAL);
	assert_int_equal(rd(b, 0, BAR0_SIZE - 2, &v, 4), EINVAL);
	assert_int_equal(rd(b, 0, ~0ull, &v, 4), EINVAL);
	assert_int_equal(rd(b, 0, ~0ull - 3, &v, 8), EINVAL);
	assert_int_equal(rd(b, 0, 0, &v, 0), EINVAL);
	assert_int_equal(rd(b, 2, 0, &v, 4), EINVAL);
	assert_int_equal(rd(b, 8, 0, &v, 4), EINVAL);
	assert_int_equal(rd(b, 9, 0, &v, 4), EINVAL);
	assert_int_equal(rd(b, ~0u, 0, &v, 4), EINVAL);
	assert_int_equal(rd(b, CFG, 4094, &v, 4), EINVAL);
	assert_int_equal(wr(b, 0, BAR0_SIZE, &v, 4), EINVAL);
	assert_int_equal(wr(b, 4, 0, &v, 4), EINVAL);
	req.count = 0x100001;
	assert_int_equal(ask(b, CMD_REGION_READ, &req, sizeof(req), NULL, 0, NULL, NULL), EINVAL);
	req.count = ~0u;
	assert_int_equal(ask(b, CMD_REGION_READ, &req, sizeof(req), NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_REGION_READ, &req, 8, NULL, 0, NULL, NULL), EINVAL);
	/* says more than it carries */
	req.count = 4;
	assert_int_equal(ask(b, CMD_REGION_WRITE, &req, sizeof(req), NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(b->nr_log, 0);
	alive(b);
}

static void test_posted(void **state)
{
	struct board *b = *state;
	struct vfu_stats st;
	uint32_t i, v;

	/* no replies; a read that follows sees them all done, in order */
	for (i = 0; i < 500; i++)
		send_write(b, HDR_NO_REPLY, 0, i * 4, &i, 4);
	v = 7;
	send_write(b, HDR_NO_REPLY, 0, BAR0_SIZE, &v, 4);	/* bad: dropped, silently */
	assert_int_equal(rd(b, 0, 0, &v, 4), 0);
	assert_int_equal(b->nr_log, 500);
	for (i = 0; i < 500; i++) {
		assert_int_equal(b->log[i].off, i * 4);
		assert_int_equal(b->log[i].val, i);
	}
	vfu_get_stats(b->dev, &st);
	assert_int_equal(st.posted, 500);
	assert_int_equal(st.writes, 500);
	assert_int_equal(st.reads, 1);
	assert_int_equal(st.errors, 1);
}

static void test_write_multi(void **state)
{
	struct board *b = *state;
	size_t size = sizeof(struct write_multi) + 200 * sizeof(struct write_one), len;
	struct write_multi *m = calloc(1, size);
	struct vfu_stats st;
	uint64_t done;
	uint32_t i;

	m->count = 200;
	for (i = 0; i < 200; i++) {
		m->writes[i].offset = 0x1000 + i * 4;
		m->writes[i].count = 4;
		memcpy(m->writes[i].data, &i, 4);
	}
	send_msg(b, CMD_WRITE_MULTI, HDR_NO_REPLY, m, size, NULL, 0);
	alive(b);
	assert_int_equal(b->nr_log, 200);
	for (i = 0; i < 200; i++)
		assert_int_equal(b->log[i].val, i);
	vfu_get_stats(b->dev, &st);
	assert_int_equal(st.multi, 1);
	assert_int_equal(st.posted, 200);

	/* with a reply, and bad ones among them */
	m->count = 4;
	m->writes[1].count = 9;
	m->writes[2].region = 77;
	len = sizeof(done);
	assert_int_equal(ask(b, CMD_WRITE_MULTI, m, sizeof(*m) + 4 * sizeof(m->writes[0]), NULL, 0,
			     &done, &len), 0);
	assert_int_equal(done, 2);
	assert_int_equal(b->nr_log, 202);
	/* more promised than there */
	m->count = 5;
	assert_int_equal(ask(b, CMD_WRITE_MULTI, m, sizeof(*m) + 4 * sizeof(m->writes[0]), NULL, 0,
			     &done, &len), EINVAL);
	m->count = ~0ull;
	assert_int_equal(ask(b, CMD_WRITE_MULTI, m, size, NULL, 0, &done, &len), EINVAL);
	m->count = ~0ull / 24 + 2;
	assert_int_equal(ask(b, CMD_WRITE_MULTI, m, size, NULL, 0, &done, &len), EINVAL);
	assert_int_equal(ask(b, CMD_WRITE_MULTI, m, 4, NULL, 0, &done, &len), EINVAL);
	m->count = 0;
	assert_int_equal(ask(b, CMD_WRITE_MULTI, m, 8, NULL, 0, &done, &len), 0);
	assert_int_equal(done, 0);
	assert_int_equal(b->nr_log, 202);
	free(m);
}

/*
 * Guest memory
 */

static void master(struct board *b)
{
	cfg_wr(b, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
}

static void test_dma(void **state)
{
	const unsigned rw = VFU_PROT_READ | VFU_PROT_WRITE;
	struct board *b = *state;
	int fd = memfd(16 << 20);
	uint32_t *mem = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint64_t len, gone;
	uint32_t buf[4];
	uint8_t *p;

	mem[0] = 0x11111111;
	mem[(1 << 20) / 4] = 0x22222222;
	assert_int_equal(dma_map(b, 0, 0xa0000, 0, rw, fd), 0);
	assert_int_equal(dma_map(b, 0x100000, 15 << 20, 1 << 20, rw, fd), 0);
	assert_int_equal(b->maps, 2);
	assert_int_equal(b->last_iova, 0x100000);

	/* a function without bus mastering reaches nothing */
	assert_null(ptr(b, 0, 4, VFU_PROT_READ));
	master(b);
	assert_int_equal(*(uint32_t *)ptr(b, 0, 4, VFU_PROT_READ), 0x11111111);
	assert_int_equal(*(uint32_t *)ptr(b, 0x100000, 4, rw), 0x22222222);
	assert_ptr_equal(ptr(b, 0x100000, 4, rw), b->last_host);
	assert_non_null(ptr(b, 0x9fffc, 4, rw));
	assert_null(ptr(b, 0x9fffd, 4, rw));
	assert_null(ptr(b, 0xa0000, 1, rw));
	assert_non_null(ptr(b, 0x100000, 15 << 20, rw));
	assert_null(ptr(b, 0x100000, (15 << 20) + 1, rw));
	assert_null(ptr(b, 0x100000, ~0ull, rw));
	assert_null(ptr(b, ~0ull, 1, rw));
	assert_null(ptr(b, ~0ull, ~0ull, rw));
	assert_null(ptr(b, 0, 0, rw));

	/* the descriptor is ours no more, the memory is shared */
	((uint32_t *)ptr(b, 0x100004, 4, rw))[0] = 0x33333333;
	assert_int_equal(mem[(1 << 20) / 4 + 1], 0x33333333);

	/* a neighbour in guest and file: one span; elsewhere in the file: copies only */
	assert_int_equal(dma_map(b, 0x1000000, 0x1000, 0x5000, rw, fd), 0);
	assert_int_equal(dma_map(b, 0x1001000, 0x1000, 0x6000, rw, fd), 0);
	assert_int_equal(dma_map(b, 0x1002000, 0x1000, 0x2000, rw, fd), 0);
	assert_int_equal(dma_map(b, 0x1003000, 0x1000, 0x3000, VFU_PROT_READ, fd), 0);
	assert_non_null(ptr(b, 0x1000800, 0x1000, rw));
	assert_null(ptr(b, 0x1001800, 0x1000, rw));
	assert_null(ptr(b, 0x1003000, 4, VFU_PROT_WRITE));
	assert_non_null(ptr(b, 0x1002ffc, 8, VFU_PROT_READ));
	assert_null(ptr(b, 0x1002ffc, 8, rw));
	board_lock(b);
	len = 0x10000;
	p = vfu_dma_span(b->dev, 0x1000800, &len, rw);
	assert_non_null(p);
	assert_int_equal(len, 0x1800);
	memset(buf, 0x77, sizeof(buf));
	assert_int_equal(vfu_dma_write(b->dev, 0x1001ff8, buf, 16), 0);
	assert_int_equal(mem[0x6ffc / 4], 0x77777777);
	assert_int_equal(mem[0x2000 / 4], 0x77777777);
	assert_int_equal(mem[0x7000 / 4], 0);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(vfu_dma_read(b->dev, 0x1001ff8, buf, 16), 0);
	assert_int_equal(buf[3], 0x77777777);
	assert_int_equal(vfu_dma_write(b->dev, 0x1002ff8, buf, 16), -EFAULT);
	assert_int_equal(vfu_dma_read(b->dev, 0x1003ff8, buf, 16), -EFAULT);
	board_unlock(b);

	/* one exactly, then what is left of them in one sweep; then nothing, which is no error */
	assert_int_equal(dma_unmap(b, 0x1002000, 0x1000, 0, &gone), 0);
	assert_int_equal(gone, 0x1000);
	assert_null(ptr(b, 0x1002000, 4, rw));
	assert_non_null(ptr(b, 0x1001000, 4, rw));
	assert_int_equal(dma_unmap(b, 0x1000000, 0x100000, 0, &gone), 0);
	assert_int_equal(gone, 0x3000);
	assert_int_equal(dma_unmap(b, 0x1000000, 0x100000, 0, &gone), 0);
	assert_int_equal(gone, 0);
	assert_int_equal(b->unmaps, 4);
	assert_int_equal(dma_unmap(b, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, &gone), 0);
	assert_int_equal(gone, 0xa0000 + (15 << 20));
	assert_null(ptr(b, 0, 4, rw));
	munmap(mem, 16 << 20);
	close(fd);
}

static void test_dma_no_fd(void **state)
{
	struct board *b = *state;

	master(b);
	assert_int_equal(dma_map(b, 0xfffc0000, 0x40000, 0, VFU_PROT_READ, -1), 0);
	assert_null(b->last_host);
	assert_null(ptr(b, 0xfffc0000, 4, VFU_PROT_READ));
	assert_int_equal(dma_unmap(b, 0xfffc0000, 0x40000, 0, NULL), 0);
	/* up to the very end of the address space */
	assert_int_equal(dma_map(b, -0x1000ull, 0x1000, 0, VFU_PROT_READ, -1), 0);
	assert_int_equal(dma_unmap(b, -0x1000ull, 0x1000, 0, NULL), 0);
}

static void test_dma_bad(void **state)
{
	const unsigned rw = VFU_PROT_READ | VFU_PROT_WRITE;
	struct board *b = *state;
	struct dma_map r = { sizeof(r), rw, 0, 0x10000, 0x1000 };
	struct dma_unmap u = { sizeof(u), 0, 0x10000, 0x1000 };
	int fd = memfd(1 << 20), two[2] = { fd, fd }, ro, p[2];
	char link[64];

	master(b);
	assert_int_equal(dma_map(b, 0x10000, 0, 0, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, 0x800, 0, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10800, 0x1000, 0, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, 0x1000, 0x10, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, -0x1000ull, 0x2000, 0, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, -0x1000ull, 0, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, 0x1000, 0, 0, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, 0x1000, 0, 0x13, fd), EINVAL);
	/* beyond the end of the file */
	assert_int_equal(dma_map(b, 0x10000, 2 << 20, 0, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, 0x1000, 1 << 20, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, 0x1000, -0x1000ull, rw, fd), EINVAL);
	assert_int_equal(dma_map(b, 0x10000, 0x2000, (1 << 20) - 0x1000, rw, fd), EINVAL);
	/* not a file that has a size */
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(dma_map(b, 0x10000, 0x1000, 0, rw, p[0]), EINVAL);
	close(p[0]);
	close(p[1]);
	/* descriptors: not two, and it must carry the right */
	assert_int_equal(ask(b, CMD_DMA_MAP, &r, sizeof(r), two, 2, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_DMA_MAP, &r, 24, &fd, 1, NULL, NULL), EINVAL);
	r.argsz = 4;
	assert_int_equal(ask(b, CMD_DMA_MAP, &r, sizeof(r), &fd, 1, NULL, NULL), EINVAL);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ro = open(link, O_RDONLY | O_CLOEXEC);
	assert_int_equal(dma_map(b, 0x10000, 0x1000, 0, rw, ro), EACCES);
	assert_int_equal(b->maps, 0);

	assert_int_equal(dma_map(b, 0x10000, 0x4000, 0, rw, fd), 0);
	assert_int_equal(dma_map(b, 0x80000, 0x1000, 0, rw, ro), EACCES);
	assert_int_equal(dma_map(b, 0x80000, 0x1000, 0, VFU_PROT_READ, ro), 0);
	close(ro);
	/* over an existing one: same, inside, across either end, around */
	assert_int_equal(dma_map(b, 0x10000, 0x4000, 0, rw, fd), EEXIST);
	assert_int_equal(dma_map(b, 0x11000, 0x1000, 0, rw, fd), EEXIST);
	assert_int_equal(dma_map(b, 0xf000, 0x2000, 0, rw, fd), EEXIST);
	assert_int_equal(dma_map(b, 0x13000, 0x2000, 0, rw, fd), EEXIST);
	assert_int_equal(dma_map(b, 0x0, 0x40000, 0, rw, fd), EEXIST);
	assert_int_equal(dma_map(b, 0xf000, 0x1000, 0, rw, fd), 0);
	assert_int_equal(dma_map(b, 0x14000, 0x1000, 0, rw, fd), 0);

	/* unmap: may not cut */
	assert_int_equal(dma_unmap(b, 0x10000, 0x1000, 0, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x11000, 0x3000, 0, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x11000, 0x1000, 0, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x10000, 0, 0, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x10000, 0x4001, 0, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x10000, -0x1000ull, 0, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x10000, 0x4000, VFIO_DMA_UNMAP_FLAG_ALL, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x10000, 0x4000, 1 << 5, NULL), EINVAL);
	assert_int_equal(dma_unmap(b, 0x10000, 0x4000, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
				   NULL), ENOTSUP);
	assert_int_equal(ask(b, CMD_DMA_UNMAP, &u, 16, NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_DMA_UNMAP, &u, sizeof(u), &fd, 1, NULL, NULL), EINVAL);
	assert_int_equal(b->unmaps, 0);
	assert_non_null(ptr(b, 0x10000, 0x4000, rw));
	close(fd);
	/* the rest is unmapped when the client leaves, which the teardown looks at */
}

/* Thousands of small regions in one file, as an IOMMU makes them. */
static void test_dma_many(void **state)
{
	const unsigned rw = VFU_PROT_READ | VFU_PROT_WRITE, n = 3000;
	struct board *b = *state;
	int fd = memfd((uint64_t)n * 0x1000);
	uint32_t *mem = mmap(NULL, (uint64_t)n * 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint64_t gone;
	unsigned i;

	master(b);
	for (i = 0; i < n; i++) {
		unsigned at = i * 1117 % n;		/* out of order; 1117 is prime */

		mem[at * 1024] = at;
		assert_int_equal(dma_map(b, at * 0x2000ull, 0x1000, at * 0x1000ull, rw, fd), 0);
	}
	for (i = 0; i < n; i++) {
		uint32_t *p = ptr(b, i * 0x2000ull, 0x1000, rw);

		assert_non_null(p);
		assert_int_equal(*p, i);
		assert_null(ptr(b, i * 0x2000ull + 0x1000, 4, rw));
	}
	assert_int_equal(dma_unmap(b, 0, n * 0x2000ull, 0, &gone), 0);
	assert_int_equal(gone, n * 0x1000ull);
	munmap(mem, (uint64_t)n * 0x1000);
	close(fd);
}

/* Maps and unmaps at random, against an array that says what is there; more than one leaf of them. */
static void test_dma_churn(void **state)
{
	enum { SLOTS = 4096 };
	const unsigned rw = VFU_PROT_READ | VFU_PROT_WRITE;
	static bool there[SLOTS];
	struct board *b = *state;
	int fd = memfd(SLOTS * 0x1000);
	unsigned i, round, at, n, seed = 1;
	uint64_t gone, expected, len;

	master(b);
	memset(there, 0, sizeof(there));
	for (round = 0; round < 20000; round++) {
		seed = seed * 1664525 + 1013904223;
		at = seed >> 16 & (SLOTS - 1);
		if (seed >> 28 < 11) {
			assert_int_equal(dma_map(b, at * 0x1000ull, 0x1000, at * 0x1000ull, rw, fd),
					 there[at] ? EEXIST : 0);
			there[at] = true;
			continue;
		}
		n = seed >> 30 & 1 ? 1 : seed >> 8 & 63;
		n = n < SLOTS - at ? n + 1 : SLOTS - at;
		for (expected = 0, i = at; i < at + n; i++) {
			expected += there[i] * 0x1000ull;
			there[i] = false;
		}
		assert_int_equal(dma_unmap(b, at * 0x1000ull, n * 0x1000ull, 0, &gone), 0);
		assert_int_equal(gone, expected);
		assert_null(ptr(b, at * 0x1000ull, 4, rw));
	}
	for (i = 0; i < SLOTS; i += n) {
		for (n = 0; i + n < SLOTS && there[i + n]; n++)
			assert_non_null(ptr(b, (i + n) * 0x1000ull, 0x1000, rw));
		len = SLOTS * 0x1000ull;
		if (n && !vfu_dma_span(b->dev, i * 0x1000ull, &len, rw))
			fail();
		else if (n)
			assert_int_equal(len, n * 0x1000ull);
		else
			assert_null(ptr(b, i++ * 0x1000ull, 4, rw));
	}
	close(fd);
}

/* The file grows, and a new region lies in the new part. */
static void test_dma_grow(void **state)
{
	const unsigned rw = VFU_PROT_READ | VFU_PROT_WRITE;
	struct board *b = *state;
	int fd = memfd(0x10000);

	master(b);
	assert_int_equal(dma_map(b, 0, 0x10000, 0, rw, fd), 0);
	assert_int_equal(ftruncate(fd, 0x20000), 0);
	assert_int_equal(dma_map(b, 0x10000, 0x10000, 0x10000, rw, fd), 0);
	*(uint32_t *)ptr(b, 0x1fffc, 4, rw) = 5;
	assert_int_equal(dma_unmap(b, 0, 0x10000, 0, NULL), 0);
	*(uint32_t *)ptr(b, 0x1fffc, 4, rw) = 6;
	/* so sparse a file that it cannot be mapped whole */
	assert_int_equal(ftruncate(fd, 1ll << 55), 0);
	assert_int_equal(dma_map(b, 0x40000, 0x10000, 1ll << 54, rw, fd), 0);
	*(uint32_t *)ptr(b, 0x40000, 4, rw) = 7;
	close(fd);
}

/*
 * Interrupts
 */

static void msi_enable(struct board *b, bool on)
{
	cfg_wr(b, MSI + PCI_MSI_FLAGS, on ? PCI_MSI_FLAGS_ENABLE : 0, 2);
}

static void test_msi(void **state)
{
	struct board *b = *state;
	int ev = new_eventfd(), ev2 = new_eventfd();

	master(b);
	assert_false(vfu_msi_enabled(b->dev));
	assert_false(vfu_msi_send(b->dev));
	/* QEMU's order: the enable bit is forwarded first, the eventfd comes after */
	msi_enable(b, true);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 1, ev), 0);
	assert_true(vfu_msi_enabled(b->dev));
	assert_int_equal(signals(ev), 0);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 1);
	vfu_irq_level(b->dev, true);			/* no edge, no message */
	assert_int_equal(signals(ev), 0);
	vfu_irq_level(b->dev, false);
	assert_int_equal(signals(ev), 0);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 1);
	assert_true(vfu_msi_send(b->dev));
	assert_int_equal(signals(ev), 1);
	assert_true(cfg_rd(b, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	assert_true(cfg_rd(b, PCI_COMMAND, 4) >> 16 & PCI_STATUS_INTERRUPT);

	/* another eventfd takes over; none at all: the message waits for the next */
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 1, ev2), 0);
	vfu_msi_send(b->dev);
	assert_int_equal(signals(ev), 0);
	assert_int_equal(signals(ev2), 1);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 1, -1), 0);
	assert_true(vfu_msi_send(b->dev));
	assert_int_equal(signals(ev2), 0);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 1, ev), 0);
	assert_int_equal(signals(ev), 1);

	/* bus mastering off: messages wait */
	cfg_wr(b, PCI_COMMAND, 0, 2);
	vfu_msi_send(b->dev);
	assert_int_equal(signals(ev), 0);
	master(b);
	assert_int_equal(signals(ev), 1);

	/* off, as QEMU does it; the line is still up when it comes on again */
	assert_int_equal(set_irqs(b, NONE | TRIGGER, MSI_IDX, 0, -1), 0);
	msi_enable(b, false);
	assert_false(vfu_msi_send(b->dev));
	msi_enable(b, true);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 1, ev), 0);
	assert_int_equal(signals(ev), 1);
	/* the client's own trigger */
	assert_int_equal(set_irqs(b, NONE | TRIGGER, MSI_IDX, 1, -1), 0);
	assert_int_equal(signals(ev), 1);
	close(ev);
	close(ev2);
}

static void test_intx(void **state)
{
	struct board *b = *state;
	int ev = new_eventfd();

	vfu_irq_level(b->dev, true);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, INTX, 1, ev), 0);
	assert_int_equal(signals(ev), 1);		/* was up already */
	vfu_irq_level(b->dev, false);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 0);		/* masked itself */
	assert_int_equal(set_irqs(b, NONE | UNMASK, INTX, 1, -1), 0);
	assert_int_equal(signals(ev), 1);		/* still up: again */
	vfu_irq_level(b->dev, false);
	assert_int_equal(set_irqs(b, NONE | UNMASK, INTX, 1, -1), 0);
	assert_int_equal(signals(ev), 0);
	assert_int_equal(set_irqs(b, NONE | MASK, INTX, 1, -1), 0);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 0);
	assert_int_equal(set_irqs(b, NONE | UNMASK, INTX, 1, -1), 0);
	assert_int_equal(signals(ev), 1);

	/* disabled in the command register */
	vfu_irq_level(b->dev, false);
	assert_int_equal(set_irqs(b, NONE | UNMASK, INTX, 1, -1), 0);
	cfg_wr(b, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 0);
	assert_true(cfg_rd(b, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	cfg_wr(b, PCI_COMMAND, 0, 2);
	assert_int_equal(signals(ev), 1);

	/* with MSI on there is no INTx */
	vfu_irq_level(b->dev, false);
	assert_int_equal(set_irqs(b, NONE | UNMASK, INTX, 1, -1), 0);
	msi_enable(b, true);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 0);
	msi_enable(b, false);
	assert_int_equal(signals(ev), 1);
	assert_int_equal(set_irqs(b, NONE | TRIGGER, INTX, 0, -1), 0);
	close(ev);
}

static void test_intx_unmask_fd(void **state)
{
	struct board *b = *state;
	int ev = new_eventfd(), un = new_eventfd();
	struct pollfd p = { .fd = ev, .events = POLLIN };
	uint64_t one = 1;

	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, INTX, 1, ev), 0);
	assert_int_equal(set_irqs(b, EVENTFD | UNMASK, INTX, 1, un), 0);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 1);
	assert_int_equal(write(un, &one, sizeof(one)), sizeof(one));
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(signals(ev), 1);
	close(ev);
	close(un);
}

static void test_irq_bad(void **state)
{
	struct board *b = *state;
	int ev = new_eventfd(), p[2], two[2] = { ev, ev };
	struct vfio_irq_set s = { sizeof(s), EVENTFD | TRIGGER, MSI_IDX, 0, 1 };
	uint8_t with_bool[sizeof(s) + 1];

	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, VFIO_PCI_MSIX_IRQ_INDEX, 1, ev), EINVAL);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, VFIO_PCI_REQ_IRQ_INDEX, 1, ev), EINVAL);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, 99, 1, ev), EINVAL);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 2, ev), EINVAL);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, ~0u, ev), EINVAL);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 0, -1), EINVAL);
	assert_int_equal(set_irqs(b, EVENTFD | UNMASK, MSI_IDX, 1, ev), EINVAL);
	assert_int_equal(set_irqs(b, EVENTFD | MASK, INTX, 1, ev), EINVAL);
	assert_int_equal(set_irqs(b, NONE | MASK, MSI_IDX, 1, -1), EINVAL);
	assert_int_equal(set_irqs(b, NONE | TRIGGER, INTX, 1, ev), EINVAL);
	assert_int_equal(set_irqs(b, NONE | BOOL | TRIGGER, INTX, 1, -1), EINVAL);
	assert_int_equal(set_irqs(b, NONE | TRIGGER | MASK, INTX, 1, -1), EINVAL);
	assert_int_equal(set_irqs(b, NONE, INTX, 1, -1), EINVAL);
	assert_int_equal(set_irqs(b, TRIGGER, INTX, 1, -1), EINVAL);
	assert_int_equal(set_irqs(b, NONE | TRIGGER | 1 << 9, INTX, 1, -1), EINVAL);
	assert_int_equal(set_irqs(b, BOOL | MASK, INTX, 1, -1), EINVAL);	/* no data */
	s.start = ~0u;
	assert_int_equal(ask(b, CMD_SET_IRQS, &s, sizeof(s), &ev, 1, NULL, NULL), EINVAL);
	s.start = 0;
	assert_int_equal(ask(b, CMD_SET_IRQS, &s, sizeof(s), two, 2, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_SET_IRQS, &s, 12, &ev, 1, NULL, NULL), EINVAL);
	s.argsz = 4;
	assert_int_equal(ask(b, CMD_SET_IRQS, &s, sizeof(s), &ev, 1, NULL, NULL), EINVAL);
	/* a pipe is no eventfd */
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, INTX, 1, p[1]), EINVAL);
	close(p[0]);
	close(p[1]);
	/* booleans */
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, INTX, 1, ev), 0);
	s = (struct vfio_irq_set) { sizeof(s) + 1, BOOL | TRIGGER, INTX, 0, 1 };
	memcpy(with_bool, &s, sizeof(s));
	with_bool[sizeof(s)] = 0;
	assert_int_equal(ask(b, CMD_SET_IRQS, with_bool, sizeof(with_bool), NULL, 0, NULL, NULL),
			 0);
	assert_int_equal(signals(ev), 0);
	with_bool[sizeof(s)] = 1;
	assert_int_equal(ask(b, CMD_SET_IRQS, with_bool, sizeof(with_bool), NULL, 0, NULL, NULL),
			 0);
	assert_int_equal(signals(ev), 1);
	close(ev);
}

/*
 * Reset
 */

static void test_reset(void **state)
{
	struct board *b = *state;
	int ev = new_eventfd();

	master(b);
	msi_enable(b, true);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 1, ev), 0);
	cfg_wr(b, PCI_BASE_ADDRESS_0, 0xfe000000, 4);
	vfu_irq_level(b->dev, true);
	assert_int_equal(signals(ev), 1);

	assert_int_equal(ask(b, CMD_RESET, NULL, 0, NULL, 0, NULL, NULL), 0);
	assert_int_equal(b->resets, 1);
	assert_int_equal(cfg_rd(b, PCI_COMMAND, 4), PCI_STATUS_CAP_LIST << 16);
	assert_int_equal(cfg_rd(b, PCI_BASE_ADDRESS_0, 4), 0);
	assert_false(vfu_msi_enabled(b->dev));
	alive(b);

	/* function level */
	master(b);
	cfg_wr(b, EXP + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2);
	assert_int_equal(b->resets, 2);
	assert_int_equal(cfg_rd(b, PCI_COMMAND, 2), 0);
	cfg_wr(b, EXP + PCI_EXP_DEVCTL, 0x2810, 2);
	assert_int_equal(b->resets, 2);
	close(ev);
}

/*
 * The stream
 */

static void test_unknown(void **state)
{
	struct board *b = *state;
	int fd = memfd(4096), i, many[20];
	uint8_t junk[64] = { 0 };

	assert_int_equal(ask(b, 0, NULL, 0, NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, 99, junk, 64, NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_DMA_READ, junk, 16, NULL, 0, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_DIRTY_PAGES, junk, 16, NULL, 0, NULL, NULL), ENOTSUP);
	assert_int_equal(ask(b, CMD_FEATURE, junk, 16, NULL, 0, NULL, NULL), ENOTSUP);
	assert_int_equal(ask(b, CMD_MIG_DATA_READ, junk, 16, NULL, 0, NULL, NULL), ENOTSUP);
	assert_int_equal(ask(b, CMD_GET_REGION_IO_FDS, junk, 16, NULL, 0, NULL, NULL), ENOTSUP);
	/* descriptors where none belong, and more than anybody needs */
	for (i = 0; i < 20; i++)
		many[i] = fd;
	assert_int_equal(ask(b, CMD_RESET, NULL, 0, &fd, 1, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, 99, junk, 64, many, 20, NULL, NULL), EINVAL);
	assert_int_equal(ask(b, CMD_RESET, NULL, 0, many, 8, NULL, NULL), EINVAL);
	/* a reply to what nobody asked is dropped */
	send_msg(b, CMD_DMA_READ, HDR_REPLY, junk, 64, NULL, 0);
	send_msg(b, CMD_DMA_READ, 0xf, junk, 64, &fd, 1);
	assert_int_equal(b->resets, 0);
	alive(b);
	close(fd);
}

/* Many descriptors pile up on a message that does not get complete for long. */
static void test_fd_pile(void **state)
{
	struct board *b = *state;
	struct hdr h = { 5, CMD_RESET, sizeof(h) + 16, 0, 0 };
	uint8_t buf[sizeof(h) + 16] = { 0 };
	int fd = memfd(4096), many[40];
	unsigned i;

	memcpy(buf, &h, sizeof(h));
	for (i = 0; i < 40; i++)
		many[i] = fd;
	send_raw(b->conn, buf, 1, many, 40);
	for (i = 1; i < sizeof(buf); i++)
		send_raw(b->conn, buf + i, 1, many, 5);
	assert_int_equal(recv_reply(b, 5, CMD_RESET, NULL, NULL, NULL), EINVAL);
	/* the next message has none of them */
	assert_int_equal(ask(b, CMD_RESET, NULL, 0, NULL, 0, NULL, NULL), 0);
	close(fd);
}

/* Messages in one piece, in single bytes, and cut anywhere; descriptors find their message. */
static void test_pieces(void **state)
{
	const unsigned rw = VFU_PROT_READ | VFU_PROT_WRITE;
	struct board *b = *state;
	struct {
		struct hdr h;
		struct dma_map m;
	} __attribute__((packed)) map = {
		{ 0, CMD_DMA_MAP, sizeof(map), 0, 0 }, { sizeof(map.m), rw, 0, 0x1000, 0x1000 },
	};
	uint8_t buf[4 * sizeof(map)], *p = buf;
	int fd = memfd(0x10000), fd2 = memfd(0x20000);
	unsigned i;

	master(b);
	for (i = 0; i < sizeof(map); i++)
		send_raw(b->conn, (uint8_t *)&map + i, 1, &fd, i == 0);
	assert_int_equal(recv_reply(b, 0, CMD_DMA_MAP, NULL, NULL, NULL), 0);
	assert_non_null(ptr(b, 0x1000, 0x1000, rw));

	/* three without, a fourth that has one: which file, its size tells */
	for (i = 0; i < 4; i++) {
		map.h.id = 10 + i;
		map.m.iova = 0x10000 + i * 0x1000;
		map.m.offset = i == 3 ? 0x1f000 : 0;
		memcpy(p + i * sizeof(map), &map, sizeof(map));
	}
	pthread_mutex_lock(&b->lock);	/* hold the server up, so that it gets them together */
	send_raw(b->conn, buf, 3 * sizeof(map) - 7, NULL, 0);
	send_raw(b->conn, buf + 3 * sizeof(map) - 7, 7, NULL, 0);
	send_raw(b->conn, buf + 3 * sizeof(map), 20, &fd2, 1);
	send_raw(b->conn, buf + 3 * sizeof(map) + 20, sizeof(map) - 20, NULL, 0);
	map.h.id = 14;
	map.m.iova = 0x10000 + 4 * 0x1000;
	map.m.offset = 0;
	send_raw(b->conn, &map, sizeof(map), &fd, 1);
	pthread_mutex_unlock(&b->lock);
	for (i = 0; i < 5; i++)
		assert_int_equal(recv_reply(b, 10 + i, CMD_DMA_MAP, NULL, NULL, NULL), 0);
	for (i = 0; i < 3; i++)
		assert_null(ptr(b, 0x10000 + i * 0x1000, 1, rw));
	assert_non_null(ptr(b, 0x13000, 0x1000, rw));
	assert_non_null(ptr(b, 0x14000, 0x1000, rw));
	close(fd);
	close(fd2);
}

static void test_oversized(void **state)
{
	struct board *b = *state;
	struct hdr h = { 9, CMD_REGION_WRITE, 3 << 20, 0, 0 };
	uint8_t *buf = calloc(1, 3 << 20);
	int fd = memfd(4096);

	memcpy(buf, &h, sizeof(h));
	send_raw(b->conn, buf, 1000, &fd, 1);
	assert_int_equal(recv_reply(b, 9, CMD_REGION_WRITE, NULL, NULL, NULL), EMSGSIZE);
	/* its bytes go by, however long it takes */
	send_raw(b->conn, buf + 1000, (3 << 20) - 1500, &fd, 1);
	send_raw(b->conn, buf + (3 << 20) - 500, 500, NULL, 0);
	alive(b);
	close(fd);
	free(buf);
}

/* A header that is shorter than a header: the stream is lost, so is the connection. */
static void test_undersized(void **state)
{
	struct board *b = *state;
	struct hdr h = { 3, CMD_RESET, 15, 0, 0 };
	char c;

	send_raw(b->conn, &h, sizeof(h), NULL, 0);
	assert_int_equal(recv_reply(b, 3, CMD_RESET, NULL, NULL, NULL), EPROTO);
	assert_int_equal(read(b->conn, &c, 1), 0);
	assert_int_equal(board_wait(b), VFU_DISCONNECTED);
	board_start(b);			/* for the teardown; it has nobody to serve */
	assert_int_equal(board_wait(b), -ENOTCONN);
	board_free(b);
}

/* The client asks and asks, and does not read: the server waits, and can be stopped. */
static void test_stuck_client(void **state)
{
	struct board *b = *state;
	struct region_rw req = { 0, 1, 1 << 20 };
	unsigned i;

	for (i = 0; i < 8; i++)
		send_msg(b, CMD_REGION_READ, 0, &req, sizeof(req), NULL, 0);
	usleep(20000);
	vfu_stop(b->dev);
	assert_int_equal(board_wait(b), VFU_STOPPED);
	board_free(b);
}

static void test_stop(void **state)
{
	struct board *b = *state;

	vfu_stop(b->dev);
	assert_int_equal(board_wait(b), VFU_STOPPED);
	board_free(b);
}

static void on_watch(void *opaque, int fd)
{
	struct board *b = opaque;

	assert_int_equal(pthread_mutex_trylock(&b->lock), EBUSY);
	b->watch_calls += signals(fd);
	if (b->watch_calls == 2)
		assert_int_equal(vfu_unwatch_fd(b->dev, fd), 0);
}

static void test_watch(void **state)
{
	struct board *b = board_new();
	int ev = new_eventfd(), sv[2], i;
	char reply[512];
	uint64_t one = 1;

	assert_int_equal(vfu_watch_fd(b->dev, ev, on_watch), 0);
	assert_int_equal(vfu_watch_fd(b->dev, -1, on_watch), -EINVAL);
	assert_int_equal(vfu_unwatch_fd(b->dev, 12345), -ENOENT);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(vfu_attach_fd(b->dev, sv[0]), 0);
	assert_int_equal(vfu_attach_fd(b->dev, sv[0]), -EBUSY);
	b->conn = sv[1];
	board_start(b);
	assert_int_equal(version(b, "", 0, reply, sizeof(reply)), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(write(ev, &one, sizeof(one)), sizeof(one));
		alive(b);
		alive(b);
	}
	assert_int_equal(b->watch_calls, 2);
	close(b->conn);
	b->conn = -1;
	board_wait(b);
	close(ev);
	board_free(b);
}

/*
 * Sockets
 */

static void test_listen_errors(void **state)
{
	struct board *b = board_new(), *b2;
	char dir[] = "/tmp/vfu-test-XXXXXX", path[64], longer[200];
	struct stat st;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	memset(longer, 'x', sizeof(longer));
	longer[199] = 0;
	assert_int_equal(vfu_run(b->dev), -ENOTCONN);
	assert_int_equal(vfu_listen(b->dev, NULL), -EINVAL);
	assert_int_equal(vfu_listen(b->dev, ""), -EINVAL);
	assert_int_equal(vfu_listen(b->dev, longer), -ENAMETOOLONG);
	assert_int_equal(vfu_listen(b->dev, "/nonexistent/dir/socket"), -ENOENT);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(vfu_listen(b->dev, path), -EEXIST);
	unlink(path);
	assert_int_equal(vfu_attach_fd(b->dev, 0x7fff), -EBADF);

	assert_int_equal(vfu_listen(b->dev, path), 0);
	assert_int_equal(vfu_listen(b->dev, path), -EBUSY);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	b2 = board_new();
	assert_int_equal(vfu_listen(b2->dev, path), -EADDRINUSE);
	board_free(b2);
	assert_int_equal(stat(path, &st), 0);
	board_free(b);
	assert_int_equal(stat(path, &st), -1);
	rmdir(dir);
}

/* A socket file whose server died is replaced. */
static void test_stale_socket(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct board *b = board_new();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/vfu-test-stale-%d", getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	assert_int_equal(vfu_listen(b->dev, a.sun_path), 0);
	board_free(b);
}

static void test_clients(void **state)
{
	struct board *b = board_new();
	struct hdr h = { 77, CMD_VERSION, sizeof(h) + 4, 0, 0 };
	uint8_t hello[sizeof(h) + 4] = { 0 };
	struct vfu_stats st;
	char reply[512], c;
	int other, quiet[6], i;

	snprintf(b->path, sizeof(b->path), "/tmp/vfu-test-%d", getpid());
	assert_int_equal(vfu_listen(b->dev, b->path), 0);
	board_start(b);
	b->conn = dial(b->path);
	assert_int_equal(version(b, "", 0, reply, sizeof(reply)), 0);
	master(b);

	/* a second one is told so */
	memcpy(hello, &h, sizeof(h));
	other = dial(b->path);
	send_raw(other, hello, sizeof(hello), NULL, 0);
	read_full(other, &h, sizeof(h), NULL);
	assert_int_equal(h.id, 77);
	assert_int_equal(h.flags, HDR_REPLY | HDR_ERROR);
	assert_int_equal(h.error, EBUSY);
	assert_int_equal(h.size, sizeof(h));
	assert_int_equal(read(other, &c, 1), 0);
	close(other);
	/* those who say nothing do not fill us up */
	for (i = 0; i < 6; i++)
		quiet[i] = dial(b->path);
	while (vfu_get_stats(b->dev, &st), st.refused < 7)
		usleep(1000);
	alive(b);
	assert_int_equal(b->resets, 0);

	/* the first leaves, the next is served, and finds the device reset */
	close(b->conn);
	assert_int_equal(board_wait(b), VFU_DISCONNECTED);
	b->conn = dial(b->path);
	board_start(b);
	assert_int_equal(version(b, "", 0, reply, sizeof(reply)), 0);
	assert_int_equal(b->resets, 1);
	assert_int_equal(cfg_rd(b, PCI_COMMAND, 2), 0);
	vfu_stop(b->dev);
	assert_int_equal(board_wait(b), VFU_STOPPED);
	for (i = 0; i < 6; i++)
		close(quiet[i]);
	board_free(b);
}

static void test_create_errors(void **state)
{
	struct board *b = board_new();
	struct vfu_desc d;
	struct vfu_ops o = ops;
	struct vfu *dev;

#define BAD(change) do { \
		d = desc_of(b); \
		change; \
		assert_int_equal(vfu_create(&d, &o, b, &dev), -EINVAL); \
	} while (0)
	BAD(d.bars[0].size = 3 << 20);
	BAD(d.bars[0].size = 2048);
	BAD(d.bars[0].size = 1ull << 32);
	BAD(d.bars[2].size = 4096);			/* second half of BAR1 */
	BAD(d.bars[5].size = 512);
	BAD(d.bars[5].flags = VFU_BAR_IO | VFU_BAR_64);
	BAD(d.bars[5].flags = VFU_BAR_64; d.bars[5].size = 4096);
	BAD(d.bars[0].max_access = 3);
	BAD(d.rom = NULL);
	BAD(d.rom_size = 32 << 20);
	BAD(d.msi_cap = 0x62);
	BAD(d.msi_cap = 0x64);				/* overlaps PM */
	BAD(d.exp_cap = 0xf0);
	BAD(d.pm_cap = 0x20);
	BAD(d.class_code = 1 << 24);
	BAD(d.link_speed = 9);
	BAD(d.bars[3].areas[0].size = 5);
	BAD(d.bars[3].areas[0].offset = 32 << 20);
	BAD(d.bars[3].nr_areas = 9);
	o.unlock = NULL;
	BAD(;);
	o = ops;
	o.read = NULL;
	BAD(;);
	vfu_destroy(NULL);
	board_free(b);
}

/* An engine thread copies through guest memory while the client maps and unmaps it. */
struct engine {
	struct board *b;
	bool stop;
	unsigned hits;
};

static void *engine_thread(void *arg)
{
	struct engine *e = arg;

	while (!__atomic_load_n(&e->stop, __ATOMIC_RELAXED)) {
		uint64_t *p;

		board_lock(e->b);
		p = vfu_dma_ptr(e->b->dev, 0x1000, 0x1000, VFU_PROT_READ | VFU_PROT_WRITE);
		if (p) {
			memset(p, e->hits, 0x1000);
			__atomic_add_fetch(&e->hits, 1, __ATOMIC_RELAXED);
		}
		board_unlock(e->b);
		vfu_irq_level(e->b->dev, e->hits & 1);
		usleep(10);
	}
	return NULL;
}

static void test_engine(void **state)
{
	struct board *b = *state;
	struct engine e = { .b = b };
	int fd = memfd(0x10000), ev = new_eventfd();
	pthread_t t;
	unsigned i;

	master(b);
	msi_enable(b, true);
	assert_int_equal(set_irqs(b, EVENTFD | TRIGGER, MSI_IDX, 1, ev), 0);
	assert_int_equal(pthread_create(&t, NULL, engine_thread, &e), 0);
	/* On a busy machine the thread may not come by at the right moments for long. */
	for (i = 0; i < 300 || (i < 30000 && !__atomic_load_n(&e.hits, __ATOMIC_RELAXED)); i++) {
		assert_int_equal(dma_map(b, 0x1000, 0x1000, 0x2000, 3, fd), 0);
		msi_enable(b, i & 1);
		usleep(100);
		assert_int_equal(dma_unmap(b, 0x1000, 0x1000, 0, NULL), 0);
	}
	__atomic_store_n(&e.stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	assert_true(e.hits > 0);
	close(fd);
	close(ev);
}

#define T(name)		cmocka_unit_test_setup_teardown(name, setup, teardown)
#define T_OWN_END(name)	cmocka_unit_test_setup(name, setup)
#define T_QUIET(name)	cmocka_unit_test_setup_teardown(name, setup_quiet, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T_QUIET(test_version), T_QUIET(test_version_bad),
		T(test_info), T(test_region_info), T(test_region_mmap), T(test_irq_info),
		T(test_header), T(test_bar_sizing), T(test_caps), T(test_cfg_api),
		T(test_bar_access), T(test_bulk), T(test_rom), T(test_bad_access),
		T(test_posted), T(test_write_multi),
		T(test_dma), T(test_dma_no_fd), T(test_dma_bad), T(test_dma_many), T(test_dma_churn),
		T(test_dma_grow),
		T(test_msi), T(test_intx), T(test_intx_unmask_fd), T(test_irq_bad), T(test_reset),
		T(test_unknown), T(test_fd_pile), T(test_pieces), T(test_oversized),
		T_OWN_END(test_undersized), T_OWN_END(test_stuck_client), T_OWN_END(test_stop),
		cmocka_unit_test(test_watch), cmocka_unit_test(test_listen_errors),
		cmocka_unit_test(test_stale_socket), cmocka_unit_test(test_clients),
		cmocka_unit_test(test_create_errors), cmocka_unit_test(test_bulk_ops),
		T(test_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
