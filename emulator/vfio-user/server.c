// SPDX-License-Identifier: MIT
/*
 * The server proper: socket, message loop, version negotiation.
 *
 * One read costs the client a round trip, so the way from a request to its reply is kept short:
 * one poll, one recvmsg (which also takes whatever posted writes are queued before it), one send,
 * no allocation.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "priv.h"

void vfu_log(struct vfu *dev, enum vfu_log_level level, const char *fmt, ...)
{
	char msg[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (dev->ops.log)
		dev->ops.log(dev->opaque, level, msg);
	else if (level <= VFU_WARN)
		fprintf(stderr, "vfio-user: %s\n", msg);
}

/* For what the client does wrong: it must not be able to flood the log. */
static void complain(struct vfu *dev, const struct hdr *hdr, int err)
{
	if (dev->complaints >= MAX_COMPLAINTS)
		return;
	vfu_log(dev, VFU_WARN, "request %u (%u bytes) refused: %s%s", hdr->cmd, hdr->size,
		strerror(err), ++dev->complaints == MAX_COMPLAINTS ? "; no more of this" : "");
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Version negotiation
 */

static bool cap_uint(json_object *caps, const char *name, uint64_t *val, bool *there)
{
	json_object *o;

	*there = json_object_object_get_ex(caps, name, &o);
	if (!*there)
		return true;
	if (!json_object_is_type(o, json_type_int) || json_object_get_int64(o) < 0)
		return false;
	*val = json_object_get_int64(o);
	return true;
}

/* Our limits for those of the numbers that the client named: a reply names no others. */
static bool answer_uint(json_object *caps, json_object *reply, const char *name, uint64_t ours,
			uint64_t *theirs)
{
	bool there;

	if (!cap_uint(caps, name, theirs, &there))
		return false;
	if (there)
		json_object_object_add(reply, name, json_object_new_int64(ours));
	return true;
}

static int answer_caps(struct vfu *dev, json_object *caps, json_object *reply)
{
	uint64_t fds = 1, xfer, maps, pgsizes = PAGE_SIZE;
	json_object *o;

	if (!answer_uint(caps, reply, "max_msg_fds", MAX_MSG_FDS, &fds) ||
	    !answer_uint(caps, reply, "max_data_xfer_size", MAX_XFER, &xfer) ||
	    !answer_uint(caps, reply, "max_dma_maps", MAX_DMA_MAPS, &maps) ||
	    !answer_uint(caps, reply, "pgsizes", PAGE_SIZE, &pgsizes))
		return -EINVAL;
	if (json_object_object_get_ex(caps, "write_multiple", &o)) {
		if (!json_object_is_type(o, json_type_boolean))
			return -EINVAL;
		if (json_object_get_boolean(o))
			json_object_object_add(reply, "write_multiple",
					       json_object_new_boolean(true));
	}
	dev->client_fds = fds > MAX_MSG_FDS ? MAX_MSG_FDS : fds;
	return 0;
}

static json_object *parse_json(const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(8);
	json_object *o = NULL;

	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, text, len);
	if (o && json_tokener_get_error(tok) != json_tokener_success) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	if (o && !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
	}
	return o;
}

static int negotiate(struct vfu *dev, const char *text, size_t len, json_object *reply)
{
	json_object *root, *caps;
	int ret = 0;

	if (!len)
		return 0;
	if (len > MAX_JSON || text[len - 1])
		return -EINVAL;
	root = parse_json(text, strlen(text) + 1);
	if (!root)
		return -EINVAL;
	if (json_object_object_get_ex(root, "capabilities", &caps))
		ret = json_object_is_type(caps, json_type_object) ?
		      answer_caps(dev, caps, reply) : -EINVAL;
	json_object_put(root);
	return ret;
}

static int handle_version(struct vfu *dev, struct msg *m)
{
	struct version ver;
	uint8_t *reply = reply_data(dev);
	json_object *root, *caps;
	const char *text;
	int ret;

	if (m->len < sizeof(ver) || m->nr_fds || dev->negotiated)
		return -EINVAL;
	memcpy(&ver, m->data, sizeof(ver));
	if (ver.major != 0)
		return -EINVAL;

	dev->client_fds = 1;
	root = json_object_new_object();
	caps = json_object_new_object();
	json_object_object_add(root, "capabilities", caps);
	ret = negotiate(dev, (const char *)m->data + sizeof(ver), m->len - sizeof(ver), caps);
	if (!ret) {
		ver.minor = 0;
		memcpy(reply, &ver, sizeof(ver));
		text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN);
		m->reply_len = sizeof(ver) + strlen(text) + 1;
		memcpy(reply + sizeof(ver), text, strlen(text) + 1);
		dev->negotiated = true;
	}
	json_object_put(root);
	return ret;
}

