"""Files, modules and notebooks: what is taken, and what is said where it is not."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parity.candidates import wire
from parity.candidates.failures import Failure
from parity.candidates.process import RUNNER, Child, Limits

# What a file says, which name is wanted, and the sentence.
NOT_LOADED = {
    "a syntax error": (
        "x = 1\ndef f(:\n    pass",
        "mine.py cannot be imported: SyntaxError: invalid syntax (line 5: `def f(:`)",
    ),
    "an import that raises": (
        "raise ValueError('no')",
        "mine.py cannot be imported: ValueError: no (line 4: `raise ValueError('no')`)",
    ),
    "a module that is not there": (
        "import no_such_package",
        "mine.py cannot be imported: ModuleNotFoundError: No module named 'no_such_package' "
        "(line 4: `import no_such_package`)",
    ),
    "sys.exit": (
        "sys.exit('end')",
        "the import of mine.py calls sys.exit('end') (line 4: `sys.exit('end')`)",
    ),
    "os._exit": ("os._exit(2)", "the import of mine.py ended its process with exit code 2"),
    "a slow import": (
        "time.sleep(60)",
        "the import of mine.py did not end within the time limit of 0.4 s (--time-limit)",
    ),
    "a name that is almost there": (
        "def conv_backward(): pass\ndef conv_forward(): pass\ndef relu(): pass",
        "mine.py has no conv_bckward: it has conv_backward, conv_forward",
    ),
    "a name unlike any": (
        "def relu(): pass\n_hidden = 3\nfrom math import sqrt",
        "mine.py has no conv_bckward: it has relu",
    ),
    "an attribute that is not there": (
        "class conv_bckward:\n    def forward(self): pass",
        "mine.py has no conv_bckward.forwrd: it has forward",
    ),
    "no names at all": ("", "mine.py has no conv_bckward"),
}


DYING = ("os._exit", "a slow import")


def test_files_that_are_not_loaded(load: Any) -> None:
    """One sentence, with the line where there is one; the process goes on unless it was ended."""
    child = load("", limits=Limits(seconds=5)).child
    for n, (what, (text, said)) in enumerate(NOT_LOADED.items()):
        name = "conv_bckward.forwrd" if "attribute" in what else "conv_bckward"
        file = f"case_{n}.py"
        how = {"limits": Limits(seconds=0.4)} if what in DYING else {"child": child}
        found = load(text, name, file=file, **how).loaded
        assert found.said == said.replace("mine.py", file), what


def test_what_is_not_there(tmp_path: Path) -> None:
    """Files by their ending or a slash, modules otherwise."""
    with Child(folder=tmp_path) as child:
        for source in ("no.py", "no/such", "no_such_module", "json.no"):
            kind = "module" if "mod" in source or "json" in source else "file"
            expected = Failure("import", f"there is no {kind} {source}")
            assert child.ask(*wire.load(source, ["f"])) == expected


KINDS = """
    import functools
    class Conv:
        "A layer."
        def __init__(self, c_in, *, stride=1): self.weight = np.ones(c_in)
        def forward(self, x): return x
        @staticmethod
        def made(): pass
    class Grads(tuple): pass
    net = Conv(2)
    def conv(x, /, w, *more, b=None, **rest):
        '''Slides.

        More.'''
    short = lambda x: x
    half = functools.partial(conv, w=3)
    add = np.add
    number = 3
