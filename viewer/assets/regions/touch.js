// Charts to touch: an area is named when it is pointed at, or when its link is, and a tap
// on it opens the page of its link. viewer/atlas/touch.py says what is drawn.
(function () {
  "use strict";
  const TOUCH = "[data-touch]", AREA = "[data-area]";

  function stage() { return document.getElementById("atlas-plate"); }

  function linkOf(id) {
    return stage().querySelector(`[data-area="${CSS.escape(id)}"] a`);
  }

  // One area is marked on every chart, in the list and by its name; none for no id.
  function mark(id) {
    for (const part of stage().querySelectorAll(".touch-area, [data-area]")) {
      part.classList.toggle("on", (part.dataset.area || part.dataset.id) === id);
    }
    const link = id && linkOf(id);
    for (const name of stage().querySelectorAll(".touch-name")) {
      name.textContent = link ? link.textContent : "";
    }
  }

  // The smallest of the areas at a place: what lies in a larger one can be reached, too.
  function at(map, areas, px, py) {
    const point = map.svg.createSVGPoint();
    [point.x, point.y] = map.picture(px, py);
    let found = null, least = Infinity;
    for (const area of areas) {
      if (!area.isPointInFill(point)) continue;
      const box = area.getBBox(), size = box.width * box.height;
      if (size < least) [found, least] = [area, size];
    }
    return found ? found.dataset.id : "";
  }

  async function build(box) {
    const address = box.dataset.touch;
    box.dataset.built = address;
    const answer = await fetch(address);
    if (!answer.ok || !box.isConnected) return;
    const { frame, areas, looks, rule } = await answer.json();
    const { ChartMap, make, outline } = window.NeedlemapChart;
    const paths = [];
    let map = null;
    map = new ChartMap(box, {
      still: true,
      tap: ({ px, py }) => {
        const link = linkOf(at(map, paths, px, py));
        if (link) link.click();
      },
      hover: (px, py) => mark(px === undefined ? "" : at(map, paths, px, py)),
    });
    // all of it can be done by the links beside it
    map.svg.removeAttribute("tabindex");
    map.svg.setAttribute("role", "img");
    box.style.aspectRatio = (frame.bounds[1] - frame.bounds[0]) / (frame.bounds[3] - frame.bounds[2]);
    map.show(frame);
    map.svg.setAttribute("aria-label", frame.title);
    const layer = make("g", { "data-layer": "zones" });
    for (const area of areas) {
      paths.push(make("path", {
        d: area.d, class: "touch-area", "data-id": area.id, fill: area.fill,
        "data-tissue": area.tissue, "vector-effect": "non-scaling-stroke",
      }, layer));
    }
    for (const look of looks || []) {
      for (const area of areas) {
        if (area.look === look.id) outline(layer, area, look, rule, "here", map.scale);
      }
    }
    map.layer("zones", layer);
    box.dataset.drawn = address;
  }

  function look() {
    for (const box of stage().querySelectorAll(TOUCH)) {
      if (box.dataset.built === box.dataset.touch) continue;
      box.replaceChildren();
      build(box);
    }
  }

  function begin() {
    const plate = stage();
    for (const name of ["mouseover", "focusin"]) {
      plate.addEventListener(name, (event) => {
        const area = event.target.closest(AREA);
        if (area && plate.querySelector(TOUCH)) mark(area.dataset.area);
      });
    }
    for (const name of ["mouseout", "focusout"]) {
      plate.addEventListener(name, (event) => { if (event.target.closest(AREA)) mark(""); });
    }
    new MutationObserver(look).observe(plate, {
      childList: true, subtree: true, attributes: true, attributeFilter: ["data-touch"],
    });
    look();
  }

  const waiting = setInterval(() => {
    if (stage()) { clearInterval(waiting); begin(); }
  }, 200);
})();
