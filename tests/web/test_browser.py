"""The real page in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from assistant.errors import QuestionError
from assistant.types import Turn
from assistant.web.feedback import FeedbackStore
from tests.web.fakes import NASTY, FakeAssistant, answer, nasty_answer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

Open = Callable[..., "Page"]
FOCUS = "document.activeElement.tagName"


@pytest.fixture
def open_page(chromium: Browser, site: str, assistant: FakeAssistant) -> Iterator[Open]:
    """Open the chat in a fresh context; afterwards no page may have asked a foreign host or met an error."""
    assistant.queue.clear()
    assistant.asked.clear()
    requested: list[str] = []
    problems: list[str] = []
    contexts = []

    def go(path: str = "", width: int = 1100, height: int = 800, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(site + path)
        if not path:
            page.get_by_role("textbox", name="Your question").wait_for()
        return page

    yield go
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).netloc for url in requested if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(site).netloc}
    assert problems == []


def ask(page: Page, question: str) -> None:
    """Type a question, send it with Enter, wait for the whole answer."""
    before = page.locator(".answer").count()
    page.get_by_role("textbox", name="Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".answer").nth(before).wait_for()


def no_sideways_scrolling(page: Page) -> bool:
    """Whether the page is no wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_asking_and_opening_a_citation(open_page: Open) -> None:
    """A click on a mark opens its card, moves focus there, and the quoted words are marked."""
    page = open_page()
    ask(page, "How often?")
    card = page.locator("#cite-1-1")
    assert not card.is_visible()
    page.locator("a.cite[href='#cite-1-1']").first.click()
    card.locator("mark").first.wait_for()
    assert card.locator("mark").all_inner_texts() == [
        "Start with 2 sets of 8 repetitions.",
        "Rest for one minute between sets.",
    ]
    assert page.evaluate("document.activeElement.closest('details').id") == "cite-1-1"
    assert not page.locator("#cite-1-2 blockquote").is_visible()
    assert (
        card.get_by_role("link", name="Read in the article").get_attribute("href") == "/articles/floor-lift#how-often"
    )


def test_a_citation_leads_to_its_section(open_page: Open) -> None:
    """The link in the card opens the article's page at the section."""
    page = open_page()
    ask(page, "How often?")
    page.locator("a.cite").first.click()
    with page.context.expect_page() as opened:
        page.locator("#cite-1-1").get_by_role("link", name="Read in the article").click()
    article = opened.value
    article.locator("section:target h2").wait_for()
    assert article.locator("section:target h2").inner_text() == "How often"


def test_everything_works_by_keyboard(open_page: Open) -> None:
    """Ask, reach a mark, open it, come back with Escape; focus stays in the textbox after sending."""
    page = open_page()
    page.get_by_role("textbox", name="Your question").focus()
    page.keyboard.type("How often?")
    page.keyboard.press("Enter")
    page.locator(".sources").wait_for()
    assert page.evaluate(FOCUS) == "TEXTAREA"
    assert page.get_by_role("textbox", name="Your question").input_value() == ""
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('a.cite[href=\"#cite-1-2\"]')"):
            break
    page.keyboard.press("Enter")
    page.locator("#cite-1-2[open] mark").first.wait_for()
    assert page.evaluate("document.activeElement.parentElement.id") == "cite-1-2"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#cite-1-2"
    assert page.locator("#cite-1-2[open]").count() == 0