/*
 * Requests
 */

static int handle_info(struct vfu *dev, struct msg *m)
{
	struct device_info info;

	if (m->len < sizeof(info) || m->nr_fds)
		return -EINVAL;
	memcpy(&info, m->data, sizeof(info));
	if (info.argsz < sizeof(info))
		return -EINVAL;
	info.argsz = sizeof(info);
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	memcpy(reply_data(dev), &info, sizeof(info));
	m->reply_len = sizeof(info);
	return 0;
}

static int handle_reset(struct vfu *dev, struct msg *m)
{
	if (m->nr_fds)
		return -EINVAL;
	device_reset(dev);
	return 0;
}

static int handle(struct vfu *dev, struct msg *m)
{
	if (!dev->negotiated && m->hdr->cmd != CMD_VERSION)
		return -EINVAL;

	switch (m->hdr->cmd) {
	case CMD_REGION_READ:
		return handle_read(dev, m);
	case CMD_REGION_WRITE:
		return handle_write(dev, m);
	case CMD_WRITE_MULTI:
		return handle_write_multi(dev, m);
	case CMD_VERSION:
		return handle_version(dev, m);
	case CMD_DMA_MAP:
		return handle_dma_map(dev, m);
	case CMD_DMA_UNMAP:
		return handle_dma_unmap(dev, m);
	case CMD_GET_INFO:
		return handle_info(dev, m);
	case CMD_GET_REGION_INFO:
		return handle_region_info(dev, m);
	case CMD_GET_IRQ_INFO:
		return handle_irq_info(dev, m);
	case CMD_SET_IRQS:
		return handle_set_irqs(dev, m);
	case CMD_RESET:
		return handle_reset(dev, m);
	case CMD_GET_REGION_IO_FDS:
	case CMD_DIRTY_PAGES:
	case CMD_FEATURE:
	case CMD_MIG_DATA_READ:
	case CMD_MIG_DATA_WRITE:
		return -ENOTSUP;
	default:
		return -EINVAL;
	}
}

/* Wait until the client takes more. -ECANCELED: vfu_stop() came instead. */
static int wait_writable(struct vfu *dev)
{
	struct pollfd p[2] = {
		{ .fd = dev->stop_fd, .events = POLLIN },
		{ .fd = dev->conn, .events = POLLOUT },
	};

	if (poll(p, 2, -1) < 0 && errno != EINTR)
		return -errno;
	return p[0].revents ? -ECANCELED : 0;
}

