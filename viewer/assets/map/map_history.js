// Moves of the needle that can be taken back, steps by button and key, and what the page
// keeps for this tab: it survives a reload and the back button, and no other tab sees it.
(function () {
  "use strict";
  const KEPT = "needlemap", MOST = 100, STEPS = [1, 5, 10], GIVEN_UP_MS = 4000;
  const skip = () => window.dash_clientside.no_update;
  const past = [], future = [];
  let now = null;          // where the needle is, with the view it was placed in
  let target = null;       // where an undo or redo is leading
  let needle = null;       // the needle's fields as the page has them
  let placed = null;       // the last site that there was: a needle may be left of it
  let step = 5;
  let queued = null, sentAt = 0;
  let kept = null;

  const key = (site) => JSON.stringify(site ? [site.body, site.xyz] : null);

  // What is seen of the chart.
  function ranges() {
    const { map } = window.needlemapMap.own;
    return map && map.frame ? map.seen() : null;
  }

  // Called when the needle's place has changed, by whatever means. Returns the needle's
  // fields where a new site sets them anew.
  function watch(site, view, tap, nudge, ...values) {
    heard({ tap, nudge });
    const next = { site: site || null, view, ranges: ranges() };
    const told = window.needlemapNeedle;
    let anew = null;
    needle = told.read(values);
    if (target) {
      now = { ...target, needle: undefined, site: next.site, view };
    } else if (now && now.site && next.site && now.site.body !== next.site.body) {
      now = next; // the same place on the other body is no move
    } else if (!now || key(now.site) !== key(next.site)) {
      const found = told.decide((now && now.site) || placed, next.site, needle);
      anew = found.needle && told.differs(found.needle, needle) ? found.needle : null;
      told.sent(anew);
      if (now) add(anew ? { ...now, needle } : now);
      if (!next.site || !next.site.step) told.say(found.note);
      now = next;
    }
    target = null;
    placed = next.site || placed;
    sentAt = 0;
    buttons();
    flush();
    return told.fields().map((name) => (anew && anew[name] !== needle[name] ? anew[name] : skip()));
  }

  // A site that is there outranks the taps and steps before it, whatever is asked next:
  // the response that heard them may have been dropped for a newer request.
  function heard(moves) {
    const given = Object.entries(moves).filter(([, move]) => move);
    const data = Object.fromEntries(given.map(([name, move]) => [name, move.at]));
    window.dash_clientside.set_props("heard", { data });
  }

  function add(earlier) {
    past.push({ ...earlier, check: window.needlemapNeedle.checking() });
    if (past.length > MOST) past.shift();
    future.length = 0;
  }

  // Called before a button changes the needle, so that the change can be taken back.
  function changing() {
    if (!now || !now.site || !needle) return;
    add({ ...now, needle });
    buttons();
  }

  function go(from, to) {
    if (!from.length || target) return;
    const last = from.pop();
    if (now) to.push(last.needle && needle ? { ...now, needle } : now);
    const told = window.needlemapNeedle, left = last.needle || needle;
    told.say(last.check && left ? told.checkNote(left) : null);
    if (last.needle && now && key(last.site) === key(now.site)) { // only the needle
      window.needlemapNeedle.put(last.needle);
      buttons();
      return;
    }
    target = last;
    window.needlemapNeedle.sent(target.needle);
    buttons();
    window.dash_clientside.set_props("goto", {
      data: { site: target.site, view: target.view, needle: target.needle, why: "undo",
        at: Date.now() } });
    window.needlemapMap.look(target.view, target.ranges, true);
    const gone = target;
    // a place that was not found again leaves nothing to wait for
    setTimeout(() => {
      if (target === gone) { target = null; buttons(); }
    }, GIVEN_UP_MS);
  }

  const undo = () => go(past, future);
  const redo = () => go(future, past);

  function buttons() {
    const set = (id, off) => {
      const button = document.getElementById(id);
      if (button) button.disabled = off;
    };
    set("undo", !past.length);
    set("redo", !future.length);
    const without = !now || !now.site;
    for (const id of ["nudge-up", "nudge-down", "nudge-left", "nudge-right"]) set(id, without);
    const pad = document.getElementById("pad");
    if (pad) pad.classList.toggle("without", without && !past.length && !future.length);
  }

  // Steps that come faster than the answers add up, so that none is lost.
  function nudge(right, up) {
    if (!now || !now.site) return;
    queued = queued || { right: 0, up: 0 };
    queued.right += right;
    queued.up += up;
    flush();
  }

  function flush() {
    if (!queued || (sentAt && Date.now() - sentAt < 2500)) return;
    const data = { ...queued, at: Date.now() };
    queued = null;
    if (!data.right && !data.up) return;
    sentAt = data.at;
    window.dash_clientside.set_props("nudge", { data });
  }

  // A step that led off the body changes no place: the next one may go.
  function answered() {
    if (!sentAt) return;
    const sent = sentAt;
    setTimeout(() => { if (sentAt === sent) { sentAt = 0; flush(); } }, 150);
  }

  function press(event) {
    const button = event.target.closest && event.target.closest("#pad button");
    if (!button) return;
    const moves = { "nudge-up": [0, 1], "nudge-down": [0, -1], "nudge-left": [-1, 0],
      "nudge-right": [1, 0] };
    if (button.id === "undo") undo();
    else if (button.id === "redo") redo();
    else if (button.id === "nudge-step") {
      step = STEPS[(STEPS.indexOf(step) + 1) % STEPS.length];
      button.textContent = __("{step} mm", { step });
    } else if (moves[button.id]) {
      nudge(moves[button.id][0] * step, moves[button.id][1] * step);
    }
  }

  // What the page knows, kept for this tab.
  function keep(site, view, patient, ...values) {
    const layers = values.pop();
    needle = window.needlemapNeedle.read(values);
    for (const name of window.needlemapNeedle.NUMBERS) {
      const newer = window.needlemapEcho.newer(name, needle[name]);
      if (newer === null) continue;
      needle[name] = newer;
      setTimeout(() => window.dash_clientside.set_props(name, { value: newer }), 0);
    }
    kept = { site, view, patient, layers, needle };
    if (!target) window.needlemapNeedle.changed(needle);
    window.needlemapTechnique.show(needle);
    save();
    return skip();
  }

  function save() {
    if (!kept) return;
    try {
      const data = { ...kept, ranges: ranges(), past, future,
        check: window.needlemapNeedle.checking() };
      window.sessionStorage.setItem(KEPT, JSON.stringify(data));
    } catch { /* a browser without storage keeps nothing */ }
  }

  function read() {
    try {
      return JSON.parse(window.sessionStorage.getItem(KEPT) || "null");
    } catch {
      return null;
    }
  }

  function restore() {
    const data = read();
    if (!data || !data.view) return;
    past.splice(0, past.length, ...(data.past || []));
    future.splice(0, future.length, ...(data.future || []));
    kept = data;
    target = { site: data.site || null, view: data.view };
    window.needlemapMap.look(data.view, data.ranges);
    if (data.check && data.needle) {
      window.needlemapNeedle.say(window.needlemapNeedle.checkNote(data.needle));
    }
    window.dash_clientside.set_props("goto", { data: {
      site: data.site || null, view: data.view, patient: data.patient || {},
      needle: data.needle || {}, layers: data.layers || null, why: "restore",
      at: Date.now() } });
  }

  // A plan of an earlier session: its site and needle; the answers stay today's.
  function plan(data) {
    if (now && now.site) add({ ...now, needle });
    target = { site: data.site, view: data.view };
    window.needlemapNeedle.say(null);
    window.needlemapNeedle.sent(data.needle);
    window.needlemapMap.look(data.view, null, true);
    window.dash_clientside.set_props("goto", {
      data: { ...data, why: "plan", at: Date.now() } });
    const gone = target;
    setTimeout(() => { if (target === gone) target = null; }, GIVEN_UP_MS);
    buttons();
  }

  // Whether anything is known of a patient, also before a kept page is shown again.
  function holds() {
    const data = kept || read();
    return Boolean(data && (data.site || Object.keys(data.patient || {}).length));
  }

  // Another patient: no needle, and nothing of the last one that could come back.
  function fresh() {
    past.length = future.length = 0;
    now = target = queued = placed = null;
    sentAt = 0;
    const view = kept && kept.view;
    needle = { ...window.needlemapNeedle.start(), electrical: "unknown" };
    kept = kept && { ...kept, site: null, patient: {}, needle };
    save();
    buttons();
    window.needlemapNeedle.say(null);
    window.needlemapNeedle.sent(needle);
    window.dash_clientside.set_props("goto", {
      data: { site: null, view, needle, why: "fresh", at: Date.now() } });
  }

  // Everything asked again as it stands, after the connection was lost.
  function again() {
    const data = kept || read();
    if (!data || !data.view) return;
    target = now;
    window.dash_clientside.set_props("goto", { data: {
      site: data.site || null, view: data.view, patient: data.patient || {},
      needle: data.needle || {}, layers: data.layers || null, why: "again",
      at: Date.now() } });
  }

  document.addEventListener("click", press);
  window.addEventListener("pagehide", save);
  window.needlemapHistory = { nudge, undo, redo, again, answered, changing, fresh, holds,
    plan, past, future };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.needlemap_history = { watch, keep };
  document.addEventListener("needlemap-map", () => { buttons(); restore(); }, { once: true });
})();