"""


def test_what_names_are(load: Any) -> None:
    """Functions, classes and instances, with signature and the first line of their text."""
    wanted = ("Conv", "net", "conv", "short", "half", "add", "number", "Conv.forward")
    names = load(KINDS, *wanted).names
    kinds = {name: (one["kind"], one["is_class"]) for name, one in names.items()}
    assert kinds == {
        "Conv": ("class", True),
        "net": ("instance", False),
        "conv": ("function", False),
        "short": ("function", False),
        "half": ("function", False),
        "add": ("function", False),
        "number": ("instance", False),
        "Conv.forward": ("function", False),
    }
    assert names["Conv"]["signature"] == [
        ["c_in", "POSITIONAL_OR_KEYWORD", False],
        ["stride", "KEYWORD_ONLY", True],
    ]
    assert names["net"]["methods"]["forward"] == [["x", "POSITIONAL_OR_KEYWORD", False]]
    assert names["Conv"]["methods"]["made"] == []
    assert [name for name, _, _ in names["conv"]["signature"]] == ["x", "w", "more", "b", "rest"]
    assert (names["conv"]["doc"], names["Conv"]["doc"]) == ("Slides.", "A layer.")
    assert names["number"]["signature"] is None


def test_the_names_that_a_file_defines(load: Any) -> None:
    """Its own, in order; not what it imports."""
    found = load(KINDS, "conv").loaded[0]["public"]
    assert found == ["Conv", "Grads", "net", "conv", "short"]


def test_a_neighbour_and_a_path_with_spaces(load: Any, tmp_path: Path) -> None:
    """A file imports what lies beside it, also by names that files of ours have."""
    folder = tmp_path / "week 3"
    folder.mkdir()
    (folder / "wire.py").write_text("def twice(x): return 2 * x\n")
    (folder / "child.py").write_text("import my_conv\nTHREE = 3\n")
    text = "import wire, child, pickle\nclass A: pass\n"
    text += "def f(x): return wire.twice(x) * child.THREE, child.my_conv is sys.modules[__name__]"
    bench = load(text, "f", file="week 3/my conv.py")
    assert bench.value("f", 5) == (30, True)
    assert sorted(path.name for path in folder.iterdir()) == ["child.py", "my conv.py", "wire.py"]


def test_a_file_named_like_a_module_in_use(load: Any) -> None:
    """It does not take its place."""
    assert (
        load("import json\ndef f(): return json.dumps([1])", "f", file="json.py").value("f")
        == "[1]"
    )


def test_a_module_of_a_package(tmp_path: Path) -> None:
    """A dotted name is looked for in the folder where the process works."""
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("from pack.conv import f\n")
    (package / "conv.py").write_text("from . import here\ndef f(): return here.ONE / 0\n")
    (package / "here.py").write_text("ONE = 1\n")
    with Child(folder=tmp_path) as child:
        loaded = child.ask(*wire.load("pack.conv", ["f"]))
        found = child.ask(*wire.call("f"))
    assert not isinstance(loaded, Failure)
    assert loaded[0]["public"] == ["f"]
    assert isinstance(found, Failure)
    assert found.said == (
        "f raises ZeroDivisionError: division by zero (line 2: `def f(): return here.ONE / 0`)"
    )


# --- notebooks -----------------------------------------------------------------------------------


def notebook(*cells: str) -> str:
    """As Jupyter stores it: sources as lists of lines, and a text between the cells."""
    code = [{"cell_type": "code", "source": text.splitlines(True)} for text in cells]
    return json.dumps({"cells": [code[0], {"cell_type": "markdown", "source": "# A"}, *code[1:]]})


CELLS = (
    "%matplotlib inline\nimport numpy as np\nimport no_such_package.plots as plots\nfiles = !ls\n",
    "K, P = 3, (1, 2)\nHALF = K // 2\nEPS: float = 1e-5\nran = print('ran') or True\nK.real",
    "%%bash\nrm -rf /nowhere",
    "%%time\ndef conv(x):\n    return (x\n        % K) / HALF\nalias = conv",
    "def wrong(x):\n    return nothing\ndata = np.load('no such file')",
)


def test_a_notebook(load: Any) -> None:
    """Imports, definitions and constants; a package that is not there is set aside."""
    bench = load(notebook(*CELLS), "conv", "K", "P", "EPS", "alias", file="a.ipynb")
    assert bench.loaded[0]["set_aside"] == ["no_such_package"]
    assert bench.value("conv", 5.0) == 2.0
    assert bench.child.output == ""
    assert bench.failure("wrong", 1).said == (
        "wrong raises NameError: name 'nothing' is not defined (cell 6, line 2: `return nothing`)"
    )


def test_a_notebook_with_everything(load: Any) -> None:
    """Other statements run if asked for, magics and commands never."""
    cells = ("print('ran')\n!touch here\ndef f(): return n", "n = sum([1, 2])")
    bench = load(notebook(*cells), "f", file="a.ipynb", everything=True)
    assert bench.value("f") == 3
    bench.child.__exit__()
    assert bench.child.output == "ran\n"
    failed = load(notebook(*CELLS), "conv", file="b.ipynb", everything=True).loaded
    assert failed.said == (
        "b.ipynb cannot be imported: ModuleNotFoundError: No module named 'no_such_package' "
        "(cell 1, line 3: `import no_such_package.plots as plots`)"
    )


def test_a_notebook_with_a_syntax_error(load: Any) -> None:
    """The cell and the line in it are named."""
    found = load(notebook("x = 1", "def f(:\n    pass"), "f", file="a.ipynb").loaded
    assert found.said == (
        "a.ipynb cannot be imported: SyntaxError: invalid syntax (cell 3, line 1: `def f(:`)"
    )


def test_what_is_no_notebook(load: Any) -> None:
    """A file with the ending alone."""
    child = load("").child
    for n, text in enumerate(["{}", "not json", '{"cells": [{"source": 3}]}']):
        found = load(text, "f", file=f"{n}.ipynb", child=child).loaded
        assert found.kind == "import"
        assert found.said.endswith(f"{n}.ipynb is no notebook of format 4")


# --- the runner ----------------------------------------------------------------------------------


def test_the_runner_needs_numpy_only(load: Any) -> None:
    """Nothing of ours by our name, nor the folder of the runner; sys.argv is nobody's."""
    bench = load(
        """
        def f():
            loaded = {name.split(".")[0] for name in sys.modules}
            folders = [path for path in sys.path if "candidates" in path]
            return [n for n in ("parity", "refimpl", "torch") if n in loaded], folders, sys.argv
        """,
        "f",
    )
    assert bench.value("f") == ([], [], [""])


