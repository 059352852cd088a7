#include "at/online.h"

#include <string.h>

enum {
    ANSWER_MS = 1000, /* longest time to the answer, after the silence that the module requires */
    DTR_ANSWER_MS = 1000,
    ANSWER_QUIET_MS = 50, /* silence after an `OK` that makes it the answer */
    BLOCKED_MS =
        120000, /* the port has accepted nothing for this long while leaving data mode: stop trying */
};

bool at_online_init(struct at_online *online, const struct at_alloc *alloc, struct at_escape *escape)
{
    memset(online, 0, sizeof *online);
    online->escape = escape;
    return at_ending_init(&online->ending, alloc);
}

void at_online_free(struct at_online *online, const struct at_alloc *alloc)
{
    at_ending_free(&online->ending, alloc);
}

void at_online_begin(struct at_online *online)
{
    online->phase = AT_ONLINE_FLOWING;
    online->hangup_reported = online->hangup_suspected = online->dtr = online->expecting = online->ended =
        false;
}

size_t at_online_end(struct at_online *online)
{
    online->phase = AT_ONLINE_OFF;
    at_ending_reset(&online->ending);
    return at_feed_clear(&online->feed);
}

void at_online_stop_asking(struct at_online *online)
{
    if (online->phase != AT_ONLINE_OFF)
        at_ending_expect(&online->ending, NULL, NULL);
    online->phase = AT_ONLINE_OFF;
    at_feed_clear(&online->feed);
}

bool at_online_write(struct at_online *online, const char *bytes, size_t length)
{
    bool open = online->phase == AT_ONLINE_FLOWING || online->phase == AT_ONLINE_GUARD;
    return open && at_feed_write(&online->feed, bytes, length);
}

static bool has_text(const struct at_online *online)
{
    return online->ending.complete;
}

static void wait_for_answer(struct at_online *online, at_time earliest, at_time latest)
{
    online->expecting = false;
    online->earliest = earliest;
    online->latest = latest;
}

/* From now on an `OK` may be the answer. */
static void expect_answer(struct at_online *online, const struct at_protocol *protocol)
{
    const char *held;
    online->expecting = true;
    online->held_before = at_ending_held(&online->ending, &held);
    at_ending_expect(&online->ending, at_answer_text, protocol->follow_prefix);
}

void at_online_leave(struct at_online *online, bool dtr, at_time now)
{
    if (online->phase != AT_ONLINE_FLOWING)
        return;
    online->hangup_suspected = has_text(online);
    online->dtr = dtr;
    online->give_up_at = now + at_ms(BLOCKED_MS);
    online->phase = dtr ? AT_ONLINE_ASKED : AT_ONLINE_GUARD;
    if (dtr)
        wait_for_answer(online, now, now + at_ms(DTR_ANSWER_MS));
}

/* The offset of the first byte from `at` on that is no text of a line. */
static size_t text_end(const char *bytes, size_t length, size_t at)
{
    while (at < length && bytes[at] >= ' ' && bytes[at] <= '~')
        at++;
    return at;
}

/* Whether lines of the module, if any, lead to one with this prefix. */
static bool leads_to(const char *prefix, const char *bytes, size_t length)
{
    size_t whole = strlen(prefix), at = 0;
    while (whole >= 2 && length - at >= whole) {
        if (memcmp(bytes + at, prefix, whole) == 0)
            return true;
        if (memcmp(bytes + at, "\r\n", 2) != 0)
            return false;
        at = text_end(bytes, length, at + 2);
        if (length - at < 2 || memcmp(bytes + at, "\r\n", 2) != 0)
            return false;
        at += 2;
    }
    return false;
}

/* Whether what stands at `at` is a line end and data that the line in front of it announces, all of which has
 * come
 * (`+QIURC: "recv",1,4`, or with a comma behind that). */
