// A 3-D skeleton player on a 2-D canvas, for anywidget and for plain pages.
//
// The model holds `poses` (float32, clip after clip, each [frames][persons][joints][3], metres, y up), `values` (float32, each
// [1 or frames][1 or persons][joints]), `masked` (uint8, each [1 or frames][joints]), `meta` (what they mean) and `frame`.

const LENS = 1 / Math.tan(Math.PI / 10); // the view is 36 degrees high
const PITCH = 0.2; // radians that the camera looks down at first
const PLAY = "M3 1l11 7-11 7z", PAUSE = "M3 1h4v14H3zM9 1h4v14H9z";
const HELP = "Drag or arrow keys: turn. + and − or, once clicked, the wheel: zoom. Space: play. Point at a joint for its name.";

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  node.append(...children);
  return node;
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

// -- what is shown ----------------------------------------------------------------------------------------------------

function readScene(model) {
  const meta = model.get("meta"), { frames } = meta;
  const reader = (name, Type) => {
    const view = model.get(name), bytes = view?.byteLength ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : 0;
    const all = new Type(bytes); // a copy, because it must be aligned
    let from = 0;
    return (count) => all.subarray(from, (from += count));
  };
  const poses = reader("poses", Float32Array), values = reader("values", Float32Array), masks = reader("masked", Uint8Array);
  const clips = meta.clips.map((about, i) => {
    const clip = { ...about, ...meta.skeletons[about.skeleton], bodies: [] }, size = clip.joints.length;
    const [vt, vm] = clip.values, mt = clip.masked;
    for (let t = 0; t < frames; t++) {
      const all = Array.from({ length: clip.persons }, () => poses(size * 3));
      clip.bodies.push(all.map((body, m) => ({ body, m, t })).filter(({ body }) => body.some((x) => x !== 0))); // the persons present
    }
    const value = values(vt * vm * size), mask = masks(mt * size);
    clip.value = vt ? (t, m, j) => value[((t % vt) * vm + (m % vm)) * size + j] : null;
    clip.hidden = (t, j) => mt > 0 && mask[(t % mt) * size + j] > 0;
    clip.share = (t) => clip.joints.filter((_, j) => clip.hidden(t, j)).length / size;
    clip.layer = meta.overlay ? i : 0;
    clip.thick = meta.overlay && meta.clips.length > 1 ? (i ? 0.6 : 1.6) : 1; // the others run inside the first
    return clip;
  });
  const views = (meta.overlay ? [clips] : clips.map((clip) => [clip])).map(extent);
  for (const view of views) view.yaw = front(meta.stretch ? clips[0] : view.clips[0]);
  return { meta, clips, views };
}

// The box around all bodies in all frames, how wide they reach at each height, and their size relative to a person of 1.7 m.
function extent(clips) {
  const bodies = clips.flatMap((clip) => clip.bodies.flat().map(({ body }) => body));
  const low = [-1, 0, -1], high = [1, 1.7, 1], reach = new Map();
  let tall = 0;
  if (bodies.length) low.fill(Infinity), high.fill(-Infinity);
  for (const body of bodies) {
    let bottom = Infinity, top = -Infinity;
    for (let i = 0; i < body.length; i++) {
      low[i % 3] = Math.min(low[i % 3], body[i]);
      high[i % 3] = Math.max(high[i % 3], body[i]);
      if (i % 3 === 1) [bottom, top] = [Math.min(bottom, body[i]), Math.max(top, body[i])];
    }
    tall = Math.max(tall, top - bottom);
  }
  const centre = low.map((x, i) => (x + high[i]) / 2), unit = (tall || 1.7) / 1.7, cell = 0.1 * unit;
  for (const body of [low, high, ...bodies])
    for (let i = 0; i < body.length; i += 3) {
      const y = Math.round((body[i + 1] - centre[1]) / cell), r = body.length > 3 ? Math.hypot(body[i] - centre[0], body[i + 2] - centre[2]) : 0;
      reach.set(y, Math.max(reach.get(y) || 0, r));
    }
  const step = 10 ** Math.max(0, Math.ceil(Math.log10((high[0] - low[0] + high[2] - low[2]) / 40))); // of the floor: 1 m, unless vast
  return { clips, low, high, centre, unit, step, radius: Math.max(cell, ...reach.values()), reach: [...reach].map(([y, r]) => [y * cell, r + cell / 2]) };
}

