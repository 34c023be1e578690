// SPDX-License-Identifier: MIT
/*
 * Every ioctl of nouveau_hmm_drm.h with every kind of bad input: the errno that the header says,
 * and nothing has changed.
 *
 *	ioctl-bad                    one mistake at a time
 *	ioctl-bad random N [SEED]    N calls with random words; the seed is printed
 */
#include "ioctl.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INFO DRM_IOCTL_NOUVEAU_HMM_INFO
#define MIGRATE DRM_IOCTL_NOUVEAU_HMM_MIGRATE
#define RESIDENCY DRM_IOCTL_NOUVEAU_HMM_RESIDENCY
#define FAULTS DRM_IOCTL_NOUVEAU_HMM_FAULTS
#define CREATE DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE
#define DESTROY DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY
#define SUBMIT DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT
#define STATUS DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS
#define BIND DRM_IOCTL_NOUVEAU_SVM_BIND

/* The same number for a structure of another size, or of another direction. */
#define SIZED(request, size) (((request) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT)) | (unsigned long)(size) << _IOC_SIZESHIFT)
#define DIRECTED(request, dir) (((request) & ~(_IOC_DIRMASK << _IOC_DIRSHIFT)) | (unsigned long)(dir) << _IOC_DIRSHIFT)

static const struct {
	const char *name;
	unsigned long request;
} all[] = {
	{ "INFO", INFO }, { "MIGRATE", MIGRATE }, { "RESIDENCY", RESIDENCY }, { "FAULTS", FAULTS },
	{ "CHANNEL_CREATE", CREATE }, { "CHANNEL_DESTROY", DESTROY }, { "CHANNEL_SUBMIT", SUBMIT },
	{ "CHANNEL_STATUS", STATUS },
};

#define ALL (sizeof(all) / sizeof(all[0]))

static int mirror;
static uint32_t *data;
static uint8_t *pages;
static struct drm_nouveau_hmm_fault *faults;
static struct drm_nouveau_svm_init cutout;
static void *ring;
static uint32_t channel, victim;	/* one that stays, one to destroy */

/* Right arguments of each, to be spoiled. Returns the size. */
static size_t right(unsigned long request, void *arg)
{
	switch (request) {
	case INFO:
		*(hmm_info *)arg = (hmm_info) {};
		return sizeof(hmm_info);
	case MIGRATE:
		*(hmm_migrate *)arg = (hmm_migrate) {
			.start = U(data), .length = MIB, .target = DRM_NOUVEAU_HMM_TARGET_VRAM,
		};
		return sizeof(hmm_migrate);
	case RESIDENCY:
		*(hmm_residency *)arg = (hmm_residency) {
			.start = U(data), .length = MIB, .pages = U(pages),
		};
		return sizeof(hmm_residency);
	case FAULTS:
		*(hmm_faults *)arg = (hmm_faults) { .faults = U(faults), .count = 4 };
		return sizeof(hmm_faults);
	case CREATE:
		*(hmm_create *)arg = (hmm_create) {
			.ring = U(ring), .ring_entries = 16, .engine = DRM_NOUVEAU_HMM_ENGINE_COPY,
		};
		return sizeof(hmm_create);
	case DESTROY:
		*(hmm_destroy *)arg = (hmm_destroy) { .channel = victim };
		return sizeof(hmm_destroy);
	case SUBMIT:
		*(hmm_submit *)arg = (hmm_submit) { .channel = channel };
		return sizeof(hmm_submit);
	case STATUS:
		*(hmm_status *)arg = (hmm_status) { .channel = channel };
		return sizeof(hmm_status);
	default:
		*(struct drm_nouveau_svm_bind *)arg = (struct drm_nouveau_svm_bind) {
			.header = (uint64_t)NOUVEAU_SVM_BIND_TARGET__GPU_VRAM << NOUVEAU_SVM_BIND_TARGET_SHIFT,
			.va_start = U(data), .va_end = U(data) + MIB,
		};
		return sizeof(struct drm_nouveau_svm_bind);
	}
}

static uint32_t new_channel(void)
{
	hmm_create args;
	int ret;

	right(CREATE, &args);
	ret = call(mirror, CREATE, &args);
	ok(ret == 0, "a channel (%d)", ret);
	return args.channel;
}

static void fails(int fd, unsigned long request, void *arg, int error, const char *what)
{
	size_t size = _IOC_SIZE(request);
	char before[4096];
	int ret;

	memcpy(before, arg, size);
	ret = call(fd, request, arg);
	ok(ret == error && !memcmp(before, arg, size), "%s: %s (%s)", what, strerror(-error),
	   ret ? strerror(-ret) : "it succeeded");
}

