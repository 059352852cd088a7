/* The AT engine: bytes and time go in, bytes and events come out.
 *
 * One command is in flight at a time; AT_DEFERRED_MAX deferred results may be outstanding beside it. The host
 * asks for events until there are none, writes what at_engine_output gives, and calls again when bytes have
 * come or at_engine_deadline has passed. Nothing calls back, but for the source of a command's data. No
 * descriptor, no clock, no allocation after at_engine_init. */
#ifndef AT_ENGINE_H
#define AT_ENGINE_H

#include "at/deferred.h"
#include "at/framer.h"
#include "at/online.h"
#include "at/rules.h"
#include "at/slot.h"
#include "at/sync.h"
#include "at/time.h"
#include "at/transfer.h"

/* How a command ended. */
enum at_result {
    AT_OK,
    AT_ERROR,     /* the module's own word: the event's text is its final result code */
    AT_TIMEOUT,   /* no final result code came; the engine is desynchronised */
    AT_CANCELLED, /* by the host; the engine is desynchronised if any of it had been sent */
    AT_REBOOTED,  /* the module started anew */
};

/* A block whose bytes are not what the module sent, by what stands behind it: some were lost on the line, or
 * came twice, and nobody knows which. */
enum at_damage {
    AT_UNDAMAGED,
    AT_SHORT, /* fewer bytes came than it announced: what follows it was taken for its last ones */
    AT_LONG,  /* more came */
};

enum at_event_kind {
    AT_EVENT_NONE,
    AT_EVENT_INFO,     /* an information response of `command` */
    AT_EVENT_FINAL,    /* `command` has ended with `result`; a deferred result follows if `more` */
    AT_EVENT_DEFERRED, /* a line of the deferred result of `command`, the last one unless `more`; no text:
                          ended by `result` */
    AT_EVENT_URC,      /* `rule` tells which */
    AT_EVENT_BLOCK,    /* bytes of the block that the last INFO, URC, LATE or UNKNOWN event announced */
    AT_EVENT_DATA,     /* bytes that came in data mode */
    AT_EVENT_GIVEN,    /* all that at_engine_give was given is with the port */
    AT_EVENT_PROGRESS, /* `block` bytes of the data of `command` have passed; ten times a second at most */
    AT_EVENT_DOUBT,    /* in data mode: the connection may have ended, at_engine_leave finds out; nothing goes
                          out */
    AT_EVENT_LEFT,     /* data mode is over: `answered`, or the module had left it by itself; `ended`: it says
                          that the     connection has, too. What it said beside that follows as lines, then DESYNC
                          unless answered */
    AT_EVENT_DAMAGE,   /* the block that was told last, of a URC, is damaged */
    AT_EVENT_UNKNOWN,  /* a line that nothing claims */
    AT_EVENT_LATE,     /* a line that belongs to a command given up */
    AT_EVENT_OVERLONG, /* a line of `length` bytes was thrown away */
    AT_EVENT_REBOOT, /* the module has started anew; its commands and deferred results have been ended before
                      */
    AT_EVENT_DESYNC, /* the engine is getting in step; no command goes out until RESYNC */
    AT_EVENT_RESYNC, /* commands go out again */
    AT_EVENT_LOST,   /* getting in step has not worked by the time given; it goes on trying */
    AT_EVENT_SENT,   /* while observed: this text, or `block` bytes of data, went to the port */
    AT_EVENT_SEEN,   /* while observed: this line, prompt or run of `block` bytes came; what it means is told
                        next */
};

struct at_event {
    enum at_event_kind kind;
    uint32_t command; /* the id that at_engine_submit gave, or 0 */
    enum at_result result;
    bool more;
    const char *text; /* good until the next call of at_engine_next */
    size_t length;
    int16_t rule;         /* that matched the line, or AT_NO_RULE */
    size_t prefix_length; /* how much of the text its prefix covers */
    bool answered, ended; /* LEFT */
    uint64_t unsent; /* FINAL: bytes of its data that did not go out; LEFT: of what was given, kept for the
                        return to data mode unless `ended` */
    bool online;     /* FINAL: data mode has begun */
    bool early;      /* DEFERRED: it came before FINAL, which follows */
    enum at_damage damage; /* FINAL: of the block in its answer; DAMAGE */
    uint64_t block;        /* bytes announced by this line, or still to come behind this BLOCK */
};

/* Why a command was not taken. Nothing has been sent in that case. */
enum at_refusal {
    AT_TAKEN,
    AT_REFUSED_BUSY,     /* one is in flight, or the engine is not in step */
    AT_REFUSED_LONG,     /* longer than max_command */
    AT_REFUSED_BYTE,     /* holds a control character; see at_forbidden_byte */
    AT_REFUSED_NO_DATA,  /* this form waits for data and none was given */
    AT_REFUSED_DEFERRED, /* AT_DEFERRED_MAX results are outstanding */
};

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

/* Borrows the rules while it is in use (at_engine_free does not need them any more). Owns the line buffers.
 */
struct at_engine {
    const struct at_rules *rules;
    struct at_alloc alloc;
    struct at_framer framer;
    struct at_slot slot;
    struct at_feed feed; /* of the command in flight */
    struct at_source fed;
    bool tells_progress;
    uint64_t told; /* bytes of its data that its host knows of */
    at_time tell_at;
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
    bool sync_after_lines; /* data mode was left by the module: when its last words have been looked at */
    const char *data;      /* observed, and to be told next */
    size_t data_length;
    bool observed;
    struct at_token seen; /* told of, and not yet looked at */
    const char *sent_text;
    size_t sent_length;
    uint64_t sent_data;

