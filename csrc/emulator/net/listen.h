/* Listening sockets, on the loopback interface only.
 *
 * The port in the command is used unless --listen maps it to another one, because tests run in parallel
 * and low ports need root. */
#ifndef EMU_NET_LISTEN_H
#define EMU_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

struct emu_listen_rule {
    unsigned asked, port; /* port 0: any free one */
};

/* Owns its rules. */
struct emu_listen_map {
    struct emu_listen_rule *rules;
    size_t count;
};

/* Adds a rule ASKED=PORT, which takes precedence over older ones. Returns NULL, or a description of the
 * valid format. */
const char *emu_listen_add(struct emu_listen_map *map, const char *rule);
void emu_listen_free(struct emu_listen_map *map);

/* Returns a bound socket, listening unless it is for datagrams, and sets *port to the actual port. Returns
 * -1 if the port is unavailable. */
int emu_listen(const struct emu_listen_map *map, unsigned *port, bool datagram);

#endif
