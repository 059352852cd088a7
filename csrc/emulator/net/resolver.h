/* Resolves names: first by the rules of --resolve, then as literal addresses, then by the host's resolver.
 *
 * The host's resolver may block, so it runs in a child process that can be abandoned at any time. */
#ifndef EMU_NET_RESOLVER_H
#define EMU_NET_RESOLVER_H

#include "emulator/loop.h"

#include <sys/socket.h>
#include <sys/types.h>

struct emu_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

enum {
    EMU_ADDRESSES_MAX = 4
};

struct emu_resolve_rule;

/* Owns its rules. */
struct emu_resolver {
    struct emu_resolve_rule *rules;
    size_t count;
};

/* Adds a rule HOST[:ASKED]=ADDR[:PORT], with IPv6 addresses in brackets. Returns NULL, or a description of
 * the valid format. */
const char *emu_resolver_add(struct emu_resolver *resolver, const char *rule);
void emu_resolver_free(struct emu_resolver *resolver);

enum emu_lookup_state {
    EMU_LOOKUP_FOUND,
    EMU_LOOKUP_FAILED,
    EMU_LOOKUP_RUNNING, /* on_done will be called once; found_count tells the outcome */
};

/* One lookup. Owned by its user, who must stop it before freeing the memory. */
struct emu_lookup {
    struct emu_address found[EMU_ADDRESSES_MAX]; /* including the port to connect to */
    size_t found_count;
    void (*on_done)(void *owner);
    void *owner;

    struct emu_loop *loop;
    struct emu_watch watch;
    pid_t child; /* 0: none */
};

enum emu_lookup_state emu_lookup_start(struct emu_lookup *lookup, const struct emu_resolver *resolver,
                                       struct emu_loop *loop, const char *host, unsigned port);
void emu_lookup_stop(struct emu_lookup *lookup);

/* An address as text, and its port. */
enum {
    EMU_ADDRESS_TEXT = 64
};
void emu_address_text(const struct emu_address *address, char text[EMU_ADDRESS_TEXT]);
unsigned emu_address_port(const struct emu_address *address);

/* Returns whether the text is a literal IPv4 or IPv6 address. */
bool emu_is_address(const char *host);

#endif
