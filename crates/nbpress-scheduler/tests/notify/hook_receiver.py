"""A receiver of webhooks: keeps each request in a folder, with what Python's hmac says of it.

Arguments: the folder and the key of signatures. The path says what to answer: `/ok`, `/status/<code>`,
`/later/<code>/<Retry-After>`, `/word/<code>/<word>`, `/redirect`, `/endless`, `/mute`.
"""

import hmac
import http.server
import json
import pathlib
import sys
import threading

folder, key = pathlib.Path(sys.argv[1]), sys.argv[2].encode()
count, lock = 0, threading.Lock()


def verified(headers, body):
    signed = headers.get("Nbpress-Timestamp", "").encode() + b"." + body
    expected = "v1=" + hmac.new(key, signed, "sha256").hexdigest()
    return hmac.compare_digest(expected, headers.get("Nbpress-Signature", ""))


def keep(request):
    global count
    with lock:
        count += 1
        (folder / f"{count}.json").write_text(json.dumps(request))


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = {"path": self.path, "headers": [list(item) for item in self.headers.items()]}
        request |= {"verified": verified(self.headers, body), "body": body.decode()}
        keep(request)
        match self.path.split("?")[0].split("/")[1:]:
            case ["ok"]:
                self.answer(200)
            case ["status", code]:
                self.answer(int(code), b"the key is " + key)
            case ["later", code, wait]:
                self.answer(int(code), headers={"Retry-After": wait})
            case ["word", code, word]:
                self.answer(int(code), word.encode())
            case ["redirect"]:
                self.answer(307, headers={"Location": "/ok"})
            case ["endless"]:
                self.endless()
            case ["mute"]:
                # Returns when the other side has gone.
                self.rfile.read(1)
                self.close_connection = True

    def answer(self, code, body=b"", headers={}):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def endless(self):
        self.send_response(500)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
print("port", server.server_address[1], flush=True)
server.serve_forever()
