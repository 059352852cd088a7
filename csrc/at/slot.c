#include "at/slot.h"

#include "at/fields.h"

#include <string.h>

static void set_name(struct at_slot *slot, const char *text, size_t length)
{
    if (length > sizeof slot->name)
        length = sizeof slot->name;
    for (size_t i = 0; i < length; i++)
        slot->name[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
    slot->name_length = length;
    slot->prefix = slot->name;
    slot->prefix_length = length;
}

/* A parameter of a write form, 1-based. */
static bool get_param(const struct at_command *command, unsigned index, struct at_field *field)
{
    const char *params = memchr(command->text, '=', command->length);
    if (params == NULL || index == 0)
        return false;
    params++;
    return at_fields_get(params, (size_t)(command->text + command->length - params), index, field);
}

/* Does the command wait for a prompt or CONNECT and take data then? */
static bool wants_data(const struct at_traits *traits, const struct at_command *command, enum at_form form)
{
    struct at_field length;
    int64_t number;
    if ((traits->data_forms & form) == 0)
        return false;
    if (!get_param(command, traits->data_length_param, &length))
        return !traits->data_if_given;
    return !at_field_number(&length, &number) || number != 0;
}

static void set_expectation(struct at_expectation *expect, const char *prefix)
{
    expect->prefix_length = strlen(prefix);
    if (expect->prefix_length > sizeof expect->prefix)
        expect->prefix_length = sizeof expect->prefix;
    memcpy(expect->prefix, prefix, expect->prefix_length);
}

/* What stands in the parameter by which this command's deferred result is told from another's. */
static void set_key(struct at_expectation *expect, const struct at_command *command, unsigned param)
{
    struct at_field field;
    if (!get_param(command, param, &field) || field.length >= sizeof expect->key)
        return;
    memcpy(expect->key, field.text, field.length);
    expect->key[field.length] = '\0';
}

/* Several commands on one line (V.250 5.2.1), `+CMEE=1;+CSQ`: the traits of the first do not hold for all. */
static bool is_compound(const char *text, size_t length)
{
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (text[i] == ';' && !quoted)
            return true;
    }
    return false;
}

static void apply_deferred(struct at_slot *slot, const struct at_traits *traits,
                           const struct at_command *command, enum at_form form)
{
    if (traits->deferred == NULL || command->online)
        return;
    if (command->expect == NULL && (traits->deferred_forms & form) != 0)
        set_expectation(&slot->expect, traits->deferred);
    else if (command->expect == NULL || strcmp(command->expect, traits->deferred) != 0)
        return;
    slot->expect.end_shape = traits->deferred_end;
    slot->expect.field = traits->deferred_field;
    set_key(&slot->expect, command, traits->deferred_param);
}

static void apply_acknowledgement(struct at_slot *slot, const struct at_traits *traits,
                                  const struct at_command *command)
{
    struct at_field field;
    int64_t mode;
    if (get_param(command, traits->ack_param, &field) && at_field_number(&field, &mode) && mode == 1) {
        slot->upload.ack_every = traits->ack_every;
        slot->upload.ack_byte = traits->ack_byte;
    }
}

static void apply_traits(struct at_slot *slot, const struct at_traits *traits,
                         const struct at_command *command, enum at_form form)
{
    if (slot->timeout_ms == 0)
        slot->timeout_ms = traits->timeout_ms;
    if (slot->deferred_ms == 0)
        slot->deferred_ms = traits->deferred_ms;
    if (form == AT_FORM_TEST)
        return;
    slot->info = traits->info;
    slot->info_shape = traits->info_shape;
    slot->online_prompt = traits->online_prompt && form != AT_FORM_READ;
    if (traits->data_forms == 0 || command->data != NULL)
        slot->accepts = traits->accepts;
    if (traits->info_prefix != NULL) {
        slot->prefix = traits->info_prefix;
        slot->prefix_length = strlen(traits->info_prefix);
    }
    apply_deferred(slot, traits, command, form);
    apply_acknowledgement(slot, traits, command);
}

bool at_slot_fill(struct at_slot *slot, const struct at_rules *rules, const struct at_command *command,
                  uint32_t default_ms)
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
    set_name(slot, command->text, at_command_name(command->text, command->length));
    if (command->expect != NULL)
        set_expectation(&slot->expect, command->expect);

    enum at_form form = at_command_form(command->text, command->length);
    const struct at_traits *traits = at_rules_traits(rules, slot->name, slot->name_length);
    if (traits != NULL && !is_compound(command->text, command->length)) {
        if (command->data == NULL && wants_data(traits, command, form))
            return false;
        apply_traits(slot, traits, command, form);
    }
    if (slot->timeout_ms == 0)
        slot->timeout_ms = default_ms;
    if (slot->deferred_ms == 0)
        slot->deferred_ms = slot->timeout_ms;
    return true;
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
    return slot->upload.source != NULL || slot->online_prompt;
}

bool at_slot_is_unfinished(const struct at_slot *slot)
{
    if (at_upload_is_open_ended(&slot->upload))
        return slot->prompted && slot->upload.phase != AT_UPLOAD_ENDED;
    return at_slot_data_owed(slot) > 0;
}

uint64_t at_slot_data_owed(const struct at_slot *slot)
{
    bool known = slot->prompted && !at_upload_is_open_ended(&slot->upload);
    return known ? at_upload_unsent(&slot->upload) : 0;
}
