"""The known mistakes as data: what is there, what it is called, what it is put in place of."""

from __future__ import annotations

import inspect
import pickle
import re
from collections import Counter
from functools import partial

import numpy as np
import pytest

import refimpl
from parity.cases.case import Case, Draw
from parity.cases.functions import FUNCTIONS, forward_of
from parity.documents.ledger import ledger
from parity.judges.layer import prepare
from parity.mistakes.catalogue import EVERY
from parity.mistakes.mistake import Mistake, add, control
from parity.power.sight import cases_of
from parity.power.wrong_code import tensors_on
from parity.results.settings import Settings
from parity.witnesses.balls import PRECISION, exact_balls, precision

KNOWN = list(EVERY.values())
# The errata of the documents that someone can compute: each is among the known mistakes.
COMPUTABLE_ERRATA = (
    *("D1.21", "D1.23", "D1.27", "D1.33", "D2.15", "D2.17", "D2.22", "D2.30"),
    *("D3.8", "D3.9", "D4.2", "D4.6", "D4.7", "D4.11", "D4.14"),
)


def test_how_many() -> None:
    """Far more than sixty different pieces of wrong code, most of them in gradients."""
    assert len({known.wrong for known in KNOWN if not isinstance(known.wrong, partial)}) >= 200
    assert sum(known.function not in FUNCTIONS for known in KNOWN) > len(KNOWN) / 2


def test_every_one_reaches_another_process() -> None:
    """By its name; a run plants it there."""
    for known in KNOWN:
        assert pickle.loads(pickle.dumps(known)).title == known.title


def test_every_function_has_one() -> None:
    """Forward and backward of everything that is compared."""
    functions = {known.function for known in KNOWN}
    forwards = set(FUNCTIONS)
    backwards = {f.backward_name for f in FUNCTIONS.values() if f.inputs}
    assert functions == forwards | backwards


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_what_it_says(known: Mistake) -> None:
    """A name for the command line, a title in one line, a thought, statements of the ledger."""
    assert re.fullmatch(r"[a-z0-9_]+(-[a-z0-9_]+)*", known.name)
    assert 0 < len(known.title) < 100
    assert not known.title.endswith(".")
    assert known.misconception
    assert known.formulas or not FUNCTIONS[forward_of(known.function)].documents
    assert set(known.formulas) <= set(ledger())
    assert callable(getattr(refimpl, known.function))
    assert not known.control


def test_titles_are_unique() -> None:
    """No function has two mistakes of one title."""
    counted = Counter((known.function, known.title) for known in KNOWN)
    assert [pair for pair, count in counted.items() if count > 1] == []


def test_the_errata_are_among_them() -> None:
    """What a document prints wrongly, and a program can compute, has its wrong version."""
    violated = {formula for known in KNOWN for formula in known.formulas}
    assert set(COMPUTABLE_ERRATA) <= violated
    assert {ledger()[row].verdict for row in COMPUTABLE_ERRATA} == {"erratum"}


def test_every_gradient_has_one_that_is_slight() -> None:
    """Each file calls `slightly_too_large`; the gradient of sign is 0 whatever it is times."""
    slight = {known.function for known in KNOWN if known.name.startswith("slightly-too-large-")}
    gradients = {f.backward_name for f in FUNCTIONS.values() if f.inputs}
    assert slight == gradients - {"sign_backward"}


WRITTEN_OUT = [known for known in KNOWN if not isinstance(known.wrong, partial)]


@pytest.mark.parametrize("known", WRITTEN_OUT, ids=lambda known: known.name)
def test_it_stands_in_the_file_of_its_subject(known: Mistake) -> None:
    """Which is called as refimpl's file of the function."""
    subject = getattr(refimpl, known.function).__module__.removeprefix("refimpl.")
    assert known.wrong.__module__ == f"parity.mistakes.{subject}"


@pytest.mark.parametrize("known", WRITTEN_OUT, ids=lambda known: known.name)
def test_it_takes_the_arguments_of_its_function(known: Mistake) -> None:
    """The same names in the same order; `**how` stands for options."""
    theirs = list(inspect.signature(getattr(refimpl, known.function)).parameters)
    own = [
        name
        for name, parameter in inspect.signature(known.wrong).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    assert own == theirs[: len(own)]


FIXED = ("target", "mask", "running_var")  # of a kind of values of its own


def small(known: Mistake) -> Case:
    """A small ordinary case of the mistake's function: random numbers in all its arrays."""
    for case in cases_of([known]):
        free = [s for name, s in case.arrays.items() if name not in FIXED]
        ordinary = all(isinstance(s, Draw) and s.values == "normal" for s in free)
        if ordinary and case.upstream == "normal" and min(np.prod(s.shape) for s in free[:1]) > 4:
            return case
    raise LookupError(known.name)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_it_runs_on_exact_elements(known: Mistake) -> None:
    """On balls, too, so that witnesses of exact arithmetic can be asked about it."""
    prepared = prepare(small(known), "float64", Settings())
    arrays = {
        name: exact_balls(array) if array.dtype.kind == "f" else array
        for name, array in prepared.arrays.items()
    }
    with precision(PRECISION):
        tensors = tensors_on(known, prepared.case, arrays, exact_balls(prepared.dy))
    assert tensors
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(object)}


def test_a_name_of_its_own() -> None:
    """Two mistakes of one name are refused."""
    again = EVERY["add-halved"]
    with pytest.raises(ValueError, match="add-halved") as raised:
        add(again)
    assert str(raised.value) == "every mistake needs a name of its own, but add-halved repeats"


def test_the_control_is_the_correct_code() -> None:
    """What `refimpl` exports now, so that a mistake in it is found."""
    right = control("conv2d_backward")
    assert right.wrong is refimpl.conv2d_backward
    assert right.control
