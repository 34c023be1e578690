// SPDX-License-Identifier: MIT
/*
 * channel.c - channels: their ring, the state of their engine, submitting, how they are.
 *
 * The engine's state is set by jobs of our own ("setups"): one when the channel is made, and one
 * whenever a launch needs more local memory than there was. Methods: Mesa's
 * nve4_screen_compute_setup().
 */
#include <errno.h>
#include <stdlib.h>
#include <drm/drm.h>

#include "internal.h"
#include "methods.h"
#include "nouveau_hmm_drm.h"

#define RING_ENTRIES	1024u
#define LOCAL_ALIGN	0x20000u	/* of the whole, as in Mesa and NVK */
#define SMS_DEFAULT	30u		/* most that a GP10x has: GP102 */
#define CWD_COUNTERS	64u
#define SPA_VERSION	0x400u

/* A job of our own; its memory may be in use until the channel ends. */
struct setup {
	struct setup *next;
	struct compote_push *push;
	void *local;
};

_Static_assert(sizeof(struct compote_sync) == sizeof(struct drm_nouveau_hmm_sync), "sync");

/* ---- submitting ---- */

int channel_submit(struct compote_channel *ch, const struct compote_range *ranges, uint32_t nr,
		   const struct compote_submit_options *options, uint64_t *job)
{
	struct drm_nouveau_hmm_channel_submit s = {
		.channel = ch->id,
		.ranges = addr_of(ranges),
		.nr_ranges = nr,
	};
	int ret;

	if (options) {
		if (options->reserved[0] || options->reserved[1])
			return -EINVAL;
		s.in = addr_of(options->in);
		s.out = addr_of(options->out);
		s.nr_in = options->nr_in;
		s.nr_out = options->nr_out;
	}
	ret = device_ioctl_retry(ch->space->dev, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_SUBMIT, &s);
	if (!ret && job)
		*job = s.job;
	return ret;
}

static void drop_setup(struct compote_space *space, struct setup *s)
{
	compote_push_destroy(s->push);
	lowmem_free(&space->low, s->local);
	free(s);
}

static int new_setup(struct compote_channel *ch, struct setup **setup)
{
	struct setup *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	ret = compote_push_create(ch->space, ch->engine, &s->push);
	if (ret)
		free(s);
	else
		*setup = s;
	return ret;
}

static int run_setup(struct compote_channel *ch, struct setup *s)
{
	int ret = compote_push_finish(s->push);

	if (!ret)
		ret = channel_submit(ch, s->push->job.v, s->push->job.n, NULL, NULL);
	if (ret) {
		drop_setup(ch->space, s);
		return ret;
	}
	s->next = ch->setups;
	ch->setups = s;
	return 0;
}

/* ---- state of the compute class ---- */

static void set_pair(struct compote_push *p, uint32_t method, uint64_t v)
{
	uint32_t data[2] = { (uint32_t)(v >> 32), (uint32_t)v };

	compote_push_methods(p, COMPOTE_SUBCHANNEL_COMPUTE, method, data, 2);
}

static void set_local_size(struct compote_push *p, uint32_t method, uint64_t per_sm)
{
	uint32_t data[3] = { (uint32_t)(per_sm >> 32), (uint32_t)per_sm, 0xff };

	compote_push_methods(p, COMPOTE_SUBCHANNEL_COMPUTE, method, data, 3);
}

static void init_compute(struct compote_channel *ch, struct compote_push *p)
{
	uint32_t counters[CWD_COUNTERS], i;

	compote_push_method(p, COMPOTE_SUBCHANNEL_COMPUTE, SET_OBJECT, ch->class);
	set_pair(p, CP_SHARED_MEMORY_WINDOW_A, space_shared_window(ch->space));
	set_pair(p, CP_LOCAL_MEMORY_WINDOW_A, space_local_window(ch->space));
	set_pair(p, CP_PROGRAM_REGION_A, ch->space->low.heap);
	compote_push_method(p, COMPOTE_SUBCHANNEL_COMPUTE, CP_SPA_VERSION, SPA_VERSION);
	for (i = 0; i < CWD_COUNTERS; i++)
		counters[i] = 0x38000 | (CWD_COUNTERS - 1 - i);
	compote_push_methods_fixed(p, COMPOTE_SUBCHANNEL_COMPUTE, CP_SET_CWD_REF_COUNTER, counters,
				   CWD_COUNTERS);
	compote_push_method(p, COMPOTE_SUBCHANNEL_COMPUTE, CP_WAIT_FOR_IDLE, 0);
}

