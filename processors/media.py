"""Formats and their media types and file name endings."""

_TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "AVIF": ("image/avif", "avif"),
}


def type_of(picture_format: str) -> str:
    """Media type of a format, e.g. `image/jpeg` for `JPEG`."""
    return _TYPES[picture_format][0]


def ending_of(picture_format: str) -> str:
    """File name ending without the dot, e.g. `jpg` for `JPEG`."""
    return _TYPES[picture_format][1]
