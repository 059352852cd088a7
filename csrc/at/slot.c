#include "at/slot.h"

#include <string.h>

/* False when the name is too long. */
static bool set_name(struct at_slot *slot, const char *text, size_t length)
{
    if (length > sizeof slot->name)
        return false;
    for (size_t i = 0; i < length; i++)
        slot->name[i] = at_upper(text[i]);
    slot->name_length = length;
    slot->prefix = slot->name;
    slot->prefix_length = length;
    return true;
}

/* A parameter of a write command, counted from 1. */
static bool get_param(const struct at_command *command, unsigned index, struct at_field *field)
{
    const char *params = memchr(command->text, '=', command->length);
    if (params == NULL || index == 0)
        return false;
    params++;
    return at_fields_get(params, (size_t)(command->text + command->length - params), index, field);
}

/* Whether the command waits for a prompt or CONNECT and then takes data. */
static bool wants_data(const struct at_command_rule *rule, const struct at_command *command,
                       enum at_form form)
{
    struct at_field length;
    int64_t number;
    if ((rule->data_forms & form) == 0)
        return false;
    if (!get_param(command, rule->data_length_param, &length))
        return !rule->data_needs_length;
    return !at_field_number(&length, &number) || number != 0;
}

/* False when the prefix is too long. */
static bool set_expectation(struct at_expectation *expect, const char *prefix)
{
    size_t length = strlen(prefix);
    if (length > sizeof expect->prefix)
        return false;
    memcpy(expect->prefix, prefix, length);
    expect->prefix_length = length;
    return true;
}

/* Stores the parameter that identifies the deferred result of this command. False when it is too long. */
static bool set_key(struct at_expectation *expect, const struct at_command *command, unsigned param)
{
    struct at_field field;
    if (!get_param(command, param, &field))
        return true;
    if (field.length >= sizeof expect->key)
        return false;
    memcpy(expect->key, field.text, field.length);
    expect->key[field.length] = '\0';
    return true;
}

/* Several commands on one line (V.250 5.2.1), such as `+CMEE=1;+CSQ`: the rule of the first does not cover
 * the others. */
static bool is_compound(const char *text, size_t length)
{
    return at_next_command(text, text + length) < text + length;
}

/* False when the identifying parameter is too long. */
static bool apply_deferred(struct at_slot *slot, const struct at_command_rule *rule,
                           const struct at_command *command, enum at_form form)
{
    if (rule->deferred == NULL || command->online)
        return true;
    if (command->expect == NULL && (rule->deferred_forms & form) != 0)
        set_expectation(&slot->expect, rule->deferred);
    else if (command->expect == NULL || strcmp(command->expect, rule->deferred) != 0)
        return true;
    slot->expect.end_shape = rule->deferred_end;
    slot->expect.field = rule->deferred_field;
    return set_key(&slot->expect, command, rule->deferred_param);
}

static void apply_acknowledgement(struct at_slot *slot, const struct at_command_rule *rule,
                                  const struct at_command *command)
{
    struct at_field field;
    int64_t mode;
    if (get_param(command, rule->ack_param, &field) && at_field_number(&field, &mode) && mode == 1) {
        slot->upload.ack_every = rule->ack_every;
        slot->upload.ack_byte = rule->ack_byte;
    }
}

static bool apply_rule(struct at_slot *slot, const struct at_command_rule *rule,
                       const struct at_command *command, enum at_form form)
{
    struct at_field length;
    if (slot->timeout_ms == 0)
        slot->timeout_ms = rule->timeout_ms;
    slot->prompt_ms = rule->timeout_ms;
    if (slot->deferred_ms == 0)
        slot->deferred_ms = rule->deferred_ms;
    slot->rule_deferred_ms = rule->deferred_ms;
    if (form == AT_FORM_TEST)
        return true;
    slot->info = rule->info;
    slot->info_shape = rule->info_shape;
    slot->prompt_enters_data_mode = rule->prompt_enters_data_mode && form != AT_FORM_READ;
    if (rule->data_forms == 0 || command->data != NULL)
        slot->accepts = rule->accepts;
    if (rule->info_prefix != NULL) {
        slot->prefix = rule->info_prefix;
        slot->prefix_length = strlen(rule->info_prefix);
    }
    slot->data_echoed = rule->data_echoed && get_param(command, rule->data_length_param, &length);
    apply_acknowledgement(slot, rule, command);
    return apply_deferred(slot, rule, command, form);
}

enum at_refusal at_slot_fill(struct at_slot *slot, const struct at_rules *rules,
                             const struct at_command *command, uint32_t default_ms)
{
    *slot = (struct at_slot){
        .state = AT_SLOT_SENDING,
        .info = AT_INFO_ANY,
        .accepts = AT_GROUP_GENERAL,
        .upload = {.source = command->data},
        .online = command->online,
        .block = command->block,
        .timeout_ms = command->timeout_ms,
        .deferred_ms = command->deferred_ms,
    };
    if (!set_name(slot, command->text, at_command_name(command->text, command->length)) ||
        (command->expect != NULL && !set_expectation(&slot->expect, command->expect)))
        return AT_REFUSED_NAME;

    enum at_form form = at_command_form(command->text, command->length);
    const struct at_command_rule *rule = at_rules_command(rules, slot->name, slot->name_length);
    slot->compound = is_compound(command->text, command->length);
    if (rule != NULL && !slot->compound) {
        if (command->data == NULL && wants_data(rule, command, form))
            return AT_REFUSED_NO_DATA;
        if (!apply_rule(slot, rule, command, form))
            return AT_REFUSED_KEY;
    }
    if (slot->timeout_ms == 0)
        slot->timeout_ms = default_ms;
    if (slot->deferred_ms == 0)
        slot->deferred_ms = slot->timeout_ms;
    return AT_ACCEPTED;
}

void at_slot_arm(struct at_slot *slot, at_time now)
{
    slot->deadline = now + at_ms(slot->timeout_ms);
}

bool at_slot_is_awaiting(const struct at_slot *slot)
{
    return slot->state == AT_SLOT_ARMED || slot->state == AT_SLOT_DATA;
}

bool at_slot_wants_prompt(const struct at_slot *slot)
{
    return slot->upload.source != NULL || slot->prompt_enters_data_mode;
}

bool at_slot_is_unfinished(const struct at_slot *slot)
{
    if (at_upload_is_open_ended(&slot->upload))
        return slot->prompted && slot->upload.phase != AT_UPLOAD_ENDED;
    return at_slot_data_owed(slot) > 0;
}

static uint64_t unsent_of_known_length(const struct at_slot *slot)
{
    return at_upload_is_open_ended(&slot->upload) ? 0 : at_upload_unsent(&slot->upload);
}

uint64_t at_slot_data_owed(const struct at_slot *slot)
{
    if (!slot->prompted)
        return 0;
    return slot->state == AT_SLOT_GIVEN_UP ? slot->abandoned : unsent_of_known_length(slot);
}

uint64_t at_slot_abandon(struct at_slot *slot)
{
    uint64_t unsent = slot->upload.source != NULL ? slot->upload.source->remaining : 0;
    slot->abandoned = unsent_of_known_length(slot);
    slot->upload.source = NULL;
    slot->state = AT_SLOT_GIVEN_UP;
    slot->deadline = AT_NEVER;
    return unsent;
}
