// What scripts add to pages that work without them: times in the reader's zone,
// buttons to copy, lists that filter when a choice is made, and pages that follow
// what happens.
"use strict";

(() => {
  const zone = document.getElementById("zone");
  const main = document.getElementById("main");

  // localise shows times in the reader's zone; a time keeps UTC as its title.
  const two = (n) => String(n).padStart(2, "0");
  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      time.title = time.dateTime;
      time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
        `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    }
  }

  // offerCopies puts a button to what is worth copying.
  function offerCopies(root) {
    if (!navigator.clipboard) return;
    for (const source of root.querySelectorAll("[data-copy]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy to the clipboard");
      const text = source.textContent;
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(text);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not allowed";
        }
      });
      source.append(button);
    }
  }

  function enhance(root) {
    localise(root);
    offerCopies(root);
  }

  // busy reports whether the reader is in the middle of something in a part.
  function busy(part) {
    const active = document.activeElement;
    if (active && part.contains(active) && active.matches("input, select, textarea")) return true;
    if (part.querySelector("[form]:checked")) return true;
    const selection = document.getSelection();
    if (selection && !selection.isCollapsed && part.contains(selection.anchorNode)) return true;
    return [...part.querySelectorAll("video, audio")].some((player) => !player.paused);
  }

  // replace swaps a part for its newer self and keeps what the reader has opened
  // and where they are.
  function replace(old, fresh) {
    const opened = new Map([...old.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    for (const d of fresh.querySelectorAll("details[id]")) {
      if (opened.has(d.id)) d.open = opened.get(d.id);
    }
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    old.replaceWith(fresh);
    enhance(fresh);
    if (focused) document.getElementById(focused)?.focus();
  }

  // The parts of the page as the server sent them, to compare with.
  let sent = main ? [...main.children].map((part) => part.outerHTML) : [];

  // update brings the page to what the server sent, part by part.
  function update(html) {
    const next = document.createElement("template");
    next.innerHTML = html;
    const fresh = [...next.content.children];
    if (fresh.length !== sent.length) {
      if (busy(main)) return;
      main.replaceChildren(...fresh);
      sent = fresh.map((part) => part.outerHTML);
      enhance(main);
      return;
    }
    fresh.forEach((part, i) => {
      const now = part.outerHTML;
      const old = main.children[i];
      if (now === sent[i] || busy(old)) return;
      sent[i] = now;
      replace(old, part);
    });
  }

  // follow keeps the page up to date while somebody can see it.
  function follow() {
    const light = document.getElementById("live");
    let source = null;
    const stop = () => {
      source?.close();
      source = null;
      light.hidden = true;
    };
    const start = () => {
      if (source || document.hidden) return;
      source = new EventSource(location.href);
      source.onopen = () => { light.hidden = false; };
      source.onerror = () => { light.hidden = true; };
      source.onmessage = (event) => update(event.data);
    };
    document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
    window.addEventListener("pagehide", stop);
    window.addEventListener("pageshow", start);
    start();
  }

  document.documentElement.classList.add("scripted");
  if (main?.hasAttribute("data-live")) follow();
  for (const choice of document.querySelectorAll("select[data-submit]")) {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  }
  if (zone) zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone || "your own";
  enhance(document);
})();
