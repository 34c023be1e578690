// SPDX-License-Identifier: MIT
/* fake.c - see fake.h. */
#include "fake.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <drm/drm.h>

#include "methods.h"

int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);

struct fake fake;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.driver = "nouveau";
	fake.version = DRM_NOUVEAU_HMM_VERSION;
	fake.features = 0x1f;
}

void fake_forget(void)
{
	fake.nr_methods = 0;
}

unsigned int fake_count(unsigned int subchannel, uint32_t method)
{
	unsigned int i, n = 0;

	for (i = 0; i < fake.nr_methods; i++)
		n += fake.m[i].subchannel == subchannel && fake.m[i].method == method;
	return n;
}

uint32_t fake_once(unsigned int subchannel, uint32_t method)
{
	assert_int_equal(fake_count(subchannel, method), 1);
	return fake.state[subchannel][method / 4];
}

bool fake_named(uint64_t addr, uint64_t bytes, bool write)
{
	uint32_t i;

	for (i = 0; i < fake.nr_ranges; i++) {
		const struct drm_nouveau_hmm_range *r = &fake.ranges[i];

		if (addr >= r->addr && addr + bytes <= r->addr + r->length &&
		    (!write || r->flags & DRM_NOUVEAU_HMM_RANGE_WRITE))
			return true;
	}
	return false;
}

/* ---- the GPU ---- */

static void *touch(uint64_t addr, uint64_t bytes, bool write)
{
	if (fake_named(addr, bytes, write))
		return (void *)(uintptr_t)addr;
	fake.refused++;
	return NULL;
}

static uint64_t pair(unsigned int subchannel, uint32_t method)
{
	return (uint64_t)fake.state[subchannel][method / 4] << 32 |
	       fake.state[subchannel][method / 4 + 1];
}

static void host(uint32_t method, uint32_t data)
{
	uint64_t addr = pair(0, HOST_SEMAPHORE_A);
	uint32_t *word;

	if (method != HOST_SEMAPHORE_D)
		return;
	assert_int_equal(data, SEMAPHORE_RELEASE | SEMAPHORE_RELEASE_4);
	assert_true(addr < LOW_LIMIT);
	word = touch(addr, 4, true);
	if (word)
		__atomic_store_n(word, fake.state[0][HOST_SEMAPHORE_C / 4], __ATOMIC_RELEASE);
}

static void copy(uint32_t launch)
{
	uint64_t n = fake.state[4][CE_LINE_LENGTH_IN / 4], i;
	unsigned int unit = (fake.state[4][(CE_REMAP_CONST_A + 8) / 4] >> 16 & 3) + 1;
	void *src, *dst;

	n *= launch & CE_LAUNCH_REMAP ? unit : 1;
	dst = touch(pair(4, CE_OFFSET_OUT_UPPER), n, true);
	assert_int_equal(fake.state[4][CE_LINE_LENGTH_IN / 4 + 1], 1);
	if (launch & CE_LAUNCH_REMAP) {
		for (i = 0; dst && i < n; i += unit)
			memcpy((char *)dst + i, &fake.state[4][CE_REMAP_CONST_A / 4], unit);
		return;
	}
	src = touch(pair(4, CE_OFFSET_IN_UPPER), n, false);
	if (src && dst)
		memcpy(dst, src, n);
}

static void inline_word(uint32_t data, uint64_t *at)
{
	uint32_t *to = touch(*at, 4, true);

	if (to)
		*to = data;
	*at += 4;
}

static void compute(uint32_t method, uint32_t data)
{
	static uint64_t at;

	if (method == CP_LAUNCH_DMA)
		at = pair(1, CP_LINE_LENGTH_IN + 8);
	if (method == CP_LAUNCH_DMA + 4)
		inline_word(data, &at);
	if (method != CP_SEND_SIGNALING_PCAS_B)
		return;
	fake.qmd = (uint64_t)fake.state[1][CP_SEND_PCAS_A / 4] << 8;
	fake.grids += touch(fake.qmd, 256, true) != NULL;
}

static void method(unsigned int subchannel, uint32_t mthd, uint32_t data)
{
	assert_true(fake.nr_methods < FAKE_METHODS);
	fake.m[fake.nr_methods++] = (struct fake_method){ subchannel, mthd, data };
	fake.state[subchannel][mthd / 4] = data;
	if (mthd && mthd < 0x100)
		host(mthd, data);
	else if (subchannel == 1)
		compute(mthd, data);
	else if (subchannel == 4 && mthd == CE_LAUNCH_DMA)
		copy(data);
}

