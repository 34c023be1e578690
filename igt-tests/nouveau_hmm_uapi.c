// SPDX-License-Identifier: MIT
/*
 * Every ioctl of nouveau_hmm_drm.h with right and with wrong arguments: what the header says
 * happens, and after an error nothing has changed. No program runs on the GPU.
 */
#include "igt.h"
#include "lib/hmm.h"

#include <drm/drm.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

IGT_TEST_DESCRIPTION(
	"The ioctls of nouveau_hmm_drm.h do what it says, with right and with wrong arguments.");

#define DATA_BYTES (4 * MIB)
#define SIZE (8 * MIB)
#define PAGES (SIZE / PAGE)
#define MAPPED DRM_NOUVEAU_HMM_PAGE_MAPPED
#define WRITABLE DRM_NOUVEAU_HMM_PAGE_WRITABLE
#define WHERE DRM_NOUVEAU_HMM_PAGE_WHERE

enum ioctl_id { INFO, MIGRATE, RESIDENCY, FAULTS, CREATE, DESTROY, SUBMIT, STATUS, BIND };
#define OWN BIND	/* those before are of nouveau_hmm_drm.h */

static const struct {
	const char *name;
	unsigned long request;
} ioctls[] = {
	[INFO] = { "info", DRM_IOCTL_NOUVEAU_HMM_INFO },
	[MIGRATE] = { "migrate", DRM_IOCTL_NOUVEAU_HMM_MIGRATE },
	[RESIDENCY] = { "residency", DRM_IOCTL_NOUVEAU_HMM_RESIDENCY },
	[FAULTS] = { "faults", DRM_IOCTL_NOUVEAU_HMM_FAULTS },
	[CREATE] = { "channel-create", DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE },
	[DESTROY] = { "channel-destroy", DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY },
	[SUBMIT] = { "channel-submit", DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT },
	[STATUS] = { "channel-status", DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS },
	[BIND] = { "svm-bind", DRM_IOCTL_NOUVEAU_SVM_BIND },
};

/* What all subtests use, made by the fixture. */
static struct mirror mirror = { .fd = -1 };
static uint32_t *data, *ring;
static uint8_t *pages;
static hmm_fault *faults;
static uint32_t channel, victim;	/* one that stays, one to destroy */
static uint64_t jobs;			/* of the first */

/* The largest structure, and room behind it. */
union args {
	uint64_t words[64];
	char bytes[512];
};

/* What is there does not matter to the kernel, and is there still if the call fails. */
#define OUT(args, type, field) \
	memset(&((type *)(args))->field, 0xa5, sizeof(((type *)(args))->field))

