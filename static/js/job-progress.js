// <job-progress job="…"> inside a <live-topic>: follows one mix or stem without fetching the page.
//
// Its content comes from the server: <progress>, [data-stage], [data-percent], [data-left].
import { timeLeft } from "mixarena/durations";

class JobProgress extends HTMLElement {
  #topic = null;
  #follow = ({ detail }) => {
    if ((detail.mix_id ?? detail.stem_id) === this.getAttribute("job")) this.#show(detail);
  };

  connectedCallback() {
    this.#topic = this.closest("live-topic");
    this.#topic?.addEventListener("live-progress", this.#follow);
  }

  disconnectedCallback() {
    this.#topic?.removeEventListener("live-progress", this.#follow);
  }

  #show({ state, stage, percent, seconds_left: seconds, queue_position: position }) {
    if (state !== "running" && state !== "queued") return;
    this.setAttribute("state", state);
    const bar = this.querySelector("progress");
    if (state === "running") bar.value = percent;
    else bar.removeAttribute("value");
    this.#write("[data-stage]", stage || (state === "queued" ? placeInLine(position) : "Starting"));
    this.#write("[data-percent]", state === "running" ? `${Math.floor(percent)} %` : "");
    this.#write("[data-left]", timeLeft(seconds));
  }

  #write(selector, text) {
    const place = this.querySelector(selector);
    if (place && place.textContent !== text) place.textContent = text;
  }
}

const placeInLine = (position) => (position ? `Number ${position} in the queue` : "Waiting");

customElements.define("job-progress", JobProgress);
