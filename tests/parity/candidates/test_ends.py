"""Whatever a candidate does to its process, the parent gets one sentence and goes on."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from forked import none_is_left

from parity.candidates import wire
from parity.candidates.failures import Failure
from parity.candidates.process import Child, Limits

SHORT = Limits(seconds=0.4)

# What a file says, and the sentence for it: text, kind, said.
IN_A_CALL = {
    "an endless loop": (
        "def f():\n    while True: pass",
        "timeout",
        "f did not end within the time limit of 0.4 s (--time-limit)",
    ),
    "printing without end": (
        "def f():\n    while True: print('on and on')",
        "timeout",
        "f did not end within the time limit of 0.4 s (--time-limit)",
    ),
    "an endless loop that catches everything": (
        """
        import signal
        def f():
            for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(name, signal.SIG_IGN)
            while True:
                try: time.sleep(9)
                except BaseException: pass
        """,
        "timeout",
        "f did not end within the time limit of 0.4 s (--time-limit)",
    ),
    "sys.exit": (
        "def f():\n    sys.exit(3)",
        "left",
        "f calls sys.exit(3) (line 5: `sys.exit(3)`)",
    ),
    "os._exit": ("def f():\n    os._exit(3)", "left", "f ended its process with exit code 3"),
    "a segmentation fault": (
        "def f():\n    os.kill(os.getpid(), 11)",
        "crashed",
        "f ended its process by a segmentation fault (SIGSEGV)",
    ),
    "an abort": (
        "def f():\n    os.abort()",
        "crashed",
        "f ended its process by an abort (SIGABRT)",
    ),
    "a signal without a name": (
        "def f():\n    os.kill(os.getpid(), 40)",
        "crashed",
        "f ended its process by signal 40",
    ),
    "all files closed": (
        "def f():\n    os.closerange(0, 256)",
        "protocol",
        "f broke the line between its process and parity: it closed files that are not its own",
    ),
    "nonsense on the line": (
        "def f():\n    for n in range(3, 20):\n        try: os.write(n, b'x' * 64)\n"
        "        except OSError: pass",
        "protocol",
        "f broke the line between its process and parity: "
        "a part of 8680820740569200760 bytes, at most 1073741824 are sent",
    ),
    "an error": (
        "def f():\n    raise ValueError('two\\n  lines')",
        "raised",
        "f raises ValueError: two lines (line 5: `raise ValueError('two\\n  lines')`)",
    ),
    "an error without a message": (
        "def f():\n    assert 1 > 2",
        "raised",
        "f raises AssertionError (line 5: `assert 1 > 2`)",
    ),
    "an error in NumPy": (
        "def f():\n    return np.ones(2) @ np.ones(3)",
        "raised",
        "f raises ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0, "
        "with gufunc signature (n?,k),(k,m?)->(n?,m?) (size 3 is different from 2) "
        "(line 5: `return np.ones(2) @ np.ones(3)`)",
    ),
    "an error that cannot be printed": (
        "class E(Exception):\n    def __str__(self): return 1\ndef f():\n    raise E",
        "raised",
        "f raises E (line 7: `raise E`)",
    ),
    "an interrupt": (
        "def f():\n    raise KeyboardInterrupt",
        "raised",
        "f raises KeyboardInterrupt (line 5: `raise KeyboardInterrupt`)",
    ),
    "endless recursion": (
        "def f():\n    return f()",
        "raised",
        "f raises RecursionError: maximum recursion depth exceeded (line 5: `return f()`)",
    ),
}


ENDS = [what for what, (_, kind, _) in IN_A_CALL.items() if kind != "raised" and what != "sys.exit"]


@pytest.mark.parametrize("what", ENDS)
def test_a_call_that_ends_the_process(load: Any, what: str) -> None:
    """One sentence each, at once or at the limit."""
    text, kind, said = IN_A_CALL[what]
    begun = time.perf_counter()
    found = load(text, "f", limits=SHORT if kind == "timeout" else Limits()).failure("f")
    assert (found.kind, found.said.partition("; it has printed ")[0]) == (kind, said)
    assert time.perf_counter() - begun < SHORT.seconds + 3


def test_errors(load: Any) -> None:
    """One process survives them all, and each has its sentence."""
    child = load("def f(): return 1", "f").child
    for n, what in enumerate(what for what in IN_A_CALL if what not in ENDS):
        text, kind, said = IN_A_CALL[what]
        found = load(text, "f", child=child, file=f"case_{n}.py").failure("f")
        assert (found.kind, found.said) == (kind, said), what
    assert n > 5


def test_memory_without_end(load: Any) -> None:
    """The limit counts from what NumPy takes; the process can still say what happened."""
    bench = load(
        """
        kept = []
        def f():
            while len(kept) < 60: kept.append(np.ones(2**20))  # 8 MB each: harmless without limit
        def g(): return 1
        """,
        "f",
        limits=Limits(memory_mb=200),
    )
    assert bench.failure("f")[:2] == (
        "memory",
        "f asked for more memory than the limit of 200 MB (--memory-limit)",
    )
    assert bench.value("g") == 1


def test_memory_within_the_limit(load: Any) -> None:
    """The same amount below the limit is nobody's business."""
    bench = load("def f(): return float(np.ones(2**24).sum())", "f", limits=Limits(memory_mb=200))
    assert bench.value("f") == 2.0**24


