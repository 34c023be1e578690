// SPDX-License-Identifier: MIT
/*
 * stats.c - the counters as JSON.
 */
#include <errno.h>
#include <json-c/json.h>

#include "gp104.h"

static uint64_t mmio_count[GP104_MAX_UNITS][2];

void stats_mmio(struct gp104 *g, unsigned int unit, int write)
{
	mmio_count[unit][write]++;
}

static void add_mmio(struct json_object *root, const char *key, int write)
{
	struct json_object *o = json_object_new_object();
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < gp104_nunits; i++) {
		if (mmio_count[i][write])
			json_object_object_add(o, gp104_units[i]->name,
					       json_object_new_uint64(mmio_count[i][write]));
		total += mmio_count[i][write];
	}
	json_object_object_add(o, "total", json_object_new_uint64(total));
	json_object_object_add(root, key, o);
}

static void add_unknown(struct json_object *root)
{
	struct json_object *o = json_object_new_object();
	size_t i;

	for (i = 0; i < unknown_count(); i++) {
		uint64_t count;
		const char *what = unknown_get(i, &count);

		json_object_object_add(o, what, json_object_new_uint64(count));
	}
	json_object_object_add(root, "unknown", o);
}

int stats_write(struct gp104 *g, const char *path)
{
	struct json_object *root = json_object_new_object();
	int ret;

	add_mmio(root, "mmio_reads", 0);
	add_mmio(root, "mmio_writes", 1);
#define X(name) json_object_object_add(root, #name, json_object_new_uint64(g->stats.name));
	GP104_STATS(X)
#undef X
	add_unknown(root);
	ret = json_object_to_file_ext(path, root, JSON_C_TO_STRING_PRETTY) ? -EIO : 0;
	json_object_put(root);
	return ret;
}
