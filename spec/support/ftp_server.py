"""An FTP server on two ports of this host (pyftpdlib): plain and explicit TLS on one, implicit TLS on the other.

Usage: ftp_server.py ROOT PORT IMPLICIT_PORT CHAIN KEY FIRST_PASSIVE LAST_PASSIVE MASQUERADE|-

The user is `user`, the password `secret`; `writer` may do the same, but read no file. A path `reply-452` is answered with that code; PASV is refused while there
is a file `.no-passive`. Prints each command, without the password, to stdout.
"""

import logging
import os
import re
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

root, port, implicit_port, chain, key, first, last, masquerade = sys.argv[1:]
logging.basicConfig(level=logging.CRITICAL)

authorizer = DummyAuthorizer()
authorizer.add_user("user", "secret", root, perm="elradfmwMT")
authorizer.add_user("writer", "secret", root, perm="eladfmwMT")


class Data(TLS_DTPHandler):
    """1.5.7 closes a data connection whose TLS handshake begins before the command, and is silent about one that was
    reset before it was accepted."""

    def __init__(self, sock, cmd_channel):
        super().__init__(sock, cmd_channel)
        if not self.connected and cmd_channel._in_dtp_queue is not None:
            cmd_channel._in_dtp_queue[0].close()
            cmd_channel._in_dtp_queue = None
            cmd_channel.respond("426 reset before it was accepted")

    def readable(self):
        if self._ssl_accepting:
            return True
        if self.cmd_channel._prot and not self.receive and not self._initialized:
            return False
        return super().readable()


class Explicit(TLS_FTPHandler):
    dtp_handler = Data

    def pre_process_command(self, line, cmd, arg):
        print(cmd, "" if cmd == "PASS" else arg, flush=True)
        wanted = re.fullmatch(r"reply-(\d{3})", arg or "")
        if wanted:
            self.respond(wanted.group(1) + " as asked")
            if wanted.group(1) == "421":
                self.close_when_done()
            return
        if cmd == "PASV" and os.path.exists(root + "/.no-passive"):
            self.respond("502 not here")
            return
        super().pre_process_command(line, cmd, arg)


class Implicit(Explicit):
    def handle(self):
        self.secure_connection(self.ssl_context)
        self._prot = True
        super().handle()


for handler in (Explicit, Implicit):
    handler.certfile = chain
    handler.keyfile = key
    handler.authorizer = authorizer
    handler.passive_ports = range(int(first), int(last) + 1)
    handler.auth_failed_timeout = 0
    handler.use_gmt_times = True
    if masquerade != "-":
        handler.masquerade_address = masquerade

loop = IOLoop.instance()
FTPServer(("127.0.0.1", int(port)), Explicit, ioloop=loop)
FTPServer(("127.0.0.1", int(implicit_port)), Implicit, ioloop=loop)
loop.loop()
