#!/usr/bin/env bash
# Measures search and answers on question sets and writes docs/evaluation.md: `make eval SETS='a.json b.json'`.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "no question sets: name files in SQuAD form, make eval SETS='a.json b.json'"; exit 1; }
data=${DATA:-data}
out=docs/evaluation.md
{
  echo "# Evaluation"
  echo
  echo "Written by \`make eval\` on $(date +%F), through the product's own index and answers. Retrieval: share of questions whose"
  echo "paragraph comes first (R@1) or among ten; across languages in an index of both. Answers: share whose gold answer stands"
  echo "in the best sentence, or in one of the best three, quoted and unchanged. Abstention: each question with its paragraph in"
  echo "the index and as if it did not exist. The weights that ship were fitted on all four sets; what each set gives with"
  echo "weights fitted on the other three is said where the weights stand (\`twins/src/answer/{best,gate}.rs\`)."
  for what in "retrieval" "retrieval --words" "answers" "abstention" "abstention --words"; do
    echo
    echo "\`xinghe eval $what\`"
    echo
    echo '```'
    # shellcheck disable=SC2086
    ./target/release/xinghe eval $what "$@" --data-dir "$data"
    echo '```'
  done
  echo
  echo "\`xinghe eval community FILE\`: the first content, asked two lists of questions; right means that a post which answers"
  echo "is quoted first. Rules were found on the first list and, of false premises and lists, on the second."
  echo
  echo '```'
  for list in tests/first-content.json tests/more-questions.json; do
    echo "$list: $(./target/release/xinghe eval community "$list" --data-dir "$data" | tail -1)"
  done
  echo '```'
} | tee "$out.new"
mv "$out.new" "$out"
