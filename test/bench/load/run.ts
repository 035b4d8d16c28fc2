/**
 * A run is one stretch of talk in a crowd: it sends, stamps one message in so many, knows how many deliveries that
 * makes, waits until all of them have come, and sums up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOutput } from '../ipc/calls.ts';
import type { Crowd } from './crowd.ts';
import { dialects } from './dialects.ts';
import { ChatFrame } from './frames.ts';
import { Latency } from './latency.ts';
import type { Member } from './member.ts';

/** How long deliveries that are still under way may take after the last message was sent. */
const patienceMs = 10_000;

// Members' frames, made once for all runs of this process.
const chatFrames = new WeakMap<Member, ChatFrame>();

export class Run {
  readonly #crowd: Crowd;
  readonly #sampleEvery: number;
  readonly #startedMs = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  readonly #closedBefore: number;
  readonly #deliveriesBefore: number;
  readonly #bytesBefore: number;
  #messages = 0;
  #expected = 0;

  constructor(crowd: Crowd, sampleEvery: number) {
    this.#crowd = crowd;
    this.#sampleEvery = sampleEvery;
    this.#closedBefore = crowd.closed;
    this.#deliveriesBefore = crowd.deliveries;
    this.#bytesBefore = crowd.bytes;
    crowd.latency = new Latency();
  }

  /** Lets a member say so much at once, in one write. @param sentMs when it is meant to be sent. */
  say(member: Member, count: number, sentMs: number): void {
    const frame = this.#frameOf(member);
    const bytes = frame.copies(count);
    for (let index = 0; index < count; index++) {
      if ((this.#messages + index) % this.#sampleEvery === 0) frame.stamp(bytes, index, sentMs * 1_000);
    }
    this.#messages += count;
    this.#expected += count * this.#crowd.sizeOf(member.room);
    member.write(bytes);
  }

  #frameOf(member: Member): ChatFrame {
    let frame = chatFrames.get(member);
    if (frame === undefined) {
      const { dialect, contentBytes } = this.#crowd.input;
      frame = new ChatFrame(dialects[dialect], member.index, contentBytes);
      chatFrames.set(member, frame);
    }
    return frame;
  }

  get #deliveries(): number {
    return this.#crowd.deliveries - this.#deliveriesBefore;
  }

  /** Waits until everything that was said has reached everyone, or patience is at an end. */
  async finish(): Promise<LoadOutput> {
    const deadlineMs = performance.now() + patienceMs;
    let endedMs = performance.now();
    while (this.#deliveries < this.#expected && performance.now() < deadlineMs) {
      const before = this.#deliveries;
      await sleep(1);
      if (this.#deliveries > before) endedMs = performance.now();
    }
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      seconds: (endedMs - this.#startedMs) / 1_000,
      messages: this.#messages,
      deliveries: this.#deliveries,
      lost: this.#expected - this.#deliveries,
      bytes: this.#crowd.bytes - this.#bytesBefore,
      closed: this.#crowd.closed - this.#closedBefore,
      latency: this.#crowd.latency.percentiles(),
      cpuUs: user + system,
    };
  }
}
