"""Imports modules and tells how it went. Runs in the sandbox: an import runs the package's own code."""

import importlib


def check_imports(modules: list[str]) -> dict:
    imported = []
    failed = []
    for name in modules:
        try:
            version = getattr(importlib.import_module(name), "__version__", None)
        except (Exception, SystemExit) as error:
            failed.append({"module": name, "type": type(error).__name__, "message": str(error)[:2000]})
        else:
            imported.append({"module": name, "version": version if isinstance(version, str) else None})
    return {"imported": imported, "failed": failed}
