// Answers about the patient: gathered here and kept until the server has heard them, so
// that none is lost when two are given at once; and what the rows of the panel show.
(function () {
  "use strict";
  const skip = () => window.dash_clientside.no_update;
  const blank = (v) => v === undefined || v === null || v === "" || v === "unknown"
    || (Array.isArray(v) && !v.length);
  let pending = [], count = 0;
  let last = []; // what the rows were last told

  // Whether a control shows what is known already: it was drawn, not answered.
  function shows(value, known) {
    if (blank(known)) return blank(value);
    if (known === false) return value === "no";
    if (value === "yes") return known === true || Array.isArray(known) || typeof known === "string";
    return value === known;
  }

  function detailShows(value, known) {
    if (known === undefined || known === true || known === false) return blank(value);
    const kept = Array.isArray(known) ? known.map((item) => (item && item.kind) || item) : known;
    return JSON.stringify(value) === JSON.stringify(kept);
  }

  function gather(facts, details, marks, found, clear, row, patient, heard) {
    const context = window.dash_clientside.callback_context;
    pending = pending.filter((item) => item.seq > heard);
    const waiting = (name) => pending.some((item) => item.name === name);
    const beside = {};
    context.inputs_list[1].forEach((item) => { beside[item.id.name] = item.value; });
    let fresh = false;
    const add = (item) => {
      fresh = true;
      pending.push({ ...item, seq: (count += 1) });
    };
    for (const { type, name, value } of window.needlemapQuestions.given()) {
      add({ type, name, at: "panel", value, detail: beside[name] });
    }
    for (const { prop_id: prop, value } of context.triggered) {
      const name = prop.slice(0, prop.lastIndexOf("."));
      if (name === "row-answer") continue; // taken above, all that were given
      if (!name.startsWith("{")) {
        if (value) add({ type: name, value: true });
        continue;
      }
      if (value === undefined) continue; // a control that was drawn with nothing in it
      const id = JSON.parse(name), known = patient[id.name];
      if (id.type === "mark") {
        if (value) add({ type: "mark", name: id.name, value: true });
      } else if (id.type === "detail") {
        if (waiting(id.name) || !detailShows(value, known)) {
          add({ type: "detail", name: id.name, value });
        }
      } else if (!(id.at === "card" && blank(value))
        && (waiting(id.name) || !shows(value, known))) {
        add({ type: "fact", name: id.name, at: id.at, value, detail: beside[id.name] });
      }
    }
    return fresh ? pending.slice() : skip();
  }

  const own = (type, key) => [...document.querySelectorAll(`[id*='"type":"${type}"']`)]
    .map((element) => [element, JSON.parse(element.id)[key]]);

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function rows(data, heard, patient, errors) {
    last = [data, heard, patient, errors];
    pending = pending.filter((item) => item.seq > heard);
    window.needlemapQuestions.follow(patient || {}, new Set(pending.map((item) => item.name)));
    for (const [slot, name] of own("fact-error", "name")) {
      if (errors && name in errors) write(slot, errors[name]);
    }
    if (!data) return skip();
    for (const [row, name] of own("fact-row", "name")) {
      row.classList.toggle("hidden", data.hidden.includes(name));
    }
    window.needlemapGates.show(data.gates);
    for (const [slot, group] of own("count", "group")) write(slot, data.counts[group] || "");
    for (const [slot, name] of own("marked", "name")) write(slot, data.marked[name] || "");
    return skip();
  }

  // Rows that have only come now show what was told before.
  function restate() {
    if (last.length) rows(...last);
  }

  // Rows of questions that could not change this answer stay, unseen.
  function openRows(data) {
    const names = (data && data.names) || [];
    for (const [row, name] of own("open-row", "name")) row.hidden = !names.includes(name);
    const above = document.getElementById("open-above");
    if (above) {
      write(above, (data && data.above) || "");
      above.hidden = !above.textContent;
    }
    return skip();
  }

  // After the connection was lost: what was never heard is said again.
  function again() {
    if (pending.length) {
      window.dash_clientside.set_props("answers", { data: pending.slice() });
    }
  }

  // Another patient: what is on its way was said of the last one.
  function replace(patient, stated) {
    window.needlemapQuestions.given();
    pending = [{ type: "patient", value: patient, stated, seq: (count += 1) }];
    window.dash_clientside.set_props("answers", { data: pending.slice() });
  }

  window.needlemapAnswers = { again, replace, restate };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_answers = { gather, rows, openRows };
})();
