// The layers of the map: what is on, what of it the server is asked for, and what lies
// under the pointer.
(function () {
  "use strict";
  const NEAR_PX = 13, NEAR_TOUCH_PX = 24;
  // the words beside the body: names of a level, and their width
  const MOST_NAMES = [3, 2, 1], LEAST_PX = 80, WIDEST_PX = 230, GAP_PX = 8;
  const OFF_BODY = 65535, NOT_MAPPED = 65534, NO_LIMIT = 65533;
  const { toChart } = window.NeedlemapChart;
  const skip = () => window.dash_clientside.no_update;
  const page = () => window.needlemapMap;
  const isZone = (name) => name.startsWith("zones:");
  const probe = document.createElement("canvas").getContext("2d");
  let field = null, held = null, resting = [];

  // The depth map's own figure under the cursor.
  async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed.data), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new DataView(await new Response(stream).arrayBuffer());
  }

  function depthAt(x, y) {
    const { own, isOn, current } = page();
    const depth = isOn("depth") && field && current(own.depth);
    if (!depth || !depth.field) return "";
    const { rows, columns, x0, y0, cell } = depth.field;
    const row = Math.floor((y - y0) / cell), column = Math.floor((x - x0) / cell);
    if (row < 0 || column < 0 || row >= rows || column >= columns) return "";
    const value = field.getUint16(2 * (row * columns + column), true);
    if (value === OFF_BODY) return "";
    if (value === NOT_MAPPED) return __("not mapped here: no limit can be given");
    if (value === NO_LIMIT) return __("no limit known here");
    if (value === 0) return __("no depth stays below danger here");
    return value < 10 ? __("limit here less than 1 mm")
      : __("limit here about {depth} mm", { depth: Math.floor(value / 10) });
  }

  // Zones at a place: of those that are drawn, or of all while none is.
  function zonesAt(u, v) {
    const { own, isOn, current } = page();
    const data = current(own.zones);
    if (!data) return [];
    const byId = (list) => Object.fromEntries(list.map((one) => [one.id, one]));
    const looks = byId(data.looks), tissues = byId(data.tissues);
    const drawn = data.zones.filter((zone) => isOn(zone.layer));
    return (drawn.length ? drawn : data.zones).filter((zone) => {
      zone.path = zone.path || new Path2D(zone.d);
      zone.line = looks[zone.look].line;
      zone.fill = tissues[zone.tissue].fill;
      return probe.isPointInPath(zone.path, u, v, "evenodd");
    }).reverse();
  }

  function under(px, py) {
    const { own } = page();
    const line = document.getElementById("under");
    if (!line || !own.map || !own.frame) return;
    const before = own.hovered, parts = [], names = new Map();
    let name = null;
    own.hovered = [];
    if (px !== undefined) {
      const [u, v] = own.map.picture(px, py);
      name = window.needlemapMarks.namedAt(px, py);
      const marks = name ? [name] : window.needlemapMarks.near(px, py, NEAR_PX).slice(0, 2);
      parts.push(...new Set(marks.map((item) => item.mark.title)));
      const depth = depthAt(...toChart(own.frame, u, v));
      if (depth) parts.push(depth);
      own.hovered = zonesAt(u, v);
      for (const zone of own.hovered) {
        if (!names.has(zone.level)) names.set(zone.level, new Set());
        names.get(zone.level).add(zone.name);
      }
    }
    own.map.svg.classList.toggle("on-name", Boolean(name));
    if (parts.length || names.size) say(line, parts, names, px, py);
    else line.replaceChildren();
    const same = before.length === own.hovered.length
      && before.every((zone, i) => zone === own.hovered[i]);
    if (!same) own.map.draw();
  }

  // The words stand beside the body, away from the pointer if there is room, with as many
  // names as there is room for. Where the body fills the map they stand in the corner
  // that lies across from the pointer.
  function say(line, parts, names, px, py) {
    const { map } = page().own, onTop = py > map.height / 2;
    const left = map.screen(0, 0)[0] - 2 * GAP_PX;
    // the column of the buttons, where they have one, is free above them
    const right = line.parentNode.clientWidth - map.screen(map.wide, 0)[0] - 2 * GAP_PX;
    const away = px > map.width / 2;
    const onLeft = (away ? left : right) >= LEAST_PX || (away ? right : left) < LEAST_PX
      ? away : !away;
    const free = onLeft ? left : right;
    const foot = footOf(line.parentNode, onLeft) + GAP_PX;
    line.classList.toggle("at-left", onLeft);
    const fits = (width, atFoot, most) => {
      line.style.width = `${Math.min(width, WIDEST_PX)}px`;
      line.classList.toggle("at-foot", atFoot);
      line.style.bottom = atFoot ? `${foot}px` : "";
      line.replaceChildren(...[...parts, ...[...names].map(
        ([level, list]) => `${level}: ${listed([...list], most)}`)].map((words) => {
        const one = document.createElement("div");
        one.textContent = words;
        return one;
      }));
      return atFoot || line.offsetTop + line.offsetHeight + foot <= line.parentNode.clientHeight;
    };
    const few = MOST_NAMES.find((most) => free >= LEAST_PX && fits(free, false, most));
    if (!few) fits(0.44 * map.width, !onTop, MOST_NAMES[0]);
  }

  function listed(names, most) {
    const more = names.length - most;
    const shown = names.slice(0, most).join(", ");
    return more > 0 ? __("{names} and {n} more", { names: shown, n: more }) : shown;
  }

  // How high buttons stand above the foot of the map's box, on one of its sides.
  function footOf(box, onLeft) {
    const all = box.getBoundingClientRect(), middle = all.left + all.width / 2;
    const heights = ["map-tools", "zoom-way", "offer"].map((id) => {
      const own = document.getElementById(id).getBoundingClientRect();
      const there = onLeft ? own.left < middle : own.right > middle;
      return own.height && there ? all.bottom - own.top : 0;
    });
    return Math.max(...heights);
  }

  // Where the pointer rests, for what comes to be known of that place meanwhile.
  let pointed = null, rests = [];
  function hover(...at) {
    const waiting = pointed !== null;
    pointed = rests = at;
    if (waiting) return;
    window.requestAnimationFrame(() => {
      under(...pointed);
      pointed = null;
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
  function tapped(px, py, touch) {
    if (marking()) return false; // the tap marks skin; the needle stays
    const name = window.needlemapMarks.namedAt(px, py);
    if (name) { byName(name.mark); return true; }
    const { near, musclesAt } = window.needlemapMarks;
    const dots = near(px, py, touch ? NEAR_TOUCH_PX : NEAR_PX).map((item) => item.mark);
    const under = musclesAt(...page().own.map.picture(px, py));
    offers([...dots, ...under].filter((mark) => mark.request).slice(0, 3));
    return false;
  }

  // Callbacks: what is on, what the server sent.
  function layers(on) {
    const before = page().own.on;
    const depthNow = on.includes("depth"), depthWas = before.includes("depth");
    let now = on;
    if (depthNow && !depthWas && before.length) {
      // patterns of zones over a field of colour cannot be read: they rest meanwhile
      resting = on.filter(isZone);
      now = on.filter((name) => !isZone(name));
    } else if (!depthNow && depthWas && !on.some(isZone)) {
      now = on.concat(resting);
    }
    classes(now);
    page().switched(now);
    return now.length === on.length ? skip() : now;
  }

  function classes(on) {
    document.body.classList.toggle("depth-on", on.includes("depth"));
    document.body.classList.toggle("no-zones", !on.some(isZone));
  }

  // What each store was last asked for: layers, chart, and the patient where it matters.
  const asked = {};
  function ask(on, view, patient) {
    for (const [store, layers, personal] of [
      ["depth-asked", ["depth"], "depth"],
      ["layers-asked", ["muscles", "points", "landmarks", "zone-labels"], "zone-labels"],
    ]) {
      const names = layers.filter((name) => on.includes(name));
      const plan = names.includes("depth") && held ? [held] : [];
      const now = JSON.stringify([names, names.length ? view : null,
        names.includes(personal) ? patient : null, ...plan]);
      if (now === (asked[store] || "[[],null,null]")) continue;
      asked[store] = now;
      window.dash_clientside.set_props(store, { data: now });
    }
    return skip();
  }

  const askFor = (patient, on, view) => ask(on, view, patient);

  // What of the plan counts all over the map; a depth was seen at the site.
  function askHeld(grip, fold, arm, seen, depth, method, site, on, view, patient) {
    const pincer = grip === "pincer" ? [fold] : null;
    const measured = seen && depth ? [seen, depth, method, site] : null;
    held = pincer || arm || measured ? [pincer, arm || null, measured] : null;
    return ask(on, view, patient);
  }

  function depth(data) {
    const { own } = page();
    own.depth = data;
    field = null;
    if (data && data.field) {
      unpack(data.field).then((found) => {
        if (own.depth !== data) return;
        field = found;
        hover(...rests);
      });
    }
    for (const [id, name] of [["depth-problem", "problem"], ["depth-note", "note"]]) {
      const slot = document.getElementById(id);
      if (slot) slot.textContent = (data && data[name]) || "";
    }
    page().redraw();
    return skip();
  }

  const folds = new MutationObserver(() => {
    const fold = document.getElementById("layer-fold");
    if (!fold) return;
    folds.disconnect();
    fold.open = fold.closest(".map-box").clientWidth > 640;
  });
  folds.observe(document.documentElement, { childList: true, subtree: true });

  window.needlemapLayers = { tapped, marking, hover, depths: () => field };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_layers = { layers, ask, askFor, askHeld, depth };
})();
