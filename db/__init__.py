"""What we remember: tables, sessions, migrations and every query. Imports none of our other packages."""
