// The language of the page: a cookie for a year, and the page again. What was entered is
// kept for the tab (map_history.js, record.js).
(function () {
  "use strict";
  const YEAR_S = 365 * 24 * 3600;

  function choose(language) {
    const secure = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `needlemap-language=${language}; path=/; max-age=${YEAR_S}; SameSite=Lax${secure}`;
    if (language === document.documentElement.lang) {
      const offer = document.getElementById("language-offer");
      if (offer) offer.remove();
      const menu = document.getElementById("language-menu");
      if (menu) menu.open = false;
      return;
    }
    window.location.reload();
  }

  document.addEventListener("click", (event) => {
    const at = event.target.closest ? event.target : document.body;
    const button = at.closest("[data-language]");
    if (button) choose(button.dataset.language);
    const menu = document.getElementById("language-menu");
    if (menu && menu.open && !at.closest("#language-menu")) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.getElementById("language-menu");
    if (event.key !== "Escape" || !menu || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  }, true);
})();
