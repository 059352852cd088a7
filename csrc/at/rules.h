/* The rules of a dialect as look-up tables. They are built once and then only read; any number of engines may
 * share them. */
#ifndef AT_RULES_H
#define AT_RULES_H

#include "at/trie.h"

/* Owns its tables and texts; with constant tables, only the look-up trees. */
struct at_rules {
    struct at_alloc alloc;
    struct at_protocol protocol;
    struct at_trie lines;
    const struct at_line_rule *line_rules;
    int16_t line_count, line_room;
    struct at_trie commands;
    const struct at_command_rule *command_rules;
    int16_t command_count, command_room;
    bool constant;
};

/* Length of the name at the start of a command line without `AT`. Examples: `+CREG` in `+CREG=1`, `E` in
 * `E0`, `&F` in `&F`. */
size_t at_command_name(const char *command, size_t length);

/* The command after this one on a line (V.250 5.2.1, `+CREG?;+CSQ`); end: there is none. */
const char *at_next_command(const char *text, const char *end);

char at_upper(char byte);

enum at_form at_command_form(const char *command, size_t length);

/* NULL: there is no rule for this command. */
const struct at_command_rule *at_rules_command(const struct at_rules *rules, const char *name, size_t length);

#endif
