"""What a process does to itself before user code: own user namespace, bounds, no rights, filter. Trusted code."""

import os
import resource

import libc

_USER = 1000
_MIB = 1 << 20


def attach_to_cgroups(slot, folders):
    """Before anything is written: memory belongs to the cgroup of whoever touches it first.

    In version 1 a thread that moves itself (`tasks`) takes no lock of the whole machine; moving a process
    (`cgroup.procs`) waits for one, some 10 ms. This process has one thread.
    """
    for folder in folders:
        group = f"{folder}/slot-{slot}"
        name = "tasks" if os.path.exists(f"{group}/tasks") else "cgroup.procs"
        with open(f"{group}/{name}", "w") as file:
            file.write("0")


def take_own_user(namespace_limit, user):
    """A user namespace of the execution's own: uid 1000, no rights over mounts, RLIMIT_NPROC counted for it alone.

    `namespace_limit` is an open folder /proc/sys/user: no further user namespaces can be made below. `user` is who it is
    in the zygote's namespace: 0 is the zygote's own user, every other one belongs to this slot alone. What the kernel
    counts for a user (pages in pipes, descriptors on their way, watches) is then no neighbour's.
    """
    if user != 0:
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        # The change has cleared both: /proc/self is another user's without the first, the second ends it with its parent.
        libc.prctl(libc.PR_SET_DUMPABLE, 1)
        libc.prctl(libc.PR_SET_PDEATHSIG, 9)
    libc.unshare(libc.CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{_USER} {user} 1"), ("gid_map", f"{_USER} {user} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    descriptor = os.open("max_user_namespaces", os.O_WRONLY, dir_fd=namespace_limit)
    os.write(descriptor, b"0")
    os.close(descriptor)


def set_bounds(limits, guest, memory_by_cgroup):
    """Bounds of each process. The cgroup bounds all of them together where there is one."""
    cpu_seconds = limits["cpuMs"] // 1000 + 2
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: cpu_seconds,
        # No single file can be larger than all the room there is.
        resource.RLIMIT_FSIZE: max(limits["temporaryBytes"], limits["artifactBytes"]),
        resource.RLIMIT_NOFILE: limits["openFiles"],
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_MEMLOCK: 64 * 1024,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 1024,
    }
    if not memory_by_cgroup:
        # V8 reserves its heap and code ranges as data before it uses them: its own flag bounds what it uses.
        room = limits["memoryBytes"] * (4 if guest == "javascript" else 1)
        bounds[resource.RLIMIT_DATA] = room + _data_bytes()
    for kind, value in bounds.items():
        resource.setrlimit(kind, (value, value))
    resource.setrlimit(resource.RLIMIT_STACK, (8 * _MIB, 64 * _MIB))


def _data_bytes():
    """What the process has from the zygote: the limit is for what comes on top."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def close_all_but(kept):
    """Leaves exactly 0, 1, 2, 3 and `kept` open."""
    low = 4
    for descriptor in sorted(kept):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def give_up_rights(call_filter):
    libc.drop_all_capabilities()
    call_filter.install()
