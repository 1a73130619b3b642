// Ctrl+Z: in a text field it takes back what was typed there since the field was entered,
// anywhere else it takes back the last change of the needle. A browser's own undo knows no
// such border: it goes on to whatever field was typed in before, a patient's figure too.
(function () {
  "use strict";
  const KINDS = ["text", "search", "number", "tel", "email", "url", "password"];
  let field = null, first = "", undone = false;

  const isText = (element) => element instanceof HTMLTextAreaElement
    || (element instanceof HTMLInputElement && KINDS.includes(element.type));

  document.addEventListener("focusin", (event) => {
    field = isText(event.target) ? event.target : null;
    first = field ? field.value : "";
    undone = false;
  });

  // Whether the browser's own undo would stay within the field that has the focus.
  function own(back) {
    return field !== null && field === document.activeElement
      && (back ? field.value !== first : undone);
  }

  function wanted(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return 0;
    const letter = event.key.toLowerCase();
    if (letter === "z" && !event.shiftKey) return -1;
    return letter === "y" || letter === "z" ? 1 : 0;
  }

  document.addEventListener("keydown", (event) => {
    const way = wanted(event);
    if (!way) return;
    if (own(way < 0)) {
      if (way < 0) undone = true;
      return;
    }
    event.preventDefault();
    const card = document.getElementById("verdict");
    if (isText(event.target) || !card || !card.offsetParent
      || document.querySelector("dialog[open]")) return;
    if (way < 0) window.needlemapHistory.undo();
    else window.needlemapHistory.redo();
  }, true);

  // The menu's undo, or a phone that is shaken, comes without a key.
  document.addEventListener("beforeinput", (event) => {
    const back = event.inputType === "historyUndo";
    if (!back && event.inputType !== "historyRedo") return;
    if (!own(back)) event.preventDefault();
    else if (back) undone = true;
  }, true);

  // What slipped through to another field is put back before the page hears of it.
  let mending = false;
  window.addEventListener("input", (event) => {
    const type = event.inputType;
    if (type !== "historyUndo" && type !== "historyRedo") return;
    if (!isText(event.target) || event.target === document.activeElement && !mending) return;
    event.stopImmediatePropagation();
    if (mending) return;
    mending = true;
    document.execCommand(type === "historyUndo" ? "redo" : "undo");
    mending = false;
  }, true);
})();
