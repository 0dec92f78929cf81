/* Lists that are put in order by hand. <ul class="sortable" data-tree="address" data-parent="key"> with <li data-id="key">,
   each row with a .drag handle. A move is posted as id, padre, posicion, and the field that data-with selects; if it is
   refused the row goes back.
   The buttons of components/_move.html do the same without JavaScript and with the keyboard. */
(() => {
  "use strict";
  if (!window.Sortable || !window.cauce) return;
  const { say, token, words } = window.cauce;

  async function moved(event) {
    const { item, from, to, oldIndex, newIndex } = event;
    if (from === to && oldIndex === newIndex) return;
    const body = new FormData();
    body.set("id", item.dataset.id);
    body.set("padre", to.dataset.parent ?? "");
    body.set("posicion", String(newIndex));
    const along = to.dataset.with && document.querySelector(to.dataset.with);
    if (along) body.set(along.name, along.value);
    try {
      const answer = await fetch(to.dataset.tree, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" },
      });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      to.dispatchEvent(new CustomEvent("cauce:moved", { detail: { answer, item }, bubbles: true }));
      say(words.moved, "ok");
    } catch {
      from.insertBefore(item, from.children[oldIndex + (from === to && newIndex < oldIndex ? 1 : 0)] ?? null);
      say(words.unmoved);
    }
  }

  for (const list of document.querySelectorAll("[data-tree]")) {
    list.classList.add("has-drag");
    window.Sortable.create(list, {
      group: list.dataset.group || "orden", handle: ".drag", draggable: "[data-id]", animation: 0, forceFallback: false, onEnd: moved,
    });
  }
})();
