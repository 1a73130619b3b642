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
      if (box.closest(".three")) { // areas are marked on the flat map
        window.dash_clientside.set_props("map-mode", { value: "map" });
      }
      box.scrollIntoView({ block: "center" });
      document.getElementById("paint-done").focus({ preventScroll: true });
    } else {
      const start = document.getElementById("paint-start");
      if (start && start.offsetParent) start.focus();
    }
  }

  // "which one, where": the question's own row with its details, in the list below
  document.addEventListener("click", async (event) => {
    const link = event.target.closest && event.target.closest("[data-goto]");
    if (!link) return;
    await window.needlemapQuestions.want();
    const row = [...document.querySelectorAll("#patient-panel [id]")].find((e) => {
      try {
        const id = JSON.parse(e.id);
        return id.type === "fact-row" && id.name === link.dataset.goto;
      } catch { return false; }
    });
    const item = row && row.closest(".mantine-Accordion-item");
    const head = item && item.querySelector(".mantine-Accordion-control");
    if (!head) return;
    if (head.getAttribute("aria-expanded") !== "true") head.click();
    const end = Date.now() + 2000;
    const go = () => {
      const field = row.querySelector(".detail input, .detail button");
      if (field && field.offsetParent) {
        row.scrollIntoView({ block: "center" });
        field.focus({ preventScroll: true });
      } else if (Date.now() < end) requestAnimationFrame(go);
    };
    go();
  });

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
