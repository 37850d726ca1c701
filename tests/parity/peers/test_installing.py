"""`make peers`: which environments, what it says before it starts, what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.peers import installing
from parity.peers.installing import DONE, announcement, environments, install, is_there, main
from parity.peers.libraries import Peer, PeerError, peers

ONE = Peer("one", Path("peer_one.py"), "one", ("one==1.0", "two==2.0"), 700, 61)


def test_each_environment_once() -> None:
    """Peers that share an environment are installed by the row that says how."""
    found = environments([])
    assert len({peer.venv for peer in found}) == len(found)
    assert {peer.venv for peer in found} == {peer.venv for peer in peers().values() if peer.venv}
    assert [peer.name for peer in environments(["onnx-reference", "keras-torch"])] == [
        "torch",
        "onnxruntime",
    ]


def test_every_requirement_is_pinned() -> None:
    for peer in environments([]):
        assert all("==" in requirement for requirement in peer.requirements)
        assert peer.size_mb > 0
        assert peer.seconds > 0


def test_an_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PeerError, match="no peer is called 'jaxx': did you mean jax"):
        environments(["jaxx"])
    assert main(["jaxx"]) == 2
    assert capsys.readouterr().err.startswith("no peer is called 'jaxx'")


def test_what_is_said_first() -> None:
    assert announcement([ONE, ONE], 0) == (
        "2 environments in .peers, about 2 minutes and 1.4 GB; 0 are there"
    )
    assert announcement([], 3) == "all 3 are there"


def test_what_was_broken_off_is_not_there(tmp_path: Path) -> None:
    """Only the file written last says that all is there, and for these versions."""
    assert not is_there(ONE, tmp_path)
    (tmp_path / "one").mkdir()
    assert not is_there(ONE, tmp_path)
    (tmp_path / "one" / DONE).write_text("one==1.0\ntwo==2.0")
    assert is_there(ONE, tmp_path)
    (tmp_path / "one" / DONE).write_text("one==0.9\ntwo==2.0")
    assert not is_there(ONE, tmp_path)


def test_an_installation_and_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip's exit code decides; the environment here is a script that takes its place."""

    def create(place: Path, with_pip: bool) -> None:
        (place / "bin").mkdir(parents=True)
        python = place / "bin" / "python"
        python.write_text('#!/bin/sh\necho "$@" >> "$0.said"\nexit "${PIP_STATUS:-0}"\n')
        python.chmod(0o755)

    monkeypatch.setattr(installing.venv, "create", create)
    monkeypatch.setattr(installing, "SCRIPTS", Path("bin/python"))
    monkeypatch.setenv("PIP_INDEX", "--extra-index-url https://example.org/a")
    assert install(ONE, tmp_path)
    assert is_there(ONE, tmp_path)
    said = (tmp_path / "one/bin/python.said").read_text().split()
    assert said[:3] == ["-m", "pip", "install"]
    assert said[-4:] == ["--extra-index-url", "https://example.org/a", "one==1.0", "two==2.0"]
    monkeypatch.setenv("PIP_STATUS", "1")
    assert not install(ONE, tmp_path)
    assert not is_there(ONE, tmp_path)


def test_all_that_is_missing_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that fails does not stop the others; what a library needs beside pip is said."""
    made = []

    def instead(peer: Peer) -> bool:
        made.append(peer.name)
        return peer.name != "mlx"

    monkeypatch.setattr(installing, "install", instead)
    monkeypatch.setattr(installing, "is_there", lambda peer: peer.name == "mygrad")
    assert main(["mlx", "mygrad", "tinygrad"]) == 1
    assert made == ["tinygrad", "mlx"]
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("2 environments in .peers, about 1 minute and 0.3 GB; 1 ")
    assert "tinygrad needs clang on PATH, too" in out
    assert out.endswith("pip could not install mlx\n")
