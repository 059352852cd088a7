--- A program that carries one file, to be killed in the middle. Usage: ftp_program.lua ADDRESS put|get LOCAL REMOTE with the
--- session's options as NAME=VALUE behind them.

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = (os.getenv("HAYES_BUILD") or "build") .. "/?.so;" .. package.cpath

local hayes = require "hayes"

local address, verb, ours, theirs = table.unpack(arg, 1, 4)
local options = {}
for i = 5, #arg do
  local name, value = arg[i]:match("^(.-)=(.*)$")
  options[name] = math.tointeger(tonumber(value)) or value
end

local modem = assert(hayes.open(address))
assert(modem.network.attach { apn = "internet" })
local ftp = assert(modem.ftp.open(options))
if verb == "put" then assert(ftp:put(ours, theirs)) else assert(ftp:get(theirs, ours)) end
assert(ftp:close())
modem:close()
