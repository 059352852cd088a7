#include "at/transfer.h"

#include <string.h>

enum {
    SURE_QUIET_MS = 50,      /* silence after a result whose byte count is right */
    DOUBTFUL_QUIET_MS = 500, /* after a result that reports a failure */
    SHORT_QUIET_MS = 2000,   /* after a result whose byte count exceeds the bytes received */
    ANSWER_MS = 7000,        /* a module that has got what it waits for goes on within this time */
};

void at_download_begin(struct at_download *download, const char *name, size_t name_length, uint64_t total)
{
    *download =
        (struct at_download){.active = true, .name = name, .name_length = name_length, .total = total};
}

void at_body_begin(struct at_download *download)
{
    *download = (struct at_download){.active = true, .is_body = true, .total = AT_UNKNOWN_LENGTH};
}

enum verdict {
    UNDECIDED,   /* more lines are needed */
    DATA,        /* the held bytes start with data */
    MAY_BE_DATA, /* an `OK` without a result, or another line, followed by an end: it was data in front of
                    that */
    MAY_BE_END,
    MAY_BE_SHORT, /* may be the end of a download of which bytes were lost on the line */
    IS_END,
};

/* Reads a decimal number after optional spaces. False when there is none. */
static bool read_number(const char **at, const char *end, uint64_t *number)
{
    while (*at < end && **at == ' ')
        (*at)++;
    const char *from = *at;
    for (*number = 0; *at < end && **at >= '0' && **at <= '9' && *at - from < 19; (*at)++)
        *number = *number * 10 + (uint64_t)(**at - '0');
    return *at > from;
}

/* Reads the two numbers of a result such as `+GET: 0,1000`. */
static bool read_result(const struct at_download *download, const char *line, const char *end, uint64_t *code,
                        uint64_t *count)
{
    size_t length = (size_t)(end - line);
    if (length <= download->name_length || memcmp(line, download->name, download->name_length) != 0 ||
        line[download->name_length] != ':')
        return false;
    line += download->name_length + 1;
    if (!read_number(&line, end, code))
        return false;
    while (line < end && (*line == ' ' || *line == ','))
        line++;
    return read_number(&line, end, count) && line == end;
}

static bool is_text(const char *line, const char *end, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(end - line) == length && memcmp(line, text, length) == 0;
}

/* Judges a result by its byte count. `before`: how many of the held bytes precede it. */
static enum verdict judge_count(const struct at_download *download, uint64_t count, const char *held,
                                size_t before)
{
    uint64_t more = count - download->received;
    if (more == 0)
        return IS_END;
    if (more == before)
        return DATA; /* what is held before the result is data */
    if (more < before && before - more >= AT_ANSWER_LENGTH &&
        memcmp(held + more, at_answer_text, AT_ANSWER_LENGTH) == 0)
        return DATA; /* what precedes `OK` is data; URCs stand between `OK` and the result */
    bool all = download->total == AT_UNKNOWN_LENGTH || count == download->total;
    return all && count > download->received ? MAY_BE_SHORT : DATA;
}

/* Whether a line is all that a module says when a transfer fails. */
static bool is_failure(const char *line, const char *end)
{
    static const char cme[] = "+CME ERROR: ";
    return is_text(line, end, "NO CARRIER") ||
           ((size_t)(end - line) >= sizeof cme && memcmp(line, cme, sizeof cme - 1) == 0);
}

