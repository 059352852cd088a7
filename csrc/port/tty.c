/* Any tty, by termios alone: ptys, which libserialport refuses, and all lines if the build has no
 * libserialport. */
#include "port/driver.h"
#include "port/speed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    uint32_t baud;
    speed_t speed;
} speeds[] = {
    {1200, B1200},       {2400, B2400},   {4800, B4800},     {9600, B9600},     {19200, B19200},
    {38400, B38400},     {57600, B57600}, {115200, B115200}, {230400, B230400},
#ifdef B460800
    {460800, B460800},
#endif
#ifdef B921600
    {921600, B921600},
#endif
#ifdef B500000
    {500000, B500000},
#endif
#ifdef B576000
    {576000, B576000},
#endif
#ifdef B1000000
    {1000000, B1000000},
#endif
#ifdef B1152000
    {1152000, B1152000},
#endif
#ifdef B1500000
    {1500000, B1500000},
#endif
#ifdef B2000000
    {2000000, B2000000},
#endif
#ifdef B2500000
    {2500000, B2500000},
#endif
#ifdef B3000000
    {3000000, B3000000},
#endif
#ifdef B3500000
    {3500000, B3500000},
#endif
#ifdef B4000000
    {4000000, B4000000},
#endif
};

static bool find_speed(uint32_t baud, speed_t *speed)
{
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i].baud == baud) {
            *speed = speeds[i].speed;
            return true;
        }
    }
    return false;
}

static bool set_line(int fd, speed_t speed, enum port_flow flow)
{
    struct termios line;
    if (tcgetattr(fd, &line) != 0)
        return false;
    line.c_iflag = flow == PORT_FLOW_XONXOFF ? IXON | IXOFF : 0;
    line.c_oflag = 0;
    line.c_lflag = 0;
    line.c_cflag = CS8 | CREAD | CLOCAL;
#ifdef CRTSCTS
    if (flow == PORT_FLOW_RTSCTS)
        line.c_cflag |= CRTSCTS;
#endif
    line.c_cc[VMIN] = 1;
    line.c_cc[VTIME] = 0;
    cfsetispeed(&line, speed);
    cfsetospeed(&line, speed);
    return tcsetattr(fd, TCSANOW, &line) == 0;
}

static long read_tty(struct port *port, char *buffer, size_t size)
{
    return port_read_fd(port, buffer, size, "hung up");
}

static bool set_modem_line(struct port *port, int which, bool on)
{
    return ioctl(port->fd, on ? TIOCMBIS : TIOCMBIC, &which) == 0;
}

static bool set_tty_dtr(struct port *port, bool on)
{
    return set_modem_line(port, TIOCM_DTR, on);
}

static bool set_tty_rts(struct port *port, bool on)
{
    return set_modem_line(port, TIOCM_RTS, on);
}

static bool set_tty_baud(struct port *port, uint32_t baud)
{
    struct termios line;
    speed_t speed;
    if (!find_speed(baud, &speed))
        return port_set_any_speed(port->fd, baud);
    if (tcgetattr(port->fd, &line) != 0)
        return false;
    cfsetispeed(&line, speed);
    cfsetospeed(&line, speed);
    return tcsetattr(port->fd, TCSADRAIN, &line) == 0;
}

static void close_tty(struct port *port)
{
    port_unlock(port->fd);
    close(port->fd);
    free(port);
}

static const struct port_driver tty_driver = {
    .close = close_tty,
    .read = read_tty,
    .write = port_write_fd,
    .set_dtr = set_tty_dtr,
    .set_rts = set_tty_rts,
    .set_baud = set_tty_baud,
};

static struct port *refuse_speed(struct port_error *error)
{
    error->problem = PORT_BAD_SPEED;
    strcpy(error->text, "no such line speed");
    return NULL;
}

struct port *port_open_tty(const char *name, const struct port_options *options, struct port_error *error)
{
    speed_t speed = B38400;
    bool has_constant = find_speed(options->baud, &speed);
    int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return port_fail(error, errno);
    struct port *port = calloc(1, sizeof *port);
    bool locked = port != NULL && port_lock(fd);
    if (!locked || !set_line(fd, speed, options->flow)) {
        int problem = port == NULL ? ENOMEM : errno;
        if (locked)
            port_unlock(fd);
        free(port);
        close(fd);
        return port_fail(error, problem);
    }
    tcflush(fd, TCIOFLUSH); /* discard what a previous program left in the queues */
    port->driver = &tty_driver;
    port->fd = fd;
    port->baud = options->baud;
    if (has_constant || port_set_any_speed(fd, options->baud))
        return port;
    close_tty(port);
    return refuse_speed(error);
}
