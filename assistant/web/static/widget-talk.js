// The widget's talk with its server: questions as server-sent events, feedback, and the conversation kept for the session.

const LARGEST = 60000; // of the server's 64 kB
const MOST_TURNS = 200;
const PATIENCE = 30000;

/** What went wrong: `kind` is "network", "slow", "busy" (with `wait` seconds), "long", "form" or "failed". */
export class TalkError extends Error {
  constructor(kind, message, wait) {
    super(message || kind);
    this.kind = kind;
    this.wait = wait;
  }
}

const KINDS = { 413: "long", 422: "form", 429: "busy", 503: "busy" };

function problem(status, body, header) {
  const wait = Number(header || body.retry_after) || 2;
  return new TalkError(KINDS[status] || "failed", body.detail || body.error, wait);
}

/** Ask; `onBlock(block)` gets each block as it comes. Resolves to the whole answer of the contract. */
export async function ask(server, request, onBlock, signal) {
  const patience = new AbortController();
  const stop = () => patience.abort();
  const timer = setTimeout(stop, PATIENCE);
  signal.addEventListener("abort", stop);
  try {
    const response = await fetch(server + "api/v1/ask/stream", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(request),
      credentials: "omit",
      signal: patience.signal,
    });
    if (!response.ok) throw problem(response.status, await response.json().catch(() => ({})), response.headers.get("Retry-After"));
    let answer = null;
    for await (const { event, data } of events(response.body)) {
      if (event === "block") onBlock(data.block);
      else if (event === "error") throw problem(data.status, data);
      else if (event === "done") answer = data; // read on to the end, so that the connection serves again
    }
    if (!answer) throw new TalkError("network");
    return answer;
  } catch (error) {
    if (error instanceof TalkError || signal.aborted) throw error;
    throw new TalkError(patience.signal.aborted ? "slow" : "network");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Server-sent events of a stream of bytes; one data line each, as our server writes them. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const found = { event: "message", data: null };
      for (const line of part.split("\n")) {
        if (line.startsWith("event: ")) found.event = line.slice(7);
        else if (line.startsWith("data: ")) found.data = JSON.parse(line.slice(6));
      }
      yield found;
    }
  }
}

/**
 * The turns to send. What the person said is never left out, for it may hold a sign that still counts; of our own old
 * answers the oldest go first when the request grows too large.
 */
export function history(turns) {
  const kept = turns.map(({ role, content }) => ({ role, content }));
  const size = () => new TextEncoder().encode(JSON.stringify(kept)).length;
  while (kept.length > MOST_TURNS || size() > LARGEST) {
    const oldest = kept.findIndex((turn) => turn.role === "assistant");
    if (oldest < 0) throw new TalkError("long");
    kept.splice(oldest, 1);
  }
  return kept;
}

/** Questions to start with and the standing disclaimer; empty if they cannot be had. */
export async function opening(server) {
  try {
    const { suggestions, disclaimer } = await (await fetch(server + "api/v1/suggestions", { credentials: "omit" })).json();
    return { suggestions: suggestions.slice(0, 4), disclaimer };
  } catch {
    return { suggestions: [], disclaimer: "" };
  }
}

/** Whether the feedback was stored. */
export async function sendFeedback(server, body) {
  try {
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, credentials: "omit" };
    return (await fetch(server + "api/v1/feedback", { ...options, body: JSON.stringify(body) })).ok;
  } catch {
    return false;
  }
}

const randomName = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

/** The conversation, kept for the browser's session where storage is allowed, else as long as the page. */
export class Memory {
  constructor(key) {
    this.key = key;
    this.clear(false);
    try {
      const kept = JSON.parse(sessionStorage.getItem(key));
      if (kept && Array.isArray(kept.turns) && typeof kept.session === "string") Object.assign(this, kept);
    } catch { /* storage is blocked, or holds something else */ }
  }

  clear(write = true) {
    this.session = randomName();
    this.turns = [];
    if (write) this.save();
  }

  add(question, answer) {
    this.turns.push({ role: "user", content: question }, { role: "assistant", content: answer.text, answer });
    this.save();
  }

  save() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ session: this.session, turns: this.turns }));
    } catch { /* blocked or full: the page's own memory goes on */ }
  }
}