/* One field of right arguments set to a wrong value. */
#define WRONG(request, type, field, value, error) do { \
	type arg_; \
	right(request, &arg_); \
	arg_.field = (value); \
	fails(mirror, request, &arg_, error, #request "." #field " = " #value); \
} while (0)

static void sizes(void)
{
	for (size_t i = 0; i < ALL; i++) {
		static union { uint64_t align; char bytes[1024]; } arg;
		unsigned long request = all[i].request;
		char what[64];
		size_t size;

		memset(&arg, 0, sizeof(arg));
		size = right(request, &arg);
		snprintf(what, sizeof(what), "%s, 8 bytes too short", all[i].name);
		fails(mirror, SIZED(request, size - 8), &arg, -EINVAL, what);
		snprintf(what, sizeof(what), "%s of 0 bytes", all[i].name);
		fails(mirror, SIZED(request, 0), &arg, -EINVAL, what);
		snprintf(what, sizeof(what), "%s, write-only", all[i].name);
		fails(mirror, DIRECTED(request, _IOC_WRITE), &arg, -EINVAL, what);
		snprintf(what, sizeof(what), "%s, read-only", all[i].name);
		fails(mirror, DIRECTED(request, _IOC_READ), &arg, -EINVAL, what);

		arg.bytes[size + 15] = 1;
		snprintf(what, sizeof(what), "%s, 16 bytes too long and the last is not zero", all[i].name);
		fails(mirror, SIZED(request, size + 16), &arg, -E2BIG, what);
		arg.bytes[size + 15] = 0;
		snprintf(what, sizeof(what), "%s without a structure", all[i].name);
		ok(call(mirror, request, NULL) == -EFAULT, "%s: %s", what, strerror(EFAULT));
		/* Not MIGRATE: it shall move nothing here. */
		if (request != MIGRATE)
			ok(call(mirror, SIZED(request, size + 16), &arg) == 0,
			   "%s, too long and zero behind: works", all[i].name);
	}
}

static void fields(void)
{
	uint64_t top = 0x800000000000ull;

	WRONG(INFO, hmm_info, flags, 1, -EINVAL);

	WRONG(MIGRATE, hmm_migrate, start, U(data) + 1, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, start, U(data) + 2048, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, start, top, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, start, top - PAGE, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, start, -PAGE, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, start, cutout.unmanaged_addr, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, start, cutout.unmanaged_addr - PAGE, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, start, cutout.unmanaged_addr + CUTOUT - PAGE, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, length, 0, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, length, 100, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, length, PAGE - 1, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, length, -PAGE, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, length, top, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, target, 2, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, target, ~0u, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, flags, 2, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, flags, ~0u, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, reserved, 1, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, syncobj, 1, -EINVAL);
	WRONG(MIGRATE, hmm_migrate, result, U(pages), -EINVAL);

	WRONG(RESIDENCY, hmm_residency, start, U(data) + 1, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, start, top, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, start, -PAGE, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, length, 0, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, length, 4095, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, length, -PAGE, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, length, top, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, flags, 1, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, reserved, 1u << 31, -EINVAL);
	WRONG(RESIDENCY, hmm_residency, pages, 0, -EFAULT);
	WRONG(RESIDENCY, hmm_residency, pages, top, -EFAULT);
	WRONG(RESIDENCY, hmm_residency, pages, cutout.unmanaged_addr, -EFAULT);

	WRONG(FAULTS, hmm_faults, flags, 1, -EINVAL);
	WRONG(FAULTS, hmm_faults, count, 0, -EINVAL);
	WRONG(FAULTS, hmm_faults, faults, 0, -EFAULT);
	WRONG(FAULTS, hmm_faults, faults, U(faults) + 4, -EINVAL);
	WRONG(FAULTS, hmm_faults, faults, top, -EFAULT);
	WRONG(FAULTS, hmm_faults, faults, cutout.unmanaged_addr, -EFAULT);

	WRONG(BIND, struct drm_nouveau_svm_bind, header, 1, -EINVAL);
	WRONG(BIND, struct drm_nouveau_svm_bind, header, 0, -EINVAL);
	WRONG(BIND, struct drm_nouveau_svm_bind, header, ~0ull, -EINVAL);
	WRONG(BIND, struct drm_nouveau_svm_bind, va_end, U(data), -EINVAL);
	WRONG(BIND, struct drm_nouveau_svm_bind, stride, 1, -EINVAL);
	WRONG(BIND, struct drm_nouveau_svm_bind, reserved0, 1, -EINVAL);
	WRONG(BIND, struct drm_nouveau_svm_bind, reserved1, 1, -EINVAL);
}

