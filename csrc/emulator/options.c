#include "emulator/options.h"

#include "emulator/injection/injection.h"
#include "emulator/module.h"
#include "emulator/net/net.h"
#include "emulator/profile/profile.h"
#include "emulator/quirks.h"

#include <getopt.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char usage[] =
    "Usage: hayes-emulator [OPTION]...\n"
    "Emulates a serial AT module. Prints the path of its pty and runs until SIGTERM.\n"
    "\n"
    "  --module NAME          module to emulate: EC200U (default), EC200A, Ai-WB2\n"
    "  --flash DIR            folder for the module's files (default: a temporary folder)\n"
    "  --flash-size BYTES     capacity of the flash (default 1048576)\n"
    "  --baud N               limit both directions to the speed of N baud (default: no limit)\n"
    "  --resolve HOST[:ASKED]=ADDR[:PORT]\n"
    "                         redirect connections to HOST to ADDR: those to port ASKED (without ASKED:\n"
    "                         to any port), to PORT there (without PORT: to the port that was asked for);\n"
    "                         repeatable\n"
    "  --listen ASKED=PORT    listen on PORT of 127.0.0.1 (0: any free port) when the module is told to\n"
    "                         listen on ASKED; repeatable (default: the same port)\n"
    "  --link PATH            create a symbolic link to the pty; the fault \"port renamed\" makes it PATH.1\n"
    "  --latency MS           delay every answer\n"
    "  --quirks NAME[,NAME]   imitate particular firmware; \"list\" prints the names\n"
    "  --profile FILE         answer like the module of this profile, which hayes probe has written\n"
    "  --faults NAME[=RATE|:NUMBER|:PREFIX][,...]\n"
    "                         faults of line, module and network, decided by --seed: with a probability\n"
    "                         (default 0.02), at one opportunity, counted from 1, or at the first command\n"
    "                         that begins with PREFIX; \"list\" prints the names\n"
    "  --control PATH         create a Unix socket that accepts commands, such as faults; \"help\" lists "
    "them\n"
    "  --attached             exit when the reader of stdout closes it; print errors there too\n"
    "  --sim STATE            ready (default), absent, pin:1234, puk, pin2, puk2,\n"
    "                         ph-sim, ph-net, busy, not-ready, failed\n"
    "  --registration STATE   home (default), roaming, searching, denied, none\n"
    "  --apn NAME             the only access point name that the network accepts (default: any)\n"
    "  --ap SSID[,PASSWORD]   Wi-Fi modules: the only access point in range (default: accept any name)\n"
    "  --clock TIME           initial time of the module: Unix time in seconds, or unset (default: host "
    "time)\n"
    "  --echo 0|1             command echo after power-up (default 1)\n"
    "  --seed N               seed for random behaviour and for faults (default 1)\n"
    "  --help                 print this text\n"
    "  --version              print the version, and that of OpenSSL\n";

enum option_code {
    OPTION_MODULE = 1,
    OPTION_FLASH,
    OPTION_FLASH_SIZE,
    OPTION_BAUD,
    OPTION_RESOLVE,
    OPTION_LISTEN,
    OPTION_LINK,
    OPTION_LATENCY,
    OPTION_QUIRKS,
    OPTION_PROFILE,
    OPTION_FAULTS,
    OPTION_CONTROL,
    OPTION_ATTACHED,
    OPTION_SIM,
    OPTION_REGISTRATION,
    OPTION_APN,
    OPTION_AP,
    OPTION_CLOCK,
    OPTION_ECHO,
    OPTION_SEED,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option known[] = {
    {"module", required_argument, NULL, OPTION_MODULE},
    {"flash", required_argument, NULL, OPTION_FLASH},
    {"flash-size", required_argument, NULL, OPTION_FLASH_SIZE},
    {"baud", required_argument, NULL, OPTION_BAUD},
    {"resolve", required_argument, NULL, OPTION_RESOLVE},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"link", required_argument, NULL, OPTION_LINK},
    {"latency", required_argument, NULL, OPTION_LATENCY},
    {"quirks", required_argument, NULL, OPTION_QUIRKS},
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"faults", required_argument, NULL, OPTION_FAULTS},
    {"control", required_argument, NULL, OPTION_CONTROL},
    {"attached", no_argument, NULL, OPTION_ATTACHED},
    {"sim", required_argument, NULL, OPTION_SIM},
    {"registration", required_argument, NULL, OPTION_REGISTRATION},
    {"apn", required_argument, NULL, OPTION_APN},
    {"ap", required_argument, NULL, OPTION_AP},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"echo", required_argument, NULL, OPTION_ECHO},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value < min || value > max)
        return false;
    *number = value;
    return true;
}

