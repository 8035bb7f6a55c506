// What a run used: memory and processor over time, and all in all.
import { useMemo } from "react";

import type { RunDetails } from "../api/schema.ts";
import { bytes, duration } from "../parts/say.ts";
import { isOver } from "./state.ts";
import { type Curve, curvesOf, type Curves, type Usage } from "./usage.ts";

export function Resources({ run, looks }: { run: RunDetails; looks: Usage[] }) {
  const curves = useMemo(() => curvesOf(looks), [looks]);
  const { usage } = run;
  const facts: [string, string][] = [];
  const last = looks.at(-1);
  if (typeof usage.peak_memory_bytes === "number") facts.push(["Memory at most", bytes(usage.peak_memory_bytes)]);
  else if (last !== undefined && !isOver(run.state)) facts.push(["Memory now", bytes(last.memory)]);
  if (typeof usage.cpu_seconds === "number") facts.push(["Processor", duration(usage.cpu_seconds)]);
  else if (last !== undefined && !isOver(run.state)) facts.push(["Processor so far", duration(last.processor)]);
  if (typeof usage.disk_bytes === "number") facts.push(["Written", bytes(usage.disk_bytes)]);
  if (facts.length === 0) return null;
  return (
    <section>
      <h2>Resources</h2>
      {curves === undefined ? null : <OverTime curves={curves} />}
      <dl className="facts num">{facts.map(([name, text]) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}>{text}</dd>])}</dl>
    </section>
  );
}

function OverTime({ curves: { memory, processor, seconds } }: { curves: Curves }) {
  return (
    <>
      <Picture name="Memory" curve={memory} look="is-memory" most={bytes(memory.most)} seconds={seconds} />
      <Picture name="Processor" curve={processor} look="is-processor" most={processors(processor.most)} seconds={seconds} />
    </>
  );
}

interface PictureProps {
  name: string;
  curve: Curve;
  look: string;
  most: string;
  seconds: number;
}

function Picture({ name, curve, look, most, seconds }: PictureProps) {
  const label = `${name} over ${duration(seconds)}, at most ${most}`;
  return (
    <figure className={`usage ${look}`}>
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" role="img" aria-label={label}>
        <path className="area" d={`${curve.path}V1H0Z`} />
        <path className="line" d={curve.path} />
      </svg>
      <figcaption className="num"><span>{name}</span><span>up to {most}</span></figcaption>
    </figure>
  );
}

/** `71 %` of one processor, or `1.8 processors`. */
function processors(count: number): string {
  return count <= 1 ? `${Math.round(count * 100)} %` : `${count.toFixed(1)} processors`;
}
