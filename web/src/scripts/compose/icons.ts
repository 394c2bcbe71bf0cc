/** The signs of the tools, drawn like the other icons: lines of the text's colour in a box of 20. */
const PATHS: Record<string, string> = {
  bold: '<path d="M6 4h4.6a3 3 0 0 1 0 6H6zM6 10h5.4a3 3 0 0 1 0 6H6z"/>',
  italic: '<path d="M8.5 4h5M6.500 16h5M11.500 4l-3 12"/>',
  heading: '<path d="M4.500 4v12M12 4v12M4.500 10H12M15 16v-5l-1.500 1"/>',
  link: '<path d="M8.500 11.500a3 3 0 0 0 4.300 0l2.400-2.500a3 3 0 0 0-4.200-4.200l-1 1M11.500 8.500a3 3 0 0 0-4.300 0L4.800 11A3 3 0 0 0 9 15.200l1-1"/>',
  code: '<path d="m7 6-4 4 4 4M13 6l4 4-4 4"/>',
  quote: '<path d="M4 4v12M8 6.500h8M8 10h8M8 13.500h5"/>',
  bullets: '<path d="M8 5.500h8M8 10h8M8 14.500h8M4 5.500h.1M4 10h.1M4 14.500h.1"/>',
  numbers: '<path d="M9 5.500h7M9 10h7M9 14.500h7M4 4.200l1-.7v4M3.700 12.300c.3-1 2.200-1 2.200.2 0 .9-2.200 1.600-2.200 3h2.300"/>',
  table: '<path d="M3 4.500h14v11H3zM3 8.200h14M3 11.800h14M10 4.500v11"/>',
  picture: '<path d="M3 4h14v12H3zM3 13.500l4-4 3.500 3.500 2-2 4.500 4M12.800 7.600h.1"/>',
};

export const icon = (name: string): string =>
  `<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.500" stroke-linecap="round" stroke-linejoin="round">${PATHS[name] ?? ""}</svg>`;
