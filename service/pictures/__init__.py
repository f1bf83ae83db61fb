"""Pictures of answers, drawn with matplotlib into bytes; nothing here asks a database or a release."""