// Where a body looks, from its left and right joints: (x, z), not normalised.
function gaze(body, side) {
  let x = 0, z = 0;
  side.forEach((s, j) => {
    x += [0, -1, 1][s] * body[3 * j + 2];
    z -= [0, -1, 1][s] * body[3 * j];
  });
  return [x, z];
}

// The direction to look at a clip from: one person from the front, two from the side, so that neither hides the other.
function front(clip) {
  let lookX = 0, lookZ = 0, apartX = 0, apartZ = 0;
  for (const [first, ...others] of clip.bodies.filter((all) => all.length))
    for (const { body } of [first, ...others]) {
      const [x, z] = gaze(body, clip.side);
      [lookX, lookZ, apartX, apartZ] = [lookX + x, lookZ + z, apartX + body[0] - first.body[0], apartZ + body[2] - first.body[2]];
    }
  if (Math.hypot(apartX, apartZ) === 0) return Math.atan2(lookX, lookZ) + 0.4;
  const side = lookX * apartZ - lookZ * apartX < 0 ? -1 : 1;
  return Math.atan2(side * apartZ, -side * apartX) + 0.2;
}

// -- drawing ----------------------------------------------------------------------------------------------------------

// The camera's distance from which every body stays in view, however the camera is turned about the vertical.
function fit(views, width, height) {
  const sin = Math.sin(PITCH), cos = Math.cos(PITCH);
  const needs = ([y, r]) => [
    y * sin + (LENS * height * r) / width,
    ...[r, -r].map((near) => near * cos + y * sin + LENS * Math.abs(y * cos - near * sin)),
  ];
  return 1.05 * Math.max(...views.flatMap((view) => view.reach.flatMap(needs)));
}

function projector({ centre, yaw }, box, { turned, pitch }, distance) {
  const [sy, cy, sp, cp] = [yaw + turned, pitch].flatMap((angle) => [Math.sin(angle), Math.cos(angle)]);
  return (px, py, pz) => {
    const x = px - centre[0], y = py - centre[1], z = pz - centre[2];
    const depth = distance - (x * sy * cp + y * sp + z * cy * cp), scale = (LENS * box.high) / 2 / Math.max(depth, distance / 50);
    return { depth, scale, x: box.x + (x * cy - z * sy) * scale, y: box.y - (y * cp - (x * sy + z * cy) * sp) * scale };
  };
}

