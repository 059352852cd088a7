--- Transfers of the simulated FTP client: over the port, or between the server and a file of the module. A fault may break
--- the data connection after some bytes.

local DataPhase = require "simulation.scenes.data_phase"
local flash = require "simulation.scenes.flash"
local ftp_module = require "simulation.scenes.ftp_module"

local OK = "\r\nOK\r\n"
local PACKET = 1460

local refused, after, result = ftp_module.refused, ftp_module.after, ftp_module.result

local transfer = { commands = {}, clear = function() end }

--- A transfer begins: a fault may say { breaks_at, code, drops_carrier, refuses }.
local function begin(module, path, size)
  local ftp, run = module.ftp, module.run
  run.transfers = (run.transfers or 0) + 1
  local what = { path = path, size = size, moved = 0 }
  run:inject("transfer", run.transfers, what)
  ftp.transfer, ftp.state, ftp.moved = what, ftp_module.TRANSFERRING, 0
  ftp.awaiting = false
  return what
end

local function finish(module, what)
  local ftp = module.ftp
  if ftp.transfer ~= what then return false end
  ftp.transfer, ftp.break_off, ftp.state = false, false, ftp_module.IDLE
  return true
end

--- The module's words for a transfer over the port that has broken.
local function say_broken(module, command, name, what)
  if command.boot ~= module.boots then return end
  if what.drops_carrier then return module:answer(command, "\r\nNO CARRIER\r\n") end
  command.after = function() result(module, command, name, what.code or 608, "426") end
  module:answer(command, OK)
end

local function say_done(module, command, name, count)
  command.after = function() result(module, command, name, 0, tostring(count)) end
  module:answer(command, OK)
end

--- After the time that the server takes to agree: f(); or why not.
local function once_agreed(module, command, f)
  local seconds, in_vain = ftp_module.wait_for_server(module)
  module.busy_until = math.max(module.busy_until, module.world.now + seconds)
  after(module, seconds, function()
    if in_vain then return module:answer(command, refused(609)) end
    if not module.ftp.alive then return module:answer(command, refused(606)) end
    f()
  end)
end

-- Up

local function upload(module, command, request)
  local ftp, server = module.ftp, module.server
  local goes_on = ftp.awaiting
  if goes_on and (goes_on.path ~= request.path or goes_on.at ~= request.start) then return refused(612) end
  once_agreed(module, command, function()
    local ok, reply = true, nil
    if not goes_on then ok, reply = server:begin(request.path, request.start) end
    if not ok then return module:answer(command, refused(reply == 502 and 622 or 627)) end
    local what = begin(module, request.path, request.count)
    if what.refuses then
      finish(module, what)
      ftp.blocked = what.refuses == 615
      return module:answer(command, refused(what.refuses))
    end
    local phase
    local function break_off(code)
      if not finish(module, what) then return end
      what.code = what.code or code
      server:hold(request.path)
      if phase then phase:stop() end
      say_broken(module, command, "PUT", what)
    end
    ftp.break_off = break_off
    if not flash.prompt(module, command) then return end
    phase = DataPhase.begin(module, { count = request.count,
      silence = tonumber(ftp.settings.rsptimeout) or 90,
      taken = function(bytes)
        local most = what.breaks_at and what.breaks_at - what.moved or #bytes
        local piece = bytes:sub(1, math.max(0, most))
        server:write(request.path, request.start + what.moved, piece)
        what.moved = what.moved + #piece
        ftp.moved = what.moved
        if most < #bytes then
          -- Behind this function: the phase is not known yet when the data is there already.
          what.breaks = true
          if phase then break_off(608) end
          return #piece
        end
      end,
      done = function(_, how)
        local seconds = what.moved / server.habits.rate + server:delay()
        -- The library waits for OK no longer than 10 s then.
        if how == "escaped" then seconds = math.min(seconds, 8) end
        after(module, seconds, function()
          if not finish(module, what) then return end
          if how == "silent" then
            command.after = function() result(module, command, "PUT", 609, "0") end
            return module:answer(command, OK)
          end
          if how == "whole" and request.eof == 0 then
            ftp.awaiting = { path = request.path, at = request.start + what.moved }
          end
          say_done(module, command, "PUT", what.moved)
        end)
      end })
    if what.breaks then break_off(608) end
  end)
end

-- Down