static void channel_fields(void)
{
	uint64_t top = 0x800000000000ull;
	void *read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	WRONG(CREATE, hmm_create, ring, U(ring) + 8, -EINVAL);
	WRONG(CREATE, hmm_create, ring, 0, -EFAULT);
	WRONG(CREATE, hmm_create, ring, top, -EFAULT);
	WRONG(CREATE, hmm_create, ring, cutout.unmanaged_addr, -EFAULT);
	WRONG(CREATE, hmm_create, ring, U(read_only), -EFAULT);
	WRONG(CREATE, hmm_create, ring_entries, 0, -EINVAL);
	WRONG(CREATE, hmm_create, ring_entries, 8, -EINVAL);
	WRONG(CREATE, hmm_create, ring_entries, 17, -EINVAL);
	WRONG(CREATE, hmm_create, ring_entries, 65536, -EINVAL);
	WRONG(CREATE, hmm_create, ring_entries, ~0u, -EINVAL);
	WRONG(CREATE, hmm_create, engine, 2, -EINVAL);
	WRONG(CREATE, hmm_create, flags, 2, -EINVAL);
	WRONG(CREATE, hmm_create, flags, ~0u, -EINVAL);

	WRONG(DESTROY, hmm_destroy, channel, 0, -ENOENT);
	WRONG(DESTROY, hmm_destroy, channel, 999, -ENOENT);
	WRONG(DESTROY, hmm_destroy, reserved, 1, -EINVAL);

	WRONG(SUBMIT, hmm_submit, channel, 0, -ENOENT);
	WRONG(SUBMIT, hmm_submit, channel, ~0u, -ENOENT);
	WRONG(SUBMIT, hmm_submit, flags, 1, -EINVAL);
	WRONG(SUBMIT, hmm_submit, reserved, 1, -EINVAL);
	WRONG(SUBMIT, hmm_submit, nr_ranges, 257, -EINVAL);
	WRONG(SUBMIT, hmm_submit, nr_ranges, 1, -EFAULT);
	WRONG(SUBMIT, hmm_submit, nr_in, 17, -EINVAL);
	WRONG(SUBMIT, hmm_submit, nr_in, 1, -EFAULT);
	WRONG(SUBMIT, hmm_submit, nr_out, ~0u, -EINVAL);
	WRONG(SUBMIT, hmm_submit, nr_out, 1, -EFAULT);
	WRONG(SUBMIT, hmm_submit, ranges, U(pages) + 4, -EINVAL);
	WRONG(SUBMIT, hmm_submit, in, U(pages) + 4, -EINVAL);
	WRONG(SUBMIT, hmm_submit, out, U(pages) + 4, -EINVAL);

	WRONG(STATUS, hmm_status, channel, 0, -ENOENT);
	WRONG(STATUS, hmm_status, channel, 999, -ENOENT);
	WRONG(STATUS, hmm_status, flags, 1, -EINVAL);
}

static void bad_range(uint64_t addr, uint64_t length, uint32_t flags, int error, const char *what)
{
	struct drm_nouveau_hmm_range range = { .addr = addr, .length = length, .flags = flags };
	hmm_submit args;

	right(SUBMIT, &args);
	args.ranges = U(&range);
	args.nr_ranges = 1;
	fails(mirror, SUBMIT, &args, error, what);
}

static void bad_sync(uint32_t handle, uint32_t reserved, int error, const char *what)
{
	struct drm_nouveau_hmm_sync sync = { .handle = handle, .reserved = reserved };
	hmm_submit args;

	right(SUBMIT, &args);
	args.in = U(&sync);
	args.nr_in = 1;
	fails(mirror, SUBMIT, &args, error, what);
	right(SUBMIT, &args);
	args.out = U(&sync);
	args.nr_out = 1;
	fails(mirror, SUBMIT, &args, error, what);
}

