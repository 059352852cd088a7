/* libhayes-at: an AT engine for hosts of serial modules (cellular, Wi-Fi, Bluetooth).
 *
 * Bytes and time go in, bytes and events come out. The engine opens no port, reads no clock and starts no
 * thread. It calls back only the source of a command's data and the allocator. It knows no vendor: the host
 * supplies a table of rules that says what lines and commands mean. The vendor's commands below are examples.
 * Longer than 500 lines: hosts include this file alone, and it is their reference.
 *
 *     struct at_rules *rules = at_rules_from_tables(&alloc, &tables);
 *     struct at_engine *engine = at_engine_new(&alloc, rules);
 *     at_engine_submit(engine, &(struct at_command){.text = "+CSQ", .length = 4}, now, &id);
 *     for (;;) {
 *         while (at_engine_next(engine, now, &event) != AT_EVENT_NONE)
 *             handle(&event);
 *         while ((length = at_engine_output(engine, now, &bytes)) > 0 &&
 *                (sent = write_to_port(bytes, length)) > 0)
 *             at_engine_sent(engine, sent, now);
 *         wait_for_port(at_engine_deadline(engine, now)); // for bytes, or for room if some were left
 *         at_engine_input(engine, buffer, read_from_port(buffer, sizeof buffer));
 *     }
 *
 * One command is in flight at a time. Most commands end with a final result code:
 *
 *     out  AT+CSQ\r                                  submit -> id 7
 *     in   \r\n+CSQ: 22,99\r\n                       INFO  command 7, "+CSQ: 22,99"
 *     in   \r\nOK\r\n                                FINAL command 7, AT_RESULT_OK
 *
 * A two-phase command has a final result code and, later, a deferred result. Other commands can run between
 * the two:
 *
 *     out  AT+OPEN=4,"host",443\r                    submit -> id 8
 *     in   \r\nOK\r\n                                FINAL    command 8, AT_RESULT_OK, more = true
 *     out  AT+CSQ\r …                                submit -> id 9, INFO, FINAL command 9
 *     in   \r\n+OPEN: 4,0\r\n                        DEFERRED command 8, "+OPEN: 4,0", more = false
 *
 * Every accepted command gets exactly one FINAL. If its `more` is set, DEFERRED events follow until one has
 * `more` cleared, unless at_engine_cancel is called. If the module restarts, all commands and deferred
 * results end with AT_RESULT_REBOOT; REBOOT is reported, then the line that told of it, as a URC. After a
 * restart, and after a command timed out or was cancelled, the engine resynchronises with the module before
 * it sends anything else: it reports DESYNC, then RESYNC. Lines that arrive in between are LATE or UNKNOWN
 * and never count as the answer to another command.
 *
 * Ownership: rules must outlive their engines. Functions copy what they take as `const struct … *`, unless
 * their comment says that it is borrowed. Text and bytes of an event are valid until the next call of
 * at_engine_next. Functions are not thread-safe, but different engines may run in different threads, even
 * with the same rules, which are only read.
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

/* Limits. A build may define others, the same for the library and its users. Anything that exceeds a limit is
 * refused, never truncated. */
#ifndef AT_DEFERRED_MAX
#define AT_DEFERRED_MAX 32 /* outstanding deferred results; 72 bytes of RAM each (88 on 64-bit machines) */
#endif
#ifndef AT_NAME_MAX
#define AT_NAME_MAX 32 /* bytes in a command's name, and in the prefix of a deferred result */
#endif
#ifndef AT_KEY_MAX
#define AT_KEY_MAX 16 /* bytes, including a NUL, in the parameter that identifies a deferred result */
#endif
#ifndef AT_HELD_MAX
#define AT_HELD_MAX 4096 /* bytes of RAM for data held back because it may be the end of the data */
#endif
#ifndef AT_ENDING_BYTES
#define AT_ENDING_BYTES 1024 /* bytes of RAM for the texts that may end data mode or a download */
#endif
#ifndef AT_ENDINGS_MAX
#define AT_ENDINGS_MAX 32 /* number of these texts */
#endif

/* Microseconds of a monotonic clock. */
typedef int64_t at_time;

