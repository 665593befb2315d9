"""`python -m eval [run] | check | stubs | fit | bench | load`; also `backchat eval` and `make eval`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from assistant.errors import BackchatError
from assistant.settings import Settings, quiet_environment

__all__ = ["app", "main"]

app = typer.Typer(add_completion=False, help="Scores the answers on Q&A cases, beside plain LangChain RAG.")
_FLOORS = Path(__file__).parent / "cases" / "floors.yaml"


def main(arguments: list[str] | None = None) -> None:
    """Run a command (`run` when none is named); our errors become one line and exit status 1."""
    quiet_environment()
    given = sys.argv[1:] if arguments is None else arguments
    if not given or (given[0].startswith("-") and given[0] != "--help"):
        given = ["run", *given]
    try:
        app(given, prog_name="eval")
    except BackchatError as exc:
        sys.stderr.write(f"eval: {exc}\n")
        sys.exit(1)


@app.command()
def run(
    split: Annotated[str, typer.Option(help="dev, test, or both.")] = "both",
    corpus: Annotated[Path | None, typer.Option(help="Other articles instead of the shipped ones.")] = None,
    cases: Annotated[Path | None, typer.Option(help="Your own cases instead of the shipped ones.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only cases with this tag.")] = None,
    output: Annotated[Path, typer.Option(help="Folder for report.json and report.html.")] = Path("eval-report"),
    against: Annotated[Path | None, typer.Option(help="An earlier report.json to compare with, case by case.")] = None,
    open_test: Annotated[
        bool, typer.Option("--open-test", help="List the test half's cases too; the report records it.")
    ] = False,
    gate: Annotated[bool, typer.Option("--gate", help="Exit with 1 when the test half lies below its floors.")] = False,
) -> None:
    """Ask every case of the assistant, of baselines and with parts off; of the test half only sums are shown."""
    from .compare import compare, read_report
    from .dataset import ONE_EXERCISE, SHIPPED
    from .gate import missed_floors, read_floors
    from .session import plan, run_exams
    from .terminal import print_comparison, print_half, print_seconds
    from .write import write_report

    console = Console()
    earlier = read_report(against) if against else None
    floors = {name: read_floors(_FLOORS, name) for name in (SHIPPED, ONE_EXERCISE) if gate}
    report, clock = run_exams(plan(split, corpus, cases, tag), open_test=open_test)
    for half in report["halves"]:
        print_half(half, console)
    changes = compare(report, earlier) if earlier else None
    if changes is not None:
        print_comparison(changes, console)
    pages = write_report(report, output, changes, clock)
    print_seconds(clock.seconds, console)
    console.print(f"wrote {' and '.join(str(page) for page in pages)}", highlight=False, soft_wrap=True)
    if gate:
        for line in (missed := [line for name, own in floors.items() for line in missed_floors(report, own, name)]):
            console.print(f"[red]{line}[/]")
        if missed:
            raise typer.Exit(1)
        console.print("[green]at or above every floor[/]")


@app.command()
def check(
    cases: Annotated[Path | None, typer.Argument(help="A file of cases; left out: the shipped ones.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="The articles your cases are about.")] = None,
) -> None:
    """Check cases against their corpus and their own examples, without asking anything; problems name the line."""
    from .session import check_exams, plan

    found = check_exams(plan("both", corpus, cases, None))
    Console().print(f"{found} cases are sound")


@app.command()
def stubs(
    rated: Annotated[Path, typer.Argument(help="Rated answers, one JSON object a line.")],
    cases: Annotated[Path, typer.Argument(help="File to append the stubs to.")],
) -> None:
    """Turn rated answers into stubs of cases for a person to finish."""
    from .stubs import append_stubs

    Console().print(f"{append_stubs(rated, cases)} stubs added to {cases}; finish each and take its field todo out")


@app.command()
def fit(
    also: Annotated[
        list[Path] | None, typer.Option(help="Other corpora; cases with the tag are asked of them too.")
    ] = None,
    tag: Annotated[str, typer.Option(help="Tag of the cases that hold for the other corpora.")] = "supplied",
    output: Annotated[Path, typer.Option(help="Where to write query.onnx and evidence.json.")] = Path("assistant/data"),
) -> None:
    """Learn what tells evidence from the dev cases: the query branch and the weights."""
    output.mkdir(parents=True, exist_ok=True)  # before the long work, not after it
    from assistant.chain import Assistant
    from assistant.embedding import TorchEncoder, find_model

    from .dataset import ONE_EXERCISE, SHIPPED, fixture, shipped_cases
    from .fit import collect, teach_branch, write_model
    from .fit import fit as learn

    cases = [case for case in shipped_cases("dev") if case.corpus in (SHIPPED, ONE_EXERCISE) and case.kind != "guard"]
    corpora = [None, fixture(ONE_EXERCISE), *(also or ())]
    assistants = [Assistant.load(Settings(corpus=path)) for path in corpora]
    own = [[case for case in cases if case.corpus == name] for name in (SHIPPED, ONE_EXERCISE)]
    asked = [*own, *([case for case in cases if tag in case.tags] for _ in also or ())]
    console = Console()
    with console.status("teaching the query branch"):
        graph, examples = teach_branch(TorchEncoder(find_model(Settings().model)), collect(assistants, asked))
    model = learn(examples)
    (output / "query.onnx").write_bytes(graph)
    write_model(model, output / "evidence.json")
    console.print(model["cross_validated"])


@app.command()
def provenance(
    unused: Annotated[bool, typer.Option(help="List the facts that are left out, with the reason.")] = False,
) -> None:
    """Hold the shipped articles to the researched facts: what lacks a source, and which facts are told."""
    from rich.table import Table

    from assistant.vocabulary import load_vocabulary

    from .provenance import coverage, load_facts, problems

    facts, corpus = load_facts(), Settings().corpus_path
    console = Console()
    table = Table("article", "facts told", "left out")
    for entry in coverage(corpus, facts, load_vocabulary()):
        table.add_row(entry.article, str(len(entry.used)), str(len(entry.unused)))
        for fact, reason in entry.unused if unused else ():
            table.add_row("", f"[dim]{escape(fact.text)}[/]", f"[dim]{reason}[/]")
    console.print(table)
    if found := problems(corpus, facts):
        console.print("\n".join(found), markup=False)
        raise typer.Exit(1)


@app.command(name="fit-guard")
def fit_guard(
    output: Annotated[Path, typer.Option(help="Where to write branch.onnx and classifier.json.")] = Path(
        "assistant/guard/data"
    ),
) -> None:
    """Learn the guard's meaning layer from the policy's exemplars."""
    from rich.progress import Progress

    from assistant.embedding import TorchEncoder, find_model

    from .fit_guard import fit_guard as learn
    from .fit_guard import write_classifier

    output.mkdir(parents=True, exist_ok=True)  # before the hour's work, not after it
    encoder = TorchEncoder(find_model(Settings().model))
    with Progress(console=Console()) as bar:
        task = bar.add_task("teaching the guard", total=1.0)
        kept = Settings().cache_path / "fit-guard"
        graph, model, measured = learn(encoder, encoder.knows, kept, lambda part: bar.update(task, completed=part))
    (output / "branch.onnx").write_bytes(graph)
    write_classifier(model, output / "classifier.json")
    Console().print(measured)


@app.command()
def steady(
    split: Annotated[str, typer.Option(help="Half of the guard's cases: dev or test.")] = "dev",
) -> None:
    """Measure how often the guard's level stays when only the surface of a message changes."""
    from rich.table import Table

    from assistant.chain import Assistant

    from .dataset import shipped_cases
    from .robustness import measure

    console = Console()
    with Assistant.load(Settings()) as assistant, console.status("") as status:
        found = measure(assistant, shipped_cases(split), status.update)
    table = Table("change", "messages", "variants", "level as it has to be")
    for row in found:
        table.add_row(row.change, str(row.messages), str(row.variants), f"{row.share:.1%}")
    console.print(table)


