"""JSON Schema, as much of draft 2020-12 as docs/openapi.json uses; a keyword that is not known here is an error, so
that nothing in the document goes unchecked. check(schema, value, root) tells what is wrong, one line each."""
import json
import re

ANNOTATIONS = {"description", "title", "examples", "default", "deprecated", "readOnly", "writeOnly"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool)) or (isinstance(v, float) and v == int(v)),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}
FORMATS = {
    "date": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "date-time": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-]\d\d:\d\d)",
}


class SchemaError(Exception):
    """The schema itself is wrong."""


def same(x, y):
    """Equality of JSON: true is not 1."""
    return json.dumps(x, sort_keys=True) == json.dumps(y, sort_keys=True)


def resolve(root, ref):
    if not ref.startswith("#/"):
        raise SchemaError(f"{ref}: only references within the document")
    at = root
    for part in ref[2:].split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(at, dict) or part not in at:
            raise SchemaError(f"{ref}: leads nowhere")
        at = at[part]
    return at


def follow(root, node):
    while isinstance(node, dict) and "$ref" in node:
        node = resolve(root, node["$ref"])
    return node


def _some(schema, value, root, path, want):
    """anyOf, oneOf: how many fit, and what the nearest says."""
    told = [check(s, value, root, path) for s in schema]
    fits = sum(1 for t in told if not t)
    if fits == want or (want is None and fits):
        return []
    if fits:
        return [f"{path}: {fits} of the alternatives fit, one should"]
    return min(told, key=len)


def check(schema, value, root=None, path="$"):
    root = schema if root is None else root
    if schema is True:
        return []
    if schema is False:
        return [f"{path}: nothing is allowed here"]
    if not isinstance(schema, dict):
        raise SchemaError(f"{path}: a schema is an object or a boolean, not {schema!r}")
    told = []
    for word, arg in schema.items():
        if word in ANNOTATIONS:
            continue
        rule = RULES.get(word)
        if not rule:
            raise SchemaError(f"{path}: {word} is not known to this checker")
        told += rule(arg, value, root, path, schema)
    return told


def _type(arg, value, root, path, schema):
    names = arg if isinstance(arg, list) else [arg]
    for name in names:
        if name not in TYPES:
            raise SchemaError(f"{path}: no type {name}")
    return [] if any(TYPES[n](value) for n in names) else [f"{path}: {json.dumps(value, ensure_ascii=False)[:60]} is no {'/'.join(names)}"]


def _properties(arg, value, root, path, schema):
    if not isinstance(value, dict):
        return []
    return [t for name, s in arg.items() if name in value for t in check(s, value[name], root, f"{path}.{name}")]


def _additional(arg, value, root, path, schema):
    if not isinstance(value, dict):
        return []
    strangers = [name for name in value if name not in schema.get("properties", {})]
    if arg is False:
        return [f"{path}.{name}: not documented" for name in strangers]
    return [t for name in strangers for t in check(arg, value[name], root, f"{path}.{name}")]


def _required(arg, value, root, path, schema):
    return [f"{path}.{n}: is missing" for n in arg if n not in value] if isinstance(value, dict) else []


def _items(arg, value, root, path, schema):
    if not isinstance(value, list):
        return []
    return [t for i, v in enumerate(value) for t in check(arg, v, root, f"{path}[{i}]")]


def _format(arg, value, root, path, schema):
    if arg not in FORMATS:
        raise SchemaError(f"{path}: no format {arg}")
    fits = not isinstance(value, str) or re.fullmatch(FORMATS[arg], value)
    return [] if fits else [f"{path}: {value} is no {arg}"]


def _sized(kind, word, wrong):
    def rule(arg, value, root, path, schema):
        if not isinstance(value, kind) or isinstance(value, bool):
            return []
        size = value if kind is not str and not isinstance(value, (list, dict)) else len(value)
        return [f"{path}: {size} is {wrong} {arg}"] if word(size, arg) else []
    return rule


def _below(x, y):
    return x < y


def _above(x, y):
    return x > y


