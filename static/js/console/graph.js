// The console as a Web Audio graph, in any context: the device's, or an offline one that measures.
//
// stems → filters → strips (compressor, make-up, width, pan, fader, sends) → mix ─────────────┐
//                                        sends → reverb, delay → returns ────────────────────┤
//                                                   master filters → compressor, width → output
//
// Loudness gain and limiter stand behind `output` (finishing.js). A context at another rate than
// 44.1 kHz sounds the same but for the highest octave, where digital filters differ.
import { filtersOf } from "mixarena/console/filters";
import { placement, widthMatrix } from "mixarena/console/placement";
import { amplitude, gain } from "mixarena/console/table";

const WORKLETS = ["dynamics", "effects", "finishing"];
const SMOOTH_S = 0.012;
// Mixers answer in positions of 0..1 with few digits: a knob this near to its default is not moved.
const UNMOVED = 0.002;
const STEREO = { channelCount: 2, channelCountMode: "explicit" };

/** Parameters that this graph mirrors; others are heard after Render. */
export const MIRRORED = {
  strip: new Set(["highpass_hz", "pan", "width", "reverb_send_db", "delay_send_db", "fader_db"]),
  reverb: new Set(["predelay_ms", "decay_s", "damping_hz", "return_db"]),
  delay: new Set(["time_ms", "feedback", "damping_hz", "return_db"]),
  master: new Set(["width", "ceiling_dbtp", "target_lufs"]),
};
for (const name of ["threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db"]) {
  MIRRORED.strip.add(`comp_${name}`);
  MIRRORED.master.add(`comp_${name}`);
}
for (const band of ["low_shelf", "peak1", "peak2", "peak3", "high_shelf"]) {
  for (const knob of ["hz", "gain_db", "q"]) {
    MIRRORED.strip.add(`${band}_${knob}`);
    MIRRORED.master.add(`${band}_${knob}`);
  }
}

/** Whether these settings use something that only the server plays. */
export function needsRender(table, settings) {
  const places = settings.strips.map((strip) => ["strip", strip]);
  for (const section of ["reverb", "delay", "master"]) places.push([section, settings[section]]);
  const isMoved = (knob, value) => Math.abs(knob.normalise(value) - knob.normalise(knob.default)) > UNMOVED;
  return places.some(([section, values]) => table.of(section).some(
    (knob) => !MIRRORED[section].has(knob.name) && isMoved(knob, values[knob.name]),
  ));
}

/** Must have run in a context before a graph is made in it. */
export function loadProcessors(context) {
  const addresses = WORKLETS.map((name) => import.meta.resolve(`mixarena/console/worklets/${name}`));
  return Promise.all(addresses.map((address) => context.audioWorklet.addModule(address)));
}

const compressorOf = (section) => ({
  threshold_db: section.comp_threshold_db,
  ratio: section.comp_ratio,
  attack_ms: section.comp_attack_ms,
  release_ms: section.comp_release_ms,
  knee_db: section.comp_knee_db,
});

function stripKnobs(strip, channels, heard) {
  const level = heard ? gain(strip.fader_db) * amplitude(strip.comp_makeup_db) : 0;
  return {
    compressor: compressorOf(strip),
    matrix: placement(channels, strip.pan, strip.width).map((factor) => factor * level),
    sends: [gain(strip.reverb_send_db), gain(strip.delay_send_db)],
  };
}

function masterKnobs(master) {
  const level = amplitude(master.comp_makeup_db);
  return {
    compressor: compressorOf(master),
    matrix: widthMatrix(master.width).map((factor) => factor * level),
  };
}

// A row of biquads between two nodes, holding only those that do something.
class Filters {
  #context;
  #input;
  #target;
  #nodes = new Map();

  /** `target` is [node, input]. */
  constructor(context, input, target, section) {
    this.#context = context;
    this.#input = input;
    this.#target = target;
    this.#wire(filtersOf(section));
  }

