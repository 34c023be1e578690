// SPDX-License-Identifier: MIT
/*
 * sec2.c - SEC2: the security processor, its queues, and what its programs do.
 *
 * Started without a verified image it runs ACR's load program; with one, its own: it announces a
 * command and a message queue, in its EMEM, and answers commands. Facts: nouveau sec2/gp102.c,
 * sec2/base.c, falcon/cmdq.c, msgq.c, include/nvfw/sec2.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acr.h"

#define SEC2		0x087000
#define QUEUE_HEAD(i)	(SEC2 + 0xa00 + (i) * 8)
#define QUEUE_TAIL(i)	(SEC2 + 0xa04 + (i) * 8)
#define MSGQ_HEAD	(SEC2 + 0xa30)
#define MSGQ_TAIL	(SEC2 + 0xa34)
#define CMD_QUEUES	6

#define EMEM_BASE	0x01000000	/* where EMEM begins in the program's data space */
#define CMDQ_OFFSET	0x100
#define CMDQ_SIZE	0x400
#define MSGQ_OFFSET	0x500
#define MSGQ_SIZE	0x400

#define UNIT_REWIND	0x00
#define UNIT_INIT	0x01
#define UNIT_UNLOAD	0x06
#define UNIT_ACR	0x08
#define ACR_CMD_BOOTSTRAP_FALCON 0x00

/*
 * The program answers one command, and takes the next when the host has acknowledged the message.
 * Real commands take long enough that a driver which clears the interrupt after it has read the
 * queue (nouveau gp102_sec2_intr) never loses one; here an answer would come too fast. A host
 * that never acknowledges is not waited for longer than this.
 */
#define ACK_POLL_NS	50000
#define ACK_MAX_NS	500000000

struct sec2 {
	bool pending;		/* commands may be in the queue */
	uint64_t since;		/* when the last message went */
};

struct queue_hdr {
	uint8_t unit_id, size, ctrl_flags, seq_id;
};

struct init_msg {
	struct queue_hdr hdr;
	uint8_t msg_type, num_queues;
	uint16_t os_debug_entry_point;
	struct {
		uint32_t offset;
		uint16_t size;
		uint8_t index, id;
	} queue[2];
	uint32_t sw_managed_area_offset;
	uint16_t sw_managed_area_size, pad;
};

struct bootstrap_cmd {
	struct queue_hdr hdr;
	uint8_t cmd_type, pad[3];
	uint32_t flags, falcon_id;
};

struct bootstrap_msg {
	struct queue_hdr hdr;
	uint8_t msg_type, pad[3];
	uint32_t error_code, falcon_id;
};

/* Append a message; where it does not fit before the end of the queue, at the start of it. */
static void send(struct gp104 *g, struct falcon *f, const void *msg, uint32_t size)
{
	uint32_t head = reg_get(g, MSGQ_HEAD) - EMEM_BASE;

	if (head < MSGQ_OFFSET || head > MSGQ_OFFSET + MSGQ_SIZE - size)
		head = MSGQ_OFFSET;
	memcpy(f->emem + head, msg, size);
	reg_put(g, MSGQ_HEAD, EMEM_BASE + head + ((size + 3) & ~3u));
	g->sec2->since = gp104_now();
	falcon_raise(g, f, FALCON_IRQ_SWGEN0);
}

static void announce(struct gp104 *g, struct falcon *f)
{
	struct init_msg msg = {
		.hdr = { .unit_id = UNIT_INIT, .size = sizeof(msg) },
		.num_queues = 2,
		.queue[0] = { EMEM_BASE + CMDQ_OFFSET, CMDQ_SIZE, 0, 0 },
		.queue[1] = { EMEM_BASE + MSGQ_OFFSET, MSGQ_SIZE, 0, 1 },
	};

	reg_put(g, QUEUE_HEAD(0), EMEM_BASE + CMDQ_OFFSET);
	reg_put(g, QUEUE_TAIL(0), EMEM_BASE + CMDQ_OFFSET);
	reg_put(g, MSGQ_HEAD, EMEM_BASE + MSGQ_OFFSET);
	reg_put(g, MSGQ_TAIL, EMEM_BASE + MSGQ_OFFSET);
	falcon_route_host(g, f, FALCON_IRQ_SWGEN0 | FALCON_IRQ_HALT);
	send(g, f, &msg, sizeof(msg));
}

static void bootstrap(struct gp104 *g, struct falcon *f, const struct queue_hdr *hdr,
		      const uint8_t *body)
{
	struct bootstrap_cmd cmd;
	struct bootstrap_msg msg = {
		.hdr = { .unit_id = UNIT_ACR, .size = sizeof(msg), .seq_id = hdr->seq_id },
		.msg_type = ACR_CMD_BOOTSTRAP_FALCON,
	};

	if (hdr->size < sizeof(cmd)) {
		guest_error(g, "sec2", "bootstrap command of %u bytes", hdr->size);
		return;
	}
	memcpy(&cmd, body, sizeof(cmd));
	if (cmd.cmd_type != ACR_CMD_BOOTSTRAP_FALCON) {
		unknown(g, "sec2 ACR command", "%02x", cmd.cmd_type);
		return;
	}
	msg.falcon_id = cmd.falcon_id;
	msg.error_code = acr_bootstrap(g, cmd.falcon_id);
	send(g, f, &msg, sizeof(msg));
}

