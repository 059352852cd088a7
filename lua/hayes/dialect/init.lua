--- The dialects: how vendors' modules differ, as data. declare/command.lua describes how a command is declared;
--- dialect/quectel is a complete example.

local check = require "hayes.check"
local command = require "hayes.declare.command"
local compile = require "hayes.declare.compile"
local errors = require "hayes.error"
local local_file = require "hayes.local_file"
local own = require "hayes.dialect.own"
local schema = require "hayes.declare.schema"

---@class hayes.final a final result code
---@field [1] string        the result code, or the beginning of its line
---@field prefix? boolean the text is only the beginning of its line
---@field success? boolean the command has succeeded
---@field group? string     ends only commands whose declaration names this group in `final`
---@field urc? boolean      a URC where no command waits for it
---@field name? string      of the error that it makes
---@field retry? { after: number, times: integer }  such a command was not taken: it is sent again after so many seconds
---@field summary? string what it means
---@field hint? string what to try

---@class hayes.dialect what one vendor's modules say differently: a table that a file returns
---@field name string "quectel"
---@field title? string    of the reference page
---@field about? string    for which modules it is, one paragraph
---@field protocol table    eol, prompt, quote ("always" or "needed"), quote_escape, max_line, max_command, max_prompt
---  (bytes that the module asks for at one prompt, at most), gap_ms, cancel ("": nothing cancels a prompt),
---  result_codes_on (what brings them back, as words, when AT is not answered: "ATQ0V1E0"; "": nothing),
---  crlf_after_block (every block is followed by CR LF, so anything else means that bytes were lost); of data mode
---  (data_mode.lua): escape, guard_ms, answer_ms, idle_ms, settle_ms, resume, dtr, hangup
---@field finals hayes.final[] final result codes
---@field number_in_front? boolean  an error's number comes in a line of its own before the final result code
---@field reason? { command: string, result: string }  the command that tells why the last one has failed with that
---  final result code; it is sent after those that are declared with `reason`, before any other
---@field spelling? { colon: string?, quotes: boolean? }  how its lines are written, where not `+NAME: "text"`
---@field misprints? table<string, string>  spellings in its notes that no firmware knows, and the right ones
---@field redact? table[]   { pattern, replacement }: secrets in lines, beyond the fields declared secret
---@field connects? string[] intermediate result codes after which data mode begins
---@field boot? table[]    lines that report a start of the module, each a text or { text, prefix = true }
---@field urcs? hayes.urc[] unsolicited result codes
---@field texts? string[]   lines of answers behind which text stands that somebody has written: `+CMGR`
---@field commands hayes.declaration[] a list; when the dialect is defined, by name
---@field declared hayes.declaration[] the list, once the dialect is defined
---@field urc_by_name table<string, hayes.urc> once the dialect is defined
---@field reads_results? boolean  its services look at the error numbers of deferred results themselves: modem:call
---  gives such a response and does not fail
---@field errors? { by_code: table<integer, hayes.known_error>?, by_text: table<string, hayes.known_error>?,
---  sets: table<string, table<integer, hayes.known_error>>?, replies: table? }
---  by_text: by what the module says, in small letters, with _ between the words; sets: where the vendor counts errors
---  of several kinds from 1 each, those of each kind by its name; replies: those of FTP servers, by code:
---  { meaning, hint }
---@field remarks? { title: string, text: string }[] chapters of the reference page, in Markdown
---@field detect? string[]|fun(ask: fun(command: string): string?): any  is it this dialect? A command, and what its
---  answer holds then; or a function, for which ask gives an answer as one text; a table in place of true is the
---  dialect of that very firmware; nil and an error: it is neither this one nor any other of the library's
---@field start? (string|{ [1]: string, optional: boolean? })[]|fun(modem: hayes.modem): true?, hayes.error?  what
---  start-up sends after echo is off, also after a reboot: command lines, of which the module may refuse those that are
---  optional; or a function, which may use modem:at, call and query, but no service. It gives nil and an error if the
---  modem cannot be used
---@field identify? fun(modem: hayes.modem): table?, hayes.error? what module this is (hayes.identity); nil: what it
---  says to ATI
---@field habits? fun(identity: table): table<string, { value: any, source: string }>  what is known of a firmware
---@field probe? fun(probe: hayes.profile.probe): table<string, any>, table<string, string>  what `hayes probe` asks
---  beyond the declared commands: habits by name, and manufacturer, model, revision
---@field links? table<string, hayes.links.link>  services that are declared (links/init.lua), by the modem's field
---@field services? table<string, string|function> what makes the services, or its module's name, by the modem's field
---@field keep? table<string, string|fun(modem: hayes.modem, options: table, where: string): hayes.keeper.way>  by the
---  option of modem:keep, what makes the way in which that connection is looked at and brought back, or its module's
---  name; it raises for options that it does not take, beginning with `where`

