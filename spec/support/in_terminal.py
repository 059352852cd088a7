"""Runs a program in a terminal of its own and types at it.

Usage: in_terminal.py STEPS PROGRAM ARGUMENT...
STEPS is a file of Python literals, one a line: ("wait", "text that comes"), ("type", "keys"), ("signal", "TERM").
Prints what was on the terminal; exit status: the program's, or 99 when a text does not come within 20 s, 98 when it does
not end within 60 s.
"""
import ast, fcntl, os, pty, select, signal, struct, sys, termios, time

steps = [ast.literal_eval(line) for line in open(sys.argv[1])]
child, master = pty.fork()
if child == 0:
    os.environ["TERM"] = os.environ.get("SPEC_TERM", "xterm")
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(os.environ.get("SPEC_COLUMNS", "120")), 0, 0))
seen, searched = b"", 0


def read(timeout):
    global seen
    if not select.select([master], [], [], timeout)[0]:
        return True
    try:
        got = os.read(master, 65536)
    except OSError:
        got = b""
    seen += got
    return got != b""


def fail(words, status):
    sys.stdout.buffer.write(seen)
    print("\n" + words)
    sys.stdout.flush()
    os.kill(child, signal.SIGKILL)
    os._exit(status)


def wait_for(text):
    global searched
    wanted, deadline = text.encode(), time.monotonic() + 20
    while seen.find(wanted, searched) < 0:
        if not read(0.1) or time.monotonic() > deadline:
            fail("%r did not come" % text, 99)
    searched = seen.find(wanted, searched) + len(wanted)


for kind, text in steps:
    if kind == "wait":
        wait_for(text)
    elif kind == "signal":
        os.kill(child, getattr(signal, "SIG" + text))
    else:
        os.write(master, text.encode())
deadline = time.monotonic() + 60
while read(0.1):
    if time.monotonic() > deadline:
        fail("it does not end", 98)
sys.stdout.buffer.write(seen)
sys.stdout.flush()
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
