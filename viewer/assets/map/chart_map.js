// A chart of the body in the page: pictures, layers, marks; pan, pinch, wheel and keys.
// The check page and the lessons draw on this one. Two frames of reference and the way
// between them, nowhere else: chart millimetres (x, y as the body's axes run) <->
// picture millimetres (u, v from the upper left corner) <-> pixels of the screen.
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const TAP_PX = 8, ZOOM = 1.6, ROOM = 0.97;
  const TWICE_MS = 380, TWICE_PX = { touch: 26, mouse: 6 };
  const ARROWS = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  };
  //: From the lowest to what lies on top.
  const ORDER = ["skin", "skeleton", "depth", "zones"];
  const BARS = [10, 20, 50, 100, 200, 500];
  const SIDES = { L: "patient's left", R: "patient's right" };

  function make(name, attributes, parent, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== undefined) element.setAttribute(key, value);
    }
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  }

  const fineness = (rule, scale) => Math.min(1, Math.max(rule.finest, scale));

  // The outline of a zone as viewer/look/palette.py draws it: a pale band, and on it the line
  // of its severity, in the weight of how near the needle it lies; finer where a millimetre
  // has less than a pixel.
  function outline(group, zone, look, rule, near, scale) {
    const known = zone.known !== false, fine = fineness(rule, scale);
    const wide = fine * rule.weight[near] * (known ? look.factor : 1);
    const dash = known ? look.dash : rule.dash;
    const line = (stroke, width, more) => make("path", {
      d: zone.d, fill: "none", stroke, "stroke-width": width, "stroke-linejoin": "round",
      "stroke-dasharray": dash.length ? dash.map((n) => n * wide).join(" ") : undefined,
      "stroke-linecap": known && look.strokes === "dotted" ? "round" : undefined,
      "vector-effect": "non-scaling-stroke", ...more,
    }, group);
    if (look.strokes !== "faint") line(rule.band.colour, wide + 2 * fine * rule.band.px);
    line(look.line, wide, { "data-name": zone.name, "data-zone": zone.id,
      "data-severity": look.severity, "data-near": near });
    if (known && look.strokes === "double") line(rule.band.colour, wide / 3);
  }

  // From millimetres of the chart to those of the picture: of a chart seen from behind
  // x runs to the left, so that the patient's left stays at the left.
  function toPicture(frame, x, y) {
    const [xmin, xmax, ymin, ymax] = frame.bounds;
    return [
      frame.xReversed ? xmax - x : x - xmin,
      frame.yReversed ? y - ymin : ymax - y,
    ];
  }

  // ... and back.
  function toChart(frame, u, v) {
    const [xmin, xmax, ymin, ymax] = frame.bounds;
    return [
      frame.xReversed ? xmax - u : xmin + u,
      frame.yReversed ? ymin + v : ymax - v,
    ];
  }

  class ChartMap {
    // `on.tap({u, v, px, py, touch})`, `on.hover(px, py)` or `on.hover()` when the pointer
    // leaves, `on.step(right, down, mm)` and `on.enter()` for keys, `on.moved()` when
    // something else is seen. `on.label` is said after the title, `on.least` is the
    // narrowest view in mm. `on.still`: it is not moved, and the page scrolls past it.
    constructor(box, on) {
      this.box = box;
      this.on = on;
      this.frame = null;
      this.images = {};
      this.pointers = new Map();
      this.last = null;
      this.width = this.height = 1;
      this.svg = make("svg", { class: "chart-svg", tabindex: "0", role: "application" });
      this.world = make("g", {}, this.svg);
      this.overlay = make("g", { class: "overlay" }, this.svg);
      box.append(this.svg);
      this.listen();
      new ResizeObserver(() => this.resized()).observe(box);
    }

    listen() {
      const svg = this.svg, hear = (name, call) => svg.addEventListener(name, call);
      hear("pointerdown", (e) => this.down(e));
      hear("pointermove", (e) => this.move(e));
      hear("pointerup", (e) => this.up(e));
      hear("pointercancel", (e) => this.pointers.delete(e.pointerId));
      hear("pointerleave", () => { if (this.on.hover) this.on.hover(); });
      hear("keydown", (e) => this.key(e));
      svg.addEventListener("wheel", (e) => {
        if (this.on.still) return;
        e.preventDefault();
        const [x, y] = this.spot(e);
        this.zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), x, y);
      }, { passive: false });
    }

    // What is shown

    // Another chart; its pictures come as they are loaded.
    show(frame) {
      this.frame = frame;
      this.wide = frame.bounds[1] - frame.bounds[0];
      this.tall = frame.bounds[3] - frame.bounds[2];
      this.images = {};
      this.world.replaceChildren();
      this.svg.setAttribute("aria-label", [frame.title, this.on.label].join(". "));
      this.image("skin", frame.pictures.skin);
      this.words();
      this.measure();
      this.fit();
      this.draw();
    }

    words() {
      for (const old of this.box.querySelectorAll(":scope > .chart-word")) old.remove();
      const add = (text, name, label) => {
        const span = document.createElement("span");
        span.className = `chart-word ${name}`;
        span.textContent = text;
        if (label) span.setAttribute("aria-label", label);
        if (label) span.setAttribute("role", "img");
        this.box.append(span);
      };
      for (const edge of ["left", "right"]) {
        const word = this.frame[edge];
        add(word, `${edge}${word in SIDES ? " letter" : ""}`, SIDES[word]);
      }
      if (this.frame.side) add(this.frame.side, "only letter", SIDES[this.frame.side]);
      for (const [edge, word] of Object.entries(this.frame.notes)) add(word, `note ${edge}`);
    }

    // A layer of the chart's extent: a picture by its address, or nothing.
    image(name, href, shown = true) {
      const old = this.images[name];
      if (old && (!href || old.tagName !== "image")) old.remove();
      if (!href) {
        delete this.images[name];
        return;
      }
      const image = old && old.tagName === "image" ? old : make("image", {
        "data-layer": name, width: this.wide, height: this.tall, preserveAspectRatio: "none",
      });
      if (image !== old) image.addEventListener("load", () => { image.dataset.loaded = ""; });
      if (image.getAttribute("href") !== href) image.setAttribute("href", href);
      image.style.display = shown ? "" : "none";
      this.layer(name, image);
    }

    // A layer that is drawn in millimetres of the picture, such as outlines.
    layer(name, element) {
      const old = this.images[name];
      if (old && old !== element) old.remove();
      this.images[name] = element;
      if (element.parentNode === this.world) return;
      const next = ORDER.slice(ORDER.indexOf(name) + 1).map((n) => this.images[n])
        .find((other) => other && other.parentNode === this.world);
      this.world.insertBefore(element, next || null);
    }

    // The view: `u`, `v` in its middle, `scale` pixels a millimetre

    measure() {
      const box = this.svg.getBoundingClientRect();
      this.width = box.width || 1;
      this.height = box.height || 1;
      return box;
    }

    size() { return [this.width, this.height]; }

    whole() {
      return Math.min(this.width / this.wide, this.height / this.tall) * ROOM;
    }

    fit() {
      this.u = this.wide / 2;
      this.v = this.tall / 2;
      this.scale = this.whole();
      this.isWhole = true;
    }

    around(u, v, across) {
      this.measure();
      this.u = u;
      this.v = v;
      this.scale = Math.max(Math.min(this.width, this.height) / across, this.whole());
      this.bound();
    }

    // Show these places of the picture with some room.
    frameOn(places, least) {
      const us = places.map((p) => p[0]), vs = places.map((p) => p[1]);
      const size = Math.max(
        Math.max(...us) - Math.min(...us), Math.max(...vs) - Math.min(...vs));
      this.around(
        (Math.max(...us) + Math.min(...us)) / 2, (Math.max(...vs) + Math.min(...vs)) / 2,
        Math.max(least, size * 1.5));
    }

    // What is seen, in the chart's millimetres: from left to right, from below upwards.
    seen() {
      const low = toChart(this.frame, ...this.picture(0, this.height));
      const high = toChart(this.frame, ...this.picture(this.width, 0));
      return { x: [low[0], high[0]], y: [low[1], high[1]] };
    }

    // Show all of that again, in whatever window; which way it runs is the chart's to say.
    see(ranges) {
      const { x, y } = ranges || {};
      const good = [x, y].every((r) => Array.isArray(r) && r.length === 2
        && r.every(Number.isFinite) && r[0] !== r[1]);
      if (!good) return;
      [this.u, this.v] = toPicture(this.frame, (x[0] + x[1]) / 2, (y[0] + y[1]) / 2);
      this.scale = Math.min(this.width / Math.abs(x[1] - x[0]),
        this.height / Math.abs(y[1] - y[0]));
      this.bound();
      this.draw();
      // what was asked for, not the more that this window's shape shows beside it
      if (!this.isWhole) this.wanted = { x, y };
    }

    inSight(u, v, rim = 0) {
      const [x, y] = this.screen(u, v);
      return x > rim && y > rim && x < this.width - rim && y < this.height - rim;
    }

    resized() {
      const box = this.svg.getBoundingClientRect();
      if (!this.frame || box.width < 2 || box.height < 2) return;
      if (box.width === this.width && box.height === this.height) return;
      const wanted = this.wanted;
      this.measure();
      if (wanted) this.see(wanted);
      else { this.fit(); this.draw(); }
      this.wanted = wanted; // a small window between two large ones changes nothing
    }

    bound() {
      const most = Math.max(Math.min(this.width, this.height) / (this.on.least || 20),
        this.whole());
      this.scale = Math.min(Math.max(this.scale, this.whole()), most);
      this.isWhole = this.scale <= this.whole() * 1.001;
      // nearer, the middle of the view may be any place of the chart
      const keep = (at, all) => (this.isWhole ? all / 2 : Math.min(Math.max(at, 0), all));
      this.u = keep(this.u, this.wide);
      this.v = keep(this.v, this.tall);
    }

    screen(u, v) {
      return [(u - this.u) * this.scale + this.width / 2,
        (v - this.v) * this.scale + this.height / 2];
    }

    picture(x, y) {
      return [(x - this.width / 2) / this.scale + this.u,
        (y - this.height / 2) / this.scale + this.v];
    }

    spot(event) {
      const box = this.measure();
      return [event.clientX - box.left, event.clientY - box.top];
    }

    zoom(factor, x, y) {
      const [u, v] = this.picture(x, y);
      const before = this.scale;
      this.scale *= factor;
      this.bound();
      this.u = u - (x - this.width / 2) / this.scale;
      this.v = v - (y - this.height / 2) / this.scale;
      this.bound();
      if (this.scale !== before || !this.isWhole) this.later();
    }

    // The buttons zoom on a place that is in sight, else on the middle.
    step(factor, at) {
      this.measure();
      const seen = at && this.inSight(...at);
      const [x, y] = seen ? this.screen(...at) : [this.width / 2, this.height / 2];
      this.zoom(factor, x, y);
    }

    reset() {
      this.measure();
      this.fit();
      this.draw();
    }

    // Fingers and mouse

    down(event) {
      if (event.button > 0 || !this.frame) return;
      try { this.svg.setPointerCapture(event.pointerId); } catch { /* it is gone already */ }
      this.pointers.set(event.pointerId, this.spot(event));
      if (this.pointers.size === 1) {
        this.start = this.spot(event);
        this.panned = false;
      } else this.panned = true;
    }

    move(event) {
      if (!this.frame) return;
      const before = this.pointers.get(event.pointerId);
      const now = this.spot(event);
      if (!before) {
        if (this.on.hover && event.pointerType !== "touch") this.on.hover(...now);
        return;
      }
      if (this.pointers.size === 1) {
        const far = Math.hypot(now[0] - this.start[0], now[1] - this.start[1]);
        if (!this.panned && far < TAP_PX) return;
        if (this.on.still) { this.panned = true; return; }
        if (!this.panned) before.splice(0, 2, ...this.start);
        this.panned = true;
        this.u -= (now[0] - before[0]) / this.scale;
        this.v -= (now[1] - before[1]) / this.scale;
        this.bound();
        this.later();
      } else if (this.pointers.size === 2 && !this.on.still) {
        const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
        const gap = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
        const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
        this.u -= (now[0] - before[0]) / 2 / this.scale;
        this.v -= (now[1] - before[1]) / 2 / this.scale;
        this.zoom(gap(now) / gap(before), ...middle);
      }
      this.pointers.set(event.pointerId, now);
    }

    up(event) {
      const known = this.pointers.delete(event.pointerId);
      if (!known || this.panned || this.pointers.size) return;
      const [px, py] = this.start, touch = event.pointerType === "touch";
      const reach = touch ? TWICE_PX.touch : TWICE_PX.mouse;
      const twice = this.last && event.timeStamp - this.last.at < TWICE_MS
        && Math.hypot(px - this.last.px, py - this.last.py) < reach;
      this.last = { px, py, at: event.timeStamp };
      if (twice) return; // a second tap at the same place is not a second needle
      const [u, v] = this.picture(px, py);
      this.on.tap({ u, v, px, py, touch });
    }

    key(event) {
      const way = ARROWS[event.key];
      if (way) {
        event.preventDefault();
        const mm = event.shiftKey ? 1 : event.ctrlKey || event.altKey ? 10 : 5;
        this.on.step(way[0], way[1], mm);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" && this.on.enter) {
        event.preventDefault();
        this.on.enter();
      } else if (event.key === "+" || event.key === "=") this.step(ZOOM, this.eye());
      else if (event.key === "-") this.step(1 / ZOOM, this.eye());
      else if (event.key === "0") this.reset();
    }

    // The place that is looked at, if there is one: the needle's.
    eye() { return this.on.eye ? this.on.eye() : null; }

    // Drawing

    later() {
      if (this.waiting) return;
      this.waiting = true;
      window.requestAnimationFrame(() => { this.waiting = false; this.draw(); });
    }

    draw() {
      if (!this.frame) return;
      const [x, y] = this.screen(0, 0);
      this.world.setAttribute(
        "transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${this.scale})`);
      this.wanted = this.isWhole ? null : this.seen();
      this.overlay.replaceChildren();
      this.paint();
    }

    // What lies above the pictures, in pixels.
    paint() { if (this.on.paint) this.on.paint(this); }

    // A path of picture millimetres in the overlay.
    path(d, attributes) {
      const [x, y] = this.screen(0, 0);
      return make("path", {
        d, "vector-effect": "non-scaling-stroke",
        transform: `translate(${x} ${y}) scale(${this.scale})`, ...attributes,
      }, this.overlay);
    }

    // How long a centimetre is.
    bar() {
      const fits = BARS.filter((bar) => bar * this.scale <= this.width * 0.3);
      const mm = fits.pop() || BARS[0];
      const long = mm * this.scale, x = 12, y = this.height - 12;
      const d = `M${x} ${y - 6}v6h${long}v-6`;
      make("path", { d, class: "bar-under" }, this.overlay);
      make("path", { d, class: "bar" }, this.overlay);
      make("text", { x: x + long + 7, y, class: "bar-words" }, this.overlay, `${mm / 10} cm`);
    }
  }

  window.NeedlemapChart = { ChartMap, toPicture, toChart, make, fineness, outline, ZOOM };
})();
