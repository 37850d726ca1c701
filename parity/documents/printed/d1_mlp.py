"""D1's formulas as printed: perceptron, multi-layer perceptron, backpropagation.

Layers p, q, r follow one another, with nodes i, j, k; θ_ji connects node i of p with node j of q.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from parity.documents.printed.notation import Array, build, exp, total

Function = Callable[[Any], Any]

INPUTS = {"sigmoid": (0, 1), "tanh": (-1, 1)}  # D1.1: what the inputs are scaled to


# --- activations --------------------------------------------------------------------------


def sign(n: Any) -> Any:
    """D1.2: −1, 0 or 1."""
    return n.sign() if hasattr(n, "sign") else (n > 0) - (n < 0)


def sigmoid(n: Any) -> Any:
    """D1.2: 1/(1 + e^{−n})."""
    return 1 / (1 + exp(-n))


def dsigmoid(o: Any) -> Any:
    """D1.10: sigmoid' = o_q (1 − o_q)."""
    return o * (1 - o)


def dtanh(o: Any) -> Any:
    """D1.10: tanh' = 1 − o_q²."""
    return 1 - o**2


def each(phi: Function, n: Array) -> Array:
    """D1.9: a function acts on every component."""
    return build(n.shape, lambda *index: phi(n[tuple(i - 1 for i in index)]))


# --- forward ------------------------------------------------------------------------------


def perceptron(theta: Array, x: Array, b: Any, act: Function) -> Any:
    """D1.2, D1.3: act(θᵀ x + b)."""
    (m,) = theta.shape
    return act(total(theta[i - 1] * x[i - 1] for i in range(1, m + 1)) + b)


def hidden_layer(Theta: Array, x: Array, b: Array, act: Function) -> Array:
    """D1.3: act(Θ x + b), Θ of n×m: row j is θ_jᵀ."""
    n, _ = Theta.shape
    return build((n,), lambda j: perceptron(Theta[j - 1], x, b[j - 1], act))


def net_input(theta: Array, o: Array, b: Array) -> Array:
    """D1.4: n_j = Σ_i θ_ji o_i + b_j."""
    m = len(theta)
    return build(
        (m,),
        lambda j: total(theta[j - 1, i - 1] * o[i - 1] for i in range(1, len(o) + 1)) + b[j - 1],
    )


def loss(t: Array, y: Array) -> Any:
    """D1.4: E = ½ (t − y)², for each node of the output."""
    return total((t_k - y_k) ** 2 / 2 for t_k, y_k in zip(t, y, strict=True))


def forward(layers: Sequence[tuple[Array, Array]], o: Array, phi: Function) -> Array:
    """D1.4: o_j = φ(n_j), layer after layer; each has its (Θ, b)."""
    for theta, b in layers:
        o = each(phi, net_input(theta, o, b))
    return o


# --- backward -----------------------------------------------------------------------------


def chain_theta(dE_do: Array, dphi_n: Array, o: Array) -> Array:
    """D1.5: ∂E/∂θ_ji = ∂E/∂o_j · ∂o_j/∂n_j · ∂n_j/∂θ_ji, with φ'(n_j) and o_i."""
    return build((len(dE_do), len(o)), lambda j, i: dE_do[j - 1] * dphi_n[j - 1] * o[i - 1])


def chain_b(dE_do: Array, dphi_n: Array) -> Array:
    """D1.5: ∂E/∂b_j = ∂E/∂o_j · ∂o_j/∂n_j · ∂n_j/∂b_j, with φ'(n_j) and 1."""
    return build((len(dE_do),), lambda j: dE_do[j - 1] * dphi_n[j - 1] * 1)


def error_by_output(delta_r: Array, theta_r: Array) -> Array:
    """D1.6: ∂E/∂o_j = Σ_k δ_k θ_kj."""
    n, m = theta_r.shape
    return build(
        (m,), lambda j: total(delta_r[k - 1] * theta_r[k - 1, j - 1] for k in range(1, n + 1))
    )


def delta(dE_do: Array, dphi_n: Array) -> Array:
    """D1.6: δ_j = ∂E/∂o_j · ∂o_j/∂n_j."""
    return build((len(dE_do),), lambda j: dE_do[j - 1] * dphi_n[j - 1])


