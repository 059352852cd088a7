/* A dialect as the engine sees it: look-up tables compiled from the declarations, no vendor's name among
 * them. Built once, then only read; one set of rules serves any number of engines. */
#ifndef AT_RULES_H
#define AT_RULES_H

#include "at/trie.h"

/* Owns its tables and texts, unless they are constant: then it owns the trees alone. */
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

/* The name in a command line without `AT`, as a length: `+CREG` of `+CREG=1`, `E` of `E0`, `&F` of `&F`. */
size_t at_command_name(const char *command, size_t length);
enum at_form at_command_form(const char *command, size_t length);

/* NULL: nothing is known of it. */
const struct at_command_rule *at_rules_command(const struct at_rules *rules, const char *name, size_t length);

#endif
