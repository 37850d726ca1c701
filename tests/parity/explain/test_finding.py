"""Names, words and questions find their page."""

from __future__ import annotations

import pytest

import refimpl
from parity.documents.ledger import ledger
from parity.explain.finding import UnknownNameError, found, pages
from parity.explain.ideas import IDEAS
from parity.mistakes.catalogue import EVERY

QUESTIONS = {
    "stride": "stride",
    "rot180": "rot180",
    "ROT180": "rot180",
    "d1.23": "D1.23",
    "softmax derivative": "softmax-derivative",
    "why is the kernel turned": "turned-kernel",
    "Why is the kernel turned?": "turned-kernel",
    "transposed convolution": "transposed-convolution",
    "ConvTranspose2d": "transposed-convolution",
    "步幅": "stride",
    "卷积核为什么翻转": "turned-kernel",
    "平均池化怎么反向传播": "average-pooling-gradient",
    "softmax求导": "softmax-derivative",
    "感受野": "receptive-field",
    "nn.MaxPool2d": "max_pool2d",
    "maxpool": "max_pool2d",
    "mse": "squared_error",
    "conv2d backward": "conv2d_backward",
    "how many parameters does a layer have": "parameters",
    "how large is the output": "output-size",
    "why divide by N": "mean-over-batch",
    "what is dy": "chain-rule",
    "max pooling gradient wrong in D1": "max-pooling-gradient",
    "which element gets the gradient when two are equal": "ties",
    "why does relu die": "relu-at-zero",
    "gradient of the bias": "bias-gradient",
    "im2col": "im2col",
    "1x1 convolution": "convolution",
    "what is cross correlation": "convolution",
    "pooling": "pooling",
    "最大池化": "pooling",
    "交叉熵": "cross-entropy-loss",
    "where does the gradient go in a residual block": "residual-connection",
    "numerical gradient check": "gradient-check",
    "relu反向传播": "relu-at-zero",
    "padding same": "padding",
    "dx kernel not turned": "dx-kernel-not-turned",
    "lenet": "lenet",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_finds_its_page(question: str) -> None:
    assert found(question.split())[0].name == QUESTIONS[question]


def test_every_name_is_found() -> None:
    """Itself, in its own spelling and in small letters."""
    for name in (*ledger(), *EVERY, *(idea.name for idea in IDEAS)):
        assert found([name])[0].name == name
        assert found([name.lower()])[0].name == name
    for name in refimpl.__all__:
        assert found([name])[0].name == name


def test_every_word_of_an_idea_is_found() -> None:
    """Its page, unless a function is called so."""
    for idea in IDEAS:
        for word in idea.words:
            page, _ = found(word.split())
            assert page.name == idea.name or page.kind == "function", word


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sofmax", "did you mean softmax"),
        ("strid", "did you mean stride"),
        ("D9.1", "did you mean D4.1"),
        ("batchnorm", "refimpl has no normalisation layer"),
        ("rmsprop", "refimpl has no such optimiser"),
        ("qqqq", "`parity explain` lists what there is"),
        ("dx-kernel-not-turnd", "did you mean dx-kernel-not-turned"),
    ],
)
def test_what_is_not_there(word: str, said: str) -> None:
    """One sentence with the nearest names."""
    with pytest.raises(UnknownNameError, match="nothing is called") as caught:
        found([word])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_pages_are_named() -> None:
    """Of a question; of a name there is one page."""
    _, others = found(["softmax", "derivative"])
    assert 0 < len(others) <= 5
    assert found(["conv2d"])[1] == []


def test_names_differ() -> None:
    """No name leads to two pages."""
    names = [page.name for page in pages()]
    assert len(names) == len(set(names))
