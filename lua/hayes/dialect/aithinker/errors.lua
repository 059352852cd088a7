--- The error numbers of Ai-Thinker modules, as the vendor's page of error codes lists them. The headers of some
--- firmware give some numbers two meanings or shift them, so the error contains the number, too.

local errors = require "hayes.error"

local system = {
  [1] = { "command unsupported", "This firmware has not got the command; AT+GMR tells its version." },
  [2] = { "operation unsupported", "This firmware has not got this form of the command." },
  [3] = { "parameter format", "A parameter that holds a comma or a space goes in double quotes." },
  [4] = { "parameter value" },
  [5] = { "parameter too long" },
  [31] = { "busy", "The module is still at work on something; try again in a second." },
  [32] = { "unknown error" },
  [33] = { "out of memory",
    "Close sockets that are not needed, and read what has come: unread packets fill the memory." },
  [34] = { "write failed" },
  [36] = { "configuration failed" },
  [37] = { "task create failed", "Close sockets that are not needed: each has a task in the module." },
  [38] = { "flash failed" },
  [39] = { "UART baud rate" }, [40] = { "UART data bits" }, [41] = { "UART stop bits" }, [42] = { "UART parity" },
  [43] = { "UART flow control" }, [44] = { "UART configuration failed" },
  [45] = { "user or password" },
  [46] = { "low power failed" },
  [47] = { "configuration not set", "The settings that this command uses have not been made." },
  [63] = { "common error" },
}

local wifi = {
  [64] = { "Wi-Fi init failed" },
  [65] = { "Wi-Fi mode", "Stations need AT+WMODE=1; modem.wifi.join sets it." },
  [66] = { "Wi-Fi connect failed",
    "Check the name, the password and the signal (modem.wifi.scan()); the module has 2.4 GHz only, but for the BW16." },
  [67] = { "DHCP failed", "The access point gives no address: is its pool exhausted, or the MAC address filtered?" },
  [68] = { "Wi-Fi authentication failed", "The password is wrong, or the access point wants WPA3." },
  [69] = { "access point not found", "modem.wifi.scan() tells which there are; names are case-sensitive." },
  [70] = { "scan start failed" }, [71] = { "scan timeout" },
  [72] = { "access point start failed" },
  [73] = { "Wi-Fi info failed" },
  [74] = { "Wi-Fi interface not running", "Join an access point first: modem.wifi.join { ssid = …, password = … }." },
  [75] = { "country code" }, [76] = { "network configuration failed" },
  [95] = { "Wi-Fi unknown error" },
}

local socket = {
  [96] = { "socket create failed",
    "All sockets may be in use: modem.sockets() lists them, AT+SOCKETDEL=<ConID> frees one." },
  [97] = { "socket connect failed",
    "In this order: does something listen at that host and port? Is the host in reach of this access point (clients "
      .. "may be kept apart)? Has the module an address (modem.wifi.status())?", condition = "refused" },
  [98] = { "DNS failed", "Check the host name; modem.dns.servers() tells the DNS servers, and sets others.",
    condition = "unknown host" },
  [99] = { "socket state", "The connection has ended, or is being made." },
  [100] = { "socket type" },
  [101] = { "socket send failed", "The connection has ended; open another one." },
  [102] = { "socket receive failed" },
  [103] = { "socket task create failed",
    "Too many sockets: modem.sockets() lists them; seeds of a server must be closed when they are done." },
  [104] = { "socket bind failed", "The port is in use; a server that was just deleted keeps its port for some 3 s." },
  [105] = { "transparent transmission failed",
    "It needs one connection and nothing else: modem.sockets() lists what there is." },
  [106] = { "ping lost" }, [107] = { "ping partly lost" },
  [108] = { "SSL configuration failed",
    "Check the certificates: modem.certificates.get(\"ca\") gives what the module has." },
  [109] = { "SSL verify failed",
    "In this order: is the CA the one that the server's chain ends in? Does the server ask for a client certificate "
      .. "(verify = \"mutual\")? Does it want a version of TLS that the module has not got?" },
  [110] = { "unknown ConID", "The connection is gone; modem.sockets() lists the existing ones." },
  [127] = { "socket unknown error" },
}

local by_code, by_text = {}, {}

for _, list in ipairs { system, wifi, socket } do
  for code, entry in pairs(list) do
    local name = errors.token(entry[1])
    local described = { code = code, origin = "aithinker", name = name, text = entry[1], hint = entry[2],
      condition = entry.condition }
    by_code[code], by_text[name] = described, described
  end
end

return { by_code = by_code, by_text = by_text, origin = "aithinker" }