#define AT_NEVER INT64_MAX

static inline at_time at_ms(uint32_t milliseconds)
{
    return (at_time)milliseconds * 1000;
}

/* -- Memory -------------------------------------------------------------------------------------------- */

/* Memory is requested when rules and engines are created and when an engine changes its rules, never
 * otherwise. The contract is that of lua_Alloc: size 0 frees the block and returns NULL; NULL for any other
 * size means that there is no memory, and the old block stays valid. */
struct at_alloc {
    void *(*resize)(void *context, void *block, size_t old_size, size_t size);
    void *context;
};

/* Memory from one static buffer, for hosts without a heap. Only the block allocated last can be freed or
 * grown in place. 24,000 bytes suffice for one engine with the limits above and forty rules from tables. */
struct at_arena {
    unsigned char *memory; /* aligned for any type */
    size_t size, used;
};

struct at_alloc at_arena_alloc(struct at_arena *arena);

/* -- Rules: what lines and commands mean -------------------------------------------------------------- */

/* The kind of a line. A line without a rule is an information response, or unknown. */
enum at_line_kind {
    AT_LINE_RESPONSE, /* information response; a rule is needed only if a block follows the line */
    AT_LINE_FINAL,    /* final result code */
    AT_LINE_CONNECT,  /* intermediate result code: data follows, or data mode starts */
    AT_LINE_URC,      /* unsolicited result code */
    AT_LINE_BOOT,     /* the module has restarted */
};

/* A final result code ends the command in flight if the command accepts one of its groups. */
#define AT_GROUP_GENERAL 1u         /* `OK` */
#define AT_GROUP_ANY     UINT32_MAX /* `ERROR`, `+CME ERROR: …` */

/* A block: raw bytes that follow a line which announces their number. */
struct at_block_rule {
    uint8_t length_field; /* index, from 1, of the field with the number of bytes; 0: no block */
    char after; /* what the block follows: '\n', the end of the line; or ',' or ':', after the last field */
    uint8_t fields;    /* with ',' or ':': the number of fields before it */
    const char *shape; /* only lines of this shape announce a block (see at_fields_match); NULL: all lines */
    uint8_t owner_field; /* index of the field with the number of the connection that it belongs to; 0: none.
                            See at_engine_set_blocks */
};

struct at_line_rule {
    const char *text; /* '#' matches one or more decimal digits: "#,CLOSED" matches `0,CLOSED`; but not where
                         FINAL and BOOT lines are looked for in data */
    bool prefix;      /* true: the line starts with text; false: it equals text */
    enum at_line_kind kind;
    bool success;       /* FINAL: the command succeeded */
    uint32_t groups;    /* FINAL: bits; see AT_GROUP_GENERAL */
    bool urc_when_idle; /* FINAL: without a command to end it is a URC (for example `NO CARRIER`) */
    const char *shape;  /* URC: only lines of this shape, if a response has the same name; NULL: all lines */
    struct at_block_rule block;
    bool text_follows; /* the next line is free text and is not interpreted; after a response, neither are all
                          lines up to the final result code */
};

enum at_info {
    AT_INFO_PREFIXED, /* the lines of the answer start with the command's name */
    AT_INFO_BARE,     /* they have no prefix (for example, the digits that answer `AT+CGSN`) */
    AT_INFO_ANY,      /* either, which AT_INFO_BARE allows, too; applies to commands without a rule */
};

/* Forms of a command, as bits. */
enum at_form {
    AT_FORM_EXECUTE = 1, /* AT+X */
    AT_FORM_READ = 2,    /* AT+X? */
    AT_FORM_TEST = 4,    /* AT+X=? */
    AT_FORM_WRITE = 8    /* AT+X=… */
};

/* What a module may answer to a command. A command without a rule also receives its answer; it is assumed to
 * have neither data nor a deferred result. Parameters and fields are counted from 1. */
