// One way to Web Audio in every browser.
//
// Safari before 14.1 knows webkitAudioContext and decodes with callbacks only; some devices refuse a
// sample rate of ours; browsers keep a context asleep until a gesture, and iOS interrupts it for a
// phone call or Siri (state "interrupted") without asking.

const WAKE_WITHIN_MS = 1500;

/** The browser holds the sound back: it wants a click or a key first. */
export class SoundBlocked extends Error {
  constructor() {
    super("Your browser holds the sound back. Press play once more.");
    this.name = "SoundBlocked";
  }
}

/** A context at `sampleRate` where the device allows it, else at its own. */
export function openContext(sampleRate) {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  try {
    return new Context({ sampleRate, latencyHint: "interactive" });
  } catch (error) {
    if (error.name !== "NotSupportedError") throw error;
    return new Context();
  }
}

/**
 * Let the context run. Must be called straight from a click or a key: Safari looks at the call stack.
 * @throws {SoundBlocked}
 */
export async function wake(context) {
  if (context.state === "running") return;
  // resume() neither resolves nor rejects while Safari waits for a gesture.
  const patience = new Promise((resolve) => setTimeout(resolve, WAKE_WITHIN_MS));
  await Promise.race([context.resume().catch(() => undefined), patience]);
  if (context.state !== "running") throw new SoundBlocked();
}

/** An AudioBuffer of the bytes; `data` is gone afterwards. */
export function decode(context, data) {
  return new Promise((resolve, reject) => {
    // Old Safari calls back with null for an error and returns nothing.
    const failed = (error) => reject(error ?? new Error("The clip cannot be decoded."));
    context.decodeAudioData(data, resolve, failed)?.catch(failed);
  });
}
