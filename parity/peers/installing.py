"""The environments of the frameworks: `make peers`, or python -m parity.peers.installing [NAME …].

One environment a library, in .peers/, with the pinned versions of `libraries.toml`. What is there
is left; what was broken off is made anew.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from parity.peers.libraries import SCRIPTS, VENVS, Peer, PeerError, named, peers

DONE = ".installed"  # written last, with what was installed


def environments(names: Sequence[str]) -> list[Peer]:
    """The peers whose rows say what pip installs, each environment once.

    Raises: PeerError for a name that the list has not.

    >>> [peer.name for peer in environments(["keras-jax", "jax"])]
    ['jax']
    """
    wanted = {peer.venv for peer in named(names, {}) if not peer.absent}
    return [peer for peer in peers().values() if peer.venv in wanted and peer.requirements]


def is_there(peer: Peer, folder: Path = VENVS) -> bool:
    """Whether its environment holds what the list asks for now."""
    done = folder / peer.venv / DONE
    return done.exists() and done.read_text("utf-8").split() == list(peer.requirements)


def announcement(left: Sequence[Peer], there: int) -> str:
    """What it takes, before it starts.

    >>> announcement([Peer("one", Path("one.py"), size_mb=1500, seconds=90)], 2)
    '1 environment in .peers, about 2 minutes and 1.5 GB; 2 are there'
    """
    if not left:
        return f"all {there} are there"
    count = f"{len(left)} environment{'s' * (len(left) != 1)}"
    minutes = max(1, round(sum(peer.seconds for peer in left) / 60 + 0.4))
    gigabytes = sum(peer.size_mb for peer in left) / 1000
    took = f"about {minutes} minute{'s' * (minutes != 1)} and {gigabytes:.1f} GB"
    return f"{count} in {VENVS}, {took}; {there} are there"


def install(peer: Peer, folder: Path = VENVS) -> bool:
    """Make its environment; whether pip brought all of it."""
    place = folder / peer.venv
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True)
    options = [
        "--quiet",
        "--disable-pip-version-check",
        *shlex.split(os.environ.get("PIP_INDEX", "")),
    ]
    command = [str(place / SCRIPTS), "-m", "pip", "install", *options, *peer.requirements]
    if subprocess.run(command, check=False).returncode:
        return False
    (place / DONE).write_text("\n".join(peer.requirements), "utf-8")
    return True


def main(names: Sequence[str]) -> int:
    """Make what is missing; 1 if pip could not, 2 for a wrong name."""
    try:
        wanted = environments(names)
    except PeerError as error:
        print(error, file=sys.stderr)
        return 2
    left = [peer for peer in wanted if not is_there(peer)]
    print(announcement(left, len(wanted) - len(left)), flush=True)
    failed = [peer.name for peer in left if not _made(peer)]
    for peer in wanted:
        if peer.needs:
            print(f"{peer.name} needs {peer.needs}, too")
    if failed:
        print(f"pip could not install {', '.join(failed)}")
    return 1 if failed else 0


def _made(peer: Peer) -> bool:
    """One environment, with a line when it begins and when it is done."""
    print(f"{peer.venv}: {' '.join(peer.requirements)}", flush=True)
    begun = time.perf_counter()
    made = install(peer)
    print(
        f"  {'done' if made else 'not installed'}, {time.perf_counter() - begun:.0f} s", flush=True
    )
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
