// Shows the page that the address names; the others stay in the document, unseen.
(function () {
  "use strict";

  function route(path) {
    const pages = [...document.querySelectorAll(".app-page")];
    if (!pages.length) return window.dash_clientside.no_update;
    const known = pages.some((page) => page.dataset.path === path);
    for (const page of pages) {
      page.hidden = page.dataset.path !== (known ? path : "*");
    }
    for (const link of document.querySelectorAll("#navigation a")) {
      if (link.getAttribute("href") === path) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    // drawings fit themselves to the place they have once they are seen
    window.dispatchEvent(new Event("resize"));
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_pages = { route };
})();
