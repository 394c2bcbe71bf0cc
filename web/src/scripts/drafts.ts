/** Where drafts are kept on this device: under their member, and out of the way while they are being sent. */

const PREFIX = "xinghe:draft:";
const SENT = "xinghe:sent";

/** The key of a form's draft. Another member on this device has other drafts. */
export const draftKey = (name: string): string => `${PREFIX}${document.body.dataset.member ?? "guest"}:${name}`;

/** A draft goes when its form is sent; what becomes of it, the next page tells. */
export function draftSent(key: string): void {
  const value = localStorage.getItem(key);
  localStorage.removeItem(key);
  if (value) sessionStorage.setItem(SENT, JSON.stringify([key, value]));
}

/** What was sent and not taken, because the session had ended or something failed, is a draft again. */
export function settleDrafts(): void {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  const answer = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
  const refused = (answer?.responseStatus ?? 200) >= 400 || location.pathname === "/sign-in";
  if (sent && refused) {
    const [key, value] = JSON.parse(sent) as [string, string];
    localStorage.setItem(key, value);
  }
  // Signing out leaves nothing of the member's on this device; drafts without a member are from before they had one.
  const drop = (theirs: (key: string) => boolean) =>
    Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && theirs(key)).forEach((key) => localStorage.removeItem(key));
  drop((key) => !/^xinghe:draft:(\d+|guest):/.test(key));
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.getAttribute("action") === "/sign-out") drop((key) => key.startsWith(draftKey("")));
  });
}
