// <live-topic topic="song:…" snapshot-url="/api/v1/songs/…/live/">: tells its content what happens.
//
// Events it dispatches on itself: "live-progress" (detail: one progress record, several a second) and
// "live-changed" (something is there or gone: fetch your part of the page again), for htmx as
// hx-trigger="live-changed from:'closest live-topic'".
import { live } from "mixarena/live";

class LiveTopic extends HTMLElement {
  #leave = null;
  #shape = null;

  connectedCallback() {
    this.#leave = live.watch(this.getAttribute("topic"), this.getAttribute("snapshot-url"), {
      onSnapshot: (data) => this.#takeSnapshot(data),
      onEvent: (event) => this.#takeEvent(event),
    });
  }

  disconnectedCallback() {
    this.#leave?.();
    this.#leave = null;
  }

  #takeSnapshot(data) {
    this.#tell("live-snapshot", data);
    for (const list of Object.values(data)) {
      if (Array.isArray(list)) for (const record of list) this.#tell("live-progress", record);
    }
    // Percentages may move without the page having to be fetched again; states may not. The first
    // snapshot counts too: something may have ended between the page and the socket.
    const shape = shapeOf(data);
    if (this.#shape !== shape) this.#tell("live-changed");
    this.#shape = shape;
  }

  #takeEvent({ kind, data }) {
    if (kind.endsWith(".progress")) this.#tell("live-progress", data);
    else this.#tell("live-changed");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const MOVING = new Set(["percent", "seconds_left", "queue_position", "stage"]);

function shapeOf(data) {
  return JSON.stringify(data, (key, value) => (MOVING.has(key) ? undefined : value));
}

customElements.define("live-topic", LiveTopic);