def test_the_time_of_all_calls_counts(load: Any) -> None:
    """A candidate that is slow in each call reaches the limit of all."""
    bench = load("def f(s): time.sleep(s)", "f", limits=Limits(seconds=0.8))
    bench.reply("f", 0.2)
    assert bench.child.seconds_left <= 0.6
    assert bench.failure("f", 9.0).said == (
        "f reached the time limit of 0.8 s for all calls together (--time-limit)"
    )


def test_much_that_was_printed_is_said(load: Any) -> None:
    """It may be what took so long."""
    bench = load("def f():\n    while True: print('x' * 1000)", "f", limits=Limits(seconds=0.5))
    assert re.search(r"\(--time-limit\); it has printed \d+ KB$", bench.failure("f").said)


def test_an_ended_process_stays_so(load: Any) -> None:
    """Each later request has the same failure; the next process is fresh."""
    bench = load("def f(): os._exit(0)\ndef g(): return 1", "f")
    assert bench.failure("f") == bench.failure("g")
    assert load("def g(): return 1", "g").value("g") == 1


def test_an_error_ends_nothing(load: Any) -> None:
    """After an error the process answers on."""
    bench = load("def f(): sys.exit()\ndef g(): return 1", "f")
    assert bench.failure("f").said.startswith("f calls sys.exit(None) (line 4:")
    assert bench.value("g") == 1


def test_the_trace_is_told(load: Any) -> None:
    """Every line on the way, of other files too; none of ours."""
    found = load("def g(): return 1 / 0\ndef f():\n    return g()", "f").failure("f")
    assert found.detail.splitlines() == [
        "mine.py, line 6, in f: return g()",
        "mine.py, line 4, in g: def g(): return 1 / 0",
    ]


def test_threads_and_processes_left_running(load: Any, tmp_path: Path) -> None:
    """They delay nothing, and end with the process."""
    bench = load(
        """
        import subprocess, threading
        def f():
            threading.Thread(target=time.sleep, args=(60,)).start()
            return subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]).pid
        """,
        "f",
    )
    pid = bench.value("f")
    begun = time.perf_counter()
    bench.child.__exit__()
    assert time.perf_counter() - begun < 1
    if psutil.pid_exists(pid):
        none_is_left([psutil.Process(pid)], 2)


def test_a_process_that_leaves_the_group(load: Any) -> None:
    """It holds the pipes open, and the parent does not wait for it."""
    text = "def f():\n    if os.fork() == 0:\n        os.setsid(); time.sleep(1.7); os._exit(0)\n"
    bench = load(text + "    while True: pass", "f", limits=SHORT)
    begun = time.perf_counter()
    assert bench.failure("f").kind == "timeout"
    assert time.perf_counter() - begun < SHORT.seconds + 1.5
    for thread in bench.child._threads:
        thread.join()


def test_a_copy_of_the_process_says_nothing(load: Any) -> None:
    """A fork that comes back from the call ends; one reply comes."""
    bench = load("def f(): return os.fork() > 0\ndef g(): return 2", "f")
    assert (bench.value("f"), bench.value("g")) == (True, 2)