static const char *read_module(struct emu_options *options, const char *text)
{
    for (const struct emu_module *const *module = emu_modules(); *module; module++) {
        if (strcasecmp((*module)->name, text) == 0) {
            options->module = *module;
            return NULL;
        }
    }
    return "EC200U, EC200A or Ai-WB2";
}

static const char *read_clock(struct emu_options *options, const char *text)
{
    uint64_t number;
    options->clock_unset = strcmp(text, "unset") == 0;
    options->clock_given = true;
    if (options->clock_unset)
        return NULL;
    if (!read_number(text, 0, 4102444799, &number))
        return "Unix time in seconds, up to the year 2099, or unset";
    options->clock = (int64_t)number;
    return NULL;
}

static const char *read_quirks(struct emu_options *options, const char *text)
{
    static char words[256];
    const char *unknown = emu_quirks_parse(text, &options->quirks);
    if (!unknown)
        return NULL;
    const char *nearest = emu_quirks_nearest(unknown);
    snprintf(words, sizeof words,
             "a comma-separated list of names printed by --quirks list; there is no %.*s%s%s%s",
             (int)strcspn(unknown, ","), unknown, nearest ? " (did you mean " : "", nearest ? nearest : "",
             nearest ? "?)" : "");
    return words;
}

/* The module of the profile is the default one. */
static const char *read_profile(struct emu_options *options, const char *path)
{
    static char problem[128];
    emu_profile_free(options->profile);
    options->profile = emu_profile_load(path, problem, sizeof problem);
    if (!options->profile)
        return problem;
    if (!emu_profile_module(options->profile))
        return "its dialect is none of a module of the emulator";
    return NULL;
}

/* Reads an option with a numeric value. Returns NULL on success, else a description of valid values. */
static const char *read_numeric(struct emu_options *options, enum option_code code, const char *text)
{
    uint64_t number;
    if (code == OPTION_FLASH_SIZE) {
        if (!read_number(text, 0, UINT64_MAX >> 1, &number))
            return "a number of bytes";
        options->flash_size = number;
    } else if (code == OPTION_BAUD) {
        if (!read_number(text, 300, 10000000, &number))
            return "a baud rate from 300 to 10000000";
        options->baud = (unsigned long)number;
    } else if (code == OPTION_LATENCY) {
        if (!read_number(text, 0, 3600000, &number))
            return "a number of milliseconds from 0 to 3600000";
        options->latency_ms = (long)number;
    } else if (code == OPTION_ECHO) {
        if (!read_number(text, 0, 1, &number))
            return "0 or 1";
        options->echo = number == 1;
    } else if (!read_number(text, 0, UINT64_MAX, &options->seed)) {
        return "a number";
    }
    return NULL;
}

