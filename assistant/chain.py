"""THE FLOW: from a question and its history to an answer. Read `Assistant._steps` first.

question + history
  -> interpret   follow-ups made whole, parts split, facets and kinds of answer told
  -> guard       verdict on the whole conversation, by the same batch of vectors; an alarm stops here with its text
  -> retrieve    dense and keyword search, fused, steered by facet
  -> evidence    the spans that answer; too little evidence: not covered
  -> further     what is not covered or names nothing is looked for elsewhere
  -> compose     quotes in reading order with their citations
  -> answer      status, suggestions, disclaimer, timings
"""

from __future__ import annotations

import copy
import hashlib
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from importlib import metadata
from itertools import islice
from types import TracebackType
from typing import Any

from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from .building import build
from .compose import Chosen, compose, notice
from .cues import small_talk
from .described import Descriptions
from .embedding import encode_together, find_model, open_encoder
from .errors import IndexError_
from .examples import example_vectors
from .guard.watch import Ruling, Watch
from .index import Index, open_index
from .indexing import Progress
from .links import article_link
from .lookup import Lookup
from .meaning import FacetMeanings
from .passages import display_name
from .policy import DISCLAIMER
from .query_branch import QueryBranch
from .question import interpret
from .retriever import HybridRetriever
from .settings import BUNDLED_MODEL, Settings, quiet_environment
from .shelf import Library
from .state import History, Part, State, Trace, received
from .suggestions import offer, starters
from .text import words
from .types import Answer, Article, Block, Interpretation, Status, Verdict
from .vocabulary import Vocabulary, load_vocabulary
from .weighing import Weighing

__all__ = ["Assistant"]

_STARTERS = 4
_OFFERS = 3


