"""The Makefile on a machine of stubs: nothing is downloaded or installed, the repository's .venv stays untouched."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKE = shutil.which("make")
TOOLS = ("cat", "echo", "find", "mkdir", "mv", "rm", "sleep")

pytestmark = pytest.mark.skipif(MAKE is None, reason="needs GNU Make (Debian: apt install make)")

STUB = """#!/bin/sh
# Passes for a Python: version and module questions go to the real one, everything else is written down.
case "$1 $2" in
    "-c "*) exec {real} -c "import sys; {disguise}; $2" ;;
    "-m venv") mkdir -p "$3/bin" && cat "$0" >"$3/bin/python" && {chmod} +x "$3/bin/python" ;;
    "-m pip")
        [ "$3" = install ] || exit 0
        echo "$@" >>{log}
        case "$(cat {pip})" in
            fails) exit 1 ;;
            hangs) sleep 60 ;;
            slow) sleep 2 ;;
        esac ;;
    *) echo "$@" >>{log} ;;
esac
"""


class Machine:
    """A copy of the project's files, a PATH with only what the test put there, a log of what the Pythons were asked."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "a project"  # a space in the path must not matter
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.pip = folder / "pip"
        self.project.mkdir()
        self.bin.mkdir()
        self.pip.write_text("works")
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.project)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))

    def add_python(self, name: str, disguise: str = "pass") -> Path:
        """Put a stub Python on the PATH; `disguise` is run before every question it is asked."""
        path = self.bin / name
        path.write_text(
            STUB.format(real=sys.executable, disguise=disguise, chmod=shutil.which("chmod"), log=self.log, pip=self.pip)
        )
        path.chmod(0o755)
        return path

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start make in a process group of its own."""
        return subprocess.Popen(
            [str(MAKE), *arguments],
            cwd=self.project,
            env={"PATH": str(self.bin)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def make(self, *arguments: str) -> tuple[int, str]:
        """Run make to its end; its exit status and all it said."""
        with self.start(*arguments) as process:
            said = process.communicate(timeout=60)[0]
        return process.returncode, said

    @property
    def calls(self) -> list[str]:
        """What the Pythons were asked to do, one call a line."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def installs(self) -> int:
        """How often pip was asked to install."""
        return sum("pip install" in call for call in self.calls)

    @property
    def stamped(self) -> bool:
        """Whether .venv counts as complete."""
        return (self.project / ".venv" / ".installed").exists()

    def wait_for_install(self, count: int) -> None:
        """Wait until pip was called for the `count`-th time."""
        deadline = time.monotonic() + 30
        while self.installs < count:
            assert time.monotonic() < deadline, "pip was never called"
            time.sleep(0.02)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give a machine without any Python."""
    return Machine(tmp_path)


@pytest.mark.parametrize("verb", ["run", "test", "check", "eval", "bench", "install"])
def test_without_python_every_verb_says_what_to_install(machine: Machine, verb: str) -> None:
    """No Python anywhere: a sentence with what to install, a failing exit status, and no half-made .venv."""
    status, said = machine.make(verb)
    assert status != 0
    assert "Python 3.11 or later" in said
    assert "apt install python3 python3-venv" in said
    assert not (machine.project / ".venv").exists()


def test_an_old_python_is_refused_even_when_named(machine: Machine) -> None:
    """A Python 3.10, as PYTHON or on the PATH, is not used; the message names it."""
    old = machine.add_python("python3", disguise="sys.version_info = (3, 10, 12)")
    status, said = machine.make("run", f"PYTHON={old}")
    assert status != 0
    assert f"{old} (from PYTHON) is no Python of 3.11 or later" in said
    assert "apt install python3 python3-venv" in said
    assert machine.calls == []


def test_a_python_without_venv_is_told_apart(machine: Machine) -> None:
    """Debian's python3 without python3-venv: the message asks for that package, not for another Python."""
    machine.add_python("python3", disguise="sys.modules['ensurepip'] = None")
    status, said = machine.make("test")
    assert status != 0
    assert "python3 lacks the venv module" in said
    assert "apt install python3-venv" in said
    assert not (machine.project / ".venv").exists()


def test_an_unusable_python_does_not_hide_a_usable_one(machine: Machine) -> None:
    """The candidates are tried in turn: too old and incomplete ones are passed over."""
    machine.add_python("python3.13", disguise="sys.modules['ensurepip'] = None")
    machine.add_python("python3.12", disguise="sys.version_info = (3, 10, 12)")
    machine.add_python("python3")
    status, said = machine.make("install")
    assert (status, machine.installs) == (0, 1)
    assert "Making .venv with python3\n" in said


def test_the_named_python_comes_first(machine: Machine) -> None:
    """PYTHON is preferred to whatever the PATH offers."""
    machine.add_python("python3.13")
    named = machine.add_python("mine")
    assert f"Making .venv with {named}\n" in machine.make("install", f"PYTHON={named}")[1]


@pytest.mark.parametrize(
    ("verb", "calls"),
    [
        ("run", ["app.py"]),
        ("test", ["-m pytest"]),
        ("check", ["-m ruff check .", "-m ruff format --check .", "-m mypy", "-m pytest"]),
        ("eval", ["-m eval"]),
        ("bench", ["-m eval bench"]),
        ("install", []),
    ],
)
def test_the_first_use_of_a_verb_installs_and_the_second_does_not(
    machine: Machine, verb: str, calls: list[str]
) -> None:
    """The first use sets up .venv from the pinned versions and says that this takes minutes; the second just works."""
    machine.add_python("python3.11")
    status, said = machine.make(verb)
    assert status == 0
    assert "takes some minutes" in said
    assert machine.stamped
    assert machine.calls[0].endswith("-c constraints.txt -e .[dev]")
    assert machine.calls[1:] == calls
    assert "takes some minutes" not in machine.make(verb)[1]
    assert machine.calls[1:] == calls + calls


