/* SPDX-License-Identifier: MIT */
/*
 * pgraph-regs.h - addresses of the graphics engine's registers that several of its files use.
 * Sources: as in pgraph.c.
 */
#ifndef PGRAPH_REGS_H
#define PGRAPH_REGS_H

#define GPC(n, r)	(0x500000u + (n) * 0x8000u + (r))
#define TPC(g, t, r)	(0x504000u + (g) * 0x8000u + (t) * 0x800u + (r))

#define INTR		0x400100
#define TRAP		0x400108
#define ERROR_CODE	0x400110
#define GPC_TRAP	0x400118
#define GPC_TRAP_EN	0x400130
#define TRAP_EN		0x400138
#define INTR_EN		0x40013c
#define FIFO_ACCESS	0x400500
#define TRAPPED_ADDR	0x400704
#define TRAPPED_DATA	0x400708
#define DISPATCH_ESR	0x404000
#define FE_PWR_MODE	0x404170
#define MME_ESR		0x404490
#define MME_ESR_PC	0x404494
#define MME_ESR_OP	0x40449c
#define MTHD_CTRL	0x404488
#define MTHD_DATA	0x40448c
#define SKED_ESR	0x407020

/* Registers of a GPC and of a TPC that traps go through. */
#define GPC_EXCEPTION		0x2c90
#define GPC_EXCEPTION_EN	0x2c94
#define TPC_EXCEPTION		0x0508
#define TPC_EXCEPTION_EN	0x050c
#define SM_WARP_ESR		0x0648
#define SM_GLOBAL_ESR		0x0650
#define SM_WARP_REPORT_MASK	0x0644
#define SM_GLOBAL_REPORT_MASK	0x064c
#define TPC_EXCEPTION_SM	BIT(1)

#endif
