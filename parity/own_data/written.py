"""A report as files: every row of the table, and what the numbers depend on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from parity.own_data.errors import OwnDataError
from parity.results.writing import check_folder_can_be, replace_files

TABLE, ABOUT = "gradients.csv", "gradients.json"
OF_A_RUN = ("run.json", "summary.csv")  # where these are, gradients.csv belongs to a run


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds the reports of a run, or cannot be written to.

    Nothing is made. Raises: OwnDataError.
    """
    try:
        check_folder_can_be(folder)
    except OSError as error:
        raise OwnDataError(str(error)) from None
    for name in OF_A_RUN:
        if (folder / name).exists():
            raise OwnDataError(
                f"{folder}: holds the reports of a run ({name}), whose {TABLE} would be lost; give "
                "another folder"
            )


def write_both(
    folder: Path, parts: Iterable[str], about: Callable[[], Mapping[str, Any]]
) -> list[Path]:
    """The table, which comes in parts, and what is said about it with the table's digest.

    Raises: OwnDataError for the folder of a run, OSError; old files then stand.
    """
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    digest = sha256()

    def table() -> Iterator[str]:
        for part in parts:
            digest.update(part.encode())
            yield part

    def described() -> Iterator[str]:
        """Asked for when the table has been written."""
        said = {**about(), "sha256": {TABLE: digest.hexdigest()}}
        yield json.dumps(said, indent=2, ensure_ascii=False) + "\n"

    return replace_files({folder / TABLE: table(), folder / ABOUT: described()})
