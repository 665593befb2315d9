"""The widget in Chromium, on a site of another origin with a strict policy, Trusted Types and hostile CSS."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import axe_playwright_python
import httpx
import pytest

from assistant.types import Article, Block, Citation, Quote, Sentence, Source, Turn, Verdict
from assistant.web import server
from assistant.web.api import create_app
from assistant.web.feedback import FeedbackStore

from .fakes import FakeAssistant, answer
from .payloads import PAYLOADS
from .site import running, site_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
Open = Callable[..., "Page"]


class Pair:
    """Backchat's server and a reader's site."""

    def __init__(self, backchat: str, site: str, assistant: FakeAssistant, feedback: Path) -> None:
        self.backchat, self.site, self.assistant, self.feedback = backchat, site, assistant, FeedbackStore(feedback)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both; the site is on the list of allowed origins, and so are frames without an origin."""
    feedback = tmp_path_factory.mktemp("feedback") / "f.sqlite3"
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(server.listen("127.0.0.1", 0)) for _ in range(2))
        backchat, site = server.address("127.0.0.1", ours), server.address("127.0.0.1", theirs)
        assistant = FakeAssistant(allowed_origins="*", feedback_file=feedback)
        stack.enter_context(running(create_app(assistant.typed), ours))
        stack.enter_context(running(site_app(backchat), theirs))
        yield Pair(backchat, site, assistant, feedback)


@pytest.fixture
def visit(chromium: Browser, pair: Pair) -> Iterator[Open]:
    """Open the site in a fresh context; afterwards nobody else was asked, and no policy or script complained."""
    pair.assistant.queue.clear()
    pair.assistant.asked.clear()
    for stored in pair.feedback.all():
        pair.feedback.delete(stored.session)
    requested: list[str] = []
    problems: list[str] = []
    contexts = []

    def go(*tags: str, width: int = 1000, height: int = 760, path: str = "", **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('policy', e.violatedDirective, e.sample))"
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda told: problems.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(pair.site + (path or "?" + "&".join(f"tag={quote(tag)}" for tag in tags)))
        return page

    yield go
    for context in contexts:
        context.close()
    assert {urlsplit(url).netloc for url in requested} <= {urlsplit(pair.site).netloc, urlsplit(pair.backchat).netloc}
    assert [text for text in problems if "net::ERR_FAILED" not in text and "status of" not in text] == []


def widget(page: Page, number: int = 0) -> Locator:
    """Return a widget of the page."""
    return page.locator("backchat-widget").nth(number)


def ask(page: Page, question: str, number: int = 0) -> Locator:
    """Open the widget where it is closed, ask, and wait for the whole answer."""
    one = widget(page, number)
    if one.locator(".launch").is_visible():
        one.locator(".launch").click()
    before = one.locator(".tools").count()
    one.get_by_role("textbox", name="Your question").fill(question)
    page.keyboard.press("Enter")
    one.locator(".tools").nth(before).wait_for()
    return one


def until(page: Page, condition: str) -> None:
    """Wait for a condition; Playwright's own way needs `unsafe-eval`, which the site does not give."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {condition}")


def complaints(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical in the widgets."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('backchat-widget')")
    return [
        f"{v['id']}: {v['nodes'][0]['html']}" for v in found["violations"] if v["impact"] in ("serious", "critical")
    ]


def test_weight(pair: Pair) -> None:
    """The launcher at most 4 kB gzipped, all that opening loads at most 12 kB, as they come over the wire."""
    sizes = {}
    for name in ("widget.js", "widget-panel.js", "widget-answer.js", "widget-talk.js", "widget-style.js"):
        with httpx.stream("GET", pair.backchat + name, headers={"Accept-Encoding": "gzip"}) as response:
            raw = b"".join(response.iter_raw())
        assert gzip.decompress(raw)
        sizes[name] = len(raw)
    assert sizes["widget.js"] <= 4000
    assert sum(sizes.values()) <= 12_000


def test_before_opening_it_asks_for_one_file_and_moves_nothing(visit: Open, pair: Pair) -> None:
    """One request to us; the page's layout does not shift when the button comes."""
    page = visit()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.reload(wait_until="networkidle")
    assert [url for url in requested if url.startswith(pair.backchat)] == [pair.backchat + "widget.js"]
    shift = (
        "() => new Promise(done => { let sum = 0;"
        "new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.value))"
        ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 300) })"
    )
    assert page.evaluate(shift) == 0
    assert widget(page).locator(".launch").bounding_box()


