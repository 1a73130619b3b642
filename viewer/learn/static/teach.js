/* the trainer's pages of a course: who is where, what fails, and what changes a course */
(() => {
  "use strict";
  const EVERY_MS = 4000;
  const FINDINGS_MS = 9000;
  const TRIES = 4, AGAIN_MS = 2500; // when the database is busy
  const byId = (id) => document.getElementById(id);

  async function call(url, data) {
    let answer;
    try {
      answer = await fetch(url, data === undefined ? { headers: { Accept: "application/json" } } : {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(data),
      });
    } catch {
      throw new Error("No connection to needlemap. Nothing was changed; try again.");
    }
    let said = null;
    try { said = await answer.json(); } catch { said = null; }
    if (!answer.ok || !said) {
      const error = new Error((said && said.error && said.error.message) || "That did not work; load the page again.");
    error.told = true;
    error.again = Boolean(said && said.error && said.error.again);
    throw error;
    }
    return said;
  }

  const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

  /* --- the board for the projector ------------------------------------------- */
  const board = byId("board");
  if (board) {
    let mark = "";
    const look = async () => {
      try {
        const said = await call(`${board.dataset.live}?since=${mark}`);
        mark = said.mark;
        if (said.people) {
          const done = said.people.filter((p) => p.finished).length;
          byId("board-count").textContent =
            said.state === "ended" ? "The course has ended." : `${said.people.length} joined · ${done} finished`;
        }
      } catch { /* the count stays as it was; tried again */ }
      setTimeout(look, EVERY_MS);
    };
    look();
    return;
  }

  const course = byId("course");
  if (!course) return;
  const base = course.dataset.base;
  const silentMs = 1000 * Number(course.dataset.silent);
  let shown = JSON.parse(byId("people-start").textContent);
  let drift = Date.parse(shown.now) - Date.now();
  let answersShown = shown.answers;
  let revisionShown = shown.revision;

  /* --- who is where ---------------------------------------------------------- */
  const list = byId("people");
  const rows = new Map();

  function ago(iso) {
    const seconds = Math.max(0, (Date.now() + drift - Date.parse(iso)) / 1000);
    if (seconds < 45) return "just now";
    if (seconds < 5400) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
    if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
    return new Date(iso).toLocaleDateString();
  }
  const silent = (p) => !p.finished && shown.state === "open" && Date.now() + drift - Date.parse(p.seen) > silentMs;

  function made() {
    const part = (tag, name, ...inside) => {
      const node = document.createElement(tag);
      if (name) node.className = name;
      node.append(...inside);
      return node;
    };
    const bar = part("i", "", part("b", ""));
    bar.setAttribute("aria-hidden", "true");
    const off = part("button", "off", "×");
    off.type = "button";
    return part("li", "", part("span", "name"), part("span", "way", bar),
      part("span", "score"), off, part("span", "sign-of"));
  }

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function draw(p, hidden, number) {
    let line = rows.get(p.id);
    if (!line) {
      line = made();
      line.querySelector(".off").addEventListener("click", () => remove(p.id));
      rows.set(p.id, line);
    }
    const name = hidden ? `Learner ${number}` : p.name;
    put(line.querySelector(".name"), name);
    line.querySelector(".name").title = name;
    line.querySelector(".way b").style.width = `${(100 * p.place) / p.count}%`;
    put(line.querySelector(".score"), hidden || p.score === null ? "" : `${p.score} %`);
    line.querySelector(".off").setAttribute("aria-label", `Take ${name} off the course`);
    const sign = line.querySelector(".sign-of");
    let words = "", look = "";
    if (p.finished || p.passed !== null) {
      words = p.finished ? `finished ${ago(p.finished)}` : "not finished";
      if (!hidden && p.passed !== null) {
        words = `${p.passed ? "✓ passed" : "✗ not passed"} · ${words}`;
        look = p.passed ? "passed" : "failed";
      }
    } else if (silent(p)) {
      words = `${ago(p.seen)}: may have dropped out`;
      look = "silent";
    } else {
      words = `seen ${ago(p.seen)}`;
    }
    words = `${p.place} of ${p.count} · ${words}`;
    if (p.older) words += ` · version ${p.older}`;
    put(sign, words);
    sign.title = words;
    sign.className = `sign-of ${look}`;
    return line;
  }

  const orders = {
    joined: () => 0,
    name: (a, b) => a.name.localeCompare(b.name),
    behind: (a, b) => a.place / a.count - b.place / b.count,
    score: (a, b) => (a.score ?? 101) - (b.score ?? 101),
  };

  function drawAll() {
    const hidden = byId("hide-names").checked;
    const numbers = new Map(shown.people.map((p, n) => [p.id, n + 1]));
    const people = [...shown.people].sort(orders[byId("order").value]);
    const lines = people.map((p) => draw(p, hidden, numbers.get(p.id)));
    for (const [id, line] of rows) {
      if (!numbers.has(id)) { line.remove(); rows.delete(id); }
    }
    lines.forEach((line, n) => { if (list.children[n] !== line) list.insertBefore(line, list.children[n] || null); });
    byId("nobody").hidden = people.length > 0;
    const done = people.filter((p) => p.finished).length;
    const gone = people.filter(silent).length;
    const parts = [];
    if (people.length) {
      parts.push(`${people.length} joined`, `${done} finished`);
      const passed = people.filter((p) => p.passed).length;
      if (!hidden && people.some((p) => p.passed !== null)) parts.push(`${passed} passed`);
      if (gone) parts.push(`${gone} may have dropped out`);
    }
    put(byId("summary"), parts.join(" · "));
    const open = shown.state === "open";
    byId("state").className = `state ${shown.state}`;
    put(byId("state"), open ? "● open" : "■ ended");
    byId("end").hidden = !open;
    byId("reopen").hidden = open;
  }

  async function look() {
    try {
      const said = await call(`${course.dataset.live}?since=${shown.mark}`);
      drift = Date.parse(said.now) - Date.now();
      if (said.people) shown = said;
      byId("lost").hidden = true;
    } catch (error) {
      put(byId("lost"), error.told ? error.message : "No connection: what is shown may be old. Tried again every few seconds.");
      byId("lost").hidden = false;
    }
    drawAll();
  }
  let timer = 0;
  async function again() {
    clearTimeout(timer);
    if (!document.hidden) await look();
    timer = setTimeout(again, EVERY_MS);
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) again(); });

  byId("order").addEventListener("change", drawAll);
  byId("hide-names").addEventListener("change", drawAll);

  /* --- what fails: fetched when there are new answers, never under the reader's hand -- */
  const found = byId("findings");
  async function readFindings() {
    const wanted = shown.answers !== answersShown || shown.revision !== revisionShown;
    if (wanted && !document.hidden && !found.contains(document.activeElement) && !byId("large").open) {
      const answers = shown.answers, revision = shown.revision;
      try {
        const answer = await fetch(course.dataset.findings);
        if (answer.ok) {
          // of our own templates, and parsed apart from the page: nothing in it runs
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
          // a picture that is the same stays, so that nothing flickers
          for (const image of fresh.querySelectorAll("img")) {
            const old = [...found.querySelectorAll("img")].find((i) => i.getAttribute("src") === image.getAttribute("src"));
            if (old) image.replaceWith(old);
          }
          found.replaceChildren(...fresh.childNodes);
          answersShown = answers;
          revisionShown = revision;
        }
      } catch { /* tried again */ }
    }
    setTimeout(readFindings, FINDINGS_MS);
  }

  found.addEventListener("click", (event) => {
    const button = event.target.closest("[data-large]");
    if (!button) return;
    const image = byId("large").querySelector("img");
    image.src = button.dataset.large;
    image.alt = button.querySelector("img").alt;
    byId("large").showModal();
  });
  byId("large").addEventListener("click", (event) => { if (event.target === byId("large")) byId("large").close(); });

  /* --- what changes a course -------------------------------------------------- */
  function ask(title, words, yes) {
    const dialog = byId("ask");
    put(byId("ask-title"), title);
    put(byId("ask-words"), words);
    put(byId("ask-yes"), yes);
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((done) => {
      dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
    });
  }
  async function change(what, data) {
    put(byId("message"), "");
    for (let tried = 1; ; tried += 1) {
      try {
        await call(`${base}/${what}`, data || {});
        put(byId("message"), "");
        await look();
        return true;
      } catch (error) {
        put(byId("message"), error.message);
        if (!error.again || tried === TRIES) return false;
        await new Promise((done) => { setTimeout(done, AGAIN_MS); });
      }
    }
  }
  byId("end").addEventListener("click", async () => {
    const busy = shown.people.filter((p) => !p.finished).length;
    const words = busy
      ? `${many(busy, "learner is", "learners are")} still at it. What they answered counts; what they did not answer counts nothing. You can open the course again.`
      : "Nobody can join or answer after that. You can open the course again.";
    if (await ask("End the course?", words, "End the course")) change("end");
  });
  byId("reopen").addEventListener("click", () => change("reopen"));
  byId("delete").addEventListener("click", async () => {
    document.querySelector(".more").open = false;
    await look();
    const words =
      `${many(shown.people.length, "learner", "learners")} and ${many(shown.answers, "answer", "answers")} of ` +
      `“${course.dataset.title}” are deleted with it and cannot be brought back. To keep them, take the table (CSV) first.`;
    if (await ask("Delete the course?", words, "Delete all of it") && (await change("delete"))) {
      window.location.href = course.dataset.list;
    }
  });
  async function remove(id) {
    const p = shown.people.find((one) => one.id === id);
    if (!p) return;
    const words = `${many(p.place, "answer", "answers")} of ${p.name} are deleted and cannot be brought back. The name is free again.`;
    if (await ask(`Take ${p.name} off the course?`, words, "Take off")) change("remove", { enrolment: id });
  }
  document.addEventListener("click", (event) => {
    const more = document.querySelector(".more");
    if (more.open && !more.contains(event.target)) more.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const more = document.querySelector(".more");
    if (event.key === "Escape" && more.open) { more.open = false; more.querySelector("summary").focus(); }
  });

  drawAll();
  again();
  setTimeout(readFindings, FINDINGS_MS);
})();
