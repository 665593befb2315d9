"""The wheel and its pins: what a person gets who never sees the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
QUESTION = "How many sets of back extensions should a beginner do?"

ASK = """
import json, sys
from pathlib import Path
import assistant
from assistant import Assistant, Settings

settings = Settings(cache_dir=Path(sys.argv[1]))
with Assistant.load(settings) as backchat:
    answer = backchat.ask(sys.argv[2])
print(json.dumps({
    "module": assistant.__file__,
    "corpus": str(settings.corpus_path),
    "status": answer.status,
    "text": answer.text,
    "quotes": [quote.text for citation in answer.citations for quote in citation.quotes],
}))
"""


def sources(pattern: str) -> set[str]:
    """Files of the checkout that match `pattern`, without caches, relative to its top."""
    found = (path for path in ROOT.glob(pattern) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found}


def pins() -> dict[str, str]:
    """Read the versions of constraints.txt by normalised name, with the lines for other Pythons and systems."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = (line.partition(";")[0].strip().split("==") for line in lines if line and not line.startswith("#"))
    return {normalised(name): version for name, version in pinned}


def normalised(name: str) -> str:
    """Spell a distribution's name as the package index compares it: `PyYAML` -> `pyyaml`, `a_b.c` -> `a-b-c`."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that neither leftovers of an older build nor this one's stay in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("assistant", "corpus", "eval"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(copy)]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def inside(wheel: Path) -> set[str]:
    """List the files of the wheel."""
    return set(ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, without network and dependencies, into a folder far from the checkout."""
    target = tmp_path_factory.mktemp("elsewhere")
    options = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    return target


def test_the_wheel_carries_every_module(inside: set[str]) -> None:
    """No package is forgotten in pyproject.toml: every module of the checkout is in the wheel."""
    assert sources("assistant/**/*.py") | sources("eval/**/*.py") <= inside


@pytest.mark.parametrize(
    "pattern",
    [
        "assistant/data/*.yaml",
        "assistant/guard/data/*",
        "assistant/web/static/*",
        "eval/cases/*.jsonl",
        "eval/cases/corpora/*/*",
        "eval/templates/*",
    ],
)
def test_the_wheel_carries_the_data(inside: set[str], pattern: str) -> None:
    """Vocabulary, the chat's files and the eval's cases travel with the code."""
    wanted = sources(pattern)
    assert wanted
    assert wanted <= inside


def test_the_wheel_carries_the_articles(inside: set[str]) -> None:
    """The corpus, which lies at the top of the checkout, is installed inside the package."""
    assert "assistant/corpus/back-extension.md" in inside
    assert {f"assistant/{name}" for name in sources("corpus/*.md")} <= inside


def test_the_wheel_carries_both_licences(inside: set[str]) -> None:
    """The code's licence and the articles' licence go where the wheel goes."""
    folder = f"backchat-{PROJECT['version']}.dist-info/licenses"
    assert {f"{folder}/LICENSE", f"{folder}/corpus/LICENSE", "assistant/corpus/LICENSE"} <= inside


def test_the_wheel_installs_nothing_else(inside: set[str]) -> None:
    """Only `assistant`, `eval` and the metadata are installed: no tests, no top-level corpus."""
    assert {name.split("/")[0] for name in inside} == {"assistant", "eval", f"backchat-{PROJECT['version']}.dist-info"}


def test_the_wheel_brings_the_command(installed: Path) -> None:
    """Installing the wheel installs the command `backchat`."""
    assert (installed / "bin" / "backchat").exists() or (installed / "bin" / "backchat.exe").exists()


@pytest.mark.model
def test_an_installed_wheel_answers_from_anywhere(installed: Path, tmp_path: Path) -> None:
    """Installed elsewhere and asked from `/`, the package answers from the articles it carries, with quotes."""
    libraries = sysconfig.get_paths()
    path = os.pathsep.join(dict.fromkeys([str(installed), libraries["purelib"], libraries["platlib"]]))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BACKCHAT_", "PYTHON"))}
    done = subprocess.run(
        # -S: without it the editable install of the checkout would be found as well
        [sys.executable, "-S", "-c", ASK, str(tmp_path / "cache"), QUESTION],
        cwd="/",
        env={**environment, "PYTHONPATH": path, "HOME": str(tmp_path)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert Path(said["module"]).is_relative_to(installed)
    assert Path(said["corpus"]).is_relative_to(installed)
    assert said["status"] == "answered", said
    assert any(re.search(r"\bsets?\b", quote) for quote in said["quotes"]), said
    assert all(quote in said["text"] for quote in said["quotes"]), said


def test_every_dependency_is_pinned_within_its_range() -> None:
    """constraints.txt has a version for each dependency of pyproject.toml, and it is one that the range allows."""
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    wanted = [Requirement(line) for lines in lists for line in lines if not line.startswith("backchat")]
    pinned = pins()
    for requirement in wanted:
        assert normalised(requirement.name) in pinned, f"{requirement.name} has no pin"
        assert pinned[normalised(requirement.name)] in requirement.specifier


def test_the_pins_work_on_any_machine() -> None:
    """Pins are plain versions: no path, address, editable line or local build of the machine they were made on."""
    assert pins()["torch"] == "2.13.0"
    for name, version in pins().items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert re.fullmatch(r"[0-9][0-9a-z.]*", version), f"{name}=={version}"
