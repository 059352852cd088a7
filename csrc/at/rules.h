/* A dialect as the engine sees it: look-up tables compiled from the declarations, no vendor's name among
 * them.
 *
 * Built once when a modem opens, then only read; one set of rules serves any number of engines. Everything
 * handed to the add functions is copied. */
#ifndef AT_RULES_H
#define AT_RULES_H

#include "at/alloc.h"
#include "at/trie.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a line means. A line that matches no rule is an information response or unknown. */
enum at_line_class {
    AT_LINE_RESPONSE, /* known only for the block it announces; belongs to the command of that name */
    AT_LINE_FINAL,    /* final result code */
    AT_LINE_CONNECT,  /* intermediate result code: data mode begins */
    AT_LINE_URC,      /* unsolicited result code */
    AT_LINE_BOOT,     /* the module has started anew */
};

/* Which commands a final result code may end: those whose traits accept one of its groups. */
#define AT_GROUP_GENERAL 1u         /* `OK` */
#define AT_GROUP_ANY     UINT32_MAX /* `ERROR`, `+CME ERROR: …` */

/* A run of raw bytes that a line announces. */
struct at_block_rule {
    uint8_t length_field; /* 1-based; 0: this line announces none */
    char after;     /* the bytes follow this: '\n' the end of the line, or ',' or ':' behind the last field */
    uint8_t fields; /* with ',' or ':': how many fields stand before it */
    const char *shape; /* only a line of this shape announces one (at_fields_match); NULL: every line */
};

struct at_line_rule {
    const char *text;
    bool prefix; /* the line begins with text; else it is the whole line */
    enum at_line_class class;
    bool success;    /* FINAL: the command has succeeded */
    uint32_t groups; /* FINAL: which commands it ends; AT_GROUP_ANY: every one */
    bool also_urc;   /* FINAL: with no command to end it is a URC (`NO CARRIER` of a link that broke) */
    const char *
        shape; /* URC: the shape that tells it from the response of the same name; NULL: no response has it */
    struct at_block_rule block;
};

enum at_info {
    AT_INFO_PREFIXED, /* the answer's lines begin with the command's name */
    AT_INFO_BARE,     /* they have no prefix (`AT+CGSN` gives digits) */
    AT_INFO_ANY,      /* either: a command that nothing is known of */
};

/* The forms of a command, as bits. */
enum at_form {
    AT_FORM_EXECUTE = 1, /* AT+X */
    AT_FORM_READ = 2,    /* AT+X? */
    AT_FORM_TEST = 4,    /* AT+X=? */
    AT_FORM_WRITE = 8,   /* AT+X=… */
};

/* What a command may produce; looked up by its name when it is submitted. */
struct at_traits {
    const char *name; /* `+CREG`, `I`, `+QSSLSEND` */
    enum at_info info;
    const char *info_shape;    /* only lines of this shape are its answer; NULL: any */
    const char *info_prefix;   /* the answer's prefix where it is not the name (`AT+ICCID` gives `+CCID:`);
                                  NULL: the name */
    uint32_t accepts;          /* groups of final result codes */
    uint8_t data_forms;        /* these forms wait for a prompt or CONNECT and then take data … */
    uint8_t data_length_param; /* … unless this parameter, 1-based, is 0, which only asks (`AT+QISEND=0,0`);
                                  0: always */
    uint8_t ack_param;         /* with this parameter, 1-based, being 1 … */
    uint32_t
        ack_every; /* … the module says `ack_byte` after so many bytes of data, and takes no more before */
    char ack_byte;
    bool data_if_given;       /* data_length_param left out asks, too (`AT+SSLCRET=1`) */
    bool online_prompt;       /* the prompt begins data mode, as CONNECT does elsewhere */
    const char *deferred;     /* prefix of the deferred result; NULL: none */
    uint8_t deferred_forms;   /* forms that have one */
    uint8_t deferred_param;   /* this parameter of the command … */
    uint8_t deferred_field;   /* … stands in this field of the result; both 1-based, 0: not told apart */
    const char *deferred_end; /* the shape of the last line of the result; NULL: the first line is the last */

    uint32_t timeout_ms;  /* to the final result code */
    uint32_t deferred_ms; /* from there to the deferred result */
};

/* Bytes that are the dialect's own way. */
struct at_manners {
    char eol[3];          /* ends a command line, and nothing else does: "\r" or "\r\n" */
    char prompt;          /* '>' or '@' */
    uint32_t max_line;    /* the longest line taken, bytes */
    uint32_t max_command; /* the longest command line sent, bytes without eol */
    uint32_t gap_ms;      /* least silence between a final result code and the next command */
    uint32_t guard_ms;    /* silence before and after the escape sequence */
    uint32_t
        answer_ms; /* least silence behind the escape sequence, after which the module answers; 0: at once */
    uint32_t idle_ms;   /* so little silence around the sequence makes it one; 0: guard_ms is wanted */
    uint32_t settle_ms; /* a module that has left data mode is to be left alone for so long */
    char behind[16];    /* how lines begin that follow that answer, of data that goes on coming; "": no such
                           lines */
    char escape[8];     /* the escape sequence; "" when there is none */
    char cancel;        /* cancels a prompt; 0: nothing does */
    bool crlf_after_block; /* behind every block stands CR LF: what else does tells of bytes lost on the line
                            */
};

extern const struct at_manners at_default_manners; /* V.250: CR, '>', +++ with 1 s, ESC */

/* Owns all texts. Create with at_rules_new, give back with at_rules_free. */
struct at_rules {
    struct at_alloc alloc;
    struct at_manners manners;
    struct at_trie lines;
    struct at_line_rule *line_rules;
    int16_t line_count, line_room;
    struct at_trie commands;
    struct at_traits *traits;
    int16_t traits_count, traits_room;
};

/* NULL when there is no memory. */
struct at_rules *at_rules_new(const struct at_alloc *alloc);
void at_rules_free(struct at_rules *rules);

/* False when there is no memory; the rules are then as they were. */
bool at_rules_add_line(struct at_rules *rules, const struct at_line_rule *rule);
bool at_rules_add_traits(struct at_rules *rules, const struct at_traits *traits);

/* The name in a command line without `AT`, as a length: `+CREG` of `+CREG=1`, `E` of `E0`, `&F` of `&F`. */
size_t at_command_name(const char *command, size_t length);
enum at_form at_command_form(const char *command, size_t length);

/* NULL: nothing is known of it. */
const struct at_traits *at_rules_traits(const struct at_rules *rules, const char *name, size_t length);

#endif