def test_arguments_are_passed_on(machine: Machine) -> None:
    """ARGS reaches the program behind the verb."""
    machine.add_python("python3")
    machine.make("eval", "ARGS=--half dev")
    assert machine.calls[-1] == "-m eval --half dev"


def test_a_failed_install_leaves_no_stamp_and_is_repeated(machine: Machine) -> None:
    """When pip fails, so does make, the verb does not run, and the next use installs again."""
    machine.add_python("python3")
    machine.pip.write_text("fails")
    status, said = machine.make("test")
    assert status != 0
    assert "run make again" in said
    assert not machine.stamped
    machine.pip.write_text("works")
    assert machine.make("test")[0] == 0
    assert machine.installs == 2
    assert machine.calls[-1] == "-m pytest"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_install_starts_over(machine: Machine, how: signal.Signals) -> None:
    """Killed in mid install, .venv does not count as installed and is made anew: it may hold half a package."""
    machine.add_python("python3")
    machine.pip.write_text("hangs")
    with machine.start("test") as process:
        machine.wait_for_install(1)
        half = machine.project / ".venv" / "half-a-package"
        half.touch()
        os.killpg(process.pid, how)
    assert process.returncode != 0
    assert not machine.stamped
    machine.pip.write_text("works")
    status, said = machine.make("test")
    assert status == 0
    assert "starting over" in said
    assert not half.exists()
    assert (machine.installs, machine.stamped) == (2, True)


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_dependencies_are_installed(machine: Machine, name: str) -> None:
    """A newer pyproject.toml or constraints.txt brings .venv up to date without making it anew."""
    machine.add_python("python3")
    machine.make("test")
    mine = machine.project / ".venv" / "mine"
    mine.touch()
    soon = time.time() + 2
    os.utime(machine.project / name, (soon, soon))
    assert machine.make("install")[0] == 0
    assert machine.installs == 2
    assert mine.exists()


def test_a_failed_update_keeps_a_sound_environment(machine: Machine) -> None:
    """Without a network an update fails, but the .venv that worked before is not thrown away."""
    machine.add_python("python3")
    machine.make("install")
    mine = machine.project / ".venv" / "mine"
    mine.touch()
    soon = time.time() + 2
    os.utime(machine.project / "pyproject.toml", (soon, soon))
    machine.pip.write_text("fails")
    assert machine.make("install")[0] != 0
    assert machine.make("install")[0] != 0
    assert mine.exists()
    assert machine.installs == 3


def test_an_environment_that_does_not_run_is_replaced(machine: Machine) -> None:
    """A .venv whose Python is gone (an upgrade of the system's) is made anew."""
    machine.add_python("python3")
    machine.make("install")
    (machine.project / ".venv" / ".installed").unlink()
    (machine.project / ".venv" / "bin" / "python").unlink()
    assert machine.make("test")[0] == 0
    assert machine.installs == 2


def test_parallel_verbs_install_once(machine: Machine) -> None:
    """`make -j` with several verbs sets up .venv once, before any of them runs."""
    machine.add_python("python3")
    status, _ = machine.make("-j4", "test", "eval", "bench")
    assert status == 0
    assert machine.installs == 1
    assert "pip install" in machine.calls[0]
    assert sorted(machine.calls[1:]) == ["-m eval", "-m eval bench", "-m pytest"]


def test_a_second_make_waits_for_the_first(machine: Machine) -> None:
    """Started while another installs, make waits for it and uses what it installed."""
    machine.add_python("python3")
    machine.pip.write_text("slow")
    with machine.start("test") as first:
        machine.wait_for_install(1)
        status, said = machine.make("eval")
        first.communicate(timeout=60)
    assert (first.returncode, status) == (0, 0)
    assert "Waiting for process" in said
    assert machine.installs == 1


def test_make_alone_explains_the_verbs(machine: Machine) -> None:
    """`make` without a verb lists them and installs nothing."""
    status, said = machine.make()
    assert status == 0
    for verb in ("run", "test", "check", "eval", "bench", "install", "clean"):
        assert f"make {verb}" in said
    assert not (machine.project / ".venv").exists()


def test_clean_keeps_the_environment(machine: Machine) -> None:
    """`make clean` deletes caches and leftovers of builds, never .venv or the work."""
    for name in (".venv/lib/__pycache__", "assistant/__pycache__", "build", "backchat.egg-info", ".mypy_cache"):
        (machine.project / name).mkdir(parents=True)
    assert machine.make("clean")[0] == 0
    left = {str(path.relative_to(machine.project)) for path in machine.project.rglob("*") if path.is_dir()}
    assert left == {".venv", ".venv/lib", ".venv/lib/__pycache__", "assistant"}


def test_ci_runs_the_documented_verbs() -> None:
    """`.ci/run` is executable, is valid bash, and runs the same verbs as a person does."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    lines = script.read_text().splitlines()
    assert lines.index("make test") > next(n for n, line in enumerate(lines) if line.startswith("export CI=true"))
    assert "make static" in lines
