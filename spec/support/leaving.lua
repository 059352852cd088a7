--- Tasks that leave in the middle of a call.

local hayes = require "hayes"

local leaving = {}

local numbers = {}
for i = 1, 700 do numbers[i] = ("%05d,"):format(i) end

--- Bytes in which every hole and every repetition shows.
leaving.BYTES = table.concat(numbers)

--- Runs f in a task and cancels it behind so many seconds.
function leaving.cancel_at(seconds, f)
  local task = hayes.spawn(f)
  hayes.sleep(seconds)
  task:cancel()
  return task:join(60)
end

--- Runs f(at) for each moment up to the last, with a modem of its own.
---@param last number   seconds
---@param step number
---@param start fun(): hayes.modem
---@param f fun(at: number)
function leaving.each_moment(last, step, start, f)
  for at = 0, last, step do
    local modem <close> = start()
    hayes.run(f, at)
    assert(modem)
  end
end

return leaving
