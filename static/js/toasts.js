// Short messages at the foot of the page. The server's messages arrive as markup and are adopted.

const READING_MS = 6000;

const area = () => document.querySelector("[data-toasts]");

/**
 * Show a sentence; `action` ({label, run}) adds a button, for example "Undo".
 * Returns a function that takes the toast away.
 */
export function toast(text, { kind = "info", action = null, stays = false } = {}) {
  const template = document.querySelector("[data-toast-template]");
  const item = template.content.firstElementChild.cloneNode(true);
  item.dataset.toast = kind;
  item.querySelector("span").textContent = text;
  if (action) item.insertBefore(actionButton(action, item), item.querySelector("[data-close]"));
  area().append(item);
  return adopt(item, stays);
}

/** Give the toasts that the server wrote their buttons and their end. */
export function adoptToasts() {
  for (const item of area()?.children ?? []) adopt(item, item.dataset.toast === "error");
}

function actionButton({ label, run }, item) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.addEventListener("click", () => {
    item.remove();
    run();
  });
  return button;
}

function adopt(item, stays) {
  const remove = () => item.remove();
  item.querySelector("[data-close]").addEventListener("click", remove);
  if (!stays) leaveLater(item, remove);
  return remove;
}

// A toast stays while somebody points at it or has the focus in it.
function leaveLater(item, remove) {
  let timer = setTimeout(remove, READING_MS);
  const hold = () => clearTimeout(timer);
  const release = () => {
    hold();
    timer = setTimeout(remove, READING_MS / 2);
  };
  for (const name of ["pointerenter", "focusin"]) item.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) item.addEventListener(name, release);
}
