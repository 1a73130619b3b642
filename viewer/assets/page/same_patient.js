// After a while without an answer the page asks whether it is still the same patient,
// before anything else can be done: what it knows must not reach the next one's record.
(function () {
  "use strict";
  const USED = "needlemap-used";       // sessionStorage: when the last answer was given
  const LOOK_MS = 1000;
  const skip = () => window.dash_clientside.no_update;
  let memory = null;                   // for a browser without storage

  const dialog = () => document.getElementById("same-patient");

  function used(at) {
    memory = at;
    try { window.sessionStorage.setItem(USED, String(at)); } catch { /* memory holds it */ }
  }
  function last() {
    try { return Number(window.sessionStorage.getItem(USED)) || memory; } catch { return memory; }
  }

  // Whether the page or the tab's session knows anything of a patient.
  const holds = () => window.needlemapHistory.holds() || window.needlemapRecord.open();

  function stale() {
    if (!dialog()) return false;
    const at = last();
    if (at && holds()) return Date.now() - at >= Number(dialog().dataset.minutes) * 60000;
    if (!dialog().open) used(Date.now());  // the time counts from the first thing known
    return false;
  }

  // A page that was opened again knows its patient only a moment later.
  function who() {
    if (!dialog() || !dialog().open) return;
    const words = document.getElementById("patient-words");
    const text = [words && words.textContent, window.needlemapRecord.reference()]
      .filter(Boolean).join(" · ");
    const line = document.getElementById("same-patient-who");
    if (line.textContent !== text) line.textContent = text;
  }

  function look() {
    if (!dialog() || dialog().open || !stale()) return false;
    dialog().showModal();
    dialog().querySelector("h2").focus();  // a stray key chooses neither
    who();
    return true;
  }

  // The page was answered, or something was entered in the record.
  function answered() {
    if (!look() && dialog() && !dialog().open) used(Date.now());
    return skip();
  }

  // Another patient was begun with: there is nothing to ask.
  function begun() {
    used(Date.now());
    if (dialog() && dialog().open) dialog().close();
  }

  function choose(event) {
    const button = event.target.closest && event.target.closest("[data-same-patient]");
    if (!button) return;
    if (button.dataset.samePatient === "new") window.needlemapRecord.empty();
    begun();
  }

  // Asked before what is pressed is done; the timer alone may come too late.
  for (const kind of ["pointerdown", "keydown", "click", "input"]) {
    document.addEventListener(kind, (event) => {
      if (!look()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, true);
  }
  document.addEventListener("click", choose);
  // escape is no answer: a browser may close a dialogue all the same, then it comes back
  document.addEventListener("cancel", (event) => {
    if (event.target === dialog()) event.preventDefault();
  }, true);
  document.addEventListener("close", (event) => { if (event.target === dialog()) look(); }, true);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  document.addEventListener("needlemap-map", look, { once: true });
  setInterval(() => { look(); who(); }, LOOK_MS);

  window.needlemapSamePatient = { answered, begun };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_same_patient = { answered };
})();
