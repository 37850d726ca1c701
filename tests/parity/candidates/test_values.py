"""What comes back: numbers as they are, types by name, and what a call does on the side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from parity.candidates import wire
from parity.candidates.failures import Failure
from parity.candidates.wire import Kept, Unsendable

ODD = """
    class Yes(np.ndarray):
        "Says yes to everybody."
        def __eq__(self, other): return np.ones(self.shape, bool)
        __ne__ = __lt__ = __gt__ = __eq__
        def __array_ufunc__(self, *a, **k): return True
        def __array_function__(self, *a, **k): return True
        def __array_finalize__(self, other): pass
        def __reduce__(self): raise OSError("not to be pickled")
        def tobytes(self): return b""
        shape = property(lambda self: (7,))
        dtype = property(lambda self: "float64")
    class Foreign:
        def __array__(self, dtype=None, copy=None): return np.arange(3.0)
    class Capsule:
        def __dlpack__(self, **k): return np.arange(4.0).__dlpack__()
        def __dlpack_device__(self): return (1, 0)
    class Broken:
        def __array__(self, dtype=None, copy=None): raise RuntimeError
    class Pretends:
        @property
        def __class__(self): return np.ndarray
    def endless():
        here = []
        here.append(here)
        return here
    def counting():
        yield 1
    values = {
        "yes": lambda: np.zeros(3).view(Yes),
        "masked": lambda: np.ma.array([1.0, 2.0], mask=[0, 1]),
        "foreign": Foreign, "capsule": Capsule, "broken": Broken, "pretends": Pretends,
        "objects": lambda: np.array([1, None], object),
        "records": lambda: np.zeros(2, "i4,f8"),
        "strings": lambda: np.array(["a", "bc"]),
        "string": lambda: "abc", "long string": lambda: "a" * 5000,
        "nothing": lambda: None, "true": lambda: True,
        "lists": lambda: [[1, 2.5], [np.float32(3), float("inf")]],
        "nan": lambda: np.array([np.nan, -np.inf, -0.0]), "a nan": lambda: float("nan"),
        "complex": lambda: 1 + 2j, "complexes": lambda: np.array([1j]),
        "generator": counting, "set": lambda: {1}, "function": lambda: counting,
        "class": lambda: Foreign, "endless": endless, "many": lambda: [0] * 200_001,
        "large": lambda: np.broadcast_to(0.0, (10**5, 10**5)),
        "large int": lambda: 10**5000, "scalar": lambda: np.float32(0.5),
        "zero-d": lambda: np.array(2.0), "empty": lambda: np.zeros((0, 3), np.float32),
        "fortran": lambda: np.arange(6.0).reshape(2, 3).T,
        "big-endian": lambda: np.array([1], ">i4"),
        "dict": lambda: {"dx": np.ones(1), 3: None, Foreign: 1, float("nan"): np.zeros(1)},
    }
    def f(which): return values[which]()