static int init_engine(struct compote_channel *ch)
{
	struct setup *s;
	int ret = new_setup(ch, &s);

	if (ret)
		return ret;
	if (ch->engine == COMPOTE_ENGINE_COMPUTE)
		init_compute(ch, s->push);
	else
		compote_push_method(s->push, COMPOTE_SUBCHANNEL_COPY, SET_OBJECT, ch->class);
	return run_setup(ch, s);
}

/* Local memory is not named as memory of jobs: the SMs' accesses to it can wait for a fault. */
static int grow_local(struct compote_channel *ch, uint64_t per_sm)
{
	uint32_t sms = device_multiprocessors(ch->space->dev);
	uint64_t bytes = align_up(per_sm * (sms ? sms : SMS_DEFAULT), LOCAL_ALIGN);
	struct setup *s;
	int ret = new_setup(ch, &s);

	if (ret)
		return ret;
	ret = lowmem_alloc(&ch->space->low, bytes, LOCAL_ALIGN, false, &s->local);
	if (ret) {
		drop_setup(ch->space, s);
		return ret;
	}
	compote_push_method(s->push, COMPOTE_SUBCHANNEL_COMPUTE, CP_WAIT_FOR_IDLE, 0);
	set_pair(s->push, CP_LOCAL_MEMORY_A, addr_of(s->local));
	set_local_size(s->push, CP_LOCAL_NON_THROTTLED_A, per_sm);
	set_local_size(s->push, CP_LOCAL_THROTTLED_A, per_sm);
	ret = run_setup(ch, s);
	if (!ret)
		atomic_store(&ch->local_per_sm, per_sm);
	return ret;
}

static int need_local(struct compote_channel *ch, uint64_t per_sm)
{
	int ret = 0;

	pthread_mutex_lock(&ch->lock);
	if (per_sm > atomic_load(&ch->local_per_sm))
		ret = grow_local(ch, per_sm);
	pthread_mutex_unlock(&ch->lock);
	return ret;
}

COMPOTE_PUBLIC int compote_submit(struct compote_channel *channel, const struct compote_push *push,
				  const struct compote_submit_options *options, uint64_t *job)
{
	int ret;

	if (!channel || !push || !push->finished || push->error || push->space != channel->space ||
	    push->engine != channel->engine)
		return -EINVAL;
	if (push->local_per_sm > atomic_load(&channel->local_per_sm)) {
		ret = need_local(channel, push->local_per_sm);
		if (ret)
			return ret;
	}
	return channel_submit(channel, push->job.v, push->job.n, options, job);
}

COMPOTE_PUBLIC int compote_submit_ranges(struct compote_channel *channel,
					 const struct compote_range *ranges, uint32_t nr_ranges,
					 const struct compote_submit_options *options,
					 uint64_t *job)
{
	if (!channel || (nr_ranges && !ranges) || nr_ranges > DRM_NOUVEAU_HMM_RANGES)
		return -EINVAL;
	return channel_submit(channel, ranges, nr_ranges, options, job);
}

/* ---- status ---- */

COMPOTE_PUBLIC int compote_channel_status(struct compote_channel *channel,
					  struct compote_channel_status *status)
{
	struct drm_nouveau_hmm_channel_status s = { 0 };
	int ret;

	if (!channel || !status)
		return -EINVAL;
	s.channel = channel->id;
	ret = device_ioctl_retry(channel->space->dev, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_STATUS, &s);
	if (ret)
		return ret;
	*status = (struct compote_channel_status) {
		.submitted = s.submitted,
		.done = s.done,
		.addr = s.addr,
		.time_ns = s.time_ns,
		.stopped = s.stopped,
		.error = s.error,
		.access = s.access,
		.reason = s.reason,
		.client = s.client,
		.gpc = s.gpc,
		.hub = s.hub,
		.engine = s.engine,
	};
	return 0;
}

