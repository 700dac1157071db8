"""The mutations of a Python file.

Left alone is what changes no result: docstrings, annotations, decorators, texts, messages of
errors and warnings and logs, options of the command line, `__all__`, and the arguments named in
`_QUIET_ARGUMENTS`, which say how something is done and not what. In modules that draw, numbers
and sums are sizes and places on the page and are left alone too; and so are the numbers of the
synthetic population (`ehrivig/demo`), of which another one makes another population as good.
Whether a number that was just drawn at random is below another, or not above it, is one question:
it never equals the other; nor does what the synthetic population compares with a fraction.
"""

from __future__ import annotations

import ast
import re

from tests.mutants.mutation import Mutation

_COMPARED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_COMPUTED: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_NAMES = {
    **{"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"},
    **{"minimum": "maximum", "maximum": "minimum", "first": "last", "last": "first"},
    **{"min_horizontal": "max_horizontal", "max_horizontal": "min_horizontal"},
    **{"any_horizontal": "all_horizontal", "all_horizontal": "any_horizontal"},
}
_TEXTS = {  # texts that are operations, by the argument that they are given to
    "how": {"left": "inner", "inner": "left", "semi": "anti", "anti": "semi", "full": "left"},
    "closed": {"left": "right", "right": "left", "both": "none", "none": "both"},
    "side": {"left": "right", "right": "left"},
    "keep": {"first": "last", "last": "first"},
}
_QUIET_ARGUMENTS = {
    *("strict", "validate", "stacklevel", "encoding", "errors", "newline", "maintain_order"),
    *("infer_schema_length", "infer_schema", "schema", "schema_overrides", "return_dtype"),
    *("maxsize", "indent", "help", "name", "threads", "dtype", "atol", "rtol", "tol", "xtol"),
    *("compression", "exist_ok", "parents", "buffering", "flush", "label", "title"),
    *("rechunk", "timeout", "connect_timeout", "request_timeout"),  # how fast, how long to wait
    "maxiter",  # how long a search may go on
    *("row_group_size", "compression_level"),
    "what",  # the name of what is computed, in messages
}
_QUIET_CALLS = {
    *("print", "warn", "progress", "log", "debug", "info", "warning", "Option", "Argument"),
    *("Literal", "TypeVar", "NewType", "cast", "add_argument", "echo", "field_validator"),
    *("filterwarnings", "simplefilter"),
}
_RANDOM = {"random", "uniform", "normal", "standard_normal", "exponential"}
_BOUNDS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_QUIET_NAMES = re.compile(
    r"__\w+__|.*(CHUNK|BATCH|SECONDS|BYTES|MEGABYTES|POLL|TOLERANCE).*|_?BLOCK(_[A-Z]+)?"
)
_DRAWS = re.compile(r"^(?:from|import) (?:matplotlib|ehrivig\.(?:figures|meta\.canvas))", re.M)
_INVENTED = "ehrivig/demo/"
_TOLERANCE, _SENTINEL = 1e-4, 1e6  # a number below or above says "nearly" or "no end"


def mutations(path: str, source: str) -> list[Mutation]:
    """Every mutation of the file, in its order."""
    found = _Finder(path, source)
    found.visit(ast.parse(source))
    return sorted(found.made)


