"""Run by root only: gives up root for a user of its own before anything else is started. Trusted code.

The children of a sandbox must not belong to uid 0 of the machine: even without capabilities that user owns files such as
those below /proc/sys, and RLIMIT_NPROC does not bind it. What the unprivileged user could not reach by path (a Python
below /root) is bound here, while there is still the right to, in a private mount namespace that ends with the processes.

Standard input and output belong to what is executed. The only argument is a JSON record, without secrets:
{"user": uid, "slotUsers": [first uid, count, descriptor] or null, "stage": folder, "parent": pid,
"group": folder or null, "binds": [[name, source], …], "execute": [path, argument, …]}
"""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import libc

# In the private mount namespace this folder is covered by the staged binds. It exists everywhere.
_STAGED = "/tmp"


def main():
    order = json.loads(sys.argv[1])
    # What is made here is for another user: the umask of whoever started handaxe must not hide it.
    os.umask(0o022)
    if order["group"] is not None:
        # Its children can move from there to groups of their own; from elsewhere only root could move them.
        with open(os.path.join(order["group"], "cgroup.procs"), "w") as processes:
            processes.write("0")
    libc.unshare(libc.CLONE_NEWNS)
    # A private copy: what is mounted here never reaches the machine.
    libc.mount(None, "/", flags=libc.MS_REC | libc.MS_PRIVATE)
    stage = order["stage"]
    libc.mount("stage", stage, "tmpfs", libc.MS_NOSUID | libc.MS_NODEV, "mode=755,size=1m")
    for name, source in order["binds"]:
        target = os.path.join(stage, name)
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            open(target, "w").close()
        libc.mount(source, target, flags=libc.MS_BIND | libc.MS_REC)
    libc.mount(stage, _STAGED, flags=libc.MS_BIND | libc.MS_REC)
    os.chdir("/")
    os.setgroups([])
    if order["slotUsers"] is not None:
        _make_user_namespace(order["user"], *order["slotUsers"])
    _become(order["user"])
    # Cleared by the change of user, so set after it; a parent that was gone before would never be noticed.
    libc.prctl(libc.PR_SET_PDEATHSIG, 9)
    if os.getppid() != order["parent"]:
        sys.exit(1)
    os.execv(order["execute"][0], order["execute"])


def _become(user):
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _make_user_namespace(user, first, count, descriptor):
    """Opens a namespace of that user as `descriptor`: 0 is the user, and 1 to `count` are ids for the slots.

    Only root may map more than one id, so root makes it; a process that lives no longer holds it until it is open.
    """
    unshared, tell_unshared = os.pipe()
    holder = os.fork()
    if holder == 0:
        try:
            # The namespace is to be that user's, whose process enters it later; the right to make it stays root's, since
            # some systems (Ubuntu's AppArmor) refuse it to others.
            os.setegid(user)
            os.seteuid(user)
            libc.take_capability(libc.CAP_SYS_ADMIN)
            libc.unshare(libc.CLONE_NEWUSER)
            os.write(tell_unshared, b"u")
            signal.pause()
        finally:
            os._exit(97)
    os.close(tell_unshared)
    try:
        if not os.read(unshared, 1):
            raise OSError("no user namespace can be made")
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{holder}/{name}", "w") as file:
                file.write(f"0 {user} 1\n1 {first} {count}\n")
        namespace = os.open(f"/proc/{holder}/ns/user", os.O_RDONLY)
    finally:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
        os.close(unshared)
    os.dup2(namespace, descriptor)
    if namespace != descriptor:
        os.close(namespace)


main()
