/* writing a course: form and YAML are two views of one thing, which the server keeps */
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const editor = byId("editor");
  const start = JSON.parse(byId("start").textContent);
  const choices = start.choices;
  const kindWords = Object.fromEntries(choices.kinds);
  const zoneWords = Object.fromEntries(choices.zones);
  const MOST_CHARACTERS = 200000;
  const TRIES = 4, AGAIN_MS = 2500; // when the database is busy

  let items = start.form.items;
  let view = "form";
  let textIsNewest = false; // the YAML was written in since the form was shown
  let formIsNewest = false; // the form was changed since the YAML was made
  let unsaved = false;
  let revision = start.revision;
  let saving = false;

  const lost = "No connection to needlemap. What you wrote is still here; try again.";
  class Refused extends Error {
    constructor(error) { super(error.message); this.error = error; }
  }
  async function send(url, data) {
    try {
      return await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(data),
      });
    } catch {
      throw new Error(lost);
    }
  }
  async function call(url, data) {
    const answer = await send(url, data);
    let said = null;
    try { said = await answer.json(); } catch { said = null; }
    if (answer.ok && said) return said;
    if (said && said.error) throw new Refused(said.error);
    throw new Error(`That did not work (${answer.status}). What you wrote is still here; try again.`);
  }

  const make = (name, properties, ...inner) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...inner);
    return node;
  };
  const button = (text, label, act) => {
    const node = make("button", { type: "button", textContent: text, title: label });
    if (text.length === 1) node.setAttribute("aria-label", label);
    node.addEventListener("click", act);
    return node;
  };
  const labelled = (text, field) => make("label", {}, text, field);

  /* --- the form ---------------------------------------------------------------- */
  const fields = ["title", "description", "pass_mark", "time_limit_min", "item_limit_s", "order"];
  const field = (name) => document.querySelector(`#as-form [name="${name}"]`);
  const layers = byId("layers");
  for (const [name, words] of choices.layers) {
    layers.append(make("label", { className: "tick" }, make("input", { type: "checkbox", value: name }), ` ${words}`));
  }

  function changed() { unsaved = true; formIsNewest = true; total(); }

  function showForm(form) {
    for (const name of fields) field(name).value = form[name] ?? "";
    field("exam").checked = Boolean(form.exam);
    for (const tick of layers.querySelectorAll("input")) tick.checked = (form.hide || []).includes(tick.value);
    items = form.items;
    drawRows();
  }
  function readForm() {
    const form = {};
    for (const name of fields) form[name] = field(name).value.trim();
    form.exam = field("exam").checked;
    form.hide = [...layers.querySelectorAll("input:checked")].map((tick) => tick.value);
    form.items = items;
    return form;
  }
  const countOf = (row) => (row.written ? 1 : Math.max(0, Math.trunc(Number(row.count)) || 0));
  function total() {
    const count = items.reduce((sum, row) => sum + countOf(row), 0);
    byId("total").textContent = `${count} in all`;
    let from = 1;
    [...byId("rows").children].forEach((line, n) => {
      const many = countOf(items[n]);
      line.querySelector(".which").textContent = many > 1 ? `${from}–${from + many - 1}` : many ? `${from}` : "–";
      from += many;
    });
  }

  function drawRows() {
    byId("rows").replaceChildren(...items.map(drawRow));
    total();
  }
  function drawRow(row, n) {
    const line = make("li", { className: "row" }, make("span", { className: "which" }));
    line.dataset.row = n;
    if (row.written) {
      const kind = kindWords[row.written.kind] || row.written.kind;
      line.append(make("div", { className: "hand" }, make("b", { textContent: kind }), " · written by hand; change it as YAML",
        make("pre", { textContent: row.words })));
    } else {
      const kind = make("select", { name: "kind" },
        ...choices.kinds.map(([name, words]) => make("option", { value: name, textContent: words })));
      kind.value = row.kind;
      const count = make("input", { type: "number", name: "count", min: 1, max: 500, value: row.count });
      const seed = make("input", { type: "number", name: "seed", min: 0, value: row.seed });
      seed.title = "Another seed, other exercises; the same seed, the same ones";
      const body = make("select", { name: "body" }, make("option", { value: "", textContent: "either" }),
        make("option", { value: "male", textContent: "man" }), make("option", { value: "female", textContent: "woman" }));
      body.value = row.body || "";
      for (const one of [kind, count, seed, body]) {
        one.addEventListener("input", () => { row[one.name] = one.value; changed(); });
      }
      const kindLabel = labelled("Kind", kind);
      kindLabel.className = "kind";
      line.append(kindLabel, labelled("Count", count), labelled("Seed", seed), labelled("Body", body), zonesOf(row));
    }
    const tools = make("div", { className: "tools-of" },
      button("Look", "Look at these exercises", () => lookAt(items.slice(0, n).reduce((sum, r) => sum + countOf(r), 0))),
      button("▲", "Move up", () => move(n, -1)), button("▼", "Move down", () => move(n, 1)),
      button("✕", "Take out", () => { items.splice(n, 1); drawRows(); changed(); byId("add").focus(); }));
    tools.children[1].disabled = n === 0;
    tools.children[2].disabled = n === items.length - 1;
    line.append(tools);
    return line;
  }
  function move(n, by) {
    items.splice(n + by, 0, ...items.splice(n, 1));
    drawRows();
    changed();
    const tools = byId("rows").children[n + by].querySelectorAll(".tools-of button");
    const wanted = tools[by < 0 ? 1 : 2];
    (wanted.disabled ? tools[by < 0 ? 2 : 1] : wanted).focus();
  }

  function zonesOf(row) {
    const summary = make("summary", {});
    const fold = make("details", {}, summary);
    const words = () => {
      const names = (row.zones || []).map((name) => zoneWords[name] || name);
      summary.textContent = names.length === 0 ? "any" : names.length === 1 ? names[0] : `${names.length} zones`;
      summary.title = names.join("; ");
      summary.setAttribute("aria-label", `Zones: ${names.join("; ") || "any"}`);
    };
    words();
    fold.addEventListener("toggle", () => {
      if (!fold.open || fold.querySelector(".pick")) return;
      // built when it is opened: a course may have many rows
      const search = make("input", { type: "search", placeholder: "Search zones" });
      search.setAttribute("aria-label", "Search zones");
      const box = make("div", {});
      for (const [name, structure] of choices.zones) {
        const tick = make("input", { type: "checkbox", value: name, checked: (row.zones || []).includes(name) });
        tick.addEventListener("change", () => {
          row.zones = [...box.querySelectorAll("input:checked")].map((one) => one.value);
          words();
          changed();
        });
        box.append(make("label", {}, tick, ` ${structure}`));
      }
      search.addEventListener("input", () => {
        const parts = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const label of box.children) {
          const said = `${label.textContent} ${label.firstChild.value}`.toLowerCase();
          label.hidden = !parts.every((part) => said.includes(part)) && !label.firstChild.checked;
        }
      });
      fold.append(make("div", { className: "pick" }, search, box));
      search.focus();
    });
    fold.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && fold.open) { fold.open = false; summary.focus(); }
    });
    return make("div", { className: "zones" }, make("span", { textContent: "Zones" }), fold);
  }
  document.addEventListener("click", (event) => {
    for (const fold of document.querySelectorAll(".zones details[open]")) {
      if (!fold.contains(event.target)) fold.open = false;
    }
  });

  byId("as-form").addEventListener("input", (event) => {
    if (event.target.type !== "search") changed();
    event.target.removeAttribute("aria-invalid");
  });
  byId("add").addEventListener("click", () => {
    const seeds = items.filter((row) => !row.written).map((row) => Number(row.seed) + countOf(row));
    items.push({ kind: "would_you", seed: Math.max(1, ...seeds.filter(Number.isFinite)), count: 4, zones: [], body: null });
    drawRows();
    changed();
    byId("rows").lastChild.querySelector("select").focus();
  });
  byId("add-written").addEventListener("click", async () => {
    if (!(await turnTo("text"))) return;
    const example =
      "- kind: would_you\n  site: {point: GB21, side: right}\n  needle: {length_mm: 40, depth_mm: 30}\n  patient: {sex: female, age: 31, bmi: 19}\n";
    const area = byId("text");
    area.value = `${area.value.replace(/\s*$/, "\n")}${example}`;
    written();
    area.focus();
    area.setSelectionRange(area.value.length - example.length, area.value.length);
    area.scrollTop = area.scrollHeight;
  });

  /* --- YAML -------------------------------------------------------------------- */
  const area = byId("text");
  const gutter = byId("gutter");
  let badLines = new Set();
  function drawGutter() {
    const count = area.value.split("\n").length;
    const lines = [];
    for (let n = 1; n <= count; n += 1) lines.push(badLines.has(n) ? make("span", { className: "bad", textContent: n }) : `${n}`, "\n");
    gutter.replaceChildren(...lines);
    gutter.scrollTop = area.scrollTop;
  }
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  function written() {
    unsaved = true;
    textIsNewest = true;
    badLines = new Set();
    drawGutter();
  }
  area.addEventListener("input", written);
  byId("file").addEventListener("change", async () => {
    const file = byId("file").files[0];
    byId("file").value = "";
    if (!file) return;
    if (file.size > 4 * MOST_CHARACTERS) {
      showProblem(new Error(`${file.name} is too large: a course file holds at most 200,000 characters.`));
      return;
    }
    area.value = await file.text();
    hideProblems();
    written();
    area.focus();
    area.setSelectionRange(0, 0);
  });

  const tabs = { form: byId("tab-form"), text: byId("tab-text") };
  function showView(name) {
    view = name;
    for (const [key, tab] of Object.entries(tabs)) {
      tab.setAttribute("aria-selected", String(key === name));
      tab.tabIndex = key === name ? 0 : -1;
      byId(`as-${key}`).hidden = key !== name;
    }
    if (name === "text") drawGutter();
  }
  async function turnTo(name) {
    if (name === view) return true;
    try {
      if (name === "text") {
        // what was written by hand, comments too, stays as long as the form says the same
        if (formIsNewest) area.value = (await call(editor.dataset.text, { form: readForm() })).text;
        formIsNewest = false;
        textIsNewest = false;
      } else {
        if (textIsNewest) showForm((await call(editor.dataset.form, { text: area.value })).form);
        textIsNewest = false;
        formIsNewest = false;
      }
    } catch (error) {
      showProblem(error);
      return false;
    }
    hideProblems();
    showView(name);
    return true;
  }
  for (const [name, tab] of Object.entries(tabs)) {
    tab.addEventListener("click", () => turnTo(name));
    tab.addEventListener("keydown", async (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = name === "form" ? "text" : "form";
      if (await turnTo(other)) tabs[other].focus();
    });
  }

  /* --- what is wrong ------------------------------------------------------------- */
  const box = byId("problems");
  function hideProblems() {
    box.hidden = true;
    badLines = new Set();
    for (const node of document.querySelectorAll("[aria-invalid]")) node.removeAttribute("aria-invalid");
    for (const node of document.querySelectorAll(".row .wrong")) node.remove();
  }
  function inWords(path) {
    const at = /^items\[(\d+)\](?:\.(.*))?$/.exec(path);
    const words = { title: "Title", description: "Description", pass_mark: "Pass mark", time_limit_min: "Time for all",
      item_limit_s: "Time for each", order: "Order", hide: "Hidden layers", kind: "Kind", count: "Count", seed: "Seed", body: "Body", zones: "Zones" };
    if (!at) return words[path.split("[")[0]] || path;
    const part = (at[2] || "").split(/[.[]/)[0];
    return `Row ${Number(at[1]) + 1}${part ? `, ${words[part] || at[2]}` : ""}`;
  }
  function fieldOf(path) {
    const at = /^items\[(\d+)\](?:\.(\w+))?/.exec(path);
    if (!at) return field(path.split("[")[0]);
    const row = byId("rows").children[Number(at[1])];
    if (!row) return null;
    return row.querySelector(`[name="${at[2]}"]`) || row.querySelector(at[2] === "zones" ? "summary" : "select, button");
  }
  function showProblem(error) {
    hideProblems();
    const problems = (error instanceof Refused && error.error.problems) || [];
    box.hidden = false;
    if (!problems.length) {
      box.replaceChildren(make("p", { textContent: error.message }));
      return;
    }
    const list = make("ul", {});
    for (const one of problems) {
      const where = view === "text" ? [one.line ? `Line ${one.line}` : "", one.field].filter(Boolean).join(", ") : inWords(one.field);
      const to = make("button", { type: "button", className: "to" }, make("b", { textContent: where ? `${where}: ` : "" }), one.message);
      to.addEventListener("click", () => {
        if (view === "text") { if (one.line) toLine(one.line); } else { const node = fieldOf(one.field); if (node) node.focus(); }
      });
      list.append(make("li", {}, to));
      if (view === "text") {
        if (one.line) badLines.add(one.line);
        continue;
      }
      const node = fieldOf(one.field);
      if (node) node.setAttribute("aria-invalid", "true");
      const row = node && node.closest(".row");
      if (row) row.append(make("div", { className: "wrong", textContent: one.message }));
    }
    const count = problems.length === 1 ? "One thing is wrong" : `${problems.length} things are wrong`;
    box.replaceChildren(make("b", { textContent: `${count}; nothing was saved.` }), list);
    if (view === "text") {
      drawGutter();
      const first = problems.find((one) => one.line);
      if (first) area.scrollTop = Math.max(0, (first.line - 4) * 20);
    }
    box.scrollIntoView({ block: "nearest" });
  }
  function toLine(line) {
    const lines = area.value.split("\n");
    const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    area.focus();
    area.setSelectionRange(from, from + (lines[line - 1] || "").length);
    area.scrollTop = Math.max(0, (line - 4) * 20);
  }

  /* --- save ---------------------------------------------------------------------- */
  const source = () => (view === "text" ? { text: area.value } : formIsNewest || !start.text ? { form: readForm() } : { text: area.value });
  function working(text, value) {
    byId("progress").hidden = value === undefined;
    if (value !== undefined) byId("progress").value = value;
    byId("progress-words").textContent = text;
  }
  async function save(asNew, tried = 1) {
    if (saving) return;
    saving = true;
    byId("save").disabled = true;
    hideProblems();
    working("Looking at it …");
    let again = false;
    const data = source();
    if (start.id !== null && !asNew) { data.id = start.id; data.revision = revision; }
    try {
      const answer = await send(editor.dataset.save, data);
      if (!answer.ok) {
        let said = null;
        try { said = await answer.json(); } catch { said = null; }
        throw said && said.error ? new Refused(said.error) : new Error(`That did not work (${answer.status}). What you wrote is still here; try again.`);
      }
      const done = await follow(answer);
      unsaved = false;
      window.location.href = done.url;
      return;
    } catch (error) {
      working("");
      again = error instanceof Refused && Boolean(error.error.again);
      if (error instanceof Refused && error.error.code === "edited") conflict(error); else showProblem(error);
    }
    saving = false;
    byId("save").disabled = false;
    if (again && tried < TRIES) {
      working("Tried again in a moment …");
      setTimeout(() => { working(""); save(asNew, tried + 1); }, AGAIN_MS);
    }
  }
  async function follow(answer) {
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      let part;
      try { part = await reader.read(); } catch { throw new Error(`${lost} Look at the list of courses first: it may have been saved.`); }
      rest += decoder.decode(part.value || new Uint8Array(), { stream: !part.done });
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) {
        const step = JSON.parse(line);
        if (step.error) throw new Refused(step.error);
        if (step.url) return step;
        working(`Proving that every exercise is fair: ${step.proven} of ${step.of}`, step.proven / step.of);
      }
      if (part.done) throw new Error(`${lost} Look at the list of courses first: it may have been saved.`);
    }
  }
  function conflict(error) {
    box.hidden = false;
    const copy = make("button", { type: "button", className: "second", textContent: "Save mine as a new course" });
    copy.addEventListener("click", () => save(true));
    const other = make("a", { className: "button second", textContent: "Look at the other version", href: window.location.href, target: "_blank" });
    box.replaceChildren(
      make("b", { textContent: "This course was changed in another window meanwhile." }),
      make("p", { textContent: "Nothing was overwritten, and what you wrote is still here. Save it as a course of its own, or look at the other version and put your changes in there." }),
      make("div", { className: "actions" }, copy, other));
    box.scrollIntoView({ block: "nearest" });
    void error;
  }
  byId("save").addEventListener("click", () => save(false));
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  /* --- look at exercises ------------------------------------------------------------ */
  const dialog = byId("preview");
  let place = 0;
  async function lookAt(wanted) {
    let said;
    try {
      const data = source();
      if (data.form && !data.form.title) data.form.title = "Without a title";
      said = await call(editor.dataset.preview, { ...data, place: wanted });
    } catch (error) {
      if (dialog.open) byId("preview-body").replaceChildren(make("p", { className: "error", textContent: error.message }));
      else showProblem(error);
      return;
    }
    place = said.place;
    // of our own templates, and parsed apart from the page: nothing in it runs
    const shown = new DOMParser().parseFromString(said.html, "text/html").body;
    byId("preview-body").replaceChildren(...shown.childNodes);
    byId("which").textContent = `${place + 1} of ${said.count}`;
    byId("before").disabled = place === 0;
    byId("next").disabled = place + 1 >= said.count;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }
  byId("look").addEventListener("click", () => lookAt(0));
  byId("before").addEventListener("click", () => lookAt(place - 1));
  byId("next").addEventListener("click", () => lookAt(place + 1));

  area.value = start.text;
  showForm(start.form);
  if (start.id === null) field("title").focus();
})();
