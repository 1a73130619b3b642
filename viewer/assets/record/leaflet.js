// The patient's leaflet on a telephone: a link that ends by itself, shown as a QR code.
(function () {
  "use strict";
  const box = () => document.getElementById("leaflet-link");
  let shownFor = "";

  function element(name, text, more = {}) {
    return Object.assign(document.createElement(name), { textContent: text, ...more });
  }

  function clear() {
    shownFor = "";
    box()?.replaceChildren();
  }

  function show(id, link) {
    shownFor = id;
    if (!link.open) {
      box().replaceChildren(...(link.note ? [element("p", link.note)] : []));
      return;
    }
    const time = new Date(link.until).toLocaleTimeString([], {
      hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const picture = element("img", "", { alt: __("QR code of this leaflet"),
      src: `data:image/svg+xml,${encodeURIComponent(link.qr)}` });
    const words = element("div", "");
    const end = element("button", __("Withdraw the link"),
      { type: "button", className: "small-button" });
    end.dataset.leaflet = "withdraw";
    words.append(
      element("p", __("To be scanned in the clinic's network; no log-in. It shows this leaflet "
        + "and nothing else, until {time}. A leaflet printed until then carries the code.", { time })),
      element("code", link.address), end);
    box().replaceChildren(picture, words);
    const left = new Date(link.until).getTime() - Date.now();
    setTimeout(() => { if (shownFor === id) refresh(); }, Math.max(left, 0) + 1000);
  }

  async function ask(method, id, spoken = "") {
    const { call, say } = window.needlemapRecord;
    const result = await call(method, `${id}/leaflet-link${spoken}`, method === "POST" ? {} : undefined);
    if (id !== window.needlemapRecord.id()) return;
    if (result.ok) show(id, result.data);
    else if (result.message) say(result.message, true);
  }

  // another session: what is shown of the one before goes at once
  function refresh() {
    const id = window.needlemapRecord ? window.needlemapRecord.id() : "";
    if (!id) clear();
    else ask("GET", id);
  }
  window.addEventListener("needlemap-record", () => {
    const id = window.needlemapRecord ? window.needlemapRecord.id() : "";
    if (id === shownFor) return;
    clear();
    if (id) { shownFor = id; refresh(); }
  });

  const ACTIONS = {
    make: async () => {
      const id = await window.needlemapRecord.saved();
      if (!id) {
        window.needlemapRecord.say(__("Not everything is saved yet. Try again in a moment."), true);
        return;
      }
      ask("POST", id, `?lang=${document.getElementById("leaflet-language").value}`);
    },
    withdraw: () => ask("DELETE", window.needlemapRecord.id()),
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-leaflet]");
    if (button) ACTIONS[button.dataset.leaflet]();
  });
  // the page's own language first
  document.addEventListener("DOMContentLoaded", () => {
    const started = new MutationObserver(() => {
      const choice = document.getElementById("leaflet-language");
      if (!choice) return;
      started.disconnect();
      choice.value = document.documentElement.lang || "en";
      if (!choice.value) choice.value = "en";
    });
    started.observe(document.body, { childList: true, subtree: true });
  });
})();
