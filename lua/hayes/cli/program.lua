#!/usr/bin/env lua5.4
-- The command hayes, to be installed as a program.

--- Why the library cannot be loaded, and what to do where Lua does not look where it is.
local function why_not_loaded(message)
  if not message:find "^module 'hayes%.core' not found" then return message end
  local prefix = arg[0]:match "^(.*)/bin/[^/]*$"
  local file = prefix and io.open(prefix .. "/share/lua/5.4/hayes/init.lua")
  if not file then
    return 'Lua does not find the library hayes; in the checkout, eval "$(make -s env)" sets LUA_PATH and LUA_CPATH'
  end
  file:close()
  return (("Lua does not look where the library is: set LUA_PATH='P/share/lua/5.4/?.lua;P/share/lua/5.4/?/init.lua;;' "
    .. "LUA_CPATH='P/lib/lua/5.4/?.so;;'"):gsub("P/", (prefix:gsub("%%", "%%%%")) .. "/"))
end

local found, core = pcall(require, "hayes.core")
if not found then
  local message = tostring(core)
  local interrupted = message:find("interrupted!", 1, true)
  io.stderr:write(interrupted and "\nhayes: interrupted\n" or ("hayes: %s\n"):format(why_not_loaded(message)))
  os.exit(interrupted and 130 or 2)
end

core.fill_standard()

-- An interrupt that comes before everything is loaded is told by main.
core.catch_interrupts()
core.hold_interrupts()

-- The library itself does without these.
for name, package in pairs { argparse = "argparse", dkjson = "dkjson", lfs = "luafilesystem" } do
  if not pcall(require, name) then
    local debian = name == "lfs" and "lua-filesystem" or "lua-" .. name
    io.stderr:write(("hayes: the command needs %s: `apt install %s` or `luarocks install %s`\n"):format(package, debian,
      package))
    os.exit(2)
  end
end

os.exit(require("hayes.cli").main(arg), true)
