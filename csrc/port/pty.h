/* The module's end of a pty, for programs that play a module. */
#ifndef PORT_PTY_H
#define PORT_PTY_H

#include <stddef.h>

#include "port/port.h"

/* Makes a pty without echo or line editing; its path, which programs open, is put into `path`. NULL: see
 * *error. */
struct port *port_open_pty(char *path, size_t size, struct port_error *error);

#endif
