// What mouse, touch and keyboard do.

function listen(player) {
  const { root, stage, play, slider, trailing, reset } = player.nodes;
  play.onclick = () => setPlaying(player, !player.playing);
  slider.oninput = () => (go(player, Number(slider.value)), sync(player, false));
  slider.onchange = () => sync(player, true);
  trailing.onclick = () => {
    trailing.setAttribute("aria-pressed", (player.trail = !player.trail));
    redraw(player);
  };
  reset.onclick = stage.ondblclick = () => resetView(player);
  stage.onpointerdown = (event) => {
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
  };
  stage.onpointermove = stage.onpointerleave = (event) => point(player, event);
  stage.addEventListener("wheel", (event) => wheel(player, event), { passive: false });
  root.onkeydown = (event) => press(player, event);
}

function look(player, ...angles) {
  turn(player.camera, ...angles);
  redraw(player);
}

function resetView(player) {
  player.camera = firstCamera();
  redraw(player);
}

function wheel(player, event) {
  // Else nobody could scroll a page past the player.
  if (document.activeElement !== player.nodes.stage && !event.ctrlKey) return;
  event.preventDefault();
  look(player, 0, 0, Math.exp(-event.deltaY / 500));
}

function press(player, event) {
  const { key, target } = event, { stage, slider } = player.nodes;
  if (event.ctrlKey || event.metaKey || event.altKey || ["Tab", "Escape"].includes(key)) return;
  event.stopPropagation(); // JupyterLab takes arrows for itself, and letters as commands on cells
  const looks = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  Object.assign(looks, { "+": [0, 0, 1.15], "=": [0, 0, 1.15], "-": [0, 0, 0.87] });
  if (target === stage && looks[key]) look(player, ...looks[key]);
  else if (target === stage && key === "Home") resetView(player);
  else if (key === " " && (target === stage || target === slider)) setPlaying(player, !player.playing);
  else return;
  event.preventDefault();
}

function point(player, event) {
  const over = !event.buttons && event.type !== "pointerleave";
  player.pointer = over ? { x: event.offsetX, y: event.offsetY } : null;
  if (event.buttons) turn(player.camera, event.movementX / 120, event.movementY / 120);
  redraw(player);
}
