"""Runs pip and lets it start no other program. Trusted code; runs on the host.

    python -I pip-without-builds.py FOLDER|- ARGUMENTS…      FOLDER: where pip lies, if it is not installed

`--only-binary :all:` binds what pip finds in an index. A package whose metadata depends on an address or a repository
gets it fetched and built all the same, and a build runs its code. Builds and repositories need another process: an audit
hook, which no Python code can take away again, refuses that.
"""

import os
import runpy
import sys

_STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn")
# The password store that the user chose, and the loader that tells pip the version of musl.
_ALLOWED = ("keyring",)
_MUSL_LOADER = "/lib/ld-musl-"
REFUSAL = "a package wanted to run a program during its installation"


def _refuse_processes(event, arguments):
    if event not in _STARTS:
        return
    program = arguments[0] if arguments else ""
    if event == "subprocess.Popen" and isinstance(program, str):
        if os.path.basename(program) in _ALLOWED or program.startswith(_MUSL_LOADER):
            return
    # pip asks harmless programs for its user agent and does without them when it gets this error.
    raise PermissionError(f"{REFUSAL}: {program!r}")


folder = sys.argv.pop(1)
if folder != "-":
    sys.path.insert(0, folder)
sys.addaudithook(_refuse_processes)
runpy.run_module("pip", run_name="__main__", alter_sys=True)
