// Plotly's renderer for JupyterLab and Voilà draws an output once and ignores `update_display`. So this asks
// the same renderer for its Plotly, and redraws in place. Other front ends have no such renderer, and follow
// `update_display`.

async function redraw(figure) {
  const module = await window._JUPYTERLAB?.["jupyterlab-plotly"]?.get("./mimeExtension");
  const plotly = module?.().RenderedPlotly?.Plotly;
  for (const node of plotly ? document.querySelectorAll(".js-plotly-plot") : []) {
    if (!figure.layout.meta.chart || node.layout?.meta?.chart !== figure.layout.meta.chart) continue;
    const { width, height } = node.layout;
    await plotly.react(node, figure.data, { width, height, ...figure.layout }, figure.config);
  }
}

function initialize({ model }) {
  model.on("change:figure", () => redraw(model.get("figure")));
  reconnect(model);
}

export default { initialize };
