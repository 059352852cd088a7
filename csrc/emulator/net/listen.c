#define _GNU_SOURCE /* SOCK_NONBLOCK */
#include "emulator/net/listen.h"

#include "emulator/alloc.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 12
};

const char *emu_listen_add(struct emu_listen_map *map, const char *text)
{
    char *middle, *end;
    unsigned long asked = strtoul(text, &middle, 10);
    bool good = *text >= '0' && *text <= '9' && *middle == '=' && middle[1] >= '0' && middle[1] <= '9';
    unsigned long port = good ? strtoul(middle + 1, &end, 10) : 0;
    if (!good || *end || asked < 1 || asked > 65535 || port > 65535)
        return "ASKED=PORT with ports from 1 to 65535; PORT may be 0 for any free port";
    map->rules = emu_resize(map->rules, (map->count + 1) * sizeof *map->rules);
    map->rules[map->count++] = (struct emu_listen_rule){.asked = (unsigned)asked, .port = (unsigned)port};
    return NULL;
}

void emu_listen_free(struct emu_listen_map *map)
{
    free(map->rules);
    *map = (struct emu_listen_map){0};
}

static unsigned real_port(const struct emu_listen_map *map, unsigned asked)
{
    for (size_t i = map->count; i > 0; i--)
        if (map->rules[i - 1].asked == asked)
            return map->rules[i - 1].port;
    return asked;
}

static bool begin(int fd, unsigned *port, bool datagram)
{
    struct sockaddr_in local = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)*port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof local;
    int yes = 1;
    if (!datagram)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)&local, sizeof local) != 0 ||
        (!datagram && listen(fd, BACKLOG) != 0) || getsockname(fd, (struct sockaddr *)&local, &length) != 0)
        return false;
    *port = ntohs(local.sin_port);
    return true;
}

int emu_listen(const struct emu_listen_map *map, unsigned *port, bool datagram)
{
    int type = (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = socket(AF_INET, type, 0);
    unsigned real = real_port(map, *port);
    if (fd < 0)
        return -1;
    if (!begin(fd, &real, datagram)) {
        close(fd);
        return -1;
    }
    *port = real;
    return fd;
}
