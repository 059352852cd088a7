/* What all connections of the module share. This folder uses nothing else of the emulator. */
#ifndef EMU_NET_NET_H
#define EMU_NET_NET_H

#include "emulator/loop.h"
#include "emulator/net/listen.h"
#include "emulator/net/resolver.h"

struct emu_net {
    struct emu_loop *loop;
    struct emu_resolver resolver;
    struct emu_listen_map listen;
    uint64_t handshakes, resumed; /* of TLS and DTLS, since the start */
};

#endif
