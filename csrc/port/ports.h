/* Lists the serial lines of this machine by their names and USB descriptors, without opening them. */
#ifndef PORT_PORTS_H
#define PORT_PORTS_H

#include <stdbool.h>

struct port_info {
    const char *name;
    const char *description; /* NULL: none */
    const char *serial;      /* the USB device's serial number; NULL: none */
    int vid, pid;            /* -1: not a USB device */
    int interface;           /* bInterfaceNumber; -1: unknown */
};

/* Calls `each` for every line. False when this build cannot list them (no libserialport), or there is no
 * memory. */
bool port_list(void (*each)(void *context, const struct port_info *info), void *context);

#endif
