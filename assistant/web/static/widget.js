// Backchat in any page: <script src="https://host/widget.js" defer></script>. This file is the button alone; the panel's
// modules come when it is opened. Text is set by textContent only, styles are constructed sheets: no page has to allow
// inline script or style. Attributes, events and methods are in assistant/web/README.md.
(() => {
  "use strict";

  const script = document.currentScript;
  const NAME = "backchat-widget";
  const OPTIONS = ["server", "title", "greeting", "colour", "position", "theme", "lang", "open", "target"];
  const WORDS = { en: "Ask about this", de: "Etwas fragen" };

  const STYLE = `
:host { all: initial !important; display: block !important; position: fixed !important; inset: auto 16px calc(16px + var(--lift)) auto !important;
  z-index: 2147483000 !important; font: medium/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif !important; }
:host([data-position="left"]) { inset: auto auto calc(16px + var(--lift)) 16px !important; }
:host([data-inline]) { position: static !important; z-index: auto !important; height: 100% !important; }
:host { --accent: #0f766e; --on: #fff; --lift: 0px; }
:host([data-showing]) { --lift: 0px !important; z-index: 2147483001 !important; }
.launch { all: unset; box-sizing: border-box; display: flex; align-items: center; gap: 8px; min-height: 48px; padding: 8px 18px;
  border-radius: 24px; background: var(--accent); color: var(--on); font: inherit; font-weight: 600; cursor: pointer;
  box-shadow: 0 2px 10px rgb(0 0 0 / .3); border: 2px solid transparent; }
.launch:focus-visible { outline: 3px solid var(--on); outline-offset: -6px; box-shadow: 0 0 0 3px var(--accent); }
.launch[hidden] { display: none; }
.launch::before { content: "💬" / ""; }
@media print { :host { display: none !important; } }
@media (forced-colors: active) { .launch { border-color: ButtonText; } }`;

  let failed = 0;

  /** All parts of the panel at once. After a failure under another address: browsers keep a module that failed. */
  const load = (home) =>
    Promise.all(["panel", "answer", "style", "talk"].map((part) => import(`${home}widget-${part}.js${failed ? "?" + failed : ""}`)))
      .then(([panel]) => panel);

  const sheetOf = (text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  };

  class BackchatWidget extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      this.constructor.count = this.number = (this.constructor.count || 0) + 1;
      this.server = new URL(this.dataset.server || this.constructor.home, document.baseURI).href.replace(/\/?$/, "/");
      const language = (this.dataset.lang || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
      this.language = WORDS[language] ? language : "en";
      root.adoptedStyleSheets = [sheetOf(STYLE)];
      this.launch = document.createElement("button");
      this.launch.type = "button";
      this.launch.className = "launch";
      this.launch.setAttribute("aria-haspopup", "dialog");
      this.launch.setAttribute("aria-expanded", "false");
      this.launch.append(this.dataset.title || WORDS[this.language]);
      this.launch.addEventListener("click", () => this.open());
      this.launch.hidden = "inline" in this.dataset;
      root.append(this.launch);
      this.paint();
      this.lift();
      if (this.launch.hidden || "open" in this.dataset) this.open({ focus: false });
    }

    /** Stand above the buttons that are already on this side. */
    lift() {
      const side = ({ dataset }) => ("inline" in dataset ? this : dataset.position);
      const below = [...document.querySelectorAll(NAME)].filter((other) => other.number < this.number && side(other) === side(this));
      if (below.length) this.shadowRoot.adoptedStyleSheets.push(sheetOf(`:host { --lift: ${60 * below.length}px; }`));
    }

    /** The site's colour, with whichever of black and white is read better on it (contrast as in WCAG 2). */
    paint() {
      const colour = this.dataset.colour;
      if (!colour || !CSS.supports("color", colour)) return;
      const sheet = sheetOf("");
      this.shadowRoot.adoptedStyleSheets.push(sheet);
      sheet.replaceSync(`:host { --accent: ${colour}; }`);
      const parts = (getComputedStyle(this.launch).backgroundColor.match(/[\d.]+/g) || []).slice(0, 3).map((part) => {
        const value = part / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      if (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] > 0.179) {
        sheet.replaceSync(`:host { --accent: ${colour}; --on: #000; }`);
      }
    }

    /** Open the panel; resolves when it can be used. */
    async open({ focus = true } = {}) {
      try {
        this.loading ||= load(this.constructor.home).then(({ Panel }) => Panel.of(this, sheetOf));
        this.panel = await this.loading;
      } catch (error) {
        this.loading = undefined; // another click tries again
        failed += 1;
        this.tell("error", { message: String(error) });
        return;
      }
      this.panel.show(focus);
    }

    close() {
      if (this.panel) this.panel.hide();
    }

    /** Ask in the open panel; resolves to the answer, or to null if there was none. */
    async ask(question) {
      await this.open();
      return this.panel ? this.panel.ask(String(question)) : null;
    }

    tell(name, detail) {
      this.dispatchEvent(new CustomEvent("backchat:" + name, { detail, bubbles: true, composed: true }));
    }
  }

  if (!customElements.get(NAME)) {
    BackchatWidget.home = new URL(".", script ? script.src : document.baseURI).href;
    customElements.define(NAME, BackchatWidget);
    const first = () => document.querySelector(NAME);
    window.Backchat = {
      get widgets() { return [...document.querySelectorAll(NAME)]; },
      open: () => first()?.open(),
      close: () => first()?.close(),
      ask: async (question) => (first() ? first().ask(question) : null),
    };
  }

  function place() {
    const widget = document.createElement(NAME);
    for (const name of OPTIONS) if (name in script.dataset) widget.dataset[name] = script.dataset[name];
    widget.dataset.server ||= new URL(".", script.src).href;
    const target = script.dataset.target && document.querySelector(script.dataset.target);
    if (target) widget.dataset.inline = "";
    (target || document.body).append(widget);
  }

  if (!script || "manual" in script.dataset) return; // the page places <backchat-widget> itself
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