class _Finder(ast.NodeVisitor):
    """Walks the code; `made` holds what it found."""

    def __init__(self, path: str, source: str) -> None:
        self.made: list[Mutation] = []
        self._path, self._bytes = path, source.encode()
        lines = self._bytes.splitlines(keepends=True)
        self._line_starts = [0]
        for line in lines:
            self._line_starts.append(self._line_starts[-1] + len(line))
        self._draws = _DRAWS.search(source) is not None
        self._scopes: list[str] = []
        self._in_function = 0
        self._names: tuple[str, ...] = ()
        self._returns: list[str] = []

    # ------------------------------------------------------------------ places
    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self._line_starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._line_starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr | ast.stmt) -> str:
        return self._bytes[self._start(node) : self._end(node)].decode()

    def _make(self, start: int, end: int, after: str, kind: str) -> None:
        line = self._bytes.count(b"\n", 0, start) + 1
        before = self._bytes[start:end].decode()
        scope = ".".join(self._scopes) if self._in_function else ""
        names = self._names or tuple(self._scopes) if not self._in_function else ()
        self.made.append(Mutation(self._path, line, start, end, before, after, kind, scope, names))

    def _between(self, left: ast.expr, right: ast.expr, sign: str, after: str, kind: str) -> None:
        """Change the operator between two expressions."""
        start, end = self._end(left), self._start(right)
        word = r"\b" + r"\s+".join(sign.split()) + r"\b"
        pattern = word if sign[0].isalpha() else re.escape(sign)
        gap = re.sub(rb"#[^\n]*", lambda m: b" " * len(m.group()), self._bytes[start:end])
        found = re.search(pattern.encode(), gap)
        if found:
            self._make(start + found.start(), start + found.end(), after, kind)

    # -------------------------------------------------------------- statements
    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._scopes.append(node.name)
        self._in_function += 1
        self._returns.append(ast.unparse(node.returns) if node.returns else "")
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._body(node.body)
        self._returns.pop()
        self._in_function -= 1
        self._scopes.pop()

    visit_FunctionDef = _visit_function
    visit_AsyncFunctionDef = _visit_function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(ast.unparse(base) == "Protocol" for base in node.bases):
            return
        self._scopes.append(node.name)
        self._body(node.body)
        self._scopes.pop()

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node.body)

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a docstring
            self.visit(statement)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
            return
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = tuple(target.id for target in node.targets if isinstance(target, ast.Name))
        self._bind(names, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            names = (node.target.id,) if isinstance(node.target, ast.Name) else ()
            self._bind(names, node.value)

    def _bind(self, names: tuple[str, ...], value: ast.expr) -> None:
        if any(_QUIET_NAMES.fullmatch(name) for name in names):
            return
        if not self._in_function:
            self._names = names + tuple(self._scopes)
            self._drop_element(names, value)
        self.visit(value)
        self._names = ()

    def _drop_element(self, names: tuple[str, ...], value: ast.expr) -> None:
        """Take one element out of a named collection."""
        if not isinstance(value, ast.Tuple | ast.List | ast.Set) or len(value.elts) < 2:
            return
        if not names or not names[0].isupper():
            return
        for element, following in zip(value.elts, value.elts[1:], strict=False):
            start, end = self._start(element), self._start(following)
            if b"#" not in self._bytes[start:end]:
                self._make(start, end, "", "element dropped")

    def visit_Return(self, node: ast.Return) -> None:
        returns = self._returns[-1] if self._returns else ""
        if node.value is not None and returns in ("bool", "int", "float"):
            text = self._text(node.value)
            after = f"not ({text})" if returns == "bool" else f"({text}) + 1"
            self._make(self._start(node.value), self._end(node.value), after, "return")
        elif node.value is not None and "None" in returns and self._text(node.value) != "None":
            self._make(self._start(node.value), self._end(node.value), "None", "return")
        self.generic_visit(node)

    def _quiet(self, node: ast.AST) -> None:
        """Nothing in here is changed."""

    visit_Raise = _quiet
    visit_Assert = _quiet
    visit_JoinedStr = _quiet
    visit_Import = _quiet
    visit_ImportFrom = _quiet
    visit_Global = _quiet

    # ------------------------------------------------------------- expressions
    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if not (isinstance(operator, _BOUNDS) and self._has_no_edge(left, right)):
                self._between(left, right, *_COMPARED[type(operator)], "comparison")
            left = right
        self.generic_visit(node)

    def _has_no_edge(self, left: ast.expr, right: ast.expr) -> bool:
        """Whether two numbers of which one is continuous and drawn at random are compared."""
        sides = (left, right)
        invented = self._path.startswith(_INVENTED) and any(map(_is_fraction, sides))
        return invented or any(map(_is_drawn, sides))

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        signs = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, *signs, "and/or")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.BitOr) and _is_type(node):
            return
        texts = _is_sequence(node.left) or _is_sequence(node.right)
        if type(node.op) in _COMPUTED and not texts and not self._draws:
            self._between(node.left, node.right, *_COMPUTED[type(node.op)], "arithmetic")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if not isinstance(node.op, ast.UAdd):
            start = self._start(node)
            sign = 3 if isinstance(node.op, ast.Not) else 1
            self._make(start, start + sign, "", "sign or not dropped")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        test = self._text(node.test)
        self._make(self._start(node.test), self._end(node.test), f"not ({test})", "condition")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._make(self._start(node), self._end(node), str(not node.value), "constant")
        elif isinstance(node.value, int | float) and self._counts(node.value):
            self._make(self._start(node), self._end(node), _next(node.value), "constant")

    def _counts(self, value: float) -> bool:
        """Whether another number would be wrong, and not only another choice."""
        chosen = self._path.startswith(_INVENTED) and value not in (0, 1)
        return not (self._draws or chosen) and _plain(value)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name in _QUIET_CALLS or name.endswith(("Error", "Warning")):
            return
        if name in _NAMES:
            end = self._end(node.func)
            self._make(end - len(name), end, _NAMES[name], "function")
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self._keyword(node, keyword)

    def _keyword(self, call: ast.Call, keyword: ast.keyword) -> None:
        if keyword.arg in _QUIET_ARGUMENTS or keyword.arg is None:
            return
        value = keyword.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            after = _TEXTS.get(keyword.arg, {}).get(value.value)
            if after:
                self._make(self._start(value), self._end(value), f'"{after}"', "text")
            return
        if isinstance(value, ast.Attribute | ast.Name) and self._is_option(call, keyword):
            start, end = self._start(value) - len(keyword.arg) - 1, self._end(value)
            if self._bytes[end : end + 1] == b",":
                end += 1
            self._make(start, end, "", "argument dropped")
        self.visit(value)

    def _is_option(self, call: ast.Call, keyword: ast.keyword) -> bool:
        """Whether the call may well do without this argument: it has others, and one line."""
        alone = len(call.args) + len(call.keywords) < 2
        start = self._start(keyword.value) - len(keyword.arg or "") - 1
        plain = self._bytes[start : self._start(keyword.value)] == f"{keyword.arg}=".encode()
        made = isinstance(call.func, ast.Name) and call.func.id[:1].isupper()
        return plain and not alone and not made  # a class needs its fields

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not _is_type(node):
            self.generic_visit(node)


