--- Uses of a module whose emulator has faults (hayes-emulator --faults): what they carry, and whether it arrived. Each use
--- takes place in a task; what is to be said against it is a text.

local Process = require "support.process"
local Server = require "support.ftp_server"
local folders = require "support.folder"
local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"

local faulty = {}

local BYTES <const> = ftp_lab.bytes(6000)

--- Seconds for what no fault disturbs; the machine may be busy.
local PATIENCE <const> = 90

--- Those that change bytes of the line. What goes over it without a checksum may then arrive changed.
local DAMAGE = { drop = true, double = true, flip = true, ["command drop"] = true, ["command flip"] = true, garbage = true,
  ["short block"] = true }

local uses = {}
faulty.uses = uses

local function is_clear(err)
  return type(err) == "table" and type(err.name) == "string" and #err.message > 10
end

--- What came of it: all, with no error; or a beginning, with one.
local function judge(kind, got, sent, err)
  if err and not is_clear(err) then return ("an error that says nothing: %s"):format(err) end
  if kind and DAMAGE[kind] then return nil end
  -- A module that waits for data which nobody has any more is given others, and passes them on: `unsent` covers them.
  if err and err.unsent then got = got:sub(1, #sent - err.unsent) end
  if sent:sub(1, #got) ~= got then return ("%d bytes arrived of %d, and are not its beginning"):format(#got, #sent) end
  if not err and got ~= sent then return ("%d bytes arrived of %d, and no error"):format(#got, #sent) end
end

-- A TLS connection to a server that gives back what it gets.

---@param kind? string the fault; nil: there is none
function uses.tls(modem, kind, servers, mode)
  local sock, err = modem.ssl.open(lab.HOST, servers.echo, { ca = lab.folder() .. "/root.pem",
    mode = mode or "buffer", timeout = kind and 15 or PATIENCE })
  if not sock then return judge(kind, "", BYTES, err) end
  sock:settimeout(kind and 20 or PATIENCE)
  local sent = sock:send(BYTES)
  local got, why, partial = sock:receive(#BYTES)
  err = nil
  if not (sent and got) then err = sock:lasterror() or { name = why or "closed", message = "no more of it" } end
  local said = judge(kind, got or partial, BYTES, err)
  sock:settimeout(3)
  sock:close()
  return said
end

-- FTPS, from memory and back. What is said to be there is there, whatever the line does: contents are compared.

function uses.ftp(modem, kind, servers)
  local server <const> = servers.ftp
  servers.files = servers.files + 1 -- the server may still get to know of what was given up
  local name = servers.files .. ".bin"
  local session, err = modem.ftp.open(ftp_lab.secure(server, "explicit", { timeout = 20 }))
  if not session then return judge(kind, "", BYTES, err) end
  local put
  put, err = session:put({ data = BYTES }, name, { verify = not kind or DAMAGE[kind] and "content" or true })
  local said = judge(not put and kind or nil, server:get(name) or "", BYTES, err)
  if put and not said then
    local got
    got, err = session:get(name)
    if got then err = nil end
    said = judge(kind, got or "", BYTES, err)
  end
  session:close()
  return said
end

-- Files of the module, whose checksum the library compares.

function uses.file(modem, _, servers)
  servers.files = servers.files + 1
  local path = ("%s/%d"):format(servers.folder, servers.files)
  local done, err = modem.file.upload({ data = BYTES }, "bytes", { replace = true })
  if done then done, err = modem.file.download("bytes", path) end
  return judge(nil, done and ftp_lab.read(path) or "", BYTES, err)
end

-- A round: the use under faults, for so long as it may take; then, without faults, the module must answer, and the same use
-- carry everything.

local SECONDS <const> = 25

local function in_time(f, ...)
  local task = hayes.spawn(f, ...)
  local ok, said = task:join(SECONDS)
  if ok then return said end
  task:cancel()
  task:join()
  return said.name ~= "timeout" and tostring(said) or nil
end

local function answers(modem)
  for _ = 1, 100 do -- the port may be away for a while
    if not modem.closed_with or modem:reopen() then break end
    hayes.sleep(0.05)
  end
  local response, err
  for _ = 1, 3 do
    response, err = modem:at "AT"
    if response then return nil end
  end
  return "afterwards it does not answer: " .. tostring(err)
end

--- The modem where its port is, which may have another name than it had.
local function found_again(emulator, modem, kind, count)
  if kind ~= "port renamed" or count == 0 then return modem end
  local name, other
  repeat
    hayes.sleep(0.05)
    name = (emulator:control "port" or ""):match "^ok (.*)$"
    other = name and name ~= modem.address and hayes.open(name)
  until other
  modem:close()
  return other
end

local function again(modem, use, servers)
  local _, err = modem.network.attach { apn = "internet" }
  if err then return "afterwards there is no network: " .. tostring(err) end
  local said = use(modem, nil, servers)
  return said and "afterwards: " .. said
end

--- Plays one round, in a task: what is to be said against it, or nil; and how often the fault took place.
---@param use string a name in faulty.uses
---@param kind string the fault
---@param where (integer|string)[] the opportunities at which it takes place, or beginnings of commands
---@param servers table of faulty.servers
function faulty.round(use, kind, where, servers, mode)
  local link = ("%s/%s-%s"):format(folders.absolute(servers.folder), use, kind:gsub(" ", "-"))
  local emulator <close> = assert(hayes.emulator { link = link, resolve = { [lab.HOST] = "127.0.0.1" } })
  local modem <close> = assert(hayes.open(link, { trace = os.getenv "HAYES_TRACE" }))
  assert(modem.network.attach { apn = "internet" })
  local list = {}
  for i, at in ipairs(where) do list[i] = kind .. ":" .. at end
  assert(emulator:control("faults " .. table.concat(list, ",")))
  local said = in_time(uses[use], modem, kind, servers, mode)
  local count = tonumber(emulator:control "faults":match "=(%d+)$") or 0
  assert(emulator:control "faults off")
  local same <close> = found_again(emulator, modem, kind, count)
  said = said or answers(same) or again(same, uses[use], servers)
  return said and ("%s, %s: %s"):format(use, kind, said), count
end

--- The servers of a run.
function faulty.servers(folder)
  local port = Process.free_port()
  local process = Process.start { "python3", "spec/support/tls_echo.py", port, lab.folder() .. "/chain.pem",
    lab.folder() .. "/server.key" }
  Process.wait_for_port(port)
  return { folder = folder, echo = port, echo_process = process, files = 0,
    ftp = Server.start(lab.folder(), { name = "faulty" }) }
end

return faulty
