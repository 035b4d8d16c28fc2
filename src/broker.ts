/**
 * Broker is the port to where a room's messages are ordered, published and kept for a while: in memory, or in a
 * server that several hubs share.
 *
 * A broker MUST number a room's messages without gaps within one epoch, and hand them to its listener in that
 * order; MUST NOT hand over messages of rooms that are not subscribed; MUST answer every `subscribe` with one
 * `subscribed` or `unavailable`, unless the room is unsubscribed before; every `publish` with one `published`, `refused` or `limited`, handing back the
 * object that it was given; and every `history` with one call, each at once or later; MUST publish once what is published
 * again with the same key within the dedupe window, and answer it with the first one's place; MUST NOT throw.
 */

import type { Entry } from './entry.ts';

/** A message on its way to a room. */
export interface Publication {
  readonly id: string;
  readonly room: string;
  readonly sender: string;
  readonly content: string;
  readonly timestamp: string;
  /** By what a message that is sent again is known: unique to its sender and room. Without it, every one is new. */
  readonly key?: string;
}

/** A place in a room's numbering. */
export interface Position {
  /** The life of that numbering: another epoch means that offsets start anew. */
  readonly epoch: string;
  /** The last message's number, from 1 upwards; 0 where nothing was said. */
  readonly offset: number;
}

/** Which part of a room's history: what is after one offset and before another, each left out of it. */
export interface HistoryRange {
  readonly after?: number;
  readonly before?: number;
  /** The most entries wanted: the oldest ones where `after` is given, else the newest. */
  readonly limit: number;
}

/** What is kept of a room. */
export interface History {
  readonly position: Position;
  /** The offset of the oldest message kept; one more than the position's where none is. */
  readonly first: number;
  /** The range asked for, as far as it is kept, oldest first, without a gap. */
  readonly entries: readonly Entry[];
}

/** What a broker answers where it cannot read now. */
export type Unavailable = 'unavailable';

/** One who is in a room. */
export interface Member {
  readonly id: string;
  readonly name: string;
}

/** What is known of other servers; not complete where a part of it is unknown. */
export interface Elsewhere<Known> {
  readonly known: Known;
  readonly complete: boolean;
}

/** How many are in a room on other servers, and what has become of them since that was last told. */
export interface Movement {
  readonly members: number;
  readonly joined: number;
  readonly left: number;
  /** The last one of them; empty where nobody knows. */
  readonly name: string;
}

export interface Broker {
  /** Whether what is published stays when this server goes, for those who come back to another one. */
  readonly outlivesServer: boolean;
  /** Whether it answers a publication before `publish` returns. */
  readonly answersAtOnce: boolean;
  /** Whether it limits what is said in a room itself: for all servers together. */
  readonly limitsRooms: boolean;
  /** How many publications it takes now; the hub MUST NOT publish more. */
  readonly window: number;
  /** Names the one that hears the rooms. */
  listen(listener: BrokerListener): void;
  /** @param saidAt when it was said: where it can wait only for so long, from then on. */
  publish(publication: Publication, saidAt: number): void;
  subscribe(room: string): void;
  unsubscribe(room: string): void;
  /** Somebody is in a room here: other servers are told. */
  entered(room: string, member: Member): void;
  /** And is no more. */
  left(room: string, member: Member): void;
  /** Asks who is in a room on other servers, by name. */
  namesElsewhere(room: string, then: (names: Elsewhere<readonly string[]>) => void): void;
  /** Asks which rooms have members on other servers, and how many. */
  roomsElsewhere(then: (rooms: Elsewhere<ReadonlyMap<string, number>>) => void): void;
  /** Reads what is kept of a room, whoever is in it; `then` gets undefined where nothing is known of it. */
  history(
    room: string,
    range: HistoryRange,
    then: (history: History | Unavailable | undefined) => void,
  ): void;
}

export interface BrokerListener {
  /**
   * From here on the room's messages come, the next one numbered `position.offset + 1`. It may be told again unasked: then
   * the numbering began anew, or messages were lost, and nobody will hand over what is between.
   */
  subscribed(room: string, position: Position): void;
  /** The room cannot be subscribed, for what is kept of it is not a room: it may be asked for again. */
  unavailable(room: string): void;
  message(entry: Entry): void;
  /** The publication, or an earlier one with its key, has this place in its room's log. */
  published(publication: Publication, position: Position): void;
  /** The publication could not be published in time, as far as the broker knows. With its key it may be published again. */
  refused(publication: Publication): void;
  /** Too much is said in the room: the publication was not published. */
  limited(publication: Publication, retryAfterMs: number): void;
  /** On other servers somebody came into a room or left it. */
  moved(room: string, movement: Movement): void;
  /** There is room in the window again. */
  reopened(): void;
}
