/* Writing drafts: the editor of rich texts over its textarea, and what keeps a draft in step with what was saved.
   Without this file every page works with plain textareas and buttons. The editor's library (TipTap, from
   django-prose-editor) is loaded as a module by its address; no style and no script is written into the page. */
(() => {
  "use strict";
  const { say, token, settled } = window.cauce ?? {};
  const place = document.getElementById("editor");
  const words = place?.dataset ?? {};
  const make = (tag, props = {}, ...children) => {
    const { data, ...rest } = props;
    const node = Object.assign(document.createElement(tag), rest);
    for (const [name, value] of Object.entries(data ?? {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const icon = (name) => make("i", { className: `bi bi-${name}`, data: { "aria-hidden": "true" } });

  /* One draft, one revision: whatever was saved last is where the next edit begins ------------------------------------- */
  function inStep(revision) {
    if (!revision) return;
    for (const field of document.querySelectorAll(".writing input[name=revision]")) field.value = revision;
  }
  const draft = document.getElementById("borrador");
  draft?.addEventListener("cauce:kept", ({ detail }) => {
    inStep(detail.answer.headers.get("X-Revision"));
    const fresh = new DOMParser().parseFromString(detail.text, "text/html").getElementById("comprobaciones");
    if (fresh) document.getElementById("comprobaciones")?.replaceWith(fresh);
  });
  draft?.addEventListener("cauce:unkept", ({ detail }) => {
    const { answer } = detail;
    if (answer.status === 409) {
      draft.setAttribute("data-keep-wait", "");
      detail.text = words.stale;
    } else if (answer.redirected || answer.status === 401 || answer.status === 403) detail.text = words.signedOut;
  });
  document.addEventListener("htmx:confirm", (event) => {    // a step waits for what is on its way
    if (!draft || event.detail.verb === "get") return;
    event.preventDefault();
    settled().then(() => event.detail.issueRequest(true));
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    inStep(detail.xhr?.getResponseHeader("X-Revision"));
    number();
  });
  document.addEventListener("cauce:moved", ({ detail }) => {
    inStep(detail.answer.headers.get("X-Revision"));
    number();
  });

  /* Steps: up and down without leaving the page, the focus stays on the button ------------------------------------------- */
  const list = document.getElementById("pasos-lista");
  function number() {
    const rows = [...(list?.querySelectorAll(":scope > [data-id]") ?? [])];
    rows.forEach((row, at) => {
      const [up, down] = row.querySelectorAll(".move button");
      if (up) up.disabled = at === 0;
      if (down) down.disabled = at === rows.length - 1;
    });
  }
  list?.addEventListener("submit", async (event) => {
    const form = event.target.closest(".move");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    const way = event.submitter?.value;
    const row = form.closest("li");
    const other = way === "arriba" ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    await settled();
    const body = new FormData(form);
    body.set("mover", way);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" },
      });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      if (way === "arriba") other.before(row);
      else other.after(row);
      inStep(answer.headers.get("X-Revision"));
      number();
      say(window.cauce.words.moved, "ok");
      (event.submitter.disabled ? form.querySelector("button:not([disabled])") : event.submitter)?.focus();
    } catch { say(window.cauce.words.unmoved); }
  });
  document.addEventListener("click", (event) => {
    const drop = event.target.closest("[data-drop]");
    if (!drop) return;
    event.preventDefault();
    drop.closest(drop.dataset.drop)?.remove();
  });

  /* A new document: the code of its chapter is proposed while nobody wrote one -------------------------------------------- */
  const opening = document.querySelector("form[data-next-code]");
  opening?.elements.parent.addEventListener("change", async ({ target }) => {
    const { code } = opening.elements;
    if (code.value && code.value !== code.dataset.proposed) return;
    try {
      const answer = await fetch(`${opening.dataset.nextCode}?parent=${encodeURIComponent(target.value)}`, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) code.value = code.dataset.proposed = await answer.text();
    } catch { /* the field stays empty: the code is proposed when it is sent */ }
  });

  if (!place) return;

  /* Word's clipboard: lists by style become lists, the rest of what is only Word's goes ------------------------------------- */
  const WORD = /mso-|urn:schemas-microsoft-com|class="?Mso|<o:p/i;
  function fromWord(html) {
    html = html.replace(/<(style|xml|head|title)\b[\s\S]*?<\/\1>/gi, "");
    html = html.replace(/<!(?:--)?\[if !supportLists\](?:--)?>([\s\S]*?)<!(?:--)?\[endif\](?:--)?>/gi,
      (_all, marker) => `\u0001${marker.replace(/<[^>]*>/g, "").replace(/&nbsp;|\s/g, " ").trim()}\u0002`);
    html = html.replace(/<!--[\s\S]*?-->|<!\[[^>]*>/g, "");
    const open = [];
    const close = (depth) => { let out = ""; while (open.length > depth) out += `</li></${open.pop()}>`; return out; };
    html = html.split(/(?<=<\/p>)/i).map((block) => {
      const found = /<p\b[^>]*mso-list:\s*l\d+\s+level(\d)[^>]*>([\s\S]*)<\/p>/i.exec(block);
      if (!found) return block.trim() ? close(0) + block : block;
      const before = block.slice(0, found.index);
      let out = before.trim() ? close(0) + before : before;
      const marker = /\u0001([^\u0002]*)\u0002/.exec(found[2])?.[1] ?? "";
      const kind = /^\W?(?:\d+|[a-z]|[ivx]+)[.)]/i.test(marker) ? "ol" : "ul";
      const depth = Math.min(Number(found[1]), open.length + 1);
      out += close(depth);
      if (open.length === depth) out += "</li>";
      else { open.push(kind); out += `<${kind}>`; }
      return `${out}<li><p>${found[2].replace(/\u0001[^\u0002]*\u0002/g, "")}</p>`;
    }).join("") + close(0);
    return html.replace(/\u0001[^\u0002]*\u0002/g, "").replace(/<\/?[a-z][a-z0-9]*:[^>]*>/gi, "").replace(/<img\b[^>]*>/gi, "")
      .replace(/<p\b[^>]*>(?:\s|&nbsp;|\u00a0|<\/?span[^>]*>)*<\/p>/gi, "");
  }
  /* Before it is parsed: attributes of style are refused by the portal's own rules, and h1 is the page's. */
  function clean(html) {
    if (WORD.test(html)) html = fromWord(html);
    html = html.replace(/<(\w+)([^>]*?)\sstyle=("[^"]*"|'[^']*')/gi, "<$1$2");
    const first = /<h1\b/i.test(html) ? 1 : 0;
    return html.replace(/<(\/?)h([1-6])\b/gi, (_all, end, level) => `<${end}h${Math.min(4, Math.max(2, Number(level) + first))}`)
      .replace(/<img\b[^>]*>/gi, (image) => (/\ssrc="\/manual\/imagenes\/[0-9a-f-]{36}\/"/.test(image) ? image : ""));
  }

  /* Dialogs ---------------------------------------------------------------------------------------------------------------- */
  let count = 0;
  function field(label, input, help) {
    input.id = `campo-editor-${++count}`;
    const box = make("div", { className: "field" }, make("label", { className: "form-label", htmlFor: input.id, textContent: label }));
    if (help) box.append(make("p", { className: "form-text", textContent: help }));
    const wrong = make("p", { className: "error", hidden: true, id: `${input.id}-error` });
    input.setAttribute("aria-describedby", wrong.id);
    box.append(wrong, input);
    const tell = (text) => {
      wrong.textContent = text;
      wrong.hidden = !text;
      box.classList.toggle("wrong", Boolean(text));
      if (text) input.focus();
    };
    return { box, input, tell };
  }
  function ask(title, parts, action, act) {
    const heading = make("h2", { id: `dialogo-${++count}`, textContent: title });
    const send = make("button", { className: "btn btn-primary", textContent: action });
    const cancel = make("button", { type: "button", className: "btn btn-quiet", textContent: words.cancel });
    const form = make("form", { noValidate: true, method: "dialog", data: { "data-dirty": "no" } }, heading, ...parts,
      make("div", { className: "buttons" }, send, cancel));
    const dialog = make("dialog", { className: "editor-dialog", data: { "aria-labelledby": heading.id } }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      send.setAttribute("aria-busy", "true");
      if (await act()) dialog.close();
      send.removeAttribute("aria-busy");
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  function pictureDialog(editor) {
    const now = editor.isActive("image") ? editor.getAttributes("image") : null;
    const alt = field(words.alt, make("input", { className: "form-control", maxLength: 300, value: now?.alt ?? "" }));
    const file = now ? null : field(words.file, make("input", { type: "file", className: "form-control", accept: "image/png,image/jpeg,image/webp" }));
    ask(words.picture, [...(file ? [file.box] : []), alt.box], now ? words.change : words.insert, async () => {
      alt.tell("");
      file?.tell("");
      const chosen = file?.input.files[0];
      if (file && !chosen) { file.tell(words.fileMissing); return false; }
      if (chosen && chosen.size > Number(words.maxBytes)) { file.tell(words.tooBig); return false; }
      if (!alt.input.value.trim()) { alt.tell(words.altMissing); return false; }
      let src = now?.src;
      if (chosen) {
        const body = new FormData();
        body.set("imagen", chosen);
        try {
          const answer = await fetch(words.pictures, {
            method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" },
          });
          if (answer.status === 422) { file.tell(await answer.text()); return false; }
          if (answer.status !== 201) throw new Error(String(answer.status));
          src = (await answer.json()).url;
        } catch { file.tell(words.refused); return false; }
      }
      editor.chain().focus().setImage({ src, alt: alt.input.value.trim() }).run();
      return true;
    });
  }

  function linkDialog(editor) {
    const now = editor.getAttributes("link").href ?? "";
    const address = field(words.address, make("input", { className: "form-control", value: now, maxLength: 500 }), words.addressHelp);
    const find = field(words.find, make("input", { type: "search", className: "form-control", autocomplete: "off" }));
    const found = make("ul", { className: "link-targets", data: { role: "list" } });
    const told = make("p", { className: "muted small", data: { role: "status" } });
    let title = "";
    let asked = 0;
    let pause;
    const look = async () => {
      const mine = ++asked;
      try {
        const answer = await fetch(`${words.links}?q=${encodeURIComponent(find.input.value.trim())}`, { credentials: "same-origin" });
        if (!answer.ok || mine !== asked) return;
        const { targets } = await answer.json();
        found.replaceChildren(...targets.map((target) => {
          const pick = make("button", { type: "button", className: "btn btn-sm btn-quiet" });
          pick.append(make("b", { textContent: target.code }), ` ${target.title}${target.state ? ` (${target.state})` : ""}`);
          pick.addEventListener("click", () => { address.input.value = target.url; title = `${target.code} ${target.title}`; address.input.focus(); });
          return make("li", {}, pick);
        }));
        told.textContent = targets.length ? "" : words.none;
      } catch { told.textContent = window.cauce.words.offline; }
    };
    find.input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, 250); });
    find.input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); look(); } });
    ask(words.link, [address.box, find.box, told, found], now ? words.change : words.insert, async () => {
      const href = address.input.value.trim();
      if (!/^(https?:\/\/[^\s]+|mailto:[^\s]+|tel:[^\s]+|\/(?!\/)[^\s\\]*)$/i.test(href)) { address.tell(words.addressWrong); return false; }
      const chain = editor.chain().focus();
      if (editor.state.selection.empty && !editor.isActive("link")) {
        chain.insertContent({ type: "text", text: title || href, marks: [{ type: "link", attrs: { href } }] }).run();
      } else chain.extendMarkRange("link").setLink({ href }).run();
      return true;
    });
    look();
  }

  /* The toolbar: words beside icons, one stop for Tab, arrows inside -------------------------------------------------------- */
  function toolbar(editor, area, label) {
    const bar = make("div", { className: "editor-bar", data: { role: "toolbar", "aria-label": `${words.toolbar}: ${label}`, "aria-controls": area.id } });
    const kinds = [["p", "paragraph"], ["h2", 2], ["h3", 3], ["h4", 4], ["nota", "nota"], ["aviso", "aviso"], ["importante", "importante"], ["quote", "quote"]];
    const select = make("select", { className: "form-select", data: { "aria-label": words.block } },
      ...kinds.map(([name]) => make("option", { value: name, textContent: words[name] })));
    const callout = () => (editor.isActive("callout") ? editor.getAttributes("callout").kind : "");
    const present = () => {
      const level = [2, 3, 4].find((one) => editor.isActive("heading", { level: one }));
      if (level) return `h${level}`;
      return callout() || (editor.isActive("blockquote") ? "quote" : "p");
    };
    select.addEventListener("change", () => {
      const wanted = select.value;
      let chain = editor.chain().focus();
      if (callout()) chain = chain.lift("callout");
      if (editor.isActive("blockquote")) chain = chain.lift("blockquote");
      if (/^h\d$/.test(wanted)) chain = chain.setHeading({ level: Number(wanted[1]) });
      else {
        chain = chain.setParagraph();
        if (wanted === "quote") chain = chain.wrapIn("blockquote");
        else if (wanted !== "p") chain = chain.wrapIn("callout", { kind: wanted });
      }
      chain.run();
    });
    bar.append(select);
    const items = [];
    const button = (name, picture, act, active, shown) => {
      const node = make("button", { type: "button", className: "btn btn-sm btn-quiet" }, icon(picture), ` ${words[name]}`);
      node.addEventListener("mousedown", (event) => event.preventDefault());    // the selection stays
      node.addEventListener("click", () => act(editor));
      bar.append(node);
      items.push({ node, active, shown });
    };
    const run = (act) => () => act(editor.chain().focus()).run();
    const inTable = () => editor.isActive("table");
    button("bold", "type-bold", run((c) => c.toggleBold()), () => editor.isActive("bold"));
    button("italic", "type-italic", run((c) => c.toggleItalic()), () => editor.isActive("italic"));
    button("ul", "list-ul", run((c) => c.toggleBulletList()), () => editor.isActive("bulletList"));
    button("ol", "list-ol", run((c) => c.toggleOrderedList()), () => editor.isActive("orderedList"));
    button("link", "link-45deg", () => linkDialog(editor), () => editor.isActive("link"));
    button("unlink", "x-lg", run((c) => c.extendMarkRange("link").unsetLink()), null, () => editor.isActive("link"));
    if (words.pictures) button("picture", "image", () => pictureDialog(editor), () => editor.isActive("image"));
    button("table", "table", run((c) => c.insertTable({ rows: 3, cols: 2, withHeaderRow: true })), null, () => !inTable());
    button("row", "plus-lg", run((c) => c.addRowAfter()), null, inTable);
    button("column", "plus-lg", run((c) => c.addColumnAfter()), null, inTable);
    button("lessRow", "dash-lg", run((c) => c.deleteRow()), null, inTable);
    button("lessColumn", "dash-lg", run((c) => c.deleteColumn()), null, inTable);
    button("head", "layout-text-window", run((c) => c.toggleHeaderCell()), () => editor.isActive("tableHeader"), inTable);
    button("lessTable", "trash", run((c) => c.deleteTable()), null, inTable);
    button("undo", "arrow-counterclockwise", run((c) => c.undo()));
    button("redo", "arrow-clockwise", run((c) => c.redo()));
    const stops = () => [select, ...items.map(({ node }) => node)].filter((node) => !node.hidden);
    const roam = (to) => { for (const node of stops()) node.tabIndex = node === to ? 0 : -1; };
    bar.addEventListener("focusin", (event) => roam(event.target));
    bar.addEventListener("keydown", (event) => {
      const all = stops();
      const at = all.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step ? (at + step + all.length) % all.length : -1;
      if (to < 0) return;
      event.preventDefault();
      all[to].focus();
    });
    const show = () => {
      select.value = present();
      for (const { node, active, shown } of items) {
        if (active) node.setAttribute("aria-pressed", String(active()));
        if (shown) node.hidden = !shown();
      }
      if (!stops().some((node) => node.tabIndex === 0)) roam(select);
    };
    editor.on("transaction", show);
    roam(select);
    show();
    return bar;
  }

  /* The editor over a textarea ------------------------------------------------------------------------------------------------ */
  const editors = new Map();
  document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
    for (const [area, editor] of editors) if (target.contains(area)) { editor.destroy(); editors.delete(area); }
  });
  let library;
  const load = () => (library ??= import(words.library));
  const pictures = /^\/manual\/imagenes\/[0-9a-f-]{36}\/$/;

  async function enrich(area) {
    if (area.dataset.rich === "on") return;
    area.dataset.rich = "on";
    let L;
    try { L = await load(); } catch { area.dataset.rich = ""; return; }          // the textarea stays
    const Callout = L.Node.create({
      name: "callout", group: "block", content: "block+", defining: true,
      addAttributes: () => ({ kind: { default: "nota", parseHTML: (node) => ["aviso", "importante"].find((one) => node.classList.contains(one)) ?? "nota",
        renderHTML: ({ kind }) => ({ class: kind }) } }),
      parseHTML: () => [{ tag: "aside" }],
      renderHTML: ({ HTMLAttributes }) => ["aside", HTMLAttributes, 0],
      addNodeView: () => ({ node }) => {
        const contentDOM = make("div");
        const word = make("p", { className: "callout-word", contentEditable: "false", textContent: words[node.attrs.kind] });
        return { dom: make("div", { className: `callout callout-${node.attrs.kind}` }, word, contentDOM), contentDOM,
          update: (fresh) => fresh.type === node.type && fresh.attrs.kind === node.attrs.kind };
      },
    });
    const Picture = L.Image.extend({
      addAttributes: () => ({ src: { default: null }, alt: { default: "" } }),
      parseHTML: () => [{ tag: "img[src]", getAttrs: (node) => (pictures.test(node.getAttribute("src")) ? null : false) }],
      addInputRules: () => [],
    });
    const Anchor = L.Link.extend({ addKeyboardShortcuts: () => ({ "Mod-Shift-k": ({ editor }) => { linkDialog(editor); return true; } }) });
    const Grid = L.Table.extend({ addNodeView: () => null });
    const label = area.labels?.[0]?.firstChild?.textContent?.trim() ?? "";
    const box = make("div", { className: "editor" });
    area.before(box);
    const surface = make("div");
    const attributes = { id: `${area.id}-editor`, class: "editor-text prose", role: "textbox", "aria-multiline": "true", "aria-label": label };
    if (area.getAttribute("aria-describedby")) attributes["aria-describedby"] = area.getAttribute("aria-describedby");
    if (area.getAttribute("aria-invalid")) attributes["aria-invalid"] = "true";
    const editor = new L.Editor({
      element: surface, injectCSS: false, content: clean(area.value), enableInputRules: true, enablePasteRules: false,
      extensions: [
        L.Document, L.Paragraph, L.Text, L.HardBreak, L.Bold, L.Italic, L.Underline, L.Strike, L.Subscript, L.Superscript, L.Code,
        L.Heading.configure({ levels: [2, 3, 4] }), L.BulletList, L.OrderedList, L.ListItem, L.Blockquote, L.HorizontalRule, L.History, L.Gapcursor,
        Anchor.configure({ openOnClick: false, autolink: false, linkOnPaste: false, enableTarget: false,
          HTMLAttributes: { target: null, rel: null, class: null } }),
        Grid.configure({ resizable: false }), L.TableRow, L.TableHeader, L.TableCell, Picture.configure({ inline: true }), Callout,
      ],
      editorProps: {
        attributes,
        transformPastedHTML: clean,
        handleKeyDown: (_view, event) => {                   // Tab leaves the text; Alt-F10 goes to its tools
          if (event.altKey && event.key === "F10") { box.querySelector(".editor-bar [tabindex='0']")?.focus(); return true; }
          return false;
        },
      },
      onUpdate: ({ editor: one }) => {
        area.value = one.isEmpty ? "" : one.getHTML();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      },
    });
    surface.firstElementChild.id = attributes.id;
    box.append(toolbar(editor, surface.firstElementChild, label), surface);
    area.hidden = true;
    for (const one of area.labels ?? []) one.addEventListener("click", (event) => { event.preventDefault(); editor.commands.focus(); });
    area.addEventListener("focus", () => editor.commands.focus());
    editors.set(area, editor);
  }
  const all = (root) => { for (const area of root.querySelectorAll("textarea[data-rich]")) enrich(area); };
  document.addEventListener("htmx:load", (event) => all(event.detail.elt));
  all(document);
})();
