/* libhayes-at: an AT engine for hosts of serial modules (cellular, Wi-Fi, Bluetooth).
 *
 * Bytes and time go in, bytes and events come out. The engine opens no port, reads no clock, starts no thread
 * and calls nothing back but the source of a command's data and the allocator. It knows no vendor: what lines
 * and commands mean is in a table of rules that the host builds.
 *
 *     struct at_rules *rules = at_rules_from_tables(&alloc, &tables);
 *     struct at_engine *engine = at_engine_new(&alloc, rules);
 *     at_engine_submit(engine, &(struct at_command){.text = "+CSQ", .length = 4}, now, &id);
 *     for (;;) {
 *         while (at_engine_next(engine, now, &event) != AT_EVENT_NONE)
 *             handle(&event);
 *         while ((length = at_engine_output(engine, now, &bytes)) > 0)
 *             at_engine_sent(engine, write_to_port(bytes, length), now);
 *         wait for bytes, for room in the port, or until at_engine_deadline(engine, now);
 *         at_engine_input(engine, bytes, length);
 *     }
 *
 * One command is in flight at a time. Most end with a final result code:
 *
 *     out  AT+CSQ\r                                  submit -> id 7
 *     in   \r\n+CSQ: 22,99\r\n                       INFO  command 7, "+CSQ: 22,99"
 *     in   \r\nOK\r\n                                FINAL command 7, AT_RESULT_OK
 *
 * A two-phase command ends twice. Between the two, other commands may go, and their answers come:
 *
 *     out  AT+QSSLOPEN=1,1,4,"host",443,0\r          submit -> id 8
 *     in   \r\nOK\r\n                                FINAL    command 8, AT_RESULT_OK, more = true
 *     out  AT+CSQ\r …                                submit -> id 9, INFO, FINAL command 9
 *     in   \r\n+QSSLOPEN: 4,0\r\n                    DEFERRED command 8, "+QSSLOPEN: 4,0", more = false
 *
 * Every command that was accepted gets exactly one FINAL; with `more`, one DEFERRED follows whose `more` is
 * false, unless at_engine_cancel was called. A module that restarts ends all of them (AT_RESULT_REBOOT), then
 * REBOOT is told. After a time-out or a cancelled command the engine resynchronises before anything else is
 * sent: DESYNC, then RESYNC; what comes in between is LATE or UNKNOWN, never another command's answer.
 *
 * Ownership: rules must outlive their engines. What a function takes as `const struct … *` is copied, unless
 * its comment says that it is borrowed. Text and bytes of an event are good until the next call of
 * at_engine_next. No function is thread-safe; different engines may be used in different threads, rules are
 * only read.
 *
 * C99 or later, C++11 or later. */
#ifndef AT_AT_H
#define AT_AT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits, which a build may set otherwise. What exceeds one is refused, never cut. */
#ifndef AT_DEFERRED_MAX
#define AT_DEFERRED_MAX 32 /* deferred results that may be outstanding; 72 bytes of RAM each */
#endif
#ifndef AT_NAME_MAX
#define AT_NAME_MAX 32 /* bytes: a command's name, and the prefix of a deferred result */
#endif
#ifndef AT_KEY_MAX
#define AT_KEY_MAX 16 /* bytes and a NUL: the field that tells deferred results of one name apart */
#endif
#ifndef AT_HELD_MAX
#define AT_HELD_MAX 4096 /* bytes held back in data mode behind what may be its end, of RAM */
#endif
#ifndef AT_ENDING_BYTES
#define AT_ENDING_BYTES 1024 /* texts that may end data mode or a download, of RAM */
#endif
#ifndef AT_ENDINGS_MAX
#define AT_ENDINGS_MAX 32 /* how many of them there may be */
#endif

/* Time: microseconds of a clock that never goes back. */
typedef int64_t at_time;

#define AT_NEVER INT64_MAX

static inline at_time at_ms(uint32_t milliseconds)
{
    return (at_time)milliseconds * 1000;
}

/* -- Memory -------------------------------------------------------------------------------------------- */

