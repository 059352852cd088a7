-- The examples of the SSL note for EC200U and EG91xU (V1.2), chapters 3.1 to 3.3. The note prints QSSLRCV, QSSSEND and
-- secclevel in places; the spellings here are those that the firmware of several families knows.

local note = "SSL note V1.2, "

return {
  {
    name = "configure a PDP context", source = note .. "3.1.1", fidelity = "document",
    { 'AT+QICSGP=1,1,"UNINET","","",1' },
  },
  {
    name = "activate a PDP context", source = note .. "3.1.2", fidelity = "document",
    { "AT+QIACT=1" },
    { "AT+QIACT?", info = { '+QIACT: 1,1,1,"10.7.157.1"' } },
  },
  {
    name = "deactivate a PDP context", source = note .. "3.1.3", fidelity = "document",
    { "AT+QIDEACT=1" },
  },
  {
    name = "configure an SSL context", source = note .. "3.2", fidelity = "document",
    { 'AT+QSSLCFG="sslversion",1,1' },
    { 'AT+QSSLCFG="ciphersuite",1,0X0035' },
    { 'AT+QSSLCFG="seclevel",1,1' },
    { 'AT+QSSLCFG="cacert",1,"UFS:cacert.pem"' },
  },
  {
    name = "open a connection in buffer access mode", source = note .. "3.3.1", fidelity = "document",
    { 'AT+QSSLOPEN=1,1,4,"220.180.239.212",8010,0', deferred = { "+QSSLOPEN: 4,0" } },
    { "AT+QSSLSTATE",
      info = { '+QSSLSTATE: 4,"SSLClient","220.180.239.212",8010,65344,2,1,4,0,"usbmodem",1' } },
  },
  {
    name = "send data of variable length", source = note .. "3.3.2.1", fidelity = "document",
    { "AT+QSSLSEND=4", data = "Test data from SSL\26", final = "SEND OK" },
  },
  {
    name = "send data of fixed length", source = note .. "3.3.2.2", fidelity = "document",
    { "AT+QSSLSEND=4,18", data = "Test data from SSL", final = "SEND OK" },
  },
  {
    name = "receive data", source = note .. "3.3.3", fidelity = "document",
    { urc = '+QSSLURC: "recv",4' },
    { "AT+QSSLRECV=4,1500", info = { "+QSSLRECV: 18" }, block = "Test data from SSL" },
    { "AT+QSSLRECV=4,1500", info = { "+QSSLRECV: 0" } },
  },
  {
    name = "close a connection", source = note .. "3.3.4", fidelity = "document",
    { "AT+QSSLCLOSE=4" },
  },
}
