"""What is said where a package that somebody needs is missing or cannot be imported.

pip installs NumPy with the package; the rest comes with extras. Every sentence on that is here.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from traceback import walk_tb

PACKAGE = "cnn-parity"
# Which extra brings what.
EXTRAS = {
    **dict.fromkeys(
        (
            *("typer", "rich", "pandas", "threadpoolctl", "junitparser"),
            *("sympy", "mpmath", "flint", "babel"),
        ),
        "parity",
    ),
    **dict.fromkeys(("jinja2", "latex2mathml", "matplotlib", "PIL", "pygments"), "page"),
    "torch": "torch",
    "distributed": "dask",
}


class NeedError(ImportError):
    """A package that is not there, or broken: the sentence that says so."""


def need(package: str, who: str, otherwise: str = "") -> None:
    """Import a package.

    Raises: NeedError if it is not installed (otherwise: what else one can do) or cannot be
        imported.
    """
    try:
        import_module(package)
    except Exception as error:
        sentence = explanation(error, who, otherwise)
        if sentence is None:
            raise
        raise NeedError(sentence) from error


def need_installed(package: str, who: str) -> None:
    """The same without importing it: for packages that other processes use.

    Raises: NeedError.
    """
    if not is_installed(package):
        raise NeedError(missing(package, who))


def is_installed(package: str) -> bool:
    """Whether Python finds a package."""
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def missing(package: str, who: str, otherwise: str = "") -> str:
    """Which extra to install, in one sentence.

    >>> missing("torch", "parity run")
    "parity run needs torch, which is not installed: pip install 'cnn-parity[torch]'"
    """
    extra = f"pip install '{PACKAGE}[{EXTRAS[package]}]'"
    return f"{who} needs {package}, which is not installed: {extra}{otherwise}"


def explanation(error: Exception, who: str, otherwise: str = "") -> str | None:
    """The sentence on an import that failed; None for any other error."""
    if isinstance(error, NeedError):
        return str(error)
    broken = _being_imported(error)
    if broken:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return f"{who} needs {broken}, which is installed but cannot be imported: {said}"
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRAS:
        return missing(error.name, who, otherwise)
    return None


def _being_imported(error: Exception) -> str | None:
    """The package of an extra whose own files were being imported when the error was raised."""
    for frame, _ in walk_tb(error.__traceback__):
        package = _top(frame.f_globals.get("__name__"))
        if package in EXTRAS and frame.f_code.co_name == "<module>":
            return package
    lacks = isinstance(error, ModuleNotFoundError) and error.name in EXTRAS
    if isinstance(error, ImportError) and not lacks:
        package = _top(error.name)  # there, but a part of it is not
        return package if package in EXTRAS else None
    return None


def _top(name: str | None) -> str:
    return (name or "").partition(".")[0]
