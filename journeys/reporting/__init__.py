"""A report of what became of people: its numbers, and the page that shows them."""
