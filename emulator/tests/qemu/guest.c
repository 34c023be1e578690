// SPDX-License-Identifier: MIT
/*
 * Process 1 of a guest that has device.c's device: tries all of it and powers off. Without an
 * IOMMU in the guest it goes through sysfs and uses physical addresses; with one, it drives the
 * device through the guest's own vfio-pci, which gives DMA mappings, MSI and INTx.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGES 64

static int failed;
static char devdir[300], bdf[64];
static volatile uint32_t *bar0;

static void check(int ok, const char *what)
{
	printf("guest: %s %s\n", ok ? "ok  " : "FAIL", what);
	failed |= !ok;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int open_in_dev(const char *name, int flags)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", devdir, name);
	return open(path, flags);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("guest: %s: %m\n", path);
	close(fd);
}

static int find_device(void)
{
	DIR *d = opendir("/sys/bus/pci/devices");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		uint16_t vendor = 0;
		int fd;

		snprintf(devdir, sizeof(devdir), "/sys/bus/pci/devices/%s", e->d_name);
		fd = open_in_dev("config", O_RDONLY);
		if (fd >= 0 && pread(fd, &vendor, 2, 0) == 2 && vendor == 0xbeef) {
			snprintf(bdf, sizeof(bdf), "%.60s", e->d_name);
			close(fd);
			return 1;
		}
		close(fd);
	}
	return 0;
}

static int text_is(const char *name, const char *want)
{
	char buf[64] = "";
	int fd = open_in_dev(name, O_RDONLY);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0)
		return 0;
	close(fd);
	return !strncmp(buf, want, strlen(want));
}

static void try_identity(void)
{
	uint8_t rom[4096] = { 0 };
	int fd;

	check(text_is("class", "0xff0000"), "class");
	check(text_is("subsystem_device", "0x0001"), "subsystem");
	check(text_is("current_link_speed", "8.0 GT/s"), "link speed");
	check(text_is("current_link_width", "16"), "link width");
	fd = open_in_dev("rom", O_RDWR);
	check(write(fd, "1", 1) == 1 && pread(fd, rom, sizeof(rom), 0) > 0x110 &&
	      rom[0] == 0x55 && !memcmp(rom + 0x100, "expansion", 9), "expansion ROM");
	close(fd);
}

static void try_registers(volatile uint64_t *bar1)
{
	double t;
	int i;

	check(bar0[0] == 0x75667631, "BAR0 read");
	bar0[1] = 0x12345678;
	check(bar0[1] == 0x12345678, "BAR0 write");
	*(volatile uint8_t *)((char *)bar1 + 5) = 0xab;
	bar1[1] = 0x1122334455667788;
	check(bar1[1] == 0x1122334455667788 && bar1[0] == 0xab0000000000, "BAR1, 1 and 8 bytes");
	t = now();
	for (i = 0; i < 2000; i++)
		(void)bar0[1];
	printf("guest: read %.1f us\n", (now() - t) / 2000);
	t = now();
	for (i = 0; i < 20000; i++)
		bar0[2] = 4;
	printf("guest: posted write %.2f us\n", (now() - t) / 20000);
	check(bar0[12] == 20000, "20000 posted writes");
}

static void device_copy(uint64_t src, uint64_t dst, uint32_t len)
{
	bar0[4] = src;
	bar0[5] = src >> 32;
	bar0[6] = dst;
	bar0[7] = dst >> 32;
	bar0[8] = len;
	bar0[2] = 1;
}

static uint64_t physical(void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t e = 0;

	check(pread(fd, &e, 8, (uintptr_t)p / 4096 * 8) == 8, "pagemap");
	close(fd);
	return (e & ((1ull << 55) - 1)) * 4096;
}

static void set_command(int fd, off_t off, uint16_t command)
{
	check(pwrite(fd, &command, 2, off + 4) == 2, "command register");
}

static void sysfs_mode(void)
{
	uint8_t *a = aligned_alloc(4096, 4096), *b = aligned_alloc(4096, 4096);
	int fd, cfg = open_in_dev("config", O_RDWR), i;
	void *bar1;

	fd = open_in_dev("enable", O_WRONLY);
	check(write(fd, "1", 1) == 1, "enable");
	close(fd);
	set_command(cfg, 0, 6);
	fd = open_in_dev("resource0", O_RDWR);
	bar0 = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fd = open_in_dev("resource1", O_RDWR);
	bar1 = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar0 == MAP_FAILED || bar1 == MAP_FAILED) {
		check(0, "map BARs");
		return;
	}
	try_registers(bar1);
	for (i = 0; i < 4096; i++)
		a[i] = i * 7, b[i] = 0;
	mlock(a, 4096);
	mlock(b, 4096);
	device_copy(physical(a), physical(b), 4096);
	check(bar0[10] == 0 && !memcmp(a, b, 4096), "DMA copy");
	device_copy(0x7f0000000000, physical(b), 16);
	check(bar0[10] == EFAULT, "DMA out of reach");
	set_command(cfg, 0, 2);
	device_copy(physical(a), physical(b), 16);
	check(bar0[10] == EFAULT, "DMA without bus mastering");
	fd = open_in_dev("reset", O_WRONLY);
	check(write(fd, "1", 1) == 1, "reset");
	set_command(cfg, 0, 6);
	check(bar0[1] == 0, "scratch is reset");
}

static void load(const char *name)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/m/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		printf("guest: %s: %m\n", path);
	close(fd);
}

static int vfio_device(int *container)
{
	char path[400], link[400] = "", group[64];
	struct vfio_group_status st = { .argsz = sizeof(st) };
	int g;

	load("irqbypass");
	load("vfio");
	load("vfio_iommu_type1");
	load("vfio-pci-core");
	load("vfio-pci");
	snprintf(path, sizeof(path), "%s/driver_override", devdir);
	put(path, "vfio-pci");
	put("/sys/bus/pci/drivers_probe", bdf);
	snprintf(path, sizeof(path), "%s/iommu_group", devdir);
	if (readlink(path, link, sizeof(link) - 1) < 0)
		return -1;
	snprintf(group, sizeof(group), "/dev/vfio/%.40s", strrchr(link, '/') + 1);
	*container = open("/dev/vfio/vfio", O_RDWR);
	g = open(group, O_RDWR);
	if (g < 0 || ioctl(g, VFIO_GROUP_GET_STATUS, &st) ||
	    ioctl(g, VFIO_GROUP_SET_CONTAINER, container) ||
	    ioctl(*container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	return ioctl(g, VFIO_GROUP_GET_DEVICE_FD, bdf);
}

static void *vfio_bar(int dev, unsigned index)
{
	struct vfio_region_info i = { .argsz = sizeof(i), .index = index };

	ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, &i);
	return mmap(NULL, i.size, PROT_READ | PROT_WRITE, MAP_SHARED, dev, i.offset);
}

static int vfio_irq(int dev, uint32_t flags, unsigned index, unsigned count, int fd)
{
	uint32_t buf[sizeof(struct vfio_irq_set) / 4 + 1];
	struct vfio_irq_set *set = (void *)buf;

	*set = (struct vfio_irq_set) { .flags = flags, .index = index, .count = count };
	set->argsz = flags & VFIO_IRQ_SET_DATA_EVENTFD ? sizeof(buf) : sizeof(*set);
	memcpy(set->data, &fd, sizeof(fd));
	return ioctl(dev, VFIO_DEVICE_SET_IRQS, set);
}

static int came(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n;

	return poll(&p, 1, 1000) == 1 && read(fd, &n, 8) == 8;
}

static int came_not(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 200) == 0;
}

static void try_dma_maps(int container)
{
	uint8_t *mem = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct vfio_iommu_type1_dma_map m = { .argsz = sizeof(m), .flags = 3, .size = 4096 };
	struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u), .size = 4096 };
	unsigned i, round, bad = 0;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < PAGES; i++) {
			memset(mem + i * 4096, i + round, 4096);
			m.vaddr = (uintptr_t)mem + i * 4096;
			m.iova = 0x10000000 + i * 8192;
			bad += ioctl(container, VFIO_IOMMU_MAP_DMA, &m) != 0;
		}
		for (i = 1; i < PAGES; i++) {
			device_copy(0x10000000 + (i - 1) * 8192, 0x10000000 + i * 8192, 4096);
			bad += bar0[10] != 0;
		}
		for (i = 0; i < PAGES; i++)
			bad += mem[i * 4096] != round || mem[i * 4096 + 4095] != round;
		device_copy(0x10001000, 0x10000000, 16);
		bad += bar0[10] != EFAULT;
		for (i = 0; i < PAGES; i++) {
			u.iova = 0x10000000 + i * 8192;
			u.size = 4096;
			bad += ioctl(container, VFIO_IOMMU_UNMAP_DMA, &u) != 0 || u.size != 4096;
		}
		device_copy(0x10000000, 0x10000000, 16);
		bad += bar0[10] != EFAULT;
	}
	check(!bad, "DMA through the IOMMU, mapped and unmapped");
}

static void vfio_mode(void)
{
	int container, dev = vfio_device(&container), ev = eventfd(0, EFD_NONBLOCK);
	const unsigned trigger = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	const unsigned none = VFIO_IRQ_SET_DATA_NONE;
	void *bar1;

	check(dev >= 0, "vfio-pci in the guest");
	if (dev < 0)
		return;
	set_command(dev, (off_t)VFIO_PCI_CONFIG_REGION_INDEX << 40, 6);
	bar0 = vfio_bar(dev, 0);
	bar1 = vfio_bar(dev, 1);
	try_registers(bar1);
	try_dma_maps(container);
	bar0[3] = 0;

	check(!vfio_irq(dev, trigger, VFIO_PCI_MSI_IRQ_INDEX, 1, ev), "MSI on");
	bar0[3] = 1;
	check(came(ev), "MSI");
	check(came_not(ev), "one MSI per edge");
	bar0[2] = 2;
	check(came(ev), "MSI again");
	bar0[3] = 0;
	check(!vfio_irq(dev, none | VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, 0, -1),
	      "MSI off");
	check(!vfio_irq(dev, trigger, VFIO_PCI_INTX_IRQ_INDEX, 1, ev), "INTx on");
	bar0[3] = 1;
	check(came(ev), "INTx");
	check(came_not(ev), "INTx masks itself");
	vfio_irq(dev, none | VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, 1, -1);
	check(came(ev), "INTx again while the line is up");
	bar0[3] = 0;
	vfio_irq(dev, none | VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, 1, -1);
	check(came_not(ev), "no INTx with the line down");
	bar0[1] = 5;
	check(!ioctl(dev, VFIO_DEVICE_RESET), "reset");
	check(bar0[1] == 0, "scratch is reset");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);
	if (find_device()) {
		try_identity();
		if (open_in_dev("iommu_group", O_PATH) >= 0)
			vfio_mode();
		else
			sysfs_mode();
	} else {
		check(0, "the device is there");
	}
	printf("guest: %s\n", failed ? "FAILED" : "PASSED");
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
