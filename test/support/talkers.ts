/** Talkers are members of one room who talk without a pause, and check that each hears all of it: in order, and once. */
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { joinRoom, type ChatMessage, type Room, type TransportName } from '../../src/client/index.ts';

interface Said {
  readonly offset: number;
  readonly content: string;
}

class Talker {
  readonly room: Room;
  readonly heard: ChatMessage[] = [];
  readonly gaps: unknown[] = [];
  readonly acked: Said[] = [];
  readonly #name: string;
  #isTalking = false;
  #look: () => void = () => undefined;

  constructor(url: string, name: string, transport: TransportName) {
    this.#name = name;
    // No jitter: what is missing for a moment is not to be waited for longer than need be.
    this.room = joinRoom({ url, room: 'tea', name, WebSocket, transports: [transport], random: () => 0 });
    this.room.on('message', (message) => {
      this.heard.push(message);
      this.#look();
    });
    this.room.on('gap', (gap) => this.gaps.push(gap));
    this.room.on('state', () => this.#look());
  }

  /** Resolves once it is true; it is asked with each message and each change of the room's state. */
  async until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return;
    await new Promise<void>((resolve) => {
      this.#look = () => {
        if (isTrue()) resolve();
      };
    });
    this.#look = () => undefined;
  }

  /** Says one thing after the other, each once the one before has its place. */
  async talk(): Promise<void> {
    this.#isTalking = true;
    while (this.#isTalking) {
      const content = `${this.#name} ${this.acked.length + 1}`;
      const { offset } = await this.room.send(content);
      this.acked.push({ offset, content });
    }
  }

  /** In words, how what it has heard differs from what was said. */
  wrong(said: readonly Said[]): string[] {
    const gaps = this.gaps.map((gap) => `${this.#name} was told of a gap: ${JSON.stringify(gap)}`);
    const length = Math.max(this.heard.length, said.length);
    for (let at = 0; at < length; at += 1) {
      const [heard, meant] = [this.heard[at], said[at]].map((one) => one && `${one.offset} ${one.content}`);
      if (heard !== meant)
        return [...gaps, `${this.#name} heard ${heard} where it should have heard ${meant}`];
    }
    return gaps;
  }

  fallSilent(): void {
    this.#isTalking = false;
  }
}

export class Talkers {
  readonly #talkers: readonly Talker[];
  #talking: readonly Promise<void>[] = [];

  private constructor(talkers: readonly Talker[]) {
    this.#talkers = talkers;
  }

  /** They come in, each by the transport of its place in the list. */
  static async join(url: string, transports: readonly TransportName[]): Promise<Talkers> {
    const talkers = transports.map((transport, index) => new Talker(url, `talker-${index}`, transport));
    onTestFinished(async () => {
      await Promise.all(talkers.map(({ room }) => room.close()));
    });
    const all = new Talkers(talkers);
    await all.allOpen();
    return all;
  }

  async allOpen(): Promise<void> {
    await Promise.all(this.#talkers.map((talker) => talker.until(() => talker.room.state.status === 'open')));
  }

  /** Resolves once each has heard of all others: then nothing of their coming is still to be told. */
  async allKnown(): Promise<void> {
    const all = this.#talkers.length;
    await Promise.all(this.#talkers.map((talker) => talker.until(() => talker.room.state.members === all)));
  }

  talk(): void {
    this.#talking = this.#talkers.map((talker) => talker.talk());
  }

  /** Resolves once so many more messages were heard by all. */
  async hear(more: number): Promise<void> {
    await Promise.all(
      this.#talkers.map((talker) => {
        const enough = talker.heard.length + more;
        return talker.until(() => talker.heard.length >= enough);
      }),
    );
  }

  /** Has them fall silent, and hear all that was said. @returns how many messages that were, and what is wrong with them. */
  async checkAll(): Promise<{ said: number; wrong: readonly string[] }> {
    for (const talker of this.#talkers) talker.fallSilent();
    await Promise.all(this.#talking);
    const acked = this.#talkers.flatMap((talker) => talker.acked).toSorted((a, b) => a.offset - b.offset);
    const said = acked.at(-1)?.offset ?? 0;
    await Promise.all(
      this.#talkers.map((talker) => talker.until(() => (talker.heard.at(-1)?.offset ?? 0) >= said)),
    );
    const wrong = acked.flatMap(({ offset, content }, index) =>
      offset === index + 1 ? [] : [`"${content}" has place ${offset}, after ${index} others`],
    );
    return { said, wrong: [...wrong, ...this.#talkers.flatMap((talker) => talker.wrong(acked))] };
  }
}
