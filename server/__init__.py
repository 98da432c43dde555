"""The school's side: who, which lesson, what happened, what the record says. Imports point from edges to pure cores."""
