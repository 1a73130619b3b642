// Two fingers zoom and move the map; a second tap at the same place is not a second needle.
(function () {
  "use strict";
  const TWICE_MS = 380, PINCHED_MS = 450;
  const NARROWEST_MM = 20; // the closest view
  const plot = () => document.querySelector("#map .js-plotly-plot");
  let pinch = null, pinchedAt = 0, last = null, drawing = false;

  // `when` is the time of the event itself: a busy page may hear of it late.
  function spent(at, touch, when) {
    const now = when;
    if (pinch || now - pinchedAt < PINCHED_MS) return true;
    const reach = touch ? 26 : 6;
    const twice = last && now - last.time < TWICE_MS
      && Math.hypot(at.clientX - last.x, at.clientY - last.y) < reach;
    last = { x: at.clientX, y: at.clientY, time: now };
    return Boolean(twice);
  }

  function middle(touches) {
    const [a, b] = touches;
    return {
      x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2,
      apart: Math.max(12, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)),
    };
  }

  function start(event) {
    const gd = plot();
    if (event.touches.length !== 2 || !gd || !gd._fullLayout
      || ![...event.touches].every((t) => gd.contains(t.target))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const box = gd.getBoundingClientRect();
    const now = middle(event.touches), at = window.needlemapLayers.frame(gd);
    pinch = {
      apart: now.apart, box,
      x: at.mmX(now.x - box.left), y: at.mmY(now.y - box.top),
      xs: gd._fullLayout.xaxis.range.slice(), ys: gd._fullLayout.yaxis.range.slice(),
    };
  }

  // The place between the fingers stays between them; both axes keep one scale.
  function move(event) {
    if (!pinch) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.touches.length !== 2 || drawing) return;
    const gd = plot(), now = middle(event.touches);
    let factor = pinch.apart / now.apart;
    const wide = Math.abs(pinch.xs[1] - pinch.xs[0]);
    factor = Math.max(factor, NARROWEST_MM / wide);
    const fx = (now.x - pinch.box.left) / pinch.box.width;
    const fy = 1 - (now.y - pinch.box.top) / pinch.box.height;
    const span = (range) => (range[1] - range[0]) * factor;
    const x0 = pinch.x - fx * span(pinch.xs), y0 = pinch.y - fy * span(pinch.ys);
    const xs = [x0, x0 + span(pinch.xs)], ys = [y0, y0 + span(pinch.ys)];
    drawing = true;
    window.requestAnimationFrame(() => {
      drawing = false;
      window.Plotly.relayout(gd, { "xaxis.range": xs, "yaxis.range": ys });
    });
  }

  function end(event) {
    if (!pinch) return;
    pinchedAt = event.timeStamp;
    if (event.touches.length === 0) pinch = null;
    // plotly began a drag with the first finger and must see its end
  }

  for (const [name, listener] of [["touchstart", start], ["touchmove", move],
    ["touchend", end], ["touchcancel", end]]) {
    window.addEventListener(name, listener, { capture: true, passive: false });
  }
  window.needlemapTouch = { spent };
})();
