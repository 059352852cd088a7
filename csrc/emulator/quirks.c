#include "emulator/quirks.h"

#include "emulator/emu.h"
#include "emulator/module.h"

#include <string.h>

static const struct emu_quirk_entry quirks[] = {
    {"eg800k-566", EMU_QUIRK_EG800K_566,
     "QSSLOPEN reports 566 for every refusal by TLS or of a certificate, and QIGETERROR then says 0",
     "EG800KCNGCR07A06M04"},
    {"eg800k-552", EMU_QUIRK_EG800K_552,
     "after 20 QSSLOPENs every open gives 552 and QIACT fails after QIDEACT, until the module is rebooted",
     "EG800KCNGCR07A06M04"},
    {"ec200u-push-crlf", EMU_QUIRK_PUSH_CRLF, "CR LF follows the data of a direct push URC",
     "EC200UCNAAR03A15M08"},
    {"late-urc-before-recv", EMU_QUIRK_LATE_URC_BEFORE_RECV,
     "a \"recv\" URC stands directly in front of the +QSSLRECV or +QIRD line", "BG95 class"},
    {"urcport-elsewhere", EMU_QUIRK_URCPORT_ELSEWHERE,
     "URCs and deferred results go to another port until AT+QURCCFG=\"urcport\" names this one or \"all\"",
     "EG800KCNGCR07A06M04 as shipped"},
    {"cme-text-mixed", EMU_QUIRK_CME_TEXT_MIXED,
     "with CMEE=2 the codes from 400 up stay numbers, but for \"file already exist\"", "EG800KCNGCR07A06M04"},
    {"qfupl-exists-text", EMU_QUIRK_QFUPL_EXISTS_TEXT,
     "QFUPL onto a name that exists answers \"file already exist\" in words, with CMEE=1 too",
     "EG800KCNGCR07A06M04"},
    {"first-command-lost", EMU_QUIRK_FIRST_COMMAND_LOST,
     "the first command line after power-up and after every boot gets no answer", "BG96MAR02A07M1G"},
    {"sms-done-order", EMU_QUIRK_SMS_DONE_ORDER, "PB DONE is printed before SMS DONE at boot",
     "EC2x/EG9x AT manual, AT+CFUN=1 example"},
    {"formatcfg-prompt", EMU_QUIRK_FORMATCFG_PROMPT,
     "the prompt of the send commands is CR LF > CR LF, as after AT+QICFG=\"formatcfg\"", "TCP/IP note"},
    {"info-without-blank-line", EMU_QUIRK_INFO_WITHOUT_BLANK_LINE,
     "no blank line between an information response and the result code", "BG770AGLAAR01A05, +QMTOPEN"},
    {"closed-before-drained", EMU_QUIRK_CLOSED_BEFORE_DRAINED,
     "the \"closed\" URC arrives while received data is still unread", "ESP8266"},
    {"recv-announces-more", EMU_QUIRK_RECV_ANNOUNCES_MORE,
     "QSSLRECV and QIRD announce 16 bytes more than they bring and end without a result code", "SIM7000"},
    {"no-space-after-colon", EMU_QUIRK_NO_SPACE_AFTER_COLON, "\"+NAME:value\" instead of \"+NAME: value\"",
     "FTP and SSL notes' own examples"},
    {"ftp-pwd-bare", EMU_QUIRK_FTP_PWD_BARE, "the path of +QFTPPWD is not quoted", "EC20, EC25"},
    {"ftp-stat-before-ok", EMU_QUIRK_FTP_STAT_BEFORE_OK, "+QFTPSTAT stands in front of OK",
     "FTP note 3.6, an example"},
    {"ftp-space-after-comma", EMU_QUIRK_FTP_SPACE_AFTER_COMMA, "+QFTPSIZE: 0, 1000",
     "FTP note 3.4, an example"},
    {"ftp-password-masked", EMU_QUIRK_FTP_PASSWORD_MASKED,
     "AT+QFTPCFG=\"account\" shows the password as asterisks", "EG800KCNGCR07A06M04"},
    {"ftp-615-poisons", EMU_QUIRK_FTP_615_POISONS,
     "after one 615 every FTP command is refused with 603, until AT+QFTPCLOSE or a reboot",
     "EG800KCNGCR07A06M04"},
    {"ftp-escape-aborts", EMU_QUIRK_FTP_ESCAPE_ABORTS,
     "+++ ends a download for good, without +QFTPGET, and ATO answers NO CARRIER", "EG800KCNGCR07A06M04"},
    {"ftp-eof-550", EMU_QUIRK_FTP_EOF_550, "QFTPGET from the end of a file on reports 627,550 instead of 0,0",
     "a public driver"},
    {"ftp-put-609", EMU_QUIRK_FTP_PUT_609,
     "QFTPPUT without length reports 609,0 although all has arrived, also after +++", "public drivers"},
    {"ftp-refused-later", EMU_QUIRK_FTP_REFUSED_LATER,
     "a COM: transfer that the server refuses answers OK and +QFTPxxx: err,code, not +CME ERROR: err",
     "FTP note 2.5, 2.6"},
    {"ftp-no-carrier", EMU_QUIRK_FTP_NO_CARRIER,
     "a connection lost in data mode is NO CARRIER and nothing else, not OK and +QFTPxxx: 607,0",
     "FTP note 1.5 with SSL note 1.4"},
    {"EG800K",
     EMU_QUIRK_FTP_PASSWORD_MASKED | EMU_QUIRK_FTP_615_POISONS | EMU_QUIRK_FTP_ESCAPE_ABORTS |
         EMU_QUIRK_EG800K_566 | EMU_QUIRK_EG800K_552 | EMU_QUIRK_URCPORT_ELSEWHERE |
         EMU_QUIRK_CME_TEXT_MIXED | EMU_QUIRK_QFUPL_EXISTS_TEXT,
     "all that was recorded of EG800K", "EG800KCNGCR07A06M04"},
    {"EC200U", EMU_QUIRK_PUSH_CRLF, "all that was recorded of EC200U", "EC200UCNAAR03A15M08"},
    {0},
};

bool emu_quirk(const struct emu *emu, enum emu_quirk quirk)
{
    return (emu->quirks & (uint64_t)quirk) != 0;
}

static const struct emu_quirk_entry *find_in(const struct emu_quirk_entry *list, const char *name,
                                             size_t length)
{
    for (; list && list->name; list++)
        if (strlen(list->name) == length && strncmp(list->name, name, length) == 0)
            return list;
    return NULL;
}

static const struct emu_quirk_entry *find(const char *name, size_t length)
{
    const struct emu_quirk_entry *found = find_in(quirks, name, length);
    for (const struct emu_module *const *module = emu_modules(); !found && *module; module++)
        found = find_in((*module)->quirks, name, length);
    return found;
}

const char *emu_quirks_parse(const char *names, uint64_t *flags)
{
    while (*names) {
        size_t length = strcspn(names, ",");
        const struct emu_quirk_entry *quirk = find(names, length);
        if (!quirk)
            return names;
        *flags |= quirk->flags;
        names += length;
        if (*names == ',')
            names++;
    }
    return NULL;
}

static void list(FILE *file, const struct emu_quirk_entry *quirk)
{
    for (; quirk && quirk->name; quirk++)
        fprintf(file, "%-24s %s (%s)\n", quirk->name, quirk->description, quirk->source);
}

void emu_quirks_list(FILE *file)
{
    list(file, quirks);
    for (const struct emu_module *const *module = emu_modules(); *module; module++)
        list(file, (*module)->quirks);
}
