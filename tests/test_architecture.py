"""The one-way flow of ARCHITECTURE.md, held over the imports of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "podcheck"

# What each part may import of the others.  A part is a folder or a module of podcheck/; to its
# own modules it may always turn.  A new part gets a line here, after those it stands on.
MAY_IMPORT: dict[str, frozenset[str]] = {}


def _part(name: str, *stands_on: str) -> None:
    MAY_IMPORT[name] = frozenset(stands_on)


_part("version")
_part("files")
_part("cache", "version", "files")
_part("effort")
_part("options", "effort")
_part("language", "files", "cache")
_part("model", "language")
_part("reading", "cache", "language")
_part("manifests", "language", "model", "reading")
_part("loading", "language", "model", "reading", "manifests")
_part("rules", "files", "cache", "language", "model")
_part("interpret", "effort", "model")
_part("solve", "effort", "model")
_part("export", "model")
_part("verdict", "language")
_part("replay_promise", "model", "interpret")
_part("replay", "model", "interpret", "replay_promise")
_part("promises", "effort", "model", "interpret", "solve")
_part("story", "language", "model", "interpret", "verdict", "replay")
_part("avoiding", "model", "interpret", "replay")
_part("shortest", "model", "interpret", "solve")
_part("proving", "model", "options", "interpret", "solve", "shortest")
_part("repairs", "model", "interpret", "proving", "solve")
_part(
    "telling", "avoiding", "repairs", "language", "model", "interpret", "verdict", "replay", "story"
)
_part("anywhere", "model", "interpret", "solve", "proving", "replay")
_part("exporting", "language", "model", "interpret")
_part("leftover", "model", "interpret", "export", "exporting", "verdict")
_part("firing", "model", "interpret")
_part("coverage", "model", "solve", "exporting", "firing", "verdict")
_part("reasons", "model", "options", "solve", "proving", "exporting", "verdict")
_part(
    "answering", "effort", "options", "proving", "model", "interpret", "solve", "verdict", "replay",
    "promises", "story", "telling", "anywhere",
)  # fmt: skip
_part("told", "cache", "options", "language", "reading")
_part("kept", "cache", "options", "language", "reading", "verdict")
_part(
    "compiling", "cache", "interpret", "language", "loading", "model", "reading", "rules", "story",
    "verdict", "options", "answering", "reasons", "coverage",
)  # fmt: skip
_part(
    "checking", "cache", "files", "options", "language", "reading", "verdict", "kept", "compiling"
)
_part("shares", "checking", "verdict")
_part("hazards", "files", "language", "model", "rules")
_part(
    "audit", "cache", "effort", "kept", "options", "language", "manifests", "model", "rules",
    "hazards", "answering", "story", "verdict", "version",
)  # fmt: skip
_part("crosscheck", "model", "interpret", "options", "verdict", "replay", "answering", "checking")
_part("editing", "checking", "compiling", "language", "model", "reading", "verdict")
_part("watching", "checking", "editing", "language", "reading", "verdict")
_part("events", "language", "model")
_part("playing", "language", "model", "interpret", "verdict", "story", "events")
_part("tabulate", "language", "model", "interpret", "verdict", "events", "playing")
_part(
    "reproduction", "language", "model", "loading", "interpret", "replay", "verdict", "story",
    "playing", "checking",
)  # fmt: skip
_part(
    "certificate", "language", "loading", "model", "rules", "interpret", "solve", "export",
    "exporting", "replay", "replay_promise", "options", "proving", "promises",
)  # fmt: skip
_part("agreement", "verdict")
_part("conform", "language", "model", "interpret", "verdict", "agreement")
_part("report", "version", "files", "language", "verdict", "agreement")
_part(
    "api", "effort", "language", "model", "loading", "reading", "rules", "options", "checking",
    "playing", "tabulate", "reproduction", "verdict", "report",
)  # fmt: skip
_part("pytest_plugin", "checking", "options", "report", "verdict")
_part("cli", *MAY_IMPORT)
_part("__main__", "cli")
_part("__init__", *MAY_IMPORT)

TOUCH_FILES = {"reading", "loading", "files", "cache", "cli", "rules", "checking", "pytest_plugin"}
FILE_CALLS = {"open"}
FILE_MODULES = {"os", "pathlib", "shutil", "tempfile", "glob"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """The modules that a module imports when it runs, with the line; types alone don't count."""
    stack: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            stack.extend(node.orelse)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports from the root"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if is_module(inner) else node.module), node.lineno
        else:
            stack.extend(ast.iter_child_nodes(node))


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_a_module_imports_only_what_it_stands_on(path: Path) -> None:
    part = part_of(path)
    assert part in MAY_IMPORT, f"say in {Path(__file__).name} what {part} stands on"
    for name, line in imports(path):
        if name.startswith("podcheck."):
            other = name.split(".")[1]
            allowed = other == part or other in MAY_IMPORT[part]
            assert allowed, f"{path}:{line}: {part} must not import {other}"


