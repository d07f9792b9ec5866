"""What the shop's catalog says of a product: its words belong to the product, wherever they stand in the picture."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

#: What a picture is for; marketplaces have rules of their own for each.
Role = Literal["main", "additional", "lifestyle"]

Words = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class CatalogRecord(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The product as the catalog describes it. Words found here are never taken off the picture."""

    title: Words = ""
    brand: Words = ""
    #: e.g. model, colour, size, ingredients, author
    attributes: Annotated[dict[Name, Words], Meta(max_length=64)] = {}
