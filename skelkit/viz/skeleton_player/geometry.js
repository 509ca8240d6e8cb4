// What the player shows: the model's buffers as bodies, their size, and the side to look at them from.
//
// The model holds `poses` (float32, clip after clip, each [frames][persons][joints][3], metres, y up),
// `values` (float32, each [1 or frames][1 or persons][joints]), `masked` (uint8, each [1 or frames][joints]),
// `meta` (their shapes, names and colours) and `frame`.

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  node.append(...children);
  return node;
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

function readScene(model) {
  const meta = model.get("meta"), { frames } = meta;
  const reader = (name, Type) => {
    const view = model.get(name),
      bytes = view?.byteLength ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : 0;
    const all = new Type(bytes); // a copy, because it must be aligned
    let from = 0;
    return (count) => all.subarray(from, (from += count));
  };
  const poses = reader("poses", Float32Array), values = reader("values", Float32Array),
    masks = reader("masked", Uint8Array);
  const clips = meta.clips.map((about, i) => {
    const clip = { ...about, ...meta.skeletons[about.skeleton], bodies: [] }, size = clip.joints.length;
    const [vt, vm] = clip.values, mt = clip.masked;
    for (let t = 0; t < frames; t++) {
      const all = Array.from({ length: clip.persons }, () => poses(size * 3));
      // The persons present.
      const persons = all.map((body, m) => ({ body, m, t }));
      clip.bodies.push(persons.filter(({ body }) => body.some((x) => x !== 0)));
    }
    const value = values(vt * vm * size), mask = masks(mt * size);
    clip.value = vt ? (t, m, j) => value[((t % vt) * vm + (m % vm)) * size + j] : null;
    clip.hidden = (t, j) => mt > 0 && mask[(t % mt) * size + j] > 0;
    clip.share = (t) => clip.joints.filter((_, j) => clip.hidden(t, j)).length / size;
    clip.layer = meta.overlay ? i : 0;
    // The others run inside the first.
    clip.thick = meta.overlay && meta.clips.length > 1 ? (i ? 0.6 : 1.6) : 1;
    return clip;
  });
  const views = (meta.overlay ? [clips] : clips.map((clip) => [clip])).map(extent);
  for (const view of views) view.yaw = front(meta.stretch ? clips[0] : view.clips[0]);
  return { meta, clips, views };
}

// The box around all bodies in all frames, their radius at each height, and their size relative to a person
// of 1.7 m.
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
      const y = Math.round((body[i + 1] - centre[1]) / cell),
        r = body.length > 3 ? Math.hypot(body[i] - centre[0], body[i + 2] - centre[2]) : 0;
      reach.set(y, Math.max(reach.get(y) || 0, r));
    }
  // Of the floor: 1 m, unless vast.
  const step = 10 ** Math.max(0, Math.ceil(Math.log10((high[0] - low[0] + high[2] - low[2]) / 40)));
  const radius = Math.max(cell, ...reach.values());
  const profile = [...reach].map(([y, r]) => [y * cell, r + cell / 2]);
  return { clips, low, high, centre, unit, step, radius, reach: profile };
}

// The direction a body faces, from its left and right joints: (x, z), not normalised.
function gaze(body, side) {
  let x = 0, z = 0;
  side.forEach((s, j) => {
    x += [0, -1, 1][s] * body[3 * j + 2];
    z -= [0, -1, 1][s] * body[3 * j];
  });
  return [x, z];
}

// The direction to look at a clip from: one person from the front, two from the side, so that neither hides
// the other.
function front(clip) {
  let lookX = 0, lookZ = 0, apartX = 0, apartZ = 0;
  for (const [first, ...others] of clip.bodies.filter((all) => all.length))
    for (const { body } of [first, ...others]) {
      const [x, z] = gaze(body, clip.side);
      [lookX, lookZ] = [lookX + x, lookZ + z];
      [apartX, apartZ] = [apartX + body[0] - first.body[0], apartZ + body[2] - first.body[2]];
    }
  if (Math.hypot(apartX, apartZ) === 0) return Math.atan2(lookX, lookZ) + 0.4;
  const side = lookX * apartZ - lookZ * apartX < 0 ? -1 : 1;
  return Math.atan2(side * apartZ, -side * apartX) + 0.2;
}
