#!/usr/bin/env lua5.4
-- The command hayes, to be installed as a program.

-- The library itself does without these.
for name, package in pairs { argparse = "lua-argparse", dkjson = "lua-dkjson" } do
  if not pcall(require, name) then
    io.stderr:write(("hayes: the command needs %s: `apt install %s` or `luarocks install %s`\n"):format(name, package,
      name))
    os.exit(2)
  end
end

os.exit(require("hayes.cli").main(arg), true)
