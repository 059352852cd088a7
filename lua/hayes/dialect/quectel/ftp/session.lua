--- An FTP session: what modem.ftp.open gives (FTP note chapters 2 and 3).
---
--- Longer than 500 lines: a third of it documents the methods.

local call = require "hayes.dialect.quectel.ftp.call"
local carry = require "hayes.dialect.quectel.ftp.carry"
local check = require "hayes.check"
local Download = require "hayes.dialect.quectel.ftp.download"
local errors = require "hayes.error"
local exchange = require "hayes.exchange"
local listing = require "hayes.dialect.quectel.ftp.listing"
local login = require "hayes.dialect.quectel.ftp.login"
local option_rules = require "hayes.dialect.quectel.ftp.options"
local recovery = require "hayes.dialect.quectel.ftp.recovery"
local remote = require "hayes.dialect.quectel.ftp.remote"
local sources = require "hayes.dialect.quectel.ftp.sources"
local stream = require "hayes.dialect.quectel.ftp.stream"
local targets = require "hayes.dialect.quectel.ftp.targets"
local ClientLock = require "hayes.dialect.quectel.ftp.client_lock"
local Upload = require "hayes.dialect.quectel.ftp.upload"
local utc = require "hayes.dialect.quectel.utc"
local wait = require "hayes.wait"

--- The FTP client of a module, which one session has.
---@class hayes.quectel.ftp_client
---@field leaving hayes.task|false      an earlier session logs out
---@field has_session fun(): boolean
---@field let_go fun(session: table)    the session does not have it any more

---@class hayes.ftp a session with an FTP server, of modem.ftp.open()
local Session = {}
Session.__index = Session
Session.__name = "hayes.ftp"

--- Beyond `timeout`, which the module keeps, for what it has to do itself, seconds.
local MARGIN = 10

---@param modem hayes.modem
---@param client hayes.quectel.ftp_client
---@param options table checked
---@param tls? table checked
---@package
function Session.new(modem, client, options, tls)
  return setmetatable({
    modem = modem, client = client, options = options, tls = tls, seconds = options.timeout + MARGIN,
    connected = false, -- logged in, as far as is known
    was_connected = false,
    in_doubt = false,  -- not connected, but the module may still be logged in
    restarts = 0,      -- of the module or its port: settings that are older than the last one are lost
    closed = false,    -- by close()
    client_lock = ClientLock.new(), -- one command at a time: the client refuses others with 603
    steps = {},        -- paths of the AT+QFTPCWD that lead from the folder of a login to the current one
  }, Session)
end

function Session:__tostring()
  return ("hayes.ftp: %s:%d (%s)"):format(self.options.host, self.options.port,
    self.closed and "closed" or self.connected and "open" or "lost")
end

local function closed(self)
  return errors.closed("the FTP session with " .. self.options.host, nil, { origin = "ftp" })
end

local check_path = option_rules.check_path

--- Who asks for a folder wants an answer now: single commands are tried again twice, for a link that has broken and for
--- one more mishap in the login after that. Transfers have all of `retries`.
local function few_retries(self) return math.min(self.options.retries, 2) end

--- What is left in the middle, by a cancelled task or an error that is raised, leaves nobody knows what on the data
--- connection: the session is logged in anew before it is used again.
local UnderWay = {}
UnderWay.__index = UnderWay
function UnderWay:__close()
  if not self.over then self.session:doubt() end
end

local function run_whole(self, f, ...)
  local under_way <close> = setmetatable({ session = self, over = false }, UnderWay)
  local results = table.pack(f(...))
  under_way.over = true
  return table.unpack(results, 1, results.n)
end

--- Something that changes nothing on the server and is tried again after a broken link. What failed first is told.
local function ask(self, doing, f)
  local held <close>, err = self.client_lock:take(doing)
  if not held then return nil, err end
  return run_whole(self, recovery.run, self, few_retries(self), f)
end

--- Something that is done once: whether a broken link came before or after it is not known. done() is called then.
local function act(self, name, arguments, doing, done)
  local held <close>, err = self.client_lock:take(doing)
  if not held then return nil, err end
  if self.closed then return nil, closed(self) end
  if not self.connected then
    local ok
    ok, err = recovery.run(self, few_retries(self), function() return true end)
    if not ok then return nil, err end
  end
  local text
  text, err = call.run(self.modem, name, arguments, self.seconds, doing)
  if text and done then done() end
  if text then return true end
  if not err.protocol and (call.is_loss(err) or err.code == 625) then self:doubt() end
  return nil, err
