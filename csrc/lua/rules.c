/* Builds the engine's rules from the tables of a dialect. The Lua side checks their content; only types are
 * checked here. */
#include "lua/core.h"

#include "at/at.h"

#include <string.h>

/* When zero-initialised, it holds nothing. */
struct core_rules {
    struct at_rules *rules;
    unsigned engines; /* number of engines that use them */
    bool finalized;
};

const struct at_rules *core_check_rules(lua_State *L, int index)
{
    const struct core_rules *self = luaL_checkudata(L, index, CORE_RULES);
    if (self->rules == NULL || self->finalized)
        luaL_error(L, "the rules were freed");
    return self->rules;
}

static void free_unused(struct core_rules *self)
{
    if (self->rules == NULL || self->engines > 0 || !self->finalized)
        return;
    at_rules_free(self->rules);
    self->rules = NULL;
}

struct core_rules *core_retain_rules(lua_State *L, int index)
{
    struct core_rules *self = luaL_checkudata(L, index, CORE_RULES);
    self->engines++;
    return self;
}

void core_release_rules(struct core_rules *rules)
{
    rules->engines--;
    free_unused(rules);
}

void core_push_rule_name(lua_State *L, int index, int rule)
{
    lua_getiuservalue(L, index, 1);
    lua_rawgeti(L, -1, rule);
    lua_remove(L, -2);
}

/* Pushes a field of the table on top of the stack. */
static int push_field(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    return lua_rawget(L, -2);
}

/* Fields of the table on top of the stack; absent fields have the zero value. Strings are valid as long as
 * the table, which the caller keeps: a metamethod or a number would give one that nobody keeps. */
static const char *text_field(lua_State *L, const char *name)
{
    int type = push_field(L, name);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "dialect: %s is a %s; it must be a string", name, lua_typename(L, type));
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

static lua_Integer integer_field(lua_State *L, const char *name, lua_Integer otherwise, lua_Integer most)
{
    int exact = 1;
    lua_Integer value = push_field(L, name) == LUA_TNIL ? otherwise : lua_tointegerx(L, -1, &exact);
    if (!exact || value < 0 || value > most)
        luaL_error(L, "dialect: %s is not a whole number from 0 to %I", name, (LUAI_UACINT)most);
    lua_pop(L, 1);
    return value;
}

static uint8_t index_field(lua_State *L, const char *name, lua_Integer otherwise)
{
    return (uint8_t)integer_field(L, name, otherwise, UINT8_MAX);
}

static uint32_t number_field(lua_State *L, const char *name, lua_Integer otherwise)
{
    return (uint32_t)integer_field(L, name, otherwise, UINT32_MAX);
}

static uint32_t length_field(lua_State *L, const char *name, lua_Integer otherwise)
{
    return (uint32_t)integer_field(L, name, otherwise, 1 << 24);
}

