"""Lists of the API come in pages."""

from rest_framework.pagination import LimitOffsetPagination

MAX_PAGE = 100


class Pages(LimitOffsetPagination):
    """Pages by `limit` and `offset`; whoever asks for more than MAX_PAGE gets so many."""

    max_limit = MAX_PAGE
    limit_query_description = f"How many to return, at most {MAX_PAGE}."
    offset_query_description = "How many to skip."
