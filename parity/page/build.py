"""The page of a report folder, as text and as a file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parity.page import anchors
from parity.page.bilingual import attribute, both, cell, counts
from parity.page.figures import short
from parity.page.glossary import link, term, what
from parity.page.headings import heading
from parity.page.sections import (
    closer,
    documents,
    functions,
    judged_candidates,
    known_mistakes,
    networks,
    other_frameworks,
    overview,
    pictures,
    terminology,
    watched_models,
)
from parity.page.shortening import numbered, shortened
from parity.page.tables import Tables, read_tables
from parity.page.typeface import face
from parity.results.writing import replace_files
from parity.texts.translations import said_in

PAGE = "index.html"
TITLE = "refimpl beside torch.autograd"
HEADLINE = (
    "How a convolutional network computes its gradients: what was compared, and what was found"
)
OF_MODELS = "A model under watch: what was judged, and what was found"
SECTIONS: tuple[ModuleType, ...] = (
    overview,
    closer,
    functions,
    networks,
    documents,
    known_mistakes,
    pictures,
    terminology,
    judged_candidates,
    other_frameworks,
    watched_models,
)
OF_A_WATCH: tuple[ModuleType, ...] = (watched_models, terminology)  # where there is no run


class Section(NamedTuple):
    """A section as the page's frame places it."""

    name: str  # of its file and its template; its anchor
    title: str
    short: str  # of its link in the header
    body: Markup


def write_page(folder: Path) -> Path:
    """Write `index.html` beside the reports it is made of, whole or not at all.

    Raises: ValueError if the folder holds no report of a run or of a model under watch.
    """
    path = folder / PAGE
    replace_files({path: shortened(page(read_tables(folder)))})
    return path


def page(tables: Tables) -> str:
    """The page as HTML that needs no other file."""
    environment = _environment()
    modules = SECTIONS if tables.of_a_run else OF_A_WATCH
    sections = [found for module in modules if (found := section(module, tables, environment))]
    bodies, words = numbered([one.body for one in sections])
    frame = environment.get_template("page.html.j2")
    return frame.render(
        sections=[one._replace(body=body) for one, body in zip(sections, bodies, strict=True)],
        words=words,
        style=face() + _joined("style"),
        script=_joined("script"),
        TITLE=TITLE if tables.of_a_run else OF_MODELS,
        headline=HEADLINE if tables.of_a_run else OF_MODELS,
        said=said_in,
    )


def section(
    module: ModuleType, tables: Tables, environment: Environment | None = None
) -> Section | None:
    """One section, by its file; None where it has nothing to show."""
    context: dict[str, Any] | None = module.context(tables)
    if context is None:
        return None
    name = module.__name__.rpartition(".")[2]
    template = (environment or _environment()).get_template(f"{name}.html.j2")
    return Section(
        name, module.TITLE, getattr(module, "SHORT", module.TITLE), Markup(template.render(context))
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("parity.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "t": both,
        "attr": attribute,
        "cell": cell,
        "counts": counts,
        "anchors": anchors,
        "short": short,
    }
    environment.globals |= {"heading": heading, "link": link, "term": term, "what": what}
    return environment


def _joined(folder: str) -> Markup:
    """All style sheets, or all scripts, in the order of their names."""
    found = sorted((files("parity.page") / folder).iterdir(), key=lambda path: path.name)
    return Markup("\n".join(path.read_text(encoding="utf-8") for path in found))
