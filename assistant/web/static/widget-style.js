// The looks of the widget's panel, as the text of a constructed style sheet. All sizes are in em of the reader's own
// default size, so that a page's odd font sizes change nothing here.
export const STYLE = `
:host { --ground: #f7f6f3; --paper: #fff; --ink: #1f2523; --quiet: #59635f; --line: #d3d0c8; --edge: #767f7b; --mark: #fdeeb5;
  --warn: #fff4e0; --warn-edge: #b45309; --alarm: #fdecec; --alarm-edge: #b91c1c; color-scheme: light; }
:host([data-shade="dark"]) { --ground: #141918; --paper: #1c2321; --ink: #e8ebe8; --quiet: #a3aeaa; --line: #34403d;
  --edge: #8b9692; --mark: #584a12; --warn: #35290f; --warn-edge: #f0a94b; --alarm: #3c1a1a; --alarm-edge: #f87171;
  color-scheme: dark; }
*, *::before { box-sizing: border-box; }
[hidden] { display: none !important; }
.panel { display: flex; flex-direction: column; width: min(25em, 100vw - 32px); height: min(38em, 100dvh - 32px);
  background: var(--ground); color: var(--ink); border: 1px solid var(--line); border-radius: 14px; overflow: hidden;
  box-shadow: 0 8px 32px rgb(0 0 0 / .3); overflow-wrap: anywhere; text-align: start; }
:host([data-inline]) .panel { width: 100%; height: 100%; min-height: 22em; box-shadow: none; }
.head { display: flex; align-items: center; gap: 4px; padding: 6px 6px 6px 14px; background: var(--accent); color: var(--on); }
.head h2 { flex: 1; margin: 0; font-size: 1em; font-weight: 600; }
button { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 8px; cursor: pointer; }
button:focus-visible, a:focus-visible, summary:focus-visible, textarea:focus-visible, input:focus-visible, .log:focus-visible {
  outline: 3px solid currentColor; outline-offset: -3px; }
.head button { min-width: 40px; min-height: 40px; font-size: 1.4em; line-height: 1; }
.log { flex: 1; min-height: 0; overflow-y: auto; padding: 12px 14px; overscroll-behavior: contain; }
.log p, .log ol, .log ul { margin: 0 0 .6em; padding: 0; }
.log ol, .log ul { padding-inline-start: 1.5em; }
.log li { margin-bottom: .25em; }
.asked { width: fit-content; max-width: 88%; margin: 10px 0 10px auto !important; padding: 8px 12px !important;
  background: var(--accent); color: var(--on); border-radius: 12px 12px 2px 12px; white-space: pre-wrap; }
.answer { margin-bottom: 12px; padding: 10px 12px; background: var(--paper); border: 1px solid var(--line);
  border-radius: 2px 12px 12px 12px; }
.answer > :last-child { margin-bottom: 0; }
.notice { white-space: pre-line; color: var(--quiet); }
.caution, .alarm { padding: 8px 10px !important; color: var(--ink); background: var(--warn); border-radius: 6px;
  border-inline-start: 4px solid var(--warn-edge); }
.alarm { background: var(--alarm); border-color: var(--alarm-edge); font-weight: 600; }
.cite { min-width: 24px; min-height: 24px; margin-inline-start: 3px; padding: 0 5px; font-size: .8em; line-height: 1.3;
  vertical-align: 2px; border-color: var(--edge); border-radius: 12px; }
.cite[aria-expanded="true"] { background: var(--accent); color: var(--on); }
.card { margin: 0 0 .6em; padding: 8px 10px; background: var(--ground); border: 1px solid var(--line); border-radius: 8px;
  font-size: .9em; }
.card blockquote { margin: .5em 0; white-space: pre-line; }
.card mark { background: var(--mark); color: inherit; }
.card figcaption { font-weight: 600; }
summary { min-height: 24px; cursor: pointer; }
a { color: inherit; text-underline-offset: 2px; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; color: var(--quiet); font-size: .9em; }
.tools button { min-width: 32px; min-height: 32px; padding: 4px; }
.tools button[aria-pressed="true"] { color: var(--on); background: var(--accent); }
.more { display: grid; gap: 6px; width: 100%; padding-top: 6px; }
.more input[type="text"] { width: 100%; padding: 8px; font: inherit; color: var(--ink); background: var(--paper);
  border: 1px solid var(--edge); border-radius: 8px; }
.more button, .chip, .again { justify-self: start; padding: 6px 12px; min-height: 36px; color: var(--ink); background: var(--paper);
  border: 1px solid var(--edge); border-radius: 18px; text-align: start; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 10px; }
.busy::after { content: "…"; }
form.ask { display: flex; gap: 8px; align-items: end; padding: 8px; border-top: 1px solid var(--line); background: var(--paper); }
textarea { flex: 1; min-width: 0; max-height: 7.5em; padding: 9px 10px; font: inherit; color: var(--ink); background: var(--paper);
  border: 1px solid var(--edge); border-radius: 10px; resize: none; field-sizing: content; }
textarea::placeholder { color: var(--quiet); opacity: 1; }
form.ask button { min-width: 44px; min-height: 44px; font-size: 1.3em; background: var(--accent); color: var(--on); }
form.ask button:disabled { opacity: .5; cursor: default; }
.standing { margin: 0; padding: 0 10px 8px; background: var(--paper); color: var(--quiet); font-size: .78em; }
.hush { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px), (max-height: 420px) {
  :host([data-showing]:not([data-inline])) { inset: 0 !important; }
  :host(:not([data-inline])) .panel { position: fixed; inset: 0 0 auto 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) {
  :host(:not([data-inline])) .panel { animation: rise .16s ease-out; }
  .busy::after { animation: blink 1s infinite; }
}
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
@keyframes blink { 50% { opacity: .2; } }
@media (forced-colors: active) { .head, .asked, .cite[aria-expanded="true"] { border: 1px solid CanvasText; } }`;
