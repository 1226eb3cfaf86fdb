"""The pages for people: their handlers, their words, and the templates they are made of."""
