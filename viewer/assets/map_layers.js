// The map's marks and names: muscles, acupoints, landmarks' names, names of zones, depths.
// They are drawn on a canvas above the plot, so that no click waits for them.
(function () {
  "use strict";
  const LANDMARKS = 0, FIRST_EXTRA = 3, ZONE_IMAGE = 2;
  const NAMES_FROM = { landmarks: 0.8, muscles: 0.9, points: 0.75 }; // px per mm
  const RINGS_FROM = 0.55, NEAR_PX = 13, DOT_PX = 8, NEAR_TOUCH_PX = 24;
  const OFF_BODY = 65535, NOT_MAPPED = 65534, NO_LIMIT = 65533;
  const FONT = '"Segoe UI", Roboto, Arial, system-ui, sans-serif';
  const INK = "#1c2733", MUSCLE = "#6b3fa0", POINT = "#12324d", ZONE = "#7c2d12";
  const skip = () => window.dash_clientside.no_update;
  const plot = () => document.querySelector("#map .js-plotly-plot");
  const own = { atlas: null, depth: null, field: null, held: null, on: [], written: [], shown: [] };

  function frame(gd) {
    const { xaxis: xa, yaxis: ya } = gd._fullLayout;
    const [x0, x1] = xa.range, [y0, y1] = ya.range;
    return {
      x: (mm) => xa._offset + (mm - x0) / (x1 - x0) * xa._length,
      y: (mm) => ya._offset + (1 - (mm - y0) / (y1 - y0)) * ya._length,
      mmX: (px) => x0 + (px - xa._offset) / xa._length * (x1 - x0),
      mmY: (px) => y0 + (1 - (px - ya._offset) / ya._length) * (y1 - y0),
      scale: xa._length / Math.abs(x1 - x0),
      width: xa._offset + xa._length, height: ya._offset + ya._length,
    };
  }

  const current = (gd, data) => (data && gd && data.view === gd.layout.uirevision ? data : null);
  const isOn = (name) => own.on.includes(name);

  function canvas(gd) {
    const wrapper = document.getElementById("map-wrapper");
    let found = document.getElementById("map-marks");
    if (!found) {
      found = document.createElement("canvas");
      found.id = "map-marks";
      found.setAttribute("aria-hidden", "true");
      wrapper.append(found);
    }
    const ratio = window.devicePixelRatio || 1;
    const wide = wrapper.clientWidth, high = wrapper.clientHeight;
    if (found.width !== Math.round(wide * ratio) || found.height !== Math.round(high * ratio)) {
      found.width = Math.round(wide * ratio);
      found.height = Math.round(high * ratio);
    }
    const pen = found.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, wide, high);
    return pen;
  }

  // Text with a halo, so that it reads on skin, bone and pattern.
  function write(pen, lines, x, y, colour, weight, size, align) {
    pen.font = `${weight} ${size}px ${FONT}`;
    pen.textAlign = align || "left";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    lines.forEach((line, i) => {
      const at = y + (i - (lines.length - 1) / 2) * (size + 2);
      pen.strokeStyle = "rgba(255,255,255,.92)";
      pen.strokeText(line, x, at);
      pen.fillStyle = colour;
      pen.fillText(line, x, at);
    });
  }

  function wrapped(text, most) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines[lines.length - 1];
      if (last && last.length + word.length >= most) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines;
  }

  // One list of taken places for all names: a name is written only where there is room.
  function claims(at) {
    const taken = [];
    return (box) => {
      if (box[0] < 0 || box[1] < 0 || box[2] > at.width || box[3] > at.height) return false;
      if (taken.some((o) => box[0] < o[2] && o[0] < box[2]
        && box[1] < o[3] && o[1] < box[3])) return false;
      taken.push(box);
      return true;
    };
  }

  function draw() {
    const gd = plot();
    if (!gd || !gd._fullLayout || !gd._fullLayout.xaxis || !gd.data) return;
    const at = frame(gd), pen = canvas(gd), free = claims(at);
    own.written = [];
    own.shown = [];
    free([0, 0, 40, 34]); // the sides printed in the corners stay free
    free([at.width - 40, 0, at.width, 34]);
    highlight(gd, pen, at);
    const marker = gd.data[gd.data.length - 1];
    if (marker.x && marker.x.length) {
      const x = at.x(marker.x[0]), y = at.y(marker.y[0]);
      free([x - 9, y - 9, x + 9, y + 9]);
    }
    const depth = isOn("depth") ? current(gd, own.depth) : null;
    for (const mark of (depth && depth.labels) || []) {
      const x = at.x(mark.x), y = at.y(mark.y), half = 3.4 * mark.short.length + 3;
      if (free([x - half, y - 8, x + half, y + 8])) {
        write(pen, [mark.short], x, y, "#21124d", 650, 11, "center");
        own.written.push({ layer: "depth", short: mark.short });
      }
    }
    const atlas = current(gd, own.atlas) || {};
    if (isOn("zone-labels")) zoneNames(pen, at, free, atlas["zone-labels"] || []);
    for (const layer of ["muscles", "points"]) {
      if (isOn(layer)) dots(pen, at, atlas[layer] || [], layer);
    }
    for (const layer of ["muscles", "points"]) {
      if (isOn(layer) && at.scale >= NAMES_FROM[layer]) {
        names(pen, at, free, atlas[layer] || [], layer, layer === "muscles" ? MUSCLE : POINT);
      }
    }
    const marks = gd.data[LANDMARKS];
    if (marks && marks.customdata && marks.visible !== false
      && at.scale >= NAMES_FROM.landmarks) {
      const list = marks.customdata.map((name, i) => (
        { x: marks.x[i], y: marks.y[i], short: name }));
      names(pen, at, free, list, "landmarks", INK);
    }
  }

  function dots(pen, at, marks, layer) {
    const radius = Math.min(3.4, 1.7 + at.scale * 0.7);
    for (const mark of marks) {
      const x = at.x(mark.x), y = at.y(mark.y);
      if (x < -80 || y < -80 || x > at.width + 80 || y > at.height + 80) continue;
      own.shown.push({ mark, layer, px: x, py: y });
      pen.lineWidth = 1.2;
      if (layer === "muscles") {
        if (at.scale >= RINGS_FROM) {
          pen.strokeStyle = "rgba(107,63,160,.6)";
          pen.setLineDash([3, 3]);
          pen.beginPath();
          pen.arc(x, y, mark.r * at.scale, 0, 7);
          pen.stroke();
          pen.setLineDash([]);
        }
        pen.fillStyle = MUSCLE;
        pen.strokeStyle = "#fff";
        pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
        pen.strokeRect(x - radius, y - radius, 2 * radius, 2 * radius);
      } else {
        pen.fillStyle = POINT;
        pen.strokeStyle = "#fff";
        pen.beginPath();
        pen.arc(x, y, radius, 0, 7);
        pen.fill();
        pen.stroke();
      }
    }
  }

  function names(pen, at, free, marks, layer, colour) {
    const order = marks.map((_, i) => i).sort(
      (a, b) => marks[a].short.length - marks[b].short.length || a - b);
    pen.font = `500 11px ${FONT}`;
    const wide = at.scale > 3 ? 44 : 24;
    for (const i of order) {
      const mark = marks[i], x = at.x(mark.x), y = at.y(mark.y);
      if (x < 0 || y < 0 || x > at.width || y > at.height) continue;
      const lines = layer === "landmarks" ? [mark.short] : wrapped(mark.short, wide);
      pen.font = `500 11px ${FONT}`;
      const long = Math.max(...lines.map((line) => pen.measureText(line).width));
      const half = lines.length * 6.5 + 1;
      const box = [x - 5, y - half, x + 9 + long, y + half];
      if (!free(box)) continue;
      write(pen, lines, x + 6.5, y, colour, 500, 11);
      own.written.push({ layer, short: mark.short, mark,
        box: [x + 5, box[1], box[2], box[3]] });
    }
  }

  function zoneNames(pen, at, free, marks) {
    for (const mark of marks) {
      if (!isOn(mark.layer)) continue;
      const x = at.x(mark.x), y = at.y(mark.y), room = mark.size * at.scale;
      if (room < 26) break; // the list runs from large to small
      const lines = wrapped(mark.short, 20);
      pen.font = `600 10.5px ${FONT}`;
      const half = Math.max(...lines.map((line) => pen.measureText(line).width)) / 2 + 2;
      const high = lines.length * 6.3 + 2;
      if (half * 2 > room * 2.2 || high * 2 > room * 1.6) continue;
      if (free([x - half, y - high, x + half, y + high])) {
        write(pen, lines, x, y, ZONE, 600, 10.5, "center");
        own.written.push({ layer: "zone-labels", short: mark.short });
      }
    }
  }

  // Zones under the cursor: the outlines of the zones' own drawing are asked.
  const probe = document.createElement("canvas").getContext("2d");
  let outlines = { source: "", list: [] };
  let hovered = [];
  function zonePaths(gd) {
    const image = gd.layout.images && gd.layout.images[ZONE_IMAGE];
    if (!image || !image.source) return null; // hidden, it is still pointed at
    if (outlines.source !== image.source) {
      const svg = new TextDecoder().decode(
        Uint8Array.from(atob(image.source.split(",")[1]), (c) => c.charCodeAt(0)));
      const found = new DOMParser().parseFromString(svg, "image/svg+xml")
        .querySelectorAll("path[data-name]");
      outlines = {
        source: image.source,
        list: [...found].map((p) => ({
          name: p.dataset.name, level: p.dataset.level, colour: p.getAttribute("stroke"),
          path: new Path2D(p.getAttribute("d")),
        })),
      };
    }
    return { image, list: outlines.list };
  }

  function highlight(gd, pen, at) {
    const image = hovered.length && gd.layout.images && gd.layout.images[ZONE_IMAGE];
    if (!image) return;
    pen.save();
    const { xaxis: xa } = gd._fullLayout;
    pen.beginPath();
    pen.rect(xa._offset, 0, xa._length, at.height);
    pen.clip();
    pen.translate(at.x(image.x), at.y(image.y));
    pen.scale(at.scale, at.scale);
    for (const zone of hovered) {
      pen.fillStyle = zone.colour;
      pen.globalAlpha = 0.16;
      pen.fill(zone.path, "evenodd");
      pen.globalAlpha = 1;
      pen.strokeStyle = zone.colour;
      pen.lineWidth = 2.2 / at.scale;
      pen.stroke(zone.path);
    }
    pen.restore();
  }

  // The depth map's own figure under the cursor.
  async function unpack(field) {
    const bytes = Uint8Array.from(atob(field.data), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new DataView(await new Response(stream).arrayBuffer());
  }

  function depthAt(gd, x, y) {
    const depth = isOn("depth") && own.field && current(gd, own.depth);
    if (!depth || !depth.field) return "";
    const { rows, columns, x0, y0, cell } = depth.field;
    const row = Math.floor((y - y0) / cell), column = Math.floor((x - x0) / cell);
    if (row < 0 || column < 0 || row >= rows || column >= columns) return "";
    const value = own.field.getUint16(2 * (row * columns + column), true);
    if (value === OFF_BODY) return "";
    if (value === NOT_MAPPED) return __("not mapped here: no limit can be given");
    if (value === NO_LIMIT) return __("no limit known here");
    if (value === 0) return __("no depth stays below danger here");
    return value < 10 ? __("limit here less than 1 mm")
      : __("limit here about {depth} mm", { depth: Math.floor(value / 10) });
  }

  function near(gd, px, py, reach) {
    return own.shown.map((item) => ({ ...item, far: Math.hypot(item.px - px, item.py - py) }))
      .filter((item) => item.far <= reach).sort((a, b) => a.far - b.far);
  }

  // A name that is pointed at; close to a dot it is the dot or the skin that is meant.
  function namedAt(px, py) {
    if (own.shown.some((item) => Math.hypot(item.px - px, item.py - py) < DOT_PX)) return null;
    return own.written.find((item) => item.box && item.mark && item.mark.request
      && px >= item.box[0] && px <= item.box[2] && py >= item.box[1] && py <= item.box[3]);
  }

  function under(gd, event) {
    const line = document.getElementById("under");
    const wrapper = document.getElementById("map-wrapper");
    if (!line || !wrapper) return;
    const zones = zonePaths(gd), at = frame(gd);
    const names = new Map(), parts = [];
    const before = hovered.length;
    hovered = [];
    let name = null;
    if (event) {
      const box = wrapper.getBoundingClientRect();
      const px = event.clientX - box.left, py = event.clientY - box.top;
      const x = at.mmX(px), y = at.mmY(py);
      name = namedAt(px, py);
      const marks = name ? [name] : near(gd, px, py, NEAR_PX).slice(0, 2);
      parts.push(...new Set(marks.map((item) => item.mark.title)));
      const depth = depthAt(gd, x, y);
      if (depth) parts.push(depth);
      for (const zone of zones ? zones.list.slice().reverse() : []) {
        if (probe.isPointInPath(zone.path, Math.abs(x - zones.image.x),
          Math.abs(y - zones.image.y), "evenodd")) {
          hovered.push(zone);
          if (!names.has(zone.level)) names.set(zone.level, new Set());
          names.get(zone.level).add(zone.name);
        }
      }
    }
    wrapper.classList.toggle("on-name", Boolean(name));
    parts.push(...[...names].map(([level, list]) => `${level}: ${[...list].join(", ")}`));
    line.textContent = parts.join(" · ");
    if (hovered.length || before) draw();
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

  // A tap near marks offers to place the needle at one of them; on a name, it does.
  function offers(list) {
    const slot = document.getElementById("offer");
    if (!slot) return;
    slot.replaceChildren(...list.map((mark) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = __("Place at {site}", { site: mark.title });
      button.addEventListener("click", () => byName(mark));
      return button;
    }));
  }

  function byName(mark) {
    offers([]);
    window.dash_clientside.set_props("named", {
      data: { request: mark.request, at: Date.now() } });
  }

  // Whether a tap marks an area of skin instead of placing the needle.
  function marking() {
    const bar = document.getElementById("paint-bar");
    return Boolean(bar) && !bar.hidden;
  }

  // Returns whether the tap was on a name and is dealt with.
  function tapped(gd, clientX, clientY, touch) {
    if (marking()) return false; // the tap marks skin; the needle stays
    const box = document.getElementById("map-wrapper").getBoundingClientRect();
    const px = clientX - box.left, py = clientY - box.top;
    const name = namedAt(px, py);
    if (name) { byName(name.mark); return true; }
    offers(near(gd, px, py, touch ? NEAR_TOUCH_PX : NEAR_PX).slice(0, 3)
      .map((item) => item.mark));
    return false;
  }

  // Callbacks: what is on, what the server sent.
  let zoneLayers = null;
  function layers(on, before) {
    const depthNow = on.includes("depth"), depthWas = own.on.includes("depth");
    let now = on;
    if (depthNow && !depthWas) {
      // patterns of zones over a field of colour cannot be read: they rest meanwhile
      own.resting = on.filter((name) => name.startsWith("zones:"));
      now = on.filter((name) => !name.startsWith("zones:"));
    } else if (!depthNow && depthWas && !on.some((name) => name.startsWith("zones:"))) {
      now = on.concat(own.resting || []);
    }
    own.on = now;
    hovered = [];
    classes(now);
    const patch = new window.dash_clientside.Patch();
    patch.assign(["layout", "images", 1, "visible"], now.includes("skeleton"));
    patch.assign(["data", LANDMARKS, "visible"], now.includes("landmarks"));
    const zones = now.filter((name) => name.startsWith("zones:"));
    patch.assign(["layout", "images", ZONE_IMAGE, "visible"], zones.length > 0);
    window.requestAnimationFrame(draw);
    const same = JSON.stringify(zones) === JSON.stringify(before);
    return [patch.build(), same ? skip() : zones, now.length === on.length ? skip() : now];
  }

  // What each store was last asked for: layers, chart, and the patient where it matters.
  const asked = {};
  function ask(on, view, patient) {
    for (const [store, layers, personal] of [
      ["depth-asked", ["depth"], "depth"],
      ["layers-asked", ["muscles", "points", "zone-labels"], "zone-labels"],
    ]) {
      const names = layers.filter((name) => on.includes(name));
      const held = names.includes("depth") && own.held ? [own.held] : [];
      const now = JSON.stringify([names, names.length ? view : null,
        names.includes(personal) ? patient : null, ...held]);
      if (now === (asked[store] || "[[],null,null]")) continue;
      asked[store] = now;
      window.dash_clientside.set_props(store, { data: now });
    }
    return skip();
  }

  // The page comes with its layers switched on, but without the field of depths.
  function begin(on, gd) {
    own.on = on;
    classes(on);
    const [body, chart] = String(gd.layout.uirevision).split("/");
    ask(on, { body, chart }, {});
  }

  function classes(on) {
    document.body.classList.toggle("depth-on", on.includes("depth"));
    document.body.classList.toggle("no-zones", !on.some((name) => name.startsWith("zones:")));
  }

  const askFor = (patient, on, view) => ask(on, view, patient);

  // What of the plan counts all over the map; a depth was seen at the site.
  function askHeld(grip, fold, arm, seen, depth, method, site, on, view, patient) {
    const pincer = grip === "pincer" ? [fold] : null;
    const measured = seen && depth ? [seen, depth, method, site] : null;
    own.held = pincer || arm || measured ? [pincer, arm || null, measured] : null;
    return ask(on, view, patient);
  }

  function atlas(data) {
    own.atlas = data;
    draw();
    return skip();
  }

  function depth(data, figure) {
    const gd = plot();
    own.depth = data;
    own.field = null;
    if (data && data.field) {
      unpack(data.field).then((field) => { if (own.depth === data) own.field = field; });
    }
    const words = document.getElementById("depth-problem");
    if (words) words.textContent = (data && data.problem) || "";
    const note = document.getElementById("depth-note");
    if (note) note.textContent = (data && data.note) || "";
    const images = figure.layout.images.slice(0, FIRST_EXTRA);
    const fits = data && data.view === figure.layout.uirevision && data.image;
    if (!fits && figure.layout.images.length === images.length) { draw(); return skip(); }
    if (fits) images.push(data.image);
    if (gd) window.requestAnimationFrame(draw);
    return { ...figure, layout: { ...figure.layout, images } };
  }

  function listen() {
    const gd = plot();
    const wrapper = document.getElementById("map-wrapper");
    if (gd && !gd._needlemapLayers && gd.on) {
      gd._needlemapLayers = true;
      gd.on("plotly_afterplot", draw);
      gd.on("plotly_relayouting", draw);
      const on = [...document.querySelectorAll("#layers input")]
        .filter((box) => box.checked).map((box) => box.value);
      if (on.length && !own.on.length) begin(on, gd);
      draw();
    }
    if (wrapper && !wrapper._needlemapLayers) {
      wrapper._needlemapLayers = true;
      wrapper.addEventListener("pointermove", moved);
      wrapper.addEventListener("pointerleave", moved);
    }
    const fold = document.getElementById("layer-fold");
    if (fold && !fold._needlemap) {
      fold._needlemap = true;
      fold.open = fold.parentElement.clientWidth > 640;
    }
  }

  window.needlemapLayers = { draw, tapped, marking, own, offers, frame, plot };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_layers = { layers, ask, askFor, askHeld, atlas, depth };
  new MutationObserver(listen).observe(document.documentElement,
    { childList: true, subtree: true });
})();
