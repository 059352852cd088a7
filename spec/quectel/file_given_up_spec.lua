-- Calls of modem.file that are given up, or fail, in the middle: what is in the module then, and who may have the name.
-- A module in virtual time that has files.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

--- A refusal of which the line has lost the rest.
local CUT_OFF = "\r\n+CME ERROR: \r\n"

local function refused(code) return ("\r\n+CME ERROR: %d\r\n"):format(code) end

describe("modem.file, given up:", function()
  local files, handles, lost, untold, late, deaf, dead, cut, modem, log

  local function named(line) return line:match('"(.-)"') end

  local function is_open(name)
    for _, open in pairs(handles) do
      if open == name then return true end
    end
  end

  local commands = {
    ["^AT%+QFLST="] = function(line)
      local bytes = files[named(line)]
      if untold then return untold end
      return bytes and ('\r\n+QFLST: "%s",%d\r\n'):format(named(line), #bytes) .. OK or refused(405)
    end,
    ["^AT%+QFDEL="] = function(line)
      local name = named(line)
      if is_open(name) then return refused(426) end
      if not files[name] then return refused(405) end
      files[name] = nil
      return OK
    end,
    ["^AT%+QFUPL="] = function(line, port)
      local name, size = line:match('"(.-)",(%d+)')
      if files[name] then return lost and "" or refused(407) end
      files[name] = ""
      port.wanted = { count = tonumber(size), reply = function(bytes)
        files[name] = bytes
        return "\r\n+QFUPL: 5,0\r\n" .. OK
      end }
      return "\r\nCONNECT\r\n"
    end,
    ["AT+QFOPEN?"] = function()
      local lines = {}
      for handle, name in pairs(handles) do lines[#lines + 1] = ('\r\n+QFOPEN: "%s",%d,0\r\n'):format(name, handle) end
      return table.concat(lines) .. OK
    end,
    ["^AT%+QFOPEN="] = function(line)
      local name = named(line)
      if is_open(name) then return refused(426) end
      files[name] = files[name] or ""
      handles[3] = name
      dead = late == "dead"
      if late then return "" end
      return "\r\n+QFOPEN: 3\r\n" .. OK
    end,
    ["^AT%+QFSEEK="] = OK,
    ["^AT%+QFWRITE="] = function(line, port)
      local handle, size = line:match("=(%d+),(%d+)")
      local name = handles[tonumber(handle)]
      if not name then return refused(416) end
      port.wanted = { count = tonumber(size), reply = function(bytes)
        files[name] = files[name] .. bytes
        return ("\r\n+QFWRITE: %d,%d\r\n"):format(#bytes, #files[name]) .. OK
      end }
      return "\r\nCONNECT\r\n"
    end,
    ["^AT%+QFCLOSE="] = function(line)
      deaf = deaf - 1
      if deaf >= 0 then return "" end
      cut = cut - 1
      if cut >= 0 then return CUT_OFF end
      local handle = tonumber(line:match("%d+$"))
      if not handles[handle] then return refused(416) end
      handles[handle] = nil
      return OK
    end,
  }

  before_each(function()
    files, handles, lost, untold, late, deaf, dead, cut, log = {}, {}, false, false, false, 0, false, 0, {}
    script.virtual_time()
    local logged = {}
    for pattern, answer in pairs(commands) do
      logged[pattern] = function(line, port)
        log[#log + 1] = line
        if type(answer) == "string" then return answer end
        return answer(line, port)
      end
    end
    local answer = script.quectel(logged)
    local port = script.port(function(port, bytes) return dead and "" or answer(port, bytes) end)
    port.delay = 0.1
    modem = assert(hayes.open_port(port, "script"))
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  --- Does f as a task that is cancelled as soon as a command like this is under way.
  local function cancel_during(pattern, f)
    hayes.run(function()
      local task = hayes.spawn(f)
      while not (log[#log] and log[#log]:find(pattern)) do hayes.sleep(0.01) end
      task:cancel()
      task:join()
    end)
  end

  it("a cancelled upload is removed before anybody else has the name", function()
    local there
    cancel_during("QFUPL", function() modem.file.upload({ data = "hello" }, "a") end)
    hayes.run(function() there = modem.file.read("a") end)
    assert.is_nil(there)
    assert.is_nil(files.a)
  end)

  it("a file that is being opened for a cancelled task is closed", function()
    cancel_during("QFOPEN=", function() modem.file.write("a", 0, "") end)
    hayes.run(function() assert(modem.file.write("a", 0, "")) end)
    assert.are.same({}, handles)
    for _, line in ipairs(log) do assert.are_not.equal("AT+QFOPEN?", line) end
  end)

  it("a file whose closing has not gone out when its task is cancelled is closed", function()
    hayes.run(function()
      local task = hayes.spawn(function() modem.file.write("a", 0, "hello") end)
      while not (log[#log] and log[#log]:find("QFWRITE", 1, true)) do hayes.sleep(0.01) end
      hayes.spawn(function() modem:at("AT+QFLST=\"b\"") end) -- the line is not free for what follows the write
      while not log[#log]:find("QFLST", 1, true) do hayes.sleep(0.01) end
      task:cancel()
      task:join()
      hayes.sleep(5)
    end)
    assert.are.same({ { a = "hello" }, {} }, { files, handles })
  end)

  it("a cancelled upload without content leaves none", function()
    cancel_during("QFOPEN=", function() modem.file.upload({ data = "" }, "a") end)
    hayes.run(function() hayes.sleep(5) end)
    assert.are.same({ {}, {} }, { files, handles })
  end)

  it("an upload that fails never removes a file that was there before", function()
    files.a, lost = "old", true
    local stored, err = modem.file.upload({ data = "hello" }, "a")
    assert.is_nil(stored)
    assert.are.same(407, err.code)
    assert.are.same("old", files.a)
  end)

  it("nor where the module does not tell whether there is one", function()
    files.a, lost, untold = "old", true, "\r\nERROR\r\n"
    assert.is_nil(modem.file.upload({ data = "hello" }, "a", { timeout = 5 }))
    assert.are.same("old", files.a)
  end)

  it("an upload is not begun where the answer to that question was cut off", function()
    untold = CUT_OFF
    local stored, err = modem.file.upload({ data = "hello" }, "a")
    assert.are.same({ nil, "bad_answer" }, { stored, err.name })
    assert.are.same({}, files)
  end)

  it("what an earlier program has left open can be deleted", function()
    files.a, handles[3] = "old", "a"
    assert(modem.file.delete("a"))
    assert.are.same({ {}, {} }, { files, handles })
  end)

  it("a file that the module opens after its time is closed", function()
    late = true
    assert.is_nil((modem.file.write("a", 0, "hello")))
    late = false
    assert(modem.file.write("a", 0, "hello"))
    assert.are.same({}, handles)
  end)

  it("a file that the module opens after its time is closed, however long it does not answer then", function()
    late = "dead"
    hayes.run(function()
      assert.is_nil((modem.file.write("a", 0, "hello")))
      hayes.sleep(300)
      dead = false
      hayes.sleep(60)
    end)
    assert.are.same({}, handles)
  end)

  it("what there is of an upload is removed, however long the module does not answer", function()
    hayes.run(function()
      local task = hayes.spawn(modem.file.upload, { data = "hello" }, "a")
      while not (log[#log] and log[#log]:find("QFUPL", 1, true)) do hayes.sleep(0.01) end
      dead = true
      task:cancel()
      task:join()
      hayes.sleep(300)
      dead = false
      hayes.sleep(60)
    end)
    assert.are.same({}, files)
  end)

  it("a file is closed however often the module has not heard that", function()
    deaf = 3
    hayes.run(function()
      assert.is_nil((modem.file.write("a", 0, "hello")))
      hayes.sleep(120)
    end)
    assert.are.same({}, handles)
  end)

  for _, times in ipairs { 1, 3 } do
    it(("a file is closed though the answer to that was cut off, %d times"):format(times), function()
      cut = times
      hayes.run(function()
        assert.is_nil((modem.file.write("a", 0, "hello")))
        hayes.sleep(120)
      end)
      assert.are.same({}, handles)
    end)
  end

  it("nothing goes to the file that has the same handle since the module restarted unnoticed", function()
    local done, err
    hayes.run(function()
      local first = hayes.spawn(function() done, err = modem.file.write("a", 0, ("x"):rep(20000)) end)
      while not (log[#log] and log[#log]:find("QFWRITE", 1, true)) do hayes.sleep(0.01) end
      handles = {}
      assert(modem.file.write("b", 0, ("y"):rep(20000)))
      first:join()
    end)
    assert.is_nil(done)
    assert.are.same("reboot", err.name)
    assert.is_true(files.b == ("y"):rep(20000))
  end)
end)
