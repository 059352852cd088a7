/* What a kind of port has to provide. Inside csrc/port only. */
#ifndef PORT_DRIVER_H
#define PORT_DRIVER_H

#include "port/port.h"

/* Operations that a kind does not have are NULL. */
struct port_driver {
    void (*close)(struct port *port);
    long (*read)(struct port *port, char *buffer, size_t size);
    long (*write)(struct port *port, const char *bytes, size_t length);
    bool (*set_dtr)(struct port *port, bool on);
    bool (*set_rts)(struct port *port, bool on);
    bool (*set_baud)(struct port *port, uint32_t baud);
};

/* The first member of every kind's own struct. */
struct port {
    const struct port_driver *driver;
    int fd;
    uint32_t baud; /* 0: it has no speed of its own */
    char reason[96];
};

struct port *port_open_serial(const char *name, const struct port_options *options, struct port_error *error);
struct port *port_open_tty(const char *name, const struct port_options *options, struct port_error *error);
struct port *port_open_tcp(const char *host, const char *service, struct port_error *error);
struct port *port_open_unix(const char *path, struct port_error *error);

/* Is this a serial line that libserialport can open? It wants an entry in sysfs with a device behind it. */
bool port_is_serial(const char *name);

/* Fills *error from errno; NULL, so that a caller can return it. */
struct port *port_fail(struct port_error *error, int os_error);

/* Marks the port as closed; PORT_CLOSED. */
long port_mark_closed(struct port *port, const char *reason);

/* read() and write() with the rules of port.h; the end of input is PORT_CLOSED with this reason. */
long port_read_fd(struct port *port, char *buffer, size_t size, const char *at_end);
long port_write_fd(struct port *port, const char *bytes, size_t length);

/* Locks the tty against other programs: TIOCEXCL, and flock for those whom root's rights let pass it. False:
 * errno. */
bool port_lock(int fd);

#endif
