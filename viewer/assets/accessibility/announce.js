// What a screen reader hears: the verdict once, DANGER and STOP at once, others politely.
(function () {
  "use strict";
  const WAIT_MS = 500; // an answer may still change while a number is typed
  const URGENT = ".head.stop, .head.danger";
  let said = "", timer = null, watched = null;

  const text = (id) => {
    const found = document.getElementById(id);
    return found ? found.textContent.trim() : "";
  };

  function say() {
    const word = text("word");
    const card = document.getElementById("verdict");
    if (!word || !card || card.querySelector(".head.none")) { said = ""; return; }
    const limit = text("limit");
    const words = [word, text("headline"), limit && __("Depth limit: {limit}", { limit })]
      .filter(Boolean).join(". ");
    if (words === said) return;
    said = words;
    const urgent = Boolean(card.querySelector(URGENT));
    const now = document.getElementById("say-now");
    const later = document.getElementById("say-later");
    if (!now || !later) return;
    (urgent ? later : now).textContent = "";
    (urgent ? now : later).textContent = words;
  }

  new MutationObserver(() => {
    const card = document.getElementById("verdict");
    if (!card || card === watched) return;
    watched = card;
    new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(say, WAIT_MS);
    }).observe(card, { childList: true, subtree: true, characterData: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
