"""What crosses HTTP: the bodies of requests and answers. Pure data, shared by the routes and by Python clients.

Requests refuse fields that they do not know, so that a typing error is told rather than ignored; answers may grow.
Times are RFC 3339 with an offset; a request's time without one is refused.
"""
