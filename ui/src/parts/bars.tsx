// A row of bars that is walked with the arrow keys: one stop of the Tab key, however many bars there are.
import { type KeyboardEvent, useState } from "react";
import "./bars.css";

export interface Bar {
  key: string | number;
  /** Classes: how it looks. */
  look: string;
  /** From 0 to 1. */
  height: number;
  /** What it is, in words. */
  label: string;
}

/** So many bars have no room between them. */
const DENSE = 150;
/** A strip has room for so many, the newest at the right. */
export const STRIP = 30;

export interface BarsProps {
  bars: Bar[];
  label: string;
  /** The bar that is marked, by its place. */
  current: number | undefined;
  onChoose: (index: number) => void;
  kind: "timeline" | "strip";
}

export function Bars({ bars, label, current, onChoose, kind }: BarsProps) {
  const [walked, setWalked] = useState<number>();
  const at = Math.min(walked ?? current ?? bars.length - 1, bars.length - 1);
  const walk = (event: KeyboardEvent) => {
    const to = stepOf(event.key, at, bars.length);
    if (event.key === "Enter" || event.key === " ") onChoose(at);
    else if (to === undefined) return;
    else setWalked(to);
    event.preventDefault();
  };
  return (
    <div
      className={`bars ${kind}${bars.length > DENSE ? " dense" : ""}`}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={1}
      aria-valuemax={bars.length}
      aria-valuenow={at + 1}
      aria-valuetext={bars[at]?.label}
      onKeyDown={walk}
      onBlur={() => setWalked(undefined)}
    >
      {Array.from({ length: kind === "strip" ? STRIP - bars.length : 0 }, (_, index) => <span key={`none-${index}`} className="bar-slot is-none"><i /></span>)}
      {bars.map((bar, index) => (
        <span
          key={bar.key}
          className={`bar-slot ${bar.look}${index === current ? " is-current" : ""}${index === walked ? " is-walked" : ""}`}
          title={bar.label}
          onClick={() => onChoose(index)}
        >
          <i style={{ height: `${Math.round(bar.height * 1000) / 10}%` }} />
        </span>
      ))}
    </div>
  );
}

function stepOf(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(0, at - 1);
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(count - 1, at + 1);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
