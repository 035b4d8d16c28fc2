/** Stop signals: the first SIGINT or SIGTERM asks a program to end, the second one ends it at once. */
import { constants } from 'node:os';

/** Within this, a repeated SIGINT under npm is the same key press. */
const samePressMs = 100;

interface SignalArrival {
  readonly signal: NodeJS.Signals;
  readonly atMs: number;
}

/**
 * Calls `onFirst` at the first signal, and at the second `onSecond`, after which the process ends with 130 or 143.
 * @returns what undoes it.
 */
export function onStopSignal(
  onFirst: (signal: NodeJS.Signals) => void,
  onSecond: (signal: NodeJS.Signals) => void = () => undefined,
): () => void {
  const isUnderNpm = process.env['npm_lifecycle_event'] !== undefined;
  let first: SignalArrival | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const arrival = { signal, atMs: performance.now() };
    if (first === undefined) {
      first = arrival;
      onFirst(signal);
    } else if (!isSamePress(first, arrival, isUnderNpm)) {
      onSecond(signal);
      process.exit(128 + constants.signals[signal]);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}

/**
 * Whether a second signal is only the first one's echo: Ctrl-C goes to every process of the terminal's
 * foreground group, and npm, which is one of them, hands it on to us as well. Elsewhere two are two.
 */
export function isSamePress(first: SignalArrival, second: SignalArrival, isUnderNpm: boolean): boolean {
  if (!isUnderNpm || first.signal !== 'SIGINT' || second.signal !== 'SIGINT') return false;
  return second.atMs - first.atMs < samePressMs;
}
