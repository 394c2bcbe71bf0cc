/** Moments that matter to the hour stand in UTC; here they are in the reader's own time. */
export function localTimes(within: ParentNode = document): void {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of within.querySelectorAll<HTMLTimeElement>("time[data-local]")) time.textContent = format.format(new Date(time.dateTime));
}
