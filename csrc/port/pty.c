#define _XOPEN_SOURCE 600 /* posix_openpt */

#include "port/pty.h"

#include "port/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct pty {
    struct port port;
    int other_end; /* kept open: without it reading fails as soon as a program has closed its own */
};

static long read_pty(struct port *port, char *buffer, size_t size)
{
    return port_read_fd(port, buffer, size, "hung up");
}

static void close_pty(struct port *port)
{
    struct pty *pty = (struct pty *)port;
    close(port->fd);
    if (pty->other_end >= 0)
        close(pty->other_end);
    free(pty);
}

static const struct port_driver pty_driver = {
    .close = close_pty,
    .read = read_pty,
    .write = port_write_fd,
};

static bool set_raw(int fd)
{
    struct termios settings;
    if (tcgetattr(fd, &settings) != 0)
        return false;
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSANOW, &settings) == 0;
}

static bool open_both(struct pty *pty, char *path, size_t size)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (fd < 0)
        return false;
    pty->port.fd = fd;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (grantpt(fd) != 0 || unlockpt(fd) != 0)
        return false;
    const char *name = ptsname(fd);
    if (name == NULL)
        return false;
    if (strlen(name) >= size) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(path, name);
    pty->other_end = open(name, O_RDWR | O_NOCTTY);
    if (pty->other_end < 0)
        return false;
    fcntl(pty->other_end, F_SETFD, FD_CLOEXEC);
    return set_raw(pty->other_end);
}

struct port *port_open_pty(char *path, size_t size, struct port_error *error)
{
    struct pty *pty = calloc(1, sizeof *pty);
    if (pty == NULL)
        return port_fail(error, ENOMEM);
    pty->port.driver = &pty_driver;
    pty->port.fd = -1;
    pty->other_end = -1;
    if (open_both(pty, path, size))
        return &pty->port;
    port_fail(error, errno);
    if (pty->port.fd >= 0)
        close_pty(&pty->port);
    else
        free(pty);
    return NULL;
}
