"""Headings that can be linked to: each with an id and, where the pointer is, a link to itself."""

from __future__ import annotations

from markupsafe import Markup


def heading(level: str, name: str, said: Markup | str, target: str = "") -> Markup:
    """A heading of a level, h2 to h5, with its id; target: what it links to, if not itself.

    >>> heading("h3", "findings", "What does not hold")[:43]
    Markup('<h3 id="findings">What does not hold <a cla')
    """
    link = Markup('<a class="anchor" href="#{}" aria-labelledby="here">#</a>').format(
        target or name
    )
    return Markup('<{0} id="{1}">{2} {3}</{0}>').format(level, name, said, link)
