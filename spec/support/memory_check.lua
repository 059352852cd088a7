--- Runs under the shim of alloc_shim.c: three tasks use a modem, and so many allocations in a row fail, from each place on
--- in turn. Prints how many places there were, and what went wrong: a call may fail, and the modem may be closed, for want
--- of memory; whatever is called later works, or says that the modem is closed.

local hayes = require "hayes"
local scarce = require "support.scarce"
local script = require "support.script"

local width = assert(math.tointeger(tonumber(arg[1])))

script.virtual_time()

local function use(modem)
  local tasks = {}
  for i = 1, 3 do
    tasks[i] = hayes.spawn(function()
      for _ = 1, 2 do
        modem:at("AT+CSQ", { timeout = 2 })
        hayes.sleep(0.1)
      end
    end)
  end
  for i = 1, 3 do tasks[i]:join(20) end
end

local place = 0
while true do
  local port = script.port(script.quectel { ["AT+CSQ"] = "\r\n+CSQ: 1,2\r\n\r\nOK\r\n" })
  port.delay = 0.02
  local modem = assert(hayes.open_port(port, "script"))
  local reached, wrong = scarce.memory(width, place, use, modem)
  if wrong then print(("wrong %d: %s"):format(place, wrong)) end
  local ok, err = pcall(scarce.works, modem, 30)
  if not ok then print(("wrong afterwards %d: %s"):format(place, err)) end
  modem:close()
  if not reached then break end
  place = place + 1
end
print("places " .. place)
