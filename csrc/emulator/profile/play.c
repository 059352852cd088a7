/* Answers commands as a profile says. */
#include "emulator/emu.h"
#include "emulator/interpreter/reply.h"
#include "emulator/module.h"
#include "emulator/profile/profile.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct emu_profile_row *find(const struct emu_module_profile *profile, const char *name,
                                          const char *form)
{
    char command[EMU_NAME_MAX + 8];
    snprintf(command, sizeof command, "AT%s%s", name, form);
    return emu_profile_answer(profile, command);
}

/* The key that a line of a test answer is about: +NAME: "key",(0,1). Returns its length, 0 if there is
 * none. */
static size_t key_of(const char *line, const char *name, const char **key)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ':')
        return 0;
    line += length + 1;
    line += strspn(line, " ");
    if (*line != '"')
        return 0;
    *key = line + 1;
    return strcspn(line + 1, "\"");
}

/* Does the module have the setting that the first parameter names? It is taken to have all of a command whose
 * test answer lists none. */
static bool has_key(const struct emu_module_profile *profile, const struct emu_call *call)
{
    const struct emu_profile_row *row = call->count ? find(profile, call->name, "=?") : NULL;
    if (!row || !call->params[0].quoted)
        return true;
    bool lists = false;
    for (size_t i = 1; i + 1 < row->count; i++) {
        const char *key = NULL;
        size_t length = key_of(row->texts[i], call->name, &key);
        if (length == call->params[0].length && strncasecmp(key, call->params[0].text, length) == 0)
            return true;
        lists = lists || length > 0;
    }
    return !lists;
}

/* Prints a result code; those that nobody has a name for as they are. */
static struct emu_result result_of(struct emu *emu, const char *text)
{
    bool v250 = emu->module->final == emu_v250_final;
    int code, used = 0;
    if (strcmp(text, "OK") == 0)
        return emu_ok();
    if (v250 && strcmp(text, "ERROR") == 0)
        return emu_error();
    if (v250 && sscanf(text, "+CME ERROR: %5d%n", &code, &used) == 1 && !text[used])
        return emu_cme(code);
    emu_raw(emu, "\r\n", 2);
    emu_raw(emu, text, strlen(text));
    emu_raw(emu, "\r\n", 2);
    return emu_result(EMU_RESULT_SILENT);
}

bool emu_profile_play(const struct emu_module_profile *profile, struct emu_call *call,
                      struct emu_result *result)
{
    static const char *const forms[] = {[EMU_TEST] = "=?", [EMU_READ] = "?", [EMU_EXECUTE] = ""};
    if (call->form == EMU_WRITE) {
        *result = emu_error();
        return !has_key(profile, call);
    }
    const struct emu_profile_row *row = find(profile, call->name, forms[call->form]);
    if (!row)
        return false;
    for (size_t i = 1; i + 1 < row->count; i++)
        emu_info(call->emu, "%s", row->texts[i]);
    *result = result_of(call->emu, row->texts[row->count - 1]);
    return true;
}
