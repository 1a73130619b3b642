// What the browser does by itself: zoom, layers, landmark names, depth slider, arrow keys.
(function () {
  "use strict";
  const LANDMARKS = 0;
  const IMAGES = { skeleton: 1, zones: 2 };
  const LABELS_FROM = 0.8; // px per mm from which landmark names are written
  const skip = () => window.dash_clientside.no_update;
  const plot = () => document.querySelector("#map .js-plotly-plot");

  function fullRange(gd) {
    const image = gd.layout.images[0];
    const xa = gd._fullLayout.xaxis.range, ya = gd._fullLayout.yaxis.range;
    const pad = 0.015 * Math.max(image.sizex, image.sizey);
    const left = xa[1] > xa[0] ? image.x : image.x - image.sizex;
    const low = ya[1] > ya[0] ? image.y - image.sizey : image.y;
    const x = [left - pad, left + image.sizex + pad];
    const y = [low - pad, low + image.sizey + pad];
    return [xa[1] > xa[0] ? x : x.reverse(), ya[1] > ya[0] ? y : y.reverse()];
  }

  function scaled(range, factor, centre) {
    return range.map((end) => centre + (end - centre) * factor);
  }

  function middle(gd, axis, letter) {
    const range = gd._fullLayout[axis].range;
    const marker = gd.data[gd.data.length - 1][letter] || [];
    const low = Math.min(range[0], range[1]), high = Math.max(range[0], range[1]);
    if (marker.length && marker[0] > low && marker[0] < high) return marker[0];
    return (range[0] + range[1]) / 2;
  }

  function zoom() {
    const gd = plot();
    const which = (window.dash_clientside.callback_context.triggered_id || "");
    if (!gd || !window.Plotly || !which) return skip();
    let x, y;
    if (which === "zoom-reset") {
      [x, y] = fullRange(gd);
    } else {
      const factor = which === "zoom-in" ? 1 / 1.6 : 1.6;
      x = scaled(gd._fullLayout.xaxis.range, factor, middle(gd, "xaxis", "x"));
      y = scaled(gd._fullLayout.yaxis.range, factor, middle(gd, "yaxis", "y"));
    }
    window.Plotly.relayout(gd, { "xaxis.range": x, "yaxis.range": y });
    return skip();
  }

  function layers(on) {
    const patch = new window.dash_clientside.Patch();
    for (const [name, number] of Object.entries(IMAGES)) {
      patch.assign(["layout", "images", number, "visible"], on.includes(name));
    }
    patch.assign(["data", LANDMARKS, "visible"], on.includes("landmarks"));
    return patch.build();
  }

  function number(value) {
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  function depth(typed, slid, length, top) {
    const which = window.dash_clientside.callback_context.triggered_id;
    const long = number(length);
    const max = long !== null && long > 0 ? Math.min(long, 300) : top;
    if (which === "depth-slider") {
      return [slid === number(typed) ? skip() : slid, skip(), skip()];
    }
    const deep = number(typed);
    const shown = deep === null ? 0 : Math.max(0, Math.min(deep, max));
    // the slider holds whole millimetres and may not lead the number
    return [skip(), shown === slid ? skip() : shown, max === top ? skip() : max];
  }

  // Names of landmarks, as many as fit without overlap.
  let written = "";
  function label(gd) {
    const trace = gd.data && gd.data[LANDMARKS];
    if (!trace || !trace.customdata || trace.visible === false) { written = ""; return; }
    const xa = gd._fullLayout.xaxis, ya = gd._fullLayout.yaxis;
    const key = [xa.range, ya.range, xa._length, trace.customdata.length,
      trace.customdata[0]].join("|");
    if (key === written) return;
    written = key;
    const names = trace.customdata;
    const text = names.map(() => "");
    if (xa._length / Math.abs(xa.range[1] - xa.range[0]) >= LABELS_FROM) {
      const taken = [];
      const order = names.map((_, i) => i).sort(
        (a, b) => names[a].length - names[b].length || a - b);
      for (const i of order) {
        const x = xa.l2p(trace.x[i]), y = ya.l2p(trace.y[i]);
        if (x < 0 || y < 0 || x > xa._length || y > ya._length) continue;
        const box = [x - 4, y - 9, x + 10 + 6.2 * names[i].length, y + 9];
        if (box[2] > xa._length) continue;
        if (taken.some((o) => box[0] < o[2] && o[0] < box[2]
          && box[1] < o[3] && o[1] < box[3])) continue;
        taken.push(box);
        text[i] = names[i];
      }
    }
    window.Plotly.restyle(gd, { text: [text] }, [LANDMARKS]);
  }

  // Zones under the cursor: the outlines of the zones' own drawing are asked.
  const pen = document.createElement("canvas").getContext("2d");
  let outlines = { source: "", list: [] };
  function zonePaths(gd) {
    const image = gd.layout.images && gd.layout.images[IMAGES.zones];
    if (!image || image.visible === false) return null;
    if (outlines.source !== image.source) {
      const svg = new TextDecoder().decode(
        Uint8Array.from(atob(image.source.split(",")[1]), (c) => c.charCodeAt(0)));
      const found = new DOMParser().parseFromString(svg, "image/svg+xml")
        .querySelectorAll("path[data-name]");
      outlines = {
        source: image.source,
        list: [...found].map((p) => ({
          name: p.dataset.name, level: p.dataset.level,
          path: new Path2D(p.getAttribute("d")),
        })),
      };
    }
    return { image, list: outlines.list };
  }

  function under(gd, event) {
    const line = document.getElementById("under");
    const zones = zonePaths(gd);
    if (!line) return;
    const box = gd.querySelector(".nsewdrag").getBoundingClientRect();
    const { xaxis, yaxis } = gd._fullLayout;
    const names = new Map();
    if (zones && event) {
      const x = Math.abs(xaxis.p2l(event.clientX - box.left) - zones.image.x);
      const y = Math.abs(yaxis.p2l(event.clientY - box.top) - zones.image.y);
      for (const zone of zones.list.slice().reverse()) {
        if (pen.isPointInPath(zone.path, x, y, "evenodd")) {
          if (!names.has(zone.level)) names.set(zone.level, new Set());
          names.get(zone.level).add(zone.name);
        }
      }
    }
    line.textContent = [...names].map(
      ([level, own]) => `${level}: ${[...own].join(", ")}`).join(" · ");
  }

  let waiting = false;
  function moved(event) {
    const gd = plot();
    if (waiting || !gd || !gd._fullLayout || event.pointerType === "touch") return;
    waiting = true;
    window.requestAnimationFrame(() => {
      waiting = false;
      under(gd, event.type === "pointerleave" ? null : event);
    });
  }

  // Where a click or tap was let go. Plotly reports where it last saw the pointer hover,
  // which lags behind a quick hand by several centimetres.
  function tapped(gd, event) {
    const at = event && ((event.changedTouches && event.changedTouches[0]) || event);
    if (!at || !Number.isFinite(at.clientX)) return;
    const box = gd.querySelector(".nsewdrag").getBoundingClientRect();
    const { xaxis, yaxis } = gd._fullLayout;
    window.dash_clientside.set_props("tap", {
      data: {
        x: xaxis.p2l(at.clientX - box.left), y: yaxis.p2l(at.clientY - box.top),
        view: gd.layout.uirevision, at: Date.now(),
      },
    });
  }

  const MOVES = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
  };

  function listen() {
    const gd = plot();
    const wrapper = document.getElementById("map-wrapper");
    if (gd && !gd._needlemap && gd.on) {
      gd._needlemap = true;
      gd.on("plotly_afterplot", () => label(gd));
      gd.on("plotly_click", (click) => tapped(gd, click.event));
    }
    if (wrapper && !wrapper._needlemap) {
      wrapper._needlemap = true;
      wrapper.addEventListener("pointermove", moved);
      wrapper.addEventListener("pointerleave", moved);
      wrapper.addEventListener("keydown", (event) => {
        const move = MOVES[event.key];
        if (!move) return;
        event.preventDefault();
        const step = event.shiftKey ? 1 : 5;
        window.dash_clientside.set_props("nudge", {
          data: { right: move[0] * step, up: move[1] * step, at: Date.now() },
        });
      });
    }
  }

  // Sources of a finding, written when their fold is opened. Text only, no markup.
  function sources(fold) {
    const slot = fold.querySelector(".source-slot");
    if (!slot || !fold.open) return;
    const list = document.createElement("ol");
    list.className = "sources";
    for (const [name, what, read, shown, address] of JSON.parse(fold.dataset.sources)) {
      const row = document.createElement("li");
      const who = document.createElement("b");
      who.textContent = name + ". ";
      const how = document.createElement("span");
      how.className = "read";
      how.textContent = " [" + read + "] ";
      row.append(who, what, how);
      if (address) {
        const link = document.createElement("a");
        link.href = address;
        link.target = "_blank";
        link.rel = "noreferrer noopener";
        link.textContent = shown;
        row.append(link);
      } else {
        row.append(shown);
      }
      list.append(row);
    }
    slot.replaceChildren(list);
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.dataset && event.target.dataset.sources) sources(event.target);
  }, true);
  new MutationObserver((changes) => changes.forEach((c) => sources(c.target)))
    .observe(document.documentElement,
      { subtree: true, attributes: true, attributeFilter: ["data-sources"] });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap = { zoom, layers, depth };
  new MutationObserver(listen).observe(document.documentElement,
    { childList: true, subtree: true });
})();
