#include "at/ending.h"

#include <string.h>

enum {
    SUSPECT_AFTER_MS = 1000 /* if lines keep arriving after the text, so that the line is never silent */
};

const char at_answer_text[] = "\r\nOK\r\n";
_Static_assert(sizeof at_answer_text - 1 == AT_ANSWER_LENGTH, "its length");

bool at_ending_init(struct at_ending *ending, const struct at_alloc *alloc)
{
    memset(ending, 0, sizeof *ending);
    ending->held = at_resize(alloc, NULL, 0, AT_HELD_MAX);
    return ending->held != NULL;
}

void at_ending_free(struct at_ending *ending, const struct at_alloc *alloc)
{
    if (ending->held != NULL)
        at_resize(alloc, ending->held, AT_HELD_MAX, 0);
    ending->held = NULL;
}

void at_ending_reset(struct at_ending *ending)
{
    ending->start = ending->length = 0;
    ending->unsearched = ending->complete = false;
}

void at_ending_expect(struct at_ending *ending, const char *text, const char *follow_prefix)
{
    ending->expected = text;
    ending->expected_length = text != NULL ? (uint8_t)strlen(text) : 0;
    ending->follow_prefix =
        text != NULL && follow_prefix != NULL && follow_prefix[0] != '\0' ? follow_prefix : NULL;
}

void at_ending_clear(struct at_ending *ending)
{
    ending->count = 0;
    at_ending_expect(ending, NULL, NULL);
    at_ending_reset(ending);
}

bool at_ending_add(struct at_ending *ending, const char *text, size_t length, bool prefix)
{
    size_t used = 0;
    for (int i = 0; i < ending->count; i++)
        used += ending->lengths[i];
    size_t whole = 2 + length + (prefix ? 0 : 2);
    if (ending->count == AT_ENDINGS_MAX || used + whole > sizeof ending->texts)
        return false;
    char *to = ending->texts + used;
    memcpy(to, "\r\n", 2);
    memcpy(to + 2, text, length);
    if (!prefix)
        memcpy(to + 2 + length, "\r\n", 2);
    ending->offsets[ending->count] = (uint16_t)used;
    ending->lengths[ending->count] = (uint16_t)whole;
    ending->count++;
    return true;
}

enum match {
    MATCH_NONE,
    MATCH_PART, /* the bytes run out before the text does */
    MATCH_WHOLE,
};

static enum match match_text(const char *text, size_t whole, const char *bytes, size_t length)
{
    size_t compared = length < whole ? length : whole;
    if (memcmp(bytes, text, compared) != 0)
        return MATCH_NONE;
    return compared == whole ? MATCH_WHOLE : MATCH_PART;
}

/* Whether one of the texts starts at these bytes. *text_length is set for MATCH_WHOLE. */
static enum match match_here(const struct at_ending *ending, const char *bytes, size_t length,
                             size_t *text_length)
{
    enum match found = MATCH_NONE;
    for (int i = -1; i < ending->count; i++) {
        const char *text = i < 0 ? ending->expected : ending->texts + ending->offsets[i];
        size_t whole = i < 0 ? ending->expected_length : ending->lengths[i];
        enum match match = whole > 0 ? match_text(text, whole, bytes, length) : MATCH_NONE;
        if (match == MATCH_WHOLE) {
            *text_length = whole;
            return MATCH_WHOLE;
        }
        if (match == MATCH_PART)
            found = MATCH_PART;
    }
    return found;
}

/* Whether the first line here could come from the module. Anything may follow it: data of another connection,
 * for example. */
static bool begins_line(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (i < 2 ? byte != "\r\n"[i] : byte < ' ' || byte == 0x7f)
            return i > 2 && byte == '\r';
    }
    return true;
}

/* Whether these bytes may follow a text that the module sent. `text` is that text with everything after it.
 */
static bool may_follow(const struct at_ending *ending, const char *text, size_t text_length,
                       const char *bytes, size_t length)
{
    /* A prefix is followed by the rest of its line. */
    while (text[text_length - 1] != '\n' && length > 0 && bytes[0] >= ' ' && bytes[0] <= '~') {
        bytes++;
        length--;
    }
    bool expected = ending->follow_prefix != NULL && text_length == ending->expected_length &&
                    memcmp(text, ending->expected, text_length) == 0;
    if (expected &&
        match_text(ending->follow_prefix, strlen(ending->follow_prefix), bytes, length) != MATCH_NONE)
        return true;
    return begins_line(bytes, length);
}

