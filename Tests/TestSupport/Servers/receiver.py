#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the requests that a run sends to those it tells how it went: a real HTTP server on loopback.

usage: receiver.py FOLDER [STATUS…]
Prints its port, and writes each request as one line of JSON to FOLDER/requests. Answers with the given
statuses in turn, then with 200; the status `hang` stands for no answer, which nothing below /hang gets either. Ends by
itself after two minutes.
"""

import http.server
import json
import os
import pathlib
import sys
import threading
import time

folder = pathlib.Path(sys.argv[1])
statuses = sys.argv[2:]
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with lock:
            status = "hang" if self.path.startswith("/hang") else statuses.pop(0) if statuses else "200"
            with open(folder / "requests", "a", encoding="utf-8") as log:
                path, _, query = self.path.partition("?")
                log.write(json.dumps({"path": path, "query": query, "body": body}) + "\n")
        if status == "hang":
            time.sleep(60)
        self.send_response(200 if status == "hang" else int(status))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


folder.mkdir(exist_ok=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
(folder / "requests").touch()
print(server.server_address[1], flush=True)


def end_with_owner():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_owner, daemon=True).start()
threading.Timer(120, lambda: os._exit(0)).start()
server.serve_forever()
