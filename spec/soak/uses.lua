--- What a round of the soak test does with a modem in software and real servers, each use in a task of its own that may
--- fail: the module restarts meanwhile, and tasks are cancelled. What it fails with is counted by name.

local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"

local uses = {}

local BYTES = ftp_lab.bytes(20000)

local function tls(of)
  local sock, err = of.modem.ssl.open(lab.HOST, of.https_port, { ca = lab.folder() .. "/root.pem", timeout = 30 })
  if not sock then return nil, err end
  local _closing <close> = sock
  sock:settimeout(20)
  local sent
  sent, err = sock:send("GET /page HTTP/1.0\r\n\r\n")
  if not sent then return nil, sock:lasterror() or err end
  local answer, why = sock:receive("*a")
  if not answer then return nil, sock:lasterror() or why end
  assert(answer:find(BYTES, 1, true), "the page is another one")
  return true
end

local function tcp(of)
  local sock, err = of.modem.tcp.open("ftp.example", of.ftp.port, { timeout = 20 })
  if not sock then return nil, err end
  local _closing <close> = sock
  sock:settimeout(10)
  local line, why = sock:receive("*l")
  if not line then return nil, sock:lasterror() or why end
  return true
end

local function timed_out(of)
  local sock, err = of.modem.tcp.open("ftp.example", of.ftp.port, { timeout = 20 })
  if not sock then return nil, err end
  local _closing <close> = sock
  sock:settimeout(0.02)
  for _ = 1, 20 do sock:receive(10000) end
  return true
end

local function ftp(of)
  local session, err = of.modem.ftp.open(ftp_lab.account(of.ftp, { timeout = 30 }))
  if not session then return nil, err end
  local _closing <close> = session
  local done
  done, err = session:put({ data = BYTES }, "soak.bin", { resume = false, retries = 1 })
  if not done then return nil, err end
  local bytes
  bytes, err = session:get("soak.bin", nil, { retries = 1 })
  if not bytes then return nil, err end
  assert(bytes == BYTES, "the file has changed")
  return session:names(".")
end

local function commands(of)
  local err
  for _ = 1, 40 do
    local response
    response, err = of.modem:at("AT+CSQ", { timeout = 10 })
    if not response then return nil, err end
  end
  return of.modem.network.status()
end

local function refused(of)
  for _ = 1, 20 do of.modem:at("AT+NOSUCHCOMMAND", { timeout = 5 }) end
  return true
end

local function urcs(of)
  local heard = 0
  local subscription <close> = of.modem:on("+QIND", function() heard = heard + 1 end)
  for i = 1, 20 do of.emulator:control(('urc +QIND: "csq",%d,99'):format(i)) end
  hayes.sleep(0.2)
  assert(subscription.active)
  return heard > 0 or nil, "no_urc"
end

local function waits(of)
  for _ = 1, 100 do of.modem:wait("+QIND", 0.001) end
  local endless = hayes.spawn(hayes.sleep, 1e6)
  for _ = 1, 100 do endless:join(0.001) end
  endless:cancel()
  return true
end

local all = { tls = tls, tcp = tcp, timed_out = timed_out, ftp = ftp, commands = commands, refused = refused, urcs = urcs,
  waits = waits }
local names = { "tls", "commands", "ftp", "urcs", "tcp", "refused", "timed_out", "waits" }

local function count(of, name, ok, err)
  local what = ok and name or ("%s: %s"):format(name, type(err) == "table" and err.name or tostring(err):match("[^\n]*"))
  of.outcomes[what] = (of.outcomes[what] or 0) + 1
end

local function use(of, name)
  local ran, ok, err = pcall(all[name], of)
  if ran then return count(of, name, ok, err) end
  if type(ok) == "table" and ok.name == "cancelled" then error(ok, 0) end
  of.wrong[#of.wrong + 1] = ("%s: %s"):format(name, tostring(ok))
end

--- One round: each use by itself, then all at once, of which every other one is cancelled after a moment, while
--- `disturb` does what it does.
---@param disturb? function
function uses.round(of, disturb)
  hayes.run(function()
    for _, name in ipairs(names) do use(of, name) end
    local tasks = {}
    for i, name in ipairs(names) do tasks[i] = hayes.spawn(use, of, name) end
    if disturb then tasks[#tasks + 1] = hayes.spawn(disturb) end
    for i = 1, #names, 2 do
      hayes.sleep(math.random() * 0.5)
      tasks[i]:cancel()
    end
    for _, task in ipairs(tasks) do task:join() end
  end)
end

--- What the page of the web server is.
uses.BYTES = BYTES

return uses