// Paints one view and returns its joints on the screen: {x, y, text}.
function paintView(pen, view, project, distance, { frame, trail, meta, ink, paper }) {
  const { unit, radius, step, low, high } = view, floor = low[1], joints = [], things = []; // things: [depth, how to paint it]
  const far = (p) => clamp((p.depth - distance + radius) / (2 * radius), 0, 1), alpha = (p) => 1 - 0.4 * far(p);
  const line = (p, q, width, colour, opacity, dash = [], lineCap = "round") => {
    if (Math.min(p.depth, q.depth) < distance / 50) return;
    Object.assign(pen, { lineWidth: width, strokeStyle: colour, globalAlpha: opacity, lineCap }).setLineDash(dash);
    pen.beginPath(), pen.moveTo(p.x, p.y), pen.lineTo(q.x, q.y), pen.stroke();
  };
  const disc = (p, r, fill, edge, opacity, width = 1, dash = []) => {
    Object.assign(pen, { lineWidth: width, fillStyle: fill, strokeStyle: edge, globalAlpha: fill === paper ? 1 : opacity }).setLineDash(dash);
    pen.beginPath(), pen.arc(p.x, p.y, r, 0, 7), pen.fill();
    pen.globalAlpha = opacity;
    pen.stroke();
  };

  const [x0, z0] = [0, 2].map((i) => Math.floor(low[i] / step - 0.3)), [x1, z1] = [0, 2].map((i) => Math.ceil(high[i] / step + 0.3));
  for (let x = x0; x <= x1; x++)
    for (let z = z0; z <= z1; z++) {
      const here = project(x * step, floor, z * step);
      if (x < x1) line(here, project((x + 1) * step, floor, z * step), 1, ink, 0.3 - 0.2 * far(here));
      if (z < z1) line(here, project(x * step, floor, (z + 1) * step), 1, ink, 0.3 - 0.2 * far(here));
    }

  for (const clip of view.clips) {
    const every = Math.max(1, Math.round(meta.fps / 10)), past = trail ? Math.min(6, Math.floor(frame / every)) : 0;
    for (let k = past; k >= 0; k--)
      for (const { body, m, t } of clip.bodies[frame - k * every]) {
        const points = clip.joints.map((_, j) => project(...body.subarray(3 * j, 3 * j + 3)));
        const colours = clip.colours[m % clip.colours.length].map((colour) => colour || ink);
        for (const [a, b] of clip.bones) {
          const [p, q] = [a, b].map((j) => project(body[3 * j], floor, body[3 * j + 2]));
          if (k) line(points[a], points[b], 1.5, colours[clip.side[b]], 0.4 * (1 - k / 7));
          else line(p, q, 0.05 * unit * p.scale, ink, 0.06); // its shadow
        }
        if (!k) body3d(clip, t, m, body, points, colours);
      }
  }

  function body3d(clip, t, m, body, points, colours) {
    const { side, head, thick, value } = clip, nearer = 0.15 * unit * clip.layer;
    const width = (p) => Math.max(1.4, 0.034 * unit * p.scale * thick * (1.25 - 0.5 * far(p)));
    const add = (depth, paint) => things.push([depth - nearer, paint]);
    for (const [a, b] of clip.bones) {
      const p = points[a], q = points[b], opacity = clip.layer ? 1 : alpha(q) * (value && !meta.overlay ? 0.7 : 1);
      add((p.depth + q.depth) / 2, () => {
        if (clip.hidden(t, a) || clip.hidden(t, b)) return line(p, q, 1.2, ink, 0.5, [3, 4]);
        if (!clip.layer) line(p, q, width(q) + 3, paper, 1, [], "butt");
        line(p, q, width(q), colours[side[b]], opacity);
      });
    }
    if (head.length) {
      const [x, y, z] = [0, 1, 2].map((i) => head.reduce((sum, j) => sum + body[3 * j + i], 0) / head.length), r = 0.105 * unit;
      const [gx, gz] = gaze(body, side), n = r / (Math.hypot(gx, gz) || 1), p = project(x, y, z), hidden = head.every((j) => clip.hidden(t, j));
      const fill = clip.layer ? "transparent" : paper;
      if (hidden) add(p.depth, () => disc(p, r * p.scale, paper, ink, 0.5, 1.2, [3, 4]));
      else add(p.depth, () => disc(p, r * p.scale, fill, colours[0], clip.layer ? 1 : alpha(p), 0.8 * width(p)));
      for (const s of hidden || value ? [] : [-0.4, 0.4]) {
        const eye = project(x + n * (0.85 * gx - s * gz), y + 0.2 * r, z + n * (0.85 * gz + s * gx));
        add(eye.depth, () => disc(eye, 0.014 * unit * eye.scale, colours[0], colours[0], alpha(eye)));
      }
    }
    points.forEach((p, j) => {
      const hidden = clip.hidden(t, j), number = value && value(t, m, j), front = p.depth - 0.15 * unit;
      const said = value ? ` ${number.toPrecision(3)} ${meta.scale.units}` : "";
      joints.push({ x: p.x, y: p.y, text: clip.joints[j] + said + (hidden ? " (masked)" : "") });
      if (hidden) add(front, () => disc(p, Math.max(2.5, width(p) * 0.8), paper, ink, 0.8, 1.2));
      else if (value) add(front, () => disc(p, Math.max(4, (width(p) * 1.3) / thick), shade(meta.scale, number), ink, 1, 0.8));
      else if (!head.includes(j)) add(p.depth - 1e-3, () => disc(p, width(p) * 0.55, colours[side[j]], colours[side[j]], alpha(p)));
    });
  }
  things.sort((a, b) => b[0] - a[0]).forEach(([, paint]) => paint());
  Object.assign(pen, { globalAlpha: 1 }).setLineDash([]);
  return joints;
}

