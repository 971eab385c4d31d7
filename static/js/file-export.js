// <file-export><form method="post" action="…"><button name="kind" value="wav">…</button></form></file-export>
//
// Without scripts the form leads to a page that waits for the file. With them the button shows the
// progress and the download starts by itself.
import { send } from "mixarena/http";
import { toast } from "mixarena/toasts";

const POLL_MS = 700;

class FileExport extends HTMLElement {
  #stop = null;

  connectedCallback() {
    this.#stop = new AbortController();
    this.addEventListener("submit", (event) => this.#start(event), { signal: this.#stop.signal });
  }

  disconnectedCallback() {
    this.#stop.abort();
  }

  async #start(event) {
    event.preventDefault();
    const button = event.submitter;
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await this.#fetch(button, event.target);
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message, { kind: "error", stays: true });
    } finally {
      button.removeAttribute("aria-busy");
      this.#tell(button, "");
    }
  }

  async #fetch(button, form) {
    const { signal } = this.#stop;
    let job = await send("POST", form.action, new FormData(form, button), { signal });
    while (job.state !== "ready") {
      if (job.state === "failed" || job.state === "cancelled") throw new Error(job.message);
      this.#tell(button, job.state === "running" ? `${job.percent} %` : "Preparing");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      job = await send("GET", job.url, undefined, { signal });
    }
    window.location.assign(job.file_url);
  }

  #tell(button, text) {
    const place = button.querySelector("[data-export-state]");
    if (place) place.textContent = text;
  }
}

customElements.define("file-export", FileExport);
