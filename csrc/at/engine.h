/* The engine's state, and what its three halves say to each other: engine.c (what goes out, time, what hosts
 * call), incoming.c (what a token means) and online_input.c (input that is no lines). */
#ifndef AT_ENGINE_H
#define AT_ENGINE_H

#include "at/deferred.h"
#include "at/framer.h"
#include "at/online.h"
#include "at/rules.h"
#include "at/slot.h"
#include "at/sync.h"
#include "at/transfer.h"

enum {
    AT_BLOCK_ENDS = 8 /* commands of which it is remembered how the block in their answer ended */
};

struct at_block_end {
    char name[AT_NAME_MAX];
    uint8_t name_length;
    uint8_t line_ends; /* CR LF between the block and the final result code; 0: this place is free */
    uint8_t last, run; /* how many there were in the last answer, and in how many answers in a row */
};

enum at_block_owner {
    AT_BLOCK_COMMAND,
    AT_BLOCK_URC,
    AT_BLOCK_ONLINE, /* data mode */
    AT_BLOCK_OTHER,
};

/* Borrows the rules. Owns the line buffers. */
struct at_engine {
    const struct at_rules *rules;
    struct at_alloc alloc;
    struct at_framer framer;
    struct at_slot slot;
    struct at_feed feed; /* of the command in flight */
    struct at_source fed;
    bool reports_progress;
    uint64_t reported; /* bytes of its data that its host knows of */
    at_time report_at;
    struct at_sync sync;
    struct at_deferred_table deferred;
    char *line; /* the command line being sent */
    size_t line_size;
    uint32_t last_id;
    uint32_t default_ms; /* time-out of commands that nothing is known of */
    uint32_t gap_ms;     /* silence behind a command, if it is more than the rules want */
    at_time ready_at;    /* the gap behind the last command is over */
    enum at_block_owner block_owner;
    at_time block_at; /* the last of that block came */
    struct at_block_end block_ends[AT_BLOCK_ENDS];
    uint8_t next_block_end; /* is forgotten next */
    uint64_t damaged;       /* blocks so far */
    bool echo;              /* the module may be echoing */
    bool rebooting;         /* a boot line was seen and the engine is not yet in step */
    struct at_escape escape;
    struct at_online online; /* data mode: what comes and goes is nobody's command */
    struct at_download download;
    bool own_hangups;            /* the host's texts, in place of the rules' */
    const char *span, *span_end; /* of the input: what is for data mode or a download, or follows its lines */
    bool skip_lf;                /* of the line that began it */
    bool sync_after_lines;     /* data mode was left by the module: when its last words have been looked at */
    const char *observed_data; /* observed, and to be told next */
    size_t observed_length;
    bool observed;
    struct at_token seen_token; /* told of, and not yet looked at */
    const char *sent_text;
    size_t sent_length;
    uint64_t sent_data;

    /* Events that wait for their turn, in this order. */
    bool end_slot, deferred_ends_pending, reboot_pending, desync_pending, resync_pending, boot_line_pending;
    enum at_result final_result;
    struct at_token boot_line;
};

enum {
    AT_QUIET_MS = 100,          /* before the first probe after a command was given up */
    AT_UNRESPONSIVE_MS = 30000, /* so long the module may stay out of step before its host is told */
};

/* Fills the event with a token; NULL: none. */
enum at_event_kind at_event_init(struct at_event *event, enum at_event_kind kind,
                                 const struct at_token *token);

/* Says what the token means, and does what follows from it. NONE when its host need not know. */
enum at_event_kind at_engine_on_token(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *token, at_time now);

/* In data.c: data mode begins, or a download; what has come and not been looked at is for it. */
void at_engine_begin_data_mode(struct at_engine *engine, at_time now);
void at_engine_begin_download(struct at_engine *engine, uint64_t total);

/* Whether one of them takes the input; what there is to tell of it then. */
bool at_engine_is_in_data(const struct at_engine *engine);
enum at_event_kind at_engine_next_data(struct at_engine *engine, struct at_event *event, at_time now);

/* A download that nobody waits for any more: what comes is lines. */
void at_engine_stop_download(struct at_engine *engine);

/* In incoming.c: the answer of the command in flight is damaged. */
void at_engine_note_damage(struct at_engine *engine, enum at_damage damage);

/* In engine.c: the command in flight has ended; its host will hear no more of it, and the slot stays until
 * the module's answer has come; the engine is to get in step. */
void at_engine_free_slot(struct at_engine *engine, at_time now);
void at_engine_give_up(struct at_engine *engine, enum at_result result, at_time now);
void at_engine_start_sync(struct at_engine *engine, const struct at_sync_start *start, at_time now);

/* In engine.c: no command is in flight, and what the module takes next is not known. prompted: as data,
 * perhaps, of which it wants so many bytes more (0: nobody knows). */
void at_engine_sync_when_idle(struct at_engine *engine, bool prompted, uint64_t data_owed, at_time now);

#endif
