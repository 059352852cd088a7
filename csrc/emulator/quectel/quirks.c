#include "emulator/quectel/quirks.h"

#include "emulator/quectel/quectel.h"

enum {
    OPENS_UNTIL_EXHAUSTED = 20
};

#define BIT(name) (UINT64_C(1) << QUECTEL_QUIRK_##name)

const struct emu_quirk_entry quectel_quirks[] = {
    {"eg800k-566", BIT(EG800K_566),
     "QSSLOPEN reports 566 for all TLS and certificate errors, and QIGETERROR then reports 0",
     "EG800KCNGCR07A06M04"},
    {"eg800k-552", BIT(EG800K_552),
     "after 20 QSSLOPENs every open fails with 552 and QIACT fails after QIDEACT, until reboot",
     "EG800KCNGCR07A06M04"},
    {"ec200u-push-crlf", BIT(PUSH_CRLF), "CR LF follows the data of a direct push URC",
     "EC200UCNAAR03A15M08"},
    {"late-urc-before-recv", BIT(LATE_URC_BEFORE_RECV),
     "a \"recv\" URC immediately precedes the +QSSLRECV or +QIRD line", "BG95 class"},
    {"urcport-elsewhere", BIT(URCPORT_ELSEWHERE),
     "URCs and deferred results go to another port until AT+QURCCFG=\"urcport\" names this one or \"all\"",
     "EG800KCNGCR07A06M04 as shipped"},
    {"cme-text-mixed", BIT(CME_TEXT_MIXED),
     "with CMEE=2 codes from 400 are still numbers, except for \"file already exist\"",
     "EG800KCNGCR07A06M04"},
    {"qfupl-exists-text", BIT(QFUPL_EXISTS_TEXT),
     "QFUPL to an existing name answers \"file already exist\" as text even with CMEE=1",
     "EG800KCNGCR07A06M04"},
    {"sms-done-order", BIT(SMS_DONE_ORDER), "PB DONE is printed before SMS DONE at boot",
     "EC2x/EG9x AT manual, AT+CFUN=1 example"},
    {"formatcfg-prompt", BIT(FORMATCFG_PROMPT),
     "the prompt of the send commands is CR LF > CR LF, as after AT+QICFG=\"formatcfg\"", "TCP/IP note"},
    {"closed-before-drained", BIT(CLOSED_BEFORE_DRAINED),
     "the \"closed\" URC arrives while received data is still unread", "ESP8266"},
    {"recv-announces-more", BIT(RECV_ANNOUNCES_MORE),
     "QSSLRECV and QIRD announce 16 bytes more than they deliver and omit the result code", "SIM7000"},
    {"ftp-pwd-bare", BIT(FTP_PWD_BARE), "the path of +QFTPPWD is not quoted", "EC20, EC25"},
    {"ftp-stat-before-ok", BIT(FTP_STAT_BEFORE_OK), "+QFTPSTAT precedes OK", "FTP note 3.6, an example"},
    {"ftp-space-after-comma", BIT(FTP_SPACE_AFTER_COMMA), "a space after the comma in +QFTPSIZE: 0, 1000",
     "FTP note 3.4, an example"},
    {"ftp-password-masked", BIT(FTP_PASSWORD_MASKED),
     "AT+QFTPCFG=\"account\" shows the password as asterisks", "EG800KCNGCR07A06M04"},
    {"ftp-615-poisons", BIT(FTP_615_POISONS),
     "after error 615 all FTP commands are refused with 603 until AT+QFTPCLOSE or a reboot",
     "EG800KCNGCR07A06M04"},
    {"ftp-escape-aborts", BIT(FTP_ESCAPE_ABORTS),
     "+++ aborts a download without +QFTPGET, and ATO answers NO CARRIER", "EG800KCNGCR07A06M04"},
    {"ftp-eof-550", BIT(FTP_EOF_550), "QFTPGET starting at the end of a file reports 627,550 instead of 0,0",
     "a public driver"},
    {"ftp-put-609", BIT(FTP_PUT_609),
     "QFTPPUT without a length reports 609,0 although all data arrived, also after +++", "public drivers"},
    {"ftp-refused-later", BIT(FTP_REFUSED_LATER),
     "a COM: transfer refused by the server answers OK and +QFTPxxx: err,code instead of +CME ERROR",
     "FTP note 2.5, 2.6"},
    {"ftp-no-carrier", BIT(FTP_NO_CARRIER),
     "a connection lost in data mode only prints NO CARRIER instead of OK and +QFTPxxx: 607,0",
     "FTP note 1.5 with SSL note 1.4"},
    {"qsslcfg-2018", BIT(QSSLCFG_2018), "QSSLCFG lacks \"sni\", \"negotiatetime\" and \"ignorelocaltime\"",
     "BG96 firmware of 2018"},
    {"EG800K",
     BIT(FTP_PASSWORD_MASKED) | BIT(FTP_615_POISONS) | BIT(FTP_ESCAPE_ABORTS) | BIT(EG800K_566) |
         BIT(EG800K_552) | BIT(URCPORT_ELSEWHERE) | BIT(CME_TEXT_MIXED) | BIT(QFUPL_EXISTS_TEXT),
     "all recorded quirks of EG800K", "EG800KCNGCR07A06M04"},
    {"EC200U", BIT(PUSH_CRLF), "all recorded quirks of EC200U", "EC200UCNAAR03A15M08"},
    {0},
};

const struct emu_quirk_habit quectel_habits[] = {
    {"urc_port=usbat", QUECTEL_QUIRK_URCPORT_ELSEWHERE},
    {"mixed_error_texts=true", QUECTEL_QUIRK_CME_TEXT_MIXED},
    {"existing_file_as_text=true", QUECTEL_QUIRK_QFUPL_EXISTS_TEXT},
    {"line_end_after_prompt=true", QUECTEL_QUIRK_FORMATCFG_PROMPT},
    {"notification_before_read=true", QUECTEL_QUIRK_LATE_URC_BEFORE_RECV},
    {"read_announces_more=true", QUECTEL_QUIRK_RECV_ANNOUNCES_MORE},
    {"line_end_after_pushed_data=true", QUECTEL_QUIRK_PUSH_CRLF},
    {"ftp_status_before_ok=true", QUECTEL_QUIRK_FTP_STAT_BEFORE_OK},
    {0},
};

bool quectel_is_exhausted(const struct quectel *quectel)
{
    return emu_quirk(quectel->emu, QUECTEL_QUIRK_EG800K_552) && quectel->ssl_opens >= OPENS_UNTIL_EXHAUSTED;
}
