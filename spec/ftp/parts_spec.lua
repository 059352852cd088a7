-- Uploads and downloads of whole files, parts and nothing: what is on both sides afterwards, for each kind of source,
-- place, length and state of the other side. A part that holds nothing changes nothing.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local Server = require "support.ftp_server"

--- What is sent, and what the server may have: the same letter never stands at two places.
local SOURCE = "0123456789"
local STATES = { "none", "shorter", "begun", "same", "longer" }
local THERE = { shorter = "abc", begun = "0123", same = "abcdefghij", longer = "abcdefghijklm" }

--- Outcomes in which the server's file is not touched: success with 0 bytes, or an error of this name.
local KEPT, GAP, BEYOND = { bytes = 0 }, { name = "server_has_less" }, { name = "offset_beyond_end" }
local EXISTS = { name = "exists" }

local NIL = {}

--- offset, length; then what a server has afterwards that had nothing, `abc`, `0123`, `abcdefghij`, `abcdefghijklm`.
--- What begins at 0 takes the place of the whole file: FTP has no other way.
local ROWS = {
  { NIL, NIL, SOURCE, SOURCE, SOURCE, SOURCE, SOURCE },
  { NIL, 0, KEPT, KEPT, KEPT, KEPT, KEPT },
  { NIL, 4, "0123", "0123", "0123", "0123", "0123" },
  { NIL, 10, SOURCE, SOURCE, SOURCE, SOURCE, SOURCE },
  { NIL, 99, SOURCE, SOURCE, SOURCE, SOURCE, SOURCE },
  { 0, NIL, SOURCE, SOURCE, SOURCE, SOURCE, SOURCE },
  { 0, 0, KEPT, KEPT, KEPT, KEPT, KEPT },
  { 0, 4, "0123", "0123", "0123", "0123", "0123" },
  { 0, 10, SOURCE, SOURCE, SOURCE, SOURCE, SOURCE },
  { 0, 99, SOURCE, SOURCE, SOURCE, SOURCE, SOURCE },
  { 4, NIL, GAP, GAP, SOURCE, "abcd456789", "abcd456789klm" },
  { 4, 0, GAP, GAP, KEPT, KEPT, KEPT },
  { 4, 3, GAP, GAP, "0123456", "abcd456hij", "abcd456hijklm" },
  { 4, 6, GAP, GAP, SOURCE, "abcd456789", "abcd456789klm" },
  { 4, 99, GAP, GAP, SOURCE, "abcd456789", "abcd456789klm" },
  { 10, NIL, GAP, GAP, GAP, KEPT, KEPT },
  { 10, 0, GAP, GAP, GAP, KEPT, KEPT },
  { 10, 99, GAP, GAP, GAP, KEPT, KEPT },
  { 11, NIL, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND },
  { 11, 0, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND },
  { 11, 99, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND },
}

--- Of a source without content.
local EMPTY_ROWS = {
  { NIL, NIL, "", "", "", "", "" },
  { NIL, 0, KEPT, KEPT, KEPT, KEPT, KEPT },
  { NIL, 99, KEPT, KEPT, KEPT, KEPT, KEPT },
  { 0, NIL, KEPT, KEPT, KEPT, KEPT, KEPT },
  { 0, 0, KEPT, KEPT, KEPT, KEPT, KEPT },
  { 1, NIL, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND },
}

--- Of what is read only once, all of which, up to the length, goes behind the first `offset` bytes of the server: `XYZ`.
local STREAM_ROWS = {
  { NIL, NIL, "XYZ", "XYZ", "XYZ", "XYZ", "XYZ" },
  { 0, NIL, "XYZ", "XYZ", "XYZ", "XYZ", "XYZ" },
  { 2, NIL, GAP, "abXYZ", "01XYZ", "abXYZfghij", "abXYZfghijklm" },
  { 10, NIL, GAP, GAP, GAP, "abcdefghijXYZ", "abcdefghijXYZ" },
  { 14, NIL, GAP, GAP, GAP, GAP, GAP },
  { NIL, 2, "XY", "XY", "XY", "XY", "XY" },
  { 0, 99, "XYZ", "XYZ", "XYZ", "XYZ", "XYZ" },
  { 2, 2, GAP, "abXY", "01XY", "abXYefghij", "abXYefghijklm" },
  { 10, 0, GAP, GAP, GAP, KEPT, KEPT },
}

--- The same where nothing comes out of it.
local EMPTY_STREAM_ROWS = {
  { 0, NIL, KEPT, KEPT, KEPT, KEPT, KEPT },
  { 2, NIL, GAP, KEPT, KEPT, KEPT, KEPT },
  { 10, NIL, GAP, GAP, GAP, KEPT, KEPT },
  { 14, NIL, GAP, GAP, GAP, GAP, GAP },
}

