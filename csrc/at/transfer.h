/* Data of commands: downloads that the module ends with a result (for example `+GET: 0,1000`), and uploads,
 * which have a known length or end with the escape sequence. */
#ifndef AT_TRANSFER_H
#define AT_TRANSFER_H

#include "at/ending.h"
#include "at/escape.h"
#include "at/feed.h"
#include "at/rules.h"

/* A download. The module marks its end within the data stream, by `\r\nOK\r\n` and then, for example,
 * `\r\n+GET: 0,1000\r\n`, and data may look the same. It is the end if its byte count equals the bytes before
 * it and silence follows, or if more has arrived than a known length allows. The result of a failed download
 * has no such count, and if bytes were lost on the line the count differs: if silence follows these, the host
 * sends the escape sequence to find out whether the module is in data mode (UNCERTAIN). A download of known
 * length ends as soon as that many bytes have arrived.
 *
 * A body is what follows a CONNECT that nobody expected. Nothing is known of its end but that a final result
 * code stands there. Of several the last one counts, once silence follows, and the host asks the module
 * whether it is in data mode. */
struct at_download {
    bool active;
    bool is_body;
    bool is_short;    /* the module has counted more bytes than have arrived */
    const char *name; /* prefix of its result; points into the slot */
    size_t name_length;
    uint64_t total; /* may be AT_UNKNOWN_LENGTH */
    uint64_t received;
};

enum at_download_event {
    AT_DOWNLOAD_NOTHING,
    AT_DOWNLOAD_DATA,
    AT_DOWNLOAD_END,       /* the held bytes, and the rest of the span, are lines */
    AT_DOWNLOAD_UNCERTAIN, /* the held bytes may be the end, or data */
};

/* The caller has set up `ending` with all texts that may end the download. */
void at_download_begin(struct at_download *download, const char *name, size_t name_length, uint64_t total);

void at_body_begin(struct at_download *download);

enum at_download_event at_download_next(struct at_download *download, struct at_ending *ending,
                                        const char **at, const char *end, at_time now, const char **data,
                                        size_t *length);

at_time at_download_deadline(const struct at_download *download, const struct at_ending *ending);

/* Whether the held bytes are the module's `OK` and the result behind it. */
bool at_download_is_over(const struct at_download *download, const struct at_ending *ending);

/* The data of a command, sent after its prompt or CONNECT. It has a known length, or ends when its source
 * does and the escape sequence follows. */
enum at_upload_phase {
    AT_UPLOAD_DATA,
    AT_UPLOAD_GUARD, /* the source has ended, or the module seems to wait in vain; silence before the escape
                        sequence */
    AT_UPLOAD_ESCAPING, /* the escape sequence is being sent */
    AT_UPLOAD_ENDED,    /* the escape sequence has been sent; awaiting the final result code */
};

struct at_upload {
    struct at_source *source; /* the host's; NULL: the command has no data */
    enum at_upload_phase phase;
    uint32_t ack_every, unacknowledged; /* bytes; 0: the module does not acknowledge */
    char ack_byte;
    bool answered; /* the module has answered before it had all of the data, so it takes no more */
    bool
        escapable; /* the module answers as soon as it has the data, and the escape sequence ends it before */
};

/* Whether the length is unknown. */
bool at_upload_is_open_ended(const struct at_upload *upload);

/* Whether the source has no bytes at the moment but has not ended. */
bool at_upload_is_starved(const struct at_upload *upload);

/* The module has sent an information response, but no final result code yet. */
void at_upload_answered(struct at_upload *upload);

/* How many bytes have not been sent; AT_UNKNOWN_LENGTH: unknown. */
uint64_t at_upload_unsent(const struct at_upload *upload);

/* Bytes for the port: data, and the escape sequence once the source has ended. With data of known length the
 * escape sequence follows a long silence of the module: bytes, or an acknowledgement, were lost on the line.
 */
size_t at_upload_output(struct at_upload *upload, struct at_escape *escape,
                        const struct at_protocol *protocol, at_time now, const char **bytes);

/* The port has accepted `length` bytes. Returns how many of them were data. */
size_t at_upload_sent(struct at_upload *upload, struct at_escape *escape, const struct at_protocol *protocol,
                      size_t length, at_time now);

/* When there may be bytes for the port even if the source supplies none; AT_NEVER: never. */
at_time at_upload_deadline(const struct at_upload *upload, const struct at_escape *escape,
                           const struct at_protocol *protocol, at_time now);

#endif
