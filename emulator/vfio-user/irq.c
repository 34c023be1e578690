// SPDX-License-Identifier: MIT
/*
 * Interrupts: MSI (one vector) and INTA, signalled to the client through eventfds.
 *
 * INTA follows VFIO's rules for a level interrupt: a signal masks it, the client unmasks it when
 * the guest has dealt with it, and a line that is still up then signals again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "priv.h"

void irq_init(struct vfu *dev)
{
	struct irq *irq = &dev->irq;

	pthread_mutex_init(&irq->lock, NULL);
	irq->intx_fd = -1;
	irq->unmask_fd = -1;
	irq->msi_fd = -1;
	irq->err_fd = -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void irq_client_gone(struct vfu *dev)
{
	struct irq *irq = &dev->irq;

	pthread_mutex_lock(&irq->lock);
	close_fd(&irq->intx_fd);
	close_fd(&irq->unmask_fd);
	close_fd(&irq->msi_fd);
	close_fd(&irq->err_fd);
	irq->masked = false;
	pthread_mutex_unlock(&irq->lock);
}

void irq_fini(struct vfu *dev)
{
	irq_client_gone(dev);
	pthread_mutex_destroy(&dev->irq.lock);
}

/* The descriptor does not block (see take_eventfd()); a full counter has been signalled already. */
static void signal_fd(struct vfu *dev, int fd)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
	count(&dev->stats.irqs, 1);
}

static void intx_update(struct vfu *dev)
{
	struct irq *irq = &dev->irq;

	if (!irq->level || irq->masked || irq->msi_on || irq->intx_off || irq->intx_fd < 0)
		return;
	irq->masked = true;
	signal_fd(dev, irq->intx_fd);
}

/* A message is a memory write: it needs bus mastering. */
static void msi_update(struct vfu *dev)
{
	struct irq *irq = &dev->irq;

	if (!irq->msi_pending || !irq->msi_on || !irq->master || irq->msi_fd < 0)
		return;
	irq->msi_pending = false;
	signal_fd(dev, irq->msi_fd);
}

void vfu_irq_level(struct vfu *dev, bool level)
{
	struct irq *irq = &dev->irq;

	/* the server thread reads it for the status register */
	if (__atomic_load_n(&irq->level, __ATOMIC_RELAXED) == level)
		return;
	pthread_mutex_lock(&irq->lock);
	if (level && !irq->level && irq->msi_on)
		irq->msi_pending = true;
	__atomic_store_n(&irq->level, level, __ATOMIC_RELAXED);
	msi_update(dev);
	intx_update(dev);
	pthread_mutex_unlock(&irq->lock);
}

bool vfu_msi_send(struct vfu *dev)
{
	struct irq *irq = &dev->irq;
	bool on;

	pthread_mutex_lock(&irq->lock);
	on = irq->msi_on;
	if (on) {
		irq->msi_pending = true;
		msi_update(dev);
	}
	pthread_mutex_unlock(&irq->lock);
	return on;
}

bool vfu_msi_enabled(struct vfu *dev)
{
	bool on;

	pthread_mutex_lock(&dev->irq.lock);
	on = dev->irq.msi_on;
	pthread_mutex_unlock(&dev->irq.lock);
	return on;
}

/* What config space says has changed. A line that is up when MSI comes on sends its message. */
void irq_config(struct vfu *dev, bool msi_on, bool master, bool intx_off)
{
	struct irq *irq = &dev->irq;

	pthread_mutex_lock(&irq->lock);
	if (!msi_on)
		irq->msi_pending = false;
	else if (!irq->msi_on && irq->level)
		irq->msi_pending = true;
	irq->msi_on = msi_on;
	irq->master = master;
	irq->intx_off = intx_off;
	msi_update(dev);
	intx_update(dev);
	pthread_mutex_unlock(&irq->lock);
}

/* The device is reset: its line is down. The client's descriptors and its mask stay. */
void irq_reset(struct vfu *dev)
{
	struct irq *irq = &dev->irq;

	pthread_mutex_lock(&irq->lock);
	__atomic_store_n(&irq->level, false, __ATOMIC_RELAXED);
	irq->msi_pending = false;
	pthread_mutex_unlock(&irq->lock);
}

/* The unmask eventfd is readable: the client (KVM) unmasks INTx this way. */
void irq_unmask_event(struct vfu *dev)
{
	struct irq *irq = &dev->irq;
	uint64_t n;

	pthread_mutex_lock(&irq->lock);
	if (irq->unmask_fd >= 0) {
		if (read(irq->unmask_fd, &n, sizeof(n)) == sizeof(n)) {
			irq->masked = false;
			intx_update(dev);
		} else if (errno != EAGAIN && errno != EINTR) {
			close_fd(&irq->unmask_fd);
		}
	}
	pthread_mutex_unlock(&irq->lock);
}

/* How many interrupts an index has. The error index is there (QEMU warns if not), and silent. */
static uint32_t irq_count(const struct vfu *dev, uint32_t index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return dev->desc.intx;
	case VFIO_PCI_MSI_IRQ_INDEX:
		return dev->desc.msi_cap != 0;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return dev->desc.exp_cap != 0;
	default:
		return 0;
	}
}

int handle_irq_info(struct vfu *dev, struct msg *m)
{
	struct vfio_irq_info info;

	if (m->len < sizeof(info))
		return -EINVAL;
	memcpy(&info, m->data, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_IRQS || m->nr_fds)
		return -EINVAL;

	info.argsz = sizeof(info);
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	info.count = irq_count(dev, info.index);
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	memcpy(reply_data(dev), &info, sizeof(info));
	m->reply_len = sizeof(info);
	return 0;
}

