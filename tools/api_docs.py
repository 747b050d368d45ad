"""Writes docs/api.md: every public name of the engines with its signature and the first line of its docstring.

`python -m tools.api_docs` writes the file; with `--check` it only says whether the file is what it would write.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import pkgutil
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "api.md"
# Package -> what it says before its names; in `vast` every module is a door of its own.
PACKAGES = {
    "playback.engine": "Import from `playback.engine`.",
    "pipeline.engine": "Import from `pipeline.engine`.",
    "vast": "Import from the module named.",
}
# Parts of the readers, and the facts that vast.ad offers as its own.
INNER = frozenset(
    ("carried", "creative", "encodings", "facts", "known", "linear", "prefixes", "resources", "values")
)
INTRODUCTION = """# The library

The public names of the engines, written by `python -m tools.api_docs`. How to use them is told in the
[guide](PLAYBACK_GUIDE.md), what configures a session in [configuration.md](configuration.md). None of them needs
Django.
"""
_QUALIFIED = re.compile(r"\b(?:[a-z_][a-z0-9_]*\.)+(?=[A-Z_])")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def public_names(module: ModuleType) -> list[str]:
    """The names a module offers: `__all__`, else what it defines itself without an underscore."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(listed)
    own = [name for name, value in vars(module).items() if _is_defined_in(value, module)]
    return sorted(name for name in own if not name.startswith("_"))


def _is_defined_in(value: Any, module: ModuleType) -> bool:
    called = inspect.isclass(value) or inspect.isroutine(value)
    own = getattr(value, "__module__", None) == module.__name__
    return called and own and not isinstance(value, TypeVar)


def public_modules(package: str) -> Iterator[ModuleType]:
    """The package itself where it names what is public, else its modules that have something to offer."""
    root = importlib.import_module(package)
    if hasattr(root, "__all__"):
        yield root
        return
    for info in pkgutil.iter_modules(root.__path__):
        module = importlib.import_module(f"{package}.{info.name}")
        if info.name not in INNER and public_names(module):
            yield module


def first_line(value: Any) -> str:
    """The first sentence-like paragraph line of a docstring of the thing's own; "" where there is none."""
    text = value.__doc__ if inspect.isclass(value) else inspect.getdoc(value)
    if not text or (inspect.isclass(value) and _generated(value, text)):
        return ""
    paragraph = inspect.cleandoc(text).split("\n\n")[0]
    return " ".join(paragraph.split())


def _generated(kind: type, text: str) -> bool:
    """Dataclasses and named tuples without a docstring get one that repeats their signature."""
    return text.startswith(f"{kind.__name__}(") or (issubclass(kind, enum.Enum) and text == enum.Enum.__doc__)


@cache
def _constants(module: str) -> dict[str, str]:
    """Name -> the string that follows its assignment in a module's source."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    told: dict[str, str] = {}
    for statement, following in pairwise(tree.body):
        target: ast.expr | None = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        if isinstance(target, ast.Name) and isinstance(following, ast.Expr):
            text = getattr(following.value, "value", None)
            if isinstance(text, str):
                told[target.id] = " ".join(text.split())
    return told


@cache
def _sources(package: str) -> tuple[str, ...]:
    """The module and, of a package, all modules inside."""
    root = importlib.import_module(package)
    if not hasattr(root, "__path__"):
        return (package,)
    return (package, *(info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.")))


def meaning(module: ModuleType, name: str) -> str:
    """What the docstring of a public name says first."""
    value = getattr(module, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        return first_line(value)
    for source in _sources(module.__name__):
        if told := _constants(source).get(name):
            return told
    return ""


def signature(value: Any, name: str) -> str:
    """The call with its annotations, modules left out of their names."""
    try:
        told = inspect.signature(value)
    except (TypeError, ValueError):
        return name
    shown, keyword_only = [], False
    for parameter in told.parameters.values():
        keyword_only |= parameter.kind is parameter.VAR_POSITIONAL
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            shown.append("*")
            keyword_only = True
        shown.append(_parameter(parameter))
    result = told.return_annotation
    given = "" if inspect.isclass(value) or result is told.empty else f" -> {_annotation(result)}"
    return f"{name}({', '.join(shown)}){given}"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(parameter.kind.name, "")
    stated = parameter.annotation is not parameter.empty
    shown: str = stars + parameter.name + (f": {_annotation(parameter.annotation)}" if stated else "")
    if parameter.default is parameter.empty:
        return shown
    return f"{shown} = {_default(parameter.default)}" if stated else f"{shown}={_default(parameter.default)}"


def _annotation(annotation: Any) -> str:
    told = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _QUALIFIED.sub("", re.sub(r"ForwardRef\('([^']*)'\)", r"\1", told).replace("'", ""))


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if inspect.isroutine(value):
        return str(value.__name__)
    if isinstance(value, frozenset | set):
        return f"{type(value).__name__}({{{', '.join(sorted(map(repr, value)))}}})"
    shown = _QUALIFIED.sub("", _ADDRESS.sub("", repr(value)))
    return "..." if shown == "<factory>" else shown


def _members(kind: type) -> Iterator[tuple[str, str]]:
    """Public methods and properties of a class's own that have a docstring, with its first line."""
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if isinstance(member, property):
            if told := first_line(member):
                yield name, told
        elif inspect.isfunction(plain) and (told := first_line(plain)):
            shown = signature(getattr(kind, name), name)
            awaited = "await " if inspect.iscoroutinefunction(plain) else ""
            yield awaited + re.sub(r"\(self(?:, )?", "(", shown), told


def _entry(module: ModuleType, name: str) -> Iterator[str]:
    value = getattr(module, name)
    yield f"#### `{name}`\n"
    if inspect.isclass(value) and issubclass(value, enum.Enum):
        yield "Members: " + ", ".join(f"`{member.name}`" for member in value) + ".\n"
    elif inspect.isclass(value) or inspect.isroutine(value):
        lines = textwrap.wrap(signature(value, name), 110, subsequent_indent="    ", break_long_words=False)
        yield "```python\n" + "\n".join(lines) + "\n```\n"
    if told := meaning(module, name):
        yield told + "\n"
    if inspect.isclass(value) and (members := list(_members(value))):
        rows = [f"- `{shown}`: {said}" for shown, said in members]
        yield "\n".join(rows) + "\n"


def render() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for package, how in PACKAGES.items():
        parts += [f"## {package}\n", how + "\n"]
        for module in public_modules(package):
            if module.__name__ != package:
                parts += [f"### {module.__name__}\n", first_line(module) + "\n"]
            for name in public_names(module):
                parts += _entry(module, name)
    return "\n".join(parts)


def undocumented() -> list[str]:
    """Public names without a docstring."""
    return [
        f"{module.__name__}.{name}"
        for package in PACKAGES
        for module in public_modules(package)
        for name in public_names(module)
        if not meaning(module, name)
    ]


def main() -> int:
    """0, or 1 where `--check` finds another text in the file."""
    text = render()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print("docs/api.md is up to date" if same else "docs/api.md: run python -m tools.api_docs")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
