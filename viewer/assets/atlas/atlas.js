// The atlas: asks the server only while it is open, fills the screen, copies its link.
(function () {
  "use strict";

  // the query while the atlas is the open page; what was asked last else
  function want(path, search) {
    if (path !== "/atlas") return window.dash_clientside.no_update;
    return search || "";
  }

  function said(text) {
    for (const place of document.querySelectorAll(".atlas-said")) {
      place.textContent = text;
      setTimeout(() => { if (place.textContent === text) place.textContent = ""; }, 4000);
    }
  }

  async function copy() {
    const address = window.location.href;
    try {
      await navigator.clipboard.writeText(address);
      said(__("Link copied."));
    } catch {
      // without leave to write the clipboard the link is shown to be copied by hand
      window.prompt(__("Copy this link"), address);
    }
  }

  async function full() {
    const stage = document.getElementById("atlas-plate");
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await stage.requestFullscreen();
    } catch {
      said(__("This browser does not allow full screen."));
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-atlas]");
    if (!button) return;
    if (button.dataset.atlas === "copy") copy();
    if (button.dataset.atlas === "full") full();
  });
  document.addEventListener("fullscreenchange", () => {
    for (const button of document.querySelectorAll('[data-atlas="full"]')) {
      button.textContent = document.fullscreenElement ? __("Leave full screen") : __("Full screen");
    }
  });

  // a new plate begins at its top
  function top() {
    const stage = document.getElementById("atlas-plate");
    if (!stage) return;
    let zone = null;
    new MutationObserver(() => {
      const query = new URLSearchParams(window.location.search);
      const now = `${query.get("zone")}/${query.get("region")}`;
      if (now !== zone) stage.scrollTop = 0;
      zone = now;
    }).observe(stage, { childList: true });
  }
  const waiting = setInterval(() => {
    if (document.getElementById("atlas-plate")) { clearInterval(waiting); top(); }
  }, 300);

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_atlas = { want };
})();
