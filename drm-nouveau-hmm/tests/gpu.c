// SPDX-License-Identifier: MIT
/* gpu.c - see gpu.h. */
#define CL_TARGET_OPENCL_VERSION 300
#include "gpu.h"

#include <CL/cl.h>
#include <drm/nouveau_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_KERNELS 32

/* linux/swap.h: what a pagemap entry that is not present says about where the page is. */
#define PM_SWAP (1ull << 62)
#define SWP_TYPE(entry) ((entry) & 31)
#define SWP_DEVICE_WRITE 28
#define SWP_DEVICE_READ 29

unsigned int gpu_patience = 25;

static cl_context context;
static cl_command_queue queue;
static cl_device_id device;
static struct {
	const char *source;
	cl_kernel kernel;
} kernels[MAX_KERNELS];
static uint64_t *results;	/* a page that kernels leave their results in */
static bool failed;
static unsigned int limit_s;

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void too_late(int sig)
{
	static const char text[] = "not ok - the test did not end in time\n";

	(void)sig;
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

void test_start(unsigned int seconds)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	limit_s = seconds;
	signal(SIGALRM, too_late);
	alarm(seconds);
}

bool ok(bool good, const char *what, ...)
{
	va_list args;

	failed |= !good;
	printf("%s - ", good ? "ok" : "not ok");
	va_start(args, what);
	vprintf(what, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return good;
}

void skip(const char *what, ...)
{
	va_list args;

	printf("skip - ");
	va_start(args, what);
	vprintf(what, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void note(const char *what, ...)
{
	va_list args;

	printf("# ");
	va_start(args, what);
	vprintf(what, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void test_end(void)
{
	fflush(stdout);
	_exit(failed ? 1 : 0);
}

static void cl(cl_int err, const char *call)
{
	if (err == CL_SUCCESS)
		return;
	ok(false, "%s: OpenCL error %d", call, err);
	test_end();
}

static bool pick_device(void)
{
	cl_platform_id platforms[8];
	cl_uint n = 0, devices;

	clGetPlatformIDs(8, platforms, &n);
	for (cl_uint i = 0; i < n && i < 8; i++) {
		cl_device_svm_capabilities svm = 0;

		if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_GPU, 1, &device, &devices) != CL_SUCCESS)
			continue;
		clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL);
		if (svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)
			return true;
	}
	return false;
}

void gpu_open(void)
{
	cl_int err;

	if (context)
		return;
	if (!pick_device()) {
		ok(false, "no GPU with fine-grained system SVM");
		test_end();
	}
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	cl(err, "clCreateContext");
	queue = clCreateCommandQueueWithProperties(context, device, NULL, &err);
	cl(err, "clCreateCommandQueueWithProperties");
	results = map_pages(PAGE);
	memset(results, 0, PAGE);
}

static cl_kernel kernel_of(const char *source)
{
	cl_program program;
	char name[64] = "";
	unsigned int i;
	cl_int err;

	for (i = 0; i < MAX_KERNELS && kernels[i].source; i++)
		if (!strcmp(kernels[i].source, source))
			return kernels[i].kernel;
	if (i == MAX_KERNELS || sscanf(source, "kernel void %63[^(]", name) != 1)
		abort();
	program = clCreateProgramWithSource(context, 1, &source, NULL, &err);
	cl(err, "clCreateProgramWithSource");
	err = clBuildProgram(program, 1, &device, "-cl-std=CL1.2", NULL, NULL);
	if (err != CL_SUCCESS) {
		char log[4096] = "";

		clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof(log) - 1, log, NULL);
		fputs(log, stderr);
	}
	cl(err, "clBuildProgram");
	kernels[i].source = source;
	kernels[i].kernel = clCreateKernel(program, name, &err);
	cl(err, "clCreateKernel");
	clReleaseProgram(program);
	return kernels[i].kernel;
}

static int wait_for(cl_event done)
{
	double until = now() + gpu_patience;
	unsigned int us = 50;
	cl_int status = CL_QUEUED;

	while (now() < until) {
		cl_int err = clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL);

		if (err != CL_SUCCESS || status < 0)
			return -EIO;
		if (status == CL_COMPLETE)
			return 0;
		usleep(us);
		if (us < 5000)
			us *= 2;
	}
	return -ETIMEDOUT;
}

int gpu_launch(const char *source, size_t items, const uint64_t *args, unsigned int nargs)
{
	cl_kernel kernel;
	cl_event done;
	int ret;

	gpu_open();
	kernel = kernel_of(source);
	for (unsigned int i = 0; i < nargs; i++)
		cl(clSetKernelArg(kernel, i, sizeof(args[i]), &args[i]), "clSetKernelArg");
	if (clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, &done) != CL_SUCCESS ||
	    clFlush(queue) != CL_SUCCESS)
		return -EIO;
	ret = wait_for(done);
	clReleaseEvent(done);
	return ret;
}

