// SPDX-License-Identifier: MIT
/*
 * compote-info: which GPUs libcompote finds, and what they can do.
 */
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "compote.h"
#include "tool.h"

static void help(void)
{
	printf("Usage: compote-info [OPTION]... [DEVICE]...\n"
	       "Says which GPUs libcompote can use, and what they can do. DEVICE is a file, as\n"
	       "/dev/dri/renderD128; without one, all of /dev/dri/renderD*.\n\n"
	       "  -c, --channels       also mirrors itself on each device and makes channels\n"
	       "                       there, to see whether that works\n"
	       "  -h, --help           this text\n"
	       "  -V, --version        the library's version\n\n"
	       "Exit status: 0 all that was asked for can be used, 1 not all, 2 bad usage,\n"
	       "4 no device.\n");
}

static const char *chip_name(uint32_t chipset)
{
	switch (chipset) {
	case 0x130: return "GP100";
	case 0x132: return "GP102";
	case 0x134: return "GP104";
	case 0x136: return "GP106";
	case 0x137: return "GP107";
	case 0x138: return "GP108";
	default: return "unknown";
	}
}

static void line(const char *what, const char *value)
{
	printf("  %-30s  %s\n", what, value);
}

static void yes_or_no(const char *what, bool yes)
{
	line(what, yes ? "yes" : "no");
}

/* "0000:01:00.0", of the device behind a file. */
static const char *bus_address(const char *path, char text[256])
{
	char link[64], target[256];
	struct stat st;
	ssize_t n;

	if (stat(path, &st))
		return "unknown";
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device", major(st.st_rdev),
		 minor(st.st_rdev));
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return "unknown";
	target[n] = 0;
	snprintf(text, 256, "%s", strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
	return text;
}

static void show_page_sizes(uint64_t sizes)
{
	char text[128] = "";
	size_t used = 0;
	unsigned int bit;

	for (bit = 0; bit < 48 && used < sizeof(text); bit++)
		if (sizes >> bit & 1)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 used ? ", " : "",
						 tool_bytes(UINT64_C(1) << bit).s);
	line("GPU page sizes", text);
}

static void show_info(const char *path, const struct compote_device_info *info)
{
	char text[256];

	snprintf(text, sizeof(text), "%s (NV%X)", chip_name(info->chipset), info->chipset);
	line("Chip", text);
	line("Bus address", bus_address(path, text));
	snprintf(text, sizeof(text), "%04x:%04x", info->pci_vendor, info->pci_device);
	line("PCI vendor and device", text);
	snprintf(text, sizeof(text), "drm-nouveau-hmm, interface version %u", info->driver_version);
	line("Driver", text);
	line("VRAM", tool_bytes(info->vram_bytes).s);
	show_page_sizes(info->page_sizes);
	yes_or_no("Mirrors processes", info->features & COMPOTE_FEATURE_MIRROR);
	yes_or_no("Migrates to VRAM", info->features & COMPOTE_FEATURE_VRAM);
	yes_or_no("Atomics in RAM", info->features & COMPOTE_FEATURE_ATOMIC_RAM);
	yes_or_no("Atomics in VRAM", info->features & COMPOTE_FEATURE_ATOMIC_VRAM);
	yes_or_no("Channels without buffers", info->features & COMPOTE_FEATURE_CHANNEL);
}

static int failed(const char *what, int err)
{
	line(what, compote_strerror(err));
	return err;
}

static int try_channel(struct compote_space *space, uint32_t engine, const char *what)
{
	struct compote_channel_options options = { .engine = engine };
	struct compote_channel *channel;
	char text[32];
	int err = compote_channel_create(space, &options, &channel);

	if (err)
		return failed(what, err);
	snprintf(text, sizeof(text), "class %#x", compote_channel_class(channel));
	line(what, text);
	compote_channel_destroy(channel);
	return 0;
}

static int try_channels(struct compote_device *device)
{
	struct compote_statistics n;
	struct compote_space *space;
	char text[64];
	int err = compote_space_create(device, 0, &space);

	if (err)
		return failed("Mirror of this process", err);
	if (!compote_statistics(space, &n)) {
		snprintf(text, sizeof(text), "all but %#llx to %#llx",
			 (unsigned long long)n.cutout_start,
			 (unsigned long long)(n.cutout_start + n.cutout_bytes));
		line("Mirror of this process", text);
		line("VRAM with processes' pages", tool_bytes(n.vram_resident).s);
	}
	err = try_channel(space, COMPOTE_ENGINE_COMPUTE, "Compute channel");
	if (!err)
		err = try_channel(space, COMPOTE_ENGINE_COPY, "Copy channel");
	compote_space_destroy(space);
	return err;
}

/* nouveau knows only when there has been a channel since it was loaded: so they come last. */
static void show_multiprocessors(struct compote_device *device)
{
	char text[64] = "not known before the first channel";
	struct compote_device_info info;

	if (!compote_device_info(device, &info) && info.multiprocessors)
		snprintf(text, sizeof(text), "%u in %u clusters", info.multiprocessors,
			 info.clusters);
	line("Multiprocessors", text);
}

/* 0 if the device can be used. */
static int show(const char *path, bool channels)
{
	struct compote_device_info info;
	struct compote_device *device;
	int err;

	printf("%s\n", path);
	err = compote_device_open(path, &device);
	if (err)
		return failed("Cannot be used", err);
	err = compote_device_info(device, &info);
	if (!err)
		show_info(path, &info);
	if (!err && channels)
		err = try_channels(device);
	show_multiprocessors(device);
	compote_device_close(device);
	return err;
}

static int show_all(bool channels)
{
	int status = TOOL_OK;
	glob_t found;
	size_t i;

	if (glob("/dev/dri/renderD*", 0, NULL, &found))
		tool_fail(TOOL_DEVICE, "there is no /dev/dri/renderD*");
	printf("%zu device%s\n", found.gl_pathc, found.gl_pathc == 1 ? "" : "s");
	for (i = 0; i < found.gl_pathc; i++) {
		putchar('\n');
		if (show(found.gl_pathv[i], channels))
			status = TOOL_WRONG;
	}
	globfree(&found);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "channels", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	bool channels = false;
	int status = TOOL_OK, c;

	while ((c = getopt_long(argc, argv, "chV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			channels = true;
			break;
		case 'h':
			help();
			return TOOL_OK;
		case 'V':
			tool_version();
		default:
			tool_usage();
		}
	}
	if (optind == argc)
		return show_all(channels);
	for (; optind < argc; optind++)
		if (show(argv[optind], channels))
			status = TOOL_WRONG;
	return status;
}