static bool is_announced(const char *prefix, const char *bytes, size_t length, size_t at)
{
    size_t whole = strlen(prefix), end = at, start, count = 0;
    if (end > 0 && bytes[end - 1] == ',')
        end--;
    for (start = end; start > 0 && bytes[start - 1] >= '0' && bytes[start - 1] <= '9';)
        start--;
    for (size_t i = start; i < end && count <= length; i++)
        count = count * 10 + (size_t)(bytes[i] - '0');
    if (count < 2 || start == 0 || bytes[start - 1] != ',' || length - at < 2 + count)
        return false;
    while (start > 0 && bytes[start - 1] >= ' ' && bytes[start - 1] <= '~')
        start--;
    return whole > 2 && start >= 2 && at - (start - 2) >= whole &&
           memcmp(bytes + start - 2, prefix, whole) == 0;
}

/* Finds the last `OK` in the held bytes that may be the answer: only silence or lines of the module may
 * follow it. Behind what looks like the end it may be data of another connection, which the module pushes.
 * Returns length when there is none. *followed: data that the module delivers in a line follows, or data of
 * the connection that looks like that. */
static size_t find_answer(const struct at_online *online, const struct at_protocol *protocol,
                          const char *held, size_t length, bool *followed)
{
    size_t found = length;
    bool suspected = at_ending_is_at(&online->ending, held, length);
    *followed = false;
    for (size_t at = 0; at + AT_ANSWER_LENGTH <= length; at++) {
        if (at + AT_ANSWER_LENGTH <= online->held_before ||
            memcmp(held + at, at_answer_text, AT_ANSWER_LENGTH) != 0 ||
            (suspected && is_announced(protocol->follow_prefix, held, length, at)))
            continue;
        const char *rest = held + at + AT_ANSWER_LENGTH;
        size_t rest_length = length - at - AT_ANSWER_LENGTH;
        bool lines = at_are_lines(rest, rest_length);
        if (lines || leads_to(protocol->follow_prefix, rest, rest_length)) {
            found = at;
            *followed = !lines;
        }
    }
    return found;
}

/* The offset of the report of the end in these bytes; length when there is none. A text that is followed by
 * anything but lines of the module is no report: it was data, or part of another connection's data. */
static size_t find_end(const struct at_online *online, const struct at_protocol *protocol, const char *bytes,
                       size_t length)
{
    size_t text_length, found = at_ending_last(&online->ending, bytes, length, &text_length);
    if (found == length)
        return length;
    size_t next = found + text_length;
    if (bytes[next - 1] != '\n') /* the text is the prefix of a line, whose rest follows */
        next = text_end(bytes, length, next);
    bool reported = at_are_lines(bytes + next, length - next) ||
                    leads_to(protocol->follow_prefix, bytes + next, length - next);
    return reported ? found : length;
}

/* Whether one of these lines reports the end. A line with data of another connection may be followed by
 * anything, and the data may hold the same text. */
static bool reports_end(const struct at_online *online, const struct at_protocol *protocol, const char *bytes,
                        size_t length)
{
    size_t whole = strlen(protocol->follow_prefix);
    while (length >= 2 && memcmp(bytes, "\r\n", 2) == 0) {
        if (at_ending_is_at(&online->ending, bytes, length))
            return true;
        if (whole > 0 && length >= whole && memcmp(bytes, protocol->follow_prefix, whole) == 0)
            return false;
        size_t next = text_end(bytes, length, 2);
        /* A single line end may both end this line and begin the next. */
        if (next > 2 && length - next >= 4 && memcmp(bytes + next, "\r\n\r\n", 4) == 0)
            next += 2;
        bytes += next;
        length -= next;
    }
    return false;
}

/* Ends data mode. The first `data` held bytes are data, the rest are lines. */
static void decide(struct at_online *online, bool answered, size_t data)
{
    online->ended = true;
    online->answered = answered;
    online->data_before_end = data;
}

