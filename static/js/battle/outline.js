// One outline for both sides: the mean of their peaks, so that the picture cannot tell who is who.

/** Peaks 0–1, `bins` of them, from two AudioBuffers of one length. */
export function sharedOutline(buffers, bins) {
  const outlines = Object.values(buffers).map((buffer) => outlineOf(buffer, bins));
  const mean = outlines[0].map((value, i) => (value + outlines[1][i]) / 2);
  const top = Math.max(...mean, 1e-6);
  return mean.map((value) => value / top);
}

function outlineOf(buffer, bins) {
  const peaks = new Array(bins).fill(0);
  const width = buffer.length / bins;
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const samples = buffer.getChannelData(channel);
    for (let bin = 0; bin < bins; bin += 1) {
      const stop = Math.min(samples.length, Math.floor((bin + 1) * width));
      for (let i = Math.floor(bin * width); i < stop; i += 4) {
        const level = Math.abs(samples[i]);
        if (level > peaks[bin]) peaks[bin] = level;
      }
    }
  }
  return peaks;
}
