// The camera: its distance, its projection onto the canvas, and turning it.

const LENS = 1 / Math.tan(Math.PI / 10); // the view is 36 degrees high
const PITCH = 0.2; // radians that the camera looks down at first

const firstCamera = () => ({ turned: 0, pitch: PITCH, zoom: 1 });

function turn(camera, yaw, pitch, zoom = 1) {
  camera.turned -= yaw;
  camera.pitch = clamp(camera.pitch + pitch, -0.1, 1.5);
  camera.zoom = clamp(camera.zoom * zoom, 0.3, 6);
}

// The camera's distance from which every body stays in view, however the camera is turned about the vertical.
function fit(views, width, height) {
  const sin = Math.sin(PITCH), cos = Math.cos(PITCH);
  const needs = ([y, r]) => [
    y * sin + (LENS * height * r) / width,
    ...[r, -r].map((near) => near * cos + y * sin + LENS * Math.abs(y * cos - near * sin)),
  ];
  return 1.05 * Math.max(...views.flatMap((view) => view.reach.flatMap(needs)));
}

// Points in space as points on the canvas: {x, y, depth, pixels per metre, `far` from 0 to 1 inside the
// bodies' radius, too `close` to draw}.
function projector({ centre, yaw, radius }, box, { turned, pitch }, distance) {
  const [sy, cy, sp, cp] = [yaw + turned, pitch].flatMap((angle) => [Math.sin(angle), Math.cos(angle)]);
  return (px, py, pz) => {
    const x = px - centre[0], y = py - centre[1], z = pz - centre[2];
    const depth = distance - (x * sy * cp + y * sp + z * cy * cp), close = depth < distance / 50,
      scale = (LENS * box.high) / 2 / Math.max(depth, distance / 50),
      far = clamp((depth - distance + radius) / (2 * radius), 0, 1);
    const right = x * cy - z * sy, up = y * cp - (x * sy + z * cy) * sp;
    return { depth, scale, far, close, x: box.x + right * scale, y: box.y - up * scale };
  };
}
