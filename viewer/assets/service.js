/* What the page does when the server does not answer: a verdict that no longer belongs
   to what was entered must not stand there as if it did. */

(() => {
  "use strict";

  const CALL = "_dash-update-component";
  const TEXT =
    "No answer from the server. What is shown may not belong to what you entered: " +
    "do not rely on it. Reload the page, or start the service again.";
  const plain = window.fetch.bind(window);

  function mark(lost) {
    let note = document.getElementById("no-answer");
    if (!lost) {
      if (note) note.remove();
      document.body.classList.remove("without-answer");
      return;
    }
    document.body.classList.add("without-answer");
    if (note) return;
    note = document.createElement("div");
    note.id = "no-answer";
    note.setAttribute("role", "alert");
    note.textContent = TEXT;
    document.body.prepend(note);
  }

  window.fetch = async (...call) => {
    const address = String(call[0] instanceof Request ? call[0].url : call[0]);
    if (!address.includes(CALL)) return plain(...call);
    let answer;
    try {
      answer = await plain(...call);
    } catch (error) {
      if (error.name !== "AbortError") mark(true);
      throw error;
    }
    // the log-in has ended: the page's address now leads to the form
    if (answer.status === 401) window.location.reload();
    else mark(answer.status >= 400);
    return answer;
  };
})();
