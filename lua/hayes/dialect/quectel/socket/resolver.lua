--- Resolves host names with a Quectel module (TCP/IP note, QIDNSGIP). The addresses arrive as URCs that do not say
--- which name they belong to, so the module is asked for one name at a time. After a question has been sent, the next
--- one waits for its answer, even if the task that asked was cancelled. A question that still waits for the line is
--- withdrawn.

local command = require "hayes.declare.command"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local failure = require "hayes.failure"
local job = require "hayes.job"
local Lock = require "hayes.lock"
local wait = require "hayes.wait"

--- Longest time until the module has answered, seconds (TCP/IP note).
local SECONDS = 60

--- The error of a name without an address: DNS parse failed.
local NO_ADDRESS = 565

---@class hayes.quectel.resolver
local Resolver = {}
Resolver.__index = Resolver

---@param modem hayes.modem
---@param explain fun(err: hayes.error, doing: string): hayes.error  the error with what the module says about it
function Resolver.new(modem, explain)
  return setmetatable({ modem = modem, explain = explain, asking = Lock.new() }, Resolver)
end

---@class hayes.quectel.question
---@field text string    the command
---@field doing string   for errors
---@field deadline number
---@field seconds number  to the deadline
---@field outcome hayes.waiter

local function too_late(modem, question)
  return failure.out_of_time(modem, question.doing, question.seconds)
end

--- A listener for the answer: `+QIURC: "dnsgip",0,2,399` announces the number of addresses, and each follows as
--- `+QIURC: "dnsgip","1.2.3.4"`.
local function listener(modem, question)
  local addresses, expected = {}, nil
  local outcome = question.outcome
  return function(event)
    local fields = event.fields
    if fields[1] ~= "dnsgip" then return end
    if fields.hostIPaddr then
      addresses[#addresses + 1] = fields.hostIPaddr
    elseif fields.err and fields.err ~= 0 then
      return outcome:fire(nil, failure.coded(modem, fields.err, question.doing))
    elseif fields.IP_count == 0 then
      return outcome:fire(nil, failure.coded(modem, NO_ADDRESS, question.doing))
    elseif fields.err and fields.IP_count then
      expected = fields.IP_count
    else
      return outcome:fire(nil, errors.within(failure.bad_answer(modem, question.text, event.line), question.doing))
    end
    if expected and #addresses >= expected then outcome:fire(addresses) end
  end
end

--- Asks the module and waits for its answer, up to the deadline. The addresses, or nil and the error.
local function ask(self, question)
  local modem, outcome = self.modem, question.outcome
  local asking <close>, refusal = self.asking:take_wanted(question.deadline)
  if not asking then return nil, refusal == "timeout" and too_late(modem, question) or refusal end
  local _answer <close> = modem:listen("+QIURC", listener(modem, question))
  local _closed <close> = modem:listen("closed", function() outcome:fire(nil, modem.closed_with) end)
  local _reboot <close> = modem:listen("reboot", function()
    outcome:fire(nil, errors.reboot(question.doing))
  end)
  local response, err = exchange.run(modem, question.text,
    { timeout = question.deadline - wait.now(), withdraw = true })
  if not response then return nil, self.explain(err, question.doing) end
  local addresses, failed = outcome:wait(question.deadline)
  if addresses then return addresses end
  return nil, failed == "timeout" and too_late(modem, question) or failed
end

--- The addresses of a host name as a list.
---@param host string
---@param context integer
---@param seconds number time limit for all steps, up to 60
---@return string[]?, hayes.error?
function Resolver:resolve(host, context, seconds)
  local modem = self.modem
  local dialect = modem.dialect
  local question = {
    text = command.build(dialect.commands["+QIDNSGIP"], "write", { context, host }, dialect.protocol),
    doing = "resolving " .. host, seconds = seconds, deadline = wait.now() + SECONDS, outcome = wait.waiter(),
  }
  local addresses, err = job.run(wait.now() + seconds, nil, ask, self, question)
  if addresses then return addresses end
  return nil, err == "timeout" and too_late(modem, question) or err
end

return Resolver