struct at_command_rule {
    const char *name; /* without `AT`, in upper case (for example `+CREG`, `I`); at most AT_NAME_MAX bytes */
    enum at_info info;
    const char *info_shape;  /* only lines of this shape belong to the answer; NULL: any */
    const char *info_prefix; /* prefix of the answer, if not the name; NULL: the name */
    uint32_t accepts;   /* groups of the final result codes that end it; AT_GROUP_GENERAL for its test form,
                           and for a query by a command that takes data */
    uint8_t data_forms; /* forms that wait for a prompt or CONNECT and then take data … */
    uint8_t data_length_param; /* … unless this parameter of the command is 0, which makes it a query. No such
                                  parameter: 0 */
    uint8_t ack_param;         /* if this parameter is 1, the module acknowledges data … */
    uint32_t ack_every;        /* … with ack_byte after this many bytes, before it takes more */
    char ack_byte;
    bool data_echoed;       /* the module may repeat data whose length was given in front of its answer */
    bool data_needs_length; /* without the length parameter the command is a query and takes no data */
    bool prompt_enters_data_mode; /* the prompt starts data mode, as CONNECT does for other commands */
    const char *deferred;         /* prefix of the deferred result, at most AT_NAME_MAX bytes; NULL: none */
    uint8_t deferred_forms;       /* forms with a deferred result */
    uint8_t deferred_param;       /* this parameter of the command … */
    uint8_t deferred_field;       /* … equals this field of its result; 0: any result matches */
    const char *deferred_end;     /* shape of the last line of the result; NULL: there is only one line */
    uint32_t timeout_ms;          /* up to the final result code; 0: the engine's default */
    uint32_t deferred_ms;         /* from there to the deferred result; 0: timeout_ms */
};

/* Properties of the module's command line and of its data mode. */
struct at_protocol {
    char eol[3];          /* what ends a command line: "\r" or "\r\n" */
    char prompt;          /* for example '>' or '@' */
    uint32_t max_line;    /* longest line received, in bytes; longer lines are OVERLONG */
    uint32_t max_command; /* longest command line sent, in bytes, without `AT` and eol */
    uint32_t max_prompt; /* bytes that the module may ask for at one prompt: what to send to a module that was
                            left at one. When that is not enough, more is sent */
    uint32_t gap_ms;     /* least silence between a final result code and the next command */
    uint32_t guard_ms;   /* silence before and after the escape sequence */
    uint32_t answer_ms;  /* least time from the escape sequence to its answer; 0: none */
    uint32_t idle_ms;   /* for modules that take the sequence after less silence than guard_ms: how little may
                           suffice; 0: guard_ms is required */
    uint32_t settle_ms; /* how long to send nothing after data mode has ended */
    char follow_prefix[16]; /* prefix of lines that deliver data in command mode, which may follow the answer
                               to the escape sequence at once; "": none */
    char escape[8];         /* the escape sequence, 2 to 7 times the same character; "": none */
    char cancel;            /* byte that cancels a prompt; 0: none */
    bool crlf_after_block;  /* CR LF follows every block, so anything else means that bytes were lost */
    char result_codes_on[13]; /* command line, with AT, that brings result codes back as words, for a module
                                 which does not answer AT: its profile may have turned them off; "": none */
};

extern const struct at_protocol at_default_protocol; /* V.250: CR, '>', `+++` with 1.1 s, ESC */

/* Constant tables, which may stay in ROM. Texts and rules are borrowed; only a look-up tree is built in
 * memory, of 10 bytes for each character, rounded up to a power of two. */
struct at_tables {
    const struct at_protocol *protocol; /* NULL: at_default_protocol */
    const struct at_line_rule *lines;
    size_t line_count;
    const struct at_command_rule *commands;
    size_t command_count;
};

struct at_rules;

/* NULL when there is no memory, a name or prefix exceeds AT_NAME_MAX, the texts exceed 32,767 characters, or
 * the protocol has an escape sequence that is none (at_is_escape). */
struct at_rules *at_rules_from_tables(const struct at_alloc *alloc, const struct at_tables *tables);

/* Whether this can be an escape sequence, or is "": data that looks like the sequence is sent in pieces,
 * which is not possible where that is a single character, and only runs of one character are looked for. */
bool at_is_escape(const char *text);