  set(section) {
    const filters = filtersOf(section);
    const keys = filters.map(({ key }) => key).join();
    if (keys !== [...this.#nodes.keys()].join()) this.#wire(filters);
    for (const { key, frequency, gain: level, Q } of filters) {
      const node = this.#nodes.get(key);
      this.#glide(node.frequency, frequency);
      this.#glide(node.gain, level);
      this.#glide(node.Q, Q);
    }
  }

  #glide(param, value) {
    if (param.value !== value) param.setTargetAtTime(value, this.#context.currentTime, SMOOTH_S);
  }

  #wire(filters) {
    const before = this.#nodes;
    this.#input.disconnect();
    for (const node of before.values()) node.disconnect();
    this.#nodes = new Map(filters.map((filter) => [filter.key, before.get(filter.key) ?? this.#make(filter)]));
    let last = this.#input;
    for (const node of this.#nodes.values()) last = last.connect(node);
    last.connect(this.#target[0], 0, this.#target[1]);
  }

  #make({ type, frequency, gain: level, Q }) {
    return new BiquadFilterNode(this.#context, { type, frequency, gain: level, Q });
  }
}

export class ConsoleGraph extends EventTarget {
  #context;
  #channels;
  #inputs;
  #strips;
  #filters;
  #reverb;
  #delay;
  #returns;
  #masterFilters;
  #master;
  #heard;
  #last;

  /**
   * @param context any whose processors are loaded
   * @param channels 1 or 2 for every strip
   * @param position of the first sample in the song, on which the reverb's movement depends
   * @param meters whether "meters" events tell peaks and reductions
   */
  constructor(context, { settings, channels, position = 0, meters = false }) {
    super();
    this.#context = context;
    this.#channels = channels;
    this.#last = settings;
    this.#heard = channels.map(() => true);
    this.#makeEffects(settings, position);
    this.#makeMaster(settings, meters);
    this.#makeStrips(settings, meters);
  }

  /** Where a stem's source is connected. */
  input(strip) { return this.#inputs[strip]; }

  /** The master strip's output, before loudness gain and limiter. */
  get output() { return this.#master; }

  /** Let everything glide to these settings; strips for which `heard` is false are silent. */
  set(settings, heard = () => true) {
    settings.strips.forEach((strip, index) => {
      const sounds = heard(index);
      if (strip === this.#last.strips[index] && sounds === this.#heard[index]) return;
      this.#heard[index] = sounds;
      this.#filters[index].set(strip);
      this.#strips.port.postMessage({ index, knobs: stripKnobs(strip, this.#channels[index], sounds) });
    });
    if (settings.reverb !== this.#last.reverb) this.#setEffect(this.#reverb, this.#returns[0], settings.reverb);
    if (settings.delay !== this.#last.delay) this.#setEffect(this.#delay, this.#returns[1], settings.delay);
    if (settings.master !== this.#last.master) {
      this.#masterFilters.set(settings.master);
      this.#master.port.postMessage(masterKnobs(settings.master));
    }
    this.#last = settings;
  }

  #setEffect(node, back, bus) {
    node.port.postMessage(bus);
    back.gain.setTargetAtTime(gain(bus.return_db), this.#context.currentTime, SMOOTH_S);
  }

  #makeEffects({ reverb, delay }, position) {
    const effect = (name, knobs) => this.#worklet(name, { knobs, position }, { outputs: [2] });
    this.#reverb = effect("console-reverb", reverb);
    this.#delay = effect("console-delay", delay);
    this.#returns = [reverb, delay].map((bus) => new GainNode(this.#context, { gain: gain(bus.return_db) }));
    this.#reverb.connect(this.#returns[0]);
    this.#delay.connect(this.#returns[1]);
  }

  #makeMaster({ master }, meters) {
    this.#master = this.#worklet("console-master", { knobs: masterKnobs(master), meters }, { outputs: [2] });
    const bus = new GainNode(this.#context, STEREO);
    this.#masterFilters = new Filters(this.#context, bus, [this.#master, 0], master);
    for (const node of this.#returns) node.connect(bus);
    this.bus = bus;
    this.#master.port.onmessage = ({ data }) => this.#tell("master", data);
  }

  #makeStrips({ strips }, meters) {
    const knobs = strips.map((strip, i) => stripKnobs(strip, this.#channels[i], true));
    const options = { strips: knobs, channels: this.#channels, meters };
    this.#strips = this.#worklet("console-strips", options, { inputs: strips.length, outputs: [2, 2, 2] });
    this.#strips.connect(this.bus, 0);
    this.#strips.connect(this.#reverb, 1);
    this.#strips.connect(this.#delay, 2);
    this.#inputs = strips.map(() => new GainNode(this.#context));
    this.#filters = strips.map((strip, i) => new Filters(this.#context, this.#inputs[i], [this.#strips, i], strip));
    this.#strips.port.onmessage = ({ data }) => this.#tell("strips", data);
  }

  #worklet(name, processorOptions, { inputs = 1, outputs }) {
    return new AudioWorkletNode(this.#context, name, {
      numberOfInputs: inputs,
      numberOfOutputs: outputs.length,
      outputChannelCount: outputs,
      processorOptions,
    });
  }

  #tell(place, detail) {
    this.dispatchEvent(new CustomEvent("meters", { detail: { place, ...detail } }));
  }
}
