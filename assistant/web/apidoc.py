"""Pure. The OpenAPI document as a page that works offline and needs no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .markup import inline
from .pages import page

__all__ = ["api_page"]


def api_page(document: Mapping[str, Any]) -> str:
    """Render every address with what it takes and gives, then every shape with its fields."""
    operations = "".join(
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    shapes = "".join(_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    body = (
        f"<h1>The interface for programs</h1><p>{inline(document['info']['description'])} The same as a document for "
        f'machines: <a href="openapi.json">openapi.json</a>.</p><h2>Addresses</h2>{operations}<h2>Shapes</h2>{shapes}'
    )
    return page("The interface for programs", body, root="")


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    taken = _schemas(operation.get("requestBody", {}).get("content", {}))
    takes = f"<p>Takes {', '.join(taken)}.</p>" if taken else ""
    rows = "".join(
        f"<li><code>{inline(status)}</code> {inline(response['description'])}"
        f"{''.join(f' ({shape})' for shape in _schemas(response.get('content', {})))}</li>"
        for status, response in sorted(operation["responses"].items())
    )
    summary = inline(operation.get("summary", ""))
    return f"<h3><code>{method.upper()} {inline(path)}</code></h3><p>{summary}.</p>{takes}<ul>{rows}</ul>"


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    fields = "".join(
        f"<li><code>{inline(field)}</code> {_kind(value)}"
        + ("" if field in needed else ", may be left out")
        + (f". {inline(value['description'])}" if value.get("description") else "")
        + "</li>"
        for field, value in schema.get("properties", {}).items()
    )
    about = inline(schema.get("description", ""))
    return f'<h3 id="{inline(name)}"><code>{inline(name)}</code></h3><p>{about}</p><ul>{fields}</ul>'


def _schemas(content: Mapping[str, Any]) -> list[str]:
    return [_kind(kind["schema"]) for kind in content.values() if "schema" in kind]


def _kind(schema: Mapping[str, Any]) -> str:
    """Describe a type in words, with links to the shapes it is made of."""
    if "$ref" in schema:
        name = inline(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{inline(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return inline(" ".join(_limits(schema)))


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    yield str(schema.get("const", schema.get("type", "anything")))
    if "maxLength" in schema:
        yield f"of at most {schema['maxLength']} characters"