/* Headers as clc06f.h has them, decoded without the library's macros. */
static void execute(const uint32_t *w, uint64_t words)
{
	uint64_t i = 0;
	uint32_t n, mthd, count, kind;
	unsigned int subchannel;

	while (i < words) {
		kind = w[i] >> 29;
		count = w[i] >> 16 & 0x1fff;
		subchannel = w[i] >> 13 & 7;
		mthd = (w[i] & 0xfff) * 4;
		i++;
		if (kind == 4) {
			method(subchannel, mthd, count);
			continue;
		}
		assert_true(kind == 1 || kind == 3 || kind == 5);
		assert_true(i + count <= words);
		for (n = 0; n < count; n++, i++) {
			method(subchannel, mthd, w[i]);
			mthd += kind == 1 || (kind == 5 && !n) ? 4 : 0;
		}
	}
}

/* ---- the driver ---- */

static int submit(struct drm_nouveau_hmm_channel_submit *s)
{
	uint32_t i;

	if (fake.submit_error)
		return fake.submit_error;
	if (s->nr_ranges > DRM_NOUVEAU_HMM_RANGES)
		return EINVAL;
	if (fake.forget)
		fake_forget();
	fake.submits++;
	fake.nr_ranges = s->nr_ranges;
	fake.nr_in = s->nr_in;
	fake.nr_out = s->nr_out;
	if (s->nr_ranges)
		memcpy(fake.ranges, (void *)(uintptr_t)s->ranges,
		       s->nr_ranges * sizeof(fake.ranges[0]));
	for (i = 0; i < fake.nr_ranges; i++) {
		const struct drm_nouveau_hmm_range *r = &fake.ranges[i];

		if (!r->length || r->reserved || r->flags & ~3u)
			return EINVAL;
		if (r->addr < fake.cutout + fake.cutout_bytes && r->addr + r->length > fake.cutout)
			return EINVAL;
		if (r->flags & DRM_NOUVEAU_HMM_RANGE_PUSH)
			execute((uint32_t *)(uintptr_t)r->addr, r->length / 4);
	}
	s->job = ++fake.job;
	return 0;
}

static int get_version(struct drm_version *v)
{
	size_t n = strlen(fake.driver);

	memcpy(v->name, fake.driver, n < v->name_len ? n : v->name_len);
	v->name_len = n;
	return 0;
}

static int get_info(struct drm_nouveau_hmm_info *i)
{
	if (!fake.version)
		return EINVAL;
	i->version = fake.version;
	i->features = fake.features;
	i->vram_size = 256u << 20;
	i->cutout_start = fake.cutout;
	i->cutout_size = fake.cutout_bytes;
	return 0;
}

static int svm_init(const uint64_t *v)
{
	fake.svm_inits++;
	fake.cutout = v[0];
	fake.cutout_bytes = v[1];
	return 0;
}

static int create(struct drm_nouveau_hmm_channel_create *c)
{
	fake.create = *c;
	c->channel = ++fake.creates;
	c->oclass = c->engine ? FAKE_CLASS_COPY : FAKE_CLASS_COMPUTE;
	return 0;
}

static int status(struct drm_nouveau_hmm_channel_status *s)
{
	s->submitted = s->done = fake.job;
	s->stopped = fake.stopped;
	s->error = fake.stopped ? -EFAULT : 0;
	return 0;
}

static int getparam(uint64_t *v)
{
	v[1] = v[0] == 11 ? 0x134 : v[0] == 13 ? FAKE_SMS << 8 | 4 : v[0] == 3 ? 0x10de : 0;
	return 0;
}

static int serve(unsigned long request, void *arg)
{
	if (request == DRM_IOCTL_VERSION)
		return get_version(arg);
	switch (_IOC_NR(request)) {
	case DRM_COMMAND_BASE + 0x00:
		return getparam(arg);
	case DRM_COMMAND_BASE + 0x08:
		return svm_init(arg);
	case DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_INFO:
		return get_info(arg);
	case DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_MIGRATE:
		fake.migrate = *(struct drm_nouveau_hmm_migrate *)arg;
		return 0;
	case DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_CREATE:
		return create(arg);
	case DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_DESTROY:
		fake.destroys++;
		return 0;
	case DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_SUBMIT:
		return submit(arg);
	case DRM_COMMAND_BASE + DRM_NOUVEAU_HMM_CHANNEL_STATUS:
		return status(arg);
	default:
		return EINVAL;
	}
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	if (fake.off)
		return __real_ioctl(fd, request, arg);
	pthread_mutex_lock(&lock);
	fake.ioctls++;
	ret = serve(request, arg);
	pthread_mutex_unlock(&lock);
	if (!ret)
		return 0;
	errno = ret;
	return -1;
}

struct compote_device *fake_device(void)
{
	struct compote_device *dev;

	fake_reset();
	assert_int_equal(compote_device_open("/dev/null", &dev), 0);
	return dev;
}

struct compote_space *fake_space(void)
{
	struct compote_device *dev = fake_device();
	struct compote_space *space;

	assert_int_equal(compote_space_create(dev, 0, &space), 0);
	compote_device_close(dev);
	return space;
}
