// SPDX-License-Identifier: MIT
/*
 * Shows what the files of hmm/ have counted, each as a file of gcov's: /sys/kernel/debug/nouveau_hmm_gcov.
 * It is a module of its own, so that nouveau itself needs no code for it.
 *
 * The format, of words of 32 bits: GCC's gcc/gcov-io.h. Lengths are in bytes since GCC 12.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "gcov.h"

#define GCOV_DATA_MAGIC		0x67636461
#define GCOV_TAG_FUNCTION	0x01000000
#define GCOV_TAG_ARCS		0x01a10000

static struct dentry *dir;

static void put(struct seq_file *m, u32 word)
{
	seq_write(m, &word, sizeof(word));
}

static void put_function(struct seq_file *m, const struct gcov_function *f)
{
	put(m, GCOV_TAG_FUNCTION);
	put(m, 3 * sizeof(u32));
	put(m, f->ident);
	put(m, f->lineno_checksum);
	put(m, f->cfg_checksum);
	put(m, GCOV_TAG_ARCS);
	put(m, f->arcs.num * sizeof(u64));
	for (u32 i = 0; i < f->arcs.num; i++) {
		u64 value = READ_ONCE(f->arcs.values[i]);

		put(m, lower_32_bits(value));
		put(m, upper_32_bits(value));
	}
}

static int nouveau_hmm_gcov_show(struct seq_file *m, void *unused)
{
	const struct gcov_info *info = m->private;

	put(m, GCOV_DATA_MAGIC);
	put(m, info->version);
	put(m, info->stamp);
	put(m, info->checksum);
	for (u32 i = 0; i < info->n_functions; i++) {
		const struct gcov_function *f = info->functions[i];

		/* One of an inline function belongs to the object that has kept it. */
		if (f && f->key == info)
			put_function(m, f);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nouveau_hmm_gcov);

static int __init nouveau_hmm_gcov_init(void)
{
	const struct gcov_info **p;

	dir = debugfs_create_dir("nouveau_hmm_gcov", NULL);
	for (p = nouveau_hmm_gcov_first; p < nouveau_hmm_gcov_last; p++)
		if (*p)
			debugfs_create_file(kbasename((*p)->filename), 0400, dir, (void *)*p,
					    &nouveau_hmm_gcov_fops);
	return 0;
}
module_init(nouveau_hmm_gcov_init);

static void __exit nouveau_hmm_gcov_exit(void)
{
	debugfs_remove(dir);
}
module_exit(nouveau_hmm_gcov_exit);

MODULE_DESCRIPTION("what drm-nouveau-hmm has counted, for gcov");
MODULE_LICENSE("Dual MIT/GPL");
