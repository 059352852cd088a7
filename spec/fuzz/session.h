/* A host at work with an engine: what it does, and what comes from the module, is read from the input of a
 * fuzzer. Checked all the while: what at.h promises. */
#ifndef FUZZ_SESSION_H
#define FUZZ_SESSION_H

#include "at/at.h"

#include <stddef.h>
#include <stdint.h>

/* The rest of the fuzzer's input. */
struct input {
    const uint8_t *at, *end;
};

static inline uint8_t take(struct input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

/* The next bytes, as many as the next byte says; fewer at the end of the input. */
size_t take_bytes(struct input *input, const char **bytes);

/* How a session starts: in command mode, in data mode, or in a download that its deferred result ends. */
enum start {
    START_COMMANDS,
    START_DATA_MODE,
    START_DOWNLOAD,
};

/* Runs the program in the input with these rules. A healthy module behind it must find the engine in step at
 * the end, and each command ended; not asked of rules without a sense. cut: what comes in comes a byte at a
 * time; the log is the same. */
struct session_options {
    const struct at_rules *rules, *other_rules;
    enum start start;
    bool sense, cut;
};

/* What was reported, but for where data was divided and what depends on it. The caller frees the text. */
struct session_log {
    char *text;
    size_t length, size;
};

void session_run(const struct session_options *options, struct input input, struct session_log *log);

/* Both ways, and compares the logs. */
void session_compare(struct session_options options, const uint8_t *bytes, size_t length);

/* Rules that use all that there is. */
struct at_rules *session_rules(const struct at_alloc *alloc, bool other);

extern const struct at_alloc heap;

#endif