@app.command()
def load(
    seconds: Annotated[float, typer.Option(min=1, help="How long the overload lasts.")] = 60,
) -> None:
    """Measure a server on loopback: one client, its capacity, and more questions than it can answer."""
    import asyncio

    from .load import measure_load, server

    console = Console()
    with server() as (address, process), console.status("") as status:
        found = asyncio.run(measure_load(address, process, seconds, status.update))
    console.print(
        f"one client: median {found.single_ms:.1f} ms\n"
        f"capacity: {found.capacity:.0f} answers/s; offered for {seconds:g} s: {found.offered:.0f}/s\n"
        f"answered {found.answered}, sent away (503, Retry-After) {found.refused}, failed {found.failed}\n"
        f"p95 of the answered: {found.p95_ms:.0f} ms, {found.p95_ratio:.1f} times the single client's median\n"
        f"memory of the server: {found.memory_before:.0f} -> {found.memory_after:.0f} MB",
        highlight=False,
    )
    if found.failed:
        raise typer.Exit(1)


@app.command()
def bench(
    sets: Annotated[
        Path | None,
        typer.Option(help="Folder of question sets: measures retrieval on them, and takes passages of them."),
    ] = None,
    names: Annotated[str, typer.Option(help="Which of the sets, comma-separated; left out: all.")] = "",
    threads: Annotated[int, typer.Option(help="Threads of both encoders.")] = 1,
    large: Annotated[bool, typer.Option("--large", help="Also an index of 100,000 synthetic passages.")] = False,
) -> None:
    """Measure speed and memory as ratios against bare encode and a plain script, and retrieval on question sets."""
    from .benches import print_sets, print_speed

    console = Console()
    if sets:
        print_sets(sets, [name for name in names.split(",") if name], console)
    print_speed(sets, threads, large, console)


if __name__ == "__main__":
    main()