/* Judges the held lines. */
static enum verdict judge(const struct at_download *download, const char *held, size_t length)
{
    const char *begin = held, *end = held + length, *ok = NULL;
    uint64_t code, count;
    bool first_is_ok = false, fails = false;
    int lines = 0;
    while (held < end) {
        while (held < end && (*held == '\r' || *held == '\n'))
            held++;
        const char *stop = held;
        while (stop < end && *stop != '\r' && *stop != '\n')
            stop++;
        if (stop == end)
            break; /* the line is incomplete, or empty */
        if (read_result(download, held, stop, &code, &count)) {
            const char *after = end - stop > 2 ? stop + 2 : end;
            if (!at_are_lines(after, (size_t)(end - after)))
                return DATA;
            if (code != 0) /* a module that goes on with `OK` had not ended in front of that */
                return ok != NULL && lines > 1 ? DATA : MAY_BE_END;
            return judge_count(download, count, begin, (size_t)((ok != NULL ? ok : held) - begin) - 2);
        }
        ok = is_text(held, stop, "OK") ? held : NULL;
        fails = is_failure(held, stop);
        if (lines++ == 0)
            first_is_ok = ok != NULL;
        held = stop;
    }
    if (fails && lines > 1)
        return MAY_BE_DATA; /* a failure has nothing in front of it: no restart, and no other failure */
    return lines > 0 && !first_is_ok ? MAY_BE_END : UNDECIDED;
}

/* Judges what is held of a body, which starts with a final result code or with the name of the command: that
 * is data if a final result code follows the first one. */
static enum verdict judge_body(const struct at_ending *ending, const char *held, size_t length)
{
    size_t last = at_ending_last_of_all(ending, held, length);
    bool named = ending->expected_length > 0 && length >= ending->expected_length &&
                 memcmp(held, ending->expected, ending->expected_length) == 0;
    if (named && last == length)
        return UNDECIDED;
    return last == 0 || named ? MAY_BE_END : DATA;
}

static enum verdict judge_held(const struct at_download *download, const struct at_ending *ending)
{
    const char *held;
    size_t length = at_ending_held(ending, &held);
    if (download->is_body)
        return judge_body(ending, held, length);
    enum verdict verdict = judge(download, held, length);
    return verdict == UNDECIDED && at_ending_has_another(ending) ? MAY_BE_DATA : verdict;
}

/* How far the held bytes reach in a download of known length. */
enum reach {
    TOO_FEW,
    ALL,    /* they may complete it; what follows may be the start of the module's answer */
    BEYOND, /* more follows than the start of an answer */
};

static enum reach reach_of(const struct at_download *download, size_t held)
{
    uint64_t length = download->received + held;
    if (download->total == AT_UNKNOWN_LENGTH || length < download->total)
        return TOO_FEW;
    return length - download->total < AT_ANSWER_LENGTH ? ALL : BEYOND;
}

/* Whether the held bytes start with the last data of a download of known length and continue with the
 * module's lines, as far as these have come: a server may be slow to confirm. Otherwise all of them are the
 * module's, and some data was lost; they would have to be just as long as that. */
static bool completes_download(const struct at_download *download, enum verdict verdict, const char *held,
                               size_t length)
{
    size_t rest = (size_t)(download->total - download->received), more = length - rest;
    bool fits = memcmp(held + rest, at_answer_text, more < AT_ANSWER_LENGTH ? more : AT_ANSWER_LENGTH) == 0;
    switch (verdict) {
    case DATA:
        return true;
    case IS_END:
        return false;
    case MAY_BE_SHORT:
        return fits && more >= AT_ANSWER_LENGTH;
    default:
        return fits;
    }
}

/* Delivers data; what exceeds the total is put back. */
static enum at_download_event deliver(struct at_download *download, struct at_ending *ending, const char **at,
                                      const char *data, size_t *length)
{
    uint64_t remaining = download->total - download->received;
    if (*length > remaining) {
        at_ending_unscan(ending, at, data, *length - (size_t)remaining);
        *length = (size_t)remaining;
    }
    download->received += *length;
    return AT_DOWNLOAD_DATA;
}

static enum at_download_event end(struct at_download *download)
{
    download->active = false;
    return AT_DOWNLOAD_END;
}

