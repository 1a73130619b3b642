// What the browser does by itself: depth slider, sources of findings.
(function () {
  "use strict";
  const skip = () => window.dash_clientside.no_update;
  let led = null; // where the number has put the slider

  function number(value) {
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  function depth(typed, slid, length, top) {
    const which = window.dash_clientside.callback_context.triggered_id;
    const long = number(length);
    const max = long !== null && long > 0 ? Math.min(long, 300) : top;
    if (which === "depth-slider") {
      const own = slid === led; // it repeats where the number put it
      led = null;
      if (own || slid === number(typed)) return [skip(), skip(), skip()];
      window.needlemapEcho.sent("depth", slid);
      return [slid, skip(), skip()];
    }
    const newer = which === "depth" ? window.needlemapEcho.newer("depth", number(typed)) : null;
    const deep = newer === null ? number(typed) : newer;
    const shown = deep === null ? 0 : Math.max(0, Math.min(deep, max));
    // the slider holds whole millimetres and may not lead the number
    if (shown !== slid) led = shown;
    return [newer === null ? skip() : newer, shown === slid ? skip() : shown,
      max === top ? skip() : max];
  }

  // Sources of a finding, written when their fold is opened. Text only, no markup.
  function sources(fold) {
    const slot = fold.querySelector(".source-slot");
    if (!slot || !fold.open) return;
    const list = document.createElement("ol");
    list.className = "sources";
    for (const [name, what, read, shown, address] of JSON.parse(fold.dataset.sources)) {
      const row = document.createElement("li");
      const who = document.createElement("b");
      who.textContent = name + ". ";
      const how = document.createElement("span");
      how.className = "read";
      how.textContent = " [" + read + "] ";
      row.append(who, what, how);
      if (address) {
        const link = document.createElement("a");
        link.href = address;
        link.target = "_blank";
        link.rel = "noreferrer noopener";
        link.textContent = shown;
        row.append(link);
      } else {
        row.append(shown);
      }
      list.append(row);
    }
    slot.replaceChildren(list);
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.dataset && event.target.dataset.sources) sources(event.target);
  }, true);
  new MutationObserver((changes) => changes.forEach((c) => sources(c.target)))
    .observe(document.documentElement,
      { subtree: true, attributes: true, attributeFilter: ["data-sources"] });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap = { depth };
})();
