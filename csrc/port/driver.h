/* The interface that each kind of port implements. For csrc/port only. */
#ifndef PORT_DRIVER_H
#define PORT_DRIVER_H

#include "port/port.h"

/* NULL: this kind has no such operation. */
struct port_driver {
    void (*close)(struct port *port);
    long (*read)(struct port *port, char *buffer, size_t size);
    long (*write)(struct port *port, const char *bytes, size_t length);
    bool (*set_dtr)(struct port *port, bool on);
    bool (*set_rts)(struct port *port, bool on);
    bool (*set_baud)(struct port *port, uint32_t baud);
};

/* First member of the struct of each kind. */
struct port {
    const struct port_driver *driver;
    int fd;
    uint32_t baud; /* 0: no speed of its own */
    char reason[96];
};

struct port *port_open_serial(const char *name, const struct port_options *options, struct port_error *error);
struct port *port_open_tty(const char *name, const struct port_options *options, struct port_error *error);
struct port *port_open_tcp(const char *host, const char *service, struct port_error *error);
struct port *port_open_unix(const char *path, struct port_error *error);

/* Takes over a connected stream socket that does not block. NULL: no memory; the descriptor is still the
 * caller's. */
struct port *port_of_stream(int fd);

/* Whether libserialport can open this line; it requires an entry with a device in sysfs. */
bool port_is_serial(const char *name);

/* Fills *error from an errno value and returns NULL. */
struct port *port_fail(struct port_error *error, int os_error);

/* Records why the port is closed, unless that is known already, and returns PORT_CLOSED. */
long port_mark_closed(struct port *port, const char *reason);

/* read() and write() with the semantics of port.h. The end of input is PORT_CLOSED with the reason `at_end`.
 */
long port_read_fd(struct port *port, char *buffer, size_t size, const char *at_end);
long port_write_fd(struct port *port, const char *bytes, size_t length);

/* Locks the tty against other programs: by TIOCEXCL and, since root is exempt from that, by flock. False: see
 * errno. */
bool port_lock(int fd);

/* Before the tty is closed: if another program has it open (root is exempt), it stays exclusive otherwise. */
void port_unlock(int fd);

#endif
