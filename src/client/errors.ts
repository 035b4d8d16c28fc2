/** The errors of the client: why a message was not sent, and what went wrong with a room. */
import type { ErrorCode } from '../protocol.ts';

export type SendErrorCode =
  | ErrorCode // the server's reason
  | 'closed' // the room was closed first
  | 'queue_full' // too many messages wait already
  | 'aborted' // by the signal given
  | 'bad_id'; // an id has 1–64 characters

export type RoomErrorCode =
  | 'bad_message' // the server sent what is no message
  | 'too_slow'; // a `for await` loop fell too far behind

/** What went wrong with a room. */
export class RoomError<Code extends string = RoomErrorCode> extends Error {
  override readonly name: string = 'RoomError';
  readonly code: Code;

  constructor(code: Code, message: string = code) {
    super(message);
    this.code = code;
  }
}

/** Why a message was not taken. */
export class SendError extends RoomError<SendErrorCode> {
  override readonly name = 'SendError';
}
