// Lines and discs on a canvas, at projected points. The fill of a disc that `covers` hides what is behind it.

const DASHES = [3, 4];

function paintLine(pen, p, q, { width, colour, opacity = 1, dash = [], lineCap = "round" }) {
  if (p.close || q.close) return;
  const look = { lineWidth: width, strokeStyle: colour, globalAlpha: opacity, lineCap };
  Object.assign(pen, look).setLineDash(dash);
  pen.beginPath(), pen.moveTo(p.x, p.y), pen.lineTo(q.x, q.y), pen.stroke();
}

function paintDisc(pen, p, r, { fill, colour, opacity, covers, width = 1, dash = [] }) {
  const look = { lineWidth: width, fillStyle: fill, strokeStyle: colour, globalAlpha: covers ? 1 : opacity };
  Object.assign(pen, look).setLineDash(dash);
  pen.beginPath(), pen.arc(p.x, p.y, r, 0, 7), pen.fill();
  pen.globalAlpha = opacity;
  pen.stroke();
}
