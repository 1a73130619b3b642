// The chart of an exercise: the body's chart of all pages, with a needle that is put or
// moved, where it was planned, and what is shown after the answer.
"use strict";
(() => {
  const { ChartMap, toPicture, toChart, make } = window.NeedlemapChart;
  const LEAST_ACROSS_MM = 45, ZOOM = 1.5;
  // A tap on a picture smaller than this (pixels a millimetre) is too coarse to count on.
  const COARSE = 0.9, NEAR_MM = 260;

  class Chart extends ChartMap {
    // `on.place(u, v)` when the needle is put, `on.enter()` for Enter, `on.say(text, bad)`.
    constructor(box, frame, on) {
      super(box, {
        ...on, least: LEAST_ACROSS_MM,
        label: "Arrow keys move the needle by 5 millimetres, with Shift by 1, with " +
          "Control by 10; Enter answers, plus and minus zoom.",
        tap: ({ u, v }) => this.tapped(u, v),
        step: (right, down, mm) => this.nudge(right * mm, down * mm),
        eye: () => this.needle && [this.needle.u, this.needle.v],
      });
      this.movable = false;
      this.needle = null; // {u, v, spread, lean}
      this.plan = null; // where the needle was planned, when it was moved: {u, v, within}
      this.after = null; // what is shown after the answer
      this.marks = {};
      this.show(frame);
      this.buttons();
      this.readPixels();
    }

    // Which pixels are body, so that a tap beside it can be told at once.
    readPixels() {
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
      add("+", "Zoom in", () => this.step(ZOOM, this.eye()));
      add("−", "Zoom out", () => this.step(1 / ZOOM, this.eye()));
      add("⤢", "Show all of it", () => this.reset());
      this.box.append(row);
    }

    // Switch a layer on or off; a picture or marks from the server.
    switch(name, url, shown) {
      if (name === "skeleton" || name === "zones") {
        if (shown || this.images[name]) this.image(name, url, shown);
        return Promise.resolve();
      }
      if (!shown) {
        delete this.marks[name];
        this.draw();
        return Promise.resolve();
      }
      return fetch(url).then((answer) => {
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        return answer.json();
      }).then((rows) => { this.marks[name] = rows; this.draw(); });
    }

    tapped(u, v) {
      const coarse = this.scale < COARSE;
      if (this.put(u, v) && coarse) {
        this.around(u, v, NEAR_MM);
        this.draw();
        this.on.say("Nearer now: tap again to be exact.", false);
      }
    }

    // The first key puts the needle in the middle of what is seen.
    nudge(right, down) {
      const from = this.needle;
      this.put(...(from ? [from.u + right, from.v + down] : [this.u, this.v]));
      if (!this.needle || this.inSight(this.needle.u, this.needle.v, 30)) return;
      this.u = this.needle.u;
      this.v = this.needle.v;
      this.bound();
      this.draw();
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

    // Drawing

    paint() {
      if (!this.marks) return; // not built yet
      if (this.after) {
        for (const path of this.after.paths) {
          for (const kind of ["under", "line"]) {
            this.path(path.d, { class: `zone-${kind}`, "data-severity": path.severity });
          }
        }
      }
      this.drawMarks();
      if (this.plan) this.drawPlan();
      if (this.after && this.after.target) this.drawTarget();
      if (this.needle) this.drawNeedle();
      this.bar();
    }

    // All circles first, then as many names as there is room for, nearest to the middle
    // of what is seen (or the needle) before others.
    drawMarks() {
      const [w, h] = this.size();
      const eye = this.needle ? this.screen(this.needle.u, this.needle.v) : [w / 2, h / 2];
      const seen = [], taken = [];
      for (const [name, rows] of Object.entries(this.marks)) {
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
  }

  window.NeedleChart = { Chart, toPicture, toChart, make };
})();
