twins-ask-title = Ask
twins-ask-lead = The guide answers only with what people here have written, and every sentence names its author; without evidence it says that it does not know.
twins-ask-twin = Ask { $name }’s twin
twins-ask-twin-lead = It answers only with what { $name } has written, and every sentence shows its source.
twins-question = Question
twins-question-hint = Ask in a sentence, for instance: how do I share state between axum handlers?
twins-question-empty = Write your question.
twins-question-long = A question may have up to { $max } characters; please shorten it.
twins-no-twin = There is no such member. Check the name.
twins-no-twin-unclaimed = This author has not claimed their work here, so there is no twin. Ask the guide instead.
twins-language = Use zh-Hans, zh-Hant or en as the language.
twins-ask = Ask
twins-again = Ask further…
twins-by-guide = AI · the guide
twins-by-twin = AI · twin of { $name }
twins-based-on = from { $passages } passages by { $authors ->
    [one] one author
   *[other] { $authors } authors
  }
twins-written-by = written by { $model } from the sources and checked sentence by sentence
twins-extracted = made of the authors’ own sentences
twins-own-words = the guide’s own words
twins-sources = Sources
twins-nearest = What came nearest
twins-confidence = Why it answers
twins-why-not = Why it does not answer
twins-evidence = Strength of the evidence
twins-threshold = Below { $percent } % the guide says that it does not know. The line was calibrated on this community’s own posts.
twins-helpful = Helpful
twins-unhelpful = Not helpful
twins-rated = Noted, thank you.
twins-post-it = Post it as a question
twins-searching = Looking for evidence…
twins-writing = Writing…
twins-failed = That did not work. Please try again in a while.
twins-of = { $name }’s twin
twins-not-the-person = A twin is an AI. It answers from what { $name } has written in public, but it is not { $name }.
twins-answered = answered
twins-declined = said it did not know
twins-thought-helpful = found helpful
twins-thought-unhelpful = found unhelpful
twins-ask-it = Ask it
twins-directory = Twins
twins-directory-lead = Every member has a digital twin: it has read what its owner wrote and answers in the owner’s place, with a source for every sentence.
twins-directory-empty = No member has written anything yet, so there is no twin to ask. Write the first post and yours wakes up.
twins-answers-count = { $n ->
    [one] one answer
   *[other] { $n } answers
  }
twins-sample = sample
twins-ask-guide = Ask the guide
twins-box-guide = One sentence; every answer has sources
twins-box-twin = Answers only from what { $name } wrote
twins-glowing = Twins at work
twins-posted-body = I asked the guide, and it did not find enough evidence to answer.
twins-posted-nearest = What it found that came nearest:
