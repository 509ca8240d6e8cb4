// One view: the floor, shadows, past poses, and bodies from far to near.
//
// A shot is a view of one frame and what it is painted with:
// {pen, project, view, frame, trail, meta, ink, paper}.

// Paints a shot and returns its joints on the canvas: {x, y, text}.
function paintView(shot) {
  paintFloor(shot);
  const figures = shot.view.clips.flatMap((clip) => {
    if (shot.trail) paintTrail(shot, clip);
    const now = pose(shot, clip, 0);
    for (const figure of now) paintShadow(shot, figure);
    return now;
  });
  const parts = figures.flatMap((figure) => bodyParts(shot, figure));
  parts.sort((a, b) => b[0] - a[0]).forEach(([, paint]) => paint());
  Object.assign(shot.pen, { globalAlpha: 1 }).setLineDash([]);
  return figures.flatMap((figure) => jointTexts(shot, figure));
}

// The bodies of a clip some frames ago, with their joints on the canvas and the colours of their sides.
function pose({ project, frame, ink }, clip, ago) {
  return clip.bodies[frame - ago].map(({ body, m, t }) => {
    const points = clip.joints.map((_, j) => project(...body.subarray(3 * j, 3 * j + 3)));
    const colours = clip.colours[m % clip.colours.length].map((colour) => colour || ink);
    return { clip, body, m, t, points, colours };
  });
}

function paintFloor({ pen, project, ink, view: { low, high, step } }) {
  const [x0, z0] = [0, 2].map((i) => Math.floor(low[i] / step - 0.3)),
    [x1, z1] = [0, 2].map((i) => Math.ceil(high[i] / step + 0.3));
  const corner = (x, z) => project(x * step, low[1], z * step);
  for (let x = x0; x <= x1; x++)
    for (let z = z0; z <= z1; z++) {
      const here = corner(x, z), look = { width: 1, colour: ink, opacity: 0.3 - 0.2 * here.far };
      if (x < x1) paintLine(pen, here, corner(x + 1, z), look);
      if (z < z1) paintLine(pen, here, corner(x, z + 1), look);
    }
}

// The last six tenths of a second, the older the fainter.
function paintTrail(shot, clip) {
  const { frame, meta, pen } = shot, every = Math.max(1, Math.round(meta.fps / 10));
  for (let k = Math.min(6, Math.floor(frame / every)); k > 0; k--)
    for (const { points, colours } of pose(shot, clip, k * every))
      for (const [a, b] of clip.bones) {
        const look = { width: 1.5, colour: colours[clip.side[b]], opacity: 0.4 * (1 - k / 7) };
        paintLine(pen, points[a], points[b], look);
      }
}

function paintShadow({ pen, project, ink, view: { low, unit } }, { clip, body }) {
  for (const bone of clip.bones) {
    const [p, q] = bone.map((j) => project(body[3 * j], low[1], body[3 * j + 2]));
    paintLine(pen, p, q, { width: 0.05 * unit * p.scale, colour: ink, opacity: 0.06 });
  }
}

// The joints' names on the canvas, with their values.
function jointTexts({ meta }, { clip, t, m, points }) {
  return points.map(({ x, y }, j) => {
    const value = clip.value ? ` ${clip.value(t, m, j).toPrecision(3)} ${meta.scale.units}` : "";
    return { x, y, text: clip.joints[j] + value + (clip.hidden(t, j) ? " (masked)" : "") };
  });
}
