"""Runs a program on a terminal of its own, and types Ctrl-C there once a file has so many bytes.

Usage: on_terminal.py FILE BYTES PROGRAM [ARGUMENT...]

Prints `status N`, `terminal as before` or `terminal changed`, and then what the terminal has shown since.
"""

import os
import pty
import select
import sys
import termios
import time

path, wanted = sys.argv[1], int(sys.argv[2])
program, terminal = pty.fork()
if program == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
before = termios.tcgetattr(terminal)
shown, typed, deadline = b"", False, time.time() + 120
while time.time() < deadline:
    ready, _, _ = select.select([terminal], [], [], 0.01)
    if ready:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        shown += piece
    if not typed and os.path.exists(path) and os.path.getsize(path) >= wanted:
        typed, shown = True, b""
        os.write(terminal, b"\x03")
after = termios.tcgetattr(terminal)
status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
print("status", status)
print("terminal", "as before" if before == after else "changed")
sys.stdout.flush()
sys.stdout.buffer.write(shown)