def test_a_process_that_does_not_read(load: Any) -> None:
    """A large request does not stop the parent, whose limit holds."""
    text = "from threading import Timer\ndef f(): Timer(0.05, os.kill, (os.getpid(), 19)).start()"
    bench = load(text, "f", limits=SHORT)
    bench.value("f")
    time.sleep(0.2)  # it is stopped
    assert bench.failure("g", np.zeros(2**18)).kind == "timeout"


def test_a_process_whose_parent_is_held_up(load: Any) -> None:
    """The system ends it some seconds after its limit; the sentence is the same."""
    bench = load("def f():\n    import signal\n    signal.alarm(1)\n    time.sleep(9)", "f")
    begun = time.perf_counter()
    assert bench.failure("f").said == ("f did not end within the time limit of 10 s (--time-limit)")
    assert 0.5 < time.perf_counter() - begun < 5


def test_a_large_request(load: Any) -> None:
    """Larger than any pipe, there and back."""
    found = load("def f(x): return x[::-1]", "f").value("f", np.arange(2.0**18))
    np.testing.assert_array_equal(found, np.arange(2.0**18)[::-1])


def test_printing(load: Any) -> None:
    """What goes to the files 0, 1 and 2 is kept and is no reply."""
    bench = load(
        """
        print("loaded")
        def f():
            print("said", sys.stdin.read())
            os.write(1, b"written\\n")
            os.write(2, b"\\xff\\n")
            print("gr\\u00fcn", file=sys.__stderr__)
            os.system("echo by a program")
            return 1
        """,
        "f",
    )
    assert bench.value("f") == 1
    bench.child.__exit__()
    assert bench.child.output == "loaded\nsaid \nwritten\n\ufffd\ngrün\nby a program\n"


@pytest.mark.parametrize("how", ["os.close(0); os.close(1); os.close(2)", "sys.stdout.close()",
                                 "sys.stdout = sys.stderr = None"])  # fmt: skip
def test_standard_files_closed(load: Any, how: str) -> None:
    """They are the candidate's; the line is not on them."""
    bench = load(f"def f():\n    {how}\n    return 1\ndef g(): return 2", "f")
    assert (bench.value("f"), bench.value("g")) == (1, 2)


def test_output_is_cut_and_kept(load: Any) -> None:
    """Its beginning is there though the process died."""
    text = "def f():\n    print('a' * 3000)\n    os._exit(1)"
    bench = load(text, "f", limits=Limits(output_kb=1))
    bench.failure("f")
    assert bench.child.output == "a" * 1024 + "\n[cut: more than 1 KB]"


def test_a_child_without_numpy(tmp_path: Path) -> None:
    """Another interpreter must have NumPy, and the sentence says so."""
    (tmp_path / "numpy.py").write_text("raise ImportError('no NumPy here')")
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {os.sys.executable} "$@"\n')  # type: ignore[attr-defined]
    program.chmod(0o755)
    with Child(python=str(program)) as child:
        found = child.ask(*wire.load("mine.py", ["f"]))
    assert found == Failure(
        "import", f"--python {program} cannot run a candidate: ImportError: no NumPy here"
    )


def test_no_interpreter() -> None:
    """Nor one that is not there."""
    with Child(python="/nowhere/python") as child:
        assert child.ask(*wire.load("mine.py", ["f"])) == Failure(
            "import", "--python /nowhere/python cannot run a candidate: No such file or directory"
        )


def test_no_interpreter_at_all() -> None:
    """A program that ends at once is not waited for, nor said to be."""
    with Child(python="/bin/true") as child:
        assert child.ask(*wire.load("mine.py", ["f"])) == Failure(
            "import", "--python /bin/true cannot run a candidate: it ends without a word"
        )


def test_a_library_that_is_not_there() -> None:
    """A library that the check needs is imported before the candidate."""
    with Child(library="jax") as child:
        found = child.ask(*wire.load("mine.py", ["f"]))
    assert isinstance(found, Failure)
    assert "jax" in found.said or "there is no file mine.py" in found.said
