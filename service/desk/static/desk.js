// Keys for those who read all night, and a list that keeps its place. Everything works without this file.
"use strict";

// Looked up anew each time: the list is another one after each search that is typed.
const list = () => document.querySelector(".list");
const keys = document.getElementById("keys");
const search = document.getElementById("q");
const rows = () => [...document.querySelectorAll(".row > a")];
const place = (shown) => `place:${shown.dataset.list}`;

function keepPlace() {
  if (list()) sessionStorage.setItem(place(list()), String(list().scrollTop));
}

function restorePlace() {
  const shown = list();
  if (!shown) return;
  const kept = sessionStorage.getItem(place(shown));
  if (kept) shown.scrollTop = Number(kept);
  const open = shown.querySelector(".row > a[aria-current]");
  if (open) open.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  const here = all.findIndex((row) => row === document.activeElement);
  const start = here >= 0 ? here : all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[start < 0 ? 0 : Math.min(Math.max(start + step, 0), all.length - 1)];
  if (!next || next.offsetParent === null) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function open() {
  const row = document.activeElement.closest?.(".row > a") || rows()[0];
  if (row) row.click();
}

function leave() {
  const facet = document.querySelector(".facet[open]");
  if (facet) {
    facet.open = false;
    facet.querySelector("summary").focus();
    return;
  }
  if (document.activeElement === search) {
    search.blur();
    return;
  }
  document.querySelector("[data-back]")?.click();
}

function showKeys() {
  if (keys && !keys.open) keys.showModal();
}

// What bears data-key is what that key does: a button is pressed, a field or a fold takes the focus.
function press(key) {
  const target = [...document.querySelectorAll(`[data-key~="${key}"]`)].find((one) => one.offsetParent !== null);
  if (!target) return false;
  if (target.tagName === "SUMMARY") {
    const fold = target.parentElement;
    fold.open = !fold.open;
    (fold.open && fold.querySelector("select, input:not([type=hidden]), textarea, button") || target).focus();
  } else if (target.matches("input, select, textarea")) {
    target.focus();
  } else {
    // What was put in a moment ago htmx has not seen yet: a quick hand would send the form as if there were no script.
    window.htmx?.process(target.form || target);
    target.click();
  }
  return true;
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  o: open,
  "/": () => search.focus(),
  "?": showKeys,
  Escape: leave,
};

// Keys are told by where they lie as well as by what they write: with an Arabic layout j writes "ت".
const lying = { KeyJ: "j", KeyK: "k", KeyO: "o", KeyE: "e", KeyA: "a", KeyS: "s", KeyR: "r", KeyM: "m", KeyU: "u" };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || keys?.open) return;
  const writing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (writing && event.key !== "Escape") return;
  const shifted = event.key === "؟" ? "?" : event.key;
  const key = actions[shifted] ? shifted : event.shiftKey ? "" : lying[event.code] || shifted;
  if (actions[key]) {
    event.preventDefault();
    actions[key]();
  } else if (/^[a-z]$/.test(key) && press(key)) {
    event.preventDefault();
  }
});

document.querySelector(".keys-link")?.addEventListener("click", (event) => {
  event.preventDefault();
  showKeys();
});
keys?.querySelector("[data-close]").addEventListener("click", (event) => {
  if (!keys.open) return;
  event.preventDefault();
  keys.close();
});
document.addEventListener("click", (event) => {
  for (const facet of document.querySelectorAll(".facet[open]")) {
    if (!facet.contains(event.target)) facet.open = false;
  }
});

// The switch of the theme acts at once; what is kept of it holds for the pages that follow.
const root = document.documentElement;
const themeForm = document.querySelector("form.theme");
const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
function aimTheme() {
  themeForm.elements.theme.value = isDark() ? "light" : "dark";
}
if (themeForm) {
  aimTheme();
  themeForm.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) return;
    root.dataset.theme = themeForm.elements.theme.value;
    aimTheme();
  });
}
for (const field of document.querySelectorAll("[data-select]")) {
  field.addEventListener("focus", () => field.select());
}

// What was done can be taken back in place for a while, and afterwards in the history.
const UNDO_SECONDS = 10;
document.body.addEventListener("htmx:afterSettle", () => {
  for (const toast of document.querySelectorAll("#toast .toast:not([data-seen])")) {
    toast.dataset.seen = "";
    setTimeout(() => toast.remove(), UNDO_SECONDS * 1000);
  }
});
document.body.addEventListener("htmx:sendError", (event) => {
  const unreachable = document.getElementById("unreachable");
  if (event.target === search && unreachable) {
    list().replaceChildren(unreachable.content.cloneNode(true));
    return;
  }
  const toast = document.getElementById("toast");
  toast.textContent = "";
  const told = document.createElement("p");
  told.className = "toast";
  told.textContent = document.body.dataset.offline;
  toast.append(told);
});

// While one types, what is open stays open beside the list, and in the URL. On a phone the list takes its place.
const heard = document.createElement("p");
let before = "";
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.target !== search) return;
  const open = new URLSearchParams(location.search).get("item");
  if (open && list().offsetParent) event.detail.parameters.append("item", open);
  before = list().dataset.list;
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.elt !== search) return;
  const { body } = document;
  if (!new URLSearchParams(location.search).has("item")) body.classList.remove("opened");
  if (list().dataset.list !== before) scrollTo(0, 0);
  heard.textContent = document.getElementById("total")?.textContent || "";
});
if (search) {
  heard.className = "unseen";
  heard.setAttribute("aria-live", "polite");
  document.body.append(heard);
}

// New appeals announce themselves above the list and in the window's title, and come in when asked.
let live = null;
let liveUrl = "";
let news = null;
const title = () => document.title.replace(/^\(\S+\) /, "");

function showNews() {
  const link = document.querySelector(".news a");
  const some = Boolean(link && news?.new);
  document.title = some ? `(${news.short}) ${title()}` : title();
  if (!link) return;
  link.hidden = !some;
  link.classList.toggle("critical", some && news.critical > 0);
  if (link.textContent !== (some ? news.text : "")) link.textContent = some ? news.text : "";
}

function listen() {
  const url = list()?.dataset.live || "";
  if (url === liveUrl && live && live.readyState !== EventSource.CLOSED) return;
  live?.close();
  if (url !== liveUrl) news = null;
  [live, liveUrl] = [url ? new EventSource(url) : null, url];
  live?.addEventListener("message", (event) => {
    news = JSON.parse(event.data);
    showNews();
    for (const place of document.querySelectorAll("[data-count]")) {
      place.textContent = news.counts[place.dataset.count] ?? place.textContent;
    }
  });
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  listen();
  showNews();
  if (!event.detail.requestConfig?.elt.closest(".news")) return;
  list().scrollTop = 0;
  scrollTo(0, 0);
  list().focus({ preventScroll: true });
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) listen();
});
window.addEventListener("pageshow", listen);
window.addEventListener("pagehide", () => {
  live?.close();
  keepPlace();
});
restorePlace();
