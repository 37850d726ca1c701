"""Models that others wrote, under watch: `make models`.

CNN definitions of the package pytorchcv 0.0.74 (MIT), from the folder `.models` that make
installs it into. Each makes one step in training mode, with seeded weights, a batch of 2 random
images of its own size and a cross-entropy, in float32 and in float64. Of each the 50 tensors with
the largest error/bound of each dtype are stored in docs/models/.

python tests/models/watching_models.py [NAME…]
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUMMARIES = ROOT / "docs" / "models"
WORST = 50
# The function that makes each, and the size of its images.
MODELS = {
    "alexnet": ("alexnet:alexnet", 224),
    "mobilenetv2": ("mobilenetv2:mobilenetv2_w1", 224),
    "shufflenetv2": ("shufflenetv2:shufflenetv2_w1", 224),
    "resnet18": ("resnet:resnet18", 224),
    "densenet121": ("densenet:densenet121", 224),
    "inceptionv3": ("inceptionv3:inceptionv3", 299),
    "vgg16": ("vgg:vgg16", 224),
}


def watched(name: str) -> bool:
    """Watch one model in both dtypes, store its summary; whether nothing is wrong or unknown."""
    from parity.models.watched import Wanted
    from parity.models.watched import watched as report_of
    from parity.results.rows import Row
    from parity.results.writing import replace_files, to_csv

    where, size = MODELS[name]
    rows: list[Row] = []
    fine = True
    for dtype in ("float32", "float64"):
        target = f"pytorchcv.models.{where}"
        wanted = Wanted(target, (f"2,3,{size},{size}",), None, "cross_entropy", dtype=dtype)
        report = report_of(wanted)
        unknown = {row.operation for row in report.unknown}
        print(f"{name}, {dtype}: {report!r}; not understood: {', '.join(unknown) or 'nothing'}")
        fine &= bool(report) and not unknown
        worst = sorted(report.rows, key=lambda row: row.worst_ratio, reverse=True)
        rows += worst[:WORST]
    SUMMARIES.mkdir(exist_ok=True)
    replace_files({SUMMARIES / f"{name}.csv": to_csv(Row, rows)})
    return fine


def main(*names: str) -> int:
    """All models, or those that are named."""
    sys.path.insert(0, str(ROOT / ".models"))
    results = [watched(name) for name in names or MODELS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
