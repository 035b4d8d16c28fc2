/**
 * A poster says one thing in a room without being in it, and hears only the answer: an `ack`, or an `error`.
 */
import type { Batch } from './batch.ts';
import type { Sender } from './channel.ts';
import type { Clock } from './clock.ts';
import type { Hub } from './hub.ts';
import { newId } from './ids.ts';
import { errorText, type ErrorDetails } from './messages.ts';
import type { AckMessage, ErrorCode, ErrorMessage } from './protocol.ts';
import type { Subscriber } from './room.ts';

export interface Post {
  readonly room: string;
  /** The display name to say it under. */
  readonly name: string;
  readonly content: string;
  /** The sender's own id for it, by which it is said once however often it is posted. */
  readonly id: string;
}

export type PostAnswer = AckMessage | ErrorMessage;

export interface PostersOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  /** How long a post may wait for its answer. */
  readonly patienceMs: number;
}

/** How many may wait at once; a post that is parked holds a place behind the hub's channel. */
const mostWaiting = 1_024;

/** When one that found no place, or got no answer, should try again. */
const retryAfterMs = 1_000;

export class Posters {
  readonly #options: PostersOptions;
  #waiting = 0;

  constructor(options: PostersOptions) {
    this.#options = options;
  }

  /**
   * Says something in a room.
   * @returns the hub's answer; `unavailable` where there are too many who wait, or no answer comes in time. What was
   * posted may still be published then, so whoever posts it again does so with the same id.
   */
  async post(post: Post): Promise<PostAnswer> {
    const { hub, clock, patienceMs } = this.#options;
    if (this.#waiting >= mostWaiting) return unavailable(post, clock);
    this.#waiting += 1;
    const answer = await new Promise<PostAnswer>((resolve) => {
      const timer = clock.setTimeout(() => resolve(unavailable(post, clock)), patienceMs);
      const poster = new Poster(post.name, (heard) => {
        clock.clearTimeout(timer);
        resolve(heard);
      });
      const registration = { subscriber: poster, room: post.room, withdrawn: false, entered: true };
      const { content, id } = post;
      hub.broadcast.offer({ registration, content, id, saidAt: clock.now() }, poster);
    });
    this.#waiting -= 1;
    return answer;
  }
}

function unavailable({ room, id }: Post, clock: Clock): ErrorMessage {
  return errorAnswer('unavailable', clock, { room, ref: id, retryAfterMs });
}

/** @returns the `error` that a post is answered with where the hub is not asked, or does not answer. */
export function errorAnswer(
  code: ErrorCode,
  clock: Clock,
  details: Omit<ErrorDetails, 'timestamp'> = {},
): ErrorMessage {
  const timestamp = new Date(clock.now()).toISOString();
  return JSON.parse(errorText(code, { timestamp, ...details })) as ErrorMessage;
}

class Poster implements Subscriber, Sender {
  readonly id = newId();
  readonly name: string;
  readonly #hear: (answer: PostAnswer) => void;

  constructor(name: string, hear: (answer: PostAnswer) => void) {
    this.name = name;
    this.#hear = hear;
  }

  offer({ messages: [text] }: Batch): void {
    this.#hear(JSON.parse(String(text)) as PostAnswer);
  }

  flush(): void {}

  registered(): void {}

  turnedAway(): void {}

  unregistered(): void {}

  unparked(): void {}
}
