// The search field as a combobox: suggestions, arrow keys, enter, escape.
(function () {
  "use strict";
  const WAIT_MS = 140; // for the rest of a word
  let timer = null;
  let active = -1;
  let shut = true;

  const field = () => {
    const found = document.getElementById("site-text");
    if (!found) return null;
    return found.matches("input") ? found : found.querySelector("input");
  };
  const list = () => document.getElementById("site-options");
  const options = () => [...list().querySelectorAll("[role=option]")];
  const isField = (element) => Boolean(element) && element === field();

  function dress() {
    const input = field();
    if (!input || input.getAttribute("role") === "combobox") return;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "site-options");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-label", __("Search a site: landmark with distances, muscle, "
      + "acupoint or region"));
  }

  function show(open) {
    const box = list(), input = field();
    if (!box || !input) return;
    const some = open && box.childElementCount > 0;
    box.hidden = !some;
    input.setAttribute("aria-expanded", String(some));
    if (!some) mark(-1);
  }

  function mark(number) {
    const rows = list() ? options() : [];
    active = rows.length ? number : -1;
    rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === active)));
    const input = field();
    if (!input) return;
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", rows[active].id);
      rows[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function send(name, data) {
    window.dash_clientside.set_props(name, { data: { ...data, at: Date.now() } });
  }

  function choose(element) {
    clearTimeout(timer);
    shut = true;
    show(false);
    send("site-pick", JSON.parse(element.dataset.pick));
    window.dash_clientside.set_props("site-text", { value: "" });
  }

  document.addEventListener("input", (event) => {
    if (!isField(event.target)) return;
    clearTimeout(timer);
    shut = false;
    const text = event.target.value;
    if (!text.trim()) { shut = true; show(false); }
    timer = setTimeout(() => send("site-query", { text }), WAIT_MS);
  }, true);

  document.addEventListener("keydown", (event) => {
    if (!isField(event.target) || event.isComposing) return;
    const rows = options(), open = !list().hidden;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && rows.length) {
      event.preventDefault();
      event.stopImmediatePropagation();
      shut = false;
      show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      // one place more than there are rows: the field itself
      const places = rows.length + 1;
      mark((active + 1 + step + places) % places - 1);
    } else if (event.key === "Enter") {
      clearTimeout(timer);
      shut = true;
      if (open && active >= 0) {
        event.preventDefault();
        event.stopImmediatePropagation();
        choose(rows[active]);
      } else show(false);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopImmediatePropagation();
      shut = true;
      show(false);
    }
  }, true);

  document.addEventListener("focusout", (event) => {
    if (isField(event.target)) setTimeout(() => {
      if (!isField(document.activeElement)) { shut = true; show(false); }
    }, 120);
  });
  document.addEventListener("mousedown", (event) => {
    // the field keeps the focus while a suggestion is pressed
    if (event.target.closest && event.target.closest("#site-options")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const picked = event.target.closest && event.target.closest("[data-pick]");
    if (picked) choose(picked);
    else if (isField(event.target) && event.target.value.trim() && list().childElementCount) {
      shut = false;
      show(true);
    }
  });

  // suggestions came: those for what stands in the field by now are shown
  function came() {
    const box = list(), input = field();
    if (!box || !input) return;
    const first = box.firstElementChild;
    mark(-1);
    show(!shut && Boolean(first) && first.dataset.query === input.value
      && document.activeElement === input);
  }
  let watched = null;
  new MutationObserver(() => {
    dress();
    const box = list();
    if (box && box !== watched) {
      watched = box;
      new MutationObserver(came).observe(box, { childList: true });
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
