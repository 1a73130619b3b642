// What a device remembers of its courses: the way back, and the word.
"use strict";
(() => {
  const STORE = "needlemap-learn-courses";
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(STORE) || "{}") || {};
  } catch {
    kept = {};
  }

  const welcome = document.getElementById("welcome");
  if (welcome) {
    const { code, title, word } = welcome.dataset;
    kept[code] = { title, word: word || (kept[code] && kept[code].word) || "" };
    try {
      localStorage.setItem(STORE, JSON.stringify(kept));
    } catch {
      // not allowed here: the word on the page is the way back
    }
    if (!word && kept[code].word) {
      document.getElementById("word").textContent = kept[code].word;
      const box = welcome.querySelector(".word-box");
      box.hidden = false;
      box.querySelector(".muted").textContent = "Kept on this device only.";
    }
  }

  const list = document.getElementById("my-courses");
  if (list && Object.keys(kept).length) {
    list.hidden = false;
    for (const [code, one] of Object.entries(kept).reverse()) {
      const a = document.createElement("a");
      a.href = `/learn/course/${encodeURIComponent(code)}`;
      a.textContent = one.title || code;
      const row = document.createElement("li");
      row.append(a, ` (${code})`);
      list.querySelector("ul").append(row);
    }
  }

  const finish = document.getElementById("finish");
  if (finish) {
    finish.addEventListener("submit", (event) => {
      const sure = window.confirm(
        "Finish the course now? What you have not answered counts nothing.");
      if (!sure) event.preventDefault();
    });
  }
})();
