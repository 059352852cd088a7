#include "at/framer.h"

#include <string.h>

bool at_framer_init(struct at_framer *framer, const struct at_alloc *alloc, const struct at_rules *rules)
{
    memset(framer, 0, sizeof *framer);
    framer->alloc = *alloc;
    return at_framer_set_rules(framer, rules);
}

void at_framer_free(struct at_framer *framer)
{
    if (framer->buffer != NULL)
        at_resize(&framer->alloc, framer->buffer, framer->buffer_size, 0);
    framer->buffer = NULL;
}

bool at_framer_set_rules(struct at_framer *framer, const struct at_rules *rules)
{
    size_t size = rules->protocol.max_line;
    if (framer->buffer_size < size) {
        char *buffer = at_resize(&framer->alloc, framer->buffer, framer->buffer_size, size);
        if (buffer == NULL)
            return false;
        framer->buffer = buffer;
        framer->buffer_size = size;
    }
    framer->rules = rules;
    framer->walking = false;
    at_trie_start(&framer->walk);
    return true;
}

void at_framer_input(struct at_framer *framer, const char *bytes, size_t length)
{
    framer->at = bytes;
    framer->end = length > 0 ? bytes + length : bytes; /* which may be NULL */
}

size_t at_framer_take_unread(struct at_framer *framer, const char **bytes)
{
    size_t length = (size_t)(framer->end - framer->at);
    *bytes = framer->at;
    framer->at = framer->end;
    return length;
}

void at_framer_follow_block(struct at_framer *framer)
{
    framer->gap = (struct at_gap){.follows_block = true, .clean = true};
    framer->gap_open = true;
    framer->gap_half = false;
}

void at_framer_block(struct at_framer *framer, uint64_t length)
{
    framer->block_remaining = length;
    framer->gap = (struct at_gap){.clean = true};
}

void at_framer_expect_prompt(struct at_framer *framer, char byte)
{
    framer->prompt = byte;
}

static void forget_line(struct at_framer *framer)
{
    framer->line_start = NULL;
    framer->buffered = 0;
    framer->overlong = 0;
}

bool at_framer_holds_prompt(const struct at_framer *framer, char byte)
{
    const char *line = framer->buffer;
    return framer->at == framer->end && byte != 0 && framer->overlong == 0 &&
           (framer->buffered == 1 || (framer->buffered == 2 && line[1] == ' ')) && line[0] == byte;
}

void at_framer_reset(struct at_framer *framer)
{
    forget_line(framer);
    framer->block_remaining = 0;
    framer->prompt = 0;
    framer->skip_lf = false;
    framer->skip_space = false;
    framer->gap = (struct at_gap){0};
    framer->gap_open = false;
}

/* Bytes that are ignored before a line: NULs that a UART emits at power-up, and the Ctrl-Z and ESC that some
 * modules echo. */
static bool is_stray(char byte)
{
    return byte == '\0' || byte == 0x1a || byte == 0x1b;
}

static enum at_token_kind next_data(struct at_framer *framer, struct at_token *token)
{
    if (framer->skip_lf && framer->at < framer->end) {
        framer->skip_lf = false;
        framer->gap.clean = *framer->at == '\n';
        if (*framer->at == '\n')
            framer->at++;
    }
    size_t length = (size_t)(framer->end - framer->at);
    if (length == 0)
        return AT_TOKEN_NONE;
    if (length > framer->block_remaining)
        length = (size_t)framer->block_remaining;
    *token =
        (struct at_token){.kind = AT_TOKEN_DATA, .text = framer->at, .length = length, .rule = AT_NO_RULE};
    framer->at += length;
    framer->block_remaining -= length;
    if (framer->block_remaining == 0) {
        bool clean = framer->gap.clean;
        at_framer_follow_block(framer);
        framer->gap.clean = clean;
    }
    return AT_TOKEN_DATA;
}

/* Records one byte between a block and the following line. */
static void examine_gap(struct at_framer *framer, char byte)
{
    struct at_gap *gap = &framer->gap;
    if (gap->first == '\0')
        gap->first = byte;
    if (byte == '\r' && !framer->gap_half) {
        framer->gap_half = true;
    } else if (byte == '\n' && framer->gap_half) {
        framer->gap_half = false;
        gap->ends += gap->ends < UINT8_MAX;
    } else if (byte == '\r' || byte == '\n' || is_stray(byte)) {
        gap->clean = false;
    } else { /* even after a lone CR: some modules (Ai-WB2) start lines with one */
        framer->gap_open = false;
    }
}

/* Moves the current line from the span to the line buffer, because the span is about to end or a byte in it
 * has to be left out. */
static void save_line(struct at_framer *framer)
{
    size_t length = (size_t)(framer->at - framer->line_start);
    framer->line_start = NULL;
    if (framer->overlong > 0 || framer->buffered + length > framer->rules->protocol.max_line) {
        framer->overlong += framer->buffered + length;
        framer->buffered = 0;
        return;
    }
    memcpy(framer->buffer + framer->buffered, framer->at - length, length);
    framer->buffered += length;
}