--- The rows without a length: the module sends its own files to their end.
local function whole(rows)
  local without = {}
  for _, row in ipairs(rows) do
    if row[2] == NIL then without[#without + 1] = row end
  end
  return without
end

describe("An FTP transfer of a part", function()
  local folder, server, modem, emulator, ftp

  setup(function()
    folder = lab.folder()
    server = Server.start(folder, { name = "parts" })
    modem, emulator = ftp_lab.online()
    ftp = assert(modem.ftp.open(ftp_lab.account(server, { retries = 0 })))
    ftp_lab.write(folder .. "/ten", SOURCE)
    ftp_lab.write(folder .. "/empty", "")
    assert(modem.file.upload({ data = SOURCE }, "ten"))
    assert(modem.file.upload({ data = "" }, "empty"))
  end)

  teardown(function()
    modem:close()
    emulator:close()
    server:close()
  end)

  local function prepare(state)
    if THERE[state] then server:put("up.bin", THERE[state]) else os.remove(server.root .. "/up.bin") end
  end

  --- The commands that the server gets from now on.
  local function listen()
    local log = assert(io.open(server.log))
    log:seek("end")
    return setmetatable({}, { __tostring = function() return log:read("a") end, __close = function() log:close() end })
  end

  local function optional(value) return value ~= NIL and value or nil end

  --- One row against one state of the server.
  local function try(source, row, i, given)
    local state, outcome = STATES[i], row[i + 2]
    local options = { offset = optional(row[1]), length = optional(row[2]) }
    for name, value in pairs(given) do options[name] = value end
    local what = ("offset %s, length %s, server %s"):format(options.offset, options.length, state)
    prepare(state)
    local commands <close> = listen()
    local result, err = ftp:put(source(), "up.bin", options)
    if type(outcome) == "string" then
      assert(result, what .. ": " .. tostring(err))
      assert.are.same(outcome, server:get("up.bin"), what)
      return
    end
    assert.are.same(THERE[state], server:get("up.bin"), what)
    assert.is_nil(tostring(commands):find("STOR", 1, true), what .. ": something was sent")
    if outcome.name then
      assert.is_nil(result, what)
      assert.are.same(outcome.name, err.name, what .. ": " .. tostring(err))
    else
      assert(result, what .. ": " .. tostring(err))
      assert.are.same(0, result.bytes, what)
    end
  end

  local function try_all(source, rows, given)
    for _, row in ipairs(rows) do
      for i in ipairs(STATES) do try(source, row, i, given or {}) end
    end
  end

  local function path() return folder .. "/ten" end
  local function data() return { data = SOURCE } end
  local function inside() return "UFS:ten" end

  for _, resume in ipairs { "left out", true, false } do
    local given = {}
    if resume ~= "left out" then given.resume = resume end
    it("of a local file; resume " .. tostring(resume), function() try_all(path, ROWS, given) end)
    it("of data; resume " .. tostring(resume), function() try_all(data, ROWS, given) end)
    it("of a file of the module; resume " .. tostring(resume), function() try_all(inside, whole(ROWS), given) end)
  end

  it("of a local file, in pieces", function() try_all(path, ROWS, { piece = 2, resume = true }) end)

  it("of data, in pieces", function()
    try_all(data, ROWS, { piece = 2 })
    try_all(data, ROWS, { piece = 3, resume = true })
  end)

  it("of a local file, in pieces and without resume", function() try_all(path, ROWS, { piece = 4, resume = false }) end)

  it("where the server has a file that is not a part of the source, by what is to become of that", function()
    local all = { NIL, NIL, SOURCE, SOURCE, SOURCE, SOURCE, SOURCE }
    local refused = { NIL, NIL, SOURCE, EXISTS, SOURCE, EXISTS, EXISTS }
    for _, source in ipairs { path, data, inside } do
      for _, existing in ipairs { "beside", "replace" } do
        try_all(source, { all }, { existing = existing, resume = true })
        try_all(source, { all }, { existing = existing, resume = false })
      end
      try_all(source, { refused }, { existing = "refuse", resume = true })
      -- Without resume a beginning is no better than anything else.
      try_all(source, { { NIL, NIL, SOURCE, EXISTS, EXISTS, EXISTS, EXISTS } }, { existing = "refuse", resume = false })
    end
    try_all(path, { all }, { follow = true })
  end)

  it("that goes on where the server has its beginning says from where", function()
    for _, options in ipairs { {}, { length = 8, resume = true }, { offset = 2, resume = true } } do
      prepare "begun"
      assert.are.same(4, assert(ftp:put(path(), "up.bin", options)).resumed_at)
      assert.are.same(SOURCE:sub(1, options.length), server:get("up.bin"))
    end
  end)

  it("without verifying leaves it to the server what it has in front", function()
    prepare "shorter"
    local result, err = ftp:put(path(), "up.bin", { offset = 4, verify = false })
    assert.is_nil(result)
    assert.are.same(627, err.code) -- this server does not take it
    assert.are.same(0, assert(ftp:put(path(), "up.bin", { offset = 10, verify = false })).bytes)
    assert.are.same("abc", server:get("up.bin"))
  end)

  it("in text leaves it to the server, too: sizes cannot be compared", function()
    ftp:close()
    ftp = assert(modem.ftp.open(ftp_lab.account(server, { retries = 0, type = "ascii" })))
    try_all(path, { { NIL, 0, KEPT, KEPT, KEPT, KEPT, KEPT }, { 10, NIL, KEPT, KEPT, KEPT, KEPT, KEPT } })
    assert.are.same("", ftp:get("up.bin", nil, { length = 0 }))
    assert.is_truthy(modem:at("AT"))
    ftp:close()
    ftp = assert(modem.ftp.open(ftp_lab.account(server, { retries = 0 })))
  end)

  -- A whole file without content goes through data mode, whose guard times are real: it is tried once, and of data in
  -- transfer_spec.lua.
  it("of a source that holds nothing", function()
    local function empty_path() return folder .. "/empty" end
    try(empty_path, EMPTY_ROWS[1], 5, {})
    local parts = { table.unpack(EMPTY_ROWS, 2) }
    try_all(empty_path, parts)
    try_all(function() return { data = "" } end, parts)
    try_all(function() return "UFS:empty" end, whole(EMPTY_ROWS))
  end)

  local function once(text)
    return function()
      local given = { "", text } -- a source may have nothing for a moment
      return function() return table.remove(given, 1) end
    end
  end

  it("of an LTN12 source", function()
    try(once "XYZ", STREAM_ROWS[3], 4, {})
    try_all(once(nil), EMPTY_STREAM_ROWS)
  end)

  it("of an LTN12 source, in pieces", function()
    try_all(once "XYZ", STREAM_ROWS, { piece = 2 })
    try_all(once(nil), EMPTY_STREAM_ROWS, { piece = 2 })
    try(once(nil), { NIL, NIL, NIL, NIL, NIL, NIL, "" }, 5, { piece = 2 })
  end)

  it("of an LTN12 source that fails at once leaves the server's file alone", function()
    for _, options in ipairs { {}, { piece = 2 }, { offset = 2 } } do
      prepare "same"
      local result, err = ftp:put(function() return nil, "sensor gone" end, "up.bin", options)
      assert.is_nil(result)
      assert.are.same("source_failed", err.name)
      assert.are.same(THERE.same, server:get("up.bin"))
    end
  end)

  it("of a device", function()
    local zeros = ("\0"):rep(3)
    try_all(function() return "/dev/zero" end, {
      { NIL, 0, KEPT, KEPT, KEPT, KEPT, KEPT },
      { 0, 3, zeros, zeros, zeros, zeros, zeros },
      { 2, 0, GAP, KEPT, KEPT, KEPT, KEPT },
      { 4, 3, GAP, GAP, "0123" .. zeros, "abcd" .. zeros .. "hij", "abcd" .. zeros .. "hijklm" },
    }, { piece = 2 })
  end)

  it("comes as it is: what it goes to then holds that part, also one that holds nothing", function()
    server:put("down.bin", SOURCE)
    server:put("empty.bin", "")
    local sink = folder .. "/sink"
    for _, row in ipairs {
      { "down.bin", NIL, NIL, SOURCE }, { "down.bin", NIL, 0, "" }, { "down.bin", NIL, 4, "0123" },
      { "down.bin", 0, 99, SOURCE }, { "down.bin", 4, NIL, "456789" }, { "down.bin", 4, 0, "" },
      { "down.bin", 4, 3, "456" }, { "down.bin", 4, 99, "456789" }, { "down.bin", 10, NIL, "" },
      { "down.bin", 10, 5, "" }, { "down.bin", 11, NIL, 612 }, { "down.bin", 11, 0, 612 }, { "none.bin", NIL, 0, 627 },
      { "empty.bin", NIL, NIL, "" }, { "empty.bin", NIL, 0, "" }, { "empty.bin", 0, NIL, "" },
      { "empty.bin", 1, NIL, 612 },
    } do
      local name, wanted = row[1], row[4]
      local options = { offset = optional(row[2]), length = optional(row[3]) }
      local what = ("%s, offset %s, length %s"):format(name, options.offset, options.length)
      local is_error = type(wanted) == "number"
      local function check(result, err, get)
        if is_error then assert.are.same({ nil, wanted }, { result, err.code }, what) else assert(result, what) end
        assert.are.same(is_error and "before" or wanted, get(), what)
      end

      local bytes, err = ftp:get(name, nil, options)
      check(bytes, err, function() return bytes or "before" end)

      local parts, ended = {}, nil
      local result
      result, err = ftp:get(name, function(chunk, words)
        parts[#parts + 1] = chunk
        if not chunk then ended = words or "well" end
        return 1
      end, options)
      check(result, err, function() return is_error and "before" or table.concat(parts) end)
      assert.are.same(is_error, ended ~= "well")

      ftp_lab.write(sink, "before")
      result, err = ftp:get(name, sink, options)
      check(result, err, function() return ftp_lab.read(sink) end)
      assert.is_nil(ftp_lab.read(sink .. ".part"))

      if not options.length then
        assert(modem.file.upload({ data = "before" }, "sink", { replace = true }))
        result, err = ftp:get(name, "UFS:sink", options)
        check(result, err, function() return modem.file.read("sink") end)
      end
    end
  end)
end)
