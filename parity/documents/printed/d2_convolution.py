"""D2's third part as printed: a 4×4 convolved with a 3×3, spelt out, and its gradients."""

from __future__ import annotations

from typing import Any

from parity.documents.printed.d2_terms import correlate, evaluate, matrix
from parity.documents.printed.notation import Array, build

# D2.23: A ⊗ W = Z
Z11 = """A11*W11 + A12*W12 + A13*W13 + A21*W21 + A22*W22 + A23*W23
       + A31*W31 + A32*W32 + A33*W33 + b"""
Z12 = """A12*W11 + A13*W12 + A14*W13 + A22*W21 + A23*W22 + A24*W23
       + A32*W31 + A33*W32 + A34*W33 + b"""
Z21 = """A21*W11 + A22*W12 + A23*W13 + A31*W21 + A32*W22 + A33*W23
       + A41*W31 + A42*W32 + A43*W33 + b"""
Z22 = """A22*W11 + A23*W12 + A24*W13 + A32*W21 + A33*W22 + A34*W23
       + A42*W31 + A43*W32 + A44*W33 + b"""

# D2.24: dL/dW_11, dL/dW_12, dL/dW_22; the lower-case dZ12 is printed so.
DW_TERMS = {
    (1, 1): "A11*DZ11 + A12*dZ12 + A21*DZ21 + A22*DZ22",
    (1, 2): "A12*DZ11 + A13*dZ12 + A22*DZ21 + A23*DZ22",
    (2, 2): "A22*DZ11 + A23*dZ12 + A32*DZ21 + A33*DZ22",
}

# D2.25: DZ in its frame of zeros, and the kernel turned by 180°.
FRAME = """
0 0 0 0 0 0
0 0 0 0 0 0
0 0 DZ11 DZ12 0 0
0 0 DZ21 DZ22 0 0
0 0 0 0 0 0
0 0 0 0 0 0
"""
TURNED = """
W33 W32 W31
W23 W22 W21
W13 W12 W11
"""

# D2.26: the frame of the summary.
FRAME_OF_THE_SUMMARY = """
0 0 0 0 0 0 0
0 0 0 0 0 0 0
0 0 DZ11 DZ12 0 0 0
0 0 DZ21 DZ22 0 0 0
0 0 0 0 0 0 0
0 0 0 0 0 0 0
"""

DB = "DZ11 + DZ12 + DZ21 + DZ22"  # D2.27


def forward(A: Array, W: Array, b: Any) -> Array:
    """Z11, Z12, Z21, Z22 as written out."""
    rows = ((Z11, Z12), (Z21, Z22))
    return build((2, 2), lambda i, j: evaluate(rows[i - 1][j - 1], A=A, W=W, b=b))


def gradients_written_out(DZ: Array, A: Array) -> list[Any]:
    """dL/dW_11, dL/dW_12, dL/dW_22."""
    return [evaluate(text, A=A, DZ=DZ, dZ=DZ) for text in DW_TERMS.values()]


def gradient_of_kernel(DZ: Array, A: Array) -> Array:
    """DW = A ⊗ DZ."""
    return correlate(A, DZ)


def gradient_of_input(DZ: Array, W: Array) -> Array:
    """D2.25: DA = (DZ in its frame) ⊗ (the turned kernel), both as printed."""
    return correlate(matrix(FRAME, DZ=DZ), matrix(TURNED, W=W))


def gradient_of_input_in_the_summary(DZ: Array, W: Array) -> Array:
    """D2.26: DA = (DZ in the frame of the summary) ⊗ W^rot180."""
    return correlate(matrix(FRAME_OF_THE_SUMMARY, DZ=DZ), W[::-1, ::-1])


def gradient_of_bias(DZ: Array) -> Any:
    """D2.27: db = DZ_11 + DZ_12 + DZ_21 + DZ_22."""
    return evaluate(DB, DZ=DZ)


def before_the_activation(DA: Array, z: Array) -> Array:
    """D2.27: dz_ij = DA_ij where z_ij ≥ 0, 0 where z_ij < 0."""
    return build(
        z.shape, lambda i, j: DA[i - 1, j - 1] if z[i - 1, j - 1] >= 0 else 0 * DA[i - 1, j - 1]
    )
