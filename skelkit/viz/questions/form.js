// The parts of a question in which a guess is made: one function for each kind.

function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
}

function drawing(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
}

function inWords(value, meta) {
  if (meta.kind === "choice") return value;
  if (Array.isArray(value)) {
    const each = value.map((one) => inWords(one, { ...meta, unit: "" }));
    return each.join(", ") + " " + meta.unit;
  }
  const digits = Math.abs(value) < 10 && value % 1 ? 1 : 0;
  return `${value.toFixed(digits)} ${meta.unit}`.trim();
}

// Each form is { root, value() }; value() is undefined as long as there is no guess.
const FORMS = {
  choice(meta, id) {
    const rows = meta.options.map((option) => {
      const radio = node("input", { type: "radio", name: id, value: option });
      return node("label", { class: "option" }, radio, " ", option);
    });
    const root = node("div", { role: "radiogroup", "aria-label": meta.text }, ...rows);
    return { root, value: () => root.querySelector("input:checked")?.value };
  },

  number(meta) {
    const { low, high, step } = meta, middle = (low + high) / 2;
    const slider = node("input", { type: "range", min: low, max: high, step, "aria-label": meta.text });
    slider.value = middle;
    const readout = node("output", {}, "move the slider");
    let touched = false;
    slider.oninput = () => {
      touched = true;
      readout.textContent = inWords(Number(slider.value), meta);
      slider.setAttribute("aria-valuetext", readout.textContent);
    };
    const ends = node("div", { class: "ends" }, node("span", {}, inWords(low, meta)),
      node("span", {}, inWords(high, meta)));
    const root = node("div", { class: "number" }, node("div", { class: "scale" }, slider, ends), readout);
    return { root, value: () => (touched ? Number(slider.value) : undefined) };
  },

  curve(meta) {
    const values = meta.x.map(() => 20 * meta.step), plot = makePlot(meta, values);
    return { root: plot.root, value: () => (plot.touched() ? [...values] : undefined) };
  }
};

function scaleMarks(meta, guess, answer) {
  const at = (value) => `${100 * Math.min(1, Math.max(0, (value - meta.low) / (meta.high - meta.low)))}%`;
  const marks = [["you", guess], ["answer", answer]].filter(([, value]) => typeof value === "number");
  const line = node("div", { class: "line", "aria-hidden": "true" });
  for (const [name, value] of marks) {
    const mark = node("span", { class: `mark ${name}` }, name);
    mark.style.left = at(value);
    line.append(mark);
  }
  return line;
}
