#include "emulator/interpreter/dispatch.h"

#include "emulator/alloc.h"
#include "emulator/emu.h"
#include "emulator/injection/injection.h"
#include "emulator/interpreter/reply.h"
#include "emulator/module.h"
#include "emulator/profile/profile.h"

#include <stdlib.h>
#include <string.h>

static void on_delay_over(void *owner);

static int by_name(const void *a, const void *b)
{
    const struct emu_command *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

void emu_dispatch_init(struct emu *emu)
{
    struct emu_dispatch *dispatch = emu->dispatch;
    dispatch->delay = (struct emu_timer){.on_due = on_delay_over, .owner = emu};
    size_t count = 0;
    for (size_t table = 0; emu->module->tables[table]; table++)
        for (const struct emu_command *command = emu->module->tables[table]; command->name; command++)
            count++;
    dispatch->index = emu_alloc(count * sizeof *dispatch->index);
    for (size_t table = 0; emu->module->tables[table]; table++)
        for (const struct emu_command *command = emu->module->tables[table]; command->name; command++)
            dispatch->index[dispatch->index_size++] = command;
    qsort(dispatch->index, count, sizeof *dispatch->index, by_name);
}

void emu_dispatch_free(struct emu *emu)
{
    emu_dispatch_reset(emu);
    free(emu->dispatch->index);
    emu->dispatch->index = NULL;
}

const struct emu_command *const *emu_dispatch_commands(const struct emu *emu, size_t *count)
{
    *count = emu->dispatch->index_size;
    return emu->dispatch->index;
}

static const struct emu_command *find(const struct emu_dispatch *dispatch, const char *name)
{
    const struct emu_command key = {.name = name}, *wanted = &key;
    const struct emu_command **found =
        bsearch(&wanted, dispatch->index, dispatch->index_size, sizeof *dispatch->index, by_name);
    return found ? *found : NULL;
}

static struct emu_result test(const struct emu_command *command, struct emu_call *call)
{
    if (command->test)
        return command->test(call);
    if (!command->ranges)
        return emu_error();
    if (*command->ranges)
        emu_info(call->emu, "%s: %s", command->name, command->ranges);
    return emu_ok();
}

static struct emu_result execute(struct emu_call *call)
{
    struct emu_result played;
    if (call->emu->profile && emu_profile_play(call->emu->profile, call, &played))
        return played;
    const struct emu_command *command = find(call->emu->dispatch, call->name);
    if (!command || (command->present && !command->present(call->emu)))
        return emu_result(EMU_RESULT_UNKNOWN);
    emu_handler *handler = NULL;
    switch (call->form) {
    case EMU_TEST:
        return test(command, call);
    case EMU_READ:
        handler = command->read;
        break;
    case EMU_WRITE:
        handler = command->write;
        break;
    case EMU_EXECUTE:
        handler = command->execute;
        break;
    }
    return handler ? handler(call) : emu_error();
}

static void end(struct emu *emu, struct emu_result result)
{
    emu_final(emu, result);
    emu->dispatch->running = false;
    emu->dispatch->info_begun = false;
    emu->dispatch->muted = false;
}

static void run(struct emu *emu)
{
    struct emu_dispatch *dispatch = emu->dispatch;
    for (;;) {
        dispatch->info_begun = false;
        dispatch->call.emu = emu;
        switch (emu->module->grammar->next(&dispatch->parser, &dispatch->call)) {
        case EMU_PARSED_CALL:
            break;
        case EMU_PARSED_END:
            end(emu, emu_ok());
            return;
        case EMU_PARSED_ERROR:
            end(emu, emu_error());
            return;
        case EMU_PARSED_UNKNOWN:
            end(emu, emu_result(EMU_RESULT_UNKNOWN));
            return;
        }
        dispatch->executing = true;
        struct emu_result result = execute(&dispatch->call);
        dispatch->executing = false;
        if (result.outcome == EMU_RESULT_PENDING)
            return;
        if (result.outcome != EMU_RESULT_OK || dispatch->parser.line[dispatch->parser.at] == '\0') {
            end(emu, result);
            return;
        }
    }
}

static void print_fixed_answer(struct emu *emu)
{
    char *text = emu->dispatch->fixed_answer;
    emu->dispatch->fixed_answer = NULL;
    emu_raw(emu, text, strlen(text));
    free(text);
    emu->dispatch->running = false;
}

static void start(struct emu *emu)
{
    if (emu->dispatch->fixed_answer)
        print_fixed_answer(emu);
    else if (emu->dispatch->refused)
        end(emu, emu->dispatch->refusal);
    else
        run(emu);
}

static void on_delay_over(void *owner)
{
    start(owner);
}

void emu_dispatch_line(struct emu *emu, const char *line, size_t length)
{
    struct emu_dispatch *dispatch = emu->dispatch;
    if (dispatch->running) {
        emu->module->busy(emu);
        return;
    }
    if (!emu->module->grammar->begin(&dispatch->parser, line, length))
        return;
    emu->dispatch->commands++;
    if (dispatch->ignore_next) {
        dispatch->ignore_next = false;
        return;
    }
    struct emu_fault fault = emu_faults_take(&emu->faults, dispatch->parser.line);
    emu_injection_command(emu, dispatch->parser.line, &fault);
    if (fault.swallow) {
        free(fault.answer);
        return;
    }
    dispatch->running = true;
    dispatch->muted = fault.mute;
    dispatch->refused = fault.refuse;
    dispatch->refusal = fault.refusal;
    dispatch->fixed_answer = fault.answer;
    if (fault.delay > 0)
        emu_timer_start(&emu->loop, &dispatch->delay, emu_loop_now(&emu->loop) + fault.delay);
    else
        start(emu);
}

void emu_dispatch_overlong(struct emu *emu, const char *line, size_t length)
{
    if (!emu->dispatch->running && emu->module->grammar->begin(&emu->dispatch->parser, line, length))
        emu_final(emu, emu->module->line.overlong);
}

void emu_finish(struct emu *emu, struct emu_result result)
{
    struct emu_dispatch *dispatch = emu->dispatch;
    if (!dispatch->running)
        return;
    if (result.outcome == EMU_RESULT_OK && dispatch->parser.line[dispatch->parser.at] != '\0')
        run(emu);
    else
        end(emu, result);
}

void emu_dispatch_reset(struct emu *emu)
{
    struct emu_dispatch *dispatch = emu->dispatch;
    emu_timer_stop(&emu->loop, &dispatch->delay);
    free(dispatch->fixed_answer);
    dispatch->fixed_answer = NULL;
    dispatch->running = false;
    dispatch->info_begun = false;
    dispatch->muted = false;
}
