// SPDX-License-Identifier: MIT
/*
 * Shows what the files of hmm/ have counted, as files of gcov's, a directory for each time that
 * nouveau was loaded: /sys/kernel/debug/nouveau_hmm_gcov/0/space.gcda. What has been unloaded is
 * kept. It is a module of its own, which nouveau does not know of.
 *
 * The format, of words of 32 bits: GCC's gcc/gcov-io.h. Lengths are in bytes since GCC 12.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gcov.h"

#define GCOV_DATA_MAGIC		0x67636461
#define GCOV_TAG_FUNCTION	0x01000000
#define GCOV_TAG_ARCS		0x01a10000

struct kept {
	struct list_head head;
	struct debugfs_blob_wrapper blob;
};

static LIST_HEAD(all_kept);
static struct dentry *top, *dir;
static const struct gcov_info **first, **last;
static unsigned int nr_loads;

/* Where there is room, the next word; in any case how many there are. */
struct words {
	u32 *at;
	size_t nr;
};

static void put(struct words *w, u32 word)
{
	if (w->at)
		w->at[w->nr] = word;
	w->nr++;
}

static void put_function(struct words *w, const struct gcov_function *f)
{
	put(w, GCOV_TAG_FUNCTION);
	put(w, 3 * sizeof(u32));
	put(w, f->ident);
	put(w, f->lineno_checksum);
	put(w, f->cfg_checksum);
	put(w, GCOV_TAG_ARCS);
	put(w, f->arcs.num * sizeof(u64));
	for (u32 i = 0; i < f->arcs.num; i++) {
		u64 value = READ_ONCE(f->arcs.values[i]);

		put(w, lower_32_bits(value));
		put(w, upper_32_bits(value));
	}
}

static size_t put_file(u32 *at, const struct gcov_info *info)
{
	struct words w = { .at = at };

	put(&w, GCOV_DATA_MAGIC);
	put(&w, info->version);
	put(&w, info->stamp);
	put(&w, info->checksum);
	for (u32 i = 0; i < info->n_functions; i++) {
		const struct gcov_function *f = info->functions[i];

		/* An inline function belongs to the object whose copy was linked. */
		if (f && f->key == info)
			put_function(&w, f);
	}
	return w.nr * sizeof(u32);
}

static void *make_file(const struct gcov_info *info, size_t *size)
{
	void *data;

	*size = put_file(NULL, info);
	data = kvmalloc(*size, GFP_KERNEL);
	if (data)
		put_file(data, info);
	return data;
}

static int nouveau_hmm_gcov_show(struct seq_file *m, void *unused)
{
	size_t size;
	void *data = make_file(m->private, &size);

	if (!data)
		return -ENOMEM;
	seq_write(m, data, size);
	kvfree(data);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nouveau_hmm_gcov);

static void make_dir(void)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", nr_loads);
	dir = debugfs_create_dir(name, top);
}

static void show(const struct gcov_info *info)
{
	debugfs_create_file(kbasename(info->filename), 0400, dir, (void *)info,
			    &nouveau_hmm_gcov_fops);
}

static void keep(const struct gcov_info *info)
{
	struct kept *kept = kzalloc(sizeof(*kept), GFP_KERNEL);

	if (!kept)
		return;
	kept->blob.data = make_file(info, &kept->blob.size);
	if (!kept->blob.data) {
		kfree(kept);
		return;
	}
	list_add(&kept->head, &all_kept);
	debugfs_create_blob(kbasename(info->filename), 0400, dir, &kept->blob);
}

static void each(void (*f)(const struct gcov_info *info))
{
	const struct gcov_info **p;

	for (p = first; p < last; p++)
		if (*p)
			f(*p);
}

/* References to nouveau's symbols would keep it loaded. */
static void begin(void)
{
	first = symbol_get(nouveau_hmm_gcov_first);
	if (!first)
		return;
	last = symbol_get(nouveau_hmm_gcov_last);
	symbol_put(nouveau_hmm_gcov_first);
	symbol_put(nouveau_hmm_gcov_last);
	make_dir();
	each(show);
}

static void end(void)
{
	if (!first)
		return;
	debugfs_remove(dir);
	make_dir();
	each(keep);
	nr_loads++;
	first = NULL;
}

static int notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct module *module = data;

	if (strcmp(module->name, "nouveau"))
		return NOTIFY_DONE;
	if (event == MODULE_STATE_LIVE)
		begin();
	else if (event == MODULE_STATE_GOING)
		end();
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = notify };

static int __init nouveau_hmm_gcov_init(void)
{
	top = debugfs_create_dir("nouveau_hmm_gcov", NULL);
	begin();
	return register_module_notifier(&notifier);
}
module_init(nouveau_hmm_gcov_init);

static void __exit nouveau_hmm_gcov_exit(void)
{
	struct kept *kept, *next;

	unregister_module_notifier(&notifier);
	debugfs_remove(top);
	list_for_each_entry_safe(kept, next, &all_kept, head) {
		kvfree(kept->blob.data);
		kfree(kept);
	}
}
module_exit(nouveau_hmm_gcov_exit);

MODULE_DESCRIPTION("what drm-nouveau-hmm has counted, for gcov");
MODULE_LICENSE("Dual MIT/GPL");