---@class hayes.known_error an error of a module
---@field code? integer its number
---@field origin string who says so: `ssl`, `ftp`, `file`, `cme`, …
---@field name string stable token in snake case
---@field text string the note's words
---@field hint? string what to try

-- Where vendors differ, and where a dialect says so. "service" means code that the dialect names in `services`, written
-- once for all dialects that behave alike.
--
--   line end                      protocol.eol; CR, LF and both are taken as the end of a line that comes in
--   echo                          start-up switches it off (ATE0); the engine takes echoes for what they are
--   final result codes            finals, with groups for those that end certain commands only
--   where the error number is     finals with prefix (`+CME ERROR:`); `error` of a field of a deferred result
--   busy, unknown                 finals
--   prompt                        protocol.prompt; CONNECT: connects; bytes that are awaited: `data` of the command
--   acknowledgement of a send     `final` (SEND OK), `answer` (a count), `deferred` (a later URC)
--   greatest chunk, longest line  `max` of the length parameter; protocol.max_command, protocol.max_line
--   quoting                       protocol.quote, `type` of a parameter; left out: `optional`
--   connection ids                range of the parameter, or `answer` where the module chooses; service
--   mux modes                     `alternatives` of an answer or URC by shape, `|` in shape
--   synchronous or deferred open  `deferred`, with `key`, or none; `final`
--   what must come before         service (network)
--   receive mode                  service (ssl, tcp)
--   framing of pushed data        `block` of the URC: which field is the length, of which shape the line
--   read, empty read              `block` of the command; `alternatives`; ERROR: service
--   end of a block                protocol.crlf_after_block
--   packet or stream              service
--   notification again            service
--   closed                        urcs with `keys`; unread data after it: service
--   freeing a closed slot         service
--   server side                   urcs with `keys` (`incoming`); service
--   transparent mode              protocol.escape and guard_ms; a `sequence` declaration; resuming: `O`
--   events in transparent mode    none are looked for: all is data
--   certificates                  service (ssl): a strategy for files, one for prompts, one for slots
--   defaults of verification      `factory` of the settings; service
--   names                         deferred results or urcs of the command; service
--   boot, restart                 boot
--   events                        urcs
--   FTP                           service
--   time-outs                     `timeout` of command and deferred result
--   rows of states                `bare` with a shape, `prefix`, `answer`
--   secrets                       `secret` of parameters and fields
--   finding out                   detect

local dialects = {}

--- The library's own dialects, in the order in which they are tried.
local known = { "quectel", "aithinker" }

--- What a module is by its answer to ATI, where the dialect does not say how it is asked.
local function identify(modem)
  local response, err = modem:at "ATI"
  if not response then return nil, err end
  return { model = table.concat(response, ", ") }
end

--- Makes a dialect ready for use: its tables are compiled, its commands can be found by name. Any number of times.
---@param dialect hayes.dialect
function dialects.define(dialect)
  if dialect.rules then return dialect end
  check.value("dialect", "the dialect", dialect, { type = "table" })
  check.value("dialect", "name", dialect.name, { type = "string" })
  dialect.protocol = dialect.protocol or dialect.manners or {} -- as it was called before
  -- An allocation may fail at any place: the next call does what is left. The rules are last.
  dialect.declared = dialect.declared or dialect.commands
  local by_name, urc_by_name = {}, {}
  for _, declaration in ipairs(dialect.declared) do
    by_name[declaration.name] = declaration
    declaration.spelling = dialect.spelling
  end
  for _, urc in ipairs(dialect.urcs or {}) do
    urc_by_name[urc.name] = urc
    urc.spelling = dialect.spelling
  end
  dialect.commands, dialect.urc_by_name = by_name, urc_by_name
  dialect.services = dialect.services or {}
  for name in pairs(dialect.links or {}) do
    dialect.services[name] = dialect.services[name]
      or function(modem) return require("hayes.links").service(modem, name) end
  end
  dialect.errors = dialect.errors or {}
  dialect.errors.by_code, dialect.errors.by_text = dialect.errors.by_code or {}, dialect.errors.by_text or {}
  dialect.start = dialect.start or function() return true end
  dialect.identify = dialect.identify or identify
  --- How long a command is waited for, seconds; nil: its declaration does not say.
  dialect.timeout_of = function(text)
    local declaration = by_name[command.name(text)]
    return declaration and declaration.timeout and math.max(declaration.timeout, compile.LEAST_TIMEOUT)
  end
  --- The same for its deferred result, from the final result code.
  dialect.deferred_timeout_of = function(text)
    local declaration = by_name[command.name(text)]
    local deferred = declaration and declaration.deferred
    return deferred and math.max(deferred.timeout, compile.LEAST_TIMEOUT)
  end
  dialect.rules = compile.rules(dialect)
  return dialect