/* Memory is asked for when rules and engines are created, and when an engine gets other rules; never later.
 * The contract is lua_Alloc's: size 0 frees and gives NULL; NULL for any other size means that there is none,
 * and the old block is still good. */
struct at_alloc {
    void *(*resize)(void *context, void *block, size_t old_size, size_t size);
    void *context;
};

/* Memory out of one static buffer, for hosts without a heap: what is freed is not used again, unless it was
 * the last. 20,000 bytes are enough for one engine with the limits above and forty rules from tables. */
struct at_arena {
    unsigned char *memory; /* aligned as for any type */
    size_t size, used;
};

struct at_alloc at_arena_alloc(struct at_arena *arena);

/* -- Rules: what lines and commands mean -------------------------------------------------------------- */

/* What a line means. A line that matches no rule is an information response or unknown. */
enum at_line_kind {
    AT_LINE_RESPONSE, /* an information response of the command of that name; needed only for its block */
    AT_LINE_FINAL,    /* final result code */
    AT_LINE_CONNECT,  /* intermediate result code: data follows, or data mode begins */
    AT_LINE_URC,      /* unsolicited result code */
    AT_LINE_BOOT,     /* the module has restarted */
};

/* Which commands a final result code may end: those that accept one of its groups. */
#define AT_GROUP_GENERAL 1u         /* `OK` */
#define AT_GROUP_ANY     UINT32_MAX /* `ERROR`, `+CME ERROR: …` */

/* A run of raw bytes that a line announces. */
struct at_block_rule {
    uint8_t length_field; /* which field holds its length, from 1; 0: this line announces none */
    char after;     /* the bytes follow this: '\n' the end of the line, or ',' or ':' behind the last field */
    uint8_t fields; /* with ',' or ':': how many fields stand before it */
    const char *shape; /* only a line of this shape announces one (see at_fields_match); NULL: every line */
};

struct at_line_rule {
    const char *text; /* '#' in it stands for one or more decimal digits: "#,CLOSED" */
    bool prefix;      /* the line begins with text; else it is the whole line */
    enum at_line_kind kind;
    bool success;       /* FINAL: the command has succeeded */
    uint32_t groups;    /* FINAL: which commands it ends */
    bool urc_when_idle; /* FINAL: with no command to end it is a URC (`NO CARRIER`) */
    const char *
        shape; /* URC: the shape that tells it from the response of the same name; NULL: no response has it */
    struct at_block_rule block;
};

enum at_info {
    AT_INFO_PREFIXED, /* the lines of the answer begin with the command's name */
    AT_INFO_BARE,     /* they have no prefix (`AT+CGSN` gives digits) */
    AT_INFO_ANY,      /* either: a command that no rule knows */
};

/* The forms of a command, as bits. */
enum at_form {
    AT_FORM_EXECUTE = 1, /* AT+X */
    AT_FORM_READ = 2,    /* AT+X? */
    AT_FORM_TEST = 4,    /* AT+X=? */
    AT_FORM_WRITE = 8    /* AT+X=… */
};

/* What a command may produce. A command without a rule gets its answer, too: it is taken for one without
 * data and without a deferred result. */
struct at_command_rule {
    const char *name; /* without `AT`, upper case: `+CREG`, `I`; AT_NAME_MAX bytes at most */
    enum at_info info;
    const char *info_shape;    /* only lines of this shape are its answer; NULL: any */
    const char *info_prefix;   /* prefix of its answer where that is not the name; NULL: the name */
    uint32_t accepts;          /* groups of final result codes */
    uint8_t data_forms;        /* these forms wait for a prompt or CONNECT and then take data … */
    uint8_t data_length_param; /* … unless this parameter, from 1, is 0, which is a query; 0: always */
    uint8_t ack_param;         /* with this parameter, from 1, being 1 … */
    uint32_t
        ack_every; /* … the module says `ack_byte` after so many bytes of data, and takes no more before */
    char ack_byte;
    bool data_needs_length;       /* without the length parameter the command is a query and takes no data */
    bool prompt_enters_data_mode; /* as CONNECT does elsewhere */
    const char *deferred;         /* prefix of the deferred result, AT_NAME_MAX bytes at most; NULL: none */
    uint8_t deferred_forms;       /* forms that have one */
    uint8_t deferred_param;       /* this parameter of the command … */
    uint8_t deferred_field;       /* … stands in this field of the result; both from 1, 0: not told apart */
    const char *deferred_end; /* the shape of the last line of the result; NULL: the first line is the last */
    uint32_t timeout_ms;      /* to the final result code; 0: the engine's default */
    uint32_t deferred_ms;     /* from there to the deferred result; 0: timeout_ms */
};

