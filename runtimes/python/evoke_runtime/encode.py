# JSON as AWS's Python runtime writes it: the standard encoder, plus what its encoder (simplejson) adds:
# Decimal as its exact digits, named tuples as objects, bytes as text.

import json

_SCALARS = frozenset((str, int, float, bool, type(None)))
_ensure_ascii = True


def set_ascii(ensure_ascii):
    """Before Python 3.12 AWS's runtime escapes everything that is not ASCII."""
    global _ensure_ascii
    _ensure_ascii = ensure_ascii


def to_json(value):
    if _is_plain(value):
        return json.dumps(value, ensure_ascii=_ensure_ascii)
    return _encode_exactly(_converted(value, set()))


def _is_plain(value):
    stack = [value]
    seen = set()
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind in _SCALARS:
            continue
        if kind is not dict and kind is not list and kind is not tuple:
            return False
        if id(item) in seen:
            continue
        seen.add(id(item))
        stack.extend(item.values() if kind is dict else item)
    return True


class _Digits(float):
    """A number whose text is already known."""

    text = ""


def _digits(text):
    number = _Digits()
    number.text = text
    return number


def _converted(value, above):
    if isinstance(value, (dict, list, tuple)):
        if id(value) in above:
            raise ValueError("Circular reference detected")
        above = above | {id(value)}
        as_dict = getattr(value, "_asdict", None)
        if isinstance(value, tuple) and callable(as_dict):
            value = as_dict()
        if isinstance(value, dict):
            return {_key(key): _converted(item, above) for key, item in value.items()}
        return [_converted(item, above) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, (str, int, float)) or value is None:
        return value
    # Only a function that imported decimal can return one.
    import decimal

    if isinstance(value, decimal.Decimal):
        return float("nan") if value.is_nan() else _digits(str(value))
    raise TypeError("Object of type " + type(value).__name__ + " is not JSON serializable")


def _key(key):
    return key.decode("utf-8") if isinstance(key, bytes) else key


def _number_text(number):
    if isinstance(number, _Digits):
        return number.text
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return float.__repr__(number)


def _not_serializable(value):
    raise TypeError("Object of type " + type(value).__name__ + " is not JSON serializable")


def _encode_exactly(value):
    string = json.encoder.encode_basestring_ascii if _ensure_ascii else json.encoder.encode_basestring
    encode = json.encoder._make_iterencode(
        {}, _not_serializable, string, None, _number_text, ": ", ", ", False, False, False
    )
    return "".join(encode(value, 0))