/* Right arguments, to be spoiled. */
static void right(enum ioctl_id id, union args *args)
{
	memset(args, 0, sizeof(*args));
	switch (id) {
	case INFO:
		memset(args, 0xa5, sizeof(hmm_info));
		((hmm_info *)args)->flags = 0;
		break;
	case MIGRATE:
		*(hmm_migrate *)args = (hmm_migrate) {
			.start = U(data), .length = MIB, .target = VRAM,
		};
		OUT(args, hmm_migrate, moved);
		break;
	case RESIDENCY:
		*(hmm_residency *)args = (hmm_residency) {
			.start = U(data), .length = MIB, .pages = U(pages),
		};
		break;
	case FAULTS:
		*(hmm_faults *)args = (hmm_faults) { .faults = U(faults), .count = 4 };
		OUT(args, hmm_faults, lost);
		break;
	case CREATE:
		*(hmm_create *)args = (hmm_create) {
			.ring = U(ring), .ring_entries = 16, .engine = DRM_NOUVEAU_HMM_ENGINE_COPY,
		};
		OUT(args, hmm_create, channel);
		OUT(args, hmm_create, oclass);
		break;
	case DESTROY:
		((hmm_destroy *)args)->channel = victim;
		break;
	case SUBMIT:
		((hmm_submit *)args)->channel = channel;
		OUT(args, hmm_submit, job);
		break;
	case STATUS:
		memset(args, 0xa5, sizeof(hmm_status));
		((hmm_status *)args)->channel = channel;
		((hmm_status *)args)->flags = 0;
		break;
	case BIND:
		*(struct drm_nouveau_svm_bind *)args = (struct drm_nouveau_svm_bind) {
			.header = (uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM
				  << NOUVEAU_SVM_BIND_TARGET_SHIFT,
			.va_start = U(data),
			.va_end = U(data) + MIB,
		};
		break;
	}
}

static uint32_t new_channel(void)
{
	union args args;

	right(CREATE, &args);
	igt_assert_eq(call(mirror.fd, ioctls[CREATE].request, &args), 0);
	return ((hmm_create *)&args)->channel;
}

/* It fails with this errno, and has not written to the arguments. */
static void refused(int fd, unsigned long request, union args *args, int error)
{
	union args before = *args;

	igt_assert_eq(call(fd, request, args), error);
	igt_assert_f(!memcmp(&before, args, sizeof(before)), "the arguments have changed\n");
}

static void nothing_lost(void)
{
	igt_assert_eq_u64(wrong(data, DATA_BYTES, 1), 0);
	igt_assert_eq_u64(in_vram(mirror.fd, data, DATA_BYTES), 0);
}

static void nothing_moved(void)
{
	igt_assert_eq_u64(in_vram(mirror.fd, data, DATA_BYTES), 0);
	nothing_lost();
}

/* ---- the size and the direction in the ioctl's number ---- */

#define SIZED(request, size) \
	(((request) & ~((unsigned long)_IOC_SIZEMASK << _IOC_SIZESHIFT)) | \
	 (unsigned long)(size) << _IOC_SIZESHIFT)
#define DIRECTED(request, dir) \
	(((request) & ~((unsigned long)_IOC_DIRMASK << _IOC_DIRSHIFT)) | \
	 (unsigned long)(dir) << _IOC_DIRSHIFT)

static const struct {
	const char *name;
	int longer;		/* bytes more than the structure has; -1: no bytes at all */
	unsigned int direction;
	bool behind;		/* the last byte is not zero */
	int error;
} numbers[] = {
	/* A structure shorter than that of the first version, and one of no bytes. */
	{ "short", -8, _IOC_READ | _IOC_WRITE, false, -EINVAL },
	{ "empty", -1, _IOC_READ | _IOC_WRITE, false, -EINVAL },
	/* A number that does not say that results come back, or that arguments go in. */
	{ "write-only", 0, _IOC_WRITE, false, -EINVAL },
	{ "read-only", 0, _IOC_READ, false, -EINVAL },
	/* Bytes that the kernel does not know must be zero, and then a longer structure works. */
	{ "long-not-zero", 16, _IOC_READ | _IOC_WRITE, true, -E2BIG },
	{ "long-zero", 16, _IOC_READ | _IOC_WRITE, false, 0 },
};

/* What one call has done is nothing that another subtest has to know. */
static void undo(enum ioctl_id id, union args *args)
{
	hmm_destroy destroy = { 0 };

	switch (id) {
	case MIGRATE:
		nothing_lost();
		break;
	case CREATE:
		destroy.channel = ((hmm_create *)args)->channel;
		igt_assert_eq(call(mirror.fd, ioctls[DESTROY].request, &destroy), 0);
		break;
	case DESTROY:
		victim = new_channel();
		break;
	case SUBMIT:
		jobs++;
		break;
	default:
		break;
	}
}

static void number(enum ioctl_id id, size_t n)
{
	unsigned long request = ioctls[id].request;
	size_t size = _IOC_SIZE(request);
	union args args;

	right(id, &args);
	size = numbers[n].longer == -1 ? 0 : size + (size_t)numbers[n].longer;
	if (numbers[n].behind)
		args.bytes[size - 1] = 1;
	request = DIRECTED(SIZED(request, size), numbers[n].direction);
	if (numbers[n].error) {
		refused(mirror.fd, request, &args, numbers[n].error);
	} else {
		igt_assert_eq(call(mirror.fd, request, &args), 0);
		undo(id, &args);
	}
}

/* ---- single fields ---- */

/* What a wrong value is made from, as most of them are known only when the test runs. */
enum base { ZERO, AT_DATA, AT_PAGES, AT_FAULTS, AT_RING, AT_CUTOUT, AT_TOP, AT_READ_ONLY, BASES };

static uint64_t bases[BASES];

static void set_bases(void)
{
	bases[AT_DATA] = U(data);
	bases[AT_PAGES] = U(pages);
	bases[AT_FAULTS] = U(faults);
	bases[AT_RING] = U(ring);
	bases[AT_CUTOUT] = mirror.cutout;
	bases[AT_TOP] = 1ull << 47;
	bases[AT_READ_ONLY] = U(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static const struct field {
	enum ioctl_id id;
	const char *name;	/* of the subtest */
	size_t at, size;
	enum base base;
	uint64_t plus;
	int error;
} fields[] = {
#define FIELD(id, type, field, what, base, plus, error) { \
	id, #field "-" what, offsetof(type, field), sizeof(((type *)0)->field), base, plus, error, \
}
#define F(field, what, base, plus, error) FIELD(INFO, hmm_info, field, what, base, plus, error)
	F(flags, "unknown", ZERO, 1, -EINVAL),
	F(flags, "all", ZERO, ~0u, -EINVAL),
#undef F
#define F(field, what, base, plus, error) \
	FIELD(MIGRATE, hmm_migrate, field, what, base, plus, error)
	F(start, "odd", AT_DATA, 1, -EINVAL),
	F(start, "half-a-page", AT_DATA, 2048, -EINVAL),
	F(start, "behind-the-top", AT_TOP, 0, -EINVAL),
	F(start, "below-the-top", AT_TOP, -PAGE, -EINVAL),
	F(start, "wraps", ZERO, -PAGE, -EINVAL),
	F(start, "in-the-cutout", AT_CUTOUT, 0, -EINVAL),
	F(start, "before-the-cutout", AT_CUTOUT, -PAGE, -EINVAL),
	F(start, "end-of-the-cutout", AT_CUTOUT, CUTOUT - PAGE, -EINVAL),
	F(length, "zero", ZERO, 0, -EINVAL),
	F(length, "odd", ZERO, 100, -EINVAL),
	F(length, "page-minus-one", ZERO, PAGE - 1, -EINVAL),
	F(length, "wraps", ZERO, -PAGE, -EINVAL),
	F(length, "everything", AT_TOP, 0, -EINVAL),
	F(target, "unknown", ZERO, 2, -EINVAL),
	F(target, "all", ZERO, ~0u, -EINVAL),
	F(flags, "unknown", ZERO, 2, -EINVAL),
	F(flags, "all", ZERO, ~0u, -EINVAL),
	F(reserved, "set", ZERO, 1, -EINVAL),
	F(syncobj, "without-async", ZERO, 1, -EINVAL),
	F(result, "without-async", AT_PAGES, 0, -EINVAL),
#undef F
#define F(field, what, base, plus, error) \
	FIELD(RESIDENCY, hmm_residency, field, what, base, plus, error)
	F(start, "odd", AT_DATA, 1, -EINVAL),
	F(start, "behind-the-top", AT_TOP, 0, -EINVAL),
	F(start, "wraps", ZERO, -PAGE, -EINVAL),
	F(length, "zero", ZERO, 0, -EINVAL),
	F(length, "odd", ZERO, PAGE - 1, -EINVAL),
	F(length, "wraps", ZERO, -PAGE, -EINVAL),
	F(length, "everything", AT_TOP, 0, -EINVAL),
	F(flags, "unknown", ZERO, 1, -EINVAL),
	F(reserved, "set", ZERO, 1u << 31, -EINVAL),
	F(pages, "null", ZERO, 0, -EFAULT),
	F(pages, "behind-the-top", AT_TOP, 0, -EFAULT),
	F(pages, "in-the-cutout", AT_CUTOUT, 0, -EFAULT),
	F(pages, "read-only", AT_READ_ONLY, 0, -EFAULT),
#undef F
#define F(field, what, base, plus, error) FIELD(FAULTS, hmm_faults, field, what, base, plus, error)
	F(flags, "unknown", ZERO, 1, -EINVAL),
	F(count, "zero", ZERO, 0, -EINVAL),
	F(faults, "null", ZERO, 0, -EFAULT),
	F(faults, "odd", AT_FAULTS, 4, -EINVAL),
	F(faults, "behind-the-top", AT_TOP, 0, -EFAULT),
	F(faults, "in-the-cutout", AT_CUTOUT, 0, -EFAULT),
#undef F
#define F(field, what, base, plus, error) FIELD(CREATE, hmm_create, field, what, base, plus, error)
	F(ring, "odd", AT_RING, 8, -EINVAL),
	F(ring, "null", ZERO, 0, -EFAULT),
	F(ring, "behind-the-top", AT_TOP, 0, -EFAULT),
	F(ring, "in-the-cutout", AT_CUTOUT, 0, -EFAULT),
	F(ring, "read-only", AT_READ_ONLY, 0, -EFAULT),
	F(ring_entries, "zero", ZERO, 0, -EINVAL),
	F(ring_entries, "too-few", ZERO, DRM_NOUVEAU_HMM_RING_MIN / 2, -EINVAL),
	F(ring_entries, "no-power-of-two", ZERO, 17, -EINVAL),
	F(ring_entries, "too-many", ZERO, DRM_NOUVEAU_HMM_RING_MAX * 2, -EINVAL),
	F(ring_entries, "all", ZERO, ~0u, -EINVAL),
	F(engine, "unknown", ZERO, 2, -EINVAL),
	F(engine, "all", ZERO, ~0u, -EINVAL),
	F(flags, "unknown", ZERO, 2, -EINVAL),
	F(flags, "all", ZERO, ~0u, -EINVAL),
#undef F
#define F(field, what, base, plus, error) \
	FIELD(DESTROY, hmm_destroy, field, what, base, plus, error)
	F(channel, "zero", ZERO, 0, -ENOENT),
	F(channel, "none", ZERO, 999, -ENOENT),
	F(reserved, "set", ZERO, 1, -EINVAL),
#undef F
#define F(field, what, base, plus, error) FIELD(SUBMIT, hmm_submit, field, what, base, plus, error)
	F(channel, "zero", ZERO, 0, -ENOENT),
	F(channel, "all", ZERO, ~0u, -ENOENT),
	F(flags, "unknown", ZERO, 1, -EINVAL),
	F(reserved, "set", ZERO, 1, -EINVAL),
	F(nr_ranges, "too-many", ZERO, DRM_NOUVEAU_HMM_RANGES + 1, -EINVAL),
	F(nr_ranges, "without-an-array", ZERO, 1, -EFAULT),
	F(nr_in, "too-many", ZERO, DRM_NOUVEAU_HMM_SYNCS + 1, -EINVAL),
	F(nr_in, "without-an-array", ZERO, 1, -EFAULT),
	F(nr_out, "all", ZERO, ~0u, -EINVAL),
	F(nr_out, "without-an-array", ZERO, 1, -EFAULT),
	F(ranges, "odd", AT_PAGES, 4, -EINVAL),
	F(in, "odd", AT_PAGES, 4, -EINVAL),
	F(out, "odd", AT_PAGES, 4, -EINVAL),
#undef F
#define F(field, what, base, plus, error) FIELD(STATUS, hmm_status, field, what, base, plus, error)
	F(channel, "zero", ZERO, 0, -ENOENT),
	F(channel, "none", ZERO, 999, -ENOENT),
	F(flags, "unknown", ZERO, 1, -EINVAL),
#undef F
#define F(field, what, base, plus, error) \
	FIELD(BIND, struct drm_nouveau_svm_bind, field, what, base, plus, error)
	F(header, "unknown", ZERO, 1, -EINVAL),
	F(header, "zero", ZERO, 0, -EINVAL),
	F(header, "all", ZERO, ~0ull, -EINVAL),
	F(va_end, "no-bytes", AT_DATA, 0, -EINVAL),
	F(stride, "set", ZERO, 1, -EINVAL),
	F(reserved0, "set", ZERO, 1, -EINVAL),
	F(reserved1, "set", ZERO, 1, -EINVAL),
#undef F
};

static void field(const struct field *f)
{
	uint64_t value = bases[f->base] + f->plus;
	union args args;

	right(f->id, &args);
	memcpy(args.bytes + f->at, &value, f->size);
	refused(mirror.fd, ioctls[f->id].request, &args, f->error);
}

/* ---- ranges and syncobjs of a job ---- */

enum place { DATA, HUGE_EDGE, TOP, IN_CUTOUT, NO_ACCESS, READ_ONLY, NOTHING, PLACES };

static uint64_t places[PLACES];

static void set_places(void)
{
	places[DATA] = U(data);
	places[HUGE_EDGE] = U(map_small(2 * HUGE)) + HUGE;
	places[TOP] = (1ull << 47) - PAGE;
	places[IN_CUTOUT] = mirror.cutout;
	places[NO_ACCESS] = U(mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	places[READ_ONLY] = U(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

#define PUSH DRM_NOUVEAU_HMM_RANGE_PUSH
#define WRITE DRM_NOUVEAU_HMM_RANGE_WRITE

static const struct range_case {
	const char *name;
	enum place place;
	int64_t plus;
	uint64_t length;
	uint32_t flags, reserved;
	int error;
} range_cases[] = {
	{ "no-bytes", DATA, 0, 0, 0, 0, -EINVAL },
	{ "unknown-flag", DATA, 0, 4, 4, 0, -EINVAL },
	{ "reserved", DATA, 0, 4, 0, 1, -EINVAL },
	{ "push-odd-address", DATA, 2, 4, PUSH, 0, -EINVAL },
	{ "push-odd-length", DATA, 0, 6, PUSH, 0, -EINVAL },
	{ "push-too-long", DATA, 0, DRM_NOUVEAU_HMM_PUSH_MAX + 4, PUSH, 0, -EINVAL },
	{ "push-across-2m", HUGE_EDGE, -8, 16, PUSH, 0, -EINVAL },
	{ "behind-the-top", TOP, 0, 4, 0, 0, -EINVAL },
	{ "across-the-top", TOP, -4, 8, 0, 0, -EINVAL },
	{ "wraps", DATA, 0, ~0ull, 0, 0, -EINVAL },
	{ "push-in-the-cutout", IN_CUTOUT, 0, 4, PUSH, 0, -EINVAL },
	{ "touches-the-cutout", IN_CUTOUT, -4, 8, 0, 0, -EINVAL },
	{ "no-access", NO_ACCESS, 0, 4, 0, 0, -EFAULT },
	{ "push-no-access", NO_ACCESS, 0, 4, PUSH, 0, -EFAULT },
	{ "write-read-only", READ_ONLY, 0, 4, WRITE, 0, -EFAULT },
	{ "nothing-there", NOTHING, 64, 4, 0, 0, -EFAULT },
};

static void bad_range(const struct range_case *c)
{
	hmm_range range = {
		.addr = places[c->place] + (uint64_t)c->plus, .length = c->length,
		.flags = c->flags, .reserved = c->reserved,
	};
	union args args;

	right(SUBMIT, &args);
	((hmm_submit *)&args)->ranges = U(&range);
	((hmm_submit *)&args)->nr_ranges = 1;
	refused(mirror.fd, ioctls[SUBMIT].request, &args, c->error);
}

static const struct sync_case {
	const char *name;
	uint32_t handle, reserved;
	int error;
} sync_cases[] = {
	{ "handle-zero", 0, 0, -ENOENT },
	{ "no-such-handle", 777, 0, -ENOENT },
	{ "reserved", 1, 1, -EINVAL },
};

static void bad_sync(const struct sync_case *c, bool out)
{
	hmm_sync sync = { .handle = c->handle, .reserved = c->reserved };
	hmm_submit *submit;
	union args args;

	right(SUBMIT, &args);
	submit = (hmm_submit *)&args;
	if (out) {
		submit->out = U(&sync);
		submit->nr_out = 1;
	} else {
		submit->in = U(&sync);
		submit->nr_in = 1;
	}
	refused(mirror.fd, ioctls[SUBMIT].request, &args, c->error);
}

/* Whatever was refused before, it was no job, and the channel lives. */
static void channel_lives(void)
{
	union args args;

	right(STATUS, &args);
	igt_assert_eq(call(mirror.fd, ioctls[STATUS].request, &args), 0);
	igt_assert_eq_u64(((hmm_status *)&args)->submitted, jobs);
	igt_assert_eq_u32(((hmm_status *)&args)->stopped, DRM_NOUVEAU_HMM_CHANNEL_RUNS);
}

static void bad_eventfd(int fd)
{
	union args args;

	right(CREATE, &args);
	((hmm_create *)&args)->flags = DRM_NOUVEAU_HMM_CHANNEL_EVENTFD;
	((hmm_create *)&args)->eventfd = fd;
	refused(mirror.fd, ioctls[CREATE].request, &args, -EBADF);
}

/* It is told of the end of channels, not of what never was one. */
static void eventfd_not_rung(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	uint64_t n;
	union args args;

	right(CREATE, &args);
	((hmm_create *)&args)->flags = DRM_NOUVEAU_HMM_CHANNEL_EVENTFD;
	((hmm_create *)&args)->eventfd = fd;
	((hmm_create *)&args)->ring = 0;
	refused(mirror.fd, ioctls[CREATE].request, &args, -EFAULT);
	igt_assert_eq((int)read(fd, &n, sizeof(n)), -1);
	igt_assert_eq(errno, EAGAIN);
	close(fd);
}

/* ---- MIGRATE, asynchronous ---- */

static const struct async_case {
	const char *name;
	uint32_t syncobj;
	enum base base;
	uint64_t plus;
	int error;
} async_cases[] = {
	{ "no-such-syncobj", 12345, ZERO, 0, -ENOENT },
	{ "result-odd", 0, AT_PAGES, 4, -EINVAL },
	{ "result-in-the-cutout", 0, AT_CUTOUT, 0, -EFAULT },
	{ "result-behind-the-top", 0, AT_TOP, 0, -EFAULT },
};

static void bad_async(const struct async_case *c)
{
	union args args;
	hmm_migrate *m = (hmm_migrate *)&args;

	right(MIGRATE, &args);
	m->flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC;
	m->syncobj = c->syncobj;
	m->result = bases[c->base] + c->plus;
	refused(mirror.fd, ioctls[MIGRATE].request, &args, c->error);
}

/* ---- files that mirror another process, or none ---- */

static void all_refused(int fd, int error, uint32_t state)
{
	hmm_info info = { 0 };
	union args args;

	for (enum ioctl_id id = INFO + 1; id < OWN; id++) {
		igt_debug("%s\n", ioctls[id].name);
		right(id, &args);
		refused(fd, ioctls[id].request, &args, error);
	}
	right(BIND, &args);
	refused(fd, ioctls[BIND].request, &args, error == -ENODEV ? -EINVAL : error);
	igt_assert_eq(call(fd, ioctls[INFO].request, &info), 0);
	igt_assert_eq_u32(info.state, state);
}

static void not_mirrored(void)
{
	int fd = device_open();

	all_refused(fd, -ENODEV, 0);
	close(fd);
}

static void inherited(void)
{
	igt_fork(child, 1)
		all_refused(mirror.fd, -EPERM, DRM_NOUVEAU_HMM_STATE_MIRRORED);
	igt_waitchildren();
}

static int send_file(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_len = CMSG_LEN(sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static int receive_file(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* The process that is mirrored is dead before the file is used, or lives until then. */
static void passed(bool dead)
{
	int pair[2], fd;
	char byte;

	igt_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	igt_fork(child, 1) {
		struct mirror m;

		close(pair[0]);
		mirror_open(&m);
		igt_assert_eq(send_file(pair[1], m.fd), 0);
		if (!dead)
			igt_assert_eq((int)read(pair[1], &byte, 1), 0);
	}
	close(pair[1]);
	fd = receive_file(pair[0]);
	if (dead)
		igt_waitchildren();
	igt_assert(fd >= 0);
	all_refused(fd, -EPERM, DRM_NOUVEAU_HMM_STATE_MIRRORED);
	close(pair[0]);
	igt_waitchildren();
	close(fd);
}

/* ---- what the calls do when they are right ---- */

static void info(void)
{
	hmm_info i = { 0 };
	const uint64_t sizes = 1ull << 12 | 1ull << 16 | 1ull << 21;

	igt_assert_eq(call(mirror.fd, DRM_IOCTL_NOUVEAU_HMM_INFO, &i), 0);
	igt_assert_eq(i.version, DRM_NOUVEAU_HMM_VERSION);
	igt_assert_eq_u64(i.features & 0x1f, 0x1f);
	igt_assert_eq_u64(i.page_sizes, sizes);
	igt_assert_lte_u64(64 * MIB, i.vram_size);
	igt_assert_lt_u64(i.vram_resident, i.vram_size);
	igt_assert_eq_u64(i.cutout_start, mirror.cutout);
	igt_assert_eq_u64(i.cutout_size, CUTOUT);
	igt_assert_eq_u32(i.state, DRM_NOUVEAU_HMM_STATE_MIRRORED | DRM_NOUVEAU_HMM_STATE_OWN);
	igt_assert_lt(0, (int)i.faults);
}

/* A structure with none of its fields there is not one; the first version's is. */
static void there_and_back(bool huge)
{
	const uint8_t mask = MAPPED | WRITABLE | (huge ? DRM_NOUVEAU_HMM_PAGE_SIZE : 0);
	const uint8_t mapped = MAPPED | WRITABLE | (huge ? DRM_NOUVEAU_HMM_PAGE_2M : 0);
	uint32_t *p = huge ? map_huge(SIZE) : map_small(SIZE);
	uint64_t before = vram_resident(mirror.fd);
	hmm_moved m;

	igt_assert_eq_u64(pages_with(mirror.fd, p, SIZE, 0xff, 0), PAGES);
	pattern(p, SIZE, 1);
	igt_assert_eq_u64(pages_with(mirror.fd, p, SIZE, 0xff, DRM_NOUVEAU_HMM_PAGE_RAM), PAGES);

	igt_assert_eq(migrate(mirror.fd, p, SIZE, VRAM, &m), 0);
	igt_assert_eq_u64(m.done, SIZE);
	igt_assert_eq_u64(m.moved, PAGES);
	igt_assert_eq_u64(moved_sum(&m), PAGES);
	igt_assert_eq(m.error, 0);
	igt_assert_eq_u64(in_vram(mirror.fd, p, SIZE), PAGES);
	igt_assert_eq_u64(device_pages(p, SIZE), PAGES);
	igt_assert_eq_u64(pages_with(mirror.fd, p, SIZE, mask, mapped), PAGES);
	igt_assert_eq_u64(vram_resident(mirror.fd), before + SIZE);

	igt_assert_eq(migrate(mirror.fd, p, SIZE, VRAM, &m), 0);
	igt_assert_eq_u64(m.already, PAGES);
	igt_assert_eq_u64(wrong(p, 16 * PAGE, 1), 0);
	igt_assert_lt_u64(in_vram(mirror.fd, p, SIZE), PAGES);
	igt_assert_eq(migrate(mirror.fd, p, SIZE, RAM, &m), 0);
	igt_assert_eq_u64(m.moved + m.already, PAGES);
	igt_assert(m.moved && m.already);
	igt_assert_eq_u64(in_vram(mirror.fd, p, SIZE), 0);
	igt_assert_eq_u64(wrong(p, SIZE, 1), 0);
	munmap(p, SIZE);
	igt_assert_eq_u64(vram_resident(mirror.fd), before);
}

static void untouched(void)
{
	uint32_t *p = map_small(SIZE);
	hmm_moved m;

	igt_assert_eq(migrate(mirror.fd, p, SIZE, VRAM, &m), 0);
	igt_assert_eq_u64(m.zeroed, PAGES);
	igt_assert_eq_u64(m.moved, 0);
	for (size_t i = 0; i < SIZE / 4; i++)
		igt_assert_eq_u32(p[i], 0);
	munmap(p, SIZE);
}

/* A hole, a page of a file, read-only pages: what cannot be moved is counted. */
static void mixed(void)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char *p = map_small(SIZE), *file;
	const size_t q = SIZE / 4;
	hmm_moved m;

	memset(p, 1, SIZE);
	munmap(p + q, q);
	file = mmap(p + 2 * q, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, self, 0);
	igt_assert(file != MAP_FAILED);
	igt_assert_eq(file[0], 0x7f);
	mprotect(p + 3 * q, q, PROT_READ);
	igt_assert_eq(migrate(mirror.fd, p, SIZE, VRAM, &m), 0);
	igt_assert_eq_u64(m.done, SIZE);
	igt_assert_eq_u64(moved_sum(&m), PAGES);
	igt_assert_eq_u64(m.unsupported, PAGES / 4 + 1);
	igt_assert_eq_u64(in_vram(mirror.fd, p, q), PAGES / 4);
	igt_assert_eq_u64(in_vram(mirror.fd, p + 3 * q, q), PAGES / 4);
	igt_assert_eq_u64(pages_with(mirror.fd, p + 3 * q, q, MAPPED | WRITABLE, MAPPED), PAGES / 4);
	igt_assert_eq_u64(pages_with(mirror.fd, p + q, q, 0xff, 0), PAGES / 4);
	munmap(p, SIZE);
	close(self);
}

static void all_of_it(void)
{
	hmm_migrate args = { .start = 1ull << 44, .length = 1ull << 45, .target = VRAM };
	double begin = now();

	igt_assert_eq(call(mirror.fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args), 0);
	igt_assert_eq_u64(args.moved.done, args.length);
	igt_assert_eq_u64(args.moved.unsupported, args.length / PAGE);
	igt_assert_lt_double(now() - begin, 5);
}

static int migrate_async(int fd, void *p, size_t bytes, uint32_t target, uint32_t syncobj,
			 void *result)
{
	hmm_migrate args = {
		.start = U(p), .length = bytes, .target = target,
		.flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC, .syncobj = syncobj, .result = U(result),
	};
	static const hmm_moved none;
	int ret;

	OUT(&args, hmm_migrate, moved);
	ret = call(fd, DRM_IOCTL_NOUVEAU_HMM_MIGRATE, &args);
	igt_assert(ret || !memcmp(&args.moved, &none, sizeof(none)));
	return ret;
}

static void async(void)
{
	uint32_t *p = map_small(4 * SIZE), syncobj = syncobj_create(mirror.fd);
	hmm_moved *m = map_small(PAGE);

	pattern(p, 4 * SIZE, 2);
	/* An old fence must not count. */
	igt_assert_eq(syncobj_signal(mirror.fd, syncobj, 0), 0);
	igt_assert_eq(migrate_async(mirror.fd, p, 4 * SIZE, VRAM, syncobj, m), 0);
	igt_assert_eq(syncobj_wait(mirror.fd, syncobj, 0, 20), 0);
	igt_assert_eq_u64(m->done, 4 * SIZE);
	igt_assert_eq_u64(m->moved + m->busy, 4 * PAGES);
	igt_assert_lt_u64(3 * PAGES, m->moved);
	igt_assert_eq(m->error, 0);
	igt_assert_eq_u64(in_vram(mirror.fd, p, 4 * SIZE), m->moved);

	igt_assert_eq(migrate_async(mirror.fd, p, 4 * SIZE, RAM, syncobj, NULL), 0);
	igt_assert_eq(syncobj_wait(mirror.fd, syncobj, 0, 20), 0);
	igt_assert_eq_u64(in_vram(mirror.fd, p, 4 * SIZE), 0);
	igt_assert_eq_u64(wrong(p, 4 * SIZE, 2), 0);
	munmap(m, PAGE);
	munmap(p, 4 * SIZE);
}

static void async_unmapped(void)
{
	uint32_t *p = map_small(4 * SIZE), syncobj = syncobj_create(mirror.fd);
	hmm_moved *m = map_small(PAGE);

	pattern(p, 4 * SIZE, 2);
	igt_assert_eq(migrate_async(mirror.fd, p, 4 * SIZE, VRAM, syncobj, m), 0);
	munmap(m, PAGE);
	munmap(p, 4 * SIZE);
	igt_assert_eq(syncobj_wait(mirror.fd, syncobj, 0, 20), 0);
}

/* The fences come through another file. The GPU is not so fast that all were done before. */
static void async_closed(void)
{
	uint32_t *p = map_small(4 * SIZE), fences[16], early = 0;
	hmm_moved *m = map_small(PAGE);
	struct mirror other;

	pattern(p, 4 * SIZE, 3);
	mirror_open(&other);
	for (size_t i = 0; i < ARRAY_LENGTH(fences); i++) {
		uint32_t own = syncobj_create(other.fd);

		fences[i] = syncobj_share(other.fd, own, mirror.fd);
		igt_assert_eq(migrate_async(other.fd, p, 4 * SIZE, i % 2 ? RAM : VRAM, own, &m[i]),
			      0);
	}
	mirror_close(&other);
	for (size_t i = 0; i < ARRAY_LENGTH(fences); i++) {
		igt_assert_eq(syncobj_wait(mirror.fd, fences[i], 0, 5), 0);
		syncobj_destroy(mirror.fd, fences[i]);
		igt_assert_f((m[i].error == -ENODEV && m[i].done < 4 * SIZE) ||
				     (!m[i].error && m[i].done == 4 * SIZE),
			     "error %d after %llu bytes\n", m[i].error,
			     (unsigned long long)m[i].done);
		early += m[i].error == -ENODEV;
	}
	igt_assert(early);
	igt_assert_eq_u64(wrong(p, 4 * SIZE, 3), 0);
	munmap(m, PAGE);
	munmap(p, 4 * SIZE);
}

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void interrupted(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec every = { { 0, 2000000 }, { 0, 2000000 } };
	uint64_t done = 0, moved = 0, early = 0;
	char *p = map_small(8 * SIZE);
	timer_t timer;
	int ret = 0;

	pattern((uint32_t *)p, 8 * SIZE, 4);
	sigaction(SIGUSR1, &action, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &every, NULL);
	while (done < 8 * SIZE && (!ret || ret == -EINTR)) {
		hmm_moved m = { 0 };

		ret = migrate_once(mirror.fd, p + done, 8 * SIZE - done, VRAM, &m);
		early += ret == -EINTR || (m.error == -EINTR && m.done < 8 * SIZE - done);
		done += ret ? 0 : m.done;
		moved += ret ? 0 : m.moved;
	}
	timer_delete(timer);
	igt_assert(signals && early);
	igt_assert_eq_u64(done, 8 * SIZE);
	igt_assert_lte_u64(7 * PAGES, moved);
	igt_assert_eq_u64(wrong((uint32_t *)p, 8 * SIZE, 4), 0);
	munmap(p, 8 * SIZE);
}

static void svm_bind(void)
{
	uint32_t *p = map_small(SIZE);
	struct drm_nouveau_svm_bind bind = {
		.header = (uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM << NOUVEAU_SVM_BIND_TARGET_SHIFT,
		.va_start = U(p) + 100,
		.va_end = U(p) + SIZE - 100,
	};

	pattern(p, SIZE, 5);
	igt_assert_eq(call(mirror.fd, DRM_IOCTL_NOUVEAU_SVM_BIND, &bind), 0);
	igt_assert_eq_u64(bind.result, PAGES);
	igt_assert_eq_u64(
		pages_with(mirror.fd, p, SIZE, MAPPED | WHERE, MAPPED | DRM_NOUVEAU_HMM_PAGE_VRAM),
		PAGES);
	igt_assert_eq_u64(wrong(p, SIZE, 5), 0);
	munmap(p, SIZE);
}

static void fdinfo(void)
{
	uint32_t *p = map_small(SIZE);
	long long before, after, moved;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", mirror.fd);
	before = value_in(path, "drm-resident-vram");
	moved = value_in(path, "nouveau-hmm-pages-to-vram");
	pattern(p, SIZE, 6);
	igt_assert_eq(migrate(mirror.fd, p, SIZE, VRAM, NULL), 0);
	after = value_in(path, "drm-resident-vram");
	igt_assert(before >= 0);
	igt_assert_eq_u64(after, before + SIZE);
	igt_assert(value_in(path, "drm-total-vram") >= after);
	igt_assert(value_in(path, "nouveau-hmm-mapped-vram") >= (long long)SIZE);
	igt_assert_eq_u64(value_in(path, "nouveau-hmm-pages-to-vram"), moved + PAGES);
	munmap(p, SIZE);
}

/* A buffer object, also in a second file's hands. */
static void fdinfo_buffers(void)
{
	static const struct {
		uint32_t domain;
		const char *name;
	} domains[] = {
		{ NOUVEAU_GEM_DOMAIN_VRAM, "vram" },
		{ NOUVEAU_GEM_DOMAIN_GART, "memory" },
	};
	char path[64], total[32], shared[32];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", mirror.fd);
	for (size_t i = 0; i < ARRAY_LENGTH(domains); i++) {
		struct drm_nouveau_gem_new bo = {
			.info = { .size = MIB, .domain = domains[i].domain }, .align = PAGE,
		};
		struct drm_gem_close close_args = { 0 };
		struct drm_prime_handle prime = { 0 };
		long long before[2];
		int other;

		snprintf(total, sizeof(total), "drm-total-%s", domains[i].name);
		snprintf(shared, sizeof(shared), "drm-shared-%s", domains[i].name);
		before[0] = value_in(path, total);
		before[1] = value_in(path, shared);
		igt_assert_eq(call(mirror.fd, DRM_IOCTL_NOUVEAU_GEM_NEW, &bo), 0);
		igt_assert_eq_u64(value_in(path, total), before[0] + MIB);
		igt_assert_eq_u64(value_in(path, shared), before[1]);

		prime.handle = close_args.handle = bo.info.handle;
		prime.flags = DRM_CLOEXEC;
		igt_assert_eq(call(mirror.fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), 0);
		other = device_open_hmm();
		igt_assert_eq(call(other, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
		igt_assert_eq_u64(value_in(path, total), before[0] + MIB);
		igt_assert_eq_u64(value_in(path, shared), before[1] + MIB);
		close(prime.fd);
		close(other);

		igt_assert_eq(call(mirror.fd, DRM_IOCTL_GEM_CLOSE, &close_args), 0);
		igt_assert_eq_u64(value_in(path, total), before[0]);
		igt_assert_eq_u64(value_in(path, shared), before[1]);
	}
}

/* debugfs has a directory for each minor. */
static FILE *open_debugfs(const char *name, char *path, size_t size)
{
	struct stat st;
	FILE *f;

	igt_assert_eq(fstat(mirror.fd, &st), 0);
	snprintf(path, size, "/sys/kernel/debug/dri/%u/hmm/%s", minor(st.st_rdev), name);
	f = fopen(path, "r");
	igt_require_f(f, "no debugfs\n");
	return f;
}

static void debugfs_counters(void)
{
	uint32_t *p = map_small(SIZE);
	char path[64];
	long long before;

	fclose(open_debugfs("counters", path, sizeof(path)));
	before = value_in(path, "pages-to-vram");
	pattern(p, SIZE, 7);
	igt_assert_eq(migrate(mirror.fd, p, SIZE, VRAM, NULL), 0);
	igt_assert_eq_u64(value_in(path, "pages-to-vram"), before + PAGES);
	igt_assert_eq_u64(value_in(path, "vram-resident"), vram_resident(mirror.fd));
	munmap(p, SIZE);
}

/* Each space has a line; ours is known by its cut-out. */
static void debugfs_spaces(void)
{
	unsigned long start, end, blocks, ram, vram;
	char path[64], fdinfo_path[64], line[256];
	FILE *f = open_debugfs("spaces", path, sizeof(path));
	bool found = false;

	snprintf(fdinfo_path, sizeof(fdinfo_path), "/proc/self/fdinfo/%d", mirror.fd);
	while (!found && fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, ": cut-out");

		found = at &&
			sscanf(at, ": cut-out %lx-%lx blocks %lu ram %lu KiB vram %lu KiB", &start,
			       &end, &blocks, &ram, &vram) == 5 &&
			start == mirror.cutout;
	}
	fclose(f);
	igt_assert(found);
	igt_assert_eq_u64(end, mirror.cutout + CUTOUT);
	igt_assert_eq_u64(blocks, value_in(fdinfo_path, "nouveau-hmm-blocks"));
	igt_assert_eq_u64(ram << 10, value_in(fdinfo_path, "nouveau-hmm-mapped-memory"));
	igt_assert_eq_u64(vram << 10, value_in(fdinfo_path, "nouveau-hmm-mapped-vram"));
}

struct block_line {
	unsigned long start;
	unsigned int ram, vram, writable, huge, big, small;
};

static struct block_line block_of(const void *p)
{
	char path[64], line[256];
	FILE *f = open_debugfs("blocks", path, sizeof(path));
	struct block_line b;
	bool found = false;

	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %lx ram %u vram %u writable %u 2M %u 64K %u 4K %u", &b.start,
			       &b.ram, &b.vram, &b.writable, &b.huge, &b.big, &b.small) == 7 &&
			b.start == (U(p) & ~(HUGE - 1));
	fclose(f);
	igt_assert(found);
	return b;
}

/* One block in VRAM, as one page of the GPU's and then as small ones. */
static void debugfs_blocks(void)
{
	uint32_t *p = map_huge(HUGE);
	struct block_line b;

	pattern(p, HUGE, 8);
	igt_assert_eq(migrate(mirror.fd, p, HUGE, VRAM, NULL), 0);
	b = block_of(p);
	igt_assert_eq(b.ram, 0);
	igt_assert_eq(b.vram, HUGE / PAGE);
	igt_assert_eq(b.writable, HUGE / PAGE);
	igt_assert_eq(b.huge * 512 + b.big * 16 + b.small, HUGE / PAGE);

	/* The last 64 KiB but for a page go to RAM, where MIGRATE maps nothing. */
	igt_assert_eq(migrate(mirror.fd, (char *)p + HUGE - 15 * PAGE, 15 * PAGE, RAM, NULL), 0);
	igt_assert_eq(migrate(mirror.fd, p, HUGE - 15 * PAGE, VRAM, NULL), 0);
	b = block_of(p);
	igt_assert_eq(b.ram, 0);
	igt_assert_eq(b.vram, HUGE / PAGE - 15);
	igt_assert_eq(b.huge, 0);
	igt_assert_eq(b.big * 16 + b.small, b.vram);
	igt_assert_lte(1, b.small);
	munmap(p, HUGE);
}

/* It may begin and end within 2 MiB: what lies in front of it and behind is mirrored as ever. */
static void cutout_edges(void)
{
	const size_t edge = 5 * PAGE;
	char *all = map_low(8 * HUGE, PROT_NONE), *front = all + HUGE, *back = all + 6 * HUGE + edge;
	struct drm_nouveau_svm_init init = {
		.unmanaged_addr = U(front) + edge,
		.unmanaged_size = U(back) - U(front) - edge,
	};
	char *at[] = { front, back };
	int fd = device_open();
	hmm_moved m;

	igt_assert_eq(call(fd, DRM_IOCTL_NOUVEAU_SVM_INIT, &init), 0);
	for (int i = 0; i < 2; i++) {
		igt_assert_eq(mprotect(at[i], edge, PROT_READ | PROT_WRITE), 0);
		pattern((uint32_t *)at[i], edge, 3);
		igt_assert_eq(migrate(fd, at[i], edge, VRAM, &m), 0);
		igt_assert_eq_u64(m.moved, edge / PAGE);
		igt_assert_eq_u64(pages_with(fd, at[i], edge, MAPPED | WRITABLE, MAPPED | WRITABLE),
				  edge / PAGE);
		igt_assert_eq_u64(wrong((uint32_t *)at[i], edge, 3), 0);
	}
	igt_assert_eq(migrate(fd, front, edge + PAGE, VRAM, &m), -EINVAL);
	igt_assert_eq(migrate(fd, back - PAGE, 2 * PAGE, VRAM, &m), -EINVAL);
	close(fd);
	munmap(all, 8 * HUGE);
}

static void no_faults(void)
{
	hmm_faults args = { .faults = U(faults), .count = 4 };

	igt_assert_eq(call(mirror.fd, DRM_IOCTL_NOUVEAU_HMM_FAULTS, &args), 0);
	igt_assert_eq(args.count, 0);
	igt_assert_eq_u64(args.lost, 0);
}

static const struct {
	const char *name, *description;
	void (*run)(void);
} uses[] = {
	{ "info", "INFO describes driver, device and file.", info },
	{ "migrate-untouched",
	  "Memory that was never touched becomes zeros in VRAM, without a copy.", untouched },
	{ "migrate-mixed", "What cannot be moved is counted; what lies around is moved.", mixed },
	{ "migrate-nothing", "A range of 32 TiB with nothing in it takes no time.", all_of_it },
	{ "migrate-async", "An asynchronous migration tells its result and signals its fence.",
	  async },
	{ "migrate-async-unmapped", "Its fence comes when range and result are gone.",
	  async_unmapped },
	{ "migrate-async-closed", "Its fence comes when the file is gone.", async_closed },
	{ "migrate-interrupted", "A signal ends a migration early, which says how far it came.",
	  interrupted },
	{ "svm-bind", "Upstream's SVM_BIND works, and says what it moved.", svm_bind },
	{ "fdinfo", "fdinfo accounts what was moved.", fdinfo },
	{ "fdinfo-buffers", "It accounts buffer objects, and those that two files have.",
	  fdinfo_buffers },
	{ "debugfs-counters", "debugfs counts what was moved.", debugfs_counters },
	{ "debugfs-spaces", "debugfs and fdinfo tell the same of a space.", debugfs_spaces },
	{ "debugfs-blocks", "debugfs tells how a block is mapped, whole and in parts.",
	  debugfs_blocks },

	{ "cutout-edges", "A cut-out that is not of whole 2 MiB hides only itself.",
	  cutout_edges },
	{ "faults-none", "FAULTS says so when there were none.", no_faults },
	{ "file-not-mirrored", "Without SVM_INIT all but INFO fail with ENODEV.", not_mirrored },
	{ "file-inherited", "A child of fork() cannot use the file.", inherited },
};

/* ---- over exec() ---- */

static void over_exec(void)
{
	igt_fork(child, 1) {
		struct mirror m;
		char number[16];

		mirror_open(&m);
		fcntl(m.fd, F_SETFD, 0);
		snprintf(number, sizeof(number), "%d", m.fd);
		setenv("NOUVEAU_HMM_KEPT", number, 1);
		/* What that program says is not for igt_runner. */
		unsetenv("IGT_RUNNER_SOCKET_FD");
		execl("/proc/self/exe", "nouveau_hmm_uapi", "--run-subtest", "file-kept-over-exec",
		      NULL);
		igt_assert(false);
	}
	igt_waitchildren();
}

static void kept_over_exec(void)
{
	const char *kept = getenv("NOUVEAU_HMM_KEPT");

	if (!kept)
		over_exec();
	else
		all_refused(atoi(kept), -EPERM, DRM_NOUVEAU_HMM_STATE_MIRRORED);
}

static void prepare(void)
{
	close(device_open_hmm());
	data = map_small(DATA_BYTES);
	pages = map_small(MIB);
	faults = map_small(PAGE);
	ring = map_small(PAGE);
	pattern(data, DATA_BYTES, 1);
	mirror_open(&mirror);
	set_bases();
	set_places();
	channel = new_channel();
	victim = new_channel();
}

int igt_main()
{
	igt_fixture()
		prepare();

	for (enum ioctl_id id = INFO; id < OWN; id++) {
		igt_describe("Other directions are refused, shorter structures too, and longer ones if "
			     "what the kernel does not know is not zero.");
		igt_subtest_with_dynamic_f("%s-numbers", ioctls[id].name)
			for (size_t n = 0; n < ARRAY_LENGTH(numbers); n++)
				igt_dynamic(numbers[n].name)
					number(id, n);

		igt_describe("Without a structure the call fails with EFAULT.");
		igt_subtest_f("%s-null", ioctls[id].name)
			igt_assert_eq(call(mirror.fd, ioctls[id].request, NULL), -EFAULT);
	}

	for (enum ioctl_id id = INFO; id < ARRAY_LENGTH(ioctls); id++) {
		igt_describe("Each wrong value of each field is refused with the errno that the "
			     "header says.");
		igt_subtest_with_dynamic_f("%s-fields", ioctls[id].name) {
			for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
				if (fields[i].id == id)
					igt_dynamic(fields[i].name)
						field(&fields[i]);
			igt_dynamic("nothing-moved")
				nothing_moved();
		}
	}

	igt_describe("Each range that a job cannot have is refused.");
	igt_subtest_with_dynamic("channel-submit-ranges") {
		for (size_t i = 0; i < ARRAY_LENGTH(range_cases); i++)
			igt_dynamic(range_cases[i].name)
				bad_range(&range_cases[i]);
		igt_dynamic("no-job")
			channel_lives();
	}

	igt_describe("Each syncobj that a job cannot have is refused, before it and after it.");
	igt_subtest_with_dynamic("channel-submit-syncs") {
		for (size_t i = 0; i < 2 * ARRAY_LENGTH(sync_cases); i++)
			igt_dynamic_f("%s-%s", i % 2 ? "out" : "in", sync_cases[i / 2].name)
				bad_sync(&sync_cases[i / 2], i % 2);
		igt_dynamic("no-job")
			channel_lives();
	}

	igt_describe("Only an eventfd is taken for one, and a channel that is refused does not ring it.");
	igt_subtest("channel-create-eventfd") {
		bad_eventfd(-1);
		bad_eventfd(mirror.fd);
		eventfd_not_rung();
	}

	igt_describe("Each wrong syncobj and place for the result of an asynchronous migration is "
		     "refused.");
	igt_subtest_with_dynamic("migrate-async-fields") {
		for (size_t i = 0; i < ARRAY_LENGTH(async_cases); i++)
			igt_dynamic(async_cases[i].name)
				bad_async(&async_cases[i]);
		igt_dynamic("nothing-moved")
			nothing_moved();
	}

	for (int huge = 0; huge < 2; huge++) {
		igt_describe(
			"Pages go to VRAM and come back, and everything that tells of it agrees.");
		igt_subtest_f("migrate-%s", huge ? "huge" : "small")
			there_and_back(huge);
	}

	for (size_t i = 0; i < ARRAY_LENGTH(uses); i++) {
		igt_describe(uses[i].description);
		igt_subtest(uses[i].name)
			uses[i].run();
	}

	igt_describe("A file that was passed through a socket cannot be used by its receiver.");
	igt_subtest("file-passed")
		passed(false);

	igt_describe("Nor can it when the process that it mirrors is dead.");
	igt_subtest("file-of-the-dead")
		passed(true);

	igt_describe("A file that was kept over exec() cannot be used.");
	igt_subtest("file-kept-over-exec")
		kept_over_exec();
}
