// An answer as elements: blocks with numbered marks, each of which opens the words it stands for. Text only, never markup.

/** Make an element: `make("p", { class: "x" }, "text", child)`. Attributes are set as such, children appended. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** An address that may be linked to: of the web, paths taken from the server's. */
function safe(url, server) {
  try {
    const found = new URL(url, server);
    return url && /^https?:$/.test(found.protocol) ? found.href : null;
  } catch {
    return null;
  }
}

const outward = (href, text) => make("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);

/** The quoted passage with the quoted words marked; offsets are code points of the article's text. */
function passage({ passage: whole, quotes }) {
  const points = [...whole.text];
  const block = make("blockquote");
  let done = 0;
  for (const quote of [...quotes].sort((a, b) => a.start - b.start)) {
    const [start, end] = [Math.max(quote.start - whole.start, done), Math.min(quote.end - whole.start, points.length)];
    if (start >= end) continue;
    block.append(points.slice(done, start).join(""), make("mark", {}, points.slice(start, end).join("")));
    done = end;
  }
  block.append(points.slice(done).join(""));
  return block;
}

function card(citation, words, server) {
  const place = [citation.title, citation.section].filter(Boolean).join(" › ");
  const figure = make("figure", { class: "card", tabindex: "-1" }, make("figcaption", {}, place), passage(citation));
  const url = safe(citation.url, server);
  if (url) figure.append(outward(url, words.read));
  const sources = citation.sources.map((source) => {
    const href = safe(source.url, server);
    const name = [source.title, source.publisher].filter(Boolean).join(", ");
    return make("li", {}, href ? outward(href, name) : name);
  });
  if (sources.length) figure.append(make("details", {}, make("summary", {}, words.drawn), make("ul", {}, ...sources)));
  return figure;
}

/** The mark that opens and closes a card behind the block it stands in. */
function mark(number, citation, words, server) {
  const button = make("button", { type: "button", class: "cite", "aria-expanded": "false", "aria-label": `${words.source} ${number}` },
    String(number));
  let open = null;
  const close = () => {
    open.remove();
    open = null;
    button.setAttribute("aria-expanded", "false");
  };
  button.addEventListener("click", () => {
    if (open) return close();
    open = card(citation, words, server);
    open.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // Escape closes the card first, the panel next
      close();
      button.focus();
    });
    const item = button.closest("li");
    if (item) item.append(open);
    else button.closest("p").after(open);
    button.setAttribute("aria-expanded", "true");
    open.focus({ preventScroll: true });
    open.scrollIntoView({ block: "nearest" });
  });
  return button;
}

/** One block; marks come once their citations are known. */
export function blockElement(block, answer, words, server) {
  const cited = new Map(((answer && answer.citations) || []).map((citation) => [citation.number, citation]));
  const sentence = ({ text, citations }) =>
    [text, ...citations.filter((n) => cited.has(n)).map((n) => mark(n, cited.get(n), words, server))];
  if (block.kind === "steps" || block.kind === "bullets") {
    return make(block.kind === "steps" ? "ol" : "ul", {}, ...block.sentences.map((one) => make("li", {}, ...sentence(one))));
  }
  const parts = block.sentences.flatMap((one, number) => (number ? [" ", ...sentence(one)] : sentence(one)));
  if (block.kind !== "notice") return make("p", {}, ...parts);
  const alarm = answer && answer.status === "red_flag";
  const level = alarm ? "alarm" : answer && answer.verdict.level === "CAUTION" ? "caution" : "";
  return make("p", { class: `notice ${level}`, role: alarm ? "alert" : null }, ...parts);
}
