// The session record in the browser: what is entered is kept here until it is saved on
// the server, in its order, and never over what another window saved.
(function () {
  "use strict";
  const TAB = random();
  const OPEN = "needlemap-record";           // sessionStorage: the record of this tab
  const DRAFT = "needlemap-draft:";          // localStorage: what is not saved yet
  const DEAD_MS = 30000;                     // a draft this old belongs to no tab
  const POLL_MS = 10000;
  const skip = () => window.dash_clientside.no_update;
  const byId = (id) => document.getElementById(id);
  const plain = (what, how) => window.fetch(what, how);

  const S = {
    id: null, created: false, revision: 0, base: {}, shown: {}, known: null,
    fields: {}, ops: [], refused: {}, clashes: {}, closed: false, dead: false,
    saving: false, timer: null, wait: 0, lost: false, good: false,
  };

  function random() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  }
  function set(id, props) { window.dash_clientside.set_props(id, props); }
  function moment(at) {
    const two = (n) => String(n).padStart(2, "0");
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `
      + `${two(at.getHours())}:${two(at.getMinutes())}`;
  }
  function clock() {
    return new Date().toLocaleTimeString([], {
      hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  }

  // ------------------------------------------------------------ drafts
  const draftKey = () => `${DRAFT}${S.id}:${TAB}`;
  function pending() { return Object.keys(S.fields).length + S.ops.length > 0; }
  function unsaved() {
    return pending() || Object.keys(S.refused).length + Object.keys(S.clashes).length > 0;
  }

  function keep(left) {
    if (!S.id) return true;
    try {
      if (!unsaved()) { localStorage.removeItem(draftKey()); return true; }
      const mine = Object.fromEntries(
        Object.entries(S.clashes).map(([name, clash]) => [name, clash.mine]));
      localStorage.setItem(draftKey(), JSON.stringify({
        at: left ? 0 : Date.now(), created: S.created, ops: S.ops.map((op) => op.body),
        fields: { ...S.fields, ...S.refused, ...mine }, base: S.base,
      }));
      return true;
    } catch { return false; }                // too long, or no storage here
  }

  // drafts that no tab takes care of any more: reloaded, closed or crashed
  function adopt() {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(`${DRAFT}${S.id}:`) || key === draftKey()) continue;
      let draft;
      try { draft = JSON.parse(localStorage.getItem(key)); } catch { draft = null; }
      if (draft && Date.now() - draft.at < DEAD_MS) continue;
      localStorage.removeItem(key);
      if (!draft) continue;
      for (const body of draft.ops || []) S.ops.push({ body });
      for (const [name, value] of Object.entries(draft.fields || {})) {
        if (!(name in S.fields)) { S.fields[name] = value; show(name, value); }
      }
      S.found = draft.base || null;
    }
  }

  // ------------------------------------------------------------ fields
  // said of one site or drawn: sent by itself, shown again by the server
  const OF_SITE = new Set(["left_in", "twitch", "technique", "reaction", "result",
    "site_in", "site_out", "signature"]);
  function kind(name) { return name.split(".")[0]; }
  function control(name) {
    return kind(name) === "consent" ? { type: "record-tick", name: name.slice(8) }
      : { type: "record-field", name };
  }
  function empty(name) {
    if (name === "reference" || name === "notes") return "";
    return kind(name) === "consent" ? false : null;
  }
  function value(name, shown) {
    if (kind(name) === "consent") return Boolean(shown);
    if (name === "reference" || name === "notes") return shown || "";
    if (name.startsWith("needles_")) {
      return shown === "" || shown === null || shown === undefined ? null : shown;
    }
    return { unknown: null, yes: true, no: false }[shown] ?? (
      shown === "unknown" || shown === undefined ? null : shown);
  }
  function show(name, now) {
    S.shown[name] = now;
    const id = control(name);
    if (kind(name) === "consent") set(id, { checked: now });
    else if (name.startsWith("needles_")) set(id, { value: now === null ? "" : now });
    else if (kind(name) === "fact") {
      set(id, { value: now === null ? "unknown" : { true: "yes", false: "no" }[now] || now });
    } else set(id, { value: now });
  }
  function flat(record) {
    const found = {
      reference: record.reference, notes: record.notes,
      needles_in: record.needles_in, needles_out: record.needles_out,
    };
    for (const [k, v] of Object.entries(record.facts)) found[`fact.${k}`] = v;
    for (const k of Object.keys(record.consent)) found[`consent.${k}`] = true;
    for (const site of record.sites) {
      found[`left_in.${site.key}`] = site.left_in;
      found[`site.${site.key}`] = !site.removed;
    }
    found.closed = Boolean(record.closed);
    return found;
  }
  const saved = (base, name) => (name in base ? base[name] : empty(name));

  function longest(name) {
    const box = document.querySelector(
      name === "notes" ? ".notes" : ".reference")?.closest("[data-longest]");
    return box ? Number(box.dataset.longest) : Infinity;
  }
  function tooLong(name, now) {
    if (name !== "notes" && name !== "reference") return "";
    const most = longest(name);
    // as the server counts: a sign and not its halves
    const count = now.length > most ? [...now].length : now.length;
    if (count <= most) return "";
    const group = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
    const told = { most: group(most), count: group(count) };
    return name === "notes"
      ? __("The notes must have at most {most} characters; {count} given. "
        + "This was not saved; shorten it.", told)
      : __("The reference must have at most {most} characters; {count} given. "
        + "This was not saved; shorten it.", told);
  }

  function changed(values, ticks, names, tickNames) {
    let wait = null;
    const seen = [
      ...names.map((id, i) => [id.name, values[i]]),
      ...tickNames.map((id, i) => [`consent.${id.name}`, ticks[i]]),
    ];
    for (const [name, raw] of seen) {
      const now = value(name, raw);
      const before = name in S.shown ? S.shown[name] : empty(name);
      if (now === before) continue;
      S.shown[name] = now;
      if (S.closed) { say(__("This session is closed. Reopen it to change it."), true);
        show(name, saved(S.base, name)); continue; }
      delete S.refused[name];
      delete S.clashes[name];
      const long = tooLong(name, now);
      if (name === "notes" || name === "reference") fieldError(name, long);
      if (long) { delete S.fields[name]; S.refused[name] = now; }
      else if (now === saved(S.base, name)) delete S.fields[name];
      else S.fields[name] = now;
      wait = Math.max(wait ?? 0, typeof now === "string" && kind(name) !== "fact" ? 600 : 0);
    }
    if (wait === null) return skip();
    window.needlemapSamePatient.answered();
    if (!S.id) begin();
    const kept = keep(false);
    if (Object.keys(S.refused).length) {
      say(kept
        ? __("Not saved: what is wrong stands beside the field. It is kept in this browser.")
        : __("Not saved, and too long to be kept in this browser: shorten it, or copy it "
          + "elsewhere before you leave."), true);
    } else if (pending()) say(__("Saving …"));
    showClashes();
    plan(wait);
    return skip();
  }

  function fieldError(name, text) {
    if (name === "notes") set("record-notes-error", { children: text });
    else alertLine(text);
  }

  // ------------------------------------------------------------ words
  function say(text, wrong, good) {
    S.good = Boolean(good); // all is saved: there is nothing newer to say
    set("record-status", { children: text, className: wrong ? "wrong" : "" });
    set("session-bar-status", { children: text, className: wrong ? "wrong" : "" });
  }
  function alertLine(text) { set("record-alert", { children: text }); }
  // map_link.js shows the banner, and has the verdict computed anew afterwards
  function lost(now) {
    if (S.lost === now) return;
    S.lost = now;
    if (window.needlemapLink) window.needlemapLink.pulse();
    if (now) ping();
  }
  async function ping() {
    while (S.lost) {
      await new Promise((done) => setTimeout(done, 1500));
      try {
        const answer = await plain("/records/ping", { cache: "no-store" });
        if (answer.ok) found();
      } catch { /* not yet */ }
    }
  }
  function found() {
    if (!S.lost) return;
    lost(false);
    set("records-refresh", { data: Date.now() });
    if (S.known) set("record-shown", { data: { id: S.id, revision: S.revision } });
    if (!pending() && !S.good) say(__("Connected again."));
    S.wait = 0;
    plan(0);
    setTimeout(refresh, 0);
  }
  // ------------------------------------------------------------ calls
  async function call(method, path, body) {
    let answer;
    try {
      answer = await plain(`/records/${path}`, {
        method, cache: "no-store",
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body ? JSON.stringify(body) : undefined,
      });
    } catch {
      lost(true);
      return { again: true, lost: true };
    }
    const kindOf = answer.headers.get("Content-Type") || "";
    const data = kindOf.includes("json") ? await answer.json().catch(() => null) : null;
    if (answer.ok && data) { found(); return { ok: true, data }; }
    if (answer.status === 401 || answer.redirected) {
      return { again: true, message: __("You were logged out. Log in in another window; it is tried again "
        + "by itself. What you typed is kept in this browser.") };
    }
    if (!data || !data.error) {
      lost(true);
      return { again: true, lost: true };
    }
    const message = typeof data.error === "string" ? data.error : data.error.message;
    return { status: answer.status, data, message, again: Boolean(data.error.again) };
  }

  function plan(ms) {
    clearTimeout(S.timer);
    S.timer = setTimeout(flush, ms);
  }
  function retry(result) {
    S.wait = Math.min(S.wait ? S.wait * 2 : 1000, 8000);
    if (!result.lost) say(result.message, true);
    else say(__("Not saved yet: the connection was lost. What you typed is kept in this browser."), true);
    keep(false);
    plan(S.wait);
  }

  function begin() {
    S.id = random();
    Object.assign(S, { created: false, revision: 0, base: {}, known: null, dead: false,
      closed: false, clashes: {}, wait: 0 });
    sessionStorage.setItem(OPEN, S.id);
    appearance();
  }

  async function flush() {
    if (S.saving || S.dead || !S.id) return;
    if (!pending() && S.created) return;
    S.saving = true;
    try {
      let more = true;
      while (more) more = await step();
    } finally { S.saving = false; }
  }

  // One call. True when there is more to do.
  async function step() {
    const id = S.id;
    if (!S.created) {
      const made = await call("POST", id, {});
      if (id !== S.id) return true;
      if (made.again) { retry(made); return false; }
      if (!made.ok) { say(made.message, true); S.dead = made.status === 410; return false; }
      S.created = true;
      accept(made.data);
      return true;
    }
    if (!pending()) return false;
    const op = S.ops[0];
    const sent = op ? op.body : { fields: { ...S.fields } };
    const result = await call("POST", `${id}/change`, { revision: S.revision, ...sent });
    if (id !== S.id) return true;
    if (result.again) { retry(result); return false; }
    S.wait = 0;
    if (result.ok && result.data.ask) {
      S.ops.shift();
      keep(false);
      question(result.data.ask, op);
      return pending();
    }
    if (result.ok) {
      if (op) S.ops.shift();
      else for (const [name, was] of Object.entries(sent.fields)) {
        if (S.fields[name] === was) delete S.fields[name];
      }
      accept(result.data);
      keep(false);
      if (!pending()) say(unsaved() ? __("Not everything is saved.")
        : __("Saved {time}", { time: clock() }), unsaved(), !unsaved());
      if (op && op.done) op.done(result.data);
      tell();
      return pending();
    }
    if (result.status === 409) { merge(result.data); return pending(); }
    if (result.status === 404 || result.status === 410) {
      S.dead = true;
      say(__("{error} What you typed is still on the page.", { error: result.message }), true);
      return false;
    }
    // refused: an operation is dropped, a field stays on the page and in the draft
    const names = Object.keys(sent.fields || {});
    if (!op && names.length > 1) return one(names);
    if (op) S.ops.shift();
    if (names.length === 1 && !OF_SITE.has(kind(names[0]))) {
      S.refused[names[0]] = sent.fields[names[0]];
      delete S.fields[names[0]];
      fieldError(names[0], result.message);
      say(__("Not saved: {error}", { error: result.message }), true);
    } else { say(result.message, true); alertLine(result.message); }
    keep(false);
    return pending();
  }
  // one of several fields was refused: each by itself, so that the others are saved
  function one(names) {
    for (const name of names) {
      S.ops.push({ body: { fields: { [name]: S.fields[name] } } });
      delete S.fields[name];
    }
    keep(false);
    return true;
  }

  // ------------------------------------------------------------ what the server has
  function accept(data) {
    const base = flat(data.record);
    const names = new Set([...Object.keys(S.shown), ...Object.keys(base)]);
    S.base = base;
    S.revision = data.revision;
    S.closed = Boolean(data.record.closed);
    for (const name of names) {
      if (["left_in", "site", "closed"].includes(kind(name))) continue;
      if (name in S.fields || name in S.refused || name in S.clashes) continue;
      if (S.ops.some((op) => op.body.fields && name in op.body.fields)) continue;
      const there = saved(base, name);
      const here = name in S.shown ? S.shown[name] : empty(name);
      if (there !== here) show(name, there);
    }
    const { notes, ...rest } = data.record;
    const sign = JSON.stringify(rest);
    if (sign !== S.known) {
      S.known = sign;
      set("record-shown", { data: { id: S.id, revision: S.revision } });
    }
    S.record = data.record;
    if (data.note) alertLine(data.note);
    appearance();
    window.dispatchEvent(new CustomEvent("needlemap-record"));
  }

  function merge(data) {
    const before = S.base, theirs = flat(data.record);
    const names = new Set([...Object.keys(before), ...Object.keys(theirs)]);
    const other = [...names].filter((n) => saved(before, n) !== saved(theirs, n));
    const elsewhere = other.filter((n) => S.fields[n] !== saved(theirs, n));
    for (const name of other) {
      if (!(name in S.fields)) continue;
      if (S.fields[name] !== saved(theirs, name)) {
        S.clashes[name] = { mine: S.fields[name], theirs: saved(theirs, name) };
      }
      delete S.fields[name];
    }
    accept(data);
    if (elsewhere.length) {
      alertLine(__("Another window changed this record: {fields}. "
        + "It is shown as it is now; nothing was overwritten.", { fields: words(elsewhere) }));
    }
    showClashes();
    keep(false);
    if (Object.keys(S.clashes).length) say(__("Two windows changed the same field: choose."), true);
  }
  function words(names) {
    const spoken = { needles_in: __("needles put in"), needles_out: __("needles taken out"),
      site: __("sites"), left_in: __("needle left in"), closed: __("open or closed"),
      consent: __("consent"), notes: __("notes"), reference: __("reference") };
    return [...new Set(names.map((n) => spoken[n] || spoken[kind(n)]
      || (kind(n) === "fact" ? n.slice(5).replaceAll("_", " ") : n)))].join(", ");
  }

  function showClashes() {
    const box = byId("record-clashes");
    if (!box) return;
    box.replaceChildren(...Object.entries(S.clashes).map(([name, clash]) => {
      const row = element("div", "clash");
      const said = (v) => (v === null ? __("not asked") : v === true ? __("yes") : v === false ? __("no")
        : String(v).length > 400 ? `${String(v).slice(0, 400)} …` : String(v) || __("(empty)"));
      row.append(element("b", "", __("{field}: two windows changed it.", { field: words([name]) })));
      for (const [label, key] of [[__("Here"), "mine"], [__("In the other window"), "theirs"]]) {
        const part = element("div", "clash-part");
        part.append(element("span", "muted", label), element("q", "", said(clash[key])));
        const keepIt = element("button", "quiet", key === "mine" ? __("Keep mine") : __("Take theirs"));
        keepIt.type = "button";
        keepIt.onclick = () => settle(name, clash[key]);
        part.append(keepIt);
        row.append(part);
      }
      return row;
    }));
  }
  function settle(name, chosen) {
    delete S.clashes[name];
    show(name, chosen);
    if (chosen !== saved(S.base, name)) S.fields[name] = chosen;
    showClashes();
    keep(false);
    say(pending() ? __("Saving …") : "");
    plan(0);
  }

  // A reference is shown in the head of every page only if it is a code: one word with a
  // digit in it. The field is free, and a name must not stand there.
  const CODE = /^(?=.*\d)[\p{L}\d._/#-]+$/u;
  function codeOf(record) {
    const reference = ((record && !S.closed && record.reference) || "").trim();
    return CODE.test(reference) ? reference : "";
  }

  function chip(record) {
    const slot = document.getElementById("patient-code"), code = codeOf(record);
    if (!slot || slot.textContent === code) return;
    slot.textContent = code;
    slot.hidden = !code;
  }

  function appearance() {
    chip(S.id ? S.record : null);
    const record = S.record && S.id && S.created ? S.record : null;
    const names = ["record-main"];
    names.push(S.id ? (S.closed ? "closed" : "open") : "no-record");
    set("record-page", { className: names.join(" ") });
    const count = record ? record.sites.filter((s) => !s.removed).length : 0;
    const many = count === 1 ? __("1 site")
      : count ? __("{count} sites", { count }) : __("no sites");
    set("session-count", { children: __("Session: {sites}", { sites: many }) });
    const begun = record && moment(new Date(record.started));
    set("record-title", { children: !S.id ? __("No session is open.")
      : [many, record ? __("begun {time}", { time: begun }) : __("not saved yet"),
        S.closed && __("closed")].filter(Boolean).join(" · ") });
  }

  // ------------------------------------------------------------ other tabs
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("needlemap") : null;
  function tell() {
    if (channel) channel.postMessage({ id: S.id, revision: S.revision });
    set("records-refresh", { data: Date.now() });
  }
  if (channel) channel.onmessage = (message) => {
    if (message.data.id === S.id && message.data.revision !== S.revision) refresh();
    set("records-refresh", { data: Date.now() });
  };
  async function refresh() {
    const id = S.id;
    if (!id || !S.created || S.saving || S.dead) return;
    const result = await call("GET", id);
    if (id !== S.id || S.saving) return;
    if (result.ok && result.data.revision > S.revision) merge(result.data);
    else if (result.status === 410 || result.status === 404) {
      S.dead = true;
      say(result.message, true);
    }
    if (pending()) plan(0);
  }
  setInterval(() => {
    if (document.visibilityState === "visible" && !S.lost) refresh();
    if (unsaved()) keep(false);
  }, POLL_MS);

  // ------------------------------------------------------------ opening and leaving
  async function load(id) {
    const result = await call("GET", id);
    if (result.again) {
      if (!result.lost) say(result.message, true);
      setTimeout(() => { if (!S.id) load(id); }, 2000);
      return;
    }
    if (!result.ok && result.status !== 404) {
      sessionStorage.removeItem(OPEN);
      say(result.message, true);
      if (result.status === 410) {           // deleted: nothing of it is to be left
        for (const key of Object.keys(localStorage)) {
          if (key.startsWith(`${DRAFT}${id}:`)) localStorage.removeItem(key);
        }
        byId("record-undo").replaceChildren();
      }
      return;
    }
    reset();
    S.id = id;
    sessionStorage.setItem(OPEN, id);
    if (result.ok) { S.created = true; accept(result.data); say(""); }
    adopt();
    if (!result.ok && !pending()) {          // never saved, and nothing is left of it
      sessionStorage.removeItem(OPEN);
      reset();
      return;
    }
    // a draft that was made from another state of the record is held against it
    if (S.found && result.ok) {
      const now = S.base;
      S.base = S.found;
      merge(result.data);
      S.base = now;
    }
    S.found = null;
    if (pending()) { say(__("Saving what was left unsaved …")); plan(0); }
    appearance();
  }

  function reset() {
    if (S.id) keep(true);
    clearTimeout(S.timer);
    Object.assign(S, { id: null, created: false, revision: 0, base: {}, known: null,
      record: null, fields: {}, ops: [], refused: {}, clashes: {}, closed: false,
      dead: false, wait: 0 });
    for (const name of Object.keys(S.shown)) show(name, empty(name));
    showClashes();
    alertLine("");
    byId("record-undo")?.replaceChildren();
    window.dispatchEvent(new CustomEvent("needlemap-record"));
    set("record-notes-error", { children: "" });
    set("record-sites", { children: "" });
    for (const id of ["record-history", "record-follow-up", "record-signed"]) {
      set(id, { children: "" });
    }
    set("record-findings", { children: "" });
    appearance();
  }

  // what a closed or crashed window left unsaved; offered, not opened by itself: the
  // next site to be added may be another patient's
  function leftBehind() {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(DRAFT)) continue;
      let draft;
      try { draft = JSON.parse(localStorage.getItem(key)); } catch { draft = null; }
      if (!draft) { localStorage.removeItem(key); continue; }
      if (Date.now() - draft.at < DEAD_MS) continue;
      const id = key.slice(DRAFT.length).split(":")[0];
      const open = element("button", "small-button", __("Open and save it"));
      const drop = element("button", "small-button danger", __("Discard it"));
      open.type = drop.type = "button";
      open.onclick = () => opened(id);
      drop.onclick = () => {
        if (!window.confirm(__("Discard what was typed and not saved?"))) return;
        localStorage.removeItem(key);
        byId("record-undo").replaceChildren();
        leftBehind();
      };
      byId("record-undo").replaceChildren(
        __("Something that was entered in a record was not saved before its window closed."),
        " ", open, " ", drop);
      set("session-bar-status", { children: __("Something entered earlier was not saved: see Session record."), className: "wrong" });
      return;
    }
  }

  // A health record opened the page with its patient: a session of their own, by code.
  async function launched(token) {
    window.history.replaceState(null, "", window.location.pathname);
    const note = byId("launch-note");
    let found = null;
    try {
      const answer = await fetch("/launch/patient", {
        method: "POST", cache: "no-store", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ token }),
      });
      if (answer.ok) found = await answer.json();
    } catch { found = null; }
    emptied();
    if (found) {
      patientIs(found.facts);
      push({ body: { fields: { reference: found.code } } });
    }
    note.textContent = found ? found.message
      : __("The patient was not taken over from the record: open the page from there again.");
    note.className = found ? "" : "wrong";
    note.hidden = false;
  }

  let started = false;
  function routed(path) {
    if (!started) {
      started = true;
      const id = sessionStorage.getItem(OPEN);
      const token = new URLSearchParams(window.location.search).get("launched");
      if (token) {
        setTimeout(() => launched(token), 0);
        return skip();
      }
      // the controls report themselves first
      if (id) setTimeout(() => load(id), 0);
      else setTimeout(leftBehind, 0);
    }
    if (path === "/session") set("records-refresh", { data: Date.now() });
    return skip();
  }
  window.addEventListener("pagehide", () => keep(true));
  window.addEventListener("pageshow", () => { if (unsaved()) keep(false); });

  // ------------------------------------------------------------ the dialogue
  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function question(ask, op) {
    const dialog = byId("reason-dialog"), form = byId("reason-form");
    const most = Number(dialog.dataset.longest);
    const head = element("div", "reason-head");
    head.style.background = ask.fill;
    head.style.color = ask.ink;
    const icon = element("img");
    icon.src = ask.icon;
    icon.alt = "";
    head.append(icon, element("h2", "", ask.word));
    const over = element("ul", "reason-over");
    over.append(...ask.over.map((text) => element("li", "", text)));
    const intro = element("p", "", op.body.close
      ? __("To close the session all the same, give a reason. It is kept in the record.")
      : ask.verdict === "STOP"
        ? __("This is a {verdict}. If it is recorded all the same, a reason is needed; "
          + "the record keeps both.", { verdict: ask.word })
        : __("To record it all the same, give a reason. It is kept in the record."));
    const list = element("fieldset", "reason-list");
    list.append(element("legend", "", __("Reason")));
    for (const reason of ask.reasons) {
      const label = element("label");
      const radio = element("input");
      radio.type = "radio";
      radio.name = "reason";
      radio.value = reason.id;
      label.append(radio, element("span", "", reason.label));
      list.append(label);
    }
    const more = element("label", "reason-more");
    const area = element("textarea");
    area.rows = 3;
    more.append(element("span", "", __("In your own words (may be left open)")), area);
    const count = element("div", "reason-count muted");
    const wrong = element("div", "error");
    wrong.setAttribute("role", "alert");
    const go = element("button", "primary", op.body.close
      ? __("Close with this reason") : __("Record with this reason"));
    const back = element("button", "quiet", __("Cancel"));
    go.type = back.type = "button";
    const row = element("div", "reason-buttons");
    row.append(back, go);
    const chosen = () => ask.reasons.find(
      (r) => r.id === form.querySelector("input[name=reason]:checked")?.value);
    const length = () => [...area.value].length;
    area.oninput = () => {
      const n = length();
      count.textContent = n > most - 200 ? __("{n} of {most} characters", { n, most }) : "";
      wrong.textContent = n > most
        ? __("At most {most} characters; {n} given. Shorten it.", { n, most }) : "";
    };
    list.onchange = () => {
      more.firstChild.textContent = chosen().text
        ? __("In your own words (needed for this reason)")
        : __("In your own words (may be left open)");
      wrong.textContent = "";
    };
    back.onclick = () => dialog.close();
    dialog.onclose = () => { if (!op.sent) say(__("Not recorded.")); };
    go.onclick = () => {
      const reason = chosen();
      if (!reason) { wrong.textContent = __("Choose a reason."); return; }
      if (reason.text && !area.value.trim()) {
        wrong.textContent = __("Write down the reason.");
        area.focus();
        return;
      }
      if (length() > most) { area.oninput(); area.focus(); return; }
      const given = { reason: reason.id, text: area.value };
      if (op.body.close) op.body.close.override = given;
      else op.body.add_site.override = given;
      op.sent = true;
      dialog.close();
      push(op);
    };
    form.replaceChildren(head, intro, over, list, more, count, wrong, row);
    dialog.showModal();
  }

  function push(op) {
    window.needlemapSamePatient.answered();
    if (!S.id) begin();
    S.ops.push(op);
    keep(false);
    say(__("Saving …"));
    plan(0);
  }

  // ------------------------------------------------------------ what is pressed
  function add(_, asked) {
    if (!asked || !asked.site) {
      say(__("Place the needle first."), true);
      return skip();
    }
    const example = document.getElementById("teaching-banner");
    if (example && !example.hidden) { // a made-up patient belongs in no record
      say(__("A teaching example is not a patient: end it before adding a site."), true);
      return skip();
    }
    if (S.lost || document.body.classList.contains("link-lost")) { // what is shown may not be what was asked
      say(__("needlemap does not answer: a site can only be added once it was checked."), true);
      return skip();
    }
    if (S.closed || S.dead) reset();         // the next patient
    push({
      body: { add_site: { key: random(), site: asked.site, needle: asked.needle,
        patient: asked.patient, stated: asked.stated || [] } },
      done: (data) => {
        const count = data.record.sites.filter((s) => !s.removed).length;
        say(__("Added as site {count}. Saved {time}", { count, time: clock() }));
      },
    });
    return skip();
  }

  // What the page of the check knows is one patient's: with another session it goes.
  function patientIs(facts, stated = []) {
    byId("launch-note").hidden = true;
    set("teaching-store", { data: null });
    set("preset", { value: null });
    set("site-text", { value: "" });
    set("paint-key", { data: Date.now() });   // marking ends
    window.needlemapAnswers.replace(facts, stated);
    window.needlemapHistory.fresh();
    window.needlemapSamePatient.begun();
  }

  // The next patient: no session, no answers, no needle. What was not saved is offered.
  function emptied() {
    reset();
    sessionStorage.removeItem(OPEN);
    byId("reason-dialog").close();
    set("records-search", { value: "" });
    patientIs({});
    say("");
    leftBehind();
  }

  // An open session goes on with its own patient, a closed one is only looked at.
  async function opened(id) {
    await load(id);
    if (S.id !== id) return;
    if (S.record && !S.closed) patientIs(S.record.patient, S.record.stated);
    else patientIs({});
  }

  const ACTIONS = {
    new: () => { reset(); sessionStorage.removeItem(OPEN); patientIs({}); begin(); plan(0); },
    open: (data) => { if (data.key !== S.id) opened(data.key); window.scrollTo(0, 0);
      byId("record-page").scrollTo(0, 0); },
    remove: (data) => push({ body: { remove_site: data.key },
      done: () => undo(data.key) }),
    restore: (data) => push({ body: { restore_site: data.key }, done: () => byId("record-undo").replaceChildren() }),
    left_in: (data) => push({ body: { fields: {
      [`left_in.${data.key}`]: { yes: true, no: false }[data.value] ?? null } } }),
    follow_up: (data) => {
      const found = [...byId("follow-up-found").selectedOptions].map((o) => o.value);
      if (data.what === "found" && !found.length) {
        say(__("Choose what was reported first."), true);
        return;
      }
      push({ body: { follow_up: { reached: data.what !== "missed",
        found: data.what === "found" ? found : [], text: byId("follow-up-text").value } } });
    },
    close: () => push({ body: { close: {} }, done: () => {
      patientIs({});
      say(__("Closed. The check page is empty for the next patient."));
    } }),
    reopen: () => push({ body: { reopen: true },
      done: (data) => patientIs(data.record.patient, data.record.stated) }),
    export: (data) => download(data.file),
    plan: (data) => {
      window.needlemapHistory.plan(JSON.parse(data.plan));
      document.querySelector("#record-page .to-check").click();
    },
    counts: (data) => counts(data.file),
    delete: (data) => erase(data.key || S.id, data.name || (S.record && S.record.reference)),
    delete_older: async (data) => {
      const told = { n: data.expected, days: data.days }, one = data.expected === "1";
      const sure = one
        ? __("Delete 1 record not changed for {days} days? This cannot be undone.", told)
        : __("Delete {n} records not changed for {days} days? This cannot be undone.", told);
      if (!window.confirm(sure)) return;
      const result = await call("POST", `older/${data.days}/delete`, { expected: Number(data.expected) });
      const gone = one ? __("Deleted 1 record.") : __("Deleted {n} records.", told);
      say(result.ok ? gone : result.message || __("Not deleted: the connection was lost."), !result.ok);
      tell();
      refresh();
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-record]");
    if (button && !button.disabled) ACTIONS[button.dataset.record](button.dataset);
  });

  document.addEventListener("change", (event) => {
    const field = event.target.closest && event.target.closest("[data-site-field]");
    if (!field) return;
    const name = field.dataset.siteField, given = field.value;
    let now = given === "" ? null : given;
    if (name === "technique") now = given;
    else if (name === "twitch") now = { true: true, false: false }[given] ?? null;
    else if (name.startsWith("site_") && now !== null) now = Number(now);
    push({ body: { fields: { [`${name}.${field.dataset.key}`]: now } } });
  });

  function undo(key) {
    const button = element("button", "small-button", __("Undo"));
    button.type = "button";
    button.dataset.record = "restore";
    button.dataset.key = key;
    byId("record-undo").replaceChildren(__("A site was taken off the list."), " ", button);
  }

  async function erase(id, name) {
    if (!id) return;
    const sure = name
      ? __("Delete the record {name}? It cannot be undone. Export it first if you need it.", { name })
      : __("Delete this record? It cannot be undone. Export it first if you need it.");
    if (!window.confirm(sure)) return;
    if (id === S.id && !S.created) {
      reset();
      sessionStorage.removeItem(OPEN);
      patientIs({});
      return;
    }
    const result = await call("DELETE", id);
    if (!result.ok) {
      say(result.message || __("Not deleted: the connection was lost."), true);
      return;
    }
    if (id === S.id) {
      S.fields = {}; S.ops = []; S.refused = {}; S.clashes = {};
      keep(false);
      S.id = null;
      reset();
      sessionStorage.removeItem(OPEN);
      patientIs({});
    }
    say(__("The record was deleted."));
    if (channel) channel.postMessage({ id, revision: -1 });
    set("records-refresh", { data: Date.now() });
  }

  async function download(file) {
    if (!S.id) return;
    await flush();
    if (!S.created || pending()) {
      say(__("Not everything is saved yet; the file would lack it. Try again in a moment."), true);
      return;
    }
    // the leaflet is in the patient's language, the rest in the reader's
    const spoken = file === "leaflet.pdf" ? `?lang=${byId("leaflet-language").value}` : "";
    const made = await fetched(`${S.id}/${file}${spoken}`, file);
    if (made) say(unsaved() ? __("The file lacks what is not saved.")
      : __("Made {file}", { file: made }), unsaved());
  }

  // A file of the server's, saved by the browser. Its name; nothing when there is none.
  async function fetched(path, file) {
    say(__("Making {file} …", { file }));
    let answer;
    try { answer = await plain(`/records/${path}`, { cache: "no-store" }); }
    catch { lost(true); say(__("The file could not be fetched: the connection was lost."), true); return ""; }
    if (!answer.ok) {
      const data = await answer.json().catch(() => null);
      say((data && data.error && data.error.message) || __("The file could not be made."), true);
      return "";
    }
    const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    const link = element("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = named ? named[1] : file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return link.download;
  }

  async function counts(file) {
    const made = await fetched(file, file);
    if (made) say(__("Made {file}", { file: made }));
  }

  // for same_patient.js
  window.needlemapRecord = {
    empty: emptied,
    open: () => Boolean(S.id || sessionStorage.getItem(OPEN)),
    reference: () => (S.record && S.record.reference) || "",
    id: () => (S.id && S.created ? S.id : ""),
    saved: async () => { await flush(); return S.id && S.created && !pending() ? S.id : ""; },
    call, say,
    record: () => (S.id && S.created ? S.record : null),
    sign: (path) => push({ body: { fields: { signature: path } } }),
  };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_record = { changed, add, routed };
})();
