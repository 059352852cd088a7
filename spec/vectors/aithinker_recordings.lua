-- What Ai-Thinker modules say, as published by the vendor and by those who recorded it. There is no capture to the byte of
-- this firmware: `fidelity` tells how far the text may be trusted: `lines` lines in order as printed; `reported` lines that
-- the author quotes; `document` the vendor's examples; `assembled` put together from several places. Addresses and names
-- are as the sources print them.

local GUIDE = "Ai-Thinker combo guide, "
local BANNER = "Ai-Thinker firmware pages, "
local DRONE = "Ai-WB2-12F, V4.18_P1.4.4 (framework P2.19.1); github drone-H743, progress notes of 2026-05-05"
local DRIVER = "Ai-WB2, V4.18_P23.2.1; RT-Thread at_device driver, comments of 2026-09-04"

local function banner(lines)
  local row = ("#"):rep(48)
  return ("\r\n%s\r\n\r\n%s\r\n\r\nready\r\n\r\n%s\r\n"):format(row, table.concat(lines, "\r\n"), row)
end

return {
  {
    name = "start of firmware P1.1.0", source = BANNER .. "WB2", fidelity = "lines",
    { boot = banner { "arch:BL602,NULL", "company:Ai-Thinker|B&T", "ble_mac:b40ecf1ce2d4", "wifi_mac:b40ecf1ce2d3",
      "sdk_version:release/release_bl_iot_sdk_1.6.36", "firmware_version:V4.18_P1.1.0-1fa41c3",
      "compile_time:Oct 11 2022 15:43:40" } },
  },
  {
    name = "start of firmware P1.4.4", source = BANNER .. "WB2", fidelity = "lines",
    { boot = banner { "arch:BL602,NULL", "company:Ai-Thinker|B&T", "ble_mac:7cb94c1dd632", "wifi_mac:7cb94c1dd631",
      "sdk_version:release/release_bl_iot_sdk_1.6.36", "firmware_version:V4.18_P1.4.4-e15d67b",
      "compile_time:Nov 25 2022 11:22:39" } },
  },
  {
    name = "start of firmware P2.5.1", source = BANNER .. "WB2", fidelity = "lines",
    { boot = banner { "arch:BL602,NULL", "company:Ai-Thinker|B&T", "ble_mac:b4e842c7b843", "wifi_mac:b4e842c7b842",
      "sdk_version:release/release_bl_iot_sdk_1.6.36", "firmware_version:Release-V4.18_P2.5.1-b90d62b",
      "compile_time:Jul 17 2023 14:33:20" } },
  },
  {
    name = "start of a BW16 with P5.6.4", source = BANNER .. "BW16", fidelity = "lines",
    { boot = "#calibration_ok:[2:19:11] \r\n\r\nat version:release/V4.18_P2.29.2 sdk version:amebad_v6.2C "
      .. "firmware version:release/V4.18_P5.6.4(May 30 2023-10:28:28)\r\n" },
  },
  {
    name = "start of a BW16 with v4.9.2", source = BANNER .. "BW16", fidelity = "lines",
    { boot = "#calibration_ok:[2:19:11] \r\n\r\nat version:release/v2.11.2 sdk version:amebad_v6.2C "
      .. "firmware version:release/v4.9.2(Jul  8 2022-16:18:01)\r\n" },
  },
  {
    name = "start of firmware like ESP-AT", source = BANNER .. "WB2, V4.18_P2.3.3", fidelity = "lines",
    { boot = ("#"):rep(48) .. "\r\nAT version:2.2.0\r\nSDK version:release_bl_iot_sdk_1.6.40-11-gf4c8dac01\r\n"
      .. "compile_time:Mar 29 2023 13:53:46\r\nBin version:V4.18_P2.3.3-179784b\r\n" .. ("#"):rep(48) .. "\r\n\r\nready\r\n" },
  },
  {
    name = "versions", source = GUIDE .. "basic commands; the same values: " .. DRONE, fidelity = "lines",
    { "AT+GMR", info = { "at version:release/V4.18_P2.19.1", "sdk version:release_bl_iot_sdk_1.6.36",
      "firmware version:V4.18_P1.4.4-e15d67b" } },
  },
  {
    name = "join an access point, TCP client in passive mode", source = GUIDE .. "TCP client, single connection",
    fidelity = "document",
    { "AT+WMODE=1,1" },
    { 'AT+WJAP="aithinker","1234567890"' },
    { urc = "+EVENT:WIFI_CONNECT" },
    { urc = "+EVENT:WIFI_GOT_IP" },
    { "AT+WJAP?", info = { "+WJAP:3,aithinker,1234567890,14:de:39:06:86:e4,WPA2 TKIP,7c:b9:4c:1d:c6:39,6,192.168.3.142,"
      .. "192.168.3.1" } },
    { "AT+SOCKET=4,192.168.3.162,6666", info = { "connect success ConID=1" } },
    { "AT+SOCKETSEND=1,9", data = "aithinker" },
    { urc = "+EVENT:SocketDown,1,9" },
    { "AT+SOCKETREAD=1", info = { "+SOCKETREAD,1,9" }, block = "aithinker" },
  },
  {
    name = "TCP server with a seed (the guide prints ConID 1 for a read of 2)",
    source = GUIDE .. "softAP and TCP server, multi connection", fidelity = "document",
    { "AT+WMODE=2,1" },
    { 'AT+WAP="aithinker778","12345678",6,3,0' },
    { "AT+WAP?", info = { "+WAP:aithinker778,12345678,WPA/WPA2 AES,6,3,0,7c:b9:4c:1d:c6:39,1.168.43.1,192.168.43.1",
      "Client Num: 0" } },
    { "AT+SOCKET=3,6666" },
    { urc = "+EVENT:SocketSeed,2,1" },
    { "AT+SOCKETSENDLINE=2,9,aithinker" },
    { "AT+SOCKETREAD=2", info = { "+SOCKETREAD,1,9" }, block = "aithinker" },
    { "AT+SOCKETDEL=2" },
  },
  {
    name = "UDP client that receives", source = GUIDE .. "UDP client", fidelity = "document",
    { "AT+SOCKET=2,192.168.3.162,6666", info = { "connect success ConID=1" } },
    { "AT+SOCKETSEND=1,9", data = "aithinker" },
    { urc = "+EVENT:SocketDown,1,9" },
    { "AT+SOCKETREAD=1", info = { "+SOCKETREAD,1,9" }, block = "aithinker" },
    { "AT+SOCKETDEL=1" },
  },
  {
    name = "certificate, set and read", source = GUIDE .. "TCP-IP commands", fidelity = "document",
    { "AT+SSLCRET=1,10", data = "1234567890" },
    { "AT+SSLCRET=1", info = { "+SSLCRET:1,10" }, block = "1234567890", lead = "" },
  },
  {
    name = "settings of a connection made at power-up", source = DRONE, fidelity = "reported",
    { "AT+WAUTOCONN?", info = { "+WAUTOCONN:1" } },
    { "AT+SOCKETAUTOTT?", info = { "+SOCKETAUTOTT:4,192.168.223.205,6666" } },
  },
  {
    name = "power-up with that setting, up to the prompt", source = DRONE, fidelity = "reported",
    { boot = "\r\nready\r\n\r\n+EVENT:WIFI_CONNECT\r\n\r\n+EVENT:WIFI_GOT_IP\r\nconnect success ConID=1\r\n\r\nOK\r\n" },
    { "AT+SOCKETAUTOTT?", info = { "+SOCKETAUTOTT:4,192.168.223.205,6666" } },
  },
  {
    name = "power-up with a UDP connection, up to the prompt: no OK is quoted", source = DRONE, fidelity = "reported",
    { boot = "\r\nready\r\n\r\n+EVENT:WIFI_CONNECT\r\n\r\n+EVENT:WIFI_GOT_IP\r\nconnect success ConID=1\r\n" },
    { "AT+SOCKETAUTOTT?", info = { "+SOCKETAUTOTT:2,192.168.223.205,6666" } },
  },
  {
    name = "state of the station", source = "vendor's skill pages; " .. DRIVER, fidelity = "assembled",
    { "AT+STAINFO?", info = { "+STAINFO:3", "SSID:test", "Password:123456789",
      "e1:f9:8a:aa:fc:4f,WPA/WPA2 TKIP,b2:e3:41:c2:b3:42,5,192.168.3.125,192.168.3.1" } },
    { "AT+CIPSTAMAC_DEF?", info = { "+CIPSTAMAC_DEF:28bbed4378e1" } },
    { "AT+WSDHCP?", info = { "+WSDHCP:1" } },
    { "AT+WDNS?", info = { "+WDNS:192.168.3.1,0.0.0.0" } },
  },
  {
    name = "table of sockets", source = DRIVER, fidelity = "reported",
    { "AT+SOCKET?", info = { "3,3,3,,-1,1883,0" }, lead = "" },
    { "AT+SOCKET?" },
  },
  {
    name = "scan, a space behind the index", source = GUIDE .. "Wi-Fi commands", fidelity = "document",
    { "AT+WSCAN", info = { "+WSCAN:index SSID,CH,SECURITY,RSSI,BSSID",
      "1 IoT-Connect,9,WPA/WPA2 Mixed,-19,cc:81:da:1f:45:80",
      "2 IoT-Connect_5G,44,WPA/WPA2 Mixed,-30,cc:81:da:1f:45:88", "3 super_2G,1,WPA/WPA2 AES,-32,54:75:95:4f:74:5e" } },
  },
  {
    name = "scan, a comma behind the index", source = GUIDE .. "Wi-Fi commands", fidelity = "document",
    { "AT+WSCAN=AXK", info = { "+WSCAN:index,SSID,CH,SECURITY,RSSI,BSSID",
      "1,AXK,149,WPA/WPA2 Mixed,-50,f8:8c:21:b4:40:22", "2,AXK,48,WPA/WPA2 Mixed,-57,f8:8c:21:b4:4a:39",
      "3,AXK,161,WPA/WPA2 Mixed,-75,f8:8c:21:b4:3f:62", "4,AXK,157,WPA/WPA2 Mixed,-84,f8:8c:21:b4:2d:89" } },
  },
  {
    name = "MQTT: a message with its length", source = GUIDE .. "MQTT commands", fidelity = "assembled",
    { "AT+MQTT=1,192.168.202.10" },
    { "AT+MQTT?", info = { "+MQTT:0,192.168.202.10,1883,1,client_id,admin,public" } },
    { "AT+MQTT" },
    { urc = "+EVENT:MQTT_CONNECT" },
    { "AT+MQTTSUB=testtopic0,0" },
    { "AT+MQTTPUBRAW=testtopic,1,0,10", data = "1234567890" },
    { urc = "+EVENT:MQTT_SUB,testtopic0,3", block = "456" },
  },
  {
    name = "update over the air", source = GUIDE .. "basic commands", fidelity = "document",
    { "AT+OTA=2,chencongcc.oss-cn-beijing.aliyuncs.com,443,/bl_OTA-ComboV2.0.0.bin.xz" },
    { "AT+OTA" },
    { boot = "\r\nready\r\n" },
  },
  {
    name = "a peer that does not listen", source = DRONE, fidelity = "reported",
    { "AT+SOCKET=4,192.168.223.205,6666", info = { "+SOCKET:97" }, final = "ERROR", final_lead = "", code = 97 },
  },
  {
    name = "commands that join, and one too early", source = DRONE, fidelity = "reported",
    { "AT+WMODE=1", final = "Unknown cmd:ATE0AT+WMODE=1", final_lead = "", failed = true },
    { "AT+WJAP?", final = "[Busy]Cmd running", failed = true },
  },
}
