// A new site on a muscle begins with the technique usual there. Anywhere else the needle
// of the last site stays, and the page says so until it is confirmed or changed: it is
// never carried over unsaid. One line says what was done, and takes it back.
(function () {
  "use strict";
  const NEAR_MM = 20; // a place this near the last one is the same site, put right
  const NUMBERS = ["depth", "length", "diameter", "tilt", "fold", "seen-depth"];
  let before = {};    // what the fields showed when the site was asked for
  let checking = null; // the needle of the last site that has yet to be confirmed

  const box = () => document.getElementById("needle");
  const start = () => JSON.parse(box().dataset.start); // in the callbacks' order
  const fields = () => Object.keys(start());
  const text = (id) => (document.getElementById(id) || {}).value;
  const texts = () => Object.fromEntries(fields().map((id) => [id, text(id)]));
  const leans = (needle) => Boolean(Number(needle.tilt));
  const blank = (value) => value === "" || value === null || value === undefined;
  const read = (values) => Object.fromEntries(
    [...fields(), "electrical"].map((id, i) => [id, values[i]]));
  const seen = (needle) => (blank(needle.seen) || blank(needle["seen-depth"]) ? ""
    : __("{structure} seen at {depth} mm", {
      structure: needle.seen, depth: needle["seen-depth"] }));

  // How the muscle and the patient are held, and what was seen in him; empty for nothing.
  function held(needle) {
    const grip = {
      pincer: blank(needle.fold) ? __("pincer") : __("pincer, fold {fold} mm", needle),
      bone: blank(needle.bone) ? __("to bone") : __("to bone ({bone})", {
        bone: __(needle.bone) }) }[needle.grip];
    const arm = needle.arm && __("arm {position}", { position: __(needle.arm) });
    return [grip, needle.posture && __(needle.posture), arm, seen(needle)]
      .filter((part) => !blank(part)).join(", ");
  }

  // A needle that does not lean has no direction to lean in.
  function alike(one, two) {
    return Number(one.depth) === Number(two.depth) && Number(one.length) === Number(two.length)
      && Number(one.diameter || 0) === Number(two.diameter || 0)
      && Number(one.tilt || 0) === Number(two.tilt || 0)
      && (!leans(one) || one.toward === two.toward) && held(one) === held(two);
  }

  function lean(needle) {
    if (leans(needle)) {
      return `${needle.tilt}° ${blank(needle.toward) ? __("in a direction to be chosen")
        : __(needle.toward)}`;
    }
    return blank(needle.tilt) ? __("angle not given") : __("perpendicular");
  }

  function size(needle) {
    const length = blank(needle.length) ? __("no length") : __("{length} mm", needle);
    return blank(needle.diameter) ? length : `${thick(Number(needle.diameter))} × ${length}`;
  }

  // A diameter as it is printed on a packet, mm.
  const thick = (mm) => mm.toLocaleString(document.documentElement.lang || "en", {
    minimumFractionDigits: 2 });

  function words(needle) {
    const more = held(needle);
    return [size(needle),
      blank(needle.depth) ? __("no depth") : __("{depth} mm deep", needle),
      lean(needle), more].filter(Boolean).join(", ");
  }

  const current = (needle) => ({ yes: ` ${__("Current: still yes.")}`, no: ` ${__("Current: still no.")}` }[
    needle.electrical] || "");

  // What stays of a needle that is kept for another place: no fold, bone or depth seen.
  const carried = (needle) => ({ ...needle, fold: "", bone: null, seen: null, "seen-depth": "" });

  function checkNote(needle) {
    return { check: true, needle, text: __("Needle of the last site, check: {needle}.", {
      needle: words(needle) }),
      button: __("Reset"), title: words(start()), to: start() };
  }

  // What a new place means for the needle: its fields set anew, or null, and what to say.
  function decide(old, site, needle) {
    if (!site || site.step) return { needle: null, note: null };
    const usual = site.usual || {}, base = { ...start(), ...usual };
    const set = Object.keys(usual).length > 0;
    if (!old && !alike(needle, start())) {
      // entered before there was a site: meant for this one
      const other = set && !alike(needle, base) ? base : null;
      return { needle: null, note: other && {
        text: __("The needle stays as you entered it: {needle}.", { needle: words(needle) }),
        button: __("Set to what is usual here ({needle})", { needle: words(base) }), to: base } };
    }
    const far = old && Math.hypot(...site.xyz.map((v, i) => v - old.xyz[i]));
    if (old && !site.usual && far <= NEAR_MM) {
      return { needle: null, note: alike(needle, start()) ? null : {
        text: __("{far} mm from the last place: the needle stays as planned, {needle}.", {
          far: Math.round(far), needle: words(needle) }),
        button: __("Reset the needle ({needle})", { needle: words(start()) }), to: start() } };
    }
    if (!set) {
      if (!old) return { needle: null, note: null };
      const kept = carried(needle);
      if (alike(kept, start())) {
        return { needle: kept, note: {
          text: __("New site, the needle is the one that the page begins with: {needle}.", {
            needle: words(kept) }) } };
      }
      return { needle: kept, note: checkNote(kept) };
    }
    // what was typed while the answer was on its way is meant for the new site
    const typed = fields().filter((id) => id in before && text(id) !== before[id]);
    const wanted = { ...base };
    for (const id of typed) wanted[id] = needle[id];
    if (alike(needle, wanted)) return { needle: wanted, note: null };
    return { needle: wanted, note: {
      text: __("Needle set to what is usual for {muscle}: {needle}.", {
        needle: words(wanted), muscle: __(site.origin.muscle) }) + (old ? current(needle) : ""),
      button: __("Use the previous needle ({needle})", { needle: words(needle) }),
      to: { ...needle } } };
  }

  // Whether any field of two needles is not the same.
  const differs = (one, two) => fields().some((id) => !(blank(one[id]) && blank(two[id]))
    && one[id] !== two[id]);

  // Number fields repeat what they are given a moment later: by then it may be old.
  function sent(needle) {
    for (const id of NUMBERS) {
      if (needle && needle[id] !== undefined) window.needlemapEcho.sent(id, needle[id]);
    }
  }

  function put(needle) {
    sent(needle);
    for (const id of [...fields(), "electrical"]) {
      if (needle[id] !== undefined) window.dash_clientside.set_props(id, { value: needle[id] });
    }
  }

  function say(note) {
    const line = document.getElementById("needle-note");
    if (!line) return;
    checking = note && note.check ? note.needle : null;
    line.replaceChildren();
    line.hidden = !note;
    line.classList.toggle("check", Boolean(checking));
    document.body.classList.toggle("needle-check", Boolean(checking));
    if (!note) return;
    const add = (label, act, name, title) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = name;
      button.textContent = label;
      if (title) button.title = title;
      button.onclick = act;
      row.append(button);
    };
    const row = document.createElement("div");
    row.className = "note-buttons";
    line.append(note.text, row);
    if (checking) add(__("It is right"), () => say(null), "quiet confirm");
    if (!note.button) return;
    add(note.button, () => {
      window.needlemapHistory.changing();
      put(note.to);
      say(null);
    }, checking ? "quiet" : "link", note.title);
  }

  // A needle that was changed has been looked at.
  function changed(needle) {
    if (checking && !alike(needle, checking)) say(null);
  }

  function asked(event) {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    if (event.target.closest && event.target.closest("#needle")) return;
    before = texts();
  }
  for (const type of ["pointerdown", "mousedown", "click", "keydown"]) {
    document.addEventListener(type, asked, true);
  }

  window.needlemapNeedle = { decide, say, put, sent, start, read, fields, NUMBERS, NEAR_MM,
    differs, changed, thick, checkNote, checking: () => checking !== null };
})();
