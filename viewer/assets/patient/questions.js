// Questions of the panel, made here from data: elements and texts only, never markup.
// The patient's store is the one place of the answers: rows follow it, and what is
// answered in them goes there by the way of all answers (answers.js).
(function () {
  "use strict";
  const NOT_ASKED = "unknown";
  const YES_NO = [["yes", __("Yes")], ["no", __("No")]];
  const drawn = new Map(); // by fact: its radio buttons and its options
  let patient = {}, waiting = [], wanted = null;

  function made(tag, name, ...inside) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...inside);
    return element;
  }

  // What a row shows for a value of the store (panel.control_value does the same).
  function shown(value, options) {
    if (value === undefined || value === null) return NOT_ASKED;
    if (options.length) return value;
    return value === false ? "no" : "yes";
  }

  function show({ inputs, options }, value) {
    const wanted = shown(value, options);
    for (const input of inputs) {
      if (input.checked !== (input.value === wanted)) input.checked = input.value === wanted;
    }
  }

  // An answer on its way to the server: of a row, or as another part of the page gives it.
  function answer(item) {
    waiting.push(item);
    window.dash_clientside.set_props("row-answer", { data: { ...item, at: Date.now() } });
  }

  const answered = (name, value) => answer({ type: "fact", name, value });

  function choices(name, options) {
    const box = made("div", "seg");
    box.id = `{"at":"panel","name":${JSON.stringify(name)},"type":"fact"}`;
    const all = options.length ? options : YES_NO; // pairs of value and label
    const inputs = [...all, [NOT_ASKED, __("Not asked")]].map(([value, label]) => {
      const input = document.createElement("input");
      input.type = "radio";
      input.name = `panel-${name}`;
      input.value = value;
      input.addEventListener("change", () => { if (input.checked) answered(name, value); });
      box.append(made("label", "", input, made("span", "option-text", label)));
      return input;
    });
    drawn.set(name, { inputs, options });
    const mine = waiting.filter((item) => item.name === name).pop();
    if (mine) inputs.forEach((input) => { input.checked = input.value === mine.value; });
    else show({ inputs, options }, patient[name]);
    return box;
  }

  function line([name, question, help, options]) {
    const asked = made("span", "asked", question);
    if (help) asked.title = help;
    const found = made("div", "question-line", asked, choices(name, options));
    found.setAttribute("role", "group");
    found.setAttribute("aria-label", question);
    return found;
  }

  function row(data) {
    const [name, , help] = data;
    const found = made("div", "question", line(data));
    found.id = `{"name":${JSON.stringify(name)},"type":"fact-row"}`;
    if (help) found.append(made("div", "help", help));
    const error = made("div", "error");
    error.id = `{"name":${JSON.stringify(name)},"type":"fact-error"}`;
    error.setAttribute("role", "alert");
    found.append(error);
    return found;
  }

  function draw(place) {
    const whole = place.classList.contains("plain-rows");
    place.replaceChildren(...JSON.parse(place.dataset.questions).map(whole ? row : line));
  }

  // All questions come when they are first wanted; told once they are there. They are
  // asked for again as long as they are not: the server may have been away.
  function want() {
    const place = document.getElementById("question-groups");
    wanted = wanted || new Promise((there) => {
      new MutationObserver((_changes, look) => {
        if (!place.querySelector(".groups")) return;
        look.disconnect();
        window.needlemapAnswers.restate();
        there();
      }).observe(place, { subtree: true, childList: true });
    });
    if (!place.querySelector(".groups")) {
      window.dash_clientside.set_props("questions-wanted", { data: Date.now() });
    }
    return wanted;
  }

  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE || !node.firstElementChild
          && node.dataset.questions === undefined) continue;
        if (node.dataset.questions !== undefined) draw(node);
        node.querySelectorAll("[data-questions]:empty").forEach(draw);
      }
    }
  }).observe(document.documentElement, { subtree: true, childList: true });

  // The answers that were given since the last time: each is handed out once.
  function given() {
    const found = waiting;
    waiting = [];
    return found;
  }

  // Rows show the store, but for answers that are on their way to it.
  function follow(now, pending) {
    patient = now;
    for (const [name, control] of drawn) {
      if (pending.has(name) || waiting.some((item) => item.name === name)) continue;
      show(control, now[name]);
    }
  }

  window.needlemapQuestions = { answer, given, follow, want };
})();
