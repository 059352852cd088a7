--- What all simulated modules have: command lines one after the other, data behind prompts, URCs at legal places, restarts.
--- A kind of module adds its commands.

local Module = {}
Module.__index = Module

--- `kind`: { eol = "\r", boot = {…words}, commands = { ["+CSQ"] = function(module, command, rest) … } }. A command gives its
--- answer (a string, or a list of words), or nothing when it answers later with module:answer.
function Module.new(run, kind, habits)
  local self = setmetatable({ run = run, world = run.world, line = run.line, random = run.random("module"),
    kind = kind, habits = habits, busy_until = 0, off_until = 0, boots = 0, count = 0 }, Module)
  self:clear()
  return self
end

function Module:clear()
  self.echo, self.input_bytes = true, ""
  self.busy = false   -- the command that it is about
  self.taking = false -- { count, done }: so many bytes of data are to come
  self.online = false -- data mode: an object with input(bytes)
  self.urcs = {}      -- that wait for a legal place
  self.full_until = 0
  self.kind.clear(self)
end

--- Can it be expected to answer? When it will be able to.
function Module:able_at()
  return math.max(self.off_until, self.busy_until)
end

-- What it says

function Module:say(bytes, about)
  if self.world.now < self.off_until then return end
  self.line:say(bytes, about)
end

function Module:urcs_may_go()
  return not self.taking and not self.online and not (self.busy and self.habits.urcs_wait)
end

function Module:flush_urcs()
  while self.urcs[1] and self:urcs_may_go() do
    local urc = table.remove(self.urcs, 1)
    self:say(urc.bytes, urc.about)
  end
end

--- A command or data mode has ended.
local function become_free(self)
  self:flush_urcs()
  if self:urcs_may_go() then self.kind.on_free(self) end
end

--- Now, or when that is legal.
function Module:urc(bytes, about)
  about = about or {}
  about.kind = about.kind or "urc"
  self.urcs[#self.urcs + 1] = { bytes = bytes, about = about }
  self:flush_urcs()
end

-- Commands

--- The answer of a command, all of it.
function Module:answer(command, words)
  if command.boot ~= self.boots then return end
  if type(words) == "string" then words = { words } end
  local speak
  function speak()
    if command.boot ~= self.boots then return end
    if command.lost then words = {} end
    for i = command.said + 1, #words do
      if command.boot ~= self.boots then return end
      self:say(words[i], command.about or { kind = "answer" })
      command.said = i
      if self.habits.pauses and i < #words then return self.world:after(self.random:real() * self.habits.pauses, speak) end
    end
    if command.boot ~= self.boots then return end
    self.busy, self.taking = false, false
    if command.after then command.after() end
    become_free(self)
    self:go_on()
  end
  if not command.late then return speak() end
  self.busy_until = math.max(self.busy_until, self.world.now + command.late)
  self.world:after(command.late, speak)
  command.late = false
end

--- A prompt, and then so many bytes for `done`, which answers.
function Module:take_data(command, count, prompt, done)
  if not command.lost then self:say(prompt, { kind = "prompt" }) end
  self.taking = { command = command, count = count, done = done }
  self:go_on()
end

local function execute(self, text)
  self.count = self.count + 1
  local name, rest = text:match("^AT([%+&]?%u+%d?)(.*)$")
  local command = { text = text, number = self.count, boot = self.boots, seconds = self.random:real() * 0.02, lost = false,
    late = false, deaf = false, refused = false, said = 0 }
  local written = text
  if self.echo then self:say(written .. self.kind.echo_end, { kind = "echo" }) end
  if text ~= "AT" then self.run:inject("command", self.count, command) end
  if command.deaf or command.lost or command.refused then self.run:doubt_ends(text) end
  if command.deaf or command.boot ~= self.boots then return end
  self.busy = command
  self.busy_until = math.max(self.busy_until, self.world.now + command.seconds)
  self.world:after(command.seconds, function()
    if command.boot ~= self.boots then return end
    local f = self.kind.commands[name]
    local reply
    if command.refused then
      reply = command.refused
    elseif text == "AT" then
      reply = "\r\nOK\r\n"
    elseif f then
      reply = f(self, command, rest)
    else
      reply = "\r\nERROR\r\n"
    end
    if reply then self:answer(command, reply) end
  end)
end

--- Takes what has come as far as it can.
function Module:go_on()
  while #self.input_bytes > 0 and self.world.now >= self.off_until do
    local taking, bytes = self.taking, self.input_bytes
    if taking then
      if self.habits.escape_cancels and bytes == "\27" and taking.count > 1 then
        self.input_bytes = ""
        return self:answer(taking.command, self.kind.cancelled)
      end
      if #bytes < taking.count then return end
      self.input_bytes = bytes:sub(taking.count + 1)
      self.taking = false
      self:answer(taking.command, taking.done(bytes:sub(1, taking.count)))
    elseif self.online then
      self.input_bytes = ""
      self.online:input(bytes)
    elseif self.busy then
      return
    else
      local line, rest = bytes:match(self.kind.line or "^\r*([^\r]*)\r(.*)$")
      if not line then return end
      self.input_bytes = rest
      -- What stands in front of AT is not looked at (V.250 5.2.1).
      local text = line:match("AT.*$")
      if text then execute(self, text) end
    end
  end
end

--- Data of a file passes, or a command is under way after which it does.
function Module:is_transferring()
  if not self.run.plan.data_phases then return false end
  return self.online or self.taking or self.busy and self.busy.text:find("^AT%+QF") ~= nil
end

function Module:input(bytes)
  if self.world.now < self.off_until then return end
  self.input_bytes = self.input_bytes .. bytes
  self:go_on()
end

-- Restarts

local function garble(self, word)
  local at = self.random:int(3, #word - 2)
  return word:sub(1, at - 1) .. string.char(word:byte(at) ~ 2) .. word:sub(at + 1)
end

--- It says nothing for so many seconds, and then its banner: "whole", "garbled", "missing".
function Module:reboot(seconds, banner)
  self.world:trace("the module restarts; banner %s", banner)
  self.boots = self.boots + 1
  self.off_until = self.world.now + seconds
  self.kind.lose_all(self)
  self:clear()
  local boot = self.boots
  self.world:after(seconds, function()
    if boot ~= self.boots then return end
    for _, word in ipairs(self.kind.boot) do
      if banner == "garbled" then word = garble(self, word) end
      if banner ~= "missing" then
        self.run:note_banner(word)
        self:say(word, { kind = "banner" })
      end
    end
  end)
end

return Module
