"""Stands in for envd, the server inside an E2B sandbox: processes and files, by the protocol that the SDK speaks.

Run inside bubblewrap only. Listens on the unix socket that is its argument. Connect protocol with JSON: a unary call is a
plain POST, a stream is made of envelopes (one byte of flags, four of length).
"""

import base64
import json
import os
import queue
import re
import shutil
import socketserver
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

PIECE_BYTES = 32 * 1024
processes = {}


class Failure(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class Process:
    def __init__(self, config, with_stdin):
        self.events = queue.Queue()
        self.config = config
        self._child = subprocess.Popen(
            [config["cmd"], *config.get("args", [])],
            cwd=config.get("cwd") or "/root",
            env={**os.environ, **config.get("envs", {})},
            stdin=subprocess.PIPE if with_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self.pid = self._child.pid
        processes[self.pid] = self
        self.events.put({"start": {"pid": self.pid}})
        readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in (("stdout", self._child.stdout), ("stderr", self._child.stderr))
        ]
        for reader in readers:
            reader.start()
        threading.Thread(target=self._await_end, args=(readers,), daemon=True).start()

    def write(self, data):
        try:
            while data:
                data = data[self._child.stdin.write(data) :]
        except BrokenPipeError:
            raise Failure(500, "internal", "error writing to stdin: broken pipe")

    def kill(self, number):
        self._child.send_signal(number)

    def close_stdin(self):
        self._child.stdin.close()

    def _read(self, name, stream):
        while data := stream.read(PIECE_BYTES):
            self.events.put({"data": {name: base64.b64encode(data).decode()}})

    def _await_end(self, readers):
        code = self._child.wait()
        for reader in readers:
            reader.join()
        del processes[self.pid]
        status = f"exit status {code}" if code >= 0 else f"signal: {-code}"
        end = {"exitCode": code if code >= 0 else -1, "exited": code >= 0, "status": status}
        self.events.put({"end": end if code == 0 else {**end, "error": status}})
        self.events.put(None)


def find(request):
    process = processes.get(request["process"].get("pid"))
    if process is None:
        raise Failure(404, "not_found", "process not found")
    return process


def send_input(request):
    find(request).write(base64.b64decode(request["input"]["stdin"]))
    return {}


def send_signal(request):
    find(request).kill({"SIGNAL_SIGKILL": 9, "SIGNAL_SIGTERM": 15}[request["signal"]])
    return {}


def close_stdin(request):
    find(request).close_stdin()
    return {}


def list_processes(_):
    return {"processes": [{"pid": pid, "config": process.config} for pid, process in processes.items()]}


def remove(request):
    path = request["path"]
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    return {}


UNARY = {
    "/process.Process/SendInput": send_input,
    "/process.Process/SendSignal": send_signal,
    "/process.Process/CloseStdin": close_stdin,
    "/process.Process/List": list_processes,
    "/filesystem.Filesystem/Remove": remove,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/health":
            return self._reply(204, None)
        if url.path != "/files":
            return self._reply(404, {"code": 404, "message": "not found"})
        path = parse_qs(url.query)["path"][0]
        if not os.path.isfile(path):
            return self._reply(404, {"code": 404, "message": f"path '{path}' does not exist"})
        with open(path, "rb") as file:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(os.path.getsize(path)))
            self.end_headers()
            shutil.copyfileobj(file, self.wfile, 256 * 1024)

    def do_POST(self):
        url = urlsplit(self.path)
        try:
            if url.path == "/files":
                return self._reply(200, self._write_files(parse_qs(url.query)))
            if url.path == "/process.Process/Start":
                return self._start()
            if url.path not in UNARY:
                raise Failure(404, "unimplemented", url.path)
            self._reply(200, UNARY[url.path](json.loads(b"".join(self._body()))))
        except Failure as failure:
            self._reply(failure.status, {"code": failure.code, "message": str(failure)})

    def _write_files(self, query):
        kind = self.headers["Content-Type"]
        if kind == "application/octet-stream":
            path = query["path"][0]
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                for piece in self._body():
                    file.write(piece)
            return [entry(path)]
        boundary = b"--" + re.search("boundary=(.*)", kind)[1].strip('"').encode()
        written = []
        for part in b"".join(self._body()).split(boundary)[1:-1]:
            head, _, content = part[2:-2].partition(b"\r\n\r\n")
            path = query.get("path", [re.search(rb'filename="([^"]*)"', head)[1].decode()])[0]
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
            written.append(entry(path))
        return written

    def _start(self):
        request = json.loads(b"".join(self._body())[5:])
        process = Process(request["process"], request.get("stdin", False))
        pause = int(self.headers.get("Keepalive-Ping-Interval", 0)) or None
        self.send_response(200)
        self.send_header("Content-Type", "application/connect+json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        is_heard = True
        while True:
            try:
                event = process.events.get(timeout=pause)
            except queue.Empty:
                event = {"keepalive": {}}
            try:
                # Who has gone does not end the process: its output is read on, for nobody.
                if is_heard:
                    self._send_envelope(0 if event else 2, {"event": event} if event else {})
            except OSError:
                is_heard = False
            if event is None:
                break
        if is_heard:
            self.wfile.write(b"0\r\n\r\n")

    def _send_envelope(self, flags, message):
        body = json.dumps(message).encode()
        data = struct.pack(">BI", flags, len(body)) + body
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            left = int(self.headers.get("Content-Length", 0))
            while left > 0:
                piece = self.rfile.read(min(left, 1 << 20))
                left -= len(piece)
                yield piece
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _reply(self, status, value):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def entry(path):
    return {"name": os.path.basename(path), "type": "file", "path": path}


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("client", 0)


os.makedirs("/root", exist_ok=True)
Server(sys.argv[1], Handler).serve_forever()
