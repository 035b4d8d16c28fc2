/** What stands above the oldest message: that the room began there, or how to see more. */
import type { Conversation, Older } from '../model/conversation.ts';

/** Its height, which the style sheet has too: the list has to know where its first row is. */
export const olderHeightPx = 56;

interface OlderMessagesProps {
  readonly conversation: Conversation;
  readonly older: Older;
}

export function OlderMessages({ conversation, older }: OlderMessagesProps) {
  return (
    <div className="older">
      <Older conversation={conversation} older={older} />
    </div>
  );
}

function Older({ conversation, older }: OlderMessagesProps) {
  const load = () => void conversation.loadOlder();
  switch (older) {
    case 'unknown':
      return null;
    case 'loading':
      return 'Loading earlier messages…';
    case 'none':
      return `This is where #${conversation.name} begins.`;
    case 'gone':
      return 'Earlier messages are not kept any more.';
    case 'more':
      return (
        <button type="button" onClick={load}>
          Show earlier messages
        </button>
      );
    case 'failed':
      return (
        <>
          Earlier messages could not be loaded.{' '}
          <button type="button" onClick={load}>
            Try again
          </button>
        </>
      );
  }
}