/* Ends the line before framer->at. Its text is in the line buffer, the span or both. */
static enum at_token_kind finish_line(struct at_framer *framer, struct at_token *token,
                                      enum at_token_kind kind)
{
    if (framer->buffered > 0 || framer->overlong > 0)
        save_line(framer);
    const char *text = framer->line_start != NULL ? framer->line_start : framer->buffer;
    size_t length = framer->line_start != NULL ? (size_t)(framer->at - framer->line_start) : framer->buffered;
    if (framer->overlong > 0 || length > framer->rules->protocol.max_line) {
        *token = (struct at_token){.kind = AT_TOKEN_OVERLONG,
                                   .length = framer->overlong > 0 ? framer->overlong : length,
                                   .rule = AT_NO_RULE};
    } else {
        *token = (struct at_token){.kind = kind, .text = text, .length = length};
        token->rule = at_trie_result(&framer->rules->lines, &framer->walk);
        bool prefixed = token->rule != AT_NO_RULE && framer->rules->line_rules[token->rule].prefix;
        token->prefix_length = prefixed ? framer->walk.prefix_length : 0;
    }
    token->gap = framer->gap;
    framer->gap = (struct at_gap){0};
    forget_line(framer);
    return token->kind;
}

static bool is_line_end(char byte)
{
    return byte == '\r' || byte == '\n';
}

/* The rule of the current line if its block can start in the middle of the line. */
static const struct at_block_rule *inline_rule(const struct at_framer *framer)
{
    if (framer->walk.prefix == AT_NO_RULE)
        return NULL;
    const struct at_block_rule *block = &framer->rules->line_rules[framer->walk.prefix].block;
    return block->length_field > 0 && block->after != '\n' ? block : NULL;
}

/* Counts a byte after the prefix of such a rule. True when the block follows this byte. */
static bool ends_header(struct at_framer *framer, const struct at_block_rule *block, char byte)
{
    if (byte == '"')
        framer->quoted = !framer->quoted;
    if (framer->quoted)
        return false;
    if (byte == block->after && framer->fields + 1 >= block->fields)
        return true;
    if (byte == ',' && framer->fields < UINT8_MAX)
        framer->fields++;
    return false;
}

static void begin_line(struct at_framer *framer)
{
    framer->line_start = framer->at;
    framer->walking = true;
    framer->quoted = false;
    framer->fields = 0;
    at_trie_start(&framer->walk);
}

/* Skips bytes between lines. False when the span is exhausted. */
static bool skip_between_lines(struct at_framer *framer)
{
    for (; framer->at < framer->end; framer->at++) {
        char byte = *framer->at;
        if (framer->gap_open)
            examine_gap(framer, byte);
        if (byte == ' ' && framer->skip_space) {
            framer->skip_space = false;
        } else if (is_stray(byte)) {
            framer->noise++;
        } else if (!is_line_end(byte)) {
            framer->skip_space = false;
            return true;
        }
    }
    return false;
}

/* Counts the fields between the matched prefix and the byte at which a longer candidate stopped matching. */
static void recount_header(struct at_framer *framer, const struct at_block_rule *block)
{
    size_t line_length = framer->buffered + (size_t)(framer->at - framer->line_start);
    for (size_t i = framer->walk.prefix_length; i < line_length && i < framer->walk.length; i++) {
        char byte = i < framer->buffered ? framer->buffer[i] : framer->line_start[i - framer->buffered];
        ends_header(framer, block, byte);
    }
}

/* Scans to the end of the line, the header or the span. */
static enum at_token_kind scan_line(struct at_framer *framer)
{
    const struct at_block_rule *block = framer->walking ? NULL : inline_rule(framer);
    for (; framer->at < framer->end; framer->at++) {
        unsigned char byte = (unsigned char)*framer->at;
        if (byte < ' ') {
            if (is_line_end((char)byte))
                return AT_TOKEN_LINE;
            framer->noise += byte != '\t';
            if (byte == '\0') {
                save_line(framer);
                framer->line_start = framer->at + 1;
                continue;
            }
        }
        if (framer->walking) {
            framer->walking = at_trie_step(&framer->rules->lines, &framer->walk, byte);
            if (framer->walking)
                continue;
            block = inline_rule(framer);
            if (block != NULL)
                recount_header(framer, block);
        }
        if (block != NULL && ends_header(framer, block, (char)byte))
            return AT_TOKEN_HEADER;
    }
    return AT_TOKEN_NONE;
}

static enum at_token_kind next_line(struct at_framer *framer, struct at_token *token)
{
    if (framer->line_start == NULL && framer->buffered == 0 && framer->overlong == 0) {
        if (!skip_between_lines(framer))
            return AT_TOKEN_NONE;
        if (framer->prompt != 0 && *framer->at == framer->prompt) {
            framer->at++;
            framer->skip_space = true;
            framer->skip_lf = false; /* belongs to the preceding line: an LF after the prompt is data */
            framer->gap = (struct at_gap){0};
            *token = (struct at_token){.kind = AT_TOKEN_PROMPT, .rule = AT_NO_RULE};
            return AT_TOKEN_PROMPT;
        }
        begin_line(framer);
    } else {
        framer->line_start = framer->at;
    }
    enum at_token_kind kind = scan_line(framer);
    if (kind == AT_TOKEN_NONE) {
        save_line(framer);
        return AT_TOKEN_NONE;
    }
    framer->skip_lf = kind == AT_TOKEN_LINE && *framer->at == '\r';
    kind = finish_line(framer, token, kind);
    framer->at++;
    return kind;
}

enum at_token_kind at_framer_next(struct at_framer *framer, struct at_token *token)
{
    if (framer->at == framer->end)
        return AT_TOKEN_NONE;
    return framer->block_remaining > 0 ? next_data(framer, token) : next_line(framer, token);
}
