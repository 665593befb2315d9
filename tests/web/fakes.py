"""An assistant without models: a queue of answers, a history of what it was asked, and one small article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from assistant.chain import Assistant
from assistant.settings import Settings
from assistant.types import Answer, Article, Block, Citation, Quote, Section, Sentence, Source, Turn

TEXT = (
    "How to do it\n\n1. Lie face down on a mat.\n2. Lift your chest a little. Keep your neck long.\n"
    "3. Lower slowly.\n\n"
    "How often\n\nStart with 2 sets of 8 repetitions. Rest for one minute between sets.\n\n"
    "Variations\n\nThere are easier forms.\n\nSuperman\n\n- Lift your arms too.\n- Hold for two seconds."
)
NASTY = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> **bold** $$x$$ [a](javascript:hack())'


def section(heading: tuple[str, ...], start: str, end: str, facet: str | None = None) -> Section:
    """Make the section of TEXT from one phrase to the end of another."""
    return Section(heading, facet, TEXT.index(start), TEXT.index(end) + len(end), ("mat",))


def quote(text: str) -> Quote:
    """Quote words of TEXT with their offsets."""
    start = TEXT.index(text)
    return Quote(start, start + len(text), text)


ARTICLE = Article(
    id="floor-lift",
    title="Floor lift",
    text=TEXT,
    sections=(
        section(("How to do it",), "1. Lie", "Lower slowly.", "technique"),
        section(("How often",), "Start with", "between sets.", "dose"),
        section(("Variations",), "There are", "easier forms.", "variations"),
        section(("Variations", "Superman"), "- Lift your arms", "two seconds.", "variations"),
    ),
    aliases=("mat lift", "prone lift"),
    sources=(Source("mat", "The mat book", "Mat Press", "https://example.org/mat"),),
    author="A. Writer",
    licence="CC BY 4.0",
    date="2026-01-02",
)
DOSE = quote("Start with 2 sets of 8 repetitions. Rest for one minute between sets.")
STEPS = quote("1. Lie face down on a mat.\n2. Lift your chest a little. Keep your neck long.\n3. Lower slowly.")


def citation(number: int, heading: str, passage: Quote, *quotes: str, url: str | None = "") -> Citation:
    """Make a citation of the article, with a link to our own page unless another one is given."""
    where = f"/articles/floor-lift#{heading.lower().replace(' ', '-')}" if url == "" else url
    return Citation(
        number=number,
        article=ARTICLE.id,
        title=ARTICLE.title,
        section=(heading,),
        facet=None,
        url=where,
        sources=ARTICLE.sources,
        passage=passage,
        quotes=tuple(map(quote, quotes)),
    )


def answer(question: str = "How often?") -> Answer:
    """Make an answer of a paragraph and steps, two citations, one suggestion."""
    sentences = ("Start with 2 sets of 8 repetitions.", "Rest for one minute between sets.")
    steps = ("Lie face down on a mat.", "Lower slowly.")
    return Answer(
        question=question,
        status="answered",
        blocks=(
            Block("paragraph", tuple(Sentence(text, (1,)) for text in sentences)),
            Block("steps", tuple(Sentence(text, (2,)) for text in steps)),
        ),
        citations=(citation(1, "How often", DOSE, *sentences), citation(2, "How to do it", STEPS, *steps)),
        disclaimer="General exercise information.",
        suggestions=("Is there an easier form?",),
        answer_id="a1",
    )


def nasty_answer(question: str = "?") -> Answer:
    """Make an answer whose every text tries to run a script."""
    source = Source("x", NASTY, NASTY, "javascript:window.hacked=1")
    passage = Quote(0, len(NASTY), NASTY)
    cited = Citation(
        1, '"><img src=x onerror=window.hacked=1>', NASTY, (NASTY,), None, source.url, (source,), passage, (passage,)
    )
    blocks = (Block("notice", (Sentence(NASTY),)), Block("bullets", (Sentence(NASTY, (1,)),)))
    return Answer(question, "answered", blocks, (cited,), suggestions=(NASTY,))


class FakeAssistant:
    """Takes the answers of `queue` in order (an exception is raised instead); afterwards `answer()` for ever."""

    def __init__(self, *queue: Answer | Exception, articles: tuple[Article, ...] = (ARTICLE,), **settings: Any) -> None:
        self.settings = Settings(**{"rate_limit": "", "session_rate_limit": "", **settings})
        self.versions = {"backchat": "0"}
        self.articles = articles
        self.suggestions = ("How often?", "How do I do a floor lift?", "What is a superman?")
        self.queue = list(queue)
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.closed = False

    @property
    def typed(self) -> Assistant:
        """Stand in where an Assistant is wanted."""
        return cast("Assistant", self)

    def ask(self, question: str, history: Sequence[Turn] = (), locale: str | None = None) -> Answer:
        """Give the next answer of the queue."""
        self.asked.append((question, tuple(history)))
        found = self.queue.pop(0) if self.queue else answer()
        if isinstance(found, Exception):
            raise found
        return replace(found, question=question)

    def stream(self, question: str, history: Sequence[Turn] = (), locale: str | None = None) -> Iterator[Answer]:
        """Give the next answer, one block more each time."""
        whole = self.ask(question, history)
        for count in range(1, len(whole.blocks)):
            yield replace(whole, blocks=whole.blocks[:count], citations=(), suggestions=())
        yield whole

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True