/* How much silence confirms the verdict; AT_NEVER: none does. */
static at_time quiet_for(enum verdict verdict, enum reach reach)
{
    switch (verdict) {
    case UNDECIDED:
        return reach != TOO_FEW ? at_ms(SURE_QUIET_MS) : AT_NEVER;
    case DATA:
        return 0;
    case MAY_BE_END:
    case MAY_BE_DATA:
        return at_ms(DOUBTFUL_QUIET_MS);
    case MAY_BE_SHORT:
        return at_ms(reach == BEYOND ? SURE_QUIET_MS : SHORT_QUIET_MS);
    case IS_END:
        return at_ms(SURE_QUIET_MS);
    }
    return AT_NEVER;
}

/* Decides about held bytes that may be the end. */
static enum at_download_event examine_held(struct at_download *download, struct at_ending *ending,
                                           const char **at, at_time now, const char **data, size_t *length)
{
    const char *held;
    size_t count = at_ending_held(ending, &held);
    enum verdict verdict = judge_held(download, ending);
    enum reach reach = reach_of(download, count);
    at_time wanted = quiet_for(verdict, reach);
    if (wanted == AT_NEVER || now - ending->last_byte_at < wanted)
        return AT_DOWNLOAD_NOTHING;
    if (reach != TOO_FEW && completes_download(download, verdict, held, count)) {
        *data = held;
        *length = (size_t)(download->total - download->received);
        at_ending_consume(ending, *length);
        return deliver(download, ending, at, *data, length);
    }
    if (verdict == DATA || verdict == MAY_BE_DATA) {
        *length = at_ending_reject(ending, now, data);
        return deliver(download, ending, at, *data, length);
    }
    download->is_short = verdict == MAY_BE_SHORT;
    if (verdict == IS_END || reach == BEYOND)
        return end(download);
    return AT_DOWNLOAD_UNCERTAIN;
}

enum at_download_event at_download_next(struct at_download *download, struct at_ending *ending,
                                        const char **at, const char *end_of_span, at_time now,
                                        const char **data, size_t *length)
{
    if (download->received == download->total)
        return end(download);
    *length = at_ending_scan(ending, at, end_of_span, now, data);
    if (*length == 0)
        at_ending_tick(ending, now, data, length);
    if (*length > 0)
        return deliver(download, ending, at, *data, length);
    return ending->complete ? examine_held(download, ending, at, now, data, length) : AT_DOWNLOAD_NOTHING;
}

at_time at_download_deadline(const struct at_download *download, const struct at_ending *ending)
{
    if (!download->active || !ending->complete)
        return download->active ? at_ending_deadline(ending) : AT_NEVER;
    const char *held;
    size_t length = at_ending_held(ending, &held);
    at_time wanted = quiet_for(judge_held(download, ending), reach_of(download, length));
    return wanted == AT_NEVER ? AT_NEVER : ending->last_byte_at + wanted;
}

bool at_download_is_over(const struct at_download *download, const struct at_ending *ending)
{
    static const char ok[] = "\r\nOK\r\n";
    const char *held;
    size_t length = at_ending_held(ending, &held);
    if (!download->active || download->is_body || length < sizeof ok || memcmp(held, ok, sizeof ok - 1) != 0)
        return false;
    enum verdict verdict = judge(download, held, length);
    return verdict == IS_END || verdict == MAY_BE_SHORT || verdict == MAY_BE_END;
}

bool at_upload_is_open_ended(const struct at_upload *upload)
{
    return upload->source != NULL && upload->source->remaining == AT_UNKNOWN_LENGTH;
}

static size_t peek(const struct at_upload *upload, const char **bytes)
{
    return upload->source->peek(upload->source->context, bytes);
}

bool at_upload_is_starved(const struct at_upload *upload)
{
    const char *bytes;
    return at_upload_is_open_ended(upload) && upload->phase == AT_UPLOAD_DATA && !upload->source->ended &&
           peek(upload, &bytes) == 0;
}

void at_upload_answered(struct at_upload *upload)
{
    upload->answered = !at_upload_is_open_ended(upload) && upload->phase == AT_UPLOAD_DATA;
}

