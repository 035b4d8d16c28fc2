/** Has the drawing of an actor's machine in an element, and in it what goes on just now. */
import { useEffect, useLayoutEffect, useState, type RefObject } from 'react';
import type { Actor, Definition, TransitionRecord } from '../../../inspector/messages.ts';
import { countDown, flash, light, parseSvg } from '../model/chart-svg.ts';
import type { Session } from '../model/session.ts';
import { stateWords } from '../model/words.ts';
import { useNow } from './use-now.ts';

/** What is drawn, and what goes on in it. */
export interface Drawn {
  readonly session: Session;
  readonly actor: Actor;
  readonly definition: Definition;
  /** The last transition that followed an arrow. */
  readonly taken: TransitionRecord | undefined;
}

const countDownMs = 200;

/** @returns the drawing; undefined until there is one. */
export function useDrawing(
  place: RefObject<HTMLElement | null>,
  { session, actor, definition, taken }: Drawn,
): SVGSVGElement | undefined {
  const [svg, setSvg] = useState<SVGSVGElement>();
  const now = useNow(session, countDownMs);
  const { timers } = actor;

  useLayoutEffect(() => {
    if (definition.svg === undefined) return;
    const drawn = parseSvg(definition.svg);
    place.current?.replaceChildren(drawn);
    setSvg(drawn);
  }, [place, definition.svg]);

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

  return svg;
}
