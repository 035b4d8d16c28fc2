/**
 * Broker is the port to where a room's messages are ordered and published: in memory, or in a server that
 * several hubs share.
 *
 * A broker MUST number a room's messages without gaps within one epoch, and hand them to its listener in that
 * order; MUST NOT hand over messages of rooms that are not subscribed; MUST answer every `subscribe` with one
 * `subscribed`, at once or later; MUST NOT throw.
 */

/** A message on its way to a room. */
export interface Publication {
  readonly id: string;
  readonly room: string;
  readonly sender: string;
  readonly content: string;
  readonly timestamp: string;
}

/** A place in a room's numbering. */
export interface Position {
  /** The life of that numbering: another epoch means that offsets start anew. */
  readonly epoch: string;
  /** The last message's number, from 1 upwards; 0 where nothing was said. */
  readonly offset: number;
}

export interface Broker {
  /** Names the one that hears the rooms. */
  listen(listener: BrokerListener): void;
  publish(publication: Publication): void;
  subscribe(room: string): void;
  unsubscribe(room: string): void;
}

export interface BrokerListener {
  /** From here on the room's messages come, the next one numbered `position.offset + 1`. */
  subscribed(room: string, position: Position): void;
  message(publication: Publication, offset: number): void;
}
