-- A server is verified as asked, or nothing is opened, whatever happens to a command on the way to the module, whatever an
-- earlier program has left in it, and also when it has restarted unnoticed.

local hayes = require "hayes"
local Module = require "support.tls_module"
local script = require "support.script"

local CA = { ca = "UFS:ca.pem" }

--- What a context must be like at the moment of opening.
local VERIFYING = { sslversion = "3", ciphersuite = "0XFFFF", seclevel = "1", sni = "1", ignorelocaltime = "0",
  ignorecertitem = "0", ignoreinvalidcertsign = "0", ignoremulticertchainverify = "0", session_cache = "0",
  cacert = '"UFS:ca.pem"', cacertex = '""' }

--- What the settings are like that an earlier program has left: the weakest.
local WEAKEST = { sslversion = "0", seclevel = "0", sni = "0", ignorelocaltime = "1", ignorecertitem = "1048575",
  ignoreinvalidcertsign = "1", ignoremulticertchainverify = "1", session_cache = "1", cacertex = '"UFS:other.pem"',
  cacert = '"UFS:other.pem"' }

local function open_socket(modem) return modem.ssl.open("server.example", 443, CA) end

local function open_transparent(modem)
  return modem.ssl.open("server.example", 443, { ca = "UFS:ca.pem", mode = "transparent" })
end

local function open_ftp(modem)
  return modem.ftp.open { host = "server.example", tls = "explicit", ca = "UFS:ca.pem", retries = 0 }
end