/* How the module's line works. */
struct at_protocol {
    char eol[3];            /* ends a command line, and nothing else does: "\r" or "\r\n" */
    char prompt;            /* '>' or '@' */
    uint32_t max_line;      /* the longest line taken, bytes; longer ones are OVERLONG */
    uint32_t max_command;   /* the longest command line sent, bytes without `AT` and eol */
    uint32_t gap_ms;        /* least silence between a final result code and the next command */
    uint32_t guard_ms;      /* silence before and after the escape sequence */
    uint32_t answer_ms;     /* least time from the escape sequence to its answer; 0: at once */
    uint32_t idle_ms;       /* so little silence around the sequence makes it one; 0: guard_ms is wanted */
    uint32_t settle_ms;     /* a module that has left data mode is to be left alone for so long */
    char follow_prefix[16]; /* how lines begin that follow that answer, of data that goes on coming; "": no
                             * such lines
                             */
    char escape[8];         /* the escape sequence; "" when there is none */
    char cancel;            /* cancels a prompt; 0: nothing does */
    bool crlf_after_block;  /* CR LF follows every block: anything else tells of bytes lost on the line */
};

extern const struct at_protocol at_default_protocol; /* V.250: CR, '>', +++ with 1.1 s, ESC */

/* Constant tables, which may stay in ROM: texts and rules are borrowed, and only the look-up tree of about
 * 12 bytes for each character is built. */
struct at_tables {
    const struct at_protocol *protocol; /* NULL: at_default_protocol */
    const struct at_line_rule *lines;
    size_t line_count;
    const struct at_command_rule *commands;
    size_t command_count;
};

struct at_rules;

/* NULL when there is no memory, or a name or prefix exceeds AT_NAME_MAX. */
struct at_rules *at_rules_from_tables(const struct at_alloc *alloc, const struct at_tables *tables);

/* Rules that are added one by one, and copied. NULL when there is no memory. */
struct at_rules *at_rules_new(const struct at_alloc *alloc, const struct at_protocol *protocol);

/* False when there is no memory, a name or prefix exceeds AT_NAME_MAX, or the rules are from tables; the
 * rules are then as they were. A later rule for the same text replaces an earlier one. */
bool at_rules_add_line(struct at_rules *rules, const struct at_line_rule *rule);
bool at_rules_add_command(struct at_rules *rules, const struct at_command_rule *rule);

/* The line rule with this index, which events tell; they are numbered from 0 in the order of adding. NULL:
 * there is none. */
const struct at_line_rule *at_rules_line(const struct at_rules *rules, int index);

void at_rules_free(struct at_rules *rules);

/* -- Fields of a line ---------------------------------------------------------------------------------- */

/* Splits what follows a prefix at commas (V.250 5.4, 27.007 4). A field is bare (`4`, `0XFFFF`) or quoted
 * (`"UFS:ca.pem"`); spaces around it do not count. A comma inside quotes or parentheses belongs to the field.
 * An empty field is a field: `1,,2` has three, the empty text none. Nothing is copied: fields point into the
 * text. */
struct at_field {
    const char *text; /* without the quotes */
    size_t length;
    bool quoted;
};

struct at_fields {
    const char *next, *end;
    bool more;
};

void at_fields_init(struct at_fields *fields, const char *text, size_t length);

/* False when there is no further field. A quote that is never closed takes the rest of the line. */
bool at_fields_next(struct at_fields *fields, struct at_field *field);

/* The field with this index, from 1. */
bool at_fields_get(const char *text, size_t length, unsigned index, struct at_field *field);

