"""Prints the interpreter and the packages that it can import, as JSON. Runs on the host, in a trusted Python: imports none of them."""

import importlib.metadata
import json
import platform
import sys
import sysconfig

packages = {}
for distribution in importlib.metadata.distributions():
    name = distribution.metadata["Name"]
    # The first on the search path is the one that an import finds.
    if name and distribution.version:
        packages.setdefault(name, distribution.version)

tag = sysconfig.get_config_var("SOABI") or f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}"
json.dump(
    {
        "interpreter": tag,
        "version": platform.python_version(),
        "platform": sysconfig.get_platform(),
        "packages": packages,
    },
    sys.stdout,
)
