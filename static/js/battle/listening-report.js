// Tells the server what is playing, so that it can count the seconds heard by its own clock. The
// browser never says how long; it says "playing A now", once a second while it plays.
import { send } from "mixarena/http";

const TICK_MS = 1000;

export class ListeningReport extends EventTarget {
  #url;
  #queue = Promise.resolve();
  #timer = null;

  constructor(url) {
    super();
    this.#url = url;
  }

  /** Send one event ({event, side, …}); answers arrive in order as "heard" events. */
  tell(event, details = {}) {
    this.#queue = this.#queue
      .then(() => send("POST", this.#url, { event, ...details }))
      .then((heard) => this.dispatchEvent(new CustomEvent("heard", { detail: heard })))
      .catch((problem) => this.dispatchEvent(new CustomEvent("lost", { detail: problem })));
    return this.#queue;
  }

  /** Everything told so far has been answered. */
  settled() { return this.#queue; }

  tickWhile(playing, side) {
    clearInterval(this.#timer);
    this.#timer = playing ? setInterval(() => this.tell("tick", { side: side() }), TICK_MS) : null;
  }
}
