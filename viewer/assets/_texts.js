// What a script says, in the language of the page: __("{n} sites", { n: 3 }). The texts of
// a language come before this file (viewer/page/script_texts.py); English needs none.
(function () {
  "use strict";
  const texts = window.needlemapTexts || {};
  const language = document.documentElement.lang || "en";

  function written(value) {
    if (typeof value !== "number" || language === "en") return String(value);
    return value.toLocaleString(language, { maximumFractionDigits: 6, useGrouping: false });
  }

  window.__ = function (pattern, values) {
    const found = Object.hasOwn(texts, pattern) ? texts[pattern] : String(pattern ?? "");
    if (!values) return found;
    return found.replace(/\{(\w+)\}/g, (whole, name) => (
      values[name] === undefined || values[name] === null ? whole : written(values[name])));
  };
})();