def _plain(value: float) -> bool:
    return value == 0 or _TOLERANCE < abs(value) < _SENTINEL


def _next(value: float) -> str:
    """The next whole number, or a tenth more."""
    return str(value + 1) if isinstance(value, int) else repr(round(value * 1.1, 12) or 1.0)


def _is_sequence(node: ast.expr) -> bool:
    """Whether `+` and `*` would put texts or collections together."""
    kinds = ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.ListComp | ast.DictComp
    text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    inner = isinstance(node, ast.BinOp) and (_is_sequence(node.left) or _is_sequence(node.right))
    return text or inner or isinstance(node, kinds)


def _is_fraction(node: ast.expr) -> bool:
    """Whether an expression is a number with decimals."""
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, float) and not value.is_integer()


def _is_drawn(node: ast.expr) -> bool:
    """Whether an expression is a random number of a continuous kind, drawn at this place."""
    call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return call and node.func.attr in _RANDOM  # type: ignore[attr-defined]


def _is_type(node: ast.expr) -> bool:
    """Whether an expression is a type: `A | None`, `dict[str, int]`."""
    if isinstance(node, ast.BinOp):
        return _is_type(node.left) or _is_type(node.right)
    if isinstance(node, ast.Subscript):
        return _is_type(node.value)
    if isinstance(node, ast.Constant):
        return node.value is None
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return name in _TYPES


_TYPES = {
    *("str", "int", "float", "bool", "bytes", "dict", "list", "tuple", "set", "frozenset", "type"),
    *("Path", "Literal", "Callable", "Sequence", "Mapping", "Iterable", "Iterator", "Annotated"),
    *("Any", "NDArray", "ClassVar", "Final", "Expr"),
}