end

local SHOWN = 20 -- mistakes
local LONGEST_FILE = 1 << 22 -- bytes
local LONGEST_REASON = 8000 -- bytes

--- Is it one that has been made ready for use?
local function is_known(dialect)
  return getmetatable(dialect) == nil and type(dialect.rules) == "userdata"
end

--- The user's table stays as it is, and may be changed and opened again.
local function copy_of(dialect)
  local copy = {}
  for name, value in pairs(dialect) do copy[name] = value end
  for _, name in ipairs { "errors", "services" } do
    local inner = copy[name]
    if inner then
      copy[name] = {}
      for key, value in pairs(inner) do copy[name][key] = value end
    end
  end
  return copy
end

--- What the engine cannot take of a dialect in which nothing else is wrong.
local function refusal_of(dialect)
  local ok, raised = pcall(dialects.define, copy_of(dialect))
  if ok then return nil end
  return type(raised) == "string" and raised:match "dialect: (.*)$" or error(raised, 0)
end

--- The other file about a module, which `hayes probe` writes: its mistakes as a dialect would help nobody.
local function is_profile(given)
  return type(given) == "table" and math.type(rawget(given, "profile")) == "integer"
end

local PROFILE_HINT <const> = "hayes.open takes it as `profile`, and commands take it as --profile."