function shade({ range, stops }, value) {
  const place = clamp((value - range[0]) / (range[1] - range[0]), 0, 1) * (stops.length - 1), below = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [0, 1].map((k) => [1, 3, 5].map((i) => parseInt(stops[below + k].slice(i, i + 2), 16)));
  return `rgb(${a.map((v, i) => v + (b[i] - v) * (place - below)).join(" ")})`;
}

function legend({ meta, views }) {
  const item = (...parts) => make("span", {}, ...parts), mark = (kind, style) => make("i", { class: kind, style: `background: ${style}` });
  const marks = (colour) => (colour === "masked" ? mark("hollow", "none") : mark("", colour || "currentColor"));
  const items = meta.legend.map(([colour, text]) => item(marks(colour), text));
  items.push(item(`floor squares: ${[...new Set(views.map((view) => view.step))].join(" or ")} m`));
  if (meta.scale) {
    const { label, units, range, stops } = meta.scale, [low, high] = range.map((x) => String(Number(x.toPrecision(3))));
    const name = item(units ? `${label} (${units})` : label), bar = mark("scale", `linear-gradient(to right, ${stops})`);
    items.push(item(name, item(low), bar, item(high)));
  }
  return items;
}

// -- the widget -------------------------------------------------------------------------------------------------------

