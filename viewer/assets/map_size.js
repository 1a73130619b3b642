// A window of another size, a turned tablet: the map shows again what it showed before.
// Plotly alone only ever widens the view, so that the body would shrink with each turn.
(function () {
  "use strict";
  const ALIKE = 0.01;
  const plot = () => document.querySelector("#map .js-plotly-plot");
  let view = null, size = "", wanted = null, own = false;

  const spans = (ranges) => ranges.map(([from, to]) => Math.abs(to - from));

  function ranges(gd) {
    const { xaxis, yaxis } = gd._fullLayout;
    return [xaxis.range.slice(), yaxis.range.slice()];
  }

  // Whether the whole chart is shown, with no more room than the window's shape leaves.
  function whole(gd) {
    const now = spans(ranges(gd)), full = spans(window.needlemapZoom.fullRange(gd));
    const parts = now.map((span, i) => span / full[i]);
    return Math.abs(Math.min(...parts) - 1) < ALIKE;
  }

  // What was chosen to be seen; null is the whole chart.
  function remember(gd) {
    wanted = whole(gd) ? null : ranges(gd);
  }

  function fit(gd) {
    const shown = wanted || window.needlemapZoom.fullRange(gd);
    const { xaxis, yaxis } = gd._fullLayout;
    const pixels = [xaxis._length, yaxis._length];
    const scale = Math.max(...spans(shown).map((span, i) => span / pixels[i]));
    const next = shown.map(([from, to], i) => {
      const half = Math.sign(to - from) * scale * pixels[i] / 2;
      return [(from + to) / 2 - half, (from + to) / 2 + half];
    });
    own = true;
    const done = () => { own = false; };
    window.Plotly.relayout(gd, { "xaxis.range": next[0], "yaxis.range": next[1] })
      .then(done, done);
  }

  function drawn() {
    const gd = plot();
    if (own || !gd || !gd._fullLayout || !gd._fullLayout.xaxis || !gd.layout.images) return;
    const { xaxis, yaxis } = gd._fullLayout;
    const now = `${xaxis._length} ${yaxis._length}`;
    if (gd.layout.uirevision !== view) {
      view = gd.layout.uirevision;
      size = now;
      remember(gd);
    } else if (now !== size && xaxis._length > 0 && yaxis._length > 0) {
      size = now;
      fit(gd);
    }
  }

  function changed(event) {
    const keys = Object.keys(event || {});
    if (!own && keys.some((key) => /^[xy]axis\.range/.test(key))) remember(plot());
  }

  new MutationObserver(() => {
    const gd = plot();
    if (!gd || gd._needlemapSize || !gd.on) return;
    gd._needlemapSize = true;
    gd.on("plotly_afterplot", drawn);
    gd.on("plotly_relayout", changed);
    drawn();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
