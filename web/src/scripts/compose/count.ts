/** How much there is to read: Han characters count as words. */
export function count(text: string): { words: number; minutes: number } {
  const bare = text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/<[^>\n]*>/g, " ");
  const han = bare.match(/\p{Script=Han}/gu)?.length ?? 0;
  const others = bare.replace(/\p{Script=Han}/gu, " ").match(/[\p{L}\p{N}]+(?:['’_-][\p{L}\p{N}]+)*/gu)?.length ?? 0;
  return { words: han + others, minutes: Math.max(1, Math.ceil(han / 400 + others / 230)) };
}
