/** A room's machine as it runs: its states as boxes, the active ones lit, and the last transition flashing. */
import { useMemo } from 'react';
import type { Room } from '../../client/index.ts';
import { useMachineWatch, type Step } from '../hooks/use-machine-watch.ts';
import { chartOf, type Arc, type Box } from '../model/chart.ts';

export function Statechart({ room }: { readonly room: Room }) {
  const { machine } = room.actor.getSnapshot();
  const chart = useMemo(() => chartOf(machine), [machine]);
  const { active, steps } = useMachineWatch(room);
  const [last] = steps;
  const isActive = new Set(active);
  const leaves = active.filter((path) => !active.some((other) => other.startsWith(`${path}.`)));
  return (
    <figure className="statechart">
      <svg
        viewBox={`${chart.x} 0 ${chart.width} ${chart.height}`}
        role="img"
        aria-label={`The machine of this connection, now in ${leaves.join(' and ')}`}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 6 6"
            refX="5.5"
            refY="3"
            markerWidth="5"
            markerHeight="5"
            orient="auto"
          >
            <path d="M0 0l6 3-6 3z" />
          </marker>
        </defs>
        {chart.boxes.map((box) => (
          <StateBox key={box.id} box={box} isActive={isActive.has(box.id)} />
        ))}
        {chart.arcs.map((arc) => (
          <TransitionArc
            key={`${arc.from} ${arc.to}`}
            arc={arc}
            last={last}
            isOpen={isActive.has(arc.from)}
          />
        ))}
      </svg>
      <figcaption>
        <h3>Last transitions</h3>
        {last === undefined ? (
          <p>None since you look.</p>
        ) : (
          <ol>
            {steps.map(({ count, event, left, entered }) => (
              <li key={count}>
                <b>{event}</b> {innermost(left)} → {innermost(entered)}
              </li>
            ))}
          </ol>
        )}
      </figcaption>
    </figure>
  );
}

function StateBox({ box: { name, x, y, width, height, kind }, isActive }: { box: Box; isActive: boolean }) {
  const isLeaf = kind === 'leaf' || kind === 'final';
  return (
    <g className={`state ${kind}`} data-active={isActive || undefined}>
      <rect x={x} y={y} width={width} height={height} rx={isLeaf ? 6 : 8} />
      {kind === 'final' && <rect x={x + 2.5} y={y + 2.5} width={width - 5} height={height - 5} rx={4} />}
      <text x={x + 8} y={y + 15}>
        {name}
      </text>
    </g>
  );
}

interface TransitionArcProps {
  readonly arc: Arc;
  readonly last: Step | undefined;
  /** Whether it can be taken now. */
  readonly isOpen: boolean;
}

function TransitionArc({ arc, last, isOpen }: TransitionArcProps) {
  const wasTaken =
    last !== undefined &&
    arc.events.includes(last.event) &&
    [...last.left, ...last.entered].includes(arc.to) &&
    last.left.includes(arc.from);
  return (
    <g className="arc" data-open={isOpen || undefined}>
      <path d={arc.line} markerEnd="url(#arrow)" />
      {/* A new element for each time, so that it flashes each time. */}
      {wasTaken && <path key={last.count} className="taken" d={arc.line} />}
      <title>{`${arc.from} → ${arc.to}: ${arc.events.join(', ')}`}</title>
    </g>
  );
}

function innermost(paths: readonly string[]): string {
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`))).join(', ');
}