/* Creates an empty set of rules, to which copies of rules can be added. protocol NULL: at_default_protocol.
 * Returns NULL when there is no memory, or the protocol has an escape sequence that is none (at_is_escape).
 */
struct at_rules *at_rules_new(const struct at_alloc *alloc, const struct at_protocol *protocol);

/* Adds a copy of a rule; a later rule for the same text replaces an earlier one, except that FINAL and BOOT
 * texts of both may end data. Returns false, without changing anything, when there is no memory, a name or
 * prefix exceeds AT_NAME_MAX, or the rules are from tables. */
bool at_rules_add_line(struct at_rules *rules, const struct at_line_rule *rule);
bool at_rules_add_command(struct at_rules *rules, const struct at_command_rule *rule);

/* The line rule with this index, which at_event.rule contains. Rules are numbered from 0 in the order in
 * which they were added. NULL: there is none. */
const struct at_line_rule *at_rules_line(const struct at_rules *rules, int index);

void at_rules_free(struct at_rules *rules);

/* -- Fields of a line ---------------------------------------------------------------------------------- */

/* Splits the text after a prefix at commas (V.250 5.4, 27.007 4). A field is bare (`4`, `0XFFFF`) or quoted
 * (`"UFS:ca.pem"`); spaces around it are ignored. A comma inside quotes or parentheses is part of the field.
 * Fields may be empty: `1,,2` has three, the empty text has none. Fields point into the text. */
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

/* False when there are no more fields. A quote that is never closed extends to the end of the line. */
bool at_fields_next(struct at_fields *fields, struct at_field *field);

/* The field with this index, from 1. False when there is none. */
bool at_fields_get(const char *text, size_t length, unsigned index, struct at_field *field);

/* Converts a bare decimal number with an optional sign. False, with *value unchanged, if it is anything else
 * or does not fit. */
bool at_field_number(const struct at_field *field, int64_t *value);

/* Whether the fields of the text have this shape. A shape has one character per field: `n` bare and not
 * empty, but not a list in parentheses; `d` decimal digits; `x` four hexadecimal digits or more, bare; `s`
 * quoted; `a` anything. A word in single quotes stands for a field with that text, and `*` at the end for any
 * further fields. `|` separates alternatives: "n|nss|nssn". NULL matches everything. */
bool at_fields_match(const char *shape, const char *text, size_t length);

/* -- Commands ------------------------------------------------------------------------------------------ */

#define AT_UNKNOWN_LENGTH UINT64_MAX

/* The data of a command, from memory, a file or a callback. The engine reads it as fast as the port accepts
 * it. */
struct at_source {
    /* Returns the next bytes without consuming them; they must stay valid until consume(). 0: none at the
     * moment. */
    size_t (*peek)(void *context, const char **bytes);
    /* The port has accepted `length` of these bytes. */
    void (*consume)(void *context, size_t length);
    void *context;
    uint64_t remaining; /* bytes still to send, counted down by the engine; AT_UNKNOWN_LENGTH: the escape
                           sequence ends the data */
    bool ended;         /* set by the host, with AT_UNKNOWN_LENGTH: the data ends when peek() returns 0 */
};

/* Bytes that the caller keeps valid. */
struct at_memory {
    const char *bytes;
    size_t length;
};

/* Makes *source read *memory. Both must outlive the command. */
void at_source_memory(struct at_source *source, struct at_memory *memory);

struct at_command {
    const char *text; /* without `AT` and the line end */
    size_t length;
    struct at_source *data; /* sent after the prompt or CONNECT; NULL: none. Borrowed until FINAL */
    const char *expect;     /* prefix of a deferred result; NULL: according to the rule */
    uint32_t timeout_ms;    /* up to FINAL, restarted while data flows; 0: according to the rule */
    uint32_t deferred_ms;   /* from there to DEFERRED; 0: according to the rule */
    bool streamed;          /* data comes from at_engine_write_data until at_engine_finish_data */
    bool progress;          /* report PROGRESS of its data */
    bool online;    /* CONNECT, or a prompt that starts data mode, ends the command and starts data mode */
    uint64_t block; /* bytes that follow CONNECT; AT_UNKNOWN_LENGTH: up to the deferred result; 0: none */
};

