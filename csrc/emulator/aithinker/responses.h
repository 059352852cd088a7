/* Output of an Ai-Thinker module, framed like the strings in its SDK library: CR LF before and after a
 * result code or event; information lines start with CR LF in some commands but not in others. */
#ifndef EMU_AITHINKER_RESPONSES_H
#define EMU_AITHINKER_RESPONSES_H

#include "emulator/interpreter/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct emu;
struct aithinker;

/* Error codes, from the guide's list and the SDK header. */
enum {
    AITHINKER_UNSUPPORTED = 1,
    AITHINKER_BAD_FORMAT = 3,
    AITHINKER_BAD_VALUE = 4,
    AITHINKER_TOO_LONG = 5,
    AITHINKER_FLASH = 38,
    AITHINKER_NOT_SET = 47,
    AITHINKER_WIFI_MODE = 65,
    AITHINKER_WIFI_PASSWORD = 68,
    AITHINKER_WIFI_NO_AP = 69,
    AITHINKER_SOCKET_CREATE = 96,
    AITHINKER_SOCKET_CONNECT = 97,
    AITHINKER_SOCKET_DNS = 98,
    AITHINKER_SOCKET_STATE = 99,
    AITHINKER_SOCKET_TYPE = 100,
    AITHINKER_SOCKET_SEND = 101,
    AITHINKER_SOCKET_BIND = 104,
    AITHINKER_SOCKET_TT = 105,
    AITHINKER_PING_LOST = 106,
    AITHINKER_TLS_CONFIG = 108,
    AITHINKER_TLS_VERIFY = 109,
    AITHINKER_CONID = 110, /* in the SDK header only */
};

static inline struct emu_result aithinker_fail(int code)
{
    return (struct emu_result){.outcome = EMU_RESULT_ERROR, .code = code};
}

/* Bit numbers in the mask of AT+SYSMSG. */
enum aithinker_event {
    AITHINKER_EVENT_WIFI_DISCONNECT = 0,
    AITHINKER_EVENT_WIFI_CONNECT = 1,
    AITHINKER_EVENT_DOWN = 4,
    AITHINKER_EVENT_SEED = 5,
    AITHINKER_EVENT_DISCONNECT = 6,
    AITHINKER_EVENT_RECONNECT = 7,
    AITHINKER_EVENT_AUTODEL = 8,
    AITHINKER_EVENT_GOT_IP = 15,
};

/* Prints text as one uninterrupted piece. Line ends must be part of the text. */
void aithinker_print(struct emu *emu, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints an event unless the AT+SYSMSG mask or transparent mode suppresses it. */
void aithinker_event(struct aithinker *aithinker, enum aithinker_event event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool aithinker_event_is_wanted(const struct aithinker *aithinker, enum aithinker_event event);

void aithinker_final(struct emu *emu, struct emu_result result);
void aithinker_busy(struct emu *emu);
const char *aithinker_prompt(const struct emu *emu);

/* Prints an error outside the response to a command. */
void aithinker_print_error(struct emu *emu, const char *command, int code);

/* Printed at every boot. */
void aithinker_print_banner(struct emu *emu);
struct emu_result aithinker_print_versions(struct emu *emu);

#endif
