/* Passkeys: asks the browser to make or use one and posts what it gives. No inline script, nothing stored.
   Form: data-passkey="create" | "use" | "sign-in"; data-options: id of the JSON of its options, or the address that gives them. */
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function opened({ publicKey }) {
    const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
    if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"])
      if (options[list]) options[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
    return { publicKey: options };
  }
  function closed(credential) {
    const { response } = credential;
    const parts = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (response[name]) parts[name] = text(response[name]);
    if (response.getTransports) parts.transports = response.getTransports();
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response: parts,
      clientExtensionResults: credential.getClientExtensionResults(),
      authenticatorAttachment: credential.authenticatorAttachment ?? null,
    });
  }
  async function optionsOf(form) {
    const where = form.dataset.options;
    if (!where.startsWith("/")) return JSON.parse(document.getElementById(where).textContent);
    const answer = await fetch(where, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }
  function say(form, words) {
    const place = form.querySelector("[data-passkey-status]");
    if (place) { place.textContent = words; place.hidden = !words; }
  }
  async function ask(form, button) {
    say(form, "");
    button.setAttribute("aria-busy", "true");
    try {
      const options = await optionsOf(form);
      const credential = form.dataset.passkey === "create"
        ? await navigator.credentials.create(opened(options.creation_options))
        : await navigator.credentials.get(opened(options.request_options));
      form.querySelector("[name=credential]").value = closed(credential);
      form.submit();
    } catch (fault) {
      say(form, fault.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed);
      button.removeAttribute("aria-busy");
    }
  }
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) { say(form, form.dataset.unable); continue; }
    const button = form.querySelector("[data-passkey-go]");
    button.hidden = false;
    button.addEventListener("click", (event) => { event.preventDefault(); ask(form, button); });
  }
})();