/* A bare decimal number with an optional sign that fits; otherwise false, and *value is left alone. */
bool at_field_number(const struct at_field *field, int64_t *value);

/* Does the text have this shape? One letter a field: `n` bare, not empty and no list in parentheses, `d`
 * decimal digits, `s` quoted, `a` any; `*` at the end stands for any further fields. Alternatives are
 * separated by `|`: "n|nss|nssn". A NULL shape fits everything. */
bool at_fields_match(const char *shape, const char *text, size_t length);

/* -- Commands ------------------------------------------------------------------------------------------ */

#define AT_UNKNOWN_LENGTH UINT64_MAX

/* Where the data of a command comes from: memory, a file, a callback. The engine pulls as the port takes. */
struct at_source {
    /* The next bytes, not yet taken; they stay good until took(). 0 when there are none at the moment. */
    size_t (*peek)(void *context, const char **bytes);
    /* The port has taken so many of them. */
    void (*consume)(void *context, size_t length);
    void *context;
    uint64_t remaining; /* bytes still to send, counted down by the engine; or AT_UNKNOWN_LENGTH, which the
                      escape sequence ends */
    bool ended;         /* of unknown length: nothing comes any more once peek() gives 0; set by the host */
};

/* A run of bytes that the caller keeps alive. */
struct at_memory {
    const char *bytes;
    size_t length;
};

/* Makes *source read *memory; both must outlive the command. */
void at_source_memory(struct at_source *source, struct at_memory *memory);

struct at_command {
    const char *text; /* without `AT` and line end */
    size_t length;
    struct at_source *data; /* for the prompt or CONNECT; NULL: none. Borrowed until FINAL */
    const char *expect;     /* prefix of a deferred result; NULL: as its rule says */
    uint32_t timeout_ms;    /* to FINAL, counted anew while data flows; 0: as its rule says */
    uint32_t deferred_ms;   /* from there to DEFERRED; 0: as its rule says */
    bool streamed;          /* its data comes by at_engine_write_data, until at_engine_finish_data */
    bool progress;          /* PROGRESS tells of its data */
    bool online;            /* CONNECT, or the prompt of such a command, ends it, and data mode begins */
    uint64_t block; /* so many bytes follow CONNECT, AT_UNKNOWN_LENGTH: up to the deferred result; 0: none */
};

/* Why a command was not accepted. Nothing has been sent in that case. */
enum at_refusal {
    AT_ACCEPTED,
    AT_REFUSED_BUSY,    /* one is in flight, data mode is on, or the engine is not in step */
    AT_REFUSED_LONG,    /* longer than max_command */
    AT_REFUSED_NAME,    /* its name, or the prefix it expects, is longer than AT_NAME_MAX */
    AT_REFUSED_KEY,     /* the parameter that tells its deferred result apart exceeds AT_KEY_MAX - 1 bytes */
    AT_REFUSED_BYTE,    /* holds a control character; see at_forbidden_byte */
    AT_REFUSED_NO_DATA, /* this form waits for data, and none was given */
    AT_REFUSED_DEFERRED /* AT_DEFERRED_MAX results are outstanding */
};

/* The first control character (below 0x20, or 0x7F) of a text, NULL when it has none. None may stand in a
 * command line: a module edits the line while it comes (V.250 5.2.2), so that what follows a row of
 * backspaces would be a command of its own. */
const char *at_forbidden_byte(const char *text, size_t length);

/* -- Events -------------------------------------------------------------------------------------------- */

/* How a command ended. */
enum at_result {
    AT_RESULT_OK,
    AT_RESULT_ERROR,     /* the module's own word: the event's text is its final result code */
    AT_RESULT_TIMEOUT,   /* no final result code, or no deferred result, came in time */
    AT_RESULT_CANCELLED, /* by the host */
    AT_RESULT_REBOOT     /* the module restarted */
};

/* A block whose bytes are not what the module sent, as what follows it shows: some were lost on the line or
 * came twice, and nobody knows which. */
enum at_damage {
    AT_UNDAMAGED,
    AT_SHORT, /* fewer bytes came than it announced: what follows it was taken for its last ones */
    AT_LONG   /* more came */
};

