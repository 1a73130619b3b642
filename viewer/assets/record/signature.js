// The patient's signature on glass: drawn with finger, pen or mouse, kept as a path.
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  let path = "", drawing = false, mine = false, shownFor = null;

  const pad = () => document.getElementById("signature-pad");
  function line() {
    let svg = pad().firstChild;
    if (!svg) {
      const { wide, tall } = pad().dataset;
      svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
      svg.append(document.createElementNS(SVG, "path"));
      pad().append(svg);
    }
    return svg.firstChild;
  }
  function show(now) {
    path = now;
    if (pad()) line().setAttribute("d", path);
  }
  // where the pointer is, in whole units of the pad
  function place(event) {
    const box = pad().getBoundingClientRect();
    const at = (value, size, most) =>
      Math.min(Math.max(Math.round((value / size) * most), 0), most);
    return `${at(event.clientX - box.left, box.width, +pad().dataset.wide)} ${
      at(event.clientY - box.top, box.height, +pad().dataset.tall)}`;
  }
  const open = () => {
    const record = window.needlemapRecord.record();
    return record && !record.closed;
  };

  document.addEventListener("pointerdown", (event) => {
    if (!pad() || !pad().contains(event.target) || !open()) return;
    event.preventDefault();
    pad().setPointerCapture(event.pointerId);
    drawing = true;
    if (!mine) { mine = true; show(""); }    // a new signature, not more of the old one
    show(`${path}M${place(event)}`);
  });
  document.addEventListener("pointermove", (event) => {
    if (drawing) show(`${path}L${place(event)}`);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => { drawing = false; });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-signature]");
    if (!button) return;
    const { say, sign, record } = window.needlemapRecord;
    if (button.dataset.signature === "clear") {
      mine = false;
      show("");
      if (record() && record().signature) sign(null);
    } else if (!mine || !/[ML].*L/.test(path)) say(__("Sign on the surface first."), true);
    else { mine = false; sign(path); }
  });
  window.addEventListener("needlemap-record", () => {
    const record = window.needlemapRecord && window.needlemapRecord.record();
    const id = record ? record.id : null;
    if (id !== shownFor) { mine = false; shownFor = id; } // nothing of another patient stays
    if (!mine) show(record && record.signature ? record.signature.path : "");
  });
})();
