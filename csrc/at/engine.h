/* The state of the engine, and the functions that its source files share: engine.c (life, settings, commands
 * and input), incoming.c (interprets tokens), results.c (interprets result codes), block_damage.c (what
 * follows a block), online_input.c (input that does not consist of lines), outgoing.c (output), recovery.c
 * (commands that end without an answer), boot.c (restarts), prompt.c (prompts that nobody expected) and
 * events.c (the next event, and time). */
#ifndef AT_ENGINE_H
#define AT_ENGINE_H

#include "at/deferred.h"
#include "at/framer.h"
#include "at/online.h"
#include "at/payload.h"
#include "at/rules.h"
#include "at/slot.h"
#include "at/sync.h"
#include "at/transfer.h"

enum {
    AT_BLOCKLESS_RULES = 4,
    AT_BLOCK_ENDS = 8 /* how many commands the engine remembers the line ends after their block for */
};

struct at_block_end {
    char name[AT_NAME_MAX];
    uint8_t name_length;
    uint8_t line_ends; /* CR LF between the block and the final result code; 0: this entry is free */
    uint8_t last, run; /* the number in the last answer, and in how many answers in a row */
};

/* Connections whose lines of one rule announce no block. */
struct at_blockless {
    const struct at_line_rule *rule; /* NULL: this entry is free */
    uint32_t owners;                 /* bit n: connection n */
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
    struct at_feed feed; /* data of the command in flight */
    struct at_source fed;
    struct at_payload payload; /* its echo */
    bool reports_progress;
    uint64_t reported; /* bytes of its data that have been reported to the host */
    at_time report_at;
    struct at_sync sync;
    struct at_deferred_table deferred;
    char *line; /* the command line being sent */
    size_t line_size;
    uint32_t last_id;
    uint32_t default_ms; /* time-out of commands without a rule */
    uint32_t gap_ms;     /* silence after a command, if longer than the rules require */
    at_time ready_at;    /* end of the silence after the last command */
    enum at_block_owner block_owner;
    at_time block_at; /* when the most recent byte of that block arrived */
    struct at_block_end block_ends[AT_BLOCK_ENDS];
    uint8_t next_block_end; /* the entry to overwrite next */
    struct at_blockless blockless[AT_BLOCKLESS_RULES];
    uint64_t damaged; /* number of damaged blocks so far */
    bool echo;        /* the module may be echoing */
    bool text_due;    /* the next line is the text of a URC */
    bool rebooting;   /* a boot line has arrived and the engine has not resynchronised since */
    struct at_escape escape;
    struct at_online online; /* data mode, in which input and output belong to no command */
    struct at_download download;
    bool own_hangups; /* the host has set its own hang-up texts, which replace those of the rules */
    const char *span, *span_end; /* input for data mode or a download, or that follows its end */
    bool skip_lf;                /* an LF that follows belongs to the line that began data mode */
    bool sync_after_lines;       /* the module has left data mode: resynchronise after its last lines */
    bool answer_in_doubt;      /* data came as lines, or got lost, while the command was in flight: its answer
                                  may have been data */
    bool data_suspected;       /* data came in place of the answer of a command that begins data mode */
    const char *observed_data; /* reported as SEEN, to be delivered next */
    size_t observed_length;
    bool observed;
    struct at_token seen_token; /* reported as SEEN, to be interpreted next */
    const char *sent_text;
    size_t sent_length;
    uint64_t sent_data;

    /* Queued events, in the order of delivery. */
    bool end_slot, deferred_ends_pending, reboot_pending, desync_pending, resync_pending, boot_line_pending;
    enum at_result final_result;
    uint64_t final_unsent;
    struct at_token boot_line;
};

enum {
    AT_QUIET_MS = 100,          /* before the first probe after a command has been given up */
    AT_UNRESPONSIVE_MS = 30000, /* how long resynchronisation may take before the host is told */
};

/* Sets up an event of this kind with the text of a token; NULL: no text. Returns the kind. */
enum at_event_kind at_event_init(struct at_event *event, enum at_event_kind kind,
                                 const struct at_token *token);

/* Interprets a token and acts on it. NONE when there is nothing to report. */
enum at_event_kind at_engine_on_token(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *token, at_time now);

