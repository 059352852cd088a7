#include "at/sync.h"

#include <string.h>

enum {
    FIRST_PROBE_MS = 300,
    LONGEST_PROBE_MS = 4000,
    SETTLE_MS = 40,        /* at 9600 baud an OK takes 6 ms */
    SETTLE_OWED_MS = 1000, /* earlier probes were not answered, and their OKs may still arrive */
    LONGEST_SETTLE_MS = 4000,
    SLOWNESS = 2, /* how much slower the answers to the others may be */
    LEAVE_MS = 200,
    PUSHED_QUIET_MS = 1000, /* how much longer silence is waited for while data is pushed */
    PUSHED_PROBE_MS = 5000, /* … and the answer to a probe, which may stand behind that data */
    PROMPT_QUIET_MS = 10,   /* what comes with a prompt is read before the prompt is cancelled */
    CLEAN_PROBES = 2,
    FILL_FACTOR = 4, /* each time that nothing has helped, more is sent at the prompt */
    LONGEST_FILL = 131072,
};

/* What to try when a probe is not answered, in this order, repeatedly. */
enum {
    STEP_ASK_AGAIN = 1,
    STEP_CANCEL,
    STEP_ESCAPE,
    STEP_FILL,
    STEPS
};

/* When the phase is over; in the next round at the earliest, so that all that comes now is read first. */
static at_time end_of_phase(const struct at_sync *sync, at_time now)
{
    return now + (sync->phase_ms > 0 ? at_ms(sync->phase_ms) : 1);
}

static void begin_phase(struct at_sync *sync, at_time now)
{
    sync->until = end_of_phase(sync, now);
    sync->pushed_until =
        sync->until + at_ms(sync->phase == AT_SYNC_PROBE ? PUSHED_PROBE_MS : PUSHED_QUIET_MS);
}

/* How long to look whether more arrives behind a final result code. It may be the late answer to the first of
 * the probes that are unanswered: those to the others take no longer then. */
static uint32_t settle_ms(const struct at_sync *sync, at_time now)
{
    if (sync->unanswered == 0)
        return SETTLE_MS;
    at_time slow = SLOWNESS * (now - sync->owed_since);
    if (slow >= at_ms(LONGEST_SETTLE_MS))
        return LONGEST_SETTLE_MS;
    return slow > at_ms(SETTLE_OWED_MS) ? (uint32_t)(slow / at_ms(1)) : SETTLE_OWED_MS;
}

/* What has not come in that time will not come any more. */
static void forget_owed(struct at_sync *sync)
{
    if (sync->phase_ms >= SETTLE_OWED_MS)
        sync->unanswered = 0;
}

static void wait_for(struct at_sync *sync, enum at_sync_phase phase, uint32_t milliseconds, at_time now)
{
    sync->phase = phase;
    sync->phase_ms = milliseconds;
    begin_phase(sync, now);
}

/* The phase's time starts once the port has accepted the text: see at_sync_sent. */
static void send(struct at_sync *sync, enum at_sync_phase phase, uint32_t milliseconds, const char *text,
                 size_t length, at_time now)
{
    memcpy(sync->text, text, length);
    sync->text_length = (uint8_t)length;
    sync->text_sent = 0;
    sync->phase = phase;
    sync->phase_ms = milliseconds;
    sync->until = AT_NEVER;
    if (length + sync->fill == 0)
        begin_phase(sync, now);
}

static void ask(struct at_sync *sync, const char *command, const struct at_protocol *protocol, at_time now)
{
    char text[sizeof sync->text];
    size_t length = strlen(command), eol = strlen(protocol->eol);
    memcpy(text, command, length);
    memcpy(text + length, protocol->eol, eol);
    if (sync->unanswered++ == 0)
        sync->owed_since = now;
    send(sync, AT_SYNC_PROBE, sync->probe_ms, text, length + eol, now);
}

static void probe(struct at_sync *sync, const struct at_protocol *protocol, at_time now)
{
    ask(sync, "AT", protocol, now);
}

/* Waits for the silence before the escape sequence. */
static void keep_silent(struct at_sync *sync, const struct at_escape *escape,
                        const struct at_protocol *protocol, at_time now)
{
    wait_for(sync, AT_SYNC_GUARD, protocol->guard_ms, now > escape->drained_at ? now : escape->drained_at);
}

/* The same in data mode, where that silence began when the last data had left. Takes another round in any
 * case, in which the host may tell that some has not: see at_sync_set_drain_time. */
