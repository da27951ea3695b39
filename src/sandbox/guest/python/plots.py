"""Figures that nobody can see here are saved: at `plt.show()`, and those that are still open and unsaved at the end. Trusted
code around untrusted objects.

matplotlib is patched when it is loaded, in the warm interpreter or by the program, for other ways do not tell whether a figure
has been saved already.
"""

import importlib.machinery
import os
import sys
import weakref

OUTPUT = "/box/output"
_FIGURE = "matplotlib.figure"
_PYPLOT = "matplotlib.pyplot"
_MOST = 50
# Fonts beside matplotlib's own, which has neither Chinese nor Japanese nor Korean: the first that is there fills in.
_FALLBACKS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "IPAexGothic",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
)
_saved = weakref.WeakSet()


class _Finder:
    """Of `sys.meta_path`: patches the two modules once they have been executed."""

    def find_spec(self, name, path=None, target=None):
        if name != _FIGURE and name != _PYPLOT:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_patch(module):
                execute(module)
                _patch(module)

            spec.loader.exec_module = execute_and_patch
        return spec


def install():
    """In the interpreter that programs run in, before anything of matplotlib is used."""
    loaded = [sys.modules[name] for name in (_FIGURE, _PYPLOT) if name in sys.modules]
    for module in loaded:
        _patch(module)
    if len(loaded) < 2:
        sys.meta_path.insert(0, _Finder())


def save_open():
    """At the end of a program that came to its end. Says on stderr what it could not save."""
    pyplot = sys.modules.get(_PYPLOT)
    if pyplot is None:
        return
    for number in pyplot.get_fignums()[:_MOST]:
        figure = pyplot.figure(number)
        # An empty one shows nothing: `plt.figure()` was called once too often.
        if figure in _saved or not (figure.axes or figure.texts or figure.images):
            continue
        try:
            figure.savefig(_free_name(), dpi=150, bbox_inches="tight")
        except Exception as error:
            print(f"a figure could not be saved: {type(error).__name__}: {error}", file=sys.stderr)


def _free_name():
    number = 1
    while os.path.lexists(f"{OUTPUT}/figure-{number}.png"):
        number += 1
    return f"{OUTPUT}/figure-{number}.png"


def _patch(module):
    if module.__name__ == _PYPLOT:
        _patch_pyplot(module)
    elif not hasattr(module.Figure.savefig, "__wrapped__"):
        _patch_figure(module.Figure)


def _patch_figure(figure_class):
    save = figure_class.savefig

    def savefig(self, *args, **options):
        value = save(self, *args, **options)
        _saved.add(self)
        return value

    _take_name(savefig, save)
    figure_class.savefig = savefig


def _patch_pyplot(pyplot):
    if hasattr(pyplot.show, "__wrapped__"):
        return
    show_nothing = pyplot.show

    def show(*args, **options):
        save_open()

    _take_name(show, show_nothing)
    pyplot.show = show
    _add_fonts(pyplot)


def _add_fonts(pyplot):
    manager = sys.modules.get("matplotlib.font_manager")
    if manager is None:
        return
    there = {font.name for font in manager.fontManager.ttflist}
    more = [name for name in _FALLBACKS if name in there]
    if more:
        pyplot.rcParams["font.family"] = [*pyplot.rcParams["font.family"], *more]


def _take_name(wrapper, wrapped):
    wrapper.__wrapped__ = wrapped
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(wrapper, name, getattr(wrapped, name))
