"""The shipped articles: complete, cited, readable, and in keeping with the facts they were written from."""

import re
from pathlib import Path

import pytest
import yaml

from assistant.articles import check_corpus, load_corpus
from assistant.passages import cut_passages
from assistant.settings import Settings
from assistant.text import sentences, words
from assistant.types import Article
from assistant.vocabulary import load_vocabulary

CORPUS = Settings(corpus=None).corpus_path
FILES = sorted(CORPUS.glob("*.md"))
UNCLEAR = {"it", "they", "this", "that", "these", "those", "he", "she", "them", "its", "their", "such", "both"}
FACTS = {
    "what it is": r"fold forward at the hips.*lift your body back",
    "hyperextension": r"also called a hyperextension",
    "Roman chair": r"Roman chair back extension",
    "erector spinae": r"mainly work the erector spinae",
    "posterior chain": r"glutes and the hamstrings.*posterior chain",
    "core": r"core muscles also work",
    "rear delts told as doubt": r"rear delts\), but no source",
    "bench": r"need a back extension bench",
    "gym and home": r"home gyms",
    "floor": r"do a back extension on the floor",
    "no weights": r"do not need any weights.*gravity",
    "feet": r"stand your feet on the foot plates",
    "hips free": r"below the crease of your hips",
    "brace": r"Brace your core and gently squeeze your glutes and back",
    "neutral": r"spine and neck neutral and draw your shoulders back and down",
    "lower": r"Lean forward from the hips and lower your chest",
    "return": r"Pause, then .* straight line from head to toe",
    "no rocking": r"Do not swing or rock up and down, and do not arch your spine",
    "dose": r"2 to 3 sets of 8 to 12 repetitions",
    "used for": r"build strength and stability in the erector spinae",
    "deadlift": r"carry over to deadlifts, which use the same hip extension",
    "running told as doubt": r"run more efficiently.*unproven",
    "posture and injuries": r"posture and to avoid injuries",
    "doctor": r"back pain .* ask a doctor",
    "sciatica told as doubt": r"sciatica, we found no evidence",
    "mobility told as doubt": r"more mobile, but",
    "superman": r"Lift both arms, your chest and both legs",
    "superman neck": r"neck neutral and look at the mat",
    "upward-facing dog": r"Lie on your stomach with your legs stretched out behind you",
    "hands told as doubt": r"beside your lower ribs.*in front of the hips",
    "easier form": r"lower your elbows to the mat and keep your hips flat",
    "blocks told as doubt": r"blocks are sometimes suggested",
    "mat": r"mat .* protect your hips and elbows",
    "progression": r"hands behind your head or hold a weight close to your chest",
    "adjustable benches": r"benches can be adjusted",
    "adjustable dumbbells": r"adjustable dumbbells",
    "two mistakes": r"overextension\) and hunching over",
    "avoid them": r"stop when your shoulders, hips and ankles are in line",
    "stable base": r"both feet planted.*stable base to move from",
    "best exercise told as doubt": r"best back exercise, but nobody has shown that",
    "compound told as doubt": r"compound or an isolation",
}


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    """Load the shipped articles, by id."""
    corpus = load_corpus(CORPUS)
    assert corpus.problems == ()
    return {article.id: article for article in corpus.articles}


def syllables(word: str) -> int:
    """Count groups of vowels, one less for a silent e at the end, at least one."""
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee", "ye")) and groups > 1
    return max(1, groups - silent)


def reading_ease(text: str) -> float:
    """Flesch reading ease: 206.835 - 1.015 x words per sentence - 84.6 x syllables per word."""
    units = [line[start:end] for line in text.split("\n") for start, end in sentences(line)]
    said = [word for unit in units for word in words(unit)]
    return 206.835 - 1.015 * len(said) / len(units) - 84.6 * sum(map(syllables, said)) / len(said)


def test_shipped_articles_pass_the_authors_check() -> None:
    """Front matter is complete, sources and cites match, headings are facets or names, every block is cited."""
    assert check_corpus(CORPUS) == []


def test_first_article_has_the_id_of_the_facts(articles: dict[str, Article]) -> None:
    """The back extension goes by the id that facts and cases use."""
    assert "back-extension" in articles


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_front_matter_is_complete(file: Path, articles: dict[str, Article]) -> None:
    """All of it is there, and the text is ours, so no address claims to hold it."""
    article = articles[file.stem]
    assert article.title and article.aliases and article.author
    assert article.licence == "CC BY 4.0"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", article.date or "")
    front = yaml.safe_load(file.read_text(encoding="utf-8").split("\n---\n")[0])
    assert len(front["sources"]) == len(article.sources) > 0
    assert article.url is None


@pytest.mark.parametrize("stem", [file.stem for file in FILES])
def test_sources_and_cites_match(stem: str, articles: dict[str, Article]) -> None:
    """Every listed source is cited by a section and every section cites listed sources."""
    listed = {source.key for source in articles[stem].sources}
    assert all(section.sources for section in articles[stem].sections)
    assert {key for section in articles[stem].sections for key in section.sources} == listed


@pytest.mark.parametrize("stem", [file.stem for file in FILES])
def test_sections_have_a_facet_or_are_names(stem: str, articles: dict[str, Article]) -> None:
    """Each section can be found by what it is about."""
    loose = [s.heading for s in articles[stem].sections if s.facet is None and len(s.heading[-1].split()) > 4]
    assert loose == []


@pytest.mark.parametrize("stem", [file.stem for file in FILES])
def test_sections_open_without_a_pronoun(stem: str, articles: dict[str, Article]) -> None:
    """The first sentence of each section names its subject, so that it can be quoted alone."""
    passages = cut_passages(articles[stem], load_vocabulary().step_verbs)
    first = {passage.heading: passage.spans[0].text for passage in reversed(passages)}
    assert [text for text in first.values() if words(text)[0] in UNCLEAR] == []


@pytest.mark.parametrize("stem", [file.stem for file in FILES])
def test_articles_are_easy_to_read(stem: str, articles: dict[str, Article]) -> None:
    """Plain English: a Flesch reading ease of at least 55."""
    assert reading_ease(articles[stem].text) >= 55


def test_reading_ease_knows_plain_from_heavy() -> None:
    """The formula gives easy sentences far more than heavy ones."""
    assert reading_ease("The cat sat on the mat. It was warm.") > 90
    assert reading_ease("Institutional considerations necessitate comprehensive organisational reevaluation.") < 0


@pytest.mark.parametrize("fact", FACTS)
def test_back_extension_carries_every_fact(fact: str, articles: dict[str, Article]) -> None:
    """What the supplied article says is in ours, in our words, and doubtful claims are told as doubts."""
    assert re.search(FACTS[fact], articles["back-extension"].text)


def test_what_is_easier_than_another_has_that_for_harder(articles: dict[str, Article]) -> None:
    """Each link between articles is told at both of its ends, and leads to an article."""
    easier = {(id_, article.id) for article in articles.values() for id_ in article.easier}
    harder = {(article.id, id_) for article in articles.values() for id_ in article.harder}
    assert easier == harder
    assert len(easier) >= 15
    assert {id_ for pair in easier for id_ in pair} <= articles.keys()


def test_nothing_of_the_format_is_left_in_the_text(articles: dict[str, Article]) -> None:
    """No cite mark, link or Markdown sign can be quoted."""
    for article in articles.values():
        assert not re.search(r"@|\]\(|\*\*|^#|`|http", article.text, re.MULTILINE)
