"""Prints the interpreter and the packages that it can import, as JSON. Runs in a trusted Python, of the host or of an image: imports
none of them."""

import importlib.metadata
import json
import os
import platform
import sys
import sysconfig

packages = {}
for distribution in importlib.metadata.distributions():
    name = distribution.metadata["Name"]
    # The first on the search path is the one that an import finds.
    if name and distribution.version:
        packages.setdefault(name, distribution.version)

try:
    libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
except (ValueError, OSError):
    # Another C library than glibc.
    libc = ""

tag = sysconfig.get_config_var("SOABI") or f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}"
json.dump(
    {
        "interpreter": tag,
        "version": platform.python_version(),
        "platform": sysconfig.get_platform(),
        "packages": packages,
        "glibc": libc.removeprefix("glibc ") if libc.startswith("glibc ") else None,
    },
    sys.stdout,
)
