#!/usr/bin/env lua5.4
-- The command hayes, to be installed as a program.

local found, core = pcall(require, "hayes.core")
if not found then
  local interrupted = tostring(core):find("interrupted!", 1, true)
  io.stderr:write(interrupted and "\nhayes: interrupted\n" or ("hayes: %s\n"):format(core))
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
