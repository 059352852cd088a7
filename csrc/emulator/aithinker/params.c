#include "emulator/aithinker/params.h"

#include "emulator/aithinker/settings.h"
#include "emulator/aithinker/socket/conn.h"

#include <string.h>

const char *aithinker_text(const struct emu_call *call, size_t index, size_t max)
{
    if (index >= call->count || call->params[index].length == 0 || call->params[index].length > max)
        return NULL;
    return call->params[index].text;
}

size_t aithinker_read_target(const struct emu_call *call, enum aithinker_type type,
                             char host[AITHINKER_HOST_MAX + 1], unsigned *port)
{
    size_t used = 1;
    long long number;
    *host = '\0';
    if (aithinker_is_client(type)) {
        const char *text = aithinker_text(call, used++, AITHINKER_HOST_MAX);
        if (!text)
            return 0;
        memcpy(host, text, strlen(text) + 1);
    }
    if (!emu_param_number(call, used, 1, 65535, &number))
        return 0;
    *port = (unsigned)number;
    return used + 1;
}