end

-- Transfers

local function check_transfer(where, path, options)
  check_path(where, path)
  return check.options(where, options, option_rules.transfer)
end

--- What cannot be read a second time can be neither compared nor kept from the server's file.
local function check_stream(options)
  if options.follow then check.fail("ftp:put", "follow is for local files of binary sessions, without length") end
  for _, name in ipairs { "existing", "verify" } do
    if type(options[name]) == "string" and options[name] ~= "replace" then
      check.fail("ftp:put", ("%s = %q is for sources that can be read at any offset"):format(name, options[name]))
    end
  end
end

local function put_stream(self, source, path, options)
  return recovery.run(self, 0, function() return stream.run(self, source, path, options) end)
end

--- Stores a file on the server.
---
--- With resume (the default for files) the upload continues after what the server has, if that matches, and after each
--- break; at the end the sizes are compared. An LTN12 source has no known length: it ends by the escape sequence, or
--- goes in counted pieces with piece. FIFOs are streams, too; a device needs `length`, as it may be endless. An empty
--- part changes nothing.
---
--- Errors: of this host `no_such_file`, `permission_denied`, `is_a_directory`, `is_a_socket`, `bad_path`,
--- `source_failed`; with resume also `is_a_fifo` and `is_a_stream`; `is_a_device` with resume or without length. Of the
--- server's file `exists`, `server_has_less`, `size_differs`, `content_differs`, `too_large`; of the source
--- `offset_beyond_end`. After the last attempt what broke it, with the fields local_bytes and server_bytes.
---
--- Source: FTP note 2.5, 2.7 and 2.15.
---@param source string|{ data: string }|function a local path, bytes, an LTN12 source, or "UFS:name" in the module
---@param path string on the server, at most 255 bytes
---@param options? { resume: boolean?, offset: integer?, length: integer?, progress: function?, retries: integer?,
---  verify: boolean|"content"|nil, existing: string?, piece: integer?, follow: boolean? } of what can be read only
---  once, offset is of the server's file alone
---@return { bytes: integer, seconds: number, resumed_at: integer?, verified: boolean }?, hayes.error? verified: the
---  server's size, at the end, was the one that it must be; not where it does not tell, or has moved the file away
function Session:put(source, path, options)
  options = check_transfer("ftp:put", path, options)
  local doing = "storing " .. path
  local err = self.client_lock:refusal(doing)
  if err then return nil, err end
  local stream_will_do = not options.resume and { length = options.length } or nil
  local opened <close>, unreadable = sources.open(self.modem, "ftp:put", source, stream_will_do)
  if not opened then return nil, unreadable end
  local _held <close> = self.client_lock:take(doing)
  if opened.next then
    check_stream(options)
    return run_whole(self, put_stream, self, opened.next, path, options)
  end
  return run_whole(self, Upload.run, self, opened, path, options)
end

--- Fetches a file from the server. A local file is written as `.part` next to its target and renamed when complete;
--- with resume (the default for a path) the download continues after what an earlier run has left there. Symbolic links
--- are followed; FIFOs and devices are written directly. The module cannot rename its files: one that is replaced is
--- gone if the transfer fails, and the error says so.
---
--- Errors: of this host `no_such_file`, `permission_denied`, `is_a_directory`, `is_a_socket`, `no_reader` of a FIFO,
--- `bad_path`, `sink_failed`, `file_in_use`, `rename_failed`. Of the server's file `requested_action_not_taken`,
--- `size_differs`, `file_changed`, `session_lost`. After the last attempt what broke it.
---
--- Source: FTP note 2.6 and 2.7.
---@param path string on the server, at most 255 bytes
---@param sink? string|function a local path, an LTN12 sink, or "UFS:name" in the module; nil: gives a string
---@param options? table those of put(); offset and length are of the server's file
---@return string|{ bytes: integer, seconds: number, resumed_at: integer? }|nil, any
function Session:get(path, sink, options)
  options = check_transfer("ftp:get", path, options)
  check.value("ftp:get", "the sink", sink, { type = "string|callable|nil" })
  sources.check_name("ftp:get", "the sink", sink)
  local held <close>, err = self.client_lock:take("fetching " .. path)
  if not held then return nil, err end
  if options.follow then check.fail("ftp:get", "follow is for ftp:put") end
  if sources.is_inside(sink) then return run_whole(self, Download.inside, self, path, sink, options) end
  local may_keep = options.resume ~= false and not options.offset and not options.length
  local target <close>, unwritable = targets.open(sink, may_keep and self.options.type == "binary")
  if not target then return nil, unwritable end
  if options.verify == "content" and not target.is_file then
    check.fail("ftp:get", 'verify = "content" is for what goes to a local file')
  end
  return run_whole(self, Download.run, self, path, target, options)
