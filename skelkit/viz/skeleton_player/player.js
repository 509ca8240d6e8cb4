// A 3-D skeleton player on a 2-D canvas, for anywidget and for plain pages. Needs the other files before it.

function render({ model, el }) {
  const player = {
    model, nodes: makeControls(), scene: null, camera: firstCamera(), trail: false, pointer: null,
    frame: 0, position: 0, // the frame and, while playing, a fraction
    playing: 0, drawing: 0, loading: 0, timer: 0, // requests of the browser, 0 if there is none
    last: 0, synced: 0, draws: 0
  };
  el.append(player.nodes.root);
  listen(player);
  const unfollow = [followModel(player), followPage(player)];
  load(player);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  setPlaying(player, player.scene.meta.autoplay && !still);
  return () => {
    [player.playing, player.drawing, player.loading].forEach(cancelAnimationFrame);
    clearTimeout(player.timer);
    unfollow.forEach((stop) => stop());
    player.nodes.root.remove();
  };
}

function load(player) {
  const { model, nodes } = player, first = !player.scene, scene = readScene(model), { meta } = scene;
  player.scene = scene;
  if (first) {
    nodes.speed.value = meta.speed;
    player.trail = meta.trail;
  }
  nodes.title.textContent = meta.title;
  nodes.title.hidden = !meta.title;
  nodes.root.setAttribute("aria-label", meta.title || "Skeleton player");
  nodes.stage.setAttribute("aria-label", meta.alt);
  nodes.trailing.setAttribute("aria-pressed", player.trail);
  nodes.slider.max = meta.frames - 1;
  nodes.key.replaceChildren(...legend(scene));
  go(player, model.get("frame"));
  paintStrip(nodes, scene);
}

// Follows the traits until the function returned is called. Several traits, one load.
function followModel(player) {
  const { model } = player;
  const changed = () => {
    player.loading ||= requestAnimationFrame(() => {
      player.loading = 0;
      load(player);
    });
  };
  const moved = () => {
    if (model.get("frame") !== player.frame && !player.loading) go(player, model.get("frame"));
  };
  const events = { "change:frame": moved };
  for (const name of ["poses", "values", "masked", "meta"]) events[`change:${name}`] = changed;
  for (const event in events) model.on(event, events[event]);
  return () => {
    for (const event in events) model.off(event, events[event]);
  };
}

// Follows theme and width of the page until the function returned is called.
function followPage(player) {
  const themed = () => (paintStrip(player.nodes, player.scene), redraw(player));
  const dark = matchMedia("(prefers-color-scheme: dark)"), themes = new MutationObserver(themed),
    sizes = new ResizeObserver(() => redraw(player));
  dark.addEventListener("change", themed);
  themes.observe(document.body, { attributes: true });
  sizes.observe(player.nodes.root);
  return () => {
    dark.removeEventListener("change", themed);
    themes.disconnect();
    sizes.disconnect();
  };
}

function initialize({ model }) {
  reconnect(model);
}

export default { initialize, render };
