#define _GNU_SOURCE /* accept4 */
#include "emulator/control/control.h"

#include "emulator/alloc.h"
#include "emulator/emu.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    CONTROL_LINE_MAX = 1 << 20
};

static void drop(struct emu_control_client *client)
{
    if (!client->open)
        return;
    emu_watch_remove(&client->emu->loop, &client->watch);
    close(client->watch.fd);
    free(client->line);
    client->line = NULL;
    client->length = client->size = 0;
    client->open = false;
}

static void answer(struct emu_control_client *client, const char *text)
{
    char line[1100];
    int length = snprintf(line, sizeof line, "%s\n", text);
    if (send(client->watch.fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) != length)
        drop(client);
}

static void run_line(struct emu_control_client *client, char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\r' || text[length - 1] == '\n'))
        text[--length] = '\0';
    struct emu_control_line line = {.rest = text + strspn(text, " "), .reply = "ok"};
    line.verb = emu_control_word(&line);
    if (!*line.verb)
        return;
    emu_control_run(client->emu, &line);
    answer(client, line.reply);
}

static void run_lines(struct emu_control_client *client)
{
    char *end;
    while (client->open && (end = memchr(client->line, '\n', client->length))) {
        size_t used = (size_t)(end - client->line) + 1;
        *end = '\0';
        run_line(client, client->line);
        if (!client->open)
            return;
        memmove(client->line, client->line + used, client->length - used);
        client->length -= used;
    }
}

static void on_line(void *owner, short events)
{
    (void)events;
    struct emu_control_client *client = owner;
    if (client->size - client->length < 4096) {
        client->size += 65536;
        client->line = emu_resize(client->line, client->size);
    }
    ssize_t got = recv(client->watch.fd, client->line + client->length, client->size - client->length, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 || client->length + (size_t)got > CONTROL_LINE_MAX) {
        drop(client);
        return;
    }
    client->length += (size_t)got;
    run_lines(client);
}

static void on_connection(void *owner, short events)
{
    (void)events;
    struct emu *emu = owner;
    int fd = accept4(emu->control->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    for (size_t i = 0; i < EMU_CONTROL_CLIENTS; i++) {
        struct emu_control_client *client = &emu->control->clients[i];
        if (client->open)
            continue;
        *client = (struct emu_control_client){.emu = emu, .open = true};
        client->watch = (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_line, .owner = client};
        emu_watch_add(&emu->loop, &client->watch);
        return;
    }
    close(fd);
}

static void remove_stale(const char *path)
{
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
}

bool emu_control_open(struct emu *emu, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    remove_stale(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    mode_t mask = umask(0177); /* who may connect commands the module */
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (!bound || listen(fd, EMU_CONTROL_CLIENTS) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return false;
    }
    emu->control->path = path;
    emu->control->watch =
        (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_connection, .owner = emu};
    emu_watch_add(&emu->loop, &emu->control->watch);
    return true;
}

void emu_control_close(struct emu *emu)
{
    struct emu_control *control = emu->control;
    for (size_t i = 0; i < EMU_CONTROL_CLIENTS; i++)
        drop(&control->clients[i]);
    if (!control->path)
        return;
    emu_watch_remove(&emu->loop, &control->watch);
    close(control->watch.fd);
    unlink(control->path);
    control->path = NULL;
}

char *emu_control_word(struct emu_control_line *line)
{
    char *word = line->rest;
    line->rest += strcspn(line->rest, " ");
    if (*line->rest) {
        *line->rest++ = '\0';
        line->rest += strspn(line->rest, " ");
    }
    return word;
}

void emu_control_fail(struct emu_control_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int prefix = snprintf(line->reply, sizeof line->reply, "error: ");
    vsnprintf(line->reply + prefix, sizeof line->reply - (size_t)prefix, format, arguments);
    va_end(arguments);
}
