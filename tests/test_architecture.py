"""The shape of the house: imports run down the list, and the engine does not need the window."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("ulmengine", "studio") for path in (ROOT / package).rglob("*.py")
}
SOURCES = sorted([*(ROOT / "ulmengine").rglob("*.py"), *(ROOT / "studio").rglob("*.py"), ROOT / "main.py"])


def test_imports_run_down_the_list() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_engine_imports_without_qt() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "ulmengine").rglob("*.py")) if path.stem != "__main__"
    ]
    program = (
        "import sys, importlib\n"
        "sys.modules['PySide6'] = None\n"
        "sys.modules['pyqtgraph'] = None\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_all_that_computes_nothing_is_imported_without_pytorch() -> None:
    folders = ("ulmengine.config", "ulmengine.plan", "ulmengine.record", "ulmengine.corpus", "ulmengine.tokens",
               "studio.shown", "studio.plots", "studio.frame", "studio.widgets", "studio.engine")
    names = [name for name in MODULES if name.startswith(folders)]
    names += ["ulmengine.models.catalogue", "ulmengine.cli", "studio.window"]
    program = (
        "import sys, importlib\n"
        "sys.modules['torch'] = None\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_the_window_opens_before_what_only_its_pages_need_is_imported() -> None:
    """Together it takes longer to import than the window itself; :mod:`studio.engine.warming` fetches it afterwards."""
    program = (
        "import sys\n"
        "for name in ('polars', 'pyarrow', 'scipy', 'pyqtgraph', 'ulmengine.corpus'): sys.modules[name] = None\n"
        "import studio.app\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_house_rules(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    in_theme = "theme" in path.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except at line {node.lineno}"
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names), f"star import at line {node.lineno}"
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            printing = isinstance(node.func, ast.Name) and name == "print"
            assert not printing, f"print at line {node.lineno}"
            assert name != "processEvents", f"processEvents at line {node.lineno}"
            assert in_theme or name != "setStyleSheet", f"setStyleSheet at line {node.lineno}"
            if name == "load" and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in (
                "pickle", "torch"
            ):
                safe = any(k.arg == "weights_only" and getattr(k.value, "value", False) for k in node.keywords)
                assert safe, f"unpickling at line {node.lineno}"


def test_what_has_no_public_name_in_pytorch_stands_in_one_file() -> None:
    """A later PyTorch may rename it. (The doctor looks by itself, for it works where other packages are missing.)"""
    private = re.compile(r"torch(\.\w+)*\._[a-z]\w*", re.IGNORECASE)
    found = {
        path.name for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and private.fullmatch(ast.unparse(node)))
        or (isinstance(node, ast.ImportFrom) and private.fullmatch(node.module or ""))
    }
    assert found == {"native.py", "doctor.py"}


def test_no_two_classes_bear_one_name() -> None:
    names = Counter(node.name for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                    if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports inside functions count as well; those for the type checker alone do not."""
    TopologicalSorter({name: _imported(name, path) for name, path in MODULES.items()}).prepare()


def _imported(name: str, path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    typing = {id(inner) for block in blocks for inner in ast.walk(block)}
    package = name.split(".") if path.stem == "__init__" else name.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and id(node) not in typing:
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found |= {full if (full := f"{module}.{alias.name}") in MODULES else module for alias in node.names}
    return found & MODULES.keys() - {name}