def test_a_conversation(open_page: Open, assistant: FakeAssistant) -> None:
    """Chips ask, follow-ups know what was said, an open card stays open, and a new conversation forgets."""
    page = open_page()
    page.get_by_role("button", name="What is a superman?").click()
    page.locator(".sources").wait_for()
    page.locator("a.cite").first.click()
    page.get_by_role("button", name="Is there an easier form?").click()
    page.locator("#cite-2-1").wait_for(state="attached")
    assert assistant.asked[1] == (
        "Is there an easier form?",
        (Turn("user", "What is a superman?"), Turn("assistant", answer().text)),
    )
    assert page.locator("#cite-1-1[open]").count() == 1
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="How do I do a floor lift?").wait_for()
    ask(page, "And now?")
    assert assistant.asked[2] == ("And now?", ())
    page.get_by_role("textbox", name="Your question").fill("By mouse?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".answer").nth(1).wait_for()
    assert page.evaluate(FOCUS) == "TEXTAREA"


def test_a_question_that_cannot_be_asked_comes_back(open_page: Open, assistant: FakeAssistant) -> None:
    """The message stands in the conversation and the question in the textbox; an empty one does nothing."""
    page = open_page()
    assistant.queue.append(QuestionError("It is too long."))
    ask(page, "Long?")
    assert page.locator(".notice").inner_text() == "It is too long."
    page.wait_for_function("document.querySelector('#question textarea').value === 'Long?'")
    page.get_by_role("textbox", name="Your question").fill("  ")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)  # while one question is under way the next is not taken
    ask(page, "How often?")
    assert [question for question, _ in assistant.asked] == ["Long?", "How often?"]


def test_hostile_texts_run_nothing(open_page: Open, assistant: FakeAssistant) -> None:
    """Scripts, event handlers and script addresses in question and answer stay words."""
    page = open_page()
    assistant.queue.append(nasty_answer())
    ask(page, NASTY)
    page.locator("a.cite").first.click()
    page.locator("#cite-1-1 mark").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#conversation img, #conversation [href^='javascript']").count() == 0
    assert page.locator(".asked").inner_text() == NASTY
    assert page.locator(".answer li").inner_text().startswith(NASTY)


def test_a_phone_needs_no_sideways_scrolling(open_page: Open) -> None:
    """At 360 px everything fits, and the disclaimer and the textbox are in sight, before and after an answer."""
    page = open_page(width=360, height=640)
    for question in (None, "How often?"):
        if question:
            ask(page, question)
            page.locator("a.cite").first.click()
        assert no_sideways_scrolling(page)
        for part in ("#standing", "#question", "#ask", "#fresh"):
            box = page.locator(part).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
            assert box["y"] + box["height"] <= 640
    for path in ("articles", "articles/floor-lift"):
        assert no_sideways_scrolling(open_page(path, width=360, height=640))


def luminance(page: Page, selector: str, attribute: str) -> float:
    """WCAG relative luminance of an element's colour."""
    colour = page.locator(selector).first.evaluate(f"e => getComputedStyle(e).{attribute}")
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(page: Page, text: str, ground: str) -> float:
    """WCAG contrast of one element's text on another's background."""
    pair = luminance(page, text, "color"), luminance(page, ground, "backgroundColor")
    return (max(pair) + 0.05) / (min(pair) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_have_contrast(open_page: Open, scheme: str) -> None:
    """Both follow the system, and every text stands out by at least 4.5 to 1."""
    page = open_page(color_scheme=scheme)
    ask(page, "How often?")
    page.locator("a.cite").first.click()
    assert (luminance(page, ".answer", "backgroundColor") < 0.2) == (scheme == "dark")
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)  # hover colours fade
    for text, ground in {
        ".answer p": ".answer", "a.cite": "a.cite", ".asked": ".asked", "#ask": "#ask", "#chip-1": "#chip-1",
        ".source-card mark": ".source-card mark", ".source-card .read": ".source-card", ".drawn span": ".source-card",
        ".standing span": "#composer", ".standing strong": "#composer", ".masthead h1": "#masthead",
        ".masthead p": "#masthead", ".masthead a": "#masthead", ".sources > summary": "gradio-app",
    }.items():  # fmt: skip
        assert contrast(page, text, ground) >= 4.5, (scheme, text)
    article = open_page("articles/floor-lift", color_scheme=scheme)
    assert contrast(article, "section p", "body") >= 4.5
    assert contrast(article, ".about", "body") >= 4.5
    assert contrast(article, ".home", "body > header") >= 4.5