"""

# What is sent for each, and the types that are told.
SENT: dict[str, tuple[Any, dict[str, str]]] = {
    "yes": (np.zeros(3), {"value": "mine.Yes"}),
    "masked": (np.array([1.0, 2.0]), {"value": "numpy.ma.MaskedArray"}),
    "foreign": (np.arange(3.0), {"value": "mine.Foreign"}),
    "capsule": (np.arange(4.0), {"value": "mine.Capsule"}),
    "broken": (
        Unsendable("mine.Broken whose __array__ raises RuntimeError"),
        {"value": "mine.Broken"},
    ),
    "pretends": (Unsendable("mine.Pretends"), {"value": "mine.Pretends"}),
    "objects": (Unsendable("numpy.ndarray of object"), {}),
    "records": (Unsendable("numpy.ndarray of [('f0', '<i4'), ('f1', '<f8')]"), {}),
    "strings": (np.array(["a", "bc"]), {}),
    "string": ("abc", {"value": "str"}),
    "long string": (Unsendable("str of too many characters"), {"value": "str"}),
    "nothing": (None, {"value": "NoneType"}),
    "true": (True, {"value": "bool"}),
    "lists": ([[1, 2.5], [np.float32(3), math.inf]], {"value": "list"}),
    "nan": (np.array([np.nan, -np.inf, -0.0]), {}),
    "a nan": (math.nan, {"value": "float"}),
    "complex": (np.complex128(1 + 2j), {"value": "complex"}),
    "complexes": (np.array([1j]), {}),
    "generator": (Unsendable("generator"), {"value": "generator"}),
    "set": (Unsendable("set"), {"value": "set"}),
    "function": (Unsendable("function"), {"value": "function"}),
    "class": (Unsendable("type"), {"value": "type"}),
    "large": (
        Unsendable("numpy.ndarray of shape (100000, 100000), too large to be sent"),
        {},
    ),
    "large int": (Unsendable("int of more than 64 bits"), {"value": "int"}),
    "scalar": (np.float32(0.5), {"value": "numpy.float32"}),
    "zero-d": (np.array(2.0), {}),
    "empty": (np.zeros((0, 3), np.float32), {}),
    "fortran": (np.arange(6.0).reshape(2, 3).T, {}),
    "big-endian": (np.array([1], ">i4"), {}),
    "dict": (
        {"dx": np.ones(1), 3: None, "type": 1, "float": np.zeros(1)},
        {"value[3]": "NoneType", "value[<class 'mine.Foreign'>]": "int"},
    ),
}


def same(found: Any, expected: Any) -> bool:
    """Types, dtypes and bits.

    >>> same(np.zeros(2), np.zeros(2)), same(np.zeros(2), -np.zeros(2)), same(1, True)
    (True, False, False)
    """
    if type(found) is not type(expected):
        return False
    if isinstance(expected, (np.ndarray, np.generic)):
        kinds = (found.dtype, found.shape) == (expected.dtype, expected.shape)
        return kinds and found.tobytes() == expected.tobytes()
    if isinstance(expected, list):
        return all(map(same, found, expected)) and len(found) == len(expected)
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[k], expected[k]) for k in found)
    return found == expected or (found != found and expected != expected)


def test_values_of_every_kind(load: Any) -> None:
    """Plain numbers of whatever class they were; what is none of these, by its type."""
    bench = load(ODD, "f")
    assert not isinstance(bench.loaded, Failure), bench.loaded
    for which, (expected, types) in SENT.items():
        message, arrays = bench.reply("f", which)
        assert same(wire.decode(message["value"], arrays), expected), (which, message)
        assert message["types"] == types, which
    assert "too many values" in str(bench.value("f", "endless"))
    assert "too many values" in str(bench.value("f", "many")[-1])


def test_a_difference_is_seen() -> None:
    """The comparison above refuses another type, dtype, shape, sign or length."""
    x = np.zeros(2)
    others = (x.astype("f4"), -x, x[:1], x.tolist(), x.reshape(2, 1))
    assert not any(same(other, x) for other in others)
    assert not same([1], [1, 2])
    assert not same({"a": 1}, {"b": 1})


GIVEN = [
    *(
        None,
        True,
        3,
        -2.5,
        math.inf,
        -math.inf,
        "ä\u2028",
        (1, [2, ()]),
        {"a": {"b": (1, 2)}, 3: 4},
    ),
    *(np.float32(0.1), np.int64(3), np.array(3.0), np.zeros((2, 0)), np.arange(6).reshape(2, 3).T),
    *(np.array([True]), np.array([np.nan, -0.0], np.float16)),
]


@pytest.mark.parametrize("n", range(len(GIVEN)))
def test_there_and_back(n: int) -> None:
    """Encoding and decoding of both sides, without a process."""
    from parity.candidates.child.sending import Sender, decode

    encoded, arrays = wire.encode(GIVEN[n])
    there = decode(encoded, wire.blobs(arrays), {}, lambda array: array)
    assert same(there, GIVEN[n]) or there == GIVEN[n]
    sender = Sender()
    back = wire.decode(sender.encode(there), wire.unpacked(sender.blobs))
    assert same(back, GIVEN[n]) or back == GIVEN[n]


def test_what_cannot_be_sent_to_a_candidate() -> None:
    """A mistake of ours, not of the candidate."""
    with pytest.raises(TypeError, match=r"^a set cannot be sent to a candidate$"):
        wire.encode([{1}])


@pytest.mark.parametrize(
    "nonsense", [{"lists": []}, {"tuple": 3}, {"float": "1e5"}, {"array": "0"}]
)
def test_no_value(nonsense: Any) -> None:
    """What decodes to nothing is refused."""
    with pytest.raises(ValueError, match=r"^no value: \['"):
        wire.decode(nonsense, [])


def test_objects_are_never_unpickled() -> None:
    """An array of objects in a reply is refused by the parent."""
    import io

    file = io.BytesIO()
    np.save(file, np.array([None], object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        wire.unpacked([file.getvalue()])


def test_named_tuples(load: Any) -> None:
    """Their fields come, too; a class's own iteration does not count."""
    text = """
        from collections import namedtuple
        Grads = namedtuple("Grads", "dx dbias")
        class Odd(Grads):
            def __iter__(self): return iter(())
        def f(): return Odd(np.ones(1), 3)
    """
    found = load(text, "f").value("f")
    assert found._fields == ("dx", "dbias")
    assert (found.dx.tolist(), found.dbias) == ([1.0], 3)