static void submissions(void)
{
	const uint32_t push = DRM_NOUVEAU_HMM_RANGE_PUSH, write = DRM_NOUVEAU_HMM_RANGE_WRITE;
	void *read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t top = 0x7ffffffff000ull, huge = U(map_huge(2 * HUGE)) + HUGE;
	hmm_create create;
	hmm_status status;

	bad_range(U(data), 0, 0, -EINVAL, "a range of no bytes");
	bad_range(U(data), 4, 4, -EINVAL, "an unknown flag of a range");
	bad_range(U(data) + 2, 4, push, -EINVAL, "commands at an odd address");
	bad_range(U(data), 6, push, -EINVAL, "commands of an odd length");
	bad_range(U(data), DRM_NOUVEAU_HMM_PUSH_MAX + 4, push, -EINVAL, "too many commands");
	bad_range(huge - 8, 16, push, -EINVAL, "commands above 2^40 across 2 MiB");
	bad_range(top, 4, 0, -EINVAL, "a range behind the address space");
	bad_range(top - 4, 8, 0, -EINVAL, "a range that ends there");
	bad_range(U(data), ~0ull, 0, -EINVAL, "a range that wraps around");
	bad_range(cutout.unmanaged_addr, 4, push, -EINVAL, "commands in the cut-out");
	bad_range(cutout.unmanaged_addr - 4, 8, 0, -EINVAL, "a range that touches the cut-out");
	bad_range(U(none), 4, 0, -EFAULT, "a range without access");
	bad_range(U(none), 4, push, -EFAULT, "commands without access");
	bad_range(U(read_only), 4, write, -EFAULT, "a range that cannot be written");
	bad_range(64, 4, 0, -EFAULT, "a range where nothing is");
	bad_sync(0, 0, -ENOENT, "no syncobj 0");
	bad_sync(777, 0, -ENOENT, "no such syncobj");
	bad_sync(1, 1, -EINVAL, "a reserved field of a syncobj");

	right(CREATE, &create);
	create.flags = DRM_NOUVEAU_HMM_CHANNEL_EVENTFD;
	create.eventfd = -1;
	fails(mirror, CREATE, &create, -EBADF, "CHANNEL_CREATE, no eventfd");
	create.eventfd = mirror;
	fails(mirror, CREATE, &create, -EBADF, "CHANNEL_CREATE, a file that is no eventfd");

	right(STATUS, &status);
	ok(call(mirror, STATUS, &status) == 0 && status.submitted == 1 && !status.stopped,
	   "no job came of it, and the channel lives");
}

static void async_fields(void)
{
	hmm_migrate args;

	right(MIGRATE, &args);
	args.flags = DRM_NOUVEAU_HMM_MIGRATE_ASYNC;
	args.syncobj = 12345;
	fails(mirror, MIGRATE, &args, -ENOENT, "MIGRATE, asynchronous, no such syncobj");
	args.syncobj = 0;
	args.result = U(pages) + 4;
	fails(mirror, MIGRATE, &args, -EINVAL, "MIGRATE, asynchronous, result at an odd address");
	args.result = cutout.unmanaged_addr;
	fails(mirror, MIGRATE, &args, -EFAULT, "MIGRATE, asynchronous, result where nothing is");
	args.result = 0x800000000000ull;
	fails(mirror, MIGRATE, &args, -EFAULT, "MIGRATE, asynchronous, result behind the address space");
}

/* All but INFO fail with this errno. */
static void all_fail(int fd, int error, const char *who)
{
	char arg[256], what[64];

	for (size_t i = 1; i < ALL; i++) {
		right(all[i].request, arg);
		snprintf(what, sizeof(what), "%s, %s", all[i].name, who);
		fails(fd, all[i].request, arg, error, what);
	}
	right(BIND, arg);
	snprintf(what, sizeof(what), "SVM_BIND, %s", who);
	fails(fd, BIND, arg, error == -ENODEV ? -EINVAL : error, what);
}

static void state_is(int fd, uint32_t state, const char *who)
{
	hmm_info info = {};
	int ret = call(fd, INFO, &info);

	ok(ret == 0 && info.state == state, "INFO, %s: works, and says so (state %#x)", who, info.state);
}

