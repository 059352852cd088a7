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

--- A module that stops taking an upload of unknown length, and ends it by itself so many seconds after the escape sequence
--- has come, which it takes for the start of a command. Its server has everything, or half of it.
local function stalled(seconds, has_all)
  local stored, data, line = "", nil, ""
  local function answer(text)
    if text:find "QFTPPUT" then
      data = ""
      return "CONNECT"
    end
    if text:find "QFTPSIZE" then return "OK\r\n\r\n+QFTPSIZE: 0," .. #stored end
    if text:find "QFTPSTAT" then return "OK\r\n\r\n+QFTPSTAT: 0,1" end
    local name = text:match "%+QFTP%u+"
    if name then return "OK" .. (name ~= "+QFTPCFG" and "\r\n\r\n" .. name .. ": 0,0" or "") end
    return text:find "QIACT" and '+QIACT: 1,1,1,"10.0.0.2"\r\n\r\nOK' or "OK"
  end
  return script.port(function(port, bytes)
    if data and bytes ~= "+++" then
      data = data .. bytes
    elseif data then
      stored, line, data = has_all and data or data:sub(1, #data // 2), "rest+++", nil
      port:say("\r\nOK\r\n\r\n+QFTPPUT: 609,0\r\n", seconds)
    else
      for byte in bytes:gmatch "[^\n\27]" do
        if byte == "\r" then
          if line:find "^AT" then port:say("\r\n" .. answer(line) .. "\r\n") end
          line = ""
        else
          line = line .. byte
        end
      end
    end
  end)
end

describe("A source that the module stops taking", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  for _, seconds in ipairs { 0.1, 0.5, 0.6, 1, 5 } do for _, has_all in ipairs { true, false } do
    local what = has_all and "what the server has decides" or "it fails at once"
    it(("holds nothing up %g s after the escape sequence: %s"):format(seconds, what), function()
      local modem = assert(hayes.open_port(stalled(seconds, has_all), "scripted", { dialect = "quectel" }))
      local ftp = assert(modem.ftp.open { host = "h" })
      local began, text = script.now(), "all of it"
      local done, err = ftp:put(function()
        local piece = text
        text = nil
        return piece
      end, "f")
      assert.are.same(has_all and 9 or 609, has_all and done.bytes or err.code)
      assert.is_true(script.now() - began < 15, ("%g s"):format(script.now() - began))
      modem:close()
    end)
  end end
end)
