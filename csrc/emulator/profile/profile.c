#include "emulator/profile/profile.h"

#include "emulator/alloc.h"
#include "emulator/module.h"
#include "emulator/profile/tokens.h"
#include "emulator/quirks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    WORD_MAX = 128 /* bytes of a text other than a line of an answer */
};

struct reading {
    struct emu_tokens tokens;
    struct emu_module_profile *profile;
    unsigned seen; /* fields */
    char **habits; /* "urc_port=usbat" */
    size_t habit_count;
};

enum field {
    FIELD_PROFILE,
    FIELD_MADE_BY,
    FIELD_DIALECT,
    FIELD_MANUFACTURER,
    FIELD_MODEL,
    FIELD_REVISION,
    FIELD_HABITS,
    FIELD_ANSWERS,
    FIELD_TAKES,
    FIELDS
};

static const char *const fields[FIELDS] = {"profile",  "made_by", "dialect", "manufacturer", "model",
                                           "revision", "habits",  "answers", "takes"};

/* AT, perhaps a sign, letters in upper case, digits and _, and then nothing, "?" or "=?". */
static bool is_command(const char *text, size_t length)
{
    if (length > WORD_MAX || strlen(text) != length || strncmp(text, "AT", 2) != 0)
        return false;
    text += 2;
    if (*text && strchr("+&^$#*%", *text))
        text++;
    size_t name = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    text += name;
    return name > 0 && (!*text || strcmp(text, "?") == 0 || strcmp(text, "=?") == 0);
}

/* Takes the brace that a table begins with. */
static bool open_table(struct reading *reading, const char *what)
{
    long long number;
    if (emu_tokens_value(&reading->tokens, &number) != EMU_VALUE_TABLE)
        return emu_tokens_fail(&reading->tokens, what);
    return emu_tokens_take(&reading->tokens, '{');
}

/* Returns whether another element of a list follows. */
static bool has_element(struct reading *reading)
{
    struct emu_tokens *tokens = &reading->tokens;
    if (tokens->mistake || emu_tokens_take(tokens, '}'))
        return false;
    if (emu_tokens_key(tokens))
        return emu_tokens_fail(tokens, "a list holds a value with a name");
    return !tokens->mistake;
}

static bool read_text(struct reading *reading, const char *what)
{
    long long number;
    return emu_tokens_value(&reading->tokens, &number) == EMU_VALUE_TEXT ||
           emu_tokens_fail(&reading->tokens, what);
}

static bool read_word(struct reading *reading, char **word)
{
    if (!read_text(reading, "a text is missing"))
        return false;
    if (reading->tokens.length > WORD_MAX)
        return emu_tokens_fail(&reading->tokens, "a text is longer than 128 bytes");
    if (word)
        *word = emu_copy_text(reading->tokens.text);
    return true;
}

static bool read_version(struct reading *reading)
{
    long long number = 0;
    if (emu_tokens_value(&reading->tokens, &number) != EMU_VALUE_NUMBER || number != VERSION)
        return emu_tokens_fail(&reading->tokens, "the version of its format is not 1");
    return true;
}

static bool read_dialect(struct reading *reading)
{
    struct emu_tokens *tokens = &reading->tokens;
    if (!read_word(reading, &reading->profile->dialect))
        return false;
    size_t length = strspn(tokens->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return (length > 0 && length == tokens->length) || emu_tokens_fail(tokens, "there is no such dialect");
}

/* Adds the habit whose name was read. */
static bool add_habit(struct reading *reading, const char *name, const char *value)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < reading->habit_count; i++)
        if (strncmp(reading->habits[i], name, length) == 0 && reading->habits[i][length] == '=')
            return emu_tokens_fail(&reading->tokens, "a habit is there twice");
    reading->habits = emu_resize(reading->habits, (reading->habit_count + 1) * sizeof *reading->habits);
    reading->habits[reading->habit_count++] = emu_text("%s=%s", name, value);
    return true;
}

