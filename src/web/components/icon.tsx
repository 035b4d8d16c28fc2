/** The page's icons: strokes in the colour of the text beside them, and nothing to a screen reader. */
const paths = {
  check: 'M4 10.5l4 4 8-9',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6.5V10l2.5 1.5',
  close: 'M5 5l10 10M15 5L5 15',
  down: 'M10 4v12M5 11l5 5 5-5',
  help: 'M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M10 14.5v.01M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15',
  members:
    'M7.5 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2 16.5c.4-3 2.6-4.5 5.5-4.5s5.1 1.5 5.5 4.5M13 4.3a3 3 0 0 1 0 5.4M15 12.3c1.7.6 2.7 2 3 4.2',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  pause: 'M7 4.5v11M13 4.5v11',
  play: 'M6.5 4l9 6-9 6z',
  previous: 'M15 4.5v11L6.5 10zM5 4.5v11',
  next: 'M5 4.5v11l8.5-5.5zM15 4.5v11',
  pencil: 'M4 16l.8-3.5L13 4.3l2.7 2.7-8.2 8.2L4 16z',
  plus: 'M10 4v12M4 10h12',
  send: 'M3.5 10h9M3 3.5l14 6.5-14 6.5 1.5-6.5z',
  warning: 'M10 3l7.5 13.5h-15zM10 8v4M10 14.2v.01',
  system: 'M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3',
  light:
    'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 1.5V3M10 17v1.5M1.5 10H3M17 10h1.5M4 4l1 1M15 15l1 1M4 16l1-1M15 5l1-1',
  dark: 'M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
