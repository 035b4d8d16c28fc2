/** Why a message was not sent, in words. */
import { SendError, type SendErrorCode } from '../../client/index.ts';

/** What the client finds out by itself; the server's own words come with its answers. */
const words: Partial<Record<SendErrorCode, string>> = {
  closed: 'the connection is closed',
  queue_full: 'too many messages wait already',
  too_long: 'the message is too long',
};

export function failureWords(error: unknown): string {
  if (!(error instanceof SendError)) return String(error);
  return words[error.code] ?? error.message;
}
