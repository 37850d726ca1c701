"""The page's sections, a file and a template each: what the template shows, from the report.

Each file has TITLE, its heading in English, and `context`, the values its template names; None
where there is nothing to show.
"""
