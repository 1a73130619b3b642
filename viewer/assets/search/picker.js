// The drawer of muscles and acupoints: placing from it, and where its focus goes.
(function () {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-place]");
    if (button) {
      const data = { request: JSON.parse(button.dataset.place), at: Date.now() };
      window.dash_clientside.set_props("site-pick", { data });
      return;
    }
    const name = event.target.closest && event.target.closest(".picker-name");
    if (!name) return;
    for (const other of document.querySelectorAll(".picker-name[aria-current]")) {
      other.removeAttribute("aria-current");
    }
    name.setAttribute("aria-current", "true");
  });

  // what was chosen is read from its beginning
  let shown = null;
  new MutationObserver(() => {
    const box = document.getElementById("picker-detail");
    const title = box && box.querySelector(".picker-title");
    if (!title || title === shown) return;
    shown = title;
    box.scrollTop = 0;
    box.focus({ preventScroll: true });
    if (window.matchMedia("(max-width: 700px)").matches) {
      box.scrollIntoView({ block: "start" });
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
