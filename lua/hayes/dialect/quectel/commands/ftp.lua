--- The commands of the FTP(S) note V1.3. Firmware calls the key SSL_ctxID `sslctxid` (EG25GGBR07A08M2G, EG800K), and
--- the second `filetype` of the note's test answer is `transmode`.

local ftp_errors = require "hayes.dialect.quectel.ftp.errors"

local NOTE = "FTP note "

--- rsptimeout is at most 180 s, and the module may take some more, seconds.
local LONGEST = 190

--- One setting: read without the value, set with it.
local function number(summary, param)
  param.optional, param.omitted = true, "asks for the setting"
  return { summary = summary, params = { param }, answer = { { name = param.name, values = param.values } } }
end

local function ssl_context()
  return { name = "SSL_ctxID", type = "integer", min = 0, max = 5, factory = 0, doc = "An SSL context." }
end

local account = {
  { name = "username", type = "string", max = 255, optional = true, omitted = "asks for the setting" },
  { name = "password", type = "string", max = 255, optional = true, secret = true, omitted = "empty",
    doc = "When asked for it, EG800K shows asterisks." },
}

local file_name = { name = "file_name", type = "string", max = 255, doc = "On the server." }
local folder_name = { name = "folder_name", type = "string", max = 255, doc = "On the server." }
local local_name = { name = "local_name", type = "string", max = 255, default = "COM:",
  doc = "COM: is the port; UFS:name or SD:name is a file of the module. EC25 wants upper case: `ufs:` fails with 613." }
local listing_name = { name = "local_name", type = "string", max = 255, default = "COM:", optional = true,
  doc = local_name.doc }
local folder = { name = "dirname", type = "string", max = 255, doc = "`.` is the current one." }
local start = { name = "startpos", type = "integer", min = 0, max = 2147483647, unit = "bytes", default = 0,
  optional = true }
local transferred = { name = "transferlen", unit = "bytes",
  doc = "If err is 0, the number of bytes transferred; otherwise the server's reply code." }
local replies = { [0] = "none" }
for reply, known in pairs(ftp_errors.protocol) do replies[reply] = known[1] end

local code = { name = "protocol_error", doc = "The server's reply code.", values = replies, open = true }
local err = { name = "err", error = true, doc = "0, or the number of an error." }

--- A command whose result follows OK, or precedes it (note 3.6).
local function act(name, summary, source, params, second)
  return {
    name = name, summary = summary, source = NOTE .. source, params = params, execute = not params or nil,
    test = true, timeout = LONGEST,
    deferred = { answer = { err, second or code }, forms = { params and "write" or "execute" }, timeout = LONGEST },
  }
end

--- Where COM: is the local name, CONNECT and data stand in front of OK; a data connection that breaks is told by
--- OK and the error, or by NO CARRIER.
local function carry(name, summary, source, params, connect)
  local declaration = act(name, summary, source, params, transferred)
  declaration.final = { "general", "dial" }
  connect.param, connect.value = "local_name", "COM:"
  declaration.connect = connect
  return declaration
end

