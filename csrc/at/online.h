/* Data mode: the line carries a connection's bytes and no commands (V.250 5.2, SSL note 1.4).
 *
 * What the module says of the connection's end looks like data, and data may look like it. A text that may be
 * the end is held back (at/ending.h), and with it all output, which a module in command mode would take for
 * commands. If silence follows, DOUBT is told: the host leaves data mode to find out. A module that is still
 * in it answers the escape sequence; one that is not does not.
 *
 * To leave, the escape sequence is sent between silences, or the host has dropped DTR. The answer, `OK`,
 * looks like data, too: it is one if silence follows, or lines as the module says them in command mode alone.
 */
#ifndef AT_ONLINE_H
#define AT_ONLINE_H

#include "at/ending.h"
#include "at/escape.h"
#include "at/feed.h"

enum at_online_phase {
    AT_ONLINE_OFF,
    AT_ONLINE_FLOWING,
    AT_ONLINE_GUARD,    /* to be left: the silence before the sequence */
    AT_ONLINE_ESCAPING, /* the sequence is on its way */
    AT_ONLINE_ASKED,    /* it is out, or DTR was dropped */
};

enum at_online_event_kind {
    AT_ONLINE_NOTHING,
    AT_ONLINE_DATA,
    AT_ONLINE_WRITTEN,          /* all that was given is with the port */
    AT_ONLINE_HANGUP_SUSPECTED, /* the connection may have ended: at_online_leave finds out */
    AT_ONLINE_ENDED,            /* data mode is over */
};

struct at_online_event {
    enum at_online_event_kind kind;
    const char *bytes; /* DATA; LEFT: what the module has said since, which are lines */
    size_t length;
    bool answered; /* LEFT: by `OK`; else the module had left by itself, or is silent */
    bool ended;    /* LEFT: a text is there that tells of the end of the connection */
};

struct at_online {
    enum at_online_phase phase;
    struct at_ending ending;
    struct at_escape *escape; /* the engine's */
    struct at_feed feed;      /* from the host, for the port */
    bool hangup_reported;
    bool hangup_suspected; /* while it is being left: whether there is a connection is not known, and nothing
                            * goes out
                            */
    bool dtr;              /* DTR was dropped; the sequence has not been tried */
    bool expecting;        /* the answer may have come */
    size_t held_before;    /* bytes that are held and came before that: no answer ends in them */
    at_time earliest, latest; /* for the answer */
    at_time give_up_at;       /* the port has taken nothing for too long */
    bool ended, answered;     /* decided, and to be told behind the data in front of it */
    size_t data_before_end;
};

bool at_online_init(struct at_online *online, const struct at_alloc *alloc, struct at_escape *escape);
void at_online_free(struct at_online *online, const struct at_alloc *alloc);

/* Data mode begins. The texts of `ending` are those that tell of its end; what was given earlier and has not
 * gone out goes now. */
void at_online_begin(struct at_online *online);

/* It is over, as the host knows otherwise. The bytes that were given and have not gone out. */
size_t at_online_end(struct at_online *online);

/* Bytes for the port, which stay where they are until GIVEN. False when some are on their way, or it is no
 * data mode. */
bool at_online_write(struct at_online *online, const char *bytes, size_t length);

/* Data mode is to be left; LEFT tells how that went. What was given goes out before, unless there is doubt.
 * dtr: the host has dropped DTR, and the module leaves by that if it can. */
void at_online_leave(struct at_online *online, bool dtr, at_time now);

/* What there is to tell, of the bytes from *at to end, of which those that are used up are passed. */
enum at_online_event_kind at_online_next(struct at_online *online, const struct at_protocol *protocol,
                                         const char **at, const char *end, at_time now,
                                         struct at_online_event *event);

/* Bytes for the port, 0 when none may go now. */
size_t at_online_output(const struct at_online *online, const struct at_protocol *protocol, at_time now,
                        const char **bytes);
void at_online_sent(struct at_online *online, const struct at_protocol *protocol, size_t length, at_time now);

/* When there will be something to tell or to send without input. */
at_time at_online_deadline(const struct at_online *online, const struct at_protocol *protocol, at_time now);

#endif
