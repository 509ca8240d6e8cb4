// A question: a form, then what was said beside what it was. Needs the other files before it. The guesses of
// a page are in window.skelkitGuesses; outputs behind a question open with an attribute of <html>.

function render({ model, el }) {
  const meta = model.get("meta"), root = node("section", { class: "skelkit-question" });
  for (const event of ["keydown", "keyup"]) {
    root.addEventListener(event, (key) => {
      if (!key.ctrlKey && !key.metaKey && key.key !== "Escape") key.stopPropagation(); // else JupyterLab acts
    });
  }
  el.append(root);
  const draw = () => (meta.kind === "summary" ? drawSummary(root) : drawQuestion(root, model, meta));
  const event = meta.kind === "summary" ? "skelkit-guess" : "skelkit-none";
  window.addEventListener(event, draw);
  for (const name of ["answer", "guess"]) model.on(`change:${name}`, draw);
  draw();
  return () => {
    window.removeEventListener(event, draw);
    for (const name of ["answer", "guess"]) model.off(`change:${name}`, draw);
  };
}

function guesses() {
  window.skelkitGuesses ||= new Map();
  return window.skelkitGuesses;
}

function drawQuestion(root, model, meta) {
  const guess = model.get("guess"), answer = model.get("answer");
  const done = "value" in guess || guess.shown, known = done && "value" in answer;
  if (known) guesses().set(meta.id, { meta, guess, answer });
  else guesses().delete(meta.id);
  window.dispatchEvent(new Event("skelkit-guess"));
  const open = [...guesses().keys()].join(" ");
  document.documentElement.setAttribute("data-skelkit-open", open);
  const title = node("p", { class: "ask" }, node("b", {}, "Your guess"), ` ${meta.text}`);
  root.replaceChildren(title, ...(done ? told(meta, guess, answer) : [makeForm(model, meta)]));
  if (known) window.dispatchEvent(new Event("resize")); // charts that were hidden take their size
}

function makeForm(model, meta) {
  const form = FORMS[meta.kind](meta, `${meta.id}-${Math.random()}`);
  const keep = (guess) => {
    model.set("guess", guess);
    model.save_changes();
  };
  const note = node("span", { class: "note", role: "status" });
  const send = node("button", { type: "button", class: "send" }, "That is my guess");
  send.onclick = () => {
    const value = form.value();
    if (value === undefined) note.textContent = meta.hint;
    else keep({ value });
  };
  const show = node("button", { type: "button" }, "Show me");
  show.onclick = () => keep({ shown: true });
  return node("div", {}, form.root, node("div", { class: "buttons" }, send, show, note));
}

function told(meta, guess, answer) {
  if (!("value" in answer)) {
    return [node("p", { role: "status" }, "Noted. The answer shows as soon as it is computed further down.")];
  }
  const said = "value" in guess ? `You said ${inWords(guess.value, meta)}; it was ` : "It was ";
  const words = node("p", { role: "status", class: "told" }, said, node("b", {}, inWords(answer.value, meta)),
    `. ${verdict(meta, guess, answer)} ${answer.text || ""}`);
  if (meta.kind === "number") return [words, scaleMarks(meta, guess.value, answer.value)];
  if (meta.kind !== "curve") return [words];
  const key = node("p", { class: "key" }, node("i", { class: "mine" }), " yours ",
    node("i", { class: "measured" }), " measured");
  return [words, bothCurves(meta, guess.value, answer.value), key];
}

function verdict({ kind }, guess, answer) {
  if (!("value" in guess)) return "";
  if (kind === "choice") return guess.value === answer.value ? "Right." : "Not so.";
  const sum = (value) => (Array.isArray(value) ? value.reduce((a, b) => a + b, 0) : value);
  const ratio = sum(guess.value) / Math.max(1e-9, sum(answer.value));
  if (ratio > 0.8 && ratio < 1.25) return "Close.";
  if (ratio > 1) return ratio > 2 ? `${ratio.toFixed(1)} times too much.` : "Too much.";
  return ratio < 0.5 ? "Less than half of it." : "Too little.";
}

function drawSummary(root) {
  const rows = [...guesses().values()].filter(({ guess }) => "value" in guess).map((each) => {
    const { meta, guess, answer } = each, cells = [guess.value, answer.value].map((v) => inWords(v, meta));
    const texts = [meta.text, ...cells, verdict(meta, guess, answer)];
    return node("tr", {}, ...texts.map((text) => node("td", {}, text)));
  });
  const heads = ["question", "you said", "it was", ""].map((text) => node("th", { scope: "col" }, text));
  const table = node("table", {}, node("thead", {}, node("tr", {}, ...heads)), node("tbody", {}, ...rows));
  const none = node("p", {}, "No guesses yet: they are compared here with what was measured.");
  const title = node("p", { class: "ask" }, node("b", {}, "Your guesses"));
  root.replaceChildren(title, rows.length ? table : none);
}

export default { render };
