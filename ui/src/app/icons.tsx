// The few drawings there are, 20 by 20.
const PATHS = {
  home: "M3 9.5 10 4l7 5.5M5 8.5V16h10V8.5M8.5 16v-4.5h3V16",
  notebooks: "M5 3.5h10v13H5zM8 3.5v13M10.5 7h2.5M10.5 10h2.5",
  runs: "M4 16V9M8 16V4M12 16v-6M16 16V7",
  jobs: "M4 5.5h12M4 10h12M4 14.5h8",
  compute: "M6 6h8v8H6zM8 3v3M12 3v3M8 14v3M12 14v3M3 8h3M3 12h3M14 8h3M14 12h3",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17 17",
  schedules: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6.5V10l2.5 2",
};

export type IconName = keyof typeof PATHS | "logo";

export function Icon({ name }: { name: IconName }) {
  if (name === "logo") {
    return (
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <rect width="20" height="20" rx="5" fill="var(--ink)" />
        <path d="M4 4h3v12H4z" fill="light-dark(#9b6bf0, #7340c8)" />
        <path d="M10 6h6v2h-6zm0 3h6v2h-6zm0 3h6v2h-6z" fill="var(--surface)" />
      </svg>
    );
  }
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
