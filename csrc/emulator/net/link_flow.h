/* Interface between link.c, which opens and closes connections, and link_flow.c, which moves data. */
#ifndef EMU_NET_LINK_FLOW_H
#define EMU_NET_LINK_FLOW_H

#include "emulator/net/link.h"

/* Updates the poll events to what an open link can do now. */
void emu_link_update_events(struct emu_link *link);

/* Handles poll events of the socket. */
void emu_link_flow(struct emu_link *link, short events);

/* Reads as much data as there is room for. */
void emu_link_receive(struct emu_link *link);

/* The peer has closed the connection, or it is broken. */
void emu_link_mark_closed(struct emu_link *link, bool broken);

#endif