describe("The verification of a server", function()
  local module, modem

  local function start(options)
    module = Module.new(options)
    modem = assert(hayes.open_port(module.port, "script"))
    module.counting = true
  end

  local function stop()
    modem:close()
    modem = nil
  end

  before_each(script.virtual_time)

  after_each(function()
    if modem then stop() end
    script.real_time()
  end)

  --- Every connection that was opened was to be verified as asked.
  local function holds(what, missing)
    for _, seen in ipairs(module.opened) do
      for name, value in pairs(VERIFYING) do
        if not (missing and missing[name]) then assert.are.same(value, seen[name], what .. ": " .. name) end
      end
      if seen.ssltype then assert.are.same("2", seen.ssltype, what .. ": ssltype") end
    end
  end

  local function leave_behind(settings)
    for index = 0, 5 do
      for name, value in pairs(settings) do
        if module.contexts[index][name] then module.contexts[index][name] = value end
      end
    end
  end

  --- A line with one digit changed: as happens on a line without parity. All ways.
  local function changed(line)
    local all = {}
    for at in line:gmatch("()%d") do
      for bit = 0, 3 do
        local byte = string.char(line:byte(at) ~ (1 << bit))
        if byte:find("%d") then all[#all + 1] = line:sub(1, at - 1) .. byte .. line:sub(at + 1) end
      end
    end
    return all
  end

  local openings = { ["a TLS connection"] = open_socket, ["one in transparent mode"] = open_transparent,
    ["an FTPS session"] = open_ftp }
  for name, open in pairs(openings) do
    --- The commands of one undisturbed opening.
    local function commands(prepare)
      start()
      if prepare then prepare() end
      local made = assert(open(modem))
      local lines = module.lines
      assert.are.same(1, #module.opened)
      made:close()
      stop()
      return lines
    end

    describe("of " .. name, function()
      it("is as asked from the factory state, and against the weakest that an earlier program can leave", function()
        start()
        assert(open(modem)):close()
        stop()
        start()
        leave_behind(WEAKEST)
        assert(open(modem)):close()
        holds "left behind"
      end)

      it("is as asked, or nothing is opened, when any one command is lost, answered in vain, or changed", function()
        local prepare = function() leave_behind(WEAKEST) end
        for number, line in ipairs(commands(prepare)) do
          local faults = changed(line)
          table.insert(faults, "lose")
          table.insert(faults, "refuse")
          for _, fault in ipairs(faults) do
            start { fault = function(_, count) return count == number and fault or nil end }
            prepare()
            local made, err = open(modem)
            local what = ("%s as %s"):format(line, fault)
            assert.is_truthy(made or err, what)
            if line:find("^AT%+QSSLOPEN") then
              -- A connection that the command, as it came, has opened otherwise is not given to anybody.
              if made then holds(what) else assert.is_nil(module.connections["0"], what) end
            else
              holds(what)
            end
            stop()
          end
        end
      end)

      it("is as asked when the module restarts unnoticed, in front of any command of a second opening", function()
        local count = #commands(function()
          assert(open(modem)):close()
          module.opened, module.lines, module.count = {}, {}, 0
        end)
        for number = 1, count do
          local first, is_open, is_late = true, false, false
          start { fault = function(line, at)
            if not first and at == number then
              module:restart()
              is_late = line:find("OPEN=") or is_open
            end
            is_open = is_open or not first and line:find("OPEN=")
          end }
          assert(open(modem)):close()
          first, module.count, module.opened = false, 0, {}
          local made, err = open(modem)
          local where = "restart in front of " .. tostring(module.lines[number])
          if is_late then
            -- What was confirmed is lost: nothing is given to anybody, unless it was opened in front of that.
            if made then holds(where) else assert.are.same("setting_not_kept", err.name, where) end
          else
            assert.is_truthy(made, where .. ": " .. tostring(err))
            assert.are.same(1, #module.opened, where)
            holds(where)
          end
          stop()
        end
      end)

      it("is as asked while other tasks change the same settings", function()
        start()
        hayes.run(function()
          local over = false
          local meddling = hayes.spawn(function()
            while not over do
              modem:at('AT+QSSLCFG="seclevel",0,0')
              modem:at('AT+QFTPCFG="ssltype",0')
            end
          end)
          for _ = 1, 5 do
            local made, err = open(modem)
            if made then made:close() else assert.are.same("setting_not_kept", err.name) end
          end
          over = true
          meddling:join()
        end)
        holds "with a task beside"
      end)
    end)
  end

  it("does without settings that the firmware does not know and that would only weaken it", function()
    local optional = { "ignorecertitem", "ignoreinvalidcertsign", "ignoremulticertchainverify", "session_cache", "dtls",
      "cacertex" }
    local missing = {}
    for _, name in ipairs(optional) do missing[name] = true end
    start { unknown = optional }
    assert(open_socket(modem))
    assert.are.same(1, #module.opened)
    holds("old firmware", missing)
  end)

  --- How often commands that match were sent.
  local function count(pattern)
    local number = 0
    for _, line in ipairs(module.lines) do number = number + (line:find(pattern) and 1 or 0) end
    return number
  end

  it("sends settings that the firmware has refused once more, and then no more until the module restarts", function()
    local optional = { "ignorecertitem", "session_cache", "dtls", "cacertex" }
    start { unknown = optional }
    assert(open_socket(modem)):close()
    for _, name in ipairs { "ignorecertitem", "session_cache", "dtls" } do
      assert.are.same(2, count('^AT%+QSSLCFG="' .. name .. '",%d,'), name)
    end
    module.lines, module.count = {}, 0
    assert(modem.ssl.open("server.example", 443, { ca = "UFS:ca.pem", negotiate_timeout = 20 })):close()
    for _, name in ipairs(optional) do
      assert.are.same(0, count('^AT%+QSSLCFG="' .. name .. '",%d,'), name)
      -- What could weaken it is asked for all the same.
      assert.are.same(name == "dtls" and 0 or 1, count('^AT%+QSSLCFG="' .. name .. '",%d$'), name)
    end
    module.unknown = {}
    module:crash(1)
    hayes.sleep(10)
    module.lines, module.count, module.opened = {}, 0, {}
    assert(open_socket(modem)):close()
    holds "new firmware"
    for _, name in ipairs { "ignorecertitem", "session_cache", "dtls" } do
      assert.are.same(1, count('^AT%+QSSLCFG="' .. name .. '",%d,'), name)
    end
  end)

  it("is not weakened by settings that the module refused, and knows all the same", function()
    start { unknown = { "ignorecertitem", "session_cache" } }
    assert(open_socket(modem)):close()
    module.unknown = {}
    module:restart() -- unnoticed
    leave_behind(WEAKEST)
    module.opened = {}
    assert(open_socket(modem)):close()
    holds "after all"
  end)

  it("does not do without what was asked to be ignored, though the firmware is known not to have it", function()
    start { unknown = { "ignorecertitem" } }
    assert(open_socket(modem)):close()
    local sock, err = modem.ssl.open("server.example", 443, { ca = "UFS:ca.pem", ignore = { "expired" } })
    assert.is_nil(sock)
    assert.is_truthy(tostring(err):find("setting ignorecertitem of SSL context", 1, true), tostring(err))
  end)

  it("does not begin with sessions of another use of the same context", function()
    start()
    local function open(options)
      options.session_cache = true
      module.lines, module.count = {}, 0
      assert(modem.ssl.open("server.example", 443, options)):close()
    end
    for index = 1, 5 do assert(modem.ssl.configure(index, { verify = "none" })) end -- one is left
    open { verify = "none" }
    open { ca = "UFS:ca.pem" }
    assert.are.same(1, count '^AT%+QSSLCFG="session_cache",0,0$')
    open { ca = "UFS:ca.pem" }
    assert.are.same(0, count '^AT%+QSSLCFG="session_cache",0,0$')
    assert(modem.ssl.configure(1, { verify = "none", session_cache = true }))
    module.lines, module.count = {}, 0
    assert(modem.ssl.configure(1, { ca = "UFS:ca.pem", session_cache = true }))
    assert.are.same(1, count '^AT%+QSSLCFG="session_cache",1,0$')
  end)

  it("is not weakened by another opening when the module restarts before it, and that is noticed", function()
    start { commands = { ["AT+SLOW"] = "" } }
    local answer, other = module.port.answer, nil
    module.port.answer = function(port, bytes)
      if not other and bytes:find('^AT%+QSSLOPEN=1,0,0,"server') then -- the handshake takes its time
        other = hayes.spawn(function() return modem.ssl.open("other.example", 443, { verify = "none" }) end)
        port:say("\r\nOK\r\n")
        hayes.spawn(function()
          hayes.sleep(5)
          port:say("\r\n+QSSLOPEN: 0,0\r\n")
        end)
        module.connections["0"] = "0"
        return bytes:match("\r(.*)$")
      end
      return answer(port, bytes)
    end
    module.fault = function(line)
      if line ~= 'AT+QSSLCFG="cacert",0,"UFS:ca.pem"' then return end
      module.fault = nil
      hayes.spawn(function() modem:at("AT+SLOW") end) -- it has the line when the module fails
      hayes.spawn(function()
        hayes.sleep(1)
        module:crash(5)
      end)
    end
    hayes.run(function()
      local sock, err = open_socket(modem)
      assert.is_truthy(sock, tostring(err))
      assert.are.same("1", module.contexts[0].seclevel)
      sock:close()
      local _, second, why = other:join()
      assert.is_truthy(second, tostring(why))
      second:close()
      assert.are.same("0", module.contexts[1].seclevel)
      -- Neither is still taken.
      assert.is_true(modem.ssl.configure(0, { verify = "none" }))
      assert.is_true(modem.ssl.configure(1, { verify = "none" }))
    end)
  end)

  it("is not asked of a context whose configuration failed: it stays one of the library's", function()
    start { unknown = { "ignorecertitem" } }
    for index = 1, 5 do assert.is_true(modem.ssl.configure(index, { verify = "none" })) end
    assert.is_nil(modem.ssl.configure(0, { verify = "none", ignore = { "expired" } }))
    assert(open_socket(modem)):close()
    assert.are.same("1", module.contexts[0].seclevel)
  end)

  it("does not do without those on which it depends: nothing is opened", function()
    for _, name in ipairs { "seclevel", "cacert", "sni", "ignorelocaltime", "sslversion", "ciphersuite" } do
      start { unknown = { name } }
      local sock, err = open_socket(modem)
      assert.is_nil(sock, name)
      assert.is_truthy(tostring(err):find("setting " .. name .. " of SSL context 0", 1, true), tostring(err))
      assert.are.same({}, module.opened)
      stop()
    end
  end)

  it("does not begin when the module keeps saying something else: the error names setting and values", function()
    start { fault = function(line) return line:gsub('^(AT%+QSSLCFG="seclevel",%d),1$', "%1,0") end }
    local sock, err = open_socket(modem)
    assert.is_nil(sock)
    assert.are.same("setting_not_kept", err.name)
    assert.are.same("SSL context 0: seclevel was set to 1, and the module says that it is 0; nothing was opened, since the "
      .. "connection would not be protected as asked", tostring(err))
    assert.are.same({}, module.opened)
  end)

  it("costs nothing where none is asked for", function()
    start()
    assert(modem.ssl.open("server.example", 443, { verify = "none" })):close()
    for _, line in ipairs(module.lines) do assert.is_nil(line:find('^AT%+QSSLCFG="[%w_]+",%d$'), line) end
  end)

  it("is not weakened for the library's connections by ssl.configure, nor that by them", function()
    start()
    assert.is_true(modem.ssl.configure(0, { verify = "none" }))
    local sock = assert(open_socket(modem))
    holds "beside a configured context"
    assert.are.same("0", module.contexts[0].seclevel)
    local ok, err = modem.ssl.configure(1, { verify = "none" })
    assert.is_nil(ok)
    assert.are.same("busy", err.name)
    assert.are.same("1", module.contexts[1].seclevel)
    sock:close()
    assert.is_true(modem.ssl.configure(1, { verify = "none" }))
  end)

  it("is not left by a switch of the access mode that could mean another program's connection, or nobody knows", function()
    local row = '\r\n+QISTATE: 0,"TCP","10.0.0.2",80,5000,2,1,0,0,"usbat"\r\n'
    for name, reply in pairs { ambiguous = row .. "\r\nOK\r\n", error = "\r\nERROR\r\n", timeout = "" } do
      start { commands = { ["AT+QISTATE=1,0"] = reply, ["^AT%+QISWTMD="] = "\r\nOK\r\n",
        ["^AT%+QSSLRECV="] = "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n" } }
      local sock = assert(open_socket(modem))
      local ok, err = sock:switch("push")
      assert.is_nil(ok)
      assert.are.same(name, err.name)
      for _, line in ipairs(module.lines) do assert.is_nil(line:find("QISWTMD", 1, true)) end
      stop()
    end
  end)

  it("is not left by a switch whose look for other connections was damaged", function()
    local row = '\r\n+QISTATE: 0,"TCP","10.0.0.2",80,5000,2,1,0,0,"usbat"\r\n\r\nOK\r\n'
    local function switch(reply)
      start { commands = { ["AT+QISTATE=1,0"] = reply, ["^AT%+QISWTMD="] = "\r\nOK\r\n",
        ["^AT%+QSSLRECV="] = "\r\n+QSSLRECV: 0\r\n\r\nOK\r\n" } }
      local ok = assert(open_socket(modem)):switch("push")
      stop()
      return ok
    end
    for at = 1, #row do
      local before, behind = row:sub(1, at - 1), row:sub(at + 1)
      for _, damaged in ipairs { before .. behind, before .. string.char(row:byte(at) ~ 1) .. behind } do
        assert.is_nil(switch(damaged), damaged)
      end
    end
    -- A URC of somebody's in the answer that there is none is no reason to give up.
    local asked = 0
    assert.is_true(switch(function()
      asked = asked + 1
      return (asked == 1 and "\r\n+UNHEARD: 1\r\n" or "") .. "\r\nOK\r\n"
    end))
  end)

  --- A TCP connection of a module whose TLS connections have indices of their own.
  local function open_tcp()
    start { commands = { ["^AT%+QICFG="] = "\r\nOK\r\n", ["AT+QISTATE"] = "\r\nOK\r\n",
      ["^AT%+QIOPEN="] = "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n", ["^AT%+QIRD="] = "\r\n+QIRD: 0\r\n\r\nOK\r\n",
      ["AT+QICLOSE=0"] = "\r\nOK\r\n", ["^AT%+QISWTMD="] = "\r\nOK\r\n" } }
    return assert(modem.tcp.open("server.example", 7))
  end

  it("is not left by the switch of a TCP connection when the first look for TLS connections is refused", function()
    local sock = open_tcp()
    module.connections["0"] = "0"
    local first = true
    module.fault = function(line)
      if line ~= "AT+QSSLSTATE=0" or not first then return end
      first = false
      return "refuse"
    end
    local ok, err = sock:switch("push")
    assert.is_nil(ok)
    assert.are.same("ambiguous", err.name)
  end)

  it("apart: a connection whose switch to transparent mode is answered with OK ends, and sends nothing", function()
    local sock = open_tcp()
    local ok, err = sock:switch("transparent")
    assert.is_nil(ok)
    assert.are.same("no_data_mode", err.name)
    sock:settimeout(1)
    sock:send("AT+CFUN=0\r")
    assert.is_nil((sock:flush()))
    for _, line in ipairs(module.lines) do assert.is_nil(line:find("CFUN", 1, true)) end
    assert.are.same("OK", assert(modem:at("AT")).result)
  end)
end)