bool at_are_lines(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte != '\r' && byte != '\n' && (byte < ' ' || byte > '~'))
            return false;
    }
    return length == 0 || (bytes[0] == '\r' && (length == 1 || bytes[1] == '\n'));
}

/* Finds the first place, at or after `from`, where a text or the beginning of one could come from the module.
 * Returns length when there is none. */
static size_t find(const struct at_ending *ending, const char *bytes, size_t length, size_t from, bool *whole,
                   size_t *text_length)
{
    while (from < length) {
        const char *candidate = memchr(bytes + from, '\r', length - from);
        if (candidate == NULL)
            break;
        from = (size_t)(candidate - bytes);
        enum match match = match_here(ending, candidate, length - from, text_length);
        if (match == MATCH_PART) {
            *whole = false;
            return from;
        }
        size_t after = from + *text_length;
        if (match == MATCH_WHOLE && length - after < AT_HELD_MAX - *text_length &&
            may_follow(ending, candidate, *text_length, bytes + after, length - after)) {
            *whole = true;
            return from;
        }
        from++;
    }
    return length;
}

static void move_down(struct at_ending *ending)
{
    if (ending->start == 0)
        return;
    memmove(ending->held, ending->held + ending->start, ending->length - ending->start);
    ending->length -= ending->start;
    ending->start = 0;
}

static void append(struct at_ending *ending, const char **at, const char *end)
{
    move_down(ending);
    size_t room = AT_HELD_MAX - ending->length;
    size_t count = (size_t)(end - *at) < room ? (size_t)(end - *at) : room;
    memcpy(ending->held + ending->length, *at, count);
    ending->length += count;
    *at += count;
}

/* Searches the held bytes again and releases those that turn out to be data. */
static size_t rescan_held(struct at_ending *ending, size_t from, at_time now, const char **data)
{
    const char *held = ending->held + ending->start;
    size_t length = ending->length - ending->start, text_length = 0;
    bool was_whole = ending->complete && from == 0, whole = false;
    size_t offset = find(ending, held, length, from, &whole, &text_length);
    ending->complete = offset < length && whole;
    if (offset > 0 || !was_whole)
        ending->found_at = now;
    *data = held;
    ending->start += offset;
    return offset;
}

size_t at_ending_scan(struct at_ending *ending, const char **at, const char *end, at_time now,
                      const char **data)
{
    if (ending->unsearched) {
        ending->unsearched = false;
        ending->last_byte_at = now;
        size_t count = rescan_held(ending, 0, now, data);
        if (count > 0)
            return count;
    }
    while (*at < end) {
        ending->last_byte_at = now;
        if (ending->length == ending->start) { /* nothing is held, so there is no need to copy */
            size_t length = (size_t)(end - *at), text_length = 0;
            bool whole = false;
            size_t offset = find(ending, *at, length, 0, &whole, &text_length);
            *data = *at;
            *at += offset;
            if (offset > 0)
                return offset;
            at_ending_reset(ending);
            ending->found_at = now;
        }
        bool full = ending->length - ending->start == AT_HELD_MAX;
        if (!full)
            append(ending, at, end);
        /* A full buffer after a text means that the text was data. */
        size_t count = rescan_held(ending, full ? 1 : 0, now, data);
        if (count > 0)
            return count;
    }
    return 0;
}

bool at_ending_has(const struct at_ending *ending, const char *bytes)
{
    return bytes >= ending->held && bytes < ending->held + AT_HELD_MAX;
}

void at_ending_take(struct at_ending *ending, const char *bytes, size_t length)
{
    size_t start = at_ending_has(ending, bytes) ? (size_t)(bytes - ending->held) : 0;
    if (start == 0)
        memmove(ending->held, bytes, length);
    at_ending_reset(ending);
    ending->start = start;
    ending->length = start + length;
    ending->unsearched = length > 0;
}

size_t at_ending_held(const struct at_ending *ending, const char **bytes)
{
    *bytes = ending->held + ending->start;
    return ending->length - ending->start;
}

