"""The child of the zygote that becomes one execution: jails itself, gets warm, waits for its request. Trusted code."""

import importlib
import os
import socket
import sys
import traceback

import execute
import guard
import jail
import libc
import network
import seccomp
import warm_up
import without_arrow

SOCKET = "/run/host/socket"
CHANNELS = ("control", "stdout", "stderr")
CONTROL = 3
# From so many calls on an interpreter has specialised its bytecode, for all children.
_WARM_UPS = 12
# io_uring is refused by the filter anyway; so libuv does not try.
_NODE_ENVIRONMENT = {"UV_USE_IO_URING": "0", "NODE_NO_WARNINGS": "1", "UV_THREADPOOL_SIZE": "4"}


class Surroundings:
    """What every child needs from the zygote."""

    def __init__(self, call_filter, cgroups, node, namespace_limit, memory_by_cgroup):
        self.call_filter = call_filter
        self.cgroups = cgroups
        self.node = node
        self.namespace_limit = namespace_limit
        self.memory_by_cgroup = memory_by_cgroup


def prepare(modules):
    """In the zygote: imports what executions are likely to use; returns the versions of the packages that are there."""
    packages = {}
    with without_arrow.without_arrow():
        for name in modules:
            try:
                module = importlib.import_module(name)
            except ImportError:
                # Not installed for this Python: executions get the same ImportError, in their own words.
                continue
            if "." not in name:
                packages[name] = str(getattr(module, "__version__", ""))
    for _ in range(_WARM_UPS):
        execute.warm_up()
    warm_up.draw_once()
    return packages


def hide_harness():
    """In the zygote, when all is loaded: a program's `import frames` must find its own `frames`, or none."""
    own = os.path.dirname(os.path.abspath(__file__))
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) and os.path.dirname(os.path.abspath(module.__file__)) == own:
            del sys.modules[name]
    sys.path[:] = ["/box", *(entry for entry in sys.path if entry != own)]


def main(slot, command, surroundings):
    """In the child. Never returns. A failure before the hand-over ends it with code 97 and a line on stderr."""
    try:
        _become_jailed(slot, command, surroundings)
        if command["guest"] == "javascript":
            _become_node(surroundings.node, command)
        execute.serve(CONTROL, command["warm"])
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        line = f"sandbox: {type(error).__name__}: {error} ({os.path.basename(place.filename)}:{place.lineno})\n"
        os.write(2, line.encode("utf-8", "replace"))
    finally:
        os._exit(97)


def _become_jailed(slot, command, surroundings):
    limits, user = command["limits"], command.get("user", 0)
    # `kill(0, …)` reaches a whole group, whatever pid namespaces its processes are in: the group is this slot's own.
    os.setsid()
    libc.prctl(libc.PR_SET_PDEATHSIG, 9)
    libc.prctl(libc.PR_SET_THP_DISABLE, 1)
    guard.attach_to_cgroups(slot, surroundings.cgroups)
    _connect(slot, command["token"])
    way_out = network.open_folder(slot) if command.get("network") else None
    jail.enter(slot, limits, user, show_authorities=way_out is not None)
    libc.set_host_name("sandbox")
    _open_input()
    guard.take_own_user(surroundings.namespace_limit, user)
    call_filter = surroundings.call_filter
    if way_out is not None:
        network.start(way_out, command["network"])
        call_filter = seccomp.Filter(with_network=True)
    node = surroundings.node if command["guest"] == "javascript" else None
    guard.close_all_but([node] if node is not None else [])
    guard.set_bounds(limits, command["guest"], surroundings.memory_by_cgroup)
    guard.give_up_rights(call_filter)


def _open_input():
    """Of its own: the flags of an open file are the same for all who have inherited it."""
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)


def _connect(slot, token):
    """Three connections to the host, as descriptors 3, 1 and 2: afterwards no socket can be made any more."""
    for channel, target in zip(CHANNELS, (CONTROL, 1, 2)):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(SOCKET)
        connection.sendall(f"{slot} {token} {channel}\n".encode())
        if connection.fileno() == target:
            connection.detach()
        else:
            os.dup2(connection.fileno(), target)
            connection.close()
        os.set_inheritable(target, True)


def _become_node(node, command):
    environment = dict(os.environ, **_NODE_ENVIRONMENT)
    arguments = ["node", *command["nodeFlags"], "/opt/guest/javascript/guest.mjs"]
    os.execve(node, arguments, environment)
