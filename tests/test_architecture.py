"""The layers of DESIGN.md, read from the source: what imports what, and how long a module is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant

PACKAGE = Path(assistant.__file__).parent
ROOT = PACKAGE.parent
MODULES = {
    ".".join(("assistant", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): file
    for file in sorted(PACKAGE.rglob("*.py"))
}
EVAL = {f"eval.{file.stem}": file for file in sorted((ROOT / "eval").glob("*.py"))}
PURE = (
    "text",
    "types",
    "blocks",
    "layout",
    "passages",
    "lexicon",
    "names",
    "places",
    "cues",
    "dialogue",
    "described",
    "question",
    "meaning",
    "evidence",
    "coverage",
    "selection",
    "compose",
    "links",
    "choosing",
    "suggestions",
    "policy",
    "contract",
    "state",
    "guard.message",
    "guard.concepts",
    "guard.languages",
    "guard.scope",
    "guard.reading",
    "guard.classifier",
    "guard.guard",
    "guard.reply",
)
FOREIGN_TO_PURE = (
    "langchain",
    "langchain_core",
    "langchain_chroma",
    "chromadb",
    "gradio",
    "torch",
    "sentence_transformers",
    "onnxruntime",
    "os",
    "yaml",
    "typer",
    "fastapi",
    "pathlib",
)
HOMES = {
    "chromadb": {"assistant.collection"},
    "langchain_chroma": {"assistant.retriever"},
    "sentence_transformers": {"assistant.embedding"},
    "torch": {"assistant.embedding", "assistant.twin"},
    "onnxruntime": {"assistant.embedding"},
    "gradio": {"assistant.web.chat"},
    "mcp": {"assistant.web.tools"},
    "limits": {"assistant.web.access"},
    "prometheus_client": {"assistant.web.metrics"},
    "sqlite3": {"assistant.web.feedback"},
    "yaml": {"assistant.vocabulary", "assistant.read_markdown", "assistant.guard.policy", "assistant.web.figures"},
    "bm25s": {"assistant.keywords"},
    "pydantic_settings": {"assistant.settings"},
}
LONGEST = 350


def tree(file: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def typing_only(module: ast.Module) -> set[ast.AST]:
    """Everything under `if TYPE_CHECKING:`."""
    return {
        inner
        for node in ast.walk(module)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }


def imports(name: str, file: Path, *, lazy: bool = True, typing: bool = True) -> Iterator[str]:
    """Full names of what a module imports; relative imports resolved, `from package import module` as the module."""
    module = tree(file)
    skipped = set() if typing else typing_only(module)
    nodes = ast.walk(module) if lazy else iter(module.body)
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in nodes:
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
                base = f"{above}.{base}" if base else above
            inside = [f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in {**MODULES, **EVAL}]
            yield from inside or [base]


def tops(name: str, file: Path) -> set[str]:
    """Top-level packages that a module imports."""
    return {imported.split(".")[0] for imported in imports(name, file)}


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_import_no_outer_world(name: str) -> None:
    """Pure modules know neither LangChain, store, page, model nor operating system, not even lazily."""
    assert not tops(f"assistant.{name}", MODULES[f"assistant.{name}"]) & set(FOREIGN_TO_PURE)


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_do_nothing_to_the_world(name: str) -> None:
    """Pure modules open, print and execute nothing."""
    called = {
        node.func.id
        for node in ast.walk(tree(MODULES[f"assistant.{name}"]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "print", "input", "exec", "eval", "__import__"}


@pytest.mark.parametrize("library", HOMES)
def test_a_foreign_library_has_one_home(library: str) -> None:
    """Each heavy library is imported only by the module that wraps it."""
    users = {name for name, file in MODULES.items() if library in tops(name, file)}
    assert users <= HOMES[library]


def test_langchain_stays_at_the_rim() -> None:
    """Only the flow and the retriever speak LangChain."""
    users = {
        name
        for name, file in MODULES.items()
        if tops(name, file) & {"langchain", "langchain_core", "langchain_chroma", "langchain_text_splitters"}
    }
    assert users == {"assistant.chain", "assistant.retriever"}


def test_the_environment_is_read_in_one_place() -> None:
    """Only the settings touch `os.environ` or `os.getenv`."""
    users = {
        name
        for name, file in MODULES.items()
        for node in ast.walk(tree(file))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv", "environb"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {alias.name for alias in node.names} & {"environ", "getenv"}
        )
    }
    assert users == {"assistant.settings"}


def test_no_module_imports_the_package_root() -> None:
    """Nobody takes names from `assistant` itself, not even inside a function; they go to its modules."""
    users = {name for name, file in MODULES.items() if name != "assistant" and "assistant" in imports(name, file)}
    users |= {name for name, file in EVAL.items() if "assistant" in imports(name, file)}
    users |= {"app"} if "assistant" in imports("app", ROOT / "app.py") else set()
    assert not users


@pytest.mark.parametrize("modules", [MODULES, EVAL], ids=["assistant", "eval"])
def test_there_are_no_import_cycles(modules: dict[str, Path]) -> None:
    """Modules have an order in which each imports only earlier ones; lazy imports count, those for types do not."""
    graph = {
        name: {i for i in imports(name, file, typing=False) if i in modules} - {name} for name, file in modules.items()
    }
    while free := [name for name, needs in graph.items() if not needs]:
        for name in free:
            del graph[name]
        for needs in graph.values():
            needs.difference_update(free)
    assert not graph, f"a circle among {sorted(graph)}"


def test_the_assistant_does_not_know_its_exam() -> None:
    """Only the command line's `eval` command imports eval, and only when it is called."""
    users = {name for name, file in MODULES.items() if "eval" in tops(name, file)}
    assert users == {"assistant.cli"}
    assert not [i for i in imports("assistant.cli", MODULES["assistant.cli"], lazy=False) if i.startswith("eval")]