void at_ending_consume(struct at_ending *ending, size_t count)
{
    ending->start += count;
    ending->complete = false;
}

size_t at_ending_reject(struct at_ending *ending, at_time now, const char **data)
{
    return ending->start < ending->length ? rescan_held(ending, 1, now, data) : 0;
}

bool at_ending_has_another(const struct at_ending *ending)
{
    size_t length = ending->length - ending->start, text_length = 0;
    bool whole = false;
    return length > 1 &&
           find(ending, ending->held + ending->start, length, 1, &whole, &text_length) < length && whole;
}

void at_ending_unscan(struct at_ending *ending, const char **at, const char *data, size_t count)
{
    if (at_ending_has(ending, data))
        ending->start -= count;
    else
        *at -= count;
}

static at_time suspect_at(const struct at_ending *ending)
{
    return at_earlier(ending->last_byte_at + at_ms(AT_ENDING_QUIET_MS),
                      ending->found_at + at_ms(SUSPECT_AFTER_MS));
}

bool at_ending_is_suspect(const struct at_ending *ending, at_time now)
{
    return ending->complete && now >= suspect_at(ending);
}

/* More than a line end is rare in data, so the engine can afford to wait as long as a busy host may take. */
static at_time gap(const struct at_ending *ending)
{
    return at_ms(ending->length - ending->start > 2 ? AT_ENDING_QUIET_MS : AT_ENDING_GAP_MS);
}

bool at_ending_tick(struct at_ending *ending, at_time now, const char **data, size_t *length)
{
    if (ending->length == ending->start || ending->complete || now < ending->last_byte_at + gap(ending))
        return false;
    *data = ending->held + ending->start;
    *length = ending->length - ending->start;
    ending->start = ending->length; /* the bytes stay where they are, for at_ending_unscan */
    return true;
}

at_time at_ending_deadline(const struct at_ending *ending)
{
    if (ending->length == ending->start)
        return AT_NEVER;
    return ending->complete ? suspect_at(ending) : ending->last_byte_at + gap(ending);
}

/* The offset of the last occurrence of a text; length when there is none. */
static size_t last_of(const char *text, size_t whole, const char *bytes, size_t length)
{
    for (size_t at = length >= whole ? length - whole + 1 : 0; at > 0; at--) {
        if (memcmp(bytes + at - 1, text, whole) == 0)
            return at - 1;
    }
    return length;
}

size_t at_ending_last_of_all(const struct at_ending *ending, const char *bytes, size_t length)
{
    size_t found = length;
    for (size_t at = length; at > 0 && found == length; at--) {
        for (int i = 0; i < ending->count && bytes[at - 1] == '\r'; i++) {
            size_t whole = ending->lengths[i];
            if (length - (at - 1) >= whole &&
                memcmp(bytes + at - 1, ending->texts + ending->offsets[i], whole) == 0)
                found = at - 1;
        }
    }
    return found;
}

/* Whether text i is the answer `OK`. */
static bool is_answer(const struct at_ending *ending, int i)
{
    return ending->lengths[i] == AT_ANSWER_LENGTH &&
           memcmp(ending->texts + ending->offsets[i], at_answer_text, AT_ANSWER_LENGTH) == 0;
}

bool at_ending_is_at(const struct at_ending *ending, const char *bytes, size_t length)
{
    for (int i = 0; i < ending->count; i++) {
        if (!is_answer(ending, i) && length >= ending->lengths[i] &&
            memcmp(bytes, ending->texts + ending->offsets[i], ending->lengths[i]) == 0)
            return true;
    }
    return false;
}

size_t at_ending_last(const struct at_ending *ending, const char *bytes, size_t length, size_t *text_length)
{
    size_t answer = length;
    *text_length = 0;
    for (int i = 0; i < ending->count; i++) {
        const char *text = ending->texts + ending->offsets[i];
        size_t whole = ending->lengths[i], found = last_of(text, whole, bytes, length);
        if (found == length)
            continue;
        bool answers = is_answer(ending, i);
        if (!answers && answer < length && found <= answer)
            continue;
        *text_length = whole;
        if (!answers)
            return found;
        answer = found;
    }
    return answer;
}