/* Reports a line and prepares for the block that it announces. */
enum at_event_kind at_engine_emit_line(struct at_engine *engine, struct at_event *event,
                                       enum at_event_kind kind, const struct at_token *line, at_time now);

/* Interprets a line with a final result code. */
enum at_event_kind at_engine_on_final(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *line, const struct at_line_rule *rule,
                                      at_time now);

/* Ends the command in flight with the module's result. */
enum at_event_kind at_engine_end_slot(struct at_engine *engine, struct at_event *event,
                                      const struct at_token *line, bool success, at_time now);

/* In online_input.c: enters data mode, or starts a download; or the body that follows a CONNECT which nobody
 * expected. Input that has not been read yet belongs to it.
 */
void at_engine_begin_data_mode(struct at_engine *engine, at_time now);
void at_engine_begin_download(struct at_engine *engine, uint64_t total, at_time now);
void at_engine_begin_body(struct at_engine *engine);

/* Whether data mode or a download receives the input; the next event of it. */
bool at_engine_is_in_data(const struct at_engine *engine);
enum at_event_kind at_engine_next_data(struct at_engine *engine, struct at_event *event, at_time now);

/* Abandons a download: the input is lines again. */
void at_engine_stop_download(struct at_engine *engine);

/* In online_input.c: whether all texts of these rules that may end data mode or a download have room. */
bool at_engine_has_room_for(const struct at_rules *rules);

/* In block_damage.c: the answer to the command in flight is damaged. The first damage counts, even if
 * everything after it is intact. */
void at_engine_note_damage(struct at_engine *engine, enum at_damage damage);

/* In block_damage.c: checks the block before this line. True when DAMAGE has to be reported first; the line
 * is then delivered after it. */
bool at_engine_check_after_block(struct at_engine *engine, struct at_event *event,
                                 const struct at_token *line, bool final, at_time now);

/* In recovery.c: the command in flight has ended. at_engine_free_slot: the slot is free again.
 * at_engine_end_slot_with: FINAL is queued; the command's data is the host's again, and the slot stays in use
 * until the module has answered and the engine has resynchronised, which at_engine_give_up begins. */
void at_engine_free_slot(struct at_engine *engine, at_time now);
void at_engine_end_slot_with(struct at_engine *engine, enum at_result result);
void at_engine_give_up(struct at_engine *engine, enum at_result result, at_time now);
void at_engine_start_sync(struct at_engine *engine, const struct at_sync_start *start, at_time now);

/* In recovery.c: resynchronises while no command is in flight. prompted: the module may take what it receives
 * next as data, and wants data_owed more bytes (0: unknown). */
void at_engine_sync_when_idle(struct at_engine *engine, bool prompted, uint64_t data_owed, at_time now);

/* In boot.c: the module has restarted, and lost all state, so everything pending fails. A boot line within an
 * answer that may be text is only suspected: it is put off while the answer goes on, and confirmed at the
 * deadline or when the command is given up before its end. at_engine_confirm_boot is false where none is
 * suspected. */
enum at_event_kind at_engine_on_boot(struct at_engine *engine, const struct at_token *line, at_time now);
void at_engine_put_off_boot(struct at_engine *engine, at_time now);
at_time at_engine_boot_deadline(const struct at_engine *engine);
bool at_engine_confirm_boot(struct at_engine *engine, at_time now);

/* In prompt.c: whether a prompt has come that nobody expected; when to look again. */
bool at_engine_find_prompt(struct at_engine *engine, at_time now);
at_time at_engine_prompt_deadline(const struct at_engine *engine);

/* In recovery.c: leaves data mode that nobody asked for, and resynchronises. Until the escape sequence has
 * been sent, whatever is sent would reach the far end. */
void at_engine_leave_unwanted(struct at_engine *engine, at_time now);

/* In recovery.c: a line of no rule, or one that is too long. If no module sends such a line, it may be data:
 * that of the command in flight, whose answer is in doubt then, or, if that begins data mode, what follows a
 * lost `CONNECT`. */
void at_engine_suspect_data(struct at_engine *engine, const struct at_token *token);

#endif
