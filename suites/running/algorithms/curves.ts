/** Points of a curve and no more of them than a picture can show. */
type Point = readonly [x: number, y: number];

const pointsAtMost = 100;

/** At most 100 points, evenly spread, the first and the last among them. */
export function thinned(points: readonly Point[]): Point[] {
  const step = (points.length - 1) / (pointsAtMost - 1);
  if (step <= 1) return [...points];
  return Array.from({ length: pointsAtMost }, (_, i) => points[Math.round(i * step)]);
}
