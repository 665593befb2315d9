"""From chosen spans to blocks and citations, on the articles about bicycles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from assistant.compose import Chosen, compose, notice
from assistant.types import Answer, Article, Block, Citation, Passage, Section, Span
from assistant.vocabulary import load_vocabulary

from .bicycles import bicycle_articles, bicycle_passages
from .contract_checks import assert_contract

ARTICLES = {article.id: article for article in bicycle_articles()}
PASSAGES = {(passage.article, *passage.heading): passage for passage in bicycle_passages()}
OPENINGS = load_vocabulary().unclear_openings
WHAT = PASSAGES["puncture-repair", "What a puncture repair is"]
KIT = PASSAGES["puncture-repair", "Equipment"]
STEPS = PASSAGES["puncture-repair", "How to do a puncture repair"]
MISTAKES = PASSAGES["puncture-repair", "Common mistakes"]
PATCH = PASSAGES["puncture-repair", "Ways to close the hole", "Rubber patch"]
PLUG = PASSAGES["puncture-repair", "Ways to close the hole", "Tubeless plug"]
OFTEN = PASSAGES["chain-cleaning", "How often"]


def pick(passage: Passage, *places: int) -> list[Chosen]:
    """Choose spans of a passage by their place, all of them when none is named."""
    return [Chosen(passage, passage.spans[place]) for place in places or range(len(passage.spans))]


def made(*parts: Sequence[Chosen]) -> tuple[tuple[Block, ...], tuple[Citation, ...]]:
    """Compose an answer and hold it to the contract."""
    blocks, citations = compose(parts, ARTICLES, OPENINGS, lambda article, passage: f"/{article.id}#{passage.start}")
    assert_contract(Answer("?", "answered", blocks, citations), ARTICLES.values())
    return blocks, citations


def shown(blocks: Iterable[Block]) -> list[tuple[str, list[str]]]:
    """Give each block's kind and texts."""
    return [(block.kind, [sentence.text for sentence in block.sentences]) for block in blocks]


def test_quotes_stand_in_reading_order() -> None:
    """Spans chosen in order of rank are shown in the order of the text."""
    blocks, _ = made(pick(STEPS, 2, 0))
    assert shown(blocks) == [("bullets", [STEPS.spans[0].text, STEPS.spans[2].text])]


def test_the_better_article_comes_first() -> None:
    """Articles stand in the order in which the ranking first reached them; each keeps its sentences together."""
    blocks, citations = made([*pick(OFTEN, 1), *pick(WHAT, 0), *pick(OFTEN, 0)])
    assert [citation.article for citation in citations] == ["chain-cleaning", "puncture-repair"]
    assert shown(blocks)[0] == ("paragraph", [OFTEN.spans[0].text, OFTEN.spans[1].text])


def test_quotes_of_three_articles_make_a_list_in_which_each_says_whose_it_is() -> None:
    """One quote from each of three articles: bullets, led by the title where the words do not name it."""
    told = {"Chain": "Oil the chain on Sunday.", "Pump": "A pump needs no oil.", "Saddle": "Wipe it with a cloth."}
    articles = {
        name.lower(): Article(name.lower(), name, text, (Section((), None, 0, len(text)),))
        for name, text in told.items()
    }
    chosen = []
    for id_, article in articles.items():
        span = Span(0, len(article.text), article.text, "sentence")
        chosen.append(Chosen(Passage(id_, id_, article.title, (), None, 0, span.end, span.text, (span,)), span))
    blocks, citations = compose([chosen], articles, OPENINGS, lambda article, passage: None)
    assert shown(blocks) == [("bullets", [told["Chain"], told["Pump"], f"[Saddle] {told['Saddle']}"])]
    assert [citation.article for citation in citations] == ["chain", "pump", "saddle"]
    two, _ = compose([chosen[:2]], articles, OPENINGS, lambda article, passage: None)
    assert [block.kind for block in two] == ["paragraph", "paragraph"]


def test_one_citation_for_each_passage_numbered_by_first_use() -> None:
    """Several sentences of a passage share a number, and numbers grow from 1 in the order they are read."""
    blocks, citations = made([*pick(MISTAKES, 0), *pick(KIT, 0, 1), *pick(WHAT, 0)])
    assert [citation.number for citation in citations] == [1, 2, 3]
    assert [citation.section[-1] for citation in citations] == [
        "What a puncture repair is",
        "Equipment",
        "Common mistakes",
    ]
    assert [s.citations for block in blocks for s in block.sentences] == [(1,), (2,), (2,), (3,)]
    assert [quote.text for quote in citations[1].quotes] == [span.text for span in KIT.spans]


def test_a_passage_used_by_two_parts_is_cited_once() -> None:
    """The second part of an answer reuses the number of the first and adds its quote in reading order."""
    blocks, citations = made(pick(KIT, 1), pick(KIT, 0))
    assert len(citations) == 1
    assert [s.citations for block in blocks for s in block.sentences] == [(1,), (1,)]
    assert [quote.text for quote in citations[0].quotes] == [KIT.spans[0].text, KIT.spans[1].text]


