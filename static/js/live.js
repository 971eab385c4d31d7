// Live updates: one socket for the page, as many topics as it shows, polling when sockets fail.
//
// Events are hints with a sequence number. A gap, or a fresh connection, gets a snapshot; while the
// socket is away each topic asks its snapshot address every two seconds.
import { send } from "mixarena/http";

const SOCKET_PATH = "/ws/";
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15000;
const OPEN_WITHIN_MS = 4000;
const POLL_MS = 2000;
// The server's "not logged in" and "nothing here to watch": asking again is useless.
const FINAL_CODES = [4401, 4403];

class LiveConnection {
  #topics = new Map();
  #socket = null;
  #failures = 0;
  #reconnect = 0;

  /** Follow a topic; `onSnapshot(data)`, `onEvent({kind, data})`. Returns the function that stops. */
  watch(topic, snapshotUrl, handlers) {
    const watched = new WatchedTopic(topic, snapshotUrl, handlers);
    this.#topics.set(watched, topic);
    if (this.#isOpen()) this.#subscribe(watched);
    else this.#connect();
    return () => this.#leave(watched);
  }

  #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #leave(watched) {
    watched.stop();
    this.#topics.delete(watched);
    const others = [...this.#topics.values()].includes(watched.topic);
    if (this.#isOpen() && !others) this.#send({ type: "unsubscribe", topic: watched.topic });
    if (!this.#topics.size) this.#close();
  }

  #close() {
    clearTimeout(this.#reconnect);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #connect() {
    if (this.#socket) return;
    clearTimeout(this.#reconnect);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${SOCKET_PATH}`);
    this.#socket = socket;
    // A proxy that swallows the handshake would leave us waiting for ever.
    const patience = setTimeout(() => socket.close(), OPEN_WITHIN_MS);
    socket.onopen = () => {
      clearTimeout(patience);
      for (const watched of this.#topics.keys()) this.#subscribe(watched);
    };
    socket.onmessage = (message) => this.#receive(JSON.parse(message.data));
    socket.onclose = ({ code }) => {
      clearTimeout(patience);
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (!FINAL_CODES.includes(code)) this.#tryLater();
    };
  }

  #tryLater() {
    this.#failures += 1;
    for (const watched of this.#topics.keys()) watched.poll();
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (this.#failures - 1), LONGEST_WAIT_MS);
    // Jitter: after a restart not everybody comes back in the same moment.
    this.#reconnect = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #subscribe(watched) {
    this.#send({ type: "subscribe", topic: watched.topic, last_sequence: watched.sequence });
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #receive(message) {
    for (const watched of this.#topics.keys()) {
      if (watched.topic !== message.topic) continue;
      if (message.type === "snapshot") {
        this.#failures = 0;
        watched.stopPolling();
        watched.takeSnapshot(message);
      } else if (message.type === "event" && !watched.takeEvent(message)) {
        watched.sequence = null;
        this.#subscribe(watched);
      }
    }
  }
}

class WatchedTopic {
  sequence = null;
  #timer = 0;
  #stopped = false;

  constructor(topic, snapshotUrl, { onSnapshot, onEvent }) {
    this.topic = topic;
    this.snapshotUrl = snapshotUrl;
    this.onSnapshot = onSnapshot;
    this.onEvent = onEvent;
  }

  takeSnapshot({ sequence, data }) {
    this.sequence = sequence;
    this.onSnapshot(data);
  }

  /** False if an event before this one is missing. */
  takeEvent(event) {
    if (this.sequence === null || event.sequence <= this.sequence) return true;
    if (event.sequence !== this.sequence + 1) return false;
    this.sequence = event.sequence;
    this.onEvent(event);
    return true;
  }

  poll() {
    if (this.#timer || this.#stopped || !this.snapshotUrl) return;
    const ask = async () => {
      // A page in the background does not need to know.
      if (!document.hidden) await this.#ask();
      if (this.#timer) this.#timer = setTimeout(ask, POLL_MS);
    };
    this.#timer = setTimeout(ask, 0);
  }

  async #ask() {
    try {
      const answer = await send("GET", this.snapshotUrl);
      if (this.#timer) this.takeSnapshot(answer);
    } catch (error) {
      // Anything else may pass: the next turn tries again.
      if ([403, 404].includes(error.status)) this.stop();
    }
  }

  stopPolling() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  stop() {
    this.#stopped = true;
    this.stopPolling();
  }
}

export const live = new LiveConnection();
