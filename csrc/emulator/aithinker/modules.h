/* All Ai-Thinker modules. */
#ifndef EMU_AITHINKER_MODULES_H
#define EMU_AITHINKER_MODULES_H

struct emu_module;

extern const struct emu_module aithinker_wb2;

#endif
