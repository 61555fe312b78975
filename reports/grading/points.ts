/** Points as every output writes them: hundredths where there are some, so that all outputs show the same total. */
export function pointsText(points: number): string {
  return String(Math.round(points * 100) / 100);
}
