// The body navigator: opens charts, marks the open part and the needle, arrow keys.
(function () {
  "use strict";
  const skip = () => window.dash_clientside.no_update;

  function go(asked, _whole, now, data) {
    const context = window.dash_clientside.callback_context;
    const by = context.triggered_id;
    if (!by || !context.triggered.some((t) => t.value)) return [skip(), skip(), skip(), skip()];
    fold(false);
    const flat = document.querySelector(".three .mode-switch input[value=map]");
    if (flat) flat.click(); // a part is shown on the map
    if (by === "nav-whole") {
      return ["Body", data.views.Body, data.charts[now.chart].whole, skip()];
    }
    const chart = data.charts[asked.to];
    return [chart.part, data.views[chart.part], chart.view, chart.side || skip()];
  }

  function placed(figure, x, z) {
    const [left, right, low, high] = figure.dataset.box.split(",").map(Number);
    const across = (x - left) / (right - left);
    return [100 * (figure.dataset.figure === "posterior" ? 1 - across : across),
      100 * (high - z) / (high - low)];
  }

  function mark(now, site, data) {
    if (!now || !data) return skip();
    const chart = data.charts[now.chart];
    const whole = document.getElementById("nav-whole");
    if (whole) whole.disabled = chart.part === "Body";
    for (const body of document.querySelectorAll(".nav-body")) {
      body.hidden = body.dataset.body !== now.body;
    }
    for (const figure of document.querySelectorAll(".nav-figure")) {
      const name = figure.dataset.figure;
      const faced = !chart.faces || chart.faces === name;
      figure.classList.toggle("faced", faced);
      for (const part of figure.querySelectorAll(".nav-part")) {
        const here = faced && part.dataset.part === chart.part
          && (!part.dataset.side || !chart.side || part.dataset.side === chart.side);
        part.classList.toggle("here", here);
        if (here) part.setAttribute("aria-current", "true");
        else part.removeAttribute("aria-current");
      }
      const frame = figure.querySelector(".nav-frame");
      const { bounds } = data.bodies[now.body][now.chart];
      frame.hidden = !faced || chart.part === "Body" || !chart.framed;
      if (!frame.hidden) {
        const [x1, y1] = placed(figure, bounds[0], bounds[3]);
        const [x2, y2] = placed(figure, bounds[1], bounds[2]);
        frame.style.left = Math.min(x1, x2) + "%";
        frame.style.top = y1 + "%";
        frame.style.width = Math.abs(x2 - x1) + "%";
        frame.style.height = (y2 - y1) + "%";
      }
      const needle = figure.querySelector(".nav-needle");
      const home = site && data.charts[site.chart];
      needle.hidden = !home || Boolean(home.faces && home.faces !== name);
      if (!needle.hidden) {
        const [x, y] = placed(figure, site.xyz[0], site.xyz[2]);
        needle.style.left = x + "%";
        needle.style.top = y + "%";
      }
    }
    stops();
    // where both figures have no room, the one that is looked at is in view
    const panel = document.getElementById("nav-panel");
    const looked = chart.faces && document.querySelector(
      `.nav-body:not([hidden]) [data-figure="${chart.faces}"]`);
    if (looked && panel.scrollHeight > panel.clientHeight + 4) {
      panel.scrollTop += looked.getBoundingClientRect().top
        - panel.getBoundingClientRect().top;
    }
    return now.chart;
  }

  // One part of the navigator is in the tab order: the open one, or the first.
  function shown() {
    return [...document.querySelectorAll(".nav-body:not([hidden]) .nav-part")];
  }

  function stops() {
    const parts = shown();
    const first = parts.find((p) => p === document.activeElement)
      || parts.find((p) => p.classList.contains("here")) || parts[0];
    for (const part of parts) part.tabIndex = part === first ? 0 : -1;
  }

  const WAYS = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  };

  function middle(element) {
    const box = element.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  }

  // The part whose middle is nearest in a direction; sideways drift counts double.
  function beside(from, way) {
    const [x, y] = middle(from);
    let best = null, least = Infinity;
    for (const part of shown()) {
      const [px, py] = middle(part);
      const along = (px - x) * way[0] + (py - y) * way[1];
      const drift = Math.abs((px - x) * way[1]) + Math.abs((py - y) * way[0]);
      if (part === from || along < 2) continue;
      if (along + 2 * drift < least) { least = along + 2 * drift; best = part; }
    }
    return best;
  }

  document.addEventListener("keydown", (event) => {
    const part = event.target.closest && event.target.closest(".nav-part");
    if (event.key === "Escape" && event.target.closest("#navigator, #nav-fold")) {
      fold(false);
      return;
    }
    const way = WAYS[event.key];
    if (!part || !way) return;
    event.preventDefault();
    const next = beside(part, way);
    if (!next) return;
    next.tabIndex = 0;
    part.tabIndex = -1;
    next.focus();
  });

  function fold(open) {
    const navigator = document.getElementById("navigator");
    const button = document.getElementById("nav-fold");
    if (!navigator || !button) return;
    navigator.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
  }

  document.addEventListener("click", (event) => {
    const navigator = document.getElementById("navigator");
    if (!navigator) return;
    const part = event.target.closest(".nav-part");
    if (part) {
      const data = { to: part.dataset.opens, at: Date.now() };
      window.dash_clientside.set_props("nav-go", { data });
    }
    if (event.target.closest("#nav-fold")) fold(!navigator.classList.contains("open"));
    else if (!event.target.closest("#navigator")) fold(false);
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_navigator = { go, mark };
})();
