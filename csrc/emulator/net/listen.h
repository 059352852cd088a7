/* Sockets that wait for others, on the loopback interface alone.
 *
 * A port that the module is asked to listen at is that port of this host, unless --listen says which one
 * stands for it: tests run side by side, and low ports belong to root. */
#ifndef EMU_NET_LISTEN_H
#define EMU_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

struct emu_listen_rule {
    unsigned asked, port; /* port 0: any that is free */
};

/* Owns its rules. */
struct emu_listen_map {
    struct emu_listen_rule *rules;
    size_t count;
};

/* Adds ASKED=PORT, in front of older ones; NULL, or what would have been understood. */
const char *emu_listen_add(struct emu_listen_map *map, const char *rule);
void emu_listen_free(struct emu_listen_map *map);

/* A bound socket, listening unless it is for datagrams; *port becomes the real one. -1 when it can't be had.
 */
int emu_listen(const struct emu_listen_map *map, unsigned *port, bool datagram);

#endif
