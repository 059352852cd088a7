/* A module that answers as fast as a program can, on a pty: what the benchmarks talk to. Prints the name of
 * the pty.
 *
 * Knows just what they send: any line is answered with OK, AT+QSSLRECV=… with 1500 bytes, AT+QSSLSEND=…,n
 * with a prompt, then n bytes are taken and SEND OK given; what a start-up asks is answered as an EC200U
 * would. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    BLOCK = 1500
};

static char answer_block[BLOCK + 64];
static size_t answer_block_length;

static void say(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t taken = write(fd, bytes, length);
        if (taken <= 0)
            exit(0);
        bytes += taken;
        length -= (size_t)taken;
    }
}

static void say_text(int fd, const char *text)
{
    say(fd, text, strlen(text));
}

/* Takes a command line; the bytes of data that it wants behind it. */
static size_t on_line(int fd, const char *line)
{
    const char *comma;
    if (strncmp(line, "AT+QSSLRECV=", 12) == 0) {
        say(fd, answer_block, answer_block_length);
    } else if (strncmp(line, "AT+QSSLSEND=", 12) == 0 && (comma = strchr(line, ',')) != NULL) {
        say_text(fd, "\r\n> ");
        return (size_t)atol(comma + 1);
    } else if (strcmp(line, "ATI") == 0) {
        say_text(fd, "\r\nQuectel\r\nEC200U\r\nRevision: EC200UCNAAR03A15M08\r\n\r\nOK\r\n");
    } else if (strncmp(line, "AT+QURCCFG", 10) == 0) {
        say_text(fd, "\r\n+QURCCFG: \"urcport\",\"all\"\r\n\r\nOK\r\n");
    } else if (strncmp(line, "AT+QSSLOPEN", 11) == 0) {
        say_text(fd, "\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n\r\n+QSSLURC: \"recv\",0\r\n");
    } else {
        say_text(fd, "\r\nOK\r\n");
    }
    return 0;
}

int main(void)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios line;
    if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0)
        return 1;
    int held = open(ptsname(fd), O_RDWR | O_NOCTTY); /* so that the pty stays while no client has it open */
    tcgetattr(held, &line);
    cfmakeraw(&line);
    tcsetattr(held, TCSANOW, &line);
    signal(SIGPIPE, SIG_IGN);

    int head = snprintf(answer_block, sizeof answer_block, "\r\n+QSSLRECV: %d\r\n", BLOCK);
    memset(answer_block + head, 'x', BLOCK);
    memcpy(answer_block + head + BLOCK, "\r\n\r\nOK\r\n", 8);
    answer_block_length = (size_t)head + BLOCK + 8;

    printf("%s\n", ptsname(fd));
    fflush(stdout);

    char buffer[8192], text[256];
    size_t length = 0, wanted = 0;
    for (;;) {
        ssize_t count = read(fd, buffer, sizeof buffer);
        if (count <= 0)
            return 0;
        for (ssize_t i = 0; i < count; i++) {
            if (wanted > 0) {
                size_t taken = (size_t)(count - i) < wanted ? (size_t)(count - i) : wanted;
                wanted -= taken;
                i += (ssize_t)taken - 1;
                if (wanted == 0)
                    say_text(fd, "\r\nSEND OK\r\n");
            } else if (buffer[i] == '\r') {
                text[length] = '\0';
                length = 0;
                wanted = on_line(fd, text);
            } else if (buffer[i] != '\n' && length < sizeof text - 1) {
                text[length++] = buffer[i];
            }
        }
    }
}
