// Parts that are only read: written from data, elements and texts only, never markup.
// What did not change stays as it is, so that folds, focus and scrolling are kept.
(function () {
  "use strict";
  const NAMES = /^(class|id|title|role|alt|src|width|height|href|target|rel|open|hidden|tabindex|type|style|(data|aria)-[a-z-]+)$/;
  const ADDRESS = /^(https?:\/\/|data:image\/|#)/;
  const FAILED = __("This could not be shown. Draw no conclusion from it.");
  const drawn = new WeakMap();
  let parts = {}; // what the last answer shows, by the id of the place

  function set(element, name, value) {
    if (!NAMES.test(name)) return;
    if ((name === "href" || name === "src") && !ADDRESS.test(value)) return;
    if (name === "style") {
      for (const [key, part] of Object.entries(value)) {
        if (key.startsWith("--")) element.style.setProperty(key, part);
        else element.style[key] = part;
      }
    } else element.setAttribute(name, value === true ? "" : String(value));
  }

  function made(node) {
    if (typeof node === "string") return document.createTextNode(node);
    const [tag, attributes, inside] = node;
    const element = document.createElement(tag);
    if (tag === "button") element.type = "button";
    for (const [name, value] of Object.entries(attributes)) set(element, name, value);
    element.append(...inside.map(made));
    return element;
  }

  function changed(element, was, now) {
    for (const name of Object.keys(was)) {
      if (name in now) continue;
      if (name === "style") element.removeAttribute("style");
      else element.removeAttribute(name);
    }
    for (const [name, value] of Object.entries(now)) {
      if (JSON.stringify(was[name]) === JSON.stringify(value)) continue;
      if (name === "style") element.removeAttribute("style");
      set(element, name, value);
    }
  }

  // Turns what was drawn for one list of nodes into what belongs to another.
  function turn(parent, was, now) {
    if (JSON.stringify(was) === JSON.stringify(now)) return;
    const there = [...parent.childNodes];
    now.forEach((node, i) => {
      const old = was[i], at = there[i];
      if (old === undefined || !at) parent.append(made(node));
      else if (typeof node === "string" && typeof old === "string") {
        if (node !== old) at.data = node;
      } else if (typeof node !== "string" && typeof old !== "string" && node[0] === old[0]) {
        changed(at, old[1], node[1]);
        turn(at, old[2], node[2]);
      } else at.replaceWith(made(node));
    });
    there.slice(now.length).forEach((node) => node.remove());
  }

  function write(element, now) {
    const before = drawn.get(element);
    try {
      if (before) turn(element, before, now);
      else element.replaceChildren(...now.map(made));
      drawn.set(element, now);
    } catch (error) {
      fail(element, error);
    }
  }

  // What was there before must not stay as if it were the answer.
  function fail(element, error) {
    drawn.delete(element);
    element.textContent = FAILED;
    console.error(error);
  }

  function draw(element) {
    const text = element.dataset.plain;
    if (text === undefined) return;
    if (parts[element.id]) { // drawn anew: what it was made with is older
      write(element, parts[element.id]);
      return;
    }
    try {
      write(element, JSON.parse(text));
    } catch (error) {
      fail(element, error);
    }
  }

  // One answer, told to every place that shows some of it.
  function tell(text) {
    let now = {}, problem = null;
    try {
      now = JSON.parse(text);
    } catch (error) {
      problem = error;
      for (const id of ["verdict", ...Object.keys(parts)]) now[id] = [FAILED];
    }
    parts = { ...parts, ...now };
    for (const [id, nodes] of Object.entries(now)) {
      const place = document.getElementById(id);
      if (place) write(place, nodes);
    }
    if (problem) console.error(problem);
  }

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.attributeName === "data-parts") tell(change.target.dataset.parts);
      else if (change.type === "attributes") draw(change.target);
      for (const node of change.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        if (node.dataset.plain !== undefined) draw(node);
        node.querySelectorAll("[data-plain]").forEach(draw);
      }
    }
  }).observe(document.documentElement, { subtree: true, childList: true,
    attributes: true, attributeFilter: ["data-plain", "data-parts"] });

  // What the plain parts can do.
  const put = (id, value) => {
    window.needlemapEcho.sent(id, value);
    window.dash_clientside.set_props(id, { value });
  };

  function apply({ change, to, toward, with: more }) {
    window.needlemapHistory.changing();
    for (const [id, value] of Object.entries(more || {})) put(id, value);
    if (change === "direction") {
      put("tilt", to);
      put("toward", toward);
    } else if (change === "depth_mm") put("depth", to);
    else if (["electrical", "grip", "posture", "arm"].includes(change)) put(change, to);
    else if (change === "length_mm") {
      const deep = document.getElementById("depth").value.replace(",", ".");
      if (parseFloat(deep) > to) put("depth", to);
      put("length", to);
    }
  }

  document.addEventListener("click", (event) => {
    const from = event.target.closest && event.target.closest("[data-apply], [data-to]");
    if (!from) return;
    if (from.dataset.apply) apply(JSON.parse(from.dataset.apply));
    else {
      const there = document.getElementById(from.dataset.to);
      if (!there) return;
      there.scrollIntoView({ block: "start" });
      there.focus({ preventScroll: true });
    }
  });
})();
