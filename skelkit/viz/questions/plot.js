// A small chart in which a curve is drawn by dragging its points, or with the arrow keys.

const PLOT = { width: 560, height: 230, left: 58, right: 16, top: 12, bottom: 44 };

function across(meta, k) {
  return PLOT.left + (k / Math.max(1, meta.x.length - 1)) * (PLOT.width - PLOT.left - PLOT.right);
}

function up(meta, value) {
  const share = Math.min(1, Math.max(0, (value - meta.low) / (meta.high - meta.low)));
  return PLOT.height - PLOT.bottom - share * (PLOT.height - PLOT.top - PLOT.bottom);
}

function path(meta, values, name) {
  const points = values.map((value, k) => `${across(meta, k)},${up(meta, value)}`).join(" ");
  return drawing("polyline", { class: name, points });
}

function axes(meta) {
  const parts = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const value = meta.low + share * (meta.high - meta.low), y = up(meta, value);
    return [
      drawing("line", { class: "grid", x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: y, y2: y }),
      drawing("text", { x: PLOT.left - 8, y: y + 4, "text-anchor": "end" }, `${Math.round(value)}`)
    ];
  });
  const names = meta.x.map((x, k) => drawing("text",
    { x: across(meta, k), y: PLOT.height - 26, "text-anchor": "middle" }, `${x}`));
  const middle = { x: (PLOT.left + PLOT.width) / 2, y: PLOT.height - 6, "text-anchor": "middle" };
  const turned = { transform: `translate(14 ${PLOT.height / 2 - 12}) rotate(-90)`, "text-anchor": "middle" };
  return [...parts, ...names, drawing("text", middle, meta.x_label),
    drawing("text", turned, meta.y_label)];
}

function makePlot(meta, values) {
  const root = drawing("svg", { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, class: "plot", role: "group" });
  let touched = false;
  const curve = path(meta, values, "mine"), handles = values.map((_, k) => handle(k));
  root.setAttribute("aria-label", meta.text);
  root.append(...axes(meta), curve, ...handles);
  function set(k, value) {
    touched = true;
    values[k] = Math.min(meta.high, Math.max(meta.low, Math.round(value / meta.step) * meta.step));
    handles[k].setAttribute("cy", up(meta, values[k]));
    handles[k].setAttribute("aria-valuenow", values[k]);
    curve.setAttribute("points", path(meta, values, "").getAttribute("points"));
  }
  function handle(k) {
    const circle = drawing("circle", {
      cx: across(meta, k), cy: up(meta, values[k]), r: 9, tabindex: 0, role: "slider",
      "aria-label": `${meta.x_label} ${meta.x[k]}`, "aria-valuemin": meta.low, "aria-valuemax": meta.high,
      "aria-valuenow": values[k]
    });
    circle.onkeydown = (event) => {
      const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
      if (!by[event.key]) return;
      event.preventDefault();
      set(k, values[k] + by[event.key] * meta.step);
    };
    return circle;
  }
  root.onpointerdown = root.onpointermove = (event) => {
    if (!event.buttons) return;
    const box = root.getBoundingClientRect(), zoom = PLOT.width / box.width;
    const x = (event.clientX - box.left) * zoom, y = (event.clientY - box.top) * zoom;
    const step = across(meta, 1) - across(meta, 0), k = Math.round((x - PLOT.left) / step);
    const inside = PLOT.height - PLOT.top - PLOT.bottom, share = (PLOT.height - PLOT.bottom - y) / inside;
    if (k in values) set(k, meta.low + share * (meta.high - meta.low));
    event.preventDefault();
  };
  return { root, touched: () => touched };
}

// Both curves, after the guess.
function bothCurves(meta, guess, answer) {
  const root = drawing("svg", { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, class: "plot", role: "img" });
  root.setAttribute("aria-label", `measured: ${inWords(answer, meta)}`);
  root.append(...axes(meta));
  if (Array.isArray(guess)) root.append(path(meta, guess, "mine"));
  root.append(path(meta, answer, "measured"));
  for (const [k, value] of answer.entries()) {
    root.append(drawing("circle", { class: "point", cx: across(meta, k), cy: up(meta, value), r: 4 }));
  }
  return root;
}
