// <form method="post" data-undoable="Kick.wav">: what it removes disappears at once, and is removed
// on the server a few seconds later, unless somebody presses Undo.
import { send } from "mixarena/http";
import { toast } from "mixarena/toasts";

const REGRET_MS = 6000;

const pending = new Set();

class Removal {
  constructor(form) {
    this.form = form;
    this.row = form.closest("li");
    this.row.setAttribute("data-removing", "");
    this.closeToast = toast(`Removed ${form.dataset.undoable}.`, {
      stays: true,
      action: { label: "Undo", run: () => this.undo() },
    });
    this.timer = setTimeout(() => this.finish(), REGRET_MS);
    pending.add(this);
  }

  undo() {
    this.#end();
    this.row.removeAttribute("data-removing");
  }

  async finish() {
    this.#end();
    try {
      // keepalive: the request outlives the page.
      await send("POST", this.form.action, new FormData(this.form), { keepalive: true });
      this.row.dispatchEvent(new CustomEvent("live-changed", { bubbles: true }));
    } catch (error) {
      this.row.removeAttribute("data-removing");
      toast(error.message, { kind: "error", stays: true });
    }
  }

  #end() {
    clearTimeout(this.timer);
    this.closeToast();
    pending.delete(this);
  }
}

/** Remove now what is waiting to be removed: before anything that depends on it. */
export async function finishRemovals() {
  await Promise.all([...pending].map((removal) => removal.finish()));
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-undoable]")) return;
  event.preventDefault();
  new Removal(event.target);
});

window.addEventListener("pagehide", () => {
  for (const removal of pending) removal.finish();
});
