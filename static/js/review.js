/* Remarks on a passage. Words selected in <article data-remarks> bring up a button that puts them, and the passage
   they stand in, into the form of the page. #pasajes holds the passages by anchor. Without it the form does the same. */
(() => {
  "use strict";
  const article = document.querySelector("[data-remarks]");
  const button = document.querySelector("[data-remark-selection]");
  const form = document.querySelector("#comentar form");
  const known = document.getElementById("pasajes");
  if (!article || !button || !form || !known) return;
  const passages = JSON.parse(known.textContent);
  const most = 500;

  function chosen() {
    const selection = window.getSelection();
    if (!selection || selection.isCollapsed || !article.contains(selection.anchorNode)) return null;
    const words = selection.toString().replace(/\s+/g, " ").trim();
    return words && words.length <= most ? { words, range: selection.getRangeAt(0) } : null;
  }

  /* The last anchor at or before the selection. */
  function passageAt(range) {
    let found = "";
    for (const [anchor, key] of Object.entries(passages)) {
      const element = document.getElementById(anchor);
      if (!element) continue;
      const before = range.comparePoint(element, 0) <= 0;
      if (before || element.contains(range.startContainer)) found = key;
    }
    return found;
  }

  document.addEventListener("selectionchange", () => {
    const now = chosen();
    button.hidden = !now;
    if (!now) return;
    const box = now.range.getBoundingClientRect();
    button.style.top = `${window.scrollY + box.bottom + 6}px`;
    button.style.left = `${window.scrollX + Math.max(8, box.left)}px`;
  });

  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const now = chosen();
    if (!now) return;
    form.elements.quote.value = now.words;
    form.elements.part.value = passageAt(now.range);
    form.closest("details").open = true;
    button.hidden = true;
    form.elements.text.focus();
  });
})();
