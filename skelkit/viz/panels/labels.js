// Names for the handles of sliders, which ipywidgets leaves without: screen readers then say which one it is.

function name(box) {
  for (const slider of box.querySelectorAll(".widget-slider")) {
    const label = slider.querySelector(".widget-label"), handle = slider.querySelector(".noUi-handle");
    if (label && handle && !handle.hasAttribute("aria-label")) {
      handle.setAttribute("aria-label", label.textContent);
    }
  }
}

function render({ el }) {
  el.style.display = "none";
  let watcher = null;
  const start = requestAnimationFrame(() => {
    const box = el.closest(".widget-vbox") || document.body;
    watcher = new MutationObserver(() => name(box));
    watcher.observe(box, { childList: true, subtree: true });
    name(box);
  });
  return () => {
    cancelAnimationFrame(start);
    watcher?.disconnect();
  };
}

export default { render };