class Assistant:
    """Answers questions from a corpus. Thread-safe; use as a context manager, or call `close`."""

    def __init__(self, settings: Settings, index: Index, encoder: Any, problems: tuple[str, ...] = ()) -> None:
        self.settings = settings
        self.articles: tuple[Article, ...] = index.articles
        self.problems = problems
        self._index = index
        self.encoder = encoder
        self._vocabulary: Vocabulary = load_vocabulary()
        self._by_id = {article.id: article for article in index.articles}
        model = find_model(settings.model)
        kinds, questions = zip(*self._vocabulary.example_rows, strict=True)
        facets = FacetMeanings(kinds, example_vectors(questions, model, settings.cache_path, encoder))
        told = [(display_name(article), text) for article in index.articles for text in article.described]
        texts = [text for _, text in told]
        vectors = example_vectors(texts, model, settings.cache_path, encoder) if told else None
        self.lookup = Lookup(
            shelves=Library(index, encoder, self._vocabulary),
            weighing=Weighing(index, self._vocabulary, facets),
            facets=facets,
            branch=QueryBranch(settings.threads, taught=settings.model == BUNDLED_MODEL),
            encoder=encoder,
            described=None if vectors is None else Descriptions(told, vectors),
            in_scope=lambda: self._in_scope,
        )
        self._guard = Watch(encoder.knows, settings.threads, by_meaning=settings.model == BUNDLED_MODEL)
        self._spoken = {code for article in index.articles if (code := self._guard.language(article.text))}
        own = {"backchat": metadata.version("backchat"), "model": model.identity, "index": index.fingerprint}
        self.versions: Mapping[str, str] = {**own, "policy": self._guard.version}
        self._covered: dict[str, bool] = {}
        self._off: frozenset[Part] = frozenset()
        self.chain: Runnable[Any, Answer] = self._steps()

    @classmethod
    def load(cls, settings: Settings | None = None, *, progress: Progress | None = None) -> Assistant:
        """Open the assistant, building the index first when the corpus is new or has changed.

        Raises:
            BackchatError: the corpus cannot be read, the index cannot be built, or the model is missing.
        """
        quiet_environment()
        settings = settings or Settings()
        problems: tuple[str, ...] = ()
        index = open_index(settings)
        if index is None:
            problems = build(settings, progress=progress).problems
            index = open_index(settings)
            if index is None:  # another process swapped in an index of a corpus that changed meanwhile
                raise IndexError_("the articles changed while they were being indexed; start again")
        encoder = open_encoder(find_model(settings.model), settings.cache_path, settings.threads)
        return cls(settings, index, encoder, problems)

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index's files."""
        self._index.close()

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Up to four questions for a start screen that this corpus answers."""
        return tuple(islice(filter(self._covers, starters(self.articles, self._vocabulary)), _STARTERS))

    def _covers(self, question: str) -> bool:
        """Whether a question of our own making is answered: nothing is suggested that would be declined."""
        if question not in self._covered:
            self._covered[question] = any(self._look_up(State(question, (), guarded=False)).chosen)
        return self._covered[question]

    @cached_property
    def _in_scope(self) -> bool:
        """Whether the articles are about what the policy is about: if not, its scope says nothing of theirs."""
        own = [self._judge(State(question, ())) for question in starters(self.articles, self._vocabulary)[:_STARTERS]]
        return bool(own) and all(state.verdict.level in ("GENERAL", "CAUTION") for state in own)

    @property
    def retriever(self) -> HybridRetriever:
        """The search as a LangChain retriever."""
        return HybridRetriever(searcher=self.lookup.shelves.whole.searcher)

    def ask(self, question: str, history: History = (), locale: str | None = None) -> Answer:
        """Answer one question.

        Args:
            question: as a person typed it.
            history: earlier turns, oldest first: Turn, (role, text) or {"role", "content"}.
            locale: of the person, such as "en-GB": the numbers to call depend on the place.

        Raises:
            QuestionError: the question is empty or too long, or a turn is malformed.
        """
        *_, answer = self.stream(question, history, locale)
        return answer

    def stream(self, question: str, history: History = (), locale: str | None = None) -> Iterator[Answer]:
        """The growing answer, block by block; the last piece is the complete answer. Raises as `ask`."""
        # the chain's own steps, called plainly: LangChain's machinery around them costs a tenth of an answer
        state = self._receive({"question": question, "history": history, "locale": locale})
        return self._pieces(self._look_up(state))

    def trace(self, question: str, history: History = ()) -> Trace:
        """Answer one question and tell how the answer came about. Raises as `ask`."""
        state = self._look_up(self._receive({"question": question, "history": history}))
        *_, answer = self._pieces(state)
        declined = answer.status in ("not_covered", "declined")
        forced = self._answer(replace(state, chosen=state.best)) if declined else answer
        return Trace(answer, forced, state.asked, state.hits, state.confidence)

    def without(self, *parts: Part) -> Assistant:
        """The same assistant with parts of the flow switched off, to measure what each adds.

        It shares index and model; close only one of the two. "keyword": search by meaning alone. "interpretation": the
        question is taken as typed, without its history. "aim": a question's own vector in place of its answer's.
        "evidence": spans are quoted as they stand in the passages found. "coverage": the confidence is the cosine of
        the nearest passage, and everything counts as covered. "guard_signs", "guard_meaning": without that layer.
        """
        other = copy.copy(self)
        other._off = self._off | frozenset(parts)
        by_keyword = "keyword" not in other._off
        shelves = Library(self._index, self.encoder, self._vocabulary, by_keyword=by_keyword)
        other.__dict__.pop("_in_scope", None)  # its guard may see less
        other.lookup = replace(self.lookup, shelves=shelves, off=other._off, in_scope=lambda: other._in_scope)
        other._guard = self._guard.without(other._off)
        other._covered = {}
        other.chain = other._steps()
        return other

    def _look_up(self, state: State) -> State:
        judged = self._judge(self._interpret(state))
        return self.lookup.further(self.lookup.evidence(self.lookup.retrieve(judged)))

    def _steps(self) -> Runnable[Any, Answer]:
        """The flow."""
        return (
            RunnableLambda(self._receive)
            | RunnableLambda(self._interpret)
            | RunnableLambda(self._judge)
            | RunnableLambda(self.lookup.retrieve)
            | RunnableLambda(self.lookup.evidence)
            | RunnableLambda(self.lookup.further)
            | RunnableGenerator(self._compose, self._compose_async)
        )

    def _receive(self, given: str | Mapping[str, Any]) -> State:
        return received(given, self.settings.max_question_chars, self.settings.locale or None)

    def _interpret(self, state: State) -> State:
        start = time.perf_counter()
        plain = "interpretation" in self._off
        reply = None if plain else small_talk(state.question, self._vocabulary)
        asked: tuple[Interpretation, ...] = (
            (Interpretation(state.question, query=state.question, nameless=state.question),) if plain else ()
        )
        shelf = self.lookup.shelves.whole if plain else self.lookup.shelves.shelf(state.question, state.history)
        if not plain and reply is None and words(state.question):
            asked = interpret(state.question, state.history, shelf.lexicon, self._vocabulary, shelf.implied)
        timings = {"interpret": time.perf_counter() - start}
        return replace(state, shelf=shelf, asked=asked, reply=reply, timings=timings)

    def _judge(self, state: State) -> State:
        """Encode what was asked together with what the guard reads, and take the guard's verdict; it fails closed."""
        start = time.perf_counter()
        read = self._guard.texts(state.question, state.history) if state.guarded else []
        queries = [part.query for part in state.asked]
        nameless = [part.nameless for part in state.asked]
        middle = time.perf_counter()
        made, deep = encode_together(self.encoder, list(dict.fromkeys([*queries, *nameless, *read])), [*read, *queries])
        encoded = time.perf_counter()
        ruling = Ruling(state.verdict, stops=False)
        if state.guarded:
            seen = deep.part(0, len(read)) if deep and read else None
            ruling = self._guard.verdict(state.question, state.history, seen, state.locale, self._spoken)
        guarding = middle - start + time.perf_counter() - encoded
        timings = {**state.timings, "encode": encoded - middle, "guard": guarding}
        state = replace(state, verdict=ruling.verdict, stopped=ruling.stops, foreign=ruling.foreign, timings=timings)
        if ruling.stops or ruling.foreign:
            return replace(state, asked=(), reply=None)
        return self.lookup.understood(state, made, deep.part(len(read)) if deep else None)

    def _compose(self, states: Iterator[State]) -> Iterator[Answer]:
        for state in states:
            yield from self._pieces(state)

    async def _compose_async(self, states: AsyncIterator[State]) -> AsyncIterator[Answer]:
        async for state in states:
            for piece in self._pieces(state):
                yield piece

    def _pieces(self, state: State) -> Iterator[Answer]:
        """The growing answer, one block more each time."""
        start = time.perf_counter()
        answer = self._answer(state)
        done = time.perf_counter()
        timings = {**state.timings, "compose": done - start, "total": done - state.started}
        whole = replace(answer, timings_ms={name: round(1000 * seconds, 3) for name, seconds in timings.items()})
        for count in range(1, len(whole.blocks)):
            yield replace(whole, blocks=whole.blocks[:count])
        yield whole

    def _answer(self, state: State) -> Answer:
        key = json.dumps([state.question, [[turn.role, turn.text] for turn in state.history], self._index.fingerprint])
        answer = Answer(
            question=state.question,
            status="answered",
            blocks=(),
            disclaimer=DISCLAIMER,
            versions=self.versions,
            answer_id=hashlib.sha256(key.encode()).hexdigest()[:16],
        )
        verdict = state.verdict
        if state.stopped or state.foreign:
            status: Status = "red_flag" if state.stopped else "declined"
            return replace(answer, status=status, verdict=verdict, blocks=(notice(verdict.message or ""),))
        if state.reply is not None:
            return replace(answer, blocks=(notice(state.reply),), suggestions=self.suggestions[:3])
        said = (notice(verdict.message),) if verdict.message else ()
        refused = verdict.level in ("MEDICAL_REQUEST", "ABUSE_INJECTION")
        if not any(state.chosen) or (refused and self._guard.refuses_rest(verdict, state.pointed)):
            return self._declined(state, answer, said)
        if verdict.level == "OFF_TOPIC" or (verdict.level == "MEDICAL_REQUEST" and not self._in_scope):
            verdict, said, refused = Verdict(), (), False  # the articles do speak of it, so it is their topic
        parts = [[Chosen(c.hit.passage, c.span) for c in picked] for picked in state.chosen if picked]
        link = partial(article_link, public_url=self.settings.public_url)
        blocks, citations = compose(parts, self._by_id, self._vocabulary.unclear_openings, link, state.meant)
        gaps = tuple(
            notice(self._vocabulary.replies["partly"].format(part=part.without_premise or part.question))
            for part, picked in zip(state.asked, state.chosen, strict=True)
            if not picked
        )
        own = (*said, *blocks, *gaps) if refused else (*blocks, *gaps, *said)
        return replace(answer, verdict=verdict, blocks=own, citations=citations)

    def _declined(self, state: State, answer: Answer, said: tuple[Block, ...]) -> Answer:
        """Nothing is quoted: the topic is another one, the request is refused, or the articles do not cover it."""
        near = offer(state.asked[0], state.hits[0], self._by_id, self._vocabulary) if state.asked else self.suggestions
        offers = tuple(islice(filter(self._covers, near), _OFFERS))
        answer = replace(answer, verdict=state.verdict, suggestions=offers)
        if said and state.verdict.level not in ("CAUTION", "GENERAL"):
            return replace(answer, status="declined", blocks=said)
        text = self._vocabulary.replies["no_more" if state.further else "not_covered"]
        text = f"{text} {self._vocabulary.replies['covered_hint']}" if offers else text
        return replace(answer, status="not_covered", blocks=(notice(text), *said))