def delta_hidden(delta_r: Array, theta_r: Array, dphi_n: Array) -> Array:
    """D1.7: (Σ_k δ_k θ_kj) φ'(n_j), j a node of a hidden layer."""
    return delta(error_by_output(delta_r, theta_r), dphi_n)


def delta_output(y: Array, t: Array, dphi_n: Array) -> Array:
    """D1.7: (y_j − t_j) φ'(n_j), j a node of the output."""
    return build((len(y),), lambda j: (y[j - 1] - t[j - 1]) * dphi_n[j - 1])


def dtheta(delta_q: Array, o_p: Array) -> Array:
    """D1.8: ∂E/∂θ_ji = δ_j o_i."""
    return build((len(delta_q), len(o_p)), lambda j, i: delta_q[j - 1] * o_p[i - 1])


def db(delta_q: Array) -> Array:
    """D1.8: ∂E/∂b_j = δ_j."""
    return build((len(delta_q),), lambda j: delta_q[j - 1])


# --- the same as matrices and columns -----------------------------------------------------


def product(A: Array, B: Array) -> Array:
    """A matrix times a matrix."""
    (rows, inner), (_, columns) = A.shape, B.shape
    return build(
        (rows, columns),
        lambda i, j: total(A[i - 1, k - 1] * B[k - 1, j - 1] for k in range(1, inner + 1)),
    )


def transposed(A: Array) -> Array:
    """Aᵀ."""
    rows, columns = A.shape
    return build((columns, rows), lambda i, j: A[j - 1, i - 1])


def elementwise(u: Array, v: Array) -> Array:
    """D1.9: w = u ∘ v means w_i = u_i v_i."""
    return build(u.shape, lambda i, j: u[i - 1, j - 1] * v[i - 1, j - 1])


def dtheta_matrix(delta_q: Array, o_p: Array) -> Array:
    """D1.9: ∂E/∂Θ_q = δ_q o_pᵀ, columns of m and l nodes."""
    return product(delta_q, transposed(o_p))


def delta_q_hidden(Theta_r: Array, delta_r: Array, dphi_n: Array) -> Array:
    """D1.9: (Θ_rᵀ δ_r) ∘ φ'(n_q)."""
    return elementwise(product(transposed(Theta_r), delta_r), dphi_n)


def delta_q_output(y: Array, t: Array, dphi_n: Array) -> Array:
    """D1.9: (y − t) ∘ φ'(n_q)."""
    return elementwise(y - t, dphi_n)


# --- statements in words ------------------------------------------------------------------


def is_function_of_next(Theta_r: Array, b_r: Array, o_q: Array, other: Array) -> bool:
    """D1.31: o_q is a function of n_r: where n_r is the same, o_q is the same."""
    there, here = net_input(Theta_r, other, b_r), net_input(Theta_r, o_q, b_r)
    return bool((there != here).any() or (other == o_q).all())


def shrinks(deltas: Sequence[Any]) -> bool:
    """D1.32: from the last layer to the first, each residual is smaller than the one behind it."""
    return all(abs(front) < abs(behind) for behind, front in pairwise(deltas))


def xor_mlp(x1: Any, x2: Any) -> Any:
    """D1.3: a perceptron on two perceptrons (or, and) with sign; inputs 0 and 1, XOR as ±1."""
    either = sign(2 * x1 + 2 * x2 - 1)
    both = sign(2 * x1 + 2 * x2 - 3)
    return sign(either - both - 1)


def train_perceptron(samples: Sequence[tuple[Array, int]], passes: int) -> tuple[Array, int, bool]:
    """D1.37: θ, b after at most so many passes, and whether all samples are right then.

    Where a sample is wrong, θ ← θ + t x, b ← b + t: gradient descent on Σ max(0, −t (θᵀx + b)).
    """
    theta, b = samples[0][0] * 0, 0
    for _ in range(passes):
        wrong = 0
        for x, t in samples:
            if perceptron(theta, x, b, sign) != t:
                theta, b, wrong = theta + t * x, b + t, wrong + 1
        if not wrong:
            return theta, b, True
    return theta, b, False
