"""The system calls that the standard library of Python 3.10 lacks, by ctypes. Trusted code: runs before user code."""

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)

CAP_SYS_ADMIN = 21

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_NOSYMFOLLOW = 256
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SLAVE = 1 << 19
MS_SHARED = 1 << 20
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_SET_THP_DISABLE = 41
SECCOMP_MODE_FILTER = 2

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_LINUX_CAPABILITY_VERSION_3 = 0x20080522


def _check(result, *what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), " ".join(str(part) for part in what))


def mount(source, target, kind=None, flags=0, options=None):
    def text(value):
        return None if value is None else os.fsencode(value)

    result = _libc.mount(text(source), text(target), text(kind), ctypes.c_ulong(flags), text(options))
    _check(result, "mount", kind or "", source, target)


def unmount(target, flags=0):
    _check(_libc.umount2(os.fsencode(target), flags), "umount", target)


def unshare(flags):
    _check(_libc.unshare(flags), "unshare", hex(flags))


def setns(descriptor, kind):
    _check(_libc.setns(descriptor, kind), "setns", hex(kind))


def pivot_root(new, old):
    number = _PIVOT_ROOT[os.uname().machine]
    _check(_libc.syscall(number, os.fsencode(new), os.fsencode(old)), "pivot_root", new)


def prctl(option, first=0, second=0):
    """Calls prctl(2) with unsigned long arguments; `second` may be an address."""
    arguments = [ctypes.c_ulong(first), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0)]
    _check(_libc.prctl(option, *arguments), "prctl", option)


def drop_all_capabilities():
    """Empties the bounding, permitted, effective and inheritable sets. Needs CAP_SETPCAP for the first of them."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            # EINVAL ends the list of capabilities that this kernel knows.
            break
    _set_capabilities(bytes(24))


def take_capability(capability):
    """The only one from here on; it must be among those that are permitted."""
    effective = permitted = 1 << capability
    _set_capabilities(struct.pack("=6I", effective, permitted, 0, 0, 0, 0))


def _set_capabilities(sets):
    header = struct.pack("=Ii", _LINUX_CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, sets), "capset")


def shut_down(descriptor, call=_libc.shutdown):
    """Ends the sending side of a connection for every process that holds it. Whatever else it is, nothing happens."""
    call(descriptor, 1)


def set_host_name(name):
    _check(_libc.sethostname(os.fsencode(name), len(name)), "sethostname")
