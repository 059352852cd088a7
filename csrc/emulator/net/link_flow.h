/* Between link.c, which makes and ends connections, and link_flow.c, which moves bytes over one that is up.
 */
#ifndef EMU_NET_LINK_FLOW_H
#define EMU_NET_LINK_FLOW_H

#include "emulator/net/link.h"

/* Waits for what a link that is up can do now. */
void emu_link_update_events(struct emu_link *link);

/* The socket is ready for these events of poll. */
void emu_link_flow(struct emu_link *link, short events);

/* Reads what there is, as far as there is room. */
void emu_link_receive(struct emu_link *link);

/* The peer has closed, or the connection has broken. */
void emu_link_mark_closed(struct emu_link *link, bool broken);

#endif
