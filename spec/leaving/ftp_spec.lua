-- FTP transfers, where the line is not free at once, where their tasks leave, and where what they call makes mistakes.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local leaving = require "support.leaving"
local script = require "support.script"

local OK = "\r\nOK\r\n"

--- What the server has, and how many bytes of it come at a time.
local FILE, AT_ONCE = ("0123456789"):rep(300), 100

describe("An FTP transfer", function()
  local modem, module

  --- A download: the data come piece by piece, until all has come or the escape sequence says that it is enough.
  local function give(line, port)
    local start, length = line:match('"COM:",(%d+),(%d+)')
    local file = line:find("down.bin", 1, true) and FILE or module.file
    local data = file:sub(start + 1, start + length)
    module.giving = { data = data, given = 0 }
    port:say("\r\nCONNECT\r\n")
    hayes.spawn(function()
      local mine = module.giving
      while module.giving == mine and mine.given < #data do
        hayes.sleep(0.02)
        if module.giving ~= mine then return end
        port:say(data:sub(mine.given + 1, mine.given + AT_ONCE), 0)
        mine.given = math.min(#data, mine.given + AT_ONCE)
      end
      if module.giving ~= mine then return end
      module.giving = nil
      port:say(OK .. ("\r\n+QFTPGET: 0,%d\r\n"):format(#data))
    end)
  end

  --- While it gives, nothing that is typed counts but the escape sequence.
  local function stop_giving(port, bytes)
    if not bytes:find("+++", 1, true) then return "" end
    local given = module.giving.given
    module.giving = nil
    port:say(OK .. ("\r\n+QFTPGET: 0,%d\r\n"):format(given), 1)
    return ""
  end

  --- In data mode all bytes are the file's, but for three plus signs between two silences.
  local function online(port, bytes)
    local silent = script.now() - module.last >= 1
    module.last = script.now()
    if bytes ~= "+++" or not silent then
      module.file = module.file .. bytes
      return ""
    end
    hayes.spawn(function()
      hayes.sleep(1)
      module.online = false
      port:say(OK .. ("\r\n+QFTPPUT: 0,%d\r\n"):format(#module.file))
    end)
    return ""
  end

  before_each(function()
    script.virtual_time()
    module = { file = "", online = false, last = 0 }
    local function result(name) return OK .. ("\r\n+QFTP%s: 0,0\r\n"):format(name) end
    local commands = script.quectel {
      ["^AT%+QFTPCFG"] = OK, ["AT+QFTPSTAT"] = OK .. "\r\n+QFTPSTAT: 0,1\r\n", ["^AT%+QFTPOPEN"] = result "OPEN",
      ["^AT%+QFTPCWD"] = result "CWD", ["^AT%+QFTPCLOSE"] = result "CLOSE",
      ["^AT%+QFTPSIZE"] = function(line)
        local size = line:find("down.bin", 1, true) and #FILE or #module.file
        return OK .. ("\r\n+QFTPSIZE: 0,%d\r\n"):format(size)
      end,
      ["^AT%+QFTPGET"] = give, ["^AT%+QFTPRENAME"] = result "RENAME", -- it has one file, under any name
      ["^AT%+QFTPPUT"] = function(line, port)
        local start, count = line:match('"COM:",(%d+),(%d+)')
        if count then
          port.wanted = { count = tonumber(count), reply = function(bytes)
            module.file = module.file:sub(1, start) .. bytes
            return OK .. ("\r\n+QFTPPUT: 0,%d\r\n"):format(#bytes)
          end }
          return "\r\nCONNECT\r\n"
        end
        module.online, module.file, module.last = true, "", script.now()
        return "\r\nCONNECT\r\n"
      end,
      ["AT+CPIN?"] = "\r\n+CPIN: READY\r\n" .. OK, ["AT+CEREG?"] = "\r\n+CEREG: 0,1\r\n" .. OK,
      ["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" .. OK, ["AT+QIACT?"] = '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK,
      ["AT+SLOW"] = function(_, port) port:say(OK, 3) end,
    }
    module.port = script.port(function(port, bytes)
      if module.online then return online(port, bytes) end
      if module.giving then return stop_giving(port, bytes) end
      return commands(port, bytes)
    end)
    modem = assert(hayes.open_port(module.port, "script"))
    module.port.delay = 0.02
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function source(count)
    return function()
      count = count - 1
      return count >= 0 and "0123456789" or nil
    end
  end

  local function with_session(f)
    hayes.run(function()
      local ftp = assert(modem.ftp.open { host = "server.example", user = "user", password = "pw" })
      f(ftp)
      assert.is_truthy(modem:at("AT"))
      assert(ftp:close())
    end)
  end

  --- Where a download goes; what has come of it.
  local sinks = {
    ["a string"] = function(ftp) return (ftp:get "down.bin") end,
    ["a file"] = function(ftp)
      local path = lab.folder() .. "/leaving.bin"
      return ftp:get("down.bin", path) and ftp_lab.read(path)
    end,
    ["an LTN12 sink"] = function(ftp)
      local pieces = {}
      local done = ftp:get("down.bin", function(bytes)
        pieces[#pieces + 1] = bytes
        return true
      end)
      return done and table.concat(pieces)
    end,
  }

  local transfers = {
    ["an upload of a file"] = function(ftp)
      local path = ftp_lab.write(lab.folder() .. "/leaving.up", FILE)
      return ftp:put(path, "up.bin", { piece = 700 }) and module.file
    end,
    ["an upload of data"] = function(ftp) return ftp:put({ data = FILE }, "up.bin") and module.file end,
  }

  for name, put in pairs(transfers) do
    it(name .. " can be cancelled at every moment, and one after it works", function()
      with_session(function(ftp)
        local began = script.now()
        assert.is_true(put(ftp) == FILE)
        local seconds = script.now() - began
        for i = 0, 40 do
          module.file = ""
          leaving.cancel_at(seconds * i / 40, function() return put(ftp) end)
          assert.is_truthy(modem:at("AT"))
          assert.is_true(put(ftp) == FILE, ("moment %d of %g s"):format(i, seconds))
        end
      end)
    end)
  end

  for name, get in pairs(sinks) do
    it("into " .. name .. " can be cancelled at every moment, and one after it works", function()
      with_session(function(ftp)
        local began = script.now()
        assert.is_true(get(ftp) == FILE)
        local seconds = script.now() - began
        for i = 0, 40 do
          leaving.cancel_at(seconds * i / 40, function() return get(ftp) end)
          assert.is_truthy(modem:at("AT"))
          assert.is_true(get(ftp) == FILE, ("moment %d of %g s"):format(i, seconds))
        end
      end)
    end)
  end

  it("from an LTN12 source waits for its turn, and has the line for itself then", function()
    with_session(function(ftp)
      hayes.spawn(function() modem:at("AT+SLOW") end)
      hayes.sleep(0.1)
      assert.are.same(50, assert(ftp:put(source(5), "up.bin")).bytes)
      assert.are.same(("0123456789"):rep(5), module.file)
    end)
  end)

  it("from an LTN12 source can be cancelled at every moment, and one after it works", function()
    with_session(function(ftp)
      for step = 0, 40 do
        local tasks = {}
        for i = 1, 2 do
          tasks[i] = hayes.spawn(function() return ftp:put(source(1000), "up.bin") end)
          hayes.sleep(step * 0.003)
        end
        for i = 1, 2 do
          tasks[i]:cancel()
          tasks[i]:join(60)
        end
        assert.are.same(30, assert(ftp:put(source(3), "up.bin")).bytes)
        assert.are.same(("0123456789"):rep(3), module.file)
      end
    end)
  end)

  it("from a source that raises leaves the line to others", function()
    with_session(function(ftp)
      local count = 0
      local task = hayes.spawn(function()
        return ftp:put(function()
          count = count + 1
          if count > 3 then error("broken", 0) end
          return "part"
        end, "up.bin")
      end)
      assert.is_truthy(tostring((select(2, task:join(60)))):find("broken", 1, true))
    end)
  end)

  --- In pieces and without a length.
  local ways = { ["without a length"] = {}, ["in pieces"] = { piece = 15 } }

  for way, options in pairs(ways) do
    for what, value in pairs { ["a table"] = {}, ["a number"] = 5, ["true"] = true, ["a function"] = print } do
      it(("from a source that gives %s, %s, fails and says what a source gives"):format(what, way), function()
        with_session(function(ftp)
          for good = 0, 5 do
            module.file = "before"
            local count = 0
            local done, err = ftp:put(function()
              count = count + 1
              if count <= good then return "0123456789" end
              return value
            end, "up.bin", options)
            assert.is_nil(done)
            assert.are.same("source_failed", err.name)
            assert.is_truthy(tostring(err):find("ftp:put takes a string each time", 1, true), tostring(err))
            if good == 0 then assert.are.same("before", module.file) end
            assert.is_truthy(modem:at("AT"))
            assert.are.same(30, assert(ftp:put(source(3), "up.bin", options)).bytes)
          end
        end)
      end)
    end

    it(("from a source that raises at any moment, %s, leaves nothing half done"):format(way), function()
      with_session(function(ftp)
        for good = 0, 5 do
          local count = 0
          local ok = pcall(ftp.put, ftp, function()
            count = count + 1
            if count > good then error("broken", 0) end
            return "0123456789"
          end, "up.bin", options)
          assert.is_false(ok)
          assert.is_truthy(modem:at("AT"))
          module.file = ""
          assert.are.same(30, assert(ftp:put(source(3), "up.bin", options)).bytes)
          assert.are.same(("0123456789"):rep(3), module.file)
        end
      end)
    end)
  end

  --- Every method of a session, called by what its own transfer calls.
  local methods = {
    size = { "f" }, modified = { "f" }, pwd = {}, cwd = { "d" }, list = {}, names = {}, entries = {}, rename = { "a", "b" },
    delete = { "f" }, mkdir = { "d" }, rmdir = { "d" }, put = { { data = "x" }, "f" }, get = { "f" }, status = {},
    transferred = {}, close = {},
  }

  local function call_all(ftp, count)
    for name, arguments in pairs(methods) do
      local result, err = ftp[name](ftp, table.unpack(arguments))
      assert.is_nil(result, name)
      assert.are.same("busy", err.name, name)
      assert.is_truthy(tostring(err):find("for the same task", 1, true), tostring(err))
      count[1] = count[1] + 1
    end
  end

  local callers = {
    ["its source"] = function(ftp, count)
      local feed = source(3)
      return ftp:put(function()
        call_all(ftp, count)
        return feed()
      end, "up.bin")
    end,
    ["a source that is a coroutine"] = function(ftp, count)
      return ftp:put(coroutine.wrap(function()
        for _ = 1, 3 do
          call_all(ftp, count)
          coroutine.yield "0123456789"
        end
      end), "up.bin")
    end,
    ["its sink"] = function(ftp, count)
      return ftp:get("down.bin", function()
        call_all(ftp, count)
        return 1
      end)
    end,
  }

  for name, transfer in pairs(callers) do
    it("whose session is called by " .. name .. " goes on, and the call is told that the session is busy", function()
      for _, in_task in ipairs { true, false } do
        local ftp = assert(modem.ftp.open { host = "server.example" })
        local count = { 0 }
        local function run() return assert(transfer(ftp, count)) end
        if in_task then hayes.run(run) else run() end
        assert.is_true(count[1] > 0)
        assert.are.same("idle", ftp:status())
        assert(ftp:close())
      end
    end)
  end

  it("lets other tasks wait for their turn while its source sleeps", function()
    with_session(function(ftp)
      local task
      local feed = source(3)
      assert(ftp:put(function()
        task = task or hayes.spawn(function() return ftp:size("down.bin") end)
        hayes.sleep(5)
        return feed()
      end, "up.bin"))
      assert.are.same({ true, #FILE }, { task:join(60) })
    end)
  end)
end)
