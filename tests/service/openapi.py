#!/usr/bin/env python3
"""docs/openapi.json: an OpenAPI 3.1 document that describes the routes there are and nothing else."""
import json
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import schema  # noqa: E402

ROOT = Path(os.environ.get("srcdir") or Path(__file__).parents[2]).resolve()
SERVICE = ROOT / "engine/service"
METHODS = ("get", "post", "put", "patch", "delete")


def load():
    def once(pairs):
        names = [k for k, _ in pairs]
        assert len(names) == len(set(names)), f"a member is there twice: {names}"
        return dict(pairs)

    return json.loads((ROOT / "docs/openapi.json").read_text("utf-8"), object_pairs_hook=once)


def closed(required, optional=None):
    every = {**required, **(optional or {})}
    return {"type": "object", "properties": every, "required": list(required), "additionalProperties": False}


def mapped(value, names=None):
    s = {"type": "object", "additionalProperties": value}
    return {**s, "propertyNames": {"pattern": names}} if names else s


TEXT = {"type": "string", "minLength": 1}
REF = closed({"$ref": {"type": "string", "pattern": "^#/components/"}})


def or_ref(name):
    return {"anyOf": [REF, {"$ref": f"#/{name}"}]}


# The specification (version 3.1.0), as far as the document uses it.
META = {
    "document": closed(
        {"openapi": {"const": "3.1.0"},
         "info": closed({"title": TEXT, "version": TEXT}, {"summary": TEXT, "description": TEXT}),
         "paths": mapped({"$ref": "#/item"}, "^/")},
        {"servers": {"type": "array", "items": closed({"url": TEXT}, {"description": TEXT})},
         "security": {"$ref": "#/security"},
         "tags": {"type": "array", "uniqueItems": True, "items": closed({"name": TEXT}, {"description": TEXT})},
         "components": closed({}, {
             "schemas": mapped({"type": ["object", "boolean"]}, "^[A-Za-z0-9._-]+$"),
             "responses": mapped({"$ref": "#/response"}, "^[A-Za-z0-9._-]+$"),
             "parameters": mapped({"$ref": "#/parameter"}, "^[A-Za-z0-9._-]+$"),
             "securitySchemes": mapped(closed({"type": {"const": "http"}, "scheme": TEXT}, {"bearerFormat": TEXT, "description": TEXT}))})}),
    "security": {"type": "array", "items": mapped({"type": "array", "items": TEXT})},
    "item": {**closed({}, {m: {"$ref": "#/operation"} for m in METHODS}), "minProperties": 1},
    "operation": closed(
        {"operationId": TEXT, "tags": {"type": "array", "items": TEXT, "minItems": 1}, "summary": TEXT,
         "responses": {**mapped(or_ref("response"), "^[1-5][0-9][0-9]$"), "minProperties": 1}},
        {"description": TEXT, "security": {"$ref": "#/security"},
         "parameters": {"type": "array", "uniqueItems": True, "items": or_ref("parameter")},
         "requestBody": closed({"content": {"$ref": "#/content"}}, {"required": {"type": "boolean"}, "description": TEXT})}),
    "parameter": closed(
        {"name": TEXT, "in": {"enum": ["path", "query", "header"]}, "schema": {"type": ["object", "boolean"]}},
        {"required": {"type": "boolean"}, "description": TEXT}),
    "response": closed({"description": TEXT}, {
        "content": {"$ref": "#/content"},
        "headers": mapped(closed({"schema": {"type": ["object", "boolean"]}}, {"description": TEXT}))}),
    "content": {**mapped(closed({"schema": {"type": ["object", "boolean"]}}, {
        "examples": mapped(closed({"value": {}}, {"summary": TEXT}))}), "^[a-z]+/[a-z0-9.+-]+"), "minProperties": 1},
}


def routes():
    found = {}
    for line in (SERVICE / "routes.def").read_text().splitlines():
        m = re.match(r'ROUTE\((\w+), (\w+), "([^"]+)", (\w+), ([^)]*)\)', line)
        if m:
            name, method, path, who, flags = m.groups()
            found[name] = (method.lower(), path, who, set(flags.replace("|", " ").split()) - {"0"})
    return found


def operations(doc):
    return {op["operationId"]: (method, path, op) for path, item in doc["paths"].items() for method, op in item.items()}


def parameters(doc, op):
    return [schema.follow(doc, p) for p in op.get("parameters", [])]


def each_schema(node):
    """Every schema in the document, parts too, so that none is wrong unseen."""
    if isinstance(node, dict):
        for k, v in node.items():
            if k == "schema":
                yield v
            else:
                yield from each_schema(v)
    elif isinstance(node, list):
        for v in node:
            yield from each_schema(v)


