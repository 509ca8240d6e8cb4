// A 3-D skeleton player on a 2-D canvas, for anywidget and for plain pages.
// Needs geometry.js and drawing.js before it.

const PLAY = "M3 1l11 7-11 7z", PAUSE = "M3 1h4v14H3zM9 1h4v14H9z";
const HELP =
  "Drag or arrow keys: turn. + and − or, once clicked, the wheel: zoom. " +
  "Space: play. Point at a joint for its name.";

function render({ model, el }) {
  let scene, camera, frame = 0, joints = [], pointer = null, trail = false;
  let position = 0; // the frame and, while playing, a fraction
  let playing = 0, drawing = 0, loading = 0, timer = 0, last = 0, synced = 0, draws = 0;

  const title = make("p", { class: "title" });
  const stage = make("canvas", { class: "stage", role: "img", tabindex: 0, title: HELP }),
    pen = stage.getContext("2d");
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
    const started = performance.now(), { meta, views } = scene, width = stage.clientWidth,
      dots = devicePixelRatio;
    if (!width) return;
    const rows = Math.ceil(views.length / clamp(Math.floor(width / 180), 1, views.length)),
      columns = Math.ceil(views.length / rows);
    const w = width / columns, h = rows > 1 ? Math.round(0.7 * meta.height) : meta.height, high = h - 24;
    if (stage.width !== Math.round(width * dots) || stage.height !== Math.round(h * rows * dots)) {
      stage.width = Math.round(width * dots);
      stage.height = Math.round(h * rows * dots);
      stage.style.height = `${h * rows}px`;
    }
    const { color: ink, backgroundColor: paper, fontFamily } = getComputedStyle(root),
      distance = fit(views, w, high) / camera.zoom;
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.clearRect(0, 0, width, h * rows);
    pen.font = `12px ${fontFamily}`;
    joints = views.flatMap((view, k) => {
      const left = (k % columns) * w, top = Math.floor(k / columns) * h;
      pen.save(), pen.beginPath(), pen.rect(left, top, w, h), pen.clip();
      const project = projector(view, { x: left + w / 2, y: top + 22 + high / 2, high }, camera, distance);
      const found = paintView(pen, view, project, distance, { frame, trail, meta, ink, paper });
      const masked = view.clips.some((clip) => clip.share(frame) === 1), ended = frame > view.clips[0].end;
      const note = masked ? " (masked frame)" : ended ? " (ended)" : "";
      let name = (meta.overlay ? "" : view.clips[0].label) + note;
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
    const away = (p) => Math.hypot(p.x - pointer.x, p.y - pointer.y),
      near = joints.sort((a, b) => away(a) - away(b))[0];
    if (!near || away(near) > 14) return;
    const room = pen.measureText(near.text).width + 10, left = Math.min(near.x + 10, width - room),
      top = Math.max(near.y - 24, 1);
    Object.assign(pen, { fillStyle: paper, strokeStyle: ink, lineWidth: 1 }).beginPath();
    pen.rect(left, top, room, 19), pen.fill(), pen.stroke();
    pen.fillStyle = ink;
    pen.fillText(near.text, left + 5, top + 14);
  }

  // Below the slider, a row for each clip with masked frames: the darker, the more of the frame is masked.
  function paintStrip() {
    const rows = scene.clips.filter((clip) => clip.masked > 1), brush = strip.getContext("2d"),
      { frames } = scene.meta;
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

  function go(wanted) {
    const { frames, fps } = scene.meta, t = clamp(wanted, 0, frames - 1), seconds = (t / fps).toFixed(2);
    if (t !== Math.floor(position)) position = t;
    frame = t;
    slider.value = t;
    slider.setAttribute("aria-valuetext", `frame ${t} of ${frames}, ${seconds} seconds`);
    const number = String(t).padStart(String(frames).length, "\u2007");
    readout.textContent = `frame ${number} / ${frames} · ${seconds} s`;
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
    // Else nobody could scroll a page past the player.
    if (document.activeElement !== stage && !event.ctrlKey) return;
    event.preventDefault();
    look(0, 0, Math.exp(-event.deltaY / 500));
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || ["Tab", "Escape"].includes(event.key)) return;
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
  stage.onpointerdown = (event) => {
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
  };
  stage.onpointermove = stage.onpointerleave = point;
  stage.addEventListener("wheel", wheel, { passive: false });
  root.onkeydown = press;

  // Several traits, one load.
  const changed = () => (loading ||= requestAnimationFrame(() => ((loading = 0), load())));
  const moved = () => model.get("frame") !== frame && !loading && go(model.get("frame"));
  const events = { "change:frame": moved };
  for (const name of ["poses", "values", "masked", "meta"]) events[`change:${name}`] = changed;
  for (const event in events) model.on(event, events[event]);
  const themed = () => (paintStrip(), redraw());
  const dark = matchMedia("(prefers-color-scheme: dark)"), themes = new MutationObserver(themed),
    sizes = new ResizeObserver(redraw);
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
  reconnect(model);
}

export default { initialize, render };