/* Why a command was not accepted. Nothing has been sent in that case. */
enum at_refusal {
    AT_ACCEPTED,
    AT_REFUSED_BUSY,     /* a command is in flight, data mode is on, or the engine is resynchronising */
    AT_REFUSED_LONG,     /* longer than max_command */
    AT_REFUSED_NAME,     /* its name, or the expected prefix, is longer than AT_NAME_MAX */
    AT_REFUSED_KEY,      /* the parameter that identifies its deferred result exceeds AT_KEY_MAX - 1 bytes */
    AT_REFUSED_BYTE,     /* contains a control character; see at_forbidden_byte */
    AT_REFUSED_NO_DATA,  /* this form takes data, and none was given */
    AT_REFUSED_DEFERRED, /* AT_DEFERRED_MAX deferred results are outstanding */
    AT_REFUSED_PENDING /* the deferred result of an earlier command is outstanding and could not be told from
                          this one's; try again after DEFERRED or LATE */
};

/* The first control character (below 0x20, or 0x7F) in a text; NULL: none. Command lines must not contain
 * any: a module edits the line as it arrives (V.250 5.2.2), so text after enough backspaces would become a
 * command of its own. */
const char *at_forbidden_byte(const char *text, size_t length);

/* -- Events -------------------------------------------------------------------------------------------- */

/* How a command ended. */
enum at_result {
    AT_RESULT_OK,
    AT_RESULT_ERROR,     /* reported by the module: the event's text is the final result code */
    AT_RESULT_TIMEOUT,   /* no final result code, or no deferred result, in time */
    AT_RESULT_CANCELLED, /* by the host */
    AT_RESULT_REBOOT     /* the module restarted */
};

/* A damaged block: what follows it shows that bytes were lost or duplicated on the line, but not which. */
enum at_damage {
    AT_UNDAMAGED,
    AT_SHORT, /* bytes were lost, so the last bytes of the block are the start of what followed */
    AT_LONG   /* bytes were duplicated */
};

#define AT_NO_RULE (-1)

enum at_event_kind {
    AT_EVENT_NONE,
    AT_EVENT_INFO,     /* information response of `command` */
    AT_EVENT_FINAL,    /* `command` has ended with `result`; if `more`, a deferred result follows */
    AT_EVENT_DEFERRED, /* one line of the deferred result of `command`; the last line unless `more`. Without
                          text: it ended with `result` */
    AT_EVENT_URC,      /* see `rule` */
    AT_EVENT_BLOCK,    /* bytes of the block that the last INFO, URC, LATE or UNKNOWN event announced */
    AT_EVENT_DATA,     /* bytes received in data mode */
    AT_EVENT_DATA_WRITTEN, /* the port has accepted everything from at_engine_write_data */
    AT_EVENT_PROGRESS, /* `block` bytes of the data of `command` have been transferred; at most ten times a
                          second */
    AT_EVENT_HANGUP_SUSPECTED, /* data mode: the connection may have ended. Nothing is sent until the host
                                  calls at_engine_leave_data_mode to find out */
    AT_EVENT_DATA_MODE_END,    /* data mode is over. `answered`: the module has confirmed it; otherwise it had
                                  already left data mode or does not answer, and DESYNC follows. `ended`: the
                                  module reports the end of the connection. Lines that it sent follow as events
                                */
    AT_EVENT_DAMAGE,           /* the block of the last URC is damaged */
    AT_EVENT_UNKNOWN,          /* a line that belongs to nothing */
    AT_EVENT_LATE,             /* a line of a command that was given up; without text: the deferred result of
                                  one did not come, and is not waited for any longer */
    AT_EVENT_OVERLONG,         /* a line longer than max_line, of `length` bytes, was discarded */
    AT_EVENT_REBOOT, /* the module has restarted; all its commands and deferred results have ended before this
                        event */
    AT_EVENT_DESYNC, /* the engine is resynchronising and accepts no commands until RESYNC */
    AT_EVENT_RESYNC, /* the engine accepts commands again */
    AT_EVENT_UNRESPONSIVE, /* resynchronisation missed its deadline; the engine keeps trying */
    AT_EVENT_SENT,         /* while observing: this text, or `block` bytes of data, went to the port */
    AT_EVENT_SEEN          /* while observing: this line or prompt, or `block` bytes, arrived; the event that
                              interprets it follows */
};

