// The cross-section: sliders in step with the needle's numbers, and the tip that is dragged.
(function () {
  "use strict";
  const MOST_TILT = 85, SNAP_DEG = 3, PAUSE_MS = 70;
  const frames = {};
  const skip = () => window.dash_clientside.no_update;
  const number = (v) => (typeof v === "number" && Number.isFinite(v) ? v : null);
  let dragged = null;

  function step(depth, tilt, toward, length, slidDepth, slidTilt, drag, top) {
    const context = window.dash_clientside.callback_context;
    const which = new Set(context.triggered.map((t) => t.prop_id));
    const out = [skip(), skip(), skip(), skip(), skip(), skip(), skip(), skip()];
    let deep = number(depth), lean = number(tilt), way = toward;
    const { sent, newer } = window.needlemapEcho;
    const depthNow = which.has("depth.value") ? newer("depth", deep) : null;
    const tiltNow = which.has("tilt.value") ? newer("tilt", lean) : null;
    if (depthNow !== null) { out[0] = deep = depthNow; which.delete("depth.value"); }
    if (tiltNow !== null) { out[1] = lean = tiltNow; which.delete("tilt.value"); }
    if (which.has("section-drag.data") && drag) {
      if (drag.depth !== deep) out[0] = deep = drag.depth;
      if (drag.tilt !== undefined && drag.tilt !== lean) out[1] = lean = drag.tilt;
      if (drag.toward && drag.toward !== way) out[2] = way = drag.toward;
    } else if (which.has("section-depth.value") && !which.has("depth.value")) {
      if (Math.round(Math.min(deep ?? -1, top)) !== slidDepth) out[0] = deep = slidDepth;
    } else if (which.has("section-tilt.value") && !which.has("tilt.value")) {
      if (Math.round(Math.min(lean ?? 0, MOST_TILT)) !== slidTilt) out[1] = lean = slidTilt;
    }
    if (out[0] === deep) sent("depth", deep);
    if (out[1] === lean) sent("tilt", lean);
    const long = number(length);
    const max = long !== null && long > 0 ? Math.min(long, 300) : top;
    const shown = deep === null ? 0 : Math.round(Math.max(0, Math.min(deep, max)));
    const shownTilt = Math.round(Math.max(0, Math.min(lean ?? 0, MOST_TILT)));
    if (shown !== slidDepth) out[3] = shown;
    if (max !== top) out[4] = max;
    if (shownTilt !== slidTilt) out[5] = shownTilt;
    out[6] = deep === null ? __("not given") : __("{depth} mm", { depth: deep });
    out[7] = lean ? `${lean}° ${__(way)}` : "0°";
    return out;
  }

  function want(opened) {
    return opened ? Date.now() : skip();
  }

  function put(stage, x, y) {
    const data = frames[stage.id];
    const grip = stage.querySelector(".section-grip");
    if (!data || !grip) return;
    grip.style.left = `${(100 * x) / data.width}%`;
    grip.style.top = `${(100 * y) / data.height}%`;
  }

  // The grip is laid on the tip of the picture that was drawn last.
  function frame(data, id) {
    const name = id.replace("-grip", "-stage");
    const stage = document.getElementById(name);
    frames[name] = data;
    if (!stage) return skip();
    stage.classList.toggle("section-held", Boolean(data && data.tip));
    if (data && data.tip && dragged !== stage) {
      ghost(stage, null);
      put(stage, data.tip[0], data.tip[1]);
    }
    return data && data.turns
      ? __("Drag the needle's tip: depth and tilt follow")
      : __("Drag the needle's tip: in this plane only its depth follows");
  }

  // While it is dragged a line follows at once; the picture comes a moment later.
  function ghost(stage, tip) {
    let line = stage.querySelector(".section-ghost");
    if (!tip) { if (line) line.remove(); return; }
    const data = frames[stage.id];
    if (!line) {
      const space = "http://www.w3.org/2000/svg";
      line = document.createElementNS(space, "svg");
      line.setAttribute("class", "section-ghost");
      line.append(document.createElementNS(space, "path"));
      stage.insertBefore(line, stage.querySelector(".section-grip"));
    }
    line.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
    line.firstChild.setAttribute("d", `M${data.entry.join(" ")}L${tip.join(" ")}`);
  }

  function plan(stage, event) {
    const data = frames[stage.id];
    const box = stage.querySelector("img").getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * data.width;
    const y = ((event.clientY - box.top) / box.height) * data.height;
    const mm = [(x - data.entry[0]) / data.per_mm, (data.entry[1] - y) / data.per_mm];
    const along = (v) => mm[0] * v[0] + mm[1] * v[1];
    const found = {};
    let way = data.way, deep;
    if (data.turns) {
      const inward = along(data.inward), aside = along(data.lean);
      let tilt = (Math.atan2(Math.abs(aside), inward) * 180) / Math.PI;
      tilt = Math.round(Math.min(MOST_TILT, Math.max(0, tilt)));
      if (tilt <= SNAP_DEG) tilt = 0;
      const sign = aside < 0 ? -1 : 1;
      const rad = (tilt * Math.PI) / 180;
      way = [0, 1].map((k) =>
        Math.cos(rad) * data.inward[k] + sign * Math.sin(rad) * data.lean[k]);
      deep = along(way);
      found.tilt = tilt;
      if (tilt > 0) found.toward = sign > 0 ? data.toward : data.away;
    } else {
      deep = along(way) / Math.max(0.05, way[0] * way[0] + way[1] * way[1]);
    }
    const longest = number(stage.dataset.longest ? Number(stage.dataset.longest) : NaN);
    found.depth = Math.round(Math.min(longest ?? 300, Math.max(0, deep)));
    const tip = [data.entry[0] + found.depth * way[0] * data.per_mm,
      data.entry[1] - found.depth * way[1] * data.per_mm];
    return { found, tip };
  }

  let last = 0, waiting = null;
  function send(found) {
    const now = Date.now();
    window.clearTimeout(waiting);
    const go = () => {
      last = Date.now();
      window.dash_clientside.set_props("section-drag", { data: { ...found, at: last } });
    };
    if (now - last >= PAUSE_MS) go();
    else waiting = window.setTimeout(go, PAUSE_MS - (now - last));
  }

  function length() {
    const field = document.getElementById("length");
    const long = field ? parseFloat(field.value) : NaN;
    return Number.isFinite(long) && long > 0 ? Math.min(long, 300) : 300;
  }

  function down(event) {
    const grip = event.target.closest && event.target.closest(".section-grip");
    const stage = grip && grip.closest(".section-stage");
    if (!stage || !frames[stage.id] || (event.button && event.button !== 0)) return;
    event.preventDefault();
    dragged = stage;
    stage.dataset.longest = length();
    stage.classList.add("section-dragging");
    grip.setPointerCapture(event.pointerId);
  }

  function move(event) {
    if (!dragged) return;
    event.preventDefault();
    const { found, tip } = plan(dragged, event);
    put(dragged, tip[0], tip[1]);
    ghost(dragged, tip);
    send(found);
  }

  function up(event) {
    if (!dragged) return;
    const stage = dragged;
    if (event.type === "pointerup") move(event);
    dragged = null;
    stage.classList.remove("section-dragging");
    // should the plan not have changed, no picture comes to take the line away
    window.setTimeout(() => { if (dragged !== stage) ghost(stage, null); }, 1500);
  }

  document.addEventListener("pointerdown", down);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", up);
  document.addEventListener("pointercancel", up);

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_section = { step, frame, want };

  // Where the enlargement is wider than the window, it begins with the needle in its middle.
  document.addEventListener("load", (event) => {
    const stage = event.target.id === "section-big-picture" && event.target.parentElement;
    if (!stage) return;
    const NEEDLE_AT = 0.39; // of the picture with its labels, from the left
    const view = stage.parentElement;
    if (!view.scrollLeft) view.scrollLeft = stage.clientWidth * NEEDLE_AT - view.clientWidth / 2;
  }, true);
})();