int gpu_fill(uint32_t *p, size_t n, uint32_t v)
{
	return gpu_run("kernel void fill(ulong p, ulong v) {"
		       " size_t i = get_global_id(0); ((global uint *)p)[i] = v + i; }", n, U(p), v);
}

int gpu_add(uint32_t *p, size_t n, uint32_t v)
{
	return gpu_run("kernel void add(ulong p, ulong v) {"
		       " ((global uint *)p)[get_global_id(0)] += v; }", n, U(p), v);
}

int gpu_sum(const uint32_t *p, size_t n, uint64_t *sum)
{
	enum { ITEMS = 256 };
	int ret;

	gpu_open();
	memset(results, 0, PAGE);
	ret = gpu_run("kernel void sum(ulong p, ulong n, ulong out) {"
		      " ulong s = 0, step = get_global_size(0);"
		      " for (ulong i = get_global_id(0); i < n; i += step) s += ((global uint *)p)[i];"
		      " ((global ulong *)out)[get_global_id(0)] = s; }", ITEMS, U(p), n, U(results));
	*sum = 0;
	for (unsigned int i = 0; i < ITEMS; i++)
		*sum += results[i];
	return ret;
}

int gpu_load(const uint32_t *p, uint32_t *v)
{
	int ret;

	gpu_open();
	ret = gpu_run("kernel void load(ulong p, ulong out) {"
		      " *(global ulong *)out = *(volatile global uint *)p; }", 1, U(p), U(results));
	*v = (uint32_t)results[0];
	return ret;
}

int gpu_store(uint32_t *p, uint32_t v)
{
	return gpu_run("kernel void store(ulong p, ulong v) { *(volatile global uint *)p = v; }", 1, U(p), v);
}

int gpu_atomic_add(uint32_t *p, uint32_t items)
{
	return gpu_run("kernel void atomic(ulong p) { atomic_inc((volatile global uint *)p); }", items, U(p));
}

int gpu_touch(void *p, size_t stride, size_t count, enum gpu_access access)
{
	gpu_open();
	switch (access) {
	case GPU_READ:
		return gpu_run("kernel void touch_r(ulong p, ulong stride, ulong out) {"
			       " if (*(volatile global uint *)(p + get_global_id(0) * stride) == 0x5eed5eed)"
			       "  *(global uint *)out = 1; }", count, U(p), stride, U(results));
	case GPU_WRITE:
		return gpu_run("kernel void touch_w(ulong p, ulong stride) {"
			       " *(volatile global uint *)(p + get_global_id(0) * stride) = get_global_id(0); }",
			       count, U(p), stride);
	default:
		return gpu_run("kernel void touch_rw(ulong p, ulong stride) {"
			       " *(volatile global uint *)(p + get_global_id(0) * stride) += 1; }",
			       count, U(p), stride);
	}
}

static int do_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

/* Calls f for each file of this process that is a GPU's. */
static int each_gpu_fd(int (*f)(int fd))
{
	char path[64], target[64];
	int ret;

	for (int fd = 3; fd < 1024; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (strncmp(target, "/dev/dri/", 9))
			continue;
		ret = f(fd);
		if (ret)
			return ret;
	}
	return 0;
}

int range_to_vram_fd(int fd, const void *p, size_t bytes)
{
	struct drm_nouveau_svm_bind bind = {
		.header = (uint64_t)NOUVEAU_SVM_BIND_COMMAND__MIGRATE << NOUVEAU_SVM_BIND_COMMAND_SHIFT |
			  (uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM << NOUVEAU_SVM_BIND_TARGET_SHIFT,
		.va_start = U(p),
		.va_end = U(p) + bytes,
		.npages = bytes / PAGE,
	};

	return do_ioctl(fd, DRM_IOCTL_NOUVEAU_SVM_BIND, &bind);
}

/*
 * Mesa opens the device more than once; only one of the files mirrors the process. Asked for a range with
 * nothing in it, so that nothing moves.
 */
static int mirrors(int fd)
{
	static void *nothing;

	if (!nothing) {
		nothing = map_pages(PAGE);
		munmap(nothing, PAGE);
	}
	return range_to_vram_fd(fd, nothing, PAGE) == -EINVAL ? 0 : fd;
}

int gpu_fd(void)
{
	int fd;

	gpu_open();
	fd = each_gpu_fd(mirrors);
	return fd > 0 ? fd : -ENODEV;
}

int range_to_vram(const void *p, size_t bytes)
{
	static int fd;

	if (!fd)
		fd = gpu_fd();
	return fd < 0 ? fd : range_to_vram_fd(fd, p, bytes);
}

size_t pages_in_vram(const void *p, size_t bytes)
{
	size_t n = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	for (size_t i = 0; i < bytes / PAGE; i++) {
		uint64_t entry;

		if (pread(fd, &entry, sizeof(entry), (off_t)((U(p) / PAGE + i) * sizeof(entry))) != sizeof(entry))
			break;
		n += (entry & PM_SWAP) &&
		     (SWP_TYPE(entry) == SWP_DEVICE_WRITE || SWP_TYPE(entry) == SWP_DEVICE_READ);
	}
	close(fd);
	return n;
}

uint64_t vram_used(void)
{
	struct drm_nouveau_getparam get = { .param = NOUVEAU_GETPARAM_VRAM_USED };
	int fd = open("/dev/dri/renderD128", O_RDWR);

	if (fd < 0 || do_ioctl(fd, DRM_IOCTL_NOUVEAU_GETPARAM, &get))
		get.value = UINT64_MAX;
	close(fd);
	return get.value;
}

size_t swapped_out(const void *p, size_t bytes)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;
	size_t out = 0;

	for (size_t i = 0; i < bytes / PAGE; i++)
		if (pread(fd, &entry, 8, (off_t)((U(p) / PAGE + i) * 8)) == 8)
			out += entry >> 62 & 1;
	close(fd);
	return out;
}