end

-- Folders

local listing_options = {
  through = { type = "string", line = true,
    doc = 'A storage or a file of the module through which the listing goes ("UFS:"; it comes over the port).' },
}

--- Through a file of the module: there the listing's length is known, whatever stands in it.
local function list_inside(self, name, dir, file, doing)
  local modem = self.modem
  file = file:find(":$") and file .. "hayes-listing.txt" or file
  local there, err = modem.file.size(file)
  if err then return nil, err end
  if there then modem.file.delete(file) end
  local writing <close> = carry.writing(self, file)
  local came
  came, err = carry.inside(self, name, { dir, file }, nil, nil, doing)
  if not came then return nil, err end
  local text
  text, err = modem.file.read(file)
  writing:discard()
  if not text then return nil, err end
  if #text == came then return text end
  return nil, errors.new { name = "size_differs", origin = "ftp",
    message = ("%s: %d bytes came, and the module's file has %d"):format(doing, came, #text) }
end

local function list(self, where, name, dir, options)
  dir = dir or "."
  check_path(where, dir)
  options = check.options(where, options, listing_options)
  if options.through and not sources.is_inside(options.through) then
    check.fail(where, ("through is %s; it must be UFS: or SD:, with or without a name"):format(
      check.show(options.through)))
  end
  sources.check_name(where, "through", options.through)
  local doing = "listing " .. dir
  return ask(self, doing, function()
    if options.through then return list_inside(self, name, dir, options.through, doing) end
    local text, err, response = carry.over_port(self, name, { dir, "COM:" }, { block = exchange.UNKNOWN }, nil, doing)
    if not text then return nil, err end
    return response.data or ""
  end)
end

--- A folder as the server prints it, a line an entry.
---
--- A listing comes over the port without a length, and is taken to end where the module says so with the right number
--- of bytes and silence after it. A server whose file names cannot be trusted might imitate that: through = "UFS:" has
--- the module store it first, which takes longer and needs room in its flash.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.11.
---@param dir? string (the current one)
---@param options? { through: string? } the way
---@return string[]?, hayes.error?
function Session:list(dir, options)
  local text, err = list(self, "ftp:list", "LIST", dir, options)
  if not text then return nil, err end
  return listing.lines(text)
end

--- The names in a folder.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.12.
---@param dir? string (the current one)
---@param options? { through: string? } the way
---@return string[]?, hayes.error?
function Session:names(dir, options)
  local text, err = list(self, "ftp:names", "NLST", dir, options)
  if not text then return nil, err end
  return listing.names(text)
end

--- A folder as a list of { name, type, size, modified, … }: type is "file" or "dir" (or what the server calls it),
--- size in bytes, modified Unix time. The list's field `form` is "mlsd". Servers without MLSD (vsftpd) are asked for
--- LIST, and `form` says which that has, "unix" or "windows"; the entries then have a `date` in the server's words in
--- place of modified, and "link" is a type. A listing of another form gives `bad_listing`.
---
--- Errors: `bad_listing`, `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.13 and 2.11.
---@param dir? string (the current one)
---@param options? { through: string? } the way
---@return table[]?, hayes.error?
function Session:entries(dir, options)
  local text, err = list(self, "ftp:entries", "MLSD", dir, options)
  local entries, form
  if text then
    entries, form = listing.entries(text), "mlsd"
  elseif call.cannot(err) then
    text, err = list(self, "ftp:entries", "LIST", dir, options)
    if text then entries, form = listing.entries_of_list(text) end
  end
  if not text then return nil, err end
  if not entries then
    return nil, errors.new { name = "bad_listing", origin = "ftp",
      message = ("listing %s: the server has no MLSD, and this line of its LIST is of no known form: %s"):format(
        dir or ".", form), hint = "ftp:list() gives the lines, ftp:names() the names." }
  end
  entries.form = form
  return entries
end

-- Single commands

--- The size of a file in bytes.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.7.
---@param path string on the server, at most 255 bytes
---@return integer?, hayes.error?
function Session:size(path)
  check_path("ftp:size", path)
  local doing = "asking for the size of " .. path
  return ask(self, doing, function()
    local size, err = remote.size(self, path)
    if math.type(size) == "integer" then return size end
    return nil, err or call.failed(self.modem, 622, nil, doing)
  end)
end

--- When a file was changed: Unix time.
---
--- Errors: `bad_time`, `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.14.
---@param path string on the server, at most 255 bytes
---@return integer?, hayes.error?
function Session:modified(path)
  check_path("ftp:modified", path)
  local doing = "asking for the time of " .. path
  return ask(self, doing, function()
    local text, err = call.run(self.modem, "MDTM", { path }, self.seconds, doing)
    if not text then return nil, err end
    local time = utc.parse((text:gsub('"', "")))
    if time then return time end
    return nil, errors.new { name = "bad_time", origin = "ftp", message = ("%s: the answer is %s"):format(doing, text) }
  end)
end

--- A path as the server says it: quoted, and then with quotes within it doubled (RFC 959, appendix II), or bare.
local function ask_folder(self)
  local text, err = call.run(self.modem, "PWD", nil, self.seconds, "asking for the current folder")
  if not text then return nil, err end
  local quoted = text:match('^"(.*)"$')
  return quoted and quoted:gsub('""', '"') or text
end

--- The current folder.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.4.
---@return string?, hayes.error?
function Session:pwd()
  return ask(self, "asking for the current folder", function()
    local path, err = ask_folder(self)
    return path, err
  end)
end

--- The longest path of AT+QFTPCWD, bytes; and as many relative ones may lead to a folder as are not too many to be sent
--- again at each login.
local LONGEST_FOLDER, MOST_STEPS = 128, 16

--- Notes where the session stands now. The caller's own words lead there again, so the server is asked only where they
--- become many, and what it says is not relied on if no command can hold it.
local function step(self, path)
  local steps = self.steps
  if path:sub(1, 1) == "/" then
    self.steps = { path }
    return
  end
  steps[#steps + 1] = path
  if #steps <= MOST_STEPS then return end
  local folder = ask_folder(self)
  if folder and folder:find('^/[^%c"]*$') and #folder <= LONGEST_FOLDER then self.steps = { folder } end
end

--- Changes the current folder; a session that is logged in again after a break goes back to it.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.3.
---@param path string at most 128 bytes
---@return true?, hayes.error?
function Session:cwd(path)
  check_path("ftp:cwd", path)
  if #path > LONGEST_FOLDER then
    check.fail("ftp:cwd", ("the path is %d bytes long; it must be at most %d"):format(#path, LONGEST_FOLDER))
  end
  return act(self, "CWD", { path }, "changing to " .. path, function() step(self, path) end)
end

--- Renames a file or a folder.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.15.
---@param from string at most 255 bytes
---@param to string at most 255 bytes
---@return true?, hayes.error?
function Session:rename(from, to)
  check_path("ftp:rename", from)
  check_path("ftp:rename", to)
  return act(self, "RENAME", { from, to }, ("renaming %s to %s"):format(from, to))
end

--- Deletes a file.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.8.
---@param path string on the server, at most 255 bytes
---@return true?, hayes.error?
function Session:delete(path)
  check_path("ftp:delete", path)
  return act(self, "DEL", { path }, "deleting " .. path)
end

--- Makes a folder.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.9.
---@param path string on the server, at most 255 bytes
---@return true?, hayes.error?
function Session:mkdir(path)
  check_path("ftp:mkdir", path)
  return act(self, "MKDIR", { path }, "making the folder " .. path)
end

--- Deletes a folder, which must be empty.
---
--- Errors: `requested_action_not_taken`, `busy`, `timeout`, and, after a broken link, those of ftp.open.
---
--- Source: FTP note 2.10.
---@param path string on the server, at most 255 bytes
---@return true?, hayes.error?
function Session:rmdir(path)
  check_path("ftp:rmdir", path)
  return act(self, "RMDIR", { path }, "deleting the folder " .. path)
end

local states = { [0] = "opening", "idle", "transferring", "closing", "closed" }

--- What the module's FTP client is doing: "opening", "idle", "transferring", "closing" or "closed".
---
--- Errors: those of modem:at, `bad_answer`.
---
--- Source: FTP note 2.17.
---@return string?, hayes.error?
function Session:status()
  local refusal = self.client_lock:refusal("asking for the state of the FTP client")
  if refusal then return nil, refusal end
  local state, err = login.state(self.modem, self.seconds)
  if not state or states[state] then return states[state], err end
  return nil, errors.new { name = "bad_answer", origin = "ftp",
    message = ("asking for the state of the FTP client: %d is none"):format(state) }
end

--- How many bytes the current or last transfer has carried, by the module's count.
---
--- Errors: those of modem:at, `bad_answer`.
---
--- Source: FTP note 2.16.
---@return integer?, hayes.error?
function Session:transferred()
  local doing = "asking how much was transferred"
  local refusal = self.client_lock:refusal(doing)
  if refusal then return nil, refusal end
  return call.ask_number(self.modem, "LEN", nil, self.seconds, doing)
end

-- The end

--- The module has restarted, or the port is closed: what the module was told for this session is lost. Its SSL context
--- is still the one it had, until the next login takes another. A session that is in doubt stays so: the data of a
--- download that was given up may hold what a module says when it restarts.
---@package
function Session:lose()
  self.in_doubt = self.in_doubt or self.modem.closed_with and self.connected or false
  self.connected = false
  self.restarts = self.restarts + 1
end

--- What the module's client is doing is not known.
---@package
function Session:doubt()
  self.in_doubt = self.in_doubt or self.connected
  self.connected = false
end

local LOGGING_OUT = "logging out"

local function log_out(self)
  local _held <close> = self.client_lock:take(LOGGING_OUT)
  local client = self.client
  client.leaving = self.leaving
  self.closed = true
  client.let_go(self)
  local ok, err = true, nil
  if (self.connected or self.in_doubt) and not self.modem.closed_with and not client.has_session() then
    ok, err = login.leave(self.modem, self.seconds)
  end
  if ok and not self.modem.closed_with then login.clean(self) end
  self.connected, self.in_doubt = false, not ok
  if not ok then self.leaving = false end -- close() may be called again
  login.release(self)
  return ok, err
end

--- Logs out, once what is under way is over. It is a task of its own: nothing that becomes of the caller ends it. The
--- next session waits for it; where there is one already, that has logged out whatever it found.
local function start_logout(self)
  if self.leaving then return self.leaving end
  self.leaving = wait.spawn_detached(log_out, self)
  if not self.client_lock.lock.held then self.client.leaving = self.leaving end
  return self.leaving
end

--- Logs out, once what is under way is over; waits until the module has done so, since it takes nothing before. Any
--- number of times: where it has failed, it tries again.
---
--- Errors: `timeout`, those of modem:at.
---
--- Source: FTP note 2.18.
---@return true?, hayes.error?
function Session:close()
  if self.closed and not self.in_doubt then return true end
  local refusal = self.client_lock:refusal(LOGGING_OUT)
  if refusal then return nil, refusal end
  local done, ok, err = start_logout(self):join()
  if done and ok then return true end
  return nil, done and err or ok
end

--- Its opening was given up: nobody knows how far the module has got.
---@package
function Session:abandon()
  self.connected = true
  start_logout(self)
end

--- Left in whatever way: a task that is being cancelled cannot wait for an answer, and who has pressed Ctrl-C does not
--- want to.
function Session:__close(err)
  if errors.is_interrupt(err) or self.client_lock:refusal(LOGGING_OUT) then
    start_logout(self)
  else
    pcall(self.close, self)
  end
end

function Session:__gc()
  if not self.closed then start_logout(self) end
end

check.takes(Session.put, option_rules.transfer)
check.takes(Session.get, option_rules.transfer)
for _, name in ipairs { "list", "names", "entries" } do check.takes(Session[name], listing_options) end
check.methods(Session, "ftp", { "close", "cwd", "delete", "entries", "get", "list", "mkdir", "modified", "names", "put",
  "pwd", "rename", "rmdir", "size", "status", "transferred" })

return Session
