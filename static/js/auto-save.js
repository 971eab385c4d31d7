// <auto-save><form method="post" action="…">…</form></auto-save>: a form that saves itself.
//
// What was typed or chosen shows at once; if the server refuses, the fields go back to what it has
// and a toast says why. [data-save-state] inside it tells "Saving…" and "Saved".
import { send } from "mixarena/http";
import { toast } from "mixarena/toasts";

const TYPING_PAUSE_MS = 700;

class AutoSave extends HTMLElement {
  #form = null;
  #saved = "";
  #timer = 0;
  #stop = null;
  #saving = Promise.resolve();

  connectedCallback() {
    this.#form = this.querySelector("form");
    this.#saved = this.#state();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#form.addEventListener("input", () => this.#later(TYPING_PAUSE_MS), { signal });
    this.#form.addEventListener("change", () => this.#later(0), { signal });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#later(0);
    }, { signal });
  }

  disconnectedCallback() {
    this.#stop.abort();
    if (this.#timer) this.#save();
  }

  #later(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), milliseconds);
  }

  // One request after the other: the last one sent is the last one kept.
  #save() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#saving = this.#saving.then(() => this.#sendIfChanged());
  }

  async #sendIfChanged() {
    const state = this.#state();
    if (state === this.#saved) return;
    if (!this.#form.reportValidity()) return;
    this.#tell("Saving…");
    try {
      await send("POST", this.#form.action, new FormData(this.#form));
      this.#saved = state;
      this.#tell("Saved");
      this.dispatchEvent(new CustomEvent("saved", { bubbles: true }));
    } catch (error) {
      this.#tell("");
      if (this.#state() === state) this.#restore();
      toast(error.message, { kind: "error", stays: true });
    }
  }

  #state() {
    const fields = [...new FormData(this.#form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    return JSON.stringify(fields);
  }

  #restore() {
    for (const [name, value] of JSON.parse(this.#saved)) {
      const field = this.#form.elements.namedItem(name);
      if (field) field.value = value;
    }
  }

  #tell(text) {
    const place = this.querySelector("[data-save-state]");
    if (place) place.textContent = text;
  }
}

customElements.define("auto-save", AutoSave);
