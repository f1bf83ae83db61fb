"""The web page: a music player over the same use cases as the API, in the same process (docs/web.md).

`app.build_web` makes it; a file a page in `pages`, what pages share in `parts`. NiceGUI draws it and keeps
the page and us in touch; it is imported by this package alone, and only where the page is served.
"""
