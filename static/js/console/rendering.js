// Render: the settings go to the server; its progress is shown like every mix's, until the mix stands
// on the song's page.
import { send } from "mixarena/http";

/** Fires "done" ({name}) and "failed" ({message}) for the mix that was ordered last. */
export class Rendering extends EventTarget {
  #host;
  #url;
  #made = null;

  /** `host` holds what is shown; it lies in a <live-topic>. */
  constructor(host, url) {
    super();
    this.#host = host;
    this.#url = url;
    host.closest("live-topic")?.addEventListener("live-changed", () => this.#refresh());
  }

  /** @throws {Problem} */
  async order(body) {
    this.#made = await send("POST", this.#url, body);
    this.#show();
  }

  async #refresh() {
    if (!this.#made) return;
    const made = await send("GET", `${this.#url}${this.#made.id}/`).catch(() => null);
    if (made === null || made.id !== this.#made?.id) return;
    this.#made = made;
    this.#show();
  }

  #show() {
    const { preview, full, name } = this.#made;
    const mix = preview.state === "ready" ? full : preview;
    if (mix.state === "ready") {
      this.#end("done", { name });
    } else if (mix.state === "failed" || mix.state === "cancelled") {
      this.#end("failed", { message: mix.error?.message ?? "The mix was stopped." });
    } else this.#progress(mix, name);
  }

  #end(kind, detail) {
    this.#made = null;
    this.#host.replaceChildren();
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  #progress(mix, name) {
    if (this.#host.querySelector(`[job="${mix.id}"]`)) return;
    const what = mix.section === "preview" ? "Preview" : "Full song";
    const element = document.createElement("job-progress");
    element.setAttribute("job", mix.id);
    element.setAttribute("state", mix.state);
    element.innerHTML = `<progress max="100"></progress><span class="row ends small muted">
      <span><strong data-name></strong> <span data-what></span>: <span data-stage>Waiting</span></span>
      <span><span data-percent></span> <span data-left></span></span></span>`;
    element.querySelector("progress").setAttribute("aria-label", `${name}, ${what}`);
    element.querySelector("[data-name]").textContent = name;
    element.querySelector("[data-what]").textContent = what;
    this.#host.replaceChildren(element);
  }
}
