"""Every module's `__all__` is true."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import assistant
import eval as evaluation

ROOT = Path(assistant.__file__).parent
FOLDERS = {"assistant": ROOT, "eval": Path(str(evaluation.__file__)).parent}
MODULES = sorted(
    ".".join((name, *file.relative_to(folder).with_suffix("").parts))
    for name, folder in FOLDERS.items()
    for file in folder.rglob("*.py")
    if file.name not in ("__init__.py", "__main__.py")
)


def defined(tree: ast.Module) -> set[str]:
    """Names that a module defines itself at its top level."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


@pytest.mark.parametrize("name", MODULES)
def test_a_module_exports_what_it_says(name: str) -> None:
    """`__all__` is there, names each thing once, and each thing is defined in that very module."""
    module = import_module(name)
    exported: list[str] = module.__all__
    assert len(exported) == len(set(exported))
    assert set(exported) <= defined(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))
    assert not [private for private in exported if private.startswith("_")]
    assert all(hasattr(module, entry) for entry in exported)


def test_the_package_exports_its_public_names() -> None:
    """The five public names can be imported from the package, are what their modules hold, and others cannot."""
    assert sorted(assistant.__all__) == ["Answer", "Assistant", "BackchatError", "Citation", "Settings"]
    for name in assistant.__all__:
        home = import_module(getattr(assistant, name).__module__)
        assert getattr(assistant, name) is getattr(home, name)
    with pytest.raises(AttributeError, match="Nonsense"):
        assistant.Nonsense  # noqa: B018 (the look-up is what is tested)


def test_errors_are_all_ours() -> None:
    """Every error that is raised on purpose can be caught as BackchatError."""
    errors = import_module("assistant.errors")
    assert all(issubclass(getattr(errors, name), errors.BackchatError) for name in errors.__all__)
