// SPDX-License-Identifier: MIT
/*
 * libFuzzer: a client sends arbitrary message streams, with descriptors, in arbitrary pieces.
 *
 * The input is a list of records: a control byte, two bytes of length, that many bytes. The
 * control byte says whether a valid header is put before the bytes (then the first two of them
 * are the command and the flags) or they go out as they are, and which descriptors travel along.
 * Replies are read and thrown away by a thread of their own, as a client that does not read stops
 * the server. What must hold: no memory error, no leak (of descriptors too), and the server comes
 * to its end when the client leaves.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto.h"
#include "vfio_user.h"

#define FILE_SIZE	(64u << 10)
#define MAX_RECORDS	64

#define CTL_FRAME	0x01		/* put a header before it */
#define CTL_FDS		0x06		/* 0: none, 1: memory, 2: eventfd, 3: both, and a pipe */
#define CTL_CUT		0x08		/* send it in two pieces */

struct state {
	struct vfu *dev;
	uint8_t regs[64];
};

static int mem_fd, event_fd, pipe_fds[2];

static uint64_t dev_read(void *opaque, unsigned bar, uint64_t off, unsigned size)
{
	struct state *s = opaque;
	uint64_t val = 0;

	if (off % size || size > 8)
		abort();
	memcpy(&val, s->regs + off % sizeof(s->regs), size);
	return val;
}

/* The device does with guest memory and interrupts what it is told, too. */
static void dev_write(void *opaque, unsigned bar, uint64_t off, uint64_t val, unsigned size)
{
	struct state *s = opaque;
	uint8_t buf[256] = { 0 };
	uint64_t len = val & 0xffff;
	void *p;

	if (off % size || size > 8)
		abort();
	memcpy(s->regs + off % sizeof(s->regs), &val, size);
	switch (off >> 2 & 7) {
	case 0:
		vfu_irq_level(s->dev, val & 1);
		break;
	case 1:
		vfu_msi_send(s->dev);
		break;
	case 2:
		vfu_dma_read(s->dev, val << 8, buf, sizeof(buf));
		break;
	case 3:
		vfu_dma_write(s->dev, val << 8, buf, sizeof(buf));
		break;
	case 4:
		p = vfu_dma_span(s->dev, val << 8, &len, VFU_PROT_READ);
		if (p)
			memcpy(buf, p, len < sizeof(buf) ? len : sizeof(buf));
		break;
	case 5:
		vfu_cfg_write(s->dev, val >> 16, val, 1 << (val >> 30 & 3));
		break;
	}
}

static void dev_reset(void *opaque)
{
}

static void dev_log(void *opaque, enum vfu_log_level level, const char *msg)
{
}

static const struct vfu_ops ops = {
	.read = dev_read, .write = dev_write, .reset = dev_reset, .log = dev_log,
};

static void send_piece(int sock, const void *buf, size_t len, const int *fds, unsigned nr_fds)
{
	char ctl[CMSG_SPACE(sizeof(int) * 4)] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { (void *)buf, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (!len)
		return;
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
	sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_record(int sock, uint8_t ctl, const uint8_t *data, size_t len)
{
	const int all[3] = { mem_fd, event_fd, pipe_fds[1] };
	uint8_t buf[sizeof(struct hdr) + 65536];
	const int *fds = all;
	unsigned nr_fds = (ctl & CTL_FDS) >> 1;
	size_t at = 0;

	if (nr_fds == 2)
		fds = all + 1;
	if (nr_fds && nr_fds < 3)
		nr_fds = 1;
	if ((ctl & CTL_FRAME) && len >= 2) {
		struct hdr h = { 0, data[0] & 0x1f, sizeof(h) + len - 2, data[1], 0 };

		memcpy(buf, &h, sizeof(h));
		at = sizeof(h);
		data += 2;
		len -= 2;
	}
	memcpy(buf + at, data, len);
	len += at;
	if (ctl & CTL_CUT) {
		send_piece(sock, buf, len / 2, fds, nr_fds);
		send_piece(sock, buf + len / 2, len - len / 2, NULL, 0);
	} else {
		send_piece(sock, buf, len, fds, nr_fds);
	}
}

static void send_hello(int sock)
{
	struct { struct hdr h; struct version v; } hello = {
		.h = { .cmd = CMD_VERSION, .size = sizeof(hello) },
	};

	send_piece(sock, &hello, sizeof(hello), NULL, 0);
}

static void *drain(void *arg)
{
	char buf[65536];

	while (recv(*(int *)arg, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	mem_fd = memfd_create("guest", MFD_CLOEXEC);
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mem_fd < 0 || event_fd < 0 || pipe2(pipe_fds, O_CLOEXEC) || ftruncate(mem_fd, FILE_SIZE))
		abort();
	return 0;
}

static int lowest_free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static struct vfu *new_device(struct state *s)
{
	struct vfu_desc d = {
		.vendor = 0x10de, .device = 1, .class_code = 0x030200,
		.bars[0] = { .size = 4096, .max_access = 4 },
		.bars[1] = { .size = 1 << 20, .flags = VFU_BAR_64, .mmap_fd = mem_fd, .nr_areas = 1,
			     .areas[0] = { 0, 4096 } },
		.rom = s->regs, .rom_size = sizeof(s->regs),
		.pm_cap = 0x60, .msi_cap = 0x68, .exp_cap = 0x78, .flr = true, .intx = true,
	};

	if (vfu_create(&d, &ops, s, &s->dev))
		abort();
	return s->dev;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state s = { 0 };
	int before = lowest_free_fd(), sv[2], records = 0;
	pthread_t reader;

	if (!size || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return 0;
	new_device(&s);
	if (vfu_attach_fd(s.dev, sv[0]))
		abort();
	if (*data & 1)
		send_hello(sv[1]);
	for (data++, size--; size >= 3 && records < MAX_RECORDS; records++) {
		size_t len = data[1] | data[2] << 8;

		len = len < size - 3 ? len : size - 3;
		send_record(sv[1], data[0], data + 3, len);
		data += 3 + len;
		size -= 3 + len;
	}
	shutdown(sv[1], SHUT_WR);
	if (pthread_create(&reader, NULL, drain, &sv[1]))
		abort();
	if (vfu_run(s.dev) != VFU_DISCONNECTED)
		abort();
	vfu_destroy(s.dev);
	pthread_join(reader, NULL);
	close(sv[1]);
	if (lowest_free_fd() != before)
		abort();
	return 0;
}