static const char *read_option(struct emu_options *options, struct emu_net *net, enum option_code code,
                               const char *text)
{
    switch (code) {
    case OPTION_MODULE:
        return read_module(options, text);
    case OPTION_FLASH:
        options->flash = text;
        return *text ? NULL : "the path of a folder";
    case OPTION_FLASH_SIZE:
    case OPTION_BAUD:
    case OPTION_LATENCY:
    case OPTION_ECHO:
    case OPTION_SEED:
        return read_numeric(options, code, text);
    case OPTION_RESOLVE:
        return emu_resolver_add(&net->resolver, text);
    case OPTION_LISTEN:
        return emu_listen_add(&net->listen, text);
    case OPTION_LINK:
        options->link = text;
        return *text ? NULL : "a path";
    case OPTION_QUIRKS:
        return read_quirks(options, text);
    case OPTION_PROFILE: /* the caller's */
        return NULL;
    case OPTION_FAULTS:
        options->faults = text;
        return emu_injection_set(NULL, text);
    case OPTION_CONTROL:
        options->control = text;
        return *text ? NULL : "a path";
    case OPTION_ATTACHED:
        options->attached = true;
        return NULL;
    case OPTION_SIM:
        return emu_cellular_set_sim(&options->cellular, text);
    case OPTION_REGISTRATION:
        return emu_cellular_set_registration(&options->cellular, text);
    case OPTION_APN:
        return emu_cellular_set_apn(&options->cellular, text);
    case OPTION_AP:
        return emu_wireless_set_ap(&options->wireless, text);
    case OPTION_CLOCK:
        return read_clock(options, text);
    case OPTION_HELP:
    case OPTION_VERSION:
        return NULL;
    }
    return NULL;
}

static bool answers_alone(int code, const char *text)
{
    if (code == OPTION_HELP)
        fputs(usage, stdout);
    else if (code == OPTION_VERSION)
        printf("hayes-emulator %s, %s\n", HAYES_VERSION, OpenSSL_version(OPENSSL_VERSION));
    else if (code == OPTION_QUIRKS && strcmp(text, "list") == 0)
        emu_quirks_list(stdout);
    else if (code == OPTION_FAULTS && strcmp(text, "list") == 0)
        emu_injection_list(stdout);
    else
        return false;
    return true;
}

void emu_print_error(const struct emu_options *options, const char *format, ...)
{
    FILE *file = options->attached ? stdout : stderr;
    va_list arguments;
    va_start(arguments, format);
    fputs("hayes-emulator: ", file);
    vfprintf(file, format, arguments);
    fputc('\n', file);
    va_end(arguments);
}

static enum emu_options_verdict refuse(const struct emu_options *options, const char *argument,
                                       const char *reason)
{
    emu_print_error(options, "%s: %s; see --help", argument, reason);
    return EMU_OPTIONS_ERROR;
}

/* Without --module it is the one of the profile, or the first. */
static enum emu_options_verdict choose_module(struct emu_options *options)
{
    const struct emu_module *played = options->profile ? emu_profile_module(options->profile) : NULL;
    options->module = options->module ? options->module : played ? played : emu_modules()[0];
    if (played && strcmp(played->dialect, options->module->dialect) != 0)
        return refuse(options, "--profile", "it is of a module with another dialect than that of --module");
    if (played)
        options->quirks |= options->profile->quirks;
    return EMU_OPTIONS_RUN;
}

enum emu_options_verdict emu_options_read(struct emu_options *options, struct emu_net *net, int argc,
                                          char **argv)
{
    *options = (struct emu_options){
        .flash_size = 1 << 20,
        .cellular = {.registration = EMU_REGISTRATION_HOME, .signal = 24},
        .echo = true,
        .seed = 1,
    };
    for (;;) {
        int index = -1, argument = optind;
        int code = getopt_long(argc, argv, ":", known, &index);
        if (code == -1)
            break;
        if (code == ':')
            return refuse(options, argv[argument], "the option needs a value");
        if (code == '?' || index < 0)
            return refuse(options, argv[argument], "unknown option, or an option that takes no value");
        if (answers_alone(code, optarg))
            return EMU_OPTIONS_DONE;
        const char *wrong = code == OPTION_PROFILE ? read_profile(options, optarg) : NULL;
        if (wrong) {
            emu_print_error(options, "--profile %s is no profile of a module: %s", optarg, wrong);
            return EMU_OPTIONS_ERROR;
        }
        const char *allowed = read_option(options, net, (enum option_code)code, optarg);
        if (allowed) {
            emu_print_error(options, "--%s %s: %s%s", known[index].name, optarg,
                            code == OPTION_FAULTS ? "" : "expected ", allowed);
            return EMU_OPTIONS_ERROR;
        }
    }
    if (optind < argc)
        return refuse(options, argv[optind], "unexpected argument");
    return choose_module(options);
}