static void others(void)
{
	int plain = open_file(), pair[2], fd = -1;
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = (struct cmsghdr *)control;
	int status;

	all_fail(plain, -ENODEV, "no SVM_INIT");
	state_is(plain, 0, "no SVM_INIT");
	close(plain);

	fflush(stdout);
	if (fork() == 0) {
		all_fail(mirror, -EPERM, "inherited over fork()");
		state_is(mirror, DRM_NOUVEAU_HMM_STATE_MIRRORED, "inherited over fork()");
		test_end();
	}
	wait(&status);
	ok(status == 0, "the child of fork() came to its end");

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	if (fork() == 0) {
		*c = (struct cmsghdr) { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		*(int *)CMSG_DATA(c) = open_mirror(NULL);
		_exit(sendmsg(pair[0], &msg, 0) != 1);
	}
	wait(&status);
	if (recvmsg(pair[1], &msg, 0) == 1)
		fd = *(int *)CMSG_DATA(c);
	ok(status == 0 && fd >= 0, "a file comes from a process that is dead now");
	all_fail(fd, -EPERM, "the mirrored process is dead");
	state_is(fd, DRM_NOUVEAU_HMM_STATE_MIRRORED, "the mirrored process is dead");
	close(fd);
}

static void over_exec(char *self)
{
	char number[16];
	int status;

	fcntl(mirror, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", mirror);
	fflush(stdout);
	if (fork() == 0) {
		int fd = open_mirror(NULL);

		fcntl(fd, F_SETFD, 0);
		snprintf(number, sizeof(number), "%d", fd);
		execl(self, self, "kept", number, NULL);
		_exit(1);
	}
	wait(&status);
	ok(status == 0, "the program that was executed came to its end");
}

static void bits(void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = (uint8_t)(random() >> 8);
}

/* Right arguments with some words of nonsense, which are sometimes close to sense. */
static void spoil(uint64_t *words, size_t n)
{
	static const uint64_t close_to[] = { 0, 1, 4096, ~0ull, 0x7ffffffff000ull, 0x800000000000ull, 1ull << 63, 0xffffffffull };

	for (long i = random() % 4; i > 0; i--) {
		uint64_t *w = &words[(size_t)random() % n];

		switch (random() % 4) {
		case 0:
			bits(w, sizeof(*w));
			break;
		case 1:
			*w = close_to[random() % 8];
			break;
		case 2:
			*w ^= 1ull << random() % 64;
			break;
		default:
			*w += (uint64_t)(random() % 64) * PAGE;
		}
	}
}

/*
 * The kernel writes where the words point to: that must not be our own code, stack or data. What
 * counts is that it ends, that the data stays what it was, and that the kernel has nothing to say.
 */
static void random_words(unsigned long calls, unsigned int seed)
{
	unsigned long good = 0;
	uint64_t words[32];

	note("seed %u", seed);
	srandom(seed);
	for (unsigned long n = 0; n < calls; n++) {
		unsigned long request = all[random() % (long)ALL].request;
		size_t size = right(request, words);

		memset((char *)words + size, 0, sizeof(words) - size);
		spoil(words, size / 8);
		if (request == RESIDENCY && words[1] > 64 * MIB)
			words[1] &= 64 * MIB - 1;
		if (request == RESIDENCY)
			words[2] = random() % 2 ? U(pages) : cutout.unmanaged_addr;
		/* Freed numbers come again: a job may be for a channel with a ring of nonsense. */
		if (request == CREATE && words[0] != U(ring))
			words[0] = random() % 2 ? U(pages) + words[0] % (MIB / 2) : cutout.unmanaged_addr;
		if (request == SUBMIT)
			words[0] = random() % 2 ? channel : words[0];
		if (request == FAULTS)
			words[0] = random() % 2 ? U(faults) : cutout.unmanaged_addr;
		if (request == MIGRATE && words[4])
			words[4] = U(pages) + (words[4] & 0xfff);
		if (random() % 8 == 0)
			request = SIZED(request, (size + (size_t)random() % 40) & 0x3fff);
		good += call(mirror, request, words) == 0;
	}
	ok(good > 0, "%lu calls with random words, of which %lu succeeded", calls, good);
}

int main(int argc, char **argv)
{
	test_start(120);
	data = map_small(4 * MIB);
	pages = map_pages(MIB);
	faults = map_pages(PAGE);

	if (argc > 2 && !strcmp(argv[1], "kept")) {
		all_fail(atoi(argv[2]), -EPERM, "kept over exec()");
		test_end();
	}

	pattern(data, 4 * MIB, 1);
	mirror = open_mirror(&cutout);
	ring = map_pages(PAGE);
	channel = new_channel();
	victim = new_channel();
	if (argc > 2 && !strcmp(argv[1], "random")) {
		random_words(strtoul(argv[2], NULL, 0),
			     (unsigned int)(argc > 3 ? strtoul(argv[3], NULL, 0) : (unsigned long)time(NULL)));
		close(mirror);
		ok(wrong(data, 4 * MIB, 1) == 0, "and the memory is what it was");
		test_end();
	}

	sizes();
	fields();
	async_fields();
	channel_fields();
	submissions();
	others();
	over_exec(argv[0]);
	ok(in_vram(mirror, data, 4 * MIB) == 0, "not a page has moved");
	ok(wrong(data, 4 * MIB, 1) == 0, "the memory is what it was");
	test_end();
}
