/** Longer than any test that needs them, so that a killed test leaves none behind for long. */
const END_AFTER_MS = 60_000;

/** Processes that only keep processors busy, until they are disposed of. */
export function busyLoops(count: number): Disposable {
  const script = `const end = Date.now() + ${END_AFTER_MS}; while (Date.now() < end);`;
  const loops = Array.from({ length: count }, () =>
    Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "ignore", "ignore"] }),
  );
  return {
    [Symbol.dispose]() {
      for (const loop of loops) loop.kill("SIGKILL");
    },
  };
}
