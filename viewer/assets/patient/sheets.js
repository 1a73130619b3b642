// The patient's questions beside every page, and the answer as a sheet on small windows.
(function () {
  "use strict";
  const find = (id) => document.getElementById(id);

  function patient(open) {
    const sheet = find("patient-sheet"), chip = find("patient-chip");
    if (!sheet || !chip || sheet.hidden === !open) return;
    sheet.hidden = !open;
    chip.setAttribute("aria-expanded", String(open));
    if (open) {
      window.needlemapQuestions.want();
      find("patient-close").focus({ preventScroll: true });
    } else if (sheet.contains(document.activeElement) || document.activeElement === document.body) {
      chip.focus({ preventScroll: true });
    }
  }

  function answer(tall) {
    const handle = find("sheet-handle");
    document.body.classList.toggle("answer-tall", tall);
    if (handle) handle.setAttribute("aria-expanded", String(tall));
    if (!tall && find("card")) find("card").scrollTop = 0;
  }

  document.addEventListener("click", (event) => {
    const at = event.target.closest && event.target.closest("button, a, [data-to]");
    if (!at) return;
    if (at.id === "patient-chip") patient(find("patient-sheet").hidden);
    else if (at.id === "patient-close") patient(false);
    else if (at.id === "sheet-handle") answer(!document.body.classList.contains("answer-tall"));
    // what leads into the patient's questions opens them first
    else if (at.dataset.to === "open-block" || at.dataset.goto !== undefined) patient(true);
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (document.querySelector("[role=dialog]")) return; // escape closes that first
    const bar = find("paint-bar");
    if (bar && !bar.hidden) return; // and marking
    patient(false);
    answer(false);
  });

  // Marking areas needs the map, which the questions lie over.
  new MutationObserver(() => {
    const bar = find("paint-bar");
    if (bar && !bar.hidden) patient(false);
  }).observe(document.documentElement,
    { subtree: true, attributes: true, attributeFilter: ["hidden"] });

  window.needlemapSheets = { patient, answer };
})();
