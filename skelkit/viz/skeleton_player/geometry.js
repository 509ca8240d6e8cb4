// Sizes of bodies, and the side to look at them from.

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

// The box around all bodies in all frames, their radius at each height, and their size relative to a person
// of 1.7 m.
function extent(clips) {
  const bodies = clips.flatMap((clip) => clip.bodies.flat().map(({ body }) => body));
  const { low, high, tall } = bounds(bodies), centre = low.map((x, i) => (x + high[i]) / 2);
  const unit = (tall || 1.7) / 1.7, cell = 0.1 * unit, reach = radii([low, high, ...bodies], centre, cell);
  // Of the floor: 1 m, unless vast.
  const step = 10 ** Math.max(0, Math.ceil(Math.log10((high[0] - low[0] + high[2] - low[2]) / 40)));
  const radius = Math.max(cell, ...reach.values());
  const profile = [...reach].map(([y, r]) => [y * cell, r + cell / 2]);
  return { clips, low, high, centre, unit, step, radius, reach: profile };
}

// The lowest and highest coordinates, and the height of the tallest body.
function bounds(bodies) {
  const low = [-1, 0, -1], high = [1, 1.7, 1];
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
  return { low, high, tall };
}

// The largest distance from the vertical through the centre, in cells of height.
function radii(bodies, centre, cell) {
  const reach = new Map();
  for (const body of bodies)
    for (let i = 0; i < body.length; i += 3) {
      const y = Math.round((body[i + 1] - centre[1]) / cell),
        r = body.length > 3 ? Math.hypot(body[i] - centre[0], body[i + 2] - centre[2]) : 0;
      reach.set(y, Math.max(reach.get(y) || 0, r));
    }
  return reach;
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
