// The colour scale and the legend.

function shade({ range, stops }, value) {
  const place = clamp((value - range[0]) / (range[1] - range[0]), 0, 1) * (stops.length - 1),
    below = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [0, 1].map((k) => [1, 3, 5].map((i) => parseInt(stops[below + k].slice(i, i + 2), 16)));
  return `rgb(${a.map((v, i) => v + (b[i] - v) * (place - below)).join(" ")})`;
}

function legend({ meta, views }) {
  const item = (...parts) => make("span", {}, ...parts),
    mark = (kind, style) => make("i", { class: kind, style: `background: ${style}` });
  const marks = (colour) =>
    colour === "masked" ? mark("hollow", "none") : mark("", colour || "currentColor");
  const items = meta.legend.map(([colour, text]) => item(marks(colour), text));
  items.push(item(`floor squares: ${[...new Set(views.map((view) => view.step))].join(" or ")} m`));
  if (meta.scale) {
    const { label, units, range, stops } = meta.scale,
      [low, high] = range.map((x) => String(Number(x.toPrecision(3))));
    const name = item(units ? `${label} (${units})` : label),
      bar = mark("scale", `linear-gradient(to right, ${stops})`);
    items.push(item(name, item(low), bar, item(high)));
  }
  return items;
}
