-- The examples of the page "TCP/IP AT Command Set". Where it prints what no firmware does (state 3 explained as connecting,
-- -1 or 0 for a server that there is none of) the values are its own. Its example of AT+SOCKETTT is data mode, which
-- spec/aithinker/transparent_spec.lua plays.

local page = "TCP/IP AT Command Set, "

return {
  {
    name = "open clients and servers", source = page .. "AT+SOCKET", fidelity = "document",
    { "AT+SOCKET=1,8001" },
    { "AT+SOCKET=2,192.168.31.239,23333" },
    { "AT+SOCKET=3,8888" },
    { "AT+SOCKET=4,192.168.31.239,60000" },
  },
  {
    name = "open a client, told its ConID", source = page .. "AT+SOCKETTT", fidelity = "document",
    { "AT+SOCKET=4,192.168.31.98,18", info = { "connect success ConID=1" }, lead = "" },
  },
  {
    name = "list sockets", source = page .. "AT+SOCKET?", fidelity = "document",
    { "AT+SOCKET?", info = { "1,4,3,192.168.31.239,60000,-1,0" }, lead = "" },
  },
  {
    name = "send in long data mode", source = page .. "AT+SOCKETSEND", fidelity = "document",
    { "AT+SOCKETSEND=1,3", data = "123" },
  },
  {
    name = "send in single-line mode", source = page .. "AT+SOCKETSENDLINE", fidelity = "document",
    { "AT+SOCKETSENDLINE=2,10,1234567890" },
  },
  {
    name = "read a packet", source = page .. "AT+SOCKETREAD", fidelity = "document",
    { urc = "+EVENT:SocketDown,1,21" },
    { "AT+SOCKETREAD=1", info = { "+SOCKETREAD,1,21" }, block = "Hello From TCP Server", lead = "" },
  },
  {
    name = "received data in active mode", source = page .. "AT+SOCKETRECVCFG", fidelity = "document",
    { "AT+SOCKETRECVCFG=1" },
    { urc = "+EVENT:SocketDown,1,21", block = "Hello From TCP Server" },
    { "AT+SOCKETRECVCFG=0" },
  },
  {
    name = "delete a connection", source = page .. "AT+SOCKETDEL", fidelity = "document",
    { "AT+SOCKETDEL=1" },
  },
  {
    name = "connect at power-up", source = page .. "AT+SOCKETAUTOTT", fidelity = "document",
    { "AT+SOCKETAUTOTT=4,192.168.31.239,60000" },
    { "AT+SOCKETAUTOTT?", info = { "+SOCKETAUTOTT:4,192.168.31.239,60000" } },
  },
  {
    name = "set and query a certificate", source = page .. "AT+SSLCRET", fidelity = "document",
    { "AT+SSLCRET=1,10", data = "1234567890" },
    { "AT+SSLCRET=1", info = { "+SSLCRET:1,10" }, block = "1234567890" },
  },
  {
    name = "resolve a name", source = page .. "AT+WDOMAIN", fidelity = "document",
    { "AT+WDOMAIN=www.baidu.com", info = { "+WDOMAIN:14.119.104.189" }, lead = "\r" },
  },
  {
    name = "query and set DNS servers", source = page .. "AT+WDNS", fidelity = "document",
    { "AT+WDNS?", info = { "+WDNS:192.168.3.1,0.0.0.0" } },
    { "AT+WDNS=114.114.114.114", info = { "+WDNS:114.114.114.114" } },
  },
}