EVAL_PURE = (
    "types",
    "intervals",
    "ranking",
    "abstention",
    "readability",
    "metrics",
    "summary",
    "guard",
    "check",
    "report",
)


@pytest.mark.parametrize("name", EVAL_PURE)
def test_what_scores_is_pure(name: str) -> None:
    """Scorers and figures read no files, ask no models, and print nothing."""
    assert not tops(f"eval.{name}", EVAL[f"eval.{name}"]) & {*FOREIGN_TO_PURE, "rich", "matplotlib", "jinja2"}


@pytest.mark.parametrize(
    ("library", "home"),
    [("matplotlib", "plots"), ("jinja2", "html"), ("langchain_text_splitters", "systems"), ("scipy", "fit")],
)
def test_the_packages_of_the_eval_have_one_home(library: str, home: str) -> None:
    """Each is imported in one module (what learns is two), and only when it is needed."""
    users = {name.removesuffix("_guard") for name, file in EVAL.items() if library in tops(name, file)}
    assert users == {f"eval.{home}"}
    assert library not in {i.split(".")[0] for i in imports(f"eval.{home}", EVAL[f"eval.{home}"], lazy=False)}


def test_pages_know_no_retrieval() -> None:
    """The web rooms ask the assistant; they reach neither for index, search, evidence nor composing."""
    inner = {
        f"assistant.{name}"
        for name in (
            "index",
            "indexing",
            "collection",
            "retriever",
            "evidence",
            "selection",
            "meaning",
            "compose",
            "keywords",
            "embedding",
            "question",
        )
    }
    users = {
        name: set(imports(name, file)) & inner for name, file in MODULES.items() if name.startswith("assistant.web")
    }
    assert not {name: found for name, found in users.items() if found}


@pytest.mark.parametrize("name", [*MODULES, *EVAL])
def test_modules_stay_short(name: str) -> None:
    """A module is read in one sitting."""
    lines = len({**MODULES, **EVAL}[name].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST
