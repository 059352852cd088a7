--- The error numbers of Quectel modules. Their ranges do not overlap: 27.007 below 400, FILE 400-426, TCP/IP and SSL
--- 550-579, FTP 601-631. Texts are the notes'; hints are their troubleshooting chapters and what users ran into.

local errors = require "hayes.error"
local ftp_errors = require "hayes.dialect.quectel.ftp.errors"

local no_dns = "Check the host name; ask modem.network.dns() for the DNS servers, and set others with "
  .. "modem.network.dns(\"8.8.8.8\"); ask modem.network.status() whether the PDP context is still active."

local puk = "Unlock the card with its PUK in a phone."

local cme = {
  [0] = { "phone failure", "Restart the module: AT+CFUN=1,1." },
  [1] = { "no connection to phone" },
  [2] = { "phone adaptor link reserved" },
  [3] = { "operation not allowed",
    "The command does not fit the state the module is in: is the SIM card ready, is the radio on (AT+CFUN?), is "
      .. "another operation under way?" },
  [4] = { "operation not supported", "This firmware does not have it; ATI tells which one it is." },
  [5] = { "PH-SIM PIN required" },
  [6] = { "PH-FSIM PIN required" },
  [7] = { "PH-FSIM PUK required" },
  [10] = { "SIM not inserted",
    "Check that a SIM card is in the holder, the right way round, and that its contacts are clean; "
    .. "some boards need AT+QSIMDET to be set." },
  [11] = { "SIM PIN required", "Give the PIN: modem.network.attach { pin = \"…\", … }." },
  [12] = { "SIM PUK required", "The PIN was entered wrongly three times. " .. puk },
  [13] = { "SIM failure", "Take the SIM card out and put it in again; try it in a phone." },
  [14] = { "SIM busy", "The module has just started; ask again in a few seconds." },
  [15] = { "SIM wrong" },
  [16] = { "incorrect password", "The PIN is wrong. After three wrong PINs the card is locked." },
  [17] = { "SIM PIN2 required" },
  [18] = { "SIM PUK2 required", puk },
  [20] = { "memory full" },
  [21] = { "invalid index" },
  [22] = { "not found" },
  [23] = { "memory failure" },
  [24] = { "text string too long" },
  [25] = { "invalid characters in text string" },
  [26] = { "dial string too long" },
  [27] = { "invalid characters in dial string" },
  [30] = { "no network service", "Check the antenna; ask modem.network.status() for signal and registration." },
  [31] = { "network timeout", "Check the signal: modem.network.status()." },
  [32] = { "network not allowed - emergency calls only",
    "The network refuses this SIM card: is it activated, may it roam here?" },
  [40] = { "network personalization PIN required" },
  [41] = { "network personalization PUK required" },
  [42] = { "network subset personalization PIN required" },
  [43] = { "network subset personalization PUK required" },
  [44] = { "service provider personalization PIN required" },
  [45] = { "service provider personalization PUK required" },
  [46] = { "corporate personalization PIN required" },
  [47] = { "corporate personalization PUK required" },
  [48] = { "hidden key required" },
  [49] = { "EAP method not supported" },
  [50] = { "incorrect parameters" },
  [51] = { "command implemented but currently disabled" },
  [52] = { "command aborted by user" },
  [53] = { "not attached to network due to MT functionality restrictions", "Switch the radio on: AT+CFUN=1." },
  [54] = { "modem not allowed - MT restricted to emergency calls only" },
  [55] = { "operation not allowed because of MT functionality restrictions", "Switch the radio on: AT+CFUN=1." },
  [56] = { "fixed dial number only allowed - called number is not a fixed dial number" },
  [57] = { "temporarily out of service due to other MT usage" },
  [58] = { "language/alphabet not supported" },
  [59] = { "unexpected data value" },
  [60] = { "system failure" },
  [61] = { "data missing" },
  [62] = { "call barred" },
  [63] = { "message waiting indication subscription failure" },
  [100] = { "unknown",
    "After AT+CGACT=1,<cid>: the network allows one PDP context only, and another one holds it; AT+CGACT? shows "
      .. "which." },
  [103] = { "illegal MS" },
  [106] = { "illegal ME" },
  [107] = { "GPRS services not allowed" },
  [111] = { "PLMN not allowed" },
  [112] = { "location area not allowed" },
  [113] = { "roaming not allowed in this location area" },
  [132] = { "service option not supported" },
  [133] = { "requested service option not subscribed", "Check the APN, and that the tariff includes data." },
  [134] = { "service option temporarily out of order" },
  [148] = { "unspecified GPRS error" },
  [149] = { "PDP authentication failure", "Check user name, password and authentication of the APN." },
  [150] = { "invalid mobile class" },
  [901] = { "audio unknown error" },
  [902] = { "audio invalid parameters" },
  [903] = { "audio operation not supported" },
  [904] = { "audio device busy" },
}