/* Checks whether the answer has arrived, or is overdue. */
static void check_answer(struct at_online *online, const struct at_protocol *protocol, at_time now)
{
    const char *held;
    bool followed = false;
    size_t length = at_ending_held(&online->ending, &held);
    size_t found = online->expecting ? find_answer(online, protocol, held, length, &followed) : length;
    bool silent = now >= online->ending.last_byte_at + at_ms(ANSWER_QUIET_MS);
    /* A server may send the same as data, so that the answer is still to come; modules that need little
     * silence answer at once. */
    bool certain = followed ? protocol->idle_ms > 0 && length >= AT_HELD_MAX / 2 : silent;
    if (found < length && (certain || now >= online->latest)) {
        decide(online, true, found);
    } else if (now >= online->latest) {
        if (online->dtr) { /* the module ignores DTR */
            online->dtr = false;
            online->phase = AT_ONLINE_GUARD;
            online->expecting = false;
            at_ending_expect(&online->ending, NULL, NULL);
            return;
        }
        decide(online, false, find_end(online, protocol, held, length));
    }
}

static void end_unanswered(struct at_online *online, const struct at_protocol *protocol)
{
    const char *held;
    size_t length = at_ending_held(&online->ending, &held);
    decide(online, false, find_end(online, protocol, held, length));
}

/* Ends data mode when the port has stopped accepting bytes. */
static void check_blocked(struct at_online *online, const struct at_protocol *protocol, at_time now)
{
    if (now >= online->give_up_at)
        end_unanswered(online, protocol);
}

static void tick(struct at_online *online, const struct at_protocol *protocol, at_time now)
{
    switch (online->phase) {
    case AT_ONLINE_OFF:
    case AT_ONLINE_FLOWING:
        break;
    case AT_ONLINE_GUARD:
        if (at_ending_is_suspect(&online->ending, now))
            online->hangup_suspected = true; /* from now on no more data is sent */
        check_blocked(online, protocol, now);
        if (!online->ended && protocol->escape[0] == '\0')
            end_unanswered(online, protocol); /* nothing but DTR leads out of data mode, and that has not */
        if (!online->ended && (online->feed.length == 0 || online->hangup_suspected) &&
            at_escape_begin(online->escape, protocol, now)) {
            online->phase = AT_ONLINE_ESCAPING;
            /* A module that requires no silence after the sequence may answer before the port reports the
             * last byte as written. */
            wait_for_answer(online, now, AT_NEVER);
            if (protocol->answer_ms == 0)
                expect_answer(online, protocol);
        }
        break;
    case AT_ONLINE_ESCAPING:
        check_blocked(online, protocol, now);
        break;
    case AT_ONLINE_ASKED:
        if (!online->expecting && now >= online->earliest)
            expect_answer(online, protocol);
        check_answer(online, protocol, now);
        break;
    }
}

static enum at_online_event_kind emit(struct at_online_event *event, enum at_online_event_kind kind,
                                      const char *bytes, size_t length)
{
    *event = (struct at_online_event){.kind = kind, .bytes = bytes, .length = length};
    return kind;
}

/* Delivers the data before the module's lines, then reports the end of data mode. */
static enum at_online_event_kind emit_data_mode_end(struct at_online *online,
                                                    const struct at_protocol *protocol,
                                                    struct at_online_event *event)
{
    const char *held;
    size_t length = at_ending_held(&online->ending, &held), data = online->data_before_end;
    if (data > 0) {
        online->data_before_end = 0;
        at_ending_consume(&online->ending, data);
        return emit(event, AT_ONLINE_DATA, held, data);
    }
    size_t answer = online->answered ? AT_ANSWER_LENGTH : 0;
    emit(event, AT_ONLINE_ENDED, held + answer, length - answer);
    event->answered = online->answered;
    event->ended = reports_end(online, protocol, event->bytes, event->length);
    online->ended = false;
    online->phase = AT_ONLINE_OFF;
    at_ending_expect(&online->ending, NULL, NULL);
    at_ending_reset(&online->ending);
    return AT_ONLINE_ENDED;
}

