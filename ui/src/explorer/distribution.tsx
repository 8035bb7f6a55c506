// How the values of a column are distributed, small enough for its head: bars of a histogram, or the most frequent texts.
import { bound, edges, isNested, ofBin, ofTop } from "./filter.ts";
import type { Filter, Summary, TableColumn } from "./source.ts";
import { amount, share } from "./words.ts";

interface DistributionProps {
  column: TableColumn;
  summary: Summary | undefined;
  onFilter: (filter: Filter) => void;
}

const HEIGHT = 28;
/** From so many distinct values on the server says about how many there are. */
const ESTIMATED = 1024;

/** For the mouse; the list of columns and the filter form are the way of the keyboard to the same. */
export function Distribution({ column, summary, onFilter }: DistributionProps) {
  if (summary === undefined) return <div className="distribution is-waiting" />;
  if (summary.histogram != null) return <Histogram column={column} summary={summary} onFilter={onFilter} />;
  if (summary.top != null && summary.top.length > 0) return <Parts column={column} summary={summary} onFilter={onFilter} />;
  return <div className="distribution" />;
}

function Histogram({ column, summary, onFilter }: DistributionProps & { summary: Summary }) {
  const bins = summary.histogram?.bins ?? [];
  const most = Math.max(1, ...bins);
  const { min, max } = summary;
  if (min == null || max == null) return null;
  const shown = min === max ? bins.slice(0, 1) : bins;
  return (
    <svg className="distribution histogram" viewBox={`0 0 ${shown.length * 10} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {shown.map((count, bin) => {
        const [from, to] = edges(min, max, shown.length, bin);
        // What is there is seen, however little.
        const height = count === 0 ? 0 : Math.max(2, (count / most) * HEIGHT);
        const filter = ofBin(column, summary, bin);
        return (
          <g key={bin} className="bin" onClick={count === 0 || filter === undefined ? undefined : () => onFilter(filter)}>
            <title>{`${bound(column.kind, column.type, from)} to ${bound(column.kind, column.type, to)}: ${amount(count)}`}</title>
            <rect className="bin-place" x={bin * 10} width={10} height={HEIGHT} />
            <rect className="bin-bar" x={bin * 10 + 0.5} width={9} y={HEIGHT - height} height={height} />
          </g>
        );
      })}
    </svg>
  );
}

function Parts({ column, summary, onFilter }: DistributionProps & { summary: Summary }) {
  const top = summary.top ?? [];
  const rest = summary.count - top.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="distribution parts" aria-hidden="true">
      {top.map(({ value, count }) => (
        <div key={value} className="part" style={{ flexGrow: count }} title={`${value}: ${amount(count)} (${share(count, summary.count) ?? ""})`} onClick={() => onFilter(ofTop(column.name, value))}>
          <span className="cut">{value === "" ? "empty" : value}</span>
        </div>
      ))}
      {rest > 0 ? <div className="part is-rest" style={{ flexGrow: rest }} title={`${amount(rest)} others`} /> : null}
    </div>
  );
}

/** What stands below: the ends, or how many different values there are. */
export function extentOf(column: TableColumn, summary: Summary | undefined): [string, string] {
  if (summary === undefined) return ["", ""];
  const { min, max, distinct, count } = summary;
  if (isNested(column.type)) return ["", ""];
  if (count === 0) return ["no values", ""];
  if (min != null && max != null) return ends(column, min, max);
  if (distinct >= ESTIMATED) return [`about ${amount(Number(distinct.toPrecision(2)))} different`, ""];
  return [distinct === count ? "all different" : distinct === 1 ? "always the same" : `${amount(distinct)} different`, ""];
}

/** Of days, where there are several, the hours say nothing. */
function ends({ kind, type }: TableColumn, min: number, max: number): [string, string] {
  if (min === max) return [`always ${bound(kind, type, min)}`, ""];
  const isLong = kind === "time" && max - min > 3 * 86_400_000;
  const [from, to] = [min, max].map((number) => bound(kind, isLong ? "Date32" : type, number));
  return [from ?? "", to ?? ""];
}