local file = {
  [400] = { "invalid input value" },
  [401] = { "larger than the size of the file" },
  [402] = { "read zero byte" },
  [403] = { "drive full", "Delete files that are not needed: modem.file.list(), modem.file.delete(name)." },
  [405] = { "file not found", "modem.file.list() tells which files there are." },
  [406] = { "invalid file name" },
  [407] = { "file already exists", "Give replace = true, or delete it first: modem.file.delete(name)." },
  [409] = { "fail to write the file" },
  [410] = { "fail to open the file" },
  [411] = { "fail to read the file" },
  [413] = { "reach the max number of file allowed to be opened", "Close files that are open: AT+QFOPEN? lists them." },
  [414] = { "the file is read-only" },
  [416] = { "invalid file descriptor", "AT+QFOPEN? lists the open files; a restart closes them all." },
  [417] = { "fail to list the file" },
  [418] = { "fail to delete the file" },
  [419] = { "fail to get disk info" },
  [420] = { "no space", "Delete files that are not needed: modem.file.list(), modem.file.delete(name)." },
  [421] = { "time out",
    "Fewer bytes came than were announced; something on the line takes bytes away. Use flow control, or "
    .. "a lower speed. What came is stored: delete the file." },
  [423] = { "file too large" },
  [425] = { "invalid parameter" },
  [426] = { "file already opened", "Close it first: AT+QFCLOSE. AT+QFOPEN? lists the open files." },
}

local ssl = {
  [550] = { "unknown error" },
  [551] = { "operation blocked" },
  [552] = { "invalid parameter", "If the parameters are right and it comes for every connection, the module's stack is "
    .. "exhausted (EG800K after some 20 connections): restart it with AT+CFUN=1,1." },
  [553] = { "memory not enough", "Close connections that are not needed; restart the module with AT+CFUN=1,1." },
  [554] = { "create socket failed" },
  [555] = { "operation not supported" },
  [556] = { "socket bind failed" },
  [557] = { "socket listen failed" },
  [558] = { "socket write failed" },
  [559] = { "socket read failed" },
  [560] = { "socket accept failed" },
  [561] = { "open PDP context failed",
    "Is there a data connection (modem.network.status())? modem.network.attach { apn = … } makes one. If that is what "
    .. "fails, check the APN; some networks allow one context only, which another one holds: AT+CGACT? shows it." },
  [562] = { "close PDP context failed" },
  [563] = { "socket identity has been used",
    "A connection that the server has closed holds its number until AT+QSSLCLOSE (AT+QICLOSE); AT+QSSLSTATE and "
      .. "AT+QISTATE list what is open." },
  [564] = { "DNS busy", "Try again in a few seconds." },
  [565] = { "DNS parse failed", no_dns, condition = "unknown host" },
  [566] = { "socket connection failed",
    "Check host and port, and that the server is up: modem.network.diagnose(host, port) "
      .. "tells how far it comes. Some firmware (EG800K) gives this number for every refused certificate, too: "
      .. "then check the CA, sni, and the module's clock.", condition = "refused" },
  [567] = { "socket has been closed",
    "The TCP/IP note says \"connection reset\": the server or the network has ended it." },
  [568] = { "operation busy", "Try again in a few seconds." },
  [569] = { "operation timeout",
    "The server did not answer in time: check the signal with modem.network.status(); raise "
    .. "negotiate_timeout.", condition = "timeout" },
  [570] = { "PDP context break down", "The network has taken the data connection away: attach again." },
  [571] = { "cancel send" },
  [572] = { "operation not allowed",
    "Some networks allow one PDP context only, and another one holds it: AT+CGACT? shows "
    .. "which, AT+CGACT=0,<cid> frees it." },
  [573] = { "APN not configured", "Give the APN: modem.network.attach { apn = \"…\" }." },
  [574] = { "port busy", "Another connection has the local port; give 0 for any." },
  [579] = { "SSL handshake fail",
    "In this order: is the CA the one that the server's chain ends in? Is the module's clock "
      .. "right (modem.clock.get())? Is the host name the one in the certificate, and sni on? Do version and ciphers "
      .. "fit the server? Does it ask for a client certificate (verify = \"mutual\")?" },
}

local by_code, by_text = {}, {}

local function add(origin, list)
  for code, entry in pairs(list) do
    local text, hint = entry[1], entry[2]
    local described = { code = code, origin = origin, name = errors.token(text), text = text, hint = hint,
      condition = entry.condition }
    by_code[code] = described
    -- "Unknown error" and "DNS parse failed" are SSL's and FTP's: in words alone they are what was there first.
    by_text[errors.token(text)] = by_text[errors.token(text)] or described
  end
end

add("cme", cme)
add("file", file)
add("ssl", ssl)
add("ftp", ftp_errors.codes)

-- Words that firmware uses in place of the notes'.
by_text.file_already_exist = by_code[407]
by_text.unknown_error = by_code[550]
by_text.memory_allocation_failed = by_code[553]
by_text.connection_reset = by_code[567]
by_text.system_busy = by_code[568]
by_text.pdp_context_deactivated = by_code[570]

return { by_code = by_code, by_text = by_text, replies = ftp_errors.protocol }
