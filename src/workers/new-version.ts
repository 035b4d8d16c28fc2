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
  /** Another one, as it was found last, and how often in a row. */
  #found = '';
  #times = 0;
  #timer: unknown;

  constructor(options: VersionWatchOptions) {
    this.#options = options;
    this.#known = options.running;
    if (options.settleMs > 0) this.#plan();
  }

  /** Whatever is on disk now is taken anyway: it need not be told of. */
  acknowledge(): void {
    try {
      this.#known = this.#options.disk.version();
    } catch {
      // It will be told of once it can be read.
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
      if (version !== this.#known) return this.#find(version, disk.changedAt());
    } catch {
      // It is being installed.
    }
    this.#found = '';
  }

  #find(version: string, changedAt: number): void {
    const found = `${version} ${changedAt}`;
    this.#times = found === this.#found ? this.#times + 1 : 0;
    this.#found = found;
    if (this.#times < looks) return;
    const before = this.#known;
    this.#known = version;
    this.#options.onNew(version, before);
  }
}
