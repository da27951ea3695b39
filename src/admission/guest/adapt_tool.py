"""Stands under the name of one tool and calls another, whose parameters have other names."""

from tools import adapted_tool as _target

# Pairs of a parameter's name here and its name there, in their order.
_NAMES = "{{NAMES}}"


def adapted(*args, **kwargs):
    names = dict(_NAMES)
    unknown = [name for name in kwargs if name not in names]
    if unknown or len(args) > len(_NAMES):
        raise TypeError(f"unexpected arguments: {', '.join(unknown) or len(args)}")
    given = {there: value for (_here, there), value in zip(_NAMES, args)}
    given.update((names[name], value) for name, value in kwargs.items())
    return _target(**given)
