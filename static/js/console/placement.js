// Pan, balance and width as matrices, as in mixing/audio/panning.py: from left and right of a strip
// to left and right of the mix, [ll, lr, rl, rr] (lr: how much of the right goes to the left).

export function widthMatrix(width) {
  const same = (1 + width) / 2;
  const other = (1 - width) / 2;
  return [same, other, other, same];
}

/** A mono strip is panned at constant power, a stereo strip is balanced behind its width. */
export function placement(channels, pan, width) {
  if (channels === 1) {
    const angle = ((pan + 1) * Math.PI) / 4;
    return [Math.cos(angle), 0, Math.sin(angle), 0];
  }
  const angle = (pan * Math.PI) / 2;
  const left = Math.cos(Math.max(angle, 0));
  const right = Math.cos(Math.min(angle, 0));
  const [ll, lr, rl, rr] = widthMatrix(width);
  return [left * ll, left * lr, right * rl, right * rr];
}
