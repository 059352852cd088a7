#include "emulator/world/faults.h"

#include "emulator/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void strip_spaces(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (*text != ' ')
            *to++ = *text;
    *to = '\0';
}

void emu_faults_add(struct emu_faults *faults, const char *prefix, const struct emu_fault *fault)
{
    struct emu_fault *added = emu_alloc(sizeof *added);
    *added = *fault;
    added->prefix = emu_copy_text(prefix);
    strip_spaces(added->prefix);
    added->answer = fault->answer ? emu_copy_text(fault->answer) : NULL;
    added->next = NULL;
    struct emu_fault **at = &faults->first;
    while (*at)
        at = &(*at)->next;
    *at = added;
}

static bool matches(const struct emu_fault *fault, const char *line)
{
    return strncasecmp(line, fault->prefix, strlen(fault->prefix)) == 0;
}

struct emu_fault emu_faults_take(struct emu_faults *faults, const char *line)
{
    struct emu_fault **at = &faults->first;
    while (*at && !matches(*at, line))
        at = &(*at)->next;
    if (!*at)
        return (struct emu_fault){0};
    struct emu_fault *found = *at, copy = *found;
    *at = found->next;
    free(found->prefix);
    free(found);
    copy.prefix = NULL;
    copy.next = NULL;
    return copy;
}

void emu_faults_free(struct emu_faults *faults)
{
    while (faults->first) {
        struct emu_fault *fault = faults->first;
        faults->first = fault->next;
        free(fault->prefix);
        free(fault->answer);
        free(fault);
    }
}
