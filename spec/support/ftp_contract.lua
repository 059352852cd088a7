--- What a session of modem.ftp does with any server, over any firmware.

local assert = require "luassert"

local ftp_contract = {}

--- Every method that works on files and folders, once. The session is closed by it.
function ftp_contract.verbs(ftp)
  assert.are.same("idle", ftp:status())
  assert.are.same("/", ftp:pwd())
  assert.is_true(ftp:mkdir("folder"))
  assert.is_true(ftp:cwd("folder"))
  assert.are.same("/folder", ftp:pwd())
  assert.are.same({}, ftp:list())
  assert.are.same(5, assert(ftp:put({ data = "12345" }, "a.txt")).bytes)
  assert.are.same(5, ftp:transferred())
  assert.are.same(5, ftp:size("a.txt"))
  assert.is_true(math.abs(ftp:modified("a.txt") - os.time()) < 60)
  assert.is_true(ftp:rename("a.txt", "b.txt"))
  assert.are.same({ "b.txt" }, ftp:names())
  local lines = assert(ftp:list("."))
  assert.is_truthy(lines[1]:find("^%-rw.* 5 .* b%.txt$"))
  assert.is_true(ftp:mkdir("sub"))
  local entries = assert(ftp:entries("/folder"))
  table.sort(entries, function(a, b) return a.name < b.name end)
  assert.are.same({ "b.txt", "file", 5 }, { entries[1].name, entries[1].type, entries[1].size })
  assert.is_true(math.abs(entries[1].modified - os.time()) < 60)
  assert.are.same({ "sub", "dir" }, { entries[2].name, entries[2].type })
  assert.are.same("12345", ftp:get("b.txt"))
  assert.is_true(ftp:rmdir("sub"))
  assert.is_true(ftp:delete("b.txt"))
  local size, err = ftp:size("b.txt")
  assert.is_nil(size)
  assert.are.same({ 627, 550, "requested_action_not_taken", "ftp" }, { err.code, err.protocol, err.name, err.origin })
  local bytes
  bytes, err = ftp:get("b.txt")
  assert.is_nil(bytes)
  assert.are.same(550, err.protocol)
  assert.is_true(ftp:cwd("/"))
  assert.is_true(ftp:rmdir("folder"))
  assert.is_true(ftp:close())
  assert.is_true(ftp:close())
  assert.are.same("closed", ftp:status())
  assert.are.same("closed", select(2, ftp:pwd()).name)
end

return ftp_contract
