// The planned needle beside the body: how deep, how far it leans, what is left of it.
"use strict";
(() => {
  const OUT_MM = 16, GRIP_MM = 11, BELOW_MM = 7;

  // `plan` has length, depth (or null when it is not yet said) and tilt; mm, degrees.
  function drawNeedle(svg, plan) {
    const { make } = window.NeedleChart;
    const length = plan.length, tilt = ((plan.tilt || 0) * Math.PI) / 180;
    const deep = length + BELOW_MM, tall = deep + OUT_MM + GRIP_MM + 4;
    const wide = tall * 0.92;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 ${-(OUT_MM + GRIP_MM + 4)} ${wide} ${tall}`);
    const unit = tall / 150; // one pixel of the picture at its usual size
    const known = plan.depth !== null && plan.depth !== undefined;
    const depth = known ? plan.depth : 0;
    // lean to the right, entry so that all of it is seen
    const way = [Math.sin(tilt), Math.cos(tilt)];
    const entry = wide * 0.44 - Math.min(0.5 * length * way[0], wide * 0.18);
    const at = (mm) => [entry + mm * way[0], mm * way[1]];
    const line = (from, to, name) => make("path", {
      d: `M${at(from).join(" ")}L${at(to).join(" ")}`, class: name,
    }, svg);

    make("rect", { x: 0, y: 0, width: wide, height: deep, class: "n-flesh" }, svg);
    make("rect", { x: 0, y: 0, width: wide, height: Math.min(6, deep), class: "n-fat" }, svg);
    make("path", { d: `M0 0H${wide}`, class: "n-skin", "stroke-width": 2.4 * unit }, svg);
    const styled = (element, width, dash) => {
      element.setAttribute("stroke-width", width * unit);
      if (dash) element.setAttribute("stroke-dasharray", dash.map((d) => d * unit).join(" "));
      return element;
    };
    styled(line(0, length, "n-under"), 4.5);
    styled(line(depth, length, "n-left"), 1.6, [4, 3]);
    if (known) {
      styled(line(-OUT_MM, depth, "n-under"), 6);
      styled(line(-OUT_MM, depth, "n-shaft"), 2.8);
    }
    styled(line(-OUT_MM - GRIP_MM, -OUT_MM, "n-shaft"), 7);
    if (!known) styled(line(-OUT_MM, 0, "n-shaft"), 2.8);
    const step = length > 50 ? 20 : 10;
    const aside = [way[1], -way[0]];
    for (let mm = 5; mm <= length + 0.01; mm += 5) {
      const [x, y] = at(mm), long = (mm % 10 === 0 ? 7 : 4) * unit;
      styled(make("path", {
        d: `M${x + aside[0] * 3 * unit} ${y + aside[1] * 3 * unit}` +
          `l${aside[0] * long} ${aside[1] * long}`,
        class: "n-tick",
      }, svg), 1.1);
      if (mm % step === 0) {
        make("text", {
          x: x + aside[0] * 13 * unit, y: y + aside[1] * 13 * unit + 4 * unit,
          class: "n-number", "font-size": 11 * unit,
        }, svg, String(mm));
      }
    }
    make("text", {
      x: wide - 3 * unit, y: -4 * unit, class: "n-word", "font-size": 11 * unit,
    }, svg, "skin");
    if (known) {
      const [x, y] = at(depth);
      make("circle", { cx: x, cy: y, r: 3.4 * unit, class: "n-tip" }, svg);
      make("text", {
        x: x - 8 * unit, y: y + 4 * unit, class: "n-depth", "font-size": 13 * unit,
      }, svg, `${+depth.toFixed(1)} mm`);
    }
  }

  window.drawNeedle = drawNeedle;
})();
