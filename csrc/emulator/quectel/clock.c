/* AT+CCLK (27.007 8.15). */
#include "emulator/interpreter/reply.h"
#include "emulator/quectel/quectel.h"

#include <stdio.h>
#include <string.h>

static struct emu_result read_clock(struct emu_call *call)
{
    const struct emu_clock *clock = &call->emu->clock;
    struct tm local;
    emu_clock_local(clock, call->emu->loop.now, &local);
    emu_info(call->emu, "+CCLK: \"%02d/%02d/%02d,%02d:%02d:%02d%+03d\"", local.tm_year % 100,
             local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, clock->zone);
    return emu_ok();
}

/* Reads two digits at `text`; -1 if they are not digits. */
static int two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + text[1] - '0';
}

/* Parses "yy/MM/dd,hh:mm:ss" with an optional zone "+zz" in quarters of an hour. */
static bool parse_time(const char *text, struct tm *local, int *zone)
{
    static const char separators[] = "//,::";
    size_t length = strlen(text);
    int part[6];
    if (length != 17 && length != 20)
        return false;
    for (int i = 0; i < 6; i++) {
        part[i] = two_digits(text + i * 3);
        if (part[i] < 0 || (i < 5 && text[i * 3 + 2] != separators[i]))
            return false;
    }
    /* The year has two digits. The module's epoch is 1970 or 1980, so earlier years cannot occur. */
    *local = (struct tm){.tm_year = part[0] < 70 ? part[0] + 100 : part[0],
                         .tm_mon = part[1] - 1,
                         .tm_mday = part[2],
                         .tm_hour = part[3],
                         .tm_min = part[4],
                         .tm_sec = part[5]};
    if (length == 17)
        return true;
    *zone = two_digits(text + 18);
    if ((text[17] != '+' && text[17] != '-') || *zone < 0 || *zone > 56)
        return false;
    if (text[17] == '-')
        *zone = -*zone;
    return true;
}

static struct emu_result write_clock(struct emu_call *call)
{
    struct emu_clock *clock = &call->emu->clock;
    const char *text = emu_param_string(call, 0, 20);
    struct tm local;
    int zone = clock->zone;
    if (!text || call->count > 1 || !parse_time(text, &local, &zone) ||
        !emu_clock_from_local(clock, call->emu->loop.now, &local, zone))
        return emu_error();
    return emu_ok();
}

const struct emu_command quectel_clock_commands[] = {
    {.name = "+CCLK", .read = read_clock, .write = write_clock, .ranges = ""},
    {0},
};
