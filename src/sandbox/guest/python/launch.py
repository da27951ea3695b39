"""Run by root only: gives up root for a user of its own before anything else is started. Trusted code.

The children of a sandbox must not belong to uid 0 of the machine: even without capabilities that user owns files such as
those below /proc/sys, and RLIMIT_NPROC does not bind it. What the unprivileged user could not reach by path (a Python
below /root) is bound here, while there is still the right to, in a private mount namespace that ends with the processes.

Standard input and output belong to what is executed. The only argument is a JSON record, without secrets:
{"user": uid, "stage": folder, "parent": pid, "group": folder or null, "binds": [[name, source], …],
"execute": [path, argument, …]}
"""

import json
import os
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
    os.setresgid(order["user"], order["user"], order["user"])
    os.setresuid(order["user"], order["user"], order["user"])
    # Cleared by the change of user, so set after it; a parent that was gone before would never be noticed.
    libc.prctl(libc.PR_SET_PDEATHSIG, 9)
    if os.getppid() != order["parent"]:
        sys.exit(1)
    os.execv(order["execute"][0], order["execute"])


main()
