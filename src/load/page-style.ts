/** The style of a load test's page: light and dark, from a phone to a desk, and on paper. */
import { Html } from './html.ts';

export const pageStyle = new Html(`
:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f5f9, #101116);
  --paper: light-dark(#fff, #1a1b22);
  --line: light-dark(#e4e4ec, #2c2d37);
  --text: light-dark(#1b1b25, #e8e8f0);
  --dim: light-dark(#5f6070, #a0a1b2);
  --accent: light-dark(#4f46e5, #8a85f7);
  --sent: light-dark(#0f766e, #2dd4bf);
  --people: light-dark(#b45309, #fbbf24);
  --slow: light-dark(#be185d, #f472b6);
  --good: light-dark(#15803d, #4ade80);
  --good-paper: light-dark(#dcfce7, #14321f);
  --bad: light-dark(#b91c1c, #f87171);
  --bad-paper: light-dark(#fee2e2, #3d1717);
  font: 100% / 1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
* { box-sizing: border-box; margin: 0; }
body { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; color: var(--text); background: var(--ground); }
header { display: grid; gap: 0.25rem; margin-bottom: 1.5rem; }
h1 { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1rem; margin-bottom: 0.75rem; }
h2 small { font-weight: 400; color: var(--dim); margin-left: 0.5rem; font-size: 0.8125rem; }
header p, .note { color: var(--dim); font-size: 0.9375rem; overflow-wrap: anywhere; }
code { font: 0.9375em ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; }
.badge { font-size: 0.8125rem; font-weight: 600; border-radius: 99rem; padding: 0.125rem 0.75rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.badge.good { background: var(--good-paper); } .badge.bad { background: var(--bad-paper); }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.25rem; min-width: 0; }
main { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 1rem; }
.wide { grid-column: span 6; } .half { grid-column: span 3; } .third { grid-column: span 2; }
.tiles { grid-column: span 6; display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 1rem; }
.tile { background: var(--paper); border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.875rem 1rem; min-width: 0; }
.tile dt { color: var(--dim); font-size: 0.8125rem; }
.tile dd { font-size: 1.5rem; font-weight: 650; line-height: 1.3; letter-spacing: -0.01em; }
.tile dd small { display: block; color: var(--dim); font-size: 0.8125rem; font-weight: 400; letter-spacing: 0; }
.thresholds { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.5rem; }
.thresholds li { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.25rem 0.75rem; font-size: 0.875rem; }
.thresholds span { color: var(--dim); }
.chart { display: grid; grid-template: 1fr 1.5rem / auto minmax(0, 1fr); column-gap: 0.5rem; font-size: 0.75rem; line-height: 1; color: var(--dim); font-variant-numeric: tabular-nums; }
.tall .chart { height: 19rem; padding-top: 4.25rem; } .middle .chart { height: 15rem; padding-top: 0.5rem; } .low .chart { height: 9.5rem; padding-top: 0.5rem; }
.y { position: relative; width: 4em; }
.y span { position: absolute; right: 0; transform: translateY(50%); white-space: nowrap; }
.plot { position: relative; }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.rule { position: absolute; left: 0; right: 0; border-top: 1px solid var(--line); }
.x { grid-column: 2; position: relative; }
.x span { position: absolute; top: 0.5rem; transform: translateX(-50%); white-space: nowrap; }
.mark { position: absolute; bottom: 0; top: calc(-1.25rem * (var(--row) + 1)); border-left: 1.5px dashed var(--dim); padding-left: 0.375rem; color: var(--text); font-weight: 600; white-space: nowrap; pointer-events: none; }
.mark.left { transform: translateX(-100%); border-left: 0; border-right: 1.5px dashed var(--dim); padding: 0 0.375rem 0 0; }
.hit { fill: transparent; } .bar { fill: var(--accent); }
.bin:hover .bar { opacity: 0.7; } rect.hit:hover { fill: light-dark(#0001, #fff2); }
.received { color: var(--accent); } .sent { color: var(--sent); } .sessions { color: var(--people); } .p95 { color: var(--slow); }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.area { fill: currentColor; opacity: 0.14; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.375rem 0 0.375rem 1rem; border-top: 1px solid var(--line); white-space: nowrap; font-weight: 400; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { border: 0; color: var(--dim); font-size: 0.8125rem; padding-top: 0; }
footer { margin-top: 1.5rem; color: var(--dim); font-size: 0.8125rem; }
@media (max-width: 56rem) { .tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); } .third, .half { grid-column: span 6; } }
@media (max-width: 30rem) { body { padding: 1.25rem 0.75rem 2rem; } .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.75rem; } section { padding: 1rem; } .tile dd { font-size: 1.25rem; } .x span:nth-child(even) { display: none; } }
@media print { body { background: none; max-width: none; padding: 0; } section, .tile { break-inside: avoid; } }
`);