#define AT_NO_RULE (-1)

enum at_event_kind {
    AT_EVENT_NONE,
    AT_EVENT_INFO,         /* an information response of `command` */
    AT_EVENT_FINAL,        /* `command` has ended with `result`; a deferred result follows if `more` */
    AT_EVENT_DEFERRED,     /* a line of the deferred result of `command`, the last one unless `more`; no text:
                              ended by `result` */
    AT_EVENT_URC,          /* `rule` tells which */
    AT_EVENT_BLOCK,        /* bytes of the block that the last INFO, URC, LATE or UNKNOWN event announced */
    AT_EVENT_DATA,         /* bytes that came in data mode */
    AT_EVENT_DATA_WRITTEN, /* the port has all that at_engine_write_data was given */
    AT_EVENT_PROGRESS, /* `block` bytes of the data of `command` have passed; ten times a second at most */
    AT_EVENT_HANGUP_SUSPECTED, /* in data mode: the connection may have ended, and at_engine_leave_data_mode
                       finds out; until then nothing is sent */
    AT_EVENT_DATA_MODE_END,    /* data mode is over. `answered`: the module has confirmed it; else it had left
                         data    mode by itself, or is silent, and DESYNC follows. `ended`: it says that the
                         connection is over. What else it said follows as lines */
    AT_EVENT_DAMAGE,           /* the block of the last URC is damaged */
    AT_EVENT_UNKNOWN,          /* a line that nothing claims */
    AT_EVENT_LATE,             /* a line that belongs to a command given up */
    AT_EVENT_OVERLONG,         /* a line of `length` bytes, more than max_line, was discarded */
    AT_EVENT_REBOOT, /* the module has restarted; its commands and deferred results have been ended before */
    AT_EVENT_DESYNC, /* the engine resynchronises; no command is accepted until RESYNC */
    AT_EVENT_RESYNC, /* commands are accepted again */
    AT_EVENT_UNRESPONSIVE, /* resynchronisation missed its deadline; the engine keeps trying */
    AT_EVENT_SENT,         /* while observed: this text, or `block` bytes of data, went to the port */
    AT_EVENT_SEEN /* while observed: this line, prompt or run of `block` bytes came; what it means is told
                     next */
};

struct at_event {
    enum at_event_kind kind;
    uint32_t command; /* the id that at_engine_submit gave, or 0 */
    enum at_result result;
    bool more;
    const char *text; /* no NUL at its end */
    size_t length;
    int16_t rule;          /* that matched the line (see at_rules_line), or AT_NO_RULE */
    size_t prefix_length;  /* how much of the text its prefix covers */
    bool answered, ended;  /* LEFT */
    uint64_t unsent;       /* FINAL: bytes of its data that did not go out, AT_UNKNOWN_LENGTH: nobody knows;
                              LEFT: of what was given, kept for the return to data mode unless `ended` */
    bool online;           /* FINAL: data mode has begun */
    bool early;            /* DEFERRED: it came before FINAL, which follows */
    enum at_damage damage; /* FINAL: of the block in its answer; DAMAGE */
    uint64_t block;        /* bytes announced by this line, or still to come after this BLOCK */
};

/* -- The engine ---------------------------------------------------------------------------------------- */

struct at_engine;

/* NULL when there is no memory, or no rules. Borrows the rules. The engine takes the module to be in step:
 * call at_engine_sync to find out. */
struct at_engine *at_engine_new(const struct at_alloc *alloc, const struct at_rules *rules);

/* The rules need not exist any more. */
void at_engine_free(struct at_engine *engine);

/* Other rules from now on. False when there is no memory or something is in flight; the old ones then stay.
 */
bool at_engine_set_rules(struct at_engine *engine, const struct at_rules *rules);

/* Time-out of commands whose rule gives none (10,000), and least silence between two commands (0). */
void at_engine_set_times(struct at_engine *engine, uint32_t default_ms, uint32_t gap_ms);

/* Whether the module echoes command lines (it may); while it may, pieces of an echo are taken for what they
 * are. */
void at_engine_set_echo(struct at_engine *engine, bool echo);