struct at_event {
    enum at_event_kind kind;
    uint32_t command; /* id from at_engine_submit; 0: none */
    enum at_result result;
    bool more;
    const char *text; /* not NUL-terminated */
    size_t length;
    int16_t rule;         /* rule that matched the line (see at_rules_line), or AT_NO_RULE */
    size_t prefix_length; /* length of the prefix at the start of the text */
    bool answered, ended; /* DATA_MODE_END */
    uint64_t unsent;      /* FINAL: bytes of its data that were not sent, or AT_UNKNOWN_LENGTH. DATA_MODE_END:
                             bytes from at_engine_write_data that were not sent; unless `ended` they are kept until
                             data mode starts again */
    bool online;          /* FINAL: data mode has started */
    bool early;           /* DEFERRED: precedes FINAL */
    enum at_damage damage; /* FINAL: to the block in the answer; DAMAGE */
    uint64_t block; /* bytes that this line announces, or that remain after this BLOCK (AT_UNKNOWN_LENGTH:
                       nobody knows); PROGRESS, SENT, SEEN: a number of bytes */
};

/* -- The engine ---------------------------------------------------------------------------------------- */

struct at_engine;

/* NULL when there is no memory, rules is NULL, or their FINAL and BOOT texts exceed AT_ENDINGS_MAX or
 * AT_ENDING_BYTES. Borrows the rules. The engine assumes that it is
 * synchronised with the module; call at_engine_sync if that is uncertain. */
struct at_engine *at_engine_new(const struct at_alloc *alloc, const struct at_rules *rules);

/* Frees the engine; its rules may be freed before or after. */
void at_engine_free(struct at_engine *engine);

/* Changes the rules. False, with the old rules in force, for the reasons of at_engine_new, or when a command
 * is in flight, a deferred result outstanding, data mode on, or a line to be reported that the old rules have
 * recognised. */
bool at_engine_set_rules(struct at_engine *engine, const struct at_rules *rules);

/* default_ms: time-out of commands without one in their rule, initially 10,000. gap_ms: least silence between
 * two commands, initially 0. */
void at_engine_set_times(struct at_engine *engine, uint32_t default_ms, uint32_t gap_ms);

/* Whether the module may echo command lines: initially, and after each restart of the module, true. Parts of
 * an echo are recognised only while it may. */
void at_engine_set_echo(struct at_engine *engine, bool echo);

/* Deferred results of commands that were given up will not come, those of commands whose names have this
 * prefix: the module has ended what they belong to. Until then other commands with such a result wait. */
void at_engine_forget_results(struct at_engine *engine, const char *prefix);

/* Whether lines of a rule announce a block when they name this connection (true). Whether bytes follow a
 * notification can depend on how the connection was opened. text: of a rule with an owner_field. owner: 0 to
 * 31. False: there is no such rule, or too many have exceptions. New rules have none. */
bool at_engine_set_blocks(struct at_engine *engine, const char *text, unsigned owner, bool follow);

/* Starts or stops reporting everything sent and received, as SENT and SEEN. */
void at_engine_observe(struct at_engine *engine, bool on);

/* Resynchronises; a command in flight is cancelled, and data mode ended with its unsent data lost. RESYNC
 * reports success; UNRESPONSIVE reports that give_up has passed without it. */
void at_engine_sync(struct at_engine *engine, at_time now, at_time give_up);

/* Whether a command would be accepted now. */
bool at_engine_ready(const struct at_engine *engine);

/* Why this command could never be accepted (LONG, NAME, KEY, BYTE, NO_DATA), or AT_ACCEPTED. */
enum at_refusal at_engine_check(const struct at_engine *engine, const struct at_command *command);

/* Starts a command, and stores its id in *id. */
enum at_refusal at_engine_submit(struct at_engine *engine, const struct at_command *command, at_time now,
                                 uint32_t *id);

