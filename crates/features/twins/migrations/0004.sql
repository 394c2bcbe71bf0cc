-- The conversation that an answer belongs to, as another agent names it: drawn here, and told only to whoever asked.
ALTER TABLE twins_answer ADD COLUMN context TEXT;
CREATE INDEX twins_answer_context ON twins_answer (context, id);
