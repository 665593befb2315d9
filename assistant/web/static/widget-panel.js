// The panel of one widget: a dialog with the conversation as a log, and the box to ask in.
// Not by static imports: what failed to load once stays failed for a browser, unless its address changes.
const { search } = new URL(import.meta.url);
const [{ blockElement, make }, { STYLE }, { Memory, TalkError, ask, history, opening, sendFeedback }] = await Promise.all(
  ["answer", "style", "talk"].map((name) => import(`./widget-${name}.js${search}`)));

/** What the panel says; another language lies beside it (widget-de.js) and is loaded where the page asks for it. */
const WORDS = {
  title: "Ask the articles", greeting: "Ask a question. Every sentence of an answer is quoted from an article; the small numbers show where.",
  label: "Your question", send: "Send", close: "Close", fresh: "New conversation", log: "Conversation", asked: "You asked:",
  source: "Source", read: "Read in the article", drawn: "The article draws on", working: "Looking it up", slow: "Still looking",
  up: "Good answer", down: "Bad answer", thanks: "Thank you.", comment: "What was good or wrong? (optional)",
  consent: "Also send my question and this answer", submit: "Send comment", unsent: "That could not be sent.", again: "Try again",
  network: "The server cannot be reached. Check your connection.", busy: "Too many questions at the moment. Try again in {wait} s.",
  long: "This conversation has grown too long. Please start a new one.",
  failed: "Something went wrong on our side. Please ask again.", late: "The answer took too long.",
};
const SLOW = 4000;
const SMALL = matchMedia("(max-width: 480px), (max-height: 420px)");

const glyphButton = (glyph, name) => make("button", { type: "button", "aria-label": name, title: name }, glyph);

const SVG = "http://www.w3.org/2000/svg";

/** A drawn thumb: fonts without pictures show a box for the character. */
function thumbIcon(thumb) {
  const [icon, path] = [document.createElementNS(SVG, "svg"), document.createElementNS(SVG, "path")];
  for (const [name, value] of [["viewBox", "0 0 20 20"], ["width", "16"], ["height", "16"], ["fill", "none"], ["stroke", "currentColor"],
    ["stroke-width", "1.5"], ["stroke-linejoin", "round"], ["aria-hidden", "true"]]) icon.setAttribute(name, value);
  path.setAttribute("d", "M3 9h3v8H3zM6 9l4-6c1.6 0 2.2 1 1.9 2.4L11.4 8H16c1 0 1.6.9 1.3 1.9l-1.6 5.7c-.2.9-.9 1.4-1.8 1.4H6");
  if (thumb === "down") path.setAttribute("transform", "rotate(180 10 10)");
  icon.append(path);
  return icon;
}

export class Panel {
  /** Make it with the words of the widget's language. */
  static async of(widget, sheetOf) {
    const own = widget.language === "en" ? {} : (await import(`./widget-${widget.language}.js${search}`)).WORDS;
    return new Panel(widget, sheetOf, { ...WORDS, ...own });
  }

  constructor(widget, sheetOf, say) {
    this.widget = widget;
    this.inline = "inline" in widget.dataset;
    this.words = say;
    this.memory = new Memory(`backchat:${widget.server}:${widget.number}`);
    this.asking = null;
    this.height = sheetOf("");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const paint = () => (widget.dataset.shade = widget.dataset.theme || (dark.matches ? "dark" : "light"));
    dark.addEventListener("change", paint);
    paint();
    widget.shadowRoot.adoptedStyleSheets.push(sheetOf(STYLE), this.height);
    this.build();
    for (const turn of this.memory.turns) {
      if (turn.role === "user") this.showQuestion(turn.content);
      else if (turn.answer) this.showAnswer(this.answerBox(), turn.answer, false);
    }
    this.start();
  }