def test_asking_and_opening_a_citation(visit: Open, pair: Pair) -> None:
    """Block by block, then marks; a mark opens its words with a link; Escape closes the card and leads back."""
    page = visit()
    page.evaluate("document.addEventListener('backchat:answer', e => { window.heard = e.detail.answer_id })")
    one = ask(page, "How often?")
    assert one.locator(".asked").inner_text().endswith("How often?")
    assert one.locator(".answer ol li").count() == 2
    assert page.evaluate("window.heard") == "a1"
    mark = one.get_by_role("button", name="Source 1").first
    mark.click()
    card = one.locator(".card")
    assert card.locator("figcaption").inner_text() == "Floor lift › How often"
    assert card.locator("mark").all_inner_texts() == [
        "Start with 2 sets of 8 repetitions.",
        "Rest for one minute between sets.",
    ]
    link = card.get_by_role("link", name="Read in the article")
    assert link.get_attribute("href") == f"{pair.backchat}articles/floor-lift#how-often"
    assert mark.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert one.locator(".card").count() == 0
    assert mark.evaluate("e => e.getRootNode().activeElement === e")
    one.get_by_role("button", name="Source 2").first.click()
    assert one.locator("li > .card").count() == 1


def test_the_keyboard_alone(visit: Open) -> None:
    """Tab to the button, Enter, ask, Escape; focus goes in and comes back."""
    page = visit()
    widget(page).locator(".launch").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    widget(page).get_by_role("dialog").wait_for()
    until(page, "document.querySelector('backchat-widget').shadowRoot.activeElement?.tagName === 'TEXTAREA'")
    page.keyboard.type("How often?")
    page.keyboard.press("Enter")
    widget(page).locator(".tools").wait_for()
    page.keyboard.press("Escape")
    widget(page).locator(".launch").wait_for()
    assert page.evaluate("document.querySelector('backchat-widget').shadowRoot.activeElement.className") == "launch"


def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus(visit: Open) -> None:
    """All of the window, modal, and Tab goes round in it."""
    page = visit(width=390, height=700)
    widget(page).locator(".launch").click()
    panel = widget(page).get_by_role("dialog")
    panel.wait_for()
    page.wait_for_timeout(300)  # the opening movement
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 700}
    assert panel.get_attribute("aria-modal") == "true"
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "BACKCHAT-WIDGET"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe(visit: Open, pair: Pair, scheme: str) -> None:
    """Closed, open, with an answer, an opened card, a comment form, an alarm and a failure."""
    page = visit(color_scheme=scheme, reduced_motion="reduce")
    widget(page).locator(".launch").wait_for()
    assert complaints(page) == []
    one = ask(page, "How often?")
    for number in (1, 2):
        one.get_by_role("button", name=f"Source {number}").first.click()
    one.locator("summary").first.click()
    one.get_by_role("button", name="Good answer").click()
    one.locator(".more").wait_for()
    assert complaints(page) == []
    alarm = replace(answer(), status="red_flag", blocks=(Block("notice", (Sentence("Call 112 now."),)),), citations=())
    pair.assistant.queue += [replace(alarm, verdict=Verdict("EMERGENCY", "cardiac")), RuntimeError("x")]
    ask(page, "It hurts")
    assert one.get_by_role("alert").inner_text() == "Call 112 now."
    one.get_by_role("textbox", name="Your question").fill("again")
    page.keyboard.press("Enter")
    one.get_by_role("button", name="Try again").wait_for()
    assert complaints(page) == []


def test_hostile_css_stays_outside(visit: Open) -> None:
    """The page hides every button, shrinks every text and spaces every letter; the widget looks as it should."""
    page = visit()
    one = ask(page, "How often?")
    style = one.locator(".answer p").first.evaluate(
        "e => { const s = getComputedStyle(e);"
        "return [s.fontSize, s.letterSpacing, s.textTransform, s.textAlign, s.wordSpacing] }"
    )
    assert style == ["16px", "normal", "none", "start", "0px"]
    box = one.get_by_role("dialog").bounding_box()
    assert box
    assert (box["width"], box["x"] + box["width"]) == (400, 1000 - 16)


def test_several_and_late_ones(visit: Open) -> None:
    """Two tags and an element that comes later each keep their own conversation."""
    page = visit('data-title="First"', 'data-title="Second" data-position="left"')
    page.evaluate("document.body.append(document.createElement('backchat-widget'))")
    assert [widget(page, n).locator(".launch").inner_text() for n in range(3)] == ["First", "Second", "Ask about this"]
    ask(page, "One?", 0)
    page.keyboard.press("Escape")
    ask(page, "Two?", 1)
    page.keyboard.press("Escape")
    ask(page, "Three?", 2)
    texts = [widget(page, n).locator(".asked").all_text_contents() for n in range(3)]
    assert texts == [["You asked: One?"], ["You asked: Two?"], ["You asked: Three?"]]


