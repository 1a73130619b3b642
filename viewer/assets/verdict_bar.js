// On a small window the verdict's panel scrolls away while the needle or the patient is
// changed: one line then says the verdict and leads back to it. A screen
// reader has heard it (announce.js) and reaches the panel by the skip link.
(function () {
  "use strict";
  const ENOUGH_PX = 90; // of the panel in sight: its word is read
  let bar = null, panel = null, seen = true;

  const text = (id) => {
    const found = document.getElementById(id);
    return found ? found.textContent.trim() : "";
  };

  function make() {
    bar = document.createElement("button");
    bar.id = "verdict-bar";
    bar.type = "button";
    bar.tabIndex = -1;
    bar.setAttribute("aria-hidden", "true");
    bar.onclick = () => panel.scrollIntoView({ block: "start" });
    document.body.append(bar);
  }

  function show() {
    if (!bar) make();
    const head = panel.querySelector(".head:not(.none)");
    // a page that is not shown has no panel to lead to
    const wanted = Boolean(head) && !seen && panel.offsetParent !== null;
    bar.classList.toggle("shown", wanted);
    document.body.classList.toggle("with-verdict-bar", wanted);
    if (!wanted) return;
    const look = getComputedStyle(head), limit = text("limit");
    bar.style.backgroundColor = look.backgroundColor;
    bar.style.color = look.color;
    const word = document.createElement("b"), rest = document.createElement("span");
    word.textContent = text("word");
    rest.textContent = limit && ` · ${__("depth limit {limit}", { limit })}`;
    bar.replaceChildren(word, rest);
  }

  function watch() {
    new IntersectionObserver((entries) => {
      seen = entries[entries.length - 1].intersectionRect.height >= ENOUGH_PX;
      show();
    }, { threshold: Array.from({ length: 21 }, (_, n) => n / 20) }).observe(panel);
    new MutationObserver(show)
      .observe(panel, { childList: true, subtree: true, characterData: true });
  }

  new MutationObserver(() => {
    const found = document.getElementById("verdict");
    if (!found || found === panel) return;
    panel = found;
    watch();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
