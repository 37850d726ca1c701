"""What the words mean that people type for functions."""

from __future__ import annotations

import re

import pytest
from calling import Call

from parity.cases.functions import FUNCTIONS, in_group
from parity.cases.networks import NETWORKS
from parity.suite.selection import (
    OTHERS,
    SelectionError,
    absent,
    all_meant,
    function_meant,
    names_meant,
)

KNOWN = [*FUNCTIONS, *NETWORKS]
CONVOLUTIONS = ["conv1d", "conv2d", "conv3d"]
POOLINGS = ["max_pool1d", "max_pool2d", "max_pool3d"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("dense affine affine_forward fc fully_connected linear_layer nn.Linear", ["linear"]),
        ("softmax_loss CrossEntropyLoss F.cross_entropy softmax-crossentropy", ["cross_entropy"]),
        ("conv2d_backward Conv2d nn.functional.conv2d torch.nn.Conv2d", ["conv2d"]),
        ("conv conv_layer conv_forward_naive", CONVOLUTIONS),
        ("maxpool max_pool MaxPooling max_pool_backward", POOLINGS),
        ("nn.ConvTranspose2d deconv2d Conv2DTranspose", ["conv_transpose2d"]),
        ("conv_transpose transposed_convolution", [f"conv_transpose{n}d" for n in (1, 2, 3)]),
        ("AdaptiveAvgPool2d F.adaptive_avg_pool2d", ["adaptive_avg_pool2d"]),
        ("GlobalAveragePooling2D global_avg_pool2d GlobalAveragePool", ["global_avg_pool"]),
        ("GlobalMaxPool GlobalMaxPooling3D", ["global_max_pool"]),
        ("mean_pool2d AvgPool2d average_pooling2d", ["avg_pool2d"]),
        ("bce BCEWithLogitsLoss binary_cross_entropy", ["binary_cross_entropy_with_logits"]),
        ("mse MSELoss", ["mse_loss"]),
        ("relu6 hard_tanh", ["hardtanh"]),
        ("ReLU F.relu relu_backward", ["relu"]),
        ("concat torch.cat", ["concatenate"]),
        ("transpose permute torch.permute np.swapaxes", ["transpose"]),
        ("reshape view np.reshape", ["reshape"]),
        ("narrow torch.narrow slice", ["slice_axis"]),
        ("split torch.split chunk split_backward", ["split"]),
        ("nn.ChannelShuffle channel_shuffle", ["channel_shuffle"]),
        ("mul torch.mul", ["multiply"]),
        ("sub torch.sub", ["subtract"]),
        ("div torch.div", ["divide"]),
        ("plus torch.add", ["add"]),
        ("pow torch.pow np.power", ["power"]),
        ("reduce_mean torch.mean np.mean", ["mean"]),
        ("upsample subsampling", ["downsample"]),
        ("gelu nn.GELU", ["gelu"]),
        ("swish SiLU", ["silu"]),
        ("LeNet lenet-5", ["lenet"]),
        ("pooling pool pooling_layers", list(in_group("pooling"))),
        ("activation activations", list(in_group("activations"))),
        ("convolution", list(in_group("convolution"))),
        ("models", list(in_group("models"))),
        ("networks", [name for name, network in NETWORKS.items() if not network.full]),
    ],
)  # fmt: skip
def test_what_is_meant(words: str, names: list[str]) -> None:
    """Other spellings, other libraries' and courses' words, families, headings."""
    for word in words.split():
        assert names_meant(word, KNOWN) == names, word


def test_the_losses() -> None:
    """What softmax alone is, is none."""
    found = names_meant("loss", KNOWN)
    assert {"cross_entropy", "squared_error", "perceptron_loss", "log_likelihood"} < set(found)
    assert not {"softmax", "log_softmax"} & set(found)


@pytest.mark.parametrize("word", KNOWN)
def test_every_name_means_itself(word: str) -> None:
    """In any spelling; its backward, too."""
    assert names_meant(word, KNOWN) == [word]
    assert names_meant(word.replace("_", "").upper(), KNOWN) == [word]
    assert not absent(word)
    if word in FUNCTIONS:
        assert names_meant(f"{word}_backward", KNOWN) == [word]
        assert function_meant(word) == word


def test_every_other_word_leads_somewhere() -> None:
    """The table names what there is."""
    assert set(OTHERS.values()) <= set(KNOWN)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("instancenorm instance_norm nn.InstanceNorm2d RMSNorm", "such normalisation"),
        ("selu nn.SELU mish", "such activation"),
        ("lstm GRU", "recurrent layer"),
        ("rmsprop torch.optim.Adagrad", "such optimiser"),
        ("depthwise_conv2d", "depthwise convolution"),
        ("max_unpool2d FractionalMaxPool2d", "such pooling"),
        ("resnet50 VGG16", "such network"),
        ("HingeLoss smooth_l1_loss", "such loss"),
    ],
)
def test_what_is_not_there(words: str, said: str) -> None:
    """It is said so, and no other operation is suggested."""
    for word in words.split():
        with pytest.raises(SelectionError) as raised:
            names_meant(word, KNOWN)
        start = re.escape(f"no function or network is called {word!r}: refimpl has no {said}")
        assert re.match(start, str(raised.value))
        assert "did you mean" not in str(raised.value)


def test_a_slip_of_the_finger() -> None:
    """The nearest names; nothing is taken for another without being asked for."""
    with pytest.raises(SelectionError, match="called 'rleu'; did you mean relu or prelu"):
        names_meant("rleu", KNOWN)


def test_several_words() -> None:
    """Each name once."""
    assert all_meant(["conv", "conv2d", "dense"], KNOWN) == [*CONVOLUTIONS, "linear"]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("conv", "conv2d"),
        ("maxpool_backward", "max_pool2d_backward"),
        ("affine_backward", "linear_backward"),
        ("upsample", "upsample"),
        ("relu_grad", "relu_backward"),
    ],
)
def test_one_function(word: str, name: str) -> None:
    """Of a family the one for two axes; the backward, if the word says so."""
    assert function_meant(word) == name


def test_one_function_of_several() -> None:
    """Which one is asked back."""
    with pytest.raises(SelectionError, match=r"^'losses' may be cross_entropy, .*: say which$"):
        function_meant("losses")


# --- every command that takes names -------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "instancenorm"),
        ("list", "instancenorm"),
        ("mistakes", "instancenorm"),
        ("mistakes", "--function", "instancenorm"),
        ("sweep", "--function", "instancenorm"),
        ("bench", "instancenorm"),
        ("bench", "--exact", "instancenorm"),
    ],
    ids=" ".join,
)
def test_every_command_says_that_it_is_not_there(call: Call, arguments: tuple[str, ...]) -> None:
    """Exit code 2 and the same words."""
    outcome = call(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "refimpl has no such normalisation" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_list_by_another_word(call: Call) -> None:
    """The cases of all that it means."""
    listed = call("list", "concat").out
    assert listed == call("list", "concatenate").out
    joining = call("list", "joining").out.splitlines()
    assert {line.partition("[")[0] for line in joining} == {"concatenate"}
