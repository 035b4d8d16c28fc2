/** The machine of an actor as the server has drawn it, with what is going on in it: to be zoomed, and dragged about. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type PointerEvent } from 'react';
import type { Actor, Definition, TransitionRecord } from '../../../inspector/messages.ts';
import { useSignal } from '../../hooks/use-signal.ts';
import { useNow } from '../hooks/use-now.ts';
import { countDown, flash, light, litBox, parseSvg } from '../model/chart-svg.ts';
import type { Session } from '../model/session.ts';
import { stateWords } from '../model/words.ts';

interface ChartProps {
  readonly session: Session;
  readonly actor: Actor;
  readonly definition: Definition;
  readonly taken: TransitionRecord | undefined;
}

const countDownMs = 200;
const zoomStep = 1.25;
const least = 0.2;
const most = 2;

/** Room around what is lit. */
const marginPx = 40;

export function Chart({ session, actor, definition, taken }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [svg, setSvg] = useState<SVGSVGElement>();
  const [zoom, setZoom] = useState(1);
  const now = useNow(session, countDownMs);
  const isPast = useSignal(session.travel.cursor) !== undefined;
  const hello = useSignal(session.hello);
  const { timers } = actor;

  useLayoutEffect(() => {
    if (definition.svg === undefined) return;
    const drawn = parseSvg(definition.svg);
    frame.current?.replaceChildren(drawn);
    setSvg(drawn);
  }, [definition.svg]);

  useLayoutEffect(() => {
    if (svg === undefined) return;
    const { width, height } = svg.viewBox.baseVal;
    svg.style.width = `${width * zoom}px`;
    svg.style.height = `${height * zoom}px`;
  }, [svg, zoom]);

  useLayoutEffect(() => {
    if (svg === undefined) return;
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', `The machine ${definition.name}, now in ${stateWords(actor)}`);
    light(svg, definition, actor.value);
  }, [svg, definition, actor]);

  useEffect(() => {
    if (svg !== undefined && taken !== undefined) flash(svg, taken.edges);
    // oxlint-disable-next-line react/exhaustive-deps -- once for each transition, and not for each drawing
  }, [svg, taken?.seq]);

  useEffect(() => {
    if (svg !== undefined) countDown(svg, definition, timers ?? [], now);
  }, [svg, definition, timers, now]);

  const showLit = useCallback(() => {
    const box = svg && litBox(svg);
    if (box === undefined || frame.current === null) return;
    const { clientWidth, clientHeight } = frame.current;
    const fitting = Math.min(
      clientWidth / (box.width + 2 * marginPx),
      clientHeight / (box.height + 2 * marginPx),
    );
    const nextZoom = Math.min(1, Math.max(0.5, fitting));
    setZoom(nextZoom);
    requestAnimationFrame(() =>
      frame.current?.scrollTo({
        left: (box.x + box.width / 2) * nextZoom - clientWidth / 2,
        top: (box.y + box.height / 2) * nextZoom - clientHeight / 2,
      }),
    );
  }, [svg]);
  useEffect(showLit, [showLit]);

  const fit = (): void => {
    if (svg === undefined || frame.current === null) return;
    const { width, height } = svg.viewBox.baseVal;
    setZoom(Math.min(1, frame.current.clientWidth / width, frame.current.clientHeight / height));
  };

  if (definition.svg === undefined) {
    const words =
      hello?.mode === 'live' ? 'The machine is being drawn …' : 'The recording has no drawing of it.';
    return <p className="lesson">{words}</p>;
  }
  return (
    <figure className="chart" data-past={isPast}>
      <div
        ref={frame}
        className="frame"
        role="group"
        aria-label="Statechart"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys
        tabIndex={0}
        onPointerDown={({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId)}
        onPointerMove={drag}
      />
      <figcaption className="zooms">
        <button type="button" onClick={showLit} title="Go to the states that it is in">
          Active
        </button>
        <button type="button" onClick={fit} title="See the whole machine">
          All
        </button>
        <button type="button" onClick={() => setZoom(Math.max(least, zoom / zoomStep))} aria-label="Smaller">
          −
        </button>
        <button type="button" onClick={() => setZoom(Math.min(most, zoom * zoomStep))} aria-label="Larger">
          +
        </button>
      </figcaption>
    </figure>
  );
}

function drag({ currentTarget, pointerId, movementX, movementY }: PointerEvent<HTMLDivElement>): void {
  if (currentTarget.hasPointerCapture(pointerId)) currentTarget.scrollBy(-movementX, -movementY);
}
