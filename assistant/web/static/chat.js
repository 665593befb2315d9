// The only script of ours in the chat: citation marks open their source card, focus stays where one types, and a few
// names for screen readers are mended. Everything is delegated, because Gradio redraws its parts as it likes.
(() => {
  "use strict";

  const CARD = /^#(cite-\d+-\d+)$/;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const mouse = matchMedia("(pointer: fine)");
  const calledFrom = new WeakMap(); // card -> the mark that opened it, to go back to

  /** Open a card with all that encloses it, bring it into view and put the focus on its summary. */
  function openCard(card, mark) {
    for (let node = card; node; node = node.parentElement) {
      if (node instanceof HTMLDetailsElement) node.open = true;
    }
    document.querySelectorAll(".source-card.called").forEach((other) => other.classList.remove("called"));
    card.classList.add("called");
    calledFrom.set(card, mark);
    card.querySelector("summary").focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  }

  function focusQuestion() {
    const box = document.querySelector("#question textarea, #question input");
    if (box) box.focus();
  }

  /** A new conversation ends the kept one for good, also where the last piece of an answer comes late. */
  function forget() {
    const until = Date.now() + 5000;
    const timer = setInterval(() => {
      try {
        if (!document.querySelector("#conversation .asked")) localStorage.removeItem("backchat-conversation");
      } catch { /* without storage nothing is kept */ }
      if (Date.now() > until) clearInterval(timer);
    }, 100);
  }

  /** The answer as text with [1] after a sentence, then its sources one a line. */
  function withSources(message) {
    const answer = message.querySelector(".answer").cloneNode(true);
    answer.querySelectorAll("a.cite").forEach((mark) => mark.replaceWith(` [${mark.textContent}]`));
    const parts = [...answer.children].map((block) => [...(block.matches("ol, ul") ? block.children : [block])]
      .map((line, place) => (block.matches("ol") ? `${place + 1}. ` : block.matches("ul") ? "- " : "") + line.textContent).join("\n"));
    const sources = [...message.querySelectorAll(".source-card")].map((card) => {
      const link = card.querySelector("a.read");
      return card.querySelector("summary").textContent + (link ? " " + link.href : "");
    });
    return [...parts, ...(sources.length ? [sources.join("\n")] : [])].join("\n\n");
  }

  async function copy(link) {
    const message = link.closest(".message, .prose") || link.parentElement;
    const name = link.textContent;
    try {
      await navigator.clipboard.writeText(withSources(message));
      link.textContent = "Copied";
    } catch {
      link.textContent = "Copying is not allowed here";
    }
    setTimeout(() => { link.textContent = name; }, 2500);
  }

  // in the capture phase, before Gradio's own handlers of links and bubbles
  document.addEventListener("click", (event) => {
    const copied = event.target.closest && event.target.closest("a.copy");
    if (copied) {
      event.preventDefault();
      event.stopPropagation();
      copy(copied);
      return;
    }
    const mark = event.target.closest && event.target.closest("a.cite");
    const wanted = mark && CARD.exec(mark.getAttribute("href") || "");
    const card = wanted && document.getElementById(wanted[1]);
    if (card) {
      event.preventDefault();
      event.stopPropagation();
      openCard(card, mark);
      return;
    }
    // a keyboard "click" has detail 0; on a touch screen focus would only raise the keyboard over the answer
    const button = event.target.closest && event.target.closest("#ask, #fresh, .chip");
    if (button && (mouse.matches || event.detail === 0)) focusQuestion();
    if (button && button.id === "fresh") forget();
  }, true);

  // Escape in a card closes it and leads back to the mark
  document.addEventListener("keydown", (event) => {
    const card = event.key === "Escape" && event.target.closest && event.target.closest(".source-card");
    if (!card) return;
    card.open = false;
    card.classList.remove("called");
    const mark = calledFrom.get(card);
    (mark && mark.isConnected ? mark : card.querySelector("summary")).focus();
  });

  /** The sanitizer takes aria-label away from marks; Gradio puts a message's whole markup into its bubble's label. */
  function mendNames(root) {
    root.querySelectorAll("a.cite:not([aria-label])").forEach((e) => e.setAttribute("aria-label", "Source " + e.textContent));
    root.querySelectorAll('[data-testid="bot"][aria-label*="<"]').forEach((e) => e.setAttribute("aria-label", "Answer"));
    root.querySelectorAll('[data-testid="user"][aria-label*="<"]').forEach((e) => e.setAttribute("aria-label", "Question"));
  }

  let seen = "";

  /** Bring a new question to the top of the conversation, so that its answer is read from the start. */
  function follow(conversation) {
    const questions = conversation.querySelectorAll(".asked");
    const now = questions.length + " " + conversation.querySelectorAll(".answer").length;
    if (now === seen) return;
    seen = now;
    const last = questions[questions.length - 1];
    if (last) last.scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
  }

  const options = { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"] };
  new MutationObserver(() => {
    const conversation = document.getElementById("conversation");
    if (!conversation) return;
    mendNames(conversation);
    follow(conversation);
  }).observe(document.documentElement, options);
})();
