/* Descriptors that Lua owns. */
#ifndef CORE_DESCRIPTOR_H
#define CORE_DESCRIPTOR_H

#include "lua/core.h"

#include <stdbool.h>

#define CORE_DESCRIPTOR "hayes.descriptor"

/* Pushes a descriptor, closed until a number is stored where the result points. It is closed with the object.
 */
int *core_new_descriptor(lua_State *L);

/* Two connected sockets that neither block nor outlive exec. False: errno says why. */
bool core_socket_pair(int ends[2]);

#endif
