// A number field repeats what it was given a moment later, as if it had been typed. When
// a slider has gone on by then, that echo would take it back a step.
(function () {
  "use strict";
  const MOMENT_MS = 900;
  const given = {};

  const recent = (id) => (given[id] || []).filter(
    (item) => performance.now() - item.at < MOMENT_MS);

  // A slider or the needle's tip has set the field.
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

  window.needlemapEcho = { sent, newer };
})();