local function mistakes_of(dialect)
  local problems = schema.problems(dialect)
  if #problems == 0 then problems[1] = refusal_of(dialect) end
  if #problems == 0 then return nil end
  local words = #problems == 1 and "" or (" (%d mistakes)"):format(#problems)
  return words, table.concat(problems, "\n  ", 1, math.min(#problems, SHOWN))
end

--- A dialect of the library, or a table of the user's own. A table that is no dialect raises, with all of its mistakes.
---@param wanted string|hayes.dialect
---@return hayes.dialect
function dialects.get(wanted)
  if type(wanted) ~= "table" then
    return own.find(wanted) or dialects.define(require("hayes.dialect." .. wanted))
  end
  if is_known(wanted) then return wanted end
  if is_profile(wanted) then
    check.fail("dialect", "the table is no dialect, but the profile of a module. " .. PROFILE_HINT)
  end
  local count, list = mistakes_of(wanted)
  if count then check.fail("dialect", ("the table is no dialect%s:\n  %s"):format(count, list)) end
  return dialects.define(copy_of(wanted))
end

--- What the code of a dialect file sees: all of Lua, but globals of its own, and no way to end the program.
local function environment()
  local globals = { os = setmetatable({ exit = function() error("a dialect must not call os.exit", 2) end },
    { __index = os }) }
  globals._G = globals
  return setmetatable(globals, { __index = _G })
end

--- The table that the text of a file returns; nil and why there is none.
local function evaluate(path, text)
  -- As `lua` reads a program: without a byte order mark, and without a first line that begins with #.
  text = text:gsub("^\xEF\xBB\xBF", ""):gsub("^#[^\n]*", "")
  local chunk, problem = load(text, "@" .. path, "t", environment())
  if not chunk then return nil, problem end
  local ok, dialect = pcall(chunk, path)
  if not ok then
    if errors.is_interrupt(dialect) then error(dialect, 0) end
    return nil, type(dialect) == "string" and dialect or ("it raises %s"):format(check.show(dialect))
  end
  if type(dialect) == "table" then return dialect end
  return nil, ("it returns %s, and not a dialect table"):format(check.show(dialect))
end

--- The dialect that a Lua file returns; nil and an error if there is no such file, or what it returns is none. The file
--- is a program that is run: load one only from somebody whom you would let run a program.
---@param path string
---@return hayes.dialect?, hayes.error?
function dialects.load(path)
  local text, err = local_file.read(path, LONGEST_FILE)
  if not text then return nil, err end
  local dialect, problem = evaluate(path, text)
  if is_profile(dialect) then
    return nil, errors.new { name = "bad_dialect", message = path .. " is no dialect, but the profile of a module",
      hint = PROFILE_HINT }
  end
  if dialect then
    local count, list = mistakes_of(dialect)
    if not count then return dialects.define(dialect) end
    problem = "\n  " .. list
  else
    problem = " " .. problem
  end
  if #problem > LONGEST_REASON then problem = problem:sub(1, LONGEST_REASON) .. " …" end
  return nil, errors.new { name = "bad_dialect", message = ("%s is no dialect:%s"):format(path, problem),
    hint = "manual/dialects.md shows how one is written, examples/dialects/esp-at.lua is one." }
end

local function is_of_library(name) return check.contains(known, name) end

--- Adds a dialect of the user's own, a table or the path of a file: from now on it can be opened by its name, and takes
--- part in finding out which one a module speaks. A table that is no dialect raises.
---@param dialect hayes.dialect|string
---@return string? name, hayes.error?
function dialects.add(dialect)
  local err
  if type(dialect) == "string" then
    dialect, err = own.of_file(dialect, dialects.load)
    if not dialect then return nil, err end
  end
  return own.add(dialect, dialects.get(dialect), is_of_library)
end

--- The same for the files and folders of a path.
---@param path string with colons in between
---@return true?, hayes.error?
function dialects.look_in(path)
  return own.look_in(path, dialects.load, is_of_library)
end

--- The dialect that an option names: a table, a name of the library's or of one that was added, the path of a file
--- (`./mine.lua`), or NAME of a file `hayes/dialect/NAME.lua` on Lua's path.
---@param where string the function for messages
---@param wanted string|hayes.dialect
---@return hayes.dialect?, hayes.error?
function dialects.find(where, wanted)
  if type(wanted) == "table" then return dialects.get(wanted) end
  if is_of_library(wanted) or own.find(wanted) then return dialects.get(wanted) end
  if wanted:find("/", 1, true) or wanted:find "%.lua$" then return dialects.load(wanted) end
  local path = wanted:find "^[%w_%-]+$" and package.searchpath("hayes.dialect." .. wanted, package.path)
  if path and wanted ~= "base" then return dialects.load(path) end
  local nearest = check.nearest(wanted, dialects.names())
  check.fail(where, ("dialect is %s; it must be \"auto\", one of %s, a table, or the path of a file that returns one%s")
    :format(check.show(wanted), table.concat(dialects.names(), ", "),
      nearest and (" (did you mean %s?)"):format(nearest) or ""))
end

--- Gives hayes.dialect_path, once there is one.
---@return string
function dialects.path() return "" end

--- Those of the library, then those of the user's own. What is wrong with a file of these, hayes.open tells.
---@return string[]
function dialects.names()
  dialects.look_in(dialects.path())
  local names = table.move(known, 1, #known, 1, {})
  return table.move(own.names(), 1, #own.all(), #names + 1, names)
end

--- Does the module speak this dialect, by its answers?
---@param dialect hayes.dialect
---@param ask fun(command: string): string?
---@return boolean|hayes.dialect, hayes.error?
function dialects.is(dialect, ask)
  local detect = dialect.detect
  if type(detect) ~= "table" then
    if not detect then return false end
    local found, err = detect(ask)
    return found or false, err
  end
  local response = ask(detect[1])
  return response ~= nil and response:find(detect[2], 1, true) ~= nil
end

--- The first dialect that knows the module by its answers. Those of the user's own are asked before the library's:
--- they may be for modules of a vendor whose others the library knows. nil: none does; nil and an error: it is a module
--- that the library has no dialect for.
---@param ask fun(command: string): string?
---@return hayes.dialect?, hayes.error?
function dialects.detect(ask)
  local candidates = own.all()
  for _, name in ipairs(known) do candidates[#candidates + 1] = dialects.get(name) end
  for _, dialect in ipairs(candidates) do
    local found, err = dialects.is(dialect, ask)
    if err then return nil, err end
    if found then return type(found) == "table" and dialects.define(found) or dialect end
  end
end

return dialects
