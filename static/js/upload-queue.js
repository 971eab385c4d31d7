// The upload protocol: files go up in chunks, two or three at a time, and go on where they stopped.
//
// A queue belongs to a song, not to an element on the page: pages may be swapped while it works.
import { Problem, csrfToken, send, unreachable } from "mixarena/http";

const CHUNK_BYTES = 4 * 1024 * 1024;
const PARALLEL = 3;
const CHECKSUM_TRIES = 3;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15000;
// Speed is averaged over about this long.
const SPEED_WINDOW_MS = 8000;

const queues = new Map();

/** The queue of a song; the same one for everybody who asks. */
export function queueFor(songId) {
  if (!queues.has(songId)) queues.set(songId, new UploadQueue(songId));
  return queues.get(songId);
}

/** Whether anything is still on its way, in any song. */
export function uploadsRunning() {
  return [...queues.values()].some((queue) => queue.isBusy());
}

/** One file on its way. `state`: waiting, sending, offline, done, failed or cancelled. */
class Upload {
  id = null;
  sent = 0;
  state = "waiting";
  message = "";
  mayRetry = false;
  answer = null;
  abort = new AbortController();

  constructor({ file, name }) {
    this.file = file;
    this.name = name;
  }

  get size() {
    return this.file.size;
  }

  isOver() {
    return ["done", "failed", "cancelled"].includes(this.state);
  }
}

/** Events: "change" (detail: the upload) and "done" (detail: the upload). */
export class UploadQueue extends EventTarget {
  uploads = [];
  #songId;
  #running = 0;
  #begun = Promise.resolve();
  #speed = new Speedometer();

  constructor(songId) {
    super();
    this.#songId = songId;
  }

  add(files) {
    const added = files.map((named) => new Upload(named));
    this.uploads.push(...added);
    for (const upload of added) this.#changed(upload);
    this.#fill();
    return added;
  }

  isBusy() {
    return this.uploads.some((upload) => !upload.isOver());
  }

  /** Bytes of everything not given up, and how many of them have arrived. */
  totals() {
    const counted = this.uploads.filter(({ state }) => !["failed", "cancelled"].includes(state));
    const sum = (key) => counted.reduce((total, upload) => total + upload[key], 0);
    return { size: sum("size"), sent: sum("sent"), files: counted.length };
  }

  /** Seconds until the last byte at the present speed; null while unknown. */
  secondsLeft() {
    const { size, sent } = this.totals();
    const speed = this.#speed.bytesPerSecond();
    return speed ? (size - sent) / speed : null;
  }

  async cancel(upload) {
    if (upload.isOver()) return;
    this.#set(upload, "cancelled");
    upload.abort.abort();
    // The server forgets abandoned uploads by itself, so a failure here costs nothing.
    if (upload.id) await send("DELETE", uploadUrl(upload)).catch(() => {});
  }

  retry(upload) {
    if (upload.state !== "failed") return;
    Object.assign(upload, { id: null, sent: 0, message: "", abort: new AbortController() });
    this.#set(upload, "waiting");
    this.#fill();
  }

  dismiss(upload) {
    this.uploads = this.uploads.filter((other) => other !== upload);
    this.#changed(upload);
  }

  #fill() {
    for (const upload of this.uploads) {
      if (this.#running >= PARALLEL) return;
      if (upload.state === "waiting") this.#run(upload);
    }
  }

