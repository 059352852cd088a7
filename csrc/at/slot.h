/* The command in flight: its line, what it may produce, how far it has come. There is one, inside the engine.
 */
#ifndef AT_SLOT_H
#define AT_SLOT_H

#include "at/feed.h"
#include "at/rules.h"
#include "at/transfer.h"

enum at_slot_state {
    AT_SLOT_EMPTY,
    AT_SLOT_SENDING,  /* the command line is on its way to the port; nothing is taken for its answer yet */
    AT_SLOT_ARMED,    /* it is with the port */
    AT_SLOT_DATA,     /* the prompt came; its data is on its way or with the port */
    AT_SLOT_GIVEN_UP, /* timed out or cancelled; kept so that its answer is known for what it is */
};

/* What tells the deferred result of one command from that of another. */
struct at_expectation {
    char prefix[AT_NAME_MAX];
    size_t prefix_length; /* 0: there is none */
    const char
        *end_shape; /* the shape of its last line; NULL: the first line is the last. Points into the rules */
    uint8_t field;  /* key stands in this field; 0: not compared */
    char key[AT_KEY_MAX];
};

struct at_slot {
    enum at_slot_state state;
    uint32_t id;
    char name[AT_NAME_MAX]; /* in upper case */
    size_t name_length;
    const char *prefix; /* of its information responses: the name, or the rule' own */
    size_t prefix_length;
    const char *info_shape;
    enum at_info info;
    uint32_t accepts;
    bool online;                  /* CONNECT begins data mode … */
    bool prompt_enters_data_mode; /* … or the prompt does */
    uint64_t block;
    struct at_upload upload; /* its data */
    uint64_t transferred;    /* bytes of its data, or of the block in its answer, so far */
    bool prompted;
    bool had_block; /* in its answer, which is whole */
    uint8_t damage; /* of that: enum at_damage */
    struct at_expectation expect;
    bool deferred_early; /* it came in front of the final result code */
    at_time deadline;
    uint32_t timeout_ms;
    uint32_t deferred_ms;
    size_t line_length; /* of the command line in the engine's buffer, with its end */
    size_t text_length; /* without */
    size_t line_sent;
    size_t echoed;
};

/* Fills the slot for a command, by the rule of its name; default_ms is the time-out where that gives none.
 * Refused: NAME, KEY, NO_DATA. The slot points into itself: it is not to be moved. */
enum at_refusal at_slot_fill(struct at_slot *slot, const struct at_rules *rules,
                             const struct at_command *command, uint32_t default_ms);

/* The deadline, counted from now. */
void at_slot_arm(struct at_slot *slot, at_time now);

/* The command is with the module and its answer may come. */
bool at_slot_is_awaiting(const struct at_slot *slot);

/* A prompt may come: the command has data, or data mode begins there. */
bool at_slot_wants_prompt(const struct at_slot *slot);

/* The module takes bytes for data that the command has not given it. */
bool at_slot_is_unfinished(const struct at_slot *slot);

/* So many bytes of data the module has asked for and not been given; 0 also when nobody knows. */
uint64_t at_slot_data_owed(const struct at_slot *slot);

#endif
