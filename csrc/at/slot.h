/* The command in flight: its line, what the module may answer, and its progress. The engine has exactly one.
 */
#ifndef AT_SLOT_H
#define AT_SLOT_H

#include "at/feed.h"
#include "at/rules.h"
#include "at/transfer.h"

enum at_slot_state {
    AT_SLOT_EMPTY,
    AT_SLOT_SENDING,  /* the command line is being written to the port; nothing received counts as its answer
                         yet */
    AT_SLOT_ARMED,    /* the port has accepted the command line; awaiting the answer */
    AT_SLOT_DATA,     /* the prompt has arrived; its data is being sent, or has been */
    AT_SLOT_GIVEN_UP, /* timed out or cancelled; kept to recognise its late answer */
};

/* Identifies the deferred result of one command among others. */
struct at_expectation {
    char prefix[AT_NAME_MAX];
    size_t prefix_length;  /* 0: no deferred result is expected */
    const char *end_shape; /* shape of the last line; NULL: there is only one line. Points into the rules */
    uint8_t field;         /* index of the field that must equal key; 0: not compared */
    char key[AT_KEY_MAX];
};

struct at_slot {
    enum at_slot_state state;
    uint32_t id;
    char name[AT_NAME_MAX]; /* in upper case */
    size_t name_length;
    const char *prefix; /* of its information responses: the name, or the one in the rule */
    size_t prefix_length;
    const char *info_shape;
    enum at_info info;
    uint32_t accepts;
    bool compound;                /* several commands on one line */
    bool online;                  /* CONNECT enters data mode … */
    bool prompt_enters_data_mode; /* … or the prompt does */
    uint64_t block;
    struct at_upload upload; /* its data */
    bool data_echoed;        /* the module may repeat that */
    uint64_t transferred;    /* bytes of its data, or of the block in its answer, so far */
    char body_end[AT_NAME_MAX +
                  sizeof "\r\n:"]; /* may end the body in its answer: the name as a line's prefix */
    bool prompted;
    bool connected;       /* it was CONNECT that asked for the data, so the escape sequence ends it */
    uint64_t abandoned;   /* of a command given up: bytes of its data, of known length, that were not sent */
    bool in_text;         /* what follows in the answer is text, up to the final result code */
    at_time prompt_until; /* when a possible unexpected prompt is taken for one; 0: there is none */
    bool had_info;        /* a line of the answer has arrived */
    bool boot_suspected;  /* a boot line that may be text has arrived; its rule, and when to decide */
    int16_t boot_rule;
    at_time boot_at;
    bool had_block; /* the answer contained a complete block */
    uint8_t damage; /* damage to that block: enum at_damage */
    struct at_expectation expect;
    bool deferred_early; /* the deferred result arrived before the final result code */
    at_time deadline;
    uint32_t timeout_ms;
    uint32_t prompt_ms; /* how long the module may take to ask for data according to the rule; 0: unknown */
    uint32_t deferred_ms;
    uint32_t rule_deferred_ms; /* how long the module may take for it according to the rule; 0: unknown */
    size_t line_length;        /* of the command line in the engine's buffer, including its end */
    size_t text_length;        /* without its end */
    size_t line_sent;
    size_t echoed;
};

/* Fills the slot for a command according to its rule. default_ms: the time-out if neither sets one. May
 * refuse with NAME, KEY or NO_DATA. The slot points into itself, so it must not be moved. */
enum at_refusal at_slot_fill(struct at_slot *slot, const struct at_rules *rules,
                             const struct at_command *command, uint32_t default_ms);

/* Restarts the time-out. */
void at_slot_arm(struct at_slot *slot, at_time now);

/* Whether the module has the command and may answer it. */
bool at_slot_is_awaiting(const struct at_slot *slot);

/* Whether a prompt may come: the command has data, or the prompt enters data mode. */
bool at_slot_wants_prompt(const struct at_slot *slot);

/* Whether the module is still waiting for data of this command. */
bool at_slot_is_unfinished(const struct at_slot *slot);

/* How many bytes of data the module has asked for and not received; also 0 if the number is unknown. */
uint64_t at_slot_data_owed(const struct at_slot *slot);

/* The command is given up, and its source is the host's again. Returns how many bytes of it were not sent, or
 * AT_UNKNOWN_LENGTH. */
uint64_t at_slot_abandon(struct at_slot *slot);

#endif
