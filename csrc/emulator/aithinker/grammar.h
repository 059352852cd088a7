/* The command line grammar of Ai-Thinker firmware. A line is one command: AT, ATE0, AT+NAME, AT+NAME? or
 * AT+NAME=...
 *
 * Parameters are separated by commas. A parameter that contains a comma is enclosed in double quotes,
 * within which \" stands for a quote (TCP/IP page, AT+SOCKETSENDLINE). */
#ifndef EMU_AITHINKER_GRAMMAR_H
#define EMU_AITHINKER_GRAMMAR_H

#include "emulator/interpreter/parser.h"

extern const struct emu_grammar aithinker_grammar;

#endif