# --- on the side ---------------------------------------------------------------------------------

SIDES = """
    def quiet(x, w): return x * w
    def changes(x, param):
        x *= 2
        param["w"][0] = np.nan
        return x.sum()
    def reshapes(x, w): x.shape = (-1,)
    def back(x, w): return x[0], {"w": w.T}, x.copy()
    def none(x, w): w[:] = w
    def makes(x): return x + 1, (x, [x * 2])
    def uses(dout, cache):
        cache[1][0][0] = 5
        return cache[0]
    def random(x): return np.random.rand(), np.random.default_rng is not None
"""


def test_arguments_changed_in_place(load: Any, x: Any) -> None:
    """By path; bit by bit, so that NaN over NaN is none."""
    bench = load(SIDES, "quiet")
    w = np.array([np.nan, 1.0])
    assert bench.reply("quiet", x, 2.0)[0]["changed"] == []
    assert bench.reply("changes", x, {"w": np.ones(2)})[0]["changed"] == ["args[0]", "args[1]['w']"]
    assert bench.reply("reshapes", x, w)[0]["changed"] == ["args[0]"]
    assert bench.reply("none", x, w)[0]["changed"] == []
    assert bench.reply("none", x, kwargs={"w": w})[0]["changed"] == []


def test_results_that_are_views_of_arguments(load: Any, x: Any) -> None:
    """Which element lies in which argument."""
    bench = load(SIDES, "back")
    assert bench.reply("back", x, np.ones((2, 3)))[0]["shares"] == [
        ["value[0]", "args[0]"],
        ["value[1]['w']", "args[1]"],
    ]
    assert bench.reply("quiet", x, 1.0)[0]["shares"] == []


def test_a_cache_stays_in_the_process(load: Any, x: Any) -> None:
    """It goes from a forward to its backward as the object that it is, and is watched, too."""
    bench = load(SIDES, "makes")
    y, kept = bench.value("makes", x, keep={"1": "cache"})
    np.testing.assert_array_equal(y, x + 1)
    assert kept == Kept("cache")
    message, arrays = bench.reply("uses", y, kept)
    assert message["changed"] == ["args[1][1][0]"]
    assert message["shares"] == [["value", "args[1][0]"]]
    np.testing.assert_array_equal(wire.decode(message["value"], arrays), x)
    assert bench.value("makes", x, keep={"": "all"}) == Kept("all")


def test_the_same_requests_have_the_same_replies(load: Any, x: Any) -> None:
    """Random generators begin anew before each call, sets have one order, sums one thread."""
    text = """
        import random
        start = np.random.rand(), random.random()
        def f(x): return start, np.random.rand(2), random.random(), list({"a", "b", "c"}), x @ x.T
    """
    benches = [load(text, "f") for _ in range(2)]
    replies = [bench.reply("f", x[0]) for bench in (*benches, benches[0])]
    for message, _ in replies:
        message.pop("seconds")
    assert replies[0][0] == replies[1][0] == replies[2][0]
    blobs = [wire.blobs(arrays) for _, arrays in replies]
    assert blobs[0] == blobs[1] == blobs[2]


