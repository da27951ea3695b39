"""What the processes of a slot use, through /proc. Trusted code, outside of the jail.

It bounds nothing by itself: each process has its rlimits, and the relay looks at the sum from time to time.
"""

import os
import re

_MS_PER_TICK = 1000 // os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Meter:
    def __init__(self, root):
        """`root` is the slot's first process: every other one descends from it, orphans become its children."""
        self._root = root
        self._peak = 0

    def cpu_ms(self):
        """Of the processes that live, and of those that their parents have waited for."""
        ticks = 0
        for pid in self._processes():
            # The name in brackets may hold anything; then utime, stime, cutime, cstime.
            fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
        exact = _read(f"/proc/{self._root}/schedstat").split()
        return max(ticks * _MS_PER_TICK, int(exact[0]) / 1e6 if exact else 0)

    def memory_bytes(self, limit):
        """Of all processes together. What they share with the zygote counts for the part that is theirs."""
        processes = self._processes()
        total = 0
        for pid in processes:
            fields = _read(f"/proc/{pid}/statm").split()
            total += int(fields[1]) * _PAGE_BYTES if fields else 0
        if total > limit:
            # The cheap count takes shared pages for own ones: only where it is too high is the exact one worth its price.
            total = sum(_kilobytes(f"/proc/{pid}/smaps_rollup", "Pss") for pid in processes)
        self._peak = max(self._peak, total)
        return total

    def peak_bytes(self):
        return max(self._peak, _kilobytes(f"/proc/{self._root}/status", "VmHWM"))

    def _processes(self):
        found = [self._root]
        for pid in found:
            found += children_of(pid)
        return found


def out_of_memory_kills():
    """Processes that the machine's kernel has killed for want of memory since it started."""
    found = re.search(r"^oom_kill (\d+)$", _read("/proc/vmstat"), re.M)
    return int(found[1]) if found else 0


def find_process(parent, inner):
    """The child of `parent` that it knows as `inner` in its own pid namespace; None where it is gone."""
    for pid in children_of(parent):
        ids = re.search(r"^NSpid:\s+(.*)$", _read(f"/proc/{pid}/status"), re.M)
        # The last is the one in its own namespace (1), the one before it that of the zygote.
        if ids and ids[1].split()[-2:-1] == [str(inner)]:
            return pid
    return None


def children_of(pid):
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        # Ended meanwhile.
        return []
    return [int(child) for thread in threads for child in _read(f"/proc/{pid}/task/{thread}/children").split()]


def _kilobytes(path, name):
    found = re.search(rf"^{name}:\s+(\d+) kB$", _read(path), re.M)
    return int(found[1]) * 1024 if found else 0


def _read(path):
    try:
        with open(path, encoding="latin-1") as file:
            return file.read()
    except OSError:
        # Ended meanwhile: it uses nothing any more.
        return ""
