/* Command lines of Ai-Thinker firmware: one command each, AT+NAME, AT+NAME? or AT+NAME=..., and AT, ATE0.
 *
 * Parameters are separated by commas. One that holds a comma stands in double quotes, and \" in them is a
 * quote (TCP/IP page, AT+SOCKETSENDLINE). */
#ifndef EMU_AITHINKER_GRAMMAR_H
#define EMU_AITHINKER_GRAMMAR_H

#include "emulator/interpreter/parser.h"

extern const struct emu_grammar aithinker_grammar;

#endif
