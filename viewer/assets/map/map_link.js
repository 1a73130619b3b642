// Whether the page's answers are current: a slow answer says "updating", a lost server
// says so, takes the colour from the verdict, tries again and has all computed anew.
(function () {
  "use strict";
  const SLOW_MS = 400, REST_MS = 150, AGAIN_MS = 3000, PULSE_MS = 30000;
  const VERDICT = /"output":"[^"]*(shown\.data-parts|site-store\.data|patient-store\.data)/;
  const REST = /"output":"[^"]*section-picture\.src/;
  const FIELD = /"output":"[^"]*depth-field\.data/;
  const fetched = window.fetch.bind(window);
  let through = null; // what stands between page and server, for tests
  const plain = (address, options) => (through || fetched)(address, options);
  let verdicts = 0, fields = 0, rests = 0, behind = null, slow = null, settle = null;
  let answeredAt = new Date(), lost = false, retry = null, data = null;

  const clock = (time) => time.toTimeString().slice(0, 8);

  function mark(name, on) {
    document.body.classList.toggle(name, on);
    if (name === "verdict-updating") {
      const card = document.getElementById("verdict");
      if (card) card.setAttribute("aria-busy", String(on));
    }
  }

  function begin() {
    verdicts += 1;
    clearTimeout(settle);
    if (!slow) slow = setTimeout(() => mark("verdict-updating", true), SLOW_MS);
  }

  function done() {
    verdicts -= 1;
    if (verdicts > 0) return;
    // the next step of the same answer follows at once: wait for it
    settle = setTimeout(() => {
      clearTimeout(slow);
      slow = null;
      mark("verdict-updating", false);
    }, 60);
    if (window.needlemapHistory) window.needlemapHistory.answered();
  }

  // The cross-section comes after the verdict; until then it is the old one.
  function restBegins() {
    rests += 1;
    if (!behind) behind = setTimeout(() => mark("rest-updating", true), REST_MS);
  }

  function restDone() {
    rests -= 1;
    if (rests) return;
    clearTimeout(behind);
    behind = null;
    mark("rest-updating", false);
  }

  function banner(text, calm) {
    const bar = document.getElementById("link-banner");
    if (!bar) return;
    bar.textContent = text;
    bar.className = calm ? "back" : "";
  }

  function lose() {
    if (!lost) {
      lost = true;
      mark("link-lost", true);
      banner(__("The connection to needlemap was lost. Nothing you see below is newer than "
        + "{time}; trying again …", { time: clock(answeredAt) }));
    }
    clearTimeout(retry);
    retry = setTimeout(pulse, AGAIN_MS);
  }

  // The server is there and would not take what was sent: trying again helps nobody.
  function refuse(status) {
    mark("link-lost", true);
    banner(__("The server refused this ({status}). What is shown may not belong to what "
      + "you entered: do not rely on it. Reload the page.", { status }));
  }

  function found() {
    lost = false;
    clearTimeout(retry);
    banner(__("Connected again. Everything is being computed anew …"), true);
    window.needlemapHistory.again();
    window.needlemapAnswers.again();
    let tries = 100;
    (function look() {
      if (lost) return;
      if (verdicts > 0 || tries > 92) {
        if (tries-- > 0) setTimeout(look, 100);
        return;
      }
      mark("link-lost", false);
      banner(__("Connected again. Computed anew at {time}.", { time: clock(new Date()) }), true);
      setTimeout(() => { if (!lost) banner(""); }, 8000);
    })();
  }

  async function pulse() {
    clearTimeout(retry);
    try {
      const answer = await plain("_alive", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const told = await answer.json();
      if (data !== null && told.data !== data) {
        // another version of the data or of the page: begin again with what was kept
        window.location.reload();
        return;
      }
      data = told.data;
      if (lost) found();
    } catch {
      lose();
    }
  }

  window.fetch = async function (address, options) {
    const text = String((address && address.url) || address);
    if (!text.includes("_dash-update-component")) return plain(address, options);
    const body = options && typeof options.body === "string" ? options.body : "";
    const counts = VERDICT.test(body), field = FIELD.test(body);
    const rest = REST.test(body);
    if (counts) begin();
    if (rest) restBegins();
    if (field) { fields += 1; mark("depth-updating", true); }
    try {
      const answer = await plain(address, options);
      if (answer.status === 401) window.location.reload(); // leads to the log-in
      else if (answer.status >= 500) lose();
      else if (answer.status >= 400) refuse(answer.status);
      else answeredAt = new Date();
      return answer;
    } catch (error) {
      lose();
      throw error;
    } finally {
      if (counts) done();
      if (rest) restDone();
      if (field) { fields -= 1; if (!fields) mark("depth-updating", false); }
    }
  };

  window.addEventListener("online", pulse);
  window.addEventListener("load", pulse);
  setInterval(() => { if (!document.hidden && !lost) pulse(); }, PULSE_MS);
  window.needlemapLink = { pulse, plain: fetched, through: (next) => { through = next; } };
})();
