"""Which products two drug lists have in common, as far as their lines say; no source is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from ehrivig.codes.drugs import Product, Rule, drug_lists, verdict
from ehrivig.codes.lists import CodeLists


@lru_cache(maxsize=64)
def common(lists: CodeLists, one: str, other: str, routes: tuple[str, ...]) -> tuple[str, ...]:
    """The codes and names that both lists include by one of the routes, sorted; names last."""
    members = {*_members(lists, one, routes), *_members(lists, other, routes)}
    shared = {p for p in members if _includes(lists, one, p) and _includes(lists, other, p)}
    return tuple(dict.fromkeys(_called(p) for p in sorted(shared, key=_order)))


@lru_cache(maxsize=64)
def lies_within(lists: CodeLists, inner: str, outer: str, routes: tuple[str, ...]) -> bool:
    """Whether a list includes every product of another."""
    members = [p for p in _members(lists, inner, routes) if _includes(lists, inner, p)]
    return bool(members) and all(_includes(lists, outer, p) for p in members)


def _order(one: Product) -> tuple[bool, str, str]:
    return one.vocabulary == "NAME", one.vocabulary, _called(one)


def _called(one: Product) -> str:
    return one.names[0] if one.vocabulary == "NAME" else f"{one.vocabulary} {one.code}"


def _members(lists: CodeLists, name: str, routes: Iterable[str]) -> Iterator[Product]:
    """The products that the lines of a list name, by each route; none where there is no list."""
    found = drug_lists(lists).get(name)
    for rule in found.rules if found else ():
        if rule.verdict == "include":
            yield from (replace(_named(rule), route=route) for route in routes)


def _named(rule: Rule) -> Product:
    """The product that a line names, by an unknown route."""
    if rule.by_name:
        return Product("NAME", "", (rule.value,), "unknown")
    return Product(rule.vocabulary, rule.value, (), "unknown")


def _includes(lists: CodeLists, name: str, one: Product) -> bool:
    found = drug_lists(lists).get(name)
    return found is not None and verdict(found.applying(one, {})) == "include"
