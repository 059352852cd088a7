#include "emulator/net/resolver.h"

#include "emulator/alloc.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

struct emu_resolve_rule {
    char *host;
    unsigned asked; /* port in the command; 0: any */
    struct emu_address address;
    unsigned port; /* 0: as in the command */
};

static void set_port(struct emu_address *address, unsigned port)
{
    if (address->storage.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&address->storage)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)&address->storage)->sin_port = htons((uint16_t)port);
}

unsigned emu_address_port(const struct emu_address *address)
{
    if (address->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}

void emu_address_text(const struct emu_address *address, char text[EMU_ADDRESS_TEXT])
{
    const void *bytes = &((const struct sockaddr_in *)&address->storage)->sin_addr;
    if (address->storage.ss_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)&address->storage)->sin6_addr;
    if (!inet_ntop(address->storage.ss_family, bytes, text, EMU_ADDRESS_TEXT))
        *text = '\0';
}

static bool read_address(const char *text, struct emu_address *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->storage;
    memset(&address->storage, 0, sizeof address->storage);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        address->length = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        address->length = sizeof *v6;
        return true;
    }
    return false;
}

bool emu_is_address(const char *host)
{
    struct emu_address address;
    return read_address(host, &address);
}

/* Splits "host", "host:port" or "[v6]:port" in place into the host without brackets and the port (0:
 * none). Returns false if the text has another format. */
static bool split_port(char *text, char **host, unsigned *port)
{
    char *colon;
    *host = text;
    *port = 0;
    if (*text == '[') {
        char *close = strchr(text, ']');
        if (!close || (close[1] && close[1] != ':'))
            return false;
        *host = text + 1;
        *close = '\0';
        colon = close[1] ? close + 1 : NULL;
    } else {
        colon = strchr(text, ':');
        if (colon && strchr(colon + 1, ':'))
            return true; /* an IPv6 address without brackets */
    }
    if (!colon)
        return true;
    *colon = '\0';
    char *end;
    unsigned long value = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || value < 1 || value > 65535)
        return false;
    *port = (unsigned)value;
    return true;
}

static bool is_known(const struct emu_resolver *resolver, const char *host, unsigned asked)
{
    for (size_t i = 0; i < resolver->count; i++)
        if (strcasecmp(resolver->rules[i].host, host) == 0 && resolver->rules[i].asked == asked)
            return true;
    return false;
}

const char *emu_resolver_add(struct emu_resolver *resolver, const char *text)
{
    static const char expected[] = "HOST[:ASKED]=ADDR[:PORT] with an IP address and ports from 1 to 65535";
    char *copy = emu_copy_text(text), *equals = strchr(copy, '='), *host = copy, *address;
    struct emu_resolve_rule rule = {0};
    bool good = equals != NULL;
    if (good) {
        *equals = '\0';
        good = split_port(copy, &host, &rule.asked) && *host &&
               split_port(equals + 1, &address, &rule.port) && read_address(address, &rule.address);
    }
    bool again = good && is_known(resolver, host, rule.asked);
    if (good && !again) {
        rule.host = emu_copy_text(host);
        resolver->rules = emu_resize(resolver->rules, (resolver->count + 1) * sizeof rule);
        resolver->rules[resolver->count++] = rule;
    }
    free(copy);
    return again ? "each host, or each port of it, once" : good ? NULL : expected;
}

void emu_resolver_free(struct emu_resolver *resolver)
{
    for (size_t i = 0; i < resolver->count; i++)
        free(resolver->rules[i].host);
    free(resolver->rules);
    *resolver = (struct emu_resolver){0};
}

/* A rule for this port takes precedence over one for the host. */
static const struct emu_resolve_rule *find_rule(const struct emu_resolver *resolver, const char *host,
                                                unsigned port)
{
    const struct emu_resolve_rule *found = NULL;
    for (size_t i = 0; i < resolver->count; i++) {
        const struct emu_resolve_rule *rule = &resolver->rules[i];
        if (strcasecmp(rule->host, host) != 0)
            continue;
        if (rule->asked == port)
            return rule;
        if (rule->asked == 0 && !found)
            found = rule;
    }
    return found;
}

static void resolve_in_child(const char *host, unsigned port, int answer)
{
    /* Especially the pty, whose hang-up must be visible when the parent exits. */
    for (int fd = 3; fd < 256; fd++)
        if (fd != answer)
            close(fd);
    struct emu_address found[EMU_ADDRESSES_MAX] = {0};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;
    size_t count = 0;
    if (getaddrinfo(host, NULL, &hints, &list) == 0) {
        for (struct addrinfo *one = list; one && count < EMU_ADDRESSES_MAX; one = one->ai_next) {
            memcpy(&found[count].storage, one->ai_addr, one->ai_addrlen);
            found[count].length = one->ai_addrlen;
            set_port(&found[count++], port);
        }
    }
    ssize_t written = write(answer, found, count * sizeof *found);
    _exit(written < 0);
}

static void on_answer(void *owner, short events)
{
    (void)events;
    struct emu_lookup *lookup = owner;
    ssize_t got = read(lookup->watch.fd, lookup->found, sizeof lookup->found);
    lookup->found_count = got > 0 ? (size_t)got / sizeof *lookup->found : 0;
    emu_lookup_stop(lookup);
    lookup->on_done(lookup->owner);
}

static enum emu_lookup_state start_child(struct emu_lookup *lookup, struct emu_loop *loop, const char *host,
                                         unsigned port)
{
    int ends[2];
    if (pipe(ends) != 0)
        return EMU_LOOKUP_FAILED;
    pid_t child = fork();
    if (child == 0)
        resolve_in_child(host, port, ends[1]);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return EMU_LOOKUP_FAILED;
    }
    lookup->loop = loop;
    lookup->child = child;
    lookup->watch =
        (struct emu_watch){.fd = ends[0], .events = POLLIN, .on_ready = on_answer, .owner = lookup};
    emu_watch_add(loop, &lookup->watch);
    return EMU_LOOKUP_RUNNING;
}

enum emu_lookup_state emu_lookup_start(struct emu_lookup *lookup, const struct emu_resolver *resolver,
                                       struct emu_loop *loop, const char *host, unsigned port)
{
    const struct emu_resolve_rule *rule = find_rule(resolver, host, port);
    lookup->found_count = 0;
    if (!rule && !read_address(host, &lookup->found[0]))
        return start_child(lookup, loop, host, port);
    if (rule)
        lookup->found[0] = rule->address;
    set_port(&lookup->found[0], rule && rule->port ? rule->port : port);
    lookup->found_count = 1;
    return EMU_LOOKUP_FOUND;
}

void emu_lookup_stop(struct emu_lookup *lookup)
{
    if (!lookup->child)
        return;
    emu_watch_remove(lookup->loop, &lookup->watch);
    close(lookup->watch.fd);
    kill(lookup->child, SIGKILL);
    waitpid(lookup->child, NULL, 0);
    lookup->child = 0;
}
