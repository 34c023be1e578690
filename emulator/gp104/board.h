/* SPDX-License-Identifier: MIT */
/*
 * board.h - the board on the bus: joins a struct gp104 to the vfio-user server.
 */
#ifndef GP104_BOARD_H
#define GP104_BOARD_H

struct gp104;

/*
 * Listen on the configured socket, serve one client until it leaves or board_stop() is called.
 * Returns 0 or -errno (with a message on stderr).
 */
int board_serve(struct gp104 *g);
/* Async-signal-safe. */
void board_stop(void);

#endif
