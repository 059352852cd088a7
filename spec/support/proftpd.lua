--- ProFTPD on this host, with the same face as support.ftp_server: another server's words, habits and TLS.

local folders = require "support.folder"
local ftp_server = require "support.ftp_server"
local Process = require "support.process"

local PEERS = "build/peers"

local proftpd = {}

--- Both servers have these; the second has TLS from the beginning.
local COMMON = [[
ServerName hayes
AuthOrder mod_auth_file.c
AuthUserFile $folder/passwd
AuthGroupFile $folder/group
RequireValidShell off
RootLogin on
VRootEngine on
DefaultRoot $root
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
PassivePorts $first $last
ExtendedLog $folder/commands.log ALL words
TLSEngine on
TLSLog $folder/tls.log
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile $certificates/chain.pem
TLSRSACertificateKeyFile $folder/server.key
TLSCertificateChainFile $certificates/chain.pem
TLSVerifyClient off
]]

local CONFIGURATION = [[
ModulePath $peers/usr/lib/proftpd
LoadModule mod_tls.c
LoadModule mod_vroot.c
ServerType standalone
DefaultAddress 127.0.0.1
SocketBindTight on
UseIPv6 off
UseReverseDNS off
User $user
Group $group
PidFile $folder/pid
ScoreboardFile $folder/scoreboard
DelayEngine off
WtmpLog off
UseLastlog off
SystemLog $folder/system.log
TransferLog none
AuthPAM off
TimeoutLinger 0
LogFormat words "%r"
Port $port
]] .. COMMON .. [[
TLSRequired off
TLSOptions NoSessionReuseRequired
<VirtualHost 127.0.0.1>
Port $implicit_port
]] .. COMMON .. [[
TLSRequired on
TLSOptions UseImplicitSSL NoSessionReuseRequired
</VirtualHost>
]]

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  Process.run { "chmod", "600", path }
end

---@param folder string with chain.pem and server.key
function proftpd.start(folder)
  local base = folders.absolute(folder)
  local values = { peers = folders.absolute(PEERS), folder = base .. "/proftpd", root = base .. "/proftpd/root",
    certificates = base, port = Process.free_port(), implicit_port = Process.free_port(),
    first = Process.free_port(), user = Process.run({ "id", "-un" }):match("%S+"),
    group = Process.run({ "id", "-gn" }):match("%S+") }
  for _ = 1, 20 do values.last = Process.free_port() end
  Process.run { "rm", "-rf", values.folder }
  Process.run { "mkdir", "-p", values.root }
  Process.run { "cp", base .. "/server.key", values.folder .. "/server.key" }
  Process.run { "chmod", "600", values.folder .. "/server.key" }
  local ids = { Process.run({ "id", "-u" }):match("%d+"), Process.run({ "id", "-g" }):match("%d+") }
  local password = Process.run({ "openssl", "passwd", "-6", "secret" }):match("%S+")
  write(values.folder .. "/passwd", ("user:%s:%s:%s::%s:/bin/false\n"):format(password, ids[1], ids[2], values.root))
  write(values.folder .. "/group", ("users:x:%s:user\n"):format(ids[2]))
  local configuration = values.folder .. "/proftpd.conf"
  write(configuration, (CONFIGURATION:gsub("%$(%l[%l_]*)", values)))
  local process = Process.start({ "sh", "-c", ('LD_LIBRARY_PATH=$(echo "%s"/usr/lib/*-linux-gnu*) exec '):format(
    values.peers) .. Process.quote { values.peers .. "/usr/sbin/proftpd", "-n", "-q", "-c", configuration } },
    { log = values.folder .. "/output.log" })
  Process.wait_for_port(values.port)
  Process.wait_for_port(values.implicit_port)
  return ftp_server.of(process, values.root, values.port, values.implicit_port, values.folder .. "/commands.log")
end

return proftpd
