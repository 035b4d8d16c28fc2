/** The requests that the hub's three channels carry. */
import type { Position } from './broker.ts';
import type { Subscriber } from './room.ts';

/** Asks to enter a room. */
export interface Registration {
  readonly subscriber: Subscriber;
  readonly room: string;
  /** The last message that the asker has, where it comes back; the hub takes it, for it is good once. */
  since?: Position | undefined;
  /** Set by the asker when it has left since: leaving has its own channel, and may overtake this request. */
  withdrawn: boolean;
  /** Set by the hub: the asker is in, or waits for the broker to let it in. */
  entered: boolean;
}

/** Asks to leave a room, or, where it names none, to be forgotten. */
export interface Unregistration {
  readonly subscriber: Subscriber;
  readonly room?: string;
}

/** Says something in a room. */
export interface Broadcast {
  /** By which the speaker is, or is about to be, in the room. */
  readonly registration: Registration;
  readonly content: string;
  /** When it was said. */
  readonly saidAt: number;
  /** The speaker's own id for it, by which it is acknowledged, and published once however often it is sent. */
  readonly id?: string | undefined;
}