static void keep_silent_after_data(struct at_sync *sync, const struct at_escape *escape,
                                   const struct at_protocol *protocol, at_time now)
{
    wait_for(sync, AT_SYNC_GUARD, protocol->guard_ms, escape->drained_at);
    if (sync->until <= now)
        sync->until = now + 1;
}

static void cancel_prompt(struct at_sync *sync, const struct at_protocol *protocol, at_time now)
{
    send(sync, AT_SYNC_LEAVE, LEAVE_MS, &protocol->cancel, protocol->cancel != 0, now);
}

/* The length of the escape sequence, or the byte that cancels a prompt, that the port has not taken whole; 0:
 * there is none. */
static uint8_t unsent_way_out(const struct at_sync *sync)
{
    return sync->phase == AT_SYNC_LEAVE && sync->text_sent < sync->text_length ? sync->text_length : 0;
}

/* What the port has not taken yet was meant for a state in which the module is not. */
static void drop_unsent(struct at_sync *sync)
{
    sync->text_sent = sync->text_length;
    sync->fill = 0;
}

/* Whether data mode is still to be left. An escape sequence has more than one character. */
static bool has_yet_to_escape(const struct at_sync *sync)
{
    return sync->escape_first || sync->phase == AT_SYNC_GUARD || unsent_way_out(sync) > 1;
}

/* Whether a prompt is still to be cancelled. */
static bool has_yet_to_cancel(const struct at_sync *sync)
{
    return sync->cancel_first || unsent_way_out(sync) == 1;
}

void at_sync_start(struct at_sync *sync, const struct at_sync_start *start, at_time now)
{
    bool again = sync->phase != AT_SYNC_OFF && !start->restarted;
    bool data_mode = start->data_mode || (again && has_yet_to_escape(sync));
    bool prompted = start->prompted || (again && has_yet_to_cancel(sync));
    *sync = (struct at_sync){
        .give_up = start->give_up,
        .probe_ms = FIRST_PROBE_MS,
        .unanswered = again ? sync->unanswered : 0,
        .owed_since = sync->owed_since,
        .final_owed = start->final_owed || (again && sync->final_owed),
        .cancel_first = prompted && !data_mode,
        .escape_first = data_mode,
        .data_owed = start->data_owed == 0 && again ? sync->data_owed : start->data_owed,
    };
    /* A module in data mode need not become quiet: it may have much to send yet. */
    wait_for(sync, AT_SYNC_QUIET, data_mode ? 0 : start->quiet_ms, now);
}

size_t at_sync_output(const struct at_sync *sync, const char **bytes)
{
    static const char filling[] = "\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r";
    if (sync->text_sent < sync->text_length) {
        *bytes = sync->text + sync->text_sent;
        return (size_t)(sync->text_length - sync->text_sent);
    }
    *bytes = filling;
    return sync->fill < sizeof filling - 1 ? (size_t)sync->fill : sizeof filling - 1;
}

bool at_sync_sent(struct at_sync *sync, size_t length, at_time now)
{
    size_t of_text = (size_t)(sync->text_length - sync->text_sent);
    if (of_text > length)
        of_text = length;
    sync->text_sent = (uint8_t)(sync->text_sent + of_text);
    sync->fill -= length - of_text;
    if (sync->text_sent == sync->text_length && sync->fill == 0)
        begin_phase(sync, now);
    return of_text > 0 && sync->text_sent == sync->text_length;
}

void at_sync_set_drain_time(struct at_sync *sync, at_time drained_at)
{
    at_time until = drained_at + at_ms(sync->phase_ms);
    if (sync->phase == AT_SYNC_GUARD && until > sync->until)
        sync->until = until;
}

void at_sync_final(struct at_sync *sync, bool success, at_time now)
{
    if (sync->final_owed) {
        sync->final_owed = false;
        if (sync->phase == AT_SYNC_QUIET)
            sync->until = end_of_phase(sync, now);
        return;
    }
    if (sync->phase == AT_SYNC_PROBE &&
        sync->text_sent < sync->text_length) { /* no answer to what is unsent */
        if (sync->unanswered > 1)
            sync->unanswered--;
        sync->clean = 0;
        return;
    }
    if (sync->unanswered > 0)
        sync->unanswered--;
    sync->step = 0;
    uint32_t milliseconds = settle_ms(sync, now);
    if (sync->phase == AT_SYNC_PROBE && success) {
        wait_for(sync, AT_SYNC_SETTLE, milliseconds, now);
        return;
    }
    sync->clean = 0;
    wait_for(sync, AT_SYNC_QUIET, milliseconds, now);
}

