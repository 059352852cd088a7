/* Splits the bytes from a module into tokens, in a single pass.
 *
 * Lines end at CR or LF; empty lines and NULs are dropped (a UART emits NULs at power-up, and some modules
 * end lines with CR CR LF). A prompt or a block is recognised only when the engine has said to expect one,
 * since only the command in flight can explain it. Tokens point into the span or into the framer's line
 * buffer and are valid until the next call. The length of a block is unlimited. */
#ifndef AT_FRAMER_H
#define AT_FRAMER_H

#include "at/rules.h"

enum at_token_kind {
    AT_TOKEN_NONE,     /* the span is exhausted */
    AT_TOKEN_LINE,     /* a complete line, without its line end */
    AT_TOKEN_HEADER,   /* the part of a line that announces the block directly after it; call at_framer_block
                          next */
    AT_TOKEN_PROMPT,   /* the expected prompt at the start of a line */
    AT_TOKEN_DATA,     /* bytes of a block */
    AT_TOKEN_OVERLONG, /* a line longer than max_line has ended; its text was discarded */
};

/* The bytes between a block and the following line: usually the line end that terminates the block, and an
 * empty line. If they are anything else, bytes of the block were lost or duplicated, so that its end is in
 * the wrong place. */
struct at_gap {
    bool follows_block; /* the line is the first after a block */
    bool clean;         /* only complete CR LF pairs, here and between the announcing line and the block */
    uint8_t ends;       /* number of CR LF pairs; 0: the line follows directly */
    char first;         /* the first byte after the block */
};

struct at_token {
    enum at_token_kind kind;
    const char *text;
    size_t length;
    int16_t rule;         /* LINE, HEADER: the matching rule, or AT_NO_RULE */
    size_t prefix_length; /* how many bytes of the text the rule's prefix matches */
    struct at_gap gap;    /* LINE, HEADER, OVERLONG */
};

/* Zero-initialised by at_framer_init. Owns the line buffer. Borrows the rules and, until it is exhausted, the
 * span. */
struct at_framer {
    const struct at_rules *rules;
    struct at_alloc alloc;
    const char *at, *end;   /* the unread part of the span */
    const char *line_start; /* of the current line within the span; NULL: it has no byte there yet */
    char *buffer;           /* the part of the line that came in earlier spans */
    size_t buffered;
    size_t buffer_size;
    size_t overlong; /* bytes of an overlong line so far; 0: the line is not overlong */
    uint64_t block_remaining;
    uint64_t
        noise; /* control bytes, which a module never sends in a line; many of them mean a wrong line speed */
    struct at_trie_walk walk;
    char prompt;       /* the expected prompt; 0: none */
    bool walking;      /* the start of the line can still match another rule */
    bool quoted;       /* inside quotes, while looking for the end of a header */
    uint8_t fields;    /* separators so far in such a header */
    bool skip_lf;      /* the last line ended with CR: an LF that follows belongs to it */
    bool skip_space;   /* after a prompt: one space that follows belongs to it */
    struct at_gap gap; /* between the last block and the current line */
    bool gap_open;     /* that line has not started yet */
    bool gap_half;     /* after a CR, its LF still to come */
};

/* False when there is no memory for the line buffer. */
bool at_framer_init(struct at_framer *framer, const struct at_alloc *alloc, const struct at_rules *rules);
void at_framer_free(struct at_framer *framer);

/* Changes the rules, starting with the next line. False when there is no memory; the old rules then stay. */
bool at_framer_set_rules(struct at_framer *framer, const struct at_rules *rules);

/* Supplies the next span, which must stay valid until AT_TOKEN_NONE has been returned. */
void at_framer_input(struct at_framer *framer, const char *bytes, size_t length);

enum at_token_kind at_framer_next(struct at_framer *framer, struct at_token *token);

/* Takes back the unread part of the span. */
size_t at_framer_take_unread(struct at_framer *framer, const char **bytes);

/* The next line follows a block that did not pass through the framer. */
void at_framer_follow_block(struct at_framer *framer);

/* The next `length` bytes are data. An LF that still belongs to the announcing line is skipped first. */
void at_framer_block(struct at_framer *framer, uint64_t length);

/* Recognises this byte at the start of a line as a prompt; 0: expect none. */
void at_framer_expect_prompt(struct at_framer *framer, char byte);

/* Whether the current line consists of this byte alone, and perhaps a space. */
bool at_framer_holds_prompt(const struct at_framer *framer, char byte);

/* Discards the current line and block; the next byte starts a line. */
void at_framer_reset(struct at_framer *framer);

#endif
