// Two columns of numbers against each other, a mark for every run; a rectangle that is drawn leaves those within it.
import { type PointerEvent, useState } from "react";

import { navigate } from "../app/router.tsx";
import { shortId } from "../run/state.ts";
import { between } from "../parts/brushing.ts";
import { type Column, placeOf, type Point } from "./table.ts";
import { useWidth } from "../parts/width.ts";
import { shownAt } from "./words.ts";

const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 26;
const MOST_WIDE = 720;

type Part = [number, number] | undefined;

export interface ScatterProps {
  x: Column;
  y: Column;
  points: Point[];
  chosen: Set<string>;
  marked: string | undefined;
  onMark: (run: string | undefined) => void;
  onBrush: (x: Part, y: Part) => void;
}

export function Scatter({ x, y, points, chosen, marked, onMark, onBrush }: ScatterProps) {
  const [place, room] = useWidth<HTMLDivElement>();
  const [begun, setBegun] = useState<[number, number]>();
  const [now, setNow] = useState<[number, number]>();
  const width = Math.min(room, MOST_WIDE);
  const [wide, high] = [width - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  const at = (event: PointerEvent<SVGSVGElement>): [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [(event.clientX - box.left - LEFT) / wide, 1 - (event.clientY - box.top - TOP) / high];
  };
  const end = (event: PointerEvent<SVGSVGElement>) => {
    const [to, from] = [at(event), begun];
    setBegun(undefined);
    setNow(undefined);
    if (from === undefined) return;
    const parts: [Part, Part] = [between(from[0], to[0]), between(from[1], to[1])];
    // A click on a mark opens it; one beside them takes the parts away.
    if (parts[0] === undefined && parts[1] === undefined && marked !== undefined) navigate(`/runs/${marked}`);
    else onBrush(...parts);
  };
  const places = points.flatMap(({ run, values }): [Point["run"], number, number][] => {
    const [across, up] = [placeOf(x, values[x.key]), placeOf(y, values[y.key])];
    return across === undefined || up === undefined ? [] : [[run, LEFT + across * wide, TOP + (1 - up) * high]];
  });
  return (
    <div className="scatter" ref={place}>
      {room === 0 ? null : (
        <svg width={width} height={HEIGHT} role="img" aria-label={`${y.name} by ${x.name}; the table has the same`} onPointerDown={(event) => setBegun(at(event))} onPointerMove={(event) => begun !== undefined && setNow(at(event))} onPointerUp={end}>
          <path className="scatter-frame" d={`M${LEFT} ${TOP}V${TOP + high}H${LEFT + wide}`} />
          <text x={LEFT - 8} y={TOP + 8} textAnchor="end">{shownAt(y, 1)}</text>
          <text x={LEFT - 8} y={TOP + high} textAnchor="end">{shownAt(y, 0)}</text>
          <text x={LEFT} y={HEIGHT - 8}>{shownAt(x, 0)}</text>
          <text x={LEFT + wide} y={HEIGHT - 8} textAnchor="end">{shownAt(x, 1)}</text>
          {places.map(([run, across, up]) => (
            <circle key={run.id} className={`scatter-mark${chosen.has(run.id) ? "" : " is-out"}${run.id === marked ? " is-marked" : ""}`} cx={across} cy={up} r={run.id === marked ? 7 : 5} onPointerEnter={() => onMark(run.id)} onPointerLeave={() => onMark(undefined)}><title>{shortId(run.id)}</title></circle>
          ))}
          {begun === undefined || now === undefined ? null : <rect className="axis-part" x={LEFT + Math.min(begun[0], now[0]) * wide} y={TOP + (1 - Math.max(begun[1], now[1])) * high} width={Math.abs(now[0] - begun[0]) * wide} height={Math.abs(now[1] - begun[1]) * high} />}
        </svg>
      )}
    </div>
  );
}
