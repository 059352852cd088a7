--- Command lines, right and mistyped, and malformed URLs, that hold a secret: `S3cr3tWord` is to be shown nowhere, by the
--- declarations of no dialect and without any.

return {
  -- The second command of a line, and after basic commands.
  'AT+CSQ;+CPIN="S3cr3tWord"', "AT+CSQ; +CPIN=S3cr3tWord", "AT+CSQ;+CPNI=S3cr3tWord", "ATE0+CPIN=S3cr3tWord",
  "ATE0;+CPIN=S3cr3tWord", "AT&F+CPIN=S3cr3tWord", 'ATE0V1+CPIN="S3cr3tWord"',
  'AT+CGDCONT=1,"IP","a";+QICSGP=1,1,"internet","me","S3cr3tWord",1',
  -- Spaces.
  'AT +CPIN="S3cr3tWord"', "AT +CPIN=S3cr3tWord", "AT+CPIN =S3cr3tWord", 'AT+CPIN = "S3cr3tWord"', "at + cpin = S3cr3tWord",
  "AT+ CPIN=S3cr3tWord", 'AT+CLCK = "SC",1,"S3cr3tWord"', 'AT+QFTPCFG = "account","me","S3cr3tWord"',
  'AT +QFTPCFG="account", "me", "S3cr3tWord"', 'AT +QICSGP=1,1,"internet","me","S3cr3tWord",1',
  'AT+QICSGP=1,1,"internet","me", "S3cr3tWord",1',
  -- Not declared, and known to carry secrets.
  'AT+CLCK="SC",1,"S3cr3tWord",7', 'AT+CPWD="SC","S3cr3tWord","x"', 'AT+CGAUTH=1,2,"user","S3cr3tWord"',
  'AT+CGAUTH=1,2,"S3cr3tWord"', 'AT+QMTCONN=0,"client","me","S3cr3tWord"', 'AT+QMTCFG="aliauth",0,"p","d","S3cr3tWord"',
  'AT+QHTTPCFG="auth","me:S3cr3tWord"', "AT+QHTTPCFG=auth,S3cr3tWord",
  'AT+QHTTPCFG="custom_header","Authorization: Basic S3cr3tWord"', 'AT+QSMTPCFG="account","me","S3cr3tWord"',
  'AT+QEMAILCFG="account","S3cr3tWord"', 'AT+QSSLCFG="psk",1,"id","S3cr3tWord"', 'AT+CPIN2="S3cr3tWord"', "AT^CPIN=S3cr3tWord",
  'AT+CPINR="S3cr3tWord"', "AT*PSW=S3cr3tWord", 'AT+WIFIKEY="S3cr3tWord"', "AT+APIKEY=S3cr3tWord",
  'AT^SPIC="S3cr3tWord"',
  -- Mistyped.
  "AT+CPNI=S3cr3tWord", 'AT+CPNI="S3cr3tWord"', "AT+CIPN=S3cr3tWord", "AT+CPI=S3cr3tWord", "AT+CPI N=S3cr3tWord",
  "AT+PIN=S3cr3tWord",
  "ATCPIN=S3cr3tWord", "+CPIN=S3cr3tWord", "CPIN=S3cr3tWord", "AT++CPIN=S3cr3tWord", "AAT+CPIN=S3cr3tWord",
  "AT+CPIN:S3cr3tWord", "AT+CPIN,S3cr3tWord", 'AT+CPIN"S3cr3tWord"', "AT+CPINS3cr3tWord",
  "AT+CPIN?S3cr3tWord", 'AT+CPIN?="S3cr3tWord"',
  "AT+CPIN==S3cr3tWord", "AT+CPIN='S3cr3tWord'", 'AT+CPIN="x;S3cr3tWord', 'AT+CPIN="""S3cr3tWord"', "AT+CPIN=;S3cr3tWord",
  'AT+QFTPCFGS="account","me","S3cr3tWord"', 'AT+FTPCFG="account","me","S3cr3tWord"',
  -- Fields that are too few, too many, or divided by something else.
  'AT+QFTPCFG="account";"me";"S3cr3tWord"', 'AT+QFTPCFG="account" "me" "S3cr3tWord"', "AT+QFTPCFG='account','me','S3cr3tWord'",
  'AT+QFTPCFG="accounts","me","S3cr3tWord"', 'AT+QFTPCFG=,"me","S3cr3tWord"', 'AT+QFTPCFG="me","S3cr3tWord"',
  'AT+QFTPCFG="S3cr3tWord"', 'AT+QICSGP=1,"internet","me","S3cr3tWord"', "AT+QICSGP=1,1,internet,me,S3cr3tWord,1",
  -- URLs, malformed ones among them.
  'AT+QFTPOPEN="ftp://me:S3cr3tWord@h",21', 'AT+QFTPOPEN="me:S3cr3tWord@h",21', 'AT+QFTPOPEN="ftp:/me:S3cr3tWord@h",21',
  'AT+QFTPOPEN="ftp:me:S3cr3tWord@h",21', "AT+QFTPOPEN=ftp//me:S3cr3tWord@h,21", 'AT+QFTPOPEN="ftp:/me:a S3cr3tWord@h",21',
  'AT+QIOPEN=1,0,"TCP","me:S3cr3tWord@h",80,0,1', 'AT+QHTTPURL="http//me:S3cr3tWord@h/"', 'AT+QPING=1,"http:\\\\me:S3cr3tWord@h"',
  "ftp://me:S3cr3tWord@h/x", "ftp//me:S3cr3tWord@h/x", "ftps:/me:S3cr3tWord@h", "http://me:x@S3cr3tWord@h/",
}
