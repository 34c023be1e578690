// SPDX-License-Identifier: MIT
/*
 * main.c - vfio-user-gp104: options, signals, exit status.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "gp104.h"

#define MiB (UINT64_C(1) << 20)

/* The exit status when --strict found something that the emulator does not know. */
#define EXIT_UNKNOWN 3

enum { OPT_SOCKET = 256, OPT_VRAM, OPT_GPCS, OPT_TPCS, OPT_STATS, OPT_STRICT, OPT_TRACE, OPT_INJECT,
	   OPT_HELP };

static const struct option options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "vram", required_argument, NULL, OPT_VRAM },
	{ "gpcs", required_argument, NULL, OPT_GPCS },
	{ "tpcs", required_argument, NULL, OPT_TPCS },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "inject", required_argument, NULL, OPT_INJECT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ }
};

static void usage(FILE *f)
{
	size_t i;

	fprintf(f,
		"Usage: vfio-user-gp104 --socket PATH [OPTION...]\n"
		"Serve an emulated GP104 to one vfio-user client (QEMU's vfio-user-pci) until it leaves.\n"
		"\n"
		"  --socket PATH     UNIX socket to listen on\n"
		"  --vram MIB        video memory, a multiple of 64 from 128 to 8192 (default 512)\n"
		"  --gpcs N          graphics processing clusters, 1 to 4 (default 1)\n"
		"  --tpcs N          texture processing clusters (one SM each) per GPC, 1 to 5 (default 2)\n"
		"  --stats FILE      write the counters to FILE as JSON at the end, and on SIGUSR1\n"
		"  --strict          end with status %d if the guest used anything that is not known here\n"
		"  --trace UNIT,...  print what these units do, or all:", EXIT_UNKNOWN);
	for (i = 0; i < gp104_nunits; i++)
		fprintf(f, "%s%s", i % 8 ? " " : "\n                      ", gp104_units[i]->name);
	fprintf(f,
		"\n"
		"  --inject WHAT,... let something go wrong:\n"
		"                      ce-error=N[@M[+P]]  launch error of the N-th copy (after the M-th\n"
		"                                      SIGUSR1, and each P-th from there)\n"
		"                      ce-fault=N[@M[+P]]  MMU fault in the middle of the N-th copy\n"
		"                      fault-late=MS[:N]  VALID of each (N-th) fault packet comes MS ms late\n"
		"                      fault-entries=N  a fault buffer of N entries");
	fprintf(f, "\n  --help            print this\n");
}

static bool number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 0);
	return !errno && end != text && !*end && *out >= min && *out <= max;
}

static bool can_trace(const char *name, size_t len)
{
	/* What some units trace under a name of its own. */
	static const char *const others[] = { "all", "acr", "dma" };
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i]) == len && !memcmp(others[i], name, len))
			return true;
	for (i = 0; i < gp104_nunits; i++)
		if (strlen(gp104_units[i]->name) == len && !memcmp(gp104_units[i]->name, name, len))
			return true;
	return false;
}

/* A list with a unit that does not exist would be waited for in vain. */
static bool trace_list(const char *list)
{
	size_t n;

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (!can_trace(list, n))
			return false;
	}
	return true;
}

static bool set_option(struct gp104_config *cfg, int opt)
{
	unsigned long n;

	switch (opt) {
	case OPT_SOCKET:
		cfg->socket = optarg;
		return true;
	case OPT_VRAM:
		if (!number(optarg, 128, 8192, &n) || n % 64)
			return false;
		cfg->vram_size = n * MiB;
		return true;
	case OPT_GPCS:
		if (!number(optarg, 1, 4, &n))
			return false;
		cfg->gpcs = (unsigned int)n;
		return true;
	case OPT_TPCS:
		if (!number(optarg, 1, 5, &n))
			return false;
		cfg->tpcs = (unsigned int)n;
		return true;
	case OPT_STATS:
		cfg->stats_path = optarg;
		return true;
	case OPT_STRICT:
		cfg->strict = true;
		return true;
	case OPT_TRACE:
		if (!trace_list(optarg))
			return false;
		cfg->trace = optarg;
		return true;
	case OPT_INJECT:
		return inject_parse(&cfg->inject, optarg);
	default:
		return false;
	}
}

static void parse(int argc, char **argv, struct gp104_config *cfg)
{
	int opt, index = 0;

	while ((opt = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (opt == OPT_HELP) {
			usage(stdout);
			exit(0);
		}
		if (opt == '?')
			exit(2);	/* getopt_long said why */
		if (!set_option(cfg, opt)) {
			fprintf(stderr, "vfio-user-gp104: bad value for --%s: %s\n",
				options[index].name, optarg);
			exit(2);
		}
	}
	if (optind != argc) {
		fprintf(stderr, "vfio-user-gp104: unexpected argument: %s\n", argv[optind]);
		exit(2);
	}
	if (!cfg->socket) {
		fprintf(stderr, "vfio-user-gp104: --socket is missing\n");
		exit(2);
	}
}

/* The counters so far, in place of those of the last time, whole or not at all. */
static int write_stats(struct gp104 *g)
{
	char part[4096];

	if ((size_t)snprintf(part, sizeof(part), "%s.part", g->cfg.stats_path) >= sizeof(part))
		return -ENAMETOOLONG;
	if (stats_write(g, part))
		return -EIO;
	return rename(part, g->cfg.stats_path) ? -errno : 0;
}

/* SIGUSR1 asks for the counters of a board that goes on running. */
static void *usr1_thread(void *opaque)
{
	struct gp104 *g = opaque;
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	while (!sigwait(&set, &sig)) {
		atomic_fetch_add(&g->marks, 1);
		write_stats(g);
	}
	return NULL;
}

static void start_usr1(struct gp104 *g)
{
	pthread_t thread;

	if (g->cfg.stats_path && !pthread_create(&thread, NULL, usr1_thread, g))
		pthread_detach(thread);
}

static void on_signal(int sig)
{
	board_stop();
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t usr1;

	/* Before any thread starts, so that all of them leave it to usr1_thread(). */
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* What the run is worth: its own status, unless --strict has something to say. */
static int finish(struct gp104 *g, int ret)
{
	if (g->cfg.stats_path && write_stats(g)) {
		fprintf(stderr, "vfio-user-gp104: cannot write %s\n", g->cfg.stats_path);
		ret = -EIO;
	}
	if (unknown_count())
		unknown_print_all();
	if (ret)
		return EXIT_FAILURE;
	return g->cfg.strict && unknown_count() ? EXIT_UNKNOWN : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct gp104_config cfg = { .vram_size = 512 * MiB, .gpcs = 1, .tpcs = 2 };
	struct gp104 *g;
	int ret;

	parse(argc, argv, &cfg);
	catch_signals();
	g = gp104_new(&cfg);
	if (!g) {
		fprintf(stderr, "vfio-user-gp104: not enough memory for a board with %llu MiB\n",
			(unsigned long long)(cfg.vram_size / MiB));
		return EXIT_FAILURE;
	}
	start_usr1(g);
	ret = gp104_start(g);
	if (!ret) {
		ret = board_serve(g);
		gp104_stop(g);
	}
	ret = finish(g, ret);
	gp104_free(g);
	return ret;
}