static ssize_t send_fd(int sock, const void *buf, size_t len, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl = { .buf = { 0 } };
	struct iovec iov = { (void *)buf, len };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl.buf, .msg_controllen = sizeof(ctl.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_all(struct vfu *dev, const uint8_t *buf, size_t len, int fd)
{
	ssize_t n;
	int ret;

	while (len) {
		if (fd >= 0)
			n = send_fd(dev->conn, buf, len, fd);
		else
			n = send(dev->conn, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			fd = -1;
			buf += n;
			len -= n;
		} else if (errno == EAGAIN) {
			ret = wait_writable(dev);
			if (ret)
				return ret;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static int reply(struct vfu *dev, const struct hdr *req, int err, size_t len, int fd)
{
	struct hdr hdr = {
		.id = req->id,
		.cmd = req->cmd,
		.flags = HDR_REPLY | (err ? HDR_ERROR : 0),
		.error = err,
		.size = sizeof(hdr) + (err ? 0 : len),
	};

	if (req->flags & HDR_NO_REPLY)
		return 0;
	memcpy(dev->tx, &hdr, sizeof(hdr));
	return send_all(dev, dev->tx, hdr.size, err ? -1 : fd);
}

/* Move the descriptors that came with bytes [start, end) to m (or close them, without m). */
static int take_fds(struct vfu *dev, size_t start, size_t end, struct msg *m)
{
	unsigned i, left = 0;
	int ret = 0;

	for (i = 0; i < dev->nr_rx_fds; i++) {
		int fd = dev->rx_fds[i].fd;

		if (dev->rx_fds[i].pos < start || dev->rx_fds[i].pos >= end) {
			dev->rx_fds[left++] = dev->rx_fds[i];
		} else if (fd < 0) {
			ret = -EINVAL;
		} else if (m && m->nr_fds < MAX_MSG_FDS) {
			m->fds[m->nr_fds++] = fd;
		} else {
			close(fd);
			ret = -EINVAL;
		}
	}
	dev->nr_rx_fds = left;
	return ret;
}

/* One complete message at rx + off. Errors are those of the connection. */
static int serve_message(struct vfu *dev, const struct hdr *hdr, size_t off)
{
	struct msg m = {
		.hdr = hdr,
		.data = dev->rx + off + sizeof(*hdr),
		.len = hdr->size - sizeof(*hdr),
		.reply_fd = -1,
	};
	int ret = 0;
	unsigned i;

	if (dev->nr_rx_fds)
		ret = take_fds(dev, off, off + hdr->size, &m);
	if ((hdr->flags & HDR_TYPE) == HDR_COMMAND) {
		if (!ret) {
			vfu_lock(dev);
			ret = handle(dev, &m);
			vfu_unlock(dev);
		}
		count(&dev->stats.messages, 1);
		if (hdr->cmd == CMD_REGION_WRITE && (hdr->flags & HDR_NO_REPLY) && !ret)
			count(&dev->stats.posted, 1);
		if (ret) {
			count(&dev->stats.errors, 1);
			complain(dev, hdr, -ret);
		}
		ret = reply(dev, hdr, -ret, m.reply_len, m.reply_fd);
	} else {
		/* we ask nothing, so there is nothing to answer */
		count(&dev->stats.errors, 1);
		complain(dev, hdr, EPROTO);
		ret = 0;
	}
	for (i = 0; i < m.nr_fds; i++)
		if (m.fds[i] >= 0)
			close(m.fds[i]);
	return ret;
}

/* Too large to take: answer, and let its bytes go by as they come. */
static int refuse_message(struct vfu *dev, const struct hdr *hdr)
{
	count(&dev->stats.errors, 1);
	complain(dev, hdr, EMSGSIZE);
	dev->skip = hdr->size;
	if ((hdr->flags & HDR_TYPE) != HDR_COMMAND)
		return 0;
	return reply(dev, hdr, EMSGSIZE, 0, -1);
}

static size_t skip_bytes(struct vfu *dev, size_t off)
{
	size_t n = dev->rx_len - off < dev->skip ? dev->rx_len - off : dev->skip;

	take_fds(dev, off, off + n, NULL);
	dev->skip -= n;
	return off + n;
}

/* Serve every complete message in the buffer, keep the rest. */
static int serve_buffer(struct vfu *dev)
{
	size_t off = 0;
	struct hdr hdr;
	unsigned i;
	int ret = 0;

	while (!ret) {
		if (dev->skip) {
			off = skip_bytes(dev, off);
			if (dev->skip)
				break;
		}
		if (dev->rx_len - off < sizeof(hdr))
			break;
		memcpy(&hdr, dev->rx + off, sizeof(hdr));
		if (hdr.size < sizeof(hdr)) {
			/* where the next message begins cannot be known */
			count(&dev->stats.errors, 1);
			complain(dev, &hdr, EPROTO);
			hdr.flags &= ~HDR_NO_REPLY;
			reply(dev, &hdr, EPROTO, 0, -1);
			return -EPROTO;
		}
		if (hdr.size > MAX_MSG) {
			ret = refuse_message(dev, &hdr);
			continue;
		}
		if (dev->rx_len - off < hdr.size)
			break;
		ret = serve_message(dev, &hdr, off);
		off += hdr.size;
	}
	if (off) {
		dev->rx_len -= off;
		if (dev->rx_len)
			memmove(dev->rx, dev->rx + off, dev->rx_len);
		for (i = 0; i < dev->nr_rx_fds; i++)
			dev->rx_fds[i].pos -= off;
	}
	return ret;
}

/*
 * The kernel ends a receive after the data that descriptors came with, so they belong to the
 * message that the last byte is in. fd -1 stands for descriptors that we could not take.
 */
static void keep_fd(struct vfu *dev, int fd, size_t pos)
{
	if (dev->nr_rx_fds == MAX_PENDING_FDS) {
		if (fd >= 0)
			close(fd);
		if (dev->rx_fds[MAX_PENDING_FDS - 1].fd >= 0)
			close(dev->rx_fds[MAX_PENDING_FDS - 1].fd);
		dev->rx_fds[MAX_PENDING_FDS - 1].fd = -1;
		dev->rx_fds[MAX_PENDING_FDS - 1].pos = pos;
		return;
	}
	dev->rx_fds[dev->nr_rx_fds].fd = fd;
	dev->rx_fds[dev->nr_rx_fds].pos = pos;
	dev->nr_rx_fds++;
}

static void keep_fds(struct vfu *dev, struct msghdr *mh, size_t pos)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t i, n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			keep_fd(dev, fd, pos);
		}
	}
	if (mh->msg_flags & MSG_CTRUNC)
		keep_fd(dev, -1, pos);
}

/* Returns 1 when the client is gone. */
static int serve_client(struct vfu *dev)
{
	union {
		char buf[CMSG_SPACE(sizeof(int) * MAX_PENDING_FDS)];
		struct cmsghdr align;
	} ctl;
	struct iovec iov = { dev->rx + dev->rx_len, MAX_MSG - dev->rx_len };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl.buf, .msg_controllen = sizeof(ctl.buf),
	};
	ssize_t n;
	int ret;

	n = recvmsg(dev->conn, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : 1;
	if (n == 0)
		return 1;
	dev->rx_len += n;
	if (mh.msg_controllen || (mh.msg_flags & MSG_CTRUNC))
		keep_fds(dev, &mh, dev->rx_len - 1);
	count(&dev->stats.batches, 1);
	ret = serve_buffer(dev);
	if (ret == -ECANCELED)
		return ret;
	return ret ? 1 : 0;
}

/*
 * Connections
 */

static void client_begin(struct vfu *dev, int fd)
{
	dev->conn = fd;
	dev->negotiated = false;
	dev->complaints = 0;
	dev->client_fds = 1;
	if (dev->served) {
		vfu_lock(dev);
		device_reset(dev);
		vfu_unlock(dev);
	}
	dev->served = true;
}

static void client_end(struct vfu *dev)
{
	vfu_lock(dev);
	dma_unmap_all(dev);
	vfu_unlock(dev);
	irq_client_gone(dev);
	take_fds(dev, 0, SIZE_MAX, NULL);
	dev->rx_len = 0;
	dev->skip = 0;
	close(dev->conn);
	dev->conn = -1;
}

static void refused_end(struct refused *r)
{
	close(r->fd);
	r->fd = -1;
}

/* A further client: wait a little for its VERSION, to say no to that. */
static void refuse_client(struct vfu *dev, int fd)
{
	unsigned i;

	count(&dev->stats.refused, 1);
	for (i = 0; i < MAX_REFUSED; i++) {
		if (dev->refused[i].fd < 0) {
			dev->refused[i].fd = fd;
			dev->refused[i].deadline = now_ms() + REFUSE_MS;
			return;
		}
	}
	close(fd);
}

static void answer_refused(struct refused *r)
{
	uint8_t buf[4096];
	struct hdr hdr;
	ssize_t n;

	/* plain recv: descriptors that came along are dropped by the kernel */
	n = recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n >= (ssize_t)sizeof(hdr)) {
		memcpy(&hdr, buf, sizeof(hdr));
		hdr.size = sizeof(hdr);
		hdr.flags = HDR_REPLY | HDR_ERROR;
		hdr.error = EBUSY;
		send(r->fd, &hdr, sizeof(hdr), MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	refused_end(r);
}

static void accept_client(struct vfu *dev)
{
	int fd = accept4(dev->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		/* the connection stays in the queue: poll would return at once, for ever */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			dev->accept_after = now_ms() + ACCEPT_PAUSE_MS;
		return;
	}
	if (dev->conn < 0)
		client_begin(dev, fd);
	else
		refuse_client(dev, fd);
}

/*
 * The loop
 */

enum { POLL_CONN, POLL_STOP, POLL_LISTEN, POLL_UNMASK, POLL_REST };

struct poll_set {
	struct pollfd p[POLL_REST + MAX_REFUSED + MAX_WATCHES];
	unsigned nr;
	int timeout;
};

static void poll_until(struct poll_set *s, int64_t deadline)
{
	int64_t left = deadline - now_ms();

	left = left < 0 ? 0 : left;
	if (s->timeout < 0 || left < s->timeout)
		s->timeout = left;
}

static void poll_set_build(struct vfu *dev, struct poll_set *s)
{
	unsigned i;

	s->p[POLL_CONN].fd = dev->conn;
	s->p[POLL_STOP].fd = dev->stop_fd;
	s->p[POLL_LISTEN].fd = dev->listen_fd;
	s->p[POLL_UNMASK].fd = dev->irq.unmask_fd;
	s->nr = POLL_REST;
	s->timeout = -1;
	if (dev->accept_after) {
		s->p[POLL_LISTEN].fd = -1;
		poll_until(s, dev->accept_after);
	}
	for (i = 0; i < MAX_REFUSED; i++) {
		s->p[s->nr++].fd = dev->refused[i].fd;
		if (dev->refused[i].fd >= 0)
			poll_until(s, dev->refused[i].deadline);
	}
	for (i = 0; i < dev->nr_watches; i++)
		s->p[s->nr++].fd = dev->watches[i].fd;
	for (i = 0; i < s->nr; i++)
		s->p[i].events = POLLIN;
}

static void serve_refused(struct vfu *dev, const struct poll_set *s)
{
	unsigned i;

	for (i = 0; i < MAX_REFUSED; i++) {
		struct refused *r = &dev->refused[i];

		if (r->fd < 0)
			continue;
		if (s->p[POLL_REST + i].revents)
			answer_refused(r);
		else if (now_ms() >= r->deadline)
			refused_end(r);
	}
}

/* A callback may change the watches: look each up again. */
static void serve_watches(struct vfu *dev, const struct poll_set *s)
{
	unsigned i, j;

	for (i = POLL_REST + MAX_REFUSED; i < s->nr; i++) {
		if (!s->p[i].revents)
			continue;
		vfu_lock(dev);
		for (j = 0; j < dev->nr_watches; j++) {
			if (dev->watches[j].fd == s->p[i].fd) {
				dev->watches[j].cb(dev->opaque, s->p[i].fd);
				break;
			}
		}
		vfu_unlock(dev);
	}
}

static void clear_stop(struct vfu *dev)
{
	uint64_t n;

	while (read(dev->stop_fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
}

int vfu_run(struct vfu *dev)
{
	struct poll_set s;
	int ret = 0;

	if (dev->conn < 0 && dev->listen_fd < 0)
		return -ENOTCONN;
	for (;;) {
		poll_set_build(dev, &s);
		if (poll(s.p, s.nr, s.timeout) < 0) {
			if (errno == EINTR)
				continue;
			ret = -errno;
			break;
		}
		if (s.p[POLL_STOP].revents)
			break;
		if (s.p[POLL_CONN].revents) {
			ret = serve_client(dev);
			if (ret)
				break;
		}
		if (s.p[POLL_UNMASK].revents)
			irq_unmask_event(dev);
		if (dev->accept_after && now_ms() >= dev->accept_after)
			dev->accept_after = 0;
		if (s.p[POLL_LISTEN].revents)
			accept_client(dev);
		serve_refused(dev, &s);
		if (dev->nr_watches)
			serve_watches(dev, &s);
	}
	if (dev->conn >= 0)
		client_end(dev);
	if (ret == 1)
		return VFU_DISCONNECTED;
	if (ret && ret != -ECANCELED)
		return ret;
	clear_stop(dev);
	return VFU_STOPPED;
}

void vfu_stop(struct vfu *dev)
{
	int saved = errno;
	uint64_t one = 1;

	while (write(dev->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	errno = saved;
}

int vfu_watch_fd(struct vfu *dev, int fd, void (*cb)(void *opaque, int fd))
{
	if (fd < 0 || !cb)
		return -EINVAL;
	if (dev->nr_watches == MAX_WATCHES)
		return -ENOSPC;
	dev->watches[dev->nr_watches++] = (struct watch) { fd, cb };
	return 0;
}

int vfu_unwatch_fd(struct vfu *dev, int fd)
{
	unsigned i;

	for (i = 0; i < dev->nr_watches; i++) {
		if (dev->watches[i].fd == fd) {
			dev->watches[i] = dev->watches[--dev->nr_watches];
			return 0;
		}
	}
	return -ENOENT;
}

/*
 * Set-up
 */

/* The path is taken: by a server that lives, by one that died (then it may go), or by a file? */
static int clear_path(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, ret;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;
	close(fd);
	if (!ret || ret == -EAGAIN)
		return -EADDRINUSE;
	if (ret != -ECONNREFUSED)
		return ret;
	return unlink(addr->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int bind_path(struct vfu *dev, int fd, const struct sockaddr_un *addr)
{
	struct stat st;
	int ret;

	ret = clear_path(addr);
	if (ret)
		return ret;
	/* Linux gives the socket file the mode of the socket */
	if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
		return -errno;
	dev->path = strdup(addr->sun_path);
	if (!dev->path || lstat(dev->path, &st) < 0 || listen(fd, 4) < 0) {
		ret = errno ? -errno : -ENOMEM;
		unlink(addr->sun_path);
		free(dev->path);
		dev->path = NULL;
		return ret;
	}
	dev->path_dev = st.st_dev;
	dev->path_ino = st.st_ino;
	return 0;
}

int vfu_listen(struct vfu *dev, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	if (dev->listen_fd >= 0)
		return -EBUSY;
	if (!path || !*path)
		return -EINVAL;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = bind_path(dev, fd, &addr);
	if (ret) {
		close(fd);
		return ret;
	}
	dev->listen_fd = fd;
	return 0;
}

int vfu_attach_fd(struct vfu *dev, int fd)
{
	int type;
	socklen_t len = sizeof(type);

	if (dev->conn >= 0)
		return -EBUSY;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return -errno;
	if (type != SOCK_STREAM)
		return -EPROTOTYPE;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	client_begin(dev, fd);
	return 0;
}

static bool has_bar(const struct vfu_desc *desc)
{
	unsigned i;

	for (i = 0; i < VFU_NUM_BARS; i++)
		if (desc->bars[i].size)
			return true;
	return false;
}

int vfu_create(const struct vfu_desc *desc, const struct vfu_ops *ops, void *opaque,
	       struct vfu **out)
{
	struct vfu *dev;
	unsigned i;
	int ret;

	if (!ops->lock != !ops->unlock || (has_bar(desc) && (!ops->read || !ops->write)))
		return -EINVAL;
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	dev->desc = *desc;
	dev->ops = *ops;
	dev->opaque = opaque;
	dev->listen_fd = -1;
	dev->conn = -1;
	for (i = 0; i < MAX_REFUSED; i++)
		dev->refused[i].fd = -1;
	irq_init(dev);
	dev->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	dev->rx = malloc(MAX_MSG);
	dev->tx = malloc(MAX_MSG);
	if (dev->stop_fd < 0 || !dev->rx || !dev->tx)
		ret = -ENOMEM;
	else
		ret = pci_init(dev);
	if (ret) {
		vfu_destroy(dev);
		return ret;
	}
	*out = dev;
	return 0;
}

/* Remove the socket file, if it is still the one we made. */
static void remove_path(struct vfu *dev)
{
	struct stat st;

	if (!dev->path)
		return;
	if (!lstat(dev->path, &st) && st.st_dev == dev->path_dev && st.st_ino == dev->path_ino)
		unlink(dev->path);
	free(dev->path);
}

void vfu_destroy(struct vfu *dev)
{
	unsigned i;

	if (!dev)
		return;
	if (dev->conn >= 0)
		client_end(dev);
	remove_path(dev);
	if (dev->listen_fd >= 0)
		close(dev->listen_fd);
	for (i = 0; i < MAX_REFUSED; i++)
		if (dev->refused[i].fd >= 0)
			close(dev->refused[i].fd);
	if (dev->stop_fd >= 0)
		close(dev->stop_fd);
	irq_fini(dev);
	free(dev->leaves);
	free(dev->rx);
	free(dev->tx);
	free(dev);
}

void vfu_get_stats(struct vfu *dev, struct vfu_stats *stats)
{
	const uint64_t *from = (const uint64_t *)&dev->stats;
	uint64_t *to = (uint64_t *)stats;
	unsigned i;

	for (i = 0; i < sizeof(*stats) / sizeof(*from); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