PATCHED = {
    "at import": ("np.add = np.allclose = len\ndef f(x): return x + 1", True),
    "in the call": ("def f(x):\n    np.add = np.allclose = len\n    return x + 1", False),
}


@pytest.mark.parametrize("when", PATCHED)
def test_numpy_changed(load: Any, when: str, x: Any) -> None:
    """It is told by name, at once."""
    text, at_import = PATCHED[when]
    bench = load(text, "f")
    assert bench.loaded[0]["patched"] == (["numpy.add", "numpy.allclose"] if at_import else [])
    assert bench.reply("f", x)[0]["patched"] == ["numpy.add", "numpy.allclose"]


def test_a_changed_numpy_fools_nobody(load: Any, x: Any) -> None:
    """Numbers, changes and views are found by functions taken before the candidate came."""
    bench = load(
        """
        import builtins, json
        def no(*args, **kwargs): return False
        for name in dir(np):
            if callable(getattr(np, name)) and name not in ("ndarray", "generic"):
                setattr(np, name, no)
        json.dumps = json.loads = os.getpid = os.write = time.perf_counter = no
        def f(x):
            x[0] = 3
            return x
        """,
        "f",
    )
    message, arrays = bench.reply("f", x)
    expected = x.copy()
    expected[0] = 3
    np.testing.assert_array_equal(wire.decode(message["value"], arrays), expected)
    assert message["changed"] == ["args[0]"]
    assert message["shares"] == [["value", "args[0]"]]
    assert len(message["patched"]) > 300


# --- objects -------------------------------------------------------------------------------------

LAYER = """
    class Layer:
        kinds = np.zeros(3)
        def __init__(self, c, scale=1.0):
            self.w, self.grads, self.c = np.ones((c, 2)) * scale, {}, c
            self.parts = [np.zeros(1), "no"]
        def forward(self, x):
            self.x = x
            return x @ self.w
        def backward(self, dy):
            self.grads["w"] = self.x.T @ dy
            return dy @ self.w.T
    net = Layer(3)
"""


def test_a_layer(load: Any, x: Any) -> None:
    """Made, set, called, and read: its arrays by name."""
    bench = load(LAYER, "Layer")
    w = np.arange(8.0).reshape(4, 2)
    made = bench.child.ask(*wire.construct("Layer", "layer", [4], {"scale": 2.0}, {"w": w}))
    assert made[0]["attributes"] == [["w", [4, 2]], ["parts[0]", [1]]]
    np.testing.assert_array_equal(bench.value("layer.forward", x[0]), x[0] @ w)
    dy = np.random.default_rng(15).standard_normal((3, 2))
    np.testing.assert_array_equal(bench.value("layer.backward", dy), dy @ w.T)
    for names in (["grads['w']", "c", "w"], None):
        message, arrays = bench.child.ask(*wire.attributes("layer", names))
        found = wire.decode(message["value"], arrays)
        np.testing.assert_array_equal(found["grads['w']"], x[0].T @ dy)
        np.testing.assert_array_equal(found["w"], w)
        assert ("c" in found) == (names is not None)


def test_an_object_is_copied(load: Any, x: Any) -> None:
    """An instance that a file makes keeps its state."""
    bench = load(LAYER, "net")
    bench.child.ask(*wire.construct("net", "mine", attributes={"w": np.zeros((4, 2))}))
    assert not bench.value("mine.forward", x[0]).any()
    found = bench.failure("net.forward", x[0])
    assert "size 3 is different from 4" in found.said or "mismatch" in found.said


def test_what_is_asked_before_a_load(x: Any) -> None:
    """A name in no file."""
    from parity.candidates.process import Child

    with Child() as child:
        assert child.ask(*wire.call("f", [x])) == Failure("import", "the candidate has no f")
