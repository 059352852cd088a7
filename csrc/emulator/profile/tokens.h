/* The words of a profile: a Lua table of data. lua/hayes/profile/reader.lua has the grammar, and reads the
 * same. Nothing is executed. */
#ifndef EMU_PROFILE_TOKENS_H
#define EMU_PROFILE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

/* What a profile may have at most. reader.lua has the same numbers. */
enum {
    EMU_PROFILE_BYTES = 256 * 1024, /* of the file */
    EMU_PROFILE_DEPTH = 3,          /* of tables in tables */
    EMU_PROFILE_TEXT = 2000,        /* bytes of a text */
    EMU_PROFILE_NAME = 48,          /* bytes of a name */
    EMU_PROFILE_VALUES = 16384,     /* in all */
    EMU_PROFILE_DIGITS = 15,        /* of a number */
};

struct emu_tokens {
    const char *at, *end;
    int line;
    size_t values;
    const char *mistake; /* NULL: none so far */

    /* The last name, and the last text; both end with NUL. */
    char name[EMU_PROFILE_NAME + 1];
    char text[EMU_PROFILE_TEXT + 1];
    size_t length; /* of the text */
};

void emu_tokens_init(struct emu_tokens *tokens, const char *bytes, size_t length);

/* Records the first mistake; `what` must stay valid. Returns false. */
bool emu_tokens_fail(struct emu_tokens *tokens, const char *what);

/* The byte at which the next word begins, after blanks and comments; '\0' at the end and after a mistake. */
char emu_tokens_next(struct emu_tokens *tokens);

/* Takes this byte if it comes next. */
bool emu_tokens_take(struct emu_tokens *tokens, char byte);

/* Reads a name, true or false into `name`. Returns false if none comes next. */
bool emu_tokens_word(struct emu_tokens *tokens);

/* Reads "name =" into `name`. Returns false, and takes nothing, if none comes next. */
bool emu_tokens_key(struct emu_tokens *tokens);

enum emu_value {
    EMU_VALUE_NONE,  /* there was a mistake */
    EMU_VALUE_TABLE, /* its brace was not taken */
    EMU_VALUE_TEXT,
    EMU_VALUE_NUMBER,
    EMU_VALUE_TRUE,
    EMU_VALUE_FALSE,
};

/* Reads a value, a text into `text` and a number into *number. A table is left to the caller. */
enum emu_value emu_tokens_value(struct emu_tokens *tokens, long long *number);

/* Between the entries of a table: takes the comma, or fails unless the closing brace comes next. */
bool emu_tokens_between(struct emu_tokens *tokens);

#endif
