/** What the toolbar and the shortcuts do to Markdown. */
import { EditorSelection, type ChangeSpec, type StateCommand, type Transaction } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

type Dispatch = (transaction: Transaction) => void;
type Target = Parameters<StateCommand>[0];

/** Puts marks around what is selected, or takes them away; without a selection the cursor stands between them. */
export function wrap(mark: string): StateCommand {
  return ({ state, dispatch }) => {
    const size = mark.length;
    const change = state.changeByRange((range) => {
      const { from, to } = range;
      const outside = state.sliceDoc(from - size, from) === mark && state.sliceDoc(to, to + size) === mark;
      const text = state.sliceDoc(from, to);
      // One star within two is bold, not italic.
      const longer = mark === "*" && outside && state.sliceDoc(from - 2, from) === "**" && state.sliceDoc(from - 3, from) !== "***";
      if (outside && !longer) {
        return {
          changes: [{ from: from - size, to: from }, { from: to, to: to + size }],
          range: EditorSelection.range(from - size, to - size),
        };
      }
      if (text.length >= 2 * size && text.startsWith(mark) && text.endsWith(mark)) {
        return { changes: { from, to, insert: text.slice(size, -size) }, range: EditorSelection.range(from, to - 2 * size) };
      }
      return {
        changes: [{ from, insert: mark }, { from: to, insert: mark }],
        range: EditorSelection.range(from + size, to + size),
      };
    });
    done(dispatch, state.update(change, { scrollIntoView: true, userEvent: "input.format" }));
    return true;
  };
}

function done(dispatch: Dispatch, transaction: Transaction): void {
  dispatch(transaction);
}

/** Puts something before each selected line, or takes it away where all have it. */
function prefix(has: RegExp, next: (n: number) => string): StateCommand {
  return ({ state, dispatch }) => {
    const changes: ChangeSpec[] = [];
    for (const range of state.selection.ranges) {
      const lines = [];
      for (let at = range.from; at <= range.to; ) {
        const line = state.doc.lineAt(at);
        lines.push(line);
        at = line.to + 1;
      }
      const all = lines.every((line) => has.test(line.text));
      lines.forEach((line, n) => {
        const there = /^(#{1,6} |> |[-*+] (\[[ x]\] )?|\d+[.)] )/.exec(line.text)?.[0] ?? "";
        const quote = next(n) === "> ";
        const gone = all ? (has.exec(line.text)?.[0] ?? "") : quote ? "" : there;
        changes.push({ from: line.from, to: line.from + gone.length, insert: all ? "" : next(n) });
      });
    }
    done(dispatch, state.update({ changes, scrollIntoView: true, userEvent: "input.format" }));
    return true;
  };
}

export const quote = prefix(/^> /, () => "> ");
export const bullets = prefix(/^[-*+] /, () => "- ");
export const numbers = prefix(/^\d+[.)] /, (n) => `${n + 1}. `);

/** No heading, then levels 2, 3, 4, then none again: level 1 is the title. */
export const heading: StateCommand = ({ state, dispatch }) => {
  const line = state.doc.lineAt(state.selection.main.head);
  const marks = /^(#{1,6}) /.exec(line.text);
  const level = marks?.[1]?.length ?? 1;
  const insert = level >= 4 ? "" : `${"#".repeat(level + 1)} `;
  done(dispatch, state.update({ changes: { from: line.from, to: line.from + (marks?.[0].length ?? 0), insert }, userEvent: "input.format" }));
  return true;
};

/** Code within a line, or a block of the selected lines. */
export const code: StateCommand = (target) => {
  const { state } = target;
  const { from, to } = state.selection.main;
  return state.doc.lineAt(from).number === state.doc.lineAt(to).number ? wrap("`")(target) : fence(target);
};

const fence: StateCommand = ({ state, dispatch }: Target) => {
  const { from, to } = state.selection.main;
  const [first, last] = [state.doc.lineAt(from), state.doc.lineAt(to)];
  done(
    dispatch,
    state.update({
      changes: [{ from: first.from, insert: "```\n" }, { from: last.to, insert: "\n```" }],
      selection: { anchor: first.from + 3 },
      userEvent: "input.format",
    }),
  );
  return true;
};

/** `[words](address)` with the cursor where something is still missing. */
export function link(words: string): StateCommand {
  return ({ state, dispatch }) => {
    const change = state.changeByRange((range) => {
      const text = state.sliceDoc(range.from, range.to);
      const isAddress = /^https?:\/\/\S+$/.test(text);
      const label = isAddress ? words : text || words;
      const address = isAddress ? text : "https://";
      const insert = `[${label}](${address})`;
      const at = range.from + 1;
      const missing = isAddress || !text ? EditorSelection.range(at, at + label.length) : EditorSelection.range(at + label.length + 2, at + label.length + 2 + address.length);
      return { changes: { from: range.from, to: range.to, insert }, range: missing };
    });
    done(dispatch, state.update(change, { scrollIntoView: true, userEvent: "input.format" }));
    return true;
  };
}

/** A table of two columns and two rows, below the line of the cursor. */
export function table(column: string): StateCommand {
  return ({ state, dispatch }) => {
    const line = state.doc.lineAt(state.selection.main.to);
    const before = line.text.trim() ? "\n\n" : "";
    const insert = `${before}| ${column} 1 | ${column} 2 |\n| --- | --- |\n|  |  |\n|  |  |\n`;
    const at = line.to + before.length + 2;
    done(
      dispatch,
      state.update({
        changes: { from: line.to, insert },
        selection: EditorSelection.single(at, at + column.length + 2),
        scrollIntoView: true,
        userEvent: "input.format",
      }),
    );
    return true;
  };
}

/** Does a command and goes on writing. */
export function run(view: EditorView, command: StateCommand): void {
  command(view);
  view.focus();
}