def test_steps_are_numbered_only_when_whole() -> None:
    """A whole list of steps is a list of steps, part of one is bullets, a single item a paragraph."""
    assert shown(made(pick(STEPS))[0]) == [("steps", [span.text for span in STEPS.spans])]
    assert made(pick(STEPS, 0, 1, 3))[0][0].kind == "bullets"
    assert made(pick(STEPS, 1))[0][0].kind == "paragraph"


def test_bullets_stay_bullets_when_whole() -> None:
    """A list without an order is never numbered."""
    assert made(pick(MISTAKES))[0][0].kind == "bullets"


def test_a_change_of_section_opens_a_block() -> None:
    """Sentences of different sections, and lists, are not run together."""
    blocks, _ = made([*pick(WHAT, 0), *pick(KIT, 0), *pick(STEPS)])
    assert [block.kind for block in blocks] == ["paragraph", "paragraph", "steps"]


def test_an_unclear_opening_is_led_by_its_subject() -> None:
    """A quote that opens with a pronoun gets the title in brackets when the sentence before it is not shown."""
    assert shown(made(pick(WHAT, 1))[0]) == [("paragraph", [f"[Puncture repair] {WHAT.spans[1].text}"])]


def test_a_variation_lends_its_own_name() -> None:
    """In a section about something with a name of its own the brackets hold that name."""
    assert shown(made(pick(PLUG, 1))[0]) == [("paragraph", [f"[Tubeless plug] {PLUG.spans[1].text}"])]


def test_a_clear_opening_gets_no_brackets() -> None:
    """With the sentence before it shown, or with a subject of its own, a quote stands as it is."""
    assert shown(made(pick(WHAT))[0]) == [("paragraph", [span.text for span in WHAT.spans])]
    assert shown(made(pick(PATCH))[0]) == [("paragraph", [PATCH.spans[0].text])]


def test_citations_name_the_sections_own_sources() -> None:
    """A citation lists the sources its section cites; an article without sources gives none."""
    _, citations = made([*pick(KIT, 0), *pick(OFTEN, 0)])
    assert [source.publisher for source in citations[0].sources] == ["Spoke Street"]
    assert citations[1].sources == ()


def test_citations_carry_link_facet_and_passage() -> None:
    """A citation has the link it was given, the section's facet, and the whole passage."""
    _, (citation,) = made(pick(OFTEN, 0))
    assert (citation.url, citation.facet, citation.title) == (
        f"/chain-cleaning#{OFTEN.start}",
        "dose",
        "Chain cleaning",
    )
    assert (citation.passage.start, citation.passage.end, citation.passage.text) == (OFTEN.start, OFTEN.end, OFTEN.text)


def test_nothing_chosen_gives_nothing() -> None:
    """No parts and empty parts make no blocks and no citations."""
    assert made_nothing() == ((), ())


def made_nothing() -> tuple[tuple[Block, ...], tuple[Citation, ...]]:
    """Compose nothing."""
    return compose([[], []], ARTICLES, OPENINGS, lambda article, passage: None)


def test_a_notice_cites_nothing() -> None:
    """A notice is one sentence of our own."""
    block = notice("My articles don't cover that.")
    assert block.kind == "notice"
    assert [(s.text, s.citations) for s in block.sentences] == [("My articles don't cover that.", ())]


EVERYTHING = [Chosen(passage, span) for passage in PASSAGES.values() for span in passage.spans]


@given(st.lists(st.lists(st.sampled_from(EVERYTHING), min_size=1, max_size=8, unique=True), min_size=1, max_size=3))
def test_whatever_is_chosen_the_contract_holds(parts: list[list[Chosen]]) -> None:
    """Any choice of spans in any order and any number of parts gives a valid answer that shows each of them."""
    blocks, _ = made(*parts)
    assert sum(len(block.sentences) for block in blocks) == sum(len(part) for part in parts)


@given(st.permutations(EVERYTHING[:12]))
def test_the_order_of_choice_does_not_change_one_article(chosen: list[Chosen]) -> None:
    """Within one article only the set of chosen spans matters."""
    own = [item for item in chosen if item.passage.article == "puncture-repair"]
    reading = sorted(own, key=lambda item: item.span.start)
    assert made(own) == made(reading)


def test_a_quote_about_what_nobody_asked_about_says_whose_it_is() -> None:
    """Where another subject answers than the one meant, its title leads, unless its words tell."""

    def told(passage: Passage, *meant: str) -> list[str]:
        blocks, _ = compose([pick(passage, 0)], ARTICLES, OPENINGS, lambda article, passage: None, meant)
        return [sentence.text for block in blocks for sentence in block.sentences]

    assert told(PATCH, "Chain cleaning") == [f"[Puncture repair] {PATCH.spans[0].text}"]
    assert told(WHAT, "Chain cleaning") == [WHAT.spans[0].text], "it names itself"
    assert told(PATCH, "Puncture repair") == [PATCH.spans[0].text], "it was meant"
    assert told(PATCH) == [PATCH.spans[0].text], "nobody knows what was meant"
