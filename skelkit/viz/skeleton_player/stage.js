// The canvas of a player: its views in rows and columns, their names, and the name of the joint pointed at.

function redraw(player) {
  player.drawing ||= requestAnimationFrame(() => {
    player.drawing = 0;
    draw(player);
  });
}

function draw(player) {
  const started = performance.now(), { nodes: { root, stage }, scene, frame, trail, pointer } = player,
    { meta, views } = scene, pen = stage.getContext("2d"), width = stage.clientWidth;
  if (!width) return;
  const boxes = arrange(scene, width), { top, w, h, high } = boxes.at(-1);
  clear(pen, width, top + h);
  const { color: ink, backgroundColor: paper, fontFamily } = getComputedStyle(root);
  pen.font = `12px ${fontFamily}`;
  const distance = fit(views, w, high) / player.camera.zoom;
  const joints = views.flatMap((view, k) => {
    const project = projector(view, boxes[k], player.camera, distance);
    return paintBox({ pen, project, view, frame, trail, meta, ink, paper }, boxes[k]);
  });
  if (pointer) paintJointName({ pen, ink, paper }, joints, pointer, width);
  const drawMs = (performance.now() - started).toFixed(2);
  Object.assign(root.dataset, { frame, draws: ++player.draws, drawMs });
}

// The views' boxes, at least 180 pixels wide if there are several; the bodies are around (x, y), and `high`.
function arrange({ meta, views }, width) {
  const count = views.length, rows = Math.ceil(count / clamp(Math.floor(width / 180), 1, count)),
    columns = Math.ceil(count / rows);
  const w = width / columns, h = rows > 1 ? Math.round(0.7 * meta.height) : meta.height, high = h - 24;
  return views.map((_, k) => {
    const left = (k % columns) * w, top = Math.floor(k / columns) * h;
    return { left, top, w, h, high, x: left + w / 2, y: top + 22 + high / 2 };
  });
}

// Clears the canvas, at the resolution of the screen.
function clear(pen, width, height) {
  const dots = devicePixelRatio, stage = pen.canvas,
    size = { width: Math.round(width * dots), height: Math.round(height * dots) };
  if (stage.width !== size.width || stage.height !== size.height) {
    Object.assign(stage, size).style.height = `${height}px`;
  }
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.clearRect(0, 0, width, height);
}

// Paints a view with its name into its box and returns its joints on the canvas.
function paintBox(shot, { left, top, w, h }) {
  const { pen, ink } = shot;
  pen.save(), pen.beginPath(), pen.rect(left, top, w, h), pen.clip();
  const joints = paintView(shot);
  pen.fillStyle = ink;
  pen.fillText(viewName(shot, w - 12), left + 6, top + 14);
  pen.restore();
  return joints;
}

// The label of a view, cut where there is no room.
function viewName({ pen, view: { clips }, frame, meta }, room) {
  const masked = clips.some((clip) => clip.share(frame) === 1), ended = frame > clips[0].end;
  const note = masked ? " (masked frame)" : ended ? " (ended)" : "";
  let name = (meta.overlay ? "" : clips[0].label) + note;
  while (name.length > 2 && pen.measureText(name).width > room) name = name.slice(0, -2) + "…";
  return name;
}

// The name of the joint under the pointer.
function paintJointName({ pen, ink, paper }, joints, pointer, width) {
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
