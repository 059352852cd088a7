-- The engine: data mode, transfers, resynchronisation.

local SYNC = "spec/modem/stuck_spec.lua spec/modem/prompt_left_spec.lua spec/engine/sync_block_spec.lua "
  .. "spec/engine/escape_spec.lua"
local ESCAPE = "spec/engine/escape_spec.lua"

local E = "spec/engine/escape_spec.lua spec/engine/online_spec.lua spec/engine/boundaries_spec.lua "
  .. "spec/engine/transfer_spec.lua spec/engine/download_spec.lua spec/engine/damage_spec.lua "
  .. "spec/engine/failure_modes_spec.lua spec/modem/data_mode_spec.lua"

return {
  { "csrc/at/ending.c", "return i > 2 && byte == '\\r';", "return i > 2;", ESCAPE },
  { "csrc/at/ending.c", "rescan_held(ending, full ? 1 : 0, now, data);", "rescan_held(ending, 0, now, data);", ESCAPE,
    reason = "a text that fills the buffer does not count as one, either" },
  { "csrc/at/ending.c", "ending->unsearched = ending->complete = false;",
    "ending->unsearched = false;", E },
  { "csrc/at/ending.c", "length > 1 &&\n           find", "find", E,
    reason = "nothing is found beyond the only byte" },
  { "csrc/at/escape.c", "escape->drained_at + guard(protocol) / 10 * 9", "escape->drained_at", ESCAPE },
  { "csrc/at/escape.c", "if (run == sequence) {", "if (run > sequence) {", ESCAPE },
  { "csrc/at/escape.c", "if (bare + length != sequence)", "if (bare + length < sequence)", ESCAPE,
    reason = "the parts go out one right after the other, so that they are one run again" },
  { "csrc/at/escape.c", "escape->drained_at = latest;", ";", ESCAPE },
  { "csrc/at/online.c", "online->data_before_end = 0;\n", "", E },
  { "csrc/at/online.c", "if (now >= online->give_up_at)", "if (now >= online->give_up_at + at_ms(BLOCKED_MS))", E },
  { "csrc/at/online.c", "if (!flows || has_text(online) || feed->length == 0)", "if (!flows || feed->length == 0)", E },
  { "csrc/at/online.c", "online->hangup_reported = true;\n        return emit", "return emit", E },
  { "csrc/at/transfer.c", "most = upload->ack_every - upload->unacknowledged;\n", "most = upload->ack_every;\n", E },
  { "csrc/at/transfer.c", "if (*length > remaining) {", "if (*length > remaining + 1) {", E },
  { "csrc/at/transfer.c", "return download->active ? at_ending_deadline(ending) : AT_NEVER;", "return AT_NEVER;", E },
  { "csrc/at/sync.c", "CLEAN_PROBES = 2", "CLEAN_PROBES = 1", SYNC },
  { "csrc/at/sync.c", "sync->cancel_first = !connected;", "sync->cancel_first = false;", SYNC },
  { "csrc/at/sync.c", "sync->step = (uint8_t)(sync->step + 1 < STEPS ? sync->step + 1 : STEP_ASK_AGAIN);",
    "sync->step = (uint8_t)(sync->step + 1 < STEPS ? sync->step + 1 : STEP_FILL);", SYNC },
  { "csrc/at/sync.c", "if (sync->data_owed > 0)\n        return sync->data_owed;", "", SYNC },
  { "csrc/at/feed.c", "if (feed->length > 0 || feed->written || length == 0)", "if (feed->length > 0 || length == 0)", E,
    reason = "who writes waits for the event that the bytes before are written" },
  { "csrc/at/block_damage.c", "if (end->line_ends == 0 || end->run == SURE_OF_LINE_ENDS)", "if (end->line_ends == 0)", E },
  { "csrc/at/boot.c", "engine->reboot_pending = !engine->rebooting;", "engine->reboot_pending = true;", E },
  { "csrc/at/boot.c", "engine->echo = true;", "",
    "spec/engine/boundaries_spec.lua" },
  { "csrc/at/events.c", "engine->report_at = now + at_ms(PROGRESS_MS);", "",
    "spec/engine/boundaries_spec.lua" },
  { "csrc/at/recovery.c", "engine->slot.upload.source = NULL;", "", E,
    reason = "an empty slot is not looked at, and the next command fills it anew" },
}
