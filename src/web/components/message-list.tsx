/**
 * The list of a conversation's messages. Only what is in view is in the document; at its end it follows what is new, and
 * anywhere else it keeps its place.
 */
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useSignal } from '../hooks/use-signal.ts';
import type { Conversation, Place } from '../model/conversation.ts';
import { rowsOf, type Row } from '../model/rows.ts';
import { Icon } from './icon.tsx';
import { MessageRow } from './message-row.tsx';
import { OlderMessages, olderHeightPx } from './older-messages.tsx';
import { SilentRoom } from './silent-room.tsx';

/** How far from its end the list may be and still follow what is new. */
const followWithinPx = 40;

const keysUp: ReadonlySet<string> = new Set(['ArrowUp', 'PageUp', 'Home']);

/** How long the rows of a list that is shown anew may take to be measured. */
const settleMs = 400;

/** How close to its start the list may be before older messages are loaded. */
const loadWithinPx = 800;

export function MessageList({ conversation }: { readonly conversation: Conversation }) {
  const { entries, startMoved, older, unreadFrom } = useSignal(conversation.view);
  const leftAt = useSignal(conversation.leftAt);
  const rows = useMemo(() => rowsOf(entries, unreadFrom), [entries, unreadFrom]);
  const isSilent = older === 'none' && entries.every(({ kind }) => kind === 'note');
  const scroller = useRef<HTMLElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const last = useRef({ top: 0, height: 0 });
  const fingerY = useRef(Infinity);
  const { isSettling, endSettling } = useSettling();

  const keepTop = (scrollTop: number): void => {
    if (list.current !== null) conversation.keepPlace(placeOf(list.current, rows, scrollTop));
  };

  /** Whoever begins to scroll up is not to be taken back to the end by what is said meanwhile. */
  const leaveEnd = (): void => {
    const { scrollTop = 0 } = scroller.current ?? {};
    if (conversation.place === 'end' && scrollTop > 0) keepTop(scrollTop);
  };

  /** Sees whether somebody scrolled away from the end, or back to it: which may be before the event that says so. */
  const look = (): void => {
    const before = last.current;
    const { scrollTop: top = 0, scrollHeight: height = 0, clientHeight = 0 } = scroller.current ?? {};
    last.current = { top, height };
    const isAtEnd = height - top - clientHeight <= followWithinPx;
    // Rows that turn out lower than was thought take it up too, but by no more than the list shrinks.
    const isUp = before.top - top > Math.max(0, before.height - height);
    if (conversation.place === 'end') {
      if (isUp && !isAtEnd) keepTop(top);
    } else if (!isSettling() && isAtEnd && top > before.top) conversation.keepPlace('end');
  };

  // At once and not by the virtualizer's own means: those go on for a while, against whoever scrolls meanwhile.
  const keepPlace = (): void => {
    look();
    const { place } = conversation;
    if (place === 'end') scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    else if (isSettling()) scroller.current?.scrollTo({ top: topOf(place, rows, list.current) });
    look();
  };

  const toEnd = (): void => {
    conversation.keepPlace('end');
    keepPlace();
  };

  const loadIfNearStart = (): void => {
    if (older !== 'more' || list.current === null) return;
    if (list.current.scrollOffset < loadWithinPx) void conversation.loadOlder();
  };

  const scrolled = (now: number): void => {
    look();
    if (conversation.place !== 'end' && !isSettling()) keepTop(now);
    loadIfNearStart();
  };

  // oxlint-disable-next-line react/exhaustive-deps -- whenever there are other rows, and not whenever it is drawn
  useLayoutEffect(keepPlace, [rows]);
  // A list too short to be scrolled is at its start.
  useEffect(loadIfNearStart);

  return (
    <div className="list">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- they only tell that somebody scrolls */}
      <section
        ref={scroller}
        className="scroller"
        aria-label={`Messages in ${conversation.name}`}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys
        tabIndex={0}
        onPointerDown={endSettling}
        onWheel={({ deltaY }) => {
          endSettling();
          if (deltaY < 0) leaveEnd();
        }}
        onTouchStart={({ touches }) => {
          fingerY.current = touches[0]?.clientY ?? Infinity;
        }}
        onTouchMove={({ touches }) => {
          if ((touches[0]?.clientY ?? 0) > fingerY.current) leaveEnd();
        }}
        onKeyDown={({ key }) => {
          endSettling();
          if (keysUp.has(key)) leaveEnd();
        }}
      >
        <div className="push">{isSilent && <SilentRoom name={conversation.name} />}</div>
        {/* That a silent room begins here need not be said too. */}
        <OlderMessages conversation={conversation} older={isSilent ? 'unknown' : older} />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          data={rows}
          startMargin={olderHeightPx}
          shift={startMoved}
          bufferSize={600}
          onScroll={scrolled}
          onResize={keepPlace}
        >
          {(row) => <MessageRow key={row.entry.key} conversation={conversation} {...row} />}
        </Virtualizer>
      </section>
      {leftAt !== undefined && (
        <button type="button" className="newer" onClick={toEnd}>
          <Icon name="down" />
          {newerWords(rows, leftAt)}
        </button>
      )}
    </div>
  );
}

/** How much was said since one left the end. */
function newerWords(rows: readonly Row[], leftAt: string): string {
  const at = rows.findLastIndex(({ entry }) => entry.key === leftAt);
  const newer = rows.slice(at + 1).filter(({ entry }) => entry.kind === 'said').length;
  return newer === 0 ? 'Latest' : `${newer} new`;
}

interface Settling {
  /** Whether a list that is shown anew is still on its way to where it was left: its rows are being measured. */
  readonly isSettling: () => boolean;
  /** Somebody wants to be elsewhere. */
  readonly endSettling: () => void;
}

function useSettling(): Settling {
  const shownAt = useRef(-Infinity);
  useLayoutEffect(() => {
    shownAt.current = performance.now();
  }, []);
  return {
    isSettling: () => performance.now() - shownAt.current < settleMs,
    endSettling: () => {
      shownAt.current = -Infinity;
    },
  };
}

function placeOf(list: VirtualizerHandle, rows: readonly Row[], scrollTop: number): Place {
  const index = list.findItemIndex(scrollTop);
  const row = rows[index];
  if (row === undefined) return 'end';
  return { key: row.entry.key, hiddenPx: scrollTop - olderHeightPx - list.getItemOffset(index) };
}

function topOf(
  { key, hiddenPx }: Exclude<Place, 'end'>,
  rows: readonly Row[],
  list: VirtualizerHandle | null,
): number {
  const index = rows.findIndex(({ entry }) => entry.key === key);
  return olderHeightPx + (list?.getItemOffset(index) ?? 0) + hiddenPx;
}
