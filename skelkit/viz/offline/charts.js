// Charts of a page: their title above them, where it wraps; colours of the theme; and on narrow screens a
// legend above the chart, and a chart that scrolls where it would become too small to read.

const skelkitCharts = new Map();

const DARK = {
  "white": "#16191d", "#ffffff": "#16191d", "#e5e5e5": "#33383e", "#f3f3f3": "#22262b", "#e0e0e0": "#2a2e34",
  "rgba(255,255,255,0.8)": "rgba(22,25,29,0.8)", "black": "#e8e8e8", "#000000": "#e8e8e8",
  "#222222": "#e0e0e0", "#222": "#e0e0e0", "#444444": "#c4c4c4", "#444": "#c4c4c4", "#767676": "#9a9a9a",
  "#0072b2": "#3d9fdb", "#d55e00": "#f07f2e"
};

// The same figure in the colours of a dark page: backgrounds, ink, lines, and the darkest of the palette.
function darkened(value, name) {
  if (Array.isArray(value)) return name === "colorscale" ? value : value.map((each) => darkened(each, name));
  if (value && typeof value === "object") {
    const made = {};
    for (const key in value) {
      const data = key === "meta" || key === "customdata" || key === "text" || key === "colorscale";
      made[key] = data && typeof value[key] !== "object" ? value[key]
        : key === "colorscale" || key === "customdata" ? value[key] : darkened(value[key], key);
    }
    return made;
  }
  return typeof value === "string" && /color/i.test(name) ? DARK[value.toLowerCase()] || value : value;
}

// The text of a title as HTML, with the few tags that plotly knows.
function words(text) {
  return text.replace(/</g, "&lt;").replace(/&lt;(\/?(?:b|i|br|sub|sup))>/g, "<$1>");
}

// Widest text of an axis in pixels, about.
function labelWidth(texts, size) {
  const lines = (texts || []).flatMap((text) => String(text).split("<br>"));
  return Math.max(0, ...lines.map((line) => line.length)) * size * 0.56;
}

// The width that a chart needs, so that nothing in it overlaps.
function widthNeeded({ data, layout }) {
  const axes = Object.keys(layout).filter((name) => name.startsWith("xaxis"));
  const columns = new Set(axes.map((name) => (layout[name].domain || [0])[0].toFixed(2))).size;
  const maps = data.filter((trace) => trace.type === "heatmap");
  let needed = columns > 1 ? Math.max(600, 230 * columns) : 0;
  for (const axis of axes.map((name) => layout[name])) {
    const texts = axis.ticktext || [], level = !axis.tickangle;
    const each = level ? labelWidth(texts, 13) + 8 : 18;
    needed = Math.max(needed, columns * (texts.length * each + 60) + 150);
  }
  for (const { z } of maps) needed = Math.max(needed, columns * 34 * Math.min(12, z?.[0]?.length || 0) + 200);
  for (const { type, x, mode, text } of data) {
    const words = type === "bar" && Array.isArray(x) && x.some((each) => typeof each === "string");
    if (words) needed = Math.max(needed, 70 * x.length + 100);
    if (String(mode).includes("text") && text?.length > 4) needed = Math.max(needed, 640);
  }
  return needed;
}

function skelkitChart(box, given) {
  skelkitCharts.set(box, given);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const figure = dark ? darkened(given, "") : given;
  const title = figure.layout.title || {}, layout = { ...figure.layout, title: undefined };
  const caption = box.closest("figure").querySelector("figcaption"), under = title.subtitle?.text?.trim();
  caption.innerHTML = words(title.text || "") + (under ? `<small>${words(under)}</small>` : "");
  const margin = { ...layout.template?.layout?.margin, ...layout.margin }, spare = title.text ? 36 : 0;
  layout.margin = { ...margin, t: Math.max(24, (margin.t ?? 56) - spare) };
  layout.height = (layout.height || 450) - ((margin.t ?? 56) - layout.margin.t);
  layout.paper_bgcolor = "rgba(0,0,0,0)";
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: dark ? "#9a9a9a" : "#8a8a8a", activecolor: "#d55e00" };
  const width = box.closest("figure").clientWidth, needed = widthNeeded(figure), legend = layout.legend || {};
  if (width && width < 640 && needed <= width && legend.orientation !== "h") {
    layout.legend = { ...legend, orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" };
    layout.height += 20 * figure.data.filter((trace) => trace.name && trace.showlegend !== false).length;
  }
  box.style.height = `${layout.height}px`;
  box.style.minWidth = `${needed}px`;
  box.setAttribute("aria-label", layout.meta?.alt || "chart");
  const bar = width > 640 ? "hover" : false;
  Plotly.react(box, figure.data, layout, { responsive: true, displaylogo: false, displayModeBar: bar });
}

function skelkitRedraw() {
  for (const [box, figure] of skelkitCharts) skelkitChart(box, figure);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", skelkitRedraw);
matchMedia("(max-width: 700px)").addEventListener("change", skelkitRedraw);
window.skelkitChart = skelkitChart;
