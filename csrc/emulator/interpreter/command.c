#include "emulator/interpreter/command.h"

#include <string.h>

bool emu_param_absent(const struct emu_call *call, size_t index)
{
    return index >= call->count || (call->params[index].length == 0 && !call->params[index].quoted);
}

static bool read_digits(const char *text, size_t length, long long *number)
{
    bool negative = length > 1 && *text == '-';
    long long value = 0;
    for (size_t i = negative; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *number = negative ? -value : value;
    return length > 0;
}

bool emu_param_number(const struct emu_call *call, size_t index, long long min, long long max,
                      long long *number)
{
    if (emu_param_absent(call, index) || call->params[index].quoted)
        return false;
    long long value;
    if (!read_digits(call->params[index].text, call->params[index].length, &value))
        return false;
    if (value < min || value > max)
        return false;
    *number = value;
    return true;
}

bool emu_param_option(const struct emu_call *call, size_t index, long long min, long long max,
                      long long *number)
{
    return emu_param_absent(call, index) || emu_param_number(call, index, min, max, number);
}

const char *emu_param_string(const struct emu_call *call, size_t index, size_t max)
{
    if (index >= call->count || !call->params[index].quoted || call->params[index].length > max)
        return NULL;
    return call->params[index].text;
}
