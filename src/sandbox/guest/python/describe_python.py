"""Run on the host by the Python that executions will use: where its parts lie, as one JSON record. Trusted code."""

import importlib.metadata
import json
import os
import sys
import sysconfig

_PACKAGES = ("numpy", "pandas", "scipy", "matplotlib", "openpyxl", "pyarrow", "charset-normalizer")


def _package_folders():
    """Of `sys.path`, what is neither the standard library nor the folder of this file."""
    standard = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    folders = []
    for entry in sys.path:
        real = os.path.realpath(entry)
        inside = any(real == folder or real.startswith(f"{folder}/lib-dynload") for folder in standard)
        if os.path.isdir(real) and not inside and real != os.path.dirname(os.path.realpath(__file__)):
            folders.append(real)
    return folders


def _versions():
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            # Not installed: programs that import it will be told so by Python.
            continue
    return versions


print(
    json.dumps(
        {
            "executable": getattr(sys, "_base_executable", None) or sys.executable,
            "basePrefix": sys.base_prefix,
            "version": "%d.%d.%d" % sys.version_info[:3],
            "packageFolders": _package_folders(),
            "packages": _versions(),
        }
    )
)