static void unload(struct gp104 *g, struct falcon *f, const struct queue_hdr *hdr)
{
	struct queue_hdr msg = { .unit_id = UNIT_UNLOAD, .size = sizeof(msg),
				 .seq_id = hdr->seq_id };

	send(g, f, &msg, sizeof(msg));
	falcon_halt(g, f);
}

static void command(struct gp104 *g, struct falcon *f, const struct queue_hdr *hdr,
		    const uint8_t *body)
{
	trace(g, "sec2", "command of unit %02x, %u bytes, sequence %u", hdr->unit_id, hdr->size,
	      hdr->seq_id);
	switch (hdr->unit_id) {
	case UNIT_ACR:
		bootstrap(g, f, hdr, body);
		break;
	case UNIT_UNLOAD:
		unload(g, f, hdr);
		break;
	default:
		unknown(g, "sec2 unit", "%02x", hdr->unit_id);
	}
}

/* Take one command between tail and head; false when there is none, or nothing sane. */
static bool run_command(struct gp104 *g, struct falcon *f)
{
	uint32_t head = reg_get(g, QUEUE_HEAD(0)) - EMEM_BASE;
	uint32_t tail = reg_get(g, QUEUE_TAIL(0)) - EMEM_BASE;
	struct queue_hdr hdr;

	if (!f->running || tail == head)
		return false;
	if (tail < CMDQ_OFFSET || tail > CMDQ_OFFSET + CMDQ_SIZE - sizeof(hdr))
		return false;
	memcpy(&hdr, f->emem + tail, sizeof(hdr));
	if (hdr.unit_id == UNIT_REWIND) {
		reg_put(g, QUEUE_TAIL(0), EMEM_BASE + CMDQ_OFFSET);
		return tail != CMDQ_OFFSET;
	}
	if (hdr.size < sizeof(hdr) || hdr.size > CMDQ_OFFSET + CMDQ_SIZE - tail) {
		guest_error(g, "sec2", "command of %u bytes at %x", hdr.size, tail);
		return false;
	}
	reg_put(g, QUEUE_TAIL(0), EMEM_BASE + tail + ((hdr.size + 3) & ~3u));
	command(g, f, &hdr, f->emem + tail);
	return true;
}

static bool acknowledged(struct gp104 *g, const struct falcon *f)
{
	return !(f->irqstat & FALCON_IRQ_SWGEN0) || gp104_now() - g->sec2->since > ACK_MAX_NS;
}

static int64_t sec2_run(struct gp104 *g)
{
	struct falcon *f = falcon_get(g, FALCON_SEC2);

	if (!g->sec2->pending)
		return RUN_IDLE;
	if (!acknowledged(g, f))
		return ACK_POLL_NS;
	g->sec2->pending = run_command(g, f);
	return g->sec2->pending ? RUN_AGAIN : RUN_IDLE;
}

static void head_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_get(g, FALCON_SEC2);

	reg_put(g, addr, val);
	if (!f->running || !f->ls_loaded)
		return;
	if (addr == QUEUE_HEAD(0)) {
		g->sec2->pending = true;
		gp104_kick(g);
	} else {
		guest_error(g, "sec2", "queue at %x does not exist", addr);
	}
}

static void reset(struct gp104 *g, struct falcon *f)
{
	g->sec2->pending = false;
}

static void started(struct gp104 *g, struct falcon *f)
{
	if (f->ls_loaded) {
		announce(g, f);
		return;
	}
	f->mailbox[0] = acr_load(g, f);
	trace(g, "sec2", "ACR load: %x", f->mailbox[0]);
	falcon_halt(g, f);
}

static const struct reg regs[] = {
	{ SEC2 + 0x408, "PSEC2.DEBUG_MODE", REG_RO, 0 },	/* bit 20: a chip with debug keys */
	{ SEC2 + 0x600, "PSEC2.FBIF.TRANSCFG", .count = 8 },
	{ SEC2 + 0x624, "PSEC2.FBIF.CTL" },
	{ QUEUE_HEAD(0), "PSEC2.CMDQ_HEAD", .count = CMD_QUEUES, .stride = 8, .write = head_write },
	{ QUEUE_TAIL(0), "PSEC2.CMDQ_TAIL", .count = CMD_QUEUES, .stride = 8 },
	{ MSGQ_HEAD, "PSEC2.MSGQ_HEAD", .stride = 8 },
	{ MSGQ_TAIL, "PSEC2.MSGQ_TAIL", .stride = 8 },
	{ SEC2 + 0xac0, "PSEC2.EMEMC", .count = FALCON_PORTS, .stride = 8,
	  .read = falcon_ememc_read, .write = falcon_ememc_write },
	{ SEC2 + 0xac4, "PSEC2.EMEMD", .count = FALCON_PORTS, .stride = 8,
	  .read = falcon_ememd_read, .write = falcon_ememd_write },
};

static int sec2_init(struct gp104 *g)
{
	g->sec2 = calloc(1, sizeof(*g->sec2));
	if (!g->sec2)
		return -ENOMEM;
	falcon_get(g, FALCON_SEC2)->started = started;
	falcon_get(g, FALCON_SEC2)->reset = reset;
	return 0;
}

static void sec2_fini(struct gp104 *g)
{
	free(g->sec2);
}

const struct unit sec2_unit = {
	.name = "sec2",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = sec2_init,
	.fini = sec2_fini,
	.run = sec2_run,
};
