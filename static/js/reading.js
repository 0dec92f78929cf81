/* Which parts of a text passed before the reader's eyes: told with the form that accepts it, kept nowhere else. */
(() => {
  "use strict";
  const field = document.querySelector("[data-seen-parts]");
  const text = field && document.getElementById(field.dataset.seenParts);
  if (!text || !("IntersectionObserver" in window)) return;
  const seen = new Set(field.value.split(" ").filter(Boolean));
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) seen.add(entry.target.id);
    field.value = [...seen].join(" ");
  });
  for (const part of text.querySelectorAll("h2[id]")) watch.observe(part);
})();