local function give(module, command, name, bytes)
  local ftp, server = module.ftp, module.server
  once_agreed(module, command, function()
    if not bytes then return module:answer(command, refused(627)) end
    local what = begin(module, name, #bytes)
    if what.refuses then
      finish(module, what)
      ftp.blocked = what.refuses == 615
      return module:answer(command, refused(what.refuses))
    end
    local function stop() module.online = false end
    ftp.break_off = function(code)
      if not finish(module, what) then return end
      what.code = what.code or code
      stop()
      say_broken(module, command, name, what)
    end
    if not flash.prompt(module, command) then return end
    local last = module.world.now
    module.online = { input = function(_, input)
      local silent = module.world.now - last >= 1
      last = module.world.now
      if input ~= "+++" or not silent then return end
      local asked = last
      after(module, 1, function() -- the silence behind it
        if last ~= asked or not finish(module, what) then return end
        stop()
        module:answer(command, OK)
      end)
    end }
    local function next_packet()
      if ftp.transfer ~= what or command.boot ~= module.boots then return end
      local most = what.breaks_at and math.min(#bytes, what.breaks_at) or #bytes
      local packet = bytes:sub(what.moved + 1, math.min(what.moved + PACKET, most))
      what.moved = what.moved + #packet
      ftp.moved = what.moved
      if packet ~= "" then
        module:say(packet, { kind = "data", bytes = #packet })
        return after(module, #packet / server.habits.rate, next_packet)
      end
      if what.breaks_at and what.breaks_at < #bytes then return ftp.break_off(608) end
      after(module, server:delay(), function()
        if not finish(module, what) then return end
        command.about = { kind = "data" } -- in one breath with the bytes
        command.after = function()
          stop()
          result(module, command, name, 0, tostring(what.moved))
        end
        module:answer(command, OK)
      end)
    end
    next_packet()
  end)
end

-- Inside the module

--- OK at once; the bytes later, and then the result.
local function inside(module, command, name, path, size, move)
  local ftp, server = module.ftp, module.server
  local what = begin(module, path, size)
  local seconds, in_vain = ftp_module.wait_for_server(module)
  local function over(code, value)
    if finish(module, what) then result(module, command, name, code, value) end
  end
  ftp.break_off = function(code)
    move(what.moved)
    over(what.code or code, "426")
  end
  command.after = function()
    after(module, seconds + size / server.habits.rate, function()
      if ftp.transfer ~= what then return end
      if in_vain then return over(609, "0") end
      if what.refuses then
        ftp.blocked = what.refuses == 615
        return over(what.refuses, "0")
      end
      if what.breaks_at and what.breaks_at < size then
        move(what.breaks_at)
        return over(what.code or 608, "426")
      end
      ftp.moved = size
      if move(size) == false then return over(613, "0") end
      over(0, tostring(size))
    end)
  end
  return OK
end

local function put_inside(module, command, path, name, start)
  local bytes = module.files[name]
  if not bytes then return refused(611) end
  if start > #bytes then return refused(612) end
  local ok = module.server:begin(path, start)
  if not ok then return refused(start > 0 and module.server.habits.no_rest and 622 or 627) end
  return inside(module, command, "PUT", path, #bytes - start, function(count)
    module.server:write(path, start, bytes:sub(start + 1, start + count))
  end)
end

local function get_inside(module, command, path, name, start)
  local bytes = module.server.files[path]
  if not bytes then return refused(627) end
  bytes = bytes:sub(start + 1)
  module.files[name] = ""
  return inside(module, command, "GET", path, #bytes, function(count)
    module.files[name] = ""
    local fitting = flash.fit(module, bytes:sub(1, count))
    module.files[name] = fitting
    return #fitting == count
  end)
end

-- The commands

local function integer(text) return text and math.tointeger(tonumber(text)) end

local function inside_name(text) return text:match("^UFS:(.+)$") end

transfer.commands["+QFTPPUT"] = function(module, command, rest)
  local refusal = ftp_module.refusal(module, "PUT")
  if refusal then return refused(refusal) end
  local path, place, more = rest:match('^="([^"]*)","([^"]*)",?(.*)$')
  if not path then return refused(610) end
  local start, count, eof = more:match("^(%d+),?(%d*),?(%d*)$")
  start = integer(start) or 0
  if inside_name(place) then return put_inside(module, command, path, inside_name(place), start) end
  if place ~= "COM:" then return refused(611) end
  return upload(module, command, { path = path, start = start, count = integer(count), eof = integer(eof) })
end

transfer.commands["+QFTPGET"] = function(module, command, rest)
  local refusal = ftp_module.refusal(module, "GET")
  if refusal then return refused(refusal) end
  local path, place, more = rest:match('^="([^"]*)","([^"]*)",?(.*)$')
  if not path then return refused(610) end
  local start, length = more:match("^(%d+),?(%d*)$")
  start, length = integer(start) or 0, integer(length) or 0
  if start > 0 and module.server.habits.no_rest then return refused(622) end
  if inside_name(place) then return get_inside(module, command, path, inside_name(place), start) end
  if place ~= "COM:" then return refused(611) end
  local bytes = module.server.files[path]
  bytes = bytes and bytes:sub(start + 1, length > 0 and start + length or -1)
  return give(module, command, "GET", bytes)
end

for name, method in pairs { LIST = "list", NLST = "names", MLSD = "entries" } do
  transfer.commands["+QFTP" .. name] = function(module, command)
    local refusal = ftp_module.refusal(module, name)
    if refusal then return refused(refusal) end
    if name == "MLSD" and module.server.habits.no_mlsd then return refused(620) end
    return give(module, command, name, module.server[method](module.server))
  end
end

return transfer
