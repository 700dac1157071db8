"""One skeleton, one style sheet and one way to fill them for every HTML page of the package."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ehrivig.errors import plain

_LOCAL = re.compile(r'id="|href="#|url\(#')
"""What stands before the name of a part of a drawing."""


def page(package: str, template: str, **values: object) -> str:
    """A page from a template of `package`, which may extend `page.html` and its `page.css`.

    Every value is escaped unless it is Markup, and what in it is invisible is written out; a value
    that the template misses is an error.
    """
    return _environment(package).get_template(template).render(**values)


def inline(svg: str, name: str) -> Markup:
    """An SVG of ours as an element of a page, the ids of its parts made unique by `name`."""
    body = svg[svg.index("<svg ") :]
    return Markup(re.sub(r"<[^>]+>", lambda tag: _LOCAL.sub(rf"\g<0>{name}-", tag[0]), body))


@cache
def _environment(package: str) -> Environment:
    """Where the templates of a package come from and how they are filled."""
    own, shared = PackageLoader(package), PackageLoader("ehrivig.figures")
    environment = Environment(
        loader=ChoiceLoader([own, shared]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    environment.filters["breakable"] = _breakable
    return environment


def _seen(value: object) -> object:
    """A value whose text holds nothing that is invisible or turns what follows: it is data."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(name: str) -> Markup:
    """A name that may go to the next line after a dot or an underscore, not within a word."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(plain(name)))))
