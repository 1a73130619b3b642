// One exercise: what is chosen, sent once, and what comes back.
"use strict";
(() => {
  const box = document.getElementById("exercise");
  if (!box) return;
  const page = JSON.parse(box.dataset.page), view = page.view;
  const { Chart, toChart, toPicture } = window.NeedleChart;
  const outbox = window.NeedleOutbox;
  const form = document.getElementById("answer");
  const send = document.getElementById("send");
  const say = document.getElementById("say");
  const slot = document.getElementById("feedback");
  const picture = document.getElementById("needle-picture");
  const id = page.key ? `${page.send}#${page.key}` : page.send;

  const kept = outbox.draft(id) || {};
  const state = {
    key: kept.key || page.key || newKey(),
    put: kept.put || null, // where the needle was put, mm of the picture
    depth: kept.depth ?? (view.controls.depth ? view.controls.depth.value : null),
    tilt: kept.tilt ?? (view.controls.direction ? view.controls.direction.tilt : 0),
    toward: kept.toward ?? (view.controls.direction ? view.controls.direction.toward : ""),
    choices: kept.choices || {},
    response: kept.response || null, // what was sent
  };
  let phase = "asking"; // asking, sending, answered, over
  let begun = performance.now();

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  function keep() {
    outbox.keepDraft(id, state);
  }

  function tell(text, bad) {
    say.textContent = text;
    say.classList.toggle("error", Boolean(bad));
  }

  // The chart

  const chart = new Chart(document.getElementById("chart"), view.frame, {
    place: (u, v) => {
      if (phase !== "asking") return;
      state.put = { u, v };
      tell(view.kind === "place_it"
        ? "It stands. Tap again to move it." : "It stands elsewhere now.");
      const lead = form.querySelector(".lead");
      if (lead) lead.hidden = true;
      changed();
    },
    enter: () => form.requestSubmit(),
    say: tell,
  });
  chart.movable = view.places;

  function changed() {
    keep();
    showPlan();
  }

  function leanOf() {
    const planned = view.needle && view.needle.direction;
    const tilt = view.controls.direction ? state.tilt : planned && planned.tilt_deg;
    const toward = view.controls.direction ? state.toward : planned && planned.toward;
    return tilt && toward ? { tilt, toward } : null;
  }

  function showPlan() {
    const at = state.put || view.site;
    const lean = leanOf();
    chart.needle = at && {
      u: at.u, v: at.v, spread: state.put || !view.site ? 0 : view.site.spread,
      lean: lean ? view.ways[lean.toward] : null,
    };
    if (view.site && view.controls.site) {
      chart.plan = { ...view.site, within: view.controls.site.within };
    }
    chart.draw();
    if (!picture) return;
    const needle = view.needle || {};
    const depth = view.controls.depth ? state.depth : needle.depth_mm;
    window.drawNeedle(picture, {
      length: needle.length_mm || 40, depth: depth ?? null, tilt: lean ? lean.tilt : 0,
    });
    const words = depth === null || depth === undefined
      ? "depth not chosen yet" : `${depth} mm deep`;
    const way = lean ? `leaning ${lean.tilt} degrees ${lean.toward}` : "upright to the skin";
    picture.setAttribute("aria-label",
      `${needle.length_mm || 40} mm needle, ${words}, ${way}`);
    const own = document.getElementById("plan-words");
    if (own) own.textContent = `${needle.length_mm} mm needle, ${words}, ${way}`;
  }

  // Layers

  const row = document.getElementById("layers");
  const switches = {};
  for (const layer of view.layers) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = layer.word;
    button.dataset.layer = layer.id;
    const set = (on) => {
      button.setAttribute("aria-pressed", String(on));
      chart.switch(layer.id, layer.url, on).catch(() => {
        button.setAttribute("aria-pressed", "false");
        tell("This layer could not be loaded. Try again.", true);
      });
    };
    switches[layer.id] = set;
    button.addEventListener("click", () =>
      set(button.getAttribute("aria-pressed") !== "true"));
    row.append(button);
    set(layer.id === "skeleton");
  }

  // Controls

  const depth = document.getElementById("depth"), slide = document.getElementById("depth-slide");
  if (depth) {
    const set = (value, from) => {
      const most = view.controls.depth.max;
      const mm = value === "" || Number.isNaN(+value) ? null : +value;
      state.depth = mm === null ? null : Math.min(Math.max(mm, 0), most);
      if (from !== depth) depth.value = state.depth === null ? "" : state.depth;
      if (from !== slide) slide.value = state.depth ?? 0;
      slide.setAttribute("aria-valuetext",
        state.depth === null ? "not chosen" : `${state.depth} millimetres`);
    };
    set(state.depth ?? "");
    slide.addEventListener("input", () => { set(slide.value, slide); changed(); });
    depth.addEventListener("input", () => { set(depth.value, depth); changed(); });
    depth.addEventListener("change", () => set(depth.value));
  }
  const tilt = document.getElementById("tilt");
  const tiltSlide = document.getElementById("tilt-slide");
  const tiltRow = document.getElementById("tilt-row");
  if (tilt) {
    const ways = [...form.querySelectorAll("input[name=toward]")];
    const set = (value, from) => {
      const most = view.controls.direction.max;
      state.tilt = Math.min(Math.max(+value || 0, 0), most);
      if (from !== tilt) tilt.value = state.tilt;
      if (from !== tiltSlide) tiltSlide.value = state.tilt;
    };
    const show = () => { tiltRow.hidden = !state.toward; };
    for (const way of ways) {
      way.checked = way.value === (state.tilt ? state.toward : "");
      way.addEventListener("change", () => {
        state.toward = way.value;
        if (!way.value) set(0);
        else if (!state.tilt) set(30);
        show();
        changed();
      });
    }
    set(state.tilt);
    show();
    tiltSlide.addEventListener("input", () => { set(tiltSlide.value, tiltSlide); changed(); });
    tilt.addEventListener("input", () => { set(tilt.value, tilt); changed(); });
    tilt.addEventListener("change", () => set(tilt.value));
  }
  const back = document.getElementById("site-back");
  if (back) {
    back.addEventListener("click", () => {
      state.put = null;
      tell("The needle stands where it was planned.");
      changed();
    });
  }
  for (const choice of form.querySelectorAll("input[data-skill]")) {
    choice.checked = state.choices[choice.dataset.skill] === choice.value;
    choice.addEventListener("change", () => {
      state.choices[choice.dataset.skill] = choice.value;
      tell("");
      keep();
    });
  }

  // The answer

  function siteResponse() {
    const [x, y] = toChart(view.frame, state.put.u, state.put.v);
    const round = (mm) => Math.round(mm * 10) / 10;
    return { chart: view.frame.chart, x_mm: round(x), y_mm: round(y) };
  }

  // What is missing, in words; or the response.
  function response() {
    const made = { choices: {}, seconds: Math.round((performance.now() - begun) / 100) / 10 };
    if (view.kind === "place_it") {
      if (!state.put) return "Tap the picture first: where does the needle go?";
      made.site = siteResponse();
    }
    if (view.controls.depth && state.depth === null) return "Say how deep, too.";
    if (view.kind === "place_it" && view.controls.depth) made.needle = { depth_mm: state.depth };
    if (view.kind === "make_acceptable") {
      made.needle = {};
      if (view.controls.depth) made.needle.depth_mm = state.depth;
      if (view.controls.direction) {
        made.needle.direction = state.toward && state.tilt
          ? { tilt_deg: state.tilt, toward: state.toward } : "perpendicular";
      }
      if (state.put) made.site = siteResponse();
    }
    for (const question of view.questions) {
      const chosen = state.choices[question.skill];
      if (!chosen) return `Choose an answer to “${question.text}”`;
      made.choices[question.skill] = chosen;
    }
    return made;
  }

  function busy(on) {
    send.disabled = on;
    send.textContent = on ? "Sending …" : send.dataset.word;
    for (const field of form.querySelectorAll("input, .second")) field.disabled = on;
    chart.movable = !on && view.places;
  }

  function post(given) {
    phase = "sending";
    state.response = given;
    keep();
    busy(true);
    const body = { response: given, key: state.key };
    if (page.place !== undefined) body.place = page.place;
    outbox.send(id, page.send, body, {
      done: (data) => { box.classList.remove("unsent"); answered(data); },
      failed: refused,
      waiting: () => {
        box.classList.add("unsent");
        send.textContent = "Not sent yet";
      },
    });
  }

  function refused(error) {
    box.classList.remove("unsent");
    state.response = null;
    keep();
    if (error.code === "time_up" || error.code === "ended") return over(error.message);
    phase = "asking";
    busy(false);
    tell(error.message, true);
    if (error.code === "out_of_turn") {
      // answered on another device, or finished: the page there knows more
      const a = document.createElement("a");
      a.href = location.pathname;
      a.textContent = "Go on with the course";
      say.append(" ", a);
    }
  }

  function over(words) {
    phase = "over";
    busy(true);
    send.hidden = true;
    tell(words, true);
    if (page.result) {
      const a = document.createElement("a");
      a.href = page.result;
      a.className = "button";
      a.textContent = "See my result";
      form.append(a);
    }
  }

  function answered(data) {
    phase = "answered";
    if (data.next) page.next = data.next;
    if (!data.html) { // an exam: nothing is told before the end
      outbox.forgetDraft(id);
      location.assign(page.next);
      return;
    }
    show(data);
  }

  // Written by the server, in whose templates every text is escaped. Parsed apart from
  // the page, so that nothing in it runs.
  function show(data) {
    phase = "answered";
    chart.movable = false;
    form.hidden = true;
    const sheet = new DOMParser().parseFromString(data.html, "text/html");
    slot.replaceChildren(...sheet.body.childNodes);
    slot.hidden = false;
    box.classList.add("answered");
    const marks = data.marks;
    chart.after = marks;
    if (marks.put && chart.needle === null) chart.needle = { ...marks.put, lean: null };
    if (marks.put && !state.put) state.put = { u: marks.put.u, v: marks.put.v };
    showPlan();
    if (view.kind === "place_it" && marks.target) {
      const places = [[marks.target.u, marks.target.v]];
      if (marks.put) places.push([marks.put.u, marks.put.v]);
      chart.frameOn(places, 220);
      chart.draw();
    }
    showZones(marks.zones);
    const next = slot.querySelector(".next");
    if (next) next.focus({ preventScroll: true });
    if (window.matchMedia("(max-width: 899px)").matches) {
      document.querySelector(".plate").scrollIntoView({ block: "start" });
    }
    const retry = slot.querySelector("#again");
    if (retry) {
      retry.hidden = page.place !== undefined;
      retry.addEventListener("click", () => {
        outbox.forgetDraft(id);
        location.reload();
      });
    }
  }

  function showZones(url) {
    if (!row.querySelector("[data-layer=zones]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Zones";
      button.dataset.layer = "zones";
      button.addEventListener("click", () => switches.zones(
        button.getAttribute("aria-pressed") !== "true"));
      switches.zones = (on) => {
        button.setAttribute("aria-pressed", String(on));
        chart.switch("zones", url, on);
      };
      row.append(button);
    }
    switches.zones(true);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (phase !== "asking") return;
    const given = response();
    if (typeof given === "string") {
      tell(given, true);
      say.scrollIntoView({ block: "nearest" });
      return;
    }
    tell("");
    post(given);
  });

  // The clock of a course

  const clock = document.getElementById("clock");
  if (clock && page.left !== null && page.left !== undefined) {
    const end = performance.now() + page.left * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`;
      clock.classList.toggle("short", left <= 60);
      if (left > 0) return;
      clearInterval(timer);
      clock.textContent = "Time is up";
      if (phase === "asking") over("The time is up. What you had sent counts.");
      else if (phase === "sending") {
        tell("The time is up. Your answer is kept here and goes as soon as it can; " +
          "whether it was in time is for the server to say.", true);
      }
    };
    const timer = setInterval(tick, 500);
    tick();
  }

  // Begin: where one was

  if (view.site) chart.around(view.site.u, view.site.v, view.round);
  else if (state.put) chart.around(state.put.u, state.put.v, view.round);
  showPlan();
  const left = outbox.pending(id);
  if (page.kept) {
    if (page.kept.html) {
      outbox.forgetDraft(id);
      show(page.kept);
    }
  } else if (page.closed) {
    phase = "answered"; // in an exam that goes on: answered, and nothing is told
    outbox.forgetDraft(id);
    chart.movable = false;
  } else if (left) post(left.body.response);
  else if (state.response && page.place === undefined) post(state.response);
  outbox.flush(id);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    begun = performance.now();
    if (page.place !== undefined) location.reload();
  });

  window.needleExercise = { chart, state, toPicture, toChart, phase: () => phase };
})();
