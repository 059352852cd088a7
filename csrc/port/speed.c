/* termios2 is Linux's. Its header and <termios.h> define the same names, so that this is a file of its own.
 */
#include "port/speed.h"

#include <errno.h>

#ifdef __linux__
#include <asm/termbits.h>
#include <sys/ioctl.h>
#endif

#if defined BOTHER && defined TCSETSW2

bool port_set_any_speed(int fd, uint32_t baud)
{
    struct termios2 line;
    if (baud == 0 || ioctl(fd, TCGETS2, &line) != 0)
        return false;
    line.c_cflag &= ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT);
    line.c_cflag |= BOTHER | BOTHER << IBSHIFT;
    line.c_ispeed = line.c_ospeed = baud;
    return ioctl(fd, TCSETSW2, &line) == 0;
}

#else

bool port_set_any_speed(int fd, uint32_t baud)
{
    (void)fd;
    (void)baud;
    errno = EINVAL;
    return false;
}

#endif
