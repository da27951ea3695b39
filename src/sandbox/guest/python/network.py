"""The only way out of an execution with a network: `lo` in a namespace of its own, and the bridge to its proxy."""

import importlib.util
import os

import jail
import libc

_CLONE_NEWNET = 0x40000000
_BRIDGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "network", "bridge.py")
_SOCKET = "socket"


def open_folder(slot):
    """Before the jail is entered: the folder of the proxy's socket, which has no path inside."""
    return os.open(f"/slots/{slot}/network", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def start(folder, network):
    """In the jail, in the execution's own user namespace, which owns the new network namespace and so may bring `lo` up.

    Gives up all rights before the bridge is started, so that it has none either.
    """
    bridge = _load_bridge()
    libc.unshare(_CLONE_NEWNET)
    bridge.raise_loopback()
    libc.drop_all_capabilities()
    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
    bridge.start(_SOCKET, network["port"], folder=folder)
    os.environ.update(network["environment"], SSL_CERT_FILE=jail.AUTHORITIES)


def _load_bridge():
    specification = importlib.util.spec_from_file_location("bridge", _BRIDGE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
