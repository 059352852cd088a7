--- A scripted module with an FTP session, in virtual time, whose server keeps files, and may refuse and forget as servers
--- do.

local hayes = require "hayes"
local script = require "support.script"

local Module = {}
Module.__index = Module

local OK = "\r\nOK\r\n"

local function result(name, rest) return OK .. ("\r\n+QFTP%s: %s\r\n"):format(name, rest) end

local function store(self, path, start, bytes)
  local file = start == 0 and "" or self.files[path] or ""
  self.files[path] = file:sub(1, start) .. bytes .. file:sub(start + #bytes + 1)
end

local function put(self, line, port)
  local path, start, length = line:match('="(.-)","COM:",(%d+),(%d+)')
  if not path then
    -- Without a length: what comes until the escape sequence.
    self.online = { path = line:match('="(.-)"'), start = tonumber(line:match('"COM:",(%d+)') or "0"), bytes = "" }
    return "\r\nCONNECT\r\n"
  end
  start, length = tonumber(start), tonumber(length)
  -- A piece that is not the last leaves the data connection open, and needs no REST after it.
  local goes_on = self.goes_on
  self.goes_on = line:find(",0$") ~= nil
  if self.no_rest and start > 0 and not goes_on then return "\r\n+CME ERROR: 622\r\n" end
  self.puts[#self.puts + 1] = { path = path, start = start, length = length }
  port.wanted = { count = length, reply = function(bytes)
    local taken = self.takes and self.takes(#self.puts, bytes, start) or bytes
    store(self, path, start, taken)
    if self.moves_away and #taken == length then self.files[path] = nil end
    if #taken < length then self.goes_on = false end
    if #taken == length then return result("PUT", "0," .. length) end
    return result("PUT", self.broken or "608,426")
  end }
  return "\r\nCONNECT\r\n"
end

local function get(self, line)
  if self.no_rest and line:find('"COM:",[1-9]') then return "\r\n+CME ERROR: 622\r\n" end
  local path, start, length = line:match('="(.-)","COM:",(%d+),(%d+)')
  if not path then path = line:match('="(.-)"') end
  if not self.files[path] or self.secret then return "\r\n+CME ERROR: 627\r\n" end
  local bytes = self.files[path]:sub((tonumber(start) or 0) + 1, length and length ~= "0" and start + length or -1)
  self.gets = self.gets + 1
  local breaks_at = self.breaks and self.breaks(self.gets)
  if breaks_at and breaks_at < #bytes then
    return "\r\nCONNECT\r\n" .. bytes:sub(1, breaks_at) .. result("GET", "608,426")
  end
  return "\r\nCONNECT\r\n" .. bytes .. result("GET", "0," .. #bytes)
end

--- Data mode of an upload without a length.
local function online(self, port, bytes)
  if bytes ~= "+++" then
    self.online.bytes = self.online.bytes .. bytes
    return ""
  end
  local upload = self.online
  self.online = nil
  store(self, upload.path, upload.start, upload.bytes)
  if self.moves_away then self.files[upload.path] = nil end
  port:say(result("PUT", "0," .. #upload.bytes), 1)
  return ""
end

--- What a spec may set: fault(line): what is said in place of an answer, and the command is not done then, or "lose": it is
--- done, and the link breaks before its answer. `files`, by path. `secret`: they cannot be read; `no_rest`: there is no
--- REST; `no_overwrite`: renaming over a file is refused; `moves_away`: files are moved away once they are stored;
--- `modified`: what is said of their times; `listing`: what LIST and NLST give, in place of MLSD. takes(number, bytes,
--- start): what of an upload's bytes the server gets, before its connection breaks with the result `broken`;
--- breaks(number): how much of a download comes before it breaks.
function Module.new()
  local self = setmetatable({ files = {}, puts = {}, gets = 0, lines = {}, logged_in = false }, Module)
  self.modified = "20260101000000"
  local function named(line) return line:match('="(.-)"') end
  local answers = {
    ["^AT%+QFTPCFG"] = function() return OK end,
    ["^AT%+QIACT%?"] = function() return '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK end,
    ["^AT%+QFTPSTAT"] = function() return result("STAT", self.logged_in and "0,1" or "0,4") end,
    ["^AT%+QFTPCLOSE"] = function()
      self.logged_in = false
      return result("CLOSE", "0,0")
    end,
    ["^AT%+QFTPOPEN"] = function()
      self.logged_in = true
      return result("OPEN", "0,0")
    end,
    ["^AT%+QFTPSIZE="] = function(line)
      local file = self.files[named(line)]
      return result("SIZE", file and "0," .. #file or "627,550")
    end,
    ["^AT%+QFTPMDTM="] = function(line)
      return result("MDTM", self.files[named(line)] and ('0,"%s"'):format(self.modified) or "627,550")
    end,
    ["^AT%+QFTPDEL="] = function(line)
      local path = named(line)
      if not self.files[path] then return result("DEL", "627,550") end
      self.files[path] = nil
      return result("DEL", "0,0")
    end,
    ["^AT%+QFTPRENAME="] = function(line)
      local from, to = line:match('="(.-)","(.-)"')
      if not self.files[from] or self.no_overwrite and self.files[to] then return result("RENAME", "627,550") end
      self.files[to], self.files[from] = self.files[from], nil
      return result("RENAME", "0,0")
    end,
    ["^AT%+QFTPMLSD="] = function() return self.listing and "\r\n+CME ERROR: 620\r\n" or "\r\n+CME ERROR: 627\r\n" end,
    ["^AT%+QFTPN?LI?ST="] = function(line)
      local name = line:match("%+QFTP(%u+)")
      return "\r\nCONNECT\r\n" .. self.listing .. result(name, "0," .. #self.listing)
    end,
    ["^AT%+QFTPPUT="] = function(line, port) return put(self, line, port) end,
    ["^AT%+QFTPGET="] = function(line) return get(self, line) end,
  }
  for _, name in ipairs { "CWD", "MKDIR", "RMDIR" } do
    answers["^AT%+QFTP" .. name .. "="] = function() return result(name, "0,0") end
  end
  local commands = {}
  for pattern, answer in pairs(answers) do
    commands[pattern] = function(line, port)
      self.lines[#self.lines + 1] = line
      local fault = self.fault and self.fault(line)
      if fault == "lose" then
        answer(line, port)
        self.logged_in = false
        local name = line:match("%+QFTP(%u+)")
        fault = line:find("COM:", 1, true) and "\r\n+CME ERROR: 606\r\n" or result(name, "606,0")
      end
      return fault or answer(line, port)
    end
  end
  local answer = script.quectel(commands)
  self.port = script.port(function(port, bytes)
    if self.online then return online(self, port, bytes) end
    return answer(port, bytes)
  end)
  return self
end

--- How many command lines have this in them.
function Module:count(text)
  local count = 0
  for _, line in ipairs(self.lines) do
    if line:find(text, 1, true) then count = count + 1 end
  end
  return count
end

--- A modem on it.
function Module:open() return assert(hayes.open_port(self.port, "script")) end

return Module