def strange(text: str) -> set[str]:
    """What a file imports beside the standard library, NumPy and its own folder.

    It must be Python 3.8: the interpreter of a candidate may be older than ours.
    """
    found = set()
    for node in ast.walk(ast.parse(text, feature_version=(3, 8))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.level != 1):
            found.add(str(node.module).split(".")[0])
    return found - set(sys.stdlib_module_names) - {"numpy"}


def test_the_runner_is_alone_and_old() -> None:
    """Python 3.8, the standard library and NumPy."""
    files = [RUNNER, *(RUNNER.parent / "child").glob("*.py")]
    assert len(files) > 8
    assert {name for file in files for name in strange(file.read_text())} == set()


def test_a_runner_that_is_neither() -> None:
    """The test above can fail."""
    assert strange("import os\nfrom parity.cases import case\nfrom .a import b") == {"parity"}
    with pytest.raises(SyntaxError):
        strange("match x:\n    case 1: pass")


def test_another_interpreter(tmp_path: Path) -> None:
    """Any program that runs the script: here one that cannot import anything of ours."""
    block = "import sys; sys.modules['parity'] = sys.modules['refimpl'] = None"
    program = tmp_path / "python"
    run = "import runpy, sys; sys.argv = sys.argv[1:]; sys.path[0] = ''; "
    run += "runpy.run_path(sys.argv[0], run_name='__main__')"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{block}; {run}" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "mine.py").write_text("def f(x): return x + 1\n")
    with Child(python=str(program), folder=tmp_path) as child:
        child.ask(*wire.load("mine.py", ["f"]))
        found = child.ask(*wire.call("f", [1]))
    assert not isinstance(found, Failure), found
    assert found[0]["value"] == 2
    assert child.about["python"] == ".".join(map(str, sys.version_info[:3]))


def test_the_start_is_quick() -> None:
    """The parent's side imports neither torch nor a room that does."""
    code = (
        "import sys, parity.candidates.process as p; print({'torch', 'refimpl'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
