#include "emulator/aithinker/responses.h"

#include "emulator/aithinker/aithinker.h"
#include "emulator/aithinker/quirks.h"
#include "emulator/interpreter/dispatch.h"
#include "emulator/interpreter/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void aithinker_print(struct emu *emu, const char *format, ...)
{
    char text[EMU_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    emu_raw(emu, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

bool aithinker_event_is_wanted(const struct aithinker *aithinker, enum aithinker_event event)
{
    bool muted = aithinker->transparent_conn && !emu_quirk(aithinker->emu, AITHINKER_QUIRK_TT_EVENTS);
    return !muted && (aithinker->events >> event & 1) != 0;
}

void aithinker_event(struct aithinker *aithinker, enum aithinker_event event, const char *format, ...)
{
    char text[128];
    va_list arguments;
    if (!aithinker_event_is_wanted(aithinker, event))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    emu_urc(aithinker->emu, "+EVENT:%s", text);
}

void aithinker_print_error(struct emu *emu, const char *command, int code)
{
    const char *error = emu_quirk(emu, AITHINKER_QUIRK_PLUS_ERROR) ? "+ERROR" : "ERROR";
    if (emu_quirk(emu, AITHINKER_QUIRK_BARE_ERROR))
        aithinker_print(emu, "\r\n%s\r\n", error);
    else
        aithinker_print(emu, "\r\n%s:%d\r\n%s\r\n", command, code, error);
}

/* The string in the SDK does not start with CR LF, and no result code was recorded after it
 * (V4.18_P1.4.4). */
static void print_unknown(struct emu *emu)
{
    const char *line = emu->dispatch->parser.line;
    if (emu_quirk(emu, AITHINKER_QUIRK_UNKNOWN_IS_ERROR))
        aithinker_print_error(emu, line + (strncmp(line, "AT", 2) == 0 ? 2 : 0), AITHINKER_UNSUPPORTED);
    else
        aithinker_print(emu, "Unknown cmd:%s\r\n", line);
}

void aithinker_final(struct emu *emu, struct emu_result result)
{
    switch (result.outcome) {
    case EMU_RESULT_OK:
        aithinker_print(emu, "\r\nOK\r\n");
        break;
    case EMU_RESULT_ERROR:
        aithinker_print_error(emu, emu->dispatch->call.name,
                              result.code ? result.code : AITHINKER_BAD_FORMAT);
        break;
    case EMU_RESULT_UNKNOWN:
        print_unknown(emu);
        break;
    case EMU_RESULT_CME: /* these modules never print this result or any below */
    case EMU_RESULT_CONNECT:
    case EMU_RESULT_NO_CARRIER:
    case EMU_RESULT_SEND_OK:
    case EMU_RESULT_SEND_FAIL:
    case EMU_RESULT_PENDING:
    case EMU_RESULT_SILENT:
        break;
    }
}

void aithinker_busy(struct emu *emu)
{
    bool words = emu_quirk(emu, AITHINKER_QUIRK_BUSY_WORDS);
    aithinker_print(emu, "\r\n[Busy]%s\r\n", words ? "cmd is running..." : "Cmd running");
}

const char *aithinker_prompt(const struct emu *emu)
{
    if (emu_quirk(emu, AITHINKER_QUIRK_PROMPT_LINE))
        return "\r\n>";
    return emu_quirk(emu, AITHINKER_QUIRK_PROMPT_SPACE) ? "> " : ">";
}

struct version {
    const char *at, *sdk, *firmware, *built;
};

/* Recorded from V4.18_P1.4.4. For V4.18_P23.2.1 only its name is known; the framework version is one from
 * the same period. */
static const struct version p1 = {
    .at = "release/V4.18_P2.19.1",
    .sdk = "release_bl_iot_sdk_1.6.36",
    .firmware = "V4.18_P1.4.4-e15d67b",
    .built = "Nov 25 2022 11:22:39",
};
static const struct version p23 = {
    .at = "release/V4.18_P2.31.1",
    .sdk = "release_bl_iot_sdk_1.6.40",
    .firmware = "V4.18_P23.2.1",
    .built = "Jun 12 2024 10:11:12",
};

static const struct version *version_of(const struct emu *emu)
{
    return emu_quirk(emu, AITHINKER_QUIRK_P23) ? &p23 : &p1;
}

void aithinker_print_banner(struct emu *emu)
{
    static const char row[] = "################################################";
    const struct version *version = version_of(emu);
    if (emu_quirk(emu, AITHINKER_QUIRK_BANNER_BW16)) {
        aithinker_print(emu, "#calibration_ok:[2:19:11] \r\n\r\nat version:release/V4.18_P2.29.2 "
                             "sdk version:amebad_v6.2C firmware version:release/V4.18_P5.6.4"
                             "(May 30 2023-10:28:28)\r\n");
        return;
    }
    aithinker_print(emu,
                    "\r\n%s\r\n\r\narch:BL602,NULL\r\ncompany:Ai-Thinker|B&T\r\nble_mac:7cb94c1dd632\r\n"
                    "wifi_mac:" AITHINKER_MAC "\r\nsdk_version:release/%s\r\nfirmware_version:%s\r\n"
                    "compile_time:%s\r\n\r\nready\r\n\r\n%s\r\n",
                    row, version->sdk, version->firmware, version->built, row);
}

struct emu_result aithinker_print_versions(struct emu *emu)
{
    const struct version *version = version_of(emu);
    aithinker_print(emu, "\r\nat version:%s\r\nsdk version:%s\r\nfirmware version:%s", version->at,
                    version->sdk, version->firmware);
    return emu_ok();
}