def test_the_flow_has_one_direction() -> None:
    known: set[str] = set()
    for part, stands_on in MAY_IMPORT.items():
        assert stands_on <= known, f"{part} stands on something that comes after it"
        known.add(part)


def test_only_the_solver_imports_z3() -> None:
    for path in MODULES:
        if part_of(path) != "solve":
            assert not [n for n, _ in imports(path) if n.split(".")[0] == "z3"], path


def test_the_two_readings_do_not_know_each_other() -> None:
    assert "solve" not in MAY_IMPORT["interpret"]
    assert "interpret" not in MAY_IMPORT["solve"]


def test_a_renderer_reaches_no_engine() -> None:
    """Not even through another module."""
    reached: set[str] = set()
    stack = ["report"]
    while stack:
        part = stack.pop()
        for path in MODULES:
            if part_of(path) == part:
                found = {n.split(".")[1] for n, _ in imports(path) if n.startswith("podcheck.")}
                stack += sorted(found - reached)
                reached |= found
    assert not reached & {"interpret", "solve"}


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if part_of(path) in ("cli", "__main__"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "exit", "quit", "sys.exit", "os._exit", "input"), (
                f"{path}:{node.lineno}: {called}"
            )
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "sys":
            assert node.attr not in ("stdout", "stderr", "stdin", "argv"), f"{path}:{node.lineno}"
    assert not [n for n, _ in imports(path) if n.split(".")[0] in ("click", "rich")], path


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_only_a_few_modules_touch_files(path: Path) -> None:
    if part_of(path) in TOUCH_FILES:
        return
    used = {n.split(".")[0] for n, _ in imports(path)} & FILE_MODULES
    assert not used, f"{path} imports {', '.join(sorted(used))}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FILE_CALLS, f"{path}:{node.lineno}: {node.func.id}"


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_no_module_reads_the_clock_or_pseudo_random_numbers(path: Path) -> None:
    """Budgets and deadlines come in as values; a verdict never depends on chance."""
    if part_of(path) in ("cli", "cache"):
        return
    used = {n.split(".")[0] for n, _ in imports(path)} & {"time", "datetime", "random", "secrets"}
    assert not used, f"{path} imports {', '.join(sorted(used))}"


def test_every_folder_has_its_sign() -> None:
    root = PACKAGE.parent
    folders = [p for p in PACKAGE.rglob("*") if p.is_dir() and "__pycache__" not in p.parts]
    code = {f for f in folders if f.parent == PACKAGE}
    for folder in (*sorted(code), PACKAGE, root / "grammar", root / "specs", root / "tests"):
        assert (folder / "README.md").is_file(), f"{folder} has no README.md"


def test_the_page_names_every_module() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in MODULES:
        name = path.relative_to(PACKAGE).as_posix()
        if path.name != "__init__.py" or path.parent == PACKAGE:
            assert f"`{name}`" in text, f"ARCHITECTURE.md does not mention {name}"
