// What the panel says in German. Loaded where the page asks for it.
export const WORDS = {
  title: "Die Artikel fragen", greeting: "Stellen Sie eine Frage (auf Englisch). Jeder Satz einer Antwort ist ein Zitat; die kleinen Zahlen zeigen, woher.",
  label: "Ihre Frage", send: "Senden", close: "Schließen", fresh: "Neues Gespräch", log: "Gespräch", asked: "Ihre Frage:",
  source: "Quelle", read: "Im Artikel lesen", drawn: "Der Artikel stützt sich auf", working: "Ich sehe nach", slow: "Ich suche noch",
  up: "Gute Antwort", down: "Schlechte Antwort", thanks: "Danke.", comment: "Was war gut oder falsch? (freiwillig)",
  consent: "Auch meine Frage und diese Antwort senden", submit: "Kommentar senden", unsent: "Das konnte nicht gesendet werden.",
  again: "Noch einmal versuchen", network: "Der Server ist nicht erreichbar. Prüfen Sie die Verbindung.",
  busy: "Gerade zu viele Fragen. Bitte in {wait} s noch einmal.",
  long: "Das Gespräch ist zu lang geworden. Bitte beginnen Sie ein neues.", failed: "Bei uns ging etwas schief. Bitte fragen Sie noch einmal.",
  late: "Die Antwort hat zu lange gedauert.",
};
