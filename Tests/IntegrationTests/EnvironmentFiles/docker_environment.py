#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints, as a JSON object, the variables that `docker run --env-file FILE` gives to a container.

Usage: docker_environment.py command DOCKER FILE    what the docker command sends to the engine
       docker_environment.py rules FILE             what its documented rules say, read by code of our own

The command reads the file, and asks the engine to create a container with what it found. Here the engine is this
program: it takes that request down and refuses it.
"""
import http.server
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading


class Engine(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = []

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("OSType", "linux")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        self.answer(200, {})

    do_HEAD = do_GET

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.split("?")[0].endswith("/containers/create"):
            self.asked.append(json.loads(body))
        self.answer(400, {"message": "this engine creates nothing"})

    def address_string(self):
        return "the docker command"

    def log_message(self, *_):
        pass


class LocalServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def by_command(docker, file):
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "engine")
        server = LocalServer(socket, Engine)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run = subprocess.run(
            [docker, "run", "--rm", "--pull=never", "--env-file", file, "none"],
            env={"PATH": os.environ["PATH"], "HOME": folder, "DOCKER_HOST": "unix://" + socket},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        server.shutdown()
    if len(Engine.asked) != 1:
        sys.exit(f"docker asked for {len(Engine.asked)} containers: {run.stderr}")
    return Engine.asked[0]["Env"]


def by_rules(file):
    """docker/cli, pkg/kvfile: lines of less than 64 KiB in UTF-8; blanks before a name go; a line without a name, or
    with a blank in it, is an error; everything behind the equals sign is the value."""
    with open(file, "rb") as content:
        lines = content.read().split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    pairs = []
    for number, line in enumerate(lines):
        # Go's scanner of lines takes one carriage return as part of the line's end.
        line = line[:-1] if line.endswith(b"\r") else line
        if len(line) >= 65_536:
            sys.exit("a line is too long")
        text = line.decode("utf-8")
        if number == 0:
            text = text.removeprefix("\ufeff")
        text = text.lstrip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not name or any(character.isspace() for character in name):
            sys.exit("a line has no name, or a blank in it")
        if equals:
            pairs.append(f"{name}={value}")
    return pairs


found = by_command(*sys.argv[2:]) if sys.argv[1] == "command" else by_rules(sys.argv[2])
print(json.dumps(dict(pair.split("=", 1) for pair in found)))
