"""D2's third part as printed: ReLU and fully connected layers, forward and backward.

Z, A are a layer's neurons before and after the activation, W_ijk leads from neuron j of layer i
to neuron k of the next; of the layers i and i + 1 only, so that W is W[j, k].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.documents.printed.d2_terms import evaluate
from parity.documents.printed.notation import Array, build, total

# --- D2.19: ReLU ----------------------------------------------------------------------------


def relu(x: Any) -> Any:
    """f(x) = 0 for x < 0, x for x ≥ 0."""
    return 0 * x if x < 0 else x


def slope(Z: Any) -> int:
    """d/dZ A: 1 for Z ≥ 0, 0 for Z < 0."""
    return 1 if Z >= 0 else 0


def relu_loop(DA: Array, Z: Array, A: Array) -> tuple[Array, Array]:
    """DZ and A after the loop over j in 1 … Ni."""
    DZ, A = np.empty(Z.shape, dtype=object), A.copy()
    for j in range(1, len(Z) + 1):
        if Z[j - 1] < 0:
            DZ[j - 1] = 0
            A[j - 1] = 0
        else:
            DZ[j - 1] = DA[j - 1]
    return DZ, A


# --- D2.20, D2.21: a fully connected layer ----------------------------------------------------

Z41 = "A31*W311 + A32*W321 + A33*W331 + B41"


def first_neuron(A3: Array, W3: Array, B4: Array) -> Any:
    """D2.20, Z₄₁."""
    return evaluate(Z41, A3=A3, W3=W3, B4=B4)


def forward(A: Array, W: Array, B: Array) -> Array:
    """Every Z_(i+1)k in the manner of Z₄₁."""
    return build(
        B.shape,
        lambda k: total(A[j] * W[j, k - 1] for j in range(len(A))) + B[k - 1],
    )


def gradient_of_neurons(DZ_next: Array, W: Array) -> Array:
    """dL/dA_ij = Σ_{k=1}^{N_{i+1}} DZ_(i+1)k · W_ijk."""
    N_i, N_next = W.shape
    return build(
        (N_i,),
        lambda j: total(DZ_next[k - 1] * W[j - 1, k - 1] for k in range(1, N_next + 1)),
    )


def gradient_of_weights(DZ_next: Array, A: Array) -> Array:
    """dL/dW_ijk = DZ_(i+1)k · A_ij."""
    return build((len(A), len(DZ_next)), lambda j, k: DZ_next[k - 1] * A[j - 1])


def gradient_of_biases(DZ_next: Array) -> Array:
    """dL/dB_(i+1)k = DZ_(i+1)k."""
    return DZ_next


# --- D2.30: from the output's loop to the sum over it -------------------------------------------


def set_by_the_output_loop(O: Array, t: int) -> dict[int, Any]:  # noqa: E741 (the slides' letter)
    """Which DZ_ij the loop of the output sets, by j: for j in range(0, 10), 10 classes or fewer."""
    DZ = {}
    for j in range(len(O)):
        DZ[j] = O[j]
    DZ[t] = O[t] - 1
    return DZ


def set_from_one(O: Array, t: int) -> dict[int, Any]:  # noqa: E741
    """The same loop with DZ_i(j+1) = O_j."""
    DZ = {}
    for j in range(len(O)):
        DZ[j + 1] = O[j]
    DZ[t + 1] = O[t] - 1
    return DZ


def read_by_the_sum(N_next: int) -> list[int]:
    """Which k of DZ_(i+1)k the sum reads: k = 1 … N_{i+1}."""
    return list(range(1, 1 + N_next))


def sum_over_the_output(DZ: dict[int, Any], W: Array) -> Array:
    """dL/dA_ij = Σ_{k=1}^{N_{i+1}} DZ_(i+1)k · W_ijk; KeyError for a DZ_(i+1)k that was not set."""
    N_i, N_next = W.shape
    return build((N_i,), lambda j: total(DZ[k] * W[j - 1, k - 1] for k in read_by_the_sum(N_next)))


# --- D2.22: the loop --------------------------------------------------------------------------


def dense_loop(
    DA: Array, DZ_next: Array, W: Array, A: Array, Z: Array
) -> tuple[Array, Array, Array, Array]:
    """DA, DW, DZ, DB after the loop; DA is what it held before.

    As the text has it: nothing sets DA_ij to 0, and `if Z_ij < 0` stands behind both loops, so
    that j is then N_i. `1+Ni+1` is read as 1 + N_{i+1}.
    """
    N_i, N_next = W.shape
    DA, DW = DA.copy(), np.empty(W.shape, dtype=object)
    DZ, DB = np.full(N_i, None, dtype=object), np.full(N_i, None, dtype=object)
    for j in range(N_i):
        for k in range(N_next):
            DA[j] += DZ_next[k] * W[j, k]
            DW[j, k] = DZ_next[k] * A[j]
    _before_the_activation(N_i - 1, DA, Z, DZ, DB)
    return DA, DW, DZ, DB


def corrected_loop(DZ_next: Array, W: Array, A: Array, Z: Array) -> tuple[Array, ...]:
    """The same with DA_ij = 0 first and the last four lines inside the loop over j."""
    N_i, N_next = W.shape
    DA, DW = np.empty(N_i, dtype=object), np.empty(W.shape, dtype=object)
    DZ, DB = np.empty(N_i, dtype=object), np.empty(N_i, dtype=object)
    for j in range(N_i):
        DA[j] = 0
        for k in range(N_next):
            DA[j] += DZ_next[k] * W[j, k]
            DW[j, k] = DZ_next[k] * A[j]
        _before_the_activation(j, DA, Z, DZ, DB)
    return DA, DW, DZ, DB


def _before_the_activation(j: int, DA: Array, Z: Array, DZ: Array, DB: Array) -> None:
    """The last five lines of the loop."""
    if Z[j] < 0:
        DZ[j] = 0
    else:
        DZ[j] = DA[j]
    DB[j] = DZ[j]
