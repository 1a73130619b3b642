// The patient's gates: a no shows the questions that it answers before it answers them, a
// yes opens them. What is known behind each gate comes from the server (answers.js).
(function () {
  "use strict";
  let shown = [], asking = null; // asking: the gate whose questions are shown

  function made(tag, name, text) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    return element;
  }

  function choice(gate, value, label) {
    const button = made("button", "quiet", label);
    button.type = "button";
    button.setAttribute("aria-pressed", String(gate.state === value));
    button.onclick = () => (value === "no" ? no(gate) : yes(gate));
    return button;
  }

  function no(gate) {
    asking = gate.state === "open" && asking !== gate.id ? gate.id : null;
    draw();
  }

  async function yes(gate) {
    asking = null;
    draw();
    await window.needlemapQuestions.want();
    // the questions behind it, opened in the list below
    for (const group of gate.groups) {
      const head = document.querySelector(`.groups [data-group="${group}"]`);
      const control = head && head.closest(".mantine-Accordion-control");
      if (!control) continue;
      if (control.getAttribute("aria-expanded") !== "true") control.click();
      if (group === gate.groups[0]) {
        control.scrollIntoView({ block: "start" });
        control.focus({ preventScroll: true });
      }
    }
  }

  function row(gate) {
    const found = made("div", `gate ${gate.state}`);
    const line = made("div", "question-line"), buttons = made("div", "gate-buttons");
    line.setAttribute("role", "group");
    line.setAttribute("aria-label", gate.question);
    buttons.append(choice(gate, "yes", __("Yes")), choice(gate, "no", __("No")));
    line.append(made("span", "asked", gate.question), buttons);
    found.append(line);
    if (asking === gate.id) {
      const list = made("div", "gate-behind");
      list.append(made("p", "", __("This answers no to: {names}.",
        { names: gate.behind.join(", ") })));
      const state = made("button", "primary", __("All asked: no"));
      state.type = "button";
      state.onclick = () => {
        asking = null;
        window.needlemapQuestions.answer({ type: "gate", name: gate.id, value: "no" });
      };
      list.append(state);
      found.append(list);
    }
    return found;
  }

  function draw() {
    const place = document.getElementById("gates");
    if (!place) return;
    const at = place.contains(document.activeElement) && document.activeElement.textContent;
    place.replaceChildren(...shown.map(row));
    if (at) {
      const again = [...place.querySelectorAll("button")].find((b) => b.textContent === at);
      if (again) again.focus({ preventScroll: true });
    }
  }

  function show(gates) {
    if (JSON.stringify(gates) === JSON.stringify(shown)) return;
    shown = gates;
    if (asking && !shown.some((gate) => gate.id === asking && gate.state === "open")) asking = null;
    draw();
  }

  new MutationObserver(() => {
    const place = document.getElementById("gates");
    if (!place || place.firstElementChild) return;
    if (!shown.length) shown = JSON.parse(place.dataset.gates);
    draw();
  }).observe(document.documentElement, { childList: true, subtree: true });

  window.needlemapGates = { show };
})();
