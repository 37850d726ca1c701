"""Names, words and questions find their page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import refimpl
from parity.documents.ledger import ledger
from parity.explain import finding
from parity.explain.finding import UnknownNameError, found, pages
from parity.explain.ideas import IDEAS
from parity.mistakes.catalogue import EVERY
from parity.suite import selection
from parity.texts.translations import translations

QUESTIONS = {
    "stride": "stride",
    "rot180": "rot180",
    "ROT180": "rot180",
    "d1.23": "D1.23",
    "softmax derivative": "softmax-derivative",
    "why is the kernel turned": "turned-kernel",
    "Why is the kernel turned?": "turned-kernel",
    "transposed convolution": "transposed-convolution",
    "ConvTranspose2d": "ConvTranspose2d",
    "global average pooling": "adaptive-pooling",
    "步幅": "stride",
    "卷积核为什么翻转": "turned-kernel",
    "平均池化怎么反向传播": "average-pooling-gradient",
    "softmax求导": "softmax-derivative",
    "感受野": "receptive-field",
    "nn.MaxPool2d": "max_pool2d",
    "maxpool": "max_pool2d",
    "mse": "mse_loss",
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
    "mse loss": "mse_loss",
    "binary cross entropy": "binary_cross_entropy_with_logits",
    "how do I compute the gradient of conv2d": "conv2d_backward",
    "how does the gradient flow through max pooling": "max-pooling-gradient",
    "what is the derivative of tanh": "tanh_backward",
    "why do we rotate the filter in backpropagation": "turned-kernel",
    "learning rate schedule": "gradient-descent",
    "how does backprop go through pooling": "max-pooling-gradient",
    "how do strides affect the gradient": "stride",
    "how is the kernel gradient computed": "weight-sharing",
    "how are gradients accumulated": "overlapping-windows",
    "pytorch conv2d": "conv2d",
    "alexnet architecture": "alexnet",
    "为什么会梯度爆炸": "vanishing-gradient",
    "填充有什么用": "padding",
    "为什么要除以N": "mean-over-batch",
    "步幅为2时dx怎么算": "stride",
    "两个最大值相等怎么办": "ties",
    "优化器": "gradient-descent",
    "batch norm": "batch_norm",
    "how does batch normalization work": "batch_norm",
    "batch norm backward": "batch_norm_backward",
    "group norm": "group_norm",
    "批归一化": "batch_norm",
    "层归一化的反向传播": "layer_norm",
    "adam optimizer": "adam_step",
    "why does adam converge": "adam_step",
    "weight decay": "gradient-descent",
    "权重衰减": "gradient-descent",
    "动量": "sgd_step",
    "gelu derivative": "gelu_backward",
    "adaptive pooling": "adaptive-pooling",
    "自适应池化": "adaptive-pooling",
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
            page = found(word.split()).page
            assert page.name == idea.name or page.kind == "function", word


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sofmax", "did you mean softmax"),
        ("strde", "did you mean stride"),
        ("D9.1", "did you mean D4.1"),
        ("instancenorm", "refimpl has no such normalisation"),
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


LACKING = {
    "spectral norm": "no such normalisation",
    "how does spectral normalization work": "no such normalisation",
    "instance norm": "that of an instance is group_norm with num_groups=C",
    "rmsprop optimizer": "no such optimiser (it has sgd_step and adam_step); the nearest page is "
    "`parity explain gradient-descent`",
    "attention mechanism": "no attention and no embedding",
    "gradient of the embedding": "no attention and no embedding",
    "recurrent network": "no recurrent layer",
    "lstm derivative": "no recurrent layer",
    "roi pooling": "no such pooling",
    "mish derivative": "no such activation",
    "gradient clipping": "no clipping of gradients",
    "L2 regularization": "no regularisation but dropout and the weight decay of sgd_step",
    "谱归一化": "no such normalisation",
    "实例归一化的反向传播": "that of an instance is group_norm with num_groups=C",
    "注意力机制": "no attention and no embedding",
    "循环神经网络": "no recurrent layer",
    "嵌入层的梯度": "no attention and no embedding",
    "图神经网络": "no graph network",
    "weight initialization schedule": "no page has 'initialization', 'schedule'",
    "quantum computing": "no page has 'quantum'",
    "how to bake a cake": "no page has 'bake', 'cake'",
    "今天天气怎么样": "no page has '今天天气'",
}


@pytest.mark.parametrize("question", LACKING)
def test_what_refimpl_has_not_gets_no_other_page(question: str) -> None:
    """One sentence: what is missing, and the nearest page."""
    with pytest.raises(UnknownNameError, match="nothing answers") as caught:
        found(question.split())
    assert LACKING[question] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_of_refimpl_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a new function, without a list: its name, its words, a question, in Chinese too."""

    def spectral_norm(x: object) -> object:
        """Spectral normalisation: a matrix divided by its largest singular value."""
        return x

    name, said = "spectral_norm", str(spectral_norm.__doc__)
    monkeypatch.setattr(refimpl, name, spectral_norm, raising=False)
    monkeypatch.setattr(refimpl, "__all__", [*refimpl.__all__, name])
    monkeypatch.setattr(finding, "translations", lambda: translations() | {said: "谱归一化：…"})
    row = selection.FUNCTIONS["softmax"]
    monkeypatch.setattr(selection, "FUNCTIONS", selection.FUNCTIONS | {name: row})
    with _indexed_anew():
        questions = (name, "spectral norm", "how does spectral normalization work",
                     "谱归一化", "谱归一化的反向传播")  # fmt: skip
        assert [found(q.split()).page.name for q in questions] == [name] * len(questions)
        with pytest.raises(UnknownNameError, match=f"did you mean {name}"):
            found(["SpectralNormal2d"])
        with pytest.raises(UnknownNameError, match="no recurrent layer"):
            found(["recurrent", "network"])


@contextmanager
def _indexed_anew() -> Iterator[None]:
    """With the pages that there are now; afterwards with those that there were."""
    for cached in (finding.pages, finding._index):
        cached.cache_clear()
    try:
        yield
    finally:
        for cached in (finding.pages, finding._index):
            cached.cache_clear()


def test_unknown_words_are_named() -> None:
    """Of a question that has a page all the same."""
    assert found(["learning", "rate", "schedule"]).unknown == ["schedule"]
    assert found(["learning", "rate"]).unknown == []


def test_other_pages_are_named() -> None:
    """Of a question; of a name there is one page."""
    assert 0 < len(found(["softmax", "derivative"]).others) <= 5
    assert found(["conv2d"]).others == []


def test_names_differ() -> None:
    """No name leads to two pages."""
    names = [page.name for page in pages()]
    assert len(names) == len(set(names))
