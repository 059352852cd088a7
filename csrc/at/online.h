/* Data mode: the line carries the bytes of a connection and no commands (V.250 5.2).
 *
 * The lines in which the module reports the end of the connection arrive in the data, and data may look like
 * them. A text that may be the end is held back (at/ending.h). Output stops as well, because a module in
 * command mode would execute it. If silence follows, HANGUP_SUSPECTED is reported, and the host leaves data
 * mode to find out: a module in data mode answers the escape sequence, a module already in command mode does
 * not.
 *
 * To leave, the engine sends the escape sequence between silences, or the host drops DTR. The answer, `OK`,
 * may also be data. It counts as the answer if silence follows, or lines that the module sends only in
 * command mode. */
#ifndef AT_ONLINE_H
#define AT_ONLINE_H

#include "at/ending.h"
#include "at/escape.h"
#include "at/feed.h"

enum at_online_phase {
    AT_ONLINE_OFF,
    AT_ONLINE_FLOWING,
    AT_ONLINE_GUARD,    /* leaving: silence before the escape sequence */
    AT_ONLINE_ESCAPING, /* the escape sequence is being sent */
    AT_ONLINE_ASKED,    /* the sequence has been sent, or DTR dropped; awaiting the answer */
};

enum at_online_event_kind {
    AT_ONLINE_NOTHING,
    AT_ONLINE_DATA,
    AT_ONLINE_WRITTEN,          /* the port has accepted all data of at_online_write */
    AT_ONLINE_HANGUP_SUSPECTED, /* the connection may have ended: call at_online_leave to find out */
    AT_ONLINE_ENDED,            /* data mode has ended */
};

struct at_online_event {
    enum at_online_event_kind kind;
    const char *bytes; /* DATA; ENDED: lines that the module has sent since */
    size_t length;
    bool answered; /* ENDED: the module answered `OK`; else it had already left, or is silent */
    bool ended;    /* ENDED: one of the lines reports the end of the connection */
};

struct at_online {
    enum at_online_phase phase;
    struct at_ending ending;
    struct at_escape *escape; /* the engine's */
    struct at_feed feed;      /* data from the host for the port */
    bool hangup_reported;
    bool hangup_suspected;    /* while leaving: the connection may have ended, so nothing is sent */
    bool dtr;                 /* DTR has been dropped, and the escape sequence has not been tried */
    bool expecting;           /* an `OK` may be the answer */
    size_t held_before;       /* bytes held before that: the answer does not end within them */
    at_time earliest, latest; /* time window of the answer */
    at_time give_up_at;       /* when to stop waiting for the port to accept bytes */
    bool ended, answered;     /* decided; to be reported after the data before it */
    size_t data_before_end;
};

bool at_online_init(struct at_online *online, const struct at_alloc *alloc, struct at_escape *escape);
void at_online_free(struct at_online *online, const struct at_alloc *alloc);

/* Enters data mode. The texts of `ending` must be those that report its end. Data from at_online_write that
 * was not sent before is sent now. */
void at_online_begin(struct at_online *online);

/* Ends data mode without asking the module. Returns how many bytes of at_online_write were not sent. */
size_t at_online_end(struct at_online *online);

/* The same of a download whose command is given up: what is held back may still be data, or the module's. */
void at_online_stop_asking(struct at_online *online);

/* Supplies bytes for the port, which must stay valid until WRITTEN. False when earlier bytes have not been
 * sent, or data mode is off. */
bool at_online_write(struct at_online *online, const char *bytes, size_t length);

/* Starts to leave data mode; ENDED reports the outcome. Data of at_online_write is sent first, unless the
 * connection may have ended. dtr: the host has dropped DTR, so the module leaves if it heeds that. */
void at_online_leave(struct at_online *online, bool dtr, at_time now);

/* The next event. Consumes bytes from *at to `end` and advances *at. */
enum at_online_event_kind at_online_next(struct at_online *online, const struct at_protocol *protocol,
                                         const char **at, const char *end, at_time now,
                                         struct at_online_event *event);

/* Bytes for the port; 0 when none may be sent now. */
size_t at_online_output(const struct at_online *online, const struct at_protocol *protocol, at_time now,
                        const char **bytes);
void at_online_sent(struct at_online *online, const struct at_protocol *protocol, size_t length, at_time now);

/* When there may be an event, or bytes to send, without input. */
at_time at_online_deadline(const struct at_online *online, const struct at_protocol *protocol, at_time now);

#endif
