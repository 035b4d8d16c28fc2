/** Traffic counts what went through the server since it started: plain numbers, one writer each, no locks. */
export interface Traffic {
  /** Frames that came in, whatever became of them. */
  framesIn: number;
  bytesIn: number;
  /** Chat messages that the hub took from its broadcast channel. */
  messagesIn: number;
  /** Of those, how many could not be published: their speakers were told that it is `unavailable`. */
  messagesRefused: number;
  /** Messages offered to members: one for each member of each message. */
  deliveries: number;
  /** Bytes given to sockets, in their own encoding. */
  bytesOut: number;
}

export function createTraffic(): Traffic {
  return { framesIn: 0, bytesIn: 0, messagesIn: 0, messagesRefused: 0, deliveries: 0, bytesOut: 0 };
}
