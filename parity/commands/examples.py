"""What stands at the end of each command's help: calls that one can copy."""

from __future__ import annotations

# Each call, and what it does.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "run": (
        ("parity run", "everything; CSV in reports/"),
        ("parity run --quick", "torch alone, in seconds"),
        ("parity run conv2d lenet", "some functions and networks"),
        ("parity run pooling softmax_loss", "by other words"),
        ("parity run conv2d --case 'groups 2'", "one case of `parity list conv2d`"),
        ("parity run conv2d --elements plain", "every element in gradients.csv"),
        ("parity run --shapes lenet.csv", "the layers of your own network"),
        ("parity run --open", "and the page in your browser"),
        ("parity run --junit report.xml --out ci", "for CI systems"),
    ),
    "page": (
        ("parity page", "reports/index.html anew, also of audit and mistakes"),
        ("parity page ci --open", "of the reports in ci/, in your browser"),
    ),
    "check": (
        ("parity check mine.py:conv2d_backward", "your function"),
        ("parity check mine.py:MyPool --like max_pool2d", "your class"),
        ("parity check nets.ipynb:forward,backward --like conv2d", "in a notebook"),
        ("parity check */hw1.py --like conv2d --out all.csv", "many files"),
    ),
    "gradients": (
        ("parity gradients conv2d my.npz --stride 2", "arrays x, weight, …"),
        ("parity gradients softmax x=logits.csv", "a matrix"),
        ("parity gradients linear a.npz --dtype float32", "that alone"),
    ),
    "watch": (
        ("parity watch nets.py:Net --shape 2,3,32,32", "your model by layers"),
        ("parity watch nets.py:Net --input batch.npz", "on your data"),
        ("parity watch nets.py:Net --shape 2,9 --steps 3", "while it trains"),
        ("parity watch nets.py:Words --shape 2,9 --integers 99", "on whole numbers"),
        ("parity watch nets.py:Net --shape x=2,9 --shape m=2", "on several inputs"),
    ),
    "peers": (
        ("parity peers", "all that are installed"),
        ("parity peers jax tensorflow", "some of them"),
        ("parity peers --function max_pool2d", "in one function"),
        ("parity peers jax --python jax=jax/bin/python", "a framework of yours"),
        ("parity peers torch --diff old.csv", "what a release changed"),
    ),
    "explain": (
        ("parity explain conv2d_backward", "what it computes, step by step"),
        ("parity explain conv2d --symbols", "the formula of each element"),
        ("parity explain conv2d --size '5x5 kernel 3'", "of another size"),
        ("parity explain conv2d --at 'y[0,0,1,1]'", "another element"),
        ("parity explain D1.23", "a statement of the documents"),
        ("parity explain why is the kernel turned", "a question"),
        ("parity explain 步幅 --lang zh", "in Chinese"),
    ),
    "list": (
        ("parity list", "what there is to run"),
        ("parity list conv2d", "the cases of a function"),
        ("parity list pooling", "of several"),
        ("parity list --shapes lenet.csv", "the layers of a file, and their sizes"),
    ),
    "audit": (
        ("parity audit", "every statement: counts, errata, audit.csv"),
        ("parity audit D1.23 D2.8", "all that is known of some of them"),
        ("parity audit conv2d_backward", "the statements of a function"),
        ("parity audit 池化层", "those with a word"),
        ("parity audit --no-torch", "what the judges other than torch say"),
    ),
    "mistakes": (
        ("parity mistakes", "all of them: who refuses each"),
        ("parity mistakes dx-kernel-not-turned", "what is known of one"),
        ("parity mistakes conv2d_backward", "those in a function"),
        ("parity mistakes stride", "those with a word"),
    ),
    "sweep": (
        ("parity sweep --cases 100000", "random cases"),
        ("parity sweep --function conv2d --time 1h", "one function, for so long"),
        ("parity sweep --only 17", "one case again"),
    ),
    "accuracy": (
        ("parity accuracy", "how many digits both sides keep"),
        ("parity accuracy sigmoid cross_entropy", "of these functions"),
    ),
    "bench": (
        ("parity bench", "refimpl beside torch"),
        ("parity bench lenet --threads 1", "a network, on one thread"),
        ("parity bench --check", "a check beside other checkers"),
    ),
    "diff": (
        ("parity diff old new", "what changed between two folders"),
        ("parity diff old new --all", "every change"),
    ),
    "help": (("parity help run", "the same as `parity run --help`"),),
}


def epilog(command: str) -> str:
    """The end of a command's help; \\b keeps its lines as they are."""
    calls = EXAMPLES[command]
    width = max(len(call) for call, _ in calls)
    lines = [f"  {call:{width}}  {what}" for call, what in calls]
    return "\n".join(["\b", "Examples:", *lines])
