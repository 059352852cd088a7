/* The serial lines of this machine. Looks at names and USB descriptors only; opens nothing. */
#ifndef PORT_PORTS_H
#define PORT_PORTS_H

#include <stdbool.h>

struct port_info {
    const char *name;
    const char *description; /* NULL: none */
    const char *serial;      /* the USB device's serial number; NULL: none */
    int vid, pid;            /* -1: not a USB device */
    int interface;           /* bInterfaceNumber; -1: not known */
};

/* Calls back once for each. False when this build cannot tell (no libserialport), or memory ran out. */
bool port_list(void (*each)(void *context, const struct port_info *info), void *context);

#endif
