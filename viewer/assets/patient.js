// The patient's panel in the browser: units, escape from marking, focus that stays.
(function () {
  "use strict";
  const PANEL = "panel";

  function units(system) {
    return `${PANEL} ${system === "imperial" ? "imperial" : "metric"}`;
  }

  // escape ends marking, wherever the focus is
  document.addEventListener("keydown", (event) => {
    const bar = document.getElementById("paint-bar");
    if (event.key !== "Escape" || !bar || bar.hidden || event.defaultPrevented) return;
    if (document.querySelector("[role=dialog]")) return; // escape closes that first
    window.dash_clientside.set_props("paint-key", { data: Date.now() });
  });

  // marking starts: the map comes into view and shows that it is marked on
  let marking = false;
  function watch() {
    const bar = document.getElementById("paint-bar");
    const box = document.querySelector(".map-box");
    if (!bar || !box || marking === !bar.hidden) return;
    marking = !bar.hidden;
    box.classList.toggle("marking", marking);
    if (marking) {
      box.scrollIntoView({ block: "nearest" });
      document.getElementById("paint-done").focus({ preventScroll: true });
    } else {
      const start = document.getElementById("paint-start");
      if (start && start.offsetParent) start.focus();
    }
  }

  // An answered question may leave the list: the focus then goes to the one that took
  // its place instead of to the top of the page.
  let last = null;
  document.addEventListener("focusin", (event) => {
    const box = event.target.closest && event.target.closest(".questions");
    const row = event.target.closest && event.target.closest(".question");
    last = box && row ? {
      home: box.closest("#card-details, #open-questions"),
      at: [...box.querySelectorAll(".question")].indexOf(row),
    } : null;
  });
  function keepFocus() {
    if (!last || !last.home || (document.activeElement
      && document.activeElement !== document.body)) return;
    const rows = [...last.home.querySelectorAll(".questions .question")]
      .filter((row) => row.offsetParent);
    const row = rows[Math.min(last.at, rows.length - 1)];
    const control = row && row.querySelector("input:checked, input, button");
    if (control) control.focus({ preventScroll: true });
    else { last.home.tabIndex = -1; last.home.focus({ preventScroll: true }); }
  }

  new MutationObserver(() => { watch(); keepFocus(); }).observe(
    document.documentElement,
    { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_patient = { units };
})();
