/** One row of the list: what was said, is on its way or failed, who came or went, or where something may be missing. */
import { memo } from 'react';
import type { Conversation } from '../model/conversation.ts';
import { exactTimeOf, timeOf, type Row } from '../model/rows.ts';
import type { Outgoing } from '../model/timeline.ts';
import { Avatar, tintOf } from './avatar.tsx';
import { Icon } from './icon.tsx';
import { RichText } from './rich-text.tsx';

interface MessageRowProps extends Row {
  readonly conversation: Conversation;
}

export const MessageRow = memo(({ conversation, entry, day, isFirstUnread, continues }: MessageRowProps) => (
  <>
    {day !== undefined && (
      <h2 className="divider">
        <span>{day}</span>
      </h2>
    )}
    {isFirstUnread && (
      <p className="divider unread-divider">
        <span>New</span>
      </p>
    )}
    <EntryOf conversation={conversation} entry={entry} continues={continues} />
  </>
));

type EntryProps = Pick<MessageRowProps, 'conversation' | 'entry' | 'continues'>;

function EntryOf({ conversation, entry, continues }: EntryProps) {
  switch (entry.kind) {
    case 'said': {
      const { sender, content } = entry.message;
      return (
        <Message
          sender={sender}
          own={entry.own}
          timestamp={entry.timestamp}
          content={content}
          continues={continues}
        >
          {entry.sentHere && <SentMark />}
        </Message>
      );
    }
    case 'outgoing': {
      const { sender, content, timestamp } = entry;
      return (
        <Message own sender={sender} timestamp={timestamp} content={content} continues={continues}>
          <OutgoingMark conversation={conversation} entry={entry} />
        </Message>
      );
    }
    case 'note':
      return (
        <p className="note">
          {entry.texts.join(' · ')} <Time timestamp={entry.timestamp} />
        </p>
      );
    case 'gap':
      return (
        <p className="gap">
          <Icon name="warning" />
          {entry.text}
        </p>
      );
  }
}

interface MessageProps {
  readonly sender: string;
  readonly own: boolean;
  readonly timestamp: string;
  readonly content: string;
  readonly continues: boolean;
  readonly children: React.ReactNode;
}

function Message({ sender, own, timestamp, content, continues, children }: MessageProps) {
  return (
    <article className="message" data-continues={continues || undefined}>
      {!continues && <Avatar name={sender} />}
      <p className="head">
        <b className={`sender ${tintOf(sender)}`}>{sender}</b>
        {own && <span className="own"> (you)</span>} <Time timestamp={timestamp} />
      </p>
      <RichText text={content} />
      {children}
    </article>
  );
}

function Time({ timestamp }: { readonly timestamp: string }) {
  return (
    <time dateTime={timestamp} title={exactTimeOf(timestamp)}>
      {timeOf(timestamp)}
    </time>
  );
}

function SentMark() {
  return (
    <span className="mark" title="Sent">
      <Icon name="check" />
      <span className="visually-hidden">Sent</span>
    </span>
  );
}

interface OutgoingMarkProps {
  readonly conversation: Conversation;
  readonly entry: Outgoing;
}

function OutgoingMark({ conversation, entry: { key, status, reason } }: OutgoingMarkProps) {
  if (status === 'sent') return <SentMark />;
  if (status === 'pending') {
    return (
      <span className="mark" title="Sending">
        <Icon name="clock" />
        <span className="visually-hidden">Sending</span>
      </span>
    );
  }
  return (
    <p className="failed">
      <Icon name="warning" />
      <span>Not sent: {reason}.</span>
      <button type="button" onClick={() => conversation.retry(key)}>
        Try again
      </button>
      <button type="button" onClick={() => conversation.discard(key)}>
        Discard
      </button>
    </p>
  );
}
