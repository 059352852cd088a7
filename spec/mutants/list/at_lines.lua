-- The engine: lines, fields, command slots and rules.

local B = "spec/engine/boundaries_spec.lua spec/engine/failure_modes_spec.lua"
local E = "spec/core spec/engine"

return {
  -- framer
  { "csrc/at/framer.c", "framer->buffered + length > framer->rules->protocol.max_line",
    "framer->buffered + length >= framer->rules->protocol.max_line", B },
  { "csrc/at/framer.c", "if (framer->overlong > 0 || length > framer->rules->protocol.max_line)",
    "if (framer->overlong > 0 || length > framer->rules->protocol.max_line + 1)", B },
  { "csrc/at/framer.c", "framer->overlong += framer->buffered + length;", "framer->overlong += length;", B },
  { "csrc/at/framer.c", "return byte == '\\0' || byte == 0x1a || byte == 0x1b;", "return byte == '\\0' || byte == 0x1a;",
    B },
  { "csrc/at/framer.c", "gap->ends += gap->ends < UINT8_MAX;", "gap->ends = 1;", E },
  { "csrc/at/framer.c", "framer->noise += byte != '\\t';", "framer->noise++;", B },
  { "csrc/at/framer.c", "framer->walking = false;\n    at_trie_start(&framer->walk);", "at_trie_start(&framer->walk);", B,
    reason = "the next line starts the walk anyway, and rules change between lines alone" },
  { "csrc/at/framer.c", "(framer->buffered == 1 || (framer->buffered == 2 && line[1] == ' '))", "framer->buffered == 1", B },
  -- fields
  { "csrc/at/fields.c", "if (number > (INT64_MAX - digit) / 10)", "if (number > INT64_MAX / 10)", B },
  { "csrc/at/fields.c", "else if (*at == ')' && depth > 0)", "else if (*at == ')')", B },
  { "csrc/at/fields.c", "return field->length >= 4;", "return field->length > 4;", B },
  { "csrc/at/fields.c", "if (field->quoted || at == end)", "if (at == end)", B },
  { "csrc/at/fields.c", "*value = negative ? -number : number;", "*value = number;", B },
  { "csrc/at/fields.c", "if (to > from && to[-1] == '\"')", "if (to[-1] == '\"')", B },
  { "csrc/at/fields.c", "return !fields.more;", "return true;", B },
  -- slot
  { "csrc/at/slot.c", "if (field.length >= sizeof expect->key)", "if (field.length > sizeof expect->key)", B },
  { "csrc/at/slot.c", "if (length > sizeof slot->name)", "if (length >= sizeof slot->name)", B },
  { "csrc/at/slot.c", "if (length > sizeof expect->prefix)", "if (length >= sizeof expect->prefix)", B },
  { "csrc/at/slot.c", "if (params == NULL || index == 0)", "if (params == NULL)", B,
    reason = "no field has the number 0, so that none is found" },
  { "csrc/at/slot.c", "return !at_field_number(&length, &number) || number != 0;", "return true;", B },
  { "csrc/at/slot.c", "&& mode == 1)", "&& mode != 0)", B },
  { "csrc/at/slot.c", "if (form == AT_FORM_TEST)\n        return true;", "", B },
  { "csrc/at/slot.c", "slot->deferred_ms = slot->timeout_ms;", "slot->deferred_ms = default_ms;", B },
  -- match, trie, rules
  { "csrc/at/match.c", "return byte == ':' || byte == ',' || byte == '=' || byte == ' ';", "return byte == ':';", B },
  { "csrc/at/match.c", "field.length == strlen(key) &&\n           memcmp", "memcmp", B },
  { "csrc/at/match.c", "return number > 0 ? (uint64_t)number : 0;", "return (uint64_t)number;", B },
  { "csrc/at/match.c", "if (line->kind == AT_TOKEN_LINE && rule->block.after != '\\n')", "if (false)", E },
  { "csrc/at/trie.c", "if (node != ROOT && trie->nodes[node].byte == AT_DIGITS)\n        return node;", "", B },
  { "csrc/at/trie.c", "walk->prefix_length = walk->length;", "walk->prefix_length = walk->length - 1;", E },
  { "csrc/at/rules.c", "else if (*text == ';' && !quoted)", "else if (*text == ';')", B },
  { "csrc/lua/rules.c", "strlen(limited[i]) > AT_NAME_MAX", "strlen(limited[i]) >= AT_NAME_MAX", B },
  { "csrc/at/rules.c", "command[name + 1] == '?' ? AT_FORM_TEST : AT_FORM_WRITE", "false ? AT_FORM_TEST : AT_FORM_WRITE",
    B },
  -- engine
  { "csrc/at/engine.c", "byte < 0x20 || byte == 0x7f", "byte < 0x20", B },
  { "csrc/at/engine.c", "command->length > engine->rules->protocol.max_command ?",
    "command->length >= engine->rules->protocol.max_command ?", B },
  { "csrc/lua/engine.c", "owner >= 0 && owner < 32", "owner >= 0 && owner <= 32", B },
  { "csrc/at/engine.c", "if (engine->deferred.count == AT_DEFERRED_MAX)", "if (engine->deferred.count > AT_DEFERRED_MAX)",
    B },
  { "csrc/at/deferred.c", "!(has_identity(expect) && has_identity(&entry->expect))", "true", B },
  { "csrc/at/results.c", "event->more = success && slot->expect", "event->more = slot->expect", B },
  { "csrc/at/results.c", "&& !slot->deferred_early;", ";", B },
  { "csrc/at/information.c", "slot->echoed > 0 || line->length >= 2", "true", B },
}
