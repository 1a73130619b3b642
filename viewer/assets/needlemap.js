// What the browser does by itself: zoom, clicks, depth slider, arrow keys.
(function () {
  "use strict";
  const skip = () => window.dash_clientside.no_update;
  const KEPT_MS = 10000;
  let marks = [];
  let led = null; // where the number has put the slider
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

  function number(value) {
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  function depth(typed, slid, length, top) {
    const which = window.dash_clientside.callback_context.triggered_id;
    const long = number(length);
    const max = long !== null && long > 0 ? Math.min(long, 300) : top;
    if (which === "depth-slider") {
      const own = slid === led; // it repeats where the number put it
      led = null;
      if (own || slid === number(typed)) return [skip(), skip(), skip()];
      window.needlemapEcho.sent("depth", slid);
      return [slid, skip(), skip()];
    }
    const newer = which === "depth" ? window.needlemapEcho.newer("depth", number(typed)) : null;
    const deep = newer === null ? number(typed) : newer;
    const shown = deep === null ? 0 : Math.max(0, Math.min(deep, max));
    // the slider holds whole millimetres and may not lead the number
    if (shown !== slid) led = shown;
    return [newer === null ? skip() : newer, shown === slid ? skip() : shown,
      max === top ? skip() : max];
  }

  // Where a click or tap was let go. Plotly reports where it last saw the pointer hover,
  // which lags behind a quick hand by several centimetres.
  function tapped(gd, event) {
    const at = event && ((event.changedTouches && event.changedTouches[0]) || event);
    if (!at || !Number.isFinite(at.clientX)) return;
    const touch = Boolean(event.changedTouches);
    if (window.needlemapTouch && window.needlemapTouch.spent(at, touch, event.timeStamp)) return;
    const wrapper = document.getElementById("map-wrapper");
    wrapper.classList.add("by-pointer");
    wrapper.focus({ preventScroll: true });
    if (window.needlemapLayers.tapped(gd, at.clientX, at.clientY, touch)) return;
    const box = gd.querySelector(".nsewdrag").getBoundingClientRect();
    const { xaxis, yaxis } = gd._fullLayout;
    const tap = {
      x: xaxis.p2l(at.clientX - box.left), y: yaxis.p2l(at.clientY - box.top),
      view: gd.layout.uirevision, at: Date.now(),
    };
    // while areas are marked the needle stays; the page drops the response to all but
    // the last of several quick taps, so that each is told with those just before it
    const marking = window.needlemapLayers.marking();
    if (marking) marks = [...marks.filter((one) => tap.at - one.at < KEPT_MS), tap];
    window.dash_clientside.set_props(marking ? "paint-tap" : "tap",
      { data: marking ? marks : tap });
  }

  const MOVES = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
  };

  function listen() {
    const gd = plot();
    const wrapper = document.getElementById("map-wrapper");
    if (gd && !gd._needlemap && gd.on) {
      gd._needlemap = true;
      gd.on("plotly_click", (click) => tapped(gd, click.event));
    }
    if (wrapper && !wrapper._needlemap) {
      wrapper._needlemap = true;
      wrapper.addEventListener("keydown", (event) => {
        wrapper.classList.remove("by-pointer");
        const move = MOVES[event.key];
        if (!move) return;
        event.preventDefault();
        const step = event.shiftKey ? 1 : event.ctrlKey || event.altKey ? 10 : 5;
        window.needlemapHistory.nudge(move[0] * step, move[1] * step);
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
  window.dash_clientside.needlemap = { zoom, depth };
  window.needlemapZoom = { fullRange };
  new MutationObserver(listen).observe(document.documentElement,
    { childList: true, subtree: true });
})();
