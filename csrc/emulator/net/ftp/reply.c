#include "emulator/net/ftp/reply.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Returns the three-digit code at the start of a line, or 0. */
static int code_of(const char *line)
{
    for (int i = 0; i < 3; i++)
        if (!isdigit((unsigned char)line[i]))
            return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
}

/* Handles a complete line. Returns true if it ends a reply. */
static bool end_line(struct emu_ftp_reply *reply)
{
    if (reply->length > 0 && reply->line[reply->length - 1] == '\r')
        reply->length--;
    reply->line[reply->length] = '\0';
    reply->length = 0;
    int code = code_of(reply->line);
    if (code == 0 || (reply->open != 0 && code != reply->open))
        return false;
    if (reply->line[3] == '-') {
        reply->open = code;
        return false;
    }
    if (reply->line[3] != ' ' && reply->line[3] != '\0')
        return false;
    reply->open = 0;
    reply->code = code;
    snprintf(reply->text, sizeof reply->text, "%s", reply->line + (reply->line[3] ? 4 : 3));
    return true;
}

bool emu_ftp_reply_next(struct emu_ftp_reply *reply, struct emu_ring *ring)
{
    const char *at;
    while (emu_ring_peek(ring, &at) > 0) {
        char byte = *at;
        emu_ring_drop(ring, 1);
        if (byte != '\n') {
            if (reply->length < EMU_FTP_LINE_MAX)
                reply->line[reply->length++] = byte;
        } else if (end_line(reply)) {
            return true;
        }
    }
    return false;
}

bool emu_ftp_reply_path(const char *text, char *path, size_t size)
{
    const char *from = strchr(text, '"');
    size_t length = 0;
    if (!from)
        return false;
    for (from++; *from && length + 1 < size; from++) {
        if (*from == '"' && *++from != '"') {
            path[length] = '\0';
            return true;
        }
        path[length++] = *from;
    }
    return false;
}

/* Parentheses are common but not mandatory (RFC 1123, 4.1.2.6). */
bool emu_ftp_reply_pasv(const char *text, char address[16], unsigned *port)
{
    unsigned n[6];
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text))
            continue;
        if (sscanf(text, "%3u,%3u,%3u,%3u,%3u,%3u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]) == 6)
            break;
        text += strspn(text, "0123456789") - 1;
    }
    if (!*text)
        return false;
    for (int i = 0; i < 6; i++)
        if (n[i] > 255)
            return false;
    snprintf(address, 16, "%u.%u.%u.%u", n[0] & 255, n[1] & 255, n[2] & 255, n[3] & 255);
    *port = n[4] * 256 + n[5];
    return *port > 0;
}

bool emu_ftp_reply_epsv(const char *text, unsigned *port)
{
    const char *from = strchr(text, '(');
    char mark = from ? from[1] : '\0';
    if (!mark || from[2] != mark || from[3] != mark)
        return false;
    return sscanf(from + 4, "%5u", port) == 1 && *port > 0 && *port <= 65535;
}