/* Gives up a command. True: its FINAL follows, with AT_RESULT_CANCELLED if it was in flight. False: there is
 * no such command, or only its deferred result was outstanding, which will not be reported. */
bool at_engine_cancel(struct at_engine *engine, uint32_t id, at_time now);

/* Supplies data for the streamed command in flight, otherwise for data mode. The bytes are borrowed until
 * DATA_WRITTEN or FINAL. Those that DATA_MODE_END reports as unsent stay queued and borrowed, unless `ended`:
 * they are sent when data mode starts again, and at_engine_end_data_mode drops them. False when earlier bytes
 * have not been written yet, or there is nothing to send them to. */
bool at_engine_write_data(struct at_engine *engine, const char *bytes, size_t length);

/* Whether a streamed command is in flight. */
bool at_engine_is_streaming(const struct at_engine *engine);

/* Ends the data of the streamed command in flight. */
void at_engine_finish_data(struct at_engine *engine);

/* Sets the lines that report the end of the connection in the next data mode, in addition to those that
 * report a restart; call it right before that command, as a download in between discards them. With count 0
 * these are the final result codes with urc_when_idle (such as `NO CARRIER`). False, with nothing changed, in
 * data mode or a download, or when they exceed AT_ENDINGS_MAX or AT_ENDING_BYTES. */
bool at_engine_set_hangups(struct at_engine *engine, const char *const *texts, size_t count);

/* Leaves data mode; DATA_MODE_END reports the outcome. Outside data mode nothing happens. Without dtr the
 * escape sequence is used, after the data that has been supplied, unless HANGUP_SUSPECTED. dtr: the host has
 * dropped DTR (for modules with `AT&D1`), so that nothing more is sent; the escape sequence follows a second
 * later if that has no effect. */
void at_engine_leave_data_mode(struct at_engine *engine, bool dtr, at_time now);

/* Ends data mode at once, without asking the module; input is lines again. Drops what at_engine_write_data
 * was given and was not sent, also in command mode, and returns how many bytes that is. */
size_t at_engine_end_data_mode(struct at_engine *engine);

/* The escape sequence requires silence on the line, which starts only when the last byte has left it. For a
 * port that cannot tell when that is (a relay with a serial line behind it) it is computed from this speed.
 * 0: bytes have left as soon as the port accepts them, unless at_engine_set_drain_time says otherwise. */
void at_engine_set_line_speed(struct at_engine *engine, uint32_t bytes_per_second);

/* Whether the engine is about to need silence, so that it is worth asking the port how much it has queued. */
bool at_engine_needs_drain_time(const struct at_engine *engine);

/* Bytes are still queued in the port and will have left it at drained_at. */
void at_engine_set_drain_time(struct at_engine *engine, at_time drained_at);

/* Supplies bytes from the port. They are borrowed until at_engine_next has returned NONE; supply no more
 * before that. */
void at_engine_input(struct at_engine *engine, const char *bytes, size_t length);

/* Returns the next event, in chronological order. */
enum at_event_kind at_engine_next(struct at_engine *engine, at_time now, struct at_event *event);

/* Whether at_engine_next has an event even without input or passing time. */
bool at_engine_has_event(const struct at_engine *engine);

/* Bytes to write to the port; 0: none now. Report with at_engine_sent how many the port has accepted. */
size_t at_engine_output(struct at_engine *engine, at_time now, const char **bytes);
void at_engine_sent(struct at_engine *engine, size_t length, at_time now);

/* When to call at_engine_next and at_engine_output again if there is no input; AT_NEVER: not before there is.
 * It does not cover bytes that at_engine_output returns already: call again when the port accepts more. */
at_time at_engine_deadline(const struct at_engine *engine, at_time now);

/* Signs of a bad line, counted since the engine was created. */
struct at_noise {
    uint64_t control_bytes; /* control bytes, which a module never sends in a line; many of them mean a wrong
                               line speed */
    uint64_t damaged_blocks;
};

struct at_noise at_engine_noise(const struct at_engine *engine);

#ifdef __cplusplus
}
#endif

#endif