/*
 * Take over the descriptor of the message. It is the client's choice what it sends: anonymous
 * inodes only (an eventfd is one; a pipe or socket could raise SIGPIPE), and never blocking.
 */
static int take_eventfd(struct msg *m, int *out)
{
	int fd = m->fds[0], flags;
	struct stat st;

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != 0 || (flags & O_PATH))
		return -EINVAL;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	close_fd(out);
	*out = fd;
	m->fds[0] = -1;
	return 0;
}

/* Which descriptor an eventfd for this index and action goes to; NULL: not supported. */
static int *eventfd_slot(struct irq *irq, uint32_t index, uint32_t action)
{
	if (index == VFIO_PCI_MSI_IRQ_INDEX && action == VFIO_IRQ_SET_ACTION_TRIGGER)
		return &irq->msi_fd;
	if (index == VFIO_PCI_ERR_IRQ_INDEX && action == VFIO_IRQ_SET_ACTION_TRIGGER)
		return &irq->err_fd;
	if (index != VFIO_PCI_INTX_IRQ_INDEX)
		return NULL;
	if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
		return &irq->intx_fd;
	if (action == VFIO_IRQ_SET_ACTION_UNMASK)
		return &irq->unmask_fd;
	return NULL;
}

static int set_eventfd(struct vfu *dev, struct msg *m, uint32_t index, uint32_t action)
{
	struct irq *irq = &dev->irq;
	int *slot = eventfd_slot(irq, index, action);
	int ret;

	if (!slot)
		return -EINVAL;
	if (!m->nr_fds) {
		close_fd(slot);
		return 0;
	}
	ret = take_eventfd(m, slot);
	if (ret)
		return ret;
	if (slot == &irq->intx_fd)
		irq->masked = false;
	msi_update(dev);
	intx_update(dev);
	return 0;
}

static int do_action(struct vfu *dev, uint32_t index, uint32_t action)
{
	struct irq *irq = &dev->irq;

	if (index != VFIO_PCI_INTX_IRQ_INDEX) {
		int fd = index == VFIO_PCI_MSI_IRQ_INDEX ? irq->msi_fd : irq->err_fd;

		/* a loopback test of the client's; MSI without per-vector masking */
		if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
			return -EINVAL;
		if (fd >= 0)
			signal_fd(dev, fd);
		return 0;
	}
	switch (action) {
	case VFIO_IRQ_SET_ACTION_MASK:
		irq->masked = true;
		return 0;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		irq->masked = false;
		intx_update(dev);
		return 0;
	default:
		if (irq->intx_fd >= 0)
			signal_fd(dev, irq->intx_fd);
		return 0;
	}
}

static void disable_index(struct irq *irq, uint32_t index)
{
	if (index == VFIO_PCI_INTX_IRQ_INDEX) {
		close_fd(&irq->intx_fd);
		close_fd(&irq->unmask_fd);
		irq->masked = false;
	} else if (index == VFIO_PCI_MSI_IRQ_INDEX) {
		close_fd(&irq->msi_fd);
	} else if (index == VFIO_PCI_ERR_IRQ_INDEX) {
		close_fd(&irq->err_fd);
	}
}

static int set_irqs(struct vfu *dev, struct msg *m, const struct vfio_irq_set *req)
{
	uint32_t data = req->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	uint32_t action = req->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	uint32_t max = irq_count(dev, req->index);

	/* count 0: switch the whole index off */
	if (!req->count) {
		if (data != VFIO_IRQ_SET_DATA_NONE || action != VFIO_IRQ_SET_ACTION_TRIGGER ||
		    req->start || m->nr_fds)
			return -EINVAL;
		disable_index(&dev->irq, req->index);
		return 0;
	}
	/* from here on max is 1, so start is 0 and count is 1 */
	if (req->start >= max || req->count > max - req->start)
		return -EINVAL;

	switch (data) {
	case VFIO_IRQ_SET_DATA_EVENTFD:
		if (m->nr_fds > req->count)
			return -EINVAL;
		return set_eventfd(dev, m, req->index, action);
	case VFIO_IRQ_SET_DATA_BOOL:
		if (m->nr_fds || req->argsz < sizeof(*req) + 1 || m->len < sizeof(*req) + 1)
			return -EINVAL;
		return m->data[sizeof(*req)] ? do_action(dev, req->index, action) : 0;
	default:
		return m->nr_fds ? -EINVAL : do_action(dev, req->index, action);
	}
}

static bool one_bit(uint32_t v)
{
	return v && !(v & (v - 1));
}

int handle_set_irqs(struct vfu *dev, struct msg *m)
{
	const uint32_t known = VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK;
	struct vfio_irq_set req;
	int ret;

	if (m->len < sizeof(req))
		return -EINVAL;
	memcpy(&req, m->data, sizeof(req));
	if (req.argsz < sizeof(req) || req.index >= VFIO_PCI_NUM_IRQS || (req.flags & ~known) ||
	    !one_bit(req.flags & VFIO_IRQ_SET_DATA_TYPE_MASK) ||
	    !one_bit(req.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return -EINVAL;

	pthread_mutex_lock(&dev->irq.lock);
	ret = set_irqs(dev, m, &req);
	pthread_mutex_unlock(&dev->irq.lock);
	return ret;
}
