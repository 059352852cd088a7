/* Command line options. */
#ifndef EMU_OPTIONS_H
#define EMU_OPTIONS_H

#include "emulator/world/cellular.h"
#include "emulator/world/wireless.h"

#include <stdint.h>

struct emu_module;
struct emu_module_profile;
struct emu_net;

/* Strings point into argv. */
struct emu_options {
    const struct emu_module *module;
    struct emu_module_profile *profile; /* NULL: none; main frees it */
    const char *flash;                  /* NULL: a temporary folder */
    uint64_t flash_size;
    unsigned long baud; /* 0: unlimited */
    const char *link, *control;
    long latency_ms;
    uint64_t quirks;
    const char *faults; /* NULL: none */
    bool attached;
    struct emu_cellular cellular;
    struct emu_wireless wireless;
    bool clock_given, clock_unset;
    int64_t clock;
    bool echo;
    uint64_t seed;
};

enum emu_options_verdict {
    EMU_OPTIONS_RUN,
    EMU_OPTIONS_DONE,  /* help or other information was printed, if standard output takes it: exit with 0 */
    EMU_OPTIONS_ERROR, /* an error was printed: exit with 2 */
};

/* Prints an error and a newline. With --attached it goes to stdout, where the path of the pty is expected. */
void emu_print_error(const struct emu_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads the command line. Adds the rules of --resolve and --listen to `net`. */
enum emu_options_verdict emu_options_read(struct emu_options *options, struct emu_net *net, int argc,
                                          char **argv);

#endif
