// What is drawn above the pictures of the map: the needle, marked areas, dots and names
// of muscles, acupoints, landmarks and zones, depths. A name stands only where no other
// does.
(function () {
  "use strict";
  const { make, toPicture } = window.NeedlemapChart;
  const NAMES_FROM = { landmarks: 0.8, muscles: 0.9, points: 0.75 }; // px per mm
  const FIBRES_FROM = 1.2, RINGS_FROM = 0.55, DOT_PX = 8, LINE_PX = 13;
  const APART_PX = 4, NEAR_MM = 60; // dots of landmarks; how near the needle counts
  const FAMILY = '"Segoe UI", Roboto, Arial, system-ui, sans-serif';
  const FONTS = { name: `500 11px ${FAMILY}`, zone: `600 10.5px ${FAMILY}`,
    depth: `650 11px ${FAMILY}` };
  const shown = [], written = []; // dots and names that are drawn, in pixels
  const pen = document.createElement("canvas").getContext("2d");
  const widths = new Map();

  function width(text, kind) {
    const key = kind + text;
    if (!widths.has(key)) {
      pen.font = FONTS[kind];
      widths.set(key, pen.measureText(text).width);
    }
    return widths.get(key);
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

  // Text with a halo, so that it reads on skin, bone and pattern.
  function write(map, lines, x, y, kind, layer, anchor) {
    const text = make("text", {
      class: `map-text ${kind}`, "data-layer": layer, "text-anchor": anchor,
    }, map.overlay);
    lines.forEach((line, i) => make("tspan", {
      x, y: y + (i - (lines.length - 1) / 2) * LINE_PX + 4,
    }, text, line));
  }

  // One list of taken places for all names: a name is written only where there is room.
  function claims(map) {
    const taken = [];
    return (box) => {
      if (box[0] < 0 || box[1] < 0 || box[2] > map.width || box[3] > map.height) return false;
      if (taken.some((o) => box[0] < o[2] && o[0] < box[2]
        && box[1] < o[3] && o[1] < box[3])) return false;
      taken.push(box);
      return true;
    };
  }

  // What the buttons cover of the map, in its pixels.
  function toolsOf(map) {
    const tools = document.getElementById("map-tools");
    if (!tools) return [0, 0, 0, 0];
    const all = map.svg.getBoundingClientRect(), own = tools.getBoundingClientRect();
    const within = (v, most) => Math.min(Math.max(v, 0), most);
    return [within(own.left - all.left, map.width), within(own.top - all.top, map.height),
      within(own.right - all.left, map.width), within(own.bottom - all.top, map.height)];
  }

  function paint(map) {
    const { own, current, isOn, needle } = window.needlemapMap;
    const free = claims(map);
    const at = (mark) => map.screen(...toPicture(own.frame, mark.x, mark.y));
    shown.length = written.length = 0;
    free([0, 0, 40, 34]); // the sides printed in the corners stay free
    free([map.width - 40, 0, map.width, 34]);
    free(toolsOf(map)); // nothing is written below the buttons
    for (const zone of own.hovered) {
      map.path(zone.d, { class: "map-pointed", fill: zone.fill, stroke: zone.line,
        "fill-rule": "evenodd" });
    }
    muscles(map, own, current, isOn);
    areas(map, at, (current(own.zones) || {}).areas || []);
    const tip = needle();
    if (tip) {
      const [x, y] = map.screen(...tip);
      free([x - 9, y - 9, x + 9, y + 9]);
    }
    const depth = isOn("depth") ? current(own.depth) : null;
    for (const mark of (depth && depth.labels) || []) {
      const [x, y] = at(mark), half = width(mark.short, "depth") / 2 + 3;
      if (free([x - half, y - 8, x + half, y + 8])) {
        write(map, [mark.short], x, y, "depth", "depth", "middle");
      }
    }
    const atlas = current(own.atlas) || {};
    const spot = tip && map.screen(...tip);
    if (isOn("zone-labels")) zoneNames(map, at, free, atlas["zone-labels"] || []);
    const named = ["muscles", "points", "landmarks"].filter(isOn);
    for (const layer of named) dots(map, at, inOrder(map, at, atlas[layer] || [], spot), layer);
    for (const layer of named) {
      if (map.scale >= NAMES_FROM[layer]) {
        names(map, at, free, inOrder(map, at, atlas[layer] || [], spot), layer);
      }
    }
    for (const belly of bellies(own, current, isOn)) {
      const [x, y] = at(belly), half = width(belly.short, "name") / 2 + 3;
      if (half * 2 < belly.wide * map.scale * 1.6 && free([x - half, y - 8, x + half, y + 8])) {
        write(map, [belly.short], x, y, "name", "muscles", "middle");
        // the name of the muscle that is needled is in the way of putting the needle right
        if (isOn("muscles")) written.push({ mark: belly, box: [x - half, y - 8, x + half, y + 8] });
      }
    }
    if (tip) drawNeedle(map, tip, current(own.marks).needle);
  }

  // The muscles of the layer, from the deepest up; the one that is needled comes last.
  function bellies(own, current, isOn) {
    const all = isOn("muscles") ? (current(own.atlas) || {}).bellies || [] : [];
    const chosen = (current(own.marks) || {}).belly;
    const same = (one) => chosen && one.muscle === chosen.muscle && one.side === chosen.side;
    return [...all.filter((one) => !same(one)), ...(chosen ? [{ ...chosen, chosen: true }] : [])];
  }

  // Muscles of the layer under a place of the picture, the one nearest the skin first.
  function musclesAt(u, v) {
    const { own, current, isOn } = window.needlemapMap;
    if (!isOn("muscles")) return [];
    return ((current(own.atlas) || {}).bellies || []).filter((belly) => {
      belly.path = belly.path || new Path2D(belly.d);
      return pen.isPointInPath(belly.path, u, v);
    }).reverse();
  }

  function muscles(map, own, current, isOn) {
    for (const belly of bellies(own, current, isOn)) {
      const look = belly.chosen ? " chosen" : "";
      map.path(belly.d, { class: `belly${look}`, "data-muscle": belly.muscle });
      if (map.scale >= FIBRES_FROM || belly.chosen) {
        map.path(belly.fibres, { class: `belly-fibres${look}` });
      }
    }
  }

  function drawNeedle(map, tip, { area, r }) {
    const [cx, cy] = map.screen(...tip);
    if (area) map.path(area, { class: "needle-area" });
    else make("circle", { cx, cy, r: r * map.scale, class: "needle-area" }, map.overlay);
    make("circle", { cx, cy, r: 6, class: "needle-tip" }, map.overlay);
  }

  // Marked areas: a disc of skin, or strokes over a part of the body.
  function areas(map, at, list) {
    for (const area of list) {
      if (area.r) {
        const [cx, cy] = at(area), r = area.r * map.scale;
        make("circle", { cx, cy, r, class: "area", "data-label": area.label }, map.overlay);
        write(map, [area.label], cx + r + 5, cy, "area", "areas", "start");
      } else {
        const half = (area.long / 2) * map.scale;
        const d = area.strokes.map((mark) => at(mark)).map(([x, y]) =>
          `M${(x - half).toFixed(1)} ${(y + half).toFixed(1)}l${2 * half} ${-2 * half}`);
        make("path", { d: d.join(""), class: "area-strokes", "data-label": area.label },
          map.overlay);
        const middle = area.strokes[Math.floor(area.strokes.length / 2)];
        const [x, y] = at(middle);
        write(map, [area.label], x + half, y, "area", "areas", "start");
      }
    }
  }

  function dots(map, at, marks, layer) {
    const r = Math.min(3.4, 1.7 + map.scale * 0.7);
    const apart = layer === "landmarks" ? 2 * r + APART_PX : 0;
    for (const mark of marks) {
      const [x, y] = at(mark);
      if (x < -80 || y < -80 || x > map.width + 80 || y > map.height + 80) continue;
      if (apart && shown.some((o) => Math.hypot(o.px - x, o.py - y) < apart)) continue;
      shown.push({ mark, layer, px: x, py: y });
      const look = { class: `dot ${layer}` };
      if (layer === "muscles") {
        if (map.scale >= RINGS_FROM) {
          make("circle", { cx: x, cy: y, r: mark.r * map.scale, class: "ring" }, map.overlay);
        }
        make("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, ...look }, map.overlay);
      } else make("circle", { cx: x, cy: y, r, ...look }, map.overlay);
    }
  }

  // Those near the needle first, the nearest before the others; then short names, since
  // more of them find room.
  function inOrder(map, at, marks, spot) {
    const near = spot ? NEAR_MM * map.scale : 0;
    const rank = marks.map((mark, i) => {
      const [x, y] = at(mark), far = spot ? Math.hypot(x - spot[0], y - spot[1]) : Infinity;
      return { mark, i, far: far <= near ? far : Infinity };
    });
    const order = (a, b) => (a.far === b.far ? 0 : a.far - b.far)
      || a.mark.short.length - b.mark.short.length || a.i - b.i;
    return rank.sort(order).map((one) => one.mark);
  }

  function names(map, at, free, marks, layer) {
    const landmarks = layer === "landmarks";
    const most = landmarks ? Infinity : map.scale > 3 ? 44 : 24;
    // a landmark is looked for by its dot: no name lies over the dot of another
    const hides = (box, mark) => landmarks && shown.some((o) => o.mark !== mark
      && o.px > box[0] && o.px < box[2] && o.py > box[1] && o.py < box[3]);
    for (const mark of marks) {
      const [x, y] = at(mark);
      if (x < 0 || y < 0 || x > map.width || y > map.height) continue;
      if (landmarks && !shown.some((o) => o.mark === mark)) continue;
      const lines = wrapped(mark.short, most);
      const long = Math.max(...lines.map((line) => width(line, "name")));
      const half = lines.length * 6.5 + 1;
      for (const side of landmarks ? [1, -1] : [1]) {
        const ends = [x - side * 5, x + side * (9 + long)];
        const box = [Math.min(...ends), y - half, Math.max(...ends), y + half];
        if (hides(box, mark) || !free(box)) continue;
        write(map, lines, x + side * 6.5, y, "name", layer, side > 0 ? "start" : "end");
        written.push({ mark, box: side > 0 ? [x + 5, box[1], box[2], box[3]]
          : [box[0], box[1], x - 5, box[3]] });
        break;
      }
    }
  }

  function zoneNames(map, at, free, marks) {
    const { isOn } = window.needlemapMap;
    for (const mark of marks) {
      if (!isOn(mark.layer)) continue;
      const [x, y] = at(mark), room = mark.size * map.scale;
      if (room < 26) break; // the list runs from large to small
      const lines = wrapped(`${mark.sign} ${mark.short}`, 20);
      const half = Math.max(...lines.map((line) => width(line, "zone"))) / 2 + 2;
      const high = lines.length * 6.3 + 2;
      if (half * 2 > room * 2.2 || high * 2 > room * 1.6) continue;
      if (free([x - half, y - high, x + half, y + high])) {
        write(map, lines, x, y, "zone", "zone-labels", "middle");
      }
    }
  }

  // Marks near a place, the nearest first.
  function near(px, py, reach) {
    return shown.map((item) => ({ ...item, far: Math.hypot(item.px - px, item.py - py) }))
      .filter((item) => item.far <= reach).sort((a, b) => a.far - b.far);
  }

  // A name that is pointed at; close to a dot it is the dot or the skin that is meant.
  function namedAt(px, py) {
    if (shown.some((item) => Math.hypot(item.px - px, item.py - py) < DOT_PX)) return null;
    return written.find(({ mark, box }) => mark.request
      && px >= box[0] && px <= box[2] && py >= box[1] && py <= box[3]);
  }

  window.needlemapMarks = { paint, near, namedAt, musclesAt, shown, written };
})();
