--- The errors of the FTP(S) note: chapter 5 (601 to 631) and the reply codes of servers (chapter 6, RFC 959), with
--- chapter 4 and what users ran into as hints.

local ftp_errors = {}

local busy = "Something of an earlier session is still going on: close it (ftp:close()) and wait. EG800K refuses "
  .. "everything like this after one data connection that could not be opened, until AT+QFTPCLOSE."
local no_data_connection = "The server's passive ports may be blocked by a firewall, or it may tell an address "
  .. "that is not reachable from outside: try data_address = \"control\"; or active mode (passive = false) where the "
  .. "operator gives public addresses."
local lost = "The connection to the server broke. Transfers between files go on by themselves; else open a new "
  .. "session."
local local_file = "It is the module's own file that failed, not the network: check its name (UFS: in upper case) and "
  .. "modem.file.space(); the same transfer without UFS: tells."

local look_there = "A path without / in front begins in the current folder: ftp:pwd() tells that, and ftp:entries() "
  .. "what is in it. Upper and lower case differ on most servers."
local other_name = "Some servers take no spaces and nothing but ASCII in names, or no folders before them: go "
  .. "there with ftp:cwd(), and give the bare name."

--- By number: the note's words, and a hint.
ftp_errors.codes = {
  [601] = { "Unknown error", "The module says no more; a new session (ftp:close(), modem.ftp.open) often helps. "
    .. "ftp.open { diagnose = true } looks for what keeps a login from working." },
  [602] = { "FTP(S) server blocked", "The module cannot take the command now; try again in some seconds." },
  [603] = { "FTP(S) server busy", busy },
  [604] = { "DNS parse failed", "Check the server's name; is the PDP context active (modem.network.status()), and does "
    .. "modem.network.dns() tell servers that answer?" },
  [605] = { "Network error", "Is the server up, and the port right (21, 990 for implicit TLS)? Is the data connection "
    .. "active (modem.network.status())? modem.network.diagnose(host, port) looks at both." },
  [606] = { "Control connection closed", lost },
  [607] = { "Data connection closed", lost },
  [608] = { "Socket closed by peer", lost },
  [609] = { "Timeout error", "Raise `timeout` (modem.ftp.open) for a server that is slow, and see whether the signal "
    .. "is good (modem.network.status())." },
  [610] = { "Invalid parameter", "It is the module that does not take it, not the server: does its firmware know all "
    .. "the options that were given?" },
  [611] = { "Failed to open file", local_file },
  [612] = { "File position invalid", "The file is shorter than the place at which it was to go on." },
  [613] = { "File error", local_file },
  [614] = { "Service not available, closing control connection", "The server shuts down, or has too many users." },
  [615] = { "Open data connection failed", no_data_connection },
  [616] = { "Connection closed; transfer aborted", lost },
  [617] = { "Requested file action not taken", "The file is in use on the server; try again later." },
  [618] = { "Requested action aborted: local error in processing", "The server has trouble of its own." },
  [619] = { "Requested action not taken: insufficient system storage", "The server's disk, or the account's share, is "
    .. "full." },
  [620] = { "Syntax error, command unrecognized", "The server does not know this command." },
  [621] = { "Syntax error in parameters or arguments", other_name },
  [622] = { "Command not implemented", "The server does not do this." },
  [623] = { "Bad sequence of commands" },
  [624] = { "Command parameter not implemented" },
  [625] = { "Not logged in", "Log in first (ftp.open); a session ends with the connection." },
  [626] = { "Need account for storing files" },
  [627] = { "Requested action not taken", look_there },
  [628] = { "Requested action aborted: page type unknown" },
  [629] = { "Requested file action aborted", "The account's share of the server's disk is full." },
  [631] = { "SSL authentication failed", "In this order: is the CA the one that the server's chain ends in? Is the "
    .. "module's clock right (modem.clock.get())? Is the host name the one in the certificate? Is it implicit or "
    .. "explicit TLS that this port speaks (tls = …)? Does the version fit?" },
}

--- Chapter 6: what the server's own code says, and what to try.
ftp_errors.protocol = {
  [421] = { "the server is closing down, or has too many connections" },
  [425] = { "the server could not open the data connection", no_data_connection },
  [426] = { "the server lost the data connection" },
  [450] = { "the file is not available at the moment" },
  [451] = { "an error inside the server" },
  [452] = { "the server has no room left" },
  [500] = { "the server does not know this command" },
  [501] = { "the server does not take this name or parameter", other_name },
  [502] = { "the server does not do this" },
  [503] = { "the server expects other commands first" },
  [504] = { "the server does not know this parameter" },
  [521] = { "there is a folder of that name already", "A folder that is there need not be made." },
  [530] = { "the account was refused", "Check user and password; is the account allowed to log in over FTP, and like "
    .. "this (some servers demand TLS: tls = \"explicit\")?" },
  [532] = { "the account may not store files" },
  [550] = { "the file or folder does not exist, or the account may not touch it", look_there },
  [551] = { "the server does not know the page type" },
  [552] = { "the account's share of the server is used up", "Delete files there (ftp:delete), or have the share made "
    .. "greater." },
  [553] = { "the server does not allow this name", other_name },
}

local no_file = { "there is no such file, or the account may not read it", look_there }
local no_folder = { "there is no such folder, or the account may not look into it", look_there }

--- What a 550, which is one code for many reasons, may mean for each command, and what to try.
ftp_errors.refusals = {
  GET = no_file,
  SIZE = { "there is no such file, it is a folder, or the account may not read it", look_there },
  MDTM = no_file,
  PUT = { "the folder to store it in does not exist, or the account may not write there",
    "ftp:mkdir() makes a folder, one level at a time. " .. look_there },
  DEL = { "there is no such file, it is a folder, or the account may not delete it",
    "Folders are deleted by ftp:rmdir(). " .. look_there },
  RENAME = { "there is no such file, the new name is taken, or the account may not rename it", look_there },
  MKDIR = { "there is something of that name already, the folder above it does not exist, or the account may not write "
    .. "there", "A folder that is there need not be made; those above are made first, one level at a time. "
    .. look_there },
  RMDIR = { "there is no such folder, it is not empty, or the account may not delete it",
    "Delete first what is in it (ftp:entries() tells). " .. look_there },
  CWD = { "there is no such folder, or the account may not go there", look_there },
  LIST = no_folder, NLST = no_folder, MLSD = no_folder,
}

--- The server's code, where the module tells its own number alone, as it does for what is refused before CONNECT.
ftp_errors.replies = {
  [614] = 421, [617] = 450, [618] = 451, [619] = 452, [620] = 500, [621] = 501, [622] = 502, [623] = 503, [624] = 504,
  [626] = 532, [628] = 551, [629] = 552,
}

--- What happened, for numbers that no reply of the server stands behind.
ftp_errors.meanings = {
  [605] = "nothing answers there, or the module's data connection is down",
  [609] = "the server, or the network, was silent for longer than `timeout`",
}

--- Numbers that blame the connection and not the request: trying again can help.
ftp_errors.is_loss = {
  [601] = true, [602] = true, [603] = true, [605] = true, [606] = true, [607] = true, [608] = true, [609] = true,
  [614] = true, [615] = true, [616] = true, [617] = true, [618] = true,
}

return ftp_errors
