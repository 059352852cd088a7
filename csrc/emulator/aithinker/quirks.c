#include "emulator/aithinker/quirks.h"

#include "emulator/emu.h"

#define BIT(name) (UINT64_C(1) << AITHINKER_QUIRK_##name)

/* Lineages: A is the older combo firmware (Ai-WB2 V4.18_P1.x), B the later one (V4.18_P23.x). The guide is
 * Ai-Thinker's combo AT guide. */
const struct emu_quirk_entry aithinker_quirks[] = {
    {"dissconnect", BIT(DISSCONNECT), "the event of an end is spelled SocketDissconnect", "lineage A, guide"},
    {"state-table", BIT(STATE_TABLE),
     "AT+SOCKET? tells 1 connected, 2 ended, 3 connecting, and not the firmware's 3, 0, 1",
     "TCP/IP page, table of <Status>; its own example has 3 for connected"},
    {"state-127", BIT(STATE_127), "a connection that has ended is told as 127 until it is deleted",
     "BW20 P1.0.22"},
    {"server-minus-one", BIT(SERVER_MINUS_ONE),
     "AT+SOCKET? tells server -1, not 0, for what came from no server",
     "TCP/IP page, <server ConID>; its own example has 0"},
    {"plus-error", BIT(PLUS_ERROR), "+ERROR instead of ERROR behind the code", "SDK library of January 2024"},
    {"bare-error", BIT(BARE_ERROR), "ERROR without a line with the code", "TCP/IP page tells of none"},
    {"unknown-is-error", BIT(UNKNOWN_IS_ERROR),
     "an unknown command gets code 1 and ERROR, not a line Unknown cmd without a result code",
     "guide, error codes"},
    {"busy-words", BIT(BUSY_WORDS), "[Busy]cmd is running... instead of [Busy]Cmd running", "guide"},
    {"silent-send", BIT(SILENT_SEND),
     "sends to a connection that is unknown or gone take the data and answer nothing", "V4.18_P23.2.1"},
    {"prompt-line", BIT(PROMPT_LINE), "CR LF in front of the prompt", "TCP/IP page: on the second line"},
    {"prompt-space", BIT(PROMPT_SPACE), "a space behind the prompt", "logs of V4.18_P1.4.4"},
    {"read-colon", BIT(READ_COLON), "+SOCKETREAD: instead of +SOCKETREAD,", "vendor's agent notes 3.8.0"},
    {"read-crlf", BIT(READ_CRLF), "CR LF around the line of AT+SOCKETREAD, as around others",
     "guide, blank lines of its examples"},
    {"wdomain-cr", BIT(WDOMAIN_CR), "a lone CR in front of +WDOMAIN:", "SDK library of January 2024"},
    {"wscan-space", BIT(WSCAN_SPACE), "a space behind the index in the rows of AT+WSCAN",
     "before V4.18_P2.19.3"},
    {"join-ok-first", BIT(JOIN_OK_FIRST), "OK to AT+WJAP before WIFI_CONNECT", "vendor's agent notes 3.8.0"},
    {"no-wdisconnect", BIT(NO_WDISCONNECT), "there is no AT+WDISCONNECT", "SDK library of January 2024"},
    {"short-lines", BIT(SHORT_LINES), "lines over 256 bytes are dropped, not over 1023",
     "SDK headers of January 2024"},
    {"reconnect", BIT(RECONNECT), "clients connect again by themselves: SocketReconnect",
     "P2.27.0 and later"},
    {"autodel", BIT(AUTODEL), "connections that have ended and are read are deleted: SocketAutoDel",
     "V4.18_P1.4.4"},
    {"autodel-alone", BIT(AUTODEL) | BIT(AUTODEL_ALONE), "the same, and no SocketDisconnect comes before it",
     "BW20 P1.0.22"},
    {"autodel-after-del", BIT(AUTODEL_AFTER_DEL), "SocketAutoDel follows AT+SOCKETDEL too", "V4.18_P23.2.1"},
    {"no-seed-event", BIT(NO_SEED_EVENT), "no event tells of a seed", "BW20 P1.0.22"},
    {"events-anywhere", BIT(EVENTS_ANYWHERE), "events come between prompt and result code", "before P2.23.1"},
    {"tt-events", BIT(TT_EVENTS), "events come in transparent transmission", "before P2.31.1"},
    {"tt-exit-anywhere", BIT(TT_EXIT_ANYWHERE), "+++ anywhere in the data ends transparent transmission",
     "vendor's demo; before BW16 P4.12.0"},
    {"pull-loses", BIT(PULL_LOSES), "packets are lost while 8 KiB of a connection are unread",
     "vendor's agent notes 3.8.0: when the heap is low"},
    {"ca-unchecked", BIT(CA_UNCHECKED), "a stored CA is not checked against", "P1.3.4"},
    {"recvcfg-at-open", BIT(RECVCFG_AT_OPEN), "AT+SOCKETRECVCFG counts for connections made after it",
     "V4.18_P23.2.1"},
    {"banner-bw16", BIT(BANNER_BW16), "the boot banner is one line of versions, without ready",
     "BW16 V4.18_P5.6.4"},
    {"WB2-P1.4.4",
     BIT(DISSCONNECT) | BIT(AUTODEL) | BIT(EVENTS_ANYWHERE) | BIT(TT_EVENTS) | BIT(CA_UNCHECKED),
     "all that is known of the later lineage A", "V4.18_P1.4.4"},
    {"WB2-P23.2.1",
     BIT(P23) | BIT(SILENT_SEND) | BIT(RECONNECT) | BIT(AUTODEL_AFTER_DEL) | BIT(RECVCFG_AT_OPEN) |
         BIT(NO_WDISCONNECT) | BIT(WDOMAIN_CR) | BIT(SHORT_LINES),
     "all that is known of lineage B, and its version", "V4.18_P23.2.1"},
    {0},
};

bool aithinker_quirk(const struct emu *emu, enum aithinker_quirk quirk)
{
    return (emu->quirks >> quirk & 1) != 0;
}
