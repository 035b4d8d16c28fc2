/**
 * Presence gathers a room's joins and leaves into one message: a thousand joins must not make a million messages.
 */
import { serverName, type SystemMessage } from './protocol.ts';

export class Presence {
  #joined = 0;
  #left = 0;
  #name = '';
  #announced = 0;
  #windowStart = 0;

  joined(name: string): void {
    this.#joined += 1;
    this.#name = name;
  }

  left(name: string): void {
    this.#left += 1;
    this.#name = name;
  }

  /** Counts those who came and went elsewhere. @param name of the last one; empty where nobody knows. */
  gather(joined: number, left: number, name: string): void {
    this.#joined += joined;
    this.#left += left;
    this.#name = name;
  }

  get pending(): boolean {
    return this.#joined + this.#left > 0;
  }

  /** @returns whether one more announcement fits among the `burst` that a small room gets per interval. */
  allows(now: number, burst: number, intervalMs: number): boolean {
    if (now - this.#windowStart >= intervalMs) {
      this.#windowStart = now;
      this.#announced = 0;
    }
    this.#announced += 1;
    return this.#announced <= burst;
  }

  take(room: string, members: number, timestamp: string): SystemMessage | undefined {
    if (!this.pending) return undefined;
    const joined = this.#joined;
    const left = this.#left;
    this.#joined = 0;
    this.#left = 0;
    const about = { type: 'system', room, timestamp, members } as const;
    if (joined + left > 1 || this.#name === '') {
      const content = [joined > 0 ? `${joined} joined` : '', left > 0 ? `${left} left` : ''];
      return {
        ...about,
        sender: serverName,
        content: content.filter(Boolean).join(', '),
        event: 'presence',
        joined,
        left,
      };
    }
    const event = joined === 1 ? 'joined' : 'left';
    return { ...about, sender: this.#name, content: `${this.#name} ${event}`, event };
  }
}
