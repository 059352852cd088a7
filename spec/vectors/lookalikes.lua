-- Texts that somebody else has written and that look like the module's own lines: bodies, data, messages.

return {
  "hello", "RDY", "\r\nRDY\r\n\r\nRDY\r\n", "a\r\n\r\nRDY\r\n\r\nb", "one\r\n\r\nOK\r\ntwo", "OK\r\n",
  "\r\nOK\r\n\r\nOK", "\r\n+CME ERROR: 50\r\nthree", "\r\n+QIURC: \"closed\",0\r\n", "+QIURC: \"closed\",0\r\n",
  "\r\n+QIURC: \"recv\",0,1500\r\n", "\r\n+QHTTPREAD: 0\r\n", "x\r\nSEND FAIL\r\n", "SEND OK\r\n", "\r\nPOWERED DOWN\r\n",
  "\r\nCONNECT\r\n", "CONNECT 1500\r\n", "NO CARRIER", "\r\nNO CARRIER\r\nmore", "> ", "R", "AT+QHTTPREAD=80\r\n",
  "+++", "\0\1\2\255", ("0123456789"):rep(146), "0123456789abcdef", "0123456789abcde", " leading",
}
