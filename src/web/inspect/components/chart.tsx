/**
 * The machine of an actor as the server has drawn it, with what is going on in it. It keeps the states that are active in
 * view until somebody zooms it, drags it or scrolls it: then it stays where it was put.
 */
import { useEffect, useLayoutEffect, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import type { Hello } from '../../../inspector/messages.ts';
import { useSignal } from '../../hooks/use-signal.ts';
import { useDrawing, type Drawn } from '../hooks/use-drawing.ts';
import { useWidth } from '../hooks/use-width.ts';
import { keepInView, showAll, showPart, zoomBy } from '../model/chart-sight.ts';
import { litBox } from '../model/chart-svg.ts';
import { stateWords } from '../model/words.ts';

/** What is kept in view: the states that are active, the whole machine, or what somebody has put there. */
type Sight = 'active' | 'all' | 'as put';

const zoomStep = 1.25;

/** The keys that scroll. */
const scrolling = /^(?:Arrow|Page|Home|End| $)/;

export function Chart(drawn: Drawn) {
  const hello = useSignal(drawn.session.hello);
  const { svg, undrawn } = drawn.definition;
  if (svg !== undefined) return <Drawing {...drawn} />;
  return (
    <figure className="chart">
      <p className="lesson" role="status">
        {undrawn === undefined ? lackWords(hello?.mode) : `This machine cannot be drawn: ${undrawn}.`}
      </p>
    </figure>
  );
}

function lackWords(mode: Hello['mode'] | undefined): string {
  return mode === 'live' ? 'The machine is being drawn …' : 'The recording has no drawing of it.';
}

function Drawing(drawn: Drawn) {
  const frame = useRef<HTMLDivElement>(null);
  const svg = useDrawing(frame, drawn);
  const width = useWidth(frame);
  const [sight, setSight] = useState<Sight>('active');
  const isPast = useSignal(drawn.session.travel.cursor) !== undefined;
  const state = stateWords(drawn.actor);

  useLayoutEffect(() => {
    if (svg === undefined || frame.current === null) return;
    const lit = litBox(svg);
    if (sight === 'active' && lit !== undefined) showPart(frame.current, svg, lit);
    else if (sight !== 'as put') showAll(frame.current, svg);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- in a frame of another width there is other room
  }, [svg, sight, width]);

  useEffect(() => {
    if (svg === undefined || frame.current === null || sight !== 'active') return;
    const lit = litBox(svg);
    if (lit !== undefined) keepInView(frame.current, svg, lit);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- what is active has changed with the state
  }, [svg, sight, state]);

  const takeHold = (): void => setSight('as put');
  const zoom = (factor: number): void => {
    takeHold();
    if (svg !== undefined && frame.current !== null) zoomBy(frame.current, svg, factor);
  };
  return (
    <figure className="chart" data-past={isPast}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only hears that it is moved */}
      <div
        ref={frame}
        className="frame"
        role="group"
        aria-label="Statechart"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys
        tabIndex={0}
        onPointerDown={({ currentTarget, pointerId }) => {
          takeHold();
          currentTarget.setPointerCapture(pointerId);
        }}
        onPointerMove={drag}
        onWheel={takeHold}
        onKeyDown={({ key }) => scrolling.test(key) && takeHold()}
      />
      <figcaption className="zooms">
        <SightButton
          name="active"
          now={sight}
          title="Keep the states that it is in in view"
          onChoose={setSight}
        >
          Active
        </SightButton>
        <SightButton name="all" now={sight} title="See the whole machine" onChoose={setSight}>
          All
        </SightButton>
        <button type="button" onClick={() => zoom(1 / zoomStep)} aria-label="Smaller">
          −
        </button>
        <button type="button" onClick={() => zoom(zoomStep)} aria-label="Larger">
          +
        </button>
      </figcaption>
    </figure>
  );
}

interface SightButtonProps {
  readonly name: Sight;
  readonly now: Sight;
  readonly title: string;
  readonly onChoose: (sight: Sight) => void;
  readonly children: ReactNode;
}

function SightButton({ name, now, title, onChoose, children }: SightButtonProps) {
  return (
    <button type="button" aria-pressed={name === now} title={title} onClick={() => onChoose(name)}>
      {children}
    </button>
  );
}

function drag({ currentTarget, pointerId, movementX, movementY }: PointerEvent<HTMLDivElement>): void {
  if (currentTarget.hasPointerCapture(pointerId)) currentTarget.scrollBy(-movementX, -movementY);
}