def parts(s):
    yield s
    if not isinstance(s, dict):
        return
    for k in ("items", "additionalProperties", "propertyNames"):
        if k in s:
            yield from parts(s[k])
    for k in ("allOf", "anyOf", "oneOf"):
        for x in s.get(k, []):
            yield from parts(x)
    for x in s.get("properties", {}).values():
        yield from parts(x)


def check_schemas(doc):
    for s in [*doc["components"]["schemas"].values(), *each_schema(doc)]:
        for p in parts(s):
            for probe in ({}, [], "", 0, None):  # an unknown keyword or a dangling reference raises
                schema.check(p, probe, doc)
            if isinstance(p, dict) and "properties" in p and p.get("type") == "object":
                assert "additionalProperties" in p, f"an object that is not closed: {p}"


def check_references(doc):
    text = json.dumps(doc, ensure_ascii=False)
    used = set(re.findall(r'"\$ref": "([^"]+)"', text))
    for ref in used:
        schema.resolve(doc, ref)
    for kind in ("schemas", "parameters"):
        for name in doc["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"{kind}/{name} is never used"


def check_routes(doc):
    there, told = routes(), operations(doc)
    assert len(there) > 20
    assert set(there) == set(told), f"not told: {set(there) - set(told)}; not there: {set(told) - set(there)}"
    for name, (method, path, who, flags) in there.items():
        its_method, its_path, op = told[name]
        assert (its_method, its_path) == (method, path), (name, its_method, its_path)
        assert (op.get("security") == []) == (who == "ANYONE"), f"{name}: who may?"
        params = parameters(doc, op)
        assert {p["name"] for p in params if p["in"] == "path"} == set(re.findall(r"{(\w+)}", path)), name
        assert all(p.get("required") for p in params if p["in"] == "path"), name
        assert ("KEY" in flags) == any(p["name"] == "Idempotency-Key" and p["required"] for p in params), name
        content = op.get("requestBody", {}).get("content", {})
        assert bool(content) == bool(flags & {"JSON", "BYTES"}), name
        assert ("JSON" in flags) == ("application/json" in content), name
        statuses = set(op["responses"])
        wanted = {"401", "429", "503"} if who != "ANYONE" else set()
        wanted |= {"403"} if who in ("OPERATOR", "LOCAL") else set()
        wanted |= {"400"} if flags & {"KEY", "JSON"} else set()
        wanted |= {"415"} if "JSON" in flags else set()
        wanted |= {"422", "507"} if "KEY" in flags else set()
        assert wanted <= statuses, f"{name}: {wanted - statuses} are not told"
        assert any(s.startswith("2") for s in statuses), name
        assert set(op["tags"]) <= {t["name"] for t in doc["tags"]}, name


def check_problems(doc):
    """Each kind that the program knows, and no other."""
    known = set(re.findall(r'^PROBLEM\("([a-z-]+)"', (SERVICE / "problems.def").read_text(), re.M))
    told = set(re.findall(r'"/problems/([a-z-]+)"', json.dumps(doc)))
    assert known == told, f"not told: {known - told}; not there: {told - known}"


def check_words(doc):
    """Enumerations that the program has in a table."""
    def table(name, macro):
        return re.findall('^' + macro + r'\(\w+, "(\w+)"', (ROOT / "engine/core" / name).read_text(), re.M)

    schemas = doc["components"]["schemas"]
    for name, its in (("FactWord", schemas["FactWord"]), ("Why", schemas["Why"]), ("kind", schemas["Event"]["properties"]["kind"]),
                      ("kind", schemas["Row"]["properties"]["kind"])):
        file, macro = {"FactWord": ("fact.def", "FACT"), "Why": ("why.def", "WHY"), "kind": ("entry.def", "ENTRY")}[name]
        assert set(its["enum"]) == set(table(file, macro)), f"{name}: {set(its['enum']) ^ set(table(file, macro))}"


def check_examples(doc):
    count = 0

    def media(node):
        nonlocal count
        if isinstance(node, dict):
            if "schema" in node and "examples" in node:
                for name, example in node["examples"].items():
                    wrong = schema.check(node["schema"], example["value"], doc)
                    assert not wrong, (name, wrong)
                    count += 1
            for v in node.values():
                media(v)
        elif isinstance(node, list):
            for v in node:
                media(v)

    media(doc["paths"])
    assert count >= 10, f"only {count} examples"


def main():
    schema.self_test()
    doc = load()
    wrong = schema.check({"$ref": "#/document"}, doc, META)
    assert not wrong, "\n".join(wrong)
    assert schema.check({"$ref": "#/document"}, {**doc, "pathes": {}}, META)  # it can say no
    check_schemas(doc)
    check_references(doc)
    check_routes(doc)
    check_problems(doc)
    check_words(doc)
    check_examples(doc)
    print(f"openapi: {len(operations(doc))} operations, fine")


if __name__ == "__main__":
    main()
