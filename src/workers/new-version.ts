/**
 * A version watch finds out that another version of the package has been installed over the one that runs.
 *
 * An installation takes its time: half of one is no version. So it waits until the files have stayed the same for a while. It
 * tells of each version once, whatever becomes of that.
 */
import type { Clock } from '../clock.ts';

/** What is on disk now. Both throw where it cannot be read, such as in the middle of an installation. */
export interface Disk {
  readonly version: () => string;
  /** Another number after any change of any file. */
  readonly changedAt: () => number;
}

export interface VersionWatchOptions {
  readonly disk: Disk;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** For how long the files must have stayed the same; 0 is not to look at all. */
  readonly settleMs: number;
  /** The version that runs. */
  readonly running: string;
  readonly onNew: (version: string, before: string) => void;
}

/** How often in that time the files are looked at. */
const looks = 5;

export class VersionWatch {
  readonly #options: VersionWatchOptions;
  /** The version that needs not be told of. */
  #known: string;
  /** What was on disk when it was acknowledged, until that has proved to be whole. */
  #acknowledged: string | undefined;
  /** Another one, as it was found last, and how often in a row. */
  #found = '';
  #times = 0;
  #timer: unknown;

  constructor(options: VersionWatchOptions) {
    this.#options = options;
    this.#known = options.running;
    if (options.settleMs > 0) this.#plan();
  }

  /** Whatever is on disk now is taken anyway: it need not be told of, unless it changes yet, for then it was half of one. */
  acknowledge(): void {
    const { disk } = this.#options;
    this.#acknowledged = '';
    try {
      const version = disk.version();
      this.#acknowledged = stateOf(version, disk.changedAt());
      this.#known = version;
    } catch {
      // Whatever comes of it will be told of.
    }
  }

  end(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }

  #plan(): void {
    const { clock, settleMs } = this.#options;
    this.#timer = clock.setTimeout(() => {
      this.#plan();
      this.#look();
    }, settleMs / looks);
  }

  #look(): void {
    const { disk } = this.#options;
    try {
      const version = disk.version();
      if (version !== this.#known || this.#acknowledged !== undefined)
        return this.#find(version, disk.changedAt());
    } catch {
      // It is being installed.
    }
    this.#found = '';
  }

  #find(version: string, changedAt: number): void {
    const found = stateOf(version, changedAt);
    this.#times = found === this.#found ? this.#times + 1 : 0;
    this.#found = found;
    if (this.#times < looks) return;
    const [before, acknowledged] = [this.#known, this.#acknowledged];
    this.#known = version;
    this.#acknowledged = undefined;
    if (found !== acknowledged) this.#options.onNew(version, before);
  }
}

function stateOf(version: string, changedAt: number): string {
  return `${version} ${changedAt}`;
}
