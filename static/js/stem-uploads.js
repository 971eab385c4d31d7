// <stem-uploads song="…" max-stems="32" max-bytes="…">: a form with file inputs becomes a drop zone with
// progress for each file. Without a song it makes one first, named as the form `names="id"` says, and
// turns the page into the song's at `song-url`.
import { send } from "mixarena/http";
import { fileSize, timeLeft } from "mixarena/durations";
import { toast } from "mixarena/toasts";
import { filesOfDrop, filesOfInput, sortOut, titleFrom } from "mixarena/upload-files";
import { queueFor, uploadsRunning } from "mixarena/upload-queue";

const STATE_TEXT = {
  waiting: "Waiting",
  offline: "No connection. Goes on by itself.",
  done: "Uploaded",
};
const REFUSED_TEXT = {
  "not-audio": "not audio",
  "too-large": "too large",
  "too-many": "no room left",
  empty: "empty",
};

window.addEventListener("beforeunload", (event) => {
  if (uploadsRunning()) event.preventDefault();
});

class StemUploads extends HTMLElement {
  #queue = null;
  #rows = new Map();
  #dragDepth = 0;
  #stop = new AbortController();
  #frame = 0;

  connectedCallback() {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.toggleAttribute("enhanced", true);
    for (const input of this.querySelectorAll('input[type="file"]')) {
      input.addEventListener("change", () => this.#pick(input), { signal });
    }
    this.querySelector("[data-cancel-all]").addEventListener("click", () => this.#cancelAll(), { signal });
    // The whole page takes a drop: nobody should have to aim.
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
      window.addEventListener(kind, (event) => this.#drag(event), { signal });
    }
    if (this.song) this.#follow(queueFor(this.song));
  }

  disconnectedCallback() {
    this.#stop.abort();
    cancelAnimationFrame(this.#frame);
    this.#rows.clear();
  }

  get song() {
    return this.getAttribute("song");
  }

  #number(name) {
    return Number(this.getAttribute(name));
  }

  /** Stems that still fit: the page's list and the queue know what is there. */
  #room() {
    const stems = document.querySelectorAll('.track:not([data-state="failed"], [data-removing])');
    const coming = this.#queue?.uploads.filter((upload) => !upload.isOver()) ?? [];
    return this.#number("max-stems") - stems.length - coming.length;
  }

  async #pick(input) {
    const chosen = filesOfInput(input.files);
    input.value = "";
    await this.#take(chosen);
  }

  async #drag(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "dragenter") this.#dragDepth += 1;
    if (event.type === "dragleave") this.#dragDepth -= 1;
    if (event.type === "drop") this.#dragDepth = 0;
    this.toggleAttribute("dragging", this.#dragDepth > 0);
    if (event.type === "drop") await this.#take(await filesOfDrop(event.dataTransfer));
  }

  async #take({ files, folder }) {
    const limits = { room: this.#room(), maxBytes: this.#number("max-bytes") };
    const { accepted, refused } = sortOut(files, limits);
    this.#tellRefused(refused);
    if (!accepted.length) return;
    try {
      const song = this.song ?? (await this.#createSong(titleFrom(files, folder)));
      queueFor(song).add(accepted);
      if (!this.song) await this.#openPage(song);
    } catch (error) {
      toast(error.message, { kind: "error", stays: true });
    }
  }

  #tellRefused(refused) {
    if (!refused.length) return;
    const named = refused.slice(0, 3).map(({ name, reason }) => `${name} (${REFUSED_TEXT[reason]})`);
    const more = refused.length > 3 ? ` and ${refused.length - 3} more` : "";
    toast(`Left out: ${named.join(", ")}${more}.`, { kind: "warning", stays: true });
  }

  async #createSong(suggestion) {
    const names = document.getElementById(this.getAttribute("names"));
    const { title, artist, genre } = Object.fromEntries(new FormData(names));
    const song = { title: title || suggestion || "Untitled song", artist, genre };
    return (await send("POST", "/api/v1/songs/", song)).id;
  }

  // The queue outlives the swap, so the uploads go on and the new page shows them.
  async #openPage(song) {
    const url = this.getAttribute("song-url").replace("00000000-0000-0000-0000-000000000000", song);
    await window.htmx.ajax("GET", url, {
      target: "#main", select: "#main", swap: "outerHTML show:top", push: url,
    });
    document.getElementById("main").focus({ preventScroll: true });
  }

  #follow(queue) {
    this.#queue = queue;
    const { signal } = this.#stop;
    queue.addEventListener("change", () => this.#drawSoon(), { signal });
    queue.addEventListener("done", ({ detail }) => this.#finish(detail), { signal });
    this.#drawSoon();
  }

  // The stem's card takes over; the list of stems is fetched again.
  #finish(upload) {
    this.#queue.dismiss(upload);
    this.dispatchEvent(new CustomEvent("live-changed", { bubbles: true }));
  }

  #drawSoon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { uploads } = this.#queue;
    this.querySelector("[data-uploads]").hidden = !uploads.length;
    for (const [upload, row] of this.#rows) {
      if (uploads.includes(upload)) continue;
      row.remove();
      this.#rows.delete(upload);
    }
    for (const upload of uploads) this.#drawRow(upload, this.#rows.get(upload) ?? this.#addRow(upload));
    this.#drawSummary(uploads);
  }

  #drawSummary(uploads) {
    const { size, sent, files } = this.#queue.totals();
    const left = this.#queue.isBusy() ? timeLeft(this.#queue.secondsLeft()) : "";
    const amount = `${files} ${files === 1 ? "file" : "files"}, ${fileSize(sent)} of ${fileSize(size)}`;
    this.querySelector("[data-summary]").textContent = [files ? amount : "", left].filter(Boolean).join(", ");
    this.querySelector("[data-cancel-all]").hidden = !uploads.some((upload) => !upload.isOver());
  }

  #addRow(upload) {
    const row = this.querySelector("template[data-row]").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = upload.name;
    row.querySelector("[data-cancel]").addEventListener("click", () => this.#give(upload));
    row.querySelector("[data-retry]").addEventListener("click", () => this.#queue.retry(upload));
    row.querySelector("[data-cancel]").setAttribute("aria-label", `Cancel ${upload.name}`);
    row.querySelector("progress").setAttribute("aria-label", upload.name);
    this.querySelector("[data-rows]").append(row);
    this.#rows.set(upload, row);
    return row;
  }

  #give(upload) {
    if (upload.isOver()) this.#queue.dismiss(upload);
    else this.#queue.cancel(upload).then(() => this.#queue.dismiss(upload));
  }

  #cancelAll() {
    for (const upload of [...this.#queue.uploads]) this.#give(upload);
  }

  #drawRow(upload, row) {
    row.dataset.state = upload.state;
    row.querySelector("progress").value = upload.size ? upload.sent / upload.size : 0;
    row.querySelector("[data-retry]").hidden = upload.state !== "failed" || !upload.mayRetry;
    row.querySelector("[data-state-text]").textContent =
      upload.message || STATE_TEXT[upload.state] || `${fileSize(upload.sent)} of ${fileSize(upload.size)}`;
  }
}

customElements.define("stem-uploads", StemUploads);
