// A chart as a picture: millimetres and pixels, pan, pinch, wheel, keys, marks.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const TAP_PX = 8, LEAST_ACROSS_MM = 45, ZOOM = 1.5;
  // A tap on a picture smaller than this (pixels a millimetre) is too coarse to count on.
  const COARSE = 0.9, NEAR_MM = 260;
  const ARROWS = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  };
  const BARS = [10, 20, 50, 100, 200, 500];

  function make(name, attributes, parent, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes || {})) {
      element.setAttribute(key, value);
    }
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  }

  // From millimetres of the chart to the picture (mm from its upper left corner) ...
  function toPicture(frame, x, y) {
    const [xmin, xmax, ymin, ymax] = frame.bounds;
    return [
      frame.xReversed ? xmax - x : x - xmin,
      frame.yReversed ? y - ymin : ymax - y,
    ];
  }

  // ... and back: the two ways there are.
  function toChart(frame, u, v) {
    const [xmin, xmax, ymin, ymax] = frame.bounds;
    return [
      frame.xReversed ? xmax - u : xmin + u,
      frame.yReversed ? ymin + v : ymax - v,
    ];
  }

  class Chart {
    // `on.place(u, v)` when the needle is put, `on.enter()` for Enter, `on.say(text, bad)`.
    constructor(box, frame, on) {
      this.box = box;
      this.frame = frame;
      this.on = on;
      this.wide = frame.bounds[1] - frame.bounds[0];
      this.tall = frame.bounds[3] - frame.bounds[2];
      this.movable = false;
      this.needle = null; // {u, v, spread, lean}
      this.plan = null; // where the needle was planned, when it was moved: {u, v, within}
      this.after = null; // what is shown after the answer
      this.images = {};
      this.layers = {};
      this.pointers = new Map();
      this.build();
      this.fit();
      new ResizeObserver(() => this.resized()).observe(box);
    }

    build() {
      this.svg = make("svg", {
        class: "chart-svg", tabindex: "0", role: "application",
        "aria-label": `${this.frame.title}. Arrow keys move the needle by 5 millimetres, ` +
          "with Shift by 1, with Control by 10; Enter answers, plus and minus zoom.",
      });
      this.world = make("g", {}, this.svg);
      this.overlay = make("g", { class: "overlay" }, this.svg);
      this.box.append(this.svg);
      this.image("skin", this.frame.pictures.skin);
      this.words();
      this.buttons();
      const svg = this.svg;
      svg.addEventListener("pointerdown", (e) => this.down(e));
      svg.addEventListener("pointermove", (e) => this.move(e));
      svg.addEventListener("pointerup", (e) => this.up(e));
      svg.addEventListener("pointercancel", (e) => this.pointers.delete(e.pointerId));
      svg.addEventListener("wheel", (e) => {
        e.preventDefault();
        const [x, y] = this.spot(e);
        this.zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), x, y);
      }, { passive: false });
      svg.addEventListener("keydown", (e) => this.key(e));
      // which pixels are body, so that a tap beside it can be told at once
      const skin = new Image();
      skin.addEventListener("load", () => {
        const canvas = document.createElement("canvas");
        canvas.width = skin.naturalWidth;
        canvas.height = skin.naturalHeight;
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(skin, 0, 0);
        this.pixels = pen;
      });
      skin.src = this.frame.pictures.skin;
    }

    words() {
      const add = (text, name, label) => {
        const span = document.createElement("span");
        span.className = `chart-word ${name}`;
        span.textContent = text;
        if (label) span.setAttribute("aria-label", label);
        if (label) span.setAttribute("role", "img");
        this.box.append(span);
      };
      const sides = { L: "patient's left", R: "patient's right" };
      for (const edge of ["left", "right"]) {
        const word = this.frame[edge];
        add(word, `${edge} ${word in sides ? "side" : ""}`, sides[word]);
      }
      if (this.frame.side) {
        add(this.frame.side, "only side", sides[this.frame.side]);
      }
      for (const [edge, word] of Object.entries(this.frame.notes)) {
        add(word, `note ${edge}`);
      }
    }

    buttons() {
      const row = document.createElement("div");
      row.className = "zoom";
      const add = (text, label, call) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text;
        button.setAttribute("aria-label", label);
        button.title = label;
        button.addEventListener("click", call);
        row.append(button);
      };
      add("+", "Zoom in", () => this.step(ZOOM));
      add("−", "Zoom out", () => this.step(1 / ZOOM));
      add("⤢", "Show all of it", () => { this.fit(); this.draw(); });
      this.box.append(row);
    }

    image(name, url) {
      const image = make("image", {
        href: url, x: 0, y: 0, width: this.wide, height: this.tall,
        preserveAspectRatio: "none",
      });
      this.images[name] = image;
      // skin lies lowest, zones on top
      const order = ["skin", "skeleton", "zones"];
      const next = order.slice(order.indexOf(name) + 1).map((n) => this.images[n])
        .find((other) => other && other.parentNode);
      this.world.insertBefore(image, next || null);
    }

    // Switch a layer on or off; a picture or marks from the server.
    layer(name, url, shown) {
      if (name === "skeleton" || name === "zones") {
        if (!this.images[name] && shown) this.image(name, url);
        if (this.images[name]) this.images[name].style.display = shown ? "" : "none";
        return Promise.resolve();
      }
      if (!shown) {
        delete this.layers[name];
        this.draw();
        return Promise.resolve();
      }
      return fetch(url).then((answer) => {
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        return answer.json();
      }).then((rows) => { this.layers[name] = rows; this.draw(); });
    }

    // The view

    size() {
      const box = this.svg.getBoundingClientRect();
      return [box.width || 1, box.height || 1];
    }

    whole() {
      const [w, h] = this.size();
      return Math.min(w / this.wide, h / this.tall) * 0.97;
    }

    fit() {
      this.u = this.wide / 2;
      this.v = this.tall / 2;
      this.scale = this.whole();
      this.isWhole = true;
    }

    around(u, v, across) {
      const [w, h] = this.size();
      this.u = u;
      this.v = v;
      this.scale = Math.max(Math.min(w, h) / across, this.whole());
      this.isWhole = false;
      this.bound();
    }

    // Show these places with some room; all that is worth seeing after the answer.
    frameOn(places, least) {
      const us = places.map((p) => p[0]), vs = places.map((p) => p[1]);
      const size = Math.max(
        Math.max(...us) - Math.min(...us), Math.max(...vs) - Math.min(...vs));
      this.around(
        (Math.max(...us) + Math.min(...us)) / 2, (Math.max(...vs) + Math.min(...vs)) / 2,
        Math.max(least, size * 1.5));
    }

    resized() {
      if (this.isWhole) this.fit();
      this.bound();
      this.draw();
    }

    bound() {
      const [w, h] = this.size();
      const most = Math.max(Math.min(w, h) / LEAST_ACROSS_MM, this.whole());
      this.scale = Math.min(Math.max(this.scale, this.whole()), most);
      const keep = (at, all, room) => {
        const half = room / 2 / this.scale;
        return half * 2 >= all ? all / 2 : Math.min(Math.max(at, half), all - half);
      };
      this.u = keep(this.u, this.wide, w);
      this.v = keep(this.v, this.tall, h);
    }

    screen(u, v) {
      const [w, h] = this.size();
      return [(u - this.u) * this.scale + w / 2, (v - this.v) * this.scale + h / 2];
    }

    picture(x, y) {
      const [w, h] = this.size();
      return [(x - w / 2) / this.scale + this.u, (y - h / 2) / this.scale + this.v];
    }

    spot(event) {
      const box = this.svg.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    }

    zoom(factor, x, y) {
      const [u, v] = this.picture(x, y);
      const before = this.scale;
      this.scale *= factor;
      this.bound();
      const now = this.scale;
      this.u = u - (u - this.u) * (before / now);
      this.v = v - (v - this.v) * (before / now);
      this.isWhole = this.scale <= this.whole() * 1.001;
      this.bound();
      this.draw();
    }

    // The buttons zoom on the needle when it is in view.
    step(factor) {
      const [w, h] = this.size();
      let at = [w / 2, h / 2];
      if (this.needle) {
        const own = this.screen(this.needle.u, this.needle.v);
        if (own[0] > 0 && own[1] > 0 && own[0] < w && own[1] < h) at = own;
      }
      this.zoom(factor, ...at);
    }

    // Fingers and mouse

    down(event) {
      if (event.button > 0) return;
      this.svg.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.spot(event));
      if (this.pointers.size === 1) {
        this.start = this.spot(event);
        this.panned = false;
      } else this.panned = true;
    }

    move(event) {
      const before = this.pointers.get(event.pointerId);
      if (!before) return;
      const now = this.spot(event);
      if (this.pointers.size === 1) {
        const far = Math.hypot(now[0] - this.start[0], now[1] - this.start[1]);
        if (!this.panned && far < TAP_PX) return;
        if (!this.panned) before.splice(0, 2, ...this.start);
        this.panned = true;
        this.u -= (now[0] - before[0]) / this.scale;
        this.v -= (now[1] - before[1]) / this.scale;
        this.bound();
        this.draw();
      } else if (this.pointers.size === 2) {
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
      if (known && !this.panned && this.pointers.size === 0) {
        const [u, v] = this.picture(...this.start);
        const coarse = this.scale < COARSE;
        if (this.put(u, v) && coarse) {
          this.around(u, v, NEAR_MM);
          this.draw();
          this.on.say("Nearer now: tap again to be exact.", false);
        }
      }
    }

    put(u, v) {
      if (!this.movable) return false;
      if (!this.onBody(u, v)) {
        this.on.say("That is beside the body. Tap on the skin.", true);
        return false;
      }
      this.on.place(u, v);
      return true;
    }

    onBody(u, v) {
      if (!(u >= 0 && v >= 0 && u <= this.wide && v <= this.tall)) return false;
      if (!this.pixels) return true; // the server will say
      const { width, height } = this.pixels.canvas;
      const x = Math.min(width - 1, Math.floor((u / this.wide) * width));
      const y = Math.min(height - 1, Math.floor((v / this.tall) * height));
      return this.pixels.getImageData(x, y, 1, 1).data[3] > 20;
    }

    key(event) {
      const way = ARROWS[event.key];
      if (way) {
        event.preventDefault();
        // the same keys as on the body map
        const mm = event.shiftKey ? 1 : event.ctrlKey || event.altKey ? 10 : 5;
        const from = this.needle || { u: this.u, v: this.v };
        const put = this.needle ? mm : 0;
        this.put(from.u + way[0] * put, from.v + way[1] * put);
        this.follow();
      } else if (event.key === "Enter") {
        event.preventDefault();
        this.on.enter();
      } else if (event.key === "+" || event.key === "=") this.step(ZOOM);
      else if (event.key === "-") this.step(1 / ZOOM);
      else if (event.key === "0") { this.fit(); this.draw(); }
    }

    // Keep the needle in view while it is moved by keys.
    follow() {
      if (!this.needle) return;
      const [w, h] = this.size();
      const [x, y] = this.screen(this.needle.u, this.needle.v);
      if (x > 30 && y > 30 && x < w - 30 && y < h - 30) return;
      this.u = this.needle.u;
      this.v = this.needle.v;
      this.bound();
      this.draw();
    }

    // Drawing

    draw() {
      const [x, y] = this.screen(0, 0);
      this.world.setAttribute(
        "transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${this.scale})`);
      this.overlay.replaceChildren();
      if (this.after) this.drawPaths(this.after.paths);
      this.drawLayers();
      if (this.plan) this.drawPlan();
      if (this.after && this.after.target) this.drawTarget();
      if (this.needle) this.drawNeedle();
      this.drawBar();
    }

    drawPaths(paths) {
      const [x, y] = this.screen(0, 0);
      for (const path of paths) {
        for (const kind of ["under", "line"]) {
          make("path", {
            d: path, class: `zone-${kind}`, "vector-effect": "non-scaling-stroke",
            transform: `translate(${x} ${y}) scale(${this.scale})`,
          }, this.overlay);
        }
      }
    }

    // All circles first, then as many names as there is room for, nearest to the middle
    // of what is seen (or the needle) before others.
    drawLayers() {
      const [w, h] = this.size();
      const eye = this.needle ? this.screen(this.needle.u, this.needle.v) : [w / 2, h / 2];
      const seen = [], taken = [];
      for (const [name, rows] of Object.entries(this.layers)) {
        for (const row of rows) {
          const [x, y] = this.screen(row.u, row.v);
          if (x < 0 || y < 0 || x > w || y > h) continue;
          const r = Math.max(row.r * this.scale, 3.5);
          make("circle", { cx: x, cy: y, r, class: `mark ${name}` }, this.overlay);
          if (row.r) make("circle", { cx: x, cy: y, r: 2, class: "mark-dot" }, this.overlay);
          seen.push({ x, y, name: row.name, far: Math.hypot(x - eye[0], y - eye[1]) });
        }
      }
      if (this.scale < COARSE) return;
      seen.sort((a, b) => a.far - b.far);
      for (const { x, y, name } of seen) {
        const wide = name.length * 6.8;
        const box = [x - 4, y - 8, x + 11 + wide, y + 8];
        const free = box[2] < w && taken.every(
          (t) => box[2] < t[0] || box[0] > t[2] || box[3] < t[1] || box[1] > t[3]);
        if (!free) continue;
        taken.push(box);
        make("text", { x: x + 7, y: y + 4, class: "mark-name" }, this.overlay, name);
      }
    }

    drawPlan() {
      const [x, y] = this.screen(this.plan.u, this.plan.v);
      if (this.plan.within) {
        make("circle", {
          cx: x, cy: y, r: this.plan.within * this.scale, class: "within",
        }, this.overlay);
      }
      const moved = this.needle
        && Math.hypot(this.needle.u - this.plan.u, this.needle.v - this.plan.v) > 0.05;
      if (moved) make("circle", { cx: x, cy: y, r: 6, class: "planned" }, this.overlay);
    }

    drawTarget() {
      const { target, put } = this.after;
      const [x, y] = this.screen(target.u, target.v);
      if (put) {
        const [a, b] = this.screen(put.u, put.v);
        make("path", { d: `M${a} ${b}L${x} ${y}`, class: "distance-under" }, this.overlay);
        make("path", { d: `M${a} ${b}L${x} ${y}`, class: "distance" }, this.overlay);
        if (put.distance !== null && Math.hypot(a - x, b - y) > 46) {
          // beside the line, on the side that is further from the edge
          const right = (a + x) / 2 < this.size()[0] / 2;
          make("text", {
            x: (a + x) / 2 + (right ? 9 : -9), y: (b + y) / 2 + 5,
            class: "distance-words", "text-anchor": right ? "start" : "end",
          }, this.overlay, `${Math.round(put.distance)} mm`);
        }
      }
      make("circle", {
        cx: x, cy: y, r: Math.max(target.spread * this.scale, 5), class: "spread",
      }, this.overlay);
      make("path", {
        d: `M${x - 9} ${y}h18M${x} ${y - 9}v18`, class: "cross-under",
      }, this.overlay);
      make("path", { d: `M${x - 9} ${y}h18M${x} ${y - 9}v18`, class: "cross" }, this.overlay);
    }

    drawNeedle() {
      const { u, v, spread, lean } = this.needle;
      const [x, y] = this.screen(u, v);
      if (spread) {
        make("circle", { cx: x, cy: y, r: spread * this.scale, class: "search" }, this.overlay);
      }
      if (lean) {
        // the handle shows: it lies opposite to where the tip goes
        const long = 46, size = Math.hypot(...lean) || 1;
        const [a, b] = [x - (lean[0] / size) * long, y - (lean[1] / size) * long];
        make("path", { d: `M${x} ${y}L${a} ${b}`, class: "shaft-under" }, this.overlay);
        make("path", { d: `M${x} ${y}L${a} ${b}`, class: "shaft" }, this.overlay);
        const c = [(x + a * 2) / 3, (y + b * 2) / 3];
        make("path", { d: `M${c[0]} ${c[1]}L${a} ${b}`, class: "grip" }, this.overlay);
      }
      make("circle", { cx: x, cy: y, r: 7, class: "needle" }, this.overlay);
      make("circle", { cx: x, cy: y, r: 1.6, class: "needle-eye" }, this.overlay);
    }

    drawBar() {
      const [w, h] = this.size();
      const mm = BARS.filter((bar) => bar * this.scale <= w * 0.3).pop() || BARS[0];
      const long = mm * this.scale, x = 12, y = h - 12;
      const d = `M${x} ${y - 6}v6h${long}v-6`;
      make("path", { d, class: "bar-under" }, this.overlay);
      make("path", { d, class: "bar" }, this.overlay);
      make("text", { x: x + long + 7, y, class: "bar-words" }, this.overlay,
        mm < 10 ? `${mm} mm` : `${mm / 10} cm`);
    }
  }

  window.NeedleChart = { Chart, toPicture, toChart, make };
})();