int channel_check(struct compote_channel *ch)
{
	struct compote_channel_status s;
	int ret = compote_channel_status(ch, &s);

	if (ret)
		return ret;
	return s.stopped ? -EIO : 0;
}

COMPOTE_PUBLIC int compote_channel_wait(struct compote_channel *channel, uint64_t job,
					int64_t timeout_ns)
{
	struct compote_channel_status s;
	struct waiter w;
	int ret;

	if (!channel)
		return -EINVAL;
	waiter_init(&w, timeout_ns);
	for (;;) {
		ret = compote_channel_status(channel, &s);
		if (ret || s.done >= job)
			return ret;
		if (s.stopped)
			return -EIO;
		ret = waiter_turn(&w);
		if (ret)
			return ret;
	}
}

COMPOTE_PUBLIC uint32_t compote_channel_class(const struct compote_channel *channel)
{
	return channel ? channel->class : 0;
}

/* ---- life ---- */

static const struct compote_channel_options defaults;

static bool options_ok(const struct compote_channel_options *o)
{
	uint32_t n = o->ring_entries;
	int i;

	for (i = 0; i < 4; i++)
		if (o->reserved[i])
			return false;
	if (o->engine > COMPOTE_ENGINE_COPY ||
	    o->flags & ~(COMPOTE_CHANNEL_EVENTFD | COMPOTE_CHANNEL_RING))
		return false;
	if (!(o->flags & COMPOTE_CHANNEL_RING) != !o->ring)
		return false;
	return !n || (is_power_of_two(n) && n >= DRM_NOUVEAU_HMM_RING_MIN &&
		      n <= DRM_NOUVEAU_HMM_RING_MAX);
}

static int open_channel(struct compote_channel *ch, const struct compote_channel_options *o)
{
	uint32_t entries = o->ring_entries ? o->ring_entries : RING_ENTRIES;
	size_t bytes = align_up(entries * 8u, GPU_PAGE);
	struct drm_nouveau_hmm_channel_create c = {
		.ring = addr_of(o->ring),
		.ring_entries = entries,
		.engine = o->engine,
	};
	int ret;

	if (!o->ring) {
		ret = lowmem_alloc(&ch->space->low, bytes, bytes, false, &ch->ring);
		if (ret)
			return ret;
		c.ring = addr_of(ch->ring);
	}
	if (o->flags & COMPOTE_CHANNEL_EVENTFD) {
		c.flags = DRM_NOUVEAU_HMM_CHANNEL_EVENTFD;
		c.eventfd = o->eventfd;
	}
	ret = device_ioctl_retry(ch->space->dev, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_CREATE, &c);
	if (ret)
		return ret;
	ch->id = c.channel;
	ch->class = c.oclass;
	return init_engine(ch);
}

COMPOTE_PUBLIC int compote_channel_create(struct compote_space *space,
					  const struct compote_channel_options *options,
					  struct compote_channel **channel)
{
	struct compote_channel *ch;
	int ret;

	if (!options)
		options = &defaults;
	if (!space || !channel || !options_ok(options))
		return -EINVAL;
	if (!(space->dev->info.features & COMPOTE_FEATURE_CHANNEL))
		return -EOPNOTSUPP;
	ch = calloc(1, sizeof(*ch));
	if (!ch)
		return -ENOMEM;
	ch->space = space_get(space);
	ch->engine = options->engine;
	pthread_mutex_init(&ch->lock, NULL);
	ret = open_channel(ch, options);
	if (ret) {
		compote_channel_destroy(ch);
		return ret;
	}
	*channel = ch;
	return 0;
}

COMPOTE_PUBLIC void compote_channel_destroy(struct compote_channel *channel)
{
	struct drm_nouveau_hmm_channel_destroy d = { 0 };
	struct setup *s;

	if (!channel)
		return;
	d.channel = channel->id;
	if (channel->id)
		device_ioctl_retry(channel->space->dev, DRM_IOCTL_NOUVEAU_HMM_CHANNEL_DESTROY, &d);
	while ((s = channel->setups)) {
		channel->setups = s->next;
		drop_setup(channel->space, s);
	}
	lowmem_free(&channel->space->low, channel->ring);
	pthread_mutex_destroy(&channel->lock);
	space_put(channel->space);
	free(channel);
}
