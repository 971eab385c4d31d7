// The six filters of a strip or the master, and their curve.
//
// Robert Bristow-Johnson's cookbook, as mixing/audio/biquad.py has it. BiquadFilterNode uses the same
// formulas: its shelves have slope 1, its high-pass takes Q in dB, and -3.01 dB is Butterworth.

const BUTTERWORTH_DB = 20 * Math.log10(Math.SQRT1_2);
const HIGHPASS_OFF_HZ = 20;
const HIGHEST = 0.49;

export const BANDS = [
  { name: "low_shelf", type: "lowshelf" },
  { name: "peak1", type: "peaking" },
  { name: "peak2", type: "peaking" },
  { name: "peak3", type: "peaking" },
  { name: "high_shelf", type: "highshelf" },
];

/** What BiquadFilterNodes a section needs: only filters that change something. */
export function filtersOf(section) {
  const filters = [];
  if ((section.highpass_hz ?? HIGHPASS_OFF_HZ) > HIGHPASS_OFF_HZ) {
    filters.push({ key: "highpass", type: "highpass", frequency: section.highpass_hz, gain: 0, Q: BUTTERWORTH_DB });
  }
  for (const { name, type } of BANDS) {
    if (section[`${name}_gain_db`] === 0) continue;
    filters.push({
      key: name,
      type,
      frequency: section[`${name}_hz`],
      gain: section[`${name}_gain_db`],
      Q: section[`${name}_q`] ?? 1,
    });
  }
  return filters;
}

function coefficients({ type, frequency, gain, Q }, rate) {
  const w = (2 * Math.PI * Math.min(frequency, HIGHEST * rate)) / rate;
  const cos = Math.cos(w);
  const q = type === "peaking" ? Q : Math.SQRT1_2;
  const alpha = Math.sin(w) / (2 * q);
  const a = 10 ** (gain / 40);
  if (type === "highpass") return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha];
  if (type === "peaking") return [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a];
  const root = 2 * Math.sqrt(a) * alpha;
  const s = type === "lowshelf" ? 1 : -1;
  return [
    a * (a + 1 - s * (a - 1) * cos + root),
    s * 2 * a * (a - 1 - s * (a + 1) * cos),
    a * (a + 1 - s * (a - 1) * cos - root),
    a + 1 + s * (a - 1) * cos + root,
    s * -2 * (a - 1 + s * (a + 1) * cos),
    a + 1 + s * (a - 1) * cos - root,
  ];
}

/** The equaliser's level in dB at each frequency, for drawing. */
export function responseDb(section, frequencies, rate = 44100) {
  const level = new Float64Array(frequencies.length);
  for (const filter of filtersOf(section)) {
    const [b0, b1, b2, a0, a1, a2] = coefficients(filter, rate);
    frequencies.forEach((hz, i) => {
      const w = (2 * Math.PI * hz) / rate;
      const [c1, s1, c2, s2] = [Math.cos(w), Math.sin(w), Math.cos(2 * w), Math.sin(2 * w)];
      const top = (b0 + b1 * c1 + b2 * c2) ** 2 + (b1 * s1 + b2 * s2) ** 2;
      const bottom = (a0 + a1 * c1 + a2 * c2) ** 2 + (a1 * s1 + a2 * s2) ** 2;
      level[i] += 10 * Math.log10(Math.max(top / bottom, 1e-12));
    });
  }
  return level;
}