def test_screen_readers_get_short_names(open_page: Open) -> None:
    """Bubbles are not labelled with their markup, marks and buttons have names, the log is a live region."""
    page = open_page()
    ask(page, "How often?")
    page.get_by_role("link", name="Source 1").first.wait_for()
    labels = page.locator("#conversation [aria-label]").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert not [label for label in labels if "<" in label or not label]
    assert page.get_by_role("log").count() == 1
    assert page.get_by_role("heading", level=1).inner_text() == "Backchat"
    unnamed = page.locator("button").evaluate_all(
        "all => all.filter(e => e.checkVisibility() && !(e.innerText.trim() || e.ariaLabel)).map(e => e.outerHTML)"
    )
    assert unnamed == []


def test_a_thumb_is_stored(open_page: Open, assistant: FakeAssistant) -> None:
    """The person hears that only the thumb was kept, and so it was."""
    page = open_page()
    ask(page, "How often?")
    page.get_by_role("button", name="Like", exact=True).click()
    page.get_by_text("Only the thumb was kept").wait_for()
    [stored] = FeedbackStore(assistant.settings.feedback_path).all()
    assert (stored.thumb, stored.surface, stored.answer_id, stored.question) == ("up", "chat", "a1", None)


def test_a_comment_may_follow_a_thumb(open_page: Open, assistant: FakeAssistant) -> None:
    """After a thumb a textbox shows; what is sent from it is kept with the thumb, and nothing else."""
    page = open_page(width=390, height=800)
    ask(page, "How often?")
    comment = page.get_by_role("textbox", name="Your comment")
    assert comment.count() == 0
    page.get_by_role("button", name="Dislike", exact=True).click()
    comment.fill("No word on rest days.")
    assert no_sideways_scrolling(page)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Your comment is kept").wait_for()
    comment.wait_for(state="detached")
    stored = FeedbackStore(assistant.settings.feedback_path).all()[-1]
    assert (stored.thumb, stored.comment, stored.question) == ("down", "No word on rest days.", None)
    page.get_by_role("button", name="Like", exact=True).click()
    page.get_by_role("button", name="Skip").click()
    comment.wait_for(state="detached")


KEPT = "localStorage.getItem('backchat-conversation')"


def settle(page: Page) -> None:
    """Wait until the answer has come to its end: what the browser keeps grows with every piece of it."""
    before = None
    for _ in range(100):
        if (now := page.evaluate(KEPT)) == before:
            return
        before = now
        page.wait_for_timeout(400)


def test_the_conversation_outlives_a_reload(open_page: Open, assistant: FakeAssistant) -> None:
    """It is there again, goes on with its history, and a new conversation ends it for good."""
    page = open_page()
    ask(page, "How often?")
    settle(page)
    kept = page.evaluate(KEPT)
    page.reload()
    page.locator(".answer").wait_for()
    ask(page, "And then?")
    assert assistant.asked[-1] == ("And then?", (Turn("user", "How often?"), Turn("assistant", answer().text)))
    settle(page)
    page.get_by_role("button", name="New conversation").click()
    page.locator(".answer").first.wait_for(state="detached")
    for _ in range(100):  # the browser is told to forget a moment after the page shows it
        if len(page.evaluate(KEPT) or "") < len(kept):
            break
        page.wait_for_timeout(50)
    page.reload()
    page.get_by_role("heading", name="What would you like to know?").wait_for()
    assert page.locator(".answer").count() == 0


def test_copying_an_answer_with_its_sources(open_page: Open) -> None:
    """The clipboard gets the sentences with their numbers and where they stand."""
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "How often?")
    page.get_by_role("link", name="Copy with sources").click()
    page.get_by_role("link", name="Copied").wait_for()
    lines = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert lines[0] == "Start with 2 sets of 8 repetitions. [1] Rest for one minute between sets. [1]"
    assert lines[2:4] == ["1. Lie face down on a mat. [2]", "2. Lower slowly. [2]"]
    assert lines[5].startswith("1 · Floor lift › How often http")
    assert lines[5].endswith("/articles/floor-lift#how-often")