uint64_t at_upload_unsent(const struct at_upload *upload)
{
    if (at_upload_is_open_ended(upload))
        return upload->phase == AT_UPLOAD_DATA ? AT_UNKNOWN_LENGTH : 0;
    return upload->source != NULL ? upload->source->remaining : 0;
}

/* Limited to what remains, and to what the module accepts before it acknowledges. */
static size_t next_of_known_length(const struct at_upload *upload, const char **bytes)
{
    uint64_t most = upload->source->remaining;
    if (upload->ack_every > 0 && most > upload->ack_every - upload->unacknowledged)
        most = upload->ack_every - upload->unacknowledged;
    if (most == 0)
        return 0;
    size_t length = peek(upload, bytes);
    return length < most ? length : (size_t)most;
}

/* When the module must have answered, or acknowledged, what it has been sent; AT_NEVER: it is not waited for.
 */
static at_time answer_due(const struct at_upload *upload, const struct at_escape *escape,
                          const struct at_protocol *protocol)
{
    bool owed =
        upload->source != NULL && (upload->source->remaining == 0 ||
                                   (upload->ack_every > 0 && upload->unacknowledged == upload->ack_every));
    bool ends = upload->escapable && !upload->answered && protocol->escape[0] != '\0' &&
                upload->phase == AT_UPLOAD_DATA;
    return owed && ends ? escape->drained_at + at_ms(ANSWER_MS) : AT_NEVER;
}

size_t at_upload_output(struct at_upload *upload, struct at_escape *escape,
                        const struct at_protocol *protocol, at_time now, const char **bytes)
{
    at_time until;
    if (upload->answered)
        return 0;
    if (!at_upload_is_open_ended(upload) && upload->phase == AT_UPLOAD_DATA) {
        if (now < answer_due(upload, escape, protocol))
            return next_of_known_length(upload, bytes);
        upload->phase = AT_UPLOAD_GUARD;
    }
    if (upload->phase == AT_UPLOAD_DATA) {
        size_t length = peek(upload, bytes);
        if (length > 0)
            return at_escape_allowed(escape, protocol, *bytes, length, now, &until);
        if (!upload->source->ended)
            return 0;
        upload->phase = AT_UPLOAD_GUARD;
    }
    if (upload->phase == AT_UPLOAD_GUARD && at_escape_begin(escape, protocol, now))
        upload->phase = AT_UPLOAD_ESCAPING;
    return upload->phase == AT_UPLOAD_ESCAPING ? at_escape_output(escape, protocol, bytes) : 0;
}

size_t at_upload_sent(struct at_upload *upload, struct at_escape *escape, const struct at_protocol *protocol,
                      size_t length, at_time now)
{
    const char *bytes;
    struct at_source *source = upload->source;
    if (upload->phase == AT_UPLOAD_ESCAPING) {
        if (at_escape_sequence_sent(escape, protocol, length, now))
            upload->phase = AT_UPLOAD_ENDED;
        return 0;
    }
    peek(upload, &bytes);
    at_escape_sent(escape, protocol, bytes, length, now);
    source->consume(source->context, length);
    if (!at_upload_is_open_ended(upload))
        source->remaining -= length;
    upload->unacknowledged += upload->ack_every > 0 ? (uint32_t)length : 0;
    return length;
}

at_time at_upload_deadline(const struct at_upload *upload, const struct at_escape *escape,
                           const struct at_protocol *protocol, at_time now)
{
    const char *bytes;
    at_time until = AT_NEVER;
    /* Once the time has come there is output, and it is the port that is waited for. */
    if (upload->phase == AT_UPLOAD_GUARD || !at_upload_is_open_ended(upload)) {
        until = upload->phase == AT_UPLOAD_GUARD ? at_escape_ready_at(escape, protocol)
                                                 : answer_due(upload, escape, protocol);
        return until > now ? until : AT_NEVER;
    }
    if (upload->phase == AT_UPLOAD_DATA) {
        size_t length = peek(upload, &bytes);
        if (length > 0)
            at_escape_allowed(escape, protocol, bytes, length, now, &until);
    }
    return until;
}
