/* What makes one module differ from another: its command tables, line rules and words. The rest of the
 * emulator asks here and knows no vendor. */
#ifndef EMU_MODULE_H
#define EMU_MODULE_H

#include "emulator/interpreter/command.h"
#include "emulator/interpreter/parser.h"
#include "emulator/loop.h"
#include "emulator/quirks.h"

#include <stdio.h>

struct emu_control_line;

struct emu_line_rules {
    char end;             /* of a command line */
    char ignored;         /* its companion: skipped, and not echoed */
    const char *echo_end; /* what an end is echoed as */
    size_t max_length;    /* bytes of a line, 1 to EMU_LINE_MAX */
    struct emu_result overlong;
    emu_time guard; /* silence around the escape sequence */
};

struct emu_module {
    const char *name;
    struct emu_line_rules line;
    const struct emu_grammar *grammar;
    const struct emu_quirk_entry
        *quirks; /* what only its firmware does, ended by one without name; NULL: none */
    const struct emu_command *const *tables; /* each ended by an entry without name; NULL ends the list */
    const void *model;                       /* what the vendor's code wants to know of this one */

    void *(*create)(struct emu *emu); /* the vendor's state, emu->vendor from then on */
    void (*destroy)(struct emu *emu);
    /* The power is gone: connections, contexts and settings that are not kept. Nothing may be printed. */
    void (*power_off)(struct emu *emu);
    /* It is back: prints the boot URCs. */
    void (*boot)(struct emu *emu);
    /* Once a round: prints what connections have to say by themselves, their data as long as the output is
     * below EMU_UART_PUMP_BELOW. True: data was added, and there may be more. */
    bool (*pump)(struct emu *emu);
    /* Commands of the control connection that only this vendor has; false: not one of them. */
    bool (*control)(struct emu *emu, struct emu_control_line *line);
    /* What else `set` there can set: NULL when done, else what would have been understood. */
    const char *(*set)(struct emu *emu, const char *key, const char *value, bool *handled);
    /* What these two understand, for `help` there. */
    const char *control_usage, *set_usage;
    /* " key=value" pairs for `stats` there. */
    void (*print_stats)(struct emu *emu, char *text, size_t size);

    /* How a command's result is said: emu_v250_final, or the vendor's own. */
    void (*final)(struct emu *emu, struct emu_result result);
    /* What is said to a command line that comes while another is executed; NULL: it waits for its turn. */
    void (*busy)(struct emu *emu);
    const char *(*prompt)(const struct emu *emu);
    /* For emu_v250_final. The words for an error number; NULL when there are none. And whether they are what
     * is printed. */
    const char *(*cme_text)(int code);
    bool (*cme_as_text)(const struct emu *emu, int code);
};

/* The list of all, ended by NULL; the first is the default. */
const struct emu_module *const *emu_modules(void);

#endif
