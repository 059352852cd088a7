/* Cuts the bytes that come from a module into tokens, looking at each byte once.
 *
 * Lines end at CR or LF, whichever comes; empty lines and NULs vanish (a UART prints NULs at power-up, some
 * modules end lines with CR CR LF). What only a command in flight can mean is taken for it only when the
 * engine has said that it is due: a prompt, a block. Tokens point into the span given or into the framer's
 * own line buffer and are good until the next call. There is no limit on the length of a block. */
#ifndef AT_FRAMER_H
#define AT_FRAMER_H

#include "at/rules.h"

enum at_token_kind {
    AT_TOKEN_NONE,     /* the span is used up */
    AT_TOKEN_LINE,     /* a whole line, without its end */
    AT_TOKEN_HEADER,   /* the part of a line that announces a block right behind it; call at_framer_block next
                        */
    AT_TOKEN_PROMPT,   /* the due byte at the start of a line */
    AT_TOKEN_DATA,     /* bytes of a block */
    AT_TOKEN_OVERLONG, /* a line longer than max_line has ended; it was thrown away */
};

/* What stands between a block and the line that follows it: the line end that belongs to the block, and a
 * blank line, mostly. Where it is not what it should be, bytes were lost or came twice, and the block's are
 * shifted. */
struct at_gap {
    bool follows_block; /* the line is the first one behind a block */
    bool clean;   /* nothing but whole CR LF, also between the line that announced the block and its bytes */
    uint8_t ends; /* CR LF in it; 0: the line follows at once */
    char first;   /* the byte behind the block */
};

struct at_token {
    enum at_token_kind kind;
    const char *text;
    size_t length;
    int16_t rule;         /* LINE, HEADER: the rule of its text, or AT_NO_RULE */
    size_t prefix_length; /* how much of it the rule's prefix covers */
    struct at_gap gap;    /* LINE, HEADER, OVERLONG */
};

/* Zero-initialised by at_framer_init. Owns the line buffer; borrows the rules and, until it is used up, the
 * span. */
struct at_framer {
    const struct at_rules *rules;
    struct at_alloc alloc;
    const char *at, *end;   /* the rest of the span */
    const char *line_start; /* where in the span the current line began; NULL: before its first byte */
    char *buffer;           /* the part of the line from earlier spans */
    size_t buffered;
    size_t buffer_size;
    size_t overlong; /* bytes of an overlong line so far, 0: none */
    uint64_t block_remaining;
    uint64_t noise; /* control bytes that no line of a module holds; at a wrong line speed there are many */
    struct at_trie_walk walk;
    char prompt;       /* the prompt awaited, 0: none */
    bool walking;      /* the head of the line can still match a rule */
    bool quoted;       /* inside quotes, while looking for the end of a header */
    uint8_t fields;    /* separators passed in such a header */
    bool skip_lf;      /* a line ended at CR: an LF that follows belongs to it */
    bool skip_space;   /* a prompt ended: one space that follows belongs to it */
    struct at_gap gap; /* behind the last block, up to the current line */
    bool gap_open;     /* that line has not begun */
    bool gap_half;     /* a CR of it waits for its LF */
};

/* False when there is no memory for the line buffer. */
bool at_framer_init(struct at_framer *framer, const struct at_alloc *alloc, const struct at_rules *rules);
void at_framer_free(struct at_framer *framer);

/* Other rules from the next line on. False when there is no memory; the old ones then stay. */
bool at_framer_set_rules(struct at_framer *framer, const struct at_rules *rules);

/* Hands over the next bytes; they must stay where they are until AT_TOKEN_NONE was returned. */
void at_framer_input(struct at_framer *framer, const char *bytes, size_t length);

enum at_token_kind at_framer_next(struct at_framer *framer, struct at_token *token);

/* Takes the bytes back that have not been looked at. */
size_t at_framer_take_unread(struct at_framer *framer, const char **bytes);

/* What comes next follows a block that came another way. */
void at_framer_follow_block(struct at_framer *framer);

/* From here on `length` bytes are data. Behind a LINE token an LF that still belongs to the line is passed
 * over. */
void at_framer_block(struct at_framer *framer, uint64_t length);

/* This byte at the start of a line is a prompt; 0: none is due. */
void at_framer_expect_prompt(struct at_framer *framer, char byte);

/* Back to the start of a line, giving up the rest of a block and of a line. */
void at_framer_reset(struct at_framer *framer);

#endif
