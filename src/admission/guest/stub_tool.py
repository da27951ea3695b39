"""Tools that do nothing right, to see whether a test notices: whatever they are asked, they give something of a kind."""

import itertools
import random

_counter = itertools.count(1)
_random = random.Random(20240229)


def gives_nothing(*args, **kwargs):
    return None


def gives_zero(*args, **kwargs):
    return 0


def gives_text(*args, **kwargs):
    return "?"


def gives_empty_list(*args, **kwargs):
    return []


def counts(*args, **kwargs):
    """Another number each time."""
    return next(_counter)


def wavers(*args, **kwargs):
    """Numbers of both signs, without order."""
    return _random.uniform(-1e6, 1e6)


def gives_lists(*args, **kwargs):
    """Another list each time, of another length."""
    return [_random.uniform(-1e6, 1e6) for _ in range(next(_counter) % 5)]


def refuses(*args, **kwargs):
    raise ValueError("this tool refuses everything")
