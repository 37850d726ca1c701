"""Files as people have them: what is read of them, and the sentence on what cannot be."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from parity.own_data.errors import OwnDataError
from parity.own_data.files import read


def said(*words: object) -> str:
    """The sentence on files that cannot be read."""
    with pytest.raises(OwnDataError) as error:
        read(map(str, words))
    return str(error.value)


def test_arrays_have_the_names_that_they_were_saved_by(tmp_path: Path) -> None:
    """Of an .npz its own, of other files the file's or the one that is given."""
    x, weight, dy = np.arange(3.0), np.arange(4.0), np.arange(5.0)
    np.savez(tmp_path / "data.npz", x=x)
    np.save(tmp_path / "weight.npy", weight)
    np.save(tmp_path / "later.npy", dy)
    found = read(
        map(str, (tmp_path / "data.npz", tmp_path / "weight.npy", f"dy={tmp_path}/later.npy"))
    )
    assert list(found) == ["x", "weight", "dy"]
    for name, array in (("x", x), ("weight", weight), ("dy", dy)):
        np.testing.assert_array_equal(found[name].value, array)
        assert not found[name].matrix


@pytest.mark.parametrize(
    "text",
    [
        "1,2.5,-3\n4,5,6e1\n",
        "\ufeff1, 2.5, -3\r\n4, 5, 6e1\r\n",
        "# made by hand\n1 2.5 -3\n4\t5 60\n\n",
    ],
    ids=["commas", "from Windows", "as numpy.savetxt"],
)
def test_a_matrix(tmp_path: Path, text: str) -> None:
    """Commas, tabs or spaces between numbers; comments, empty lines and marks of Windows."""
    (tmp_path / "x.csv").write_text(text, encoding="utf-8", newline="")
    found = read([str(tmp_path / "x.csv")])["x"]
    np.testing.assert_array_equal(found.value, [[1, 2.5, -3], [4, 5, 60]])
    assert found.matrix


BAD_TEXTS = {
    "1,2\n3\n": "line 2: has 1 numbers, but the first row has 2; all rows of a matrix are "
    "equally long",
    "1;2\n": "line 1: has semicolons; numbers need commas between them and points in them: "
    "1.5,2 not 1,5;2",
    "a,b\n1,2\n": "line 1, column 1: 'a' is no number; a matrix has numbers alone, no titles of "
    "rows or columns",
    "1,,2\n": "line 1, column 2: '' is no number; a matrix has numbers alone, no titles of rows or "
    "columns",
    "\n# nothing\n": "holds no numbers",
}


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_a_text_that_is_no_matrix(tmp_path: Path, text: str) -> None:
    """Which line, and what to do."""
    path = tmp_path / "x.csv"
    path.write_text(text)
    where = f"{path}: " if "line" not in BAD_TEXTS[text] else f"{path}, "
    assert said(path) == f"{where}{BAD_TEXTS[text]}"


def test_a_table_of_another_encoding(tmp_path: Path) -> None:
    """As Excel writes it."""
    path = tmp_path / "x.csv"
    path.write_bytes("1,2\n".encode("utf-16"))
    assert said(path) == f"{path}: is no text in UTF-8; a table of Excel is saved as “CSV UTF-8”"


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    """Neither in an .npz nor as a file of that name."""
    np.savez(tmp_path / "data.npz", x=np.array([{"a": 1}], object))
    assert said(tmp_path / "data.npz").startswith(
        f"x in {tmp_path}/data.npz: holds Python objects, which are not unpickled"
    )
    (tmp_path / "pickle.npz").write_bytes(b"\x80\x04}q\x00.")
    assert said(tmp_path / "pickle.npz").endswith("it must be what numpy.savez writes")


def test_an_array_that_is_called_an_archive(tmp_path: Path) -> None:
    """numpy.save under the name .npz, and the other way round."""
    np.save(tmp_path / "data.npy", np.arange(3.0))
    (tmp_path / "data.npy").rename(tmp_path / "data.npz")
    assert said(tmp_path / "data.npz").startswith(
        f"{tmp_path}/data.npz: is a single array, as numpy.save writes it, not an .npz: call "
        "it data.npy"
    )
    np.savez(tmp_path / "x.npz", x=np.arange(3.0))
    (tmp_path / "x.npz").rename(tmp_path / "x.npy")
    assert (
        said(tmp_path / "x.npy")
        == f"{tmp_path}/x.npy: is no .npy: it must be what numpy.save writes"
    )


@pytest.mark.parametrize("name", ["data.npz", "x.npy"])
def test_files_that_are_cut_off(tmp_path: Path, name: str) -> None:
    """At whatever byte: one sentence, never a traceback."""
    whole = tmp_path / name
    (np.savez_compressed if name == "data.npz" else np.save)(whole, np.arange(200.0))
    content = whole.read_bytes()
    for size in (0, 3, 10, 100, len(content) // 2, len(content) - 1):
        whole.write_bytes(content[:size])
        assert said(whole).startswith(f"{whole}: ")


def test_what_is_no_file_of_numbers(tmp_path: Path) -> None:
    """A folder, a missing file, one of another kind, an .npz with a name, a name twice."""
    (tmp_path / "model.pt").write_bytes(b"PK")
    np.savez(tmp_path / "data.npz", x=np.arange(3.0))
    (tmp_path / "x.csv").write_text("1\n")
    assert said(tmp_path) == f"{tmp_path}: is a folder; give its files: {tmp_path}/*.csv"
    assert said("missing.npz") == "missing.npz: there is no such file"
    assert "is neither .npz, .npy nor .csv" in said(tmp_path / "model.pt")
    assert "an .npz brings its own names" in said(f"x={tmp_path}/data.npz")
    assert said(tmp_path / "data.npz", tmp_path / "x.csv") == (
        f"x is given twice: x in {tmp_path}/data.npz and {tmp_path}/x.csv; leave one out"
    )


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A gigabyte of zeros takes a megabyte in a file."""
    with (
        zipfile.ZipFile(tmp_path / "data.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as entry,
    ):
        for _ in range(1100):
            entry.write(bytes(1 << 20))
    assert "its arrays take 1.1 GB, at most 1 GB are read" in said(tmp_path / "data.npz")