  build() {
    const say = this.words;
    const title = this.widget.dataset.title || say.title;
    const [fresh, close] = [glyphButton("+", say.fresh), glyphButton("×", say.close)];
    this.standing = make("p", { class: "standing" });
    this.log = make("div", { class: "log", role: "log", "aria-label": say.log, tabindex: "0" });
    this.box = make("textarea", { rows: "1", placeholder: say.label, "aria-label": say.label, maxlength: "2000", enterkeyhint: "send" });
    this.submit = glyphButton("↑", say.send);
    this.submit.type = "submit";
    const form = make("form", { class: "ask" }, this.box, this.submit);
    this.element = make("div", { class: "panel", role: this.inline ? "region" : "dialog", "aria-label": title },
      make("div", { class: "head" }, make("h2", {}, title), fresh, ...(this.inline ? [] : [close])),
      this.log, form, this.standing);
    this.element.lang = this.widget.language;
    this.element.hidden = true;
    this.widget.shadowRoot.append(this.element);
    fresh.addEventListener("click", () => this.clear());
    close.addEventListener("click", () => this.hide());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(this.box.value);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.ask(this.box.value);
    });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    if (window.visualViewport && !this.inline) visualViewport.addEventListener("resize", () => this.fit());
  }

  /** On a small screen the panel fills what the keyboard leaves of it. */
  fit() {
    const rule = `.panel { top: ${visualViewport.offsetTop}px !important; height: ${visualViewport.height}px !important; }`;
    this.height.replaceSync(SMALL.matches && !this.element.hidden ? rule : "");
  }

  onKey(event) {
    event.stopPropagation(); // the page's own shortcuts are not meant
    if (this.inline) return;
    if (event.key === "Escape") this.hide();
    if (event.key !== "Tab" || !SMALL.matches) return;
    const stops = [...this.element.querySelectorAll("button:not(:disabled), a[href], textarea, input, [tabindex='0']")]
      .filter((element) => element.getClientRects().length);
    const end = event.shiftKey ? stops[0] : stops.at(-1);
    if (this.widget.shadowRoot.activeElement !== end) return;
    event.preventDefault(); // it covers the page: focus stays inside
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  show(focus = true) {
    if (!this.element.hidden) return;
    this.element.hidden = false;
    this.widget.launch.hidden = true;
    this.widget.launch.setAttribute("aria-expanded", "true");
    this.widget.dataset.showing = "";
    if (SMALL.matches && !this.inline) this.element.setAttribute("aria-modal", "true");
    else this.element.removeAttribute("aria-modal");
    this.fit();
    this.log.scrollTop = this.log.scrollHeight;
    if (focus) this.box.focus();
    this.widget.tell("open", {});
  }

  hide() {
    if (this.inline || this.element.hidden) return;
    const inside = this.widget.shadowRoot.activeElement;
    this.element.hidden = true;
    this.widget.launch.hidden = false;
    this.widget.launch.setAttribute("aria-expanded", "false");
    delete this.widget.dataset.showing;
    if (inside) this.widget.launch.focus();
    this.widget.tell("close", {});
  }

  /** The greeting of a new conversation, and what the server has to say at the start. */
  async start() {
    const chips = make("div", { class: "chips" });
    if (!this.memory.turns.length) this.log.append(make("p", {}, this.widget.dataset.greeting || this.words.greeting), chips);
    const { suggestions, disclaimer } = await opening(this.widget.server);
    chips.append(...this.chipsOf(suggestions));
    this.standing.textContent = disclaimer;
  }

  chipsOf(questions) {
    return questions.map((question) => {
      const chip = make("button", { type: "button", class: "chip" }, question);
      chip.addEventListener("click", () => this.ask(question));
      return chip;
    });
  }

  clear() {
    if (this.asking) this.asking.abort();
    this.asking = null;
    this.submit.disabled = false;
    this.memory.clear();
    this.log.replaceChildren();
    this.start();
    this.box.focus();
  }

  showQuestion(question) {
    this.log.querySelectorAll(".chips, .failed").forEach((element) => element.remove());
    const shown = make("p", { class: "asked" }, make("span", { class: "hush" }, `${this.words.asked} `), question);
    this.log.append(shown);
    return shown;
  }

  answerBox() {
    const box = make("div", { class: "answer" });
    this.log.append(box);
    return box;
  }

  /** Ask the server; resolves to the answer, or to null if there was none. */
  async ask(question) {
    question = question.trim();
    if (!question || this.asking) return null;
    const asking = (this.asking = new AbortController());
    this.submit.disabled = true;
    this.box.value = "";
    const shown = this.showQuestion(question);
    const box = this.answerBox();
    box.setAttribute("aria-busy", "true");
    const status = make("p", { class: "notice busy", role: "status" }, this.words.working);
    box.append(status);
    shown.scrollIntoView({ block: "start" });
    const timer = setTimeout(() => (status.textContent = this.words.slow), SLOW);
    try {
      const earlier = history([...this.memory.turns]);
      const request = { question, history: earlier, session: this.memory.session, locale: navigator.language };
      const answer = await ask(this.widget.server, request, (block) => {
        status.before(blockElement(block, null, this.words, this.widget.server));
      }, asking.signal);
      this.memory.add(question, answer);
      this.showAnswer(box, answer, true);
      this.widget.tell("answer", answer);
      return answer;
    } catch (error) {
      if (asking.signal.aborted) return null;
      this.showFailure(shown, box, question, error);
      return null;
    } finally {
      clearTimeout(timer);
      if (this.asking === asking) {
        this.asking = null;
        this.submit.disabled = false;
      }
    }
  }

  showAnswer(box, answer, fresh) {
    const blocks = answer.blocks.map((block) => blockElement(block, answer, this.words, this.widget.server));
    box.replaceChildren(...blocks, this.tools(answer));
    box.removeAttribute("aria-busy");
    if (fresh && answer.suggestions.length) {
      this.log.append(make("div", { class: "chips" }, ...this.chipsOf(answer.suggestions.slice(0, 3))));
    }
  }

  /** The failed exchange leaves nothing behind: the question goes back into the box, to be asked again. */
  showFailure(shown, box, question, error) {
    const kind = error instanceof TalkError ? error.kind : "failed";
    const text = kind === "form" ? error.message : (this.words[kind === "slow" ? "late" : kind] || this.words.failed);
    const again = make("button", { type: "button", class: "again" }, this.words.again);
    box.className = "answer failed";
    box.replaceChildren(make("p", { role: "alert" }, text.replace("{wait}", error.wait || 2)), again);
    box.removeAttribute("aria-busy");
    again.addEventListener("click", () => {
      shown.remove();
      if (this.box.value === question) this.box.value = "";
      this.ask(question);
      this.box.focus();
    });
    if (!this.box.value) this.box.value = question;
    this.widget.tell("error", { kind, message: error.message });
  }

  tools(answer) {
    const say = this.words;
    const row = make("div", { class: "tools" });
    const body = { answer_id: answer.answer_id, status: answer.status, session: this.memory.session, surface: "widget" };
    const told = make("span", { role: "status" });
    const thumbs = ["up", "down"].map((thumb) => {
      const button = glyphButton(thumbIcon(thumb), say[thumb]);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", async () => {
        const kept = await sendFeedback(this.widget.server, Object.assign(body, { thumb }));
        for (const other of thumbs) other.setAttribute("aria-pressed", String(kept && other === button));
        told.textContent = kept ? say.thanks : say.unsent;
        if (kept && !row.querySelector(".more")) row.append(this.commentForm(answer, body, told));
      });
      return button;
    });
    row.append(...thumbs, told);
    return row;
  }

  commentForm(answer, body, told) {
    const say = this.words;
    const comment = make("input", { type: "text", maxlength: "1000", placeholder: say.comment, "aria-label": say.comment });
    const consent = make("input", { type: "checkbox" });
    const form = make("form", { class: "more" }, comment, make("label", {}, consent, ` ${say.consent}`),
      make("button", { type: "submit" }, say.submit));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const texts = consent.checked ? { consent: true, question: answer.question, answer: answer.text } : {};
      const kept = await sendFeedback(this.widget.server, { ...body, comment: comment.value, ...texts });
      told.textContent = kept ? say.thanks : say.unsent;
      if (kept) form.remove();
    });
    return form;
  }
}
