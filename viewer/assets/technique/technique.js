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
    thick(number(needle.diameter), length);
    const note = find("drawer-short");
    if (note) note.hidden = !some;
  }

  // The diameters in which the chosen length is sold; a second press takes one back.
  let shown = "";
  function thick(diameter, length) {
    const slot = find("needle-thick");
    const size = [...document.querySelectorAll(".needle-size")]
      .find((button) => Number(button.dataset.length) === length);
    if (!slot) return;
    const sold = size ? JSON.parse(size.dataset.diameters) : [];
    const now = JSON.stringify([sold, diameter]);
    if (now === shown && slot.childElementCount === sold.length) return;
    shown = now;
    const focused = slot.contains(document.activeElement) && document.activeElement.dataset.diameter;
    slot.replaceChildren(...sold.map((mm) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "needle-diameter";
      button.dataset.diameter = mm;
      button.setAttribute("aria-pressed", String(mm === diameter));
      button.textContent = __("⌀ {mm} mm", { mm: window.needlemapNeedle.thick(mm) });
      return button;
    }));
    if (focused) {
      const again = slot.querySelector(`[data-diameter="${focused}"]`);
      if (again) again.focus();
    }
  }

  document.addEventListener("click", (event) => {
    const from = event.target.closest && event.target.closest(
      "[data-technique], .needle-size, .needle-diameter");
    if (!from || from.getAttribute("aria-disabled") === "true") return;
    window.needlemapHistory.changing();
    if (from.dataset.technique) {
      window.needlemapNeedle.put(JSON.parse(from.dataset.technique));
    } else if (from.dataset.diameter) {
      const on = from.getAttribute("aria-pressed") === "true";
      window.needlemapNeedle.put({ diameter: on ? "" : Number(from.dataset.diameter) });
    } else {
      window.needlemapNeedle.put({ length: Number(from.dataset.length) });
    }
  });

  window.needlemapTechnique = { show };
})();
