"""A TLS server that gives back what it gets, on any number of connections: tls_echo.py PORT CHAIN KEY"""

import socketserver
import ssl
import sys

port, chain, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            with context.wrap_socket(self.request, server_side=True) as secure:
                while received := secure.recv(16384):
                    secure.sendall(received)
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


Server(("127.0.0.1", port), Echo).serve_forever()