static bool read_habit(struct reading *reading)
{
    struct emu_tokens *tokens = &reading->tokens;
    if (!emu_tokens_key(tokens))
        return emu_tokens_fail(tokens, "a habit has no name");
    char name[EMU_PROFILE_NAME + 1], digits[24];
    long long number = 0;
    memcpy(name, tokens->name, sizeof name);
    switch (emu_tokens_value(tokens, &number)) {
    case EMU_VALUE_TRUE:
    case EMU_VALUE_FALSE:
        return add_habit(reading, name, tokens->name);
    case EMU_VALUE_NUMBER:
        snprintf(digits, sizeof digits, "%lld", number);
        return add_habit(reading, name, digits);
    case EMU_VALUE_TEXT:
        if (tokens->length > WORD_MAX)
            return emu_tokens_fail(tokens, "a habit is longer than 128 bytes");
        return add_habit(reading, name, tokens->text);
    case EMU_VALUE_TABLE:
    case EMU_VALUE_NONE:
        break;
    }
    return emu_tokens_fail(tokens, "a habit is true, false, a number or a text");
}

static bool read_habits(struct reading *reading)
{
    struct emu_tokens *tokens = &reading->tokens;
    if (!open_table(reading, "the habits are no table"))
        return false;
    while (!emu_tokens_take(tokens, '}'))
        if (!read_habit(reading) || !emu_tokens_between(tokens))
            return false;
    return true;
}

const struct emu_profile_row *emu_profile_answer(const struct emu_module_profile *profile,
                                                 const char *command)
{
    for (size_t i = 0; i < profile->row_count; i++)
        if (strcmp(profile->rows[i].texts[0], command) == 0)
            return &profile->rows[i];
    return NULL;
}

static bool read_row(struct reading *reading)
{
    static const char what[] = "an answer is no list of texts: a command, lines, a result code";
    struct emu_tokens *tokens = &reading->tokens;
    struct emu_module_profile *profile = reading->profile;
    if (!open_table(reading, what))
        return false;
    struct emu_profile_row row = {0};
    while (has_element(reading)) {
        if (!read_text(reading, what))
            break;
        if (row.count == 0 && !is_command(tokens->text, tokens->length))
            emu_tokens_fail(tokens, "an answer is about no command");
        else if (row.count == 0 && emu_profile_answer(profile, tokens->text))
            emu_tokens_fail(tokens, "an answer is there twice");
        row.texts = emu_resize(row.texts, (row.count + 1) * sizeof *row.texts);
        row.texts[row.count++] = emu_copy_text(tokens->text);
        if (!emu_tokens_between(tokens))
            break;
    }
    if (row.count < 2)
        emu_tokens_fail(tokens, what);
    if (row.count > 0) { /* the profile frees it */
        profile->rows = emu_resize(profile->rows, (profile->row_count + 1) * sizeof *profile->rows);
        profile->rows[profile->row_count++] = row;
    }
    return !tokens->mistake;
}

static bool read_answers(struct reading *reading)
{
    if (!open_table(reading, "the answers are no list"))
        return false;
    while (has_element(reading))
        if (!read_row(reading) || !emu_tokens_between(&reading->tokens))
            return false;
    return !reading->tokens.mistake;
}

/* What the module's settings are is not kept: the emulator has settings of its own. */
static bool read_takes(struct reading *reading)
{
    struct emu_tokens *tokens = &reading->tokens;
    if (!open_table(reading, "takes is no list"))
        return false;
    while (has_element(reading)) {
        if (!read_text(reading, "takes is no list of commands"))
            return false;
        if (!is_command(tokens->text, tokens->length))
            return emu_tokens_fail(tokens, "takes holds what is no command");
        if (!emu_tokens_between(tokens))
            return false;
    }
    return !tokens->mistake;
}

static bool read_value(struct reading *reading, enum field field)
{
    switch (field) {
    case FIELD_PROFILE:
        return read_version(reading);
    case FIELD_DIALECT:
        return read_dialect(reading);
    case FIELD_MODEL:
        return read_word(reading, &reading->profile->model);
    case FIELD_MADE_BY:
    case FIELD_MANUFACTURER:
    case FIELD_REVISION:
        return read_word(reading, NULL);
    case FIELD_HABITS:
        return read_habits(reading);
    case FIELD_ANSWERS:
        return read_answers(reading);
    case FIELD_TAKES:
        return read_takes(reading);
    case FIELDS:
        break;
    }
    return false;
}