void at_sync_line(struct at_sync *sync, at_time now)
{
    if (sync->phase == AT_SYNC_SETTLE) {
        sync->clean = 0;
        wait_for(sync, AT_SYNC_QUIET, SETTLE_MS, now);
    } else if (sync->phase == AT_SYNC_QUIET) {
        sync->until = end_of_phase(sync, now);
    }
}

static bool is(const char *line, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(line, text, length) == 0;
}

bool at_sync_is_echo(const struct at_sync *sync, const struct at_protocol *protocol, const char *line,
                     size_t length)
{
    return sync->phase != AT_SYNC_OFF &&
           (is(line, length, "AT") || is(line, length, protocol->result_codes_on));
}

void at_sync_data(struct at_sync *sync, bool pushed, at_time now)
{
    if (pushed && now >= sync->pushed_until)
        return;
    if (sync->until != AT_NEVER && (sync->phase == AT_SYNC_QUIET || sync->phase == AT_SYNC_PROBE))
        sync->until = end_of_phase(sync, now);
}

void at_sync_prompt(struct at_sync *sync, bool connected, uint64_t data_owed, at_time now)
{
    drop_unsent(sync);
    sync->data_owed = data_owed;
    sync->cancel_first = !connected;
    sync->escape_first = connected;
    sync->clean = 0;
    wait_for(sync, AT_SYNC_QUIET, PROMPT_QUIET_MS, now);
}

/* How many bytes to send to a module that may be waiting for data at a prompt. */
static uint64_t next_fill(struct at_sync *sync, const struct at_protocol *protocol)
{
    if (sync->data_owed > 0)
        return sync->data_owed;
    uint32_t next = sync->last_fill * FILL_FACTOR;
    if (sync->last_fill == 0)
        next = protocol->max_prompt;
    sync->last_fill = next < LONGEST_FILL ? next : LONGEST_FILL;
    return sync->last_fill;
}

/* A probe was not answered: tries the next way to free the module. */
static void try_next(struct at_sync *sync, const struct at_escape *escape, const struct at_protocol *protocol,
                     at_time now)
{
    sync->clean = 0;
    sync->probe_ms = sync->probe_ms * 2 < LONGEST_PROBE_MS ? sync->probe_ms * 2 : LONGEST_PROBE_MS;
    sync->step = (uint8_t)(sync->step + 1 < STEPS ? sync->step + 1 : STEP_ASK_AGAIN);
    switch (sync->step) {
    case STEP_CANCEL:
        cancel_prompt(sync, protocol, now);
        break;
    case STEP_ESCAPE:
        keep_silent(sync, escape, protocol, now);
        break;
    case STEP_FILL:
        sync->fill = next_fill(sync, protocol);
        send(sync, AT_SYNC_LEAVE, LEAVE_MS, "", 0, now);
        break;
    default:
        ask(sync, protocol->result_codes_on[0] ? protocol->result_codes_on : "AT", protocol, now);
    }
}

bool at_sync_tick(struct at_sync *sync, const struct at_escape *escape, const struct at_protocol *protocol,
                  at_time now)
{
    if (sync->phase == AT_SYNC_OFF || now < sync->until)
        return false;
    switch (sync->phase) {
    case AT_SYNC_OFF:
        break;
    case AT_SYNC_QUIET:
        forget_owed(sync);
        if (sync->cancel_first)
            cancel_prompt(sync, protocol, now);
        else if (sync->escape_first)
            keep_silent_after_data(sync, escape, protocol, now);
        else
            probe(sync, protocol, now);
        sync->cancel_first = sync->escape_first = false;
        break;
    case AT_SYNC_PROBE:
        sync->unanswered += sync->final_owed; /* it cannot be told from the answer to a probe any more */
        sync->final_owed = false;
        try_next(sync, escape, protocol, now);
        break;
    case AT_SYNC_SETTLE:
        forget_owed(sync);
        if (++sync->clean == CLEAN_PROBES) {
            sync->phase = AT_SYNC_OFF;
            return true;
        }
        probe(sync, protocol, now);
        break;
    case AT_SYNC_GUARD:
        send(sync, AT_SYNC_LEAVE, protocol->guard_ms, protocol->escape, strlen(protocol->escape), now);
        break;
    case AT_SYNC_LEAVE:
        probe(sync, protocol, now);
        break;
    }
    return false;
}

at_time at_sync_deadline(const struct at_sync *sync)
{
    if (sync->phase == AT_SYNC_OFF)
        return AT_NEVER;
    return at_earlier(sync->until, sync->give_up);
}
