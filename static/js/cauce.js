/* Cauce in the browser: small comforts over pages that work without it. No personal data is kept in browser storage. */
(() => {
  "use strict";
  const words = document.getElementById("textos")?.dataset ?? {};
  const byId = (id) => document.getElementById(id);
  const on = (type, selector, act, capture = false) =>
    document.addEventListener(type, (event) => {
      const target = event.target.closest?.(selector);
      if (target) act(target, event);
    }, capture);
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

  /* Said once, in the place where the server also says what was done; drawn at the foot of the window so that the page stays where it is. */
  function say(text, tone = "danger") {
    const place = byId("avisos-pagina");
    if (!place || !text) return;
    const box = document.createElement("div");
    box.className = `notice notice-${tone} pop`;
    const icon = document.createElement("i");
    icon.className = `bi bi-${tone === "ok" ? "check-circle-fill" : "exclamation-octagon-fill"}`;
    icon.setAttribute("aria-hidden", "true");
    const line = document.createElement("p");
    line.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close bi bi-x-lg";
    close.setAttribute("aria-label", words.close);
    close.addEventListener("click", () => box.remove());
    box.append(icon, line, close);
    place.replaceChildren(box);
  }

  /* Scripts a part asks for (data-needs="a.js b.js") are loaded once, in order. */
  const loaded = new Map();
  function load(url) {
    if (!loaded.has(url)) {
      loaded.set(url, new Promise((done, fail) => {
        const script = document.createElement("script");
        script.src = url;
        script.onload = done;
        script.onerror = fail;
        document.head.append(script);
      }));
    }
    return loaded.get(url);
  }
  async function loadNeeds(root) {
    for (const part of root.querySelectorAll("[data-needs]")) {
      try {
        for (const url of part.dataset.needs.split(" ")) await load(url);
      } catch { continue; }                      // the table of the figure stays
    }
    document.dispatchEvent(new CustomEvent("cauce:parts", { detail: root }));
  }

  /* Search: "/" or Ctrl-K --------------------------------------------------------------------------------------- */
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest?.("input, textarea, select, [contenteditable]");
    const combo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    const slash = event.key === "/" && !busy && !event.ctrlKey && !event.metaKey && !event.altKey;
    const field = byId("q");
    if (field && (combo || slash)) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });

  /* Suggestions under the search: the combobox pattern over what htmx brought ------------------------------------- */
  function combobox(field) {
    const list = byId(field.dataset.suggest);
    const count = byId(`${field.dataset.suggest}-cuenta`);
    let chosen = -1;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-expanded", "false");
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.labels?.[0]?.textContent ?? "");
    const options = () => [...list.querySelectorAll("[role=option]")];
    const show = (open) => {
      list.hidden = !open;
      field.setAttribute("aria-expanded", String(open));
      if (!open) choose(-1);
    };
    const choose = (index) => {
      const all = options();
      chosen = index;
      all.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
      if (all[index]) {
        field.setAttribute("aria-activedescendant", all[index].id);
        all[index].scrollIntoView({ block: "nearest" });
      } else field.removeAttribute("aria-activedescendant");
    };
    list.addEventListener("htmx:afterSwap", () => {
      const some = options().length;
      choose(-1);
      show(some > 0 && field.value.trim() !== "" && document.activeElement === field);
      if (count) count.textContent = some ? `${some} ${words.results}` : "";
    });
    field.addEventListener("keydown", (event) => {
      const all = options();
      if (event.key === "Escape" && !list.hidden) { event.preventDefault(); show(false); return; }
      if (!all.length) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) show(true);
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose(chosen < 0 && step < 0 ? all.length - 1 : (chosen + step + all.length) % all.length);
      } else if (event.key === "Enter" && !list.hidden && all[chosen]) {
        event.preventDefault();
        location.assign(all[chosen].dataset.href);
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) location.assign(option.dataset.href);
    });
    field.addEventListener("blur", () => show(false));
    field.addEventListener("input", () => { if (!field.value.trim()) show(false); });
  }

  /* Forms ------------------------------------------------------------------------------------------------------------ */
  const dirty = new Set();
  const keeping = new WeakMap();

  function draftOf(form) {
    const draft = new FormData(form);
    for (const field of form.elements)
      if (field.name && (field.type === "file" || field.type === "password")) draft.delete(field.name);
    if (form.dataset.keep) draft.set("borrador", form.dataset.keep);
    return draft;
  }
  const waiting = new WeakMap();                 // one keeping at a time: the next begins where the last one ended
  async function keep(form) {
    if (waiting.has(form)) { touched(form); return; }
    const status = form.querySelector("[data-keep-status]") ?? byId(form.dataset.keepStatus ?? "");
    const told = (text) => { if (status) status.textContent = text; };
    told(words.saving);
    const sent = (async () => {
      try {
        const answer = await fetch(form.dataset.keepUrl, {
          method: "POST", body: draftOf(form), credentials: "same-origin",
          headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" },
        });
        if (!answer.ok || answer.redirected) {
          const detail = { answer, text: "" };
          if ((answer.headers.get("Content-Type") ?? "").startsWith("text/plain")) detail.text = await answer.text();
          form.dispatchEvent(new CustomEvent("cauce:unkept", { detail, bubbles: true }));
          told(detail.text || words.unsaved);
          return;
        }
        if (keeping.get(form) === undefined) dirty.delete(form);
        const text = await answer.text();
        told(`${form.dataset.keep ? words.saved : words.kept} ${new Date().toLocaleTimeString("es", { hour: "numeric", minute: "2-digit" })}.`);
        form.dispatchEvent(new CustomEvent("cauce:kept", { detail: { answer, text }, bubbles: true }));
      } catch {                                    // no connection: tried again until there is one
        told(words.unsaved);
        setTimeout(() => { if (dirty.has(form) && !waiting.has(form)) keep(form); }, 15000);
      }
    })();
    waiting.set(form, sent);
    await sent;
    waiting.delete(form);
  }
  function touched(form) {
    if (form.method !== "post" || form.dataset.dirty === "no") return;
    dirty.add(form);
    if (!form.dataset.keepUrl || form.hasAttribute("data-keep-wait")) return;
    clearTimeout(keeping.get(form));
    keeping.set(form, setTimeout(() => { keeping.delete(form); keep(form); }, 2000));
  }
  addEventListener("online", () => {
    for (const form of dirty) if (form.dataset.keepUrl && !form.hasAttribute("data-keep-wait")) keep(form);
  });
  /* What is being kept of any form of the page has arrived, or has not. */
  const settled = () => Promise.all([...document.querySelectorAll("form[data-keep-url]")].map((form) => waiting.get(form)));
  document.addEventListener("input", (event) => { const { form } = event.target;
    if (form && !event.target.closest(".pick, .bulk, .filters, .topsearch")) touched(form); });
  addEventListener("beforeunload", (event) => {
    for (const form of dirty) if (!form.isConnected) dirty.delete(form);
    if (dirty.size) event.preventDefault();
  });

  /* One click, one sending. The button stays enabled until its name has been read. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method !== "post") return;
    if (waiting.has(form)) {                     // sent after it, from the revision it leaves
      event.preventDefault();
      waiting.get(form).then(() => form.requestSubmit(event.submitter));
      return;
    }
    dirty.delete(form);
    clearTimeout(keeping.get(form));
    if (form.hasAttribute("hx-post")) return;
    form.dataset.sent = "1";
    const button = event.submitter;
    setTimeout(() => {
      button?.setAttribute("aria-busy", "true");
      for (const other of form.querySelectorAll("button:not([type=button])")) other.setAttribute("aria-disabled", "true");
      button?.removeAttribute("aria-disabled");
    });
  });
  addEventListener("pageshow", (event) => {      // back from the next page: the form can be sent again
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy], [aria-disabled]")) {
        button.removeAttribute("aria-busy");
        button.removeAttribute("aria-disabled");
      }
    }
  });

  /* Links of the error summary go to the control itself, not above it. */
  on("click", "[data-error-summary] a", (link, event) => {
    const field = byId(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.closest(".field")?.scrollIntoView({ block: "start" });
  });

  /* Files: what was chosen, and how far the sending is --------------------------------------------------------------- */
  const size = (bytes) => bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3)).toLocaleString("es")} kB`
    : `${(bytes / 1e6).toLocaleString("es", { maximumFractionDigits: 1 })} MB`;
  on("change", ".upload input[type=file]", (input) => {
    const box = input.closest(".upload");
    box.querySelector(".upload-list")?.remove();
    if (!input.files.length) return;
    const list = document.createElement("ul");
    list.className = "upload-list";
    list.setAttribute("aria-label", words.files);
    const limit = Number(input.dataset.maxBytes || 0);
    for (const file of input.files) {
      const row = document.createElement("li");
      const icon = document.createElement("i");
      icon.className = "bi bi-paperclip";
      icon.setAttribute("aria-hidden", "true");
      const name = document.createElement("span");
      name.textContent = file.name;
      const note = document.createElement("span");
      note.className = "sub num";
      note.textContent = size(file.size);
      if (limit && file.size > limit) {
        note.classList.add("too-big");
        note.textContent += `. ${words.tooBig}`;
      }
      row.append(icon, name, note);
      list.append(row);
    }
    box.append(list);
  });
  /* data-upload on the form: sent with XMLHttpRequest so that the progress can be shown; the answer replaces the page. */
  on("submit", "form[data-upload]", (form, event) => {
    const files = [...form.querySelectorAll("input[type=file]")].filter((input) => input.files.length);
    if (event.defaultPrevented || !files.length) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", words.uploading);
    files.at(-1).closest(".upload")?.append(bar);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) bar.value = Math.round((100 * step.loaded) / step.total);
    });
    const undo = () => {
      bar.remove();
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy], [aria-disabled]")) {
        button.removeAttribute("aria-busy");
        button.removeAttribute("aria-disabled");
      }
      dirty.add(form);
    };
    request.addEventListener("load", () => {
      if (request.status === 413) { undo(); say(words.tooBig); return; }
      if (request.status >= 500 || request.status === 0) { undo(); say(words.failed); return; }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      if (request.responseURL !== location.href) history.pushState(null, "", request.responseURL);
      document.title = page.title;
      document.body.className = page.body.className;
      document.body.replaceChildren(...page.body.childNodes);
      scrollTo(0, 0);
      start(document);
      byId("contenido")?.focus({ preventScroll: true });
    });
    request.addEventListener("error", () => { undo(); say(words.offline); });
    request.send(body);
  }, false);

  /* Small things -------------------------------------------------------------------------------------------------------- */
  function addShow(box) {
    const input = box.querySelector("input");
    if (!input || box.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet";
    const text = (shown) => {
      button.textContent = shown ? words.hide : words.show;
      const rest = document.createElement("span");
      rest.className = "visually-hidden";
      rest.textContent = ` ${words.password}`;
      button.append(rest);
    };
    text(false);
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      text(shown);
    });
    input.form?.addEventListener("submit", () => { input.type = "password"; });
    box.append(button);
  }
  on("click", "[data-copy]", async (button) => {
    const text = byId(button.dataset.copy)?.textContent.trim() ?? "";
    const before = [...button.childNodes];
    try { await navigator.clipboard.writeText(text); } catch { return; }
    button.setAttribute("aria-live", "polite");
    button.textContent = words.copied;
    setTimeout(() => button.replaceChildren(...before), 2500);
  });
  on("click", "[data-print]", () => print());
  on("change", "[data-submit-on-change]", (field) => field.form?.requestSubmit());
  on("change", "[data-pick-all]", (box) => {
    for (const other of box.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(box.dataset.pickAll)}"]`)) other.checked = box.checked;
    count(box.form);
  });
  /* The number of rows chosen, said where the server could only say that some may be. */
  function count(form) {
    const told = form?.querySelector("[data-picked]");
    if (!told) return;
    const some = form.querySelectorAll("tbody input[type=checkbox]:checked").length;
    told.textContent = told.dataset[some === 1 ? "one" : "many"].replace("0", String(some));
    told.closest(".bulk").hidden = some === 0;
  }
  on("change", ".worktable input[type=checkbox]", (box) => count(box.form));

  /* A closed <details> opens when its content is aimed at. */
  function openTarget() {
    const aim = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    for (let up = aim && aim.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
    if (aim && aim.closest("details")) aim.scrollIntoView();
  }
  addEventListener("hashchange", openTarget);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash === "#menu") location.hash = "#contenido";
  });

  /* htmx ------------------------------------------------------------------------------------------------------------------ */
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {   // 422: the same form with its errors
    if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const told = (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/plain") && xhr.responseText;
    say(told || ({ 401: words.expired, 403: words.denied, 429: words.many }[xhr.status] ?? words.failed));
  });
  document.addEventListener("htmx:sendError", () => say(words.offline));
  document.addEventListener("htmx:timeout", () => say(words.offline));
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) start(event.detail.elt); });

  function start(root) {
    for (const field of root.querySelectorAll("[data-suggest]")) combobox(field);
    for (const box of root.querySelectorAll(".password")) addShow(box);
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const button of root.querySelectorAll("[data-print]")) button.hidden = false;
    for (const told of root.querySelectorAll("[data-picked]")) count(told.closest("form"));
    root.querySelector("[data-error-summary]")?.focus();
    loadNeeds(root);
  }
  window.cauce = { say, token, words, settled };
  start(document);
  openTarget();
})();
