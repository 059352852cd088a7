/* The least that a client can do: write, poll, read until the answer's end is there. What the library is
 * measured by. Usage: raw PTY at|read|send ROUNDS; prints seconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BLOCK = 1500,
    SEND_BLOCK = 1460
};

static char buffer[8192];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void say(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t taken = write(fd, bytes, length);
        if (taken <= 0)
            exit(1);
        bytes += taken;
        length -= (size_t)taken;
    }
}

/* Reads until at least so many bytes are there and they end in this text. */
static void await(int fd, size_t least, const char *end)
{
    size_t length = 0, end_length = strlen(end);
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    do {
        if (poll(&poller, 1, 5000) != 1)
            exit(2);
        ssize_t count = read(fd, buffer + length, sizeof buffer - length);
        if (count <= 0)
            exit(1);
        length += (size_t)count;
    } while (length < least || memcmp(buffer + length - end_length, end, end_length) != 0);
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    int fd = open(arguments[1], O_RDWR | O_NOCTTY);
    const char *what = arguments[2];
    long rounds = atol(arguments[3]);
    struct termios line;
    static char payload[SEND_BLOCK], copy[READ_BLOCK];
    char command[64];
    if (fd < 0 || tcgetattr(fd, &line) != 0)
        return 1;
    cfmakeraw(&line);
    tcsetattr(fd, TCSANOW, &line);
    memset(payload, 'y', sizeof payload);

    double started = now();
    for (long i = 0; i < rounds; i++) {
        if (what[0] == 'a') {
            say(fd, "AT+CSQ\r", 7);
            await(fd, 6, "\r\nOK\r\n");
        } else if (what[0] == 'r') {
            int length = snprintf(command, sizeof command, "AT+QSSLRECV=0,%d\r", READ_BLOCK);
            say(fd, command, (size_t)length);
            await(fd, READ_BLOCK, "\r\nOK\r\n");
            memcpy(copy, buffer + 20, sizeof copy);
        } else {
            int length = snprintf(command, sizeof command, "AT+QSSLSEND=0,%d\r", SEND_BLOCK);
            say(fd, command, (size_t)length);
            await(fd, 4, "\r\n> ");
            say(fd, payload, sizeof payload);
            await(fd, 11, "\r\nSEND OK\r\n");
        }
    }
    printf("%.6f\n", now() - started);
    return 0;
}
