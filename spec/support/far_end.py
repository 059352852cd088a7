"""A pty whose far end does what a spec asks for, by a unix socket: a command a line, an answer a line.

send HEX: to the program; take COUNT: so many bytes of it; waiting: bytes that the program has not read;
cook: the line is set as a terminal's; line: how it is set; exclusive: 1 while it has the line for itself; hangup.
Usage: far_end.py SOCKET; prints the path of the pty. Ends with its first client."""
import array
import fcntl
import os
import socket
import sys
import termios
import threading
import tty

TIOCGEXCL = 0x80045440
TCGETS2 = 0x802C542A

far, near = os.openpty()
tty.setraw(near)


def number(request, descriptor):
    value = array.array("i", [0])
    fcntl.ioctl(descriptor, request, value)
    return value[0]


def take(count):
    taken = b""
    while len(taken) < count:
        taken += os.read(far, count - len(taken))
    return taken.hex()


def line():
    iflag, oflag, cflag, lflag = termios.tcgetattr(near)[:4]
    flags = {
        "xon": iflag & termios.IXON, "xoff": iflag & termios.IXOFF, "rtscts": cflag & termios.CRTSCTS,
        "parity": cflag & termios.PARENB, "two": cflag & termios.CSTOPB, "echo": lflag & termios.ECHO,
        "canonical": lflag & termios.ICANON, "post": oflag & termios.OPOST, "crnl": iflag & termios.ICRNL,
        "local": cflag & termios.CLOCAL,
    }
    on = [name for name in sorted(flags) if flags[name]]
    data = {termios.CS5: 5, termios.CS6: 6, termios.CS7: 7, termios.CS8: 8}[cflag & termios.CSIZE]
    speed = int.from_bytes(fcntl.ioctl(near, TCGETS2, bytes(44))[40:44], sys.byteorder)
    return " ".join([str(speed), str(data)] + on)


def cook():
    settings = termios.tcgetattr(near)
    settings[0] |= termios.ICRNL | termios.IXON
    settings[1] |= termios.OPOST
    settings[2] |= termios.PARENB | termios.CSTOPB
    settings[3] |= termios.ECHO | termios.ICANON
    termios.tcsetattr(near, termios.TCSANOW, settings)


def answer(words):
    if words[0] == "send":
        os.write(far, bytes.fromhex(words[1]))
    elif words[0] == "take":
        return take(int(words[1]))
    elif words[0] == "waiting":
        return str(number(termios.FIONREAD, near))
    elif words[0] == "cook":
        cook()
    elif words[0] == "line":
        return line()
    elif words[0] == "exclusive":
        return str(number(TIOCGEXCL, near))
    elif words[0] == "hangup":
        os.close(far)
    return "done"


server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print(os.ttyname(near), flush=True)


def serve(client):
    with client.makefile("rw") as stream:
        for command in stream:
            print(answer(command.split()), file=stream, flush=True)


def serve_others():
    while True:
        threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()


first = server.accept()[0]
threading.Thread(target=serve_others, daemon=True).start()
serve(first)
