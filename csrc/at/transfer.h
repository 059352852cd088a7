/* Data of a command: downloads that the module ends with a result (`+GET: 0,1000`), and uploads, of known
 * length or ended by the escape sequence. */
#ifndef AT_TRANSFER_H
#define AT_TRANSFER_H

#include "at/ending.h"
#include "at/escape.h"
#include "at/feed.h"
#include "at/rules.h"

/* A download. The module says where it ends in the middle of the data, and data may look like it:
 * `\r\nOK\r\n`, then `\r\n+GET: 0,1000\r\n`. It is the end if its number is that of the bytes before
 * it, and silence follows; and if more has come than the known length has room for. What tells of a failure
 * has no such number, and where bytes were lost on the line the number differs: if silence follows, the host
 * asks the module, by the escape sequence, whether it is in data mode (DOUBT). A known length ends it at
 * once. */
struct at_download {
    bool active;
    bool is_short;    /* the module has counted more bytes than came */
    const char *name; /* of its result; points into the slot */
    size_t name_length;
    uint64_t total; /* AT_UNKNOWN_LENGTH */
    uint64_t received;
};

enum at_download_event {
    AT_DOWNLOAD_NOTHING,
    AT_DOWNLOAD_DATA,
    AT_DOWNLOAD_END,       /* what is held and what follows in the span are lines */
    AT_DOWNLOAD_UNCERTAIN, /* what is held may be the end, or data */
};

/* `ending` looks for all the texts that may end it. */
void at_download_begin(struct at_download *download, const char *name, size_t name_length, uint64_t total);

enum at_download_event at_download_next(struct at_download *download, struct at_ending *ending,
                                        const char **at, const char *end, at_time now, const char **data,
                                        size_t *length);

at_time at_download_deadline(const struct at_download *download, const struct at_ending *ending);

/* The data of a command, behind its prompt or CONNECT: of known length; or up to the end of its source, and
 * then the escape sequence. */
enum at_upload_phase {
    AT_UPLOAD_DATA,
    AT_UPLOAD_GUARD,    /* the source has ended; silence before the sequence */
    AT_UPLOAD_ESCAPING, /* it is on its way */
    AT_UPLOAD_ENDED,    /* it is out, and the final result code awaited */
};

struct at_upload {
    struct at_source *source; /* the host's; NULL: the command has no data */
    enum at_upload_phase phase;
    uint32_t ack_every, unacknowledged; /* bytes; 0: the module does not acknowledge */
    char ack_byte;
};

/* It has no known length. */
bool at_upload_is_open_ended(const struct at_upload *upload);

/* Its source has nothing at the moment, and has not ended. */
bool at_upload_is_starved(const struct at_upload *upload);

/* Bytes that have not gone out, AT_UNKNOWN_LENGTH: nobody knows how many. */
uint64_t at_upload_unsent(const struct at_upload *upload);

/* Bytes for the port: data, and the escape sequence once the source has ended. */
size_t at_upload_output(struct at_upload *upload, struct at_escape *escape,
                        const struct at_protocol *protocol, at_time now, const char **bytes);

/* The port has taken so many of them; how many of these were data. */
size_t at_upload_sent(struct at_upload *upload, struct at_escape *escape, const struct at_protocol *protocol,
                      size_t length, at_time now);

/* When the port gets more without the source having more; AT_NEVER: never. */
at_time at_upload_deadline(const struct at_upload *upload, const struct at_escape *escape,
                           const struct at_protocol *protocol, at_time now);

#endif
