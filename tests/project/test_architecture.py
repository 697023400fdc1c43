"""The one-way flow of ARCHITECTURE.md, held over the imports of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import PACKAGE

# What each part may import of the others, for types too.  A part is a package or a module of
# podcheck/; to its own modules it may always turn.  A new part gets a line here, after those it
# stands on.
MAY_IMPORT: dict[str, frozenset[str]] = {}


def _part(name: str, *stands_on: str) -> None:
    MAY_IMPORT[name] = frozenset(stands_on)


_part("version")
_part("core")
_part("storage")
_part("language", "storage")
_part("transform", "core")
_part("explicit", "core", "transform")
_part("symbolic", "core", "transform")
_part("declarations", "language", "core")
_part("results", "language")
_part("elaboration", "language", "core", "declarations")
_part("manifests", "language", "declarations")
_part("compiler", "language", "core", "transform", "declarations", "elaboration")
_part("loading", "storage", "language", "declarations", "manifests")
_part("report", "version", "storage", "language", "results")
_part(
    "conform", "language", "core", "declarations", "elaboration", "manifests", "explicit", "results"
)
_part("export", "core", "transform", "compiler", "explicit", "results")
_part("verification", "core", "transform", "compiler", "explicit", "symbolic", "results")
_part(
    "explanation", "language", "core", "transform", "declarations", "elaboration", "compiler",
    "explicit", "symbolic", "results", "verification",
)  # fmt: skip
_part(
    "certificate", "language", "core", "transform", "declarations", "compiler", "loading",
    "explicit", "symbolic", "export", "verification",
)  # fmt: skip
_part(
    "checker", "storage", "language", "core", "declarations", "compiler", "loading", "explicit",
    "symbolic", "results", "verification", "explanation",
)  # fmt: skip
_part(
    "simulation", "language", "core", "declarations", "elaboration", "compiler", "explicit",
    "results", "explanation",
)  # fmt: skip
_part(
    "comparison", "storage", "language", "core", "transform", "declarations", "elaboration",
    "compiler", "loading", "explicit", "symbolic", "results", "verification", "explanation",
)  # fmt: skip
_part(
    "observation", "storage", "language", "core", "transform", "declarations", "elaboration",
    "compiler", "manifests", "explicit", "symbolic", "results", "verification", "explanation",
)  # fmt: skip
_part(
    "auditing", "version", "storage", "language", "core", "declarations", "elaboration", "compiler",
    "manifests", "loading", "symbolic", "results", "verification", "explanation", "checker",
)  # fmt: skip
_part(
    "reproduction", "language", "core", "declarations", "compiler", "loading", "explicit",
    "results", "explanation", "simulation", "checker",
)  # fmt: skip
_part("arguments", "language", "core")
_part(
    "api", "arguments", "language", "core", "auditing", "declarations", "compiler", "loading",
    "checker", "simulation", "reproduction", "results", "report", "verification", "comparison",
    "observation",
)  # fmt: skip
_part(
    "editor", "version", "language", "core", "declarations", "elaboration", "compiler", "manifests",
    "loading", "results", "report", "verification", "checker", "auditing",
)  # fmt: skip
_part("pytest_plugin", "checker", "results", "report", "verification")
_part("cli", *MAY_IMPORT)
_part("__main__", "cli")
_part("__init__", *MAY_IMPORT)

TEXTS = ("rules", "hazards")  # packages without Python
# parts, or single modules of one
TOUCH_FILES = {
    "storage", "loading", "cli", "editor", "pytest_plugin", "checker/spec_files.py",
    "auditing/config_files.py", "auditing/manifest_files.py",
}  # fmt: skip
SEE_THE_CLOCK = {"cli", "storage/cache.py"}
FILE_CALLS = {"open"}
FILE_MODULES = {"os", "pathlib", "shutil", "tempfile", "glob"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def imports(path: Path, *, types: bool = True) -> Iterator[tuple[str, int]]:
    """The modules that a module imports, with the line; ``types``: those for types alone, too."""
    stack: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while stack:
        node = stack.pop()
        if not types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
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
        if part_of(path) != "symbolic":
            assert not [n for n, _ in imports(path) if n.split(".")[0] == "z3"], path


def test_engines_know_systems_and_claims_alone() -> None:
    """Not even through another module; and the two readings do not know each other."""
    for engine in ("explicit", "symbolic"):
        assert reached_from(engine) == {engine, "core", "transform"}


def test_a_renderer_reaches_no_engine() -> None:
    """Not even through another module."""
    assert not reached_from("report") & {"explicit", "symbolic", "core"}


def reached_from(part: str) -> set[str]:
    """The parts that a part stands on, directly or through others, and itself."""
    reached, stack = {part}, [part]
    while stack:
        part = stack.pop()
        for path in MODULES:
            if part_of(path) == part:
                found = {n.split(".")[1] for n, _ in imports(path) if n.startswith("podcheck.")}
                stack += sorted(found - reached)
                reached |= found
    return reached


def test_what_answers_tells_no_stories() -> None:
    """Below `explanation`, only the values of `results` know what a story is."""
    for part in reached_from("explanation") - {"explanation", "results"}:
        for path in MODULES:
            if part_of(path) == part:
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.ImportFrom):
                        names = {alias.name for alias in node.names}
                        assert not names & {"Story", "Narrator"}, f"{path}:{node.lineno}"


def test_no_two_files_stand_on_each_other() -> None:
    """Nor more of them in a circle: what stands on nothing is taken away until nothing is left."""
    stands_on = {
        module_of(path): {n for n, _ in imports(path) if is_module(n)} - {module_of(path)}
        for path in MODULES
        if path != PACKAGE / "__init__.py"  # its names are imported when they are used
    }
    while free := {m for m, others in stands_on.items() if not others & stands_on.keys()}:
        for module in free:
            del stands_on[module]
    assert not stands_on, f"a circle: {', '.join(sorted(stands_on))}"


@pytest.mark.parametrize("folder", TEXTS)
def test_what_kubernetes_does_is_text(folder: str) -> None:
    assert not list((PACKAGE / folder).rglob("*.py"))


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
    if TOUCH_FILES & {part_of(path), path.relative_to(PACKAGE).as_posix()}:
        return
    used = {n.split(".")[0] for n, _ in imports(path, types=False)} & FILE_MODULES
    assert not used, f"{path} imports {', '.join(sorted(used))}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FILE_CALLS, f"{path}:{node.lineno}: {node.func.id}"


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_no_module_reads_the_clock_or_pseudo_random_numbers(path: Path) -> None:
    """Budgets and deadlines come in as values; a verdict never depends on chance."""
    if SEE_THE_CLOCK & {part_of(path), path.relative_to(PACKAGE).as_posix()}:
        return
    used = {n.split(".")[0] for n, _ in imports(path)} & {"time", "datetime", "random", "secrets"}
    assert not used, f"{path} imports {', '.join(sorted(used))}"


def test_every_folder_has_its_sign() -> None:
    root = PACKAGE.parent
    files = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    code = {p.parent for p in files if p.parent.parent == PACKAGE}
    for folder in (*sorted(code), PACKAGE, root / "grammar", root / "specs", root / "tests"):
        assert (folder / "README.md").is_file(), f"{folder} has no README.md"


def test_each_module_has_a_line_in_the_sign_of_its_package() -> None:
    page = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in MODULES:
        if path.parent == PACKAGE:
            assert f"`{path.name}`" in page, f"ARCHITECTURE.md does not mention {path.name}"
        elif path.name != "__init__.py":
            sign = (path.parent / "README.md").read_text(encoding="utf-8")
            assert f"`{path.name}`" in sign, f"{path.parent}/README.md: no {path.name}"
    for folder in {p.parent for p in MODULES} - {PACKAGE}:
        assert f"`{folder.name}/`" in page, f"ARCHITECTURE.md does not mention {folder}"
