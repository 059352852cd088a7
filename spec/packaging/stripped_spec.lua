-- The library as bytecode without names and lines (`luac -s`), as small systems have it.

it("Wrong use is told in the same words when the library's sources have been stripped", function()
  local stripped = load(string.dump(assert(loadfile("lua/hayes/check.lua")), true), "=?", "b")("hayes.check")
  local ok, err = pcall(stripped.options, "f", { baud = 5 }, { baud = { type = "integer", min = 10, max = 20 } })
  assert.is_false(ok)
  assert.are.same("f: baud is 5; it must be from 10 to 20", (err:gsub("^%?:%-1: ", "")))
  assert.are.same("?", stripped.position())
end)
