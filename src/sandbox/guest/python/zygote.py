"""The warm parent of all executions: has imported what they need, forks a jailed child for each slot, reports its end.

Trusted code. It never sees user code or data and never reads from a child. It talks to the host alone: commands arrive
as JSON lines on what was its standard input, reports leave as JSON lines on what was its standard output.
"""

import gc
import json
import os
import select
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import guard
import jail
import libc
import seccomp
import slot_process


class Zygote:
    def __init__(self, commands, reports):
        self._commands = commands
        self._reports = reports
        self._pending = b""
        self._slots = {}
        self._by_pidfd = {}
        self._poll = select.poll()
        self._poll.register(commands, select.POLLIN)

    def start(self, configuration):
        self._cgroups = configuration["cgroups"]
        shown = jail.build_template(configuration["trees"])
        self._surroundings = slot_process.Surroundings(
            call_filter=seccomp.Filter(),
            cgroups=self._cgroups,
            node=_open_node(),
            namespace_limit=os.open("/proc/sys/user", os.O_RDONLY | os.O_DIRECTORY),
            memory_by_cgroup=configuration["memoryByCgroup"],
        )
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        packages = slot_process.prepare(configuration["modules"])
        slot_process.hide_harness()
        environment = configuration.get("environmentPath")
        if environment is not None:
            # Only now: nothing of the environment may be imported here, where no user code runs.
            sys.path.insert(len(sys.path) - len(configuration["paths"]), environment)
        threads = len(os.listdir("/proc/self/task"))
        # Collect first: holes in the arenas would otherwise be written to, and copied, by every child.
        gc.collect()
        gc.freeze()
        gc.disable()
        self._report({"event": "up", "threads": threads, "packages": packages, "shown": shown})

    def run(self):
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._commands:
                    self._reap(descriptor)
                elif not self._read_commands():
                    return

    def _read_commands(self):
        data = os.read(self._commands, 1 << 16)
        if not data:
            return False
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return True

    def _obey(self, command):
        slot = command.get("slot")
        try:
            if command["do"] == "slot":
                self._fork(slot, command)
            elif command["do"] == "kill":
                self._kill(slot)
            elif command["do"] == "inputs":
                self._report({"event": "inputs", "slot": slot, "hidden": jail.show_inputs(slot)})
            elif command["do"] == "release":
                jail.release_slot(slot)
                self._report({"event": "released", "slot": slot})
            elif command["do"] == "ping":
                self._report({"event": "pong"})
        except OSError as error:
            self._report({"event": "failed", "do": command["do"], "slot": slot, "message": str(error)})

    def _fork(self, slot, command):
        jail.prepare_slot(slot, command["limits"], command.get("user", 0))
        libc.unshare(libc.CLONE_NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                # Never returns: whatever happens, the child must not go on as a second zygote.
                slot_process.main(slot, command, self._surroundings)
        finally:
            # The child has got the new namespace; the next fork gets another one of its own.
            libc.setns(self._own_pids, libc.CLONE_NEWPID)
        descriptor = os.pidfd_open(pid)
        self._slots[slot] = (pid, descriptor)
        self._by_pidfd[descriptor] = slot
        self._poll.register(descriptor, select.POLLIN)
        self._report({"event": "forked", "slot": slot, "pid": pid})

    def _kill(self, slot):
        """SIGKILL to the first process of a pid namespace ends all of them. The pid cannot be another's before `wait4`."""
        if slot in self._slots:
            os.kill(self._slots[slot][0], 9)

    def _reap(self, descriptor):
        slot = self._by_pidfd.pop(descriptor)
        pid, _ = self._slots.pop(slot)
        self._poll.unregister(descriptor)
        os.close(descriptor)
        _, status, usage = os.wait4(pid, 0)
        self._report(
            {
                "event": "dead",
                "slot": slot,
                "exitCode": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
                "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
                "cpuMs": (usage.ru_utime + usage.ru_stime) * 1000,
                "peakMemoryBytes": usage.ru_maxrss * 1024,
            }
        )

    def _report(self, message):
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self._reports, data) :]


def _open_node():
    """Node is executed through this descriptor: its folder does not have to be in the jail."""
    try:
        return os.open("/opt/node", os.O_RDONLY)
    except FileNotFoundError:
        return None


def _take_control_channel():
    """Moves the channel off 0 and 1, where children have their own input and output."""
    commands, reports = os.dup(0), os.dup(1)
    for descriptor in (commands, reports):
        os.set_inheritable(descriptor, False)
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return commands, reports


def _read_configuration(descriptor):
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            sys.exit(0)
        line += byte
    return json.loads(line)


def main():
    commands, reports = _take_control_channel()
    configuration = _read_configuration(commands)
    # After the standard library, as Python has them: a package called `json` must not take its place.
    sys.path += configuration["paths"]
    zygote = Zygote(commands, reports)
    zygote.start(configuration)
    zygote.run()


if __name__ == "__main__":
    main()