RULES = {
    "$ref": lambda arg, v, root, path, s: check(resolve(root, arg), v, root, path),
    "type": _type,
    "enum": lambda arg, v, root, path, s: [] if any(same(v, a) for a in arg) else [f"{path}: {v!r} is none of {arg}"],
    "const": lambda arg, v, root, path, s: [] if same(v, arg) else [f"{path}: {v!r} is not {arg!r}"],
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "allOf": lambda arg, v, root, path, s: [t for x in arg for t in check(x, v, root, path)],
    "anyOf": lambda arg, v, root, path, s: _some(arg, v, root, path, None),
    "oneOf": lambda arg, v, root, path, s: _some(arg, v, root, path, 1),
    "pattern": lambda arg, v, root, path, s: [] if not isinstance(v, str) or re.search(arg, v) else [f"{path}: {v!r} does not fit {arg}"],
    "propertyNames": lambda arg, v, root, path, s: [t for n in v for t in check(arg, n, root, f"{path}.{n}")] if isinstance(v, dict) else [],
    "format": _format,
    "minLength": _sized(str, _below, "shorter than"),
    "maxLength": _sized(str, _above, "longer than"),
    "minItems": _sized(list, _below, "fewer than"),
    "maxItems": _sized(list, _above, "more than"),
    "minProperties": _sized(dict, _below, "fewer than"),
    "minimum": _sized((int, float), _below, "below"),
    "maximum": _sized((int, float), _above, "above"),
    "uniqueItems": lambda arg, v, root, path, s: [f"{path}: a value is there twice"] if arg and isinstance(v, list) and len({json.dumps(x, sort_keys=True) for x in v}) < len(v) else [],
}

# (schema, what fits, what does not), from the words of the specification
CASES = [
    ({"type": "integer"}, [0, -3, 2.0], ["0", 1.5, True, None]),
    ({"type": "number"}, [1, 1.5], ["1", False]),
    ({"type": ["string", "null"]}, ["", None], [0, []]),
    ({"enum": ["a", 1]}, ["a", 1], ["b", True, 1.5]),
    ({"const": False}, [False], [0, None]),
    ({"properties": {"a": {"type": "string"}}}, [{}, {"a": "x"}, {"b": 1}, 7], [{"a": 1}]),
    ({"properties": {"a": {}}, "additionalProperties": False}, [{}, {"a": 1}], [{"b": 1}]),
    ({"additionalProperties": {"type": "integer"}}, [{}, {"x": 1}], [{"x": "1"}]),
    ({"required": ["a"]}, [{"a": None}, []], [{}, {"b": 1}]),
    ({"items": {"type": "string"}, "minItems": 1, "maxItems": 2}, [["a"], {}], [[], [1], ["a", "b", "c"]]),
    ({"uniqueItems": True}, [[1, 2], [True, 1]], [[1, 1], [{"a": 1}, {"a": 1}]]),
    ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, [1, 3, "x"], [0, 4]),
    ({"anyOf": [{"type": "string"}, {"minimum": 2}]}, ["x", 2], [1]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2.5, "x"], [3, 1.5]),
    ({"pattern": "^a+$"}, ["aa", 1], ["b", "ab"]),
    ({"minLength": 1, "maxLength": 2}, ["a", "ab", 5], ["", "abc"]),
    ({"propertyNames": {"pattern": "^[a-z]$"}}, [{"a": 1}, {}], [{"A": 1}]),
    ({"minProperties": 1}, [{"a": 1}], [{}]),
    ({"format": "date"}, ["2025-10-13", 1], ["2025-13-01", "2025-10-13 "]),
    ({"format": "date-time"}, ["2025-10-13T00:00:00Z", "2025-10-13T08:00:00+08:00"], ["2025-10-13", "2025-10-13T24:00:00Z"]),
    (True, [1, None], []),
    (False, [], [1, None]),
]


def self_test():
    for schema, fits, fails in CASES:
        for v in fits:
            assert not check(schema, v), (schema, v, check(schema, v))
        for v in fails:
            assert check(schema, v), (schema, v, "should not fit")
    tree = {"type": "object", "properties": {"left": {"$ref": "#/tree"}}, "additionalProperties": False}
    root = {"tree": tree}
    assert not check(tree, {"left": {"left": {}}}, root)
    assert check(tree, {"left": {"right": {}}}, root) == ["$.left.right: not documented"]
    for wrong in ({"typo": 1}, {"type": "text"}, {"$ref": "#/nowhere"}, {"$ref": "http://x"}, {"format": "uri"}, 3):
        try:
            check(wrong, {})
        except SchemaError:
            continue
        raise AssertionError(f"{wrong} is no schema")


if __name__ == "__main__":
    self_test()
    print("schema: fine")
