/* The description of a module: command tables, line rules and output format. The rest of the emulator
 * accesses these members and knows no vendor. */
#ifndef EMU_MODULE_H
#define EMU_MODULE_H

#include "emulator/interpreter/command.h"
#include "emulator/interpreter/parser.h"
#include "emulator/loop.h"
#include "emulator/quirks.h"

#include <stdio.h>

struct emu_control_line;
struct emu_link;
struct emu_random;

struct emu_line_rules {
    char end;             /* terminator of a command line */
    char ignored;         /* ignored and not echoed */
    const char *echo_end; /* echo of the terminator */
    size_t max_length;    /* of a line in bytes, 1 to EMU_LINE_MAX */
    struct emu_result overlong;
    emu_time guard; /* silence around the escape sequence */
};

struct emu_module {
    const char *name;
    const char *dialect; /* what the library calls the way in which it speaks */
    struct emu_line_rules line;
    const struct emu_grammar *grammar;
    /* Those of its firmware alone, terminated by an entry without a name; NULL: none. */
    const struct emu_quirk_entry *quirks;
    const struct emu_quirk_habit *habits;
    const struct emu_command *const *tables; /* terminated by NULL; each table by an entry without a name */
    const void *model;                       /* parameters for the vendor's code */

    /* Returns the vendor's state, to be stored in emu->vendor, or NULL with errno set. */
    void *(*create)(struct emu *emu);
    void (*destroy)(struct emu *emu);
    /* Power is lost: closes connections and contexts and drops settings that are not saved. Must not print
     * anything. */
    void (*power_off)(struct emu *emu);
    /* Power is back: prints the boot URCs. */
    void (*boot)(struct emu *emu);
    /* URCs that concern nobody, terminated by NULL, for the fault "urc"; NULL: none. */
    const char *const *other_urcs;
    /* Visits every link, in use or not. */
    void (*each_link)(struct emu *emu, void (*visit)(struct emu_link *link, void *argument), void *argument);
    /* The network takes away what connections need, as for the fault "pdpdeact". Returns false if there was
     * nothing; NULL: there never is. */
    bool (*lose_context)(struct emu *emu);
    /* Another program weakens what the verification of a server depends on, as for the fault "settings
     * changed", unless the command line belongs to an opening. Returns false if there was nothing to do;
     * NULL: there never is. */
    bool (*weaken)(struct emu *emu, const char *line, struct emu_random *random);
    /* Called once per round. Prints the unsolicited output of connections; prints their data only while
     * the output is below EMU_UART_PUMP_BELOW. Returns true if data was added and there may be more. */
    bool (*pump)(struct emu *emu);
    /* Carries out commands of the control connection that are specific to this vendor. Returns false if
     * there is no such command. */
    bool (*control)(struct emu *emu, struct emu_control_line *line);
    /* Handles further keys of the control command `set`. Returns NULL on success, else a description of
     * valid values. Clears *handled if there is no such key. */
    const char *(*set)(struct emu *emu, const char *key, const char *value, bool *handled);
    /* Usage texts of these two for the control command `help`. */
    const char *control_usage, *set_usage;
    /* Appends " key=value" pairs to the answer to the control command `stats`. */
    void (*print_stats)(struct emu *emu, char *text, size_t size);

    /* Prints a result code: emu_v250_final or the vendor's own function. */
    void (*final)(struct emu *emu, struct emu_result result);
    /* Answers a command line that arrives during another; NULL: it waits instead. */
    void (*busy)(struct emu *emu);
    const char *(*prompt)(const struct emu *emu);
    /* For emu_v250_final: the text of a +CME ERROR code (NULL: none), and whether the text is printed in
     * place of the number. */
    const char *(*cme_text)(int code);
    bool (*cme_as_text)(const struct emu *emu, int code);
};

/* All modules, terminated by NULL. The first one is the default. */
const struct emu_module *const *emu_modules(void);

#endif
