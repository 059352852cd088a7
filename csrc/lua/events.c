/* Converts events of the engine to Lua values. The lines and blocks of an answer are collected and not
 * reported one by one. */
#include "lua/engine.h"

#include "at/at.h"

#include <string.h>

static int on_info(lua_State *L, struct core_engine *self, const struct at_event *event)
{
    core_push_response(L, self, event->command);
    if (lua_istable(L, -1)) {
        lua_pushlstring(L, event->text, event->length);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    lua_pop(L, 1);
    if (event->block > 0)
        core_block_begin(&self->block, CORE_BLOCK_RESPONSE, event);
    return 0;
}

/* Pushes a new event table { name, line, fields }. */
static void push_event_table(lua_State *L, const struct at_event *event)
{
    size_t prefix = event->prefix_length;
    lua_createtable(L, 0, 5);
    if (event->rule != AT_NO_RULE) {
        lua_getiuservalue(L, 1, USER_RULES);
        core_push_rule_name(L, lua_gettop(L), event->rule);
        lua_remove(L, -2);
    } else {
        lua_pushlstring(L, event->text, prefix > 0 ? prefix - 1 : event->length);
    }
    lua_setfield(L, -2, "name");
    lua_pushlstring(L, event->text, event->length);
    lua_setfield(L, -2, "line");
    core_push_fields(L, event->text + prefix, event->length - prefix);
    lua_setfield(L, -2, "fields");
}

static int on_urc(lua_State *L, struct core_engine *self, const struct at_event *event)
{
    if (event->block == 0) {
        lua_pushliteral(L, "urc");
        push_event_table(L, event);
        return 2;
    }
    push_event_table(L, event);
    lua_setiuservalue(L, 1, USER_EVENT);
    core_block_begin(&self->block, CORE_BLOCK_EVENT, event);
    return 0;
}

static int on_block(lua_State *L, struct core_engine *self, const struct at_event *event)
{
    struct core_block *block = &self->block;
    if (block->owner == CORE_BLOCK_NOBODY)
        return 0;
    if (!core_block_append(L, block, event))
        return core_no_memory(L);
    if (event->block > 0)
        return 0;
    if (block->owner == CORE_BLOCK_RESPONSE) {
        core_push_response(L, self, block->command);
        if (lua_istable(L, -1))
            core_block_hand_over(L, block);
        return 0;
    }
    lua_pushliteral(L, "urc");
    lua_getiuservalue(L, 1,
                      USER_EVENT); /* kept, because what follows the block may show that it is damaged */
    core_block_hand_over(L, block);
    return 2;
}

static const char *damage_name(enum at_damage damage)
{
    return damage == AT_SHORT ? "short_read" : "long_read";
}

static void push_result(lua_State *L, enum at_result result)
{
    switch (result) {
    case AT_RESULT_OK:
        lua_pushliteral(L, "ok");
        return;
    case AT_RESULT_ERROR:
        lua_pushliteral(L, "error");
        return;
    case AT_RESULT_TIMEOUT:
        lua_pushliteral(L, "timeout");
        return;
    case AT_RESULT_CANCELLED:
        lua_pushliteral(L, "cancelled");
        return;
    case AT_RESULT_REBOOT:
        lua_pushliteral(L, "reboot");
        return;
    }
}

static void push_text(lua_State *L, const struct at_event *event)
{
    if (event->text != NULL)
        lua_pushlstring(L, event->text, event->length);
    else
        lua_pushnil(L);
}

/* "final" or "deferred", response, result, line, more, number of bytes that were not sent (nil: none). The
 * result is "short_read" or "long_read" instead of "ok" when the block in the answer is damaged. */
static int push_end(lua_State *L, struct core_engine *self, const struct at_event *event)
{
    bool final = event->kind == AT_EVENT_FINAL;
    if (final)
        lua_pushliteral(L, "final");
    else
        lua_pushliteral(L, "deferred");
    core_push_response(L, self, event->command);
    if (final && self->block.owner == CORE_BLOCK_RESPONSE && lua_istable(L, -1))
        core_block_hand_over(L, &self->block);
    if (!event->more && !event->early)
        core_forget_response(L, self, event->command);
    if (event->damage != AT_UNDAMAGED && event->result == AT_RESULT_OK)
        lua_pushstring(L, damage_name(event->damage));
    else if (event->online)
        lua_pushliteral(L, "online");
    else
        push_result(L, event->result);
    push_text(L, event);
    lua_pushboolean(L, event->more);
    if (event->unsent > 0)
        lua_pushinteger(L, (lua_Integer)event->unsent);
    else
        lua_pushnil(L);
    return 6;
}

static int push_line_event(lua_State *L, const char *kind, const struct at_event *event)
{
    lua_pushstring(L, kind);
    push_text(L, event);
    lua_pushinteger(L, (lua_Integer)event->block);
    return 3;
}

/* See engine.h. */
int core_push_event(lua_State *L, struct core_engine *self, const struct at_event *event)
{
    switch (event->kind) {
    case AT_EVENT_NONE:
        break;
    case AT_EVENT_INFO:
        return on_info(L, self, event);
    case AT_EVENT_FINAL:
    case AT_EVENT_DEFERRED:
        return push_end(L, self, event);
    case AT_EVENT_URC:
        return on_urc(L, self, event);
    case AT_EVENT_BLOCK:
        return on_block(L, self, event);
    case AT_EVENT_DATA:
        return push_line_event(L, "data", event);
    case AT_EVENT_DATA_WRITTEN:
        lua_pushliteral(L, "data_written");
        return 1;
    case AT_EVENT_PROGRESS:
        lua_pushliteral(L, "progress");
        lua_pushinteger(L, (lua_Integer)event->block);
        return 2;
    case AT_EVENT_HANGUP_SUSPECTED:
        lua_pushliteral(L, "hangup_suspected");
        return 1;
    case AT_EVENT_DATA_MODE_END:
        lua_pushliteral(L, "data_mode_end");
        lua_pushboolean(L, event->answered);
        lua_pushboolean(L, event->ended);
        lua_pushinteger(L, (lua_Integer)event->unsent);
        return 4;
    case AT_EVENT_DAMAGE:
        lua_pushliteral(L, "damage");
        lua_getiuservalue(L, 1, USER_EVENT);
        if (self->block.owner == CORE_BLOCK_EVENT) /* the rest of it has not come */
            core_block_hand_over(L, &self->block);
        lua_pushstring(L, damage_name(event->damage));
        return 3;
    case AT_EVENT_UNKNOWN:
        lua_pushliteral(L, "unknown");
        push_event_table(L, event);
        return 2;
    case AT_EVENT_LATE:
        return push_line_event(L, "late", event);
    case AT_EVENT_OVERLONG:
        lua_pushliteral(L, "overlong");
        lua_pushinteger(L, (lua_Integer)event->length);
        return 2;
    case AT_EVENT_REBOOT:
        return push_line_event(L, "reboot", event);
    case AT_EVENT_DESYNC:
        return push_line_event(L, "desync", event);
    case AT_EVENT_RESYNC:
        return push_line_event(L, "resync", event);
    case AT_EVENT_UNRESPONSIVE:
        return push_line_event(L, "unresponsive", event);
    case AT_EVENT_SENT:
        return push_line_event(L, "sent", event);
    case AT_EVENT_SEEN:
        return push_line_event(L, "seen", event);
    }
    return 0;
}
