// The elements of a player.

const HELP =
  "Drag or arrow keys: turn. + and − or, once clicked, the wheel: zoom. " +
  "Space: play. Point at a joint for its name.";

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  node.append(...children);
  return node;
}

function makeControls() {
  const title = make("p", { class: "title" });
  const stage = make("canvas", { class: "stage", role: "img", tabindex: 0, title: HELP });
  const play = make("button", { type: "button" });
  const slider = make("input", { type: "range", min: 0, "aria-label": "Frame" });
  const strip = make("canvas", {
    class: "strip", role: "img", title: "Masked share of each frame, a row per clip"
  });
  const readout = make("span", { class: "readout", title: "Frames count from 0" });
  const speeds = [0.25, 0.5, 1, 1.5, 2].map((s) => make("option", { value: s }, `${s}×`));
  const speed = make("select", { "aria-label": "Speed" }, ...speeds);
  const trailing = make("button", { type: "button", title: "Show the poses of the last 0.6 s" }, "Trail");
  const reset = make("button", { type: "button", title: "Back to the first view" }, "Reset view");
  const time = make("div", { class: "time" }, slider, strip);
  const row = make("div", { class: "row" }, play, time, readout, speed, trailing, reset);
  const key = make("div", { class: "row legend" });
  const root = make("div", { class: "skelkit-player", role: "group" }, title, stage, row, key);
  return { root, title, stage, play, slider, strip, readout, speed, trailing, reset, key };
}

// Below the slider, a row for each clip with masked frames: the darker, the more of the frame is masked.
function paintStrip({ root, strip }, { clips, meta: { frames } }) {
  const rows = clips.filter((clip) => clip.masked > 1), brush = strip.getContext("2d");
  Object.assign(strip, { hidden: !rows.length, width: 4 * frames, height: 7 * rows.length });
  strip.style.height = `${7 * rows.length}px`;
  brush.fillStyle = getComputedStyle(root).color;
  rows.forEach((clip, i) => {
    for (let t = 0; t < frames; t++) {
      brush.globalAlpha = 0.12 + 0.78 * clip.share(t);
      brush.fillRect(4 * t, 7 * i + 2, 4, 5);
    }
  });
}