function render({ model, el }) {
  let scene, camera, frame = 0, joints = [], pointer = null, trail = false;
  let position = 0; // the frame and, while playing, a fraction
  let playing = 0, drawing = 0, loading = 0, timer = 0, last = 0, synced = 0, draws = 0;

  const title = make("p", { class: "title" });
  const stage = make("canvas", { class: "stage", role: "img", tabindex: 0, title: HELP }), pen = stage.getContext("2d");
  const play = make("button", { type: "button" });
  const slider = make("input", { type: "range", min: 0, "aria-label": "Frame" });
  const strip = make("canvas", { class: "strip", role: "img", title: "Masked share of each frame, a row per clip" });
  const readout = make("span", { class: "readout", title: "Frames count from 0" });
  const speeds = [0.25, 0.5, 1, 1.5, 2].map((s) => make("option", { value: s }, `${s}×`));
  const speed = make("select", { "aria-label": "Speed" }, ...speeds);
  const trailing = make("button", { type: "button", title: "Show the poses of the last 0.6 s" }, "Trail");
  const reset = make("button", { type: "button", title: "Back to the first view" }, "Reset view");
  const row = make("div", { class: "row" }, play, make("div", { class: "time" }, slider, strip), readout, speed, trailing, reset);
  const key = make("div", { class: "row legend" });
  const root = make("div", { class: "skelkit-player", role: "group" }, title, stage, row, key);
  el.append(root);

  function load() {
    const first = !scene;
    scene = readScene(model);
    const { meta } = scene;
    if (first) {
      speed.value = meta.speed;
      trail = meta.trail;
      resetView();
    }
    title.textContent = meta.title;
    title.hidden = !meta.title;
    root.setAttribute("aria-label", meta.title || "Skeleton player");
    stage.setAttribute("aria-label", meta.alt);
    trailing.setAttribute("aria-pressed", trail);
    slider.max = meta.frames - 1;
    key.replaceChildren(...legend(scene));
    go(model.get("frame"));
    paintStrip();
  }

  const redraw = () => (drawing ||= requestAnimationFrame(draw));

  function draw() {
    drawing = 0;
    const started = performance.now(), { meta, views } = scene, width = stage.clientWidth, dots = devicePixelRatio;
    if (!width) return;
    const rows = Math.ceil(views.length / clamp(Math.floor(width / 180), 1, views.length)), columns = Math.ceil(views.length / rows);
    const w = width / columns, h = rows > 1 ? Math.round(0.7 * meta.height) : meta.height, high = h - 24;
    if (stage.width !== Math.round(width * dots) || stage.height !== Math.round(h * rows * dots)) {
      Object.assign(stage, { width: Math.round(width * dots), height: Math.round(h * rows * dots) }).style.height = `${h * rows}px`;
    }
    const { color: ink, backgroundColor: paper, fontFamily } = getComputedStyle(root), distance = fit(views, w, high) / camera.zoom;
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.clearRect(0, 0, width, h * rows);
    pen.font = `12px ${fontFamily}`;
    joints = views.flatMap((view, k) => {
      const left = (k % columns) * w, top = Math.floor(k / columns) * h;
      pen.save(), pen.beginPath(), pen.rect(left, top, w, h), pen.clip();
      const project = projector(view, { x: left + w / 2, y: top + 22 + high / 2, high }, camera, distance);
      const found = paintView(pen, view, project, distance, { frame, trail, meta, ink, paper });
      const masked = view.clips.some((clip) => clip.share(frame) === 1), ended = frame > view.clips[0].end;
      let name = (meta.overlay ? "" : view.clips[0].label) + (masked ? " (masked frame)" : ended ? " (ended)" : "");
      while (name.length > 2 && pen.measureText(name).width > w - 12) name = name.slice(0, -2) + "…";
      pen.fillStyle = ink;
      pen.fillText(name, left + 6, top + 14);
      pen.restore();
      return found;
    });
    if (pointer) name(width, ink, paper);
    Object.assign(root.dataset, { frame, draws: ++draws, drawMs: (performance.now() - started).toFixed(2) });
  }

  // The name of the joint under the pointer.
  function name(width, ink, paper) {
    const away = (p) => Math.hypot(p.x - pointer.x, p.y - pointer.y), near = joints.sort((a, b) => away(a) - away(b))[0];
    if (!near || away(near) > 14) return;
    const room = pen.measureText(near.text).width + 10, left = Math.min(near.x + 10, width - room), top = Math.max(near.y - 24, 1);
    Object.assign(pen, { fillStyle: paper, strokeStyle: ink, lineWidth: 1 }).beginPath();
    pen.rect(left, top, room, 19), pen.fill(), pen.stroke();
    pen.fillStyle = ink;
    pen.fillText(near.text, left + 5, top + 14);
  }

  // Below the slider, a row for each clip with masked frames: the darker, the more of the frame is masked.
  function paintStrip() {
    const rows = scene.clips.filter((clip) => clip.masked > 1), brush = strip.getContext("2d"), { frames } = scene.meta;
    Object.assign(strip, { hidden: !rows.length, width: 4 * frames, height: 7 * rows.length }).style.height = `${7 * rows.length}px`;
    brush.fillStyle = getComputedStyle(root).color;
    rows.forEach((clip, i) => {
      for (let t = 0; t < frames; t++) {
        brush.globalAlpha = 0.12 + 0.78 * clip.share(t);
        brush.fillRect(4 * t, 7 * i + 2, 4, 5);
      }
    });
  }

  function go(wanted) {
    const { frames, fps } = scene.meta, t = clamp(wanted, 0, frames - 1), seconds = (t / fps).toFixed(2);
    if (t !== Math.floor(position)) position = t;
    frame = t;
    slider.value = t;
    slider.setAttribute("aria-valuetext", `frame ${t} of ${frames}, ${seconds} seconds`);
    readout.textContent = `frame ${String(t).padStart(String(frames).length, "\u2007")} / ${frames} · ${seconds} s`;
    redraw();
  }

  // Tell Python the frame: at most ten times a second, and in the end always.
  function sync(now) {
    clearTimeout(timer);
    if (model.get("frame") === frame) return;
    if (!now && performance.now() - synced < 100) return void (timer = setTimeout(sync, 100, true));
    synced = performance.now();
    model.set("frame", frame);
    model.save_changes();
  }

  function setPlaying(on) {
    cancelAnimationFrame(playing);
    last = 0;
    playing = on ? requestAnimationFrame(tick) : 0;
    play.title = on ? "Pause" : "Play";
    play.setAttribute("aria-label", play.title);
    play.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${on ? PAUSE : PLAY}"/></svg>`;
    if (!on) sync(true);
  }

  function tick(now) {
    const { fps, frames } = scene.meta, passed = last ? Math.min(now - last, 250) / 1000 : 0;
    position = (position + passed * fps * Number(speed.value)) % frames;
    last = now;
    playing = requestAnimationFrame(tick);
    if (Math.floor(position) !== frame) go(Math.floor(position)), sync(false);
  }

  function look(turn, pitch, zoom = 1) {
    camera.turned -= turn;
    camera.pitch = clamp(camera.pitch + pitch, -0.1, 1.5);
    camera.zoom = clamp(camera.zoom * zoom, 0.3, 6);
    redraw();
  }

  function resetView() {
    camera = { turned: 0, pitch: PITCH, zoom: 1 };
    redraw();
  }

  function wheel(event) {
    if (document.activeElement !== stage && !event.ctrlKey) return; // else nobody could scroll a page past the player
    event.preventDefault();
    look(0, 0, Math.exp(-event.deltaY / 500));
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab" || event.key === "Escape") return;
    event.stopPropagation(); // JupyterLab takes arrows for itself, and letters as commands on cells
    const looks = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    Object.assign(looks, { "+": [0, 0, 1.15], "=": [0, 0, 1.15], "-": [0, 0, 0.87] });
    if (event.target === stage && looks[event.key]) look(...looks[event.key]);
    else if (event.target === stage && event.key === "Home") resetView();
    else if (event.key === " " && (event.target === stage || event.target === slider)) setPlaying(!playing);
    else return;
    event.preventDefault();
  }

  function point(event) {
    pointer = event.buttons || event.type === "pointerleave" ? null : { x: event.offsetX, y: event.offsetY };
    if (event.buttons) look(event.movementX / 120, event.movementY / 120);
    redraw();
  }

  play.onclick = () => setPlaying(!playing);
  slider.oninput = () => (go(Number(slider.value)), sync(false));
  slider.onchange = () => sync(true);
  trailing.onclick = () => (trailing.setAttribute("aria-pressed", (trail = !trail)), redraw());
  reset.onclick = stage.ondblclick = resetView;
  stage.onpointerdown = (event) => (stage.focus({ preventScroll: true }), stage.setPointerCapture(event.pointerId));
  stage.onpointermove = stage.onpointerleave = point;
  stage.addEventListener("wheel", wheel, { passive: false });
  root.onkeydown = press;

  const changed = () => (loading ||= requestAnimationFrame(() => ((loading = 0), load()))); // several traits, one load
  const moved = () => model.get("frame") !== frame && !loading && go(model.get("frame"));
  const events = { "change:poses": changed, "change:values": changed, "change:masked": changed, "change:meta": changed, "change:frame": moved };
  for (const event in events) model.on(event, events[event]);
  const themed = () => (paintStrip(), redraw());
  const dark = matchMedia("(prefers-color-scheme: dark)"), themes = new MutationObserver(themed), sizes = new ResizeObserver(redraw);
  dark.addEventListener("change", themed);
  themes.observe(document.body, { attributes: true });
  sizes.observe(root);

  load();
  setPlaying(scene.meta.autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches);
  return () => {
    [playing, drawing, loading].forEach(cancelAnimationFrame);
    clearTimeout(timer);
    for (const event in events) model.off(event, events[event]);
    dark.removeEventListener("change", themed);
    themes.disconnect();
    sizes.disconnect();
    root.remove();
  };
}

function initialize({ model }) {
  hear(model);
}

export default { initialize, render };
