// <sound-check>: four short tests of what reaches the ears. The server's markup asks; this plays the
// sounds, judges the answers and hands the verdict to the page's form.
import { send } from "mixarena/http";
import { TestTones } from "mixarena/test-tones";

const PITCH_ROUNDS = 3;

const shuffled = (list) => {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
};

// What a test plays in one round, and whether an answer to it is right.
const TESTS = {
  sides: {
    rounds: () => shuffled([["left"], ["right"]]),
    right: (played, answer) => answer === played[0],
  },
  middle: {
    rounds: () => [shuffled(["both", "inverted"])],
    right: (played, answer) => played[Number(answer) - 1] === "both",
  },
  pitch: {
    rounds: () => Array.from({ length: PITCH_ROUNDS }, () => shuffled(["pitch", "both", "both"])),
    right: (played, answer) => played[Number(answer) - 1] === "pitch",
  },
};

class SoundCheck extends HTMLElement {
  #tones = new TestTones();
  #state = {};
  #abort = null;

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.addEventListener("click", this.#onClick, { signal });
    this.addEventListener("keydown", this.#onKey, { signal });
    window.addEventListener("pagehide", () => this.#tones.stop(), { signal });
    for (const name of Object.keys(TESTS)) this.#begin(name);
  }

  disconnectedCallback() {
    this.#abort.abort();
    this.#tones.destroy();
  }

  #begin(name) {
    this.#state[name] = { rounds: TESTS[name].rounds(), answers: [], heard: false };
    this.#show(name);
  }

  #onClick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const test = button.closest("[data-test]")?.dataset.test;
    if (button.dataset.do === "volume") this.#toggleVolume(button);
    if (button.dataset.do === "play") this.#play(test);
    if (button.dataset.do === "again") this.#begin(test);
    if (button.dataset.answer) this.#answer(test, button.dataset.answer);
  };

  // Inside a test the digit keys answer, as they choose sides in a battle.
  #onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const card = event.target.closest("[data-test]");
    card?.querySelector(`[data-key="${event.key}"]:not(:disabled)`)?.click();
  };

  #toggleVolume(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    this.#quiet();
    button.setAttribute("aria-pressed", String(on));
    if (on) this.#tones.hold();
    else this.#tones.stop();
  }

  #quiet() {
    this.querySelector('[data-do="volume"]').setAttribute("aria-pressed", "false");
  }

  async #play(name) {
    this.#quiet();
    const state = this.#state[name];
    const round = state.rounds[state.answers.length];
    if (!round) return;
    const status = this.#part(name, "status");
    await this.#tones.playInTurn(round, (index) => {
      status.textContent = round.length > 1 ? `Sound ${index + 1}` : "Playing";
    });
    if (this.#state[name] !== state) return;
    status.textContent = "";
    state.heard = true;
    this.#show(name);
  }

  #answer(name, answer) {
    const state = this.#state[name];
    const round = state.rounds[state.answers.length];
    state.answers.push({ answer, right: TESTS[name].right(round, answer) });
    state.heard = false;
    this.#tones.stop();
    this.#show(name);
    if (state.answers.length < state.rounds.length) this.#play(name);
    else this.#report();
  }

  #show(name) {
    const { rounds, answers, heard } = this.#state[name];
    const card = this.querySelector(`[data-test="${name}"]`);
    const done = answers.length === rounds.length;
    for (const button of card.querySelectorAll("[data-answer]")) button.disabled = done || !heard;
    card.querySelector('[data-do="play"]').hidden = done;
    card.querySelector('[data-do="again"]').hidden = !done;
    const round = this.#part(name, "round");
    round.textContent = rounds.length > 1 && !done ? `${answers.length + 1} of ${rounds.length}` : "";
    const verdict = done ? this.#verdict(name) : "";
    for (const text of card.querySelectorAll("[data-verdict]")) {
      text.hidden = text.dataset.verdict !== verdict;
    }
  }

  #verdict(name) {
    const { answers } = this.#state[name];
    const right = answers.filter((answer) => answer.right).length;
    if (name === "pitch") return right === answers.length ? "headphones" : "speakers";
    if (answers.some(({ answer }) => answer === "same")) return "mono";
    if (right === answers.length) return "good";
    return right === 0 ? "swapped" : "unsure";
  }

  // Told only when everything was answered: half a check says nothing.
  async #report() {
    const verdicts = {};
    for (const name of Object.keys(TESTS)) {
      const { rounds, answers } = this.#state[name];
      if (answers.length < rounds.length) return;
      verdicts[name] = this.#verdict(name);
    }
    const place = this.querySelector('[data-part="saved"]');
    try {
      const answer = await send("POST", this.getAttribute("action"), verdicts);
      place.textContent = answer.message;
    } catch (problem) {
      place.textContent = problem.message;
    }
    this.querySelector('[data-part="done"]').hidden = false;
  }

  #part(test, name) {
    return this.querySelector(`[data-test="${test}"] [data-part="${name}"]`);
  }
}

customElements.define("sound-check", SoundCheck);
