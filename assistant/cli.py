"""The shell: `backchat ask | chat | serve | index | articles | feedback | mcp | eval`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from .errors import BackchatError, QuestionError
from .settings import Settings, quiet_environment

if TYPE_CHECKING:
    from rich.console import Console

    from .chain import Assistant
    from .types import Answer, Turn
    from .web.feedback import FeedbackStore

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Answers from articles, every sentence a checkable quote."
)
feedback = typer.Typer(no_args_is_help=True, help="What people said of the answers.")
app.add_typer(feedback, name="feedback")
ExportKind = Literal["csv", "jsonl", "rated"]
_Corpus = Annotated[
    Path | None,
    typer.Option("--corpus", help="Folder or file of articles (.md, .txt, .html) instead of the shipped ones."),
]


def main() -> None:
    """Run the command line; our errors become one line on standard error and exit status 1."""
    quiet_environment()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            errors="replace"
        )  # an odd terminal shows "?" for a quotation mark instead of a traceback
    try:
        app()
    except BackchatError as exc:
        _fail(str(exc))
    except KeyboardInterrupt:
        _fail("interrupted")
    except BrokenPipeError:  # the reader of our output went away, such as `head`
        sys.stderr.close()
        sys.exit(1)


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"backchat: {message}\n")
    sys.exit(1)


def _write_json(body: Mapping[str, Any]) -> None:
    """One line of JSON, in UTF-8 whatever the terminal speaks, at once."""
    sys.stdout.flush()
    sys.stdout.buffer.write(json.dumps(body, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()


def _settings(corpus: Path | None) -> Settings:
    return Settings(corpus=corpus) if corpus else Settings()


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, shown from the first passage to encode."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: list[Any] = []

    def update(done: int, total: int) -> None:
        if not tasks:  # started only now: a bar that never ran would still print an empty line
            bar.start()
            tasks.append(bar.add_task("indexing articles", total=total))
        bar.update(tasks[0], completed=done, total=total)

    try:
        yield update
    finally:
        if tasks:
            bar.stop()


@contextmanager
def _assistant(corpus: Path | None) -> Iterator[Assistant]:
    from .chain import Assistant

    with _progress() as progress:
        assistant = Assistant.load(_settings(corpus), progress=progress)
    for problem in assistant.problems:
        sys.stderr.write(f"backchat: left out: {problem}\n")
    with assistant:
        yield assistant


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question; left out with --jsonl.")] = None,
    corpus: _Corpus = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON object.")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read a JSON object a line, write one a line.")] = False,
) -> None:
    """Answer one question, or a stream of them for programs (--jsonl)."""
    if jsonl:
        with _assistant(corpus) as assistant:
            _answer_lines(assistant)
        return
    if question is None:
        raise QuestionError('ask something: backchat ask "How many reps?"')
    with _assistant(corpus) as assistant:
        answer = assistant.ask(question)
    if as_json:
        _write_json(answer.to_dict())
    else:
        from rich.console import Console

        _show(answer, Console())


def _answer_lines(assistant: Assistant) -> None:
    """One object out for each line in, in order, flushed after each; a bad line gets its error and the run goes on."""
    from .contract import line_id, parse_request

    for raw in sys.stdin.buffer:
        if not raw.strip():
            continue
        reply: dict[str, Any]
        try:
            asked = parse_request(raw)
            reply = {"id": asked.id, **assistant.ask(asked.question, asked.history, asked.locale).to_dict()}
        except QuestionError as exc:
            reply = {"id": line_id(raw), "error": str(exc)}
        _write_json(reply)


def _show(answer: Answer, console: Console) -> None:
    """An answer for a person at a terminal: blocks, then the sources with the quoted words, then the disclaimer."""
    from rich.markup import escape

    for block in answer.blocks:
        for number, sentence in enumerate(block.sentences, start=1):
            lead = {"steps": f"{number}. ", "bullets": "- "}.get(block.kind, "")
            marks = "".join(f" [cyan]\\[{n}][/]" for n in sentence.citations)
            style = "italic" if block.kind == "notice" else ""
            console.print(f"{lead}{escape(sentence.text)}{marks}", style=style, highlight=False)
        console.print()
    for citation in answer.citations:
        place = " > ".join((citation.title, *citation.section))
        console.print(
            f"[cyan]\\[{citation.number}][/] [dim]{escape(place)} · {escape(citation.url or '')}[/]",
            highlight=False,
            soft_wrap=True,
        )
    for question in answer.suggestions:
        console.print(f"[dim]· {escape(question)}[/]", highlight=False)
    console.print(f"[dim]{answer.disclaimer}[/]", highlight=False)


@app.command()
def chat(corpus: _Corpus = None) -> None:
    """Chat in the terminal; an empty line or Ctrl-D ends it."""
    from rich.console import Console

    from .policy import GUARD_NOTE
    from .types import Turn

    console = Console()
    history: list[Turn] = []
    with _assistant(corpus) as assistant:
        console.print(
            f"[dim]{GUARD_NOTE}[/]\n" + "".join(f"[dim]· {question}[/]\n" for question in assistant.suggestions),
            highlight=False,
        )
        while True:
            try:
                question = console.input("[bold]You:[/] ")
            except (EOFError, KeyboardInterrupt):
                break
            if not question.strip():
                break
            try:
                answer = assistant.ask(question, history)
            except QuestionError as exc:
                console.print(f"[italic]{exc}[/]")
                continue
            _show(answer, console)
            history += [Turn("user", question), Turn("assistant", answer.text)]


@app.command()
def serve(
    corpus: _Corpus = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the chat in the browser.")] = False,
) -> None:
    """Open the chat, the article pages and the API in a server."""
    from .web.api import serve as run

    with _assistant(corpus) as assistant:
        own = assistant.settings
        run(assistant, host or own.host, own.port if port is None else port, browser)


@app.command()
def mcp(corpus: _Corpus = None) -> None:
    """Serve the Model Context Protocol on standard input and output, for agents of other people."""
    from .web.tools import serve_tools

    with _assistant(corpus) as assistant:
        serve_tools(assistant)


def _feedback_store() -> FeedbackStore:
    from .web.feedback import FeedbackStore

    settings = Settings()
    return FeedbackStore(settings.feedback_path, settings.feedback_days)


@feedback.command("list")
def feedback_list(
    last: Annotated[int, typer.Option("--last", min=1, help="How many, the newest.")] = 20,
) -> None:
    """Show the newest feedback, oldest first."""
    found = _feedback_store().all(last)
    for entry in found:
        body = entry.to_dict()
        thumb = {"up": "+", "down": "-"}[entry.thumb]
        texts = (entry.question or "(question not kept)", entry.comment)
        said = " | ".join(" ".join(text.split()) for text in texts if text)
        sys.stdout.write(f"{body['at']} {thumb} {entry.surface} {entry.answer_id} {said}\n")
    if not found:
        sys.stderr.write("backchat: there is no feedback yet\n")


@feedback.command("export")
def feedback_export(
    kind: Annotated[ExportKind, typer.Option("--as", help="csv, jsonl, or rated (for `eval stubs`).")] = "jsonl",
) -> None:
    """Write all feedback to standard output."""
    from .web.export import exported

    sys.stdout.flush()
    for line in exported(_feedback_store().all(), kind):
        sys.stdout.buffer.write(line.encode())
    sys.stdout.buffer.flush()


@feedback.command("delete")
def feedback_delete(session: Annotated[str, typer.Option("--session", help="The session whose entries go.")]) -> None:
    """Delete all feedback of one session."""
    sys.stdout.write(f"{_feedback_store().delete(session)} deleted\n")


@app.command()
def index(
    corpus: _Corpus = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Embed everything anew.")] = False,
    path: Annotated[bool, typer.Option("--path", help="Only tell where the index is kept.")] = False,
) -> None:
    """Build the index of the articles, or bring it up to date."""
    from .building import build
    from .builds import index_slot
    from .embedding import find_model

    settings = _settings(corpus)
    if path:
        sys.stdout.write(f"{index_slot(settings, find_model(settings.model))}\n")
        return
    with _progress() as progress:
        report = build(settings, rebuild=rebuild, progress=progress)
    for problem in report.problems:
        sys.stderr.write(f"backchat: left out: {problem}\n")
    sys.stdout.write(
        f"{report.articles} articles; passages: {report.added} added, {report.kept} kept, {report.removed} removed; "
        f"{report.seconds:.1f} s\n"
    )


@app.command()
def articles(
    corpus: _Corpus = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One JSON object a line, with the text that offsets refer to.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Check the files against our article format.")] = False,
) -> None:
    """List the articles, print their texts for programs, or check their files."""
    from .articles import check_corpus, load_corpus
    from .contract import article_dict
    from .web.figures import load_figures

    where = _settings(corpus).corpus_path
    found = load_corpus(where)
    problems = [*found.problems, *(check_corpus(where) if check else ())]
    if check:
        own = {article.id for article in found.articles}
        problems += [f"figures.yaml: {id_}: there is no such article" for id_ in load_figures(where) if id_ not in own]
    for article in found.articles:
        if jsonl:
            _write_json(article_dict(article))
        else:
            sys.stdout.write(f"{article.id}: {article.title} ({len(article.text.split())} words)\n")
    for problem in problems:
        sys.stderr.write(f"backchat: {problem}\n")
    if check and problems:
        sys.exit(1)


@app.command(
    name="eval", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False
)
def evaluate(context: typer.Context) -> None:
    """Score the answers on the Q&A cases (`backchat eval --help` lists the options)."""
    from eval.__main__ import main as run

    run(context.args)
