"""The relay's end of connections as a program of a test, without a container and without a guest."""

import os
import sys

sys.path.insert(0, sys.argv[1])

import connections
from relay import Relay


def write(frame):
    while frame:
        frame = frame[os.write(1, frame) :]


class Program(Relay):
    def leave(self):
        os._exit(0)

    def hear_network(self, body):
        self.connections.hear(body)


program = Program(write)
listener = connections.load_bridge().open_listener(0)
listener.setblocking(False)
program.connections = connections.Connections(program, listener)
os.write(2, f"{listener.getsockname()[1]}\n".encode())
while True:
    program.turn()
