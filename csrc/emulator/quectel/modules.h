/* All Quectel modules. */
#ifndef EMU_QUECTEL_MODULES_H
#define EMU_QUECTEL_MODULES_H

struct emu_module;

extern const struct emu_module quectel_ec200u, quectel_ec200a;

#endif
