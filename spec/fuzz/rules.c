/* Rules from the tables of a dialect that nobody has checked, with memory that runs out, and a session with
 * them. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum {
    TEXT_MAX = 256
};

static char texts[64][TEXT_MAX];
static int used;
static int allocations; /* that are left; -1: any number */

static void *resize(void *context, void *block, size_t old_size, size_t size)
{
    (void)context;
    if (size > 0 && allocations == 0)
        return NULL;
    if (size > 0 && allocations > 0)
        allocations--;
    return heap.resize(NULL, block, old_size, size);
}

/* NULL for some of them, if that is allowed. */
static const char *text(struct input *input, bool optional)
{
    const char *bytes;
    size_t length = take_bytes(input, &bytes);
    if ((optional && length == 0) || used == 64)
        return optional ? NULL : "X";
    char *copy = texts[used++];
    length = length < TEXT_MAX - 1 ? length : TEXT_MAX - 1;
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

static void short_text(struct input *input, char *to, size_t size)
{
    const char *from = text(input, false);
    strncpy(to, from, size - 1);
    to[size - 1] = '\0';
}

static struct at_protocol protocol(struct input *input)
{
    struct at_protocol protocol = {
        .prompt = (char)take(input),
        .cancel = (char)take(input),
        .max_line = take(input),
        .max_command = take(input),
        .gap_ms = take(input),
        .guard_ms = take(input) * 10u,
        .answer_ms = take(input) * 10u,
        .idle_ms = take(input),
        .settle_ms = take(input),
        .crlf_after_block = take(input) & 1,
    };
    short_text(input, protocol.eol, sizeof protocol.eol);
    short_text(input, protocol.escape, sizeof protocol.escape);
    size_t length = strlen(protocol.escape);
    if (length > 0) /* any other would be refused */
        memset(protocol.escape, protocol.escape[0], length > 1 ? length : 2);
    short_text(input, protocol.follow_prefix, sizeof protocol.follow_prefix);
    short_text(input, protocol.result_codes_on, sizeof protocol.result_codes_on);
    return protocol;
}

static bool add_line(struct input *input, struct at_rules *rules)
{
    uint8_t flags = take(input);
    struct at_line_rule rule = {
        .kind = (enum at_line_kind)(flags % 5),
        .prefix = (flags & 8) != 0,
        .success = (flags & 16) != 0,
        .urc_when_idle = (flags & 32) != 0,
        .text_follows = (flags & 64) != 0,
        .groups = take(input),
        .text = text(input, false),
        .shape = text(input, true),
    };
    if ((flags & 128) != 0) {
        rule.block.length_field = take(input);
        rule.block.fields = take(input);
        rule.block.after = (char)take(input);
        rule.block.owner_field = take(input);
        rule.block.shape = text(input, true);
    }
    return at_rules_add_line(rules, &rule);
}

static bool add_command(struct input *input, struct at_rules *rules)
{
    uint8_t flags = take(input);
    struct at_command_rule rule = {
        .info = (enum at_info)(flags % 3),
        .accepts = take(input),
        .data_forms = take(input),
        .data_length_param = take(input),
        .ack_param = take(input),
        .ack_every = take(input),
        .ack_byte = (char)take(input),
        .data_needs_length = (flags & 16) != 0,
        .prompt_enters_data_mode = (flags & 32) != 0,
        .deferred_forms = take(input),
        .deferred_param = take(input),
        .deferred_field = take(input),
        .name = text(input, false),
        .info_shape = text(input, true),
        .info_prefix = text(input, true),
        .deferred = text(input, true),
        .deferred_end = text(input, true),
    };
    return at_rules_add_command(rules, &rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct at_alloc alloc = {.resize = resize};
    struct input input = {.at = bytes, .end = bytes + length};
    if (length == 0)
        return 0;
    used = 0;
    uint8_t most = take(&input), count = take(&input) % 16;
    allocations = most < 128 ? most : -1;
    struct at_protocol hostile = protocol(&input);
    struct at_rules *rules = at_rules_new(&alloc, &hostile);
    if (rules == NULL)
        return 0;
    for (int i = 0; i < count; i++) {
        if (take(&input) & 1)
            add_line(&input, rules);
        else
            add_command(&input, rules);
    }
    struct at_engine *engine = at_engine_new(&alloc, rules);
    if (engine != NULL)
        at_engine_free(engine);
    allocations = -1;
    struct at_rules *other = session_rules(&heap, false);
    struct session_options options = {.rules = rules, .other_rules = other};
    struct session_log log = {0};
    session_run(&options, input, &log);
    free(log.text);
    at_rules_free(rules);
    at_rules_free(other);
    return 0;
}
