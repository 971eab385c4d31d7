// What becomes of settings under a preset: the same moves as in mixing/presets/content.py.

const BUSES = ["reverb", "delay", "master"];
const EVERY = "*";

/**
 * New settings after a preset's moves.
 * @param roles what each strip plays
 * @param strip only this strip moves, and neither buses nor master
 */
export function applyPreset(table, content, settings, roles, strip = null) {
  const whole = structuredClone(settings);
  whole.strips.forEach((values, index) => {
    if (strip !== null && strip !== index) return;
    for (const named of [EVERY, roles[index]]) move(table, "strip", values, content.strips?.[named]);
  });
  if (strip === null) for (const section of BUSES) move(table, section, whole[section], content[section]);
  return whole;
}

function move(table, section, values, moves = {}) {
  for (const [name, change] of Object.entries(moves)) {
    const by = change?.by;
    values[name] = by === undefined ? change : table.get(section, name).clamp(values[name] + by);
  }
}

/** Whether a preset says anything about a strip of this role. */
export function speaksTo(content, role) {
  return [EVERY, role].some((named) => Object.keys(content.strips?.[named] ?? {}).length > 0);
}

/**
 * A preset of the whole console: the first strip of each role speaks for all. Faders are kept as moves
 * from `start`, because stems of other songs come at other levels.
 */
export function contentOf(settings, start, roles) {
  const strips = {};
  settings.strips.forEach((values, index) => {
    strips[roles[index]] ??= stripMoves(values, start.strips[index]);
  });
  return { strips, reverb: { ...settings.reverb }, delay: { ...settings.delay }, master: { ...settings.master } };
}

/** A preset of one strip, for strips of any role. */
export function contentOfStrip(values, start) {
  return { strips: { [EVERY]: stripMoves(values, start) } };
}

function stripMoves(values, start) {
  return { ...values, fader_db: { by: values.fader_db - start.fader_db } };
}
