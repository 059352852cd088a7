--- Runs under the shim of alloc_shim.c: a use of the library, by name, in which so many allocations in a row fail, from each
--- place on in turn. Prints how many places there were, and what went wrong: the use may fail for want of memory, or close
--- the modem; it ends, what comes later works or says that the modem is closed, and nothing is left behind.
--- Arguments: the use, how many allocations fail, and how far the places are from each other (1).

local builtin = require "hayes.loop.builtin"
local hayes = require "hayes"
local ftp_module = require "support.ftp_module"
local scarce = require "support.scarce"
local script = require "support.script"

local name, width = assert(arg[1]), assert(math.tointeger(tonumber(arg[2])))
local step = math.tointeger(tonumber(arg[3] or 1))

script.virtual_time()

local OK = "\r\nOK\r\n"

--- A module that opens connections and says what is asked of it.
local function tls_module()
  local unread = ""
  return script.quectel {
    ["^AT%+QSSLCFG="] = OK, ["AT+QSSLSTATE"] = OK,
    ["AT+CSQ"] = "\r\n+CSQ: 1,2\r\n" .. OK,
    ["^AT%+QSSLCLOSE="] = OK,
    ["^AT%+QSSLOPEN="] = OK .. "\r\n+QSSLOPEN: 0,0\r\n",
    ["^AT%+QSSLSEND=0,%d"] = function(line, port)
      port.wanted = { count = tonumber(line:match(",(%d+)$")), reply = function(bytes)
        unread = unread .. bytes
        return '\r\nSEND OK\r\n\r\n+QSSLURC: "recv",0\r\n'
      end }
      return "\r\n> "
    end,
    ["^AT%+QSSLRECV="] = function()
      local bytes = unread
      unread = ""
      return ("\r\n+QSSLRECV: %d\r\n%s"):format(#bytes, #bytes > 0 and bytes .. "\r\n" or "") .. OK
    end,
  }
end

--- What is opened before, and what is done while allocations fail.
local uses = {
  tls = { port = function() return script.port(tls_module()) end, use = function(modem)
    local sock, err = modem.ssl.open("server.example", 443, { verify = "none", timeout = 60 })
    if not sock then return nil, err end
    sock:settimeout(5)
    sock:send("hello")
    sock:receive(5)
    sock:close()
  end },
  urcs = { port = function() return script.port(tls_module()) end, use = function(modem)
    local heard = 0
    local stop = modem:on("+CREG", function() heard = heard + 1 end)
    modem:on("+QIND", function() modem:at("AT+CSQ", { timeout = 2 }) end)
    for i = 1, 4 do modem.port:say(("\r\n+CREG: %d\r\n\r\n+QIND: SMS DONE\r\n"):format(i), i) end
    modem:wait("+CREG", 3)
    hayes.sleep(5)
    if type(stop) == "function" then stop() end
    return heard
  end },
  tasks = { port = function() return script.port(tls_module()) end, use = function(modem)
    local task = hayes.spawn(function() return modem:at("AT+CSQ", { timeout = 2 }) end)
    local other = hayes.spawn(function() hayes.sleep(100) end)
    hayes.sleep(0.1)
    other:cancel()
    return task:join(20)
  end },
}

--- The scripted module of ftp_module.lua; the modem that it opens is its own.
local function ftp_put(modem)
  return modem.ftp.put("ftp://user:word@server.example/there", { data = ("0123456789"):rep(300) })
end

local function open_one(place)
  local port = script.port(tls_module())
  local held = { modem = false } -- also if the program has no memory for what it does with it
  local reached, wrong = scarce.memory(width, place, function() held.modem = hayes.open_port(port, "script") end)
  local modem = held.modem
  if modem then
    local ok, err = pcall(scarce.works, modem, 60)
    if not ok then wrong = wrong or err end
    modem:close()
  end
  hayes.run(hayes.sleep, 60) -- a modem that had no memory to end goes on with that
  -- What has not been touched is the caller's.
  if not port.closed and #port.log > 0 then wrong = wrong or "the port is open" end
  return reached, wrong
end

local function use_one(use, place)
  local modem = use.open and use.open() or assert(hayes.open_port(use.port(), "script"))
  local reached, wrong = scarce.memory(width, place, use.use, modem)
  local ok, err = pcall(scarce.works, modem, 60, use.probe)
  if not ok then wrong = wrong or err end
  modem:close()
  return reached, wrong
end

uses.ftp = { probe = "ATE0", open = function()
  local module = ftp_module.new()
  local modem = module:open()
  return modem
end, use = ftp_put }

local function heap()
  for _ = 1, 3 do collectgarbage() end
  return collectgarbage "count"
end

--- From every place, or some of them, until none fails any more; how many places that were.
local function all_places(distance)
  local place, reached, wrong = 0, true
  while reached do
    if name == "open" then
      reached, wrong = open_one(place)
    else
      reached, wrong = use_one(uses[name], place)
    end
    if wrong then print(("wrong %d: %s"):format(place, tostring(wrong))) end
    if next(builtin.attached()) then print(("wrong %d: a modem is in the loop"):format(place)) end
    place = place + distance
  end
  return place - distance
end

-- Whatever is loaded on first use is loaded now: `require` has no other words for want of memory than "not found".
if name == "open" then open_one(-1) else use_one(uses[name], -1) end
local places = all_places(step)
all_places(5 * step)

-- What is left behind grows each time; a table of Lua's own, of strings for one, that has become larger does so once.
local left = math.huge
for _ = 1, 3 do
  local before = heap()
  all_places(5 * step)
  left = math.min(left, heap() - before)
  if left <= 16 then break end
end
if left > 16 then print(("wrong: %.0f KiB are left"):format(left)) end
print("places " .. places)
