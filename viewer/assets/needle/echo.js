// A number field repeats what it was given a moment later, as if it had been typed. When
// a slider or an undo has gone on by then, that echo would take it back a step.
(function () {
  "use strict";
  const MOMENT_MS = 3000; // a busy page is late
  const given = {};

  const recent = (id) => (given[id] || []).filter(
    (item) => performance.now() - item.at < MOMENT_MS);

  // A slider, the needle's tip or a button has set the field.
  function sent(id, value) {
    given[id] = [...recent(id), { value, at: performance.now() }];
  }

  // What the field was given last, when its value is only an echo of one before; or null.
  function newer(id, value) {
    const list = recent(id);
    if (!list.length) return null;
    const last = list[list.length - 1].value;
    return value !== last && list.some((item) => item.value === value) ? last : null;
  }

  // What a hand enters in the field itself is no echo.
  function entered(event) {
    const field = event.isTrusted && event.target.closest
      && event.target.closest(".mantine-NumberInput-root");
    const input = field && field.querySelector("input");
    if (input) delete given[input.id];
  }
  for (const type of ["input", "pointerdown"]) document.addEventListener(type, entered, true);

  window.needlemapEcho = { sent, newer };
})();
