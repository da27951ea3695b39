"""Keeps pyarrow out of the warm interpreter. Trusted code.

pandas imports pyarrow, where it is installed, for columns that lie in Arrow's memory: 35 MB more in every execution, used or
not, and a thread in a process that forks. Reading Parquet needs no more than an import at that moment. A program that names
Arrow's column types gets a pandas that has seen pyarrow: about a second more.
"""

import re
import sys
from contextlib import contextmanager

_NAME = "pyarrow"
_TYPES = re.compile(r"\bArrowDtype\b|\bdtype_backend\b|\[pyarrow|mode\.string_storage|StringDtype\(")


class _Refusal:
    """Of `sys.meta_path`: says that there is no pyarrow."""

    def find_spec(self, name, path=None, target=None):
        if name == _NAME:
            raise ModuleNotFoundError(f"No module named '{_NAME}'", name=_NAME)


@contextmanager
def without_arrow():
    """While the warm interpreter imports what executions are likely to use."""
    refusal = _Refusal()
    sys.meta_path.insert(0, refusal)
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)


def forget_pandas(sources):
    """Before a program starts: it imports pandas anew where one of the texts names Arrow's column types."""
    if "pandas" not in sys.modules or not any(_TYPES.search(source) for source in sources):
        return
    for name in [name for name in sys.modules if name.partition(".")[0] == "pandas"]:
        del sys.modules[name]
