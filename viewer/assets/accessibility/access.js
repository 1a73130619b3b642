// Dash draws radio buttons and check boxes as a list of options with the real control
// inside each: to a screen reader two controls for one. The real ones are left to speak.
(function () {
  "use strict";
  function tidy() {
    for (const label of document.querySelectorAll("label.dash-options-list-option[role]")) {
      label.removeAttribute("role");
      label.removeAttribute("aria-selected");
      const list = label.closest("[role=listbox]:not(#site-options)");
      if (list) {
        list.setAttribute("role", "none");
        list.removeAttribute("aria-multiselectable");
      }
    }
    for (const label of document.querySelectorAll(
      "label.dash-options-list-option[aria-selected]")) label.removeAttribute("aria-selected");
  }
  new MutationObserver(tidy).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true,
    attributeFilter: ["aria-selected"],
  });
})();
