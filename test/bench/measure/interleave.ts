/**
 * Interleave gives every contender its trials in turn, A B A B: what the machine does meanwhile befalls all of
 * them alike.
 */
import { medians, type Figures } from '../figures.ts';

/** What one contender of a case came to. */
export interface Contender {
  readonly name: string;
  readonly median: Figures;
  readonly trials: readonly Figures[];
}

/** What a measurement needs from the run that it is part of. */
export interface Conditions {
  /** Trials of each contender. */
  readonly rounds: number;
  /** Node's flags for the servers. */
  readonly serverFlags: readonly string[];
  /** Says what is being done. */
  readonly progress: (what: string) => void;
}

/**
 * @param contenders by name, what each needs for a trial.
 * @param trial makes one.
 */
export async function interleave<Kit>(
  contenders: ReadonlyMap<string, Kit>,
  { rounds, progress }: Conditions,
  trial: (kit: Kit, round: number) => Promise<Figures>,
): Promise<Contender[]> {
  const trials = new Map([...contenders.keys()].map((name): [string, Figures[]] => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, kit] of contenders) {
      progress(`round ${round} of ${rounds}: ${name}`);
      trials.get(name)?.push(await trial(kit, round));
    }
  }
  return [...trials].map(([name, all]) => ({ name, median: medians(all), trials: all }));
}