return {
  title = "FTP and FTPS",
  {
    name = "+QFTPCFG", summary = "Settings of the FTP client, kept until the next reboot.", source = NOTE .. "2.1",
    keys = {
      account = { summary = "User and password.", params = account, answer = account },
      filetype = number("How files are transferred.", { name = "file_type", type = "integer",
        values = { [0] = "binary", [1] = "ASCII" }, factory = 0 }),
      transmode = number("Who listens for data connections.", { name = "transmode", type = "integer",
        values = { [0] = "the client (active)", [1] = "the server (passive), which FTPS needs" } }),
      contextid = number("PDP context; must be active before AT+QFTPOPEN.", { name = "contextID", type = "integer",
        min = 1, max = 15, factory = 1, doc = "A PDP context." }),
      rsptimeout = number("Longest wait for a reply, CONNECT or the next packet.", { name = "timeout",
        type = "integer", min = 20, max = 180, unit = "s", factory = 90 }),
      ssltype = number("FTP or FTPS.", { name = "SSL_type", type = "integer",
        values = { [0] = "FTP", [1] = "FTPS, implicit", [2] = "FTPS, explicit" }, factory = 0 }),
      sslctxid = number("SSL context of AT+QSSLCFG.", ssl_context()),
      ssl_ctxid = number("The same as the note spells it.", ssl_context()),
      data_address = {
        summary = "Address of passive data connections.",
        params = {
          { name = "data_address_type", type = "integer", optional = true, omitted = "asks for the setting", values = {
            [0] = "the one that the server gives", [1] = "that of the control connection",
            [2] = "that of the control connection; if it fails, the one that the server gives" } },
          { name = "data_timeout", type = "integer", min = 15, max = 50, unit = "s", factory = 25, optional = true,
            omitted = "unchanged",
            doc = "With 2: time after which the other address is tried." },
        },
        answer = { { name = "data_address_type" }, { name = "data_timeout", unit = "s" } },
      },
      restenable = number("How data connections are closed.", { name = "rest_enable", type = "integer",
        values = { [0] = "with FIN", [1] = "with RST" }, factory = 0 }),
      cache = number("Buffer of data connections.", { name = "cache_type", type = "integer",
        values = { [0] = "64 KB", [1] = "fast, 128 KB", [2] = "slow, 128 KB, resuming" }, factory = 0 }),
    },
    test = true, timeout = 0.3,
  },
  {
    name = "+QFTPOPEN", summary = "Logs in to an FTP server.", source = NOTE .. "2.2",
    params = {
      { name = "hostname", type = "string", max = 255, doc = "IP address or host name." },
      { name = "port", type = "integer", min = 1, max = 65535, default = 21, optional = true },
    },
    test = true, timeout = 125, deferred = { answer = { err, code }, forms = { "write" }, timeout = 125 },
  },
  act("+QFTPCWD", "Changes the current folder.", "2.3",
    { { name = "path_name", type = "string", max = 128, doc = "`/` is the root." } }),
  act("+QFTPPWD", "Returns the current folder.", "2.4", nil,
    { name = "path_name", type = "string", doc = "Quoted by EG800K, bare by EC20 and EC25." }),
  carry("+QFTPPUT", "Stores a file on the server.", "2.5", {
    file_name, local_name, start,
    { name = "uploadlen", type = "integer", min = 1, max = 2147483647, unit = "bytes", optional = true,
      omitted = "up to the escape sequence", doc = "COM: only." },
    { name = "beof", type = "integer", optional = true, omitted = "left out together with uploadlen", values = {
      [0] = "more follows; the data connection stays", [1] = "this is the last of the file" } },
  }, { begins = "an upload", length = "uploadlen", instead = "ftp:put" }),
  carry("+QFTPGET", "Fetches a file from the server.", "2.6", {
    file_name, local_name, start,
    { name = "downloadlen", type = "integer", min = 0, max = 2147483647, unit = "bytes", default = 0,
      optional = true, doc = "COM: only. 0: up to the end of the file." },
  }, { begins = "a download", instead = "ftp:get" }),
  act("+QFTPSIZE", "Tells the size of a file.", "2.7", { file_name },
    { name = "file_size", unit = "bytes" }),
  act("+QFTPDEL", "Deletes a file.", "2.8", { file_name }),
  act("+QFTPMKDIR", "Makes a folder.", "2.9", { folder_name }),
  act("+QFTPRMDIR", "Deletes a folder.", "2.10", { folder_name }),
  carry("+QFTPLIST", "Lists a folder as text.", "2.11", { folder, listing_name },
    { begins = "a download", instead = "ftp:list" }),
  carry("+QFTPNLST", "Lists the names in a folder.", "2.12", { folder, listing_name },
    { begins = "a download", instead = "ftp:names" }),
  carry("+QFTPMLSD", "Lists a folder in the form of RFC 3659.", "2.13", { folder, listing_name },
    { begins = "a download", instead = "ftp:entries" }),
  act("+QFTPMDTM", "Tells when a file was changed.", "2.14", { file_name },
    { name = "modify_time", type = "string", doc = "YYYYMMDDHHMMSS or YYYYMMDDHHMMSS.NNN, UTC." }),
  act("+QFTPRENAME", "Renames a file or folder.", "2.15", {
    { name = "old_name", type = "string", max = 255 }, { name = "new_name", type = "string", max = 255 },
  }),
  act("+QFTPLEN", "Returns the number of bytes of the current or last transfer.", "2.16", nil, transferred),
  act("+QFTPSTAT", "Returns the state of the FTP client.", "2.17", nil, {
    name = "ftpstat", values = { [0] = "opening", [1] = "idle", [2] = "transferring", [3] = "closing",
      [4] = "closed" } }),
  -- EG800K refuses every other FTP command with 603 until the result has arrived.
  act("+QFTPCLOSE", "Logs out.", "2.18"),
}
