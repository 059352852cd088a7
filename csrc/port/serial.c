/* Serial lines by libserialport. Only its non-blocking calls are used: its blocking reads use select(), which
 * aborts the process if the descriptor exceeds FD_SETSIZE (0.1.1). */
#include "port/driver.h"
#include "port/ports.h"

#ifdef HAYES_LIBSERIALPORT

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct serial {
    struct port port;
    struct sp_port *line;
};

bool port_is_serial(const char *name)
{
    char path[160];
    const char *base = strrchr(name, '/');
    snprintf(path, sizeof path, "/sys/class/tty/%s/device", base != NULL ? base + 1 : name);
    return access(path, F_OK) == 0;
}

static struct port *fail(struct port_error *error, enum sp_return status)
{
    switch (status) {
    case SP_ERR_SUPP:
        error->problem = PORT_BAD_SPEED;
        strcpy(error->text, "the driver does not support it");
        return NULL;
    case SP_ERR_MEM:
        return port_fail(error, ENOMEM);
    case SP_ERR_ARG:
        return port_fail(error, ENODEV);
    case SP_ERR_FAIL:
    case SP_OK:
        break;
    }
    return port_fail(error, sp_last_error_code());
}

/* sp_nonblocking_read returns 0 for a lost line as well; only poll() can tell (0.1.1, with real drivers and
 * ptys). */
static long read_serial(struct port *port, char *buffer, size_t size)
{
    struct serial *serial = (struct serial *)port;
    int length = sp_nonblocking_read(serial->line, buffer, size);
    if (length > 0)
        return length;
    if (length < 0)
        return port_mark_closed(port, "hung up");
    struct pollfd poller = {.fd = port->fd, .events = POLLIN};
    if (poll(&poller, 1, 0) > 0 && (poller.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        return port_mark_closed(port, "hung up");
    return 0;
}

static long write_serial(struct port *port, const char *bytes, size_t length)
{
    struct serial *serial = (struct serial *)port;
    int taken = sp_nonblocking_write(serial->line, bytes, length);
    return taken >= 0 ? taken : port_mark_closed(port, "hung up");
}

static bool set_serial_dtr(struct port *port, bool on)
{
    struct serial *serial = (struct serial *)port;
    return sp_set_dtr(serial->line, on ? SP_DTR_ON : SP_DTR_OFF) == SP_OK;
}

static bool set_serial_rts(struct port *port, bool on)
{
    struct serial *serial = (struct serial *)port;
    return sp_set_rts(serial->line, on ? SP_RTS_ON : SP_RTS_OFF) == SP_OK;
}

/* The speed is not read back: the option driver still reports 9600 after 115200 has been set and is in
 * effect. */
static bool set_serial_baud(struct port *port, uint32_t baud)
{
    struct serial *serial = (struct serial *)port;
    return sp_set_baudrate(serial->line, (int)baud) == SP_OK;
}

static void close_serial(struct port *port)
{
    struct serial *serial = (struct serial *)port;
    sp_close(serial->line);
    sp_free_port(serial->line);
    free(serial);
}

static const struct port_driver serial_driver = {
    .close = close_serial,
    .read = read_serial,
    .write = write_serial,
    .set_dtr = set_serial_dtr,
    .set_rts = set_serial_rts,
    .set_baud = set_serial_baud,
};

static enum sp_flowcontrol flow_of(enum port_flow flow)
{
    switch (flow) {
    case PORT_FLOW_NONE:
        break;
    case PORT_FLOW_RTSCTS:
        return SP_FLOWCONTROL_RTSCTS;
    case PORT_FLOW_XONXOFF:
        return SP_FLOWCONTROL_XONXOFF;
    }
    return SP_FLOWCONTROL_NONE;
}

static enum sp_return set_line(struct sp_port *line, const struct port_options *options)
{
    enum sp_return status = sp_set_bits(line, 8);
    if (status == SP_OK)
        status = sp_set_parity(line, SP_PARITY_NONE);
    if (status == SP_OK)
        status = sp_set_stopbits(line, 1);
    if (status == SP_OK)
        status = sp_set_flowcontrol(line, flow_of(options->flow));
    if (status == SP_OK)
        status = sp_set_baudrate(line, (int)options->baud);
    return status;
}

struct port *port_open_serial(const char *name, const struct port_options *options, struct port_error *error)
{
    struct sp_port *line = NULL;
    struct serial *serial = calloc(1, sizeof *serial);
    if (serial == NULL)
        return port_fail(error, ENOMEM);
    enum sp_return status = sp_get_port_by_name(name, &line);
    if (status == SP_OK)
        status = sp_open(line, SP_MODE_READ_WRITE);
    if (status != SP_OK) {
        fail(error, status);
        goto failed;
    }
    /* libserialport opens without O_CLOEXEC: a child process would keep the port open and locked. */
    if (sp_get_port_handle(line, &serial->port.fd) != SP_OK ||
        fcntl(serial->port.fd, F_SETFD, FD_CLOEXEC) != 0 || !port_lock(serial->port.fd)) {
        port_fail(error, errno);
        goto opened;
    }
    status = set_line(line, options);
    if (status != SP_OK) {
        fail(error, status);
        goto opened;
    }
    /* Without these lines a module may sleep or be in another mode. Ports that do not have them fail here,
     * which does not matter. */
    sp_set_dtr(line, SP_DTR_ON);
    if (options->flow != PORT_FLOW_RTSCTS)
        sp_set_rts(line, SP_RTS_ON);
    sp_flush(line, SP_BUF_BOTH); /* discard what a previous program left in the queues */
    serial->port.driver = &serial_driver;
    serial->port.baud = options->baud;
    serial->line = line;
    return &serial->port;

opened:
    sp_close(line);
failed:
    if (line != NULL)
        sp_free_port(line);
    free(serial);
    return NULL;
}

/* libserialport does not report the interface number, but a module has several lines on one device. */
static int interface_of(const char *name)
{
    char path[160];
    unsigned number;
    const char *base = strrchr(name, '/');
    snprintf(path, sizeof path, "/sys/class/tty/%s/device/../bInterfaceNumber",
             base != NULL ? base + 1 : name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    bool read = fscanf(file, "%x", &number) == 1;
    fclose(file);
    return read ? (int)number : -1;
}

bool port_list(void (*each)(void *context, const struct port_info *info), void *context)
{
    struct sp_port **lines = NULL;
    if (sp_list_ports(&lines) != SP_OK || lines == NULL) /* libserialport 0.1.1: success without memory */
        return false;
    for (struct sp_port **line = lines; *line != NULL; line++) {
        struct port_info info = {
            .name = sp_get_port_name(*line),
            .description = sp_get_port_description(*line),
            .vid = -1,
            .pid = -1,
            .interface = -1,
        };
        if (sp_get_port_transport(*line) == SP_TRANSPORT_USB) {
            sp_get_port_usb_vid_pid(*line, &info.vid, &info.pid);
            info.serial = sp_get_port_usb_serial(*line);
            info.interface = interface_of(info.name);
        }
        each(context, &info);
    }
    sp_free_port_list(lines);
    return true;
}

#else

bool port_is_serial(const char *name)
{
    (void)name;
    return false;
}

struct port *port_open_serial(const char *name, const struct port_options *options, struct port_error *error)
{
    return port_open_tty(name, options, error);
}

bool port_list(void (*each)(void *context, const struct port_info *info), void *context)
{
    (void)each;
    (void)context;
    return false;
}

#endif
