"""Two small articles about bicycles: the engine must answer from them without knowing a word of the subject."""

from __future__ import annotations

from pathlib import Path

from assistant.articles import parse_article
from assistant.lexicon import Lexicon, make_lexicon
from assistant.passages import cut_passages, display_name
from assistant.types import Article, Passage
from assistant.vocabulary import load_vocabulary

PUNCTURE = """---
title: Puncture repair
aliases:
  - flat tyre fix
sources:
  - key: club
    title: The club's workshop sheet
    publisher: Riverside Cycling Club
    url: https://example.org/club
  - key: shop
    title: The shop's guide
    publisher: Spoke Street
    url: https://example.org/shop
---

## What a puncture repair is

A puncture repair closes a hole in the inner tube of a bicycle. It takes about ten minutes. [@club]

## Equipment

You need two tyre levers, a patch and a pump. They fit into a saddlebag. [@shop]

## How to do a puncture repair

1. Remove the wheel and let out the rest of the air. [@club]
2. Lift the tyre over the rim with the levers. [@club]
3. Press the patch on the dry tube and hold it for sixty seconds. [@club]
4. Put the wheel back and pump it up. [@club]

## Common mistakes

- Pinching the tube with the levers makes a second hole. [@club]
- Forgetting the thorn in the tyre brings the flat back. [@shop]

## Ways to close the hole

### Rubber patch

The rubber patch needs glue and lasts for years. [@club]

### Tubeless plug

The tubeless plug goes in from outside with a fork. It holds for a few hundred kilometres. [@shop]
"""

CHAIN = """---
title: Chain cleaning
aliases:
  - drivetrain wash
url: https://example.org/chain-cleaning
---

## What chain cleaning is

Chain cleaning takes the grit off a bicycle chain, so that the sprockets wear more slowly.

## How often

Clean the chain every 300 kilometres. After rain, wipe it the same day.

## How to do it

1. Brush degreaser onto the links.
2. Turn the pedals backwards twenty times.
3. Rinse the chain and dry it with a rag.
4. Put one drop of oil on each roller.
"""


def bicycle_articles() -> tuple[Article, ...]:
    """Read both articles as a corpus would."""
    pages = {"puncture-repair.md": PUNCTURE, "chain-cleaning.md": CHAIN}
    return tuple(parse_article(text.encode(), name, name, load_vocabulary()) for name, text in pages.items())


def bicycle_passages() -> tuple[Passage, ...]:
    """Cut both articles."""
    return tuple(
        passage for article in bicycle_articles() for passage in cut_passages(article, load_vocabulary().step_verbs)
    )


def bicycle_lexicon(common: frozenset[str] = frozenset()) -> Lexicon:
    """Collect the articles' words; `common` is what counts as common English."""
    articles = bicycle_articles()
    texts = [f"{passage.label} {passage.text}" for passage in bicycle_passages()]
    return make_lexicon(articles, texts, load_vocabulary(), [display_name(a) for a in articles], common.__contains__)


def write_bicycles(folder: Path) -> Path:
    """Write both articles as files; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "puncture-repair.md").write_text(PUNCTURE, encoding="utf-8")
    (folder / "chain-cleaning.md").write_text(CHAIN, encoding="utf-8")
    return folder
