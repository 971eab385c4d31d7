// What the server's loudness stage would do with a mix: the section rendered offline through the same
// graph, then finished by a worker. So the page knows the gain that brings the mix to its target.
import { ConsoleGraph, loadProcessors } from "mixarena/console/graph";

/** The section before loudness and limiter: an AudioBuffer. */
export async function renderOffline({ buffers, gains, channels, settings, position, rate }) {
  const length = Math.max(...buffers.filter(Boolean).map((buffer) => buffer.length));
  const context = new OfflineAudioContext(2, length, rate);
  await loadProcessors(context);
  const graph = new ConsoleGraph(context, { settings, channels, position });
  buffers.forEach((buffer, strip) => {
    if (!buffer) return;
    const level = new GainNode(context, { gain: gains[strip] });
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(level).connect(graph.input(strip));
    source.start();
  });
  graph.output.connect(context.destination);
  return context.startRendering();
}

/** Finishes mixes in a worker, one after the other. */
export class Finisher {
  #worker = new Worker(import.meta.resolve("mixarena/console/worklets/finishing"));
  #waiting = new Map();
  #last = 0;

  constructor() {
    this.#worker.onmessage = ({ data: { id, ...result } }) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    };
  }

  /**
   * Gain, loudness and peak of the finished mix, and with `keep` its channels.
   * @returns {Promise<{gainDb: number, lufs: number, peakDb: number, heldDownDb: number}>}
   */
  finish(buffer, { target_lufs: target, ceiling_dbtp: ceiling }, { keep = false, gainDb } = {}) {
    const id = ++this.#last;
    const channels = [0, 1].map((c) => buffer.getChannelData(c).slice());
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      const mix = { id, keep, channels, rate: buffer.sampleRate, target, ceiling, gainDb };
      this.#worker.postMessage(mix, channels.map((channel) => channel.buffer));
    });
  }

  destroy() {
    this.#worker.terminate();
    this.#waiting.clear();
  }
}
