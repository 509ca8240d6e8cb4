// Drawing on a 2-D canvas: the camera, bodies with their shadows, colour scale and legend.

const LENS = 1 / Math.tan(Math.PI / 10); // the view is 36 degrees high
const PITCH = 0.2; // radians that the camera looks down at first

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
    const depth = distance - (x * sy * cp + y * sp + z * cy * cp),
      scale = (LENS * box.high) / 2 / Math.max(depth, distance / 50);
    const right = x * cy - z * sy, up = y * cp - (x * sy + z * cy) * sp;
    return { depth, scale, x: box.x + right * scale, y: box.y - up * scale };
  };
}

// Paints one view and returns its joints on the screen: {x, y, text}.
function paintView(pen, view, project, distance, { frame, trail, meta, ink, paper }) {
  // Things: [depth, how to paint it].
  const { unit, radius, step, low, high } = view, floor = low[1], joints = [], things = [];
  const far = (p) => clamp((p.depth - distance + radius) / (2 * radius), 0, 1),
    alpha = (p) => 1 - 0.4 * far(p);
  const line = (p, q, width, colour, opacity, dash = [], lineCap = "round") => {
    if (Math.min(p.depth, q.depth) < distance / 50) return;
    const look = { lineWidth: width, strokeStyle: colour, globalAlpha: opacity, lineCap };
    Object.assign(pen, look).setLineDash(dash);
    pen.beginPath(), pen.moveTo(p.x, p.y), pen.lineTo(q.x, q.y), pen.stroke();
  };
  const disc = (p, r, fill, edge, opacity, width = 1, dash = []) => {
    const look = { lineWidth: width, fillStyle: fill, strokeStyle: edge };
    look.globalAlpha = fill === paper ? 1 : opacity;
    Object.assign(pen, look).setLineDash(dash);
    pen.beginPath(), pen.arc(p.x, p.y, r, 0, 7), pen.fill();
    pen.globalAlpha = opacity;
    pen.stroke();
  };

  const [x0, z0] = [0, 2].map((i) => Math.floor(low[i] / step - 0.3)),
    [x1, z1] = [0, 2].map((i) => Math.ceil(high[i] / step + 0.3));
  for (let x = x0; x <= x1; x++)
    for (let z = z0; z <= z1; z++) {
      const here = project(x * step, floor, z * step);
      if (x < x1) line(here, project((x + 1) * step, floor, z * step), 1, ink, 0.3 - 0.2 * far(here));
      if (z < z1) line(here, project(x * step, floor, (z + 1) * step), 1, ink, 0.3 - 0.2 * far(here));
    }

  for (const clip of view.clips) {
    const every = Math.max(1, Math.round(meta.fps / 10)),
      past = trail ? Math.min(6, Math.floor(frame / every)) : 0;
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
      const p = points[a], q = points[b],
        opacity = clip.layer ? 1 : alpha(q) * (value && !meta.overlay ? 0.7 : 1);
      add((p.depth + q.depth) / 2, () => {
        if (clip.hidden(t, a) || clip.hidden(t, b)) return line(p, q, 1.2, ink, 0.5, [3, 4]);
        if (!clip.layer) line(p, q, width(q) + 3, paper, 1, [], "butt");
        line(p, q, width(q), colours[side[b]], opacity);
      });
    }
    if (head.length) {
      const [x, y, z] = [0, 1, 2].map((i) => head.reduce((sum, j) => sum + body[3 * j + i], 0) / head.length),
        r = 0.105 * unit;
      const [gx, gz] = gaze(body, side), n = r / (Math.hypot(gx, gz) || 1), p = project(x, y, z),
        hidden = head.every((j) => clip.hidden(t, j));
      const fill = clip.layer ? "transparent" : paper;
      if (hidden) add(p.depth, () => disc(p, r * p.scale, paper, ink, 0.5, 1.2, [3, 4]));
      else {
        add(p.depth, () => disc(p, r * p.scale, fill, colours[0], clip.layer ? 1 : alpha(p), 0.8 * width(p)));
      }
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
      else if (value) {
        const size = Math.max(4, (width(p) * 1.3) / thick);
        add(front, () => disc(p, size, shade(meta.scale, number), ink, 1, 0.8));
      } else if (!head.includes(j)) {
        const colour = colours[side[j]];
        add(p.depth - 1e-3, () => disc(p, width(p) * 0.55, colour, colour, alpha(p)));
      }
    });
  }
  things.sort((a, b) => b[0] - a[0]).forEach(([, paint]) => paint());
  Object.assign(pen, { globalAlpha: 1 }).setLineDash([]);
  return joints;
}

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