    /* Events that wait for their turn, in this order. */
    bool end_slot, end_deferred, tell_reboot, tell_desync, tell_resync, tell_boot_line;
    enum at_result end_result;
    struct at_token boot_line;
};

/* False when there is no memory. The engine starts in step: call at_engine_sync to find out. */
bool at_engine_init(struct at_engine *engine, const struct at_rules *rules);
void at_engine_free(struct at_engine *engine);

/* Other rules from now on. False when there is no memory or something is in flight; the old ones then stay.
 */
bool at_engine_set_rules(struct at_engine *engine, const struct at_rules *rules);

/* Time-out of commands that nothing is known of (10 s), and least silence between two commands (none). */
void at_engine_set_times(struct at_engine *engine, uint32_t default_ms, uint32_t gap_ms);

/* Tells whether the module echoes command lines; while it may, pieces of an echo are taken for what they are.
 */
void at_engine_set_echo(struct at_engine *engine, bool echo);

/* Tells of everything that goes out and comes in from now on, by SENT and SEEN. */
void at_engine_observe(struct at_engine *engine, bool on);

/* Gets in step; RESYNC tells when that is done, LOST when it was not by give_up. */
void at_engine_sync(struct at_engine *engine, at_time now, at_time give_up);

/* What is wrong with the line, so far. */
struct at_noise {
    uint64_t control_bytes; /* that no line of a module holds; at a wrong line speed there are many */
    uint64_t damaged;       /* blocks */
};
struct at_noise at_engine_noise(const struct at_engine *engine);

/* Could a command be submitted now? */
bool at_engine_ready(const struct at_engine *engine);

/* Why a command could never be taken: LONG, BYTE or NO_DATA; else TAKEN. */
enum at_refusal at_engine_check(const struct at_engine *engine, const struct at_command *command);

/* Takes a command; its id goes to *id. */
enum at_refusal at_engine_submit(struct at_engine *engine, const struct at_command *command, at_time now,
                                 uint32_t *id);

/* Gives a command up. FINAL with AT_CANCELLED follows if it was in flight: true then, or if its FINAL was to
 * be told already. A deferred result is forgotten silently. */
bool at_engine_cancel(struct at_engine *engine, uint32_t id, at_time now);

/* The lines that tell of the end of a connection in data mode, beside those of a restart; count 0: the final
 * result codes that are URCs, too (`NO CARRIER`). Before data mode begins. False when there is no room for
 * them. */
bool at_engine_set_hangups(struct at_engine *engine, const char *const *texts, size_t count);

/* The data of the command in flight comes by at_engine_give. */
bool at_engine_is_fed(const struct at_engine *engine);

/* For the command in flight whose data is fed, else for data mode: bytes for the port, which must stay where
 * they are until GIVEN, LEFT or FINAL. False when some are on their way. */
bool at_engine_give(struct at_engine *engine, const char *bytes, size_t length);

/* The data of the command in flight that is fed has come to its end. */
void at_engine_finish(struct at_engine *engine);

/* Has something to tell at once: at_engine_next gives it without input and time. */
bool at_engine_has_event(const struct at_engine *engine);

/* Data mode is to be left; LEFT tells how that went. What was given goes out before, unless there is DOUBT.
 * dtr: the host has dropped DTR (`AT&D1`), by which the module leaves if it can; else, and after a second, by
 * the escape sequence. */
void at_engine_leave(struct at_engine *engine, bool dtr, at_time now);

/* Data mode is over at once, as the host knows otherwise; input is lines again. How many of the bytes given
 * had not gone out. */
size_t at_engine_end_data_mode(struct at_engine *engine);

/* Bytes a second of a line that the port cannot be asked about, by which the time is reckoned at which a byte
 * has left it; 0: the port tells (at_engine_waiting), or does not delay any. */
void at_engine_set_speed(struct at_engine *engine, uint32_t bytes_per_second);

/* Is it worth asking the port how many bytes wait in it? The escape sequence needs silence before it. */
bool at_engine_wants_silence(const struct at_engine *engine);

/* Bytes that the port has taken wait in it still, and will have left it then. */
void at_engine_waiting(struct at_engine *engine, at_time left_at);

/* Hands over bytes from the port; they must stay where they are until at_engine_next has returned NONE. */
void at_engine_input(struct at_engine *engine, const char *bytes, size_t length);

enum at_event_kind at_engine_next(struct at_engine *engine, at_time now, struct at_event *event);

/* Bytes for the port, 0 when there are none now; at_engine_sent tells how many it has taken. */
size_t at_engine_output(struct at_engine *engine, at_time now, const char **bytes);
void at_engine_sent(struct at_engine *engine, size_t length, at_time now);

/* When at_engine_next or at_engine_output will have something to do that they have not now, without further
 * input; AT_NEVER: never. What at_engine_output gives now waits for the port and not for a time. */
at_time at_engine_deadline(const struct at_engine *engine, at_time now);

/* The first control character (below 0x20, or 0x7F) of a text, NULL when it has none. None may stand in a
 * command line: a module edits the line while it comes (V.250 5.2.2), so that what follows a row of
 * backspaces would be a command of its own. */
const char *at_forbidden_byte(const char *text, size_t length);

#endif
