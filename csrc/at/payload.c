#include "at/payload.h"

#include <string.h>

void at_payload_begin(struct at_payload *payload, uint64_t length)
{
    *payload = (struct at_payload){.active = length > 0, .remaining = length};
}

void at_payload_sent(struct at_payload *payload, const char *bytes, size_t length)
{
    size_t room = AT_PAYLOAD_HEAD - payload->head_length;
    size_t count = length < room ? length : room;
    if (!payload->active || count == 0)
        return;
    memcpy(payload->head + payload->head_length, bytes, count);
    payload->head_length = (uint8_t)(payload->head_length + count);
    /* An answer starts with CR LF, too. */
    if (payload->head[0] == '\r' || payload->head[0] == '\n')
        payload->active = false;
}

/* How much of the head has to match. */
static size_t head_wanted(const struct at_payload *payload)
{
    uint64_t length = payload->remaining + payload->matched;
    return length < AT_PAYLOAD_HEAD ? (size_t)length : AT_PAYLOAD_HEAD;
}

size_t at_payload_skip(struct at_payload *payload, const char *bytes, size_t length, size_t *unmatched)
{
    size_t at = 0;
    *unmatched = 0;
    if (!payload->active || payload->head_length == 0)
        return 0;
    if (payload->matched == 0 && length > 0 && bytes[0] == ' ' && payload->head[0] != ' ')
        at++; /* part of the prompt */
    while (at < length && payload->remaining > 0 && payload->matched < head_wanted(payload)) {
        if (payload->matched == payload->head_length || bytes[at] != payload->head[payload->matched]) {
            *unmatched = payload->matched;
            payload->active = false;
            return at;
        }
        payload->matched++;
        payload->remaining--;
        at++;
    }
    uint64_t rest = length - at < payload->remaining ? length - at : payload->remaining;
    payload->remaining -= rest;
    payload->active = payload->remaining > 0;
    return at + (size_t)rest;
}