/* Tells of everything that goes out and comes in from now on, by SENT and SEEN. */
void at_engine_observe(struct at_engine *engine, bool on);

/* Resynchronises; RESYNC tells when that is done, LOST when it was not by give_up. */
void at_engine_sync(struct at_engine *engine, at_time now, at_time give_up);

/* Would a command be accepted now? */
bool at_engine_ready(const struct at_engine *engine);

/* Why a command could never be accepted: LONG, NAME, KEY, BYTE or NO_DATA; else AT_ACCEPTED. */
enum at_refusal at_engine_check(const struct at_engine *engine, const struct at_command *command);

/* Accepts a command; its id goes to *id. */
enum at_refusal at_engine_submit(struct at_engine *engine, const struct at_command *command, at_time now,
                                 uint32_t *id);

/* Gives a command up. True when FINAL follows (with AT_RESULT_CANCELLED, if it was in flight); a deferred
 * result is forgotten silently. */
bool at_engine_cancel(struct at_engine *engine, uint32_t id, at_time now);

/* Bytes for the command in flight whose data is fed, else for data mode. Borrowed until GIVEN, LEFT or FINAL.
 * False when some are on their way, or nothing takes them. */
bool at_engine_write_data(struct at_engine *engine, const char *bytes, size_t length);

/* Is there a command in flight whose data is fed? */
bool at_engine_is_streaming(const struct at_engine *engine);

/* The data of that command has come to its end. */
void at_engine_finish_data(struct at_engine *engine);

/* The lines that tell of the end of the connection whose data mode begins next, beside those of a restart;
 * count 0: the final result codes that are URCs, too (`NO CARRIER`). False when there is no room for them. */
bool at_engine_set_hangups(struct at_engine *engine, const char *const *texts, size_t count);

/* Leaves data mode; LEFT tells how that went. What was given goes out before, unless there is DOUBT. dtr: the
 * host has dropped DTR (`AT&D1`), by which the module leaves if it can; else, and a second later, by the
 * escape sequence. */
void at_engine_leave_data_mode(struct at_engine *engine, bool dtr, at_time now);

/* Data mode is over at once, as the host knows otherwise; input is lines again. How many of the bytes given
 * had not gone out. */
size_t at_engine_end_data_mode(struct at_engine *engine);

/* The escape sequence needs silence before it, and silence begins when the last byte has left the line. For a
 * line behind a relay, its bytes a second, by which that time is reckoned; 0: the port tells
 * (at_engine_set_drain_time), or does not delay any. */
void at_engine_set_line_speed(struct at_engine *engine, uint32_t bytes_per_second);

/* Is it worth asking the port how many bytes wait in it? */
bool at_engine_needs_drain_time(const struct at_engine *engine);

/* Bytes that the port has taken still wait in it, and will have left it then. */
void at_engine_set_drain_time(struct at_engine *engine, at_time drained_at);

/* Hands over bytes from the port. Borrowed until at_engine_next has returned NONE. */
void at_engine_input(struct at_engine *engine, const char *bytes, size_t length);

/* The next event, in the order in which things happened. */
enum at_event_kind at_engine_next(struct at_engine *engine, at_time now, struct at_event *event);

/* Has at_engine_next something to tell without input and time? */
bool at_engine_has_event(const struct at_engine *engine);

/* Bytes for the port, 0 when there are none now; at_engine_sent tells how many it has taken. */
size_t at_engine_output(struct at_engine *engine, at_time now, const char **bytes);
void at_engine_sent(struct at_engine *engine, size_t length, at_time now);

/* When at_engine_next or at_engine_output will have something that they have not now, without input;
 * AT_NEVER: never. What at_engine_output gives now waits for the port and not for a time. */
at_time at_engine_deadline(const struct at_engine *engine, at_time now);

/* What is wrong with the line, so far. */
struct at_noise {
    uint64_t control_bytes; /* that no line of a module holds; at a wrong line speed there are many */
    uint64_t damaged_blocks;
};

struct at_noise at_engine_noise(const struct at_engine *engine);

#ifdef __cplusplus
}
#endif

#endif