  async #run(upload) {
    this.#running += 1;
    this.#set(upload, "sending");
    try {
      await this.#sendAll(upload);
      this.#set(upload, "done");
      this.dispatchEvent(new CustomEvent("done", { detail: upload }));
    } catch (error) {
      if (upload.state !== "cancelled") {
        upload.message = error.message;
        upload.mayRetry = !isVerdict(error);
        this.#set(upload, "failed");
      }
    } finally {
      this.#running -= 1;
      this.#fill();
    }
  }

  async #sendAll(upload) {
    upload.answer = await this.#persistently(upload, () => this.#begin(upload));
    upload.id = upload.answer.id;
    upload.sent = upload.answer.received;
    while (upload.sent < upload.size) {
      upload.answer = await this.#persistently(upload, () => this.#sendChunk(upload));
      upload.sent = upload.answer.received;
      this.#changed(upload);
    }
  }

  // One after the other: stems stand in the order in which their uploads began.
  #begin(upload) {
    const body = { name: upload.name, size: upload.size };
    const begin = () => send("POST", `/api/v1/songs/${this.#songId}/uploads/`, body, signalOf(upload));
    const begun = this.#begun.then(begin);
    this.#begun = begun.catch(() => {});
    return begun;
  }

  async #sendChunk(upload, triesLeft = CHECKSUM_TRIES) {
    const offset = upload.sent;
    const bytes = await upload.file.slice(offset, offset + CHUNK_BYTES).arrayBuffer();
    const headers = { "Upload-Offset": String(offset), ...(await checksumOf(bytes)) };
    try {
      return await patch(uploadUrl(upload), bytes, headers, upload.abort.signal, (sent) => {
        this.#speed.note(offset + sent - upload.sent);
        upload.sent = offset + sent;
        this.#set(upload, "sending");
      });
    } catch (error) {
      upload.sent = offset;
      if (error.code === "checksum_mismatch" && triesLeft > 1) {
        return this.#sendChunk(upload, triesLeft - 1);
      }
      // The server is further, or less far, than we think: it is right.
      if (error.code === "offset_mismatch") return { ...upload.answer, received: error.body.offset };
      throw error;
    }
  }

  /** Repeat what fails because of the network or a busy server; give up on a refusal. */
  async #persistently(upload, request) {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        const answer = await request();
        if (upload.state === "offline") this.#set(upload, "sending");
        return answer;
      } catch (error) {
        if (!mayPass(error)) throw error;
        this.#set(upload, "offline");
        await pause(Number(error.body.retry_after) * 1000 || wait, upload.abort.signal);
        if (upload.id) request = await this.#resumed(upload, request);
      }
    }
  }

  /** After a loss: ask where to go on, then send from there. */
  async #resumed(upload, request) {
    const answer = await send("GET", uploadUrl(upload), undefined, signalOf(upload)).catch((error) => {
      if (!mayPass(error)) throw error;
      return null;
    });
    if (!answer) return request;
    upload.sent = answer.received;
    upload.answer = answer;
    return upload.sent < upload.size ? () => this.#sendChunk(upload) : async () => answer;
  }

  #set(upload, state) {
    upload.state = state;
    this.#changed(upload);
  }

  #changed(upload) {
    this.dispatchEvent(new CustomEvent("change", { detail: upload }));
  }
}

const uploadUrl = (upload) => `/api/v1/uploads/${upload.id}/`;
const signalOf = (upload) => ({ signal: upload.abort.signal });
const mayPass = (error) =>
  error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 500);

/** Whether the server looked into the file and does not want it: the same bytes will not do. */
const isVerdict = ({ status, code }) => [415, 422].includes(status) && code !== "checksum_mismatch";

/** The bytes' sha256 for the server to check. Browsers offer it on https and localhost only. */
async function checksumOf(bytes) {
  if (!crypto.subtle) return {};
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { "Upload-Checksum": `sha256 ${hex}` };
}

/** PATCH with progress: fetch cannot tell how much of a body has left. */
function patch(url, bytes, headers, signal, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", url);
    request.responseType = "json";
    const all = {
      Accept: "application/json",
      "Content-Type": "application/offset+octet-stream",
      "X-CSRFToken": csrfToken(),
      ...headers,
    };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    request.onerror = () => reject(unreachable());
    request.onload = () => {
      if (request.status < 400) resolve(request.response);
      else reject(new Problem(request.status, request.response ?? {}));
    };
    if (signal.aborted) abort();
    else request.send(bytes);
  });
}

/** Wait, but no longer than until the network is back. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(go, milliseconds);
    function go() {
      clearTimeout(timer);
      window.removeEventListener("online", go);
      signal.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      go();
      reject(new DOMException("Cancelled", "AbortError"));
    }
    window.addEventListener("online", go);
    signal.addEventListener("abort", stop);
  });
}

/** Bytes a second over the last few seconds. */
class Speedometer {
  #notes = [];

  note(bytes) {
    if (bytes <= 0) return;
    this.#notes.push({ at: performance.now(), bytes });
  }

  bytesPerSecond() {
    const now = performance.now();
    this.#notes = this.#notes.filter(({ at }) => now - at < SPEED_WINDOW_MS);
    const span = now - (this.#notes[0]?.at ?? now);
    if (span < 500) return null;
    return (this.#notes.reduce((sum, { bytes }) => sum + bytes, 0) / span) * 1000;
  }
}