static bool read_field(struct reading *reading)
{
    struct emu_tokens *tokens = &reading->tokens;
    if (!emu_tokens_key(tokens))
        return emu_tokens_fail(tokens, "a field has no name");
    unsigned field = 0;
    while (field < FIELDS && strcmp(fields[field], tokens->name) != 0)
        field++;
    if (field == FIELDS)
        return emu_tokens_fail(tokens, "there is no such field");
    if (reading->seen >> field & 1)
        return emu_tokens_fail(tokens, "a field is there twice");
    reading->seen |= 1U << field;
    return read_value(reading, (enum field)field) && emu_tokens_between(tokens);
}

static bool read_profile(struct reading *reading)
{
    struct emu_tokens *tokens = &reading->tokens;
    bool begins = emu_tokens_word(tokens) && strcmp(tokens->name, "return") == 0;
    if (!begins || !emu_tokens_take(tokens, '{'))
        return emu_tokens_fail(tokens, "it does not begin with \"return {\"");
    while (!emu_tokens_take(tokens, '}'))
        if (!read_field(reading))
            return false;
    if (emu_tokens_next(tokens) != '\0' || tokens->mistake)
        return emu_tokens_fail(tokens, "there is more after the table");
    if (!(reading->seen >> FIELD_PROFILE & 1))
        return emu_tokens_fail(tokens, "the field \"profile\", the version of its format, is missing");
    if (!reading->profile->dialect)
        return emu_tokens_fail(tokens, "the field \"dialect\", the name of one, is missing");
    return true;
}

struct emu_module_profile *emu_profile_parse(const char *bytes, size_t length, char *problem, size_t size)
{
    struct reading reading = {.profile = emu_alloc(sizeof *reading.profile)};
    emu_tokens_init(&reading.tokens, bytes, length);
    bool good = read_profile(&reading);
    for (size_t i = 0; i < reading.habit_count; i++) {
        if (good)
            reading.profile->quirks |= emu_quirks_of_habit(reading.profile->dialect, reading.habits[i]);
        free(reading.habits[i]);
    }
    free(reading.habits);
    if (good)
        return reading.profile;
    snprintf(problem, size, "line %d: %s", reading.tokens.line, reading.tokens.mistake);
    emu_profile_free(reading.profile);
    return NULL;
}

/* Reads a file as a whole. Returns its length, or -1 with errno set. */
static long read_file(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat what;
    if (fd < 0)
        return -1;
    size_t length = 0;
    ssize_t count = -1;
    if (fstat(fd, &what) == 0 && !S_ISREG(what.st_mode))
        errno = EINVAL; /* a FIFO or a device could go on for ever */
    else
        while (length < size && (count = read(fd, bytes + length, size - length)) > 0)
            length += (size_t)count;
    int error = errno;
    close(fd);
    errno = error;
    return count < 0 ? -1 : (long)length;
}

struct emu_module_profile *emu_profile_load(const char *path, char *problem, size_t size)
{
    char *bytes = emu_alloc(EMU_PROFILE_BYTES + 1);
    struct emu_module_profile *profile = NULL;
    long length = read_file(path, bytes, EMU_PROFILE_BYTES + 1);
    if (length < 0 || length > EMU_PROFILE_BYTES)
        snprintf(problem, size, "%s", length < 0 ? strerror(errno) : "it is longer than 262144 bytes");
    else
        profile = emu_profile_parse(bytes, (size_t)length, problem, size);
    free(bytes);
    return profile;
}

void emu_profile_free(struct emu_module_profile *profile)
{
    if (!profile)
        return;
    for (size_t i = 0; i < profile->row_count; i++) {
        for (size_t j = 0; j < profile->rows[i].count; j++)
            free(profile->rows[i].texts[j]);
        free(profile->rows[i].texts);
    }
    free(profile->rows);
    free(profile->dialect);
    free(profile->model);
    free(profile);
}

const struct emu_module *emu_profile_module(const struct emu_module_profile *profile)
{
    const struct emu_module *first = NULL;
    for (const struct emu_module *const *module = emu_modules(); *module; module++) {
        if (strcmp((*module)->dialect, profile->dialect) != 0)
            continue;
        if (profile->model && strcasecmp((*module)->name, profile->model) == 0)
            return *module;
        first = first ? first : *module;
    }
    return first;
}
