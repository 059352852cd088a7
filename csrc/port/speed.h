/* Line speeds of ttys that termios has no constant for. For csrc/port only. */
#ifndef PORT_SPEED_H
#define PORT_SPEED_H

#include <stdbool.h>
#include <stdint.h>

/* Sets any speed in both directions, after what has been written is sent. Drivers may take the nearest that
 * they can do. False where the kernel has no such call; see errno. */
bool port_set_any_speed(int fd, uint32_t baud);

#endif
