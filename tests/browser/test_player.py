"""The player's engine, sample by sample: Chromium renders its graph offline, numbers come back."""

import base64
import io
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from playwright.sync_api import Page, Route

RATE = 44_100
SWITCHES = 50
SECONDS = 12.0
# The engine starts 30 ms ahead and fades for 12 ms; browsers act on blocks of 128 samples.
START = round(0.03 * RATE)
FADE = round(0.012 * RATE)
BLOCK = 128

# The engine believes that it plays live; the offline context stops the clock at each switch.
RENDER = """
async ({ times, seconds, rate }) => {
  const { ComparisonEngine } = await import("mixarena/battle/engine");
  const offline = new OfflineAudioContext(1, seconds * rate, rate);
  const context = new Proxy(offline, {
    get(target, name) {
      if (name === "state") return "running";
      const value = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, name, value) {
      target[name] = value;
      return true;
    },
  });
  const engine = new ComparisonEngine(context);
  await engine.load({ a: "/oracle/a.wav", b: "/oracle/b.wav" });
  let side = "a";
  const at = [];
  for (const time of times) {
    offline.suspend(time).then(() => {
      side = side === "a" ? "b" : "a";
      at.push([offline.currentTime, side]);
      engine.switchTo(side);
      offline.resume();
    });
  }
  await engine.play();
  const rendered = await offline.startRendering();
  const bytes = new Uint8Array(rendered.getChannelData(0).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return { samples: btoa(text), switches: at };
}
"""


def wav(samples: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


def rendered(
    page: Page, a: NDArray[np.float32], b: NDArray[np.float32]
) -> tuple[NDArray[np.float32], list[tuple[int, str]]]:
    """What comes out of the engine while it switches 50 times: (samples), [(sample, side), …]."""
    clips = {"a": wav(a), "b": wav(b)}

    def serve(route: Route) -> None:
        side = route.request.url[-5]
        route.fulfill(body=clips[side], content_type="audio/wav")

    page.route("**/oracle/*.wav", serve)
    page.goto("/")
    times = [0.2 + 0.21 * k for k in range(SWITCHES)]
    answer: dict[str, Any] = page.evaluate(
        RENDER, {"times": times, "seconds": SECONDS, "rate": RATE}
    )
    samples = np.frombuffer(base64.b64decode(answer["samples"]), dtype="<f4")
    return samples, [(round(time * RATE), side) for time, side in answer["switches"]]


@pytest.fixture(scope="module")
def noise() -> NDArray[np.float32]:
    rng = np.random.default_rng(7)
    return rng.uniform(-0.5, 0.5, round(SECONDS * RATE)).astype(np.float32)


def test_after_fifty_switches_both_sides_are_at_the_same_sample(
    mira: Page, noise: NDArray[np.float32]
) -> None:
    # B is A upside down, so every sample tells which side it is and where it was taken from.
    heard, switches = rendered(mira, noise, -noise)
    assert len(switches) == SWITCHES
    ends = [at for at, _ in switches[1:]] + [len(heard)]
    for (at, side), end in zip(switches, ends, strict=True):
        start, stop = at + FADE + 2 * BLOCK, end - BLOCK
        expected = noise[start - START : stop - START] * (1 if side == "a" else -1)
        np.testing.assert_allclose(heard[start:stop], expected, atol=1e-6)


def test_a_switch_makes_no_step_greater_than_its_fade(mira: Page) -> None:
    # From +0.5 to −0.5 by equal-power curves of 12 ms: the steepest step on paper is
    # 0.5 · √2 · (π / 2) / (0.012 · 44100).
    level = np.full(round(SECONDS * RATE), 0.5, np.float32)
    heard, _ = rendered(mira, level, -level)
    steps = np.abs(np.diff(heard[START + FADE + BLOCK :]))
    steepest = 0.5 * np.sqrt(2) * (np.pi / 2) / (0.012 * RATE)
    assert steps.max() <= steepest * 1.05


def test_a_switch_keeps_the_power_of_unlike_sides(mira: Page) -> None:
    rng = np.random.default_rng(8)
    a, b = (rng.uniform(-0.5, 0.5, round(SECONDS * RATE)).astype(np.float32) for _ in range(2))
    heard, switches = rendered(mira, a, b)
    fades = np.concatenate([heard[at : at + FADE] for at, _ in switches])
    change_db = 20 * np.log10(np.std(fades) / np.std(a))
    assert abs(change_db) < 0.2
