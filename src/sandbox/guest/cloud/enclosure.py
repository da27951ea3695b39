"""Starts a program as the only root of namespaces of its own, by a user who has no rights in the machine. Trusted code.

What bubblewrap does on an ordinary host; a cloud sandbox has none, and no network to get it by. The program is the first
process of its pid namespace: everything below it ends with it.
"""

import os
import sys

import libc

_CLONE_NEWNET = 0x40000000
_OWN = libc.CLONE_NEWNS | libc.CLONE_NEWPID | libc.CLONE_NEWIPC | libc.CLONE_NEWUTS | libc.CLONE_NEWCGROUP | _CLONE_NEWNET
_NOBODY = 65534
_SIGKILL = 9


def choose_user():
    """`nobody`; root itself only where the machine has no other user, being a container with a single one."""
    with open("/proc/self/uid_map") as file:
        ranges = [[int(part) for part in line.split()] for line in file]
    return _NOBODY if any(first <= _NOBODY < first + count for first, _, count in ranges) else 0


class Enclosed:
    """`commands` and `reports` are the pipes that it has as standard input and output."""

    def __init__(self, arguments, environment, user):
        theirs_in, self.commands = os.pipe()
        self.reports, theirs_out = os.pipe()
        unshared, tell_unshared = os.pipe()
        mapped, tell_mapped = os.pipe()
        self._outer = os.fork()
        if self._outer == 0:
            try:
                _leave_user(tell_unshared, mapped)
                _become_first(theirs_in, theirs_out, arguments, environment)
            except BaseException as error:
                os.write(2, f"enclosure: {type(error).__name__}: {error}\n".encode("utf-8", "replace"))
            finally:
                os._exit(97)
        for descriptor in (theirs_in, theirs_out, tell_unshared, mapped):
            os.close(descriptor)
        if os.read(unshared, 1):
            for name in ("uid_map", "gid_map"):
                with open(f"/proc/{self._outer}/{name}", "w") as file:
                    file.write(f"0 {user} 1")
            os.write(tell_mapped, b"m")
        for descriptor in (unshared, tell_mapped):
            os.close(descriptor)

    def find_first(self, children_of):
        """Its process id as this process knows it."""
        return children_of(self._outer)[0]


def _leave_user(tell_unshared, mapped):
    os.setgroups([])
    libc.unshare(libc.CLONE_NEWUSER)
    os.write(tell_unshared, b"u")
    if not os.read(mapped, 1):
        sys.exit(1)
    # Root of the new namespace, which is a user without rights in the machine.
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    # Cleared by the change of user, so set after it.
    libc.prctl(libc.PR_SET_PDEATHSIG, _SIGKILL)


def _become_first(theirs_in, theirs_out, arguments, environment):
    libc.unshare(_OWN)
    pid = os.fork()
    if pid != 0:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    libc.prctl(libc.PR_SET_PDEATHSIG, _SIGKILL)
    libc.mount(None, "/", flags=libc.MS_REC | libc.MS_PRIVATE)
    libc.mount("proc", "/proc", "proc", libc.MS_NOSUID | libc.MS_NODEV | libc.MS_NOEXEC)
    libc.set_host_name("sandbox")
    os.dup2(theirs_in, 0)
    os.dup2(theirs_out, 1)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir("/")
    os.execve(arguments[0], arguments, environment)
