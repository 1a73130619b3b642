// Techniques and the drawer of needles: a press sets the needle's controls, and a needle
// shorter than the planned depth is not possible.
(function () {
  "use strict";
  const find = (id) => document.getElementById(id);
  const number = (value) => (value === "" || value === null || value === undefined
    ? NaN : Number(value));

  // What the drawer shows of the needle's controls.
  function show(needle) {
    const length = number(needle.length), depth = number(needle.depth);
    let some = false;
    for (const button of document.querySelectorAll(".needle-size")) {
      const own = Number(button.dataset.length), short = own < depth;
      some = some || short;
      button.setAttribute("aria-pressed", String(own === length));
      button.setAttribute("aria-disabled", String(short));
      button.title = short ? __("Shorter than the planned depth") : "";
    }
    const note = find("drawer-short");
    if (note) note.hidden = !some;
  }

  document.addEventListener("click", (event) => {
    const from = event.target.closest && event.target.closest("[data-technique], .needle-size");
    if (!from || from.getAttribute("aria-disabled") === "true") return;
    window.needlemapHistory.changing();
    if (from.dataset.technique) {
      window.needlemapNeedle.put(JSON.parse(from.dataset.technique));
    } else {
      window.needlemapNeedle.put({ length: Number(from.dataset.length) });
    }
  });

  window.needlemapTechnique = { show };
})();
