/** Markdown with tables and the like, without the grammars of what may be embedded in it. */
import { markdownKeymap, markdownLanguage } from "@codemirror/lang-markdown";
import { LanguageSupport } from "@codemirror/language";
import { type Extension, Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";

export function markdown(): Extension {
  return [new LanguageSupport(markdownLanguage), Prec.high(keymap.of(markdownKeymap))];
}
