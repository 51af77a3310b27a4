"""The architecture holds: imports go down only, start-up stays light, and the house rules that a program can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "npudsl"

#: Floor of every package; a module imports only from lower floors and from its own package.
FLOORS = {
    "text": 0,
    "syntax": 1,
    "spec": 2,
    "mapping": 3,
    "model": 4,
    "interpreter": 4,
    "onnx_import": 4,
    "solver": 5,
    "verify": 6,
    "audit": 6,
    "explore": 6,
    "report": 7,
    "api": 8,
    "cli": 9,
    "lsp": 9,
}
LIGHT = 3  # up to this floor nothing heavy is imported
HEAVY = {"numpy", "scipy", "sympy", "rich"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 60
DATA_ONLY = {"syntax/tree.py"}  # the tree is one list of frozen nodes, without a line of behaviour to split off

MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "_data" not in p.parts)
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """`npudsl.text.source` for its file; a package has the name of its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(module: str) -> str | None:
    """The floor's name, or None for the top of the package and for other distributions."""
    parts = module.split(".")
    return parts[1] if parts[0] == "npudsl" and len(parts) > 1 and parts[1] in FLOORS else None


def imports(path: Path, *, at_start: bool = False) -> Iterator[tuple[str, int]]:
    """Absolute names of what a module imports, with line. `at_start`: only what importing the module imports."""
    for node in at_import(tree_of(path)) if at_start else ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(path, node)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if is_module(inner) else base), node.lineno


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Statements that run when a module is imported: not the bodies of functions, nor `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from at_import(child)


def absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = path.relative_to(ROOT).parts[: -node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return name.startswith("npudsl") and (place.with_suffix(".py").exists() or (place / "__init__.py").exists())


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def test_every_package_has_a_floor() -> None:
    found = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert found <= set(FLOORS)


@each_module
def test_imports_go_down(path: Path) -> None:
    here = package_of(name_of(path))
    if here is None:
        return
    wrong = [
        f"line {line}: {target}"
        for target, line in imports(path)
        if (there := package_of(target)) and there != here and FLOORS[there] >= FLOORS[here]
    ]
    assert not wrong


def test_only_verify_knows_model_and_interpreter() -> None:
    users: dict[str, set[str]] = {}
    for path in MODULES:
        here = package_of(name_of(path))
        for target, _ in imports(path):
            there = package_of(target)
            if here and there in ("model", "interpreter") and there != here:
                users.setdefault(here, set()).add(there)
    assert [package for package, used in users.items() if len(used) == 2] == ["verify"]


def test_the_audit_knows_nothing_of_the_search() -> None:
    """Not even through other modules: whatever importing all of it brings in."""
    names = [name_of(p) for p in MODULES if p.is_relative_to(PACKAGE / "audit")]
    assert len(names) > 10
    code = f"import sys, importlib\nfor n in {names}: importlib.import_module(n)\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert not [m for m in loaded.split() if m.startswith(("npudsl.solver", "npudsl.interpreter"))]
    lazy = [t for p in MODULES if p.is_relative_to(PACKAGE / "audit") for t, _ in imports(p)]
    assert not [t for t in lazy if package_of(t) in ("solver", "interpreter", "verify")]


@each_module
def test_low_floors_start_light(path: Path) -> None:
    here = package_of(name_of(path))
    if here is None or FLOORS[here] <= LIGHT:
        heavy = [target for target, _ in imports(path, at_start=True) if target.split(".")[0] in HEAVY]
        assert not heavy


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        name_of(path): {t for t, _ in imports(path, at_start=True) if is_module(t) and t != name_of(path)}
        for path in MODULES
    }
    assert not cycle(graph)


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Some cycle of the graph, as the names along it; empty if there is none."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return trail[trail.index(name) :]
        if name in done:
            return []
        for target in sorted(graph.get(name, ())):
            # a module of a package names its own package's __init__, which Python has begun to import anyway
            if not name.startswith(target + ".") and (found := visit(target, [*trail, name])):
                return found
        done.add(name)
        return []

    for name in sorted(graph):
        if found := visit(name, []):
            return found
    return []


@each_module
def test_nothing_is_evaluated_as_python(path: Path) -> None:
    names = {"eval", "exec", "compile", "__import__", "parse_expr"}
    assert not [f"line {c.lineno}" for c in calls(path) if isinstance(c.func, ast.Name) and c.func.id in names]


@each_module
def test_only_commands_and_renderers_print(path: Path) -> None:
    if package_of(name_of(path)) in ("report", "cli", "lsp"):
        return
    assert not [f"line {c.lineno}" for c in calls(path) if isinstance(c.func, ast.Name) and c.func.id == "print"]


@each_module
def test_no_module_global_is_written(path: Path) -> None:
    assert not [f"line {n.lineno}" for n in ast.walk(tree_of(path)) if isinstance(n, ast.Global)]


@each_module
def test_modules_and_functions_are_small(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix() not in DATA_ONLY:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    functions = (n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    sizes = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions}
    assert not {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION}


@each_module
def test_everything_public_is_annotated(path: Path) -> None:
    bare = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            missing = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
            if missing or (node.returns is None and node.name != "__init__"):
                bare.append(f"line {node.lineno}: {node.name}")
    assert not bare


@pytest.mark.parametrize(
    "arguments", [["check", "specs/eyeriss.npu"], ["show", "alexnet", "--json", "-"], ["explain", "E101"]]
)
def test_light_commands_start_light(arguments: list[str]) -> None:
    code = (
        f"import sys; from npudsl.cli.main import main; main({arguments!r}); "
        "sys.stderr.write(repr(sorted({m.split('.')[0] for m in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stderr.strip().splitlines()[-1]))
    assert not loaded & {"numpy", "scipy", "sympy"}
    assert arguments[0] == "show" or "rich" not in loaded
