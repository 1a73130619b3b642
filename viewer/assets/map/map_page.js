// The map of the check page: which chart it shows, what the answer draws on it, and what
// a tap, a key or a button on it asks for. How it is drawn is chart_map.js and map_marks.js.
(function () {
  "use strict";
  const { ChartMap, fineness, make, outline, toPicture, ZOOM } = window.NeedlemapChart;
  const skip = () => window.dash_clientside.no_update;
  const tell = (id, props) => window.dash_clientside.set_props(id, props);
  const KEPT_MS = 10000;
  // What points covers so many pixels: a fingertip, or the tip of a mouse's arrow.
  const POINTS_PX = { finger: 44, mouse: 4 };
  const own = {
    map: null, view: "", frame: null, // what is shown: "body/chart"
    part: "", // of the body; "Body" for all of it
    zones: null, marks: null, depth: null, atlas: null, // what was sent, each of its view
    on: [], hovered: [], // layers, and the zones under the pointer
  };
  const probe = document.createElement("canvas").getContext("2d");
  let drawnAt = 0, begun = false, syncing = false, offered = "", marks = [], wanted = null, inSight = null;

  const named = (view) => `${view.body}/${view.chart}`;
  const current = (data) => (data && data.view === own.view ? data : null);
  const isOn = (name) => own.on.includes(name);

  function build() {
    const box = document.getElementById("map");
    if (own.map || !box) return;
    own.map = new ChartMap(box, {
      label: box.dataset.label,
      tap: tapped,
      hover: (px, py) => window.needlemapLayers.hover(px, py),
      step: (right, down, mm) => window.needlemapHistory.nudge(right * mm, -down * mm),
      eye: () => needle(),
      paint: (map) => { refine(map); window.needlemapMarks.paint(map); wayBack(); },
    });
    new MutationObserver(() => placed(box.dataset.marks))
      .observe(box, { attributes: true, attributeFilter: ["data-marks"] });
    if (own.frame) put();
  }

  // Where the needle is, in millimetres of the picture.
  function needle() {
    const found = current(own.marks);
    return found && found.needle
      ? toPicture(own.frame, found.needle.x, found.needle.y) : null;
  }

  // Which chart

  function chartOf(data, part, view, side) {
    const views = data.opens[part];
    return (views[view] || Object.values(views)[0])[side === "right" ? "right" : "left"];
  }

  // A choice of part, view, side or body.
  function navigate(part, view, side, body, now, data) {
    if (syncing) return skip();
    const next = { body, chart: chartOf(data, part, view, side) };
    if (named(next) === named(now)) return skip();
    tell("map-message", { children: "" });
    wanted = null;
    return next;
  }

  // Another chart is shown, by whatever means: the controls follow.
  function show(view, data, part, seen, side) {
    if (named(view) === own.view) return skip();
    own.view = named(view);
    own.frame = { ...data.frames[view.chart], ...data.bodies[view.body][view.chart],
      body: view.body, chart: view.chart };
    const chart = data.charts[view.chart];
    own.part = chart.part;
    hint(false);
    syncing = true;
    if (chart.part !== part) tell("part", { value: chart.part });
    if (chart.part !== offered || chart.view !== seen) {
      tell("view", { data: data.views[chart.part], value: chart.view });
    }
    offered = chart.part;
    if (chart.side && chart.side !== side) tell("side", { value: chart.side });
    tell("side-box", { style: chart.side ? {} : { display: "none" } });
    tell("map-title", { children: own.frame.title });
    setTimeout(() => { syncing = false; }, 0);
    put();
    return skip();
  }

  function put() {
    if (!own.map) return;
    own.hovered = [];
    own.map.show(own.frame);
    redraw();
    if (wanted && wanted.view === own.view) {
      own.map.see(wanted.ranges);
      wanted = null;
    }
    hidden();
    // once the page has begun: what a tab has kept is put on top of it
    if (!begun) setTimeout(() => document.dispatchEvent(new Event("needlemap-map")), 0);
    begun = true;
  }

  // What was seen before is to be seen again: when its chart comes, or at once. `held`:
  // on the chart that is shown only if the needle would be out of sight.
  function look(view, ranges, held) {
    if (named(view) !== own.view) wanted = { view: named(view), ranges };
    else if (held) inSight = ranges;
    else own.map.see(ranges);
  }

  // What lies on it

  function redraw() {
    const { map, frame } = own;
    if (!map || !frame) return;
    map.image("skeleton", frame.pictures.skeleton, isOn("skeleton"));
    const depth = isOn("depth") && current(own.depth);
    map.image("depth", depth ? depth.image : null);
    outlines();
    map.draw();
  }

  // How near the needle a zone lies: the rule of viewer/look/palette.py, on this chart.
  function nearness(zone, { near }) {
    const tip = needle();
    if (!tip) return "here";
    zone.path = zone.path || new Path2D(zone.d);
    if (probe.isPointInPath(zone.path, ...tip, "evenodd")) return "needle";
    zone.places = zone.places || (zone.d.match(/-?[\d.]+/g) || []).map(Number);
    let away = Infinity;
    for (let i = 0; i + 1 < zone.places.length; i += 2) {
      away = Math.min(away, Math.hypot(zone.places[i] - tip[0], zone.places[i + 1] - tip[1]));
    }
    return away <= near.needle_mm ? "needle" : away <= near.here_mm ? "here" : "far";
  }

  // Zones that are on: all of one tissue is one area, whatever lies on one another.
  function outlines() {
    const data = current(own.zones);
    const list = data ? data.zones.filter((zone) => isOn(zone.layer)) : [];
    if (!list.length) {
      own.map.image("zones", null);
      return;
    }
    const group = make("g", { "data-layer": "zones" });
    const patterns = new DOMParser().parseFromString(
      `<svg xmlns="http://www.w3.org/2000/svg">${data.patterns}</svg>`, "image/svg+xml");
    group.append(document.importNode(patterns.documentElement.firstChild, true));
    for (const tissue of data.tissues) {
      const alike = list.filter((zone) => zone.known && zone.tissue === tissue.id);
      if (!alike.length) continue;
      make("path", { d: alike.map((zone) => zone.d).join(""), fill: tissue.fill,
        "fill-opacity": tissue.opacity, "fill-rule": "nonzero", "data-tissue": tissue.id,
        "data-zones": alike.map((zone) => zone.id).join(" ") }, group);
    }
    for (const look of data.looks) {
      for (const zone of list.filter((one) => one.look === look.id)) {
        outline(group, zone, look, data.rule, nearness(zone, data.rule), own.map.scale);
      }
    }
    own.map.layer("zones", group);
    drawnAt = own.map.scale;
  }

  // Nearer or further away, lines of another weight.
  function refine(map) {
    const data = current(own.zones);
    if (!data || !map.images.zones) return;
    const now = fineness(data.rule, map.scale), then = fineness(data.rule, drawnAt);
    if (Math.abs(now - then) > 0.1) outlines();
  }

  function switched(on) {
    own.on = on;
    own.hovered = [];
    redraw();
  }

  function got(name) {
    return (data) => {
      own[name] = data;
      if (name === "zones") {
        own.hovered = [];
        redraw();
      } else if (own.map) own.map.draw();
      return skip();
    };
  }

  // Where the needle is now: it is drawn with the answer, before what follows from it.
  function placed(text) {
    own.marks = JSON.parse(text);
    const at = inSight && needle();
    if (at && !own.map.inSight(...at)) own.map.see(inSight);
    inSight = null;
    fromNear();
    outlines(); // their weight says how near the needle they lie
    own.map.draw();
    hidden();
  }

  function hidden() {
    const note = document.getElementById("map-hidden"), found = current(own.marks);
    if (note) note.hidden = !(found && found.hidden);
  }

  // What is asked for

  // The one rule for a tap on the whole body: while what points covers more of it than
  // the distance within which two places are one site (20 mm, see new_site.js), the tap
  // zooms in on its place until it does not, and the next one places the needle. A finger
  // always zooms first; a mouse only where the body is drawn very small.
  function tooSmall(touch) {
    const points = touch ? POINTS_PX.finger : POINTS_PX.mouse;
    return own.part === "Body" && points / own.map.scale > window.needlemapNeedle.NEAR_MM * 1.001;
  }

  function zoomTo(u, v, touch) {
    zoomOn(u, v, touch);
    hint(true);
  }

  // A place that was named on a phone is looked at from as near as taps are.
  const PHONE = "(pointer: coarse) and (max-width: 640px)";
  let lastTip = null;
  function fromNear() {
    const tip = needle(), at = tip && tip.join();
    if (tip && at !== lastTip && matchMedia(PHONE).matches && tooSmall(true)) zoomOn(...tip, true);
    lastTip = at;
  }

  function zoomOn(u, v, touch) {
    const map = own.map;
    const wanted = (touch ? POINTS_PX.finger : POINTS_PX.mouse) / window.needlemapNeedle.NEAR_MM;
    map.around(u, v, Math.min(...map.size()) / Math.max(wanted, map.scale * ZOOM));
    map.draw();
  }

  // While a part of the whole body is seen there is a button that leads back.
  function wayBack() {
    const way = document.getElementById("zoom-way");
    const near = own.part === "Body" && !own.map.isWhole;
    if (!way || way.hidden === !near) return;
    way.hidden = !near;
    if (!near) hint(false);
  }

  function hint(on) {
    const line = document.getElementById("tap-hint");
    if (line) line.hidden = !on;
  }

  function tapped({ u, v, px, py, touch }) {
    if (!window.needlemapLayers.marking() && tooSmall(touch)) {
      zoomTo(u, v, touch);
      return;
    }
    hint(false);
    if (window.needlemapLayers.tapped(px, py, touch)) return;
    const [x, y] = window.NeedlemapChart.toChart(own.frame, u, v);
    const tap = { x, y, view: own.view, at: Date.now() };
    // while areas are marked the needle stays; the page drops the response to all but
    // the last of several quick taps, so that each is told with those just before it
    const marking = window.needlemapLayers.marking();
    if (marking) marks = [...marks.filter((one) => tap.at - one.at < KEPT_MS), tap];
    tell(marking ? "paint-tap" : "tap", { data: marking ? marks : tap });
  }

  const BUTTONS = {
    "zoom-in": (map) => map.step(ZOOM, needle()),
    "zoom-out": (map) => {
      const whole = document.getElementById("nav-whole");
      // zooming out of a whole enlargement leads back to the whole body
      if (map.isWhole && whole && !whole.disabled) whole.click();
      else map.step(1 / ZOOM, needle());
    },
    "zoom-reset": (map) => map.reset(),
    "zoom-back": (map) => {
      map.reset();
      map.svg.focus({ preventScroll: true }); // the button is gone
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".map-box .zoom button, #zoom-back");
    if (button && own.map && BUTTONS[button.id]) BUTTONS[button.id](own.map);
  });

  window.needlemapMap = { own, current, isOn, needle, look, switched, redraw };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_map = {
    navigate, show, zones: got("zones"), atlas: got("atlas"),
  };
  const watch = new MutationObserver(() => {
    build();
    if (own.map) watch.disconnect();
  });
  watch.observe(document.documentElement, { childList: true, subtree: true });
})();
