// The 3D body in the browser: switch, standard views, light, sides, names under the cursor.
(function () {
  "use strict";
  const SKIN = 0, BONES = 1, THROUGH = [6, 7, 8, 10, 11, 14, 15, 17, 18]; // as in viewer/body3d/traces.py
  const OPACITY = { solid: 1, glass: 0.3 };
  const skip = () => window.dash_clientside.no_update;
  const plot = () => document.querySelector("#body3d .js-plotly-plot");
  const NO_WEBGL = __("This browser cannot show the 3D body (no WebGL). The flat map shows the same place.");

  const MARK_FLAT = __("Areas are marked on the flat map. The needle stays where it is.");

  function hasWebGL() {
    try {
      const canvas = document.createElement("canvas");
      const gl = canvas.getContext("webgl2") || canvas.getContext("webgl");
      if (!gl) return false;
      const info = gl.getExtension("WEBGL_debug_renderer_info");
      const by = info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
      // drawn by the processor alone, four times the pixels would be four times the wait
      sharp = /swiftshader|llvmpipe|software/i.test(by) ? 1 : 2;
      const lose = gl.getExtension("WEBGL_lose_context");
      if (lose) lose.loseContext();
      return true;
    } catch (error) {
      return false;
    }
  }

  let able = null, sharp = 1, fetched = null;

  // The code that draws comes when the 3D body is opened for the first time; without the
  // small Plotly the graph asks for the whole one itself.
  function fetchPlotly() {
    const named = document.querySelector("meta[name=needlemap-plotly]");
    fetched = fetched || new Promise((done) => {
      if (!named || window.Plotly) { done(); return; }
      const script = document.createElement("script");
      script.src = named.content;
      script.onload = script.onerror = done;
      document.head.append(script);
    });
    return fetched;
  }

  // It is on its way when the pointer reaches the switch: a hand is slower than a disk.
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const at = event.target.closest && event.target.closest(".mode-switch");
      if (at && !at.querySelector("input[value='3d']:checked")) fetchPlotly();
    });
  }

  function mode(value) {
    const on = value === "3d";
    if (on && able === null) able = hasWebGL();
    if (on && !able) return ["map-column", false, "map", NO_WEBGL];
    if (on) fetchPlotly().then(() => window.dash_clientside.set_props("body3d-mount", { value: "3d" }));
    return [on ? "map-column three" : "map-column", on, skip(), skip()];
  }

  function sharpen(on, config) {
    return on && config.plotGlPixelRatio !== sharp
      ? { ...config, plotGlPixelRatio: sharp } : skip();
  }

  // The scene is drawn anew in the other colours when the system turns dark or light.
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");
  darkness.addEventListener("change", () => {
    if (document.getElementById("body3d")) {
      window.dash_clientside.set_props("body3d-night", { data: darkness.matches });
    }
  });

  function ask(on, view, layers, asked) {
    if (!on) return skip();
    const { site, needle, patient } = asked || {};
    return { view, layers, night: darkness.matches, site: site || null, needle: needle || {}, patient: patient || {} };
  }

  function look(skin, layers, figure) {
    if (!figure || !figure.data) return skip();
    const patch = new window.dash_clientside.Patch();
    patch.assign(["data", SKIN, "visible"], skin !== "off");
    if (skin !== "off") patch.assign(["data", SKIN, "opacity"], OPACITY[skin]);
    patch.assign(["data", BONES, "visible"], layers.includes("skeleton"));
    return patch.build();
  }

  let turns = 0;
  function view(clicks, figure) {
    const at = window.dash_clientside.callback_context.triggered_id;
    const views = figure && figure.layout && figure.layout.meta && figure.layout.meta.views;
    if (!at || !views || !views[at.view]) return skip();
    const patch = new window.dash_clientside.Patch();
    patch.assign(["layout", "scene", "camera"],
      { ...views[at.view], projection: { type: "perspective" } });
    // another revision makes the scene take this camera instead of the user's own
    patch.assign(["layout", "scene", "uirevision"], "view " + (turns += 1));
    return patch.build();
  }

  // What lies at the edges of the picture: the patient's sides, or front and back.
  function sides(camera) {
    const { eye, center, up } = camera;
    const f = ["x", "y", "z"].map((k) => center[k] - eye[k]);
    const u = [up.x, up.y, up.z];
    const right = [f[1] * u[2] - f[2] * u[1], f[2] * u[0] - f[0] * u[2], f[0] * u[1] - f[1] * u[0]];
    const size = Math.hypot(...right) || 1;
    const across = right[0] / size, deep = right[1] / size;
    if (Math.abs(across) >= Math.abs(deep)) return across > 0 ? [__("R"), __("L")] : [__("L"), __("R")];
    return deep > 0 ? [__("front"), __("back")] : [__("back"), __("front")];
  }

  function write(camera) {
    const words = sides(camera);
    ["body3d-at-left", "body3d-at-right"].forEach((id, k) => {
      const slot = document.getElementById(id);
      if (!slot || slot.textContent === words[k]) return;
      slot.textContent = words[k];
      slot.className = words[k].length > 1 ? "edge small" : "edge";
    });
  }

  const times = (m, v) => [0, 1, 2, 3].map(
    (row) => m[row] * v[0] + m[4 + row] * v[1] + m[8 + row] * v[2] + m[12 + row] * v[3]);

  // Plotly lights a scene from the side of the picture. Here the light stands far behind
  // the eye, above it, so that what is looked at is never in the dark. Plotly
  // takes the place as it would be drawn, and undoes its own stretching of the axes.
  function light(scene, camera) {
    const { eye, center } = camera;
    const b = ["x", "y", "z"].map((k) => eye[k] - center[k]);
    const size = Math.hypot(...b) || 1;
    const back = b.map((v) => v / size);
    const flat = Math.hypot(back[0], back[1]) || 1;
    const right = [-back[1] / flat, back[0] / flat, 0];
    const up = [-back[2] * right[1], back[2] * right[0], back[0] * right[1] - back[1] * right[0]];
    const { view, projection, model } = scene.glplot.cameraParams;
    const far = back.map((v, k) => 100 * model[5 * k] * (v + 0.2 * right[k] + 0.5 * up[k]));
    const drawn = times(projection, times(view, [...far, 1]));
    const at = [0, 1, 2].map((k) => drawn[k] / drawn[3]);
    if (!at.every(Number.isFinite)) return;
    for (const trace of Object.values(scene.traces)) {
      if (trace.mesh) trace.mesh.lightPosition = at;
    }
  }

  // Through glass skin the needle's line and its marks are seen behind bone too.
  function seen(scene, trace) {
    if (!trace.data || !THROUGH.includes(trace.data.index)) return;
    const solid = () => Object.values(scene.traces).some((t) => t.mesh && t.data
      && t.data.index === SKIN && t.data.visible !== false && t.data.opacity === 1);
    for (const part of [trace.linePlot, trace.scatterPlot]) {
      if (!part || part._needlemap) continue;
      part._needlemap = true;
      const draw = part.draw;
      part.draw = function () {
        const gl = scene.glplot.gl, hide = solid();
        if (!hide) gl.disable(gl.DEPTH_TEST);
        draw.apply(this, arguments);
        if (!hide) gl.enable(gl.DEPTH_TEST);
      };
    }
  }

  // Every change of a scene uploads all its meshes again. Those that are the same are
  // let alone: a needle is redrawn in a tenth of the time.
  function sparing(trace) {
    if (!trace.mesh || trace._needlemap) return;
    trace._needlemap = true;
    const own = trace.update;
    const mark = (d) => [d.meta && d.meta.key, d.opacity, d.color, d.colorscale].join("|");
    let last = mark(trace.data);
    trace.update = function (data) {
      const now = mark(data);
      if (now === last && data.meta && data.meta.key) {
        this.data = data;
        return;
      }
      last = now;
      own.call(this, data);
    };
  }

  function dress(gd) {
    const scene = gd._fullLayout && gd._fullLayout.scene && gd._fullLayout.scene._scene;
    if (!scene || !scene.glplot || !scene.traces) return;
    for (const trace of Object.values(scene.traces)) {
      sparing(trace);
      seen(scene, trace);
      // the cursor reaches through the skin to what lies below
      if (trace.mesh && trace.data && trace.data.index === SKIN) trace.mesh.drawPick = () => {};
    }
    if (!scene.glplot._needlemap) {
      scene.glplot._needlemap = true;
      const render = scene.glplot.onrender;
      scene.glplot.onrender = function () {
        try {
          const camera = scene.getCamera();
          light(scene, camera);
          write(camera);
        } catch (error) { /* a picture without them is still right */ }
        if (render) render.apply(this, arguments);
      };
      // the first frame is shown before it is drawn again in this light
      requestAnimationFrame(() => requestAnimationFrame(() => {
        if (scene.glplot) scene.glplot.redraw();
      }));
    }
  }

  function named(point) {
    const meta = point && point.data && point.data.meta;
    if (!meta) return "";
    if (meta.texts) return meta.texts[point.pointNumber] || "";
    if (!meta.names || !meta.names.length) return "";
    let at = 0;
    while (at + 1 < meta.starts.length && meta.starts[at + 1] <= point.pointNumber) at += 1;
    return meta.names[at];
  }

  let cursor = null;
  function hover(event) {
    const slot = document.getElementById("body3d-hover");
    const box = document.getElementById("body3d-box");
    if (!slot || !box) return;
    const words = event && cursor ? named(event.points[0]) : "";
    slot.textContent = words;
    slot.style.display = words ? "block" : "none";
    if (!words) return;
    const frame = box.getBoundingClientRect();
    const x = cursor.x - frame.left, y = cursor.y - frame.top;
    const left = x > frame.width / 2;
    slot.style.left = left ? "auto" : x + 14 + "px";
    slot.style.right = left ? frame.width - x + 14 + "px" : "auto";
    slot.style.top = Math.max(30, y - 34) + "px";
  }

  function inverse(m) {
    const out = new Array(16), a = [0, 4, 8, 12].map((k) => m.slice(k, k + 4));
    const rows = [0, 1, 2, 3].map((r) => [...a.map((c) => c[r]), ...[0, 1, 2, 3].map((k) => +(k === r))]);
    for (let k = 0; k < 4; k += 1) {
      let best = k;
      for (let r = k + 1; r < 4; r += 1) if (Math.abs(rows[r][k]) > Math.abs(rows[best][k])) best = r;
      [rows[k], rows[best]] = [rows[best], rows[k]];
      rows[k] = rows[k].map((v) => v / rows[k][k]);
      for (let r = 0; r < 4; r += 1) {
        if (r !== k) rows[r] = rows[r].map((v, c) => v - rows[r][k] * rows[k][c]);
      }
    }
    for (let r = 0; r < 4; r += 1) for (let c = 0; c < 4; c += 1) out[4 * c + r] = rows[r][4 + c];
    return out;
  }

  // The line from the eye through a pixel, in millimetres of the body: start and way.
  function ray(scene, x, y) {
    const { view, projection, model } = scene.glplot.cameraParams;
    const whole = [0, 1, 2, 3].flatMap((c) => times(projection, times(view, model.slice(4 * c, 4 * c + 4))));
    const back = inverse(whole);
    const [near, far] = [-1, 1].map((z) => {
      const q = times(back, [x, y, z, 1]);
      return [0, 1, 2].map((k) => q[k] / q[3] / scene.dataScale[k]);
    });
    return [near, far.map((v, k) => v - near[k])];
  }

  // Where a line first meets a mesh; null when it does not. Shares of the way, exact.
  function meets(mesh, [from, way]) {
    const { x, y, z, i, j, k } = mesh;
    let first = Infinity;
    for (let f = 0; f < i.length; f += 1) {
      const a = i[f], b = j[f], c = k[f];
      const e1x = x[b] - x[a], e1y = y[b] - y[a], e1z = z[b] - z[a];
      const e2x = x[c] - x[a], e2y = y[c] - y[a], e2z = z[c] - z[a];
      const px = way[1] * e2z - way[2] * e2y, py = way[2] * e2x - way[0] * e2z, pz = way[0] * e2y - way[1] * e2x;
      const det = e1x * px + e1y * py + e1z * pz;
      if (det === 0) continue;
      const tx = from[0] - x[a], ty = from[1] - y[a], tz = from[2] - z[a];
      const u = (tx * px + ty * py + tz * pz) / det;
      if (u < 0 || u > 1) continue;
      const qx = ty * e1z - tz * e1y, qy = tz * e1x - tx * e1z, qz = tx * e1y - ty * e1x;
      const v = (way[0] * qx + way[1] * qy + way[2] * qz) / det;
      if (v < 0 || u + v > 1) continue;
      const at = (e2x * qx + e2y * qy + e2z * qz) / det;
      if (at > 0 && at < first) first = at;
    }
    return first === Infinity ? null : from.map((value, n) => value + first * way[n]);
  }

  // A press and release at the same place is a click; anything else turns the body.
  let pressed = null;
  function release(event) {
    const down = pressed;
    pressed = null;
    if (!down || event.pointerId !== down.id) return;
    if (Math.hypot(event.clientX - down.x, event.clientY - down.y) > 4) return;
    if (window.needlemapLayers.marking()) {
      window.dash_clientside.set_props("map-message", { children: MARK_FLAT });
      return;
    }
    const gd = plot();
    const scene = gd && gd._fullLayout && gd._fullLayout.scene && gd._fullLayout.scene._scene;
    if (!scene || !scene.glplot || !scene.container) return;
    const skin = Object.values(scene.traces).find((t) => t.mesh && t.data.index === SKIN);
    if (!skin || skin.data.visible === false) return;
    const box = scene.container.getBoundingClientRect();
    const x = 2 * (down.x - box.left) / box.width - 1;
    const y = 1 - 2 * (down.y - box.top) / box.height;
    if (Math.abs(x) > 1 || Math.abs(y) > 1) return;
    const at = meets(skin.data, ray(scene, x, y));
    if (!at) return;
    window.dash_clientside.set_props("body3d-click", {
      data: { xyz: at, body: skin.data.meta.key.split("/")[0], at: Date.now() },
    });
  }

  // What the scene says in words, and which views it has.
  function enable() {
    const gd = plot();
    const meta = (gd && gd.layout && gd.layout.meta) || {};
    const views = meta.views || {};
    const wrapper = document.getElementById("body3d-wrapper");
    const note = document.getElementById("body3d-note");
    if (wrapper && meta.words) wrapper.setAttribute("aria-label", meta.words);
    if (note && note.textContent !== (meta.note || "")) note.textContent = meta.note || "";
    document.querySelectorAll(".view-button").forEach((button) => {
      const off = !views[JSON.parse(button.id).view];
      if (button.disabled !== off) button.disabled = off;
    });
  }

  function listen() {
    const gd = plot();
    if (!gd || gd._needlemap3d || !gd.on) return;
    gd._needlemap3d = true;
    gd.on("plotly_afterplot", () => { dress(gd); enable(); });
    gd.on("plotly_hover", hover);
    gd.on("plotly_unhover", () => hover(null));
    const wrapper = document.getElementById("body3d-wrapper");
    wrapper.addEventListener("pointermove", (event) => {
      cursor = { x: event.clientX, y: event.clientY };
    }, true);
    wrapper.addEventListener("pointerdown", (event) => {
      hover(null);
      pressed = event.button === 0 && event.isPrimary
        ? { id: event.pointerId, x: event.clientX, y: event.clientY } : null;
    }, true);
    window.addEventListener("pointerup", release, true);
    wrapper.addEventListener("pointerleave", () => { cursor = null; hover(null); });
    dress(gd);
    enable();
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.body3d = { mode, sharpen, ask, look, view };
  new MutationObserver(listen).observe(document.documentElement,
    { childList: true, subtree: true });
})();