def test_inline_with_colour_and_language(visit: Open) -> None:
    """In a place of the page, open at once, in German, with a colour on which black is read better."""
    page = visit('data-target="#here" data-colour="#ffd166" data-lang="de" data-theme="dark"')
    region = page.locator("#here backchat-widget").get_by_role("region", name="Die Artikel fragen")
    region.wait_for()
    colours = region.locator(".head").evaluate(
        "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.color] }"
    )
    assert colours == ["rgb(255, 209, 102)", "rgb(0, 0, 0)"]
    assert complaints(page) == []


def test_methods_and_events(visit: Open, pair: Pair) -> None:
    """`Backchat.open`, `ask` and `close`, and what they tell."""
    page = visit()
    page.evaluate(
        "window.heard = []; for (const n of ['open', 'close', 'answer', 'error'])"
        " document.addEventListener('backchat:' + n, () => heard.push(n))"
    )
    assert page.evaluate("Backchat.ask('How often?').then(a => a.status)") == "answered"
    page.evaluate("Backchat.close()")
    page.evaluate("Backchat.open()")
    pair.assistant.queue.append(RuntimeError("x"))
    assert page.evaluate("Backchat.ask('And now?')") is None
    assert page.evaluate("heard") == ["open", "answer", "close", "open", "error"]
    assert page.evaluate("Backchat.widgets.length") == 1


def test_the_conversation_outlives_a_reload_until_it_is_ended(visit: Open, pair: Pair) -> None:
    """The earlier turns are sent with the next question; a new conversation forgets them."""
    page = visit()
    ask(page, "How often?")
    page.reload()
    one = widget(page)
    one.locator(".launch").click()
    one.get_by_role("button", name="Source 1").first.wait_for()
    ask(page, "And then?")
    assert pair.assistant.asked[-1] == ("And then?", (Turn("user", "How often?"), Turn("assistant", answer().text)))
    one.get_by_role("button", name="New conversation").click()
    assert one.locator(".answer").count() == 0
    ask(page, "Fresh?")
    assert [len(history) for _, history in pair.assistant.asked[-2:]] == [2, 0]


def test_blocked_storage(visit: Open) -> None:
    """In a frame that may keep nothing it answers all the same, history included."""
    page = visit(path="?frame=1")
    frame = page.frame_locator("iframe")
    frame.locator(".launch").click()
    for number, question in enumerate(("How often?", "And then?")):
        frame.get_by_role("textbox", name="Your question").fill(question)
        page.keyboard.press("Enter")
        frame.locator(".tools").nth(number).wait_for()
    assert frame.locator(".asked").count() == 2


def test_the_server_goes_and_comes_back(visit: Open, pair: Pair) -> None:
    """The question is not lost: a calm message, and a button that asks it again."""
    page = visit()
    ask(page, "How often?")
    page.route("**/api/v1/ask/stream", lambda route: route.abort())
    one = widget(page)
    one.get_by_role("textbox", name="Your question").fill("And then?")
    page.keyboard.press("Enter")
    assert "cannot be reached" in one.get_by_role("alert").inner_text()
    assert one.get_by_role("textbox", name="Your question").input_value() == "And then?"
    page.unroute("**/api/v1/ask/stream")
    one.get_by_role("button", name="Try again").click()
    one.locator(".tools").nth(1).wait_for()
    assert one.locator(".failed").count() == 0
    assert one.locator(".asked").count() == 2
    assert pair.assistant.asked[-1][0] == "And then?"


def test_a_panel_that_cannot_be_loaded_can_be_tried_again(visit: Open) -> None:
    """The button stays, and another click loads it."""
    page = visit()
    page.route("**/widget-style.js", lambda route: route.abort())
    page.evaluate("document.addEventListener('backchat:error', () => { window.failed = true })")
    widget(page).locator(".launch").click()
    until(page, "window.failed === true")
    page.unroute("**/widget-style.js")
    widget(page).locator(".launch").click()
    widget(page).get_by_role("dialog").wait_for()


