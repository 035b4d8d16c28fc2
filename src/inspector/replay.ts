/** A replay shows a recording to viewers as if they had watched. */
import type { Clock } from '../clock.ts';
import type { Host } from './door.ts';
import type { InspectorMessage } from './messages.ts';
import { messagesOf, type Recording } from './recorded.ts';
import type { Outlet } from './viewer.ts';

/** Above this a viewer is let read before it gets more. */
const highWaterBytes = 4 * 1_024 * 1_024;
const pauseMs = 50;

export class Replay implements Host {
  readonly #recording: Recording;
  readonly #clock: Clock;

  constructor(recording: Recording, clock: Clock) {
    this.#recording = recording;
    this.#clock = clock;
  }

  join(outlet: Outlet): { command: (text: string) => void; leave: () => void } {
    const messages = messagesOf(this.#recording);
    let timer: unknown;
    const send = (): void => {
      timer = undefined;
      for (let next = messages.next(); next.done !== true; next = messages.next()) {
        outlet.send(JSON.stringify(next.value));
        if (outlet.bufferedBytes <= highWaterBytes) continue;
        timer = this.#clock.setTimeout(send, pauseMs);
        return;
      }
    };
    send();
    return {
      command: (text) => outlet.send(answerTo(text)),
      leave: () => {
        if (timer !== undefined) this.#clock.clearTimeout(timer);
      },
    };
  }

  /** The recording's lines, as they were read. */
  *lines(): Generator<string> {
    for (const message of messagesOf(this.#recording)) {
      if (message.type !== 'records') yield JSON.stringify(message);
      else for (const record of message.records) yield JSON.stringify(record);
    }
  }
}

/** A recording does as it did; nothing can be asked of it. */
function answerTo(text: string): string {
  const [, ref = '0'] = /"ref":(\d+)/.exec(text) ?? [];
  const answer: InspectorMessage = {
    type: 'answer',
    ref: Number(ref),
    ok: false,
    reason: 'this is a recording: it can be watched, and that is all',
  };
  return JSON.stringify(answer);
}
