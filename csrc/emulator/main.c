#include "emulator/alloc.h"
#include "emulator/control/control.h"
#include "emulator/emu.h"
#include "emulator/injection/injection.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/mode.h"
#include "emulator/line/name.h"
#include "emulator/module.h"
#include "emulator/profile/profile.h"
#include "emulator/world/power.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct signals {
    struct emu *emu;
    struct emu_watch watch;
};

static bool after_round(void *owner)
{
    struct emu *emu = owner;
    const struct emu_output *output = &emu->uart.output;
    emu_mode_run(emu);
    bool full = emu_output_length(output) >= EMU_UART_PUMP_BELOW; /* the pump may have had to wait for room */
    bool in_data = emu->mode->in_data, running = emu->dispatch->running;
    bool pumped = emu->module->pump(emu);
    /* Input may have been waiting for something that the pump has completed. */
    if (in_data != emu->mode->in_data || running != emu->dispatch->running)
        emu_mode_run(emu);
    emu_injection_settle(emu);
    emu_uart_flush(&emu->uart);
    return (pumped || full) && emu_output_length(output) < EMU_UART_PUMP_BELOW;
}

static bool failed(const struct emu *emu, const char *what, const char *path)
{
    const char *reason = strerror(errno);
    emu_print_error(emu->options, "%s%s%s: %s", what, path ? " " : "", path ? path : "", reason);
    return false;
}

static void on_signal(void *owner, short events)
{
    (void)events;
    struct signals *signals = owner;
    struct signalfd_siginfo which;
    if (read(signals->watch.fd, &which, sizeof which) == sizeof which)
        signals->emu->loop.stopping = true;
}

static bool catch_signals(struct signals *signals, struct emu *emu)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (emu->options->attached)
        signal(SIGINT, SIG_IGN); /* Ctrl-C is for the program that reads: its module stays */
    else
        sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return failed(emu, "cannot handle signals", NULL);
    signals->emu = emu;
    signals->watch = (struct emu_watch){.fd = fd, .events = POLLIN, .on_ready = on_signal, .owner = signals};
    emu_watch_add(&emu->loop, &signals->watch);
    return true;
}

static void on_reader_gone(void *owner, short events)
{
    (void)events;
    ((struct emu *)owner)->loop.stopping = true;
}

static void set_clock(struct emu *emu)
{
    const struct emu_options *options = emu->options;
    int64_t seconds = options->clock_given ? options->clock : emu_clock_host();
    emu_clock_set(&emu->clock, emu_loop_now(&emu->loop), seconds);
}

/* What was printed has to arrive: on a full disk, or where standard output is closed, it does not. Returns
 * the exit status; where the reader has gone, that of a program that SIGPIPE has ended, and nothing is said.
 */
static int finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    if (errno == EPIPE)
        return 128 + SIGPIPE;
    fprintf(stderr, "hayes-emulator: standard output cannot be written: %s\n", strerror(errno));
    return 1;
}

static bool start(struct emu *emu, struct signals *signals, struct emu_watch *reader)
{
    const struct emu_options *options = emu->options;
    if (!catch_signals(signals, emu))
        return false;
    if (!emu_store_open(&emu->store, options->flash, options->flash_size))
        return failed(emu, "--flash", options->flash);
    if (!emu_uart_open(&emu->uart, &emu->loop, options->baud))
        return failed(emu, "cannot open a pty", NULL);
    if (options->baud)
        prctl(PR_SET_TIMERSLACK, 1UL); /* the default of 50 us is half a byte at 115200 baud */
    if (options->control && !emu_control_open(emu, options->control))
        return failed(emu, "--control", options->control);
    if (options->attached) {
        *reader = (struct emu_watch){
            .fd = STDOUT_FILENO, .events = POLLERR, .on_ready = on_reader_gone, .owner = emu};
        emu_watch_add(&emu->loop, reader);
    }
    if (options->link && !emu_name_set(options->link, emu->uart.path))
        return failed(emu, "--link", options->link);

    const struct emu_profile profile = {.echo = options->echo, .verbose = true, .cmee = 1};
    emu->uart.latency = emu_ms(options->latency_ms);
    set_clock(emu);
    emu_mode_init(emu, &profile);
    emu_dispatch_init(emu);
    emu_power_init(emu, emu_ms(200));
    emu->vendor = emu->module->create(emu);
    if (!emu->vendor)
        return failed(emu, "--flash", options->flash);
    if (options->faults)
        emu_injection_set(emu, options->faults);
    printf("%s\n", emu->uart.path);
    return true;
}

static void stop(struct emu *emu, struct signals *signals)
{
    if (emu->options->link && *emu->uart.path)
        emu_name_remove(emu_injection_port(emu), emu->uart.path);
    if (emu->vendor)
        emu->module->destroy(emu);
    emu_dispatch_free(emu);
    emu_mode_free(emu);
    emu_control_close(emu);
    emu_faults_free(&emu->faults);
    emu_injection_free(emu);
    if (emu->uart.loop)
        emu_uart_close(&emu->uart);
    emu_store_close(&emu->store);
    if (signals->emu)
        close(signals->watch.fd);
    emu_loop_free(&emu->loop);
}

static void free_rules(struct emu_net *net)
{
    emu_resolver_free(&net->resolver);
    emu_listen_free(&net->listen);
}

/* All that lives as long as the emulator. */
struct program {
    struct emu emu;
    struct emu_mode mode;
    struct emu_dispatch dispatch;
    struct emu_power power;
    struct emu_control control;
    struct emu_injection injection;
};

static struct emu *create(const struct emu_options *options, const struct emu_net *net)
{
    struct program *program = emu_alloc(sizeof *program);
    struct emu *emu = &program->emu;
    emu->options = options;
    emu->module = options->module;
    emu->quirks = options->quirks;
    emu->profile = options->profile;
    emu->mode = &program->mode;
    emu->dispatch = &program->dispatch;
    emu->power = &program->power;
    emu->control = &program->control;
    emu->injection = &program->injection;
    emu->net = *net;
    emu->net.loop = &emu->loop;
    emu->random.state = options->seed;
    emu_loop_init(&emu->loop, after_round, emu);
    emu_injection_init(emu, options->seed);
    return emu;
}

/* Gives standard input, output and error, where they are closed, /dev/null: a port or a server must not get
 * their numbers. Standard output is for reading then: what is printed fails, as nobody gets it. */
static void fill_standard(void)
{
    static const int modes[] = {O_RDWR, O_RDONLY, O_RDWR};
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", modes[fd]); /* those below are open: it gets this number */
    }
}

int main(int argc, char **argv)
{
    fill_standard();
    struct emu_options options;
    struct emu_net net = {0};
    enum emu_options_verdict verdict = emu_options_read(&options, &net, argc, argv);
    if (verdict != EMU_OPTIONS_RUN) {
        free_rules(&net);
        emu_profile_free(options.profile);
        return verdict == EMU_OPTIONS_DONE ? finish_output() : 2;
    }

    struct emu *emu = create(&options, &net);
    struct signals signals = {0};
    struct emu_watch reader = {0};

    int status = start(emu, &signals, &reader) ? finish_output() : 1;
    if (status == 0 && !emu_loop_run(&emu->loop))
        status = 1;
    stop(emu, &signals);
    free_rules(&emu->net);
    emu_profile_free(options.profile);
    free(emu); /* the first member of its program */
    return status;
}