def test_a_slow_server(visit: Open, pair: Pair) -> None:
    """After some seconds it says that it is still at it; meanwhile no second question goes out."""
    page = visit()
    widget(page).locator(".launch").click()
    page.route("**/api/v1/ask/stream", lambda route: None)
    one = widget(page)
    one.get_by_role("textbox", name="Your question").fill("How often?")
    page.keyboard.press("Enter")
    one.get_by_text("Still looking").wait_for()
    one.get_by_role("textbox", name="Your question").fill("Hello?")
    page.keyboard.press("Enter")
    assert one.locator(".asked").count() == 1
    one.get_by_role("button", name="New conversation").click()
    assert one.locator(".asked").count() == 0
    page.unroute("**/api/v1/ask/stream")
    ask(page, "How often?")


@pytest.mark.parametrize("status", [429, 503])
def test_too_many_questions(visit: Open, status: int) -> None:
    """It says when to try again."""
    page = visit()
    widget(page).locator(".launch").click()
    headers = {"Retry-After": "17", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
    page.route("**/api/v1/ask/stream", lambda route: route.fulfill(status=status, headers=headers, body="{}"))
    widget(page).get_by_role("textbox", name="Your question").fill("How often?")
    page.keyboard.press("Enter")
    assert "17 s" in widget(page).get_by_role("alert").inner_text()


def test_thumbs_and_a_comment(visit: Open, pair: Pair) -> None:
    """A thumb is stored without a text; comment, question and answer only once they are sent on purpose."""
    page = visit()
    one = ask(page, "How often?")
    one.get_by_role("button", name="Bad answer").click()
    one.get_by_text("Thank you.").wait_for()
    [stored] = pair.feedback.all()
    assert (stored.thumb, stored.surface, stored.status, stored.answer_id) == ("down", "widget", "answered", "a1")
    assert (stored.comment, stored.question, stored.answer) == ("", None, None)
    one.get_by_role("textbox", name="What was good").fill("Too short")
    one.get_by_role("checkbox").check()
    one.get_by_role("button", name="Send comment").click()
    one.locator(".more").wait_for(state="detached")
    [stored] = pair.feedback.all()
    assert (stored.comment, stored.question, stored.answer) == ("Too short", "How often?", answer().text)


@pytest.mark.parametrize("part", range(4))
def test_no_payload_executes(visit: Open, pair: Pair, part: int) -> None:
    """Forty texts that try to run a script, as question, stored history, quote, title, section, address, suggestion."""
    page = visit()
    for payload in PAYLOADS[part::4]:
        passage = Quote(0, len(payload), payload)
        cited = Citation(
            1, "x", payload, (payload,), None, payload, (Source("x", payload, payload, payload),), passage, (passage,)
        )
        blocks = tuple(Block(kind, (Sentence(payload, (1,)),)) for kind in ("paragraph", "steps", "bullets"))
        pair.assistant.queue.append(
            replace(
                answer(),
                blocks=(*blocks, Block("notice", (Sentence(payload),))),
                citations=(cited,),
                suggestions=(payload,),
            )
        )
        one = ask(page, payload)
        one.locator(".tools").last.locator("xpath=..").locator(".cite").first.click()
    page.reload()
    one = widget(page)
    one.locator(".launch").click()
    one.locator(".asked").nth(len(PAYLOADS[part::4]) - 1).wait_for()
    assert [text.removeprefix("You asked: ") for text in one.locator(".asked").all_text_contents()] == [
        payload.strip() for payload in PAYLOADS[part::4]
    ]
    for mark in one.locator(".answer > p > .cite").all():
        mark.click()
    assert page.evaluate("window.hacked") is None
    links = one.locator("a").evaluate_all("all => all.map(a => a.protocol)")
    assert set(links) <= {"http:", "https:"}
    assert one.locator("script, img, iframe, svg:not(button > svg), object, style").count() == 0


def test_long_conversations_keep_what_the_person_said(visit: Open, pair: Pair) -> None:
    """When the request grows too large our own old answers go first; a sign told in the first turn is still read."""
    long = replace(answer(), blocks=(Block("notice", (Sentence("word " * 9000),)),), citations=())
    page = visit()
    pair.assistant.queue += [long, long]
    ask(page, "My legs went numb")
    ask(page, "How often?")
    ask(page, "And then?")
    said = pair.assistant.asked[-1][1]
    assert [turn.text for turn in said if turn.role == "user"] == ["My legs went numb", "How often?"]
    assert sum(turn.role == "assistant" for turn in said) == 1
    assert json.dumps([turn.text for turn in said])


def test_our_own_article_type_is_what_the_site_links_to(pair: Pair) -> None:
    """The link of a citation leads to a page that is there."""
    [article] = pair.assistant.articles
    assert isinstance(article, Article)
    assert httpx.get(f"{pair.backchat}articles/{article.id}").status_code == 200
