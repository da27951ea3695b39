"""Starts bubblewrap for one machine of the fake cloud: its root is root there and nobody here.

As root of this machine it makes a user namespace with a whole range of users, of which none has a right here; what the
range could not reach by path is bound before. An ordinary user gets a namespace with one user. The argument is JSON:
{"stage": folder, "binds": [[name, source], …], "execute": [path, argument, …]}, where "{stage}" stands for the folder.
"""

import ctypes
import json
import os
import sys

NEWNS, NEWUSER = 0x00020000, 0x10000000
BIND, REC, PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
FIRST_USER, USERS = 100_000, 65_536
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), what)


def mount(source, target, kind, flags, options=None):
    texts = [None if text is None else text.encode() for text in (source, target, kind, options)]
    check(libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]), target)


def stage(folder, binds):
    check(libc.unshare(NEWNS), "unshare")
    mount(None, "/", None, REC | PRIVATE)
    mount("stage", folder, "tmpfs", 0, "mode=755,size=1m")
    for name, source in binds:
        target = os.path.join(folder, name)
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            open(target, "w").close()
        mount(source, target, None, BIND | REC)
    # The folder above may be closed to others.
    mount(folder, "/mnt", None, BIND | REC)


order = json.loads(sys.argv[1])
# A test process that is killed takes its machines with it: below here each one ends with its parent.
libc.prctl(PR_SET_PDEATHSIG, 9)
is_root = os.geteuid() == 0
if is_root:
    stage(order["stage"], order["binds"])
parent = os.getpid()
unshared, tell_unshared = os.pipe()
mapped, tell_mapped = os.pipe()
pid = os.fork()
if pid != 0:
    os.read(unshared, 1)
    first, count = (FIRST_USER, USERS) if is_root else (os.geteuid(), 1)
    if not is_root:
        open(f"/proc/{pid}/setgroups", "w").write("deny")
    open(f"/proc/{pid}/uid_map", "w").write(f"0 {first} {count}")
    open(f"/proc/{pid}/gid_map", "w").write(f"0 {first if is_root else os.getegid()} {count}")
    os.write(tell_mapped, b"m")
    os.close(tell_mapped)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
os.close(tell_mapped)
check(libc.unshare(NEWUSER), "unshare")
os.write(tell_unshared, b"u")
if not os.read(mapped, 1):
    sys.exit(1)
if is_root:
    os.setgroups([])
os.setresgid(0, 0, 0)
os.setresuid(0, 0, 0)
libc.prctl(PR_SET_PDEATHSIG, 9)
if os.getppid() != parent:
    sys.exit(1)
os.chdir("/")
place = "/mnt" if is_root else order["stage"]
arguments = [part.replace("{stage}", place) for part in order["execute"]]
os.execv(arguments[0], arguments)