static bool flag_field(lua_State *L, const char *name)
{
    push_field(L, name);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

static int choice_field(lua_State *L, const char *name, const char *const choices[])
{
    const char *text = text_field(L, name);
    for (int i = 0; text != NULL && choices[i] != NULL; i++) {
        if (strcmp(text, choices[i]) == 0)
            return i;
    }
    return luaL_error(L, "dialect: %s is '%s', which the engine does not know", name,
                      text != NULL ? text : "nil");
}

static void copy_text_field(lua_State *L, const char *name, char *to, size_t size)
{
    const char *text = text_field(L, name);
    if (text == NULL)
        return;
    if (strlen(text) >= size)
        luaL_error(L, "dialect: %s is longer than %d bytes", name, (int)size - 1);
    strcpy(to, text);
}

static void read_protocol(lua_State *L, struct at_protocol *protocol)
{
    copy_text_field(L, "eol", protocol->eol, sizeof protocol->eol);
    copy_text_field(L, "escape", protocol->escape, sizeof protocol->escape);
    if (!at_is_escape(protocol->escape))
        luaL_error(L, "dialect: escape is neither \"\" nor the same character twice or more");
    const char *prompt = text_field(L, "prompt");
    if (prompt != NULL)
        protocol->prompt = prompt[0];
    const char *cancel = text_field(L, "cancel");
    if (cancel != NULL)
        protocol->cancel = cancel[0];
    protocol->crlf_after_block = flag_field(L, "crlf_after_block");
    protocol->max_line = length_field(L, "max_line", protocol->max_line);
    protocol->max_command = length_field(L, "max_command", protocol->max_command);
    protocol->max_prompt = length_field(L, "max_prompt", protocol->max_prompt);
    protocol->gap_ms = number_field(L, "gap_ms", protocol->gap_ms);
    protocol->guard_ms = number_field(L, "guard_ms", protocol->guard_ms);
    protocol->answer_ms = number_field(L, "answer_ms", protocol->guard_ms);
    protocol->idle_ms = number_field(L, "idle_ms", 0);
    protocol->settle_ms = number_field(L, "settle_ms", 0);
    copy_text_field(L, "result_codes_on", protocol->result_codes_on, sizeof protocol->result_codes_on);
    copy_text_field(L, "follow_prefix", protocol->follow_prefix, sizeof protocol->follow_prefix);
}

static void read_block(lua_State *L, struct at_block_rule *block)
{
    if (push_field(L, "block") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        const char *after = text_field(L, "after");
        block->length_field = index_field(L, "length", 1);
        block->fields = index_field(L, "fields", block->length_field);
        block->after = after != NULL ? after[0] : '\n';
        block->shape = text_field(L, "shape");
        block->owner_field = index_field(L, "owner", 0);
    }
    lua_pop(L, 1);
}

static void add_line(lua_State *L, struct at_rules *rules)
{
    static const char *const kinds[] = {"response", "final", "connect", "urc", "boot", NULL};
    struct at_line_rule rule = {
        .text = text_field(L, "text"),
        .prefix = flag_field(L, "prefix"),
        .kind = (enum at_line_kind)choice_field(L, "kind", kinds),
        .success = flag_field(L, "success"),
        .groups = number_field(L, "groups", AT_GROUP_GENERAL),
        .urc_when_idle = flag_field(L, "urc_when_idle"),
        .shape = text_field(L, "shape"),
        .text_follows = flag_field(L, "text_follows"),
    };
    read_block(L, &rule.block);
    if (rule.text == NULL || rule.text[0] == '\0')
        luaL_error(L, "dialect: a line rule without a text");
    if (!at_rules_add_line(rules, &rule))
        core_no_memory(L);
}

static void add_command(lua_State *L, struct at_rules *rules)
{
    static const char *const infos[] = {"prefixed", "bare", "any", NULL};
    struct at_command_rule rule = {
        .name = text_field(L, "name"),
        .info = (enum at_info)choice_field(L, "info", infos),
        .info_shape = text_field(L, "info_shape"),
        .info_prefix = text_field(L, "info_prefix"),
        .accepts = number_field(L, "accepts", AT_GROUP_GENERAL),
        .data_forms = index_field(L, "data_forms", 0),
        .data_length_param = index_field(L, "data_length_param", 0),
        .ack_param = index_field(L, "ack_param", 0),
        .ack_every = number_field(L, "ack_every", 0),
        .data_echoed = flag_field(L, "data_echoed"),
        .data_needs_length = flag_field(L, "data_needs_length"),
        .prompt_enters_data_mode = flag_field(L, "prompt_enters_data_mode"),
        .deferred = text_field(L, "deferred"),
        .deferred_forms = index_field(L, "deferred_forms", 0),
        .deferred_param = index_field(L, "deferred_param", 0),
        .deferred_field = index_field(L, "deferred_field", 0),
        .deferred_end = text_field(L, "deferred_end"),
        .timeout_ms = number_field(L, "timeout_ms", 0),
        .deferred_ms = number_field(L, "deferred_ms", 0),
    };
    const char *ack_byte = text_field(L, "ack_byte");
    rule.ack_byte = ack_byte != NULL ? ack_byte[0] : 'A';
    if (rule.name == NULL || rule.name[0] == '\0')
        luaL_error(L, "dialect: a command without a name");
    const char *const limited[] = {rule.name, rule.info_prefix, rule.deferred};
    for (size_t i = 0; i < sizeof limited / sizeof *limited; i++) {
        if (limited[i] != NULL && strlen(limited[i]) > AT_NAME_MAX)
            luaL_error(L, "dialect: %s is longer than %d bytes", limited[i], AT_NAME_MAX);
    }
    if (!at_rules_add_command(rules, &rule))
        core_no_memory(L);
}

/* Calls add for each table in the list of this name. */
static void read_list(lua_State *L, const char *name, struct at_rules *rules,
                      void (*add)(lua_State *L, struct at_rules *rules))
{
    lua_getfield(L, 1, name);
    lua_Integer count = lua_isnil(L, -1) ? 0 : luaL_len(L, -1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, -1, i);
        luaL_checktype(L, -1, LUA_TTABLE);
        add(L, rules);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Event names leave out a final colon or comma: for example, `+QSSLURC` for `+QSSLURC:`, `+EVENT:SocketDown`
 * for `+EVENT:SocketDown,`. */
static void push_event_name(lua_State *L, const char *text)
{
    size_t length = strlen(text);
    if (length > 1 && (text[length - 1] == ':' || text[length - 1] == ','))
        length--;
    lua_pushlstring(L, text, length);
}

/* rules(description) -> rules */
static int new_rules(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct at_protocol protocol = at_default_protocol;
    if (push_field(L, "protocol") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        read_protocol(L, &protocol);
    }
    lua_pop(L, 1);
    struct at_alloc alloc = core_alloc(L);
    struct core_rules *self = lua_newuserdatauv(L, sizeof *self, 1);
    *self = (struct core_rules){0};
    luaL_setmetatable(L, CORE_RULES);
    self->rules = at_rules_new(&alloc, &protocol);
    if (self->rules == NULL)
        return core_no_memory(L);
    read_list(L, "lines", self->rules, add_line);
    read_list(L, "commands", self->rules, add_command);

    lua_newtable(L);
    const struct at_line_rule *rule;
    for (int i = 0; (rule = at_rules_line(self->rules, i)) != NULL; i++) {
        push_event_name(L, rule->text);
        lua_rawseti(L, -2, i);
    }
    lua_setiuservalue(L, -2, 1);
    return 1;
}

static int free_rules(lua_State *L)
{
    struct core_rules *self = luaL_checkudata(L, 1, CORE_RULES);
    self->finalized = true;
    free_unused(self);
    return 0;
}

static const luaL_Reg methods[] = {
    {"__gc", free_rules},
    {NULL, NULL},
};

void core_open_rules(lua_State *L)
{
    core_class(L, CORE_RULES, methods);
    lua_pushcfunction(L, new_rules);
    lua_setfield(L, -2, "rules");
}
