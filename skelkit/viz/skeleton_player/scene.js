// What the player shows: the model's buffers as bodies, in clips, in views.
//
// The model holds `poses` (float32, clip after clip, each [frames][persons][joints][3], metres, y up),
// `values` (float32, each [1 or frames][1 or persons][joints]), `masked` (uint8, each [1 or frames][joints]),
// `meta` (their shapes, names and colours) and `frame`.

function readScene(model) {
  const meta = model.get("meta");
  const buffers = {
    poses: reader(model.get("poses"), Float32Array),
    values: reader(model.get("values"), Float32Array),
    masked: reader(model.get("masked"), Uint8Array),
  };
  const clips = meta.clips.map((about, i) => readClip(meta, about, i, buffers));
  const views = (meta.overlay ? [clips] : clips.map((clip) => [clip])).map(extent);
  for (const view of views) view.yaw = front(meta.stretch ? clips[0] : view.clips[0]);
  return { meta, clips, views };
}

// Reads the next numbers of a buffer.
function reader(data, Type) {
  const bytes = data?.byteLength ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : 0;
  const all = new Type(bytes); // a copy, because it must be aligned
  let from = 0;
  return (count) => all.subarray(from, (from += count));
}

function readClip(meta, about, i, { poses, values, masked }) {
  const clip = { ...about, ...meta.skeletons[about.skeleton] }, size = clip.joints.length;
  const [vt, vm] = clip.values, mt = clip.masked;
  const value = values(vt * vm * size), mask = masked(mt * size);
  clip.bodies = Array.from({ length: meta.frames }, (_, t) => {
    const all = Array.from({ length: clip.persons }, (_, m) => ({ body: poses(size * 3), m, t }));
    // The persons present.
    return all.filter(({ body }) => body.some((x) => x !== 0));
  });
  clip.value = vt ? (t, m, j) => value[((t % vt) * vm + (m % vm)) * size + j] : null;
  clip.hidden = (t, j) => mt > 0 && mask[(t % mt) * size + j] > 0;
  clip.share = (t) => clip.joints.filter((_, j) => clip.hidden(t, j)).length / size;
  clip.layer = meta.overlay ? i : 0;
  // The others run inside the first.
  clip.thick = meta.overlay && meta.clips.length > 1 ? (i ? 0.6 : 1.6) : 1;
  return clip;
}
