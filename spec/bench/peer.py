"""The far end of spec/bench/sharing.lua. A line `N` asks for so many bytes; after `deaf` nothing is read any more.
Usage: peer.py PORT"""
import socketserver
import sys
import threading


class Peer(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            if line.strip() == b"deaf":
                threading.Event().wait()
            self.wfile.write(b"x" * int(line))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[1])), Peer) as server:
    server.serve_forever()
