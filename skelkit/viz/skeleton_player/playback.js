// Which frame is shown: by the slider, by Python, or by playing.

const PLAY = "M3 1l11 7-11 7z", PAUSE = "M3 1h4v14H3zM9 1h4v14H9z";

function go(player, wanted) {
  const { slider, readout } = player.nodes, { frames, fps } = player.scene.meta;
  const t = clamp(wanted, 0, frames - 1), seconds = (t / fps).toFixed(2);
  if (t !== Math.floor(player.position)) player.position = t;
  player.frame = t;
  slider.value = t;
  slider.setAttribute("aria-valuetext", `frame ${t} of ${frames}, ${seconds} seconds`);
  const number = String(t).padStart(String(frames).length, "\u2007");
  readout.textContent = `frame ${number} / ${frames} · ${seconds} s`;
  redraw(player);
}

// Tell Python the frame: at most ten times a second, and in the end always.
function sync(player, now) {
  const { model, frame } = player;
  clearTimeout(player.timer);
  if (model.get("frame") === frame) return;
  if (!now && performance.now() - player.synced < 100) {
    player.timer = setTimeout(sync, 100, player, true);
    return;
  }
  player.synced = performance.now();
  model.set("frame", frame);
  model.save_changes();
}

function setPlaying(player, on) {
  const { play } = player.nodes;
  cancelAnimationFrame(player.playing);
  player.last = 0;
  player.playing = on ? requestAnimationFrame((now) => tick(player, now)) : 0;
  play.title = on ? "Pause" : "Play";
  play.setAttribute("aria-label", play.title);
  play.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${on ? PAUSE : PLAY}"/></svg>`;
  if (!on) sync(player, true);
}

function tick(player, now) {
  const { fps, frames } = player.scene.meta, speed = Number(player.nodes.speed.value);
  const passed = player.last ? Math.min(now - player.last, 250) / 1000 : 0;
  player.position = (player.position + passed * fps * speed) % frames;
  player.last = now;
  player.playing = requestAnimationFrame((next) => tick(player, next));
  const t = Math.floor(player.position);
  if (t !== player.frame) go(player, t), sync(player, false);
}