bool swap_on(void)
{
	return !access("/dev/zram0", F_OK) ||
	       !system("modprobe zram && echo 128M >/sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null && "
		       "swapon /dev/zram0");
}

int page_out(void *p, size_t bytes)
{
	for (int i = 0; i < 5 && swapped_out(p, bytes) < bytes / PAGE; i++) {
		/* This empties the lists of all CPUs. */
		int ret = write_file("/proc/sys/vm/drop_caches", "1");

		if (ret)
			return ret;
		if (madvise(p, bytes, MADV_PAGEOUT))
			return -errno;
	}
	return 0;
}

void mark(const char *name)
{
	char command[80];

	snprintf(command, sizeof(command), "/lab/mark %s", name);
	if (system(command))
		note("no mark %s", name);
}

void *map_pages(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		ok(false, "mmap: %s", strerror(errno));
		test_end();
	}
	return p;
}

/* An empty guard on both sides, so that no neighbour becomes part of the mapping. */
static void *map_aligned(size_t bytes, int advice)
{
	char *p = map_pages(bytes + 2 * HUGE);
	char *at = (char *)((U(p) + HUGE) & ~(HUGE - 1));

	munmap(p, (size_t)(at - p));
	munmap(at + bytes, (size_t)(p + bytes + 2 * HUGE - (at + bytes)));
	madvise(at, bytes, advice);
	return at;
}

void *map_small(size_t bytes)
{
	return map_aligned(bytes, MADV_NOHUGEPAGE);
}

void *map_huge(size_t bytes)
{
	return map_aligned(bytes, MADV_HUGEPAGE);
}

size_t huge_pages(const void *p, size_t bytes)
{
	size_t n = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	struct page_region regions[16];
	struct pm_scan_arg arg = {
		.size = sizeof(arg), .start = U(p), .end = U(p) + bytes,
		.vec = U(regions), .vec_len = 16,
		.category_mask = PAGE_IS_HUGE, .category_anyof_mask = PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
		.return_mask = PAGE_IS_HUGE | PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
	};
	long got;

	while (arg.start < arg.end && (got = ioctl(fd, PAGEMAP_SCAN, &arg)) > 0) {
		for (long i = 0; i < got; i++)
			n += (regions[i].end - regions[i].start) / HUGE;
		arg.start = arg.walk_end;
	}
	close(fd);
	return n;
}

static uint32_t word(size_t i, uint32_t seed)
{
	return ((uint32_t)i + seed) * 2654435761u;	/* Knuth's multiplicative hash */
}

void pattern(uint32_t *p, size_t bytes, uint32_t seed)
{
	for (size_t i = 0; i < bytes / 4; i++)
		p[i] = word(i, seed);
}

size_t wrong(const uint32_t *p, size_t bytes, uint32_t seed)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes / 4; i++) {
		uint32_t got = p[i];

		if (got == word(i, seed))
			continue;
		if (!n++)	/* whose word is it? (the factor's inverse) */
			note("%p: page %zu, word %zu has %08x, which is word %d of this pattern", (void *)p, i / 1024,
			     i, got, (int)(got * 244002641u - seed));
	}
	return n;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int wait_child(pid_t pid, unsigned int seconds)
{
	double until = now() + seconds;
	int status;

	while (now() < until) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(5000);
	}
	kill(pid, SIGKILL);
	return -ETIMEDOUT;
}

void drop_gpu(void)
{
	char line[256], path[128];
	unsigned long start, end;
	FILE *maps = fopen("/proc/self/maps", "r");

	each_gpu_fd(close);
	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %127s", &start, &end, path) == 3 &&
		    !strncmp(path, "/dev/dri/", 9))
			munmap((void *)start, end - start);
	}
	if (maps)
		fclose(maps);
}
