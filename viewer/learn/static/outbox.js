// Answers wait here until the server has said that it has them.
"use strict";
(() => {
  const STORE = "needlemap-learn-outbox", DRAFTS = "needlemap-learn-drafts";
  const MOST_DRAFTS = 60, LONGEST_S = 30, PATIENCE_MS = 20000;

  function read(name) {
    try {
      return JSON.parse(localStorage.getItem(name) || "{}") || {};
    } catch {
      return {};
    }
  }

  function write(name, data) {
    try {
      localStorage.setItem(name, JSON.stringify(data));
      return true;
    } catch {
      return false; // no room, or not allowed: the page itself still holds it
    }
  }

  // What was chosen so far for one exercise.
  function draft(id) {
    return read(DRAFTS)[id] || null;
  }

  function keepDraft(id, data) {
    const all = read(DRAFTS);
    delete all[id];
    all[id] = data;
    const ids = Object.keys(all);
    for (const old of ids.slice(0, Math.max(0, ids.length - MOST_DRAFTS))) delete all[old];
    write(DRAFTS, all);
  }

  function forgetDraft(id) {
    const all = read(DRAFTS);
    delete all[id];
    write(DRAFTS, all);
  }

  const running = new Map(); // id -> {body, url, done, failed, tries, timer}

  function banner(text, link) {
    const box = document.getElementById("unsent");
    if (!box) return;
    box.hidden = !text;
    box.replaceChildren(text);
    if (text && link) {
      const a = document.createElement("a");
      a.href = link;
      a.textContent = "Log in again";
      box.append(" ", a);
    }
  }

  function waiting() {
    if (running.size === 0) return banner("");
    banner(
      "Not sent yet: there is no connection to the server. Your answer is kept on this " +
      "device and goes by itself as soon as there is one.");
  }

  function remove(id) {
    const all = read(STORE);
    delete all[id];
    write(STORE, all);
    running.delete(id);
    if (![...running.values()].some((one) => one.tries > 0)) banner("");
  }

  async function attempt(id) {
    const one = running.get(id);
    if (!one || one.busy) return;
    clearTimeout(one.timer);
    one.busy = true;
    const stop = new AbortController();
    const clock = setTimeout(() => stop.abort(), PATIENCE_MS);
    let answer = null, data = null;
    try {
      answer = await fetch(one.url, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify(one.body), credentials: "same-origin", signal: stop.signal,
      });
      data = await answer.json();
    } catch {
      data = null; // no connection, or something between that speaks for the server
    }
    clearTimeout(clock);
    one.busy = false;
    if (answer && answer.ok && data) {
      remove(id);
      one.done(data);
      return;
    }
    if (answer && (answer.status === 401 || answer.redirected)) {
      one.tries += 1;
      banner("You are logged out. Your answer is kept on this device. ",
        `/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      one.waiting();
      return;
    }
    const error = data && data.error;
    const hopeless = answer && answer.status < 500 && answer.status !== 429 &&
      answer.status !== 408 && error && !error.again;
    if (hopeless) {
      remove(id);
      one.failed(error);
      return;
    }
    one.tries += 1;
    waiting();
    one.waiting();
    const wait = Math.min(LONGEST_S, 2 ** (one.tries - 1)) * (0.8 + 0.4 * Math.random());
    one.timer = setTimeout(() => attempt(id), wait * 1000);
  }

  // Send an answer until it is taken or refused; it outlives the page.
  function send(id, url, body, calls) {
    if (running.has(id)) return;
    const all = read(STORE);
    all[id] = { url, body };
    write(STORE, all);
    const nothing = () => {};
    running.set(id, {
      url, body, tries: 0, done: nothing, failed: nothing, waiting: nothing, ...calls,
    });
    attempt(id);
  }

  function pending(id) {
    return read(STORE)[id] || null;
  }

  // What other pages left; this page takes its own up with its own calls.
  function flush(except) {
    for (const [id, one] of Object.entries(read(STORE))) {
      if (id !== except && one && one.url) send(id, one.url, one.body, {});
    }
  }

  function again() {
    for (const id of running.keys()) attempt(id);
  }
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) again();
  });

  window.NeedleOutbox = { send, pending, flush, draft, keepDraft, forgetDraft };
  if (!document.getElementById("exercise")) flush("");
})();
