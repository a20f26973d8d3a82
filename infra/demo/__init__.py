"""The demo: footage in, answers out, through the REST API, on the embedded stack.

Consumes: the stack (infra.embedded), the renderer (infra.rendered_site) or the user's own files, the API's client.
Emits: tables, a contact sheet, a report.
"""
