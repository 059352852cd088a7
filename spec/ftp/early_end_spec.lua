-- An upload that the module ends before all of it has come, while the rest is already on its way: the module takes that
-- for command lines, and no line ends where it ends.

local hayes = require "hayes"
local script = require "support.script"

--- A module with one session, whose data connection breaks once after so many bytes of an upload. Like a UART with a deep
--- queue it takes whatever the host sends.
local function module(breaks_after, words)
  local stored, wanted, left, line, broken = "", nil, nil, "", false
  local said = {
    { "^AT%+QFTPSTAT$", function() return "OK\r\n\r\n+QFTPSTAT: 0,1" end },
    { "^AT%+QFTP%u+", function(text)
      local name = text:match("%+QFTP%u+")
      if name == "+QFTPCFG" then return "OK" end
      return "OK\r\n\r\n" .. name .. ": 0," .. (name == "+QFTPSIZE" and #stored or 0)
    end },
    { "^AT%+QIACT%?$", function() return '+QIACT: 1,1,1,"10.0.0.2"\r\n\r\nOK' end },
    { "^AT", function() return "OK" end },
  }
  local function put(bytes)
    stored, left = stored .. bytes, left - #bytes
    if not broken and #stored >= breaks_after then
      broken, left = true, nil
      return words
    end
    if left > 0 then return nil end
    left = nil
    return ("OK\r\n\r\n+QFTPPUT: 0,%d"):format(wanted)
  end
  local port = script.port(function(port, bytes)
    for byte in bytes:gmatch(".") do
      local answer
      if left then
        answer = put(byte)
      elseif byte ~= "\r" then
        line = line .. byte:gsub("[\n\27]", "")
      else
        local begins, length = line:match("^AT%+QFTPPUT=[^,]*,[^,]*,(%d+),(%d+)")
        if begins then
          stored, wanted, answer = stored:sub(1, tonumber(begins)), tonumber(length), "CONNECT"
          left = wanted
        else
          for _, rule in ipairs(said) do
            answer = line:find(rule[1]) and rule[2](line)
            if answer then break end
          end
        end
        line = ""
      end
      if answer then port:say("\r\n" .. answer .. "\r\n") end
    end
  end)
  return port, function() return stored end
end

describe("An upload that the module ends early", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  for name, text in pairs {
    ["a line without an end"] = ("x"):rep(2000),
    ["commands"] = ("x\rAT\r"):rep(400),
    ["an end in the middle of a command"] = ("x\rAT+QFTPSTAT\r"):rep(100) .. "\rAT+QF",
  } do for how, words in pairs {
    ["OK"] = "OK\r\n\r\n+QFTPPUT: 607,426", ["NO CARRIER"] = "NO CARRIER\r\n\r\n+QFTPPUT: 607,426",
  } do
    it(("goes on where the server stands after %s, whatever the module makes of the rest: %s"):format(how, name), function()
      local port, stored = module(426, words)
      local modem = assert(hayes.open_port(port, "scripted", { dialect = "quectel" }))
      local ftp = assert(modem.ftp.open { host = "ftp.example", user = "user", password = "secret" })
      local began = script.now()
      assert(ftp:put({ data = text }, "up.bin", { verify = false }))
      assert.is_true(stored() == text)
      -- In virtual time: nothing has waited for an answer that could not come.
      assert.is_true(script.now() - began < 30, ("%g s"):format(script.now() - began))
      modem:close()
    end)
  end end
end)
