"""The mutations themselves: what is changed, what is left alone, and the draw."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from tests.mutants import checkout, instrument, python_source, sample, sql_source
from tests.mutants.choice import Choice
from tests.mutants.mutation import Mutation
from tests.mutants.record import Record
from tests.mutants.trial import Trials


def of_python(text: str) -> set[str]:
    """The changed first difference of each mutation, as "before -> after"."""
    found = python_source.mutations("m.py", textwrap.dedent(text))
    for mutation in found:
        ast.parse(mutation.apply(textwrap.dedent(text).encode()))
    return {mutation.shown() for mutation in found}


def of_sql(text: str) -> set[str]:
    return {mutation.shown() for mutation in sql_source.mutations("m.sql", text)}


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("x = a < b", {"< -> <="}),
        ("x = a <= b != c", {"<= -> <", "!= -> =="}),
        ("x = a is not b", {"is not -> is"}),
        ("x = a in b or not c", {"in -> not in", "or -> and", "not -> nothing"}),
        ("x = (a\n  # < of old\n  < b)", {"< -> <="}),
        ("x = a + b - c", {"+ -> -", "- -> +"}),
        ("x = a + 'text'", set()),
        ("x = a & ~b", {"& -> |", "~ -> nothing"}),
        ("x = f(3, 0.5, True)", {"3 -> 4", "0.5 -> 0.55", "True -> False"}),
        ("x = 1e-9 + 1e9", {"+ -> -"}),
        ("x = a.min()", {"min -> max"}),
        ("x = max(a, b)", {"max -> min"}),
        ("x = a.join(b, how='left')", {"'left' -> \"inner\""}),
        ("x = f(a, order=plan.order)", {"order=plan.order -> nothing"}),
        ("x = f(order=plan.order)", set()),
        ("x = F(a, order=plan.order)", set()),
        ("x = b if a else c", {"a -> not (a)"}),
        ("NAMES = (a, b, c)", {"a, -> nothing", "b, -> nothing"}),
        ("def f(a=3) -> bool:\n    return a", {"3 -> 4", "a -> not (a)"}),
        ("def f() -> int:\n    return a", {"a -> (a) + 1"}),
        ("def f() -> str | None:\n    return a", {"a -> None"}),
        ("静 = '宽' if a else b\ny = a < b", {"a -> not (a)", "< -> <="}),
    ],
)
def test_changes_of_python(text: str, changes: set[str]) -> None:
    assert of_python(text) == changes


@pytest.mark.parametrize(
    "text",
    [
        '"""At least 3 < 4."""',
        "raise UsageError(a + 3)",
        "warnings.warn(text, stacklevel=2)",
        "x = f'{a + 3}'",
        "x: int | None",
        "def f(a: dict[str, 3] | None) -> int | None: ...",
        "@cache(maxsize=3)\ndef f(): ...",
        "A = Literal['a', 'b'] | None",
        "if TYPE_CHECKING:\n    x = 3",
        "assert a < 3",
        "__all__ = ['a', 'b']",
        "x = zip(a, b, strict=True)",
        "CHUNK_ROWS = 1000",
        "BLOCK = 1000",
        "_BLOCK_ROWS = 1000",
        "x = climb(f, a, what=WHAT)",
        "progress(3 * n)",
        "warnings.filterwarnings('ignore', category=kind)",
        "x = f(a, rechunk=True)",
        "x = f(a, timeout=LONG)",
        "x = f(a, row_group_size=ROWS, compression_level=3)",
    ],
)
def test_what_changes_no_result_is_left_alone(text: str) -> None:
    assert of_python(text) == set()


def test_numbers_and_sums_of_drawings_are_left_alone() -> None:
    text = "from matplotlib.figure import Figure\nx = a + b < f(3)\n"
    assert of_python(text) == {"< -> <="}


def test_what_was_just_drawn_at_random_equals_nothing() -> None:
    assert of_python("x = rng.random(n) < p") == set()
    assert of_python("x = p >= rng.uniform(size=n)") == set()
    assert of_python("x = rng.random(n) == p") == {"== -> !="}
    assert of_python("x = rng.integers(n) < p") == {"< -> <="}  # whole numbers may be equal
    assert of_python("x = draws < p") == {"< -> <="}
    for text, changes in (("x = u < 0.3", set()), ("x = u < 3", {"< -> <="})):
        found = python_source.mutations("ehrivig/demo/m.py", text)
        assert {mutation.shown() for mutation in found} == changes
    assert of_python("x = u < 0.3") == {"< -> <=", "0.3 -> 0.33"}


def test_numbers_of_the_synthetic_population_are_a_choice() -> None:
    text = "x = f(0.3, 40) < 1"
    found = python_source.mutations("ehrivig/demo/m.py", text)
    assert {mutation.shown() for mutation in found} == {"< -> <=", "1 -> 2"}


def test_how_many_blocks_there_are_is_no_size_of_a_piece() -> None:
    assert of_python("_BLOCKS = 5") == {"5 -> 6"}


def test_a_mutation_knows_its_function() -> None:
    text = "LIMIT = 3\nclass A:\n    b: int = 4\n    def c(self, d=5):\n        return 6\n"
    found = {m.before: (m.scope, m.names) for m in python_source.mutations("m.py", text)}
    assert found == {
        "3": ("", ("LIMIT",)),
        "4": ("", ("b", "A")),
        "5": ("A.c", ()),
        "6": ("A.c", ()),
    }


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("SELECT a < b AND c >= 4", {"< -> <=", "AND -> OR", ">= -> >", "4 -> 5"}),
        ("-- a < 3\nSELECT 'a < 3' AS \"b < 4\"", set()),
        ("SELECT a BETWEEN b AND c AND d", {"AND -> OR"}),
        ("SELECT a BETWEEN (b AND c) AND d", {"AND -> OR"}),
        ("SELECT a FROM b LEFT JOIN c USING (d)", {"LEFT JOIN -> INNER JOIN"}),
        ("SELECT a FROM b INNER JOIN c AS d ON e = f", {"INNER JOIN -> LEFT JOIN", "= -> <>"}),
        ("SELECT a FROM b INNER JOIN c AS d USING (e) WHERE d.f", set()),
        (
            "SELECT a FROM (SELECT b FROM c INNER JOIN d AS e USING (f)) WHERE e.g",
            {"INNER JOIN -> LEFT JOIN"},
        ),
        ("SELECT min(a), BOOL_OR(b)", {"min -> MAX", "BOOL_OR -> BOOL_AND"}),
        ("SELECT COALESCE(f(a, b), c)", {"COALESCE(f(a, b), c) -> (f(a, b))"}),
        (
            "SELECT MIN(a) FILTER (WHERE b > 0)",
            {"MIN -> MAX", "FILTER (WHERE b > 0) -> nothing", "> -> >=", "0 -> 1"},
        ),
        ("SELECT a IS NOT\n NULL", {"IS NOT NULL -> IS NULL"}),
        ("SELECT a::DECIMAL(18, 3), $b, c1, d => e", set()),
        ("SELECT INTERVAL 4 HOUR", {"4 -> 5"}),
        ("SELECT '静' AS 静, a < b", {"< -> <="}),
    ],
)
def test_changes_of_sql(text: str, changes: set[str]) -> None:
    assert of_sql(text) == changes


def test_a_change_is_applied_at_its_place() -> None:
    text = "SELECT '静', 1 < 2"
    changed = {m.apply(text.encode()).decode() for m in sql_source.mutations("m.sql", text)}
    assert changed == {"SELECT '静', 2 < 2", "SELECT '静', 1 <= 2", "SELECT '静', 1 < 3"}


def test_every_file_of_the_package_has_its_mutations_and_each_is_valid_python() -> None:
    found = sample.everything(checkout.ROOT)
    assert len({mutation.path for mutation in found}) > 300
    for mutation in sample.drawn(found, 60, 1):
        text = mutation.apply((checkout.ROOT / mutation.path).read_bytes())
        if mutation.path.endswith(".py"):
            ast.parse(text)


def test_the_seed_decides_and_no_line_is_drawn_twice() -> None:
    found = sample.everything(checkout.ROOT, "ehrivig/stats")
    one, again, other = (sample.drawn(found, 40, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert len({(mutation.path, mutation.line) for mutation in one}) == 40
    assert sample.drawn(reversed(found), 40, 1) == one


def test_an_edit_elsewhere_leaves_the_sample_of_other_lines() -> None:
    def of(text: str) -> list[Mutation]:
        return python_source.mutations("m.py", text)

    text = "".join(f"a{n} = b < {n} + c * d\n" for n in range(200))
    before = sample.drawn(of(text), 20, 1)
    edited = "e = 4\n\n" + text.replace("a7 = b <", "a7 = b >=")
    again = sample.drawn(of(edited), 20, 1)
    shown = [(m.names, m.shown()) for m in before]
    assert len(set(shown) & {(m.names, m.shown()) for m in again}) >= 18
    repeated = sample.drawn(of("x = a < b\n" * 3), 9, 1)
    assert [m.line for m in repeated] == [1, 2, 3]


def test_every_function_of_an_instrumented_copy_says_so(tmp_path: Path) -> None:
    (tmp_path / "ehrivig").mkdir()
    text = '''"""A module."""

from __future__ import annotations

class A:
    """A class."""

    def f(self, a):
        """A docstring."""
        if a:
            return 1

def g():
    def h():
        return 2
    return h
'''
    (tmp_path / "ehrivig" / "m.py").write_text(text)
    keys = instrument.instrument(tmp_path)
    assert keys == ["ehrivig/m.py::A.f", "ehrivig/m.py::g", "ehrivig/m.py::g.h"]
    made = (tmp_path / "ehrivig" / "m.py").read_text()
    called: list[int] = []
    space: dict[str, object] = {"_hit_": called.append}
    exec(compile(made.replace("from _hits import hit as _hit_\n", ""), "m", "exec"), space)
    space["A"]().f(False)  # type: ignore[operator]
    space["g"]()()  # type: ignore[operator]
    assert called == [0, 1, 2]


def test_tests_are_chosen_by_what_they_run_and_cheap_ones_first(tmp_path: Path) -> None:
    (tmp_path / "ehrivig").mkdir()
    (tmp_path / "ehrivig" / "m.py").write_text("LIMIT = 3\ndef f():\n    return LIMIT\n")
    record = Record(
        tests={
            "t::dear": {"seconds": 5.0, "fixtures": ["run"]},
            "t::cheap": {"seconds": 1.0, "fixtures": []},
            "t::near": {"seconds": 0.5, "fixtures": []},
            "t::other": {"seconds": 0.1, "fixtures": []},
        },
        fixtures={"run": 20.0},
    )
    record.hits["ehrivig/m.py::f"] |= {"t::dear", "t::cheap"}
    record.hits["ehrivig/m.py::g"] |= {"t::near"}
    record.hits["sql/a.sql"] |= {"t::other"}
    inside = Mutation("ehrivig/m.py", 3, 0, 1, "a", "b", "constant", scope="f")
    above = Mutation("ehrivig/m.py", 1, 0, 1, "a", "b", "constant", names=("LIMIT",))
    query = Mutation("sql/a.sql", 1, 0, 1, "a", "b", "number")
    choice = Choice(tmp_path, record, seconds=60)
    assert choice.tests(inside) == choice.tests(above) == ["t::cheap", "t::dear", "t::near"]
    assert choice.tests(query) == ["t::other"]
    assert choice.seconds(["t::dear", "t::cheap"]) == 26
    assert Choice(tmp_path, record, seconds=10).tests(inside) == ["t::cheap", "t::near"]


@pytest.mark.parametrize(("plain", "killed"), [(0, True), (None, False)])
def test_a_busy_machine_kills_no_mutation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: int | None, killed: bool
) -> None:
    """Tests that do not end say something only where they end without the mutation."""
    (tmp_path / "m.py").write_text("a")
    texts: list[str] = []

    def pytest_of(folder: Path, *words: str, seconds: float) -> tuple[int | None, str]:
        texts.append((folder / "m.py").read_text())
        return (None if texts[-1] == "b" else plain), ""

    monkeypatch.setattr(checkout, "pytest", pytest_of)
    mutation = Mutation("m.py", 1, 0, 1, "a", "b", "constant")
    assert Trials().judge(mutation, tmp_path, ["t::x"], 1.0).killed is killed
    assert texts == ["b", "a"]
    assert (tmp_path / "m.py").read_text() == "a"
