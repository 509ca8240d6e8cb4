// A body as parts, which are painted from far to near. A part is [depth, how to paint it].

function bodyParts(shot, figure) {
  const { clip } = figure, nearer = 0.15 * shot.view.unit * clip.layer;
  const parts = [boneParts, headParts, jointParts].flatMap((partsOf) => partsOf(shot, figure));
  return parts.map(([depth, paint]) => [depth - nearer, paint]);
}

const opacityAt = (p) => 1 - 0.4 * p.far;

const boneWidth = ({ view }, { thick }, p) =>
  Math.max(1.4, 0.034 * view.unit * p.scale * thick * (1.25 - 0.5 * p.far));

function boneParts(shot, { clip, t, points, colours }) {
  const { pen, meta, ink, paper } = shot, fade = clip.value && !meta.overlay ? 0.7 : 1;
  return clip.bones.map(([a, b]) => {
    const p = points[a], q = points[b], width = boneWidth(shot, clip, q);
    const colour = colours[clip.side[b]], opacity = clip.layer ? 1 : opacityAt(q) * fade;
    const masked = clip.hidden(t, a) || clip.hidden(t, b);
    const paint = () => {
      if (masked) return paintLine(pen, p, q, { width: 1.2, colour: ink, opacity: 0.5, dash: DASHES });
      if (!clip.layer) paintLine(pen, p, q, { width: width + 3, colour: paper, lineCap: "butt" });
      paintLine(pen, p, q, { width, colour, opacity });
    };
    return [(p.depth + q.depth) / 2, paint];
  });
}

// A circle, and two eyes that show where the body looks.
function headParts(shot, { clip, t, body, colours }) {
  const { head, layer } = clip, { pen, project, ink, paper, view: { unit } } = shot, r = 0.105 * unit;
  if (!head.length) return [];
  const centre = [0, 1, 2].map((i) => head.reduce((sum, j) => sum + body[3 * j + i], 0) / head.length);
  const p = project(...centre), masked = head.every((j) => clip.hidden(t, j));
  const look = masked
    ? { fill: paper, covers: true, colour: ink, opacity: 0.5, width: 1.2, dash: DASHES }
    : {
      fill: layer ? "transparent" : paper, covers: !layer, colour: colours[0],
      opacity: layer ? 1 : opacityAt(p), width: 0.8 * boneWidth(shot, clip, p)
    };
  const circle = [p.depth, () => paintDisc(pen, p, r * p.scale, look)];
  return masked || clip.value ? [circle] : [circle, ...eyeParts(shot, clip, body, centre, r, colours[0])];
}

function eyeParts({ pen, project, view: { unit } }, clip, body, [x, y, z], r, colour) {
  const [gx, gz] = gaze(body, clip.side), n = r / (Math.hypot(gx, gz) || 1);
  return [-0.4, 0.4].map((s) => {
    const eye = project(x + n * (0.85 * gx - s * gz), y + 0.2 * r, z + n * (0.85 * gz + s * gx));
    const look = { fill: colour, colour, opacity: opacityAt(eye) };
    return [eye.depth, () => paintDisc(pen, eye, 0.014 * unit * eye.scale, look)];
  });
}

// Hollow if masked, coloured by value if there are values; else part of the bones.
function jointParts(shot, { clip, t, m, points, colours }) {
  const { pen, meta, ink, paper, view: { unit } } = shot;
  return points.flatMap((p, j) => {
    const width = boneWidth(shot, clip, p), front = p.depth - 0.15 * unit, colour = colours[clip.side[j]];
    const disc = (depth, r, look) => [[depth, () => paintDisc(pen, p, r, look)]];
    if (clip.hidden(t, j)) {
      const look = { fill: paper, covers: true, colour: ink, opacity: 0.8, width: 1.2 };
      return disc(front, Math.max(2.5, width * 0.8), look);
    }
    if (clip.value) {
      const look = { fill: shade(meta.scale, clip.value(t, m, j)), colour: ink, opacity: 1, width: 0.8 };
      return disc(front, Math.max(4, (width * 1.3) / clip.thick), look);
    }
    if (clip.head.includes(j)) return [];
    return disc(p.depth - 1e-3, width * 0.55, { fill: colour, colour, opacity: opacityAt(p) });
  });
}
