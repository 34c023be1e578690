/* SPDX-License-Identifier: MIT */
/*
 * Methods of Pascal's host unit, compute class and copy class: the numbers of clc06f.h, clc0c0.h,
 * clc1c0.h and clc0b5.h (NVIDIA open-gpu-doc, classes/).
 */
#ifndef COMPOTE_METHODS_H
#define COMPOTE_METHODS_H

/* Method headers: bits 31:29, then count or data 28:16, subchannel 15:13, method / 4 11:0. */
#define HEADER_INCREMENTING	1u
#define HEADER_FIXED		3u
#define HEADER_IMMEDIATE	4u
#define HEADER_ONCE		5u
#define HEADER(kind, count, subchannel, method) \
	((uint32_t)(kind) << 29 | (uint32_t)(count) << 16 | (uint32_t)(subchannel) << 13 | \
	 (method) >> 2)
#define HEADER_COUNT_MAX	0x1fffu

#define SET_OBJECT		0x0000

/* Host (clc06f.h) takes these on every subchannel. */
#define SUBCHANNEL_HOST		0
#define HOST_SEMAPHORE_A	0x0010	/* address 39:32 */
#define HOST_SEMAPHORE_B	0x0014	/* address 31:2 */
#define HOST_SEMAPHORE_C	0x0018	/* payload */
#define HOST_SEMAPHORE_D	0x001c
#define SEMAPHORE_RELEASE	0x00000002u
#define SEMAPHORE_RELEASE_4	0x01000000u	/* a word; WAIT_FOR_IDLE is on when bit 20 is 0 */
#define HOST_WFI		0x0078

/* Compute (clc1c0.h). */
#define CP_WAIT_FOR_IDLE	0x0110
#define CP_LINE_LENGTH_IN	0x0180	/* then LINE_COUNT, OFFSET_OUT_UPPER, OFFSET_OUT */
#define CP_LAUNCH_DMA		0x01b0	/* then LOAD_INLINE_DATA */
#define CP_LAUNCH_DMA_PITCH	0x00000001u
#define CP_LAUNCH_DMA_FLUSH	0x00000010u
#define CP_INVALIDATE_SHADER_CACHES 0x021c
#define CP_INVALIDATE_INSTRUCTION 0x0001u
#define CP_INVALIDATE_DATA	0x0010u
#define CP_INVALIDATE_CONSTANT	0x1000u
#define CP_SET_CWD_REF_COUNTER	0x0248
#define CP_INVALIDATE_SKED_CACHES 0x0298
#define CP_SHARED_MEMORY_WINDOW_A 0x02a0	/* upper, lower */
#define CP_SEND_PCAS_A		0x02b4	/* address of the QMD >> 8 */
#define CP_SEND_SIGNALING_PCAS_B 0x02bc
#define CP_PCAS_INVALIDATE	0x1u
#define CP_PCAS_SCHEDULE	0x2u
#define CP_LOCAL_NON_THROTTLED_A 0x02e4	/* bytes per SM: upper, lower; number of SMs */
#define CP_LOCAL_THROTTLED_A	0x02f0
#define CP_SPA_VERSION		0x0310
#define CP_LOCAL_MEMORY_A	0x0790	/* upper, lower */
#define CP_LOCAL_MEMORY_WINDOW_A 0x07b0	/* upper, lower */
#define CP_PROGRAM_REGION_A	0x1608	/* upper, lower */
#define CP_INVALIDATE_NO_WFI	0x1698

/* Copy (clc0b5.h). */
#define CE_LAUNCH_DMA		0x0300
#define CE_LAUNCH_NON_PIPELINED	0x00000002u
#define CE_LAUNCH_FLUSH		0x00000004u
#define CE_LAUNCH_SRC_PITCH	0x00000080u
#define CE_LAUNCH_DST_PITCH	0x00000100u
#define CE_LAUNCH_REMAP		0x00000400u
#define CE_OFFSET_IN_UPPER	0x0400	/* upper, lower */
#define CE_OFFSET_OUT_UPPER	0x0408	/* upper, lower */
#define CE_LINE_LENGTH_IN	0x0418	/* then LINE_COUNT */
#define CE_REMAP_CONST_A	0x0700	/* then CONST_B, COMPONENTS */
#define CE_REMAP_DST_X_CONST_A	0x00000004u
#define CE_REMAP_COMPONENT_SIZE(bytes) (((bytes) - 1u) << 16)

#endif
