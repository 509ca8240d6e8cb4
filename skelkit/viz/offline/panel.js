// A panel without a kernel: its controls choose among states that were computed beforehand. The player and
// the chart are those of the notebook. See beforehand.py for what the page holds.

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function changed(old, changes) {
  if (Array.isArray(changes)) return changes[0];
  const names = Object.keys(changes);
  if (!names.length) return old;
  const made = Array.isArray(old) ? [...old] : { ...old };
  for (const name of names) made[name] = changed(old[name], changes[name]);
  return made;
}

// The bytes of one piece of a buffer, see packing.py.
async function unpack({ data, step, stride }) {
  const bytes = await inflate(data);
  if (step === undefined) return bytes;
  const count = bytes.length / 2, whole = new Int16Array(count), floats = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    whole[i] = (bytes[i] | (bytes[count + i] << 8)) + (i < stride ? 0 : whole[i - stride]);
    floats[i] = whole[i] * step;
  }
  return new Uint8Array(floats.buffer);
}

function joined(pieces) {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return new DataView(bytes.buffer);
}

function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
}

let made = 0;

// Each control is { root, at() }.
const CONTROLS = {
  slider({ label, options, at }, moved) {
    const name = `skelkit-control-${++made}`, last = options.length - 1;
    const slider = node("input", { type: "range", id: name, min: 0, max: last, step: 1, value: at });
    const readout = node("output", { for: name }, options[at]);
    slider.setAttribute("aria-valuetext", options[at]);
    slider.oninput = () => {
      readout.textContent = options[slider.value];
      slider.setAttribute("aria-valuetext", options[slider.value]);
      moved();
    };
    const root = node("div", { class: "control" }, node("label", { for: name }, label), slider, readout);
    return { root, at: () => Number(slider.value) };
  },

  menu({ label, options, at }, moved) {
    const name = `skelkit-control-${++made}`;
    const menu = node("select", { id: name }, ...options.map((text) => node("option", {}, text)));
    menu.selectedIndex = at;
    menu.onchange = moved;
    const title = node("label", { for: name }, label);
    return { root: node("div", { class: "control" }, title, menu), at: () => menu.selectedIndex };
  },

  buttons({ label, options, at }, moved) {
    const name = `skelkit-control-${++made}`;
    const radios = options.map((_, i) => node("input", { type: "radio", name, value: i }));
    radios[at].checked = true;
    for (const radio of radios) radio.onchange = moved;
    const labels = options.map((text, i) => node("label", {}, radios[i], " ", text));
    const choices = node("span", { class: "choices" }, ...labels);
    const root = node("div", { class: "control", role: "radiogroup", "aria-label": label },
      node("span", { class: "name" }, label), choices);
    return { root, at: () => radios.findIndex((radio) => radio.checked) };
  }
};

async function mount(root) {
  const data = JSON.parse(root.querySelector("script").textContent), { first } = data;
  const text = root.querySelector(".words"), stage = root.querySelector(".stage");
  const chart = root.querySelector(".chart"), pieces = new Map();
  const states = JSON.parse(new TextDecoder().decode(await inflate(data.states)));
  const piece = async (number) => {
    if (!pieces.has(number)) pieces.set(number, unpack(data.pieces[number]));
    return pieces.get(number);
  };
  const controls = data.controls.map((each) => CONTROLS[each.kind](each, () => show()));
  let newest = 0, player = null;
  async function show() {
    const mine = ++newest;
    const at = controls.reduce((sum, each, i) => sum * data.controls[i].options.length + each.at(), 0);
    const state = states[at], buffers = {};
    for (const name of Object.keys(state.buffers || {})) {
      buffers[name] = joined(await Promise.all(state.buffers[name].map(piece)));
    }
    if (mine !== newest) return; // the slider has moved on
    text.innerHTML = changed(first.text, state.text);
    if (first.meta) {
      const now = { ...buffers, meta: changed(first.meta, state.meta) };
      if (player) player.update(now);
      else player = window.skelkitPlayer.mount(stage, { ...now, frame: first.frame });
    }
    if (first.figure) window.skelkitChart(chart, changed(first.figure, state.figure));
    root.dataset.state = at;
  }
  await show();
  root.querySelector(".controls").append(...controls.map((each) => each.root));
}

for (const root of document.querySelectorAll(".skelkit-panel")) mount(root);
