// SPDX-License-Identifier: MIT
/*
 * Where the tracepoints of trace.h are.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