enum at_online_event_kind at_online_next(struct at_online *online, const struct at_protocol *protocol,
                                         const char **at, const char *end, at_time now,
                                         struct at_online_event *event)
{
    const char *data;
    size_t length;
    if (online->feed.written) {
        online->feed.written = false;
        return emit(event, AT_ONLINE_WRITTEN, NULL, 0);
    }
    if (!online->ended) {
        length = at_ending_scan(&online->ending, at, end, now, &data);
        if (length > 0 || at_ending_tick(&online->ending, now, &data, &length)) {
            online->held_before -= length < online->held_before ? length : online->held_before;
            online->hangup_reported = false; /* the text that was reported has turned out to be data */
            return emit(event, AT_ONLINE_DATA, data, length);
        }
        tick(online, protocol, now);
    }
    if (online->ended)
        return emit_data_mode_end(online, protocol, event);
    if (!has_text(online))
        online->hangup_reported = false;
    if (online->phase == AT_ONLINE_FLOWING && !online->hangup_reported &&
        at_ending_is_suspect(&online->ending, now)) {
        online->hangup_reported = true;
        return emit(event, AT_ONLINE_HANGUP_SUSPECTED, NULL, 0);
    }
    return emit(event, AT_ONLINE_NOTHING, NULL, 0);
}

size_t at_online_output(const struct at_online *online, const struct at_protocol *protocol, at_time now,
                        const char **bytes)
{
    at_time until;
    const struct at_feed *feed = &online->feed;
    if (online->phase == AT_ONLINE_ESCAPING)
        return at_escape_output(online->escape, protocol, bytes);
    bool flows =
        online->phase == AT_ONLINE_FLOWING || (online->phase == AT_ONLINE_GUARD && !online->hangup_suspected);
    if (!flows || has_text(online) || feed->length == 0)
        return 0;
    *bytes = feed->bytes;
    return at_escape_allowed(online->escape, protocol, feed->bytes, feed->length, now, &until);
}

void at_online_sent(struct at_online *online, const struct at_protocol *protocol, size_t length, at_time now)
{
    if (online->phase == AT_ONLINE_ESCAPING) {
        if (!at_escape_sequence_sent(online->escape, protocol, length, now))
            return;
        online->phase = AT_ONLINE_ASKED;
        at_time drained_at = online->escape->drained_at > now ? online->escape->drained_at : now;
        /* The module answers after the silence that it requires; half of that allows for bytes queued in a
         * driver. */
        if (protocol->answer_ms > 0)
            online->earliest = drained_at + at_ms(protocol->answer_ms) / 2;
        online->latest = drained_at + at_ms(protocol->guard_ms) + at_ms(ANSWER_MS);
        return;
    }
    at_escape_sent(online->escape, protocol, online->feed.bytes, length, now);
    online->give_up_at = now + at_ms(BLOCKED_MS);
    at_feed_consume(&online->feed, length);
}

at_time at_online_deadline(const struct at_online *online, const struct at_protocol *protocol, at_time now)
{
    at_time deadline = at_ending_deadline(&online->ending), until = AT_NEVER;
    if (online->feed.written || online->ended)
        return now;
    bool reported = online->hangup_reported || online->hangup_suspected;
    bool asked = online->phase == AT_ONLINE_ESCAPING || online->phase == AT_ONLINE_ASKED;
    if (has_text(online) && (reported || asked))
        deadline = AT_NEVER;
    switch (online->phase) {
    case AT_ONLINE_OFF:
        return AT_NEVER;
    case AT_ONLINE_ESCAPING:
        return at_earlier(deadline, online->give_up_at);
    case AT_ONLINE_FLOWING:
        break;
    case AT_ONLINE_GUARD:
        deadline = at_earlier(deadline, online->give_up_at);
        if (online->feed.length == 0 || online->hangup_suspected)
            return at_earlier(deadline, at_escape_ready_at(online->escape, protocol));
        break;
    case AT_ONLINE_ASKED:
        if (!online->expecting)
            return at_earlier(deadline, at_earlier(online->earliest, online->latest));
        if (has_text(online))
            deadline = online->ending.last_byte_at + at_ms(ANSWER_QUIET_MS);
        return at_earlier(deadline > now ? deadline : AT_NEVER, online->latest);
    }
    if (online->feed.length > 0 && !has_text(online))
        at_escape_allowed(online->escape, protocol, online->feed.bytes, online->feed.length, now, &until);
    return at_earlier(deadline, until);
}
